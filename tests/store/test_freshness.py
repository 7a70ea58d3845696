"""Answers from the cache of a remote registry: those that are recent enough, and the last known ones."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from gittag_registry import api
from gittag_registry.errors import (
    AccessDenied,
    NotFound,
    ProtocolNotAllowed,
    RemoteError,
    Unreachable,
    UntrustedCertificate,
    UsageError,
)
from gittag_registry.model.commands import Assign
from gittag_registry.registry import Registry
from gittag_registry.store import mirrors
from tests.testing.builder import RepositoryBuilder, git
from tests.testing.servers import GitDaemon, HttpsServer, StatusServer
from tests.testing.servers.processes import LOOPBACK

ADA = {"user": "ada", "password": "s3cret"}


def serve(path: Path) -> Path:
    """A repository with churn v1.0.0 in prod."""
    repo = RepositoryBuilder(path, bare=True)
    commit = repo.commit({"artifacts.yaml": "churn:\n  type: model\n"})
    repo.tag("churn@v1.0.0", commit)
    repo.tag("churn#prod#1", commit)
    repo.build()
    git("config", "uploadpack.allowFilter", "true", repo=path)
    return path


@pytest.fixture
def url(daemon: GitDaemon, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of such a repository."""
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "git")
    serve(daemon.root / "churn.git")
    return daemon.url("churn")


def promote(daemon: GitDaemon) -> None:
    """Put a new version into prod, on the server."""
    server = daemon.root / "churn.git"
    for tag in ("churn@v2.0.0", "churn#prod#2"):
        commit = git("commit-tree", "main^{tree}", "-p", "main", "-m", "next", repo=server).strip()
        git("tag", "--annotate", "--message=x", tag, commit, repo=server)


def let_pass(seconds: float) -> float:
    """Make the cache so much older; returns when the server now was asked."""
    [cache] = mirrors.list_mirrors()
    moment = time.time() - seconds
    for check in (cache.path / mirrors.CHECKS).iterdir():
        os.utime(check, (moment, moment))
    return moment


