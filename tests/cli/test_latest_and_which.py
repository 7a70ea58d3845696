"""`git registry latest` and `git registry which`."""

from __future__ import annotations

import json

import pytest

from tests.testing.builder import START


def test_latest_prints_the_bare_version(cli, company):
    assert cli("latest", "churn", repo=company).out == "v1.1.0\n"


@pytest.mark.parametrize(
    ("options", "printed"),
    [
        (["--pre"], "v2.0.0-rc.1\n"),
        (["--ref"], "churn@v1.1.0\n"),
        (["--all"], "v2.0.0-rc.1\nv1.1.0\nv1.0.0\n"),
        (["--all", "--ref"], "churn@v2.0.0-rc.1\nchurn@v1.1.0\nchurn@v1.0.0\n"),
    ],
)
def test_options_of_latest_choose_and_print(cli, company, options, printed):
    assert cli("latest", "churn", *options, repo=company).out == printed


def test_latest_prints_the_commit(cli, company, builder):
    assert cli("latest", "churn", "--commit", repo=company).out == f"{builder.commit_id(2)}\n"


def test_latest_as_json_has_the_documented_shape(cli, company, builder):
    document = json.loads(cli("latest", "churn", "--json", repo=company).out)
    assert document == {
        "schema": 1,
        "artifact": "churn",
        "versions": [
            {
                "version": "v1.1.0",
                "commit": builder.commit_id(2),
                "ref": "churn@v1.1.0",
                "timestamp": "2023-11-14T22:18:20Z",
                "author": "Ada Lovelace",
                "author_email": "ada@example.com",
                "message": "A message",
                "last_known": None,
            }
        ],
    }


def test_if_there_are_only_pre_releases_the_highest_is_latest(cli, builder):
    commit = builder.commit()
    builder.tag("churn@v1.0.0-rc.2", commit)
    builder.tag("churn@v1.0.0-rc.10", builder.commit())
    assert cli("latest", "churn", repo=builder.build()).out == "v1.0.0-rc.10\n"


def test_latest_is_the_highest_version_not_the_newest(cli, builder):
    builder.tag("churn@v2.0.0", builder.commit())
    builder.tag("churn@v1.9.9", builder.commit())
    assert cli("latest", "churn", repo=builder.build()).out == "v2.0.0\n"


def test_latest_of_an_artifact_with_a_directory(cli, company):
    assert cli("latest", "models:embed", "--ref", repo=company).out == "models=embed@v1.0.0\n"


def test_latest_of_a_deprecated_artifact_is_hidden(cli, company):
    asked = cli("latest", "segment", repo=company)
    assert (asked.code, asked.out) == (3, "")
    assert "hint: 'segment' is deprecated; --deprecated includes it\n" in asked.err
    assert cli("latest", "segment", "--deprecated").out == "v0.1.0\n"


def test_latest_of_an_artifact_whose_versions_are_all_taken_back(cli, builder):
    commit = builder.commit()
    builder.tag("churn@v1.0.0", commit)
    builder.tag("churn@v1.0.0!", commit)
    asked = cli("latest", "churn", repo=builder.build())
    assert (asked.code, asked.out) == (3, "")
    assert asked.err == "error: artifact 'churn' has no version\nhint: git registry history churn\n"


def test_which_prints_the_bare_version(cli, company):
    assert cli("which", "churn", "prod", repo=company).out == "v1.1.0\n"


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["churn#prod"], "v1.1.0\n"),
        (["churn", "prod", "--ref"], "churn@v1.1.0\n"),
        (["churn", "prod", "--all"], "v1.1.0\nv1.0.0\n"),
        (["churn", "prod", "--all", "--ref"], "churn@v1.1.0\nchurn@v1.0.0\n"),
        (["models:embed", "prod", "--ref"], "models=embed@v1.0.0\n"),
    ],
)
def test_options_of_which_choose_and_print(cli, company, arguments, printed):
    assert cli("which", *arguments, repo=company).out == printed


def test_which_prints_the_commit(cli, company, builder):
    assert cli("which", "churn", "prod", "--commit", repo=company).out == f"{builder.commit_id(2)}\n"


def test_which_as_json_has_the_documented_shape(cli, company, builder):
    document = json.loads(cli("which", "churn", "prod", "--json", repo=company).out)
    assert document == {
        "schema": 1,
        "artifact": "churn",
        "stage": "prod",
        "versions": [
            {
                "version": "v1.1.0",
                "commit": builder.commit_id(2),
                "ref": "churn@v1.1.0",
                "assigned_by": "churn#prod#3",
                "timestamp": "2023-11-14T22:20:20Z",
                "author": "Bob Bell",
                "until": None,
                "last_known": None,
            }
        ],
    }


@pytest.mark.parametrize(
    ("time", "version"),
    [
        ("2023-11-14T22:17:20Z", "v1.0.0"),
        ("2023-11-14T22:20:19Z", "v1.0.0"),
        ("2023-11-14T22:20:20Z", "v1.1.0"),
        ("2023-11-14T22:19", "v1.0.0"),  # local time, which is UTC in the tests
        ("2023-11-15T00:19+02:00", "v1.0.0"),
        ("2023-11-14", "v1.1.0"),  # a date means its end
        ("churn#prod#1", "v1.0.0"),  # the time of a tag
        ("churn@v1.1.0", "v1.0.0"),
        ("now", "v1.1.0"),
    ],
)
def test_which_answers_for_a_time(cli, company, time, version):
    assert cli("which", "churn", "prod", "--at", time, repo=company).out == f"{version}\n"


