"""Servers: listing, finding and fetching, and the errors for their failures."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from gittag_registry.errors import GitFailed, NotARepository, NotFound, RemoteError
from gittag_registry.git import listing, partial, remote
from gittag_registry.git.process import Repository
from gittag_registry.git.remote import ConnectionLost, Progress, Remote
from tests.testing.builder import RepositoryBuilder, git, tag_names
from tests.testing.servers import CuttingProxy
from tests.testing.servers.processes import LOOPBACK


@pytest.fixture
def here(tmp_path):
    """An empty repository to fetch into."""
    git("init", "--quiet", "--bare", str(tmp_path / "here"))
    return Repository(str(tmp_path / "here"))


@pytest.fixture
def served(tmp_path):
    """A server's repository with two commits."""
    repo = RepositoryBuilder(tmp_path / "served.git", bare=True)
    repo.tag("churn@v1.0.0", repo.commit())
    repo.tag("churn#prod#1", repo.commit())
    repo.lightweight("other@v1.0.0", 1)
    repo.build()
    return repo


@pytest.fixture
def there(here, served):
    """The way to it."""
    return Remote(here, f"file://{served.path}", TIMEOUT)


def snapshot(path):
    """The refs and the files of a repository, without its objects."""
    files = {file.relative_to(path) for file in Path(path).rglob("*") if file.is_file()}
    return git("for-each-ref", repo=path), {file for file in files if file.parts[0] != "objects"}


def lose(path, oid):
    """Remove an object from a repository, as a failing disk does."""
    packs = list(Path(path).glob("objects/pack/*.pack"))
    for pack in packs:
        moved = Path(path) / pack.name
        pack.rename(moved)
        with moved.open("rb") as file:
            subprocess.run(["git", "-C", str(path), "unpack-objects", "-q"], stdin=file, check=True)
        moved.unlink()
        pack.with_suffix(".idx").unlink()
    (Path(path) / "objects" / oid[:2] / oid[2:]).unlink()


class TestListing:
    def test_gives_the_id_of_the_tag_and_not_of_its_commit(self, there, served):
        oid = git("rev-parse", "churn@v1.0.0", repo=served.path).strip()
        assert listing.list_tags(there, ["churn@"]) == [(oid, "churn@v1.0.0")]

    def test_gives_those_that_begin_with_one_of_the_prefixes(self, there):
        assert [name for _, name in listing.list_tags(there)] == ["churn#prod#1", "churn@v1.0.0", "other@v1.0.0"]
        assert [name for _, name in listing.list_tags(there, ["churn@", "other@"])] == ["churn@v1.0.0", "other@v1.0.0"]
        assert listing.list_tags(there, ["prod"]) == []

    def test_gives_no_branch_that_is_called_like_one(self, there, served):
        git("branch", "refs/tags/x", "main", repo=served.path)
        assert "x" not in [name for _, name in listing.list_tags(there)]


