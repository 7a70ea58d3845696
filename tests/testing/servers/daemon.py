"""Git's own protocol, without encryption or authentication: git daemon."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.testing.servers.processes import LOOPBACK, environment, git_program, serving


class GitDaemon:
    """Serves the repositories NAME.git below a directory to everyone, for pushing too.

    Attributes:
        root: the directory, made if it is not there.
        port: the server's port.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._exits = ExitStack()

    def __enter__(self) -> GitDaemon:
        self.root.mkdir(parents=True, exist_ok=True)
        with ExitStack() as exits:
            directory = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="daemon-")))
            self.environment = environment(directory / "home")
            self.port = exits.enter_context(
                serving(
                    self._command, ready="Ready to rumble", log=directory / "server.log", variables=self.environment
                )
            )
            self._exits = exits.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def url(self, name: str, *, port: int | None = None) -> str:
        """The address of the repository NAME.git; `port` is that of a proxy before the server."""
        return f"git://{LOOPBACK}:{port or self.port}/{name}.git"

    def _command(self, port: int) -> list[str]:
        listen = [f"--listen={LOOPBACK}", f"--port={port}", "--reuseaddr", "--max-connections=0"]
        serve = ["--export-all", "--enable=receive-pack", f"--base-path={self.root}", str(self.root)]
        return [git_program("git-daemon"), "--verbose", "--log-destination=stderr", *listen, *serve]
