"""Sandboxes: repositories in an isolated environment, and programs that run in them."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.testing.builder import RepositoryBuilder
from tests.testing.environment import isolated_environment
from tests.testing.fast_import import git

from .checking import HUNG

_LONGEST = 120.0  # seconds; only a program that hangs takes so long: writers give up after 60, and wait 30 more for git
_MARK = "STRESS_MARK"
_ORPHANS = 30.0  # seconds for processes that a killed program left running


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended."""

    code: int
    """negative: the signal that killed it"""
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A repository, its commits, and the environment of its writers."""

    repository: Path
    commits: tuple[str, ...]
    """oldest first; HEAD is the last"""
    environment: Mapping[str, str]


def make_sandbox(directory: Path, commits: int, *, config: str = "", user_config: str = "") -> Sandbox:
    """Make a repository with a line of commits.

    Args:
        config: added to the configuration of the repository.
        user_config: added to the configuration of git's user.
    """
    environment = isolated_environment(directory / "home", user_config)
    builder = RepositoryBuilder(directory / "repository", environment=environment)
    marks = [builder.commit({}) for _ in range(commits)]
    repository = builder.build()
    with (repository / ".git" / "config").open("a") as file:
        file.write(config)
    return Sandbox(repository, tuple(map(builder.commit_id, marks)), environment)


def copy_sandbox(sandbox: Sandbox, directory: Path) -> Sandbox:
    """Copy the repository of a sandbox to a directory that does not exist yet."""
    shutil.copytree(sandbox.repository, directory, symlinks=True)
    return Sandbox(directory, sandbox.commits, sandbox.environment)


def read_tags(sandbox: Sandbox) -> dict[str, str]:
    """Return the object id of every tag."""
    lines = git(
        *("for-each-ref", "--format=%(objectname) %(refname)", "refs/tags"),
        repo=sandbox.repository,
        environment=sandbox.environment,
    )
    pairs = (line.split(" ", 1) for line in lines.splitlines())
    return {name.removeprefix("refs/tags/"): oid for oid, name in pairs}


def find_unreadable_tags(sandbox: Sandbox, tags: Mapping[str, str]) -> tuple[str, ...]:
    """Return those of the tags whose object cannot be read whole."""
    oids = "".join(f"{oid}\n" for oid in tags.values())
    command = ["git", "cat-file", "--batch-check", "--buffer"]
    done = subprocess.run(
        command,
        cwd=sandbox.repository,
        env=sandbox.environment,
        input=oids,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines() + [""] * len(tags)  # git ends at a damaged object
    return tuple(name for name, line in zip(tags, lines, strict=False) if line.split(" ")[1:2] != ["tag"])


def run(command: Sequence[str], sandbox: Sandbox, environment: Mapping[str, str] | None = None) -> Ended:
    """Run a program in the repository, and wait for it and for all processes that it started, even if it was killed."""
    return start(command, sandbox, environment).finish()


@dataclass(frozen=True, slots=True)
class Running:
    """A running program, with a process group of its own."""

    process: subprocess.Popen[str]
    mark: str
    """a value in its environment, which all processes that it starts inherit, in any session"""

    def kill(self) -> None:
        """Kill it and all processes that it started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        for pid in _marked(self.mark):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def finish(self) -> Ended:
        """Wait for it and for all processes that it started."""
        try:
            out, err = self.process.communicate(timeout=_LONGEST)
        except subprocess.TimeoutExpired:
            self.kill()
            out, err = self.process.communicate()
            return Ended(HUNG, out, f"{err}did not end within {_LONGEST:.0f} s")
        _wait_for_group(self.process.pid)
        if self.process.returncode < 0:  # otherwise it waited for the others itself
            _wait_for(self.mark)
        return Ended(self.process.returncode, out, err)


def start(command: Sequence[str], sandbox: Sandbox, environment: Mapping[str, str] | None = None) -> Running:
    """Start a program in the repository."""
    mark = secrets.token_hex(16)
    process = subprocess.Popen(
        command,
        cwd=sandbox.repository,
        env={**sandbox.environment, **(environment or {}), _MARK: mark},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    return Running(process, mark)


def _wait_for_group(group: int) -> None:
    deadline = time.monotonic() + _ORPHANS
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except (ProcessLookupError, PermissionError):
            return
        time.sleep(0.005)
    raise SystemExit(f"process group {group} still runs {_ORPHANS:.0f} s after its leader was killed")


def _wait_for(mark: str) -> None:
    deadline = time.monotonic() + _ORPHANS
    while pids := _marked(mark):
        if time.monotonic() > deadline:
            raise SystemExit(f"processes {pids} still run {_ORPHANS:.0f} s after what started them was killed")
        time.sleep(0.005)


def _marked(mark: str) -> list[int]:
    """Return the running processes that have a mark in their environment."""
    wanted, pids = f"{_MARK}={mark}".encode(), []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is another user's
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                pids.append(int(entry.name))
    return pids


def find_program() -> str:
    """Return the installed command that belongs to this Python."""
    program = shutil.which("git-registry", path=str(Path(sys.executable).parent))
    if program is None:
        raise SystemExit("git-registry is not installed beside this Python: pip install .")
    return program
