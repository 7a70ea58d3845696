"""Run many writers at the same time, and log their operations.

Each worker is a process. It draws its operations from a seed. All workers use the same few artifacts and stages, so
the result of an operation may depend on another worker.
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
from dataclasses import dataclass
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from .checking import Operation
from .documents import read_error, read_written
from .sandbox import Sandbox

ARTIFACTS = ("churn", "segment", "fraud")
STAGES = ("dev", "staging", "prod")
# How often each kind of operation is drawn. "introduce" puts a commit without a version in a stage: two tags at once.
OUR_MIX = {"register": 3, "introduce": 1, "assign": 5, "unassign": 2, "deregister": 1}
COMMON_MIX = {"register": 3, "assign": 5}  # what other programs can do too
FAULTY_WRITERS = Path(__file__).with_name("faulty_writers.py")
"""a program of its own: it runs in the sandboxes, where this package cannot be imported"""
_NOT_FOUND = 3  # the exit code for it
_CREATED_BY_GTO = re.compile(r"Created git tag '([^']+)'")  # GTO has no other output to read
_IMPATIENT = 0.2  # seconds after which an impatient writer gives up; a push takes longer
_LONGEST_START = 60.0  # seconds for all workers to get ready

Written = tuple[tuple[str, str], ...]
"""names and object ids of tags"""


class NothingToRemove(Exception):
    """Another worker has already removed what this one wanted to remove."""


class Failed(Exception):
    """The operation ended in an error.

    Args:
        message: the error message.
        unknown: names and object ids of the tags whose result was reported as unknown; the id is empty if a tag of its
            own may have been deleted.
    """

    def __init__(self, message: str, unknown: Written = ()) -> None:
        super().__init__(message)
        self.unknown = unknown


@dataclass(frozen=True, slots=True)
class Step:
    """The next operation of a worker."""

    verb: str
    artifact: str
    stage: str
    version: str
    """one that this worker registered"""
    commit: str
    """one that no other worker uses, without a version"""

    def __str__(self) -> str:
        return shlex.join(_OUR_WORDS[self.verb](self))


Performer = Callable[[Sandbox, Step], Written]
"""carries out a step; raises NothingToRemove or Failed"""

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


def by_python(sandbox: Sandbox, step: Step) -> Written:
    """Carry out a step by the Python calls, in this process."""
    import gittag_registry as registry

    repo, name = sandbox.repository, step.artifact
    try:
        match step.verb:
            case "register":
                event = registry.register(repo, name, step.commit)
            case "introduce":
                event = registry.assign(repo, name, step.stage, ref=step.commit)
            case "assign":
                event = registry.assign(repo, name, step.stage, version=step.version, force=True)
            case "unassign":
                event = registry.unassign(repo, name, stage=step.stage)
            case _:
                event = registry.deregister(repo, name, version=step.version)
    except registry.NotFound as error:
        raise NothingToRemove from error
    except registry.RegistryError as error:
        raise Failed(error.message) from error
    if event is None:
        raise NothingToRemove
    registration = ((f"{name}@{event.version}", ""),) if step.verb == "introduce" else ()
    return (*registration, (event.ref, event.oid))


def by_pushing(doubts: list[str], patience: float | None = None) -> Performer:
    """Carry out steps on the server of a clone, in this process.

    Args:
        doubts: gets a line for every push whose result is unknown.
        patience: seconds after which an operation gives up.
    """
    from gittag_registry.errors import InDoubt, NotFound, RegistryError

    from .pushing import command_for, push

    def perform(sandbox: Sandbox, step: Step) -> Written:
        command = command_for(step.verb, step.artifact, step.stage, step.version, step.commit)
        repository, force = str(sandbox.repository), step.verb == "assign"
        try:
            outcome = push(repository, command, force=force, doubts=doubts, patience=patience)
        except NotFound as error:
            raise NothingToRemove from error
        except InDoubt as error:
            raise Failed(error.message, (*error.created, *((name, "") for name in error.deleted))) from error
        except RegistryError as error:
            raise Failed(error.message) from error
        if not outcome.events:
            raise NothingToRemove
        return tuple((event.ref, event.oid) for event in outcome.events)

    return perform


def by_command(program: str) -> Performer:
    """Carry out steps by our command line."""

    def perform(sandbox: Sandbox, step: Step) -> Written:
        return read_written(_run(sandbox, [program, *_OUR_WORDS[step.verb](step), "--json"]))

    return perform


def by_gto(program: str) -> Performer:
    """Carry out steps by GTO's command line."""

    def perform(sandbox: Sandbox, step: Step) -> Written:
        printed = _run(sandbox, [program, *_GTO_WORDS[step.verb](step)])
        return tuple((name, "") for name in _CREATED_BY_GTO.findall(printed))

    return perform


