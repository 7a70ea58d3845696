"""Run programs as a user's shell and terminal do; the `cli` fixture is faster where neither matters."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from dataclasses import dataclass
from pathlib import Path

SLOW = 60  # seconds after which a program hangs


@dataclass(frozen=True)
class Done:
    """What a program printed, and its exit code."""

    code: int
    out: str
    err: str = ""


def program(*command: str, cwd: Path, data: str = "", env: dict[str, str] | None = None) -> Done:
    """Run a program with pipes."""
    done = subprocess.run(
        command, cwd=cwd, input=data, capture_output=True, text=True, timeout=SLOW, env={**os.environ, **(env or {})}
    )
    return Done(done.returncode, done.stdout, done.stderr)


def shell(line: str, *, cwd: Path) -> Done:
    """Run a line of shell, as a user would paste it."""
    return program("bash", "-c", line, cwd=cwd)


def in_terminal(
    *command: str, cwd: Path, typed: str = "", columns: int = 200, env: dict[str, str | None] | None = None
) -> Done:
    """Run a program with its three streams in a terminal; `typed` is its input."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    wanted = {**os.environ, "TERM": "xterm-256color", "COLUMNS": None, "LINES": None, **(env or {})}
    os.write(ours, typed.encode())
    process = subprocess.Popen(
        command,
        cwd=cwd,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={name: value for name, value in wanted.items() if value is not None},
    )
    os.close(theirs)
    seen = bytearray()
    while chunk := _read(ours):
        seen += chunk
    os.close(ours)
    return Done(process.wait(SLOW), seen.decode().replace("\r\n", "\n"))


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # the program has closed its end
        return b""
