"""Time and randomness as an argument, so that tests can replace them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

from gittag_registry.git.interruption import waiting


class Clock(Protocol):
    """Tells the time, waits, and draws random numbers."""

    def now(self) -> float:
        """Seconds since some moment; never less than before."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def random(self) -> float:
        """A random number from 0 up to 1, without 1."""


class SystemClock:
    """The clock of this machine; `git.remote` measures by the same one."""

    def now(self) -> float:
        """Seconds of the monotonic clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        with waiting():
            time.sleep(seconds)

    def random(self) -> float:
        """A random number."""
        import random  # needed only after a lost race

        return random.random()


SYSTEM = SystemClock()


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment at which an operation ends."""

    clock: Clock
    at: float
    """on that clock, in seconds"""

    @classmethod
    def after(cls, seconds: float, clock: Clock) -> Deadline:
        """The deadline so many seconds from now."""
        return cls(clock, clock.now() + seconds)

    @property
    def expired(self) -> bool:
        """Whether it has passed."""
        return self.remaining <= 0

    @property
    def remaining(self) -> float:
        """How many seconds are left; 0 at the least."""
        return max(0.0, self.at - self.clock.now())

    def within(self, seconds: float) -> Deadline:
        """The deadline so many seconds from now, or this one if it is earlier."""
        return Deadline(self.clock, min(self.at, self.clock.now() + seconds))

    def at_least(self, seconds: float) -> Deadline:
        """This deadline, or the one so many seconds from now if that is later."""
        return Deadline(self.clock, max(self.at, self.clock.now() + seconds))

    def later(self, seconds: float) -> Deadline:
        """The deadline so many seconds after this one."""
        return Deadline(self.clock, self.at + seconds)

    def pause(self, most: float) -> None:
        """Wait for a random time of at most so many seconds, and not beyond the deadline."""
        self.clock.sleep(min(self.clock.random() * most, self.remaining))
