"""Signals: noted at any moment, raised where the process waits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from gittag_registry.git import interruption
from gittag_registry.git.interruption import Interrupted, Signals, ctrl_c_ignored
from tests.testing.builder import RepositoryBuilder, tag_names
from tests.testing.programs import SLOW

ENDING = ("SIGINT", "SIGTERM", "SIGHUP")


@pytest.fixture
def signals() -> Iterator[Signals]:
    """Handlers of this process, which has its own ones again afterwards."""
    numbers = [*(signal.Signals[name] for name in ENDING), signal.SIGALRM]
    before = {number: signal.signal(number, signal.SIG_DFL) for number in numbers}
    made = Signals()
    made.watch()
    yield made
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_ends_a_wait(signals, name, code):
    with pytest.raises(Interrupted) as error, signals:
        signal.raise_signal(signal.Signals[name])
    assert error.value.exit_code == code


def test_a_signal_between_waits_is_raised_by_the_next_one(signals):
    signal.raise_signal(signal.SIGTERM)
    with pytest.raises(Interrupted, match=r"^interrupted by SIGTERM$"), signals:
        raise AssertionError("the wait is not to begin")


def test_work_that_takes_long_is_interrupted(signals, monkeypatch):
    monkeypatch.setattr(interruption, "_GRACE", 0.01)
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(Interrupted):
        time.sleep(SLOW)


def test_the_same_signal_twice_does_not_interrupt_the_end(signals):
    """`timeout` signals a process and its group, a terminal all processes."""
    with pytest.raises(Interrupted), signals:
        signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)
    with signals:
        signal.raise_signal(signal.SIGTERM)


def test_a_later_signal_interrupts_an_end_that_hangs(signals, monkeypatch):
    monkeypatch.setattr(interruption, "_GRACE", 0.0)
    with pytest.raises(Interrupted), signals:
        signal.raise_signal(signal.SIGTERM)
    with pytest.raises(Interrupted):
        signal.raise_signal(signal.SIGTERM)


def test_a_signal_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        Signals().watch()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_ctrl_c_is_left_to_an_editor(signals):
    with signals, ctrl_c_ignored():
        signal.raise_signal(signal.SIGINT)
    assert signals.noted is None


INTERRUPTED_IMPORT = """
import os, signal, sys
from importlib.abc import Loader, MetaPathFinder

class Sending(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "gittag_registry.registry":
            os.kill(os.getpid(), signal.{name})

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Sending())
from gittag_registry.cli import main
main(["latest", "churn"])
"""


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_during_an_import_is_no_bug(example, name, code):
    done = run_python(INTERRUPTED_IMPORT.format(name=name), example)
    told = "interrupted" if name == "SIGINT" else f"interrupted by {name}"
    assert (done.returncode, done.stdout, done.stderr) == (code, "", f"error: {told}\n")


def test_a_signal_at_the_end_changes_nothing(example):
    """While Python ends, the answer is printed, and there is nothing to interrupt."""
    done = run_python(
        """
        import atexit, os, signal
        from gittag_registry.cli import main
        atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))
        main(["latest", "churn"])
        """,
        example,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "v1.1.0\n", "")


def test_an_interruption_while_git_changes_the_refs_tells_what_was_written(builder: RepositoryBuilder):
    """A hook that runs after the change does not end; so the signal comes when the tag is there."""
    builder.commit()
    repo = builder.build()
    began = repo / "began"
    hook = repo / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\n[ "$1" = committed ] && touch {began} && exec sleep 3\nexit 0\n')
    hook.chmod(0o755)
    code = "from gittag_registry.cli import main; main(['register', 'churn'])"
    with subprocess.Popen([sys.executable, "-c", code], cwd=repo, stderr=subprocess.PIPE, text=True) as writing:
        deadline = time.monotonic() + SLOW
        while not began.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        writing.send_signal(signal.SIGTERM)
        _, errors = writing.communicate(timeout=SLOW)
    assert tag_names(repo) == ["churn@v0.0.1"]
    assert (writing.returncode, errors) == (143, "error: interrupted by SIGTERM; 'churn@v0.0.1' was written\n")


def run_python(code: str, directory: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", dedent(code)]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False, env=dict(os.environ))
