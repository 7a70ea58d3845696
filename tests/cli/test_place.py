"""The choice of the repository: working directory, `-r`, `-C`, variables, worktrees, bare repositories, hooks."""

from __future__ import annotations

import shlex

import pytest

from tests.testing.builder import RepositoryBuilder, git, tag_names
from tests.testing.programs import program, shell


@pytest.fixture
def other(tmp_path):
    """A second registry, whose churn is at v9.0.0."""
    builder = RepositoryBuilder(tmp_path / "other")
    builder.tag("churn@v9.0.0", builder.commit())
    return builder.build()


def latest(cli, *options: str, repo) -> str:
    return cli("latest", "churn", *options, repo=repo).out.strip()


def test_the_repository_around_the_working_directory(cli, example):
    (example / "deep" / "er").mkdir(parents=True)
    assert latest(cli, repo=example) == "v1.1.0"
    assert latest(cli, repo=example / "deep" / "er") == "v1.1.0"


def test_inside_the_git_directory(cli, example):
    assert latest(cli, repo=example / ".git") == "v1.1.0"


@pytest.mark.parametrize("option", ["-r", "--repo"])
@pytest.mark.parametrize("path", ["other", "other/.git", "./other", "{tmp}/other"])
def test_the_repository_named_by_an_option(cli, example, other, tmp_path, option, path):
    assert latest(cli, option, path.format(tmp=tmp_path), repo=tmp_path) == "v9.0.0"


def test_the_option_wins_over_the_working_directory_and_the_variable(cli, example, other, monkeypatch):
    monkeypatch.setenv("GITTAG_REPO", str(example))
    assert latest(cli, repo=other) == "v1.1.0"
    assert latest(cli, "-r", str(other), repo=example) == "v9.0.0"


def test_a_tilde_is_the_home_folder(cli, other, isolated, tmp_path):
    (isolated / "models").symlink_to(other)
    assert latest(cli, "-r", "~/models", repo=tmp_path) == "v9.0.0"


def test_c_changes_the_directory_first(cli, example, other, tmp_path):
    assert latest(cli, "-C", "other", repo=tmp_path) == "v9.0.0"
    assert cli("-C", str(tmp_path), "latest", "-C", "other", "churn", repo=example).out == "v9.0.0\n"
    assert cli("-C", str(tmp_path), "latest", "churn", "-r", "other", repo=example).out == "v9.0.0\n"


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["-r", "nowhere"], 1, "error: 'nowhere' is not a directory\n"),
        (["-r", "file"], 1, "error: 'file' is not a directory\n"),
        (["-r", "empty"], 1, "error: no git repository at 'empty'\n"),
        (["-C", "nowhere"], 2, "error: cannot change to 'nowhere': No such file or directory\n"),
        (["-C", "file"], 2, "error: cannot change to 'file': Not a directory\n"),
    ],
)
def test_a_place_that_holds_no_repository_is_named(cli, tmp_path, options, code, message):
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    asked = cli("show", *options, repo=tmp_path)
    assert (asked.code, asked.out) == (code, "")
    assert asked.err.startswith(message)


@pytest.mark.parametrize(
    "command",
    ["show", "latest churn", "history", "stages", "doctor", "config list", "init", "register churn", "annotate churn"],
)
def test_outside_a_repository_every_command_says_so(cli, tmp_path, command):
    asked = cli(*command.split(), repo=tmp_path)
    assert (asked.code, asked.out) == (1, "")
    assert asked.err.startswith(
        f"error: no git repository at '{tmp_path}'\nhint: cd into one, or name it with --repo PATH\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_bare_repository_is_read_and_written(cli, example, tmp_path):
    git("clone", "--quiet", "--bare", str(example), str(tmp_path / "bare.git"))
    assert latest(cli, repo=tmp_path / "bare.git") == "v1.1.0"
    assert cli("show", "--type", "model", "--name").out == "churn\n"  # annotations of HEAD
    assert cli("register", "churn").code == 0
    assert "churn@v1.1.1" in tag_names(tmp_path / "bare.git")


def test_a_linked_worktree_is_read_and_written(cli, example, tmp_path):
    git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "tree"), "HEAD~1", repo=example)
    assert latest(cli, repo=tmp_path / "tree") == "v1.1.0"
    assert "is already registered on" in cli("register", "churn").err  # HEAD is the worktree's
    cli("annotate", "churn", "--type", "network", "--commit")
    assert git("log", "-1", "--format=%s", "side", repo=example) == "Annotate artifact churn\n"
    assert (example / "artifacts.yaml").read_text() == "churn:\n  type: model\n  path: model.pkl\n"


