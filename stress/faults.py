"""Campaign `faults`: system calls of a writer fail, and it never reports success for what it did not do.

strace simulates a disk that is full, read-only or broken: one of the first writing calls of each kind, in the git
processes that write or in the command itself, fails with that error. An exit code of 0 then means that the tags exist
and can be read, there is no traceback and no exit code of a bug, and the next command, without a fault, works.
"""

from __future__ import annotations

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
    two_tags,
)
from .figures import Figure, Line, Setting
from .tracing import PROGRAM, Point, Process, Tracer, make_tracer, spread

ERRORS = ("ENOSPC", "EROFS", "EIO")
FIRST = 32  # calls of each kind
SHORT_POINTS = 2  # for each error
CALLS = (
    *("write", "pwrite64", "writev", "openat", "open", "creat", "rename", "renameat", "renameat2"),
    *("link", "linkat", "mkdir", "mkdirat", "fsync", "fdatasync", "unlink", "unlinkat", "ftruncate", "fchmod"),
)
_CREATING = ("O_CREAT", "O_RDWR", "O_WRONLY")
# Let git sync what it writes, so that these calls can fail too.
_SYNCING = "[core]\n fsync = all\n fsyncMethod = fsync\n"


def run_campaign(setting: Setting) -> Iterator[Line]:
    """Run the campaign."""
    tracer = make_tracer(setting.directory / "bin")
    if tracer is None:
        yield Line("faults", remark="left out: strace is missing, or tracing is not permitted here")
        return
    template = make_template(setting.directory, _SYNCING)
    operations = (two_tags(template),) if setting.short else (one_tag(template), two_tags(template))
    for operation in operations:
        attempts = fail_calls(template, operation, tracer, most=SHORT_POINTS if setting.short else None)
        yield judge_attempts(operation.title, attempts)


def fail_calls(
    template: Template,
    operation: Operation,
    tracer: Tracer,
    *,
    errors: Sequence[str] = ERRORS,
    most: int | None = None,
    recover: bool = True,
) -> list[Attempt]:
    """Let one system call of an operation fail, one after another, with each error; at `most` points, if given."""
    points = find_points(template, operation, tracer)
    chosen = points if most is None else spread(points, most)
    faults = [f"error={error}" for error in errors]
    return inject_at_each(template, operation, tracer, chosen, faults, recover=recover)


def find_points(template: Template, operation: Operation, tracer: Tracer) -> list[Point]:
    """The points at which a fault could matter."""
    with fresh_copy(template, f"{operation.title} counted") as (sandbox, notes):
        processes = tracer.processes(operation.command, sandbox, notes)
    return list(chain.from_iterable(candidates(process) for process in processes))


def candidates(process: Process) -> list[Point]:
    """The calls of a process that write; for the command itself, not those of Python's imports."""
    ours = process.run == PROGRAM
    if not ours and not process.runs_git(WRITING):
        return []
    calls = [call for call in process.calls if call.kind in CALLS]
    if ours:
        opening = ("openat", "open")
        calls = [call for call in calls if call.kind not in opening or any(flag in call.text for flag in _CREATING)]
        return [process.point(call) for call in calls]
    return [process.point(call) for call in calls if call.number <= FIRST]


def judge_attempts(title: str, attempts: Sequence[Attempt]) -> Line:
    """Return the line of an operation whose calls failed."""
    findings = check_attempts(attempts)
    faults = Figure("faults", len(attempts), least=1)
    return Line(title, (faults, *bounded_figures(findings), *other_figures(attempts, findings)))
