"""`--delete`: lists the tags, asks, deletes all or nothing, and prints how to undo it."""

from __future__ import annotations

import json
import shlex

import click
import pytest

from tests.testing.builder import git, tag_names
from tests.testing.programs import in_terminal, shell

STAGE_TAGS = ["churn#prod#1", "churn#prod#3"]


@pytest.fixture
def terminal(monkeypatch):
    """Pretend that somebody sits at a terminal, and answers."""

    def sit(answer):
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr(click, "confirm", answer)

    return sit


@pytest.mark.parametrize(
    ("command", "deleted"),
    [
        (["unassign", "churn", "prod"], ["churn#prod#3"]),
        (["unassign", "churn", "prod", "--version", "v1.0.0"], ["churn#prod#1"]),
        (["unassign", "churn", "prod", "--ref", "HEAD~2"], ["churn#prod#1"]),
        (["unassign", "churn", "prod", "--all"], STAGE_TAGS),
        (["deregister", "churn", "v1.1.0"], ["churn#prod#3", "churn#staging#2", "churn@v1.1.0"]),
        (["deprecate", "churn", "v1.0.0"], ["churn#prod#1", "churn@v1.0.0"]),
        (["deprecate", "churn", "v1.0.0", "prod"], ["churn#prod#1"]),
        (["deprecate", "segment"], ["segment@deprecated", "segment@v0.1.0"]),
    ],
)
def test_delete_removes_the_tags_of_what_is_named(cli, company, command, deleted):
    before = tag_names(company)
    done = cli(*command, "--delete", "--yes", repo=company)
    assert done.code == 0
    assert sorted(done.out.splitlines()) == [f"deleted tag {name!r}" for name in deleted]
    assert sorted(set(before) - set(tag_names(company))) == deleted


@pytest.mark.parametrize(
    ("tag", "deleted"),
    [
        ("segment@deprecated", "segment@deprecated"),
        ("churn#prod#3", "churn#prod#3"),
        ("models:eu#prod!#2", "models=eu#prod!#2"),
        ("models=eu@v1.0.0!", "models=eu@v1.0.0!"),
    ],
)
def test_a_tag_that_is_no_selector_is_deleted_alone(cli, company, tag, deleted):
    cli("assign", "models:eu", "prod", repo=company)
    cli("unassign", "models:eu", "prod", repo=company)
    git("tag", "-a", "-m", "", "models=eu@v1.0.0!", "HEAD", repo=company)
    before = tag_names(company)
    done = cli("delete", tag, "--yes", repo=company)
    assert (done.code, done.out) == (0, f"deleted tag {deleted!r}\n")
    assert set(before) - set(tag_names(company)) == {deleted}


def test_a_deprecation_written_by_mistake_can_be_deleted(cli, company):
    done = cli("delete", "segment@deprecated", "--yes", repo=company)
    assert "deleted tag 'segment@deprecated'" in done.out
    assert "segment" in cli("show", repo=company).out


def test_deleting_a_single_tag_says_nothing_of_the_skipped_tags_of_the_artifact(cli, company):
    git("tag", "churn#prod#9", repo=company)
    done = cli("delete", "churn#prod#3", "--yes", repo=company)
    assert "stays" not in done.err


def test_a_single_tag_that_is_not_there_is_not_found(cli, company):
    assert cli("delete", "churn#prod#77", "--yes", repo=company).code == 3


def test_the_undo_commands_bring_everything_back(cli, company):
    before = git("for-each-ref", repo=company)
    done = cli("deprecate", "churn", "--delete", "--yes", repo=company)
    assert git("for-each-ref", repo=company) != before
    commands = [line.removeprefix("to undo: ") for line in done.err.splitlines() if line.startswith("to undo: ")]
    assert len(commands) == 6
    assert shell("\n".join(commands), cwd=company).code == 0
    assert git("for-each-ref", repo=company) == before


def test_the_undo_command_works_for_another_repository_too(cli, company, tmp_path):
    before = git("for-each-ref", repo=company)
    done = cli("unassign", "churn", "prod", "--delete", "--yes", "--repo", str(company), repo=tmp_path)
    [command] = [line.removeprefix("to undo: ") for line in done.err.splitlines() if line.startswith("to undo: ")]
    assert shell(command, cwd=tmp_path).code == 0
    assert git("for-each-ref", repo=company) == before