class TestListingSomeOfTheTags:
    """With prefixes, `git fetch` lists: it receives those tags only, and leaves no ref and no file in the repository."""

    def test_leaves_the_refs_of_the_repository_alone(self, there, here):
        git("fetch", "--quiet", there.name, "+refs/tags/other@*:refs/tags/other@*", repo=here.path)
        before = snapshot(here.path)
        assert [name for _, name in listing.list_tags(there, ["churn@"])] == ["churn@v1.0.0"]
        assert snapshot(here.path) == before

    def test_leaves_tags_alone_whatever_the_configuration_says_of_fetching(self, there, here):
        git("tag", "own@v1.0.0", git("commit-tree", "-m", "x", EMPTY_TREE, repo=here.path).strip(), repo=here.path)
        for key, value in {
            "remote.origin.url": there.name,
            "remote.origin.fetch": "+refs/tags/*:refs/tags/*",
            "remote.origin.tagOpt": "--tags",
            "fetch.prune": "true",
            "fetch.pruneTags": "true",
        }.items():
            git("config", key, value, repo=here.path)
        for name in ("origin", there.name):
            found = listing.list_tags(there._replace(name=name), ["churn@", "own@"])
            assert [name for _, name in found] == ["churn@v1.0.0"]
        assert tag_names(here.path) == ["own@v1.0.0"]

    def test_runs_no_hook(self, there, here, tmp_path):
        hook = Path(here.path) / "hooks" / "reference-transaction"
        hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/called\n")
        hook.chmod(0o755)
        listing.list_tags(there, ["churn@"])
        assert not (tmp_path / "called").exists()
        remote.fetch(there, ["+refs/tags/churn@*:refs/tags/churn@*"])
        assert (tmp_path / "called").exists()

    def test_fetches_what_the_repository_lacks(self, there, here):
        [(oid, _)] = listing.list_tags(there, ["churn@"])
        assert git("cat-file", "-t", oid, repo=here.path) == "tag\n"

    def test_receives_no_other_tags(self, there, served, tmp_path, monkeypatch):
        for number in range(300):
            git("tag", f"many@v1.0.{number}", repo=served.path)
        trace = tmp_path / "trace"
        monkeypatch.setenv("GIT_TRACE_PACKET", str(trace))
        listing.list_tags(there, ["churn@", "churn#"])
        assert "churn#prod#1" in trace.read_text()
        assert "many@" not in trace.read_text()

    @pytest.mark.parametrize("name", ["churn#a/b#1", "churn@v1.0.0-rc.1", "churn@v1.0.0#2", "churn@v1.0.0!"])
    def test_finds_every_name(self, there, served, name):
        git("tag", name, repo=served.path)
        assert name in [found for _, found in listing.list_tags(there, ["churn@", "churn#"])]

    def test_gives_a_name_that_is_the_prefix_itself(self, there):
        assert [name for _, name in listing.list_tags(there, ["churn@v1.0.0"])] == ["churn@v1.0.0"]

    def test_gives_nothing_of_a_server_without_tags(self, here, tmp_path):
        git("init", "--quiet", "--bare", str(tmp_path / "empty"))
        assert listing.list_tags(Remote(here, f"file://{tmp_path}/empty", TIMEOUT), ["churn@"]) == []

    @pytest.mark.parametrize("version", ["0", "1", "2"])
    def test_works_with_every_version_of_the_protocol(self, there, here, version):
        git("config", "protocol.version", version, repo=here.path)
        assert [name for _, name in listing.list_tags(there, ["churn"])] == ["churn#prod#1", "churn@v1.0.0"]

    def test_gives_a_tag_whose_object_the_server_lost(self, there, served):
        oid = git("rev-parse", "churn@v1.0.0", repo=served.path).strip()
        lose(served.path, oid)
        assert listing.list_tags(there, ["churn@"]) == [(oid, "churn@v1.0.0")]

    def test_fetches_nothing_into_a_shallow_clone(self, served, tmp_path):
        git("clone", "--quiet", "--depth=1", "--no-tags", f"file://{served.path}", str(tmp_path / "clone"))
        clone = Remote(Repository(str(tmp_path / "clone")), "origin", TIMEOUT)
        [(oid, name)] = listing.list_tags(clone, ["churn@"])
        assert name == "churn@v1.0.0"
        assert oid not in git("cat-file", "--batch-all-objects", "--batch-check", repo=clone.repository.path)

    def test_needs_no_temporary_directory(self, there, monkeypatch):
        monkeypatch.setattr("tempfile.tempdir", "/nowhere")
        assert [name for _, name in listing.list_tags(there, ["churn@"])] == ["churn@v1.0.0"]

    def test_works_in_a_linked_working_tree(self, served, tmp_path):
        git("clone", "--quiet", "--no-tags", f"file://{served.path}", str(tmp_path / "clone"))
        git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"), repo=tmp_path / "clone")
        linked = Remote(Repository(str(tmp_path / "linked")), "origin", TIMEOUT)
        assert [name for _, name in listing.list_tags(linked, ["churn#"])] == ["churn#prod#1"]
        assert git("for-each-ref", "refs/tags", "refs/worktree", repo=tmp_path / "linked") == ""

    def test_gives_the_tags_of_a_server_that_knows_no_such_filter(self, there, served, here):
        git("config", "uploadpack.allowFilter", "true", repo=served.path)
        git("config", "uploadpackfilter.object:type.allow", "false", repo=served.path)
        filtering = there._replace(listing=("--filter=object:type=tag",))
        assert [name for _, name in listing.list_tags(filtering, ["churn@"])] == ["churn@v1.0.0"]

    def test_asks_a_server_that_does_not_answer_once(self, here, hanging, monkeypatch):
        monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "git")
        began = time.monotonic()
        with pytest.raises(ConnectionLost, match="timed out"):
            listing.list_tags(Remote(here, f"git://{LOOPBACK}:{hanging.port}/m.git", timeout=0.5), ["churn@"])
        assert time.monotonic() - began < 1


