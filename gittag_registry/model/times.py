"""Parse and print times. Pure: the clock and the local time zone are arguments."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from math import floor

from gittag_registry.errors import UsageError

# These patterns stay text: `re` compiles each on first use, and few commands parse times.
_DAY = r"\d{4}-\d{2}-\d{2}|today|yesterday"
_ISO = rf"(?a)({_DAY})(?:[T ](\d{{2}}:\d{{2}})(:\d{{2}})?(?:[.,]\d+)?(Z|[+-]\d{{2}}:?\d{{2}})?)?"
_UNIX = r"(?a)@\d{1,12}|\d{10}"
_AGO = r"(?a)(\d{1,6})\s*([a-z]+)(?:\s+ago)?"
_UNITS = {
    "seconds": ("s", "sec", "secs", "second", "seconds"),
    "minutes": ("m", "min", "mins", "minute", "minutes"),
    "hours": ("h", "hour", "hours"),
    "days": ("d", "day", "days"),
    "weeks": ("w", "week", "weeks"),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}

Moment = int | float | str | date
"""a time as callers give it: seconds since 1970 UTC, ISO 8601 text or an age, a `datetime` or a `date`"""

CLOCK_TOLERANCE = 3600  # seconds; a tag further in the future means somebody's clock is wrong

HINT = (
    "times are ISO 8601 (2026-03-01, 2026-03-01T12:00, 2026-03-01T12:00Z), today, yesterday, ages (5m, 2w, '3 days ago'),"
    " Unix seconds, or a ref"
)


def parse_time(text: str, now: int, localize: Callable[[datetime], datetime]) -> int | None:
    """Read a time; None when the text has the form of none (it may be a ref).

    Args:
        text: ISO 8601, with ``today`` and ``yesterday`` for a date, an age, or Unix seconds (ten digits, or any number
            after ``@``). A naive time is local; a date alone means its last second.
        now: seconds since 1970 UTC.
        localize: gives a naive datetime the local time zone.

    Returns:
        Seconds since 1970 UTC.

    Raises:
        UsageError: the text has the form of a time but is none, such as February 30.

    >>> parse_time("2026-03-01T12:00Z", 0, lambda moment: moment)
    1772366400
    >>> parse_time("2w", 1772366400, lambda moment: moment)
    1771156800
    """
    text = text.strip()
    if text == "now":
        return now
    try:
        if match := re.fullmatch(_ISO, text):
            return _representable(_iso(match, now, localize))
        if re.fullmatch(_UNIX, text):
            return _representable(int(text.removeprefix("@")))
        if (match := re.fullmatch(_AGO, text)) and match[2] in _UNIT_OF:
            return _representable(now - int(timedelta(**{_UNIT_OF[match[2]]: int(match[1])}).total_seconds()))
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{text!r} is not a time: {error}", hint=HINT) from error
    return None


def read_moment(moment: Moment, now: int, localize: Callable[[datetime], datetime]) -> int | None:
    """Read a time as callers give it; None for text that has not the form of a time (it may be a ref).

    Args:
        moment: a naive `datetime` is local; a `date`, as text too, means its last second.
        now: seconds since 1970 UTC.
        localize: gives a naive datetime the local time zone.

    Returns:
        Seconds since 1970 UTC.

    Raises:
        UsageError: it is no time.

    >>> read_moment(datetime(2026, 3, 1, 12, tzinfo=timezone.utc), 0, lambda moment: moment)
    1772366400
    >>> read_moment(1772366400.9, 0, lambda moment: moment)
    1772366400
    """
    if isinstance(moment, str):
        # "now" includes tags dated a little ahead, which are in effect
        return now + CLOCK_TOLERANCE if moment == "now" else parse_time(moment, now, localize)
    try:
        if isinstance(moment, date):
            exact = moment if isinstance(moment, datetime) else datetime.combine(moment, time(23, 59, 59))
            return _representable(floor((exact if exact.tzinfo else localize(exact)).timestamp()))
        if isinstance(moment, bool):
            raise TypeError("a truth value")
        return _representable(floor(moment))
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise UsageError(
            f"{moment!r} is not a time: {error}", hint="times are seconds since 1970 UTC, a datetime, or text"
        ) from error


def beginning(moment: Moment | None) -> Moment | None:
    """A time from which something is wanted: of a date alone its first second, any other time as it is.

    >>> beginning("2026-03-01"), beginning("yesterday"), beginning("2w")
    ('2026-03-01T00:00', 'yesterdayT00:00', '2w')
    >>> beginning(date(2026, 3, 1))
    datetime.datetime(2026, 3, 1, 0, 0)
    """
    if isinstance(moment, str):
        return f"{moment.strip()}T00:00" if re.fullmatch(_DAY, moment.strip()) else moment
    if isinstance(moment, date) and not isinstance(moment, datetime):
        return datetime.combine(moment, time())
    return moment


def _day(now: int, ago: int, localize: Callable[[datetime], datetime]) -> datetime:
    """The midnight that began the present day, or the day so many days ago."""
    in_utc = datetime.fromtimestamp(now, timezone.utc).replace(hour=0, minute=0, second=0, tzinfo=None)
    nearby = [in_utc + timedelta(days) for days in (-1, 0, 1)]
    return max(day for day in nearby if localize(day).timestamp() <= now) - timedelta(ago)


def _iso(match: re.Match[str], now: int, localize: Callable[[datetime], datetime]) -> int:
    date, clock, seconds, zone = match.groups()
    if date in ("today", "yesterday"):
        date = _day(now, int(date == "yesterday"), localize).date().isoformat()
    if clock is None:
        clock, seconds = "23:59", ":59"
    if zone:
        zone = "+00:00" if zone == "Z" else f"{zone[:3]}:{zone[-2:]}"
    moment = datetime.fromisoformat(f"{date}T{clock}{seconds or ':00'}{zone or ''}")
    return int((moment if zone else localize(moment)).timestamp())


def _representable(timestamp: int) -> int:
    """The timestamp, if `iso` can write it: the years 1 to 9999.

    Raises:
        ValueError: it cannot.
    """
    datetime.fromtimestamp(timestamp, timezone.utc)
    return timestamp


def iso(timestamp: int) -> str:
    """A moment as ISO 8601 in UTC.

    >>> iso(1772366400)
    '2026-03-01T12:00:00Z'
    """
    return datetime.fromtimestamp(timestamp, timezone.utc).replace(tzinfo=None).isoformat() + "Z"


def duration(seconds: float) -> str:
    """A length of time, in its largest whole unit.

    >>> duration(59), duration(7300), duration(86400)
    ('59 seconds', '2 hours', '1 day')
    """
    count, unit = int(seconds), "second"
    for size, name in ((60, "minute"), (60, "hour"), (24, "day"), (7, "week")):
        if count < size:
            break
        count, unit = count // size, name
    return f"{count} {unit}{'s' * (count != 1)}"
