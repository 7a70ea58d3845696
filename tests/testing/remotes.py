"""Fixtures of the test servers, for the conftest.py of the tests that need them:

    from tests.testing.remotes import daemon, dumb_https, hanging, https, ssh

A server starts in about 50 ms, so every test gets servers of its own, with nothing in them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.testing.builder import git
from tests.testing.servers import GitDaemon, HangingServer, HttpsServer, SshServer, require
from tests.testing.servers.others import require_other


def need(*commands: str) -> None:
    """Skip the test if commands are missing and cannot be installed; where CI is "true", fail it."""
    _install_or_skip(lambda: require(*commands))


def need_other(name: str) -> None:
    """The same for a server that is not git's own."""
    _install_or_skip(lambda: require_other(name))


def _install_or_skip(install: Callable[[], None]) -> None:
    try:
        install()
    except RuntimeError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


@pytest.fixture
def https(tmp_path: Path, isolated: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpsServer]:
    """An HTTPS server whose certificate git trusts; git asks nobody for passwords."""
    need("lighttpd", "openssl")
    with HttpsServer(tmp_path / "https") as server:
        _trust(server, isolated, monkeypatch)
        yield server


@pytest.fixture
def dumb_https(tmp_path: Path, isolated: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpsServer]:
    """The same, serving files: repositories need `git update-server-info`."""
    need("lighttpd", "openssl")
    with HttpsServer(tmp_path / "dumb", dumb=True) as server:
        _trust(server, isolated, monkeypatch)
        yield server


@pytest.fixture
def ssh(tmp_path: Path, isolated: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SshServer]:
    """An SSH server that git logs in to."""
    need("sshd", "ssh", "ssh-keygen")
    with SshServer(tmp_path / "ssh") as server:
        for name, value in server.configure(isolated).items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[GitDaemon]:
    """A git daemon."""
    with GitDaemon(tmp_path / "daemon") as server:
        yield server


@pytest.fixture
def hanging() -> Iterator[HangingServer]:
    """A server that never answers."""
    with HangingServer() as server:
        yield server


def _trust(server: HttpsServer, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TERMINAL_PROMPT", "0")
    trusted = home / "trusted.pem"  # of all servers of the test, whatever the port: a proxy has another
    with trusted.open("a") as certificates:
        certificates.write(server.ca.read_text())
    git("config", "--global", "http.sslCAInfo", str(trusted))
