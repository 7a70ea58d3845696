"""The servers: how they are installed, and how they are started."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.testing.servers.install import TOOLS, path_of, require
from tests.testing.servers.processes import LOOPBACK
from tests.testing.servers.program import Program

DULWICH = "dulwich==1.2.21"
NODE_GIT_SERVER = "node-git-server@1.0.0"
JARS = "/usr/share/java"  # where Debian's packages put them; its own `jgit` command misses some
_HERE = Path(__file__).parent
_ENVIRONMENT = dict(os.environ)  # as it was at import: tests get a HOME of their own, installers need the real one


class DulwichServer(Program):
    """dulwich, a Python implementation of git, over TCP or HTTP."""

    ready = "listening"

    def __init__(self, root: Path, *, scheme: str = "git") -> None:
        super().__init__(root)
        self.scheme = scheme  # type: ignore[misc]  # of this one only

    def _command(self, port: int) -> list[str]:
        return [sys.executable, str(_HERE / "serve_dulwich.py"), self.scheme, str(port), str(self.root)]

    def _variables(self) -> dict[str, str]:
        return {"PYTHONPATH": str(dulwich_packages())}


class JGitDaemon(Program):
    """JGit, a Java implementation of git, over TCP."""

    ready = "Listening on"

    def _command(self, port: int) -> list[str]:
        listen = ["--export-all", "--enable", "receive-pack", "--listen", LOOPBACK, "--port", str(port)]
        main = ["-cp", f"{JARS}/*", "org.eclipse.jgit.pgm.Main"]
        return [path_of("java"), "-Xshare:auto", "-XX:TieredStopAtLevel=1", *main, "daemon", *listen, str(self.root)]


class NodeServer(Program):
    """node-git-server: git's programs behind a server in JavaScript, which passes no Git-Protocol on."""

    scheme = "http"
    ready = "listening"

    def _command(self, port: int) -> list[str]:
        return [path_of("node"), str(_HERE / "serve_node.js"), str(port), str(self.root)]

    def _variables(self) -> dict[str, str]:
        return {"NODE_PATH": str(node_packages())}


def require_other(name: str) -> None:
    """Install what "dulwich", "jgit" or "node" needs, if it is missing.

    Raises:
        RuntimeError: it cannot be installed.
    """
    match name:
        case "dulwich":
            dulwich_packages()
        case "jgit":
            require("java", "jgit")
        case "node":
            require("node")
            node_packages()
        case _:
            raise ValueError(name)


def dulwich_packages() -> Path:
    """The directory with dulwich, installed if it is not.

    Raises:
        RuntimeError: it cannot be installed.
    """
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    place = TOOLS / "dulwich"
    return _install(place, f"{sys.version} {DULWICH}", [*pip, "--target", str(place), DULWICH])


def node_packages() -> Path:
    """The directory with node-git-server, installed if it is not.

    Raises:
        RuntimeError: it cannot be installed.
    """
    place = TOOLS / "node"
    npm = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    return _install(place, NODE_GIT_SERVER, [*npm, f"--prefix={place}", NODE_GIT_SERVER]) / "node_modules"


def _install(place: Path, wanted: str, command: list[str]) -> Path:
    """Run an installer into a directory, unless that has what is wanted."""
    installed = place / "installed.txt"  # written last: without it the directory is incomplete
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / f"{place.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # workers of pytest-xdist start at the same time
        if not installed.exists() or installed.read_text() != wanted:
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            done = subprocess.run(command, env=_ENVIRONMENT, cwd=place, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
            installed.write_text(wanted)
    return place
