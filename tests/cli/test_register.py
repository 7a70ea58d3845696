"""`git registry register`."""

from __future__ import annotations

import json

import pytest

from tests.testing.builder import git, tag_names


@pytest.fixture
def commits(builder):
    """Three commits and no tag."""
    for _ in range(3):
        builder.commit()
    return builder.build()


def test_the_first_version_is_v0_0_1(cli, commits):
    done = cli("register", "churn", repo=commits)
    assert (done.code, done.out) == (
        0,
        "created tag 'churn@v0.0.1': version 'v0.0.1' of artifact 'churn' was registered\n",
    )
    assert done.err == ""
    assert tag_names(commits) == ["churn@v0.0.1"]


@pytest.mark.parametrize(
    ("remotes", "note"),
    [
        (["origin"], "to publish: git registry push churn\n"),
        (["backup", "origin"], "to publish: git registry push churn\n"),
        (["hub"], "to publish: git registry push churn\n"),
        (["hub", "backup"], ""),
        ([], ""),
    ],
)
def test_how_to_publish_is_told_where_there_is_a_remote(cli, commits, remotes, note):
    for remote in remotes:
        git("remote", "add", remote, "elsewhere", repo=commits)
    assert cli("register", "churn", repo=commits).err == note


def test_a_commit_whose_version_was_taken_back_needs_force_for_another(cli, example):
    cli("deregister", "churn", "v1.1.0", repo=example)
    before = tag_names(example)
    refused = cli("register", "churn", "HEAD~1")
    assert (refused.code, refused.out) == (5, "")
    assert "was version 'v1.1.0' of 'churn', which was deregistered" in refused.err
    assert "git registry register churn@v1.1.0 " in refused.err.partition("\nhint: ")[2]
    assert tag_names(example) == before
    assert "'churn@v1.1.1'" in cli("register", "churn", "HEAD~1", "--force").out


def test_the_tag_is_annotated_by_the_user_and_carries_gtos_sentence(cli, commits, monkeypatch):
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2024-02-29T12:00:00+0200")
    cli("register", "churn", "HEAD~1", "--version", "v1.2.0", repo=commits)
    tag = git("cat-file", "-p", "refs/tags/churn@v1.2.0", repo=commits)
    head, message = tag.split("\n\n", 1)
    assert head.splitlines() == [
        f"object {git('rev-parse', 'HEAD~1', repo=commits).strip()}",
        "type commit",
        "tag churn@v1.2.0",
        "tagger Grace Hopper <grace@example.com> 1709200800 +0200",
    ]
    lines = message.splitlines()
    assert lines[:2] == ["Registering artifact churn version v1.2.0", ""]
    assert lines[2].startswith("Registry-Op: ")
    assert len(lines) == 3


def test_git_finds_nothing_wrong_with_what_is_written(cli, commits):
    cli("register", "churn", repo=commits)
    cli("assign", "churn", "prod")
    cli("unassign", "churn", "prod")
    cli("deregister", "churn", "v0.0.1")
    cli("deprecate", "churn")
    assert len(tag_names(commits)) == 5
    assert git("fsck", "--strict", "--no-dangling", repo=commits) == ""


@pytest.mark.parametrize("option", ["--version", "--ver"])
@pytest.mark.parametrize(
    ("typed", "version"),
    [
        ("v1.2.0", "v1.2.0"),
        ("1.2.0", "v1.2.0"),
        ("1.2", "v1.2.0"),
        ("3", "v3.0.0"),
        ("v3", "v3.0.0"),
        ("2.0-rc.1", "v2.0.0-rc.1"),
        ("1.0.0+cu12", "v1.0.0+cu12"),
    ],
)
def test_a_version_may_be_abbreviated_and_is_written_in_full(cli, commits, option, typed, version):
    cli("register", "churn", option, typed, repo=commits)
    assert tag_names(commits) == [f"churn@{version}"]


@pytest.mark.parametrize(
    ("options", "version"),
    [
        ([], "v1.2.4"),
        (["--bump", "patch"], "v1.2.4"),
        (["--bump", "minor"], "v1.3.0"),
        (["--bump", "major"], "v2.0.0"),
        (["--bump-patch"], "v1.2.4"),
        (["--bump-minor"], "v1.3.0"),
        (["--bump-major"], "v2.0.0"),
        (["--bump", "prerelease"], "v1.2.4-rc.1"),
        (["--bump", "prerelease", "--pre-id", "beta"], "v1.2.4-beta.1"),
    ],
)
def test_a_bump_raises_the_highest_version(cli, builder, options, version):
    builder.tag("churn@v1.2.3", builder.commit())
    builder.tag("churn@v0.9.0", builder.commit())
    builder.commit()
    done = cli("register", "churn", *options, "--dry-run", repo=builder.build())
    assert done.out.startswith(f"would create tag 'churn@{version}': ")


