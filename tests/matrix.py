"""Run the tests with every supported Python and every git at hand.

    python tests/matrix.py [--python PATH]... [--git PATH]... [--all] [-- PYTEST OPTIONS]

Which versions of Python are supported stands in the classifiers of pyproject.toml. They are looked for on the PATH, in
pyenv's directory and in the running interpreter; `--python` adds one. The git on the PATH counts, and every `--git`.
Each Python is tested with the first git, and each further git with the oldest Python; `--all` combines all with all.

Ends with a line for each combination, and with what was not found. The exit code is 0 if at least one combination ran,
each one that ran passed some tests and failed none, and everything named on the command line was found.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
TOOLS = ROOT / ".tools"
ENVIRONMENTS = TOOLS / "matrix"  # a virtual environment for each Python
PEERS = ("gto", "dvc")  # they need no second Python: tests/interop runs them as programs
WORKERS = "2"


@dataclass(frozen=True)
class Program:
    """An interpreter or a git."""

    version: str
    path: Path


@dataclass(frozen=True)
class Combination:
    """What the tests run with."""

    python: Program
    git: Program

    def __str__(self) -> str:
        return f"Python {self.python.version:8} git {self.git.version:8}"


@dataclass(frozen=True)
class Result:
    """The result of a run of the tests."""

    code: int
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    """of CPU, children included"""

    @property
    def good(self) -> bool:
        """Whether tests ran, and all of them passed; a run in which all are skipped has shown nothing."""
        return self.code == 0 and self.passed > 0 and self.failed == 0

    def __str__(self) -> str:
        counts = f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"
        return f"{'ok    ' if self.good else 'FAILED'} {counts}, {self.seconds:.0f} s of CPU"


def supported(pyproject: str) -> list[str]:
    """The versions of Python in the classifiers of pyproject.toml, oldest first."""
    found = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', pyproject)
    return sorted(found, key=_numbers)


def combinations(pythons: Sequence[Program], gits: Sequence[Program], *, every: bool = False) -> list[Combination]:
    """What to run: the first git with every Python, and the others with the oldest, or all with all."""
    if not pythons or not gits:
        return []
    oldest = min(pythons, key=lambda python: _numbers(python.version))
    return [
        Combination(python, git) for git in gits for python in pythons if every or git is gits[0] or python is oldest
    ]


def find_pythons(wanted: Iterable[str], given: Iterable[Path], variables: Mapping[str, str]) -> list[Program]:
    """The interpreters of the wanted versions, the given ones first; one of each release."""
    pyenv = Path(variables.get("PYENV_ROOT") or Path(variables.get("HOME", "/"), ".pyenv"))
    candidates = list(given)
    for minor in wanted:
        on_the_path = shutil.which(f"python{minor}", path=variables.get("PATH", ""))
        own = [Path(sys.executable)] if sys.version.startswith(f"{minor}.") else []
        installed = sorted(pyenv.glob(f"versions/{minor}.*/bin/python"), key=lambda path: _numbers(str(path)))
        candidates += [*own, *([Path(on_the_path)] if on_the_path else []), *installed[-1:]]
    return _distinct(_programs(candidates), lambda program: program.version.rpartition(".")[0])


def find_gits(given: Iterable[Path], variables: Mapping[str, str]) -> list[Program]:
    """The git on the PATH, and the given ones; one of each version."""
    on_the_path = shutil.which("git", path=variables.get("PATH", ""))
    return _distinct(_programs([*([Path(on_the_path)] if on_the_path else []), *given]), lambda git: git.version)


def version_of(path: Path) -> str | None:
    """The version that a program gives of itself; None if it cannot be run."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):  # a shim of pyenv fails for a version that is not chosen
        return None
    match = re.search(r"\d+(?:\.\d+)+", done.stdout)
    return match[0] if match else None


