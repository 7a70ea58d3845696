"""Signed tags: git signs and verifies them, locally and on a server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from gittag_registry import Registry
from gittag_registry.errors import GitFailed
from gittag_registry.model.commands import Assign, Register
from tests.interop import peers
from tests.testing.builder import RepositoryBuilder, git, tag_names
from tests.testing.remotes import need

GOOD = 'Good "git" signature for grace@example.com with ED25519 key'


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """An SSH key that git signs with, and whose signatures it trusts."""
    need("ssh-keygen")
    place = tmp_path / "signing"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "grace", "-f", place], check=True)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"grace@example.com {place.with_suffix('.pub').read_text()}")
    git("config", "--global", "gpg.format", "ssh")
    git("config", "--global", "user.signingKey", str(place))
    git("config", "--global", "gpg.ssh.allowedSignersFile", str(allowed))
    return place


@pytest.fixture
def repo(builder: RepositoryBuilder) -> Path:
    """One commit, without tags."""
    builder.commit()
    return builder.build()


def verdict(repo: Path, *names: str) -> list[bool]:
    """Whether git takes the signature of each tag for Grace's."""
    verified = [
        subprocess.run(["git", "verify-tag", name], cwd=repo, capture_output=True, text=True, check=False)
        for name in names
    ]
    return [done.returncode == 0 and GOOD in done.stderr for done in verified]


def is_signed(repo: Path, name: str) -> bool:
    return "-----BEGIN SSH SIGNATURE-----" in git("cat-file", "tag", name, repo=repo)


class TestSshKeys:
    def test_git_verifies_the_tag(self, cli, repo, key):
        assert cli("register", "churn", "--sign", repo=repo).code == 0
        assert verdict(repo, "churn@v0.0.1") == [True]
        shown = subprocess.run(
            ["git", "tag", "-v", "churn@v0.0.1"], cwd=repo, capture_output=True, text=True, check=True
        )
        assert (GOOD in shown.stderr, "tag churn@v0.0.1\n" in shown.stdout) == (True, True)

    def test_a_key_that_an_agent_would_hold_is_named_by_its_text(self, cli, repo, key, monkeypatch):
        need("ssh-agent", "ssh-add")
        agent = subprocess.run(["ssh-agent", "-s"], capture_output=True, text=True, check=True).stdout
        for name in ("SSH_AUTH_SOCK", "SSH_AGENT_PID"):
            monkeypatch.setenv(name, re.search(f"{name}=([^;]+);", agent)[1])
        try:
            subprocess.run(["ssh-add", "-q", key], check=True)
            git("config", "--global", "user.signingKey", "key::" + key.with_suffix(".pub").read_text().strip())
            assert cli("register", "churn", "--sign", repo=repo).code == 0
        finally:
            subprocess.run(["ssh-agent", "-k"], capture_output=True, check=True)
        assert verdict(repo, "churn@v0.0.1") == [True]

    def test_what_the_tag_says_is_read_as_before(self, cli, repo, key):
        registry = Registry(repo)
        command = Assign(artifact="churn", stage="prod", commit="HEAD")
        outcome = registry.execute(command, message="Ship it\n\nIt is good.", sign=True)
        assert verdict(repo, "churn@v0.0.1", "churn#prod#1") == [True, True]
        read = registry.artifact("churn").events
        assert [event._replace(raw_message="") for event in read] == [
            event._replace(raw_message="") for event in outcome.events
        ]
        assert [event.message for event in read] == ["Ship it\n\nIt is good."] * 2
        assert read[1].version == "v0.0.1"
        operations = {event.parsed_message.trailer("Registry-Op") for event in read}
        assert len(operations) == 1
        assert None not in operations
        assert "v0.0.1" in cli("which", "churn", "prod", repo=repo).out

    @pytest.mark.parametrize(
        "message", ["# not a comment", "two  spaces \n\n\n\nand gaps", "-----BEGIN", "Ünïcödé ☃", "a: b\nc: d"]
    )
    def test_message_and_date_are_as_without_a_signature(self, repo, key, message, monkeypatch):
        monkeypatch.setenv("GIT_COMMITTER_DATE", "1700000000 +0530")
        registry = Registry(repo)
        command = Register(artifact="churn", commit="HEAD")
        planned = registry.execute(command, message=message, dry_run=True, sign=True).events[0]
        registry.execute(command, message=message, sign=True)
        content = git("cat-file", "tag", "churn@v0.0.1", repo=repo)
        told, _, signature = content.partition("-----BEGIN SSH SIGNATURE-----\n")
        operation = re.compile("Registry-Op: [0-9a-f]{32}")
        assert operation.sub("", told.partition("\n\n")[2]) == operation.sub("", planned.raw_message)
        assert "tagger Grace Hopper <grace@example.com> 1700000000 +0530\n" in told
        assert signature

    def test_the_author_who_was_asked_for_signs(self, repo, key):
        registry = Registry(repo)
        registry.execute(
            Register(artifact="churn", commit=registry.resolve("HEAD")),
            author="Ada",
            author_email="a@example.com",
            sign=True,
        )
        assert "tagger Ada <a@example.com> " in git("cat-file", "tag", "churn@v0.0.1", repo=repo)
        assert verdict(repo, "churn@v0.0.1") == [True]


