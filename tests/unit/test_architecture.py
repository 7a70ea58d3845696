"""The rules of the code: who may import what, how long things get, what a command loads."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import gittag_registry
from tests.testing.builder import RepositoryBuilder

PACKAGE = Path(gittag_registry.__file__).parent

LONGEST_MODULE = 400  # lines
LONGEST_FUNCTION = 40
LONGER = {}
"""longer modules and functions, each with the reason"""
BANNED_WORDS = ("manager", "helper", "utils", "enrichment", "hexsha")
NAMES_OF_GTO = ("commit_hexsha",)  # what code written for GTO reads

BASE = ("errors", "hints", "refs", "text", "urls")
BELOW = {
    "_version": (),
    "urls": (),
    "refs": (),
    "text": (),
    "hints": ("urls",),
    "errors": ("hints", "urls"),
    "model": BASE,
    "git": BASE,
    "files": (*BASE, "model", "git"),
    "store": (*BASE, "model", "git", "files"),
    "registry": (*BASE, "model", "git", "files", "store"),
    "services": (*BASE, "model", "git", "files", "store", "registry"),
    "api": (*BASE, "model", "git", "files", "store", "registry", "services"),
    "render": (*BASE, "model", "files"),
    "cli": ("_version", *BASE, "model", "git", "files", "store", "registry", "services", "render"),
    "": ("_version", "errors", "model", "files", "registry", "api"),
}
"""what each package may import besides itself, for type checkers too; the package's own file is the empty name"""
PURE = (
    "errors",
    "hints",
    "refs",
    "text",
    "urls",
    "model",
    "render",
    "files.layout",
    "files.yamlfile",
    "files.compatibility",
    "files.yamlnodes",
    "files.annotations",
    "files.rows",
    "files.config",
    "store.push_protocol",
    "store.upstream",
)
IMPURE_IMPORTS = {
    "click",
    "git",
    "os",
    "platformdirs",
    "random",
    "secrets",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "time",
}
CLOCK = {"now", "utcnow", "today"}

# Who may import a library: modules, or packages with everything in them.
RESERVED = {
    "click": ("cli",),
    "git": ("git",),
    "pydantic": ("files", "render.documents", "render.remote_documents", "render.schema"),
    "ruamel": ("files.yamlfile", "files.yamlnodes"),
    "tabulate": ("render",),
    "typing_extensions": ("render.documents", "render.remote_documents", "render.schema"),
}


def name_of(path: Path) -> str:
    """A module's name without the package's: ``git.tags``, or ``cli`` for a package's own file."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").removesuffix(".")


TREES = {name_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


def is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def is_pure(module: str) -> bool:
    return any(is_in(module, package) for package in PURE)


def package_of(module: str) -> str:
    return module.partition(".")[0]


def imports(tree: ast.AST, *, typing: bool = False) -> Iterator[str]:
    """Every module that is imported, wherever in the file; those only for type checkers with `typing`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and not typing:
            yield from (name for child in node.orelse for name in imports(child))
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            yield from imports(node, typing=typing)


def own_modules(tree: ast.Module, *, typing: bool = False) -> set[str]:
    """The modules of this package that are imported."""
    found = {
        name.removeprefix("gittag_registry.") for name in imports(tree, typing=typing) if "gittag_registry." in name
    }
    return {next((m for m in (name, name.rpartition(".")[0]) if m in TREES), name) for name in found}


def purity(module: str, tree: ast.Module) -> Iterator[str]:
    if not is_pure(module):
        return
    for name in imports(tree):
        if name.partition(".")[0] in IMPURE_IMPORTS:
            yield f"a pure module imports {name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK:
            yield f"a pure module asks the clock: {ast.unparse(node)}"
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "open":
            yield f"a pure module opens a file: {ast.unparse(node)}"


def arrows(module: str, tree: ast.Module) -> Iterator[str]:
    """No import runs upwards, and none of a pure module to one that is not."""
    here = package_of(module)
    for other in sorted(own_modules(tree, typing=True)):
        there = package_of(other)
        if there not in (here, *BELOW[here]):
            yield f"imports {other}, which is not below it"
    for other in sorted(own_modules(tree)):
        if is_pure(module) and not is_pure(other):
            yield f"a pure module imports {other}, which is not pure"


