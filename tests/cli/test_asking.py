"""The smaller reading commands: `check-ref`, `parse-tag`, `stages`, `diff`."""

from __future__ import annotations

import json

import pytest

from tests.testing.builder import git


@pytest.mark.parametrize("ref", ["churn#prod#3", "refs/tags/churn#prod#3"])
def test_check_ref_says_in_words_what_a_tag_says(cli, company, ref):
    asked = cli("check-ref", ref, repo=company)
    assert asked.out == "stage 'prod' was assigned to version 'v1.1.0' of artifact 'churn'\n"


@pytest.mark.parametrize(
    ("ref", "sentence"),
    [
        ("churn@v1.0.0", "version 'v1.0.0' of artifact 'churn' was registered"),
        ("models=embed@v1.0.0", "version 'v1.0.0' of artifact 'models:embed' was registered"),
        ("segment@deprecated", "artifact 'segment' was deprecated"),
    ],
)
def test_check_ref_knows_every_kind(cli, company, ref, sentence):
    assert cli("check-ref", ref, repo=company).out == f"{sentence}\n"


@pytest.mark.parametrize(
    ("column", "printed"),
    [("--name", "churn"), ("--version", "v1.1.0"), ("--event", "assignment"), ("--stage", "prod")],
)
def test_check_ref_prints_one_column(cli, company, column, printed):
    assert cli("check-ref", "churn#prod#3", column, repo=company).out == f"{printed}\n"


def test_check_ref_prints_the_commit(cli, company, builder):
    assert cli("check-ref", "churn#prod#3", "--commit", repo=company).out == f"{builder.commit_id(2)}\n"


def test_check_ref_of_a_registration_has_no_stage_to_print(cli, company):
    asked = cli("check-ref", "churn@v1.0.0", "--stage", repo=company)
    assert (asked.code, asked.out) == (0, "")


def test_check_ref_as_json_has_the_trailers(cli, company, builder):
    document = json.loads(cli("check-ref", "churn#prod#1", "--json", repo=company).out)
    assert document == {
        "schema": 1,
        "event": {
            "timestamp": "2023-11-14T22:17:20Z",
            "artifact": "churn",
            "event": "assignment",
            "version": "v1.0.0",
            "stage": "prod",
            "commit": builder.commit_id(1),
            "ref": "churn#prod#1",
            "author": "Ada Lovelace",
            "author_email": "ada@example.com",
            "message": "A message",
            "trailers": {"Registry-Version": ["v1.0.0"]},
        },
    }


def test_check_ref_of_an_unknown_tag_suggests_one(cli, company):
    asked = cli("check-ref", "churn@v1.0.1", repo=company)
    assert (asked.code, asked.out) == (3, "")
    assert asked.err == "error: there is no tag 'churn@v1.0.1'\nhint: did you mean 'churn@v1.0.0'?\n"


@pytest.mark.parametrize(
    "ref",
    ["v1.0.0", "churn@1.0.0", "churn#prod#007", "churn@v1.0.0\n", "refs/heads/main", "refs/heads/churn@v1.0.0", ""],
)
def test_check_ref_of_something_else_says_it_is_no_registry_tag(cli, company, ref):
    asked = cli("check-ref", ref, repo=company)
    assert (asked.code, asked.out) == (7, "")
    assert "is not a registry tag" in asked.err
    assert "hint: git registry help tag-format\n" in asked.err


@pytest.mark.parametrize(
    ("ref", "code", "kind"),
    [
        ("v1.0.0", 7, "NotARegistryTag"),
        ("churn@1.0.0", 7, "NotARegistryTag"),
        ("refs/heads/churn@v1.0.0", 7, "NotARegistryTag"),
        ("churn@v7.0.0", 3, "NotFound"),
        ("nobody#prod#1", 3, "NotFound"),
        ("churn#prod#9", 1, "UnreadableTag"),
    ],
)
def test_check_ref_tells_a_pipeline_what_to_skip(cli, company, ref, code, kind):
    git("tag", "churn#prod#9", repo=company)
    asked = cli("check-ref", ref, "--json", repo=company)
    assert (asked.code, asked.out) == (code, "")
    error = json.loads(asked.err)["error"]
    assert (error["kind"], error["exit_code"]) == (kind, code)


def test_check_ref_in_a_clone_without_tags_says_how_to_get_them(cli, company, tmp_path):
    git("clone", "-q", "--no-tags", company.as_uri(), str(tmp_path / "clone"), repo=tmp_path)
    asked = cli("check-ref", "churn@v1.0.0", repo=tmp_path / "clone")
    assert (asked.code, asked.err) == (
        3,
        "warning: this clone fetches no tags, so tags of the remote may be missing here; git registry fetch gets them\n"
        "error: there is no tag 'churn@v1.0.0'\nhint: git registry fetch gets the tags of the remote\n",
    )


@pytest.mark.parametrize(
    ("tag", "parts"),
    [
        ("churn@v1.2.0", ["churn", "registration", "v1.2.0", None, None]),
        ("churn@v1.2.0!#4", ["churn", "deregistration", "v1.2.0", None, 4]),
        ("churn#prod#3", ["churn", "assignment", None, "prod", 3]),
        ("churn#prod!", ["churn", "unassignment", None, "prod", None]),
        ("models=churn#prod/eu#1", ["models:churn", "assignment", None, "prod/eu", 1]),
        ("refs/tags/churn@deprecated", ["churn", "deprecation", None, None, None]),
    ],
)
def test_parse_tag_takes_a_name_apart(cli, tmp_path, tag, parts):
    document = json.loads(cli("parse-tag", tag, "--json", repo=tmp_path).out)
    assert document == dict(
        zip(["schema", "artifact", "event", "version", "stage", "counter"], [1, *parts], strict=True)
    )


