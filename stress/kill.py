"""Campaign `kill`: a writer is killed at one system call after another, and nothing acknowledged is lost.

Killed are, one at a time, the runs of git that write, at every system call of theirs, and the command itself, at those
calls by which it talks to git, to its lock and to the user. After each kill the next command has to work; where a lock
of git is left in its way, `git registry doctor` has to name it, and `git registry doctor --fix` to remove it.

Where tracing is not permitted, the whole command is killed after random short delays instead, and the output says so.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

from .checking import Attempt, AttemptFindings, check_attempts
from .disturbed import Operation, Site, attempt, fresh_copy, make_site, one_tag, two_tags
from .figures import Figure, Line, Setting, none_of
from .ground import Ended, Ground, run, start
from .tracing import PROGRAM, Point, Process, Tracer, make_tracer, spread

LEAST = 500  # points, in a full campaign
SHORT_POINTS = 12  # of each operation
FULL_POINTS = 1_000  # of each operation; about as many as one has
DELAYS, SHORT_DELAYS = 250, 12
SEED = 1
WRITING = ("hash-object", "mktag", "update-ref")
TALKING = (
    *("pipe2", "vfork", "clone", "clone3", "wait4", "waitid", "poll", "read", "write"),
    *("flock", "fcntl", "openat", "close", "unlink", "exit_group"),
)
_AT_ONCE = 8  # a command whose way a lock is in waits most of its time


def run_campaign(setting: Setting) -> Iterator[Line]:
    """Run the campaign."""
    site = make_site(setting.directory)
    tracer = make_tracer(setting.directory / "bin")
    total = 0
    for operation in (two_tags(site), one_tag(site)):
        attempts = killed(site, operation, tracer, short=setting.short)
        total += len(attempts)
        yield judged(operation.title, attempts)
    title = "points" if tracer else "points (random delays: tracing is not permitted here)"
    yield Line("kill -9", (Figure(title, total, least=None if setting.short else LEAST),))


def killed(
    site: Site, operation: Operation, tracer: Tracer | None, *, short: bool, go_on: bool = True
) -> list[Attempt]:
    """Kill an operation at many points; only those count at which it came to be killed."""
    if tracer is None:
        return killed_at_random(site, operation, SHORT_DELAYS if short else DELAYS, go_on=go_on)
    points = points_of(site, operation, tracer, SHORT_POINTS if short else FULL_POINTS)
    return disturb_all(site, operation, tracer, points, ["signal=KILL"], go_on=go_on)


def points_of(site: Site, operation: Operation, tracer: Tracer, most: int) -> list[Point]:
    """The points at which to kill an operation; when these are too many, some of each process."""
    with fresh_copy(site, f"{operation.title} counted") as (ground, notes):
        processes = tracer.processes(operation.command, ground, notes)
    every = [candidates(process) for process in processes]
    return list(chain.from_iterable(_shared(every, most)))


def candidates(process: Process) -> list[Point]:
    """The points at which killing a process could matter."""
    if process.run == PROGRAM:
        return [process.point(call) for call in process.calls if call.kind in TALKING]
    writes = process.words.startswith(tuple(f"git {word} " for word in WRITING))
    return [process.point(call) for call in process.calls] if writes else []


def _shared(every: Sequence[Sequence[Point]], most: int) -> Iterator[list[Point]]:
    """Divide a number of points among the processes; what one does not need, the longer ones get."""
    left, waiting = most, sum(1 for points in every if points)
    for points in sorted(every, key=len):
        if points:
            chosen = spread(points, left // waiting)
            left, waiting = left - len(chosen), waiting - 1
            yield chosen


def disturb_all(
    site: Site, operation: Operation, tracer: Tracer, points: Sequence[Point], injections: Sequence[str], *, go_on: bool
) -> list[Attempt]:
    """Disturb an operation at each point, in each way; leaves out the points that it did not come to."""

    def disturb(point: Point, inject: str, number: int) -> Attempt | None:
        with fresh_copy(site, f"{operation.title} {number}") as (ground, notes):
            reached = False

            def disturbed() -> Ended:
                nonlocal reached
                ended, reached = tracer.disturb(operation.command, ground, notes, point, inject)
                return ended

            done = attempt(site, operation, f"{inject} at {point}", ground, disturbed, go_on=go_on)
            return done if reached else None

    jobs = [(point, inject) for inject in injections for point in points]
    return _at_once(disturb, jobs)


def _at_once(job: Callable[[Point, str, int], Attempt | None], jobs: Sequence[tuple[Point, str]]) -> list[Attempt]:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        results = pool.map(job, *zip(*jobs, strict=True), range(len(jobs))) if jobs else ()
        return [result for result in results if result is not None]


def killed_at_random(site: Site, operation: Operation, times: int, *, go_on: bool) -> list[Attempt]:
    """Kill an operation, and all that it started, after random delays that are shorter than it takes."""
    source = random.Random(SEED)
    with fresh_copy(site, "timed") as (ground, _):
        begin = time.monotonic()
        run(operation.command, ground)
        longest = time.monotonic() - begin
    attempts = []
    for number in range(times):
        delay = source.uniform(0, longest)
        with fresh_copy(site, f"{operation.title} {number}") as (ground, _):

            def disturbed(delay: float = delay, ground: Ground = ground) -> Ended:
                running = start(operation.command, ground)
                time.sleep(delay)
                running.kill()
                return running.finish()

            attempts.append(attempt(site, operation, f"killed after {delay:.3f} s", ground, disturbed, go_on=go_on))
    return attempts


def judged(title: str, attempts: Sequence[Attempt]) -> Line:
    """The line of an operation that was killed at many points."""
    found = check_attempts(attempts)
    return Line(title, (Figure("points", len(attempts), least=1), *bounded(found), *told(attempts, found)))


def bounded(found: AttemptFindings) -> tuple[Figure, ...]:
    """What may never happen to a disturbed operation."""
    return (
        none_of("acknowledged and lost", found.lost),
        none_of("half done", found.half),
        none_of("damaged", found.damaged),
        none_of("crashes", found.crashes),
        none_of("next command stuck", found.stuck),
    )


def told(attempts: Sequence[Attempt], found: AttemptFindings) -> tuple[Figure, ...]:
    """What is worth knowing besides."""
    return (
        Figure("a prefix, completed by repeating", len(found.prefixes)),
        Figure("needed doctor --fix", len(found.fixed)),
        Figure("succeeded all the same", sum(1 for one in attempts if one.code == 0)),
        Figure("written and not acknowledged", sum(1 for one in attempts if one.new and not one.acknowledged)),
    )
