"""Annotations: artifacts.yaml, and the artifacts of dvc.yaml."""

from __future__ import annotations

import pytest

from gittag_registry.errors import NotFound, UsageError
from gittag_registry.files.annotations import (
    Annotation,
    Annotations,
    annotate,
    differences,
    parse,
    remove_entry,
)
from gittag_registry.files.yamlfile import YamlError
from gittag_registry.model.findings import Problem

FILE = b"""\
# our models
churn:
  type: model        # the good one
  path: models/churn.pkl
segment:
"""


def told(found: Annotations) -> list[str]:
    return [str(problem) for problem in found.problems]


def test_an_entry_says_what_is_known() -> None:
    assert parse(FILE) == Annotations(
        {"churn": Annotation(type="model", path="models/churn.pkl"), "segment": Annotation()}
    )


def test_an_entry_has_defaults() -> None:
    entry = Annotation()
    assert (entry.type, entry.path, entry.virtual, entry.labels, entry.description, entry.custom) == (
        None,
        None,
        True,
        [],
        "",
        None,
    )


def test_keys_of_other_tools_are_kept() -> None:
    entry = parse(b"churn:\n  owner: ada\n").entries["churn"]
    assert entry.model_extra == {"owner": "ada"}


def test_a_wrong_entry_is_a_problem_and_the_right_ones_count() -> None:
    found = parse(b"churn:\n  type: 5\n  labels: x\nsegment: {type: data}\n")
    assert found.entries == {"segment": Annotation(type="data")}
    assert told(found) == [
        "artifacts.yaml:2: churn.type: input should be a valid string",
        "artifacts.yaml:3: churn.labels: input should be a valid list",
    ]


def test_a_name_no_artifact_can_have_is_a_problem() -> None:
    assert told(parse(b"ok: {}\n'not ok': {}\n")) == [
        "artifacts.yaml:2: not ok: 'not ok' is not an artifact name: character 4, ' ', is not allowed"
    ]


def test_an_entry_that_is_no_mapping_is_a_problem() -> None:
    [problem] = parse(b"churn: hello\n").problems
    assert (problem.line, problem.key) == (1, "churn")


def test_a_file_that_is_no_yaml_is_a_problem() -> None:
    [problem] = parse(b"churn: [\n").problems
    assert problem.message.startswith("is not YAML")


def test_the_artifacts_of_dvc_are_read_under_our_names() -> None:
    found = parse(
        b"stages: {}\nartifacts:\n  churn:\n    desc: Churns\n    meta: {a: 1}\n    type: model\n", "dvc.yaml"
    )
    assert found.entries == {"churn": Annotation(type="model", description="Churns", custom={"a": 1})}


@pytest.mark.parametrize(
    ("directory", "path", "from_the_top"),
    [
        ("", "a/model.pkl", "a/model.pkl"),
        ("models", "a/model.pkl", "models/a/model.pkl"),
        ("models", "../model.pkl", "model.pkl"),
        ("models", "s3://bucket/model.pkl", "s3://bucket/model.pkl"),
    ],
)
def test_the_paths_of_a_dvc_file_are_from_its_directory(directory: str, path: str, from_the_top: str) -> None:
    [entry] = parse(
        f"artifacts: {{churn: {{path: {path}}}}}\n".encode(), f"{directory}/dvc.yaml".lstrip("/")
    ).entries.values()
    assert entry.path == from_the_top


def test_the_artifacts_of_a_dvc_file_in_a_directory_have_its_prefix() -> None:
    found = parse(b"artifacts: {churn: {type: 5}, segment: {}}\n", "models/eu/dvc.yaml")
    assert list(found.entries) == ["models/eu:segment"]
    assert told(found) == ["models/eu/dvc.yaml:1: artifacts.churn.type: input should be a valid string"]


@pytest.mark.parametrize(
    ("data", "problems"),
    [
        (b"stages: {}\n", []),
        (b"artifacts: []\n", ["dvc.yaml:1: artifacts: must be a mapping"]),
        (b"\xff", ["dvc.yaml: is not UTF-8"]),
    ],
)
def test_a_dvc_file_without_artifacts_has_no_entries(data: bytes, problems: list[str]) -> None:
    found = parse(data, "dvc.yaml")
    assert found.entries == {}
    assert told(found) == problems


def test_our_file_wins_over_the_one_of_dvc() -> None:
    ours = Annotations({"churn": Annotation(type="ours")}, (Problem("a", 1, "", "x"),))
    theirs = Annotations({"churn": Annotation(type="theirs"), "b": Annotation()}, (Problem("b", 1, "", "y"),))
    both = ours.filled_from(theirs)
    assert both.entries == {"churn": Annotation(type="ours"), "b": Annotation()}
    assert [problem.file for problem in both.problems] == ["a", "b"]


def test_annotating_leaves_everything_else_as_it_was() -> None:
    assert annotate(FILE, "churn", {"type": "dataset", "description": "Who leaves"}) == FILE.replace(
        b"type: model        # the good one\n", b"type: dataset      # the good one\n"
    ).replace(b"churn.pkl\n", b"churn.pkl\n  description: Who leaves\n")


def test_annotating_adds_a_new_entry_at_the_end() -> None:
    assert annotate(FILE, "uplift", {"type": "model"}) == FILE + b"uplift:\n  type: model\n"


def test_annotating_makes_a_file_where_there_is_none() -> None:
    assert annotate(b"", "churn", {"type": "model"}) == b"churn:\n  type: model\n"