class TestWhetherSomethingChanged:
    REFSPECS = ("+refs/tags/churn@*:refs/tags/churn@*", "+refs/tags/churn#*:refs/tags/churn#*")

    @pytest.fixture
    def copy(self, there, served, here):
        """The way to a server, from a repository that has the artifact's tags and no history."""
        git("config", "uploadpack.allowFilter", "true", repo=served.path)
        git("config", "remote.origin.url", there.name, repo=here.path)
        origin = there._replace(name="origin", listing=("--filter=object:type=tag",))
        remote.fetch(origin, self.REFSPECS, "--depth=1", "--filter=tree:0")
        return origin

    def test_nothing(self, copy):
        assert listing.is_current(copy, self.REFSPECS)

    @pytest.mark.parametrize(
        "change",
        [
            ("tag", "churn@v2.0.0", "main"),
            ("tag", "churn#a/b#2", "main"),
            ("tag", "-d", "churn@v1.0.0"),
            ("tag", "-f", "churn@v1.0.0", "main"),
            ("tag", "-f", "-a", "-m", "moved", "churn@v1.0.0", "main~1"),
        ],
    )
    def test_a_tag(self, copy, served, here, change):
        before = snapshot(here.path)
        git(*change, repo=served.path)
        assert not listing.is_current(copy, self.REFSPECS)
        assert snapshot(here.path) == before

    def test_a_tag_of_another_artifact_does_not_count(self, copy, served):
        git("tag", "churn-eu@v1.0.0", repo=served.path)
        assert listing.is_current(copy, self.REFSPECS)

    def test_no_history_is_fetched(self, copy, served, here):
        between = git("commit-tree", "-m", "between", "-p", "main", "main^{tree}", repo=served.path).strip()
        tagged = git("commit-tree", "-m", "tagged", "-p", between, "main^{tree}", repo=served.path).strip()
        git("tag", "-a", "-m", "new", "churn@v4.0.0", tagged, repo=served.path)
        assert not listing.is_current(copy, self.REFSPECS)
        objects = git("cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)", repo=here.path)
        assert between not in objects
        assert " tree\n" not in objects

    def test_a_server_that_is_away_is_an_error(self, copy, served):
        served.path.rename(served.path.with_name("away"))
        with pytest.raises(RemoteError):
            listing.is_current(copy, self.REFSPECS)


class TestFinding:
    @pytest.mark.parametrize("revision", ["HEAD", "main", "refs/heads/main"])
    def test_a_branch(self, there, served, revision):
        assert listing.find(there, revision) == served.commit_id(2)

    @pytest.mark.parametrize("revision", ["other@v1.0.0", "refs/tags/other@v1.0.0"])
    def test_a_tag(self, there, served, revision):
        assert listing.find(there, revision) == served.commit_id(1)

    @pytest.mark.parametrize("revision", ["nope", "mai", "HEAD~1", "-x", "", "*", "refs/heads/*"])
    def test_nothing(self, there, revision):
        assert listing.find(there, revision) is None

    def test_a_full_id_is_not_looked_for(self, here):
        assert listing.find(Remote(here, "file:///nowhere", TIMEOUT), "a" * 40) == "a" * 40