def test_a_bump_counts_from_versions_taken_back_too(cli, builder):
    commit = builder.commit()
    builder.tag("churn@v1.2.3", commit)
    builder.tag("churn@v1.2.3!", commit)
    builder.commit()
    assert "'churn@v1.2.4'" in cli("register", "churn", "--dry-run", repo=builder.build()).out


def test_a_bump_of_a_pre_release_is_its_release(cli, builder):
    builder.tag("churn@v1.3.0-rc.1", builder.commit())
    builder.commit()
    assert "'churn@v1.3.0'" in cli("register", "churn", "--dry-run", repo=builder.build()).out


def test_the_configuration_says_what_is_bumped(cli, builder):
    builder.tag("churn@v1.2.3", builder.commit())
    builder.commit()
    repo = builder.build()
    (repo / ".gittag-registry.yaml").write_text("bump: prerelease\npre_id: beta\n")
    assert "'churn@v1.2.4-beta.1'" in cli("register", "churn", "--dry-run", repo=repo).out
    assert "'churn@v1.3.0'" in cli("register", "churn", "--dry-run", "--bump-minor").out


def test_any_revision_can_be_registered(cli, commits):
    cli("register", "churn", "HEAD~2", repo=commits)
    assert git("rev-parse", "churn@v0.0.1^{commit}", repo=commits) == git("rev-parse", "HEAD~2", repo=commits)


def test_an_artifact_may_have_a_directory(cli, commits):
    assert cli("register", "models:churn", repo=commits).code == 0
    assert tag_names(commits) == ["models=churn@v0.0.1"]


def test_registering_a_commit_again_is_done_already(cli, example):
    before = tag_names(example)
    done = cli("register", "churn", "HEAD~1", repo=example)
    commit = git("rev-parse", "HEAD~1", repo=example)[:7]
    assert (done.code, done.out) == (0, "")
    assert done.err == f"churn@v1.1.0 is already registered on {commit}\n"
    assert cli("register", "churn", "HEAD~1", "--version", "1.1").code == 0
    assert tag_names(example) == before


@pytest.mark.parametrize("options", [["--version", "v2.0.0"], ["--bump", "minor"]])
def test_a_second_version_on_a_commit_needs_force(cli, example, options):
    before = tag_names(example)
    refused = cli("register", "churn", "HEAD~1", *options, repo=example)
    assert (refused.code, refused.out) == (5, "")
    assert "is already version 'v1.1.0' of 'churn'" in refused.err
    assert "GTO stops on registries" in refused.err
    assert tag_names(example) == before
    assert cli("register", "churn", "HEAD~1", *options, "--force").code == 0
    assert len(tag_names(example)) == len(before) + 1


def test_a_version_that_is_registered_elsewhere_is_a_conflict(cli, example):
    before = tag_names(example)
    refused = cli("register", "churn", "--version", "v1.0.0", repo=example)
    assert refused.code == 5
    assert "version 'v1.0.0' of 'churn' is registered on another commit" in refused.err
    assert tag_names(example) == before


def test_a_version_taken_back_can_be_registered_again_with_a_counter(cli, example):
    cli("deregister", "churn", "v1.1.0", repo=example)
    done = cli("register", "churn", "--version", "v1.1.0")
    assert done.out.startswith("created tag 'churn@v1.1.0#2'")
    assert cli("latest", "churn", "--ref").out == "churn@v1.1.0#2\n"


@pytest.mark.parametrize(
    ("simple", "tags"),
    [
        ("auto", ["churn#prod#1", "churn@v0.0.1"]),
        ("true", ["churn#prod", "churn@v0.0.1"]),
        ("false", ["churn#prod#2", "churn@v0.0.1#1"]),
    ],
)
def test_simple_says_which_tags_get_a_counter(cli, commits, simple, tags):
    cli("register", "churn", "--simple", simple, repo=commits)
    cli("assign", "churn", "prod", "--simple", simple)
    assert tag_names(commits) == tags


def test_a_simple_tag_that_exists_is_a_conflict(cli, commits):
    cli("register", "churn", repo=commits)
    cli("register", "churn", "HEAD~1")
    cli("assign", "churn", "prod", "--version", "v0.0.1", "--simple", "true")
    refused = cli("assign", "churn", "prod", "--version", "v0.0.2", "--simple", "true")
    assert (refused.code, refused.out) == (5, "")
    assert "tag 'churn#prod' exists" in refused.err
    assert len(tag_names(commits)) == 3


def test_a_dry_run_tells_what_would_be_done_and_does_not(cli, commits):
    done = cli("register", "churn", "-n", repo=commits)
    assert (done.code, done.err) == (0, "")
    assert done.out == "would create tag 'churn@v0.0.1': version 'v0.0.1' of artifact 'churn' was registered\n"
    assert tag_names(commits) == []


