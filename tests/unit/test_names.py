"""Tag names and selectors."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gittag_registry.errors import Refused, UsageError
from gittag_registry.model.names import (
    Kind,
    Selector,
    TagName,
    check_artifact,
    check_stage,
    check_writable,
    format_tag,
    inverse_name,
    lock_name,
    near_miss,
    parse_selector,
    parse_tag,
    tag_prefixes,
)
from tests.unit.make import parsed
from tests.unit.strategies import artifact_names, bases, quick, tag_like, tag_names, versions

TAGS = {
    "churn@v1.2.0": TagName("churn", Kind.REGISTRATION, "v1.2.0"),
    "churn@v1.2.0#4": TagName("churn", Kind.REGISTRATION, "v1.2.0", None, 4),
    "churn@v1.2.0-rc.1+cu12": TagName("churn", Kind.REGISTRATION, "v1.2.0-rc.1+cu12"),
    "churn@v1.2.0!": TagName("churn", Kind.DEREGISTRATION, "v1.2.0"),
    "churn@v1.2.0!#5": TagName("churn", Kind.DEREGISTRATION, "v1.2.0", None, 5),
    "churn#prod": TagName("churn", Kind.ASSIGNMENT, None, "prod"),
    "churn#prod#3": TagName("churn", Kind.ASSIGNMENT, None, "prod", 3),
    "churn#prod#0": TagName("churn", Kind.ASSIGNMENT, None, "prod", 0),
    "churn#prod!": TagName("churn", Kind.UNASSIGNMENT, None, "prod"),
    "churn#prod!#3": TagName("churn", Kind.UNASSIGNMENT, None, "prod", 3),
    "churn#1#2": TagName("churn", Kind.ASSIGNMENT, None, "1", 2),
    "churn#prod/eu#3": TagName("churn", Kind.ASSIGNMENT, None, "prod/eu", 3),
    "churn@deprecated": TagName("churn", Kind.DEPRECATION),
    "churn@deprecated#6": TagName("churn", Kind.DEPRECATION, None, None, 6),
    "churn@created": TagName("churn", Kind.CREATION),
    "churn@created#1": TagName("churn", Kind.CREATION, None, None, 1),
    "models=churn@v1.0.0": TagName("models:churn", Kind.REGISTRATION, "v1.0.0"),
    "a/b.c-d_e=f/g#dev#1": TagName("a/b.c-d_e:f/g", Kind.ASSIGNMENT, None, "dev", 1),
    "x@v1.0.0": TagName("x", Kind.REGISTRATION, "v1.0.0"),
}


@pytest.mark.parametrize(("name", "tag"), list(TAGS.items()))
def test_a_registry_tag_is_taken_apart(name: str, tag: TagName) -> None:
    assert parse_tag(name) == tag


@pytest.mark.parametrize(("name", "tag"), list(TAGS.items()))
def test_formatting_is_the_inverse_of_parsing(name: str, tag: TagName) -> None:
    assert format_tag(tag) == name


NO_TAGS = [
    "",
    "v1.0.0",
    "churn",
    "churn@",
    "churn#",
    "churn@1.0.0",
    "churn@v1",
    "churn@v1.0",
    "churn@v01.0.0",
    "churn@latest",
    "churn@deprecated!",
    "churn@created!",
    "churn@v1.0.0\n",
    "churn#prod\n",
    "churn#prod#007",
    "churn#prod#-1",
    "churn#prod#\N{ARABIC-INDIC DIGIT ONE}",
    "churn#prod#",
    "churn#prod!!",
    "churn#prod#3!",
    "churn#_prod",
    "churn#prod-",
    "churn#prod.eu",
    "churn!@v1.0.0",
    "-churn@v1.0.0",
    "churn_@v1.0.0",
    "chürn@v1.0.0",
    "my churn@v1.0.0",
    "models:churn@v1.0.0",
    "=churn@v1.0.0",
    "a=b=churn@v1.0.0",
    "models=@v1.0.0",
    "refs/tags/a=/b@v1.0.0",
    "x" * 1020 + "@v1.0.0",
    "churn#prod#" + "9" * 5000,
]


@pytest.mark.parametrize("name", NO_TAGS)
def test_any_other_tag_is_no_registry_tag(name: str) -> None:
    assert parse_tag(name) is None


@quick
@given(tag_names())
def test_parsing_undoes_formatting(tag: TagName) -> None:
    assert parse_tag(format_tag(tag)) == tag


@quick
@given(tag_like | st.text())
def test_parsing_takes_any_text_and_formatting_undoes_it(text: str) -> None:
    tag = parse_tag(text)
    assert tag is None or format_tag(tag) == text


def test_the_tags_of_an_artifact_begin_in_two_ways() -> None:
    assert tag_prefixes("models:churn") == ("models=churn@", "models=churn#")


def test_every_tag_begins_as_its_artifact_says() -> None:
    for name in ("a/b@v1.0.0!#3", "d=c#x/y#2", "churn@deprecated", "churn@created#1"):
        tag = parse_tag(name)
        assert tag is not None
        assert name.startswith(tag_prefixes(tag.artifact))


def test_the_name_on_which_writers_wait_is_no_registry_tag() -> None:
    assert parse_tag(lock_name("models:churn")) is None
    assert lock_name("models:churn").startswith(tag_prefixes("models:churn"))


NAME_RULE = "cannot be an artifact's name, which has A-Z, a-z, 0-9, '_', '-' and '/' only"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("churn@1.0.0", "'1.0.0' is no version, as in churn@v1.0.0"),
        ("churn@v1.0", "'v1.0' is no version, as in churn@v1.0.0"),
        ("churn@V2", "'V2' is no version, as in churn@v2.0.0"),
        ("churn@v01.2.3", "'v01.2.3' is no version, as in churn@v1.2.3"),
        ("churn@v1.0.0-", "'v1.0.0-' is no version, as in churn@v1.0.0"),
        ("my.model@v1.0.0", f"'my.model' {NAME_RULE}"),
        ("my.model#prod#1", f"'my.model' {NAME_RULE}"),
        ("churn_@v1.0.0", f"'churn_' {NAME_RULE}"),
        ("churn#prod#01", "its counter begins with a zero"),
        ("churn@v1.0.0#007", "its counter begins with a zero"),
        ("churn#prod!!", "'prod!!' is no stage with a counter, as in churn#prod#1"),
        ("churn@v1.0.0", None),
        ("models=churn#prod!#3", None),
        ("v1.0.0", None),
        ("release-2024", None),
        ("@scope/package@1.0.0", None),
        ("churn@writing", None),
        ("churn@stable", None),
        ("churn@", None),
        ("#1", None),
        ("", None),
    ],
)
def test_a_tag_that_nearly_is_one_is_told_from_those_of_others(name: str, reason: str | None) -> None:
    assert near_miss(name) == reason


@given(tag_like)
def test_no_registry_tag_is_a_near_miss(name: str) -> None:
    reason = near_miss(name)
    assert reason is None or (parse_tag(name) is None and len(reason) < 300)


@pytest.mark.parametrize(
    ("name", "inverse"),
    [
        ("churn#prod#3", "churn#prod!#3"),
        ("churn#prod!#3", "churn#prod#3"),
        ("churn@v1.0.0#4", "churn@v1.0.0!#4"),
        ("churn@v1.0.0!#4", "churn@v1.0.0#4"),
        ("churn@v1.0.0!", None),
        ("churn#prod", None),
        ("churn@deprecated#2", None),
        ("v1.0.0", None),
    ],
)
def test_a_tag_with_a_counter_has_an_inverse(name: str, inverse: str | None) -> None:
    assert inverse_name(name) == inverse


@pytest.mark.parametrize("name", ["churn", "c", "9", "a/b", "a_b-c", "models:churn", "models/x.y:churn"])
def test_a_name_of_an_artifact_is_returned(name: str) -> None:
    assert check_artifact(name) == name


@pytest.mark.parametrize(
    "name", ["", "-a", "a-", "a.b", "a b", "a:", ":a", "a:b:c", "a=b", "a@b", "a#b", "a!", "a\n", "é", "*", "../x"]
)
def test_a_name_no_artifact_can_have_is_a_usage_error(name: str) -> None:
    with pytest.raises(UsageError, match="is not an artifact name"):
        check_artifact(name)


@pytest.mark.parametrize("name", ["prod", "p", "1", "prod-eu", "prod/eu", "x" * 1024])
def test_a_name_of_a_stage_is_returned(name: str) -> None:
    assert check_stage(name) == name


@pytest.mark.parametrize("name", ["", "prod!", "prod#1", "-", "-prod", "prod\n", "prodü", "a:b", "a b", "x" * 1025])
def test_a_name_no_stage_can_have_is_a_usage_error(name: str) -> None:
    with pytest.raises(UsageError, match="is not a stage name"):
        check_stage(name)


def test_an_endless_name_is_cut_in_the_message() -> None:
    with pytest.raises(UsageError) as raised:
        check_stage("x" * 5000)
    assert len(raised.value.message) < 150


@quick
@given(artifact_names, bases)
def test_names_that_pass_the_checks_make_a_registry_tag(name: str, stage: str) -> None:
    tag = TagName(check_artifact(name), Kind.ASSIGNMENT, None, check_stage(stage), 1)
    assert parse_tag(format_tag(tag)) == tag


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("my.model", "character 3, '.', is not allowed"),
        ("modèle", "character 4, 'è', is not allowed"),
        ("my model", "character 3, ' ', is not allowed"),
        ("models:my.model", "character 10, '.', is not allowed"),
        ("mo dels:churn", "character 3, ' ', is not allowed"),
        ("a:b:c", "character 2, ':', is not allowed"),
        ("churn²", "character 6, '²', is not allowed"),
        ("churn\n", "character 6, '\\n', is not allowed"),
        ("_churn", "it begins with '_'"),
        ("models:-churn", "'-churn' begins with '-'"),
        ("churn-", "it ends with '-'"),
        ("models:churn/", "it ends with '/'"),
        ("models:", "nothing follows the ':'"),
        ("", "it is empty"),
        ("a" * 1025, "it has 1025 characters; 1024 are read"),
        (f"models:{'a' * 1024}", "it has 1031 characters; 1024 are read"),
        (":churn", "nothing precedes the ':'"),
    ],
)
def test_an_error_points_at_what_a_name_may_not_have(name: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_artifact(name)
    assert caught.value.message.endswith(f" is not an artifact name: {problem}")
    assert caught.value.hint == (
        "an artifact name has A-Z, a-z, 0-9, '_', '-' and '/', with one of A-Z, a-z, 0-9 at both ends;"
        " in a directory: DIR:NAME"
    )


@quick
@given(st.text(max_size=12))
def test_every_name_is_taken_or_its_problem_told(name: str) -> None:
    for check, what in ((check_artifact, "an artifact"), (check_stage, "a stage")):
        with suppress(UsageError):
            assert check(name) == name
            continue
        with pytest.raises(
            UsageError, match=rf"is not {what} name: (character|it (is|begins|ends)|'.*' begins|nothing)"
        ):
            check(name)


@pytest.mark.parametrize("name", ["churn@v1.0.0", "models=churn#prod#3", "a/b@v1.0.0", "churn@deprecated"])
def test_an_ordinary_tag_may_be_written(name: str) -> None:
    check_writable(parsed(name))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("churn#prod/eu#1", "has a '/'"),
        ("a//b@v1.0.0", "git cannot store"),
        ("./models=churn@v1.0.0", "git cannot store"),
        ("a/.b=churn@v1.0.0", "git cannot store"),
        (".a=churn@v1.0.0", "git cannot store"),
        ("a..b=churn@v1.0.0", "git cannot store"),
        ("a./b=churn@v1.0.0", "git cannot store"),
        ("a.lock/b=churn@v1.0.0", "git cannot store"),
        ("churn@v1.0.0-a.lock", "git cannot store"),
        ("/a=churn@v1.0.0", "git cannot store"),
        ("-a=churn@v1.0.0", "begins with '-'"),
    ],
)
def test_a_tag_that_would_hurt_later_is_refused(name: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        check_writable(parsed(name))


def test_a_name_of_200_bytes_may_be_written_and_a_longer_one_not() -> None:
    check_writable(parsed("x" * 193 + "@v1.0.0"))
    with pytest.raises(Refused, match="201 bytes long; at most 200"):
        check_writable(parsed("x" * 194 + "@v1.0.0"))


@pytest.mark.parametrize("version", ["1.0", "v1.0.0!", "v1.0.0#2", "latest", "v1.0.0-rc_1"])
def test_a_version_that_readers_would_take_for_something_else_is_never_written(version: str) -> None:
    with pytest.raises(UsageError, match="is not the name of a registration tag"):
        check_writable(TagName("churn", Kind.REGISTRATION, version))


@pytest.mark.parametrize(
    ("text", "selector"),
    [
        ("churn", Selector("churn")),
        ("models:churn", Selector("models:churn")),
        ("churn@latest", Selector("churn", latest=True)),
        ("churn@greatest", Selector("churn", latest=True)),
        ("churn@v1.2.0", Selector("churn", version="v1.2.0")),
        ("churn@1.2", Selector("churn", version="v1.2.0")),
        ("churn@3", Selector("churn", version="v3.0.0")),
        ("churn#prod", Selector("churn", stage="prod")),
    ],
)
def test_a_selector_names_an_artifact_or_a_part_of_it(text: str, selector: Selector) -> None:
    assert parse_selector(text) == selector


@pytest.mark.parametrize(
    "text",
    [
        *("", "@", "#", "@v1.0.0", "#prod", "churn@", "churn#"),
        *("churn@prod", "churn#prod#3", "churn@v1.0.0!", "churn@v1.0.0#prod", "churn@a#b"),
    ],
)
def test_what_is_no_selector_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError):
        parse_selector(text)


@pytest.mark.parametrize(
    ("text", "narrow"), [("churn", False), ("churn@latest", True), ("churn@1", True), ("churn#prod", True)]
)
def test_a_selector_knows_whether_it_names_less_than_the_artifact(text: str, narrow: bool) -> None:
    assert parse_selector(text).narrow is narrow


@quick
@given(bases, versions())
def test_a_registration_tag_without_counter_is_also_a_selector(name: str, version: str) -> None:
    tag = format_tag(TagName(name, Kind.REGISTRATION, version))
    assert parse_selector(tag) == Selector(name, version=version)
