"""The test matrix runs what is at hand, names what is not, and never passes without having run anything."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import matrix
from tests.matrix import Combination, Program, Result

ROOT = Path(__file__).parents[1]
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
SUPPORTED = matrix.supported(PYPROJECT)
OLD, NEW = (Program(version, Path(f"/py/{version}")) for version in ("3.10.13", "3.13.0"))
GIT, OTHER_GIT = (Program(version, Path(f"/git/{version}/bin/git")) for version in ("2.39.5", "2.30.0"))


def script(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return path


# What runs


def test_the_first_git_runs_with_every_python_and_the_others_with_the_oldest() -> None:
    assert matrix.combinations([NEW, OLD], [GIT, OTHER_GIT]) == [
        Combination(NEW, GIT),
        Combination(OLD, GIT),
        Combination(OLD, OTHER_GIT),
    ]
    assert len(matrix.combinations([NEW, OLD], [GIT, OTHER_GIT], every=True)) == 4


def test_pythons_are_found_on_the_path_and_in_pyenv(tmp_path: Path) -> None:
    on_the_path = script(tmp_path / "bin" / "python3.88", "echo Python 3.88.2")
    for release in ("3.89.2", "3.89.10"):
        script(tmp_path / "pyenv" / "versions" / release / "bin" / "python", f"echo Python {release}")
    variables = {"PATH": str(on_the_path.parent), "PYENV_ROOT": str(tmp_path / "pyenv")}
    found = matrix.find_pythons(["3.88", "3.89", "3.90"], [], variables)
    assert found == [
        Program("3.88.2", on_the_path),
        Program("3.89.10", tmp_path / "pyenv" / "versions" / "3.89.10" / "bin" / "python"),
    ]
    assert list(matrix.missing(["3.88", "3.89", "3.90"], found, [GIT], [])) == [("Python 3.90", False)]


def test_a_python_that_is_given_goes_before_one_that_is_found(tmp_path: Path) -> None:
    given = script(tmp_path / "mine" / "python", "echo Python 3.88.7")
    script(tmp_path / "bin" / "python3.88", "echo Python 3.88.2")
    assert matrix.find_pythons(["3.88"], [given], {"PATH": str(tmp_path / "bin")}) == [Program("3.88.7", given)]


def test_a_program_that_does_not_run_is_not_found(tmp_path: Path) -> None:
    shim = script(tmp_path / "bin" / "python3.88", "exit 127")
    assert matrix.find_pythons(["3.88"], [], {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}) == []
    assert list(matrix.missing([], [], [], [shim])) == [("git", False), (str(shim), True)]


def test_gits_are_told_by_their_version(tmp_path: Path) -> None:
    first, same, other = (
        script(tmp_path / name / "git", f"echo git version {version}")
        for name, version in [("a", "2.50.1"), ("b", "2.50.1"), ("c", "2.30.0")]
    )
    found = matrix.find_gits([same, other], {"PATH": str(first.parent)})
    assert found == [Program("2.50.1", first), Program("2.30.0", other)]


def test_the_chosen_git_comes_before_any_other() -> None:
    variables = matrix.variables_for(OTHER_GIT, {"PATH": "/usr/bin", "GITTAG_TEST_GTO": "/mine/gto"})
    assert variables["PATH"] == "/git/2.30.0/bin:/usr/bin"
    assert variables["GITTAG_TEST_GTO"] == "/mine/gto"


# What comes of it


def outcome(monkeypatch, run, *arguments: str, pythons=(OLD, NEW), gits=(GIT,)) -> int:
    monkeypatch.setattr(matrix, "find_pythons", lambda *found: list(pythons))
    monkeypatch.setattr(matrix, "find_gits", lambda *found: list(gits))
    return matrix.main(arguments, run)


def test_every_combination_has_a_line_and_what_is_missing_is_named(monkeypatch, capsys) -> None:
    assert outcome(monkeypatch, lambda *_: Result(0, passed=7, skipped=1, seconds=61.4)) == 0
    *_, first, second, third, fourth = capsys.readouterr().out.splitlines()
    assert first == "Python 3.10.13  git 2.39.5   ok     7 passed, 0 failed, 1 skipped, 61 s of CPU"
    assert second.startswith("Python 3.13.0   git 2.39.5   ok")
    assert (third, fourth) == ("not found: Python 3.11", "not found: Python 3.12")


@pytest.mark.parametrize("result", [Result(1, passed=9, failed=1), Result(5), Result(0, skipped=9), Result(0)], ids=str)
def test_one_run_that_failed_or_tested_nothing_fails_the_matrix(monkeypatch, capsys, result) -> None:
    results = iter([Result(0, passed=7), result])
    assert outcome(monkeypatch, lambda *_: next(results)) == 1
    assert "git 2.39.5   FAILED" in capsys.readouterr().out


def test_a_run_that_could_not_start_fails_and_the_others_go_on(monkeypatch, capsys) -> None:
    def run(combination, options):
        if combination.python is OLD:
            raise subprocess.CalledProcessError(1, "pip")
        return Result(0, passed=7)

    assert outcome(monkeypatch, run) == 1
    assert re.findall(r"^Python (\S+) .* (ok|FAILED) ", capsys.readouterr().out, re.MULTILINE) == [
        ("3.10.13", "FAILED"),
        ("3.13.0", "ok"),
    ]


@pytest.mark.parametrize("nothing", [{"pythons": ()}, {"gits": ()}], ids=str)
def test_a_matrix_in_which_nothing_ran_fails(monkeypatch, capsys, nothing) -> None:
    assert outcome(monkeypatch, lambda *_: pytest.fail("there is nothing to run"), **nothing) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "nothing ran"


def test_what_was_named_and_is_not_there_fails_the_matrix(monkeypatch, capsys) -> None:
    assert outcome(monkeypatch, lambda *_: Result(0, passed=7), "--git", "/nowhere/git") == 1
    assert capsys.readouterr().out.splitlines()[-1] == "not found: /nowhere/git"


def test_the_tests_run_with_the_git_that_was_chosen(tmp_path: Path, monkeypatch) -> None:
    """From the interpreter to pytest's report, with an environment that stands ready."""
    git = Program("2.99.0", script(tmp_path / "other" / "git", "echo git version 2.99.0"))
    probe = tmp_path / "test_probe.py"
    probe.write_text(
        "import subprocess, pytest\n"
        "def test_git(): assert b'2.99.0' in subprocess.run(['git', '--version'], capture_output=True).stdout\n"
        "def test_wrong(): assert False\n"
        "@pytest.mark.skip\ndef test_skipped(): ...\n"
    )
    monkeypatch.setattr(matrix, "environment_of", lambda python: Path(sys.executable))
    monkeypatch.setattr(matrix, "ROOT", tmp_path)
    monkeypatch.setattr(matrix, "WORKERS", "0")
    result = matrix.run_tests(Combination(NEW, git), [str(probe), "-p", "no:cacheprovider"])
    assert (result.code, result.passed, result.failed, result.skipped) == (1, 1, 1, 1)
    assert result.seconds > 0


