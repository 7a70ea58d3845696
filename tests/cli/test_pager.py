"""Long answers on a terminal go through git's pager."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.testing.builder import RepositoryBuilder, git
from tests.testing.programs import Done, in_terminal, program

pytestmark = pytest.mark.usefixtures("installed")
MARKING = "sed 's/^/| /'"  # a pager that shows that it ran


@pytest.fixture
def long(builder: RepositoryBuilder) -> Path:
    """A history of 60 lines; the terminal of the tests has 50."""
    commit = builder.commit()
    for number in range(60):
        builder.tag(f"churn@v{number}.0.0", commit)
    return builder.build()


def ask(*words: str, repo: Path, **env: str) -> Done:
    return in_terminal("git", *words, cwd=repo, env=env)


def test_a_long_answer_goes_through_the_pager(long):
    shown = ask("registry", "history", "--oneline", repo=long, GIT_PAGER=MARKING)
    assert shown.code == 0
    assert [line[:2] for line in shown.out.splitlines()] == ["| "] * 60


def test_an_answer_that_fits_does_not(long):
    shown = ask("registry", "history", "--oneline", "-n", "49", repo=long, GIT_PAGER=MARKING)
    assert "| " not in shown.out


def test_the_configuration_names_the_pager_and_the_variable_wins(long):
    git("config", "core.pager", "sed 's/^/configured: /'", repo=long)
    assert ask("registry", "log", "--oneline", repo=long, PAGER=MARKING).out.startswith("configured: ")
    assert ask("registry", "log", "--oneline", repo=long, GIT_PAGER=MARKING).out.startswith("| ")


@pytest.mark.parametrize("words", [["registry", "history", "--no-pager"], ["--no-pager", "registry", "history"]])
def test_no_pager_is_git_s_option_and_ours(long, words):
    assert "| │" not in ask(*words, repo=long, GIT_PAGER=MARKING).out


@pytest.mark.parametrize("pager", ["no-such-pager", "cat", ""])
def test_without_a_pager_the_answer_is_printed(long, pager):
    shown = ask("registry", "history", "--oneline", repo=long, GIT_PAGER=pager)
    assert shown.code == 0
    assert "churn@v0.0.0" in shown.out


def test_a_pager_that_ends_early_is_no_error(long):
    shown = ask("registry", "history", "--oneline", repo=long, GIT_PAGER="head -1")
    assert (shown.code, len(shown.out.splitlines())) == (0, 1)


def test_a_pipe_gets_no_pager(long):
    shown = program("git", "registry", "history", "--oneline", cwd=long, env={"GIT_PAGER": MARKING})
    assert "| " not in shown.out
