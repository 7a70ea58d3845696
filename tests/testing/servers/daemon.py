"""Git's own protocol, without encryption or authentication: git daemon."""

from __future__ import annotations

from tests.testing.servers.processes import LOOPBACK, git_program
from tests.testing.servers.program import Program


class GitDaemon(Program):
    """git daemon."""

    ready = "Ready to rumble"

    def _command(self, port: int) -> list[str]:
        listen = [f"--listen={LOOPBACK}", f"--port={port}", "--reuseaddr", "--max-connections=0"]
        serve = ["--export-all", "--enable=receive-pack", f"--base-path={self.root}", str(self.root)]
        return [git_program("git-daemon"), "--verbose", "--log-destination=stderr", *listen, *serve]
