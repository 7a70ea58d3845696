"""The test servers work as documented, with plain git."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from tests.testing.builder import RepositoryBuilder, git, tag_names
from tests.testing.remotes import need, need_other
from tests.testing.servers import (
    ByteCuttingProxy,
    CuttingProxy,
    DulwichServer,
    GitDaemon,
    HttpsServer,
    JGitDaemon,
    NodeServer,
    SshServer,
    StatusServer,
    install,
)
from tests.testing.servers.cutting import ByteConnection, ByteCut
from tests.testing.servers.others import programs
from tests.testing.servers.processes import LOOPBACK, MARK, left_behind

ADA = {"user": "ada", "password": "s3cret"}
REMOTES = ["https", "ssh", "daemon"]


def attempt(*words: str) -> subprocess.CompletedProcess[str]:
    """Run git, which may fail."""
    return subprocess.run(["git", *words], capture_output=True, text=True, check=False, timeout=60)


def serve(path: Path) -> Path:
    """Make a bare repository with one version where a server finds it."""
    repo = RepositoryBuilder(path, bare=True)
    repo.tag("churn@v1.0.0", repo.commit())
    return repo.build()


@pytest.fixture
def remote(request, tmp_path):
    """One of the servers, its repository, and the repository's address (through a proxy's port, if given)."""
    name = request.param
    server = request.getfixturevalue(name)
    if name == "ssh":
        repo = serve(tmp_path / "churn.git")
        return server, repo, lambda port=None: server.url(repo, port=port)
    repo = serve(server.root / "churn.git")
    credentials = ADA if name == "https" else {}
    return server, repo, lambda port=None: server.url("churn", **credentials, port=port)


class TestEveryServer:
    pytestmark = pytest.mark.parametrize("remote", REMOTES, indirect=True)

    def test_lists_clones_and_takes_a_push(self, remote, tmp_path):
        _, repo, url = remote
        assert "refs/tags/churn@v1.0.0^{}" in git("ls-remote", url())
        git("clone", "--quiet", url(), str(tmp_path / "clone"))
        git("tag", "--annotate", "--message=x", "churn@v2.0.0", repo=tmp_path / "clone")
        git("push", "--quiet", "origin", "churn@v2.0.0", repo=tmp_path / "clone")
        assert tag_names(repo) == ["churn@v1.0.0", "churn@v2.0.0"]

    def test_speaks_protocol_2(self, remote, monkeypatch):
        _, _, url = remote
        monkeypatch.setenv("GIT_TRACE_PACKET", "1")
        assert "ls-remote> command=ls-refs" in attempt("ls-remote", url()).stderr

    def test_leaves_no_process_when_it_ends_in_the_middle_of_a_push(self, remote, tmp_path):
        server, repo, url = remote
        git("clone", "--quiet", str(repo), str(tmp_path / "clone"))
        hook = repo / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch '{tmp_path}/begun'\nsleep 60\n")
        hook.chmod(0o755)
        push = ["git", "-C", str(tmp_path / "clone"), "push", url(), "main:other"]
        with subprocess.Popen(push, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
            deadline = time.monotonic() + 30
            while not (tmp_path / "begun").exists():
                assert client.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.01)
            assert left_behind(server.environment[MARK]) != set()
            server.__exit__()
            assert left_behind(server.environment[MARK]) == set()
            assert client.wait(10) != 0
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((LOOPBACK, server.port))


class TestHttps:
    def test_refuses_wrong_credentials(self, https):
        serve(https.root / "churn.git")
        refused = attempt("ls-remote", https.url("churn", user="ada", password="wrong"))
        assert (refused.returncode, "Authentication failed" in refused.stderr) == (128, True)

    def test_refuses_a_push_without_credentials(self, https, tmp_path):
        repo = serve(https.root / "churn.git")
        git("clone", "--quiet", str(repo), str(tmp_path / "clone"))
        refused = attempt("-C", str(tmp_path / "clone"), "push", https.url("churn"), "HEAD:refs/heads/other")
        assert (refused.returncode, "could not read Username" in refused.stderr) == (128, True)
        assert git("branch", "--format=%(refname:short)", repo=repo) == "main\n"

    def test_is_not_trusted_without_its_certificate(self, https):
        git("config", "--global", "--unset", "http.sslCAInfo")
        refused = attempt("ls-remote", https.url("churn", **ADA))
        assert (refused.returncode, "certificate" in refused.stderr) == (128, True)

    def test_quotes_credentials(self, tmp_path, https):
        assert https.url("churn", user="ada@example.com", password="a/b:c").startswith(
            "https://ada%40example.com:a%2Fb%3Ac@127.0.0.1:"
        )

    def test_tells_and_forgets_requests(self, https):
        serve(https.root / "churn.git")
        git("ls-remote", https.url("churn", **ADA))
        lines = [line.split() for line in https.requests()]
        assert [line[:3] for line in lines] == [
            ["GET", "/git/churn.git/info/refs?service=git-upload-pack", "401"],
            ["GET", "/git/churn.git/info/refs?service=git-upload-pack", "200"],
            ["POST", "/git/churn.git/git-upload-pack", "200"],
        ]
        assert all(int(sent) > 100 for *_, sent in lines)
        https.forget()
        assert https.requests() == []

    def test_serves_files_to_those_who_speak_no_protocol(self, dumb_https, tmp_path):
        repo = serve(dumb_https.root / "churn.git")
        git("update-server-info", repo=repo)
        git("clone", "--quiet", dumb_https.url("churn", **ADA), str(tmp_path / "clone"))
        assert tag_names(tmp_path / "clone") == ["churn@v1.0.0"]
        assert not any("POST" in line for line in dumb_https.requests())
        assert attempt("ls-remote", dumb_https.url("churn", user="ada", password="wrong")).returncode == 128
        refused = attempt("-C", str(tmp_path / "clone"), "push", "origin", "main:other")
        assert (refused.returncode, tag_names(repo)) == (1, ["churn@v1.0.0"])


class TestSsh:
    def test_has_a_name_for_addresses_without_a_port(self, ssh, tmp_path):
        repo = serve(tmp_path / "churn.git")
        for address in (f"registry-host:{repo}", f"git@registry-host:{repo}", f"ssh://git@registry-host{repo}"):
            assert "refs/tags/churn@v1.0.0" in git("ls-remote", address)

    def test_lets_no_other_key_in(self, ssh, tmp_path):
        repo = serve(tmp_path / "churn.git")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "user_key")], check=True)
        for name in ("user_key", "user_key.pub"):
            (tmp_path / name).replace(ssh.directory / name)
        refused = attempt("ls-remote", ssh.url(repo))
        assert (refused.returncode, "Permission denied (publickey)" in refused.stderr) == (128, True)


class TestCuttingProxy:
    @pytest.mark.parametrize("remote", REMOTES, indirect=True)
    def test_cuts_nothing_with_a_share_of_0(self, remote, tmp_path):
        server, _, url = remote
        with CuttingProxy(server.port, share=0) as proxy:
            for _ in range(3):
                git("ls-remote", url(proxy.port))
        assert (proxy.connections, proxy.cuts) == (3, 0)

    @pytest.mark.parametrize("remote", REMOTES, indirect=True)
    def test_cuts_connections_of_every_protocol(self, remote):
        server, _, url = remote
        with CuttingProxy(server.port, share=1) as proxy:
            codes = [attempt("ls-remote", url(proxy.port)).returncode for _ in range(6)]
        assert proxy.cuts >= codes.count(128) >= 1

    def test_leaves_clients_without_the_outcome_of_their_push(self, daemon, tmp_path):
        repo = serve(daemon.root / "churn.git")
        git("clone", "--quiet", str(repo), str(tmp_path / "clone"))
        pushed = {}
        with CuttingProxy(daemon.port, share=1, seed=3) as proxy:
            for number in range(12):
                git("tag", "--annotate", "--message=x", f"v{number}", repo=tmp_path / "clone")
                push = attempt(
                    "-C", str(tmp_path / "clone"), "push", daemon.url("churn", port=proxy.port), f"v{number}"
                )
                pushed[f"v{number}"] = push.returncode == 0
        there = set(tag_names(repo))
        unknown = [name for name, succeeded in pushed.items() if not succeeded]
        assert {name for name, succeeded in pushed.items() if succeeded} <= there
        assert len(there.intersection(unknown)) >= 3
        assert len(set(unknown) - there) >= 1


class FixedCut(ByteCuttingProxy):
    """Cuts every connection in the same way."""

    def __init__(self, target_port: int, cut: ByteCut) -> None:
        super().__init__(target_port)
        self._cut = cut

    def _make_connection(self):
        return ByteConnection(self._cut, [])


class Parrot(threading.Thread):
    """Sends twenty bytes to each client, then takes note of all it gets."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port = self._listener.getsockname()[1]
        self.got = b""

    def run(self) -> None:
        connection, _ = self._listener.accept()
        with connection, self._listener, suppress(ConnectionResetError):
            connection.sendall(b"a" * 20)
            while data := connection.recv(100):
                self.got += data


