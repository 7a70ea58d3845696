"""Commits: the one that a revision names, and the commits and changes between two."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gittag_registry.errors import NotFound
from gittag_registry.git import history
from gittag_registry.git.process import locate
from tests.testing.builder import git, store_object


@pytest.fixture
def repo(builder):
    """Three commits, the second tagged."""
    builder.commit({"a": "1", "dir/b": "1"}, message="first")
    builder.tag("v1", builder.commit({"a": "2"}, message="second\n\nbody"))
    builder.commit({"dir/b": "2", "ä b": "new"}, message="third")
    return builder.build()


@pytest.mark.parametrize("revision", ["main~1", "v1", "v1^{commit}", "refs/tags/v1"])
def test_a_revision_is_resolved_to_a_commit(repo, builder, revision):
    assert history.resolve(locate(repo), revision) == builder.commit_id(2)


def test_an_abbreviated_id_is_resolved(repo, builder):
    assert history.resolve(locate(repo), builder.commit_id(2)[:8]) == builder.commit_id(2)


@pytest.mark.parametrize(
    "revision", ["nowhere", "", "^main", "main^{tree}", "main:a", "--all", "-n1", "main..v1", "@{-1}", "\n"]
)
def test_what_is_no_commit_is_not_found(repo, revision):
    with pytest.raises(NotFound, match="does not name a commit"):
        history.resolve(locate(repo), revision)


def test_replaced_commits_are_not_followed(repo, builder):
    git("replace", builder.commit_id(2), builder.commit_id(1), repo=repo)
    assert [
        subject for *_, subject in history.commits_between(locate(repo), builder.commit_id(1), builder.commit_id(3))
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
    assert history.moment_of(locate(repo), revision) == moment


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
    assert history.moment_of(locate(repo), "odd") is None


def test_commits_between_are_newest_first(repo, builder):
    assert history.commits_between(locate(repo), builder.commit_id(1), builder.commit_id(3)) == [
        (builder.commit_id(3), 1_700_000_180, "Ada Lovelace", "third"),
        (builder.commit_id(2), 1_700_000_060, "Ada Lovelace", "second"),
    ]
    assert history.commits_between(locate(repo), builder.commit_id(3), builder.commit_id(1)) == []


def test_files_that_changed_keep_their_names(repo, builder):
    first, third = builder.commit_id(1), builder.commit_id(3)
    assert history.files_changed(locate(repo), first, third) == [
        ("M", "a"),
        ("M", "dir/b"),
        ("A", "ä b"),
    ]
    assert history.files_changed(locate(repo), first, third, "dir") == [("M", "dir/b")]
    assert history.files_changed(locate(repo), first, third, "--all") == []


@pytest.mark.parametrize("pathspec", [":(exclude)a", "*", ":/", ":!a"])
def test_a_path_is_no_pattern(repo, builder, pathspec):
    assert history.files_changed(locate(repo), builder.commit_id(1), builder.commit_id(3), pathspec) == []


def test_a_sha_256_repository_has_a_history(tmp_path):
    repo = tmp_path / "long"
    git("init", "--quiet", "--object-format=sha256", str(repo))
    (repo / "a").write_text("1")
    git("add", "a", repo=repo)
    git("commit", "--quiet", "-m", "first", repo=repo)
    (repo / "a").write_text("2")
    git("commit", "--quiet", "-am", "second", repo=repo)
    first, second = history.resolve(locate(repo), "HEAD~1"), history.resolve(locate(repo), "HEAD")
    assert len(second) == 64
    [(oid, _, _, subject)] = history.commits_between(locate(repo), first, second)
    assert (oid, subject) == (second, "second")
    assert history.files_changed(locate(repo), first, second) == [("M", "a")]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"a\nb", "a\nb"),
        (b"a\n:000000 100644 %040d %040d D\tmodel" % (0, 0), f"a\n:000000 100644 {'0' * 40} {'0' * 40} D\tmodel"),
        (b":a", ":a"),
        (b"caf\xe9", "caf\ufffd"),
        (b'"a"', '"a"'),
    ],
)
def test_no_name_of_a_file_hides_or_forges_a_change(repo, builder, name, shown):
    for changed in (name, b"z"):
        Path(os.fsdecode(os.fsencode(repo) + b"/" + changed)).write_text("new")
    git("add", "--all", repo=repo)
    git("commit", "--quiet", "-m", "fourth", repo=repo)
    head = history.resolve(locate(repo), "HEAD")
    assert history.files_changed(locate(repo), builder.commit_id(3), head) == [("A", shown), ("A", "z")]


def test_a_repositorys_configuration_of_log_and_diff_changes_no_answer(repo, builder, tmp_path):
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    program.chmod(0o755)
    for key, value in {
        "diff.external": program,
        "diff.mnemonicPrefix": "true",
        "diff.noprefix": "true",
        "diff.renames": "copies",
        "diff.relative": "true",
        "diff.orderFile": "nowhere",
        "log.showSignature": "true",
        "log.follow": "true",
        "gpg.program": program,
        "core.pager": program,
        "color.ui": "always",
        "format.pretty": "raw",
        "core.fsmonitor": program,
    }.items():
        git("config", key, str(value), repo=repo)
    first, third = builder.commit_id(1), builder.commit_id(3)
    subjects = [subject for *_, subject in history.commits_between(locate(repo / "dir"), first, third)]
    assert subjects == ["third", "second"]
    assert history.files_changed(locate(repo / "dir"), first, third) == [("M", "a"), ("M", "dir/b"), ("A", "ä b")]
    assert not (tmp_path / "ran").exists()


def test_the_names_of_branches_and_tags_are_those_that_a_user_types(repo):
    git("branch", "v1", "main", repo=repo)
    git("update-ref", "refs/remotes/origin/main", "main", repo=repo)
    assert history.ref_names(locate(repo)) == ["main", "v1", "origin/main"]
