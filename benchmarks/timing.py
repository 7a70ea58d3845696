"""Time whole processes so that two of them can be compared on a machine that does other things besides.

Every process runs once unmeasured, which warms the caches and shows that it works. Then they take turns, forwards and
backwards in alternation. What else the machine does comes in bursts that last for many rounds, and slows all that runs
in a round alike: so a time is divided by the reference's of the same round, and the median of these ratios is the
result. (In a trial where such bursts came and went it stayed within 3 %, while the ratio of the median times was up to
11 % off, and that of the shortest times up to 4 %.) Times themselves are medians, to give an idea.

Where the machine has more to do than processors, even that is not enough: on two of them with a load of 18, six lookups
of nearly the same work came out between 0.88 and 1.33 of their floor. So the processor time of each process, with that
of the processes it waited for, is compared in the same way. It says what a command costs, but not what it saves by
doing two things at once.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import add
from pathlib import Path

_PEAK_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes in what the system calls ru_maxrss


class CommandFailed(Exception):
    """A process that was to be measured did not do its work."""


@dataclass(frozen=True, slots=True)
class Command:
    """A process to measure.

    Args:
        arguments: the argument list of a repetition, by its number; the unmeasured one has number 0.
        directory: where it runs.
        prints: whether it has to print something to have done its work.
    """

    arguments: Callable[[int], Sequence[str]]
    directory: Path
    prints: bool = True


@dataclass(frozen=True, slots=True)
class Sample:
    """What the repetitions of one process took."""

    seconds: tuple[float, ...]
    processor: tuple[float, ...]
    """the seconds it used the processors, with the processes it waited for"""
    peak: int = 0
    """the largest memory, in bytes, that the process or one it started ever held"""

    @property
    def median(self) -> float:
        """The median time, in seconds."""
        return statistics.median(self.seconds)

    def followed_by(self, other: Sample) -> Sample:
        """What both took together, one after the other, round by round."""
        return Sample(
            tuple(map(add, self.seconds, other.seconds)),
            tuple(map(add, self.processor, other.processor)),
            max(self.peak, other.peak),
        )

    def ratio_to(self, reference: Sample) -> float:
        """The median of the ratios of the rounds."""
        return _median_ratio(self.seconds, reference.seconds)

    def processor_ratio_to(self, reference: Sample) -> float:
        """The same for the processor time."""
        return _median_ratio(self.processor, reference.processor)


def _median_ratio(own: Sequence[float], reference: Sequence[float]) -> float:
    return statistics.median(mine / its for mine, its in zip(own, reference, strict=True))


def always(*arguments: str) -> Callable[[int], Sequence[str]]:
    """The argument list of a process that is the same in every repetition."""
    return lambda number: arguments


def measure(commands: Mapping[str, Command], rounds: int, environment: Mapping[str, str]) -> dict[str, Sample]:
    """Run the processes in turn, `rounds` times after one unmeasured round.

    Raises:
        CommandFailed: one exited with another status than 0, or printed nothing where it should.
    """
    for command in commands.values():
        _try(command, environment)
    runs: dict[str, list[tuple[float, float, int]]] = {name: [] for name in commands}
    forwards, backwards = list(commands), list(commands)[::-1]
    for number in range(1, rounds + 1):
        for name in forwards if number % 2 else backwards:
            runs[name].append(_time(commands[name], number, environment))
    columns = {name: tuple(zip(*measured, strict=True)) for name, measured in runs.items()}
    return {name: Sample(seconds, processor, max(peaks)) for name, (seconds, processor, peaks) in columns.items()}


def _try(command: Command, environment: Mapping[str, str]) -> None:
    arguments = command.arguments(0)
    done = subprocess.run(arguments, cwd=command.directory, env=environment, capture_output=True, check=False)
    if done.returncode or (command.prints and not done.stdout.strip()):
        printed = done.stderr.decode(errors="replace").strip() or "nothing was printed"
        raise CommandFailed(f"{_named(arguments)} failed: {printed}")


def _time(command: Command, number: int, environment: Mapping[str, str]) -> tuple[float, float, int]:
    """The seconds one repetition took from start to end, those of processors, and its peak memory in bytes."""
    arguments = command.arguments(number)
    quiet = subprocess.DEVNULL
    start = time.perf_counter()
    process = subprocess.Popen(
        arguments, cwd=command.directory, env=environment, stdin=quiet, stdout=quiet, stderr=quiet
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)  # it is reaped; Popen need not try
    if process.returncode:
        raise CommandFailed(f"{_named(arguments)} failed in repetition {number}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _PEAK_UNIT


def _named(arguments: Sequence[str]) -> str:
    return " ".join([Path(arguments[0]).name, *arguments[1:]])
