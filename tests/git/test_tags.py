"""Tags in git: list refs, read objects, write and delete atomically."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from gittag_registry.errors import Conflict, GitFailed
from gittag_registry.git.process import locate
from gittag_registry.git.settings import identity
from gittag_registry.git.tags import StoredObject, list_tags, peel, read_objects, write_object
from gittag_registry.git.transaction import LostRace, transaction
from gittag_registry.registry import Registry
from tests.testing.builder import git, tag_names


@pytest.fixture
def tagged(builder) -> Path:
    """One commit with tags of churn, models:churn and others."""
    commit = builder.commit()
    for name in [
        "churn@v1.0.0",
        "churn@v1.0.0+a",
        "churn#prod#1",
        "churn#prod/eu#2",
        "churny@v1.0.0",
        "models=churn@v1.0.0",
    ]:
        builder.tag(name, commit)
    builder.lightweight("v1.0.0", commit)
    return builder.build()


def names(path: Path, *patterns: str) -> list[str]:
    return [name for _, name in list_tags(locate(path), patterns)]


def change(repository, create=(), delete=(), absent=()):
    with transaction(repository, create=create, delete=delete, absent=absent):
        pass


def oid(path: Path, revision: str) -> str:
    return git("rev-parse", revision, repo=path).strip()


def loose(path: Path, name: str) -> Path:
    """The file of a loose object."""
    return path / ".git" / "objects" / name[:2] / name[2:]


def test_all_tags_are_listed_with_their_objects(tagged):
    listed = {name: found for found, name in list_tags(locate(tagged))}
    assert sorted(listed) == sorted(tag_names(tagged))
    assert listed["churn@v1.0.0"] == oid(tagged, "refs/tags/churn@v1.0.0")
    assert listed["v1.0.0"] == oid(tagged, "HEAD")


def test_patterns_narrow_the_list(tagged):
    assert names(tagged, "churn@", "churn#") == [
        "churn#prod#1",
        "churn#prod/eu#2",
        "churn@v1.0.0",
        "churn@v1.0.0+a",
    ]


def test_packed_and_loose_refs_are_one_list(tagged):
    git("pack-refs", "--all", "--prune", repo=tagged)
    git("tag", "-a", "-m", "x", "churn@v2.0.0", repo=tagged)
    assert "churn@v2.0.0" in names(tagged)
    assert "churn@v1.0.0" in names(tagged)


def test_a_name_that_is_not_utf_8_does_not_stop_the_list(tagged):
    packed = tagged / ".git" / "packed-refs"
    packed.write_bytes(b"%s refs/tags/ch\xffrn@v1.0.0\n" % oid(tagged, "HEAD").encode())
    assert "ch\ufffdrn@v1.0.0" in names(tagged)
    assert "churn@v1.0.0" in names(tagged)


@pytest.mark.parametrize("content", ["", "garbage\n"])
def test_a_ref_that_git_cannot_read_is_listed_without_an_object(tagged, content):
    (tagged / ".git" / "refs" / "tags" / "churn@v9.0.0").write_text(content)
    assert ("0" * 40, "churn@v9.0.0") in list_tags(locate(tagged))


def test_objects_come_in_the_order_asked_for(tagged):
    commit, tag = oid(tagged, "HEAD"), oid(tagged, "refs/tags/churn@v1.0.0")
    found = list(read_objects(locate(tagged), [tag, commit, tag], 1 << 16))
    assert [each.type for each in found] == ["tag", "commit", "tag"]
    assert found[0] == found[2]
    assert found[0].data.startswith(f"object {commit}\ntype commit\ntag churn@v1.0.0\n".encode())
    assert found[0].size == len(found[0].data)


def test_an_object_that_is_too_large_is_passed_over(tagged):
    names_ = [oid(tagged, "refs/tags/churn@v1.0.0"), oid(tagged, "HEAD^{tree}"), oid(tagged, "refs/tags/churn@v1.0.0")]
    found = list(read_objects(locate(tagged), names_, 50))
    assert [(each.type, each.data) for each in found][::2] == [("tag", b""), ("tag", b"")]
    assert found[0].size > 50
    assert found[1].type == "tree"
    assert len(found[1].data) == found[1].size


def test_missing_objects_are_told_apart(tagged):
    commit = oid(tagged, "HEAD")
    found = list(read_objects(locate(tagged), ["0" * 40, commit, "HEAD:nowhere"], 1 << 16))
    assert found[0] == found[2] == StoredObject("missing", 0, b"")
    assert found[1].type == "commit"


@pytest.mark.parametrize("content", [b"garbage", b"", b"\x78\x9c\x00"])
def test_damaged_objects_do_not_hide_those_behind_them(tagged, content):
    tags = [
        oid(tagged, f"refs/tags/{name}") for name in ("churn@v1.0.0", "churn@v1.0.0+a", "churn#prod#1", "churny@v1.0.0")
    ]
    for damaged in (tags[0], tags[2]):
        loose(tagged, damaged).chmod(0o644)
        loose(tagged, damaged).write_bytes(content)
    found = [each.type for each in read_objects(locate(tagged), tags, 1 << 16)]
    assert found[1::2] == ["tag", "tag"]
    assert set(found[::2]) <= {"damaged", "missing"}


def test_a_thousand_objects_are_one_process(tagged):
    commands: list[tuple[str, ...]] = []
    repository = locate(tagged)._replace(on_command=commands.append)
    assert len(list(read_objects(repository, [oid(tagged, "HEAD")] * 1000, 1 << 16))) == 1000
    assert [command[0] for command in commands] == ["cat-file"]


def test_tags_of_tags_are_peeled(tagged):
    git("tag", "-a", "-m", "outer", "outer", "churn@v1.0.0", repo=tagged)
    git("tag", "-a", "-m", "tree", "tree", "HEAD^{tree}", repo=tagged)
    asked = [oid(tagged, "refs/tags/outer"), oid(tagged, "refs/tags/tree"), oid(tagged, "refs/tags/churn@v1.0.0")]
    assert peel(locate(tagged), asked) == [oid(tagged, "HEAD"), None, oid(tagged, "HEAD")]


def tag_object(path: Path, name: str, kind: str = "commit") -> bytes:
    return f"object {oid(path, 'HEAD')}\ntype {kind}\ntag {name}\ntagger A <a@b> 1700000000 +0000\n\nmessage\n".encode()


def test_a_tag_is_written_as_given(tagged):
    content = tag_object(tagged, "churn@v3.0.0")
    written = write_object(locate(tagged), content)
    change(locate(tagged), create=[("churn@v3.0.0", written)])
    assert git("cat-file", "tag", "churn@v3.0.0", repo=tagged).encode() == content


@pytest.mark.parametrize("content", [b"garbage", b"object 0\ntype commit\ntag x\n\n", b""])
def test_git_refuses_to_write_nonsense(tagged, content):
    with pytest.raises(GitFailed):
        write_object(locate(tagged), content)


def test_creating_is_all_or_nothing(tagged):
    before = tag_names(tagged)
    written = write_object(locate(tagged), tag_object(tagged, "x"))
    with pytest.raises(LostRace):
        change(locate(tagged), create=[("new@v1.0.0", written), ("churn@v1.0.0", written)])
    assert tag_names(tagged) == before


def test_deleting_is_all_or_nothing(tagged):
    before = tag_names(tagged)
    with pytest.raises(LostRace):
        change(
            locate(tagged),
            delete=[("churn@v1.0.0", oid(tagged, "refs/tags/churn@v1.0.0")), ("churny@v1.0.0", oid(tagged, "HEAD"))],
        )
    assert tag_names(tagged) == before


def test_a_tag_that_is_gone_cannot_be_deleted(tagged):
    with pytest.raises(LostRace):
        change(locate(tagged), delete=[("gone@v1.0.0", oid(tagged, "HEAD"))])


def test_creating_and_deleting_go_together(tagged):
    written = write_object(locate(tagged), tag_object(tagged, "new@v1.0.0"))
    change(
        locate(tagged),
        create=[("new@v1.0.0", written)],
        delete=[("churny@v1.0.0", oid(tagged, "refs/tags/churny@v1.0.0"))],
    )
    assert "new@v1.0.0" in tag_names(tagged)
    assert "churny@v1.0.0" not in tag_names(tagged)


@pytest.mark.parametrize("pack", [False, True])
def test_a_tag_in_the_place_of_a_folder_is_a_conflict_and_no_race(tagged, pack):
    if pack:
        git("pack-refs", "--all", "--prune", repo=tagged)
    with pytest.raises(Conflict, match="cannot create 'refs/tags/churn#prod'"):
        change(locate(tagged), create=[("churn#prod", oid(tagged, "HEAD"))])


def test_a_name_git_refuses_is_a_failure_and_no_race(tagged):
    with pytest.raises(GitFailed):
        change(locate(tagged), create=[("a..b@v1.0.0", oid(tagged, "HEAD"))])


def test_a_tag_that_git_writes_in_latin_1_is_read(builder):
    builder.commit()
    repo = builder.build()
    git("config", "i18n.commitEncoding", "ISO-8859-1", repo=repo)
    name = "Jörg".encode("latin-1")
    command = [b"git", b"-c", b"user.name=" + name, b"tag", b"-a", b"churn@v1.0.0", b"-m", "Für".encode("latin-1")]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_COMMITTER")}
    subprocess.run(command, cwd=repo, check=True, env=environment)
    [event] = Registry(repo).artifact("churn").events
    assert (event.author, event.message) == ("Jörg", "Für")


def test_a_writer_whose_name_is_configured_in_latin_1_is_named_in_utf_8(builder, monkeypatch):
    builder.commit()
    repo = builder.build()
    monkeypatch.delenv("GIT_COMMITTER_NAME", raising=False)
    with (repo / ".git/config").open("ab") as file:
        file.write("[user]\n\tname = Jörg\n".encode("latin-1"))
    assert identity(locate(repo)).name == "Jörg"