class TestWhenToSign:
    @pytest.mark.parametrize(
        ("settings", "options", "signed"),
        [
            ([], [], False),
            ([], ["--sign"], True),
            ([("tag.gpgSign", "true")], [], True),
            ([("tag.gpgSign", "yes")], [], True),
            ([("tag.gpgSign", "false")], [], False),
            ([("tag.gpgSign", "true")], ["--no-sign"], False),
            ([("tag.forceSignAnnotated", "true")], [], True),
            ([("tag.forceSignAnnotated", "true")], ["--no-sign"], False),
            ([("commit.gpgSign", "true")], [], False),
        ],
    )
    def test_options_decide_before_the_configuration(self, cli, repo, key, settings, options, signed):
        for name, value in settings:
            git("config", name, value, repo=repo)
        assert cli("register", "churn", *options, repo=repo).code == 0
        assert is_signed(repo, "churn@v0.0.1") is signed

    @pytest.mark.parametrize(
        "command",
        [
            ["register", "churn", "--force", "--ver", "v2.0.0"],
            ["assign", "churn", "dev"],
            ["unassign", "churn", "prod"],
            ["deregister", "churn", "v0.0.1"],
            ["deprecate", "churn"],
            ["rollback", "churn", "prod", "--to", "v0.0.1", "--force"],
        ],
    )
    def test_every_operation_signs(self, cli, repo, key, command):
        cli("assign", "churn", "prod", repo=repo)
        before = set(tag_names(repo))
        git("config", "tag.gpgSign", "true", repo=repo)
        assert cli(*command).code == 0
        [new] = set(tag_names(repo)) - before
        assert verdict(repo, new) == [True]

    def test_a_dry_run_asks_for_no_key(self, cli, repo):
        git("config", "tag.gpgSign", "true", repo=repo)
        git("config", "gpg.program", "/nonexistent", repo=repo)
        assert cli("register", "churn", "-n", repo=repo).code == 0


class TestWithoutAKey:
    @pytest.mark.parametrize(
        ("setting", "value"),
        [("user.signingKey", "/nonexistent"), ("gpg.ssh.program", "/nonexistent"), ("gpg.ssh.program", "false")],
    )
    def test_nothing_is_written(self, cli, repo, key, setting, value):
        git("config", setting, value, repo=repo)
        refused = cli("assign", "churn", "prod", "--sign", repo=repo)
        assert (refused.code, refused.out) == (1, "")
        assert refused.err.startswith("error: tag 'churn@v0.0.1' cannot be signed: git tag failed: ")
        assert "hint: see which key git uses: git config --show-origin " in refused.err
        assert tag_names(repo) == []

    def test_the_hint_is_a_command_that_tells_the_key(self, cli, repo, key):
        git("config", "user.signingKey", "/nonexistent", repo=repo)
        refused = cli("register", "churn", "--sign", repo=repo)
        command = refused.err.splitlines()[1].partition("git uses: ")[2]
        told = subprocess.run(["sh", "-c", command], cwd=repo, capture_output=True, text=True, check=True).stdout
        assert "file:.git/config\tuser.signingkey /nonexistent\n" in told

    def test_nothing_is_written_where_git_passes_over_the_hook(self, repo, key, monkeypatch):
        opened = os.open
        monkeypatch.setattr(
            os, "open", lambda path, flags, mode=0o777, **more: opened(path, flags, mode & 0o666, **more)
        )
        registry = Registry(repo)
        with pytest.raises(GitFailed, match="no program can be started in"):
            registry.execute(Register(artifact="churn", commit=registry.resolve("HEAD")), sign=True)
        assert tag_names(repo) == []