@pytest.mark.parametrize("data", [b"churn:\n", b"churn: {}\n", b"churn:\n  labels:\n", b"churn:\n  labels: []\n"])
def test_labels_are_added_where_there_were_none(data: bytes) -> None:
    assert parse(annotate(data, "churn", {"labels": ["a", "b"]})).entries["churn"].labels == ["a", "b"]


def test_labels_are_added_once() -> None:
    edited = annotate(b"churn:\n  labels: [b, a]\n", "churn", {"labels": ["a", "c"]})
    assert edited == b"churn:\n  labels: [b, a, c]\n"


@pytest.mark.parametrize("labels", [b"x", b"5", b"{a: 1}"])
def test_labels_that_are_no_list_are_said_to_be_wrong(labels: bytes) -> None:
    with pytest.raises(YamlError, match=r"churn\.labels: input should be a valid list"):
        annotate(b"churn:\n  labels: " + labels + b"\n", "churn", {"labels": ["a"]})


def test_custom_keys_are_added_to_those_there_are() -> None:
    assert annotate(b"churn:\n  custom:\n    a: 1\n", "churn", {"custom": {"b": 2}}) == (
        b"churn:\n  custom:\n    a: 1\n    b: 2\n"
    )
    assert annotate(b"churn:\n  custom: x\n", "churn", {"custom": {"b": 2}}) == b"churn:\n  custom:\n    b: 2\n"


def test_no_other_key_is_added_to() -> None:
    data = b"churn:\n  custom: {a: 1}\n  other: {a: 1}\n"
    assert annotate(data, "churn", {"other": {"b": 2}}) == b"churn:\n  custom: {a: 1}\n  other:\n    b: 2\n"


def test_a_wrong_value_can_be_put_right() -> None:
    assert annotate(b"churn:\n  type: 5\n", "churn", {"type": "model"}) == b"churn:\n  type: model\n"


@pytest.mark.parametrize(
    ("data", "changes"), [(b"churn: [\n", {}), (b"churn: {}\n", {"type": 5}), (b"other: {type: 5}\n", {"type": "x"})]
)
def test_a_file_that_is_or_would_be_wrong_is_refused(data: bytes, changes: dict[str, object]) -> None:
    with pytest.raises(YamlError):
        annotate(data, "churn", changes)


def test_a_name_no_artifact_can_have_is_not_annotated() -> None:
    with pytest.raises(UsageError):
        annotate(b"", "not ok", {"type": "model"})


def test_an_entry_can_be_removed() -> None:
    assert remove_entry(b"# why\na: {}\nb: {}\n", "b") == b"# why\na: {}\n"
    assert remove_entry(b"a: {}\n", "a") == b"{}\n"
    assert remove_entry(b"# why\na: {}\n", "a") == b"# why\n{}\n"


def test_an_entry_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound, match=r"artifacts\.yaml has no entry 'chrun'") as raised:
        remove_entry(FILE, "chrun")
    assert raised.value.hint == "did you mean 'churn'?"


def test_two_entries_differ_in_some_keys() -> None:
    old = Annotation(type="model", path="a", labels=["x"])
    new = Annotation(type="model", path="b", owner="ada")  # type: ignore[call-arg]  # keys of other tools are allowed
    assert differences(old, new) == [("labels", ["x"], None), ("owner", None, "ada"), ("path", "a", "b")]
    assert differences(None, Annotation(type="model")) == [("type", None, "model")]
    assert differences(old, old) == []
    assert differences(None, None) == []


DVC_FILE = b"""\
stages:
  train:  # every night
    cmd: python train.py
artifacts:
  churn:
    path: ../data/churn.pkl
"""


def test_an_artifact_in_a_directory_is_annotated_where_dvc_reads_it() -> None:
    changes = {
        "type": "model",
        "path": "models/eu/churn.pkl",
        "labels": ["x"],
        "description": "Who leaves",
        "custom": {"a": "b"},
        "virtual": False,
    }
    assert annotate(b"", "models/eu:churn", changes) == (
        b"artifacts:\n  churn:\n    type: model\n    path: churn.pkl\n    labels:\n    - x\n"
        b"    desc: Who leaves\n    meta:\n      a: b\n"
    )


def test_the_rest_of_a_dvc_file_stays() -> None:
    assert annotate(DVC_FILE, "models:churn", {"type": "model"}) == DVC_FILE + b"    type: model\n"
    assert annotate(DVC_FILE, "models:uplift", {"path": "models/u"}) == DVC_FILE + b"  uplift:\n    path: u\n"
    assert annotate(b"", "models:churn", {"path": "https://example.com/a"}).endswith(b"path: https://example.com/a\n")


def test_what_is_written_to_a_dvc_file_is_read_with_our_names() -> None:
    changes = {"path": "data/churn.pkl", "description": "Who leaves", "custom": {"a": "b"}}
    entries = parse(annotate(DVC_FILE, "models:churn", changes), "models/dvc.yaml").entries
    assert entries["models:churn"] == Annotation.model_validate(changes)


def test_an_entry_that_dvc_could_not_read_is_not_written() -> None:
    with pytest.raises(UsageError, match=r"'models:churn' is annotated in models/dvc\.yaml, where DVC needs its path"):
        annotate(b"", "models:churn", {"type": "model"})


def test_an_entry_of_a_dvc_file_can_be_removed() -> None:
    assert remove_entry(DVC_FILE, "models:churn", "models/dvc.yaml") == DVC_FILE[: DVC_FILE.index(b":\n  churn")] + (
        b": {}\n"
    )
    for data in (b"", b"artifacts: {}\n", b"stages: {}\n"):
        with pytest.raises(NotFound):
            remove_entry(data, "models:churn", "models/dvc.yaml")
