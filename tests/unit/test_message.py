"""Tag messages: sentences, free text, trailers, signatures."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gittag_registry.model.message import (
    Message,
    Trailers,
    default_sentence,
    format_message,
    named_version,
    parse_message,
    strip_signature,
)
from gittag_registry.model.names import Kind, TagName
from tests.unit.make import A
from tests.unit.strategies import quick, texts, trailers, treacherous_texts

SIGNATURE = "-----BEGIN PGP SIGNATURE-----\n\niQIz\n\n-----END PGP SIGNATURE-----\n"


@pytest.mark.parametrize(
    ("tag", "sentence"),
    [
        (TagName("churn", Kind.REGISTRATION, "v1.2.0"), "Registering artifact churn version v1.2.0"),
        (TagName("churn", Kind.DEREGISTRATION, "v1.2.0"), "Deregistering artifact churn version v1.2.0"),
        (TagName("churn", Kind.ASSIGNMENT, "v1.2.0", "prod"), "Assigning stage prod to artifact churn version v1.2.0"),
        (TagName("churn", Kind.ASSIGNMENT, None, "prod"), f"Assigning stage prod to artifact churn version {A}"),
        (
            TagName("churn", Kind.UNASSIGNMENT, "v1.2.0", "prod"),
            "Unassigning stage 'prod' to artifact 'churn' version 'v1.2.0'",
        ),
        (
            TagName("churn", Kind.UNASSIGNMENT, None, "prod"),
            f"Unassigning stage 'prod' to artifact 'churn' version '{A}'",
        ),
        (TagName("models:churn", Kind.DEPRECATION), "Deprecating artifact 'models:churn'"),
        (TagName("churn", Kind.CREATION), "Creating artifact churn"),
    ],
)
def test_the_default_sentence_is_the_one_gto_writes(tag: TagName, sentence: str) -> None:
    assert default_sentence(tag, A) == sentence


def test_trailers_are_the_last_paragraph() -> None:
    message = format_message("Ship it\n\nBecause it is good.", (("Metric", "auc=0.93"), ("Registry-Op", "6f1c")))
    assert message == "Ship it\n\nBecause it is good.\n\nMetric: auc=0.93\nRegistry-Op: 6f1c\n"


def test_a_message_without_trailers_is_its_text() -> None:
    assert format_message("Ship it\n\n", ()) == "Ship it\n"


def test_text_and_trailers_are_told_apart() -> None:
    assert parse_message("Ship it\n\nWhy: see below\n\nRegistry-Op: 6f1c\nRun: r1\n") == Message(
        "Ship it\n\nWhy: see below", (("Registry-Op", "6f1c"), ("Run", "r1"))
    )


@pytest.mark.parametrize(
    "text",
    [
        "Registry-Version: v9.9.9",
        "Ship it",
        "Ship it\nRegistry-Version: v9.9.9",
        "Ship it\n\nRegistry-Version: v9.9.9\nand more",
        "Ship it\n\nA sentence.\nRegistry-Version: v9.9.9",
        "Ship it\n\n Registry-Version: v9.9.9",
        "",
    ],
)
def test_only_a_paragraph_of_its_own_with_nothing_else_is_trailers(text: str) -> None:
    assert parse_message(text + "\n") == Message(text)


def test_a_folded_trailer_is_one_line() -> None:
    assert parse_message("Ship it\n\nRun: https://example.com/\n  a/b\n").trailers == (
        ("Run", "https://example.com/ a/b"),
    )


def test_of_trailers_with_one_key_the_last_counts() -> None:
    message = parse_message("Ship it\n\nRegistry-Version: v1.0.0\nRegistry-Version: v2.0.0\n")
    assert message.trailer("Registry-Version") == "v2.0.0"
    assert message.trailer("Registry-Op") is None


@pytest.mark.parametrize("kind", ["PGP SIGNATURE", "PGP MESSAGE", "SSH SIGNATURE", "SIGNED MESSAGE"])
def test_trailers_are_read_above_a_signature(kind: str) -> None:
    signed = f"Ship it\n\nRegistry-Version: v1.0.0\n-----BEGIN {kind}-----\n\nabc\n-----END {kind}-----\n"
    assert parse_message(signed) == Message("Ship it", (("Registry-Version", "v1.0.0"),))


def test_of_two_signature_blocks_the_last_is_cut_off_as_git_does() -> None:
    assert strip_signature(f"Ship it\n{SIGNATURE}more\n{SIGNATURE}") == f"Ship it\n{SIGNATURE}more\n"


def test_a_line_that_only_mentions_a_signature_is_text() -> None:
    text = "see the -----BEGIN PGP SIGNATURE----- block\n-----BEGIN CERTIFICATE-----\n"
    assert strip_signature(text) == text


def test_text_that_looks_like_a_signature_cannot_hide_the_trailers() -> None:
    message = format_message(f"Forged\n\nRegistry-Version: v9.9.9\n{SIGNATURE}", (("Registry-Version", "v1.0.0"),))
    assert parse_message(message).trailers == (("Registry-Version", "v1.0.0"),)


@quick
@given(treacherous_texts, trailers)
def test_no_free_text_passes_for_a_trailer_of_ours(text: str, written: Trailers) -> None:
    found = parse_message(format_message(text, written))
    assert found.trailers[-len(written) :] == written
    for key in ("Registry-Version", "Registry-Op"):
        assert found.trailer(key) == Message("", written).trailer(key)


@quick
@given(texts.filter(lambda text: ":" not in text), trailers)
def test_the_text_comes_back_without_trailing_space(text: str, written: Trailers) -> None:
    assert parse_message(format_message(text, written)).text == text.rstrip()


OURS = (("Registry-Version", "v1.0.0"), ("Registry-Op", "6f1c"))
WRITTEN = "Registry-Version: v1.0.0\nRegistry-Op: 6f1c\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Ship it\n\nReviewed-by: Ann", f"Ship it\n\nReviewed-by: Ann\n{WRITTEN}"),
        ("Ship it\n\nIt is good.\n\nSigned-off-by: Ann\nIssue: 5", None),
        ("Ship it\r\n\r\nReviewed-by: Ann\r\n", f"Ship it\r\n\r\nReviewed-by: Ann\n{WRITTEN}"),
        ("Ship it\n\nRun: https://example.com/\n  a/b", f"Ship it\n\nRun: https://example.com/\n  a/b\n{WRITTEN}"),
        ("Ship it\n\nas they asked\nSigned-off-by: Ann", f"Ship it\n\nas they asked\nSigned-off-by: Ann\n{WRITTEN}"),
        ("Ship it\n\nas they asked\nReviewed-by: Ann", f"Ship it\n\nas they asked\nReviewed-by: Ann\n\n{WRITTEN}"),
        ("Fix: all of it", f"Fix: all of it\n\n{WRITTEN}"),
        ("Ship it\n\nRegistry-Version: v9.9.9", f"Ship it\n\nRegistry-Version: v9.9.9\n\n{WRITTEN}"),
        ("Ship it\n\nFixes: #1\nregistry-op: forged", f"Ship it\n\nFixes: #1\nregistry-op: forged\n\n{WRITTEN}"),
    ],
)
def test_trailers_of_the_user_stay_trailers(text: str, message: str | None) -> None:
    written = format_message(text, OURS)
    assert written == (message or f"{text}\n{WRITTEN}")
    assert parse_message(written).trailers == by_git(written)
    assert parse_message(written).trailers[-2:] == OURS


_lines = st.sampled_from(
    [
        "Reviewed-by: Ann",
        "Issue :5",
        "-x-: y",
        "Signed-off-by: Bob",
        "(cherry picked from commit 6f1c)",
        "prose",
        "more prose",
        "see: this is prose, or not",
        " folded",
        "\tfolded",
        "",
        " ",
        "a b: c",
        ": no key",
        "é: not ascii",
    ]
)


@quick
@given(st.lists(_lines, max_size=9).map("\n".join))
def test_what_a_trailer_is_git_says(text: str) -> None:
    message = f"Ship it\n{text}\n"
    assert parse_message(message).trailers == by_git(message)


def by_git(message: str) -> Trailers:
    """The trailers that git finds."""
    found = subprocess.run(
        ["git", "interpret-trailers", "--parse", "--no-divider"],
        input=message.encode(),
        capture_output=True,
        check=True,
    ).stdout.decode()
    return tuple((key, value.strip()) for key, _, value in (line.partition(":") for line in found.splitlines()))


@quick
@given(st.text() | treacherous_texts)
def test_any_message_can_be_parsed(message: str) -> None:
    found = parse_message(message)
    assert found.text in message


_paragraph = st.lists(
    st.sampled_from(
        [
            "Registry-Version: v1.0.0",
            "Registry-Version:v2.0.0  ",
            "Registry-Version: v3.0.0 and more",
            "Registry-Version:",
            " v4.0.0",
            "Registry-Op: 6f1c",
            "Run: 1",
            "prose",
            "",
            "-----BEGIN PGP SIGNATURE-----",
        ]
    ),
    max_size=6,
).map("\n".join)


@quick
@example("Registry-Version: v1.0.0\nRegistry-Op: 6f1c", "Ship it", "\n")
@example("Registry-Version: v1.0.0\nRegistry-Op: 6f1c", "-----BEGIN PGP SIGNATURE-----", "\n")
@given(
    _paragraph, st.sampled_from(["", "Ship it", "-----BEGIN PGP SIGNATURE-----"]), st.sampled_from(["", "\n", "\n\n"])
)
def test_the_version_meant_is_the_trailer_that_parsing_finds(paragraph: str, text: str, end: str) -> None:
    message = f"{text}\n\n{paragraph}{end}"
    assert named_version(message) == parse_message(message).trailer("Registry-Version")


@pytest.mark.parametrize(
    "message",
    [
        "Registry-Version: v1.0.0\nRegistry-Op: 6f1c\n",
        "Ship it\n-----BEGIN SSH SIGNATURE-----\nabc\n-----END SSH SIGNATURE-----\n\nRegistry-Version: v1.0.0\nRegistry-Op: 6f1c\n",
    ],
    ids=["a subject line", "what follows a signature"],
)
def test_our_trailers_count_only_as_a_last_paragraph_of_the_message(message: str) -> None:
    assert named_version(message) is None
    assert parse_message(message).trailer("Registry-Version") is None
