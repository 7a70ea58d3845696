"""Servers that speak older versions of the protocol, or are not git's own: read and written by address and by push."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.testing.builder import git, tag_names
from tests.testing.remotes import need, need_other, ssh
from tests.testing.servers import DulwichServer, HttpsServer, JGitDaemon, NodeServer

__all__ = ["ssh"]

SHA1 = ["https v0", "https v1", "ssh v0", "node", "dulwich git", "dulwich http", "jgit"]
SHA256 = ["https v0", "ssh v0", "node"]  # JGit 4.11 has no SHA-256, and dulwich 1.2 loses what is pushed to it
READING = [
    "latest churn",
    "which --rev HEAD --json",
    "describe churn@v1.0.0 --json",
    "diff churn@v1.0.0 churn@v1.1.0 --json",
    "doctor --json",
]


@pytest.fixture
def work(isolated: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A repository with five commits: churn's two versions on the first and third, and a policy."""
    place = tmp_path / "work"
    git("init", "--quiet", "--initial-branch=main", f"--object-format={request.param}", str(place))
    for number in range(5):
        (place / "artifacts.yaml").write_text("churn: {type: model, path: churn.bin}\n")
        (place / ".gittag-registry.yaml").write_text("stages: [prod, staging]\n")
        (place / "churn.bin").write_text(f"{number}\n")
        git("add", ".", repo=place)
        git("commit", "--quiet", "--message", f"train {number}", repo=place)
    for version, commit in (("v1.0.0", "main~4"), ("v1.1.0", "main~2")):
        git("tag", "--annotate", "--message=x", f"churn@{version}", commit, repo=place)
    git("tag", "--annotate", "--message=x", "churn#prod#1", "main~4", repo=place)
    return place


@pytest.fixture
def address(
    work: Path, tmp_path: Path, request: pytest.FixtureRequest, isolated: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The address of a copy of that repository on a server, whose configuration lets clients leave out files."""
    root = tmp_path / "root"
    root.mkdir()
    git("clone", "--quiet", "--bare", str(work), str(root / "churn.git"))
    for setting in ("http.receivepack", "uploadpack.allowFilter"):
        git("config", setting, "true", repo=root / "churn.git")
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "https:ssh:http:git")
    with ExitStack() as exits:
        yield _serve(request.param, root, exits, request, isolated, monkeypatch)


def _serve(
    name: str,
    root: Path,
    exits: ExitStack,
    request: pytest.FixtureRequest,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    if name.startswith("https"):
        need("lighttpd", "openssl")
        https = exits.enter_context(HttpsServer(root, protocol=int(name[-1])))
        git("config", "--global", "http.sslCAInfo", str(https.ca))
        return https.url("churn", user="ada", password="s3cret")
    if name == "ssh v0":
        server = request.getfixturevalue("ssh")
        monkeypatch.setenv("GIT_SSH_COMMAND", f"env -u GIT_PROTOCOL {os.environ['GIT_SSH_COMMAND']}")
        return server.url(root / "churn.git")
    need_other(name.split()[0])
    others = {"node": NodeServer, "jgit": JGitDaemon}
    if name in others:
        return exits.enter_context(others[name](root)).url("churn")
    return exits.enter_context(DulwichServer(root, scheme=name.split()[1])).url("churn")


@pytest.fixture
def forget(isolated: Path) -> Callable[[], None]:
    """Remove what earlier commands fetched."""
    return lambda: shutil.rmtree(isolated / ".cache", ignore_errors=True)


def commit(work: Path, revision: str) -> str:
    return git("rev-parse", revision, repo=work).strip()


class TestEveryServer:
    pytestmark = pytest.mark.parametrize(
        ("work", "address"),
        [("sha1", name) for name in SHA1] + [("sha256", name) for name in SHA256],
        indirect=True,
    )

    def test_answers_as_a_clone_does(self, cli, work, address, tmp_path):
        here = {command: cli(*command.split(), repo=work) for command in READING}
        there = {command: cli(*command.split(), "-r", address, repo=tmp_path) for command in READING}
        assert {command: (r.code, r.out) for command, r in there.items()} == {
            command: (r.code, r.out) for command, r in here.items()
        }

    def test_is_written_to_by_its_address(self, cli, work, address, tmp_path, forget):
        unnamed = commit(work, "main~1")  # by no branch and no tag
        commands = [
            f"register churn {unnamed}",
            "assign embed prod HEAD",
            "unassign churn prod --version v1.0.0",
            "deregister churn v1.1.0 --delete --yes",
        ]
        for command in commands:
            forget()
            done = cli(*command.split(), "-r", address, repo=tmp_path)
            assert done.code == 0, f"{command}: {done.err}"
        written = ["churn#prod!#2", "churn#prod#1", "churn@v1.0.0", "churn@v1.1.1", "embed#prod#1", "embed@v0.0.1"]
        server = tmp_path / "root" / "churn.git"
        assert tag_names(server) == written
        assert git("rev-parse", "churn@v1.1.1^{}", repo=server).strip() == unnamed
        assert cli("assign", "churn", "dev", "HEAD", "-r", address, repo=tmp_path).code == 6  # by its policy

    def test_takes_a_push(self, cli, work, address, tmp_path):
        git("clone", "--quiet", address, str(tmp_path / "clone"))
        done = cli("assign", "embed", "prod", "HEAD", "--push", repo=tmp_path / "clone")
        assert done.code == 0, done.err
        assert {"embed#prod#1", "embed@v0.0.1"} <= set(tag_names(tmp_path / "root" / "churn.git"))
