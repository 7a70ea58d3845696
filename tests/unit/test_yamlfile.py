"""YAML files written by people."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.yaml_files import SHAPES
from gittag_registry.errors import Refused
from gittag_registry.files.annotations import parse
from gittag_registry.files.yamlfile import Document, YamlError
from gittag_registry.model.findings import Problem
from tests.unit.strategies import quick


def problems(data: bytes) -> list[str]:
    with pytest.raises(YamlError) as raised:
        Document(data, "file.yaml")
    return [str(problem) for problem in raised.value.problems]


def test_a_document_is_plain_data() -> None:
    data = b"churn:\n  type: model\n  labels: [a, 'b']\n  custom: {n: 1, x: 0.5, y: true, z: null}\n"
    assert Document(data, "file.yaml").value == {
        "churn": {"type": "model", "labels": ["a", "b"], "custom": {"n": 1, "x": 0.5, "y": True, "z": None}}
    }


@pytest.mark.parametrize("data", [b"", b"\n", b"# only a comment\n", b"---\n"])
def test_an_empty_file_is_an_empty_mapping(data: bytes) -> None:
    assert Document(data, "file.yaml").value == {}


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"1: x\n", {"1": "x"}),
        (b"a: 2026-03-01\n", {"a": "2026-03-01"}),
        (b"a: &x {b: 1}\nc: *x\n", {"a": {"b": 1}, "c": {"b": 1}}),
        (b"a: !model x\n", {"a": "x"}),
        (b"a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
        (b"a: 0x10\n", {"a": 16}),
        (b"a: 18446744073709551615\nb: 18446744073709551616\n", {"a": 2**64 - 1, "b": "0x10000000000000000"}),
        (b"a: &x 1\nb: &x 2\nc: *x\n", {"a": 1, "b": 2, "c": 2}),
        (b"a: .nan\nb: -.inf\n", {"a": "nan", "b": "-inf"}),
    ],
)
def test_what_yaml_can_say_becomes_what_json_can_say(data: bytes, value: object) -> None:
    assert Document(data, "file.yaml").value == value


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\xff", "file.yaml: is not UTF-8"),
        (b"a: [1,\nb: 2\n", "file.yaml:3: is not YAML"),
        (b"a: 1\na: 2\n", "file.yaml:2: is not YAML"),
        (b"a: 1\n---\nb: 2\n", "file.yaml:2: is not YAML"),
        (b"a: *nowhere\n", "file.yaml:1: is not YAML"),
        (b"a: 2026-99-99\n", "file.yaml: is not YAML"),
        (b"- a\n- b\n", "file.yaml:1: must be a mapping of names to entries"),
        (b"hello\n", "file.yaml:1: must be a mapping of names to entries"),
        (b"a: \x00\n", "file.yaml: is not YAML"),
        (b"a: !!float\n", "file.yaml: is not YAML: string index out of range"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(data: bytes, problem: str) -> None:
    [found] = problems(data)
    assert found.startswith(problem)


def test_a_file_nested_too_deeply_is_refused() -> None:
    assert Document(b"a: " + b"[" * 19 + b"]" * 19, "file.yaml").value
    assert problems(b"a: " + b"[" * 60 + b"]" * 60) == ["file.yaml: is nested more than 20 levels deep"]
    assert problems(b"a: " + b"[" * 500) == ["file.yaml: is nested more than 20 levels deep"]
    assert problems(b"a: " + b"{a: " * 60) == ["file.yaml: is nested more than 20 levels deep"]
    assert problems(b"- " * 60) == ["file.yaml: is nested more than 20 levels deep"]


@pytest.mark.parametrize(
    "data",
    [
        b"a: &a [*a]\n",
        b"a: &a {b: *a}\n",
        b"a: &a [[b], *a]\n",
        b"a: &a {<<: *a}\n",
        b"a: &a\n  b: [&c {d: *a}]\n  e: *c\n",
    ],
)
def test_a_file_that_contains_itself_is_refused(data: bytes) -> None:
    assert problems(data) == ["file.yaml:1: has a value that contains itself"]


def test_an_alias_of_a_value_elsewhere_is_fine() -> None:
    data = b"a: &a {b: [x]}\nc: [*a, *a]\nd: '*'\n"
    assert Document(data, "file.yaml").value == {"a": {"b": ["x"]}, "c": [{"b": ["x"]}, {"b": ["x"]}], "d": "*"}


def test_many_brackets_side_by_side_are_fine() -> None:
    assert Document(b"a: [" + b"[], " * 2_000 + b"]", "file.yaml").value == {"a": [[]] * 2_000}


def test_a_file_that_grows_when_aliases_are_expanded_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    assert problems("\n".join(lines).encode()) == [
        "file.yaml: has more than 15000 values, the most that are read, each alias counted in full: shorten it"
    ]
    text = b"a: &a '" + b"x" * 100_000 + b"'\nb: [*a, *a]\n"
    assert problems(text) == ["file.yaml: has more than 262144 characters once its aliases are expanded"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"# " + b"x" * (1 << 18), "is larger than 256 KiB, the most that is read: shorten it"),
        (
            b"a: [" + b"x," * 15_000 + b"]",
            "has more than 15000 values, the most that are read, each alias counted in full: shorten it",
        ),
        (b"a: &a x\nb: [" + b"*a," * 501 + b"]", "has more than 500 aliases"),
    ],
)
def test_a_file_larger_than_a_limit_is_refused(data: bytes, problem: str) -> None:
    assert problems(data) == [f"file.yaml: {problem}"]


def calls(data: bytes) -> int:
    """How many functions are called while a file is read."""
    count = 0

    def profile(*_: object) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        parse(data)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("shape", SHAPES)
def test_the_work_grows_no_faster_than_the_file(shape: str) -> None:
    small, large = (calls(SHAPES[shape](size)) for size in (1_500, 6_000))
    assert large < 4.4 * small


def test_the_work_that_grows_with_the_square_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gittag_registry.files.yamlnodes.DEEPEST", 10**6)
    small, large = (calls(b"a: " + b"[" * size + b"]" * size) for size in (30, 120))
    assert large > 6 * small


def test_a_problem_knows_the_line_of_its_value() -> None:
    document = Document(b"churn:\n  type: model\n  labels:\n    - a\n    - b\n", "file.yaml")
    assert document.problem(("churn", "labels", 1), "is wrong") == Problem("file.yaml", 5, "churn.labels.1", "is wrong")
    assert document.problem(("churn", "type", "deeper"), "is wrong").line == 2
    assert document.problem(("unknown",), "is wrong").line is None


def test_a_wrong_file_is_refused_with_every_problem() -> None:
    error = YamlError([Problem("a.yaml", 1, "x", "is wrong"), Problem("a.yaml", None, "", "is odd")])
    assert isinstance(error, Refused)
    assert error.message == "a.yaml:1: x: is wrong\na.yaml: is odd"


@pytest.mark.parametrize("data", [b"# why\nb: 1  # this\na: 'x'\n\nc: \"y\"\n", b"a:\n- b\n- c: 1\n  d: 2\n"])
def test_an_unedited_file_is_dumped_as_it_was(data: bytes) -> None:
    assert Document(data, "file.yaml").dump() == data


def test_an_emptied_file_is_dumped_as_an_empty_mapping() -> None:
    assert Document(b"", "file.yaml").dump() == b"{}\n"
    assert Document(b"# why\n", "file.yaml").dump() == b"# why\n{}\n"


def test_what_is_added_to_an_empty_mapping_gets_lines_of_its_own() -> None:
    document = Document(b"# why\n{}\n", "file.yaml")
    document.root["a"] = {"b": 1}
    assert document.dump() == b"# why\na:\n  b: 1\n"


_tokens = st.sampled_from(
    [
        *"ab1-[]{}?|>'#~\n",
        ": ",
        "- ",
        "\n  ",
        "&x ",
        "*x",
        "!x ",
        "!!int ",
        "!!float ",
        "!!set ",
        "<<: ",
        "---\n",
        "2001-01-01",
    ]
)


@quick
@given(st.lists(_tokens, max_size=12).map("".join).map(str.encode) | st.binary(max_size=20))
def test_any_file_is_a_mapping_or_wrong(data: bytes) -> None:
    try:
        found = Document(data, "file.yaml").value
    except YamlError:
        return
    assert isinstance(found, dict)
