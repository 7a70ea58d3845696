"""Campaign `kill`: a writer is killed at one system call after another, and nothing acknowledged is lost.

It kills, one at a time, the git processes that write, at each of their system calls, and the command itself, at the
calls by which it talks to git, to its lock and to the user. After each kill the next command must work; if a lock of
git blocks it, `git registry doctor` must name the lock, and `git registry doctor --fix` must remove it.

Where tracing is not permitted, the whole command is killed after random short delays instead, and the output says so.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from itertools import chain

from .checking import Attempt, check_attempts
from .fault_injection import (
    WRITING,
    Operation,
    Template,
    bounded_figures,
    fresh_copy,
    inject_at_each,
    make_template,
    one_tag,
    other_figures,
    try_operation,
    two_tags,
)
from .figures import Figure, Line, Setting
from .sandbox import Ended, Sandbox, run, start
from .tracing import PROGRAM, Point, Process, Tracer, make_tracer, spread

LEAST = 500  # points, in a full campaign
SHORT_POINTS = 5  # of one operation
FULL_POINTS = 1_000  # of each operation; about as many as one has
DELAYS, SHORT_DELAYS = 250, 12
SEED = 1
TALKING = (
    *("pipe2", "vfork", "clone", "clone3", "wait4", "waitid", "poll", "read", "write"),
    *("flock", "fcntl", "openat", "close", "unlink", "exit_group"),
)
PUBLISHING = ("link", "linkat", "rename", "renameat", "renameat2")
"""the calls that make an object or a ref visible to others"""


def run_campaign(setting: Setting) -> Iterator[Line]:
    """Run the campaign; the short form has one operation, and only the calls that are visible to others."""
    template = make_template(setting.directory)
    tracer = make_tracer(setting.directory / "bin")
    operations = (two_tags(template),) if setting.short else (two_tags(template), one_tag(template))
    total = 0
    for operation in operations:
        attempts = kill_at_points(template, operation, tracer, short=setting.short)
        total += len(attempts)
        yield judge_attempts(operation.title, attempts)
    title = "points" if tracer else "points (random delays: tracing is not permitted here)"
    yield Line("kill -9", (Figure(title, total, least=None if setting.short else LEAST),))


def kill_at_points(
    template: Template, operation: Operation, tracer: Tracer | None, *, short: bool, recover: bool = True
) -> list[Attempt]:
    """Kill an operation at many points; points that it does not reach do not count."""
    if tracer is None:
        return kill_at_random(template, operation, SHORT_DELAYS if short else DELAYS, recover=recover)
    points = find_points(template, operation, tracer, short=short)
    return inject_at_each(template, operation, tracer, points, ["signal=KILL"], recover=recover)


def find_points(template: Template, operation: Operation, tracer: Tracer, *, short: bool) -> list[Point]:
    """The points at which to kill an operation; when these are too many, some of each process."""
    with fresh_copy(template, f"{operation.title} counted") as (sandbox, notes):
        processes = tracer.processes(operation.command, sandbox, notes)
    every = [candidates(process, short=short) for process in processes]
    return list(chain.from_iterable(_share(every, SHORT_POINTS if short else FULL_POINTS)))


def candidates(process: Process, *, short: bool) -> list[Point]:
    """The points at which killing a process could matter; in short, those just before others see something of it."""
    if process.run == PROGRAM:
        kinds: Sequence[str] | None = ("write",) if short else TALKING
    elif process.runs_git(WRITING):
        kinds = PUBLISHING if short else None  # at any call
    else:
        kinds = ()
    return [process.point(call) for call in process.calls if kinds is None or call.kind in kinds]


def _share(every: Sequence[Sequence[Point]], most: int) -> Iterator[list[Point]]:
    """Divide a number of points among the processes; what one does not need, the longer ones get."""
    left, waiting = most, sum(1 for points in every if points)
    for points in sorted(every, key=len):
        if points:
            chosen = spread(points, left // waiting)
            left, waiting = left - len(chosen), waiting - 1
            yield chosen


def kill_at_random(template: Template, operation: Operation, times: int, *, recover: bool) -> list[Attempt]:
    """Kill an operation, and all that it started, after random delays that are shorter than it takes."""
    source = random.Random(SEED)
    with fresh_copy(template, "timed") as (sandbox, _):
        begin = time.monotonic()
        run(operation.command, sandbox)
        longest = time.monotonic() - begin
    attempts = []
    for number in range(times):
        delay = source.uniform(0, longest)
        with fresh_copy(template, f"{operation.title} {number}") as (sandbox, _):

            def kill_late(delay: float = delay, sandbox: Sandbox = sandbox) -> Ended:
                running = start(operation.command, sandbox)
                time.sleep(delay)
                running.kill()
                return running.finish()

            point = f"killed after {delay:.3f} s"
            attempts.append(try_operation(template, operation, point, sandbox, kill_late, recover=recover))
    return attempts


def judge_attempts(title: str, attempts: Sequence[Attempt]) -> Line:
    """Return the line of an operation that was killed at many points."""
    findings = check_attempts(attempts)
    points = Figure("points", len(attempts), least=1)
    return Line(title, (points, *bounded_figures(findings), *other_figures(attempts, findings)))
