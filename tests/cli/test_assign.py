"""`git registry assign`, also as `promote`."""

from __future__ import annotations

import pytest

from tests.testing.builder import git, tag_names


@pytest.mark.parametrize("verb", ["assign", "promote"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["staging", "--version", "v1.1.0"],
        ["staging", "--version", "1.1"],
        ["staging", "HEAD~1"],
        ["HEAD~1", "--stage", "staging"],
        ["--stage", "staging", "--version", "v1.1.0"],
        ["--stage", "staging", "HEAD~1", "--version", "v1.1.0"],
    ],
)
def test_a_version_or_its_commit_is_put_in_a_stage(cli, example, verb, arguments):
    done = cli(verb, "churn", *arguments, repo=example)
    assert (
        done.out
        == "created tag 'churn#staging#2': stage 'staging' was assigned to version 'v1.1.0' of artifact 'churn'\n"
    )
    assert done.err == ""
    assert cli("which", "churn", "staging").out == "v1.1.0\n"


def test_the_tag_names_the_version_it_means(cli, example):
    cli("assign", "churn", "prod", "--version", "v1.1.0", repo=example)
    message = git("cat-file", "-p", "refs/tags/churn#prod#2", repo=example).split("\n\n", 1)[1]
    assert message.startswith("Assigning stage prod to artifact churn version v1.1.0\n\nRegistry-Version: v1.1.0\n")


@pytest.mark.parametrize("arguments", [["churn", "staging"], ["churn", "--stage", "staging"]])
def test_a_commit_without_a_version_is_registered_first(cli, example, arguments):
    git("remote", "add", "origin", "elsewhere", repo=example)
    done = cli("assign", *arguments, "-m", "Looks good", repo=example)
    assert done.out == (
        "created tag 'churn@v1.1.1': version 'v1.1.1' of artifact 'churn' was registered\n"
        "created tag 'churn#staging#2': stage 'staging' was assigned to version 'v1.1.1' of artifact 'churn'\n"
    )
    assert done.err == "to publish: git registry push churn\n"
    subjects = git(
        "for-each-ref",
        "--format=%(subject) %(taggername)",
        "refs/tags/churn@v1.1.1",
        "refs/tags/churn#staging#2",
        repo=example,
    )
    assert subjects == "Looks good Grace Hopper\n" * 2


def test_with_a_version_the_commit_is_registered_as_that(cli, example):
    done = cli("assign", "churn", "staging", "HEAD", "--version", "v3", repo=example)
    assert "created tag 'churn@v3.0.0'" in done.out
    assert cli("which", "churn", "staging").out == "v3.0.0\n"


def test_without_registration_the_commit_itself_is_assigned(cli, example):
    commit = git("rev-parse", "HEAD", repo=example).strip()
    done = cli("assign", "churn", "dev", "--skip-registration", repo=example)
    assert (
        done.out
        == f"created tag 'churn#dev#2': stage 'dev' was assigned to version '{commit[:7]}' of artifact 'churn'\n"
    )
    assert cli("which", "churn", "dev").out == f"{commit}\n"
    assert cli("which", "churn", "dev", "--ref").out == ""


def test_a_registration_later_names_the_commit_that_was_assigned(cli, example):
    cli("assign", "churn", "dev", "--sr", repo=example)
    cli("register", "churn")
    assert cli("which", "churn", "dev").out == "v1.1.1\n"


def test_assigning_again_is_done_already(cli, example):
    before = tag_names(example)
    done = cli("assign", "churn", "prod", "--version", "v1.0.0", repo=example)
    assert (done.code, done.out, done.err) == (0, "", "churn#prod is already v1.0.0\n")
    assert tag_names(example) == before


def test_force_assigns_again(cli, example):
    assert (
        "created tag 'churn#prod#2'"
        in cli("assign", "churn", "prod", "--version", "v1.0.0", "--force", repo=example).out
    )


def test_assigning_an_older_version_again_makes_it_the_newest(cli, example):
    cli("assign", "churn", "prod", "--version", "v1.1.0", repo=example)
    cli("assign", "churn", "prod", "--version", "v1.0.0")
    assert cli("which", "churn", "prod").out == "v1.0.0\n"


def test_a_burst_of_assignments_keeps_its_order_by_the_second(cli, example, monkeypatch):
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2024-01-01T00:00:00Z")
    for version in ("v1.1.0", "v1.0.0", "v1.1.0"):
        cli("assign", "churn", "prod", "--version", version, repo=example)
    dates = git("for-each-ref", "--format=%(taggerdate:unix)", "--sort=refname", "refs/tags/churn#prod#*", repo=example)
    assert [int(date) - 1_704_067_200 for date in dates.split()][1:] == [0, 1, 2]


