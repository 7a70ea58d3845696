"""Refusals of a server that do not change: they are told after a few requests, and nothing is claimed that is not so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gittag_registry import Registry
from gittag_registry.errors import InDoubt, NotFound, Refused, RemoteError
from gittag_registry.git.failures import ServerFailed, TimedOut
from gittag_registry.model.commands import Assign, Command, Deregister
from gittag_registry.model.results import Outcome
from gittag_registry.store.clock import SYSTEM, Clock
from gittag_registry.store.writer import Writer
from tests.store.test_push import WaitingClock, serve, write_hook
from tests.testing.builder import git, tag_names
from tests.testing.servers import RefusingServer

PUSH, QUESTION = "/git-receive-pack", "info/refs?service=git-receive-pack"
PUSHED = "/churn.git/git-receive-pack"
BEFORE = ["churn@v1.0.0"]
AFTER = ["churn#prod#1", "churn@v1.0.0", "churn@v1.0.1"]


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """The repository of a server."""
    path = serve(tmp_path / "root" / "churn.git")
    git("config", "http.receivepack", "true", repo=path)
    return path


@pytest.fixture
def clone(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[RefusingServer], Path]:
    """Clones the repository from a server."""
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "http:file")

    def make(server: RefusingServer) -> Path:
        git("clone", "--quiet", str(repo), str(tmp_path / "clone"))
        git("remote", "set-url", "origin", server.url("churn"), repo=tmp_path / "clone")
        return tmp_path / "clone"

    return make


def push(place: Path, command: Command | None = None, clock: Clock | None = None, patience: float = 60) -> Outcome:
    registry = Registry(place)
    target = registry.store.target(push=True, remote=None, settings=lambda: registry.settings)
    command = command or Assign(artifact="churn", stage="prod", commit=registry.resolve("HEAD"))
    return Writer(target, clock=clock or WaitingClock(), patience=patience).execute(command)


class TestHttpStatus:
    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_a_push_that_the_server_fails_at_is_tried_three_times_and_in_doubt(self, repo, clone, status):
        with RefusingServer(repo.parent, {PUSH: status}) as server:
            place = clone(server)
            with pytest.raises(InDoubt, match=f"HTTP {status}"):
                push(place)
        assert server.requests.count(PUSHED) == 3
        assert tag_names(repo) == tag_names(place) == BEFORE

    def test_a_push_that_was_carried_out_all_the_same_is_done(self, repo, clone):
        with RefusingServer(repo.parent, {PUSH: 500}, carries_out=True) as server:
            place = clone(server)
            assert push(place).done
        assert server.requests.count(PUSHED) == 1
        assert tag_names(repo) == tag_names(place) == AFTER

    @pytest.mark.parametrize("status", [413, 429])
    def test_a_push_that_is_not_taken_changes_nothing(self, repo, clone, status):
        with RefusingServer(repo.parent, {PUSH: status}) as server:
            place = clone(server)
            with pytest.raises(RemoteError, match=rf"refused the request .*HTTP {status}") as caught:
                push(place)
        assert not isinstance(caught.value, InDoubt)
        assert server.requests.count(PUSHED) == 2
        assert tag_names(repo) == BEFORE

    @pytest.mark.parametrize("status", [429, 500, 503])
    def test_a_server_that_fails_before_the_push_got_none(self, repo, clone, status):
        with RefusingServer(repo.parent, {QUESTION: status}) as server:
            place = clone(server)
            with pytest.raises(ServerFailed, match=rf"failed .*returned error: {status}"):
                push(place)
        assert PUSHED not in server.requests


class TestHiddenTags:
    @pytest.mark.parametrize("setting", ["transfer.hideRefs", "receive.hideRefs"])
    def test_a_tag_that_may_not_be_pushed_is_refused_at_once(self, repo, clone, setting):
        with RefusingServer(repo.parent, {}) as server:
            place = clone(server)
            git("config", setting, "refs/tags", repo=repo)
            with pytest.raises(Refused, match="deny updating a hidden ref"):
                push(place)
        assert server.requests.count(PUSHED) == 1

    def test_a_server_that_lists_no_tags_is_said_to_hide_them(self, repo, clone):
        with RefusingServer(repo.parent, {}) as server:
            place = clone(server)
            git("config", "uploadpack.hideRefs", "refs/tags", repo=repo)
            with pytest.raises(InDoubt, match=r"accepted .*, but does not list .* perhaps it hides tags from readers"):
                push(place)
        assert server.requests.count(PUSHED) == 1

    def test_nobody_is_told_to_push_what_the_server_hides(self, repo, clone):
        with RefusingServer(repo.parent, {}) as server:
            place = clone(server)
            git("config", "uploadpack.hideRefs", "refs/tags", repo=repo)
            with pytest.raises(NotFound) as caught:
                push(place, Assign(artifact="churn", stage="prod", version="v1.0.0"))
            assert caught.value.hint.endswith("hides it from readers")
            git("config", "--unset", "uploadpack.hideRefs", repo=repo)
            git("update-ref", "-d", "refs/tags/churn@v1.0.0", repo=repo)
            with pytest.raises(NotFound) as caught:
                push(place, Assign(artifact="churn", stage="prod", version="v1.0.0"))
            assert caught.value.hint.endswith("push them first: git registry push churn")


class TestHooks:
    def test_a_deletion_that_a_hook_forbids_is_refused_at_once(self, repo, clone):
        write_hook(repo, "update", "echo 'tags stay'; exit 1")
        with RefusingServer(repo.parent, {}) as server:
            place = clone(server)
            with pytest.raises(Refused, match="hook declined\ntags stay"):
                push(place, Deregister(artifact="churn", version="v1.0.0", delete=True))
        assert server.requests.count(PUSHED) == 1

    def test_a_hook_that_prints_for_ever_is_cut_at_the_deadline(self, repo, tmp_path, monkeypatch):
        monkeypatch.setenv("GITTAG_TIMEOUT", "1")
        git("clone", "--quiet", str(repo), str(tmp_path / "clone"))
        write_hook(repo, "pre-receive", "while sleep 0.1; do echo checking; done")
        with pytest.raises(InDoubt, match="nothing but messages for") as caught:
            push(tmp_path / "clone", clock=SYSTEM, patience=2)
        assert isinstance(caught.value.__cause__, TimedOut)
        assert tag_names(repo) == BEFORE

    def test_a_server_that_cannot_change_two_tags_at_once_is_told_of(self, repo, clone):
        with RefusingServer(repo.parent, {}) as server:
            place = clone(server)
            git("config", "receive.advertiseAtomic", "false", repo=repo)
            with pytest.raises(RemoteError, match="cannot change several tags at once") as caught:
                push(place)
        assert caught.value.hint == "change one with each command, for instance register first and then assign"
        assert tag_names(repo) == BEFORE