class TestCuttingAtBytes:
    @pytest.mark.parametrize("remote", REMOTES, indirect=True)
    def test_cuts_nothing_before_a_connection_was_whole(self, remote):
        server, _, url = remote
        with ByteCuttingProxy(server.port, share=1) as proxy:
            assert attempt("ls-remote", url(proxy.port)).returncode == 0
            codes = [attempt("ls-remote", url(proxy.port)).returncode for _ in range(5)]
        assert proxy.cuts >= codes.count(128) >= 1

    @pytest.mark.parametrize("alone", [True, False])
    def test_an_answer_ends_after_so_many_bytes(self, alone):
        parrot = Parrot()
        parrot.start()
        cut = ByteCut(request=False, offset=7, with_reset=False, alone=alone)
        with FixedCut(parrot.port, cut) as proxy, socket.create_connection((LOOPBACK, proxy.port)) as client:
            assert client.recv(100, socket.MSG_WAITALL) == b"a" * 7  # and the end, without an error
            parrot.join(20)
        assert (proxy.cuts, parrot.is_alive()) == (1, False)

    def test_a_reset_is_one(self):
        parrot = Parrot()
        parrot.start()
        cut = ByteCut(request=False, offset=0, with_reset=True, alone=True)
        with FixedCut(parrot.port, cut) as proxy, socket.create_connection((LOOPBACK, proxy.port)) as client:
            with pytest.raises(ConnectionResetError):
                client.recv(100)
            parrot.join(20)
        assert proxy.cuts == 1

    @pytest.mark.parametrize("with_reset", [True, False])
    def test_a_request_ends_after_so_many_bytes(self, with_reset):
        parrot = Parrot()
        parrot.start()
        cut = ByteCut(request=True, offset=5, with_reset=with_reset, alone=False)
        with FixedCut(parrot.port, cut) as proxy, socket.create_connection((LOOPBACK, proxy.port)) as client:
            client.recv(20, socket.MSG_WAITALL)
            client.sendall(b"b" * 30)
            parrot.join(20)
        assert parrot.got in ((b"", b"b" * 5) if with_reset else (b"b" * 5,))  # a reset may overtake them


