"""The environment of every test: a HOME of its own, no inherited git settings, no network."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gittag_registry.cli.main import run
from tests.testing.builder import RepositoryBuilder
from tests.testing.environment import isolated_environment


@pytest.fixture(autouse=True)
def isolated(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A HOME with a git identity and nothing else."""
    home = tmp_path_factory.mktemp("home")
    environment = isolated_environment(home)
    for name in os.environ.keys() - environment.keys():
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return home


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting to anything but this machine is an error."""
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", local_only)


@dataclass(frozen=True)
class Result:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command line in this process: `cli("show", "churn", repo=path)`."""

    def call(*arguments: str, repo: Path | None = None) -> Result:
        if repo is not None:
            monkeypatch.chdir(repo)
        capfd.readouterr()
        code = run(list(arguments))
        printed = capfd.readouterr()
        return Result(code, printed.out, printed.err)

    return call


@pytest.fixture
def builder(tmp_path: Path) -> RepositoryBuilder:
    """An empty repository to fill."""
    return RepositoryBuilder(tmp_path / "repo")


@pytest.fixture
def example(builder: RepositoryBuilder) -> Path:
    """The registry of the doctests: churn with two versions, the first in prod, and an annotation."""
    first = builder.commit({"artifacts.yaml": "churn:\n  type: model\n  path: model.pkl\n", "model.pkl": "1"})
    second = builder.commit({"model.pkl": "2"})
    builder.tag("churn@v1.0.0", first)
    builder.tag("churn#prod#1", first, trailers={"Registry-Version": "v1.0.0"})
    builder.tag("churn@v1.1.0", second)
    builder.commit({"model.pkl": "3"})
    return builder.build()
