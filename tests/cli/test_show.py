"""`git registry show`."""

from __future__ import annotations

import json

import pytest

TABLE = """\
╭──────────────┬──────────┬─────────┬────────────╮
│ artifact     │ latest   │ #prod   │ #staging   │
├──────────────┼──────────┼─────────┼────────────┤
│ churn        │ v1.1.0   │ v1.1.0  │ v1.1.0     │
│ *customers   │ -        │ -       │ -          │
│ models:embed │ v1.0.0   │ v1.0.0  │ -          │
╰──────────────┴──────────┴─────────┴────────────╯
"""


def test_the_registry_is_a_table_with_a_column_for_every_stage(cli, company):
    assert cli("show", repo=company).out == TABLE


def test_the_registry_as_json_has_the_documented_shape(cli, company):
    document = json.loads(cli("show", "--json", repo=company).out)
    assert list(document) == ["schema", "stages", "artifacts", "annotated"]
    assert document["schema"] == 1
    assert document["stages"] == ["prod", "staging"]
    assert document["artifacts"][0] == {
        "artifact": "churn",
        "latest": "v1.1.0",
        "stages": {"prod": ["v1.1.0"], "staging": ["v1.1.0"]},
        "registered": True,
        "active": True,
        "type": "model",
        "path": "models/churn.pkl",
        "labels": ["finance"],
        "description": "",
        "custom": None,
    }
    assert document["annotated"] is True
    assert document["artifacts"][1]["artifact"] == "customers"
    assert document["artifacts"][1]["registered"] is False


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ([], ["churn\tv1.1.0\tv1.1.0\tv1.1.0", "*customers\t-\t-\t-", "models:embed\tv1.0.0\tv1.0.0\t-"]),
        (["--registered-only"], ["churn\tv1.1.0\tv1.1.0\tv1.1.0", "models:embed\tv1.0.0\tv1.0.0\t-"]),
        (["--ro"], ["churn\tv1.1.0\tv1.1.0\tv1.1.0", "models:embed\tv1.0.0\tv1.0.0\t-"]),
        (["--type", "model"], ["churn\tv1.1.0\tv1.1.0\tv1.1.0"]),
        (["--ro", "--pre"], ["churn\tv2.0.0-rc.1\tv1.1.0\tv1.1.0", "models:embed\tv1.0.0\tv1.0.0\t-"]),
        (
            ["--ro", "--deprecated"],
            ["churn\tv1.1.0\tv1.1.0\tv1.1.0", "models:embed\tv1.0.0\tv1.0.0\t-", "segment\tv0.1.0\t-\t-"],
        ),
        (["--ro", "-d", "--type", "model"], ["churn\tv1.1.0\tv1.1.0\tv1.1.0"]),
        (["--type", "model", "--versions-per-stage", "2"], ["churn\tv1.1.0\tv1.1.0, v1.0.0\tv1.1.0"]),
        (["--type", "model", "--vs", "-1"], ["churn\tv1.1.0\tv1.1.0, v1.0.0\tv1.1.0"]),
        (["--type", "model", "--assignments-per-version", "1"], ["churn\tv1.1.0\tv1.1.0"]),
        (["--type", "model", "--av", "1", "--vs", "-1"], ["churn\tv1.1.0\tv1.1.0, v1.0.0"]),
    ],
)
def test_options_choose_what_the_table_shows(cli, company, options, lines):
    assert cli("show", "--plain", *options, repo=company).out.splitlines() == lines


def test_a_stage_can_show_the_highest_version_instead_of_the_newest(cli, builder):
    first, second = builder.commit(), builder.commit()
    builder.tag("churn@v2.0.0", first)
    builder.tag("churn@v1.0.0", second)
    builder.tag("churn#prod#1", first)
    builder.tag("churn#prod#2", second)
    repo = builder.build()
    assert cli("show", "--plain", repo=repo).out == "churn\tv2.0.0\tv1.0.0\n"
    assert cli("show", "--plain", "--sort", "semver").out == "churn\tv2.0.0\tv2.0.0\n"
    assert cli("show", "churn#prod", "--version").out == "v1.0.0\n"
    assert cli("show", "churn#prod", "--version", "--sort", "semver").out == "v2.0.0\n"


def test_an_artifact_shows_its_versions_the_highest_first(cli, company):
    assert cli("show", "churn", "--plain", repo=company).out == (
        "churn\tv2.0.0-rc.1\t-\t2023-11-14T22:21:20Z\tchurn@v2.0.0-rc.1\n"
        "churn\tv1.1.0\tprod, staging\t2023-11-14T22:18:20Z\tchurn@v1.1.0\n"
        "churn\tv1.0.0\t-\t2023-11-14T22:16:20Z\tchurn@v1.0.0\n"
    )


def test_an_artifact_as_json_has_the_documented_shape(cli, company, builder):
    document = json.loads(cli("show", "churn", "--json", repo=company).out)
    assert list(document) == ["schema", "artifact", "versions"]
    assert document["artifact"] == "churn"
    assert document["versions"][1] == {
        "version": "v1.1.0",
        "stages": ["prod", "staging"],
        "timestamp": "2023-11-14T22:18:20Z",
        "commit": builder.commit_id(2),
        "ref": "churn@v1.1.0",
        "author": "Ada Lovelace",
        "author_email": "ada@example.com",
        "message": "A message",
        "active": True,
    }


@pytest.mark.parametrize(
    ("selector", "versions"),
    [
        ("churn@v1.0.0", ["v1.0.0"]),
        ("churn@1", ["v1.0.0"]),
        ("churn@1.1", ["v1.1.0"]),
        ("churn@latest", ["v1.1.0"]),
        ("churn@greatest", ["v1.1.0"]),
        ("churn#prod", ["v1.1.0"]),
        ("models:embed#prod", ["v1.0.0"]),
    ],
)
def test_a_selector_shows_what_it_names(cli, company, selector, versions):
    assert cli("show", selector, "--version", repo=company).out.split() == versions


