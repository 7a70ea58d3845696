"""Inject a fault into one system call of one process: by strace, and a `git` first on the PATH that runs under it.

A command runs git several times, in a fixed order. The stand-in for git counts these runs, and puts the chosen one, all
or none under strace. So a `Point` can name every system call of every process of a command, and reach it again. strace
counts the calls of each kind by itself, so a point is a kind and a number.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .sandbox import Ended, Sandbox, run

PROGRAM = 0  # the process that is no run of git: the command itself
_CALL = re.compile(r"^(?:\d+ +)?([a-z0-9_]+)\(")
_CHILD = ("vfork", "clone", "clone3", "fork")
_STAND_IN = """\
#!/bin/sh
# Run the real git; run number $STRESS_RUN of them under strace. STRESS_RUN=all: every one, its log kept.
echo "$*" >> "$STRESS_PLACE/runs"
number=$(grep -c '' "$STRESS_PLACE/runs")
case "$STRESS_RUN" in
    "$number") exec {strace} -f -q -o "$STRESS_PLACE/reached" $STRESS_OPTIONS {git} "$@" ;;
    all) exec {strace} -f -q -o "$STRESS_PLACE/calls.$number" {git} "$@" ;;
esac
exec {git} "$@"
"""


@dataclass(frozen=True, slots=True)
class Call:
    """A system call of a process: its kind, its number, and strace's line."""

    kind: str
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Point:
    """The system call of a command at which a fault is injected."""

    run: int
    """the run of git, counted from 1, or `PROGRAM`"""
    words: str
    """what is run there"""
    kind: str
    number: int

    def __str__(self) -> str:
        return f"{self.words}, {self.kind} {self.number}"


@dataclass(frozen=True, slots=True)
class Process:
    """One of the processes of a command, and its system calls."""

    run: int
    words: str
    verb: str
    """the command of git that it runs"""
    calls: tuple[Call, ...]

    def runs_git(self, verbs: Sequence[str]) -> bool:
        """Whether it is one of these commands of git."""
        return self.verb in verbs

    def point(self, call: Call) -> Point:
        """The point at one of its calls."""
        return Point(self.run, self.words, call.kind, call.number)


@dataclass(frozen=True, slots=True)
class Tracer:
    """Runs commands under strace, with its stand-in for git."""

    strace: str
    stand_in: Path
    """the directory to put first on the PATH"""

    def processes(self, command: Sequence[str], sandbox: Sandbox, notes: Path) -> list[Process]:
        """Run a command without a fault, and return its processes, the command itself first.

        Of the command itself only the calls after it first started git: what comes before is Python importing.
        """
        log = notes / "calls"
        traced = [self.strace, "-q", "-o", str(log), *command]
        ended = run(traced, sandbox, self._environment(sandbox, notes, "all"))
        if ended.code:
            raise SystemExit(f"{' '.join(command)} failed without a fault: {ended.err}")
        calls = list(read_calls(log))
        start = next((index for index, call in enumerate(calls) if call.kind in _CHILD), len(calls))
        processes = [Process(PROGRAM, "the command", "", tuple(calls[start:]))]
        for number, words in enumerate((notes / "runs").read_text().splitlines(), start=1):
            calls = list(read_calls(notes / f"calls.{number}"))
            verb = verb_of(words.split(" "))
            processes.append(Process(number, f"git {verb} (run {number})", verb, tuple(calls)))
        return processes

    def inject(
        self, command: Sequence[str], sandbox: Sandbox, notes: Path, point: Point, fault: str
    ) -> tuple[Ended, bool]:
        """Run a command and inject a fault at a point.

        Args:
            notes: an empty directory.
            fault: as strace writes it: ``signal=KILL`` or ``error=EIO``.

        Returns:
            How the command ended, and whether it reached that point.
        """
        log = notes / "reached"
        options = ["-e", f"trace={point.kind}", "-e", f"inject={point.kind}:{fault}:when={point.number}"]
        if point.run == PROGRAM:
            traced = [self.strace, "-q", "-o", str(log), *options, *command]
            ended = run(traced, sandbox, self._environment(sandbox, notes, ""))
        else:
            ended = run(command, sandbox, self._environment(sandbox, notes, str(point.run), options))
        text = log.read_text(errors="replace") if log.exists() else ""
        return ended, "(INJECTED)" in text or "killed by SIGKILL" in text

    def _environment(self, sandbox: Sandbox, notes: Path, wanted: str, options: Sequence[str] = ()) -> dict[str, str]:
        return {
            "PATH": f"{self.stand_in}:{sandbox.environment['PATH']}",
            "STRESS_PLACE": str(notes),
            "STRESS_RUN": wanted,
            "STRESS_OPTIONS": " ".join(options),
        }


def make_tracer(directory: Path) -> Tracer | None:
    """A tracer with its stand-in in this directory; None where strace is missing or may not trace."""
    strace, git = shutil.which("strace"), shutil.which("git")
    if strace is None or git is None:
        return None
    probe = [strace, "-qq", "-o", "/dev/null", "-e", "inject=write:error=EIO:when=99", git, "--version"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        return None
    directory.mkdir(parents=True)
    script = directory / "git"
    script.write_text(_STAND_IN.format(strace=strace, git=git))
    script.chmod(0o755)
    return Tracer(strace, directory)


def verb_of(words: Sequence[str]) -> str:
    """The command among the arguments of git, behind its options."""
    while words and words[0] in ("-c", "-C"):
        words = words[2:]
    return words[0] if words else ""


def read_calls(log: Path) -> Iterator[Call]:
    """The system calls in a log of strace, each with its number among those of its kind and process."""
    seen: Counter[tuple[str, str]] = Counter()
    for line in log.read_text(errors="replace").splitlines():
        match = _CALL.match(line)
        if match:
            key = (line.split(" ")[0] if line[0].isdigit() else "", match[1])
            seen[key] += 1
            yield Call(match[1], seen[key], line)


def spread(points: Sequence[Point], most: int) -> list[Point]:
    """So many of the points, evenly spread, in their order: each from the middle of its part."""
    if len(points) <= most:
        return list(points)
    return [points[(2 * index + 1) * len(points) // (2 * most)] for index in range(most)]
