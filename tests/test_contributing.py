"""The steps in CONTRIBUTING.md work: the test follows them in a copy of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SECTION = "## Add a command\n"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"`((?:gittag_registry|tests)/[\w/]+\.py)`")
TABLE = "gittag_registry/cli/main.py"
DOCUMENTS = "gittag_registry/render/documents.py"


def _steps() -> dict[str, str]:
    """The code of the recipe by the file that it goes into: the last one named before it."""
    section = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split(SECTION, 1)[1].split("\n## ", 1)[0]
    return {FILE.findall(section[: block.start()])[-1]: block[1] for block in BLOCK.finditer(section)}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what the recipe needs."""
    copy = tmp_path / "project"
    for folder in ("gittag_registry", "docs", "tests"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "CHANGELOG.md"):
        shutil.copy(ROOT / file, copy / file)
    return copy


def _follow(project: Path, steps: dict[str, str]) -> None:
    for name, code in steps.items():
        file = project / name
        if name == TABLE:
            before, table, after = file.read_text(encoding="utf-8").partition("COMMANDS = {\n")
            file.write_text(before + table + code + after, encoding="utf-8")
        elif name == DOCUMENTS:
            file.write_text(f"{file.read_text(encoding='utf-8')}\n\n{code}", encoding="utf-8")
        else:
            assert not file.exists()
            file.write_text(code, encoding="utf-8")


def _run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(project), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=project, env=environment, capture_output=True, text=True, check=False
    )


COMMAND_TEST, DOCS, SCHEMA, RULES = (
    "tests/cli/test_count.py",
    "tests/test_docs.py",
    "tests/test_schema.py",
    "tests/unit/test_architecture.py",
)


def _tests(project: Path, *files: str) -> subprocess.CompletedProcess[str]:
    """The tests in these files that speak of the command, or of all commands, documents and modules."""
    chosen = "count or summaries or every_command or every_document or every_package or reserved_libraries or words"
    options = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", f"--basetemp={project.parent / 'temporary'}")
    return _run(project, "-m", "pytest", *options, *files, "-k", chosen)


def test_a_command_is_one_function_one_registration_and_one_test(project: Path) -> None:
    steps = _steps()
    assert list(steps) == ["gittag_registry/cli/counting.py", DOCUMENTS, TABLE, COMMAND_TEST]
    _follow(project, steps)
    for check in (["check"], ["format", "--check"]):
        style = _run(project, "-m", "ruff", *check, "--no-cache", *steps)
        assert style.returncode == 0, style.stdout
    assert _run(project, "docs/generate.py").returncode == 0
    finished = _tests(project, COMMAND_TEST, DOCS, SCHEMA, RULES)
    assert finished.returncode == 0, finished.stdout
    listed = _run(project, "-c", "from gittag_registry.cli import main; main(['-h'])")
    assert re.search("^  count +Count the registry tags of each kind.$", listed.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("right", "wrong", "file", "failure"),
    [
        ('"tags": tags[kind]', '"number": tags[kind]', SCHEMA, "published_schema_says[count_churn]"),
        ('"counting"', '"reading"', COMMAND_TEST, "test_counts_the_tags_of_each_kind"),
    ],
    ids=["a key that is not declared", "a wrong registration"],
)
def test_a_step_done_wrong_is_noticed(project: Path, right: str, wrong: str, file: str, failure: str) -> None:
    _follow(project, {name: code.replace(right, wrong) for name, code in _steps().items()})
    failed = _tests(project, file)
    assert failed.returncode == 1
    assert failure in failed.stdout
