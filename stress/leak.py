"""Campaign `leak`: a process asks a remote registry thousands of times, and costs as much at the end as at the start.

That is a service which asks before each deployment. No question after the first fetches, and none leaves an open file,
a child process or memory behind.
"""

from __future__ import annotations

import gc
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from tests.testing.environment import isolated_environment

from .figures import Figure, Line, Setting
from .served import make_registry_server

CALLS, SHORT_CALLS = 10_000, 200
FIRST = 100  # calls after which a process has all it needs
TAGS, SHORT_TAGS = 1_000, 100
STAGE = "prod"
TOLERANCE = 4.0  # MB by which the memory of a process varies by itself
_ASKING = ("ls-remote", "fetch", "clone", "fetch-pack")  # the commands of git that talk to a server
_TRACE = "GIT_TRACE2_EVENT"
_MEGABYTE = 1e6


@dataclass(frozen=True, slots=True)
class Task:
    """What the asking process is told."""

    url: str
    artifact: str
    calls: int
    environment: Mapping[str, str]
    trace: Path
    """a file that is not there yet"""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process holds."""

    files: int
    children: int
    memory: float
    """megabytes"""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the asking process saw."""

    traced: Counter[str]
    """how often the calls after the first, up to the `FIRST`, ran which command of git"""
    early: Usage
    late: Usage
    seconds: float
    answers: int
    """different ones"""


def run_campaign(setting: Setting) -> Iterator[Line]:
    """Run the campaign."""
    calls, tags = (SHORT_CALLS, SHORT_TAGS) if setting.short else (CALLS, TAGS)
    environment = isolated_environment(setting.directory / "home")
    registry = make_registry_server(setting.directory / "root", tags, environment)
    task = Task(registry.bare.as_uri(), registry.artifact, calls, environment, setting.directory / "trace")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        asked = pool.submit(ask, task).result()
    traced = FIRST - 1
    yield Line(
        f"{calls:,} calls of find_versions_in_stage, file, {tags:,} tags",
        (
            Figure("different answers", asked.answers, least=1, most=1),
            Figure("git processes that ask the server, per call", _per_call(asked, _ASKING), most=1.0),
            Figure("answers of the server, per call", _per_call(asked, ("upload-pack",)), most=1.0),
            Figure("fetches", asked.traced["fetch"] + asked.traced["fetch-pack"], most=0),
            Figure("git processes, per call", sum(asked.traced.values()) / traced),
            Figure("open files", asked.late.files, most=asked.early.files),
            Figure("child processes", asked.late.children, most=asked.early.children),
            Figure(f"MB after {FIRST} calls", asked.early.memory),
            Figure("MB at the end", asked.late.memory, most=asked.early.memory + TOLERANCE),
            Figure("calls per second", calls / asked.seconds),
        ),
    )


def _per_call(asked: Asked, names: tuple[str, ...]) -> float:
    return sum(asked.traced[name] for name in names) / (FIRST - 1)


def ask(task: Task) -> Asked:
    """Be the process that asks."""
    os.environ.clear()
    os.environ.update(task.environment)
    from gittag_registry import find_versions_in_stage

    answers = set()
    start = time.monotonic()
    early = usage()
    for number in range(task.calls):
        if number == 1:
            os.environ[_TRACE] = str(task.trace)
        if number == FIRST:
            del os.environ[_TRACE]
            early = usage()
        answers.add(tuple(find_versions_in_stage(task.url, task.artifact, STAGE)))
    seconds = time.monotonic() - start
    return Asked(commands_in(task.trace), early, usage(), seconds, len(answers))


def commands_in(trace: Path) -> Counter[str]:
    """How often which command of git was run, by git's own trace of events."""
    events = (json.loads(line) for line in trace.read_text().splitlines())
    return Counter(event["name"] for event in events if event["event"] == "cmd_name")


def usage() -> Usage:
    """What this process holds now."""
    gc.collect()
    process = Path("/proc/self")
    children = [child for thread in (process / "task").iterdir() for child in (thread / "children").read_text().split()]
    pages = int((process / "statm").read_text().split()[1])
    return Usage(len(_open_files(process / "fd")), len(children), pages * os.sysconf("SC_PAGE_SIZE") / _MEGABYTE)


def _open_files(directory: Path) -> list[str]:
    found = []
    for entry in directory.iterdir():
        with suppress(OSError):  # the one by which the directory is listed
            found.append(os.readlink(entry))
    return found
