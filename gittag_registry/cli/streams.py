"""Standard output and standard error."""

from __future__ import annotations

import io
import os
import sys
from typing import Any, TextIO

import click

TRACEBACK = ("--debug", "--traceback", "--tb")
"""the options that print a traceback on standard error; the last two are GTO's"""


def prepare_streams() -> None:
    """Make both streams fit for any text, closed or without a buffer."""
    sys.stdout, sys.stderr = sys.stdout or _nowhere(), sys.stderr or _nowhere()
    sys.stdout, sys.stderr = _buffered(sys.stdout), _lenient(sys.stderr)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _nowhere() -> TextIO:
    """A stream in place of a closed one."""
    return open(os.devnull, "w", encoding="utf-8")


def _buffered(stream: TextIO) -> TextIO:
    """The stream with a buffer: without one, as PYTHONUNBUFFERED asks, Python ignores that a write was cut short."""
    if not isinstance(getattr(stream, "buffer", None), io.RawIOBase):
        return stream
    return open(stream.fileno(), "w", encoding=stream.encoding, closefd=False)


class _Lenient(io.FileIO):
    """A file that drops what it has no room for."""

    def write(self, data: Any, /) -> int:
        """Write the data; a pipe that is closed remains an error."""
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError:
            return len(data)


def _lenient(stream: TextIO) -> TextIO:
    """The stream, on which a message that cannot be printed does not change how the command ends."""
    if not isinstance(getattr(stream, "buffer", None), io.BufferedWriter | io.RawIOBase):
        return stream
    file = io.BufferedWriter(_Lenient(stream.fileno(), "w", closefd=False))
    return io.TextIOWrapper(file, stream.encoding, line_buffering=True)


def drop_output() -> None:
    """Discard what was not printed yet; otherwise Python fails again when it exits."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def styled(text: str, colour: str) -> str:
    """The text in a colour, unless NO_COLOR is set; click drops colours where there is no terminal."""
    return text if os.environ.get("NO_COLOR") else click.style(text, fg=colour)
