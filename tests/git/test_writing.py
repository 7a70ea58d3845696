"""Concurrent writers, hooks, read-only repositories."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from collections import Counter
from pathlib import Path

import pytest

from gittag_registry import Registry
from gittag_registry.errors import Conflict, GitFailed
from gittag_registry.git.transaction import LostRace, transaction
from gittag_registry.model.commands import Assign, Register
from tests.testing.builder import RepositoryBuilder, git, tag_names

WRITERS = 8
PROGRAM = os.path.join(sysconfig.get_path("scripts"), "git-registry")


@pytest.fixture
def shared(builder: RepositoryBuilder) -> Path:
    """A commit for every writer."""
    for _ in range(WRITERS):
        builder.commit()
    return builder.build()


def all_at_once(repo: Path, *commands: list[str]) -> list[str]:
    """Start a process for every command, and return what they print; all must succeed."""
    running = [
        subprocess.Popen([PROGRAM, *words], cwd=repo, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for words in commands
    ]
    ended = [(process, *process.communicate(timeout=120)) for process in running]
    assert [(process.returncode, errors) for process, _, errors in ended] == [(0, "")] * len(commands)
    return [output for _, output, _ in ended]


def test_eight_processes_register_eight_versions(shared):
    all_at_once(shared, *(["register", "churn", f"HEAD~{n}"] for n in range(WRITERS)))
    assert tag_names(shared) == [f"churn@v0.0.{n}" for n in range(1, WRITERS + 1)]
    assert len({version.commit for version in Registry(shared).versions("churn")}) == WRITERS


def test_eight_processes_register_one_version_once(shared):
    said = all_at_once(shared, *(["register", "churn", "-q"] for _ in range(WRITERS)))
    assert tag_names(shared) == ["churn@v0.0.1"]
    assert Counter(bool(output) for output in said) == {True: 1, False: WRITERS - 1}


def test_eight_processes_assign_with_eight_counters(shared):
    all_at_once(shared, *(["assign", "churn", "prod", f"HEAD~{n}"] for n in range(WRITERS)))
    versions, stages = tag_names(shared)[WRITERS:], tag_names(shared)[:WRITERS]
    assert versions == [f"churn@v0.0.{n}" for n in range(1, WRITERS + 1)]
    counters = sorted(int(name.rpartition("#")[2]) for name in stages)
    assert len(set(counters)) == WRITERS
    dates = git("for-each-ref", "--format=%(taggerdate:unix)", "refs/tags/churn#prod#*", repo=shared).split()
    assert len(set(dates)) == WRITERS  # so that readers who order by the second agree


def test_writers_of_different_artifacts_do_not_meet(shared):
    all_at_once(shared, *(["register", f"model{n}"] for n in range(WRITERS)))
    assert tag_names(shared) == [f"model{n}@v0.0.1" for n in range(WRITERS)]


def test_a_lost_race_is_decided_again_on_what_is_there_now(shared, monkeypatch):
    registry = Registry(shared)
    commit = registry.resolve("HEAD")
    races = []

    def lose_the_first(repository, *, create=(), delete=(), absent=()):
        if not races:
            races.append(list(create))
            git("tag", "-a", "-m", "first", "churn@v0.0.1", "HEAD~1", repo=shared)
        return transaction(repository, create=create, delete=delete, absent=absent)

    monkeypatch.setattr("gittag_registry.store.local_target.transaction", lose_the_first)
    outcome = registry.execute(Register(artifact="churn", commit=commit))
    assert [name for name, _ in races[0]] == ["churn@v0.0.1"]
    assert [event.ref for event in outcome.events] == ["churn@v0.0.2"]


def test_a_race_that_makes_the_request_wrong_is_refused(shared, monkeypatch):
    registry = Registry(shared)
    commit = registry.resolve("HEAD")
    races = []

    def lose_the_first(repository, *, create=(), delete=(), absent=()):
        if not races:
            races.append(list(create))
            git("tag", "-a", "-m", "first", "churn@v1.0.0", "HEAD~1", repo=shared)
        return transaction(repository, create=create, delete=delete, absent=absent)

    monkeypatch.setattr("gittag_registry.store.local_target.transaction", lose_the_first)
    with pytest.raises(Conflict, match=re.escape("version 'v1.0.0' of 'churn' is registered on another commit")):
        registry.execute(Register(artifact="churn", commit=commit, version="v1.0.0"))
    assert tag_names(shared) == ["churn@v1.0.0"]


def test_whoever_always_loses_gives_up(shared, monkeypatch):
    def lose(repository, *, create=(), delete=(), absent=()):
        raise LostRace("reference already exists")

    monkeypatch.setattr("gittag_registry.store.local_target.transaction", lose)
    registry = Registry(shared, patience=0.2)
    with pytest.raises(Conflict, match="reference already exists"):
        registry.execute(Register(artifact="churn", commit=registry.resolve("HEAD")))
    assert tag_names(shared) == []


def test_every_tag_of_an_operation_carries_its_id(shared):
    registry = Registry(shared)
    outcome = registry.execute(Assign(artifact="churn", stage="prod", commit=registry.resolve("HEAD")))
    ids = {event.parsed_message.trailer("Registry-Op") for event in outcome.events}
    assert len(outcome.events) == 2
    assert len(ids) == 1
    [operation] = ids
    assert operation is not None
    assert re.fullmatch("[0-9a-f]{32}", operation)


def test_what_a_write_returns_is_what_is_read_back(shared):
    registry = Registry(shared)
    outcome = registry.execute(Assign(artifact="churn", stage="prod", commit="HEAD"), message="Ship\n\nBody")
    assert list(outcome.events) == list(registry.artifact("churn").events)


def test_a_hook_that_refuses_leaves_nothing(shared):
    hook = shared / ".git" / "hooks" / "reference-transaction"
    hook.write_text('#!/bin/sh\n[ "$1" != prepared ]\n')
    hook.chmod(0o755)
    registry = Registry(shared)
    with pytest.raises(GitFailed, match="aborted by"):
        registry.execute(Register(artifact="churn", commit=registry.resolve("HEAD")))
    assert tag_names(shared) == []


@pytest.fixture
def read_only(shared):
    """The shared repository, with folders nobody may write to; not even root, where chattr works."""
    folders = [shared / ".git" / "refs" / "tags", shared / ".git" / "refs", shared / ".git"]
    if os.geteuid() == 0:
        if subprocess.run(["chattr", "+i", *folders], capture_output=True, check=False).returncode:
            pytest.skip("root may write everywhere, and chattr does not work here")
        yield shared
        subprocess.run(["chattr", "-i", *folders], check=True)
    else:
        for folder in folders:
            folder.chmod(0o555)
        yield shared
        for folder in folders:
            folder.chmod(0o755)


def test_a_read_only_repository_is_read_and_not_written(cli, read_only):
    assert cli("show", repo=read_only).code == 0
    refused = cli("register", "churn")
    assert (refused.code, refused.out) == (1, "")
    assert "Operation not permitted" in refused.err or "Permission denied" in refused.err
    assert "hint: check the owner and the permissions of the repository\n" in refused.err
    assert tag_names(read_only) == []