def by_faulty_writer(kind: str) -> Performer:
    """Carry out steps by one of the writers of `faulty_writers` that are wrong on purpose."""

    def perform(sandbox: Sandbox, step: Step) -> Written:
        words = [kind, step.verb, step.artifact, step.stage, step.commit]
        return read_written(_run(sandbox, [sys.executable, str(FAULTY_WRITERS), *words]))

    return perform


def _run(sandbox: Sandbox, command: Sequence[str]) -> str:
    """Run a program and return what it prints."""
    done = subprocess.run(
        command, cwd=sandbox.repository, env=sandbox.environment, capture_output=True, text=True, check=False
    )
    if done.returncode == _NOT_FOUND:
        raise NothingToRemove
    if done.returncode:
        raise Failed(f"exit code {done.returncode}: {read_error(done.stderr) or done.stdout.strip()}")
    return done.stdout


@dataclass(frozen=True, slots=True)
class Writer:
    """The program of a worker, so that it can be sent to another process."""

    kind: str
    program: str = ""

    def make_performer(self, doubts: list[str]) -> Performer:
        """Return the function that carries out its steps; pushes with an unknown result add a line to `doubts`."""
        match self.kind:
            case "python":
                return by_python
            case "pushing":
                return by_pushing(doubts)
            case "impatient":
                return by_pushing(doubts, _IMPATIENT)
            case "command":
                return by_command(self.program)
            case "gto":
                return by_gto(self.program)
            case "naive" | "forceful":
                return by_faulty_writer(self.kind)
            case _:
                raise ValueError(self.kind)


@dataclass(frozen=True, slots=True)
class Task:
    """The parameters of a worker."""

    sandbox: Sandbox
    worker: str
    writer: Writer
    operations: int
    mix: Mapping[str, int]
    seed: int
    commits: tuple[str, ...]
    """one for each operation; no other worker uses them"""
    ready: Path
    """a directory in which every worker creates a file when it is ready"""
    workers: int
    """how many of them start together"""


def run_load(
    sandboxes: Sequence[Sandbox], writers: Sequence[Writer], operations: int, *, mix: Mapping[str, int], seed: int
) -> list[Operation]:
    """Run one worker per writer, all at the same time; the workers share the repositories evenly.

    Returns:
        The log, worker by worker.
    """
    with TemporaryDirectory(prefix="stress-ready-") as ready:
        tasks = [
            Task(
                sandbox := sandboxes[number % len(sandboxes)],
                f"{number}",
                writer,
                operations,
                mix,
                seed,
                sandbox.commits[number * operations : (number + 1) * operations],
                Path(ready),
                len(writers),
            )
            for number, writer in enumerate(writers)
        ]
        with ProcessPoolExecutor(len(tasks), mp_context=get_context("spawn")) as pool:
            return list(chain.from_iterable(pool.map(work, tasks)))


def work(task: Task) -> list[Operation]:
    """Do the operations of one worker, and return its part of the log."""
    os.environ.clear()
    os.environ.update(task.sandbox.environment)
    doubts: list[str] = []
    perform = task.writer.make_performer(doubts)
    if task.writer.kind == "python":
        import gittag_registry.api  # noqa: F401  # here, so that the first operation need not
    random_steps = random.Random(f"{task.seed} {task.worker}")
    _wait_for_others(task)
    own: list[tuple[str, str]] = []
    log: list[Operation] = []
    for commit in task.commits:
        step = draw_step(random_steps, task.mix, own, commit)
        operation = _timed(task, perform, step, doubts)
        log.append(operation)
        _remember(own, step, operation)
    return log


def _wait_for_others(task: Task) -> None:
    """Wait until all workers are ready, so that they really compete."""
    (task.ready / task.worker).touch()
    deadline = time.monotonic() + _LONGEST_START
    while len(list(task.ready.iterdir())) < task.workers:
        if time.monotonic() > deadline:
            raise SystemExit(f"the workers were not ready within {_LONGEST_START:.0f} s")
        time.sleep(0.005)


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


def _timed(task: Task, perform: Performer, step: Step, doubts: Sequence[str]) -> Operation:
    written: Written = ()
    unknown: Written = ()
    error, idle, doubts_before = "", False, len(doubts)
    start = time.monotonic_ns()
    try:
        written = perform(task.sandbox, step)
    except NothingToRemove:
        idle = True
    except Failed as failure:
        error, unknown = str(failure), failure.unknown
    end = time.monotonic_ns()
    return Operation(
        task.worker,
        str(step),
        start,
        end,
        written,
        error=error,
        unknown=unknown,
        idle=idle,
        doubts=len(doubts) - doubts_before,
    )


def _remember(own: list[tuple[str, str]], step: Step, operation: Operation) -> None:
    """Keep the list of this worker's active versions."""
    if step.verb in ("register", "introduce"):
        own += [(step.artifact, name.split("@")[1]) for name, _ in operation.written if "@" in name]
    elif step.verb == "deregister" and (operation.unknown or not operation.error):
        own.remove((step.artifact, step.version))