def test_of_several_versions_on_a_commit_the_highest_is_meant(cli, builder):
    commit = builder.commit()
    builder.tag("churn@v1.0.0", commit)
    builder.tag("churn@v1.1.0", commit)
    done = cli("assign", "churn", "prod", repo=builder.build())
    assert "version 'v1.1.0'" in done.out
    assert "(v1.1.0, v1.0.0); the highest is taken\n" in done.err


def test_either_version_on_a_commit_can_be_assigned(cli, builder):
    commit = builder.commit()
    builder.tag("churn@v1.0.0", commit)
    builder.tag("churn@v1.1.0", commit)
    repo = builder.build()
    cli("assign", "churn", "prod", "--version", "v1.0.0", repo=repo)
    cli("assign", "churn", "dev", "--version", "v1.1.0")
    assert cli("which", "churn", "prod").out == "v1.0.0\n"
    assert cli("which", "churn", "dev").out == "v1.1.0\n"


def test_a_commit_that_has_another_version_is_a_conflict(cli, example):
    before = tag_names(example)
    refused = cli("assign", "churn", "prod", "HEAD~1", "--version", "v5.0.0", repo=example)
    assert (refused.code, refused.out) == (5, "")
    assert "is already version 'v1.1.0' of 'churn'" in refused.err
    assert tag_names(example) == before


def test_an_unknown_version_is_not_found(cli, example):
    before = tag_names(example)
    refused = cli("assign", "churn", "prod", "--version", "v1.1.1", repo=example)
    assert (refused.code, refused.out) == (3, "")
    assert refused.err == "error: artifact 'churn' has no version 'v1.1.1'\nhint: did you mean 'v1.1.0'?\n"
    assert tag_names(example) == before


def test_a_version_taken_back_cannot_be_assigned(cli, example):
    cli("deregister", "churn", "v1.0.0", repo=example)
    refused = cli("assign", "churn", "prod", "--version", "v1.0.0")
    assert (refused.code, refused.out) == (3, "")
    assert "version 'v1.0.0' of 'churn' was deregistered" in refused.err
    assert "hint: git registry history churn@v1.0.0\n" in refused.err


def test_a_stage_the_configuration_does_not_allow_is_refused(cli, example):
    before = tag_names(example)
    (example / ".gittag-registry.yaml").write_text("stages: [dev, prod]\n")
    refused = cli("assign", "churn", "prd", repo=example)
    assert (refused.code, refused.out) == (6, "")
    assert refused.err == "error: stage 'prd' is not allowed\nhint: did you mean 'prod'?\n"
    assert "hint: the configuration allows dev, prod\n" in cli("assign", "churn", "x").err
    assert tag_names(example) == before


def test_a_gto_file_allows_stages_too(cli, example):
    (example / ".gto").write_text("stages: [dev]\ntypes: [model]\n")
    assert cli("assign", "churn", "prod", "--version", "v1.1.0", repo=example).code == 6
    assert cli("assign", "churn", "dev", "--version", "v1.1.0").code == 0


def test_a_dry_run_writes_neither_tag(cli, example):
    before = tag_names(example)
    done = cli("assign", "churn", "staging", "--dry-run", repo=example)
    assert done.out.splitlines() == [
        "would create tag 'churn@v1.1.1': version 'v1.1.1' of artifact 'churn' was registered",
        "would create tag 'churn#staging#2': stage 'staging' was assigned to version 'v1.1.1' of artifact 'churn'",
    ]
    assert tag_names(example) == before


@pytest.mark.parametrize("arguments", [[], ["prod", "HEAD", "extra"], ["HEAD", "extra", "--stage", "prod"]])
def test_too_few_or_too_many_arguments_are_usage_errors(cli, example, arguments):
    refused = cli("assign", "churn", *arguments, repo=example)
    assert (refused.code, refused.out) == (2, "")


def test_assigning_brings_a_deprecated_artifact_back(cli, company):
    cli("assign", "segment", "prod", "--version", "v0.1.0", repo=company)
    assert cli("latest", "segment").out == "v0.1.0\n"


@pytest.mark.parametrize(
    ("simple", "tags"),
    [
        ("false", ["churn#qa#2", "churn@v1.1.1"]),
        ("auto", ["churn#qa#2", "churn@v1.1.1"]),
        ("true", ["churn#qa", "churn@v1.1.1"]),
    ],
)
def test_simple_is_about_the_stage_tag(cli, example, simple, tags):
    """The version that is registered with it has a plain name, as in GTO."""
    before = tag_names(example)
    assert cli("assign", "churn", "qa", "--simple", simple, repo=example).code == 0
    assert sorted(set(tag_names(example)) - set(before)) == tags