@pytest.mark.parametrize("age", ["7min", "7 minutes ago", "420s"])
def test_which_answers_for_an_age(cli, company, monkeypatch, age):
    monkeypatch.setattr("gittag_registry.cli.app.now", lambda: START + 11 * 60)  # 22:24:20
    assert cli("which", "churn", "prod", "--at", age, repo=company).out == "v1.0.0\n"


def test_which_tells_until_when_a_stage_held_it(cli, company):
    document = json.loads(cli("which", "churn", "prod", "--at", "2023-11-14T22:18Z", "--json", repo=company).out)
    assert document["versions"][0]["version"] == "v1.0.0"
    assert document["versions"][0]["until"] == "2023-11-14T22:20:20Z"


@pytest.mark.parametrize("time", ["tomorrow", "2023-02-30", "2023-11-14T25:00", "1 fortnight ago", "", "no-such-ref"])
def test_a_time_that_is_none_is_a_usage_error_and_never_now(cli, company, time):
    asked = cli("which", "churn", "prod", "--at", time, repo=company)
    assert (asked.code, asked.out) == (2, "")
    assert "is not a time" in asked.err
    assert "hint: times are ISO 8601" in asked.err


def test_before_its_first_tag_an_artifact_held_nothing(cli, company):
    asked = cli("which", "churn", "prod", "--at", "2020-01-01", repo=company)
    assert (asked.code, asked.out) == (3, "")
    assert "error: artifact 'churn' has no version in stage 'prod' at 2020-01-01T23:59:59Z\n" in asked.err


def test_which_at_a_time_before_the_deprecation_answers(cli, builder):
    commit = builder.commit()
    builder.tag("churn@v1.0.0", commit)
    builder.tag("churn#prod#1", commit)
    builder.tag("churn@deprecated", commit)
    repo = builder.build()
    assert cli("which", "churn", "prod", "--at", "churn#prod#1", repo=repo).out == "v1.0.0\n"


def test_before_its_first_assignment_a_stage_held_nothing(cli, company):
    asked = cli("which", "churn", "prod", "--at", "2023-11-14T22:17Z", repo=company)
    assert (asked.code, asked.out) == (3, "")
    assert "error: artifact 'churn' has no version in stage 'prod' at 2023-11-14T22:17:00Z\n" in asked.err


def test_which_of_a_misspelt_stage_suggests_one(cli, company):
    asked = cli("which", "churn", "pord", repo=company)
    assert (asked.code, asked.out) == (3, "")
    assert "hint: did you mean 'prod'?\n" in asked.err


def test_which_of_another_stage_lists_the_stages(cli, company):
    assert "hint: its stages: prod, staging\n" in cli("which", "churn", "x", repo=company).err


def test_which_of_an_emptied_stage_points_to_its_history(cli, builder):
    commit = builder.commit()
    builder.tag("churn@v1.0.0", commit)
    builder.tag("churn#prod#1", commit)
    builder.tag("churn#prod!#2", commit)
    asked = cli("which", "churn", "prod", repo=builder.build())
    assert asked.code == 3
    assert "hint: git registry history 'churn#prod'\n" in asked.err


def test_which_of_a_deprecated_artifact_is_hidden(cli, builder):
    commit = builder.commit()
    builder.tag("churn@v1.0.0", commit)
    builder.tag("churn#prod#1", commit)
    builder.tag("churn@deprecated", commit)
    asked = cli("which", "churn", "prod", repo=builder.build())
    assert (asked.code, asked.out) == (3, "")
    assert "'churn' is deprecated" in asked.err
    assert cli("which", "churn", "prod", "--deprecated").out == "v1.0.0\n"


def test_a_commit_without_a_version_prints_its_id_and_no_ref(cli, builder):
    builder.tag("churn#dev#1", builder.commit())
    repo = builder.build()
    assert cli("which", "churn", "dev", repo=repo).out == f"{builder.commit_id(1)}\n"
    [version] = json.loads(cli("which", "churn", "dev", "--json").out)["versions"]
    assert (version["ref"], version["assigned_by"]) == (None, "churn#dev#1")


def test_which_of_a_revision_lists_its_versions_and_stages(cli, company):
    assert cli("which", "--rev", "HEAD~2", "--plain", repo=company).out == (
        "churn\tv1.0.0\t-\tchurn@v1.0.0\nmodels:embed\tv1.0.0\tprod\tmodels=embed@v1.0.0\n"
    )


def test_which_of_a_revision_as_json(cli, company, builder):
    document = json.loads(cli("which", "--rev", "main~1", "--json", repo=company).out)
    assert list(document) == ["schema", "commit", "versions"]
    assert document["commit"] == builder.commit_id(2)
    assert [(v["artifact"], v["version"], v["stages"]) for v in document["versions"]] == [
        ("churn", "v1.1.0", ["prod", "staging"])
    ]


def test_which_of_a_revision_without_versions_matches_nothing(cli, builder):
    builder.commit()
    asked = cli("which", "--rev", "HEAD", repo=builder.build())
    assert (asked.code, asked.out) == (3, "")
    assert asked.err == f"error: commit {builder.commit_id(1)[:7]} has no version of any artifact\n"


@pytest.mark.parametrize(
    "arguments", [[], ["churn"], ["churn@v1.0.0"], ["--rev", "HEAD", "churn"], ["--rev", "HEAD", "--all"]]
)
def test_which_needs_an_artifact_and_a_stage_or_a_revision(cli, company, arguments):
    asked = cli("which", *arguments, repo=company)
    assert (asked.code, asked.out) == (2, "")
