"""GitPython: what a `git.Repo` of a caller stands for, and why we use git's own commands for the rest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import git as gitpython
import pytest

from gittag_registry import Registry, api
from gittag_registry.errors import GitFailed, RemoteError
from gittag_registry.git import history, settings
from gittag_registry.git.commits import PendingChange, commit_new
from gittag_registry.git.process import locate, run, variables
from tests.testing.builder import git, tag_names

MEASURED = "3.2.1"


@pytest.fixture
def repo(builder):
    """Two commits."""
    builder.commit({"a": "1"})
    builder.commit({"a": "2"})
    return builder.build()


class TestARepoOfTheCaller:
    def test_its_environment_says_who_writes(self, repo):
        with gitpython.Repo(repo) as opened:
            opened.git.update_environment(GIT_COMMITTER_NAME="Robot", GIT_COMMITTER_EMAIL="robot@example.com")
            event = api.register(opened, "churn")
        assert (event.author, event.author_email) == ("Robot", "robot@example.com")
        assert "tagger Robot <robot@example.com>" in git("cat-file", "tag", "churn@v0.0.1", repo=repo)

    def test_its_environment_wins_over_the_inherited_one(self, repo, monkeypatch):
        monkeypatch.setenv("GIT_COMMITTER_NAME", "Inherited")
        with gitpython.Repo(repo) as opened, opened.git.custom_environment(GIT_COMMITTER_NAME="Own"):
            assert settings.identity(locate(opened)).name == "Own"

    def test_its_configuration_says_who_writes(self, repo):
        with gitpython.Repo(repo) as opened:
            with opened.config_writer() as writer:
                writer.set_value("user", "name", "Configured")
            assert api.register(opened, "churn").author == "Configured"

    def test_its_remotes_are_pushed_to_by_the_ssh_command_of_its_environment(self, repo, tmp_path):
        git("init", "--quiet", "--bare", str(tmp_path / "server.git"))
        program = tmp_path / "ssh"
        program.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/hosts\nshift\nexec sh -c "$*"\n')
        program.chmod(0o755)
        with gitpython.Repo(repo) as opened:
            opened.create_remote("upstream", f"models.invalid:{tmp_path}/server.git")
            opened.git.update_environment(GIT_SSH_COMMAND=str(program), GIT_SSH_VARIANT="simple")
            api.register(opened, "churn", push=True)
        assert tag_names(tmp_path / "server.git") == ["churn@v0.0.1"]
        assert set((tmp_path / "hosts").read_text().split()) == {"models.invalid"}

    def test_its_environment_says_which_protocols_git_may_speak(self, repo, tmp_path):
        git("init", "--quiet", "--bare", str(tmp_path / "server.git"))
        git("remote", "add", "origin", str(tmp_path / "server.git"), repo=repo)
        with gitpython.Repo(repo) as opened:
            opened.git.update_environment(GIT_ALLOW_PROTOCOL="https")
            with pytest.raises(RemoteError, match="transport 'file' not allowed"):
                api.register(opened, "churn", push=True)

    def test_it_makes_git_neither_ask_nor_speak_another_language(self, repo):
        git("config", "alias.environment", "!env", repo=repo)
        with gitpython.Repo(repo) as opened:
            opened.git.update_environment(LC_ALL="de_DE.UTF-8", GIT_TERMINAL_PROMPT="1", GIT_MARK="seen")
            lines = run(locate(opened), "environment").decode().splitlines()
        assert {"LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_MARK=seen"} <= set(lines)

    def test_a_linked_worktree_is_one(self, repo, tmp_path):
        git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"), "HEAD~1", repo=repo)
        with gitpython.Repo(tmp_path / "linked") as opened:
            assert Registry(opened).resolve("HEAD") == git("rev-parse", "HEAD~1", repo=repo).strip()

    def test_a_sha_256_repository_is_one(self, tmp_path):
        git("init", "--quiet", "--object-format=sha256", str(tmp_path / "long"))
        git("commit", "--quiet", "--allow-empty", "-m", "first", repo=tmp_path / "long")
        with gitpython.Repo(tmp_path / "long") as opened:
            assert len(api.register(opened, "churn").commit) == 64

    def test_no_process_of_its_is_started(self, repo):
        with gitpython.Repo(repo) as opened:
            api.register(opened, "churn")
            assert (opened.git.cat_file_all, opened.git.cat_file_header) == (None, None)


class TestCommitsOfFiles:
    def test_are_signed_where_the_configuration_says_so(self, repo):
        git("config", "commit.gpgSign", "true", repo=repo)
        git("config", "gpg.format", "ssh", repo=repo)
        git("config", "user.signingKey", "/nowhere", repo=repo)
        (repo / "a").write_text("3")
        with pytest.raises(GitFailed, match="git commit failed"):
            PendingChange(locate(repo), "a", lambda _: b"3").commit("third")

    def test_get_the_message_that_a_hook_prepares(self, repo):
        hook = repo / ".git" / "hooks" / "prepare-commit-msg"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text('#!/bin/sh\necho "Ticket: 7" >> "$1"\n')
        hook.chmod(0o755)
        (repo / "a").write_text("3")
        oid = PendingChange(locate(repo), "a", lambda _: b"3").commit("third")
        assert "Ticket: 7" in git("log", "-1", "--format=%B", oid, repo=repo)

    def test_leave_staged_what_was_staged(self, repo):
        (repo / "b").write_text("staged")
        git("add", "b", repo=repo)
        (repo / "a").write_text("3")
        PendingChange(locate(repo), "a", lambda _: b"3").commit("third")
        assert git("show", "--format=", "--name-only", "HEAD", repo=repo) == "a\n"
        assert git("status", "--porcelain", repo=repo) == "A  b\n"


class TestANewRepository:
    @pytest.fixture
    def directory(self, tmp_path):
        """A directory with a file."""
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / "a").write_text("1")
        return tmp_path / "new"

    @pytest.mark.parametrize(
        "name", ["GIT_DIR", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE"]
    )
    def test_is_made_where_it_is_said_whatever_is_inherited(self, repo, directory, monkeypatch, name):
        before = git("rev-parse", "HEAD", repo=repo)
        monkeypatch.setenv(name, str(repo / ".git"))
        environment = dict(os.environ)
        commit_new(str(directory), ["a"], "first")
        assert dict(os.environ) == environment
        monkeypatch.delenv(name)
        assert git("log", "--format=%s", repo=directory) == "first\n"
        assert git("status", "--porcelain", repo=directory) == ""
        assert git("rev-parse", "HEAD", repo=repo) == before

    def test_takes_no_hook_and_no_signature_of_the_users(self, directory, isolated):
        hook = isolated / "hooks" / "pre-commit"
        hook.parent.mkdir()
        hook.write_text("#!/bin/sh\nexit 1\n")
        hook.chmod(0o755)
        with (isolated / ".gitconfig").open("a") as file:
            file.write(
                f"[core]\n hooksPath = {hook.parent}\n[commit]\n gpgSign = true\n[user]\n signingKey = /nowhere\n"
            )
        commit_new(str(directory), ["a"], "first")
        assert git("log", "--format=%s", repo=directory) == "first\n"

    def test_holds_ids_that_gitpython_can_read(self, directory, monkeypatch):
        monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
        commit_new(str(directory), ["a"], "first")
        assert len(git("rev-parse", "HEAD", repo=directory).strip()) == 40

    def test_is_committed_to_by_demo_where_nobody_is_known(self, directory, isolated):
        (isolated / ".gitconfig").write_text("")
        commit_new(str(directory), ["a"], "first")
        assert git("log", "--format=%an", repo=directory) == "Demo\n"

    def test_is_committed_to_by_whom_git_was_told(self, directory, isolated, monkeypatch):
        (isolated / ".gitconfig").write_text("")
        for number, (key, value) in enumerate({"user.name": "Told", "user.email": "told@example.com"}.items()):
            monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", key)
            monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", value)
        monkeypatch.setenv("GIT_CONFIG_COUNT", "2")
        commit_new(str(directory), ["a"], "first")
        assert git("log", "--format=%an %ce", repo=directory) == "Told told@example.com\n"

    def test_that_cannot_be_made_is_an_error_of_ours(self, directory):
        (directory / ".git").write_text("garbage")
        with pytest.raises(GitFailed, match="nothing can be committed in"):
            commit_new(str(directory), ["a"], "first")


def test_gitpython_is_imported_on_first_use_only(repo, tmp_path):
    code = """
