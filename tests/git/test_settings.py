"""What git's configuration says."""

from __future__ import annotations

import pytest

from gittag_registry.errors import GitFailed
from gittag_registry.git import settings
from gittag_registry.git.process import locate
from tests.testing.builder import git


@pytest.fixture
def repo(builder):
    """One commit."""
    builder.commit()
    return builder.build()


def test_the_identity_is_that_of_the_committer(repo, monkeypatch):
    monkeypatch.setenv("GIT_COMMITTER_NAME", "Ünal <ünal>")
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "u@x")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "1700000000 -0330")
    assert settings.identity(locate(repo)) == ("Ünal ünal", "u@x", 1_700_000_000, "-0330")


def test_without_an_identity_the_failure_has_a_hint(repo, isolated):
    (isolated / ".gitconfig").write_text("[user]\n useConfigOnly = true\n")
    with pytest.raises(GitFailed) as caught:
        settings.identity(locate(repo))
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("git config --global user.")


def test_the_remotes_are_those_of_every_configuration(repo, isolated):
    assert settings.remotes(locate(repo)) == []
    git("config", "remote.own.url", "/nowhere", repo=repo)
    with (isolated / ".gitconfig").open("a") as file:
        file.write('[remote "shared"]\n url = /nowhere\n')
    assert settings.remotes(locate(repo)) == ["own", "shared"]
