"""Three programs to run in repositories, `ours`, `gto` and `dvc`, and GTO's Python calls."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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


class Preloaded:
    """A Python interpreter that has imported some modules; each program runs in a fork of it (`preloaded.py`)."""

    def __init__(self, interpreter: Path, modules: Sequence[str], directory: Path) -> None:
        self._command = [str(interpreter), str(HERE / "preloaded.py"), *modules]
        self._files = directory / "out", directory / "err"
        self._process: subprocess.Popen[str] | None = None

    def run(self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> Result:
        """Run what would be `python ARGV...`."""
        if self._process is None:  # by the first test that needs it
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, text=True
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        out, err = self._files
        request = {"argv": argv, "cwd": str(cwd), "env": env, "out": str(out), "err": str(err)}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        return Result(code, out.read_text().rstrip("\n"), err.read_text())

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.communicate()
            assert self._process.returncode == 0


@dataclass(frozen=True)
class Program:
    """A program with commands: `gto(repo, "register churn --version v1.0.0", at=START)`."""

    argv: tuple[str, ...]
    interpreter: Preloaded

    def __call__(self, repo: Path, command: str, *, at: int | None = None) -> Result:
        """Run a command line in a repository, the clock set to `at` if given."""
        variables = {
            "PYTHONPATH": str(HERE / "clock"),
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": os.environ["HOME"],
        }
        if at is not None:
            variables |= {"PEER_CLOCK": str(at), "GIT_COMMITTER_DATE": f"{at} +0000"}
        return self.interpreter.run([*self.argv, *shlex.split(command)], cwd=repo, env={**os.environ, **variables})

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


@contextmanager
def preloaded(interpreter: Path, modules: str) -> Iterator[Preloaded]:
    """An interpreter with the modules that its programs import."""
    with tempfile.TemporaryDirectory() as directory:
        process = Preloaded(interpreter, modules.split(), Path(directory))
        yield process
        process.close()


@pytest.fixture(scope="session")
def our_interpreter() -> Iterator[Preloaded]:
    """The interpreter of this package; that a command imports little is tested elsewhere."""
    with preloaded(
        Path(sys.executable), "gittag_registry.cli gittag_registry.api pydantic ruamel.yaml tabulate"
    ) as ours:
        yield ours


@pytest.fixture(scope="session")
def ours(our_interpreter: Preloaded) -> Program:
    """This package's command."""
    return Program((str(Path(sys.executable).with_name("git-registry")),), our_interpreter)


@pytest.fixture(scope="session")
def our_python(our_interpreter: Preloaded) -> PythonCalls:
    """This package's Python calls."""
    return PythonCalls((), our_interpreter, "gittag_registry")


@pytest.fixture(scope="session")
def gto_interpreter() -> Iterator[Preloaded]:
    """The interpreter of GTO 1.10.1."""
    with preloaded(peers.executable("gto").with_name("python"), "gto.cli gto.api") as gto:
        yield gto


@pytest.fixture(scope="session")
def gto(gto_interpreter: Preloaded) -> Program:
    """GTO 1.10.1."""
    return Program((str(peers.executable("gto")),), gto_interpreter)


@pytest.fixture(scope="session")
def gto_python(gto_interpreter: Preloaded) -> GtoPython:
    """GTO's Python calls."""
    return GtoPython((), gto_interpreter, "gto")


@pytest.fixture(scope="session")
def dvc() -> Iterator[Program]:
    """DVC."""
    modules = (
        "dvc.cli.parser dvc.repo.artifacts dvc.fs.dvc dvc.api dvc_http aiohttp_retry scmrepo.git.backend.pygit2 "
        "dvc_studio_client.model_registry"
    )
    command = peers.executable("dvc")
    with preloaded(command.with_name("python"), modules) as interpreter:
        yield Program((str(command),), interpreter)
