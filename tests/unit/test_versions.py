"""Versions: Semantic Versioning 2.0.0 with a leading v."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
import semver
from hypothesis import given
from hypothesis import strategies as st

from gittag_registry.errors import UsageError
from gittag_registry.model.versions import bump, is_prerelease, is_version, parse_version, precedence
from tests.unit.strategies import quick, versions

# Sorted by hand, by section 11 of the standard.
IN_ORDER = [
    "v0.0.0-0",
    "v0.0.0",
    "v0.0.1",
    "v0.9.0",
    "v0.10.0",
    "v1.0.0-0",
    "v1.0.0-0.0",
    "v1.0.0-9",
    "v1.0.0-10",
    "v1.0.0--",
    "v1.0.0--1",
    "v1.0.0-01a",
    "v1.0.0-A",
    "v1.0.0-Z",
    "v1.0.0-a",
    "v1.0.0-alpha",
    "v1.0.0-alpha.1",
    "v1.0.0-alpha.beta",
    "v1.0.0-beta",
    "v1.0.0-beta.2",
    "v1.0.0-beta.11",
    "v1.0.0-rc.1",
    "v1.0.0-rc.1.0",
    "v1.0.0",
    "v1.0.1-rc.1",
    "v1.0.1",
    "v2.0.0",
    "v2.1.0",
    "v2.1.1",
    "v10.0.0",
    "v99999999999999999999.0.0",
]


@pytest.mark.parametrize(("lower", "higher"), list(pairwise(IN_ORDER)))
def test_precedence_follows_the_standard(lower: str, higher: str) -> None:
    assert precedence(lower) < precedence(higher)


def test_precedence_is_transitive_over_the_whole_table() -> None:
    assert all(precedence(lower) < precedence(higher) for lower, higher in combinations(IN_ORDER, 2))


def test_build_metadata_does_not_count() -> None:
    assert precedence("v1.0.0+a") == precedence("v1.0.0+b.2") == precedence("v1.0.0")


@quick
@given(versions(), versions())
def test_precedence_agrees_with_the_semver_library(left: str, right: str) -> None:
    ours = (precedence(left) > precedence(right)) - (precedence(left) < precedence(right))
    assert ours == semver.Version.parse(left[1:]).compare(right[1:])


@pytest.mark.parametrize(
    ("version", "expected"),
    [("v1.0.0-rc.1", True), ("v1.0.0-0", True), ("v1.0.0", False), ("v1.0.0+cu-12", False), ("v1.0.0-a+b-c", True)],
)
def test_a_prerelease_is_told_by_its_hyphen_before_build_metadata(version: str, expected: bool) -> None:
    assert is_prerelease(version) is expected


@pytest.mark.parametrize("version", IN_ORDER)
def test_canonical_versions_are_versions(version: str) -> None:
    assert is_version(version)


NOT_CANONICAL = [
    "",
    "1.0.0",
    "v1",
    "v1.0",
    "v1.0.0.0",
    "v01.0.0",
    "v1.0.0-",
    "v1.0.0-01",
    "v1.0.0-a..b",
    "v1.0.0+",
    "v1.0.0+a+b",
    "v1.0.0-ä",
    "v\N{ARABIC-INDIC DIGIT ONE}.0.0",
    "V1.0.0",
    " v1.0.0",
    "v1.0.0\n",
    "v1.0.0!",
    "v1.0.0#1",
]


@pytest.mark.parametrize("text", NOT_CANONICAL)
def test_anything_else_is_no_version(text: str) -> None:
    assert not is_version(text)


def test_a_version_too_long_for_a_file_name_is_none() -> None:
    assert is_version("v1.0." + "1" * 251)
    assert not is_version("v1.0." + "1" * 252)


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("3", "v3.0.0"),
        ("v3", "v3.0.0"),
        ("1.2", "v1.2.0"),
        ("v1.2", "v1.2.0"),
        ("1.2.3", "v1.2.3"),
        ("0", "v0.0.0"),
        ("v1.2.0-rc.1+build", "v1.2.0-rc.1+build"),
        ("1-rc.1", "v1.0.0-rc.1"),
    ],
)
def test_the_v_and_missing_zeros_may_be_left_out(typed: str, canonical: str) -> None:
    assert parse_version(typed) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v",
        "latest",
        "vv1",
        "1.",
        "01",
        "1.2.3.4",
        "1.0.0\n",
        "v1.0.0-",
        "1 ",
        "v01.2.3",
        "\N{FULLWIDTH DIGIT ONE}.0.0",
        "9" * 300,
        "\N{ARABIC-INDIC DIGIT ONE}",
        "9" * 5000,
    ],
)
def test_what_is_no_version_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_version(text)
    assert "is not a version" in raised.value.message


@quick
@given(versions())
def test_a_canonical_version_is_parsed_to_itself(version: str) -> None:
    assert is_version(version)
    assert parse_version(version) == version


@quick
@given(st.text(st.sampled_from("v01.-+a\n"), max_size=12))
def test_parsing_gives_a_canonical_version_or_a_usage_error(text: str) -> None:
    try:
        assert is_version(parse_version(text))
    except UsageError:
        assert not is_version(text)


@pytest.mark.parametrize(
    ("version", "part", "following"),
    [
        (None, "patch", "v0.0.1"),
        (None, "minor", "v0.1.0"),
        (None, "major", "v1.0.0"),
        (None, "prerelease", "v0.0.1-rc.1"),
        ("v1.2.3", "patch", "v1.2.4"),
        ("v1.2.3", "minor", "v1.3.0"),
        ("v1.2.3", "major", "v2.0.0"),
        ("v1.2.3", "prerelease", "v1.2.4-rc.1"),
        ("v1.2.3+build", "patch", "v1.2.4"),
        ("v1.2.4-rc.1", "patch", "v1.2.4"),
        ("v1.3.0-rc.1", "minor", "v1.3.0"),
        ("v2.0.0-rc.1", "major", "v2.0.0"),
        ("v1.2.4-rc.1", "minor", "v1.3.0"),
        ("v1.2.4-rc.9", "prerelease", "v1.2.4-rc.10"),
    ],
)
def test_bumping_gives_the_next_version(version: str | None, part: object, following: str) -> None:
    assert bump(version, part) == following  # type: ignore[arg-type]  # the table is plain text


def test_a_new_prerelease_gets_the_name_asked_for() -> None:
    assert bump("v1.2.3", "prerelease", "beta") == "v1.2.4-beta.1"


@pytest.mark.parametrize("name", ["rc_1", "01", "a b", "é"])
def test_a_name_no_prerelease_can_have_is_a_usage_error(name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a pre-release"):
        bump("v1.2.3", "prerelease", name)


@quick
@given(versions(), st.sampled_from(["major", "minor", "patch", "prerelease"]))
def test_a_bumped_version_is_a_higher_version(version: str, part: object) -> None:
    following = bump(version, part)  # type: ignore[arg-type]  # drawn from the four there are
    assert is_version(following)
    assert precedence(following) > precedence(version)
