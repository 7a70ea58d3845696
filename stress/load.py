"""Many writers at once: what each does, by which program, and the log of it all.

A worker is a process of its own. It draws its operations from a seed; on some of them another worker decides what they
come to, because all work on the same few artifacts and stages.
"""

from __future__ import annotations

import os
import random
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from .checking import Operation
from .ground import Ground

if TYPE_CHECKING:
    from gittag_registry.git.remote import Remote

ARTIFACTS = ("churn", "segment", "fraud")
STAGES = ("dev", "staging", "prod")
# How often each kind of operation is drawn. "introduce" puts a commit without a version in a stage: two tags at once.
OUR_MIX = {"register": 3, "introduce": 1, "assign": 5, "unassign": 2, "deregister": 1}
COMMON_MIX = {"register": 3, "assign": 5}  # what every program of this kind can do
_NOTHING_THERE = 3  # the exit code for it
_CREATED = re.compile(r"[Cc]reated (?:git )?tag '([^']+)'(?: as ([0-9a-f]+))?")
_NO_PATIENCE = 0.2  # seconds; a push takes longer
_HEAD_START = 0.2  # seconds for each worker to get ready

Written = tuple[tuple[str, str], ...]
"""names and object ids of tags"""


class NothingThere(Exception):
    """What was to be taken away was gone already."""


class Failed(Exception):
    """The operation ended in an error."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a worker does next."""

    verb: str
    artifact: str
    stage: str
    version: str
    """of those that this worker registered"""
    commit: str
    """one that no other worker uses, without a version"""

    def __str__(self) -> str:
        return shlex.join(_OUR_WORDS[self.verb](self))


Performer = Callable[[Ground, Step], Written]
"""carries out a step; raises NothingThere or Failed"""

_OUR_WORDS: dict[str, Callable[[Step], list[str]]] = {
    "register": lambda step: ["register", step.artifact, step.commit],
    "introduce": lambda step: ["assign", step.artifact, step.stage, step.commit],
    "assign": lambda step: ["assign", step.artifact, step.stage, "--version", step.version, "--force"],
    "unassign": lambda step: ["unassign", step.artifact, step.stage],
    "deregister": lambda step: ["deregister", step.artifact, step.version],
}
_GTO_WORDS: dict[str, Callable[[Step], list[str]]] = {
    "register": lambda step: ["register", step.artifact, step.commit],
    "assign": lambda step: ["assign", step.artifact, "--version", step.version, "--stage", step.stage, "--force"],
}


def by_python(ground: Ground, step: Step, *, push: bool | None = None) -> Written:
    """Carry out a step by the Python calls, in this process."""
    import gittag_registry as registry

    repo, name = ground.repository, step.artifact
    try:
        match step.verb:
            case "register":
                event = registry.register(repo, name, step.commit, push=push)
            case "introduce":
                event = registry.assign(repo, name, step.stage, ref=step.commit, push=push)
            case "assign":
                event = registry.assign(repo, name, step.stage, version=step.version, force=True, push=push)
            case "unassign":
                event = registry.unassign(repo, name, stage=step.stage, push=push)
            case _:
                event = registry.deregister(repo, name, version=step.version, push=push)
    except registry.NotFound as error:
        raise NothingThere from error
    except registry.RegistryError as error:
        raise Failed(error.message) from error
    if event is None:
        raise NothingThere
    registration = ((f"{name}@{event.version}", ""),) if step.verb == "introduce" else ()
    return (*registration, (event.ref, event.oid))


def by_command(program: str) -> Performer:
    """Carry out steps by our command line."""

    def perform(ground: Ground, step: Step) -> Written:
        return _command(ground, [program, *_OUR_WORDS[step.verb](step)])

    return perform


def by_gto(program: str) -> Performer:
    """Carry out steps by GTO's command line."""

    def perform(ground: Ground, step: Step) -> Written:
        return _command(ground, [program, *_GTO_WORDS[step.verb](step)])

    return perform


def by_broken(kind: str) -> Performer:
    """Carry out steps by one of the writers of `broken` that are wrong on purpose."""

    def perform(ground: Ground, step: Step) -> Written:
        words = [kind, step.verb, step.artifact, step.stage, step.commit]
        return _command(ground, [sys.executable, str(Path(__file__).with_name("broken.py")), *words])

    return perform


