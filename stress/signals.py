"""Campaign `signals`: commands that read and write get SIGINT, SIGTERM or SIGKILL at random moments.

Every command must end with a documented exit code and without a traceback, and what it tells of a change must be true:
what it printed exists, where it says that nothing was written there is nothing, and the next command works. No git
process may be left running.

Python itself prints a traceback if Ctrl-C comes while it starts, before the first line of the program. These are
counted apart: nothing has been done by then.
"""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.testing.servers import GitDaemon

from .documents import read_written
from .figures import Figure, Line, Setting, none_of, one_line
from .sandbox import Ended, Sandbox, copy_sandbox, find_program, read_tags, run, start
from .served import NAME, Served, make_served

MOMENTS, SHORT_MOMENTS = 1_000, 180
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
SEED = 1
_THREADS = 2
_NEVER = 60.0  # seconds; longer than any of the commands
_DONE, _DOUBT = 0, 4
_NOTHING = "nothing was written"
_STARTED = "cli/main.py"  # in every traceback of ours


@dataclass(frozen=True, slots=True)
class Case:
    """A command to interrupt, with the tags that it writes."""

    title: str
    words: tuple[str, ...]
    planned: tuple[str, ...] = ()
    remote: bool = False


CASES = (
    Case("which", ("which", "churn", "prod")),
    Case("show", ("show", "--json")),
    Case("assign", ("assign", "churn", "prod", "HEAD", "--json"), ("churn@v1.1.0", "churn#prod#2")),
    Case("which of a URL", ("which", "churn", "prod", "-r", "{url}"), remote=True),
    Case(
        "assign --push", ("assign", "churn", "prod", "HEAD", "--push", "--json"), ("churn@v1.1.0", "churn#prod#2"), True
    ),
    Case("assign to a URL", ("assign", "churn", "prod", "--json", "-r", "{url}"), ("churn#prod#2",), True),
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a command ended, and the tags after it."""

    case: Case
    number: signal.Signals
    delay: float
    ended: Ended
    seconds: float
    """how long it ran"""
    new: tuple[str, ...]
    """the tags that were not there before"""
    next_error: str
    """why the next command failed"""

    @property
    def finding(self) -> str:
        """What is wrong; empty if nothing is."""
        if self.next_error:
            return f"the next command failed: {self.next_error}"
        if self.number == signal.SIGKILL and self.ended.code == -self.number:
            return ""
        if self.at_start:
            return f"written: {', '.join(self.new)}" if self.new else ""
        return self._exit_finding() or self._outcome_finding()

    @property
    def at_start(self) -> bool:
        """Whether the signal came before the program's first line."""
        by_python = "KeyboardInterrupt" in self.ended.err and _STARTED not in self.ended.err
        by_signal = self.ended.code == -self.number and not self.ended.err
        return self.number != signal.SIGKILL and (by_python or by_signal)

    def _exit_finding(self) -> str:
        if "Traceback" in self.ended.err or "Exception ignored" in self.ended.err:
            return f"a traceback: {self.ended.err.strip().splitlines()[-1]}"
        if self.ended.code not in (_DONE, 128 + self.number, _DOUBT):
            return f"exit code {self.ended.code}: {one_line(self.ended.err)}"
        return ""

    def _outcome_finding(self) -> str:
        acknowledged = {name for name, _ in read_written(self.ended.out)}
        if missing := acknowledged.difference(self.new):
            return f"acknowledged, but missing: {', '.join(missing)}"
        if self.ended.code == _DONE and len(self.new) < len(self.case.planned):
            return "exit code 0, but it is not written"
        if _NOTHING in self.ended.err and self.new:
            return f"it says {_NOTHING!r}, but there is {', '.join(self.new)}"
        if self.new and not acknowledged and self.ended.code != _DOUBT and not _names(self.new, self.ended.err):
            return f"written without a word: {', '.join(self.new)}"
        return ""


def _names(tags: Sequence[str], text: str) -> bool:
    return all(tag in text for tag in tags) or "the change was made" in text


def run_campaign(setting: Setting) -> Iterator[Line]:
    """Run the campaign."""
    moments = (SHORT_MOMENTS if setting.short else MOMENTS) // (len(CASES) * len(SIGNALS))
    served = make_served(setting.directory, 3)
    program = find_program()
    _fill(served.bare, program)
    with GitDaemon(served.root) as daemon, _ctrl_c_allowed():
        for case in CASES:
            scene = Scene(setting.directory, served, program, daemon.url)
            yield _judge(case.title, scene.interrupt(case, moments))


@contextmanager
def _ctrl_c_allowed() -> Iterator[None]:
    """Let the programs that we start receive SIGINT, which shells ignore in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _fill(sandbox: Sandbox, program: str) -> None:
    first = sandbox.commits[0]
    for words in (
        ["register", "churn", first, "--version", "v1.0.0"],
        ["assign", "churn", "prod", "--version", "v1.0.0"],
    ):
        ended = run([program, *words], sandbox)
        if ended.code:
            raise SystemExit(f"{' '.join(words)} failed: {ended.err}")


@dataclass(frozen=True, slots=True)
class Scene:
    """Where commands are interrupted: each in a copy of its own."""

    directory: Path
    served: Served
    program: str
    url_of: Callable[[str], str]

    def interrupt(self, case: Case, moments: int) -> list[Attempt]:
        """Interrupt a command by each signal, at so many moments of the time that it takes alone."""
        longest = self._attempt(case, signal.SIGTERM, _NEVER, 0).seconds
        source = random.Random(SEED)
        jobs = [(number, source.random() * longest) for number in SIGNALS for _ in range(moments)]
        with ThreadPoolExecutor(_THREADS) as pool:
            started = [
                pool.submit(self._attempt, case, number, delay, index) for index, (number, delay) in enumerate(jobs)
            ]
            return [attempt.result() for attempt in started]

    def _attempt(self, case: Case, number: signal.Signals, delay: float, name: int) -> Attempt:
        directory = self.directory / f"attempt-{name}"
        bare = copy_sandbox(self.served.bare, self.served.root / f"{NAME}-{name}.git")
        url = self.url_of(f"{NAME}-{name}")
        place = bare
        if case.remote:
            [place] = self.served.make_clones(directory, 1, url)
        place = replace(
            place,
            environment={
                **place.environment,
                "XDG_CACHE_HOME": str(directory / "caches"),
                "GIT_ALLOW_PROTOCOL": "file:git",
            },
        )
        before = read_tags(bare)
        command = [self.program, *(word.format(url=url) for word in case.words)]
        try:
            begun = time.monotonic()
            running = start(command, place)
            _wait(running.process.poll, delay)
            if running.process.poll() is None:
                running.process.send_signal(number)
            ended = running.finish()
            seconds = time.monotonic() - begun
            new = tuple(name for name in read_tags(bare) if name not in before)
            check = run(
                [self.program, "assign", "churn", "dev", "--version", "v1.0.0", *(["-r", url] if case.remote else [])],
                place,
            )
            return Attempt(case, number, delay, ended, seconds, new, one_line(check.err) if check.code else "")
        finally:
            shutil.rmtree(bare.repository)
            shutil.rmtree(directory, ignore_errors=True)


def _wait(poll: Callable[[], int | None], seconds: float) -> None:
    """Wait so long, or until the process has ended."""
    deadline = time.monotonic() + seconds
    while poll() is None and (left := deadline - time.monotonic()) > 0:
        time.sleep(min(left, 0.005))


def _judge(title: str, attempts: Sequence[Attempt]) -> Line:
    findings = tuple(
        f"{attempt.number.name} after {attempt.delay:.3f} s: {attempt.finding}"
        for attempt in attempts
        if attempt.finding
    )
    return Line(
        title,
        (
            Figure("moments", len(attempts), least=1),
            none_of("wrong", findings),
            Figure("ended before the program began", sum(attempt.at_start for attempt in attempts)),
            Figure("interrupted", sum(attempt.ended.code not in (_DONE, _DOUBT) for attempt in attempts)),
            Figure("in doubt", sum(attempt.ended.code == _DOUBT for attempt in attempts)),
            Figure("completed", sum(attempt.ended.code == _DONE for attempt in attempts)),
        ),
    )
