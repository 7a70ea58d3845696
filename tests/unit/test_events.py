"""Decoding tag objects, encoding events, and the order of events."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gittag_registry.model.events import (
    LARGEST_TAG,
    Event,
    SkippedTag,
    SkipReason,
    TagRecord,
    decode,
    encode,
    is_tag_of_tag,
    order_key,
)
from gittag_registry.model.names import Kind
from tests.unit.make import START, A, B, event, parsed, record, skipped, tag_object
from tests.unit.strategies import histories, quick, tag_names


def read(name: str, data: bytes, *, type: str = "tag", peeled: str | None = None) -> Event | SkippedTag:
    return decode(record(name, data, type=type, peeled=peeled), parsed(name))


def reason(found: Event | SkippedTag) -> str:
    assert isinstance(found, SkippedTag), found
    return found.explanation


def read_event(name: str, data: bytes) -> Event:
    found = read(name, data)
    assert isinstance(found, Event), found
    return found


def test_an_annotated_tag_tells_an_event() -> None:
    data = tag_object("churn@v1.0.0#2", B, message="Ship it\n\nRun: 1\n", tagger="Ada Lovelace <ada@example.com>")
    assert read("churn@v1.0.0#2", data) == Event(
        artifact="churn",
        kind=Kind.REGISTRATION,
        version="v1.0.0",
        stage=None,
        counter=2,
        ref="churn@v1.0.0#2",
        oid="0" * 40,
        commit=B,
        timestamp=START,
        offset="+0000",
        author="Ada Lovelace",
        author_email="ada@example.com",
        raw_message="Ship it\n\nRun: 1\n",
    )


def test_an_event_answers_in_the_words_of_gto_too() -> None:
    found = event("churn#prod#1", B)
    assert (found.event, found.tag, found.commit_hexsha) == ("assignment", "churn#prod#1", B)
    assert found.created_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=timezone.utc)


def test_the_message_is_what_the_author_wrote() -> None:
    found = read_event(
        "churn#prod#1",
        tag_object("churn#prod#1", message="Ship it\n\nRegistry-Version: v1.0.0\n-----BEGIN SSH SIGNATURE-----\nx\n"),
    )
    assert found.message == "Ship it"
    assert found.parsed_message.trailers == (("Registry-Version", "v1.0.0"),)
    assert found.version == "v1.0.0"


@pytest.mark.parametrize("meaning", ["latest", "1.0.0", "v1.0", "v1.0.0 v2.0.0", ""])
def test_a_trailer_that_names_no_version_means_none(meaning: str) -> None:
    data = tag_object("churn#prod#1", message=f"Ship it\n\nRegistry-Version: {meaning}\n")
    assert read_event("churn#prod#1", data).version is None


def test_a_registration_is_of_the_version_in_its_name_whatever_its_trailers_say() -> None:
    data = tag_object("churn@v1.0.0", message="Ship it\n\nRegistry-Version: v2.0.0\n")
    assert read_event("churn@v1.0.0", data).version == "v1.0.0"


@pytest.mark.parametrize(
    ("tagger", "author"),
    [
        ("Ada <ada@example.com>", ("Ada", "ada@example.com")),
        (" <ada@example.com>", ("", "ada@example.com")),
        ("<>", ("", "")),
        ("Ädä L. <a@b>", ("Ädä L.", "a@b")),
        ("Ada <not an address>", ("Ada", "not an address")),
    ],
)
def test_any_tagger_git_writes_is_read(tagger: str, author: tuple[str, str]) -> None:
    found = read_event("churn@v1.0.0", tag_object("churn@v1.0.0", tagger=tagger))
    assert (found.author, found.author_email) == author


@pytest.mark.parametrize("message", ["", "\n", "no newline", "two\n\nparagraphs\n", "tab\tand\0zero\n"])
def test_any_message_is_read(message: str) -> None:
    assert read_event("churn@v1.0.0", tag_object("churn@v1.0.0", message=message)).raw_message == message


def test_headers_that_git_may_add_are_passed_over() -> None:
    data = tag_object("churn@v1.0.0").replace(b" +0000\n\n", b" +0000\ngpgsig-sha256 -----BEGIN\n more\n\n")
    assert read_event("churn@v1.0.0", data).raw_message == "A message\n"


def test_a_sha256_repository_is_read() -> None:
    assert read_event("churn@v1.0.0", tag_object("churn@v1.0.0", "a" * 64)).commit == "a" * 64


def test_a_tag_without_a_message_at_all_is_read() -> None:
    data = tag_object("churn@v1.0.0").partition(b"\n\n")[0] + b"\n"
    assert read_event("churn@v1.0.0", data).raw_message == ""


GOOD = tag_object("churn@v1.0.0")

SKIPPED = {
    "it is lightweight": record("churn@v1.0.0", GOOD, type="commit"),
    "its object is missing": record("churn@v1.0.0", b"", type="missing"),
    "its object is damaged": record("churn@v1.0.0", b"", type="damaged"),
    "larger than 65536 bytes": TagRecord("churn@v1.0.0", "0" * 40, "tag", LARGEST_TAG + 1, b""),
    "it has no tagger with a valid date": record(
        "churn@v1.0.0", GOOD.replace(b"tagger Ada Lovelace <ada@example.com> 1700000000 +0000\n", b"")
    ),
    "its tag object has another name, 'churn@v2.0.0'": record("churn@v1.0.0", tag_object("churn@v2.0.0")),
    "its tag object has another name, 'churn@v1.0.0é'": record("churn@v1.0.0", tag_object("churn@v1.0.0é")),
    "its date is after the year 9999": record("churn@v1.0.0", tag_object("churn@v1.0.0", at=253402300800)),
    "it points to a blob, not to a commit": record("churn@v1.0.0", GOOD.replace(b"type commit", b"type blob")),
    "it points to a tag, not to a commit": record("churn@v1.0.0", GOOD.replace(b"type commit", b"type tag")),
    "its tag object is malformed": record("churn@v1.0.0", b"object 123\n" + GOOD),
}


@pytest.mark.parametrize(("why", "found"), list(SKIPPED.items()))
def test_what_cannot_be_read_is_skipped_for_a_reason(why: str, found: TagRecord) -> None:
    assert why in reason(decode(found, parsed("churn@v1.0.0")))


ENCODED = "tagger Jörg <j@example.com> 1700000000 +0000\n"


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("", "latin-1"),
        ("", "utf-8"),
        ("encoding ISO-8859-1\n", "latin-1"),
        ("encoding UTF-8\n", "utf-8"),
        ("encoding cp1252\n", "cp1252"),
        ("encoding unicode_escape\n", "latin-1"),
        ("encoding utf-16\n", "latin-1"),
        ("encoding no-such\n", "latin-1"),
    ],
)
def test_text_of_another_encoding_is_read(header: str, encoding: str) -> None:
    head = GOOD.partition(b"tagger")[0] + (ENCODED + header).encode(encoding)
    event = decode(record("churn@v1.0.0", head + b"\n" + "Für prod\n".encode(encoding)), parsed("churn@v1.0.0"))
    assert isinstance(event, Event)
    assert (event.author, event.author_email, event.raw_message) == ("Jörg", "j@example.com", "Für prod\n")
    assert (event.commit, event.timestamp) == ("a" * 40, 1700000000)


def test_the_encoding_that_a_tag_names_counts() -> None:
    data = GOOD.replace(b"\n\n", b"\nencoding KOI8-R\n\n\xf4\xc5\xd3\xd4 ", 1)
    event = decode(record("churn@v1.0.0", data), parsed("churn@v1.0.0"))
    assert isinstance(event, Event)
    assert event.raw_message.startswith("Тест ")


def test_words_of_a_message_are_no_header() -> None:
    event = decode(record("churn@v1.0.0", GOOD + b"\nencoding KOI8-R\n\xf6\n"), parsed("churn@v1.0.0"))
    assert isinstance(event, Event)
    assert event.raw_message.endswith("\nencoding KOI8-R\nö\n")


def test_a_version_is_read_from_a_message_of_another_encoding() -> None:
    data = tag_object("churn#prod#1") + b"\nF\xfcr\n\nRegistry-Version: v1.0.0\n"
    event = decode(record("churn#prod#1", data), parsed("churn#prod#1"))
    assert isinstance(event, Event)
    assert (event.version, event.message.rpartition("\n")[2]) == ("v1.0.0", "Für")


@pytest.mark.parametrize(
    "tagger",
    [
        b"Ada <ada@example.com> yesterday +0000",
        b"Ada <ada@example.com> -5 +0000",
        b"Ada <ada@example.com> 1700000000",
        b"Ada <ada@example.com> 1700000000 UTC",
        b"Ada <ada@example.com> 1234567890123456789 +0000",
        b"Ada ada@example.com 1700000000 +0000",
        b"Ada <a<b> 1700000000 +0000",
    ],
)
def test_a_tagger_line_that_is_none_is_a_reason_to_skip(tagger: bytes) -> None:
    data = GOOD.replace(b"Ada Lovelace <ada@example.com> 1700000000 +0000", tagger)
    assert reason(read("churn@v1.0.0", data)) == "it has no tagger with a valid date"


def test_a_tag_at_the_limits_of_size_and_time_is_read() -> None:
    last = tag_object("churn@v1.0.0", at=253402300799)
    assert read_event("churn@v1.0.0", last).created_at.year == 9999
    full = GOOD + b"x" * (LARGEST_TAG - len(GOOD))
    assert len(read_event("churn@v1.0.0", full).raw_message) > 60_000


def test_a_tag_of_a_tag_is_read_once_its_commit_is_looked_up() -> None:
    nested = tag_object("churn@v1.0.0").replace(b"type commit", b"type tag")
    assert is_tag_of_tag(record("churn@v1.0.0", nested))
    found = read("churn@v1.0.0", nested, peeled=B)
    assert isinstance(found, Event)
    assert found.commit == B


@pytest.mark.parametrize("data", [b"", b"type tag\n", b"object a\ntype commit\ntag x", b"\n\ntype tag\n"])
def test_other_objects_are_no_tags_of_tags(data: bytes) -> None:
    assert not is_tag_of_tag(record("churn@v1.0.0", data))


_pieces = st.sampled_from(
    [
        b"object " + b"a" * 40,
        b"type commit",
        b"type tag",
        b"tag churn@v1.0.0",
        b"tagger Ada <a@b> 1 +0000",
        b"tagger <> 99999999999999999999 +0000",
        b"",
        b"\xff\xfe",
    ]
)
_data = st.binary(max_size=60) | st.lists(_pieces | st.binary(max_size=8), max_size=8).map(b"\n".join)
_types = st.sampled_from(["tag", "commit", "tree", "blob", "missing", "damaged"]) | st.text(max_size=5)


@quick
@given(tag_names(), _data, _types, st.integers(0, 2 * LARGEST_TAG), st.none() | st.just(B))
def test_decoding_is_total(tag: object, data: bytes, type: str, size: int, peeled: str | None) -> None:
    found = decode(TagRecord("churn@v1.0.0", A, type, size, data, peeled), tag)  # type: ignore[arg-type]  # a TagName
    assert isinstance(found, (Event, SkippedTag))
    assert found.ref == "churn@v1.0.0"
    assert isinstance(is_tag_of_tag(TagRecord("churn@v1.0.0", A, type, size, data)), bool)


@quick
@given(histories())
def test_decoding_undoes_encoding(events: list[Event]) -> None:
    for known in events:
        assert read(known.ref, encode(known)) == known


def test_time_decides_the_order_then_the_counter_then_the_name() -> None:
    in_order = [
        event("churn#prod#9", at=1),
        event("churn#prod", at=2),
        event("churn@v1.0.0", at=2),
        event("churn@v2.0.0", at=2),
        event("churn#prod#2", at=2),
        event("churn#dev#10", at=2),
        event("churn#prod#10", at=2),
        event("churn#a", at=3),
    ]
    assert sorted(set(in_order), key=order_key) == in_order


@quick
@given(histories(), histories())
def test_the_order_is_total(some: list[Event], others: list[Event]) -> None:
    keys = {order_key(known): known.ref for known in (*some, *others)}
    assert all((left < right) != (right < left) for left in keys for right in keys if left != right)
    assert all(key[2] == ref for key, ref in keys.items())


def test_every_reason_to_skip_is_a_sentence_of_its_own_and_met_above() -> None:
    tags = [decode(found, parsed("churn@v1.0.0")) for found in SKIPPED.values()]
    assert {tag.reason for tag in tags if isinstance(tag, SkippedTag)} == set(SkipReason)
    assert len({reason.value for reason in SkipReason}) == len(SkipReason)


@pytest.mark.parametrize("reason", SkipReason)
def test_only_a_missing_or_damaged_object_is_lost(reason: SkipReason) -> None:
    assert skipped("churn@v1.0.0", reason).is_lost == (reason in (SkipReason.MISSING, SkipReason.DAMAGED))


def test_a_name_with_braces_is_shown_as_it_is() -> None:
    assert reason(read("churn@v1.0.0", tag_object("{0.x}"))) == "its tag object has another name, '{0.x}'"
