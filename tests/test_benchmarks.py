"""The benchmarks run and print their table. No test asserts a time."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import run
from benchmarks.registries import all_tags, copy_registry, prepare_registry
from gittag_registry.model.names import format_tag
from tests.conftest import Result
from tests.testing.builder import git, tag_names

PROJECT = Path(__file__).parents[1]


def run_benchmarks(*arguments: str) -> str:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows(table: str) -> list[tuple[str, str]]:
    """What each row of the table is about, and at how many tags."""
    cells = [[cell.strip() for cell in line.split("|")] for line in table.splitlines() if line.startswith("| `")]
    return [(row[1], row[2]) for row in cells]


def test_a_quick_run_has_a_row_for_every_command_and_size(tmp_path: Path) -> None:
    printed = run_benchmarks("--quick", "--build", str(tmp_path))
    assert rows(printed) == [
        ("`--help`", ""),
        ("`--version`", ""),
        ("`which`", "100"),
        ("`latest`", "100"),
        ("`check-ref`", "100"),
        ("`which`", "1,000"),
        ("`latest`", "1,000"),
        ("`check-ref`", "1,000"),
        ("`show`", "100"),
        ("`show`", "1,000"),
        ("`show`, growth", "1,000"),
        ("`show`, peak memory", "100"),
        ("`show`, peak memory", "1,000"),
        ("`history`, 80 columns", "1,000"),
        ("`register`", "1,000"),
        ("`assign`", "1,000"),
    ]
    assert "GTO was left out" in printed
    assert str(tmp_path) not in printed
    kept = sorted(re.sub("-shape.*", "", path.name) for path in tmp_path.iterdir())
    assert kept == ["home", "registry-100", "registry-1000"]


def test_only_measures_what_is_named(tmp_path: Path) -> None:
    printed = run_benchmarks("--quick", "--build", str(tmp_path), "--only", "version")
    assert rows(printed) == [("`--version`", "")]


@pytest.mark.parametrize(("limit", "code"), [(1000.0, 0), (0.0, 1)])
def test_check_exits_with_1_when_a_limit_is_not_met(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: float, code: int
) -> None:
    monkeypatch.setattr(run, "START_LIMIT", limit)
    monkeypatch.setattr(
        sys, "argv", ["benchmarks", "--quick", "--only", "version", "--check", "--build", str(tmp_path)]
    )
    assert run.main() == code


@pytest.mark.parametrize("tags", [1, 100, 149])
def test_a_registry_has_as_many_tags_as_asked_for(tmp_path: Path, tags: int) -> None:
    registry = prepare_registry(tmp_path, tags, os.environ)
    assert sorted(tag_names(registry)) == sorted(format_tag(tag) for tag in all_tags(tags))
    assert len(tag_names(registry)) == tags


def test_doctor_finds_nothing_wrong_with_a_registry(tmp_path: Path, cli: Callable[..., Result]) -> None:
    found = cli("doctor", repo=prepare_registry(tmp_path, 200, os.environ))
    assert (found.code, found.out) == (0, "")


def test_a_registry_is_made_once(tmp_path: Path) -> None:
    first = prepare_registry(tmp_path, 50, os.environ)
    (first / "kept").touch()
    assert (prepare_registry(tmp_path, 50, os.environ) / "kept").exists()
    assert len(list(tmp_path.iterdir())) == 1


def test_writing_to_a_copy_leaves_the_registry_as_it_was(tmp_path: Path) -> None:
    registry = prepare_registry(tmp_path, 50, os.environ)
    copy_registry(registry, tmp_path / "copy")
    git("tag", "-a", "-m", "new", "new@v1.0.0", repo=tmp_path / "copy")
    assert len(tag_names(tmp_path / "copy")) == 51
    assert len(tag_names(registry)) == 50
    git("fsck", "--strict", repo=registry)