def test_with_pre_the_latest_may_be_a_pre_release(cli, company):
    assert cli("show", "churn@latest", "--version", "--pre", repo=company).out == "v2.0.0-rc.1\n"


def test_a_stage_selector_shows_as_many_versions_as_asked_for(cli, company):
    assert cli("show", "churn#prod", "--version", "--vs", "-1", repo=company).out == "v1.1.0\nv1.0.0\n"


@pytest.mark.parametrize(
    ("column", "printed"),
    [
        ("--name", "churn\n"),
        ("--version", "v1.1.0\n"),
        ("--stage", "prod, staging\n"),
        ("--ref", "churn@v1.1.0\n"),
    ],
)
def test_an_option_prints_one_column(cli, company, column, printed):
    assert cli("show", "churn#prod", column, repo=company).out == printed


def test_the_commit_column_prints_full_ids(cli, company, builder):
    assert cli("show", "churn#prod", "--commit", repo=company).out == f"{builder.commit_id(2)}\n"


def test_the_names_of_all_artifacts_can_be_printed(cli, company):
    assert cli("show", "--name", "--registered-only", repo=company).out == "churn\nmodels:embed\n"


def test_a_column_the_table_does_not_have_is_a_usage_error(cli, company):
    shown = cli("show", "--ref", repo=company)
    assert (shown.code, shown.out) == (2, "")
    assert "no column 'ref'" in shown.err


def test_versions_taken_back_are_shown_on_request(cli, builder):
    commit = builder.commit()
    builder.tag("churn@v1.0.0", commit)
    builder.tag("churn@v1.1.0", builder.commit())
    builder.tag("churn@v1.0.0!", commit)
    repo = builder.build()
    assert cli("show", "churn", "--version", repo=repo).out == "v1.1.0\n"
    assert cli("show", "churn", "--version", "--deprecated").out == "v1.1.0\nv1.0.0\n"
    versions = json.loads(cli("show", "churn", "-d", "--json").out)["versions"]
    assert [(v["version"], v["active"]) for v in versions] == [("v1.1.0", True), ("v1.0.0", False)]


def test_a_version_taken_back_points_to_its_history(cli, builder):
    commit = builder.commit()
    builder.tag("churn@v1.0.0", commit)
    builder.tag("churn@v1.0.0!", commit)
    shown = cli("show", "churn@v1.0.0", repo=builder.build())
    assert (shown.code, shown.err) == (
        3,
        "error: 'churn@v1.0.0' matches nothing\nhint: git registry history churn@v1.0.0\n",
    )
    assert cli("history", "churn@v1.0.0", "--oneline").out.count("\n") == 2


def test_a_commit_assigned_without_a_version_is_shown_by_its_id(cli, builder):
    builder.tag("churn#dev#1", builder.commit())
    repo = builder.build()
    commit = builder.commit_id(1)
    assert cli("show", "churn", "--version", repo=repo).out == f"{commit}\n"
    assert commit[:7] in cli("show").out
    assert commit not in cli("show").out
    assert cli("show", "churn", "--registered-only").code == 3


def test_a_deprecated_artifact_that_is_shown_is_marked_in_json(cli, company):
    artifacts = json.loads(cli("show", "--deprecated", "--json", repo=company).out)["artifacts"]
    assert {row["artifact"]: row["active"] for row in artifacts if row["registered"]} == {
        "churn": True,
        "models:embed": True,
        "segment": False,
    }


def test_columns_come_in_the_order_the_configuration_gives_the_stages(cli, company):
    (company / ".gittag-registry.yaml").write_text("stages: [dev, staging, prod]\n")
    assert (
        cli("show", "--type", "model", repo=company).out.splitlines()[1]
        == "│ artifact   │ latest   │ #dev   │ #staging   │ #prod   │"
    )


def test_an_unknown_type_matches_nothing(cli, company):
    shown = cli("show", "--type", "notebook", repo=company)
    assert (shown.code, shown.out) == (3, "")
    assert shown.err == "error: no artifact has type 'notebook'\n"


def test_a_type_does_not_go_with_an_artifact(cli, company):
    assert cli("show", "churn", "--type", "model", repo=company).code == 2


def test_a_deprecated_artifact_is_hidden_and_the_error_says_so(cli, company):
    shown = cli("show", "segment", repo=company)
    assert shown.code == 3
    assert "deprecated" in shown.err
    assert cli("show", "segment", "--deprecated", "--version").out == "v0.1.0\n"


def test_an_annotated_artifact_without_tags_is_not_registered(cli, company):
    shown = cli("show", "customers", repo=company)
    assert shown.code == 3
    assert "'customers' is not registered" in shown.err


@pytest.mark.parametrize(
    ("selector", "hint"),
    [
        ("chrun", "did you mean 'churn'?"),
        ("churn#pord", "did you mean 'prod'?"),
        ("churn@v1.1.1", "did you mean 'v1.1.0'?"),
    ],
)
def test_what_is_unknown_gets_a_suggestion(cli, company, selector, hint):
    shown = cli("show", selector, repo=company)
    assert (shown.code, shown.out) == (3, "")
    assert f"hint: {hint}\n" in shown.err


def test_the_artifacts_of_dvc_yaml_are_annotations_too(cli, builder):
    builder.commit({"dvc.yaml": "artifacts:\n  nlp:\n    type: model\n    path: nlp.pkl\n    desc: words\n"})
    repo = builder.build()
    assert cli("show", "--plain", repo=repo).out == "*nlp\t-\n"
