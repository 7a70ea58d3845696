"""What the commands that write take for an artifact, a version, a stage and a revision."""

from __future__ import annotations

import pytest

from gittag_registry import api
from gittag_registry.errors import UsageError
from tests.testing.builder import git, tag_names


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("assign churn@v1.1.0 prod", "'prod' was assigned to version 'v1.1.0'"),
        ("assign churn@1.1 prod", "'prod' was assigned to version 'v1.1.0'"),
        ("assign churn@latest prod", "'prod' was assigned to version 'v1.1.0'"),
        ("assign churn@greatest --stage prod", "'prod' was assigned to version 'v1.1.0'"),
        ("assign churn prod --version latest", "'prod' was assigned to version 'v1.1.0'"),
        ("assign churn#prod dev", "'dev' was assigned to version 'v1.0.0'"),
        ("assign churn#prod --stage dev", "'dev' was assigned to version 'v1.0.0'"),
        ("assign churn#dev", "'dev' was assigned to version 'v1.1.1'"),
        ("assign churn@v3 prod HEAD", "'prod' was assigned to version 'v3.0.0'"),
        ("unassign churn#prod", "'prod' was unassigned from version 'v1.0.0'"),
        ("unassign churn@v1 prod", "'prod' was unassigned from version 'v1.0.0'"),
        ("unassign churn prod --rev HEAD~2", "'prod' was unassigned from version 'v1.0.0'"),
        ("unassign churn prod --ref HEAD~2", "'prod' was unassigned from version 'v1.0.0'"),
        ("deregister churn@v1", "version 'v1.0.0' of artifact 'churn' was deregistered"),
        ("deregister churn@latest", "version 'v1.1.0' of artifact 'churn' was deregistered"),
        ("deregister churn v1", "version 'v1.0.0' of artifact 'churn' was deregistered"),
        ("deprecate churn@v1", "version 'v1.0.0' of artifact 'churn' was deregistered"),
        ("deprecate churn v1", "version 'v1.0.0' of artifact 'churn' was deregistered"),
        ("deprecate churn@v1 prod", "'prod' was unassigned from version 'v1.0.0'"),
        ("deprecate churn v1 prod", "'prod' was unassigned from version 'v1.0.0'"),
        ("deprecate churn#prod", "'prod' was unassigned from version 'v1.0.0'"),
        ("deprecate churn --rev HEAD~1", "artifact 'churn' was deprecated"),
        ("register churn@v2", "version 'v2.0.0' of artifact 'churn' was registered"),
        ("register churn@v2 HEAD --force", "version 'v2.0.0' of artifact 'churn' was registered"),
    ],
)
def test_a_selector_names_what_options_name(cli, example, line, written):
    done = cli(*line.split(), repo=example)
    assert done.code == 0, done.err
    assert written in done.out.splitlines()[-1]


@pytest.mark.parametrize("line", ["rollback churn#prod", "rollback churn@v1 prod", "rollback churn prod"])
def test_rollback_takes_a_selector(cli, example, line):
    cli("assign", "churn@v1.1.0", "prod", repo=example)
    assert "'prod' was assigned to version 'v1.0.0'" in cli(*line.split()).out


def test_the_stage_of_another_stage_may_hold_a_bare_commit(cli, example):
    cli("assign", "churn", "dev", "--sr", repo=example)
    head = git("rev-parse", "HEAD", repo=example).strip()
    assert f"'prod' was assigned to version '{head[:7]}'" in cli("assign", "churn#dev", "prod").out
    assert cli("which", "churn", "prod").out == f"{head}\n"


def test_the_latest_version_is_that_of_the_moment_of_writing(cli, example):
    """Confirming a deletion resolves the command twice."""
    done = cli("deregister", "churn@latest", "--delete", "--yes", repo=example)
    assert done.out == "deleted tag 'churn@v1.1.0'\n"
    assert api.assign(example, "churn", "qa", version="latest").version == "v1.0.0"
    assert api.assign(example, "churn", "dev", version="#qa").version == "v1.0.0"