def test_what_was_written_as_json(cli, commits, monkeypatch):
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2024-02-29T12:00:00Z")
    document = json.loads(cli("register", "churn", "-m", "Best so far", "--json", repo=commits).out)
    assert document == {
        "schema": 1,
        "dry_run": False,
        "events": [
            {
                "timestamp": "2024-02-29T12:00:00Z",
                "artifact": "churn",
                "event": "registration",
                "version": "v0.0.1",
                "stage": None,
                "commit": git("rev-parse", "HEAD", repo=commits).strip(),
                "ref": "churn@v0.0.1",
                "author": "Grace Hopper",
                "author_email": "grace@example.com",
                "message": "Best so far",
            }
        ],
        "deleted": [],
        "notes": [],
        "pushed_to": None,
    }


def test_json_of_nothing_done_has_no_events_and_the_reason(cli, example):
    document = json.loads(cli("register", "churn", "HEAD~1", "--json", repo=example).out)
    assert document["events"] == []
    assert document["notes"][0].startswith("churn@v1.1.0 is already registered on ")


def test_plain_output_of_a_write_is_the_tags(cli, commits):
    assert cli("register", "churn", "--plain", repo=commits).out == "churn@v0.0.1\n"


@pytest.mark.parametrize(
    "options",
    [
        ["--version", "1.0", "--bump", "minor"],
        ["--version", "1.0", "--bump-major"],
        ["--pre-id", "beta"],
        ["--pre-id", "beta", "--bump", "minor"],
        ["--bump", "prerelease", "--pre-id", "b_c"],
        ["--bump", "epoch"],
        ["--version", "first"],
        ["--version", "1.2.3.4"],
        ["--version", "v01.0.0"],
        ["--simple", "maybe"],
    ],
)
def test_options_that_make_no_sense_are_usage_errors(cli, commits, options):
    refused = cli("register", "churn", *options, repo=commits)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("error: ")
    assert tag_names(commits) == []


def test_a_new_tag_is_never_dated_before_the_newest(cli, builder, monkeypatch):
    builder.tag("churn@v1.0.0", builder.commit(), at=1_700_000_000)
    builder.commit()
    repo = builder.build()
    monkeypatch.setenv("GIT_COMMITTER_DATE", "@1699999000 +0000")  # a slow clock
    cli("register", "churn", repo=repo)
    assert git("for-each-ref", "--format=%(taggerdate:unix)", "refs/tags/churn@v1.0.1", repo=repo) == "1700000000\n"


def test_a_newest_tag_far_in_the_future_stops_writing(cli, builder):
    builder.tag("churn@v1.0.0", builder.commit(), at=4_102_444_800)  # 2100
    builder.commit()
    repo = builder.build()
    refused = cli("register", "churn", repo=repo)
    assert (refused.code, refused.out) == (5, "")
    assert "'churn@v1.0.0', is dated 2100-01-01T00:00:00Z" in refused.err
    assert "hint: correct the clock" in refused.err
    assert tag_names(repo) == ["churn@v1.0.0"]


def test_force_without_a_version_repeats_that_of_the_commit(cli, example):
    """A second version on the commit would stop GTO."""
    done = cli("register", "churn", "HEAD~1", "--force", repo=example)
    assert done.out == "created tag 'churn@v1.1.0#2': version 'v1.1.0' of artifact 'churn' was registered\n"
    assert cli("latest", "churn", "--all").out == "v1.1.0\nv1.0.0\n"
    assert "'churn@v1.2.0'" in cli("register", "churn", "HEAD~1", "--bump", "minor", "--force").out


@pytest.mark.parametrize(
    "options",
    [["--bump-major", "--bump-minor"], ["--bump", "major", "--bump-patch"], ["--bump", "major", "--bump", "minor"]],
)
def test_two_parts_to_bump_are_a_contradiction(cli, example, options):
    before = tag_names(example)
    refused = cli("register", "churn", *options, repo=example)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("error: one part to bump, not major and ")
    assert tag_names(example) == before


def test_one_part_to_bump_may_be_named_twice(cli, example):
    assert "'churn@v1.2.0'" in cli("register", "churn", "--bump", "minor", "--bump-minor", repo=example).out


@pytest.mark.parametrize(
    "line",
    [
        "register churn@v3 --bump minor",
        "register churn --version v3 --bump-minor",
        "register churn@v3 --version v4",
        "assign churn prod HEAD --version v3 --sr",
        "assign churn@v3 prod HEAD --skip-registration",
        "assign churn@latest prod HEAD",
        "unassign churn@v1 prod --all",
        "unassign churn@v1 prod --rev HEAD",
        "rollback churn@v1 prod --at 2w",
        "rollback churn@v1 prod --to v1",
        "assign churn prod --no-push --remote origin",
        "deregister churn@v1 --delete --force",
    ],
)
def test_options_that_contradict_each_other_are_refused(cli, example, line):
    before = tag_names(example)
    refused = cli(*line.split(), repo=example)
    assert (refused.code, refused.out) == (2, ""), refused.err
    assert tag_names(example) == before
