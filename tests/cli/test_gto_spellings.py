"""What GTO's users type and read: options, places and documents of GTO that have another name here."""

from __future__ import annotations

import json

import pytest

from tests.testing.builder import git, tag_names


@pytest.mark.parametrize(
    ("tag", "key", "printed"),
    [
        ("models=churn#prod!#3", "counter", "3\n"),
        ("models=churn#prod!#3", "name", '"models:churn"\n'),
        ("models=churn#prod!#3", "action", '"unassign"\n'),
        ("models=churn#prod!#3", "stage", '"prod"\n'),
        ("churn@v1.0.0!", "action", '"deregister"\n'),
        ("churn@v1.0.0", "version", '"v1.0.0"\n'),
    ],
)
def test_a_key_of_a_tag_is_printed_as_gto_prints_it(cli, tmp_path, tag, key, printed):
    assert cli("parse-tag", tag, "--key", key, repo=tmp_path).out == printed


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--key", "counter"], 3, "the tag has no counter"),
        (["--key", "bogus"], 2, "no tag has a part 'bogus'"),
        (["--key", "name", "--json"], 2, "--key is GTO's way to print one part, so it takes no other output option"),
        (["--key", "name", "--stage"], 2, "--key is GTO's way to print one part, so it takes no other output option"),
    ],
)
def test_a_key_that_cannot_be_printed_is_an_error(cli, tmp_path, options, code, message):
    asked = cli("parse-tag", "churn@v1.0.0", *options, repo=tmp_path)
    assert (asked.code, asked.out) == (code, "")
    assert message in asked.err


def test_the_state_has_every_event_by_version_and_stage(cli, company, builder):
    state = json.loads(cli("print-state", repo=company).out)
    assert list(state["artifacts"]) == ["churn", "models:embed", "segment"]
    churn = state["artifacts"]["churn"]
    assert [version["version"] for version in churn["versions"]] == ["v1.0.0", "v1.1.0", "v2.0.0-rc.1"]
    prod = churn["versions"][1]["stages"]["prod"]
    assert prod["assignments"] == [
        {
            "artifact": "churn",
            "created_at": "2023-11-14T22:20:20Z",
            "author": "Bob Bell",
            "author_email": "bob@example.org",
            "message": "Ship it\n\nIt is better.",
            "commit_hexsha": builder.commit_id(2),
            "tag": "churn#prod#3",
            "version": "v1.1.0",
            "stage": "prod",
        }
    ]
    assert prod["unassignments"] == []
    assert [event["tag"] for event in state["artifacts"]["segment"]["deprecations"]] == ["segment@deprecated"]


def test_the_state_has_what_was_withdrawn_where_it_was(cli, example):
    head = git("rev-parse", "HEAD", repo=example).strip()
    cli("assign", "churn", "dev", "--sr", repo=example)
    cli("unassign", "churn#prod")
    cli("deregister", "churn@v1.0.0")
    versions = json.loads(cli("print-state").out)["artifacts"]["churn"]["versions"]
    tags = [[event["tag"] for event in version["deregistrations"]] for version in versions]
    assert [version["version"] for version in versions] == ["v1.0.0", "v1.1.0", head]
    assert tags == [["churn@v1.0.0!"], [], []]
    [taken_out] = versions[0]["stages"]["prod"]["unassignments"]
    assert taken_out["tag"] == "churn#prod!#3"
    assert list(versions[2]["stages"]) == ["dev"]


def test_the_state_of_nothing_is_empty(cli, builder):
    builder.commit()
    assert json.loads(cli("print-state", repo=builder.build()).out) == {"artifacts": {}}


@pytest.mark.parametrize("line", ["-v which churn prod", "--verbose which churn prod", "which churn prod -v"])
def test_git_commands_are_printed_wherever_the_option_stands(cli, example, line):
    asked = cli(*line.split(), repo=example)
    assert asked.out == "v1.0.0\n"
    assert asked.err.startswith("+ git for-each-ref")


@pytest.mark.parametrize("option", ["--debug", "--traceback", "--tb"])
@pytest.mark.parametrize("first", [True, False])
def test_a_traceback_is_shown_wherever_the_option_stands(cli, example, option, first):
    words = ["which", "churn", "nowhere"]
    asked = cli(*([option, *words] if first else [*words, option]), repo=example)
    assert asked.code == 3
    assert asked.err.startswith("Traceback (most recent call last):\n")
    assert asked.err.endswith("hint: its stages: prod\n")


def test_an_artifact_is_deprecated_on_the_commit_that_ref_names(cli, example):
    before = tag_names(example)
    assert cli("deprecate", "churn", "--ref", "HEAD~2", repo=example).code == 0
    assert set(tag_names(example)) - set(before) == {"churn@deprecated"}
    assert (
        git("rev-parse", "churn@deprecated^{commit}", "HEAD~2", repo=example).split()[0]
        == git("rev-parse", "HEAD~2", repo=example).strip()
    )


def test_the_short_option_of_deprecate_deletes(cli, example):
    assert cli("deprecate", "churn", "v1.1.0", "-d", "--yes", repo=example).out == "deleted tag 'churn@v1.1.0'\n"


# The table of a remote repository


def test_the_table_of_a_remote_repository_says_what_it_leaves_out(cli, company, tmp_path):
    git("config", "uploadpack.allowFilter", "true", repo=company)
    there = cli("show", "--plain", "-r", company.as_uri(), repo=tmp_path)
    assert "customers" not in there.out
    assert there.err == "only tags were read; --annotations reads annotations and configuration too\n"
    assert cli("show", "--plain", "--registered-only", "-r", company.as_uri()).err == ""
    document = json.loads(cli("show", "--json", "-r", company.as_uri(), "-q").out)
    assert document["annotated"] is False
    assert [entry["type"] for entry in document["artifacts"]] == [None, None]


def test_with_annotations_it_is_that_of_the_repository_itself(cli, company, tmp_path):
    git("config", "uploadpack.allowFilter", "true", repo=company)
    (company / ".gittag-registry.yaml").write_text("stages: [staging, prod, canary]\n")
    git("add", ".gittag-registry.yaml", repo=company)
    git("commit", "-qm", "configure", repo=company)
    here = cli("show", "--json", repo=company)
    there = cli("show", "--json", "--annotations", "-r", company.as_uri(), repo=tmp_path)
    assert (there.code, there.err) == (0, "")
    assert json.loads(there.out) == json.loads(here.out)
    assert json.loads(there.out)["artifacts"][0]["labels"] == ["finance"]


def test_annotations_are_of_the_whole_table_only(cli, company):
    assert cli("show", "churn", "--annotations", repo=company).code == 2
