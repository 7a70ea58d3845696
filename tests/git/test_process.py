"""How git is run: its environment, its directory, its failures."""

from __future__ import annotations

import os
from pathlib import Path

import git as gitpython
import pytest

from gittag_registry.errors import GitFailed, NotARepository
from gittag_registry.git.process import locate, run
from tests.testing.builder import git


@pytest.fixture
def repo(builder, tmp_path) -> Path:
    """A repository with an alias that writes down the environment git has."""
    builder.commit()
    git("config", "alias.environment", f"!env > {tmp_path}/environment", repo=builder.build())
    return builder.path


def environment(repo: Path, tmp_path: Path) -> dict[str, str]:
    """The environment git gets from us."""
    run(locate(repo), "environment")
    lines = (tmp_path / "environment").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def test_git_speaks_plainly_and_never_asks(repo, tmp_path, monkeypatch):
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("GIT_TERMINAL_PROMPT", "1")
    seen = environment(repo, tmp_path)
    assert seen["LC_ALL"] == "C"
    assert seen["GIT_TERMINAL_PROMPT"] == "0"
    assert seen["GIT_NO_REPLACE_OBJECTS"] == "1"


@pytest.mark.parametrize(
    "name",
    [
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_NAMESPACE",
        "GIT_REPLACE_REF_BASE",
        "GIT_REFLOG_ACTION",
    ],
)
def test_what_would_redirect_git_is_not_passed_on(repo, tmp_path, monkeypatch, name):
    monkeypatch.setenv(name, "elsewhere")
    assert environment(repo, tmp_path).get(name) != "elsewhere"


@pytest.mark.parametrize(
    "name", ["GIT_COMMITTER_NAME", "GIT_COMMITTER_DATE", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_EDITOR", "HOME", "PATH"]
)
def test_what_says_who_writes_and_how_to_log_in_is(repo, tmp_path, monkeypatch, name):
    if name != "PATH":
        monkeypatch.setenv(name, os.environ.get(name, "2024-01-01T00:00:00Z"))
    assert environment(repo, tmp_path)[name].endswith(os.environ[name])


def test_a_repository_is_found_from_a_path_or_a_gitpython_repository(repo, tmp_path):
    top = git("rev-parse", "HEAD", repo=repo).encode()
    assert run(locate(str(repo)), "rev-parse", "HEAD") == top
    assert run(locate(repo), "rev-parse", "HEAD") == top
    with gitpython.Repo(repo) as opened:
        assert run(locate(opened), "rev-parse", "HEAD") == top
    git("clone", "--quiet", "--bare", str(repo), str(tmp_path / "bare"))
    with gitpython.Repo(tmp_path / "bare") as opened:
        assert run(locate(opened), "rev-parse", "HEAD") == top


def test_a_git_dir_in_the_environment_is_meant_only_where_nothing_is_named(repo, tmp_path, monkeypatch):
    git("init", "--quiet", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    assert run(locate(None), "rev-parse", "--git-dir").decode().strip() == str(tmp_path / "other" / ".git")
    assert run(locate(repo), "rev-parse", "--absolute-git-dir").decode().strip() == str(repo / ".git")


def test_a_path_that_is_no_folder_is_no_repository(tmp_path):
    with pytest.raises(NotARepository, match=r"'.*nowhere' is not a directory"):
        locate(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotARepository, match=r"no git repository at '.*empty'"):
        run(locate(tmp_path / "empty"), "rev-parse")


def test_a_folder_that_went_away_is_no_repository(repo):
    place = locate(repo)
    repo.rename(repo.parent / "moved")
    with pytest.raises(NotARepository, match="is not a directory"):
        run(place, "rev-parse")


def test_a_failure_says_what_git_said(repo):
    with pytest.raises(GitFailed) as caught:
        run(locate(repo), "rev-parse", "--verify", "nowhere")
    assert caught.value.message == "git rev-parse failed: Needed a single revision"
    assert caught.value.exit_code == 1


def test_every_command_can_be_watched(repo):
    seen: list[tuple[str, ...]] = []
    run(locate(repo)._replace(on_command=seen.append), "rev-parse", "HEAD")
    assert seen == [("rev-parse", "HEAD")]
