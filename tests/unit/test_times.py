"""Parsing and printing times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gittag_registry.errors import UsageError
from gittag_registry.model.times import beginning, iso, parse_time
from tests.unit.strategies import quick

NOON = 1772366400  # 2026-03-01T12:00:00Z
HOUR, DAY = 3600, 86400


def in_utc(naive: datetime) -> datetime:
    return naive.replace(tzinfo=timezone.utc)


def two_hours_east(naive: datetime) -> datetime:
    return naive.replace(tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-03-01T12:00Z", NOON),
        ("2026-03-01T12:00:00Z", NOON),
        ("2026-03-01 12:00:00Z", NOON),
        ("2026-03-01T12:00:00.999Z", NOON),
        ("2026-03-01T13:00+01:00", NOON),
        ("2026-03-01T13:00+0100", NOON),
        ("2026-03-01T06:30-05:30", NOON),
        ("2026-03-01T12:00", NOON),
        (" 2026-03-01T12:00 ", NOON),
        ("1970-01-01T00:00Z", 0),
    ],
)
def test_iso_8601_is_read(text: str, seconds: int) -> None:
    assert parse_time(text, 0, in_utc) == seconds


@pytest.mark.parametrize("text", ["1772366400", "@1772366400", "@0", "@60"])
def test_unix_seconds_are_read(text: str) -> None:
    assert parse_time(text, 0, in_utc) == int(text.strip("@"))


@pytest.mark.parametrize(
    ("text", "hours"),
    [("today", 12), ("yesterday", -12), ("today 00:00", -12), ("yesterdayT13:30", -22.5), ("today 06:00Z", -6)],
)
def test_a_day_may_be_named(text: str, hours: float) -> None:
    whole_day = text.isalpha()
    assert parse_time(text, NOON, in_utc) == NOON + hours * HOUR - whole_day


def two_hours_west(naive: datetime) -> datetime:
    return naive.replace(tzinfo=timezone(timedelta(hours=-2)))


@pytest.mark.parametrize("localize", [in_utc, two_hours_east, two_hours_west])
@pytest.mark.parametrize("hour", range(24))
def test_today_is_the_local_day(localize: Callable[[datetime], datetime], hour: int) -> None:
    now = NOON + hour * HOUR
    today, yesterday = parse_time("today", now, localize), parse_time("yesterday", now, localize)
    begins = parse_time(beginning("today"), now, localize)
    assert begins is not None
    assert today is not None
    assert begins <= now <= today
    assert (today - begins, yesterday) == (DAY - 1, begins - 1)


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("2026-03-01", NOON - 12 * HOUR),
        (" today ", NOON - 12 * HOUR),
        ("2026-03-01T12:00", NOON),
        ("2w", NOON - 14 * DAY),
    ],
)
def test_a_date_alone_begins_with_its_first_second(text: str, begins: int) -> None:
    assert parse_time(beginning(text), NOON, in_utc) == begins


def test_a_naive_time_is_local() -> None:
    assert parse_time("2026-03-01T14:00", 0, two_hours_east) == NOON


def test_a_date_alone_means_its_end() -> None:
    assert parse_time("2026-03-01", 0, in_utc) == NOON + 12 * HOUR - 1
    assert parse_time("2026-03-01", 0, two_hours_east) == NOON + 10 * HOUR - 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("now", 0),
        ("0s", 0),
        ("90s", 90),
        ("10 sec", 10),
        ("30min", 1800),
        ("5m", 300),
        ("1 minute ago", 60),
        ("12h", 12 * HOUR),
        ("2 hours ago", 2 * HOUR),
        ("3d", 3 * DAY),
        ("3 days ago", 3 * DAY),
        ("2w", 14 * DAY),
        ("1 week ago", 7 * DAY),
    ],
)
def test_an_age_is_counted_from_now(text: str, seconds: int) -> None:
    assert parse_time(text, NOON, in_utc) == NOON - seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "HEAD",
        "v1.0.0",
        "tomorrow",
        "5mo",
        "yesterday morning",
        "3 moons ago",
        "17723664",
        "17723664000",
        "@",
        "@-1",
        "2026",
        "2026-03",
        "2026-3-1",
        "-1d",
        "1.5h",
        "2w1d",
    ],
)
def test_what_has_the_form_of_no_time_may_be_a_ref(text: str) -> None:
    assert parse_time(text, NOON, in_utc) is None


@pytest.mark.parametrize(
    "text",
    ["2026-02-30", "2026-13-01", "2026-03-01T25:00", "2026-03-01T12:60Z", "2026-03-01T12:00+99:00", "0000-01-01"],
)
def test_what_has_the_form_of_a_time_but_is_none_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="is not a time"):
        parse_time(text, NOON, in_utc)


@pytest.mark.parametrize("text", ["999999w", "0001-01-01T00:00+23:00"])
def test_a_time_before_the_first_year_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="is not a time"):
        parse_time(text, NOON, in_utc)


_time_like = st.one_of(
    st.text(st.sampled_from("0129-:TZ+ .dhwago@m"), max_size=20),
    st.builds("{}{}".format, st.sampled_from(["today", "yesterday"]), st.sampled_from(["", " 12:00", "T23:59Z"])),
    st.datetimes().map(datetime.isoformat),
    st.dates().map(str),
    st.builds("{} {}".format, st.integers(0, 10**6), st.sampled_from(["s", "min", "h", "days ago", "w"])),
)


@quick
@given(_time_like)
def test_every_time_that_is_read_can_be_written(text: str) -> None:
    try:
        seconds = parse_time(text, NOON, in_utc)
    except UsageError:
        return
    if seconds is not None:
        assert parse_time(iso(seconds), 0, in_utc) == seconds


def test_a_moment_is_written_in_utc() -> None:
    assert iso(NOON) == "2026-03-01T12:00:00Z"
    assert iso(0) == "1970-01-01T00:00:00Z"
    assert iso(-62135596800) == "0001-01-01T00:00:00Z"
