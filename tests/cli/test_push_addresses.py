"""Remotes that are pushed to at another address than they are fetched from: the server that gets the push decides."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.testing.builder import RepositoryBuilder, git, tag_names
from tests.testing.programs import shell

TAGS = ["m#dev#1", "m@v1.0.0"]


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """v1.0.0 of m, in dev."""
    repo = RepositoryBuilder(tmp_path / "server.git", bare=True)
    first = repo.commit()
    repo.tag("m@v1.0.0", first)
    repo.tag("m#dev#1", first, trailers={"Registry-Version": "v1.0.0"})
    return repo.build()


@pytest.fixture
def lagging(server: Path, tmp_path: Path) -> Path:
    """A mirror of the server that lacks the server's newest tag, m#qa#2."""
    git("clone", "--quiet", "--mirror", str(server), str(tmp_path / "mirror.git"))
    git("tag", "-a", "-m", "rival", "m#qa#2", "main", repo=server)
    return tmp_path / "mirror.git"


@pytest.fixture
def clone(lagging: Path, tmp_path: Path) -> Path:
    """A clone of the mirror."""
    git("clone", "--quiet", f"file://{lagging}", str(tmp_path / "clone"))
    return tmp_path / "clone"


def by_pushurl(clone: Path, server: Path, lagging: Path) -> None:
    git("remote", "set-url", "--push", "origin", f"file://{server}", repo=clone)


def by_path(clone: Path, server: Path, lagging: Path) -> None:
    git("remote", "set-url", "--push", "origin", str(server), repo=clone)


def by_push_instead_of(clone: Path, server: Path, lagging: Path) -> None:
    git("config", f"url.file://{server}.pushInsteadOf", f"file://{lagging}", repo=clone)


def by_rules_that_lead_back(clone: Path, server: Path, lagging: Path) -> None:
    by_push_instead_of(clone, server, lagging)
    git("config", f"url.file://{lagging}.insteadOf", f"file://{server}", repo=clone)


WAYS = [by_pushurl, by_path, by_push_instead_of, by_rules_that_lead_back]


@pytest.mark.parametrize("way", WAYS)
class TestWhereThePushGoes:
    @pytest.fixture(autouse=True)
    def elsewhere(self, way, clone, server, lagging):
        way(clone, server, lagging)

    def test_counters_are_given_out_once(self, cli, server, lagging, clone):
        done = cli("assign", "m", "staging", "--version", "v1.0.0", "--push", repo=clone)
        assert (done.code, tag_names(server)) == (0, ["m#dev#1", "m#qa#2", "m#staging#3", "m@v1.0.0"]), done.err
        assert (tag_names(lagging), "m#staging#3" in tag_names(clone)) == (TAGS, True)

    def test_tags_that_are_there_already_are_not_pushed(self, cli, server, clone):
        git("fetch", "--quiet", str(server), "refs/tags/*:refs/tags/*", repo=clone)
        done = cli("push", repo=clone)
        assert (done.code, done.err) == (0, "the remote has every registry tag of this repository\n")


@pytest.mark.parametrize("way", [by_pushurl, by_push_instead_of])
def test_the_hint_of_a_doubt_looks_there(cli, server, lagging, clone, monkeypatch, way):
    way(clone, server, lagging)
    monkeypatch.setattr("gittag_registry.store.remote_target.RemoteTarget.patience", 0.5)
    hook = server / "hooks" / "post-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nmv '{server}/HEAD' '{server}/away'\nkill -9 $PPID\n")
    hook.chmod(0o755)
    doubt = cli("register", "m", "--ver", "v2.0.0", "--force", "--push", repo=clone)
    assert (doubt.code, "it is unknown whether 'origin' created 'm@v2.0.0'" in doubt.err) == (4, True), doubt.err
    (server / "away").rename(server / "HEAD")
    look = doubt.err.rpartition("if needed: ")[2]
    assert shell(look, cwd=clone).out.endswith("\trefs/tags/m@v2.0.0\n")


def test_an_address_that_is_pushed_to_elsewhere_is_decided_on_there(cli, server, lagging, tmp_path):
    git("config", "--global", f"url.file://{server}.pushInsteadOf", f"file://{lagging}")
    git("config", "--global", f"url.file://{lagging}.insteadOf", f"file://{server}")
    done = cli("-r", f"file://{lagging}", "assign", "m", "staging", "--version", "v1.0.0", repo=tmp_path)
    assert (done.code, tag_names(server)) == (0, ["m#dev#1", "m#qa#2", "m#staging#3", "m@v1.0.0"]), done.err
    assert tag_names(lagging) == TAGS


def test_a_remote_named_by_its_address_is_read_where_it_is_pushed_to(cli, server, lagging, clone):
    git("config", "--global", f"url.file://{server}.pushInsteadOf", f"file://{lagging}")
    done = cli("assign", "m", "staging", "--version", "v1.0.0", "--remote", f"file://{lagging}", repo=clone)
    assert (done.code, "m#staging#3" in tag_names(server)) == (0, True), done.err


class TestSeveral:
    @pytest.fixture(autouse=True)
    def both(self, clone, server, lagging):
        for place in (server, lagging):
            git("remote", "set-url", "--push", "--add", "origin", f"file://{place}", repo=clone)

    @pytest.mark.parametrize("command", [["register", "m", "--ver", "v2.0.0", "--force", "--push"], ["push"]])
    def test_are_refused(self, cli, server, lagging, clone, command):
        before = tag_names(server)
        refused = cli(*command, repo=clone)
        assert (refused.code, tag_names(server), tag_names(lagging)) == (2, before, TAGS)
        assert refused.err == (
            "error: remote 'origin' has 2 push addresses, and no push changes all of them or none:"
            f" file://{server}, file://{lagging}\nhint: name one: --remote file://{server}\n"
        )

    def test_one_of_them_may_be_named(self, cli, server, clone):
        assert (
            cli("assign", "m", "staging", "--version", "v1.0.0", "--remote", f"file://{server}", repo=clone).code == 0
        )
        assert "m#staging#3" in tag_names(server)


def test_two_writers_of_whom_one_reads_a_lagging_mirror_share_no_counter(server, lagging, clone, tmp_path):
    by_pushurl(clone, server, lagging)
    git("clone", "--quiet", f"file://{server}", str(tmp_path / "direct"))
    program = Path(sys.executable).with_name("git-registry")
    words = f"for i in 1 2 3 4 5; do {program} assign m $1$i --version v1.0.0 --push -q || exit 1; done"
    running = [
        subprocess.Popen(["sh", "-c", words, "sh", stage], cwd=place, stdout=subprocess.DEVNULL)
        for place, stage in ((clone, "near"), (tmp_path / "direct", "far"))
    ]
    assert [process.wait(120) for process in running] == [0, 0]
    counters = [int(name.rpartition("#")[2]) for name in tag_names(server) if "@" not in name]
    assert (len(counters), len(set(counters))) == (12, 12)
