"""Pushes to real servers and to servers that fail: done once, or not at all, or reported as unknown."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from gittag_registry import Registry
from gittag_registry.errors import InDoubt, Refused, RemoteError
from gittag_registry.model.commands import Assign, Register
from gittag_registry.model.names import Selector
from gittag_registry.model.results import Outcome
from gittag_registry.services.describe import describe
from gittag_registry.store.clock import SystemClock
from gittag_registry.store.writer import Writer
from tests.testing.builder import RepositoryBuilder, git, tag_names
from tests.testing.servers import CuttingProxy
from tests.testing.servers.processes import LOOPBACK

ADA = {"user": "ada", "password": "s3cret"}


def serve(path: Path) -> Path:
    """A repository with two commits, and v1.0.0 of churn on the first."""
    repo = RepositoryBuilder(path, bare=True)
    repo.tag("churn@v1.0.0", repo.commit())
    repo.commit()
    return repo.build()


def write_hook(repo: Path, name: str, script: str) -> None:
    hook = repo / "hooks" / name
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{script}\n")
    hook.chmod(0o755)


@pytest.fixture
def served(request, tmp_path):
    """The repository of a server, and its address."""
    server = request.getfixturevalue(request.param)
    if request.param == "ssh":
        repo = serve(tmp_path / "churn.git")
        return repo, server.url(repo)
    repo = serve(server.root / "churn.git")
    if request.param == "https":
        git("config", "http.receivepack", "true", repo=repo)
        return repo, server.url("churn", **ADA)
    return repo, server.url("churn")


@pytest.fixture
def clone(tmp_path):
    """Clones an address."""

    def make(url: str) -> Path:
        git("clone", "--quiet", url, str(tmp_path / "clone"))
        return tmp_path / "clone"

    return make


def assign(registry: Registry, **options: object) -> Outcome:
    return registry.execute(Assign(artifact="churn", stage="prod", commit=registry.resolve("HEAD")), **options)


class WaitingClock(SystemClock):
    """A clock that moves only when somebody waits, and without waiting; something may happen meanwhile."""

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self._time = super().now()
        self._meanwhile = meanwhile

    def now(self) -> float:
        return self._time

    def sleep(self, seconds: float) -> None:
        self._time += seconds
        self._meanwhile()


def push_assignment(place: Path, clock: WaitingClock) -> Outcome:
    registry = Registry(place)
    target = registry.store.target(push=True, remote=None, settings=lambda: registry.settings)
    command = Assign(artifact="churn", stage="prod", commit=registry.resolve("HEAD"))
    return Writer(target, clock=clock, patience=2.0).execute(command)


WRITTEN = ["churn#prod#1", "churn@v1.0.0", "churn@v1.0.1"]


class TestEveryServer:
    pytestmark = pytest.mark.parametrize("served", ["https", "ssh"], indirect=True)

    def test_takes_two_tags_of_a_clone(self, served, clone):
        repo, url = served
        place = clone(url)
        assert assign(Registry(place), push=True).done
        assert (tag_names(repo), tag_names(place)) == (WRITTEN, WRITTEN)

    def test_takes_two_tags_by_its_address(self, served):
        repo, url = served
        assert assign(Registry(url)).done
        assert tag_names(repo) == WRITTEN

    def test_that_dies_before_it_answers_has_done_it_once(self, served, clone):
        repo, url = served
        write_hook(repo, "post-receive", f"[ -e '{repo}/once' ] || {{ touch '{repo}/once'; kill -9 $PPID; }}")
        place = clone(url)
        assert assign(Registry(place), push=True).done
        assert (tag_names(repo), tag_names(place)) == (WRITTEN, WRITTEN)

    def test_that_dies_before_it_begins_does_it_once(self, served):
        repo, url = served
        write_hook(repo, "pre-receive", f"[ -e '{repo}/once' ] || {{ touch '{repo}/once'; kill -9 $PPID; }}")
        assert assign(Registry(url)).done
        assert tag_names(repo) == WRITTEN


class TestAnSshServerThatHasNotHeardOfProtocolVersion2:
    """A stock sshd lets no GIT_PROTOCOL in, and the older protocol gives no single file."""

    @pytest.fixture
    def url(self, ssh, tmp_path, monkeypatch):
        monkeypatch.setenv("GIT_SSH_COMMAND", f"env -u GIT_PROTOCOL {os.environ['GIT_SSH_COMMAND']}")
        repo = tmp_path / "server.git"
        builder = RepositoryBuilder(repo, bare=True)
        first = builder.commit(
            {".gittag-registry.yaml": "stages: [prod]\n", "artifacts.yaml": "churn: {type: model}\n"}
        )
        builder.tag("churn@v1.0.0", first)
        builder.build()
        git("config", "uploadpack.allowFilter", "true", repo=repo)
        return ssh.url(repo)

    def test_is_written_to_by_its_rules(self, url, tmp_path):
        warnings = []
        registry = Registry(url, on_warning=warnings.append)
        assert registry.execute(Assign(artifact="churn", stage="prod", version="v1.0.0")).done
        assert "churn#prod#1" in tag_names(tmp_path / "server.git")
        assert any("sends no single files" in warning for warning in warnings)
        with pytest.raises(Refused, match="stage 'dev' is not allowed"):
            registry.execute(Assign(artifact="churn", stage="dev", version="v1.0.0"))

    def test_is_read_files_and_all(self, url):
        assert describe(Registry(url), Selector("churn"))[0].type == "model"
        assert Registry(url).latest("churn").version == "v1.0.0"


def test_a_sha256_server_is_read_and_written(tmp_path):
    repo = tmp_path / "server.git"
    git("init", "--quiet", "--bare", "--object-format=sha256", str(repo))
    tree = git("hash-object", "-t", "tree", "-w", "/dev/null", repo=repo).strip()
    git("update-ref", "HEAD", git("commit-tree", tree, "-m", "x", repo=repo).strip(), repo=repo)
    url = f"file://{repo}"
    registry = Registry(url)
    registry.execute(Register(artifact="churn", commit=registry.resolve("HEAD")))
    assert tag_names(repo) == ["churn@v0.0.1"]
    assert len(Registry(url).latest("churn").commit) == 64


def register_at_last(registry, name):
    """Register, again where the first question to the server is refused: git takes some broken connections for that."""
    for _ in range(10):
        try:
            return registry.execute(Register(artifact=name, commit=registry.resolve("HEAD")), push=True)
        except RemoteError as error:
            if "it is unknown whether" in error.message:
                raise
    raise AssertionError("refused ten times")


class TestHttps:
    def test_a_repository_that_may_only_be_read_refuses(self, https, clone):
        repo = serve(https.root / "churn.git")
        git("config", "http.receivepack", "false", repo=repo)
        place = clone(https.url("churn", **ADA))
        with pytest.raises(RemoteError, match=r"access denied .*403") as caught:
            assign(Registry(place), push=True)
        assert "s3cret" not in f"{caught.value.message} {caught.value.hint}"
        assert tag_names(place) == tag_names(repo) == ["churn@v1.0.0"]

    def test_wrong_credentials_change_nothing(self, https, tmp_path):
        repo = serve(https.root / "churn.git")
        git("clone", "--quiet", str(repo), str(tmp_path / "clone"))
        git("remote", "set-url", "origin", https.url("churn", user="ada", password="wr0ng"), repo=tmp_path / "clone")
        with pytest.raises(RemoteError, match="access denied") as caught:
            assign(Registry(tmp_path / "clone"), push=True)
        assert "wr0ng" not in caught.value.message
        assert tag_names(tmp_path / "clone") == ["churn@v1.0.0"]

    @pytest.mark.parametrize("seed", [1, 2])
    def test_cut_connections_lose_and_double_nothing(self, https, clone, seed, monkeypatch):
        monkeypatch.setattr("gittag_registry.git.remote._TRIES", 20)
        repo = serve(https.root / "churn.git")
        git("config", "http.receivepack", "true", repo=repo)
        place = clone(https.url("churn", **ADA))
        with CuttingProxy(https.port, share=0.5, seed=seed) as proxy:
            git("remote", "set-url", "origin", https.url("churn", **ADA, port=proxy.port), repo=place)
            registry = Registry(place)
            for number in range(3):
                register_at_last(registry, f"model{number}")
        assert proxy.cuts >= 1
        assert tag_names(repo) == ["churn@v1.0.0", "model0@v0.0.1", "model1@v0.0.1", "model2@v0.0.1"]
        assert tag_names(place) == tag_names(repo)


class TestInDoubt:
    @pytest.mark.parametrize("there", [True, False])
    def test_a_server_that_is_gone_after_the_push_leaves_it_unknown(self, tmp_path, clone, there):
        repo = serve(tmp_path / "server.git")
        place = clone(str(repo))
        hook = "post-receive" if there else "pre-receive"
        write_hook(repo, hook, f"mv '{repo}' '{repo}.gone'; kill -9 $PPID")
        with pytest.raises(RemoteError, match="it is unknown whether") as caught:
            push_assignment(place, WaitingClock())
        made = r"created '(churn\S+)' \(object ([0-9a-f]{40})\)"
        told = re.match(
            rf"operation [0-9a-f]{{32}}: it is unknown whether 'origin' {made} and {made}: ", caught.value.message
        )
        assert told is not None, caught.value.message
        assert (told[1], told[3]) == ("churn@v1.0.1", "churn#prod#1")
        assert isinstance(caught.value, InDoubt)
        assert caught.value.refs == ("churn@v1.0.1", "churn#prod#1")
        assert caught.value.message.startswith(f"operation {caught.value.operation}: ")
        assert caught.value.hint.endswith(": git ls-remote origin refs/tags/churn@v1.0.1 'refs/tags/churn#prod#1'")
        assert tag_names(place) == ["churn@v1.0.0"]
        gone = Path(f"{repo}.gone")
        assert tag_names(gone) == (WRITTEN if there else ["churn@v1.0.0"])
        if there:
            assert git("rev-parse", "churn@v1.0.1", "churn#prod#1", repo=gone).split() == [told[2], told[4]]

    def test_a_server_that_comes_back_is_asked_then(self, tmp_path, clone):
        repo = serve(tmp_path / "server.git")
        place = clone(str(repo))
        write_hook(repo, "post-receive", f"mv '{repo}' '{repo}.gone'; kill -9 $PPID")
        assert push_assignment(place, WaitingClock(lambda: Path(f"{repo}.gone").rename(repo))).done
        assert tag_names(place) == tag_names(repo) == WRITTEN

    def test_a_server_that_is_gone_when_rivals_are_looked_for_leaves_it_unknown(self, tmp_path, clone):
        repo = serve(tmp_path / "server.git")
        place = clone(str(repo))
        write_hook(repo, "post-receive", f"mv '{repo}' '{repo}.gone'")
        with pytest.raises(RemoteError, match=r"it is unknown whether 'origin' created 'churn@v1\.0\.1'"):
            push_assignment(place, WaitingClock())

    def test_a_server_that_never_was_there_is_no_doubt(self, tmp_path, clone):
        place = clone(str(serve(tmp_path / "server.git")))
        git("remote", "set-url", "origin", str(tmp_path / "nowhere.git"), repo=place)
        with pytest.raises(RemoteError, match="no such repository"):
            push_assignment(place, WaitingClock())

    def test_the_refusal_of_a_repetition_is_no_refusal(self, tmp_path, clone):
        repo = serve(tmp_path / "server.git")
        place = clone(str(repo))
        hook = place / ".git" / "hooks" / "pre-push"
        hook.write_text(  # the same push has come through already, as when curl repeats a request
            f"#!/bin/sh\nread _ oid ref _\n[ -e '{place}/once' ] && exit\ntouch '{place}/once'\n"
            f"git push -q --no-verify '{repo}' $oid:$ref\n"
        )
        hook.chmod(0o755)
        registry = Registry(place)
        assert registry.execute(Register(artifact="churn", commit=registry.resolve("HEAD")), push=True).done
        assert tag_names(repo) == tag_names(place) == ["churn@v1.0.0", "churn@v1.0.1"]

    def test_a_server_that_says_nothing_is_given_up(self, hanging, tmp_path, clone, monkeypatch):
        place = clone(str(serve(tmp_path / "server.git")))
        git("remote", "set-url", "origin", f"git://{LOOPBACK}:{hanging.port}/churn.git", repo=place)
        monkeypatch.setenv("GITTAG_TIMEOUT", "1")
        monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "git")
        monkeypatch.setattr("gittag_registry.git.remote._TRIES", 1)
        with pytest.raises(RemoteError, match="timed out: no answer for 1 seconds"):
            push_assignment(place, WaitingClock())
        assert tag_names(place) == ["churn@v1.0.0"]
