"""`git registry history`."""

from __future__ import annotations

import json

import pytest

from tests.testing.builder import START, git

CHURN = [
    "churn@v2.0.0-rc.1",
    "churn#prod#3",
    "churn#staging#2",
    "churn@v1.1.0",
    "churn#prod#1",
    "churn@v1.0.0",
]
OTHERS = ["segment@deprecated", "segment@v0.1.0", "models=embed#prod#1", "models=embed@v1.0.0"]


def refs(answer) -> list[str]:
    return [event["ref"] for event in json.loads(answer.out)["events"]]


def test_history_lists_everything_newest_first(cli, company):
    assert refs(cli("history", "--json", repo=company)) == OTHERS + CHURN


@pytest.mark.parametrize("option", ["--ascending", "--asc"])
def test_ascending_turns_the_order(cli, company, option):
    assert refs(cli("history", "--json", option, repo=company)) == (OTHERS + CHURN)[::-1]


def test_an_event_as_json_has_the_documented_shape(cli, company, builder):
    document = json.loads(cli("history", "churn#prod", "--json", repo=company).out)
    assert list(document) == ["schema", "events"]
    assert document["events"][0] == {
        "timestamp": "2023-11-14T22:20:20Z",
        "artifact": "churn",
        "event": "assignment",
        "version": "v1.1.0",
        "stage": "prod",
        "commit": builder.commit_id(2),
        "ref": "churn#prod#3",
        "author": "Bob Bell",
        "author_email": "bob@example.org",
        "message": "Ship it\n\nIt is better.",
    }


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["churn"], CHURN),
        (["models:embed"], ["models=embed#prod#1", "models=embed@v1.0.0"]),
        (["segment"], ["segment@deprecated", "segment@v0.1.0"]),
        (["churn#prod"], ["churn#prod#3", "churn#prod#1"]),
        (["churn@v1.0.0"], ["churn#prod#1", "churn@v1.0.0"]),
        (["churn@1.1"], ["churn#prod#3", "churn#staging#2", "churn@v1.1.0"]),
        (["churn@latest"], ["churn#prod#3", "churn#staging#2", "churn@v1.1.0"]),
        (["--stage", "prod"], ["models=embed#prod#1", "churn#prod#3", "churn#prod#1"]),
        (["--event", "deprecation"], ["segment@deprecated"]),
        (["churn", "--event", "assignment"], ["churn#prod#3", "churn#staging#2", "churn#prod#1"]),
        (["segment", "--event", "deprecation", "--event", "registration"], ["segment@deprecated", "segment@v0.1.0"]),
        (["--author", "bob"], ["churn#prod#3"]),
        (["--author", "BELL"], ["churn#prod#3"]),
        (["--author", "bob@example.org"], ["churn#prod#3"]),
        (["churn", "--since", "2023-11-14T22:20:20Z"], ["churn@v2.0.0-rc.1", "churn#prod#3"]),
        (["churn", "--until", "2023-11-14T22:17:20Z"], ["churn#prod#1", "churn@v1.0.0"]),
        (["churn", "--since", "churn@v1.1.0", "--until", "churn#staging#2"], ["churn#staging#2", "churn@v1.1.0"]),
        (["churn", "--since", "2023-11-14T22:18:20Z", "--stage", "prod", "--author", "bob"], ["churn#prod#3"]),
    ],
)
def test_filters_narrow_the_history(cli, company, arguments, expected):
    assert refs(cli("history", "--json", *arguments, repo=company)) == expected


def test_since_takes_an_age(cli, company, monkeypatch):
    monkeypatch.setattr("gittag_registry.cli.app.now", lambda: START + 12 * 60)  # 22:25:20
    assert refs(cli("history", "--since", "1min", "--json", repo=company)) == OTHERS[:2]


def test_a_deprecated_artifact_keeps_its_history(cli, company):
    assert cli("history", "segment", "--plain", repo=company).out.startswith(
        "2023-11-14T22:25:20Z\tsegment\tdeprecation\t-\t-\t"
    )


def test_a_table_shows_short_commits(cli, company, builder):
    [row] = [line for line in cli("history", "churn#staging", repo=company).out.splitlines() if "v1.1.0" in line]
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        "2023-11-14T22:19:20Z",
        "churn",
        "assignment",
        "v1.1.0",
        "staging",
        builder.commit_id(2)[:7],
        "churn#staging#2",
        "Ada Lovelace",
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--author", "nobody"],
        ["--stage", "qa"],
        ["--since", "2030-01-01"],
        ["churn", "--event", "deprecation"],
        ["churn@v9.0.0"],
        ["churn#qa"],
    ],
)
def test_a_filter_that_matches_nothing_says_so(cli, company, arguments):
    asked = cli("history", *arguments, repo=company)
    assert (asked.code, asked.out) == (3, "")
    assert "error: no event matches" in asked.err