def environment_of(python: Program) -> Path:
    """The interpreter of a virtual environment with this package and what its tests need; made if there is none."""
    place = ENVIRONMENTS / python.version
    stamp = place / "installed.txt"  # written last: without it the environment is incomplete
    wanted = f"{python.path}\n{(ROOT / 'pyproject.toml').read_text()}"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(place, ignore_errors=True)
        subprocess.run([python.path, "-m", "venv", place], check=True)
        pip = [place / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--editable", f"{ROOT}[dev]"], check=True)
        stamp.write_text(wanted)
    return place / "bin" / "python"


def variables_for(git: Program, variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of a run: this git before any other, and the peers that are installed already."""
    chosen = {**variables, "PATH": f"{git.path.parent}{os.pathsep}{variables.get('PATH', '')}"}
    for peer in PEERS:
        program = TOOLS / peer / "bin" / peer
        if program.exists():
            chosen.setdefault(f"GITTAG_TEST_{peer.upper()}", str(program))
    return chosen


def run_tests(combination: Combination, options: Sequence[str]) -> Result:
    """Run the tests with one Python and one git."""
    python = environment_of(combination.python)
    variables = variables_for(combination.git, os.environ)
    used = shutil.which("git", path=variables["PATH"])
    if used is None or version_of(Path(used)) != combination.git.version:
        raise RuntimeError(f"{combination.git.path} is not called git, so the tests would run {used}")
    before = _children_seconds()
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.xml"
        words = [python, "-m", "pytest", "-q", "-n", WORKERS, f"--junitxml={report}", *options]
        code = subprocess.run(words, cwd=ROOT, env=variables, check=False).returncode
        counts = counts_of(report.read_text(encoding="utf-8")) if report.exists() else {}
    return Result(code, **counts, seconds=_children_seconds() - before)


def counts_of(report: str) -> dict[str, int]:
    """How many tests passed, failed and were skipped, by pytest's report."""
    suites = list(ElementTree.fromstring(report).iter("testsuite"))
    total, skipped = (sum(int(suite.get(name, 0)) for suite in suites) for name in ("tests", "skipped"))
    failed = sum(int(suite.get(name, 0)) for suite in suites for name in ("failures", "errors"))
    return {"passed": total - failed - skipped, "failed": failed, "skipped": skipped}


def missing(
    wanted: Iterable[str], pythons: Iterable[Program], gits: Iterable[Program], given: Iterable[Path]
) -> Iterator[tuple[str, bool]]:
    """What was not found, and whether it was named on the command line."""
    releases = {python.version.rpartition(".")[0] for python in pythons}
    yield from ((f"Python {minor}", False) for minor in wanted if minor not in releases)
    if not list(gits):
        yield "git", False
    yield from ((str(path), True) for path in given if version_of(path) is None)


def main(arguments: Sequence[str], run: Callable[[Combination, Sequence[str]], Result] = run_tests) -> int:
    """Run what the command line asks for, print the outcome, and return the exit code."""
    asked = _parser().parse_args(arguments)
    wanted = supported((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pythons = find_pythons(wanted, asked.python, os.environ)
    gits = find_gits(asked.git, os.environ)
    absent = list(missing(wanted, pythons, gits, [*asked.python, *asked.git]))
    results = {}
    for combination in combinations(pythons, gits, every=asked.all):
        print(f"\n{combination}", flush=True)
        try:
            results[combination] = run(combination, asked.options)
        except (RuntimeError, subprocess.CalledProcessError) as error:  # the others shall run all the same
            print(error, file=sys.stderr)
            results[combination] = Result(code=1)
    print()
    for combination, result in results.items():
        print(f"{combination} {result}")
    for name, _ in absent:
        print(f"not found: {name}")
    if not results:
        print("nothing ran")
    good = bool(results) and all(result.good for result in results.values())
    return 0 if good and not any(named for _, named in absent) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Run the tests with every Python and git at hand.")
    parser.add_argument(
        "--python", type=Path, action="append", default=[], metavar="PATH", help="a further interpreter"
    )
    parser.add_argument("--git", type=Path, action="append", default=[], metavar="PATH", help="a further git")
    parser.add_argument("--all", action="store_true", help="every Python with every git")
    parser.add_argument("options", nargs="*", metavar="OPTION", help="of pytest, after --")
    return parser


def _programs(paths: Iterable[Path]) -> Iterator[Program]:
    for path in paths:
        version = version_of(path)
        if version is not None:
            yield Program(version, path.absolute())


def _distinct(programs: Iterable[Program], key: Callable[[Program], str]) -> list[Program]:
    """The first program of each key."""
    first: dict[str, Program] = {}
    for program in programs:
        first.setdefault(key(program), program)
    return list(first.values())


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
