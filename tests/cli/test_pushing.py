"""`--push`, `--remote`, `-r URL` and `push`: the changes on a server, and the output."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from gittag_registry.store.remote_target import RemoteTarget
from tests.conftest import Result
from tests.testing.builder import RepositoryBuilder, change_packed_tag, git, tag_names
from tests.testing.programs import Done, program, shell

TAGS = ["churn#prod#1", "churn@v1.0.0"]


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """Three commits; v1.0.0 of churn on the first, in prod."""
    repo = RepositoryBuilder(tmp_path / "server.git", bare=True)
    first = repo.commit({"model.pkl": "1" * 1000})
    repo.tag("churn@v1.0.0", first)
    repo.tag("churn#prod#1", first, trailers={"Registry-Version": "v1.0.0"})
    repo.commit({"model.pkl": "2" * 1000})
    repo.commit({"model.pkl": "3" * 1000})
    return repo.build()


@pytest.fixture
def clone(server: Path, tmp_path: Path) -> Path:
    """A clone of the server; `pushes` in it has a line for each push."""
    git("clone", "--quiet", str(server), str(tmp_path / "clone"))
    write_hook(tmp_path / "clone" / ".git", "pre-push", f"wc -l >> '{tmp_path / 'clone'}/.git/pushes'")
    return tmp_path / "clone"


def write_hook(directory: Path, name: str, script: str) -> None:
    hook = directory / "hooks" / name
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nunset GIT_DIR\n{script}\n")
    hook.chmod(0o755)


def pushes(clone: Path) -> list[int]:
    """How many refs each push had."""
    log = clone / ".git" / "pushes"
    return [int(line) for line in log.read_text().split()] if log.exists() else []


def refs(repo: Path) -> str:
    return git("for-each-ref", "refs/tags", repo=repo)


def once(path: Path) -> str:
    """Shell that ends a hook unless it runs for the first time."""
    return f"[ ! -e '{path}' ] || exit 0; touch '{path}'"


def tag_there(server: Path, *words: str) -> str:
    """Shell by which a rival tags on the server."""
    return f"git -C '{server}' tag -a -m rival {shlex.join(words)}"


OPERATIONS = [
    (["register", "churn"], {"churn@v1.0.1"}, set()),
    (["assign", "churn", "dev", "--version", "v1.0.0"], {"churn#dev#2"}, set()),
    (["assign", "churn", "dev"], {"churn@v1.0.1", "churn#dev#2"}, set()),
    (["unassign", "churn", "prod"], {"churn#prod!#2"}, set()),
    (["unassign", "churn", "prod", "--all"], {"churn#prod!#2"}, set()),
    (["deregister", "churn", "v1.0.0"], {"churn@v1.0.0!"}, set()),
    (["deprecate", "churn"], {"churn@deprecated"}, set()),
    (["rollback", "churn", "prod", "--to", "v1.0.0", "--force"], {"churn#prod#2"}, set()),
    (["unassign", "churn", "prod", "--delete", "--yes"], set(), {"churn#prod#1"}),
    (["deregister", "churn", "v1.0.0", "--delete", "--yes"], set(), set(TAGS)),
    (["deprecate", "churn", "--delete", "--yes"], set(), set(TAGS)),
]


@pytest.mark.usefixtures("installed")
class TestEveryOperation:
    @pytest.mark.parametrize(("command", "made", "deleted"), OPERATIONS)
    def test_is_on_the_server_and_here_by_one_push(self, cli, server, clone, command, made, deleted):
        done = cli(*command, "--push", repo=clone)
        assert done.code == 0
        assert set(tag_names(server)) == {*TAGS, *made} - deleted
        assert refs(clone) == refs(server)
        assert pushes(clone) == [len(made | deleted)]
        assert done.err.splitlines()[-1] == "pushed to origin"

    @pytest.mark.parametrize(("command", "made", "deleted"), OPERATIONS)
    def test_is_on_a_server_that_has_no_clone_here(self, cli, server, tmp_path, command, made, deleted):
        done = cli("-r", f"file://{server}", *command, repo=tmp_path)
        assert done.code == 0
        assert set(tag_names(server)) == {*TAGS, *made} - deleted
        assert done.err.splitlines()[-1] == f"pushed to file://{server}"

    @pytest.mark.parametrize(("command", "made", "deleted"), OPERATIONS)
    def test_a_dry_run_pushes_nothing(self, cli, server, clone, command, made, deleted):
        command = [word for word in command if word != "--yes"]
        assert cli(*command, "--push", "-n", repo=clone).code == 0
        assert (tag_names(server), tag_names(clone), pushes(clone)) == (TAGS, TAGS, [])

    @pytest.mark.parametrize(("command", "made", "deleted"), OPERATIONS)
    def test_what_a_server_refuses_is_not_here_either(self, cli, server, clone, command, made, deleted):
        write_hook(server, "pre-receive", "exit 1")
        before = refs(clone)
        refused = cli(*command, "--push", repo=clone)
        assert (refused.code, refused.out) == (6, "")
        assert (refs(clone), refs(server)) == (before, before)

    @pytest.mark.parametrize(("command", "made", "deleted"), OPERATIONS)
    def test_is_published_by_the_command_that_is_told_otherwise(self, cli, server, clone, command, made, deleted):
        done = cli(*command, repo=clone)
        assert (done.code, tag_names(server), pushes(clone)) == (0, TAGS, [])
        [line] = [line for line in done.err.splitlines() if line.startswith("to publish: ")]
        assert shell(line.removeprefix("to publish: "), cwd=clone).code == 0
        assert refs(clone) == refs(server)

    @pytest.mark.parametrize("place", ["clone", "nowhere"])
    @pytest.mark.parametrize(("command", "made", "deleted"), [row for row in OPERATIONS if row[2]])
    def test_a_deletion_is_undone_by_the_commands_that_are_told(
        self, cli, server, clone, command, made, deleted, place, tmp_path
    ):
        before = refs(server)
        where = ["--push"] if place == "clone" else ["-r", f"file://{server}"]
        done = cli(*command, *where, repo=clone if place == "clone" else tmp_path)
        assert refs(server) != before
        undo = [line.removeprefix("to undo: ") for line in done.err.splitlines() if line.startswith("to undo: ")]
        assert len(undo) == len(deleted)
        assert shell("\n".join(undo), cwd=clone if place == "clone" else tmp_path).code == 0
        assert refs(server) == before


class TestTheServerDecides:
    @pytest.fixture
    def behind(self, server, clone):
        """A clone that does not know v1.1.0, and the counter 2."""
        git("tag", "-a", "-m", "x", "churn@v1.1.0", "main~1", repo=server)
        git("tag", "-a", "-m", "x", "churn#prod#2", "main~1", repo=server)
        return clone

    def test_on_the_next_version(self, cli, behind, server):
        assert "churn@v1.1.1" in cli("register", "churn", "--push", repo=behind).out
        assert tag_names(server) == ["churn#prod#1", "churn#prod#2", "churn@v1.0.0", "churn@v1.1.0", "churn@v1.1.1"]
        assert tag_names(behind) == [*TAGS, "churn@v1.1.1"]

    def test_on_the_next_counter(self, cli, behind):
        assert "churn#dev#3" in cli("assign", "churn", "dev", "--version", "v1.0.0", "--push", repo=behind).out

    def test_on_what_is_done_already(self, cli, behind, server):
        done = cli("register", "churn", "HEAD~1", "--push", repo=behind)
        assert (done.code, done.out, pushes(behind)) == (0, "", [])
        assert "churn@v1.1.0 is already registered on" in done.err

    def test_on_what_contradicts(self, cli, behind):
        refused = cli("register", "churn", "--ver", "v1.1.0", "--push", repo=behind)
        assert refused.code == 5
        assert "version 'v1.1.0' of 'churn' is registered on another commit" in refused.err

    def test_on_what_is_to_be_deleted(self, cli, behind, server):
        assert cli("unassign", "churn", "prod", "--all", "--delete", "--yes", "--push", repo=behind).code == 0
        assert tag_names(server) == ["churn@v1.0.0", "churn@v1.1.0"]

    def test_and_a_tag_that_is_only_here_is_pointed_out(self, cli, clone):
        cli("register", "churn", repo=clone)
        refused = cli("assign", "churn", "prod", "--version", "v1.0.1", "--push", repo=clone)
        assert refused.code == 3
        assert (
            "hint: the remote lacks tags of this repository; push them first: git registry push churn\n" in refused.err
        )
        assert cli("push", "churn", repo=clone).code == 0
        assert cli("assign", "churn", "prod", "--version", "v1.0.1", "--push", repo=clone).code == 0

    def test_and_a_tag_whose_object_is_lost_here_counts(self, cli, server, clone):
        assert cli("register", "churn", "HEAD~1", "--push", repo=clone).code == 0
        oid = git("rev-parse", "churn@v1.0.1", repo=clone).strip()
        (clone / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
        done = cli("register", "churn", "HEAD~1", "--push", repo=clone)
        assert (done.code, tag_names(server)) == (0, [*TAGS, "churn@v1.0.1"])
        assert done.err.startswith("churn@v1.0.1 is already registered")

    def test_and_a_tag_whose_object_is_damaged_here_ends_the_command(self, cli, server, clone):
        git("repack", "-a", "-d", "--quiet", repo=clone)
        change_packed_tag(clone / ".git", "churn@v1.0.0")
        refused = cli("register", "churn", "HEAD~2", "--push", repo=clone)
        assert (refused.code, tag_names(server)) == (1, TAGS)
        assert refused.err.startswith("error: tag 'churn@v1.0.0' cannot be read: ")
        assert "hint: nothing was written; git registry doctor says how to repair it" in refused.err

    def test_and_another_tag_of_that_name_here_is_left_alone(self, cli, server, clone):
        git("tag", "-a", "-m", "mine", "churn@v1.0.1", repo=clone)
        mine = git("rev-parse", "churn@v1.0.1", repo=clone)
        done = cli("register", "churn", "--push", repo=clone)
        assert (done.code, git("rev-parse", "churn@v1.0.1", repo=clone)) == (0, mine)
        [note] = [
            line
            for line in done.err.splitlines()
            if line.startswith("tag 'churn@v1.0.1' is different in this repository")
        ]
        assert shell(note.partition("server's: ")[2], cwd=clone).code == 0
        assert refs(clone) == refs(server)


class TestWhatIsPushed:
    def test_the_tagged_commit_comes_with_the_tag(self, cli, server, clone):
        (clone / "model.pkl").write_text("4")
        git("commit", "--quiet", "-am", "new", repo=clone)
        assert cli("register", "churn", "--push", repo=clone).code == 0
        assert git("rev-parse", "churn@v1.0.1^{commit}", repo=server) == git("rev-parse", "HEAD", repo=clone)
        assert git("rev-list", "--count", "main", repo=server) == "3\n"
        git("fsck", "--strict", repo=server)

    def test_nothing_but_the_tag_is_pushed_whatever_git_would_do(self, cli, server, clone):
        for setting, value in [
            ("push.followTags", "true"),
            ("remote.origin.push", "refs/heads/*:refs/heads/copies/*"),
            ("push.default", "matching"),
        ]:
            git("config", setting, value, repo=clone)
        git("tag", "-a", "-m", "x", "other", repo=clone)
        before = git("for-each-ref", "refs/heads", repo=server)
        done = cli("register", "churn", "--push", repo=clone)
        assert (done.code, tag_names(server)) == (0, [*TAGS, "churn@v1.0.1"]), done.err
        assert git("for-each-ref", "refs/heads", repo=server) == before

    @pytest.mark.parametrize("asked", ["version", "commit"])
    def test_no_file_moves_where_there_is_no_clone(self, cli, server, tmp_path, monkeypatch, asked):
        git("config", "uploadpack.allowFilter", "true", repo=server)
        git("config", "uploadpack.allowAnySHA1InWant", "true", repo=server)
        git("tag", "-a", "-m", "x", "churn@v1.1.0", "main~1", repo=server)
        middle = git("rev-parse", "main~1", repo=server).strip()
        cli("-r", f"file://{server}", "show", repo=tmp_path)
        trace = tmp_path / "trace"
        monkeypatch.setenv("GIT_TRACE2_EVENT", str(trace))
        words = {"version": ["assign", "churn", "dev", "--version", "v1.1.0"], "commit": ["register", "new", middle]}
        done = cli("-r", f"file://{server}", *words[asked])
        monkeypatch.delenv("GIT_TRACE2_EVENT")
        assert done.code == 0
        [cache] = (Path(os.environ["HOME"]) / ".cache" / "gittag-registry" / "remotes").glob("*.git")
        kinds = git("cat-file", "--batch-all-objects", "--batch-check=%(objecttype)", repo=cache).split()
        assert (kinds.count("blob"), kinds.count("tree")) == (0, 1)  # the tree in which the configuration is looked for
        assert git("fsck", repo=server) == ""


class TestWhere:
    @pytest.fixture
    def upstream(self, server, tmp_path, clone):
        """A second remote."""
        git("clone", "--quiet", "--bare", str(server), str(tmp_path / "upstream.git"))
        git("remote", "add", "upstream", str(tmp_path / "upstream.git"), repo=clone)
        return tmp_path / "upstream.git"

    def test_a_named_remote(self, cli, clone, server, upstream):
        done = cli("register", "churn", "--remote", "upstream", repo=clone)
        assert (done.code, tag_names(server), refs(upstream)) == (0, TAGS, refs(clone))
        assert "pushed to upstream\n" in done.err

    @pytest.mark.parametrize("how", ["file", "environment"])
    def test_as_configured(self, cli, clone, server, upstream, how, monkeypatch):
        if how == "file":
            (clone / ".gittag-registry.yaml").write_text("push: true\nremote: upstream\n")
        else:
            monkeypatch.setenv("GITTAG_PUSH", "true")
            monkeypatch.setenv("GITTAG_REMOTE", "upstream")
        assert cli("register", "churn", repo=clone).code == 0
        assert (tag_names(server), tag_names(upstream)) == (TAGS, [*TAGS, "churn@v1.0.1"])
        assert cli("assign", "churn", "dev", "--no-push").code == 0
        assert tag_names(upstream) == [*TAGS, "churn@v1.0.1"]
        assert cli("assign", "churn", "qa", "--remote", "origin", "--version", "v1.0.0").code == 0
        assert tag_names(server) == ["churn#prod#1", "churn#qa#2", "churn@v1.0.0"]

    def test_the_only_one(self, cli, clone, server):
        git("remote", "rename", "origin", "github", repo=clone)
        done = cli("register", "churn", "--push", repo=clone)
        assert (done.code, refs(server)) == (0, refs(clone))
        assert "pushed to github\n" in done.err

    def test_none_that_is_clearly_meant(self, cli, clone, upstream):
        git("remote", "rename", "origin", "github", repo=clone)
        refused = cli("register", "churn", "--push", repo=clone)
        assert (refused.code, tag_names(clone)) == (2, TAGS)
        assert refused.err == "error: there are several remotes: github, upstream\nhint: --remote github\n"

    def test_an_unknown_one(self, cli, clone, upstream):
        refused = cli("register", "churn", "--remote", "upstraem", repo=clone)
        assert (refused.code, tag_names(clone)) == (2, TAGS)
        assert refused.err == "error: there is no remote 'upstraem'\nhint: did you mean 'upstream'?\n"

    def test_none_at_all(self, cli, example):
        refused = cli("register", "churn", "--push", repo=example)
        assert refused.code == 2
        assert refused.err == "error: this repository has no remote\nhint: git remote add origin URL\n"
        done = cli("register", "churn", repo=example)
        assert (done.code, "publish" in done.err) == (0, False)

    def test_not_to_and_where_to_contradict(self, cli, clone):
        assert cli("register", "churn", "--remote", "origin", "--no-push", repo=clone).code == 2

    @pytest.mark.parametrize("option", [["--no-push"], ["--remote", "origin"]])
    def test_an_address_is_pushed_to_and_nothing_else(self, cli, server, tmp_path, option):
        refused = cli("-r", f"file://{server}", "register", "churn", *option, repo=tmp_path)
        assert (refused.code, tag_names(server)) == (2, TAGS)


def test_what_the_server_says_is_told_though_it_looks_like_progress(cli, server, clone):
    write_hook(server, "pre-receive", "echo 'policy violations: 2'; echo 'see wiki: 12, rule 7'; exit 1")
    refused = cli("register", "churn", "--push", repo=clone)
    assert refused.code == 6
    assert "error: policy violations: 2\nerror: see wiki: 12, rule 7\n" in refused.err


def test_operations_of_one_second_stay_together_when_pushed(cli, server, clone, monkeypatch):
    monkeypatch.setenv("GIT_COMMITTER_DATE", "1800000000 +0000")
    for name in ("a", "b"):
        assert cli("assign", name, "prod", repo=clone).code == 0
    write_hook(
        clone / ".git", "pre-push", f"cut -d' ' -f1 | sort | tr '\\n' ' ' >> '{clone}/pushed'; echo >> '{clone}/pushed'"
    )
    assert cli("push").code == 0
    pushed = [line.split() for line in (clone / "pushed").read_text().splitlines()]
    assert [len(refs) for refs in pushed] == [2, 2]
    assert set(tag_names(server)) >= {"a@v0.0.1", "a#prod#1", "b@v0.0.1", "b#prod#1"}


class TestRaces:
    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch):
        """Wait a shorter time for a rival to take its tag back."""
        monkeypatch.setattr("gittag_registry.store.push._TIME_TO_WITHDRAW", 0.2)

    def test_a_tag_that_comes_first_is_taken_into_account(self, cli, server, clone):
        write_hook(clone / ".git", "pre-push", f"{once(clone / 'once')}; {tag_there(server, 'churn@v1.0.1', 'main~1')}")
        done = cli("register", "churn", "--push", repo=clone)
        assert (done.code, done.out.split("'")[1]) == (0, "churn@v1.0.2")
        assert tag_names(server) == [*TAGS, "churn@v1.0.1", "churn@v1.0.2"]
        assert tag_names(clone) == [*TAGS, "churn@v1.0.2"]

    def test_the_same_version_on_another_commit_is_a_conflict(self, cli, server, clone):
        write_hook(clone / ".git", "pre-push", f"{once(clone / 'once')}; {tag_there(server, 'churn@v5.0.0', 'main~1')}")
        refused = cli("register", "churn", "--ver", "v5.0.0", "--push", repo=clone)
        assert (refused.code, tag_names(clone)) == (5, TAGS)
        assert "version 'v5.0.0' of 'churn' is registered on another commit" in refused.err

    def test_a_version_that_a_rival_gave_the_commit_makes_ours_wrong(self, cli, server, clone):
        write_hook(clone / ".git", "pre-push", f"{once(clone / 'once')}; {tag_there(server, 'churn@v5.0.0', 'main')}")
        refused = cli("register", "churn", "--ver", "v4.0.0", "--push", repo=clone)
        assert (refused.code, tag_names(clone)) == (5, TAGS)
        assert "is already version 'v5.0.0' of 'churn'" in refused.err
        assert "churn@v4.0.0" not in tag_names(server)

    def test_the_same_assignment_by_a_rival_is_not_made_twice(self, cli, server, clone):
        write_hook(clone / ".git", "pre-push", f"{once(clone / 'once')}; {tag_there(server, 'churn#qa#9', 'main~2')}")
        done = cli("assign", "churn", "qa", "--version", "v1.0.0", "--push", repo=clone)
        assert (done.code, done.out) == (0, "")
        assert [name for name in tag_names(server) if "#qa#" in name] == ["churn#qa#9"]

    def test_a_counter_given_out_in_another_stage_is_not_used_twice(self, cli, server, clone):
        write_hook(clone / ".git", "pre-push", f"{once(clone / 'once')}; {tag_there(server, 'churn#dev#2', 'main~1')}")
        done = cli("assign", "churn", "qa", "--version", "v1.0.0", "--push", repo=clone)
        assert done.code == 0
        counters = sorted(name.rpartition("#")[2] for name in tag_names(server) if "@" not in name)
        assert (counters, tag_names(clone)) == (["1", "2", "3"], [*TAGS[:1], "churn#qa#3", *TAGS[1:]])

    def test_a_counter_stays_used_twice_where_nothing_may_be_deleted(self, cli, server, clone):
        write_hook(server, "update", '[ "${3#0000}" = "$3" ]  # receive.denyDeletes is of branches')
        write_hook(clone / ".git", "pre-push", f"{once(clone / 'once')}; {tag_there(server, 'churn#dev#2', 'main~1')}")
        done = cli("assign", "churn", "qa", "--version", "v1.0.0", "--push", repo=clone)
        assert (done.code, "churn#qa#2" in tag_names(server), "churn#qa#2" in tag_names(clone)) == (0, True, True)
        assert "another writer changed the artifact at the same time; the dates of the tags decide\n" in done.err

    def test_a_tag_to_delete_that_became_another_is_not_deleted(self, cli, server, clone):
        change = f"git -C '{server}' tag -f -a -m rival 'churn#prod#1' main >/dev/null"
        write_hook(clone / ".git", "pre-push", f"{once(clone / 'once')}; {change}")
        done = cli("unassign", "churn", "prod", "--delete", "--yes", "--push", repo=clone)
        assert (done.code, tag_names(server)) == (0, ["churn@v1.0.0"]), done.err  # decided again: the newest holds it
        assert tag_names(clone) == TAGS  # this one is another

    def test_clones_that_register_at_once_all_succeed(self, server, tmp_path):
        program_ = Path(sys.executable).with_name("git-registry")
        for number in range(4):
            git("clone", "--quiet", str(server), str(tmp_path / f"clone{number}"))
        running = [
            subprocess.Popen(
                [program_, "register", f"churn{number // 2}", f"HEAD~{number % 2}", "--push", "-q"],
                cwd=tmp_path / f"clone{number}",
                stdout=subprocess.DEVNULL,
            )
            for number in range(4)
        ]
        assert [process.wait(60) for process in running] == [0] * 4
        assert tag_names(server) == sorted([*TAGS, "churn0@v0.0.1", "churn0@v0.0.2", "churn1@v0.0.1", "churn1@v0.0.2"])


class TestRejections:
    def test_are_told_as_the_server_wrote_them_without_what_harms(self, cli, server, clone):
        words = r"\033[31mno\033[0m, see https://ada:t0ken@example.com/rules"
        write_hook(server, "pre-receive", f"printf '{words}\\nsecond line\\n' >&2; exit 1")
        refused = cli("register", "churn", "--push", repo=clone)
        assert (refused.code, refused.out, tag_names(clone)) == (6, "", TAGS)
        assert ("\033" in refused.err, "t0ken" in refused.err) == (False, False)
        assert "see https://***@example.com/rules\n" in refused.err
        assert "error: second line\n" in refused.err
        assert refused.err.endswith("hint: nothing was changed\n")

    def test_of_one_of_two_tags_are_of_both(self, cli, server, clone):
        write_hook(server, "update", 'case "$1" in *dev*) echo "not that stage"; exit 1;; esac')
        refused = cli("assign", "churn", "dev", "--push", repo=clone)
        assert (refused.code, tag_names(server), tag_names(clone)) == (6, TAGS, TAGS)
        assert "error: not that stage\n" in refused.err

    def test_by_the_hook_here_are_told_too(self, cli, server, clone):
        write_hook(clone / ".git", "pre-push", 'echo "not on Fridays" >&2; exit 1')
        refused = cli("register", "churn", "--push", repo=clone)
        assert (refused.code, tag_names(server), tag_names(clone)) == (6, TAGS, TAGS)
        assert "the pre-push hook of this repository rejected the push" in refused.err
        assert "error: not on Fridays\n" in refused.err

    def test_two_tags_need_a_server_that_can_take_both_or_none(self, cli, server, clone):
        git("config", "receive.advertiseAtomic", "false", repo=server)
        assert cli("register", "churn", "--push", repo=clone).code == 0
        refused = cli("assign", "churn", "dev", "HEAD~1", "--push")
        assert (refused.code, tag_names(server)) == (4, [*TAGS, "churn@v1.0.1"])
        assert "cannot change several tags at once" in refused.err
        assert refs(clone) == refs(server)

    def test_a_server_without_room_changes_nothing(self, cli, server, clone):
        write_hook(server, "pre-receive", "echo 'fatal: write error: No space left on device' >&2; exit 1")
        refused = cli("register", "churn", "--push", repo=clone)
        assert (refused.code, tag_names(clone)) == (6, TAGS)
        assert "No space left on device" in refused.err

    def test_a_lock_left_behind_on_the_server_ends_in_a_conflict(self, cli, server, clone, monkeypatch):
        monkeypatch.setattr(RemoteTarget, "patience", 6.0)  # enough to read and to push once, on a busy machine
        (server / "refs" / "tags" / "churn@v1.0.1.lock").touch()
        refused = cli("register", "churn", "--push", repo=clone)
        assert (refused.code, tag_names(clone)) == (5, TAGS)
        assert "tags of 'churn' could not be written, each attempt lost a race" in refused.err


class TestInDoubt:
    @pytest.mark.parametrize("hook", ["pre-receive", "post-receive"])
    @pytest.mark.parametrize(("command", "made", "deleted"), OPERATIONS)
    def test_a_push_whose_answer_is_lost_is_done_once(self, cli, server, clone, command, made, deleted, hook):
        write_hook(server, hook, f"{once(server / 'once')}; kill -9 $PPID")
        done = cli(*command, "--push", repo=clone)
        assert (done.code, set(tag_names(server))) == (0, {*TAGS, *made} - deleted), done.err
        assert refs(clone) == refs(server)
        assert len(pushes(clone)) == (2 if hook == "pre-receive" else 1)


class TestPush:
    @pytest.fixture
    def ahead(self, cli, clone):
        """A clone with three operations, of one, two and three tags, that the server has not."""
        cli("register", "churn", "HEAD~1", repo=clone)
        cli("assign", "churn", "prod")
        cli("assign", "churn", "prod", "--version", "v1.0.1")
        cli("unassign", "churn", "prod", "--all")
        return clone

    def test_publishes_operations_in_order_and_whole(self, cli, server, ahead):
        done = cli("push", "--plain", repo=ahead)
        assert done.code == 0
        assert refs(ahead) == refs(server)
        assert pushes(ahead) == [3, 1, 3]
        again = cli("push")
        assert (again.code, again.out, again.err) == (0, "", "the remote has every registry tag of this repository\n")

    def test_a_dry_run_tells_and_pushes_nothing(self, cli, server, ahead):
        done = cli("push", "-n", "--ref", repo=ahead)
        assert (done.code, tag_names(server), pushes(ahead)) == (0, TAGS, [])
        assert set(done.out.split()) == set(tag_names(ahead)) - set(TAGS)

    def test_publishes_one_artifact(self, cli, server, ahead):
        cli("register", "segment", repo=ahead)
        git("tag", "unrelated", repo=ahead)
        assert cli("push", "segment").code == 0
        assert tag_names(server) == [*TAGS, "segment@v0.0.1"]

    def test_knows_who_is_unknown(self, cli, clone):
        refused = cli("push", "chrun", repo=clone)
        assert (refused.code, "did you mean 'churn'?" in refused.err) == (3, True)

    def test_another_tag_of_the_same_name_is_a_conflict(self, cli, server, ahead):
        git("tag", "-a", "-m", "rival", "churn#prod#2", "main", repo=server)
        refused = cli("push", repo=ahead)
        assert (refused.code, refused.out, pushes(ahead)) == (5, "", [])
        assert "error: 'origin' has a different tag 'churn#prod#2'\n" in refused.err
        command = refused.err.partition("get the remote's tag: ")[2]
        assert shell(command, cwd=ahead).code == 0
        assert cli("push").code == 0
        assert refs(ahead) == refs(server)

    def test_publishes_deletions_never(self, cli, server, clone):
        cli("deprecate", "churn", "--delete", "--yes", repo=clone)
        assert cli("push").code == 0
        assert tag_names(server) == TAGS

    def test_takes_a_clone(self, cli, server, tmp_path):
        refused = cli("-r", f"file://{server}", "push", repo=tmp_path)
        assert (refused.code, "push, fetch and status need a clone" in refused.err) == (2, True)

    def test_publishes_tags_of_other_tools_one_by_one(self, cli, server, clone):
        for number in range(5):
            git("tag", "-a", "-m", "x", f"segment@v0.0.{number}", repo=clone)
        assert cli("push", repo=clone).code == 0
        assert (pushes(clone), refs(clone)) == ([3, 2], refs(server))


@pytest.mark.usefixtures("installed")
class TestPublishing:
    """What is printed after a write or a deletion here, run while the server has tags of others."""

    def publish(self, done: Result, cwd: Path) -> Done:
        [line] = [line for line in done.err.splitlines() if line.startswith("to publish: ")]
        return shell(line.removeprefix("to publish: "), cwd=cwd)

    def test_a_deletion_passes_over_tags_that_were_never_pushed(self, cli, server, clone):
        cli("assign", "churn", "dev", "--version", "v1.0.0", repo=clone)
        done = cli("deprecate", "churn", "--delete", "--yes")
        published = self.publish(done, clone)
        assert (published.code, tag_names(server)) == (0, [])
        assert published.out == "deleted tag 'churn@v1.0.0' on 'origin'\ndeleted tag 'churn#prod#1' on 'origin'\n"

    def test_a_deletion_of_what_was_never_pushed_is_told(self, cli, server, clone):
        cli("register", "churn", repo=clone)
        published = self.publish(cli("deregister", "churn", "v1.0.1", "--delete", "--yes"), clone)
        assert (published.code, published.out, published.err) == (0, "", "the remote has none of these tags\n")
        assert pushes(clone) == []

    def test_a_deletion_leaves_the_tag_of_another_with_the_same_name(self, cli, server, clone):
        cli("register", "churn", repo=clone)
        git("tag", "-a", "-m", "rival", "churn@v1.0.1", "main~1", repo=server)
        before = refs(server)
        published = self.publish(cli("deregister", "churn", "v1.0.1", "--delete", "--yes"), clone)
        assert (published.code, refs(server)) == (5, before)
        assert published.err.startswith(
            "error: 'origin' has a different tag 'churn@v1.0.1', which is not the one that was deleted here\n"
        )

    def test_a_deletion_is_published_once_and_again_without_harm(self, cli, server, clone):
        done = cli("unassign", "churn", "prod", "--delete", "--yes", repo=clone)
        assert [self.publish(done, clone).code for _ in range(2)] == [0, 0]
        assert tag_names(server) == ["churn@v1.0.0"]

    def test_a_deletion_whose_objects_are_gone_here_is_published(self, cli, server, clone):
        done = cli("deprecate", "churn", "--delete", "--yes", repo=clone)
        git("reflog", "expire", "--expire=all", "--all", repo=clone)
        git("gc", "--quiet", "--prune=now", repo=clone)
        assert (self.publish(done, clone).code, tag_names(server)) == (0, [])

    def test_an_assignment_takes_its_registration_along(self, cli, server, clone):
        cli("register", "churn", repo=clone)
        self.publish(cli("assign", "churn", "dev"), clone)
        assert tag_names(server) == ["churn#dev#2", *TAGS, "churn@v1.0.1"]

    @pytest.mark.parametrize("command", ["deregister churn v1.0.1", "assign churn dev --version v1.0.1"])
    def test_a_write_on_a_stale_tag_does_not_touch_the_version_of_another(self, cli, server, clone, command):
        cli("register", "churn", repo=clone)
        git("tag", "-a", "-m", "rival", "churn@v1.0.1", "main~1", repo=server)
        before = refs(server)
        published = self.publish(cli(*command.split()), clone)
        assert (published.code, refs(server)) == (5, before)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ([], "--delete needs the tags to delete, each as TAG:OBJECT"),
            (["churn"], "'churn' is no TAG:OBJECT: a registry tag and the full id of its object"),
            (["churn@v1.0.0:1234567"], "'churn@v1.0.0:1234567' is no TAG:OBJECT"),
            (["main:" + "a" * 40], "is no TAG:OBJECT"),
        ],
    )
    def test_a_deletion_names_tags_and_objects(self, cli, server, clone, arguments, message):
        refused = cli("push", "--delete", *arguments, repo=clone)
        assert (refused.code, message in refused.err, tag_names(server)) == (2, True, TAGS)

    def test_a_dry_run_deletes_nothing(self, cli, server, clone):
        oid = git("rev-parse", "refs/tags/churn@v1.0.0", repo=clone).strip()
        done = cli("push", "--delete", f"refs/tags/churn@v1.0.0:{oid}", "--dry-run", repo=clone)
        assert (done.code, done.out, tag_names(server)) == (0, "would delete tag 'churn@v1.0.0' on 'origin'\n", TAGS)

    def test_one_artifact_is_pushed_or_all(self, cli, clone):
        refused = cli("push", "churn", "segment", repo=clone)
        assert (refused.code, "push takes one artifact, not also 'segment'" in refused.err) == (2, True)


class TestKindsOfClones:
    @pytest.mark.parametrize("options", [["--depth=1"], ["--depth=1", "--no-tags"], ["--filter=blob:none"], ["--bare"]])
    def test_push(self, cli, server, tmp_path, options):
        git("config", "uploadpack.allowFilter", "true", repo=server)
        git("clone", "--quiet", *options, f"file://{server}", str(tmp_path / "other"))
        done = cli("assign", "churn", "dev", "--push", repo=tmp_path / "other")
        assert (done.code, tag_names(server)) == (0, ["churn#dev#2", "churn#prod#1", "churn@v1.0.0", "churn@v1.0.1"]), (
            done.err
        )
        git("fsck", repo=server)

    def test_a_worktree_pushes(self, cli, server, clone, tmp_path):
        git("worktree", "add", "--quiet", str(tmp_path / "tree"), "HEAD~1", repo=clone)
        assert cli("register", "churn", "--push", repo=tmp_path / "tree").code == 0
        assert (refs(clone), "churn@v1.0.1" in tag_names(server)) == (refs(server), True)

    def test_a_submodule_pushes_itself(self, cli, server, clone, tmp_path):
        git("init", "--quiet", str(tmp_path / "super"))
        git(
            "-c",
            "protocol.file.allow=always",
            "submodule",
            "--quiet",
            "add",
            str(server),
            "sub",
            repo=tmp_path / "super",
        )
        assert cli("register", "churn", "--push", repo=tmp_path / "super" / "sub").code == 0
        assert "churn@v1.0.1" in tag_names(server)


class TestOutput:
    @pytest.mark.parametrize("where", ["here", "there"])
    def test_a_full_disk_is_told_after_what_is_done(self, server, clone, where):
        words = "git-registry register churn" + (" --push" if where == "there" else "")
        done = program("sh", "-c", f"{Path(sys.executable).parent}/{words} >/dev/full", cwd=clone)
        assert (done.code, tag_names(clone)) == (1, [*TAGS, "churn@v1.0.1"])
        assert done.err.startswith(
            "error: the change was made, but the output cannot be printed: No space left on device\n"
        )
        assert ("churn@v1.0.1" in tag_names(server)) is (where == "there")

    def test_a_closed_output_is_no_error(self, clone):
        done = program("sh", "-c", f"{Path(sys.executable).parent}/git-registry register churn >&-", cwd=clone)
        assert (done.code, tag_names(clone)) == (0, [*TAGS, "churn@v1.0.1"])
