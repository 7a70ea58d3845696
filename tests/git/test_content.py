"""What is read of a repository besides tags."""

from __future__ import annotations

import os

import pytest

from gittag_registry.errors import GitFailed, NotFound
from gittag_registry.git import content
from gittag_registry.git.content import UnreadableFile
from gittag_registry.git.process import locate
from tests.builder import git, store_object


@pytest.fixture
def repo(builder):
    """Three commits, the second tagged."""
    builder.commit({"a": "1", "dir/b": "1"}, message="first")
    builder.tag("v1", builder.commit({"a": "2"}, message="second\n\nbody"))
    builder.commit({"dir/b": "2", "ä b": "new"}, message="third")
    return builder.build()


@pytest.mark.parametrize("revision", ["main~1", "v1", "v1^{commit}", "refs/tags/v1"])
def test_a_revision_is_resolved_to_a_commit(repo, builder, revision):
    assert content.resolve(locate(repo), revision) == builder.commit_id(2)


def test_an_abbreviated_id_is_resolved(repo, builder):
    assert content.resolve(locate(repo), builder.commit_id(2)[:8]) == builder.commit_id(2)


@pytest.mark.parametrize(
    "revision", ["nowhere", "", "^main", "main^{tree}", "main:a", "--all", "-n1", "main..v1", "@{-1}", "\n"]
)
def test_what_is_no_commit_is_not_found(repo, revision):
    with pytest.raises(NotFound, match="does not name a commit"):
        content.resolve(locate(repo), revision)


def test_replaced_commits_are_not_followed(repo, builder):
    git("replace", builder.commit_id(2), builder.commit_id(1), repo=repo)
    assert [
        subject for *_, subject in content.commits_between(locate(repo), builder.commit_id(1), builder.commit_id(3))
    ] == [
        "third",
        "second",
    ]


@pytest.mark.parametrize(
    ("revision", "moment"),
    [
        ("v1", 1_700_000_120),
        ("main~1", 1_700_000_060),
        ("main~2", 1_700_000_000),
        ("nowhere", None),
        ("main:a", None),
        ("main^{tree}", None),
    ],
)
def test_the_moment_of_a_revision_is_that_of_its_tagger_or_committer(repo, revision, moment):
    assert content.moment_of(locate(repo), revision) == moment


@pytest.mark.parametrize(
    "tagger",
    [
        "",
        "tagger A\nB <a@b> 1 +0000\n",
        "tagger A <a@b>\n",
        "tagger A <a@b> soon +0000\n",
        "tagger\n",
        "tagger A <a@b> 99999999999999999 +0000\n",
    ],
)
def test_a_tag_without_a_date_has_no_moment(repo, builder, tagger):
    tag = f"object {builder.commit_id(1)}\ntype commit\ntag odd\n{tagger}\ncommitter A <a@b> 5 +0000\n"
    store_object(repo, "tag", tag.encode(), "refs/tags/odd")
    assert content.moment_of(locate(repo), "odd") is None


def test_the_identity_is_that_of_the_committer(repo, monkeypatch):
    monkeypatch.setenv("GIT_COMMITTER_NAME", "Ünal <ünal>")
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "u@x")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "1700000000 -0330")
    assert content.identity(locate(repo)) == ("Ünal ünal", "u@x", 1_700_000_000, "-0330")


def test_files_of_the_working_tree(repo):
    (repo / "a").write_text("changed")
    assert content.read_files(locate(repo / "dir"), ["a", "dir/b", "nowhere", "a/b"]) == {
        "a": b"changed",
        "dir/b": b"2",
    }


def test_files_of_a_commit(repo, builder):
    (repo / "a").write_text("changed")
    found = content.read_files(locate(repo), ["a", "dir/b", "nowhere", "dir"], builder.commit_id(1))
    assert found == {"a": b"1", "dir/b": b"1"}


def test_files_of_a_bare_repository_are_those_of_its_head(repo, tmp_path):
    git("clone", "--quiet", "--bare", str(repo), str(tmp_path / "bare"))
    assert content.read_files(locate(tmp_path / "bare"), ["a", "dir/b"]) == {"a": b"2", "dir/b": b"2"}


@pytest.mark.parametrize("bare", [False, True])
def test_a_file_too_large_to_be_written_by_hand_is_unreadable(builder, tmp_path, bare):
    builder.commit({"artifacts.yaml": "#" * ((1 << 20) + 1), "dvc.yaml": "#" * (1 << 20)})
    path = builder.build()
    if bare:
        git("clone", "--quiet", "--bare", str(path), str(tmp_path / "bare"))
        path = tmp_path / "bare"
    assert len(content.read_files(locate(path), ["dvc.yaml"])["dvc.yaml"]) == 1 << 20
    with pytest.raises(UnreadableFile, match=r"artifacts\.yaml: is larger than 1048576 bytes"):
        content.read_files(locate(path), ["artifacts.yaml"])


def test_a_file_that_cannot_be_opened_is_unreadable(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UnreadableFile, match=r"loop\.yaml: cannot be read: Too many levels of symbolic links"):
        content.read_file(str(tmp_path / "loop"), "loop.yaml")


def test_only_regular_files_are_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for place in (str(tmp_path / "pipe"), "/dev/zero", str(tmp_path)):
        with pytest.raises(content.UnreadableFile):
            content.read_file(place, "odd")
    assert content.read_file(str(tmp_path / "nowhere"), "nowhere") is None


def test_commits_between_are_newest_first(repo, builder):
    assert content.commits_between(locate(repo), builder.commit_id(1), builder.commit_id(3)) == [
        (builder.commit_id(3), 1_700_000_180, "Ada Lovelace", "third"),
        (builder.commit_id(2), 1_700_000_060, "Ada Lovelace", "second"),
    ]
    assert content.commits_between(locate(repo), builder.commit_id(3), builder.commit_id(1)) == []


def test_files_that_changed_keep_their_names(repo, builder):
    first, third = builder.commit_id(1), builder.commit_id(3)
    assert content.files_changed(locate(repo), first, third) == [
        ("M", "a"),
        ("M", "dir/b"),
        ("A", "ä b"),
    ]
    assert content.files_changed(locate(repo), first, third, "dir") == [("M", "dir/b")]
    assert content.files_changed(locate(repo), first, third, "--all") == []


@pytest.mark.parametrize("pathspec", [":(exclude)a", "*", ":/", ":!a"])
def test_a_path_is_no_pattern(repo, builder, pathspec):
    assert content.files_changed(locate(repo), builder.commit_id(1), builder.commit_id(3), pathspec) == []


def test_the_working_tree_is_found_from_inside_it(repo, tmp_path):
    assert content.work_tree(locate(repo / "dir")) == str(repo)
    git("clone", "--quiet", "--bare", str(repo), str(tmp_path / "bare"))
    assert content.work_tree(locate(tmp_path / "bare")) is None


def test_a_shallow_clone_is_recognised(repo, tmp_path):
    git("clone", "--quiet", "--depth", "1", f"file://{repo}", str(tmp_path / "shallow"))
    assert content.is_shallow(locate(tmp_path / "shallow"))
    assert not content.is_shallow(locate(repo))
    assert content.remotes(locate(tmp_path / "shallow")) == ["origin"]
    assert content.remotes(locate(repo)) == []


def test_without_an_identity_the_failure_has_a_hint(repo, isolated):
    (isolated / ".gitconfig").write_text("[user]\n useConfigOnly = true\n")
    with pytest.raises(GitFailed) as caught:
        content.identity(locate(repo))
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("git config --global user.")