def test_a_submodule_is_a_repository_of_its_own(cli, example, other):
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "sub", repo=example)
    assert latest(cli, repo=example / "sub") == "v9.0.0"
    assert latest(cli, repo=example) == "v1.1.0"


def test_a_repository_of_sha256_objects(cli, tmp_path):
    git("init", "--quiet", "--object-format=sha256", str(tmp_path / "long"))
    git("commit", "--quiet", "--allow-empty", "-m", "one", repo=tmp_path / "long")
    assert cli("assign", "churn", "prod", repo=tmp_path / "long").code == 0
    assert len(cli("which", "churn", "prod", "--commit").out.strip()) == 64
    assert cli("doctor").code == 0


def test_packed_tags_are_read_and_written(cli, example):
    git("pack-refs", "--all", "--prune", repo=example)
    git("gc", "--quiet", repo=example)
    assert latest(cli, repo=example) == "v1.1.0"
    assert cli("unassign", "churn", "prod", "--delete", "--yes").code == 0
    assert "churn#prod#1" not in tag_names(example)


def test_a_path_with_odd_characters(cli, tmp_path):
    builder = RepositoryBuilder(tmp_path / "ä b'c\"d$e\n")
    builder.tag("churn@v1.0.0", builder.commit())
    assert latest(cli, repo=builder.build()) == "v1.0.0"


@pytest.mark.usefixtures("installed")
class TestGitItself:
    """How git starts us: with GIT_DIR and more in the environment."""

    def test_git_registry(self, example):
        assert program("git", "registry", "latest", "churn", cwd=example).out == "v1.1.0\n"

    def test_git_with_a_git_dir(self, example, other):
        done = program("git", f"--git-dir={other}/.git", "registry", "latest", "churn", cwd=example)
        assert done.out == "v9.0.0\n"

    def test_git_with_a_relative_git_dir_and_a_work_tree(self, other, tmp_path):
        options = ["--git-dir=other/.git", "--work-tree=other"]
        assert program("git", *options, "registry", "latest", "churn", cwd=tmp_path).out == "v9.0.0\n"
        assert program("git", *options, "registry", "annotate", "churn", "--type", "x", cwd=tmp_path).code == 0
        assert (other / "artifacts.yaml").exists()

    def test_git_with_a_directory(self, example, tmp_path):
        assert program("git", "-C", "repo", "registry", "latest", "churn", cwd=tmp_path).out == "v1.1.0\n"

    def test_the_git_dir_of_the_environment(self, example, other):
        done = program("git-registry", "latest", "churn", cwd=example, env={"GIT_DIR": str(other / ".git")})
        assert done.out == "v9.0.0\n"

    def test_an_option_wins_over_the_git_dir(self, example, other):
        env = {"GIT_DIR": str(other / ".git")}
        assert program("git-registry", "latest", "churn", "-r", str(example), cwd=other, env=env).out == "v1.1.0\n"

    def test_an_alias_with_options(self, example, tmp_path):
        git("config", "alias.reg", "registry", repo=example)
        assert program("git", "reg", "latest", "churn", "--ref", cwd=example).out == "churn@v1.1.0\n"

    def test_a_linked_worktree(self, example, tmp_path):
        git("worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"), repo=example)
        assert program("git", "registry", "latest", "churn", cwd=tmp_path / "tree").out == "v1.1.0\n"


@pytest.mark.usefixtures("installed")
class TestHooks:
    """Inside a hook git points GIT_INDEX_FILE and others at what it is doing."""

    def hook(self, repo, name: str, script: str) -> None:
        path = repo / ".git" / "hooks" / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def test_the_index_of_a_commit_under_way_is_left_alone(self, example, other):
        (example / "new.txt").write_text("new")
        git("add", "new.txt", repo=example)
        self.hook(example, "pre-commit", f"git registry annotate -r {other} churn --type model --commit")
        done = program("git", "commit", "-m", "add new", cwd=example)
        assert done.code == 0, done.err
        assert git("show", "--format=", "--name-only", "HEAD", repo=example) == "new.txt\n"
        assert git("show", "--format=", "--name-only", "HEAD", repo=other) == "artifacts.yaml\n"

    def test_a_version_can_be_registered_after_a_commit(self, example):
        self.hook(example, "post-commit", "git registry register churn --quiet")
        done = program("git", "commit", "--allow-empty", "-m", "train", cwd=example)
        assert done.code == 0
        assert git("rev-parse", "churn@v1.1.1^{commit}", repo=example) == git("rev-parse", "HEAD", repo=example)

    def test_a_receiving_repository_can_ask_its_own_registry(self, example, tmp_path):
        git("clone", "--quiet", "--bare", str(example), str(tmp_path / "hub.git"))
        hook = tmp_path / "hub.git" / "hooks" / "post-receive"
        hook.write_text(f"#!/bin/sh\nwhile read old new ref; do git registry check-ref $ref; done > {tmp_path}/seen\n")
        hook.chmod(0o755)
        git("tag", "-a", "-m", "x", "churn@v2.0.0", repo=example)
        git("push", "--quiet", str(tmp_path / "hub.git"), "churn@v2.0.0", repo=example)
        assert (tmp_path / "seen").read_text() == "version 'v2.0.0' of artifact 'churn' was registered\n"

    @pytest.mark.parametrize("variable", ["GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE", "GIT_COMMON_DIR"])
    def test_variables_of_another_repository_do_not_mislead(self, cli, example, monkeypatch, variable):
        monkeypatch.setenv(variable, "/nowhere")
        assert latest(cli, repo=example) == "v1.1.0"
        assert cli("register", "churn").code == 0


