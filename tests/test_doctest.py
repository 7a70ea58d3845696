"""Every example in a docstring runs."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import gittag_registry

MODULES = sorted(module.name for module in pkgutil.walk_packages(gittag_registry.__path__, "gittag_registry."))


@pytest.mark.parametrize("name", ["gittag_registry", *MODULES])
def test_examples_in_docstrings_are_true(name: str, example: Path) -> None:
    module = importlib.import_module(name)
    finder = doctest.DocTestFinder(exclude_empty=True)
    runner = doctest.DocTestRunner(optionflags=doctest.FAIL_FAST)
    places = {f"{name}.{thing}": place for place, thing in enumerate(vars(module))}  # a wrapped function has no line
    tests = finder.find(module, globs={**vars(module), "example": example})
    for test in sorted(tests, key=lambda test: (places.get(test.name, -1), test.lineno or 0)):
        runner.run(test)
    assert runner.failures == 0