def test_a_program_of_another_name_is_not_taken_for_git(tmp_path: Path, monkeypatch) -> None:
    git = Program("2.99.0", script(tmp_path / "git-2.99", "echo git version 2.99.0"))
    monkeypatch.setattr(matrix, "environment_of", lambda python: Path(sys.executable))
    with pytest.raises(RuntimeError, match=r"git-2\.99 is not called git"):
        matrix.run_tests(Combination(NEW, git), [])


# The versions that are promised


def test_the_oldest_python_is_the_same_everywhere() -> None:
    oldest = SUPPORTED[0]
    assert f'requires-python = ">={oldest}"' in PYPROJECT
    assert f'target-version = "py{oldest.replace(".", "")}"' in PYPROJECT
    assert f'python_version = "{oldest}"' in PYPROJECT
    assert f"Python {oldest} or newer" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_running_python_is_one_that_is_promised() -> None:
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in SUPPORTED


def newer_syntax(source: str) -> bool:
    """Whether the oldest supported Python could not parse a module."""
    try:
        ast.parse(source, feature_version=(3, int(SUPPORTED[0].partition(".")[2])))
    except SyntaxError:
        return True
    return False


def test_the_oldest_python_can_parse_every_module() -> None:
    folders = ("gittag_registry", "tests", "benchmarks", "stress", "docs")
    modules = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert len(modules) > 100
    assert [str(path) for path in modules if newer_syntax(path.read_text(encoding="utf-8"))] == []


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the oldest Python takes it for a mistake in any case")
def test_newer_syntax_is_noticed() -> None:
    assert newer_syntax("try:\n    pass\nexcept* ValueError:\n    pass\n")
    assert not newer_syntax("match 1:\n    case _:\n        pass\n")
