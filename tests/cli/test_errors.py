"""Commands that fail: exit code, message, hint; as JSON with --json."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest

from gittag_registry.cli.main import ALIASES, COMMANDS, ELSEWHERE
from tests.testing.builder import git, tag_names
from tests.testing.programs import SLOW, program


@pytest.mark.parametrize(
    ("command", "code", "kind", "message", "hint"),
    [
        (
            "show -r /nowhere",
            1,
            "NotARepository",
            "'/nowhere' is not a directory",
            "--repo takes a path, an address, or the name of a remote",
        ),
        (
            "show churn!",
            2,
            "UsageError",
            "'churn!' is not an artifact name: character 6",
            "an artifact name has A-Z, a-z, 0-9",
        ),
        ("show --frobnicate", 2, "UsageError", "No such option", "git registry show -h"),
        ("latest", 2, "UsageError", "Missing argument 'NAME'", "git registry latest -h"),
        ("frobnicate", 2, "UsageError", "there is no command 'frobnicate'", "git registry -h"),
        ("shwo", 2, "UsageError", "there is no command 'shwo'", "did you mean 'show'?"),
        ("pull", 2, "UsageError", "there is no command 'pull'", "did you mean 'fetch'?"),
        ("list", 2, "UsageError", "there is no command 'list'", "did you mean 'show'?"),
        ("latest chrun", 3, "NotFound", "artifact 'chrun' is not registered", "did you mean 'churn'?"),
        ("register churn HEAD~1 --version v9", 5, "Conflict", "is already version 'v1.1.0'", None),
        ("assign churn prod/eu", 6, "Refused", "stage 'prod/eu' has a '/'", "use '-' instead"),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_every_kind_of_error_has_its_exit_code(cli, example, command, code, kind, message, hint, as_json):
    before = tag_names(example)
    words = command.split() + ["--json"] * as_json
    failed = cli(*words, repo=example)
    assert (failed.code, failed.out) == (code, "")
    assert tag_names(example) == before
    if as_json:
        document = json.loads(failed.err)
        assert list(document) == ["schema", "error"]
        assert document["schema"] == 1
        assert (document["error"]["kind"], document["error"]["exit_code"]) == (kind, code)
        assert message in document["error"]["message"]
        assert hint is None or hint in document["error"]["hint"]
    else:
        assert failed.err.startswith("error: ")
        assert message in failed.err
        assert hint is None or hint in failed.err.partition("\nhint: ")[2]
        assert "Traceback" not in failed.err


@pytest.mark.parametrize("options", [["--format", "json"], ["--format=json"]])
def test_the_long_form_of_json_makes_errors_json_too(cli, example, options):
    assert json.loads(cli("latest", "chrun", *options, repo=example).err)["error"]["exit_code"] == 3


def test_warnings_stay_text_beside_json(cli, example):
    git("tag", "churn@v9.0.0", repo=example)
    asked = cli("latest", "churn", "--json", repo=example)
    assert json.loads(asked.out)["versions"][0]["version"] == "v1.1.0"
    assert asked.err.startswith("warning: ")


def test_doctor_that_finds_a_problem_exits_with_6(cli, example):
    assert cli("doctor", repo=example).code == 0
    git("tag", "churn@v9.0.0", repo=example)
    assert cli("doctor").code == 6


@pytest.fixture
def broken(monkeypatch):
    """A bug in the command that lists stages."""

    def fail(*args, **kwargs):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("gittag_registry.registry.Registry.stages", fail)


def test_a_bug_says_so_and_how_to_report_it(cli, example, broken):
    failed = cli("stages", repo=example)
    assert (failed.code, failed.out) == (70, "")
    assert failed.err.startswith("error: this is a bug: ZeroDivisionError: division by zero\nhint: report it ")
    assert "Traceback" not in failed.err
    assert json.loads(cli("stages", "--json").err)["error"]["exit_code"] == 70


def test_debug_shows_the_traceback_and_keeps_the_exit_code(cli, example, broken):
    failed = cli("stages", "--debug", repo=example)
    assert failed.code == 70
    assert "Traceback" in failed.err
    assert "ZeroDivisionError: division by zero" in failed.err
    missing = cli("latest", "chrun", "--debug")
    assert missing.code == 3
    assert "Traceback" in missing.err


def test_an_interrupt_ends_quietly(cli, example, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("gittag_registry.registry.Registry.stages", interrupt)
    failed = cli("stages", repo=example)
    assert (failed.code, failed.out, failed.err) == (130, "", "\nerror: interrupted\n")


@pytest.mark.usefixtures("installed")
def test_the_interrupt_signal_writes_nothing(example, tmp_path):
    before = tag_names(example)
    pipe = tmp_path / "message"
    os.mkfifo(pipe)
    command = ["git-registry", "register", "churn", "-F", str(pipe)]
    process = subprocess.Popen(
        command,
        cwd=example,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # what runs in the background ignores it
    )
    with process, pipe.open("w"):  # opens when the command reads its message
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=SLOW)
    assert process.returncode == 130
    assert errors.decode() == "error: interrupted; nothing was written\n"
    assert tag_names(example) == before


def test_without_git_the_error_says_so(cli, example, monkeypatch):
    monkeypatch.setenv("PATH", str(example))
    failed = cli("show", repo=example)
    assert (failed.code, failed.out) == (1, "")
    assert failed.err == "error: git is not installed, or not on the PATH\n"


def test_without_an_identity_the_error_says_how_to_set_one(cli, example, isolated, monkeypatch):
    (isolated / ".gitconfig").write_text("[user]\n useConfigOnly = true\n")
    before = tag_names(example)
    failed = cli("register", "churn", repo=example)
    assert (failed.code, failed.out) == (1, "")
    assert "hint: set GIT_COMMITTER_NAME and GIT_COMMITTER_EMAIL, or: git config --global user." in failed.err
    assert tag_names(example) == before


@pytest.mark.usefixtures("installed")
def test_a_repository_of_another_user_is_named_with_the_way_to_trust_it(example):
    os.chown(example / ".git", 12345, 12345)
    os.chown(example, 12345, 12345)
    done = program("git-registry", "show", cwd=example, env={"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
    assert done.code == 1
    assert "it belongs to another user" in done.err
    assert "hint: if you trust it: git config --global --add safe.directory " in done.err


def test_an_option_without_its_value_points_at_the_help_of_the_command(cli, example):
    failed = cli("register", "churn", "--bump", repo=example)
    assert failed.code == 2
    assert failed.err == "error: Option '--bump' requires an argument.\nhint: git registry register -h\n"


def test_words_of_other_tools_lead_to_commands_and_are_none(cli, example):
    assert set(ELSEWHERE.values()) <= set(COMMANDS)
    assert not set(ELSEWHERE) & {*COMMANDS, *ALIASES}
    for word, command in ELSEWHERE.items():
        assert cli(word, repo=example).err == f"error: there is no command {word!r}\nhint: did you mean {command!r}?\n"
