"""The message of a tag: `-m`, `-F`, `--edit`."""

from __future__ import annotations

import json
import os
import shlex
import stat

import pytest

from tests.testing.builder import git, tag_names
from tests.testing.programs import in_terminal, program


@pytest.fixture
def commit(builder):
    """One commit and no tag."""
    builder.commit()
    return builder.build()


def message(repo, tag="churn@v0.0.1") -> str:
    """What the user wrote: the message without the registry's trailers."""
    return git("for-each-ref", "--format=%(contents)", f"refs/tags/{tag}", repo=repo).split("\n\nRegistry-")[0]


@pytest.fixture
def editor(tmp_path, monkeypatch):
    """Make a shell script the user's editor; `$1` is the file to edit."""

    def write(script: str) -> None:
        path = tmp_path / "my editor"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("GIT_EDITOR", shlex.quote(str(path)))

    return write


@pytest.mark.parametrize("option", ["-m", "--message"])
def test_a_message_on_the_command_line(cli, commit, option):
    cli("register", "churn", option, "Best so far", repo=commit)
    assert message(commit) == "Best so far"


def test_a_message_keeps_its_body_and_its_hash_signs(cli, commit):
    text = "Best so far\n\n# 3 epochs\n  - indented\n\nNote that it is: good"
    cli("register", "churn", "-m", text, repo=commit)
    assert message(commit) == text


def test_a_message_is_any_unicode(cli, commit):
    cli("register", "churn", "-m", "Größer, 改良, 🚀", repo=commit)
    assert message(commit) == "Größer, 改良, 🚀"
    assert "Größer, 改良, 🚀" in cli("show", "churn", "--format", "csv").out


@pytest.mark.parametrize("option", ["-F", "--file"])
def test_a_message_from_a_file(cli, commit, tmp_path, option):
    (tmp_path / "notes").write_text("From a file\n\nWith a body.\n", encoding="utf-8")
    cli("register", "churn", option, str(tmp_path / "notes"), repo=commit)
    assert message(commit) == "From a file\n\nWith a body."


@pytest.mark.usefixtures("installed")
def test_a_message_from_standard_input(commit):
    done = program("git", "registry", "register", "churn", "-F", "-", cwd=commit, data="From a pipe\n")
    assert done.code == 0
    assert message(commit) == "From a pipe"


def test_a_message_from_the_editor(cli, commit, editor):
    editor('{ echo "Edited"; cat "$1"; } > "$1.new"; mv "$1.new" "$1"')
    assert cli("register", "churn", "--edit", repo=commit).code == 0
    assert message(commit) == "Edited"


def test_what_head_was_before_the_editor_is_registered(cli, commit, editor):
    before = git("rev-parse", "HEAD", repo=commit).strip()
    editor(f'git -C "{commit}" commit --quiet --allow-empty -m later; echo Edited > "$1"')
    assert cli("register", "churn", "--edit", repo=commit).code == 0
    assert git("rev-parse", "churn@v0.0.1^{commit}", repo=commit).strip() == before


def test_the_editor_begins_with_the_message_given(cli, commit, editor):
    editor('sed -i s/far/near/ "$1"')
    cli("register", "churn", "-m", "Best so far", "-e", repo=commit)
    assert message(commit) == "Best so near"


def test_leaving_the_editor_without_a_change_keeps_the_message_given(cli, commit, editor):
    editor("true")
    assert cli("register", "churn", "-m", "Best so far", "--edit", repo=commit).code == 0
    assert message(commit) == "Best so far"


def test_the_editor_is_told_what_it_edits(cli, commit, editor, tmp_path):
    editor(f'cp "$1" {shlex.quote(str(tmp_path / "seen"))}; echo done > "$1"')
    cli("register", "churn", "--edit", repo=commit)
    assert "# Write the message of the tag of 'churn'." in (tmp_path / "seen").read_text()