def circles(trees: dict[str, ast.Module]) -> list[list[str]]:
    """Modules that import each other, for type checkers too."""
    arrows_from = {module: own_modules(tree, typing=True) - {module} for module, tree in trees.items()}
    try:
        list(TopologicalSorter(arrows_from).static_order())
    except CycleError as error:
        return [error.args[1]]
    return []


def reserved_libraries(module: str, tree: ast.Module) -> Iterator[str]:
    for name in imports(tree):
        allowed = RESERVED.get(name.partition(".")[0], ("",))
        if not any(place == "" or is_in(module, place) for place in allowed):
            yield f"imports {name}, which only {' and '.join(allowed)} may"


def silence(module: str, tree: ast.Module) -> Iterator[str]:
    if is_in(module, "cli"):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "exit", "quit", "sys.exit", "os._exit"):
            yield f"a library prints or exits: {ast.unparse(node)}"


def length(module: str, tree: ast.Module) -> Iterator[str]:
    last = max((node.end_lineno or 0 for node in tree.body), default=0)
    if last > LONGEST_MODULE and module not in LONGER:
        yield f"has {last} lines"
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = (node.end_lineno or 0) - node.lineno + 1
            if lines > LONGEST_FUNCTION and f"{module}.{node.name}" not in LONGER:
                yield f"{node.name} has {lines} lines"


def defined_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case ast.alias(asname=str(name)):
                yield name


def words(module: str, tree: ast.Module) -> Iterator[str]:
    for name in (*module.split("."), *defined_names(tree)):
        for word in BANNED_WORDS:
            if word in name.lower() and name not in NAMES_OF_GTO:
                yield f"{name} has the banned word {word!r}"


Rule = Callable[[str, ast.Module], Iterator[str]]
RULES: list[Rule] = [purity, arrows, reserved_libraries, silence, length, words]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_module_keeps_the_rule(rule: Rule) -> None:
    assert [f"{module} {failure}" for module, tree in TREES.items() for failure in rule(module, tree)] == []


def test_no_two_modules_import_each_other() -> None:
    assert circles(TREES) == []


def test_a_circle_is_noticed() -> None:
    trees = {
        "model.fold": ast.parse("from gittag_registry.model.queries import x"),
        "model.queries": ast.parse(
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from gittag_registry.model.fold import y"
        ),
    }
    assert circles(trees) != []


def test_every_package_has_its_place() -> None:
    assert {package_of(module) for module in TREES} == set(BELOW)
    assert all(any(is_in(module, package) for module in TREES) for package in PURE)


def test_what_may_be_longer_is() -> None:
    """An exception that is not needed any more goes."""
    long = {
        f"{module}.{node.name}"
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    }
    assert set(LONGER) <= long


LONG = "def long():\n" + "    x = 1\n" * 40

BROKEN = [
    (purity, "model.fold", "import os", "imports os"),
    (purity, "model.fold", "def f():\n    import time", "imports time"),
    (purity, "model.fold", "from subprocess import run", "imports subprocess.run"),
    (purity, "model.fold", "try:\n    import random\nexcept ImportError:\n    pass", "imports random"),
    (arrows, "model.fold", "from gittag_registry.git.tags import run", "imports git.tags, which is not below it"),
    (arrows, "git.tags", "from gittag_registry.model.fold import fold", "imports model.fold, which is not below it"),
    (arrows, "files.config", "from gittag_registry.files import loading", "imports files.loading, which is not pure"),
    (
        arrows,
        "store.local",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from gittag_registry.registry import Registry",
        "imports registry, which is not below it",
    ),
    (arrows, "model.fold", "from gittag_registry import registry", "imports registry, which is not below it"),
    (purity, "model.fold", "from datetime import datetime\nx = datetime.now()", "asks the clock"),
    (purity, "model.fold", "open('x')", "opens a file"),
    (reserved_libraries, "registry", "import click", "imports click"),
    (reserved_libraries, "registry", "def f():\n    from git import Repo", "imports git.Repo"),
    (reserved_libraries, "cli.show", "import git", "imports git"),
    (reserved_libraries, "cli.show", "import tabulate", "imports tabulate"),
    (reserved_libraries, "files.config", "from ruamel.yaml import YAML", "imports ruamel.yaml.YAML"),
    (reserved_libraries, "model.fold", "import pydantic", "imports pydantic"),
    (reserved_libraries, "render.views", "from typing_extensions import TypedDict", "imports typing_extensions"),
    (arrows, "api", "from gittag_registry.cli.app import App", "which is not below it"),
    (silence, "api", "print('hello')", "prints or exits"),
    (silence, "api", "import sys\nsys.exit(1)", "prints or exits"),
    (length, "model.fold", "x = 1\n" * 401, "has 401 lines"),
    (length, "model.fold", LONG, "long has 41 lines"),
    (words, "tag_manager", "", "banned word 'manager'"),
    (words, "model.fold", "class TagHelper: ...", "banned word 'helper'"),
    (words, "model.fold", "def f(hexsha): ...", "banned word 'hexsha'"),
    (words, "model.fold", "enrichment = 1", "banned word 'enrichment'"),
    (words, "model.fold", "import state as utils", "banned word 'utils'"),
]


