"""Inject a fault into one operation, and try the next commands after it; shared by `kill` and `faults`."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .checking import Attempt, AttemptFindings
from .documents import read_error, read_findings, read_written
from .figures import Figure, none_of
from .load import FAULTY_WRITERS
from .sandbox import Ended, Sandbox, copy_sandbox, find_program, find_unreadable_tags, make_sandbox, read_tags, run
from .tracing import Point, Tracer

WRITING = ("hash-object", "mktag", "update-ref")
"""the commands of git that write"""
_AGE = 3600.0  # seconds by which locks are made older: a repair leaves young ones alone
_NEXT_COMMAND, _NEXT_TAG = ("assign", "churn", "dev", "--version", "v1.0.0"), "churn#dev#3"
_STALE_LOCK = "stale-lock"  # the check of `git registry doctor` for the lock of a killed writer
_LOCK_OF_OURS = "gittag-registry.lock"  # held by an open file, not by its existence
_THREADS = 8  # commands that wait for a lock need no processor


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation to inject a fault into, and the names of the tags that it writes to a fresh copy, in order."""

    title: str
    command: tuple[str, ...]
    planned: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A sandbox; every operation gets a fresh copy of it."""

    directory: Path
    """for the copies"""
    sandbox: Sandbox
    program: str


def make_template(directory: Path, config: str = "") -> Template:
    """Make a template with two versions, a stage, and a HEAD without a version."""
    sandbox = make_sandbox(directory / "template", 3, config=config)
    program = find_program()
    for words in (
        ["register", "churn", sandbox.commits[0], "--version", "v1.0.0"],
        ["register", "churn", sandbox.commits[1], "--version", "v1.1.0"],
        ["assign", "churn", "prod", "--version", "v1.1.0"],
    ):
        ended = run([program, *words], sandbox)
        if ended.code:
            raise SystemExit(f"{' '.join(words)} failed: {ended.err}")
    return Template(directory, sandbox, program)


def one_tag(template: Template) -> Operation:
    """An operation that writes one tag."""
    command = (template.program, "assign", "churn", "prod", "--version", "v1.0.0", "--json")
    return Operation("assign --version", command, ("churn#prod#2",))


def two_tags(template: Template) -> Operation:
    """An operation that writes two tags: it registers HEAD, and assigns it."""
    command = (template.program, "assign", "churn", "prod", "HEAD", "--json")
    return Operation("assign HEAD", command, ("churn@v1.1.1", "churn#prod#2"))


def hasty(_: Template) -> Operation:
    """The writer that acknowledges before it writes."""
    return Operation("hasty", (sys.executable, str(FAULTY_WRITERS), "hasty", "churn", "prod"), ("churn#prod#2",))


def careless(template: Template) -> Operation:
    """The writer that always exits with 0."""
    wrapped = one_tag(template)
    command = (sys.executable, str(FAULTY_WRITERS), "careless", *wrapped.command)
    return Operation("careless", command, wrapped.planned)


@contextmanager
def fresh_copy(template: Template, name: str) -> Iterator[tuple[Sandbox, Path]]:
    """Make a copy of the template and an empty directory for notes, and remove both afterwards."""
    directory = template.directory / name
    notes = directory / "notes"
    notes.mkdir(parents=True)
    try:
        yield copy_sandbox(template.sandbox, directory / "repository"), notes
    finally:
        shutil.rmtree(directory)


def inject_at_each(
    template: Template,
    operation: Operation,
    tracer: Tracer,
    points: Sequence[Point],
    faults: Sequence[str],
    *,
    recover: bool,
) -> list[Attempt]:
    """Run an operation with each fault at each point; points that it does not reach are left out.

    Args:
        faults: as strace writes them: ``signal=KILL`` or ``error=EIO``.
        recover: whether to try the next commands as well.
    """

    def inject(point: Point, fault: str, number: int) -> Attempt | None:
        with fresh_copy(template, f"{operation.title} {number}") as (sandbox, notes):
            reached = False

            def run_with_fault() -> Ended:
                nonlocal reached
                ended, reached = tracer.inject(operation.command, sandbox, notes, point, fault)
                return ended

            attempt = try_operation(
                template, operation, f"{fault} at {point}", sandbox, run_with_fault, recover=recover
            )
            return attempt if reached else None

    jobs = [(point, fault) for fault in faults for point in points]
    with ThreadPoolExecutor(_THREADS) as pool:
        results = pool.map(inject, *zip(*jobs, strict=True), range(len(jobs))) if jobs else ()
        return [attempt for attempt in results if attempt is not None]


def try_operation(
    template: Template,
    operation: Operation,
    point: str,
    sandbox: Sandbox,
    run_with_fault: Callable[[], Ended],
    *,
    recover: bool,
) -> Attempt:
    """Run an operation with a fault, then the next commands without one."""
    before = read_tags(sandbox)
    ended = run_with_fault()
    after = read_tags(sandbox)
    repaired, stuck = _recover(template, operation, sandbox, set(before)) if recover else (False, "")
    return Attempt(
        point=f"{operation.title}: {point}",
        code=ended.code,
        acknowledged=tuple(name for name, _ in read_written(ended.out)),
        before=before,
        after=after,
        unreadable=find_unreadable_tags(sandbox, after),
        planned=operation.planned,
        errors=ended.err,
        repaired=repaired,
        stuck=stuck,
    )


def _recover(template: Template, operation: Operation, sandbox: Sandbox, before: set[str]) -> tuple[bool, str]:
    """Run the next commands: the same one again, and one that adds a tag in any case.

    Together with the first run they write exactly the requested tags: a half done operation is completed, and a
    finished one is not done twice.

    Returns:
        Whether a repair was needed; and what is wrong after it, or an empty text.
    """
    commands = (operation.command, (template.program, *_NEXT_COMMAND, "--json"))
    failed, repaired = _first_failure(commands, sandbox), False
    if failed is not None:
        obstacle = _repair(template, sandbox)
        if obstacle:
            return False, f"{obstacle}: {_describe_failure(failed)}"
        failed, repaired = _first_failure(commands, sandbox), True
    if failed is not None:
        return True, f"the next command failed after doctor --fix: {_describe_failure(failed)}"
    wanted, new = {*operation.planned, _NEXT_TAG}, set(read_tags(sandbox)) - before
    return repaired, "" if new == wanted else f"after the next commands the new tags are {sorted(new)}"


def _repair(template: Template, sandbox: Sandbox) -> str:
    """Let `doctor` remove stale locks; returns why it cannot, or an empty text."""
    locks = age_locks(sandbox)
    if not locks:
        return "the next command failed without a lock"
    findings = read_findings(run([template.program, "doctor", "--json"], sandbox).out)
    if not any(finding.get("check") == _STALE_LOCK for finding in findings):
        return f"doctor does not name {locks[0]}, for which the next command failed"
    run([template.program, "doctor", "--fix"], sandbox)
    return ""


def _first_failure(commands: Sequence[Sequence[str]], sandbox: Sandbox) -> Ended | None:
    return next((ended for command in commands if (ended := run(command, sandbox)).code), None)


def _describe_failure(ended: Ended) -> str:
    return f"exit code {ended.code}: {read_error(ended.err)}"


def age_locks(sandbox: Sandbox) -> list[str]:
    """Make every lock of git an hour older; returns their paths."""
    then = time.time() - _AGE
    locks = sorted((sandbox.repository / ".git").rglob("*.lock"))
    locks = [lock for lock in locks if lock.name != _LOCK_OF_OURS]
    for lock in locks:
        os.utime(lock, (then, then))
    return [str(lock.relative_to(sandbox.repository)) for lock in locks]


def bounded_figures(findings: AttemptFindings) -> tuple[Figure, ...]:
    """Figures that must be 0, whatever the fault."""
    return (
        none_of("acknowledged and lost", findings.lost),
        none_of("half done", findings.half),
        none_of("damaged", findings.damaged),
        none_of("crashes", findings.crashes),
        none_of("next command stuck", findings.stuck),
    )


def other_figures(attempts: Sequence[Attempt], findings: AttemptFindings) -> tuple[Figure, ...]:
    """Figures without bounds."""
    return (
        Figure("a prefix, completed by repeating", len(findings.prefixes)),
        Figure("needed doctor --fix", len(findings.repaired)),
        Figure("succeeded in spite of the fault", sum(attempt.code == 0 for attempt in attempts)),
        Figure("written and not acknowledged", sum(bool(one.new) and not one.acknowledged for one in attempts)),
    )