@pytest.mark.usefixtures("installed")
class TestPrintedCommands:
    """What we print for the user to run can be pasted into a shell."""

    @pytest.mark.parametrize(
        ("command", "tags"),
        [
            ("register churn", ["churn@v1.1.1"]),
            ("assign churn prod", ["churn#prod#2", "churn@v1.1.1"]),
            ("unassign churn prod", ["churn#prod!#2"]),
            ("deregister churn v1.0.0", ["churn@v1.0.0!"]),
            ("deprecate churn", ["churn@deprecated"]),
            ("register models:churn", ["models=churn@v0.0.1"]),
        ],
    )
    def test_the_push_command_publishes_the_tags(self, cli, example, tmp_path, command, tags):
        git("init", "--quiet", "--bare", str(tmp_path / "hub"))
        git("remote", "add", "origin", str(tmp_path / "hub"), repo=example)
        before = set(tag_names(example))
        done = cli(*command.split(), repo=example)
        [line] = [line for line in done.err.splitlines() if line.startswith("to publish: ")]
        assert shell(line.removeprefix("to publish: "), cwd=example).code == 0
        assert sorted(set(tag_names(tmp_path / "hub")) - before) == tags

    @pytest.mark.parametrize("options", [["-r", "re po"], ["-C", "re po"], ["-C", "re po", "-r", "."]])
    def test_the_push_command_is_for_the_repository_that_was_written(self, cli, tmp_path, options):
        git("init", "--quiet", "--bare", str(tmp_path / "hub"))
        builder = RepositoryBuilder(tmp_path / "re po")
        builder.commit()
        git("remote", "add", "origin", str(tmp_path / "hub"), repo=builder.build())
        done = cli("register", "churn", *options, repo=tmp_path)
        command = done.err.strip().removeprefix("to publish: ")
        assert shlex.split(command)[:4] == ["git", "registry", options[0], "re po"]
        assert shell(command, cwd=tmp_path).code == 0
        assert tag_names(tmp_path / "hub") == ["churn@v0.0.1"]

    def test_the_hint_of_a_command_can_be_run(self, cli, example):
        cli("unassign", "churn", "prod", repo=example)
        refused = cli("which", "churn", "prod")
        command = refused.err.splitlines()[1].removeprefix("hint: ")
        assert command == "git registry history 'churn#prod'"
        assert "unassignment" in shell(command, cwd=example).out


@pytest.mark.parametrize("where", [("-r", "my models"), ("-C", "my models"), ("-r", "file://{}")])
def test_a_hint_is_a_command_that_runs_from_where_one_stands(cli, example, tmp_path, where):
    example.rename(tmp_path / "my models")
    place = [word.format(tmp_path / "my models") for word in where]
    refused = cli(*place, "unassign", "churn", "prod", "--version", "v1.1.0", repo=tmp_path)
    assert refused.code == 3
    hint = refused.err.splitlines()[-1].removeprefix("hint: ")
    program, registry, *words = shlex.split(hint)
    assert (program, registry, words[0], words[2:]) == (
        "git",
        "registry",
        place[0],
        ["which", "churn", "prod", "--all"],
    )
    assert cli(*words, repo=tmp_path).out == "v1.0.0\n"


def test_a_warning_names_a_command_that_runs_from_where_one_stands(cli, example, tmp_path):
    git("tag", "churn@v9.0.0", repo=example)
    shown = cli("-r", str(example), "latest", "churn", repo=tmp_path)
    assert shown.err.endswith(f"(all of them: git registry -r {example} doctor)\n")