@pytest.mark.parametrize(
    ("line", "code", "message", "hint"),
    [
        (
            "assign churn prod v1.1.0",
            3,
            "revision 'v1.1.0' does not name a commit",
            "git registry assign churn@v1.1.0 prod names the version",
        ),
        (
            "register churn v2.0.0",
            3,
            "revision 'v2.0.0' does not name a commit",
            "git registry register churn@v2.0.0 names the version",
        ),
        ("unassign churn prod v1.0.0", 2, "too many arguments: v1.0.0", "git registry unassign churn@v1.0.0 prod"),
        ("unassign churn v1.0.0 prod", 2, "too many arguments: prod", "git registry unassign churn@v1.0.0 prod"),
        ("rollback churn prod v1.0.0", 2, "too many arguments: v1.0.0", "git registry rollback churn@v1.0.0 prod"),
        (
            "assign churn v1.1.0 prod",
            2,
            "'v1.1.0' names a version, and 'prod' no commit",
            "git registry assign churn@v1.1.0 prod",
        ),
        (
            "assign churn latest prod",
            2,
            "'latest' names a version, and 'prod' no commit",
            "git registry assign churn@latest prod",
        ),
        (
            "deprecate churn prod",
            2,
            "'prod' is not a version",
            "git registry deprecate 'churn#prod' is about a stage",
        ),
        ("assign churn@v1.1.0", 2, "assign needs a stage", "git registry assign churn@v1.1.0 prod"),
        ("unassign churn", 2, "unassign needs a stage", "git registry show churn lists the stages"),
        ("rollback churn", 2, "rollback needs a stage", "git registry show churn lists the stages"),
        ("which churn", 2, "which needs an artifact and a stage", "git registry show churn lists the stages"),
        ("which churn@latest", 2, "which needs an artifact and a stage", "git registry show churn lists the stages"),
        ("deregister churn", 2, "deregister needs a version", "git registry show churn lists the versions"),
        ("deregister churn#prod", 2, "deregister takes a version, not a stage", "git registry unassign 'churn#prod'"),
        ("register churn#prod", 2, "register takes a version, not a stage", "git registry assign 'churn#prod'"),
        ("assign churn@v1 prod --version v2", 2, "the version is given twice: v1.0.0 and v2", None),
        ("deregister churn@v1 v2", 2, "the version is given twice: v1.0.0 and v2", None),
        ("unassign churn#prod dev", 2, "the stage is given twice: prod and dev", None),
        ("assign churn#prod --stage prod", 2, "the stage is given twice: prod", None),
        ("assign churn#dev HEAD~1 --stage dev", 2, "the stage is given twice: dev", None),
        ("which churn#prod dev", 2, "the stage is given twice: prod and dev", None),
        ("deprecate churn@v1 --rev HEAD", 2, "--rev is for an artifact only; a version has its own commit", None),
        ("assign churn#qa prod", 3, "artifact 'churn' has no version in stage 'qa'", None),
        ("assign nobody@latest prod", 3, "artifact 'nobody' is not registered", None),
    ],
)
def test_what_cannot_be_meant_says_what_to_type(cli, example, line, code, message, hint):
    before = tag_names(example)
    refused = cli(*line.split(), repo=example)
    assert (refused.code, refused.out) == (code, "")
    lines = refused.err.splitlines()
    assert lines[0] == f"error: {message}"
    if hint is not None:
        assert lines[1] == f"hint: {hint}"
    assert tag_names(example) == before


def test_a_tag_with_the_name_of_a_version_is_ambiguous(cli, example):
    git("tag", "v1.0.0", "HEAD", repo=example)
    head = git("rev-parse", "--short=7", "HEAD", repo=example).strip()
    refused = cli("assign", "churn", "dev", "v1.0.0", repo=example)
    assert refused.code == 2
    assert "'v1.0.0' is a version of 'churn', on commit" in refused.err
    assert f"and a revision here, {head}\n" in refused.err
    assert "hint: git registry assign churn@v1.0.0 dev names the version\n" in refused.err
    assert cli("assign", "churn", "dev", head).code == 0


@pytest.mark.parametrize("tag", ["v1.0.0", "v7.0.0"])
def test_a_tag_that_cannot_be_taken_for_a_version_is_a_revision(cli, example, tag):
    git("tag", tag, "HEAD~2", repo=example)
    assert "assigned to version 'v1.0.0'" in cli("assign", "churn", "dev", tag, repo=example).out


# A stage that names a revision