class Commands:
    """The verbs of the commands that asked the server."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, words: tuple[str, ...]) -> None:
        self.asked += [word for word in words if word in ("fetch", "ls-remote")]


@pytest.fixture
def commands() -> Commands:
    return Commands()


class TestMaximalAge:
    def test_a_recent_answer_asks_nobody(self, url, commands):
        registry = Registry(url, max_age=60, on_command=commands)
        assert registry.current("churn", "prod").version == "v1.0.0"
        assert commands.asked == ["fetch"]
        let_pass(55)
        assert registry.current("churn", "prod").last_known is None
        assert registry.latest("churn").version == "v1.0.0"
        assert commands.asked == ["fetch"]

    def test_an_older_one_asks_the_server(self, url, daemon, commands):
        registry = Registry(url, max_age=60, on_command=commands)
        registry.current("churn", "prod")
        promote(daemon)
        let_pass(65)
        assert registry.current("churn", "prod").version == "v2.0.0"
        assert commands.asked == ["fetch"] * 3

    def test_a_question_about_everything_answers_for_each(self, url, commands):
        registry = Registry(url, max_age=60, on_command=commands)
        registry.show()
        registry.current("churn", "prod")
        assert commands.asked == ["fetch"]
        assert registry.show().rows[0].latest == "v1.0.0"
        assert commands.asked == ["fetch"]

    def test_a_question_about_one_artifact_answers_for_no_other(self, url, commands):
        registry = Registry(url, max_age=60, on_command=commands)
        registry.current("churn", "prod")
        registry.show()
        assert commands.asked.count("fetch") == 2

    def test_an_age_of_zero_always_asks(self, url, daemon):
        registry = Registry(url, max_age=0)
        registry.current("churn", "prod")
        promote(daemon)
        let_pass(1)
        assert registry.current("churn", "prod").version == "v2.0.0"

    def test_a_clock_that_was_set_back_does_not_keep_an_answer_alive(self, url, daemon):
        registry = Registry(url, max_age=60)
        registry.current("churn", "prod")
        promote(daemon)
        let_pass(-3600)
        assert registry.current("churn", "prod").version == "v2.0.0"

    def test_a_cache_that_lost_an_object_is_not_answered_from(self, url):
        registry = Registry(url, max_age=60)
        registry.current("churn", "prod")
        [cache] = mirrors.list_mirrors()
        for file in [*cache.path.glob("objects/??/*"), *cache.path.glob("objects/pack/*")]:
            file.unlink()
        assert registry.current("churn", "prod").version == "v1.0.0"

    def test_an_artifact_without_tags_is_not_registered(self, url):
        registry = Registry(url, max_age=60)
        for _ in range(2):
            with pytest.raises(NotFound, match="'chrun' is not registered"):
                registry.current("chrun", "prod")

    def test_a_change_is_decided_on_the_tags_of_the_server(self, url, daemon):
        registry = Registry(url, max_age=60)
        registry.current("churn", "prod")
        promote(daemon)
        git("config", "daemon.receivepack", "true", repo=daemon.root / "churn.git")
        [event] = registry.execute(Assign(artifact="churn", stage="dev", version="v2.0.0")).events
        assert event.ref == "churn#dev#3"

    def test_of_a_local_repository_the_tags_are_read(self, example):
        registry = api.open_registry(example, max_age=3600, last_known=True)
        assert registry.current("churn", "dev") is None
        api.assign(example, "churn", "dev", "v1.1.0")
        assert registry.current("churn", "dev").version == "v1.1.0"

    @pytest.mark.parametrize("age", [-1, float("nan")])
    def test_an_age_that_nothing_can_have_is_refused(self, url, age):
        with pytest.raises(UsageError, match="max_age is a number of seconds"):
            Registry(url, max_age=age)


class TestLastKnown:
    def test_while_the_server_answers_nothing_is_different(self, url, daemon):
        registry = Registry(url, last_known=True)
        assert registry.current("churn", "prod").version == "v1.0.0"
        promote(daemon)
        model = registry.current("churn", "prod")
        assert (model.version, model.last_known) == ("v2.0.0", None)

    def test_while_it_is_down_the_answer_is_the_last_known_one_and_marked(self, url, daemon):
        warnings: list[str] = []
        registry = Registry(url, last_known=True, on_warning=warnings.append)
        registry.current("churn", "prod")
        listed = int(let_pass(7300))
        daemon.__exit__()
        model = registry.current("churn", "prod")
        assert (model.version, model.last_known) == ("v1.0.0", listed)
        assert (registry.latest("churn").last_known, registry.artifact("churn").last_known) == (listed, listed)
        assert registry.current("churn", "prod", at="now").last_known == listed
        assert "cannot connect" in warnings[0]
        assert warnings[0].endswith(": answering from a cache 2 hours old")

    def test_a_table_is_marked_too(self, url, daemon):
        registry = Registry(url, last_known=True)
        assert registry.show().last_known is None
        listed = int(let_pass(10))
        daemon.__exit__()
        assert (registry.show().last_known, registry.state().last_known) == (listed, listed)

    def test_without_being_asked_for_it_is_not_given(self, url, daemon):
        Registry(url).current("churn", "prod")
        daemon.__exit__()
        with pytest.raises(Unreachable, match="cannot connect"):
            Registry(url, max_age=0).current("churn", "prod")

    def test_what_was_never_asked_is_not_known(self, url, daemon):
        registry = Registry(url, last_known=True)
        registry.current("churn", "prod")
        daemon.__exit__()
        with pytest.raises(Unreachable):
            registry.show()

    def test_that_an_artifact_had_no_tags_is_known_too(self, url, daemon):
        registry = Registry(url, last_known=True)
        for _ in range(2):
            with pytest.raises(NotFound, match="'chrun' is not registered"):
                registry.current("chrun", "prod")
            daemon.__exit__()

    def test_a_server_that_answers_no_is_not_down(self, url, daemon):
        registry = Registry(url, last_known=True)
        registry.current("churn", "prod")
        (daemon.root / "churn.git").rename(daemon.root / "away.git")
        with pytest.raises(RemoteError, match="no such repository") as caught:
            registry.current("churn", "prod")
        assert not isinstance(caught.value, Unreachable)

    def test_an_answer_without_the_server_is_marked_as_well(self, url):
        Registry(url).current("churn", "prod")
        listed = int(let_pass(100))
        assert Registry(url, offline=True).current("churn", "prod").last_known == listed

    def test_a_damaged_cache_is_no_answer(self, url, daemon):
        registry = Registry(url, last_known=True)
        registry.current("churn", "prod")
        [cache] = mirrors.list_mirrors()
        daemon.__exit__()
        for file in [*cache.path.glob("objects/??/*"), *cache.path.glob("objects/pack/*")]:
            file.unlink()
        with pytest.raises(Unreachable):
            registry.current("churn", "prod")

    def test_the_functions_take_a_registry_with_its_settings(self, url, daemon):
        registry = api.open_registry(url, last_known=True)
        api.find_versions_in_stage(registry, "churn", "prod")
        daemon.__exit__()
        [model] = api.find_versions_in_stage(registry, "churn", "prod")
        assert model.last_known is not None


class TestTheCommand:
    def test_answers_from_a_recent_cache(self, cli, url, daemon):
        assert cli("which", "churn", "prod", "-r", url).out == "v1.0.0\n"
        daemon.__exit__()
        shown = cli("which", "churn", "prod", "-r", url, "--max-age", "60")
        assert (shown.code, shown.out, shown.err) == (0, "v1.0.0\n", "")

    def test_gives_the_last_known_answer_with_a_warning(self, cli, url, daemon):
        assert cli("which", "churn", "prod", "-r", url, "--json", "--last-known").code == 0
        daemon.__exit__()
        assert cli("which", "churn", "prod", "-r", url).code == 4
        shown = cli("which", "churn", "prod", "-r", url, "--json", "--last-known")
        assert shown.code == 0
        assert shown.err.startswith("warning: ")
        assert "answering from a cache " in shown.err
        [model] = json.loads(shown.out)["versions"]
        assert (model["version"], model["last_known"][-1]) == ("v1.0.0", "Z")
        latest = cli("latest", "churn", "-r", url, "--json", "--last-known")
        assert json.loads(latest.out)["versions"][0]["last_known"] == model["last_known"]

    def test_refuses_an_age_that_nothing_can_have(self, cli, url):
        assert cli("which", "churn", "prod", "-r", url, "--max-age", "-1").code == 2


# Errors that may pass, and those that will not


@pytest.mark.parametrize("function", [api.current, api.find_versions_in_stage])
class TestErrors:
    def ask(self, function, address: str) -> type[RemoteError]:
        """The class of the error."""
        with pytest.raises(RemoteError) as caught:
            function(address, "churn", "prod")
        return type(caught.value)

    def test_of_a_server_that_is_down_or_unknown_may_pass(self, function, hanging):
        hanging.__exit__()
        assert issubclass(self.ask(function, f"https://{LOOPBACK}:{hanging.port}/m.git"), Unreachable)
        assert issubclass(self.ask(function, "https://host.invalid/m.git"), Unreachable)

    def test_of_a_server_that_is_silent_may_pass(self, function, hanging, monkeypatch):
        monkeypatch.setenv("GITTAG_TIMEOUT", "1")
        assert issubclass(self.ask(function, f"https://{LOOPBACK}:{hanging.port}/m.git"), Unreachable)

    def test_of_a_server_that_is_overloaded_may_pass(self, function, monkeypatch):
        monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "http")
        with StatusServer(503) as server:
            assert issubclass(self.ask(function, server.url("m")), Unreachable)

    def test_of_wrong_credentials_stays(self, function, https: HttpsServer):
        serve(https.root / "churn.git")
        assert self.ask(function, https.url("churn", user="ada", password="wrong")) is AccessDenied
        assert self.ask(function, https.url("churn")) is AccessDenied

    def test_of_a_certificate_nobody_trusts_stays(self, function, https: HttpsServer):
        serve(https.root / "churn.git")
        git("config", "--global", "--unset", "http.sslCAInfo")
        assert self.ask(function, https.url("churn", **ADA)) is UntrustedCertificate

    def test_of_a_protocol_that_is_not_allowed_stays(self, function):
        assert self.ask(function, f"http://{LOOPBACK}:9/m.git") is ProtocolNotAllowed

    def test_of_a_repository_that_does_not_exist_stays(self, function, https: HttpsServer):
        assert self.ask(function, https.url("missing", **ADA)) is RemoteError
