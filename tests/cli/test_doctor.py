"""The fixes that `doctor` prints: each is run, beside a server with tags of others, which stay as they are."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.testing.builder import RepositoryBuilder, git, store_object, tag_names
from tests.testing.programs import shell

FUTURE = 4_000_000_000

pytestmark = pytest.mark.usefixtures("installed")


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """v0.0.1 and v0.0.2 of churn, each on a commit of its own."""
    repo = RepositoryBuilder(tmp_path / "server.git", bare=True)
    first = repo.commit({".gittag-registry.yaml": "stages: [prod, dev]\ntypes: [model]\n"})
    repo.tag("churn@v0.0.1", first)
    repo.tag("churn#prod#1", first, trailers={"Registry-Version": "v0.0.1"})
    repo.tag("churn@v0.0.2", repo.commit())
    repo.commit()
    return repo.build()


@pytest.fixture
def clone(server: Path, tmp_path: Path) -> Path:
    git("clone", "--quiet", str(server), str(tmp_path / "clone"))
    return tmp_path / "clone"


def refs(repo: Path) -> str:
    return git("for-each-ref", "refs/tags", repo=repo)


def oid_of(repo: Path, name: str) -> str:
    return git("rev-parse", name, repo=repo).strip()


def drop_object(repo: Path, oid: str) -> None:
    """Remove an object, as a disk error does."""
    for pack in (repo / ".git" / "objects" / "pack").glob("*.pack"):
        moved = repo / pack.name
        shutil.move(pack, moved)
        git("unpack-objects", "-q", repo=repo, data=moved.read_bytes())
        moved.unlink()
    for index in (repo / ".git" / "objects" / "pack").glob("*"):
        index.unlink()
    (repo / ".git" / "objects" / oid[:2] / oid[2:]).unlink()


def write_ref(repo: Path, name: str, content: str) -> None:
    """Write the file of a tag."""
    file = repo / ".git" / "refs" / "tags" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)


def in_future(repo: Path, name: str) -> None:
    text = f"object {oid_of(repo, 'HEAD')}\ntype commit\ntag {name}\ntagger X <x@x> {FUTURE} +0000\n\nlater\n"
    store_object(repo, "tag", text.encode(), f"refs/tags/{name}")


def names_a_tree(repo: Path, name: str) -> None:
    text = f"object {oid_of(repo, 'HEAD^{tree}')}\ntype commit\ntag {name}\ntagger X <x@x> 1700000900 +0000\n\nodd\n"
    store_object(repo, "tag", text.encode(), f"refs/tags/{name}")


def annotated(repo: Path, *words: str) -> None:
    git("tag", "-a", "-m", "mine", *words, repo=repo)


def symbolic(repo: Path, name: str, target: str) -> None:
    git("symbolic-ref", f"refs/tags/{name}", target, repo=repo)


def lost_tag(repo: Path, name: str) -> None:
    drop_object(repo, oid_of(repo, name))


def lost_commit(repo: Path) -> None:
    """The commit of a tag that no branch reaches."""
    commit = git("commit-tree", "-m", "apart", "HEAD^{tree}", repo=repo).strip()
    annotated(repo, "churn@v0.3.0", commit)
    drop_object(repo, commit)


def lost_commit_that_is_shared(repo: Path) -> None:
    commit = git("commit-tree", "-m", "apart", "HEAD^{tree}", repo=repo).strip()
    annotated(repo, "churn@v0.3.0", commit)
    git("push", "--quiet", "origin", "churn@v0.3.0", repo=repo)
    drop_object(repo, commit)


def lost_tag_of_mine(repo: Path) -> None:
    annotated(repo, "churn@v0.3.0")
    lost_tag(repo, "churn@v0.3.0")


def too_long(repo: Path, name: str) -> None:
    text = f"object {oid_of(repo, 'HEAD')}\ntype commit\ntag {name}\ntagger X <x@x> 1700000900 +0000\n\n{'x' * 70000}\n"
    store_object(repo, "tag", text.encode(), f"refs/tags/{name}")


# What is wrong in the clone, and whether a command can fix it without the others.
Fault = Callable[[Path], Any]
FIXED: list[tuple[str, str, Fault]] = [
    ("a lightweight tag of mine", "skipped-tag", lambda repo: git("tag", "churn@v0.3.0", repo=repo)),
    (
        "a lightweight tag, where the server has an annotated one, as after a CI checkout",
        "skipped-tag",
        lambda repo: git("update-ref", "refs/tags/churn@v0.0.2", "HEAD~1", repo=repo),
    ),
    ("a tag of mine that is too long", "skipped-tag", lambda repo: too_long(repo, "churn@v0.3.0")),
    ("a symbolic tag", "skipped-tag", lambda repo: symbolic(repo, "churn@v0.3.0", "refs/heads/main")),
    (
        "a symbolic tag for another",
        "skipped-tag",
        lambda repo: symbolic(repo, "churn@v0.3.0", "refs/tags/churn@v0.0.2"),
    ),
    (
        "a link to a branch",
        "skipped-tag",
        lambda repo: (repo / ".git" / "refs" / "tags" / "churn@v0.3.0").symlink_to("../heads/main"),
    ),
    ("a lost tag of the server", "skipped-tag", lambda repo: lost_tag(repo, "churn@v0.0.2")),
    ("a lost tag of mine", "skipped-tag", lost_tag_of_mine),
    ("an empty file, where the server has a tag", "skipped-tag", lambda repo: write_ref(repo, "churn@v0.0.2", "")),
    ("an empty file of mine", "skipped-tag", lambda repo: write_ref(repo, "models/eu=churn#prod#9", "")),
    ("a lost commit of mine", "missing-commit", lost_commit),
    ("a lost commit that the server has", "missing-commit", lost_commit_that_is_shared),
    ("a tree instead of a commit", "not-a-commit", lambda repo: names_a_tree(repo, "churn@v0.3.0")),
    ("a date in the future", "future-date", lambda repo: in_future(repo, "churn@v0.3.0")),
    (
        "a stale version of mine, on the commit of another, where the server has its own",
        "shared-commit",
        lambda repo: annotated(repo, "-f", "churn@v0.0.2", "churn@v0.0.1^{}"),
    ),
    (
        "a second version of mine on a commit",
        "shared-commit",
        lambda repo: annotated(repo, "churn@v0.3.0", "churn@v0.0.1^{}"),
    ),
    (
        "a stage of mine that is not allowed",
        "stage-not-allowed",
        lambda repo: annotated(repo, "churn#qa#7", "churn@v0.0.1^{}"),
    ),
    (
        "a type that is not allowed",
        "type-not-allowed",
        lambda repo: (repo / "artifacts.yaml").write_text("churn: {type: picture}\n"),
    ),
    (
        "an incomplete clone",
        "incomplete-clone",
        lambda repo: git("config", "remote.origin.tagOpt", "--no-tags", repo=repo),
    ),
    (
        "a clone without tags",
        "missing-tags",
        lambda repo: git("tag", "-d", *tag_names(repo), repo=repo),
    ),
    ("a stale lock", "stale-lock", lambda repo: stale_lock(repo)),
]


def stale_lock(repo: Path) -> None:
    lock = repo / ".git" / "refs" / "tags" / "churn@v9.lock"
    lock.parent.mkdir(exist_ok=True)
    lock.touch()
    os.utime(lock, (0, 0))


def findings(cli: Any, *options: str, repo: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(cli("doctor", "--json", *options, repo=repo).out)["findings"]
    return found


@pytest.mark.parametrize(("what", "check", "fault"), FIXED, ids=[row[0] for row in FIXED])
@pytest.mark.parametrize("options", [[], ["-r", "clone"], ["-C", "clone"]], ids=str)
def test_a_fix_works_as_printed_and_changes_nothing_on_the_server(
    cli, server, clone, tmp_path, what, check, fault, options
):
    fault(clone)
    before, place = refs(server), tmp_path if options else clone
    [finding] = findings(cli, *options, repo=place)
    assert (finding["check"], bool(finding["fix"])) == (check, True), finding
    fixed = shell(finding["fix"], cwd=place)
    assert fixed.code == 0, fixed.err
    asked = cli("doctor", *options, repo=place)
    assert (asked.code, asked.out) == (0, "")
    assert refs(server) == before


@pytest.mark.parametrize("row", [row for row in FIXED if "stage" in row[0] or "mine" in row[0]], ids=lambda row: row[0])
def test_what_is_pushed_after_a_fix_changes_no_tag_of_others(cli, server, clone, row):
    row[2](clone)
    before = dict(line.split("\t")[::-1] for line in refs(server).splitlines())
    for finding in findings(cli, repo=clone):
        done = shell(finding["fix"], cwd=clone)
        for line in done.err.splitlines():
            if line.startswith("to publish: "):
                assert shell(line.removeprefix("to publish: "), cwd=clone).code == 0
    after = dict(line.split("\t")[::-1] for line in refs(server).splitlines())
    assert before.items() <= after.items()
    assert cli("which", "churn", "prod", repo=server).out == "v0.0.1\n"
    assert cli("latest", "churn").out == "v0.0.2\n"


# What the server has too, so that only its author can say what is to be done.
SHARED: list[tuple[str, Fault]] = [
    ("churn@v0.3.0", lambda repo: git("tag", "churn@v0.3.0", repo=repo)),
    ("churn@v0.3.0", lambda repo: too_long(repo, "churn@v0.3.0")),
    ("churn@v0.3.0", lambda repo: in_future(repo, "churn@v0.3.0")),
    ("churn@v0.3.0", lambda repo: annotated(repo, "churn@v0.3.0", "churn@v0.0.1^{}")),
    ("churn#qa#7", lambda repo: annotated(repo, "churn#qa#7", "churn@v0.0.1^{}")),
]


@pytest.mark.parametrize(("tag", "fault"), SHARED)
def test_no_fix_is_printed_for_what_others_have_too(cli, clone, tag, fault):
    fault(clone)
    git("push", "--quiet", "origin", tag, repo=clone)
    [finding] = findings(cli, repo=clone)
    assert finding["fix"] is None
    assert "'origin' has " in finding["message"]
    assert finding["message"].endswith(" too: agree with its author how to fix it")


def test_of_two_versions_the_one_that_nobody_else_has_is_taken_back(cli, clone):
    annotated(clone, "churn@v0.3.0", "churn@v0.0.1^{}")
    annotated(clone, "churn@v0.0.0", "churn@v0.0.1^{}")
    git("push", "--quiet", "origin", "churn@v0.0.0", repo=clone)
    [finding] = findings(cli, repo=clone)
    assert finding["fix"] == "git registry deregister churn v0.3.0 --no-push"


def test_a_stale_version_gives_way_to_that_of_the_server(cli, server, clone):
    annotated(clone, "-f", "churn@v0.0.2", "churn@v0.0.1^{}")
    [finding] = findings(cli, repo=clone)
    assert finding["fix"] == "git fetch origin +refs/tags/churn@v0.0.2:refs/tags/churn@v0.0.2"
    assert (
        "'origin' has a different tag 'churn@v0.0.2', which the fix puts in place of the one here"
        in (finding["message"])
    )
    shell(finding["fix"], cwd=clone)
    assert refs(clone) == refs(server)


@pytest.mark.parametrize(
    ("arrange", "reason"),
    [
        (lambda clone, server: server.rename(server.with_name("gone")), "'origin': "),
        (lambda clone, server: git("remote", "rename", "origin", "a", repo=clone), None),
        (
            lambda clone, server: (
                git("remote", "rename", "origin", "a", repo=clone) + git("remote", "add", "b", "elsewhere", repo=clone)
            ),
            "there are several remotes: a, b",
        ),
    ],
)
def test_what_is_not_known_of_the_remote_is_said(cli, server, clone, arrange, reason):
    too_long(clone, "churn@v0.3.0")
    arrange(clone, server)
    [finding] = findings(cli, repo=clone)
    if reason is None:
        assert finding["fix"] == "git tag -d -- churn@v0.3.0"
    else:
        assert finding["fix"] is None
        assert f"; no fix is proposed without knowing the remote's tags: {reason}" in finding["message"]


def test_the_remote_is_asked_only_if_a_fix_depends_on_it(cli, clone):
    assert "ls-remote" not in cli("doctor", "-v", repo=clone).err
    git("tag", "churn@v0.3.0", repo=clone)
    assert "ls-remote" in cli("doctor", "-v", repo=clone).err


def test_a_server_gets_no_fixes_for_clones(cli, server, tmp_path):
    git("tag", "churn@v0.3.0", "main", repo=server)
    [finding] = findings(cli, "-r", server.as_uri(), repo=tmp_path)
    assert (finding["check"], finding["fix"]) == ("skipped-tag", None)


def test_an_answer_whose_commit_is_gone_is_given_and_doctor_tells(cli, clone):
    lost_commit(clone)
    asked = cli("latest", "churn", repo=clone)
    assert (asked.code, asked.out, asked.err) == (0, "v0.3.0\n", "")
    [finding] = findings(cli, repo=clone)
    assert finding["message"].endswith("is not in this repository; answers name it all the same")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["churn@1.0.0"], "'1.0.0' is no version, as in churn@v1.0.0"),
        (["churn@1.0.0", "churn@1.1.0"], "'1.0.0' is no version, as in churn@v1.0.0"),
        (["my.model@v1.0.0", "my.model#prod#1"], "'my.model' cannot be an artifact's name"),
        (["churn#prod#01"], "its counter begins with a zero"),
    ],
)
def test_a_tag_that_only_looks_like_one_is_found(cli, clone, names, message):
    for name in names:
        annotated(clone, name)
    found = findings(cli, repo=clone)
    assert {finding["check"] for finding in found} == {"near-miss"}
    assert message in " ".join(finding["message"] for finding in found)


def test_many_tags_that_are_wrong_alike_are_one_finding(cli, clone):
    for name in ("my.model@v1.0.0", "my.model#prod#1", "my.model@v1.1.0"):
        annotated(clone, name)
    [finding] = findings(cli, repo=clone)
    assert finding["subject"] == "my.model#prod#1"
    assert finding["message"].endswith(" (2 more like it)")


def test_tags_of_other_tools_are_none(cli, clone):
    for name in ("v1.0", "@scope/package@1.0.0", "release-2024", "churn@writing", "@", "a@", "#1"):
        annotated(clone, name)
    assert cli("doctor", repo=clone).code == 0