@pytest.mark.parametrize("script", ["true", 'echo "# nothing" > "$1"', ': > "$1"'])
def test_an_empty_message_in_the_editor_writes_nothing(cli, commit, editor, script):
    editor(script)
    refused = cli("register", "churn", "--edit", repo=commit)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == "error: the message is empty; nothing was written\n"
    assert tag_names(commit) == []


@pytest.mark.parametrize("operands", [["no name"], ["churn", "nowhere"], ["churn", "--version", "first"]])
def test_what_is_wrong_is_said_before_a_message_is_written_in_vain(cli, commit, editor, tmp_path, operands):
    editor(f'echo Edited | tee "$1" > {shlex.quote(str(tmp_path / "seen"))}')
    assert cli("register", *operands, "--edit", repo=commit).code in (2, 3)
    assert not (tmp_path / "seen").exists()
    assert cli("register", "churn", "--edit", repo=commit).code == 0
    assert (tmp_path / "seen").exists()


def test_an_editor_that_fails_writes_nothing(cli, commit, editor):
    editor('echo "half a message" > "$1"; exit 1')
    refused = cli("register", "churn", "--edit", repo=commit)
    assert (refused.code, refused.out) == (1, "")
    assert "Editing failed" in refused.err
    assert tag_names(commit) == []


def test_the_editor_git_is_configured_with_is_used(cli, commit, tmp_path):
    git("config", "core.editor", "sed -i 1s/^/configured/", repo=commit)
    assert cli("register", "churn", "--edit", repo=commit).code == 0
    assert message(commit) == "configured"


@pytest.mark.usefixtures("installed")
def test_the_editor_has_the_terminal(commit, editor):
    editor('read answer; echo "$answer" > "$1"')
    done = in_terminal("git", "registry", "register", "churn", "--edit", cwd=commit, typed="typed at the terminal\n")
    assert done.code == 0
    assert message(commit) == "typed at the terminal"


def test_both_tags_of_an_assignment_get_the_message(cli, commit):
    cli("assign", "churn", "prod", "-m", "Ship it", repo=commit)
    assert message(commit) == "Ship it"
    assert message(commit, "churn#prod#1") == "Ship it"


@pytest.mark.parametrize(
    ("command", "tag"),
    [
        (["unassign", "churn", "prod"], "churn#prod!#2"),
        (["deregister", "churn", "v1.0.0"], "churn@v1.0.0!"),
        (["deprecate", "churn"], "churn@deprecated"),
        (["rollback", "churn", "prod", "--force", "--to", "v1.0.0"], "churn#prod#2"),
    ],
)
def test_every_writing_command_takes_a_message(cli, example, command, tag):
    assert cli(*command, "-m", "My reason", repo=example).code == 0
    assert message(example, tag) == "My reason"


def test_an_empty_message_means_the_default(cli, commit):
    cli("register", "churn", "-m", "", repo=commit)
    assert message(commit) == "Registering artifact churn version v0.0.1"


def test_a_message_and_a_file_do_not_go_together(cli, commit, tmp_path):
    (tmp_path / "notes").write_text("x")
    assert cli("register", "churn", "-m", "a", "-F", str(tmp_path / "notes"), repo=commit).code == 2
    assert tag_names(commit) == []


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_message_file_that_cannot_be_read_is_a_usage_error(cli, commit, name):
    refused = cli("register", "churn", "-F", name, repo=commit)
    assert (refused.code, refused.out) == (2, "")
    assert f"'{name}'" in refused.err
    assert tag_names(commit) == []


def test_a_message_file_that_is_not_text_is_refused(cli, commit, tmp_path):
    (tmp_path / "notes").write_bytes(b"caf\xe9")
    refused = cli("register", "churn", "-F", str(tmp_path / "notes"), repo=commit)
    assert (refused.code, refused.out) == (2, "")
    assert "is not UTF-8" in refused.err
    assert tag_names(commit) == []


