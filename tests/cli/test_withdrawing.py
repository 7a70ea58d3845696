"""`git registry unassign`, `deregister`, `deprecate` and `rollback`."""

from __future__ import annotations

import json

import pytest

from tests.testing.builder import RepositoryBuilder, git, tag_names


@pytest.fixture
def promoted(builder: RepositoryBuilder):
    """Prod held v1.0.0, then v1.1.0, then v1.2.0, a minute each."""
    for number in range(3):
        commit = builder.commit()
        builder.tag(f"churn@v1.{number}.0", commit)
        builder.tag(f"churn#prod#{number + 1}", commit)
    return builder.build()


def holder(cli) -> str:
    return cli("which", "churn", "prod").out.strip()


def test_unassign_takes_out_the_newest_and_tells_what_is_left(cli, promoted):
    done = cli("unassign", "churn", "prod", repo=promoted)
    assert (
        done.out
        == "created tag 'churn#prod!#4': stage 'prod' was unassigned from version 'v1.2.0' of artifact 'churn'\n"
    )
    assert done.err == "churn#prod is now v1.1.0\n"
    assert holder(cli) == "v1.1.0"


@pytest.mark.parametrize("arguments", [["--version", "v1.1.0"], ["--version", "1.1"], ["--ref", "HEAD~1"]])
def test_unassign_takes_out_the_version_named(cli, promoted, arguments):
    done = cli("unassign", "churn", "prod", *arguments, repo=promoted)
    assert "unassigned from version 'v1.1.0'" in done.out
    assert cli("which", "churn", "prod", "--all").out == "v1.2.0\nv1.0.0\n"


def test_unassign_all_empties_the_stage(cli, promoted):
    done = cli("unassign", "churn", "prod", "--all", repo=promoted)
    assert [line.split("'")[1] for line in done.out.splitlines()] == ["churn#prod!#4", "churn#prod!#5", "churn#prod!#6"]
    assert "churn#prod is now empty\n" in done.err
    assert cli("which", "churn", "prod", "--all").code == 3


def test_unassign_of_what_is_out_already_is_done(cli, promoted):
    cli("unassign", "churn", "prod", "--version", "v1.0.0", repo=promoted)
    before = tag_names(promoted)
    done = cli("unassign", "churn", "prod", "--version", "v1.0.0")
    assert (done.code, done.out, done.err) == (0, "", "v1.0.0 is already unassigned from churn#prod\n")
    assert tag_names(promoted) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["pord"], "error: no version of 'churn' was ever in stage 'pord'\nhint: did you mean 'prod'?\n"),
        (
            ["prod", "--version", "v9"],
            "error: v9.0.0 is not in churn#prod\nhint: git registry which churn prod --all\n",
        ),
        (["prod", "--ref", "nowhere"], "error: revision 'nowhere' does not name a commit\n"),
    ],
)
def test_unassign_of_what_never_was_there_is_not_found(cli, promoted, arguments, message):
    before = tag_names(promoted)
    refused = cli("unassign", "churn", *arguments, repo=promoted)
    assert (refused.code, refused.out, refused.err) == (3, "", message)
    assert tag_names(promoted) == before


def test_unassign_takes_one_way_of_choosing(cli, promoted):
    assert cli("unassign", "churn", "prod", "--all", "--version", "v1.0.0", repo=promoted).code == 2
    assert cli("unassign", "churn", "prod", "--ref", "HEAD", "--version", "v1.0.0").code == 2


def test_deregister_takes_a_version_back_and_out_of_its_stages(cli, promoted):
    done = cli("deregister", "churn", "v1.2.0", repo=promoted)
    assert done.out == "created tag 'churn@v1.2.0!': version 'v1.2.0' of artifact 'churn' was deregistered\n"
    assert done.err == "churn#prod is now v1.1.0\n"
    assert cli("latest", "churn").out == "v1.1.0\n"
    assert holder(cli) == "v1.1.0"


def test_deregister_again_is_done_already(cli, promoted):
    cli("deregister", "churn", "1.2", repo=promoted)
    before = tag_names(promoted)
    done = cli("deregister", "churn", "1.2")
    assert (done.code, done.out, done.err) == (0, "", "churn@v1.2.0 is already deregistered\n")
    assert tag_names(promoted) == before
    assert cli("deregister", "churn", "1.2", "--force").out.startswith("created tag 'churn@v1.2.0!#4'")


def test_deregister_of_an_unknown_version_is_not_found(cli, promoted):
    refused = cli("deregister", "churn", "v1.3.0", repo=promoted)
    assert (refused.code, refused.out) == (3, "")
    assert refused.err.startswith("error: artifact 'churn' has no version 'v1.3.0'\nhint: did you mean ")


def test_deprecate_hides_the_artifact_until_it_is_registered_again(cli, promoted):
    done = cli("deprecate", "churn", repo=promoted)
    assert done.out == "created tag 'churn@deprecated': artifact 'churn' was deprecated\n"
    assert cli("show", "--name").out == ""
    assert cli("which", "churn", "prod").code == 3
    git("commit", "--quiet", "--allow-empty", "-m", "again", repo=promoted)
    cli("register", "churn")
    assert cli("show", "--name").out == "churn\n"


def test_deprecate_again_is_done_already(cli, company):
    before = tag_names(company)
    done = cli("deprecate", "segment", repo=company)
    assert (done.code, done.out, done.err) == (0, "", "segment is already deprecated\n")
    assert tag_names(company) == before


def test_deprecate_with_a_version_is_deregister(cli, promoted):
    assert "created tag 'churn@v1.2.0!'" in cli("deprecate", "churn", "v1.2.0", repo=promoted).out


