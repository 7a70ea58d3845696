"""Hints name operations that work: every one in the code is found, and read by the command line and by Python."""

from __future__ import annotations

import ast
import copy
import inspect
import pickle
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import gittag_registry
from gittag_registry import api
from gittag_registry.cli.main import cli as group
from gittag_registry.errors import NotFound
from gittag_registry.hints import VERBS, Call, Hint, Option, call, git, in_shell
from gittag_registry.model.commands import ExecuteOptions

PACKAGE = Path(gittag_registry.__file__).parent
SAMPLES = {"register": ("churn", "6f1c0e9"), "deregister": ("churn", "v1.0.0"), "demo": ("other",)}
"""operands for calls whose operands are known at run time only; else an artifact and a stage"""


COMMAND = re.compile(
    r"git registry(?! -h)|\bgit (?!config --global|--version|registry)[a-z-]+ -|(?:^| )--(?!global|add|version)[a-z]"
)
"""a command or an option in a text; those of git itself that no repository changes are in `TEXTS`"""


def calls(function: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a function in the package, with its place."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == function:
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node


def sample(node: ast.Call) -> Call:
    """A call of the source, with sample values where its own are known at run time only."""
    verb, *operands = [arg.value if isinstance(arg, ast.Constant) else None for arg in node.args]
    samples = SAMPLES.get(str(verb), ("churn", "prod"))
    words = [str(operand or samples[at]) for at, operand in enumerate(operands)]
    options = {k.arg: k.value.value if isinstance(k.value, ast.Constant) else "v1.0.0" for k in node.keywords if k.arg}
    return call(str(verb), *words, **options)


CALLS = [pytest.param(sample(node), id=place) for place, node in calls("call") if "hints.py" not in place]
TEXTS = [  # git commands that hints have as text, because they do not depend on the repository
    pytest.param(command.strip(), id=f"{path.stem}: {command[:40]}")
    for path in sorted(PACKAGE.glob("git/*.py"))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
    for command in re.findall(r"(?:^|: |&& )((?:git config --global|git --version|export) ?[^&]*)", node.value)
]


def parse(words: list[str]) -> None:
    """Read a command line as `git registry` does, without running it.

    Raises:
        click.UsageError: it is invalid.
    """
    context = group.make_context("git registry", list(words), resilient_parsing=False)
    command: click.Command = group
    rest = list(words)
    while isinstance(command, click.Group):
        name, found, rest = command.resolve_command(context, rest)
        assert name
        assert found
        command = found
    command.make_context(command.name, rest)


@pytest.mark.parametrize("operation", CALLS)
def test_a_hint_is_a_valid_command(operation):
    program, registry, *words = subprocess.run(
        ["/bin/sh", "-c", f"printf '%s\\n' {operation.in_shell()}"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert (program, registry) == ("git", "registry")
    parse(words)


@pytest.mark.parametrize("operation", [each for each in CALLS if each.values[0].verb in VERBS])
def test_a_hint_is_a_valid_call_of_the_api(operation):
    tree = ast.parse(str(operation), mode="eval").body
    assert isinstance(tree, ast.Call)
    function = getattr(api, ast.unparse(tree.func))
    keywords = {str(keyword.arg): None for keyword in tree.keywords}
    bound = inspect.signature(function).bind(*tree.args, **keywords)
    assert set(bound.arguments.get("options", ())) <= ExecuteOptions.__optional_keys__


def texts(node: ast.AST) -> Iterator[str]:
    """The texts in an expression, without those of operations."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("call", "git", "Option"):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from texts(child)


def texts_of_hints(source: str) -> list[str]:
    """Every text that a module gives to an error as its hint, or prints as a note or warning."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            if ast.unparse(node.func).rpartition(".")[2] in ("Hint", "note", "warn", "on_warning"):
                found += [text for argument in node.args for text in texts(argument)]
            found += [text for keyword in node.keywords if keyword.arg == "hint" for text in texts(keyword.value)]
    return found


def test_operations_in_hints_are_values_and_not_text():
    """A command in a text would lack the options that say where the repository is, and be no Python."""
    found = {path: texts_of_hints(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")}
    assert sum(map(len, found.values())) > 50
    assert [(path.name, text) for path, each in found.items() for text in each if COMMAND.search(text)] == []


@pytest.mark.parametrize(
    "source",
    [
        'NotFound("no", hint="git registry show")',
        'NotFound("no", hint=f"repeat with --force for {version}")',
        'app.note(f"to publish: git push --delete {ref}")',
    ],
)
def test_an_operation_in_a_text_is_noticed(source):
    assert [text for text in texts_of_hints(source) if COMMAND.search(text)]


@pytest.mark.parametrize("command", TEXTS)
def test_a_git_command_in_a_text_runs(command, builder):
    builder.commit({"a": "1"})
    subprocess.run(["/bin/sh", "-ec", command.replace("{0}", "http")], cwd=builder.build(), check=True)


def test_git_commands_without_operands_run(builder, tmp_path):
    builder.commit({"a": "1"})
    repository = builder.build()
    subprocess.run(["git", "clone", "-q", repository, tmp_path / "clone"], check=True)
    ran = 0
    for _, node in calls("git"):
        words = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
        if len(words) == len(node.args) and words[:2] != ["remote", "add"]:
            subprocess.run(git(*words).in_shell([("-r", str(tmp_path / "clone"))]), shell=True, check=True)
            ran += 1
    assert ran >= 4


def test_a_hint_of_an_error_is_for_python_and_for_the_shell():
    error = NotFound("no", hint=Hint("ask ", call("which", "churn", "prod eu", all=True), "; ", Option("force", True)))
    assert error.hint == "ask find_versions_in_stage(repo, 'churn', stage='prod eu', versions_per_stage=-1); force=True"
    assert in_shell(error.hint) == "ask git registry which churn 'prod eu' --all; --force"
    place = [("-C", "my models"), ("-r", "https://ada:pw@example.com/x.git")]
    assert in_shell(error.hint, place) == (
        "ask git registry -C 'my models' -r 'https://***@example.com/x.git' which churn 'prod eu' --all; --force"
    )


def test_what_python_has_no_function_for_is_a_command():
    assert str(call("doctor", fix=True)) == "git registry doctor --fix"


def test_help_needs_no_repository():
    assert call("help", "times").in_shell([("-r", "../models")]) == "git registry help times"


def test_git_is_told_where_a_local_repository_is():
    place = [("-C", "a b"), ("-r", "https://example.com/x.git")]
    assert git("fetch", "--tags").in_shell(place) == "git -C 'a b' fetch --tags"


def test_a_hint_in_a_hint_keeps_its_operations():
    assert in_shell(Hint("first ", Hint("x ", call("show"))), [("-r", "p")]) == "first x git registry -r p show"


def test_copies_of_a_hint_keep_its_operations():
    hint = Hint("try ", call("show", "churn"))
    assert [in_shell(each) for each in (copy.deepcopy(hint), pickle.loads(pickle.dumps(hint)))] == [
        "try git registry show churn"
    ] * 2


def test_secrets_in_text_are_redacted():
    assert "pw" not in Hint("see https://ada:pw@example.com/x") + in_shell(Hint("see https://ada:pw@example.com/x"))