def test_the_times_are_shown_as_they_were_read(cli, company):
    asked = cli("history", "--since", "2030-01-01", "--until", "2030-01-02", repo=company)
    assert asked.err == "error: no event matches from 2030-01-01T00:00:00Z until 2030-01-02T23:59:59Z\n"
    asked = cli("which", "churn", "prod", "--at", "1234567890")
    assert "has no version in stage 'prod' at 2009-02-13T23:31:30Z\n" in asked.err


def test_since_a_date_includes_that_day(cli, company):
    assert len(refs(cli("history", "--since", "2023-11-14", "--until", "2023-11-14", "--json", repo=company))) == 10


def test_a_misspelt_stage_gets_a_suggestion(cli, company):
    assert "hint: did you mean 'prod'?\n" in cli("history", "churn#pord", repo=company).err


def test_an_unknown_artifact_gets_a_suggestion(cli, company):
    asked = cli("history", "segmnet", repo=company)
    assert (asked.code, asked.out) == (3, "")
    assert asked.err == "error: artifact 'segmnet' is not registered\nhint: did you mean 'segment'?\n"


def test_an_unknown_kind_of_event_is_a_usage_error(cli, company):
    asked = cli("history", "--event", "birthday", repo=company)
    assert asked.code == 2
    assert "'registration'" in asked.err


def test_an_empty_registry_has_an_empty_history(cli, builder):
    builder.commit()
    asked = cli("history", repo=builder.build())
    assert (asked.code, asked.out) == (0, "")
    assert asked.err == "no events: the repository has no registry tags\n"


def test_the_newest_events_can_be_asked_for(cli, company):
    everything = cli("history", "--plain", repo=company).out.splitlines()
    assert cli("history", "-n", "3", "--plain", repo=company).out.splitlines() == everything[:3]
    assert cli("log", "-n", "3", "--asc", "--plain", repo=company).out.splitlines() == everything[2::-1]
    assert cli("history", "-n", "0", repo=company).out == ""
    assert cli("history", "-n", "-1", repo=company).code == 2


def test_oneline_shows_commit_date_tag_and_subject(cli, company):
    lines = cli("history", "churn#prod", "--oneline", repo=company).out.splitlines()
    commit = git("rev-parse", "--short=7", "churn#prod#3^{}", repo=company).strip()
    assert lines[0] == f"{commit} 2023-11-14 churn#prod#3 Ship it"
    assert cli("history", "--oneline", "--json", repo=company).code == 2


class TestShowAtATime:
    def test_the_whole_table(self, cli, company):
        cli("assign", "churn@v1.1.0", "canary", repo=company)
        past = cli("show", "--at", "churn#prod#1", "--plain", repo=company)
        assert (past.code, past.err) == (0, "")
        assert past.out.splitlines()[0] == "churn\tv1.0.0\tv1.0.0"

    def test_an_artifact_and_a_stage(self, cli, company):
        assert cli("show", "churn", "--at", "churn#prod#1", "--version", repo=company).out == "v1.0.0\n"
        assert cli("show", "churn#prod", "--at", "churn#prod#1", "--version", repo=company).out == "v1.0.0\n"
        assert cli("show", "churn#prod", "--version", repo=company).out == "v1.1.0\n"

    def test_before_everything(self, cli, company):
        early = cli("show", "--at", "2001-01-01T00:00Z", repo=company)
        assert (early.code, early.out, early.err) == (0, "", "no artifacts at 2001-01-01T00:00:00Z\n")
        none = cli("show", "churn@v1.1.0", "--at", "2001-01-01T00:00Z", repo=company)
        assert none.code == 3
        assert none.err.startswith("error: 'churn@v1.1.0' matches nothing at 2001-01-01T00:00:00Z\n")

    def test_a_deprecated_artifact_was_shown_before(self, cli, company):
        assert "segment" not in cli("show", "--plain", repo=company).out
        assert "segment\tv0.1.0" in cli("show", "--at", "segment@v0.1.0", "--plain", repo=company).out

    def test_types_are_those_of_now(self, cli, company):
        assert cli("show", "--type", "nothing", "--at", "churn#prod#1", repo=company).code == 3


@pytest.mark.parametrize("command", [[], ["show"]])
def test_a_registry_whose_artifacts_are_all_deprecated_says_so(cli, builder, command):
    builder.tag("churn@v1.0.0", builder.commit())
    repo = builder.build()
    cli("deprecate", "churn", repo=repo)
    empty = cli(*command, repo=repo)
    assert "every artifact is deprecated; git registry show --deprecated shows them\n" in empty.err
    assert "register the first" not in empty.err
