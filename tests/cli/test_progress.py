"""The progress bar of a transfer: on a terminal, and only if it takes long."""

from __future__ import annotations

import io
import re

import pytest

from gittag_registry.cli import progress
from gittag_registry.git import remote
from gittag_registry.git.process import Repository
from gittag_registry.git.remote import Progress, Remote


class Terminal(io.StringIO):
    """A standard error that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch):
    """Seconds that the test turns itself."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def shown(monkeypatch, stderr, clock, *steps):
    """What is drawn of steps (seconds since the first, progress)."""
    monkeypatch.setattr("sys.stderr", stderr)
    bar = progress.TransferBar()
    for seconds, step in steps:
        clock[0] = 100.0 + seconds
        bar.show(step)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", stderr.getvalue())


def test_what_is_done_within_a_second_has_no_bar(monkeypatch, clock):
    steps = [(0.0, Progress("Receiving objects", 1, 2)), (0.9, Progress("Receiving objects", 2, 2))]
    assert shown(monkeypatch, Terminal(), clock, *steps) == ""


def test_what_takes_longer_has_one_for_each_step(monkeypatch, clock):
    drawn = shown(
        monkeypatch,
        Terminal(),
        clock,
        (0.0, Progress("Counting objects", 1, 4)),
        (1.5, Progress("Counting objects", 4, 4)),
        (2.0, Progress("Receiving objects", 10, 20)),
    )
    assert re.search(r"Counting objects .*100%", drawn)
    assert re.search(r"Receiving objects .*50%", drawn)


def test_where_there_is_no_terminal_there_is_no_bar(monkeypatch, clock):
    steps = [(0.0, Progress("Receiving objects", 1, 2)), (9.0, Progress("Receiving objects", 2, 2))]
    assert shown(monkeypatch, io.StringIO(), clock, *steps) == ""


def test_progress_is_read_from_what_git_prints():
    told = []
    to = Remote(Repository("."), "origin", timeout=1.0, on_progress=told.append)
    remote._report_progress(to, b"remote: Counting objects:  50% (1/2)\rremote: Counting objects: 100% (2/2), done.\n")
    remote._report_progress(to, b"Receiving objects:   0% (3/1000)\rfatal: no (1/2)\n")
    assert told == [
        Progress("Counting objects", 1, 2),
        Progress("Counting objects", 2, 2),
        Progress("Receiving objects", 3, 1000),
    ]
