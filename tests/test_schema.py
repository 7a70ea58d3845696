"""The output of `--json` matches the published schemas, key by key and in their order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import jsonschema
import pytest
from pydantic import TypeAdapter

from gittag_registry.cli.main import cli
from gittag_registry.render.schema import DOCUMENTS, json_schemas
from tests.conftest import Result
from tests.testing.builder import RepositoryBuilder, git

SCHEMAS = Path(__file__).parents[1] / "docs" / "schemas"

ANNOTATIONS = """\
churn:
  type: model
  path: model.pkl
  labels: [finance]
  description: Will this customer leave?
  custom: {threshold: .nan, owners: [ada, grace], since: 2024-01-01}
  commit: a key of another tool
  schema: 9
planned:
  type: model
"""

Cli = Callable[..., Result]


class Case(NamedTuple):
    """A document by the name of its schema, and a command line that prints it in the repository `full`."""

    document: str
    line: str
    code: int = 0


CASES = [
    Case("show", "show"),
    Case("show", "show --deprecated --versions-per-stage -1"),
    Case("show", "show --registered-only --sort semver"),
    Case("show", "show --type model"),
    Case("show-name", "show churn"),
    Case("show-name", "show churn#prod"),
    Case("show-name", "show churn@latest"),
    Case("show-name", "show churn --deprecated --versions-per-stage -1"),
    Case("latest", "latest churn"),
    Case("latest", "latest churn --all"),
    Case("latest", "latest churn --pre"),
    Case("which", "which churn prod"),
    Case("which", "which churn prod --all"),
    Case("which", "which churn prod --at churn#prod#1"),
    Case("which", "which churn canary"),
    Case("which-rev", "which --rev HEAD~1"),
    Case("which-rev", "which --rev churn@v1.1.0"),
    Case("history", "history"),
    Case("history", "history churn --ascending"),
    Case("check-ref", "check-ref churn#prod#1"),
    Case("check-ref", "check-ref churn@v1.0.0"),
    Case("check-ref", "check-ref old@deprecated"),
    Case("check-ref", "check-ref churn#canary#7"),
    Case("stages", "stages"),
    Case("stages", "stages --allowed"),
    Case("diff", "diff churn@v1.0.0 churn@v1.1.0"),
    Case("diff", "diff churn#prod churn#canary"),
    Case("diff", "diff churn churn"),
    Case("parse-tag", "parse-tag models=churn#prod#3"),
    Case("parse-tag", "parse-tag churn@v1.0.0-rc.1+b.2"),
    Case("parse-tag", "parse-tag churn@created"),
    Case("describe", "describe churn"),
    Case("describe", "describe churn@v1.1.0"),
    Case("describe", "describe planned"),
    Case("doctor", "doctor", 6),
    Case("config-list", "config list"),
    Case("config-list", "config list --show-origin"),
    Case("config-get", "config get bump"),
    Case("write", "register churn HEAD"),
    Case("write", "register churn HEAD --bump prerelease --dry-run"),
    Case("write", "register churn churn@v1.1.0"),
    Case("write", "assign churn staging"),
    Case("write", "assign churn staging HEAD --skip-registration --dry-run"),
    Case("write", "unassign churn prod --all"),
    Case("write", "unassign churn canary"),
    Case("write", "unassign churn prod --delete --yes"),
    Case("write", "deregister churn v1.1.0"),
    Case("write", "deregister churn v1.1.0 --delete --dry-run"),
    Case("write", "deprecate churn"),
    Case("write", "rollback churn prod"),
    Case("write", "delete churn@v1.1.0 --dry-run"),
    Case("write", "delete churn#prod --yes"),
    Case("push", "push --dry-run"),
    Case("push", "push churn"),
    Case("fetch", "fetch"),
    Case("fetch", "fetch other --dry-run"),
    Case("status", "status", 6),
    Case("status", "status --remote origin", 6),
    Case("error", "show --plain", 2),
    Case("error", "show --nope", 2),
    Case("error", "shew", 2),
    Case("error", "latest nope", 3),
    Case("error", "register churn churn@v1.1.0 --version v7.0.0", 5),
    Case("error", "assign churn nowhere", 6),
]

# What stands for an argument, by its name, where a command is tried without a case of its own.
SAMPLES = {
    "selector": "churn",
    "name": "churn",
    "artifact": "churn",
    "stage": "prod",
    "operands": "prod",
    "version": "v1.1.0",
    "ref": "churn@v1.1.0",
    "tag": "churn@v1.1.0",
}


def _commands_that_print_json(group: click.Group = cli, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _commands_that_print_json(command, f"{prefix}{name} ")
        elif command and any("--json" in parameter.opts for parameter in command.params):
            yield f"{prefix}{name}", command


def _cases_of_the_others(commands: Iterable[tuple[str, click.Command]]) -> Iterator[Case]:
    """A case for every command that has none: its document has its name."""
    for name, command in commands:
        if not any(f"{case.line} ".startswith(f"{name} ") for case in CASES if case.document != "error"):
            arguments = [SAMPLES[p.name or ""] for p in command.params if isinstance(p, click.Argument)]
            yield Case(name.replace(" ", "-"), " ".join([name, *arguments]))


CASES += list(_cases_of_the_others(_commands_that_print_json()))


@pytest.fixture
def full(builder: RepositoryBuilder) -> Path:
    """A repository with one of everything that a document can tell."""
    first = builder.commit({"artifacts.yaml": ANNOTATIONS, "model.pkl": "1"})
    builder.tag("churn@v1.0.0", first, message="First\n\nIn two paragraphs, with ünicode.")
    builder.tag("churn#prod#1", first, trailers={"Registry-Version": "v1.0.0", "Run": "https://example.com/1"})
    second = builder.commit({"model.pkl": "2", "artifacts.yaml": ANNOTATIONS.replace("type: model", "type: other", 1)})
    builder.tag("churn@v1.1.0", second)
    builder.tag("churn@v2.0.0-rc.1", second)
    builder.tag("models=eu@v0.0.1", second)
    builder.tag("churn#prod#2", second, trailers={"Registry-Version": "v1.1.0"})
    third = builder.commit({"model.pkl": "3"})
    builder.tag("churn@v0.9.0", third)
    builder.tag("churn@v0.9.0!#6", third)
    fourth = builder.commit({"model.pkl": "4"})
    builder.tag("churn#canary#7", fourth)
    builder.tag("old@v1.0.0", first)
    builder.tag("old@deprecated", first)
    builder.lightweight("churn@v9.9.9", third)
    builder.commit({".gittag-registry.yaml": "stages: [staging, prod, canary]\n", "artifacts.yaml": ANNOTATIONS})
    built = builder.build()
    git("init", "--quiet", "--bare", str(built.with_name("server.git")))
    git("remote", "add", "origin", str(built.with_name("server.git")), repo=built)
    git("tag", "-a", "-m", "only on the server", "other@v1.0.0", repo=built)
    git("push", "--quiet", "origin", "other@v1.0.0", repo=built)
    git("tag", "-d", "other@v1.0.0", repo=built)
    return built


def _schema(document: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{document}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema


def _run(cli: Cli, case: Case, repo: Path) -> dict[str, Any]:
    result = cli(*case.line.split(), "--json", repo=repo)
    assert result.code == case.code, result.err
    text = result.err.splitlines()[-1] if case.document == "error" else result.out
    printed: dict[str, Any] = json.loads(text, parse_constant=_no_such_number)
    return printed


def _no_such_number(text: str) -> None:
    raise AssertionError(f"{text} is not JSON")


def _problems(schema: dict[str, Any], printed: Any) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(printed)]


def _out_of_order(schema: dict[str, Any], node: dict[str, Any], printed: Any, place: str = "") -> Iterator[str]:
    """The places of objects whose keys are not in the order of their schema."""
    if "$ref" in node:
        node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    if isinstance(printed, list):
        for number, item in enumerate(printed):
            yield from _out_of_order(schema, node.get("items", {}), item, f"{place}[{number}]")
    elif isinstance(printed, dict) and "properties" in node:
        if list(printed) != list(node["properties"]):
            yield place or "."
        for key, value in printed.items():
            yield from _out_of_order(schema, node["properties"].get(key, {}), value, f"{place}.{key}")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.line.replace(" ", "_"))
def test_output_is_what_the_published_schema_says(case: Case, cli: Cli, full: Path) -> None:
    printed, schema = _run(cli, case, full), _schema(case.document)
    assert _problems(schema, printed) == []
    assert list(_out_of_order(schema, schema, printed)) == []
    TypeAdapter(DOCUMENTS[case.document]).validate_json(json.dumps(printed))


@pytest.mark.parametrize(
    ("document", "line"), [("show", "show"), ("history", "history"), ("stages", "stages"), ("doctor", "doctor")]
)
def test_an_empty_registry_has_the_same_documents(
    document: str, line: str, cli: Cli, builder: RepositoryBuilder
) -> None:
    builder.commit()
    printed = _run(cli, Case(document, line), builder.build())
    assert _problems(_schema(document), printed) == []


def test_every_document_has_a_case_and_a_file() -> None:
    assert {case.document for case in CASES} == set(DOCUMENTS) == set(json_schemas())
    assert {path.name for path in SCHEMAS.glob("*.json")} == {f"{name}.schema.json" for name in DOCUMENTS}


def test_a_command_without_a_case_is_tried_with_samples() -> None:
    commands = dict(_commands_that_print_json())
    assert "cache list" in commands
    assert Case("cache-list", "cache list") in CASES
    others = [("show", commands["show"]), ("count up", commands["rollback"])]
    assert list(_cases_of_the_others(others)) == [Case("count-up", "count up churn prod")]


def test_keys_are_those_of_the_first_release_in_their_order(cli: Cli, full: Path) -> None:
    show = _run(cli, Case("show", "show"), full)
    assert list(show) == ["schema", "stages", "artifacts", "annotated"]
    annotation = ["type", "path", "labels", "description", "custom"]
    assert list(show["artifacts"][0]) == ["artifact", "latest", "stages", "registered", "active", *annotation]
    name = _run(cli, Case("show-name", "show churn"), full)
    assert list(name) == ["schema", "artifact", "versions"]
    version = ["version", "stages", "timestamp", "commit", "ref", "author", "author_email", "message", "active"]
    assert list(name["versions"][0]) == version
    which = _run(cli, Case("which", "which churn prod"), full)
    assert list(which) == ["schema", "artifact", "stage", "versions"]
    held = ["version", "commit", "ref", "assigned_by", "timestamp", "author", "until", "last_known"]
    assert list(which["versions"][0]) == held
    history = _run(cli, Case("history", "history"), full)
    assert list(history) == ["schema", "events"]
    event = ["timestamp", "artifact", "event", "version", "stage", "commit", "ref", "author", "author_email", "message"]
    assert list(history["events"][0]) == event


def _damaged(printed: Any) -> Iterator[Any]:
    """The document with one thing wrong: a key more, a key less, a value of another type, at every depth."""
    if isinstance(printed, dict):
        yield {**printed, "one_more": 1}
        for key, value in printed.items():
            yield {k: v for k, v in printed.items() if k != key}
            for worse in _damaged(value):
                yield {**printed, key: worse}
    elif isinstance(printed, list):
        yield {"0": printed}
        for number, item in enumerate(printed):
            for worse in _damaged(item):
                yield [*printed[:number], worse, *printed[number + 1 :]]
    else:
        yield {"not": printed}


# Where anything may stand: values and keys that come from artifacts.yaml, trailers, and the stages of a table.
_FREE = ("custom", "other", "annotations", "trailers", "stages")


@pytest.mark.parametrize(
    "case",
    [next(case for case in CASES if case.document == document) for document in DOCUMENTS],
    ids=lambda case: case.document,
)
def test_a_document_with_anything_wrong_is_rejected(case: Case, cli: Cli, full: Path) -> None:
    printed, schema = _run(cli, case, full), _schema(case.document)
    accepted = [worse for worse in _damaged(printed) if not _problems(schema, worse)]
    assert all(_differs_only_where_anything_may_stand(printed, worse) for worse in accepted), accepted[:1]


def _differs_only_where_anything_may_stand(printed: Any, worse: Any) -> bool:
    if isinstance(printed, dict) and isinstance(worse, dict) and list(printed) == list(worse):
        return all(key in _FREE or _differs_only_where_anything_may_stand(printed[key], worse[key]) for key in printed)
    if isinstance(printed, list) and isinstance(worse, list) and len(printed) == len(worse):
        return all(map(_differs_only_where_anything_may_stand, printed, worse))
    return bool(printed == worse)


def test_keys_that_are_out_of_order_are_found(cli: Cli, full: Path) -> None:
    printed, schema = _run(cli, Case("which", "which churn prod"), full), _schema("which")
    version = printed["versions"][0]
    turned = {**printed, "versions": [dict(reversed(version.items()))]}
    assert _problems(schema, turned) == []
    assert list(_out_of_order(schema, schema, turned)) == [".versions[0]"]


def test_keys_of_other_tools_cannot_pass_for_keys_of_the_document(cli: Cli, full: Path) -> None:
    printed = _run(cli, Case("describe", "describe churn"), full)
    assert (printed["schema"], printed["artifact"], printed["commit"]) == (1, "churn", None)
    assert printed["other"] == {"commit": "a key of another tool", "schema": 9}
    assert printed["custom"] == {"threshold": "nan", "owners": ["ada", "grace"], "since": "2024-01-01"}


def test_a_commit_assigned_without_a_version_is_told_alike_when_written_and_when_read(cli: Cli, full: Path) -> None:
    [written] = _run(cli, Case("write", "assign churn staging HEAD --skip-registration"), full)["events"]
    read = _run(cli, Case("check-ref", f"check-ref {written['ref']}"), full)["event"]
    read.pop("trailers")
    assert written == read
    assert written["version"] == written["commit"]
