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
    assert "git config --global user.name NAME" in (caught.value.hint or "")


def test_the_remotes_are_those_of_every_configuration(repo, isolated):
    assert list(settings.remotes(locate(repo))) == []
    git("config", "remote.own.url", "/nowhere", repo=repo)
    with (isolated / ".gitconfig").open("a") as file:
        file.write('[remote "shared"]\n url = /nowhere\n')
    assert list(settings.remotes(locate(repo))) == ["own", "shared"]


def test_a_remote_has_the_addresses_that_the_configuration_gives_it(repo):
    git("config", "remote.own.url", "https://fetch/m", repo=repo)
    git("config", "remote.own.partialCloneFilter", "blob:none", repo=repo)
    git("config", "remote.own.promisor", "true", repo=repo)
    assert settings.remotes(locate(repo))["own"] == ("https://fetch/m", ("https://fetch/m",))
    git("config", "url.ssh://push/.pushInsteadOf", "https://fetch/", repo=repo)
    assert settings.remotes(locate(repo))["own"] == ("https://fetch/m", ("ssh://push/m",))
    git("config", "--add", "remote.own.pushurl", "ssh://one/m", repo=repo)
    git("config", "--add", "remote.own.pushurl", "/two (push)/m", repo=repo)
    assert settings.remotes(locate(repo))["own"] == ("https://fetch/m", ("ssh://one/m", "/two (push)/m"))


def test_an_address_is_pushed_to_where_the_longest_rule_says(repo):
    assert settings.push_address(locate(repo), "https://fetch/a/m") == "https://fetch/a/m"
    git("config", "url.ssh://short/.pushInsteadOf", "https://fetch/", repo=repo)
    git("config", "url.ssh://Long/.pushInsteadOf", "https://fetch/a/", repo=repo)
    assert settings.push_address(locate(repo), "https://fetch/a/m") == "ssh://Long/m"
    assert settings.push_address(locate(repo), "https://other/m") == "https://other/m"
