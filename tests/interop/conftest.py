"""Three programs to run in repositories, `ours`, `gto` and `dvc`, and GTO's Python calls."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.interop import peers

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Result:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Program:
    """A program with commands: `gto(repo, "register churn --version v1.0.0", at=START)`."""

    argv: tuple[str, ...]

    def __call__(self, repo: Path, command: str, *, at: int | None = None) -> Result:
        """Run a command line in a repository, the clock set to `at` if given."""
        variables = {
            "PYTHONPATH": str(HERE / "clock"),
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": os.environ["HOME"],
        }
        if at is not None:
            variables |= {"PEER_CLOCK": str(at), "GIT_COMMITTER_DATE": f"{at} +0000"}
        done = subprocess.run(
            [*self.argv, *shlex.split(command)],
            cwd=repo,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        return Result(done.returncode, done.stdout.rstrip("\n"), done.stderr)

    def output(self, repo: Path, command: str, *, at: int | None = None) -> str:
        """What a command prints; it has to succeed."""
        result = self(repo, command, at=at)
        assert result.code == 0, f"{command}: {result.out}{result.err}"
        return result.out

    def json(self, repo: Path, command: str) -> Any:
        """What a command prints with `--json`."""
        return json.loads(self.output(repo, f"{command} --json"))


@dataclass(frozen=True)
class PythonCalls(Program):
    """The Python calls of a package: `gto_python.eval(repo, "api.find_latest_version('.', 'churn').version")`."""

    package: str

    def eval(self, repo: Path, expression: str, *, at: int | None = None) -> Any:
        """The value of an expression over the package's `api`, as JSON has it."""
        program = f"import json; from {self.package} import api; print(json.dumps({expression}, default=str))"
        return json.loads(self.output(repo, f"-c {shlex.quote(program)}", at=at))


@dataclass(frozen=True)
class GtoPython(PythonCalls):
    """GTO's Python calls."""

    def everything(self, *repos: Path) -> Any:
        """All that can be asked of repositories, as `ask_gto.py` tells it."""
        script = HERE / "ask_gto.py"
        return json.loads(self.output(repos[0], shlex.join(map(str, [script, *repos]))))


@pytest.fixture(scope="session")
def ours() -> Program:
    """This package's command."""
    return Program((str(Path(sys.executable).with_name("git-registry")),))


@pytest.fixture(scope="session")
def gto() -> Program:
    """GTO 1.10.1."""
    return Program((str(peers.executable("gto")),))


@pytest.fixture(scope="session")
def gto_python() -> GtoPython:
    """GTO's Python calls."""
    return GtoPython((str(peers.executable("gto").with_name("python")),), "gto")


@pytest.fixture(scope="session")
def our_python() -> PythonCalls:
    """This package's Python calls."""
    return PythonCalls((sys.executable,), "gittag_registry")


@pytest.fixture(scope="session")
def dvc() -> Program:
    """DVC."""
    return Program((str(peers.executable("dvc")),))
