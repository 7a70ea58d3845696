"""How old the answers of a remote registry may be. Pure."""

from __future__ import annotations

from typing import NamedTuple

from gittag_registry.errors import UsageError


class Freshness(NamedTuple):
    """When a remote registry answers from its cache.

    Args:
        offline: always, and never ask the server.
        max_age: if the server listed these tags at most so many seconds ago; None: never.
        last_known: if the server cannot be reached.
    """

    offline: bool = False
    max_age: float | None = None
    last_known: bool = False

    def check(self) -> Freshness:
        """Return it.

        Raises:
            UsageError: no answer can be that old.
        """
        if self.max_age is not None and not self.max_age >= 0:  # NaN is not either
            raise UsageError(f"max_age is a number of seconds, not {self.max_age!r}")
        return self

    def allows(self, listed_at: float | None, now: float) -> bool:
        """Whether tags that were listed at a time are recent enough; those of the future never are.

        >>> Freshness(max_age=60).allows(1000.0, 1060.0), Freshness(max_age=60).allows(1000.0, 1061.0)
        (True, False)
        >>> Freshness().allows(1000.0, 1000.0), Freshness(max_age=60).allows(2000.0, 1000.0)
        (False, False)
        """
        return self.max_age is not None and listed_at is not None and 0 <= now - listed_at <= self.max_age
