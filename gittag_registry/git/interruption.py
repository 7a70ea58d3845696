"""Signals that end the process: noted whenever they come, raised where the process waits.

An exception at any moment would break imports, lose a git process that has just been started, or come between a change
and its report. So the handler only notes a signal, and raises it within `waiting`: around what may take long, such as
another process, a pause or a large answer. What takes longer than a second outside of it is interrupted there.

Only the command line installs the handlers; elsewhere signals do what the program that imports this library has chosen.
"""

from __future__ import annotations

import signal
import time
from _thread import get_ident
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
_GRACE = 1.0  # seconds for the work between two waits


class Interrupted(BaseException):
    """A signal ends the process.

    Args:
        number: the signal.
    """

    outcome: str | None = None
    """what was done of a change, where that is known"""

    def __init__(self, number: int) -> None:
        name = signal.Signals(number).name
        super().__init__("interrupted" if name == "SIGINT" else f"interrupted by {name}")
        self.number = number

    @property
    def exit_code(self) -> int:
        """As a shell reports a program that this signal ended: 130 for Ctrl-C."""
        return 128 + self.number


class Signals:
    """The signals of this process. There is one instance, `SIGNALS`, as there is one handler for each signal."""

    def __init__(self) -> None:
        self._main = get_ident()  # only the main thread runs handlers
        self._waits = 0
        self._noted: int | None = None
        self._raised_at: float | None = None

    def watch(self) -> None:
        """Handle the signals that end a process, but not those that it was started to ignore, as by nohup."""
        for number in _numbers():
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._note)

    def ignore(self) -> None:
        """Ignore them from now on: the work is done, and its outcome told."""
        for number in _numbers():
            signal.signal(number, signal.SIG_IGN)

    @property
    def noted(self) -> Interrupted | None:
        """The signal that came, whether it was raised or not."""
        return Interrupted(self._noted) if self._noted is not None else None

    def __enter__(self) -> None:
        if get_ident() != self._main:
            return
        self._waits += 1  # first, so that no signal comes between the question and the wait
        if self._noted is not None and self._raised_at is None:
            self._waits -= 1
            self._raise()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if get_ident() == self._main:
            self._waits -= 1

    def _note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as signal handlers have it
        if self._raised_at is not None and time.monotonic() < self._raised_at + _GRACE:
            return  # the same again: `timeout` and terminals signal a process and its group
        if self._noted is None:
            self._noted = number
            if not self._waits and hasattr(signal, "setitimer"):  # not on Windows
                signal.signal(signal.SIGALRM, self._end_grace)
                signal.setitimer(signal.ITIMER_REAL, _GRACE)
                return
        if self._waits or self._raised_at is not None or not hasattr(signal, "setitimer"):
            self._raise()

    def _end_grace(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as signal handlers have it
        if self._raised_at is None:
            self._raise()

    def _raise(self) -> None:
        self._raised_at = time.monotonic()
        assert self._noted is not None
        raise Interrupted(self._noted)


SIGNALS = Signals()


def waiting() -> Signals:
    """A context in which a signal ends the work at once; it may be used within itself."""
    return SIGNALS


@contextmanager
def ctrl_c_ignored() -> Iterator[None]:
    """Leave Ctrl-C to a program that shares the terminal, such as an editor."""
    before = signal.getsignal(signal.SIGINT)
    if callable(before):
        signal.signal(signal.SIGINT, lambda *_: None)  # and not SIG_IGN, which the program would inherit
    try:
        yield
    finally:
        if callable(before):
            signal.signal(signal.SIGINT, before)


def _numbers() -> list[signal.Signals]:
    return [signal.Signals[name] for name in _ENDING if hasattr(signal, name)]