def test_a_message_file_without_an_end_is_refused(cli, commit):
    refused = cli("register", "churn", "-F", "/dev/zero", repo=commit)
    assert (refused.code, refused.out) == (6, "")
    assert "'/dev/zero' is too long" in refused.err
    assert tag_names(commit) == []


def test_a_message_that_is_not_text_is_refused(cli, commit):
    refused = cli("register", "churn", "-m", os.fsdecode(b"caf\xe9"), repo=commit)
    assert (refused.code, refused.out) == (2, "")
    assert tag_names(commit) == []


def test_a_message_too_long_to_be_read_again_is_refused(cli, commit, tmp_path):
    (tmp_path / "log").write_text("epoch\n" * 20_000)
    refused = cli("register", "churn", "-F", str(tmp_path / "log"), repo=commit)
    assert (refused.code, refused.out) == (6, "")
    assert "hint: shorten the message\n" in refused.err
    assert tag_names(commit) == []


def test_a_message_that_quotes_a_signature_keeps_its_trailers(cli, example):
    text = "See\n-----BEGIN PGP SIGNATURE-----\nhow I signed"
    assert cli("assign", "churn", "dev", "--version", "v1.1.0", "-m", text, repo=example).code == 0
    trailers = json.loads(cli("check-ref", "churn#dev#2", "--json").out)["event"]["trailers"]
    assert trailers["Registry-Version"] == ["v1.1.0"]


def test_a_message_with_a_null_character_is_refused(cli, commit, tmp_path):
    (tmp_path / "notes").write_bytes(b"a\0b")
    refused = cli("register", "churn", "-F", str(tmp_path / "notes"), repo=commit)
    assert (refused.code, refused.out) == (2, "")
    assert tag_names(commit) == []


def test_each_message_option_is_a_paragraph_as_in_git(cli, example):
    done = cli(
        "register", "churn", "-m", "Ship it", "-m", "It is\nbetter.\n", "-m", "", "-m", "Reviewed-by: Ann", repo=example
    )
    assert done.code == 0
    message = git("for-each-ref", "--format=%(contents)", "refs/tags/churn@v1.1.1")
    text, _, operation = message.rpartition("Registry-Op: ")
    assert text == "Ship it\n\nIt is\nbetter.\n\nReviewed-by: Ann\n"
    assert git("for-each-ref", "--format=%(trailers:only,unfold)", "refs/tags/churn@v1.1.1").splitlines()[:2] == [
        "Reviewed-by: Ann",
        f"Registry-Op: {operation.strip()}",
    ]
    assert json.loads(cli("check-ref", "churn@v1.1.1", "--json").out)["event"]["trailers"]["Reviewed-by"] == ["Ann"]


def test_each_message_option_of_a_commit_is_a_paragraph(cli, example):
    cli("annotate", "churn", "--type", "dataset", "-m", "It is data", "-m", "Really.", repo=example)
    assert git("log", "-1", "--format=%B").strip() == "It is data\n\nReally."


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("register churn --version v1.0.0", 5),
        ("register churn --bump patch --version v2", 2),
        ("assign churn prod --version v9.9.9", 3),
        ("assign churn canary", 6),
        ("unassign churn dev", 3),
        ("rollback churn prod", 3),
        ("register churn --push", 2),
        ("assign churn prod --version v1.0.0", 0),
        ("register churn HEAD~1", 0),
    ],
)
def test_the_editor_opens_only_if_there_will_be_a_message(cli, example, editor, tmp_path, command, code):
    (example / ".gittag-registry.yaml").write_text("stages: [prod, dev]\n")
    opened = tmp_path / "opened"
    editor(f'echo Edited | tee {shlex.quote(str(opened))} > "$1"')
    assert cli(*command.split(), "--edit", repo=example).code == code
    assert not opened.exists()
    assert cli("register", "churn", "--edit").code == 0
    assert opened.exists()