@pytest.mark.parametrize(
    "word", ["HEAD", "main", "feature", "release", "origin-only", "ORIG_HEAD", "short", "described"]
)
def test_a_forgotten_stage_makes_no_stage_of_a_revision(cli, example, word):
    git("branch", "-M", "main", repo=example)
    git("branch", "feature", repo=example)
    git("tag", "release", repo=example)
    git("update-ref", "refs/remotes/upstream/origin-only", "HEAD", repo=example)
    git("update-ref", "ORIG_HEAD", "HEAD", repo=example)
    head = git("rev-parse", "--short", "HEAD", repo=example).strip()
    word = {"short": head, "described": f"release-0-g{head}"}.get(word, word)
    refused = cli("assign", "churn", word, repo=example)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == (
        f"error: '{word}' names a revision here, and no stage is called so yet\n"
        f"hint: git registry assign churn prod {word}\n"
        f"hint: git registry assign churn --stage {word} makes it the name of a stage\n"
    )
    assert f"stage '{word}' was assigned" in cli("assign", "churn", "--stage", word).out


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("assign churn#prod HEAD", "git registry assign churn prod HEAD"),
        ("assign churn HEAD dev", "git registry assign churn dev HEAD"),
        ("assign churn HEAD~1", "git registry assign churn prod 'HEAD~1'"),
    ],
)
def test_the_hint_keeps_the_stage_that_was_typed(cli, example, line, hint):
    refused = cli(*line.split(), repo=example)
    assert refused.code == 2
    assert refused.err.splitlines()[1] == f"hint: {hint}"


@pytest.mark.parametrize("artifact", ["churn", "segment"])
def test_a_stage_in_use_may_have_the_name_of_a_branch(cli, example, artifact):
    git("branch", "prod", repo=example)
    assert "stage 'prod' was assigned" in cli("assign", artifact, "prod", repo=example).out


def test_a_stage_that_the_configuration_names_may_have_the_name_of_a_branch(cli, example):
    git("branch", "dev", repo=example)
    assert cli("assign", "churn", "dev", repo=example).code == 2
    (example / ".gittag-registry.yaml").write_text("stages: [dev]\n")
    assert cli("assign", "churn", "dev").code == 0


def test_one_git_process_looks_for_a_revision_of_that_name(cli, example):
    """`git registry -v` prints every git command; configured stages need none."""
    operand = cli("assign", "churn", "qa", "-v", "--dry-run", repo=example).err.splitlines()
    option = cli("assign", "churn", "--stage", "qa", "-v", "--dry-run").err.splitlines()
    assert len(operand) == len(option) + 1


def test_by_address_only_head_is_looked_for(cli, example, monkeypatch):
    git("branch", "dev", repo=example)
    address = example.as_uri()
    assert cli("assign", "churn", "HEAD", "-r", address).code == 2
    assert cli("assign", "churn", "dev", "-r", address).code == 0


# Branches of a remote


def test_a_branch_that_only_the_remote_has_is_found(cli, example, tmp_path):
    git("branch", "feature", "HEAD~1", repo=example)
    git("clone", "-q", example.as_uri(), "clone", repo=tmp_path)
    done = cli("register", "segment", "feature", repo=tmp_path / "clone")
    assert done.out.startswith("created tag 'segment@v0.0.1'")
    assert git("rev-parse", "segment@v0.0.1^{commit}", repo=tmp_path / "clone") == git(
        "rev-parse", "HEAD~1", repo=example
    )


def test_a_branch_that_differs_between_remotes_is_not_guessed(cli, example):
    git("update-ref", "refs/remotes/origin/feature", "HEAD", repo=example)
    git("update-ref", "refs/remotes/fork/feature", "HEAD~1", repo=example)
    refused = cli("register", "segment", "feature", repo=example)
    assert (refused.code, refused.err) == (
        3,
        "error: revision 'feature' is a branch of several remotes\nhint: name one: fork/feature, origin/feature\n",
    )
    git("update-ref", "refs/remotes/fork/feature", "HEAD", repo=example)
    assert cli("register", "segment", "feature").code == 0


def test_without_a_commit_of_its_own_a_clone_does_not_take_that_of_the_remote(cli, example, tmp_path):
    git("init", "-q", "empty", repo=tmp_path)
    git("remote", "add", "origin", example.as_uri(), repo=tmp_path / "empty")
    git("fetch", "-q", "origin", repo=tmp_path / "empty")
    git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main", repo=tmp_path / "empty")
    refused = cli("register", "churn", repo=tmp_path / "empty")
    assert (refused.code, refused.err) == (
        3,
        "error: revision 'HEAD' does not name a commit\nhint: the current branch has no commit yet\n",
    )


def test_the_api_has_the_same_rules():
    with pytest.raises(UsageError, match="needs no version"):
        api.assign(".", "churn", "prod", ref="HEAD", name_version="v1.0.0", skip_registration=True)