class TestFailingServers:
    def test_a_hanging_server_hangs(self, hanging):
        with pytest.raises(subprocess.TimeoutExpired):
            subprocess.run(["git", "ls-remote", f"git://{LOOPBACK}:{hanging.port}/churn.git"], timeout=0.5, check=False)

    @pytest.mark.parametrize(
        ("status", "message"),
        [
            (401, "could not read Username"),
            (403, "The requested URL returned error: 403"),
            (404, "not found"),
            (500, "The requested URL returned error: 500"),
        ],
    )
    def test_a_status_is_what_git_gets(self, status, message, monkeypatch):
        monkeypatch.setenv("GIT_TERMINAL_PROMPT", "0")
        with StatusServer(status) as server:
            refused = attempt("ls-remote", server.url("churn"))
        assert (refused.returncode, message in refused.stderr) == (128, True)
        assert server.requests[0] == "GET /churn.git/info/refs?service=git-upload-pack"


class TestOthers:
    """Servers that are not git's own, with plain git."""

    @pytest.mark.parametrize(
        ("name", "start"),
        [
            ("dulwich", DulwichServer),
            ("dulwich", partial(DulwichServer, scheme="http")),
            ("jgit", JGitDaemon),
            ("node", NodeServer),
        ],
        ids=["dulwich", "dulwich over http", "jgit", "node"],
    )
    def test_lists_clones_and_takes_a_push(self, name, start, tmp_path):
        need_other(name)
        repo = serve(tmp_path / "root" / "churn.git")
        git("config", "http.receivepack", "true", repo=repo)
        with start(repo.parent) as server:
            assert "refs/tags/churn@v1.0.0^{}" in git("ls-remote", server.url("churn"))
            git("clone", "--quiet", server.url("churn"), str(tmp_path / "clone"))
            git("tag", "--annotate", "--message=x", "churn@v2.0.0", repo=tmp_path / "clone")
            git("push", "--quiet", "origin", "churn@v2.0.0", repo=tmp_path / "clone")
        assert tag_names(repo) == ["churn@v1.0.0", "churn@v2.0.0"]

    def test_who_cannot_install_one_is_told_why(self, tmp_path, monkeypatch):
        monkeypatch.setattr(programs, "TOOLS", tmp_path)
        monkeypatch.setattr(programs, "DULWICH", "no-such-file.whl")
        with pytest.raises(RuntimeError, match=r"no-such-file\.whl"):
            programs.require_other("dulwich")
        assert not (tmp_path / "dulwich" / "installed.txt").exists()


