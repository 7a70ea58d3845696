"""Which clones may lack tags of their remote, by git's files alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gittag_registry.git.clone import is_shallow, mark_complete, remote_names, why_incomplete
from gittag_registry.git.process import Repository, locate
from tests.testing.builder import git

SHALLOW = "this clone is shallow"
ONE_BRANCH = "this clone fetches only some branches"
NO_TAGS = "this clone fetches no tags"


def clone(example: Path, *options: str) -> Path:
    place = example.with_name("clone")
    git("-c", "protocol.file.allow=always", "clone", "--quiet", *options, example.as_uri(), str(place))
    return place


def reason(place: Path) -> str | None:
    return why_incomplete(locate(place))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], None),
        (["--bare"], None),
        (["--mirror"], None),
        (["--filter=blob:none"], None),
        (["--mirror", "--depth=1"], None),
        (["--depth=1"], SHALLOW),
        (["--depth=1", "--no-single-branch"], SHALLOW),
        (["--depth=1", "--bare"], SHALLOW),
        (["--depth=1", "--no-tags"], SHALLOW),
        (["--single-branch"], ONE_BRANCH),
        (["--branch=main", "--single-branch"], ONE_BRANCH),
        (["--no-tags"], NO_TAGS),
        (["--no-tags", "--single-branch"], NO_TAGS),
        (["--single-branch", "--origin=upstream"], ONE_BRANCH),
    ],
)
def test_a_clone_that_lacks_tags_is_recognised(example, options, expected):
    assert reason(clone(example, *options)) == expected


def test_a_repository_without_a_remote_lacks_nothing(example):
    assert (reason(example), remote_names(locate(example))) == (None, [])


class TestWhereTheFilesAre:
    @pytest.fixture
    def shallow(self, example):
        return clone(example, "--depth=1")

    def test_from_a_directory_below(self, shallow):
        (shallow / "models" / "eu").mkdir(parents=True)
        assert reason(shallow / "models" / "eu") == SHALLOW

    def test_through_a_link_to_a_directory(self, shallow, tmp_path):
        (tmp_path / "link").symlink_to(shallow)
        assert reason(tmp_path / "link") == SHALLOW

    def test_in_the_directory_of_git_itself(self, shallow):
        assert reason(shallow / ".git") == SHALLOW

    def test_in_a_worktree(self, shallow, tmp_path):
        git("worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"), repo=shallow)
        assert reason(tmp_path / "tree") == SHALLOW

    def test_by_the_variable_for_it(self, shallow, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("GIT_DIR", os.path.relpath(shallow / ".git", tmp_path))
        assert why_incomplete(locate(None)) == SHALLOW

    def test_in_a_submodule(self, example, tmp_path):
        above = tmp_path / "above"
        git("init", "--quiet", str(above))
        command = ("submodule", "--quiet", "add", "--depth=1", example.as_uri(), "models")
        git("-c", "protocol.file.allow=always", *command, repo=above)
        assert (reason(above / "models"), reason(above)) == (SHALLOW, None)

    def test_nowhere_is_for_git_to_tell(self, tmp_path):
        assert why_incomplete(Repository(str(tmp_path))) is None


class TestComplete:
    def test_once_marked_until_git_fetches(self, example):
        place = clone(example, "--depth=1")
        mark_complete(locate(place), "origin")
        assert reason(place) is None
        git("fetch", "--quiet", repo=place)
        assert reason(place) == SHALLOW
        mark_complete(locate(place), "origin")
        assert reason(place) is None

    def test_marked_for_all_worktrees(self, example, tmp_path):
        place = clone(example, "--single-branch")
        git("worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"), repo=place)
        mark_complete(locate(tmp_path / "tree"), "origin")
        assert reason(place) is None
        git("fetch", "--quiet", repo=tmp_path / "tree")
        assert reason(tmp_path / "tree") == ONE_BRANCH

    def test_not_by_the_tags_of_another_remote(self, example):
        place = clone(example, "--single-branch")
        git("remote", "add", "fork", example.as_uri(), repo=place)
        mark_complete(locate(place), "fork")
        assert reason(place) == ONE_BRANCH

    def test_by_a_remote_from_which_git_fetches_all_tags(self, example):
        place = clone(example, "--single-branch")
        git("config", "remote.origin.tagOpt", "--tags", repo=place)
        assert reason(place) == ONE_BRANCH  # nothing was fetched since
        git("fetch", "--quiet", repo=place)
        assert reason(place) is None

    def test_by_a_refspec_of_all_tags(self, example):
        refspec = "remote.origin.fetch=+refs/tags/*:refs/tags/*"
        assert reason(clone(example, "--depth=1", "--config", refspec)) is None


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ('[remote "origin"]\n\turl = x\n\tfetch = +refs/heads/main:refs/remotes/origin/main\n', ONE_BRANCH),
        ('[Remote "origin"]\n\tURL = x\n\tFETCH = "+refs/heads/main:refs/remotes/origin/main"\n', ONE_BRANCH),
        ('[remote "origin"] fetch = +refs/heads/main:refs/remotes/origin/main\n', ONE_BRANCH),
        ('[remote "origin"]\nfetch=refs/heads/a:b\nfetch=+refs/heads/*:refs/remotes/origin/*\n', None),
        ('[remote "origin"]\nfetch = +refs/heads/*:x/*\n[remote "fork"]\nfetch = refs/heads/a:b\n', None),
        ('[remote "a"]\nfetch = +refs/heads/*:x/*\n[remote "b"]\nfetch = refs/heads/a:b\n', None),
        ('[remote "a"]\nfetch = refs/heads/a:b\n[remote "b"]\nfetch = refs/heads/a:b\n', ONE_BRANCH),
        ('# [remote "origin"]\n[core]\n\tfetch = refs/heads/main:x\n[branch "remote"]\n\tremote = origin\n', None),
        ('[remote "origin"]\n\ttagOpt = --no-tags\n\ttagopt = --tags\n', None),
        ("[remote", None),
        ("\x00\xff[", None),
    ],
)
def test_a_configuration_is_read_as_git_reads_it(tmp_path, configuration, expected):
    git("init", "--quiet", str(tmp_path))
    (tmp_path / ".git" / "config").write_bytes(configuration.encode("latin-1"))
    assert reason(tmp_path) == expected


def test_a_shallow_clone_is_recognised_in_its_worktrees_too(example):
    place = clone(example, "--depth", "1")
    git("worktree", "add", "--quiet", "--detach", str(place.with_name("beside")), repo=place)
    assert is_shallow(locate(place))
    assert is_shallow(locate(place.with_name("beside")))
    assert not is_shallow(locate(example))