@pytest.mark.parametrize(
    ("column", "printed"),
    [("--name", "models:churn"), ("--event", "assignment"), ("--stage", "prod")],
)
def test_parse_tag_prints_one_column(cli, tmp_path, column, printed):
    assert cli("parse-tag", "models=churn#prod#3", column, repo=tmp_path).out == f"{printed}\n"


def test_parse_tag_of_something_else_is_a_usage_error(cli, tmp_path):
    asked = cli("parse-tag", "v1.0.0", repo=tmp_path)
    assert (asked.code, asked.out) == (2, "")
    assert asked.err == "error: 'v1.0.0' is not a registry tag\nhint: git registry help tag-format\n"


def test_stages_lists_those_ever_assigned(cli, company):
    assert cli("stages", repo=company).out == "prod\nstaging\n"


def test_stages_lists_those_allowed_if_there_are_any(cli, company):
    (company / ".gittag-registry.yaml").write_text("stages: [dev, prod]\n")
    assert cli("stages", repo=company).out == "dev\nprod\n"
    assert cli("stages", "--allowed").out == "dev\nprod\n"
    assert cli("stages", "--used").out == "prod\nstaging\n"


def test_stages_as_json(cli, company):
    assert json.loads(cli("stages", "--json", repo=company).out) == {"schema": 1, "stages": ["prod", "staging"]}


def test_stages_says_when_there_are_none(cli, builder, company):
    asked = cli("stages", "--allowed", repo=company)
    assert (asked.code, asked.out, asked.err) == (0, "", "no stages: the configuration names none\n")


def test_stages_as_csv_has_a_heading_even_when_there_are_none(cli, builder):
    builder.commit()
    assert cli("stages", "--format", "csv", repo=builder.build()).out == "stage\n"


def test_stages_takes_one_of_its_options(cli, company):
    assert cli("stages", "--allowed", "--used", repo=company).code == 2


def test_diff_lists_commits_and_the_files_under_the_artifacts_path(cli, company, builder):
    asked = cli("diff", "churn@v1.0.0", "churn@2.0.0-rc.1", "--plain", repo=company)
    assert asked.out == (
        f"commit\t{builder.commit_id(3)[:7]}\ttry another loss\n"
        f"commit\t{builder.commit_id(2)[:7]}\tretrain\n"
        "file\tM\tmodels/churn.pkl\n"
    )


def test_diff_as_json_has_the_documented_shape(cli, company, builder):
    document = json.loads(cli("diff", "churn@v1.0.0", "churn#prod", "--json", repo=company).out)
    assert document == {
        "schema": 1,
        "artifact": "churn",
        "from": {"version": "v1.0.0", "commit": builder.commit_id(1)},
        "to": {"version": "v1.1.0", "commit": builder.commit_id(2)},
        "path": "models/churn.pkl",
        "commits": [
            {
                "commit": builder.commit_id(2),
                "timestamp": "2023-11-14T22:14:20Z",
                "author": "Ada Lovelace",
                "subject": "retrain",
            }
        ],
        "files": [{"status": "M", "path": "models/churn.pkl"}],
        "annotations": [],
    }


def test_diff_of_an_artifact_without_a_path_lists_all_files(cli, builder):
    builder.tag("churn@v1.0.0", builder.commit({"a": "1"}))
    builder.tag("churn@v1.1.0", builder.commit({"a": "2", "b": "1"}))
    asked = cli("diff", "churn@1", "churn", "--plain", repo=builder.build())
    assert asked.out.splitlines()[1:] == ["file\tM\ta", "file\tA\tb"]


def test_diff_tells_what_changed_in_the_annotation(cli, builder):
    builder.tag("churn@v1.0.0", builder.commit({"artifacts.yaml": "churn:\n  type: model\n  path: a\n"}))
    builder.tag("churn@v1.1.0", builder.commit({"artifacts.yaml": "churn:\n  type: model\n  path: b\n  labels: [x]\n"}))
    document = json.loads(cli("diff", "churn@1.0", "churn@1.1", "--json", repo=builder.build()).out)
    assert document["annotations"] == [
        {"key": "labels", "from": None, "to": ["x"]},
        {"key": "path", "from": "a", "to": "b"},
    ]


def test_diff_of_a_version_with_itself_says_so(cli, company, builder):
    asked = cli("diff", "churn@v1.1.0", "churn#prod", repo=company)
    assert (asked.code, asked.out) == (0, "")
    assert asked.err == f"both are commit {builder.commit_id(2)[:7]}\n"


def test_diff_compares_versions_of_one_artifact(cli, company):
    asked = cli("diff", "churn", "models:embed", repo=company)
    assert (asked.code, asked.out) == (2, "")
    assert "'churn' and 'models:embed' are two artifacts" in asked.err


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("churn@v1.0.1", "error: artifact 'churn' has no version 'v1.0.1'\nhint: did you mean 'v1.0.0'?\n"),
        ("churn#pord", "error: artifact 'churn' has no version in stage 'pord'\nhint: did you mean 'prod'?\n"),
    ],
)
def test_diff_needs_versions_that_exist(cli, company, selector, message):
    asked = cli("diff", "churn", selector, repo=company)
    assert (asked.code, asked.out, asked.err) == (3, "", message)