class TestInstalling:
    @pytest.fixture
    def nothing_installed(self, monkeypatch, tmp_path):
        """No programs, and no right to install any."""
        monkeypatch.setattr(install, "_find", lambda command: None)
        monkeypatch.setattr(install, "TOOLS", tmp_path)
        monkeypatch.setattr(os, "geteuid", lambda: 1000)

    def test_who_may_not_install_is_told_what_to_install(self, nothing_installed):
        with pytest.raises(RuntimeError, match="apt-get install lighttpd lighttpd-mod-openssl openssh-server"):
            install.require("lighttpd", "sshd")

    def test_tests_are_skipped_for_want_of_a_program(self, nothing_installed, monkeypatch):
        monkeypatch.delenv("CI", raising=False)
        with pytest.raises(pytest.skip.Exception, match="apt-get install openssl"):
            need("openssl")

    def test_tests_fail_for_want_of_a_program_where_the_project_is_checked(self, nothing_installed, monkeypatch):
        monkeypatch.setenv("CI", "true")
        with pytest.raises(RuntimeError, match="apt-get install openssl"):
            need("openssl")


def test_a_server_that_cannot_start_tells_why(tmp_path, https, monkeypatch):
    monkeypatch.setattr("tests.testing.servers.https.SMART", "nonsense")
    with pytest.raises(RuntimeError, match=r"did not start:\n(.*\n)*.*parser failed"), HttpsServer(tmp_path / "other"):
        pass


@pytest.mark.parametrize("server", [HttpsServer, SshServer, GitDaemon])
def test_a_server_takes_another_port_when_one_is_taken(server, tmp_path, monkeypatch):
    if server is not GitDaemon:
        need("lighttpd", "openssl", "sshd", "ssh", "ssh-keygen")
    with socket.create_server((LOOPBACK, 0)) as taken:
        ports = iter([taken.getsockname()[1], *(free() for _ in range(2))])
        monkeypatch.setattr("tests.testing.servers.processes.free_port", lambda: next(ports))
        with server(tmp_path / "place") as second:
            assert second.port != taken.getsockname()[1]


def free() -> int:
    """A free port."""
    with socket.create_server((LOOPBACK, 0)) as probe:
        return int(probe.getsockname()[1])