class TestHooks:
    def test_the_hook_of_the_repository_sees_one_transaction(self, cli, repo, key):
        hook = repo / ".git" / "hooks" / "reference-transaction"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\necho $1 >> '{repo}/seen'; sed 's/^[0-9a-f]* [0-9a-f]* //' >> '{repo}/seen'\n")
        hook.chmod(0o755)
        assert cli("assign", "churn", "prod", "--sign", repo=repo).code == 0
        refs = ["refs/tags/churn#prod#1", "refs/tags/churn@v0.0.1"]
        seen = (repo / "seen").read_text().split()
        assert [line for line in seen if line in ("prepared", "committed")] == ["prepared", "committed"]
        prepared = seen[seen.index("prepared") : seen.index("committed")]  # newer gits tell of "preparing" before it
        assert sorted(line for line in prepared if line in refs) == refs

    def test_a_hook_that_refuses_leaves_nothing(self, cli, repo, key):
        hook = repo / ".git" / "hooks" / "reference-transaction"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text('#!/bin/sh\n[ "$1" != prepared ]\n')
        hook.chmod(0o755)
        refused = cli("register", "churn", "--sign", repo=repo)
        assert (refused.code, "aborted by" in refused.err, tag_names(repo)) == (1, True, [])


class TestPushing:
    @pytest.fixture
    def server(self, repo: Path, tmp_path: Path) -> Path:
        """A repository elsewhere, the origin of this one."""
        git("clone", "--quiet", "--bare", str(repo), str(tmp_path / "server.git"))
        git("remote", "add", "origin", str(tmp_path / "server.git"), repo=repo)
        return tmp_path / "server.git"

    def test_signed_tags_are_pushed(self, cli, repo, key, server):
        assert cli("assign", "churn", "prod", "--sign", "--push", repo=repo).code == 0
        names = ["churn#prod#1", "churn@v0.0.1"]
        assert (tag_names(server), tag_names(repo)) == (names, names)
        assert verdict(server, *names) == [True, True]

    def test_a_server_named_by_its_address_gets_them_too(self, cli, tmp_path, key, server):
        assert cli("-r", f"file://{server}", "assign", "churn", "prod", "--sign").code == 0
        assert verdict(server, "churn@v0.0.1", "churn#prod#1") == [True, True]

    def test_a_tag_of_the_same_name_is_not_in_the_way(self, cli, repo, key, server):
        git("tag", "-a", "-m", "x", "churn@v0.0.1", repo=repo)
        other = git("rev-parse", "churn@v0.0.1", repo=repo)
        done = cli("register", "churn", "--sign", "--push", repo=repo)
        assert done.code == 0
        assert "tag 'churn@v0.0.1' is different in this repository" in done.err
        assert verdict(server, "churn@v0.0.1") == [True]
        assert git("rev-parse", "churn@v0.0.1", repo=repo) == other


@pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed")
def test_openpgp_keys_sign(cli, repo, tmp_path_factory, monkeypatch):
    home = tmp_path_factory.mktemp("g")  # short: its socket's path is limited
    home.chmod(0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    make = [
        "gpg",
        "--batch",
        "--quiet",
        "--passphrase",
        "",
        "--quick-generate-key",
        "Grace Hopper <grace@example.com>",
        "ed25519",
    ]
    try:
        subprocess.run([*make, "sign", "never"], capture_output=True, check=True)
        assert cli("assign", "churn", "prod", "--sign", repo=repo).code == 0
        for name in ("churn@v0.0.1", "churn#prod#1"):
            verified = subprocess.run(["git", "verify-tag", name], cwd=repo, capture_output=True, text=True, check=True)
            assert 'Good signature from "Grace Hopper <grace@example.com>"' in verified.stderr
        assert "v0.0.1" in cli("which", "churn", "prod").out
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], capture_output=True, check=False)


def test_gto_reads_signed_tags(cli, repo, key):
    gto = peers.executable("gto")
    assert cli("assign", "churn", "prod", "--sign", repo=repo).code == 0
    shown = subprocess.run([gto, "show", "churn", "--json"], cwd=repo, capture_output=True, text=True, check=True)
    assert '"version": "v0.0.1"' in shown.stdout
    assert '"stage": "prod"' in shown.stdout
