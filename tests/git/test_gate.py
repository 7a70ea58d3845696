"""A push that is held back while git connects: it goes on after the check, or nothing is sent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gittag_registry.git import remote
from gittag_registry.git.listing import list_tags
from gittag_registry.git.process import Repository
from gittag_registry.git.remote import Remote
from tests.testing.builder import RepositoryBuilder, git, tag_names


@pytest.fixture
def server(tmp_path: Path) -> Path:
    git("init", "--quiet", "--bare", str(tmp_path / "server.git"))
    return tmp_path / "server.git"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    repo = RepositoryBuilder(tmp_path / "here")
    repo.tag("churn@v1.0.0", repo.commit())
    return repo.build()


@pytest.fixture
def tag(here: Path) -> tuple[str, str]:
    return "churn@v1.0.0", git("rev-parse", "churn@v1.0.0", repo=here).strip()


def write_hook(repo: Path, script: str) -> None:
    hook = repo / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{script}\n")
    hook.chmod(0o755)


def test_nothing_is_sent_before_the_check(server, here, tag):
    seen = []

    def check() -> None:
        time.sleep(0.2)
        seen.append(tag_names(server))

    remote.push(Remote(Repository(str(here)), str(server), 20), create=[tag], check=check)
    assert (seen, tag_names(server)) == ([[]], ["churn@v1.0.0"])


def test_a_check_that_fails_ends_the_push(server, here, tag, tmp_path):
    write_hook(here, f"touch '{tmp_path}/ran'")

    def check() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        remote.push(Remote(Repository(str(here)), str(server), 20), create=[tag], check=check)
    assert (tag_names(server), (tmp_path / "ran").exists()) == ([], False)


def test_the_hook_of_the_repository_runs_as_ever_after_it(server, here, tag, tmp_path):
    git("config", "core.hooksPath", str(here / ".git" / "hooks"), repo=here)
    script = f"""{{ echo "$1"; cat; git config core.hooksPath; git config tested.setting; }} >'{tmp_path}/seen'"""
    write_hook(here, script)
    repository = Repository(str(here), (("GIT_CONFIG_PARAMETERS", "'tested.setting'='kept'"),))
    remote.push(Remote(repository, str(server), 20), create=[tag], check=lambda: None)
    name, line, hooks, setting = (tmp_path / "seen").read_text().splitlines()
    assert (name, setting, tag_names(server)) == (str(server), "kept", ["churn@v1.0.0"])
    assert (line.split()[1:3], hooks) == ([tag[1], "refs/tags/churn@v1.0.0"], str(here / ".git" / "hooks"))


def test_the_hook_of_the_repository_may_refuse(server, here, tag):
    write_hook(here, "echo 'not on Fridays' >&2; exit 1")
    with pytest.raises(remote.Refused, match="not on Fridays"):
        remote.push(Remote(Repository(str(here)), str(server), 20), create=[tag], check=lambda: None)
    assert tag_names(server) == []


def no_program_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)


def no_directory_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")


def test_hooks_here_and_on_the_server_see_no_variable_that_could_be_a_setting(server, here, tag, tmp_path):
    write_hook(here, f"env | grep GITTAG_ >'{tmp_path}/seen here'; true")
    (server / "hooks" / "pre-receive").write_text(f"#!/bin/sh\nenv | grep GITTAG_ >'{tmp_path}/seen there'; true\n")
    (server / "hooks" / "pre-receive").chmod(0o755)
    remote.push(Remote(Repository(str(here)), str(server), 20), create=[tag], check=lambda: None)
    assert [(tmp_path / place).read_text() for place in ("seen here", "seen there")] == ["", ""]


def test_the_directory_for_temporary_files_may_be_the_present_one(server, here, tag, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", os.curdir)  # as Python chooses it where no other can be written
    monkeypatch.chdir(tmp_path)
    there = Remote(Repository(str(here)), str(server), 20)
    seen = []
    remote.push(there, create=[tag], check=lambda: seen.append((time.sleep(0.2), tag_names(server))[1]))
    assert (seen, list_tags(there, ["churn@"])) == ([[]], [tag[::-1]])


@pytest.mark.parametrize("limited", [no_program_can_be_started, no_directory_can_be_written])
def test_where_there_can_be_no_hook_the_check_comes_first(server, here, tag, monkeypatch, limited):
    limited(monkeypatch)
    seen = []
    remote.push(Remote(Repository(str(here)), str(server), 20), create=[tag], check=lambda: seen.append(1))
    assert (seen, tag_names(server)) == ([1], ["churn@v1.0.0"])


HELD = """\
import sys, time
from gittag_registry.git import remote
from gittag_registry.git.listing import list_tags
from gittag_registry.git.process import Repository
here, server, name, oid, begun = sys.argv[1:]

def check():
    open(begun, "w").close()
    time.sleep(60)

remote.push(remote.Remote(Repository(here), server, 20), create=[(name, oid)], check=check)
"""


def test_if_this_process_is_killed_nothing_is_sent_and_git_ends(server, here, tag, tmp_path):
    begun = tmp_path / "begun"
    words = [sys.executable, "-c", HELD, str(here), str(server), *tag, str(begun)]
    trace = tmp_path / "trace"
    with subprocess.Popen(words, env={**os.environ, "GIT_TRACE2_EVENT": str(trace)}) as process:
        until(begun.exists)
        until(lambda: '"hook_name":"pre-push"' in trace.read_text())
        process.send_signal(signal.SIGKILL)
    pushing = int(trace.read_text().partition('"hook_name"')[0].rpartition('"sid":"')[2].split('"')[0][-8:], 16)
    until(lambda: not is_running(pushing))
    assert tag_names(server) == []


def is_running(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


def until(condition) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
