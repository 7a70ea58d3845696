"""Files of a working tree and of a commit."""

from __future__ import annotations

import os

import pytest

from gittag_registry.git import files
from gittag_registry.git.files import UnreadableFile
from gittag_registry.git.process import locate
from tests.testing.builder import git


@pytest.fixture
def repo(builder):
    """Three commits, the second tagged."""
    builder.commit({"a": "1", "dir/b": "1"}, message="first")
    builder.tag("v1", builder.commit({"a": "2"}, message="second\n\nbody"))
    builder.commit({"dir/b": "2", "ä b": "new"}, message="third")
    return builder.build()


def test_files_of_the_working_tree(repo):
    (repo / "a").write_text("changed")
    assert files.read_files(locate(repo / "dir"), ["a", "dir/b", "nowhere", "a/b"]) == {
        "a": b"changed",
        "dir/b": b"2",
    }


def test_files_of_a_commit(repo, builder):
    (repo / "a").write_text("changed")
    found = files.read_files(locate(repo), ["a", "dir/b", "nowhere", "dir"], builder.commit_id(1))
    assert found == {"a": b"1", "dir/b": b"1"}


def test_files_of_a_bare_repository_are_those_of_its_head(repo, tmp_path):
    git("clone", "--quiet", "--bare", str(repo), str(tmp_path / "bare"))
    assert files.read_files(locate(tmp_path / "bare"), ["a", "dir/b"]) == {"a": b"2", "dir/b": b"2"}


@pytest.mark.parametrize("bare", [False, True])
def test_a_file_too_large_to_be_written_by_hand_is_unreadable(builder, tmp_path, bare):
    builder.commit({"artifacts.yaml": "#" * ((1 << 20) + 1), "dvc.yaml": "#" * (1 << 20)})
    path = builder.build()
    if bare:
        git("clone", "--quiet", "--bare", str(path), str(tmp_path / "bare"))
        path = tmp_path / "bare"
    assert len(files.read_files(locate(path), ["dvc.yaml"])["dvc.yaml"]) == 1 << 20
    with pytest.raises(UnreadableFile, match=r"artifacts\.yaml: is larger than 1048576 bytes"):
        files.read_files(locate(path), ["artifacts.yaml"])


def test_a_file_that_cannot_be_opened_is_unreadable(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UnreadableFile, match=r"loop\.yaml: cannot be read: Too many levels of symbolic links"):
        files.read_file(str(tmp_path / "loop"), "loop.yaml")


def test_only_regular_files_are_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for place in (str(tmp_path / "pipe"), "/dev/zero", str(tmp_path)):
        with pytest.raises(UnreadableFile):
            files.read_file(place, "odd")
    assert files.read_file(str(tmp_path / "nowhere"), "nowhere") is None


def test_the_working_tree_is_found_from_inside_it(repo, tmp_path):
    assert files.work_tree(locate(repo / "dir")) == str(repo)
    git("clone", "--quiet", "--bare", str(repo), str(tmp_path / "bare"))
    assert files.work_tree(locate(tmp_path / "bare")) is None
