"""A bar for transfers that take long."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from gittag_registry.git.remote import Progress

_DELAY = 1.0  # seconds; a shorter transfer needs no bar


class TransferBar:
    """Shows the progress of a transfer on a terminal, once it has taken a second."""

    def __init__(self) -> None:
        self._began: float | None = None
        self._bar: Any = None
        self._what = ""

    def show(self, progress: Progress) -> None:
        """Update the bar; each step of a transfer gets a new one."""
        now = time.monotonic()
        if self._began is None:
            self._began = now
        if now - self._began < _DELAY or not sys.stderr.isatty():
            return
        if progress.what != self._what or self._bar is None:
            self.close()
            self._what = progress.what
            self._bar = click.progressbar(length=progress.total, label=progress.what, file=sys.stderr)
        self._bar.update(progress.done - self._bar.pos)
        if progress.done >= progress.total:
            self.close()

    def close(self) -> None:
        """End the line of a bar, and show the cursor, which drawing hides."""
        if self._bar is not None:
            self._bar.render_finish()
            self._bar = None