def _command(ground: Ground, command: Sequence[str]) -> Written:
    done = subprocess.run(
        command, cwd=ground.repository, env=ground.environment, capture_output=True, text=True, check=False
    )
    if done.returncode == _NOTHING_THERE:
        raise NothingThere
    if done.returncode:
        raise Failed(f"exit code {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return tuple((name, oid) for name, oid in _CREATED.findall(done.stdout))


@dataclass(frozen=True, slots=True)
class Writer:
    """The program of a worker, so that it can be sent to another process."""

    kind: str
    program: str = ""

    def performer(self) -> Performer:
        """What carries out its steps."""
        match self.kind:
            case "python":
                return by_python
            case "pushing" | "impatient":
                return partial(by_python, push=True)
            case "command":
                return by_command(self.program)
            case "gto":
                return by_gto(self.program)
            case "naive" | "forceful":
                return by_broken(self.kind)
            case _:
                raise ValueError(self.kind)


@dataclass(frozen=True, slots=True)
class Task:
    """All that a worker is told."""

    ground: Ground
    worker: str
    writer: Writer
    operations: int
    mix: Mapping[str, int]
    seed: int
    commits: tuple[str, ...]
    """as many as operations, and no other worker's"""
    begin: float
    """on the monotonic clock, in seconds"""


def run_load(
    grounds: Sequence[Ground], writers: Sequence[Writer], operations: int, *, mix: Mapping[str, int], seed: int
) -> list[Operation]:
    """Let one worker per writer do so many operations each, all at once; worker N writes to repository N, modulo.

    Returns:
        The log, worker by worker.
    """
    begin = time.monotonic() + _HEAD_START * len(writers)
    tasks = [
        Task(
            grounds[number % len(grounds)],
            f"{number}",
            writer,
            operations,
            mix,
            seed,
            grounds[number % len(grounds)].commits[number * operations : (number + 1) * operations],
            begin,
        )
        for number, writer in enumerate(writers)
    ]
    # With a process for each, none is idle when the last task comes, so each has one task.
    with ProcessPoolExecutor(len(tasks), mp_context=get_context("spawn")) as pool:
        return list(chain.from_iterable(pool.map(work, tasks)))


def work(task: Task) -> list[Operation]:
    """Be a worker; returns its part of the log."""
    os.environ.clear()
    os.environ.update(task.ground.environment)
    perform = task.writer.performer()
    doubts: list[str] = []
    if task.writer.kind in ("python", "pushing", "impatient"):
        import gittag_registry.api  # noqa: F401  # here, so that the first operation need not

        _record_doubts(doubts)
    if task.writer.kind == "impatient":
        _lose_patience()
    random_steps = random.Random(f"{task.seed} {task.worker}")
    time.sleep(max(0.0, task.begin - time.monotonic()))
    own: list[tuple[str, str]] = []
    log: list[Operation] = []
    for commit in task.commits:
        step = draw_step(random_steps, task.mix, own, commit)
        operation = _timed(task, perform, step, doubts)
        log.append(operation)
        _remember(own, step, operation)
    return log


def draw_step(source: random.Random, mix: Mapping[str, int], own: Sequence[tuple[str, str]], commit: str) -> Step:
    """Draw a step; of the versions only those that this worker registered, so that it knows they are active."""
    verb = source.choices(list(mix), list(mix.values()))[0]
    artifact, stage = source.choice(ARTIFACTS), source.choice(STAGES)
    if verb not in ("assign", "deregister"):
        return Step(verb, artifact, stage, "", commit)
    if not own:
        return Step("register", artifact, stage, "", commit)
    artifact, version = source.choice(own)
    return Step(verb, artifact, stage, version, commit)


def _record_doubts(doubts: list[str]) -> None:
    """Make every push of this process that ends without word of what became of it leave a line in a list."""
    from gittag_registry.errors import RemoteError
    from gittag_registry.git import remote

    push = remote.push

    def recording(target: remote.Remote, **tags: Sequence[tuple[str, str]]) -> None:
        try:
            push(target, **tags)
        except RemoteError as error:  # git calls some broken connections a refusal
            doubts.append(error.message)
            raise

    remote.push = recording  # type: ignore[assignment]  # here a call has no other arguments


def _lose_patience() -> None:
    """Make every operation of this process give up almost at once, and so with something left unknown."""
    from gittag_registry.store import stores

    make_store = stores.pushing

    def pushing(target: Remote) -> stores.RemoteStore:
        return replace(make_store(target), patience=_NO_PATIENCE)

    stores.pushing = pushing


def _timed(task: Task, perform: Performer, step: Step, doubts: Sequence[str]) -> Operation:
    written: Written = ()
    error, idle, doubts_before = "", False, len(doubts)
    start = time.monotonic_ns()
    try:
        written = perform(task.ground, step)
    except NothingThere:
        idle = True
    except Failed as failure:
        error = str(failure)
    end = time.monotonic_ns()
    told = len(doubts) - doubts_before
    return Operation(task.worker, str(step), start, end, written, error=error, idle=idle, doubts=told)


def _remember(own: list[tuple[str, str]], step: Step, operation: Operation) -> None:
    """Keep the list of this worker's active versions."""
    if step.verb in ("register", "introduce"):
        own += [(step.artifact, name.split("@")[1]) for name, _ in operation.written if "@" in name]
    elif step.verb == "deregister" and (operation.unknown or not operation.error):
        own.remove((step.artifact, step.version))
