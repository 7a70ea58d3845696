"""Server processes: started on a free port, waited for, and ended with everything they started."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

LOOPBACK = "127.0.0.1"
PATIENCE = 20.0  # seconds for a server to start, and for what is killed to be gone: a loaded machine is slow
GRACE = 3.0  # seconds for a server to end by itself
ATTEMPTS = 5  # another process may take a free port before the server does
MARK = "GITTAG_TEST_SERVER"  # set in the environment of every process of a server, to find those left behind

# `git gc --auto` would go on in the background after a push.
SETTINGS = "[gc]\n auto = 0\n[maintenance]\n auto = false\n[receive]\n autoGC = false\n"


def environment(home: Path) -> dict[str, str]:
    """The environment of a server and its children: a HOME of their own, and a mark."""
    home.mkdir(parents=True, exist_ok=True)
    (home / ".gitconfig").write_text(SETTINGS)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        MARK: secrets.token_hex(16),
    }


@contextmanager
def serving(
    command: Callable[[int], Sequence[str]], *, ready: str, log: Path, variables: Mapping[str, str]
) -> Iterator[int]:
    """Run the command made for a free port until the end of the block.

    Args:
        command: gives the command line for a port.
        ready: what the program writes once it listens.
        log: takes all the program writes.
        variables: the program's whole environment, made by `environment`.

    Yields:
        The port.

    Raises:
        RuntimeError: it does not start; the message has its log.
    """
    process, port = _start(command, ready=ready, log=log, variables=variables)
    try:
        yield port
    finally:
        _end(process, variables[MARK])


def free_port() -> int:
    """A port of the loopback interface that nothing listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def left_behind(mark: str) -> set[int]:
    """The processes that were started with this mark and still run (those whose environment /proc shows)."""
    return {pid for pid in _processes() if f"{MARK}={mark}".encode() in _read(pid, "environ").split(b"\0")}


def git_program(name: str) -> str:
    """The path of one of git's own programs, such as git-http-backend.

    Raises:
        RuntimeError: this git came without it.
    """
    asked = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True)
    found = shutil.which(name, path=asked.stdout.strip())
    if found is None:
        raise RuntimeError(f"git has no {name!r}")
    return found


def _start(
    command: Callable[[int], Sequence[str]], *, ready: str, log: Path, variables: Mapping[str, str]
) -> tuple[subprocess.Popen[bytes], int]:
    for _ in range(ATTEMPTS):
        port = free_port()
        with log.open("wb") as output:
            process = subprocess.Popen(
                command(port),
                env=dict(variables),
                cwd=variables["HOME"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            if _is_ready(process, ready, log):
                return process, port
        except BaseException:
            _end(process, variables[MARK])
            raise
        _end(process, variables[MARK])
        if "in use" not in log.read_text(errors="replace"):
            break
    raise RuntimeError(f"{process.args!r} did not start:\n{log.read_text(errors='replace')}")


def _is_ready(process: subprocess.Popen[bytes], ready: str, log: Path) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        if ready in log.read_text(errors="replace"):
            return True
        time.sleep(0.005)
    return False


def _end(process: subprocess.Popen[bytes], mark: str) -> None:
    """End a server and all it started: its descendants, its process group, and what else carries its mark."""
    family = _descendants(process.pid)  # sshd's are in sessions of their own and hide their environment
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pid in family & _processes():
        _kill(pid)
    deadline = time.monotonic() + PATIENCE
    while remaining := left_behind(mark):
        if time.monotonic() > deadline:
            raise RuntimeError(f"the server's processes {sorted(remaining)} do not end")
        for pid in remaining:
            _kill(pid)
        time.sleep(0.005)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _processes() -> set[int]:
    return {int(entry.name) for entry in Path("/proc").glob("[0-9]*")}


def _descendants(pid: int) -> set[int]:
    parents = {child: _parent(child) for child in _processes()}
    found: set[int] = set()
    newest = {pid}
    while newest:
        newest = {child for child, parent in parents.items() if parent in newest}
        found |= newest
    return found


def _parent(pid: int) -> int:
    after_the_name = _read(pid, "stat").rpartition(b")")[2].split()  # a program's name may have spaces and brackets
    return int(after_the_name[1]) if after_the_name else 0


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:  # it has ended, or is another user's
        return b""
