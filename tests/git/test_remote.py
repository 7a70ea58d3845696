"""Servers: listing, finding and fetching, and the errors for their failures."""

from __future__ import annotations

import time

import pytest

from gittag_registry.errors import GitFailed, NotARepository, NotFound, RemoteError
from gittag_registry.git import remote
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


class TestListing:
    def test_gives_the_id_of_the_tag_and_not_of_its_commit(self, there, served):
        oid = git("rev-parse", "churn@v1.0.0", repo=served.path).strip()
        assert remote.list_tags(there, ["churn@"]) == [(oid, "churn@v1.0.0")]

    def test_gives_those_that_begin_with_one_of_the_prefixes(self, there):
        assert [name for _, name in remote.list_tags(there)] == ["churn#prod#1", "churn@v1.0.0", "other@v1.0.0"]
        assert [name for _, name in remote.list_tags(there, ["churn@", "other@"])] == ["churn@v1.0.0", "other@v1.0.0"]
        assert remote.list_tags(there, ["prod"]) == []

    def test_gives_no_branch_that_is_called_like_one(self, there, served):
        git("branch", "refs/tags/x", "main", repo=served.path)
        assert "x" not in [name for _, name in remote.list_tags(there)]


class TestFinding:
    @pytest.mark.parametrize("revision", ["HEAD", "main", "refs/heads/main"])
    def test_a_branch(self, there, served, revision):
        assert remote.find(there, revision) == served.commit_id(2)

    @pytest.mark.parametrize("revision", ["other@v1.0.0", "refs/tags/other@v1.0.0"])
    def test_a_tag(self, there, served, revision):
        assert remote.find(there, revision) == served.commit_id(1)

    @pytest.mark.parametrize("revision", ["nope", "mai", "HEAD~1", "-x", "", "*", "refs/heads/*"])
    def test_nothing(self, there, revision):
        assert remote.find(there, revision) is None

    def test_a_full_id_is_not_looked_for(self, here):
        assert remote.find(Remote(here, "file:///nowhere", TIMEOUT), "a" * 40) == "a" * 40


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
        remote.fetch_partial(empty, ["+refs/tags/*:refs/tags/*"], depth=1, before_whole=pytest.fail)


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
            remote.list_tags(Remote(here, f"git://{LOOPBACK}:{hanging.port}/m.git", timeout=0.3))
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
                    told.append([name for _, name in remote.list_tags(Remote(here, address, TIMEOUT))])
                except RemoteError as error:  # three times in a row: rare, and told
                    told.append(type(error))
        assert proxy.cuts >= 1
        assert told.count(["churn@v1.0.0"]) >= 5

    def test_a_protocol_that_nobody_allowed_is_not_spoken(self, here, daemon):
        with pytest.raises(RemoteError, match="protocol not allowed"):
            remote.list_tags(Remote(here, daemon.url("m"), TIMEOUT))

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


def test_lines_of_a_server_that_are_no_refs_are_passed_over():
    oid = "1" * 40
    said = f"{oid}\tHEAD\n--output=/tmp/x\tHEAD\n{oid}\trefs/heads/a\u2028b\n{oid}\trefs/tags/x y\n{oid}\trefs/tags/t\n"
    assert remote._refs(said.encode()) == [(oid, "HEAD"), (oid, "refs/tags/t")]
