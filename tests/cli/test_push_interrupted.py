"""Ctrl-C and signals while a push is under way: the doubt is told, with the command to look."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.testing.builder import RepositoryBuilder, git, tag_names
from tests.testing.programs import shell

PROGRAM = Path(sys.executable).with_name("git-registry")
ENDS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]


@pytest.fixture
def server(tmp_path: Path) -> Path:
    repo = RepositoryBuilder(tmp_path / "server.git", bare=True)
    repo.commit()
    return repo.build()


@pytest.fixture
def clone(server: Path, tmp_path: Path) -> Path:
    git("clone", "--quiet", str(server), str(tmp_path / "clone"))
    return tmp_path / "clone"


def wait_in(hook: Path, begun: Path) -> None:
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch '{begun}'\nsleep 60\n")
    hook.chmod(0o755)


def interrupt(place: Path, begun: Path, number: signal.Signals, *words: str) -> tuple[int, str]:
    """Start a command, send it a signal once a hook has begun, and return its exit code and standard error."""
    ours = signal.signal(number, signal.SIG_DFL)  # a shell that starts the tests in the background ignores SIGINT
    with subprocess.Popen(
        [PROGRAM, *words], cwd=place, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        signal.signal(number, ours)
        deadline = time.monotonic() + 30
        while not begun.exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(process.pid, number)
        _, errors = process.communicate(timeout=20)
    return process.returncode, errors


@pytest.mark.parametrize(("number", "code"), ENDS)
@pytest.mark.parametrize("hook", ["pre-receive", "post-receive"])
def test_the_doubt_is_told_with_the_command_to_look(server, clone, tmp_path, hook, number, code):
    wait_in(server / "hooks" / hook, tmp_path / "begun")
    ended, errors = interrupt(clone, tmp_path / "begun", number, "register", "churn", "--push")
    assert ended == code
    assert "it is unknown whether 'origin' created 'churn@v0.0.1' (object " in errors
    assert errors.startswith("error: interrupted")
    look = shell(errors.rpartition("if needed: ")[2], cwd=clone)
    assert ("refs/tags/churn@v0.0.1" in look.out) is (hook == "post-receive")
    assert tag_names(clone) == []


def test_an_address_is_told_too_and_json_has_a_kind(server, tmp_path):
    wait_in(server / "hooks" / "pre-receive", tmp_path / "begun")
    words = ("register", "churn", "-r", f"file://{server}", "--json")
    ended, errors = interrupt(tmp_path, tmp_path / "begun", signal.SIGINT, *words)
    error = json.loads(errors[errors.index("{") :])["error"]
    assert (ended, error["kind"], error["exit_code"]) == (130, "InDoubt", 130)
    assert error["hint"].endswith(f"git ls-remote file://{server} refs/tags/churn@v0.0.1")


def test_before_the_push_there_is_no_doubt(server, clone, tmp_path):
    wait_in(clone / ".git" / "hooks" / "pre-push", tmp_path / "begun")
    pipe = tmp_path / "message"
    os.mkfifo(pipe)
    with (
        subprocess.Popen(
            [PROGRAM, "register", "churn", "--push", "-F", str(pipe)], cwd=clone, text=True, stderr=subprocess.PIPE
        ) as process,
        pipe.open("w"),
    ):  # opens when the command reads its message
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, "unknown" in errors) == (143, False)
