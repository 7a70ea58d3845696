"""A server program that serves a directory of repositories to everyone."""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar, TypeVar

from tests.testing.servers.processes import LOOPBACK, environment, serving

Started = TypeVar("Started", bound="Program")


class Program(ABC):
    """Serves the repositories NAME.git below a directory to everyone, for pushing too.

    Attributes:
        root: the directory, made if it is not there.
        port: the server's port.
    """

    scheme: ClassVar[str] = "git"
    ready: ClassVar[str]
    """what the program writes once it listens"""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._exits = ExitStack()

    def __enter__(self: Started) -> Started:
        self.root.mkdir(parents=True, exist_ok=True)
        with ExitStack() as exits:
            directory = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="server-")))
            self.environment = {**environment(directory / "home"), **self._variables()}
            log = directory / "server.log"
            self.port = exits.enter_context(
                serving(self._command, ready=self.ready, log=log, variables=self.environment)
            )
            self._exits = exits.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def url(self, name: str, *, port: int | None = None) -> str:
        """The address of the repository NAME.git; `port` is that of a proxy before the server."""
        return f"{self.scheme}://{LOOPBACK}:{port or self.port}/{name}.git"

    @abstractmethod
    def _command(self, port: int) -> list[str]:
        """The command line that listens on a port."""

    def _variables(self) -> dict[str, str]:
        """Variables of its environment besides the usual ones."""
        return {}
