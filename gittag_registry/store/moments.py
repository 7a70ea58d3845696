"""From a time as callers give it to seconds: the clock, the local time zone and the dates of refs."""

from __future__ import annotations

from contextlib import suppress
from time import time as clock
from typing import TYPE_CHECKING

from gittag_registry.errors import NotFound, UsageError
from gittag_registry.git.history import moment_of
from gittag_registry.model.times import HINT, Moment, read_moment

if TYPE_CHECKING:
    from gittag_registry.store.interface import Store


def resolve_moment(store: Store, time: Moment, now: int | None = None) -> int:
    """A time in seconds since 1970 UTC.

    Args:
        time: a time, or the name of a tag or a commit in the store, whose date it is.
        now: what ages are counted from; None: the clock.

    Raises:
        UsageError: it is neither a time nor a ref.
    """
    seconds = read_moment(time, int(clock()) if now is None else now, lambda naive: naive.astimezone())
    if seconds is None:
        with suppress(NotFound):
            seconds = moment_of(store.repository, store.find(str(time)))
    if seconds is None:
        raise UsageError(f"{time!r} is not a time", hint=HINT)
    return seconds