import sys
from gittag_registry import Registry
from gittag_registry.git import commits, files, history, process, remote, settings, signing, tags, transaction
registry = Registry(sys.argv[1])
registry.state(), registry.resolve("HEAD")
history.commits_between(registry.repository, "HEAD~1", "HEAD")
assert "git" not in sys.modules
commits.commit_new(sys.argv[2], [], "first")
assert "git" in sys.modules
"""
    environment = variables() | {"HOME": os.environ["HOME"]}
    subprocess.run([sys.executable, "-c", code, repo, tmp_path / "new"], check=True, env=environment)


@pytest.mark.skipif(gitpython.__version__ != MEASURED, reason="another GitPython: does it answer these by now?")
class TestWhyGitAnswers:
    """Each question is answered rightly by the plumbing in this package; `test_history` and others hold that."""

    @staticmethod
    def changed(repo: Path) -> list[tuple[str | None, str | None]]:
        """What GitPython says of the files that the last commit changed."""
        with gitpython.Repo(repo) as opened:
            diffs = opened.commit("HEAD~1").diff("HEAD", no_renames=True)
            return [(diff.change_type, diff.b_path) for diff in diffs]

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    @pytest.mark.parametrize(
        ("name", "said"),
        [
            (b"a\nb", [("A", "a"), ("A", "z")]),
            (b"a\n:0 0 %040d %040d D" % (0, 0), [("A", "a"), ("D", None), ("A", "z")]),
            (b":a", [("A", None)]),
            (b"caf\xe9", []),
        ],
        ids=["cut off", "forged", "lost", "all lost"],
    )
    def test_unusual_names_falsify_its_list_of_changed_files(self, repo, name, said):
        for changed in (name, b"z"):
            Path(os.fsdecode(os.fsencode(repo) + b"/" + changed)).write_text("new")
        git("add", "--all", repo=repo)
        git("commit", "--quiet", "-m", "third", repo=repo)
        assert self.changed(repo) == said
        assert len(history.files_changed(locate(repo), "HEAD~1", "HEAD")) == 2

    def test_it_reads_no_commit_of_a_sha_256_repository(self, tmp_path):
        git("init", "--quiet", "--object-format=sha256", str(tmp_path / "long"))
        git("commit", "--quiet", "--allow-empty", "-m", "first", repo=tmp_path / "long")
        with gitpython.Repo(tmp_path / "long") as opened, pytest.raises(ValueError, match="not enough values"):
            list(opened.iter_commits("HEAD"))

    def test_it_leaves_out_remotes_of_the_users_configuration(self, repo, isolated):
        with (isolated / ".gitconfig").open("a") as file:
            file.write('[remote "shared"]\n url = /nowhere\n')
        with gitpython.Repo(repo) as opened:
            assert opened.remotes == []
            assert list(settings.remotes(locate(opened))) == ["shared"]

    def test_it_leaves_out_the_committer_and_its_own_environment(self, repo):
        git("config", "committer.name", "Committer", repo=repo)
        with gitpython.Repo(repo) as opened:
            assert gitpython.Actor.committer(opened.config_reader()).name == "Grace Hopper"
            assert settings.identity(locate(opened)).name == "Committer"
            opened.git.update_environment(GIT_COMMITTER_NAME="Robot")
            assert gitpython.Actor.committer(opened.config_reader()).name == "Grace Hopper"
            assert settings.identity(locate(opened)).name == "Robot"

    def test_its_commits_are_not_signed(self, repo):
        git("config", "commit.gpgSign", "true", repo=repo)
        git("config", "user.signingKey", "/nowhere", repo=repo)
        with gitpython.Repo(repo) as opened:
            assert opened.index.commit("third").gpgsig in (None, "")