class TestFetching:
    def test_takes_what_was_asked_for_alone(self, there, here):
        remote.fetch(there, ["+refs/tags/churn@*:refs/tags/churn@*"])
        assert tag_names(here.path) == ["churn@v1.0.0"]

    def test_tells_how_far_it_is(self, there):
        told: list[Progress] = []
        remote.fetch(there._replace(on_progress=told.append), ["+refs/tags/*:refs/tags/*"])
        assert told != []
        assert all(0 <= step.done <= step.total for step in told)

    def test_an_object_the_server_lacks_is_not_found(self, there):
        with pytest.raises(NotFound, match="has no such revision"):
            remote.fetch(there, ["1" * 40])

    def test_a_part_of_an_empty_repository_is_nothing(self, here, tmp_path):
        git("init", "--quiet", "--bare", str(tmp_path / "empty"))
        empty = Remote(here, f"file://{tmp_path}/empty", TIMEOUT)
        partial.fetch_partial(empty, ["+refs/tags/*:refs/tags/*"], depth=1, before_whole=pytest.fail)


class TestFailures:
    def test_a_repository_here_that_is_none_is_not_blamed_on_the_server(self, there, here, tmp_path):
        (tmp_path / "here" / "HEAD").write_text("garbage")
        broken = Repository(here.path, (("GIT_DIR", here.path),))
        with pytest.raises(NotARepository):
            remote.fetch(there._replace(repository=broken), ["+refs/tags/*:refs/tags/*"])

    def test_a_lock_here_is_not_blamed_on_the_server(self, there, here, tmp_path):
        (tmp_path / "here" / "shallow.lock").touch()
        with pytest.raises(GitFailed, match=r"shallow\.lock': File exists"):
            remote.fetch(there, ["+refs/tags/*:refs/tags/*"], "--depth=1")

    def test_silence_is_given_up_once_and_not_thrice(self, here, hanging, monkeypatch):
        monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "git")
        began = time.monotonic()
        with pytest.raises(ConnectionLost, match=r"timed out: no answer for 0\.3 seconds"):
            listing.list_tags(Remote(here, f"git://{LOOPBACK}:{hanging.port}/m.git", timeout=0.3))
        assert time.monotonic() - began < 2

    def test_a_lost_connection_is_tried_again(self, here, https):
        repo = RepositoryBuilder(https.root / "churn.git", bare=True)
        repo.tag("churn@v1.0.0", repo.commit())
        repo.build()
        with CuttingProxy(https.port, share=0.35, seed=5) as proxy:
            address = https.url("churn", user="ada", password="s3cret", port=proxy.port)
            told = []
            for _ in range(6):
                try:
                    told.append([name for _, name in listing.list_tags(Remote(here, address, TIMEOUT))])
                except RemoteError as error:  # three times in a row: rare, and told
                    told.append(type(error))
        assert proxy.cuts >= 1
        assert told.count(["churn@v1.0.0"]) >= 5

    def test_a_protocol_that_nobody_allowed_is_not_spoken(self, here, daemon):
        with pytest.raises(RemoteError, match="protocol not allowed"):
            listing.list_tags(Remote(here, daemon.url("m"), TIMEOUT))

    @pytest.mark.parametrize(
        ("name", "allowed"),
        [
            ("https://host.invalid/m", "https:ssh"),
            ("git@host.invalid:m", "https:ssh"),
            ("git://host.invalid/m", "https:ssh"),
            ("file:///srv/m", "https:ssh:file"),
            ("/srv/m", "https:ssh:file"),
            ("origin", "https:ssh:file"),
        ],
    )
    def test_git_speaks_what_the_address_needs_and_is_safe(self, here, name, allowed):
        assert remote._allowed(Remote(here, name, TIMEOUT)) == allowed

    def test_the_users_own_choice_of_protocols_counts(self, here, monkeypatch):
        monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "http")
        assert remote._allowed(Remote(here, "https://host.invalid/m", TIMEOUT)) == "http"


TIMEOUT = 30.0
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def test_lines_of_a_server_that_are_no_refs_are_passed_over():
    oid = "1" * 40
    said = f"{oid}\tHEAD\n--output=/tmp/x\tHEAD\n{oid}\trefs/heads/a\u2028b\n{oid}\trefs/tags/x y\n{oid}\trefs/tags/t\n"
    assert listing._refs(said.encode()) == [(oid, "HEAD"), (oid, "refs/tags/t")]