@pytest.mark.usefixtures("installed")
def test_the_published_tags_are_deleted_by_the_printed_command(cli, company, tmp_path):
    git("init", "--quiet", "--bare", str(tmp_path / "hub"))
    git("remote", "add", "origin", str(tmp_path / "hub"), repo=company)
    git("push", "--quiet", "origin", "--tags", repo=company)
    oids = [git("rev-parse", f"refs/tags/{tag}", repo=company).strip() for tag in STAGE_TAGS]
    done = cli("unassign", "churn", "prod", "--all", "--delete", "-y", repo=company)
    [command] = [line.removeprefix("to publish: ") for line in done.err.splitlines() if line.startswith("to publish: ")]
    tags = [f"{tag}:{oid}" for tag, oid in zip(STAGE_TAGS, oids, strict=True)]
    assert shlex.split(command) == ["git", "registry", "push", *tags, "--delete"]
    assert shell(command, cwd=company).code == 0
    assert tag_names(tmp_path / "hub") == tag_names(company)


def test_without_a_terminal_nothing_is_deleted(cli, company):
    before = tag_names(company)
    refused = cli("deregister", "churn", "v1.0.0", "--delete", repo=company)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == (
        "will delete tag 'churn@v1.0.0': version 'v1.0.0' of artifact 'churn' was registered\n"
        "will delete tag 'churn#prod#1': stage 'prod' was assigned to version 'v1.0.0' of artifact 'churn'\n"
        "error: deleting needs a confirmation, and there is no terminal to ask on\n"
        "hint: add --yes\n"
    )
    assert tag_names(company) == before


@pytest.mark.usefixtures("installed")
def test_on_a_terminal_the_user_is_asked(company):
    done = in_terminal("git", "registry", "unassign", "churn", "prod", "--delete", cwd=company, typed="y\n")
    assert done.code == 0
    assert "delete this tag? [y/N]: " in done.out
    assert "deleted tag 'churn#prod#3'" in done.out
    assert "churn#prod#3" not in tag_names(company)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("answer", ["n\n", "\n"])
def test_whoever_declines_keeps_the_tags(company, answer):
    before = tag_names(company)
    done = in_terminal("git", "registry", "unassign", "churn", "prod", "--delete", cwd=company, typed=answer)
    assert done.code == 1
    assert "nothing was deleted" in done.out
    assert tag_names(company) == before


def test_interrupting_the_question_deletes_nothing(cli, company, terminal):
    def interrupted(*args, **kwargs):
        raise click.Abort

    terminal(interrupted)
    before = tag_names(company)
    done = cli("unassign", "churn", "prod", "--delete", repo=company)
    assert (done.code, done.out) == (130, "")
    assert tag_names(company) == before


def test_tags_that_changed_while_the_question_stood_are_not_deleted(cli, company, terminal):
    def somebody_assigns_meanwhile(*args, **kwargs):
        git("tag", "-a", "-m", "late", "churn#prod#4", "HEAD~2", repo=company)
        return True

    terminal(somebody_assigns_meanwhile)
    refused = cli("unassign", "churn", "prod", "--all", "--delete", repo=company)
    assert (refused.code, refused.out) == (5, "")
    assert "the tags to delete changed since they were listed" in refused.err
    assert "hint: nothing was deleted; try again\n" in refused.err
    assert set(STAGE_TAGS) <= set(tag_names(company))


def test_a_tag_replaced_under_its_name_is_not_deleted(cli, company, terminal):
    def somebody_moves_the_tag(*args, **kwargs):
        git("tag", "-a", "-f", "-m", "moved", "churn#prod#3", "HEAD", repo=company)
        return True

    terminal(somebody_moves_the_tag)
    refused = cli("deregister", "churn", "v1.1.0", "--delete", repo=company)
    assert (refused.code, refused.out) == (5, "")
    assert "churn@v1.1.0" in tag_names(company)


def test_deleting_what_is_not_there_is_not_found(cli, company):
    refused = cli("unassign", "churn", "qa", "--delete", "--yes", repo=company)
    assert (refused.code, refused.out) == (3, "")


def test_a_misspelt_stage_to_delete_gets_a_suggestion(cli, company):
    refused = cli("delete", "churn#pord", "--yes", repo=company)
    assert refused.err == "error: no version of 'churn' was ever in stage 'pord'\nhint: did you mean 'prod'?\n"


