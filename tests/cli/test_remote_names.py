"""`-r NAME`: a configured remote, wherever an address is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from gittag_registry import find_latest_version, open_registry
from gittag_registry.errors import NotARepository
from tests.testing.builder import RepositoryBuilder, git, tag_names
from tests.testing.programs import shell


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """v1.0.0 of churn, in prod."""
    repo = RepositoryBuilder(tmp_path / "my 100% server.git", bare=True)
    first = repo.commit()
    repo.tag("churn@v1.0.0", first)
    repo.tag("churn#prod#1", first)
    built = repo.build()
    git("config", "uploadpack.allowFilter", "true", repo=built)
    return built


@pytest.fixture
def clone(server: Path, tmp_path: Path) -> Path:
    """A clone without tags, with a directory below its top."""
    git("clone", "--quiet", "--no-tags", str(server), str(tmp_path / "clone"))
    (tmp_path / "clone" / "below").mkdir()
    return tmp_path / "clone"


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("latest churn", "v1.0.0\n"),
        ("which churn prod", "v1.0.0\n"),
        ("show churn --version", "v1.0.0\n"),
        ("check-ref churn@v1.0.0 --version", "v1.0.0\n"),
        ("stages", "prod\n"),
    ],
)
def test_a_question_goes_to_the_server(cli, clone, question, answer):
    asked = cli(*question.split(), "-r", "origin", repo=clone)
    assert (asked.code, asked.out, asked.err) == (0, answer, "")
    assert tag_names(clone) == []


def test_a_write_goes_to_the_server(cli, server, clone):
    done = cli("-r", "origin", "assign", "churn", "dev", "--version", "v1.0.0", repo=clone)
    assert (done.code, "churn#dev#2" in tag_names(server), tag_names(clone)) == (0, True, [])


@pytest.mark.parametrize(
    "url", ["../my 100% server.git", "{server}", "file://{escaped}", "alias:my 100%25 server.git"], ids=str
)
@pytest.mark.parametrize("place", ["", "below", ".git"])
def test_the_address_is_the_one_that_git_uses(cli, server, clone, url, place):
    git("config", f"url.file://{server.parent}/.insteadOf", "alias:", repo=clone)
    address = url.format(server=server, escaped=str(server).replace("%", "%25"))
    git("config", "remote.origin.url", address, repo=clone)
    if place != ".git" or not url.startswith(".."):  # git reads such a path from the top of the working tree
        assert cli("latest", "churn", "-r", "origin", repo=clone / place).out == "v1.0.0\n"


def test_from_outside_the_clone(cli, clone, tmp_path):
    assert cli("-C", "clone", "-r", "origin", "latest", "churn", repo=tmp_path).out == "v1.0.0\n"


def test_a_remote_goes_before_a_directory_of_its_name_as_for_git(cli, clone, example):
    example.rename(clone / "origin")
    assert cli("latest", "churn", "-r", "origin", repo=clone).out == "v1.0.0\n"
    assert cli("latest", "churn", "-r", "./origin").out == "v1.1.0\n"
    git("remote", "rename", "origin", "upstream", repo=clone)
    assert cli("latest", "churn", "-r", "origin").out == "v1.1.0\n"
    assert cli("latest", "churn", "-r", "upstream").out == "v1.0.0\n"


def test_a_remote_of_the_users_own_configuration_is_one(cli, server, clone):
    git("config", "--global", "remote.models.url", str(server))
    assert cli("latest", "churn", "-r", "models", repo=clone).out == "v1.0.0\n"


def test_python_takes_a_name_too(clone, monkeypatch):
    monkeypatch.chdir(clone)
    latest = find_latest_version("origin", "churn")
    assert latest is not None
    assert latest.version == "v1.0.0"
    cached = open_registry("origin", offline=True).latest("churn")
    assert cached is not None
    assert (cached.version, cached.commit) == (latest.version, latest.commit)


def test_offline_answers_from_the_cache_of_the_address(cli, server, clone):
    cli("latest", "churn", "-r", "origin", repo=clone)
    server.rename(server.with_name("gone"))
    assert cli("latest", "churn", "-r", "origin", "--offline").out == "v1.0.0\n"
    assert cli("latest", "churn", "-r", "origin").code == 4


@pytest.mark.parametrize("name", ["orgin", "--upload-pack=true", "", "a b", "origin/main"])
def test_any_other_word_is_a_path(cli, clone, name):
    asked = cli("latest", "churn", f"--repo={name}", repo=clone)
    if name:
        assert (asked.code, f"error: {name!r} is not a directory\n" in asked.err) == (1, True)
        assert "--repo takes a path, an address, or the name of a remote" in asked.err


def test_where_there_is_no_repository_it_is_a_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotARepository, match="'origin' is not a directory"):
        open_registry("origin")


def test_the_settings_by_which_the_clone_logs_in_count(cli, server, clone, tmp_path):
    """As `actions/checkout` leaves a token in the configuration of the clone."""
    git("config", "core.sshCommand", f"touch '{tmp_path}/asked'; false", repo=clone)
    git("config", "remote.origin.url", "git@localhost:models.git", repo=clone)
    assert cli("latest", "churn", "-r", "origin", repo=clone).code == 4
    assert (tmp_path / "asked").exists()


def test_no_git_is_run_for_a_path(cli, example, tmp_path):
    asked = cli("latest", "churn", "-r", example.name, "-v", repo=tmp_path)
    assert [line.split()[2] for line in asked.err.splitlines()] == ["for-each-ref", "cat-file"]


@pytest.mark.usefixtures("installed")
def test_hints_keep_the_name(cli, clone):
    refused = cli("latest", "chrun", "-r", "origin", repo=clone)
    assert "did you mean 'churn'?" in refused.err
    asked = cli("which", "churn", "dev", "-r", "origin")
    assert asked.code == 3
    done = cli("-r", "origin", "deregister", "churn", "v1.0.0", "--delete", "--yes", repo=clone)
    undo = [line.removeprefix("to undo: ") for line in done.err.splitlines() if line.startswith("to undo: ")]
    assert shell("\n".join(undo), cwd=clone).code == 0
    assert cli("latest", "churn", "-r", "origin").out == "v1.0.0\n"