@pytest.mark.parametrize(("rule", "module", "source", "failure"), BROKEN)
def test_a_broken_rule_is_noticed(rule: Rule, module: str, source: str, failure: str) -> None:
    assert any(failure in found for found in rule(module, ast.parse(source)))


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("model.fold", "from datetime import datetime\nx = context.now"),
        ("git.tags", "import subprocess\nfrom git import Repo"),
        ("cli.main", "import click, sys\nprint(1)\nsys.exit(1)"),
        ("render.view", "from tabulate import tabulate"),
        ("model.events", "class Event:\n    def commit_hexsha(self): ..."),
    ],
)
def test_what_the_rules_allow_is_no_complaint(module: str, source: str) -> None:
    assert [found for rule in RULES for found in rule(module, ast.parse(source))] == []


# What a command loads

HEAVY = {
    "dataclasses",
    "git",
    "pydantic",
    "ruamel.yaml",
    "tabulate",
    "semver",
    "hypothesis",
    "json",
    "difflib",
    "asyncio",
    "typing_extensions",
}

PROBE = """\
import sys
from gittag_registry.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    code = end.code
print(code, *sys.modules, file=sys.stderr)
"""


def loaded_by(*arguments: str, directory: Path) -> set[str]:
    """The heavy modules that a command line imports."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments], cwd=directory, capture_output=True, text=True, check=True
    )
    code, *modules = done.stderr.splitlines()[-1].split()
    assert code == "0", done.stderr
    assert "gittag_registry.cli.main" in modules
    return HEAVY & set(modules)


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["which", "churn", "prod"], ["latest", "churn"], ["show", "churn", "--plain"]],
    ids=" ".join,
)
def test_a_command_loads_only_what_it_needs(arguments: list[str], builder: RepositoryBuilder) -> None:
    first = builder.commit()
    builder.tag("churn@v1.0.0", first)
    builder.tag("churn#prod#1", first, trailers={"Registry-Version": "v1.0.0"})
    assert loaded_by(*arguments, directory=builder.build()) == set()


def test_a_question_to_a_remote_repository_loads_only_what_it_needs(example: Path, tmp_path: Path) -> None:
    modules = loaded_by("which", "churn", "prod", "-r", example.as_uri(), directory=tmp_path)
    assert modules <= {"difflib"}  # by click, before it takes "-r" for a short option


def test_a_command_that_needs_more_is_seen_to_load_it(example: Path) -> None:
    assert loaded_by("which", "churn", "prod", "--json", directory=example) == {"json"}
    assert loaded_by("show", directory=example) >= {"pydantic", "ruamel.yaml", "tabulate"}


def test_the_list_of_commands_imports_none_of_them(tmp_path: Path) -> None:
    code = "import sys; from gittag_registry.cli.main import run; run(['--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    loaded = {name for name in done.stdout.splitlines()[-1].split() if name.startswith("gittag_registry.cli.")}
    assert loaded == {f"gittag_registry.cli.{name}" for name in ("main", "streams", "summaries")}


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys, gittag_registry; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name for name in done.stdout.split() if name.startswith("gittag_registry")}
    assert loaded == {"gittag_registry", "gittag_registry._version"}


@pytest.mark.parametrize("package", ["model", "files", "store", "git", "render", "cli"])
def test_the_page_on_the_architecture_names_every_module(package: str) -> None:
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = page.partition(f"### `{package}/`")[2].partition("\n#")[0]
    first_cells = " ".join(row.split("|")[1] for row in section.splitlines() if row.startswith("| `"))
    modules = [module.partition(".")[2] for module in TREES if module.startswith(f"{package}.")]
    assert sorted(re.findall("`([a-z_]+)`", first_cells)) == sorted(modules)
