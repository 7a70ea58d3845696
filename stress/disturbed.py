"""One operation that is disturbed, and the next command after it: what `kill` and `faults` have in common."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .checking import FIXED, Attempt
from .ground import Ended, Ground, copy_ground, make_ground, our_program, read_tags, run, unreadable_tags

_CREATED = re.compile(r"created tag '([^']+)'")
_AGE = 3600.0  # seconds by which locks are made older: a repair leaves young ones alone
_NEXT_COMMAND, _NEXT_TAG = ("assign", "churn", "dev", "--version", "v1.0.0"), "churn#dev#3"
STALE_LOCK = "stale-lock"
"""the check of `git registry doctor` that names what a killed writer left"""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation to disturb, and the names of the tags that it writes on a fresh copy of the template, in order."""

    title: str
    command: tuple[str, ...]
    planned: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """Where operations are disturbed."""

    directory: Path
    template: Ground
    program: str


def make_site(directory: Path, config: str = "") -> Site:
    """A template with two versions, a stage, and a HEAD without a version."""
    ground = make_ground(directory / "template", 3, config=config)
    program = our_program()
    for words in (
        ["register", "churn", ground.commits[0], "--version", "v1.0.0"],
        ["register", "churn", ground.commits[1], "--version", "v1.1.0"],
        ["assign", "churn", "prod", "--version", "v1.1.0"],
    ):
        ended = run([program, *words], ground)
        if ended.code:
            raise SystemExit(f"{' '.join(words)} failed: {ended.err}")
    return Site(directory, ground, program)


def one_tag(site: Site) -> Operation:
    """An operation that writes one tag."""
    command = (site.program, "assign", "churn", "prod", "--version", "v1.0.0")
    return Operation("assign --version", command, ("churn#prod#2",))


def two_tags(site: Site) -> Operation:
    """An operation that writes two tags: it registers HEAD, and assigns it."""
    command = (site.program, "assign", "churn", "prod", "HEAD")
    return Operation("assign HEAD", command, ("churn@v1.1.1", "churn#prod#2"))


def hasty(_: Site) -> Operation:
    """The writer that acknowledges before it writes."""
    command = (sys.executable, str(Path(__file__).with_name("broken.py")), "hasty", "churn", "prod")
    return Operation("hasty", command, ("churn#prod#2",))


def careless(site: Site) -> Operation:
    """The writer that exits with 0 whatever happened."""
    wrapped = one_tag(site)
    command = (sys.executable, str(Path(__file__).with_name("broken.py")), "careless", *wrapped.command)
    return Operation("careless", command, wrapped.planned)


@contextmanager
def fresh_copy(site: Site, name: str) -> Iterator[tuple[Ground, Path]]:
    """A copy of the template and an empty directory for notes, both removed afterwards."""
    place = site.directory / name
    notes = place / "notes"
    notes.mkdir(parents=True)
    try:
        yield copy_ground(site.template, place / "repository"), notes
    finally:
        shutil.rmtree(place)


def attempt(
    site: Site, operation: Operation, point: str, ground: Ground, disturb: Callable[[], Ended], *, go_on: bool = True
) -> Attempt:
    """Carry out an operation in a disturbed way, then the same undisturbed.

    Args:
        go_on: whether to try the next command at all; what the controls run has none.
    """
    before = read_tags(ground)
    ended = disturb()
    after = read_tags(ground)
    return Attempt(
        point=f"{operation.title}: {point}",
        code=ended.code,
        acknowledged=tuple(_CREATED.findall(ended.out)),
        before=before,
        after=after,
        unreadable=unreadable_tags(ground, after),
        planned=operation.planned,
        errors=ended.err,
        recovery=_recovery(site, operation, ground, set(before)) if go_on else "",
    )


def _recovery(site: Site, operation: Operation, ground: Ground, before: set[str]) -> str:
    """How the next command fares: the same one again, and one that adds a tag in any case.

    Together with what the disturbed one wrote they make exactly the tags that were asked for: what was half done is
    completed, and what was done is not done twice.
    """
    commands = (operation.command, (site.program, *_NEXT_COMMAND))
    failed, fixed = _first_failure(commands, ground), ""
    if failed is not None:
        obstacle = _repair(site, ground)
        if obstacle:
            return f"{obstacle}: {_last_line(failed)}"
        failed, fixed = _first_failure(commands, ground), FIXED
    if failed is not None:
        return f"the next command failed after doctor --fix: {_last_line(failed)}"
    wanted, found = {*operation.planned, _NEXT_TAG}, set(read_tags(ground)) - before
    return fixed if found == wanted else f"after the next commands the new tags are {sorted(found)}"


def _repair(site: Site, ground: Ground) -> str:
    """Let `doctor` remove the locks in the way; returns why it cannot, or nothing."""
    locks = age_locks(ground)
    if not locks:
        return "the next command failed, and no lock is in its way"
    if not any(finding.get("check") == STALE_LOCK for finding in _doctor(site, ground)):
        return f"doctor does not name {locks[0]}, for which the next command failed"
    run([site.program, "doctor", "--fix"], ground)
    return ""


def _first_failure(commands: Sequence[Sequence[str]], ground: Ground) -> Ended | None:
    return next((ended for command in commands if (ended := run(command, ground)).code), None)


def age_locks(ground: Ground) -> list[str]:
    """Make every lock of git an hour older; returns their paths."""
    locks = sorted((ground.repository / ".git").rglob("*.lock"))
    then = time.time() - _AGE
    found = []
    for lock in locks:
        if lock.name != "gittag-registry.lock":  # ours is held by an open file, not by its existence
            os.utime(lock, (then, then))
            found.append(str(lock.relative_to(ground.repository)))
    return found


def _doctor(site: Site, ground: Ground) -> list[dict[str, object]]:
    printed = run([site.program, "doctor", "--json"], ground).out
    try:
        answer = json.loads(printed)
    except ValueError:
        return []
    found = answer.get("findings", []) if isinstance(answer, dict) else []
    return [finding for finding in found if isinstance(finding, dict)]


def _last_line(ended: Ended) -> str:
    lines = [line for line in ended.err.splitlines() if line.startswith(("error:", "{"))] or [ended.err.strip()]
    return f"exit code {ended.code}: {lines[0]}"