def test_deprecate_with_a_version_and_a_stage_is_unassign(cli, promoted):
    assert "created tag 'churn#prod!#4'" in cli("deprecate", "churn", "v1.0.0", "prod", repo=promoted).out
    assert cli("which", "churn", "prod", "--all").out == "v1.2.0\nv1.1.0\n"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["unassign", "chrun", "prod"], 3),
        (["deregister", "chrun", "v1.0.0"], 3),
        (["deprecate", "chrun"], 3),
        (["rollback", "chrun", "prod"], 3),
        (["assign", "chrun", "prod", "--version", "v1.0.0"], 3),
    ],
)
def test_an_unknown_artifact_is_not_found_and_gets_a_suggestion(cli, promoted, command, code):
    before = tag_names(promoted)
    refused = cli(*command, repo=promoted)
    assert (refused.code, refused.out) == (code, "")
    assert refused.err == "error: artifact 'chrun' is not registered\nhint: did you mean 'churn'?\n"
    assert tag_names(promoted) == before


@pytest.mark.parametrize(
    "command",
    [
        ["unassign", "churn", "prod", "--all"],
        ["deregister", "churn", "v1.2.0"],
        ["deprecate", "churn"],
        ["deprecate", "churn", "v1.2.0"],
        ["deprecate", "churn", "v1.2.0", "prod"],
        ["rollback", "churn", "prod"],
        ["unassign", "churn", "prod", "--delete"],
        ["deregister", "churn", "v1.2.0", "--delete"],
        ["deprecate", "churn", "--delete"],
    ],
)
def test_a_dry_run_changes_nothing(cli, promoted, command):
    before = git("for-each-ref", repo=promoted)
    done = cli(*command, "--dry-run", repo=promoted)
    assert done.code == 0
    assert all(line.startswith(("would create tag ", "would delete tag ")) for line in done.out.splitlines())
    assert done.out
    assert "to publish" not in done.err
    assert git("for-each-ref", repo=promoted) == before


def test_rollback_puts_back_what_the_stage_held_before(cli, promoted):
    done = cli("rollback", "churn", "prod", repo=promoted)
    assert done.out == "created tag 'churn#prod#4': stage 'prod' was assigned to version 'v1.1.0' of artifact 'churn'\n"
    assert done.err == ""
    assert holder(cli) == "v1.1.0"


def test_a_second_rollback_returns_to_where_the_first_began(cli, promoted):
    cli("rollback", "churn", "prod", repo=promoted)
    cli("rollback", "churn", "prod")
    assert holder(cli) == "v1.2.0"


def test_rollback_to_a_version(cli, promoted):
    cli("rollback", "churn", "prod", "--to", "1.0", repo=promoted)
    assert holder(cli) == "v1.0.0"


@pytest.mark.parametrize("time", ["churn#prod#1", "2023-11-14T22:16:19Z"])
def test_rollback_to_what_was_there_at_a_time(cli, promoted, time):
    cli("rollback", "churn", "prod", "--at", time, repo=promoted)
    assert holder(cli) == "v1.0.0"


def test_rollback_undoes_an_emptying(cli, promoted):
    cli("unassign", "churn", "prod", "--all", repo=promoted)
    cli("rollback", "churn", "prod")
    assert holder(cli) == "v1.2.0"


def test_rollback_to_the_present_holder_is_done_already(cli, promoted):
    before = tag_names(promoted)
    done = cli("rollback", "churn", "prod", "--to", "v1.2.0", repo=promoted)
    assert (done.code, done.out, done.err) == (0, "", "churn#prod is already v1.2.0\n")
    assert tag_names(promoted) == before


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["prod", "--to", "v1.2.0", "--at", "1d"], 2, "give only one of these: a version, or a time to go back to\n"),
        (["prod", "--at", "2020-01-01T00:00Z"], 3, "error: churn#prod was empty at 2020-01-01T00:00:00Z\n"),
        (["prod", "--at", "999999w"], 2, "error: '999999w' is not a time: "),
        (["prod", "--to", "v9.0.0"], 3, "error: artifact 'churn' has no version 'v9.0.0'\n"),
        (["staging"], 3, "error: churn#staging has no previous version"),
        (["staging", "--to", "v1.0.0"], 3, "hint: git registry assign churn@v1.0.0 staging\n"),
    ],
)
def test_a_rollback_that_has_no_target_is_refused(cli, promoted, arguments, code, message):
    before = tag_names(promoted)
    refused = cli("rollback", "churn", *arguments, repo=promoted)
    assert (refused.code, refused.out) == (code, "")
    assert message in refused.err
    assert tag_names(promoted) == before


def test_a_rollback_of_a_stage_that_held_one_version_only_is_refused(cli, example):
    refused = cli("rollback", "churn", "prod", repo=example)
    assert (refused.code, refused.out) == (3, "")
    assert refused.err.startswith("error: churn#prod has no previous version")
    assert refused.err.endswith("hint: git registry history 'churn#prod'\n")


def test_a_rollback_to_a_version_taken_back_is_a_conflict(cli, promoted):
    cli("deregister", "churn", "v1.1.0", repo=promoted)
    refused = cli("rollback", "churn", "prod", "--at", "churn#prod#2")
    assert (refused.code, refused.out) == (5, "")
    assert "'v1.1.0' was in churn#prod, but was deregistered since" in refused.err
    assert "hint: name another version with --to\n" in refused.err


def test_a_rollback_as_json(cli, promoted):
    document = json.loads(cli("rollback", "churn", "prod", "--json", repo=promoted).out)
    assert [(e["event"], e["version"], e["ref"]) for e in document["events"]] == [
        ("assignment", "v1.1.0", "churn#prod#4")
    ]
