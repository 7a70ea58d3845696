"""Campaign `leak`: a process asks a remote registry thousands of times, and its memory and files do not grow.

A service that asks before each deployment does this. No question after the first receives an object, and none leaves an
open file, a child process or memory behind.
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
FIRST = 100  # calls after which memory and files must not grow
TAGS, SHORT_TAGS = 1_000, 100
STAGE = "prod"
TOLERANCE = 4.0  # MB by which the memory of a process varies by itself
_ASKING = ("ls-remote", "fetch", "clone", "fetch-pack")  # the commands of git that talk to a server
_STORING = ("index-pack", "unpack-objects")  # those that store what a server sends
_TRACE = "GIT_TRACE2_EVENT"
_MEGABYTE = 1e6


@dataclass(frozen=True, slots=True)
class Task:
    """The parameters of the asking process."""

    url: str
    artifact: str
    calls: int
    environment: Mapping[str, str]
    trace: Path
    """a file that does not exist yet"""


@dataclass(frozen=True, slots=True)
class Usage:
    """The resources of a process."""

    files: int
    children: int
    memory: float
    """megabytes"""


@dataclass(frozen=True, slots=True)
class Report:
    """What the asking process counted."""

    traced: Counter[str]
    """how often each git command ran, in the calls after the first and up to number `FIRST`"""
    early: Usage
    late: Usage
    seconds: float
    answers: int
    """how many different answers it got"""


def run_campaign(setting: Setting) -> Iterator[Line]:
    """Run the campaign."""
    calls, tags = (SHORT_CALLS, SHORT_TAGS) if setting.short else (CALLS, TAGS)
    environment = isolated_environment(setting.directory / "home")
    registry = make_registry_server(setting.directory / "root", tags, environment)
    task = Task(registry.bare.as_uri(), registry.artifact, calls, environment, setting.directory / "trace")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        report = pool.submit(ask, task).result()
    traced = FIRST - 1
    yield Line(
        f"{calls:,} calls of find_versions_in_stage, file, {tags:,} tags",
        (
            Figure("different answers", report.answers, least=1, most=1),
            Figure("git processes that ask the server, per call", _per_call(report, _ASKING), most=1.0),
            Figure("answers of the server, per call", _per_call(report, ("upload-pack",)), most=1.0),
            Figure("times that git stored objects", sum(report.traced[name] for name in _STORING), most=0),
            Figure("git processes, per call", sum(report.traced.values()) / traced),
            Figure("open files", report.late.files, most=report.early.files),
            Figure("child processes", report.late.children, most=report.early.children),
            Figure(f"MB after {FIRST} calls", report.early.memory),
            Figure("MB at the end", report.late.memory, most=report.early.memory + TOLERANCE),
            Figure("calls per second", calls / report.seconds),
        ),
    )


def _per_call(report: Report, names: tuple[str, ...]) -> float:
    return sum(report.traced[name] for name in names) / (FIRST - 1)


def ask(task: Task) -> Report:
    """Ask again and again, in this process, and count what that needs."""
    os.environ.clear()
    os.environ.update(task.environment)
    from gittag_registry import find_versions_in_stage

    answers = set()
    start = time.monotonic()
    early = measure_usage()
    for number in range(task.calls):
        if number == 1:
            os.environ[_TRACE] = str(task.trace)
        if number == FIRST:
            del os.environ[_TRACE]
            early = measure_usage()
        answers.add(tuple(find_versions_in_stage(task.url, task.artifact, STAGE)))
    seconds = time.monotonic() - start
    return Report(count_commands(task.trace), early, measure_usage(), seconds, len(answers))


def count_commands(trace: Path) -> Counter[str]:
    """Count the commands of git in its own trace of events."""
    events = (json.loads(line) for line in trace.read_text().splitlines())
    return Counter(event["name"] for event in events if event["event"] == "cmd_name")


def measure_usage() -> Usage:
    """Measure the resources of this process."""
    gc.collect()
    process = Path("/proc/self")
    children: list[str] = []
    for thread in (process / "task").iterdir():
        with suppress(FileNotFoundError):  # the thread has ended since
            children += (thread / "children").read_text().split()
    pages = int((process / "statm").read_text().split()[1])
    return Usage(len(_open_files(process / "fd")), len(children), pages * os.sysconf("SC_PAGE_SIZE") / _MEGABYTE)


def _open_files(directory: Path) -> list[str]:
    files = []
    for entry in directory.iterdir():
        with suppress(OSError):  # the one by which the directory is listed
            files.append(os.readlink(entry))
    return files