def test_deletions_as_json_name_the_objects(cli, company):
    oid = git("rev-parse", "refs/tags/churn#prod#3", repo=company).strip()
    document = json.loads(cli("unassign", "churn", "prod", "--delete", "--yes", "--json", repo=company).out)
    assert document["deleted"] == [{"ref": "churn#prod#3", "object": oid}]
    assert document["events"] == []


def test_a_dry_run_does_not_ask(cli, company):
    done = cli("unassign", "churn", "prod", "--delete", "--dry-run", repo=company)
    assert (done.code, done.out) == (0, "would delete tag 'churn#prod#3'\n")


ALL = ["churn#prod#1", "churn#prod#3", "churn#staging#2", "churn@v1.0.0", "churn@v1.1.0", "churn@v2.0.0-rc.1"]


class TestDeleteCommand:
    @pytest.mark.parametrize(
        ("selector", "deleted"),
        [
            ("churn", ALL),
            ("churn@v1.1.0", ["churn#prod#3", "churn#staging#2", "churn@v1.1.0"]),
            ("churn@1.1", ["churn#prod#3", "churn#staging#2", "churn@v1.1.0"]),
            ("churn@latest", ["churn#prod#3", "churn#staging#2", "churn@v1.1.0"]),
            ("churn#prod", STAGE_TAGS),
            ("models:embed#prod", ["models=embed#prod#1"]),
            ("segment", ["segment@deprecated", "segment@v0.1.0"]),
        ],
    )
    def test_it_deletes_every_tag_of_what_is_named(self, cli, company, selector, deleted):
        before = tag_names(company)
        done = cli("delete", selector, "--yes", repo=company)
        assert done.code == 0
        assert sorted(set(before) - set(tag_names(company))) == deleted
        assert sorted(done.out.splitlines()) == [f"deleted tag {name!r}" for name in deleted]

    def test_a_mistaken_stage_leaves_no_trace(self, cli, example):
        before = git("for-each-ref", repo=example)
        for command in ("assign", "unassign", "assign"):
            assert cli(command, "churn", "prdo", "--version", "v1.0.0", repo=example).code == 0
        assert cli("delete", "churn#prdo", "--yes").code == 0
        assert git("for-each-ref", repo=example) == before
        assert cli("stages").out == "prod\n"

    def test_it_asks(self, cli, company, terminal):
        terminal(lambda *_, **__: False)
        refused = cli("delete", "churn#prod", repo=company)
        assert (refused.code, refused.out) == (1, "")
        assert "will delete tag 'churn#prod#1': stage 'prod' was assigned to" in refused.err
        assert tag_names(company)[:2] == STAGE_TAGS

    def test_a_dry_run_deletes_nothing_and_does_not_ask(self, cli, company):
        shown = cli("delete", "churn#prod", "--dry-run", repo=company)
        assert shown.out == "would delete tag 'churn#prod#1'\nwould delete tag 'churn#prod#3'\n"
        assert set(STAGE_TAGS) <= set(tag_names(company))

    @pytest.mark.parametrize("selector", ["chrun", "churn@v9.0.0", "churn#nowhere", "segment@latest"])
    def test_what_is_not_there_is_not_deleted(self, cli, company, selector):
        refused = cli("delete", selector, "--yes", repo=company)
        assert (refused.code, refused.out) == (3, "")

    def test_it_deletes_on_the_server_too(self, cli, company, tmp_path):
        git("clone", "-q", "--bare", str(company), str(tmp_path / "server.git"))
        git("remote", "add", "origin", str(tmp_path / "server.git"), repo=company)
        assert cli("delete", "churn#prod", "--yes", "--push", repo=company).code == 0
        for repository in (company, tmp_path / "server.git"):
            assert not set(STAGE_TAGS) & set(tag_names(repository))

    def test_a_tag_that_is_skipped_stays_and_is_named(self, cli, company):
        git("tag", "churn#prod#9", repo=company)
        done = cli("delete", "churn#prod", "--yes", repo=company)
        assert "tag 'churn#prod#9' was skipped and stays: " in done.err
        assert "was skipped and stays" not in cli("delete", "churn@v1.0.0", "--yes").err
