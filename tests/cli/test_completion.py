"""Completion, called as the shells call it."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from tests.testing.builder import git
from tests.testing.programs import in_terminal, program
from tests.testing.remotes import need

GITS_OWN = Path("/usr/share/bash-completion/completions/git")

pytestmark = pytest.mark.usefixtures("installed")


def complete(cwd: Path, line: str, words: list[str], function: str = "_git_registry_program") -> list[str]:
    """What bash would offer for a line; the words are as COMP_WORDBREAKS takes them apart."""
    script = f"""
        eval "$(git-registry completion bash)"
        COMP_LINE={shlex.quote(line)} COMP_POINT={len(line)}
        COMP_WORDS=({shlex.join(words)}) COMP_CWORD={len(words) - 1}
        {function} {words[0]}
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = program("bash", "--norc", "-c", script, cwd=cwd)
    assert (done.code, done.err) == (0, "")
    return done.out.split()


@pytest.mark.parametrize("name", ["git-registry", "gittag-registry"])
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["sh"], ["show"]),
        (["pro"], ["promote"]),
        (["l"], ["latest", "ls", "log"]),
        (["show", "ch"], ["churn"]),
        (["show", ""], ["churn", "models:embed", "segment"]),
        (["show", "churn#"], ["churn#prod", "churn#staging"]),
        (["show", "churn#st"], ["churn#staging"]),
        (["which", "churn", ""], ["prod", "staging"]),
        (["assign", "churn", "pr"], ["prod"]),
        (["assign", "churn", "--stage", ""], ["prod", "staging"]),
        (["assign", "churn", "prod", "--version", ""], ["v2.0.0-rc.1", "v1.1.0", "v1.0.0"]),
        (["deregister", "churn", "v1.1"], ["v1.1.0"]),
        (["rollback", "churn", "prod", "--to", "v1.0"], ["v1.0.0"]),
        (["register", "churn", "--bump-mi"], ["--bump-minor"]),
        (["register", "churn", "--bump", "m"], ["major", "minor"]),
        (["help", "tag"], ["tag-format"]),
        (["completion", "z"], ["zsh"]),
        (["show", "nothing-like-it"], []),
        (["check-ref", "churn#prod"], ["churn#prod#1", "churn#prod#3"]),
        (["history", "--stage", ""], ["prod", "staging"]),
        (["which", "--rev", "H"], ["HEAD"]),
        (["push", "--remote", ""], ["upstream"]),
        (["assign", "churn", "prod", "--remote", "u"], ["upstream"]),
    ],
)
def test_bash_offers_commands_artifacts_versions_and_stages(company, name, typed, offered):
    git("remote", "add", "upstream", "elsewhere", repo=company)
    words = [name, *typed]
    assert complete(company, " ".join(words), words) == offered


def test_bash_offers_versions_after_the_at_sign(company):
    # bash breaks words at '@' and replaces what begins with it
    assert complete(company, "git-registry show churn@v1.", ["git-registry", "show", "churn", "@v1."]) == [
        "@v1.1.0",
        "@v1.0.0",
    ]
    assert complete(company, "git-registry show churn@v1.1", ["git-registry", "show", "churn", "@", "v1.1"]) == [
        "@v1.1.0"
    ]
    everything = complete(company, "git-registry show churn@", ["git-registry", "show", "churn", "@"])
    assert everything[:2] == ["@latest", "@v2.0.0-rc.1"]


def test_bash_offers_artifacts_in_a_directory(company):
    # and at ':', of which it replaces what comes after
    words = ["git-registry", "show", "models", ":", "em"]
    assert complete(company, "git-registry show models:em", words) == ["embed"]
    words = ["git-registry", "show", "models", ":", "embed#"]
    assert complete(company, "git-registry show models:embed#", words) == ["embed#prod"]


def test_bash_completes_inside_quotes(company):
    words = ["git-registry", "show", "'churn@v1.1"]
    assert complete(company, "git-registry show 'churn@v1.1", words) == ["churn@v1.1.0"]


@pytest.mark.parametrize(
    ("line", "words", "offered"),
    [
        ("git registry sh", ["git", "registry", "sh"], ["show"]),
        ("git registry show ch", ["git", "registry", "show", "ch"], ["churn"]),
        ("git registry which churn ", ["git", "registry", "which", "churn", ""], ["prod", "staging"]),
        ("git registry show churn@v1.1", ["git", "registry", "show", "churn", "@v1.1"], ["@v1.1.0"]),
        ("git --no-pager registry show ch", ["git", "--no-pager", "registry", "show", "ch"], ["churn"]),
    ],
)
def test_gits_own_completion_calls_ours(company, line, words, offered):
    assert complete(company, line, words, "_git_registry") == offered


def test_the_allowed_stages_are_offered_too(company):
    (company / ".gittag-registry.yaml").write_text("stages: [dev, prod]\n")
    assert complete(company, "git-registry assign churn ", ["git-registry", "assign", "churn", ""]) == [
        "dev",
        "prod",
        "staging",
    ]


@pytest.mark.parametrize("options", [["-r", "repo"], ["-C", "repo"], ["-C", "repo/models", "-r", ".."]])
def test_the_repository_on_the_line_is_asked(company, options):
    words = ["git-registry", "show", *options, "ch"]
    assert complete(company.parent, " ".join(words), words) == ["churn"]


def test_outside_a_repository_nothing_is_offered_and_nothing_said(tmp_path):
    assert complete(tmp_path, "git-registry show ch", ["git-registry", "show", "ch"]) == []


@pytest.mark.parametrize(
    "command",
    [
        "git-registry latest ch",
        pytest.param(
            "git registry latest ch",
            marks=pytest.mark.skipif(not GITS_OWN.exists(), reason="git's completion is not installed"),
        ),
    ],
)
def test_the_tab_key_completes_in_a_terminal(company, tmp_path, command):
    startup = tmp_path / "bashrc"
    startup.write_text(f'[ ! -e {GITS_OWN} ] || . {GITS_OWN}\neval "$(git-registry completion bash)"\n')
    done = in_terminal("bash", "--rcfile", str(startup), "-i", cwd=company, typed=f"{command}\t --ref\nexit\n")
    assert "churn@v1.1.0" in done.out


@pytest.mark.skipif(not GITS_OWN.exists(), reason="git's completion is not installed")
def test_bash_ends_a_finished_word_with_a_space(company, tmp_path):
    startup = tmp_path / "bashrc"
    startup.write_text(f'. {GITS_OWN}\neval "$(git-registry completion bash)"\n')
    done = in_terminal(
        "bash", "--rcfile", str(startup), "-i", cwd=company, typed="git registry latest ch\t--ref\nexit\n"
    )
    assert "churn@v1.1.0" in done.out


@pytest.fixture
def shells() -> None:
    """zsh and fish, which are installed if needed."""
    need("zsh", "fish")


@pytest.mark.usefixtures("shells")
@pytest.mark.parametrize("start", ["git-registry", "git -C . registry"])
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("sh", ["show"]),
        ("show ch", ["churn"]),
        ("show churn@v1", ["churn@v1.0.0", "churn@v1.1.0"]),
        ("which churn ", ["prod", "staging"]),
        ("assign churn prod --version v1", ["v1.0.0", "v1.1.0"]),
    ],
)
def test_fish_offers_the_same(company, start, typed, offered):
    script = f"git-registry completion fish | source; complete --do-complete '{start} {typed}'"
    done = program("fish", "--no-config", "--command", script, cwd=company)
    assert [line.split("\t")[0] for line in done.out.splitlines()] == offered
    assert done.err == ""


@pytest.mark.usefixtures("shells")
@pytest.mark.parametrize("start", ["git-registry", "git -C . registry"])
@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("latest ch\t--ref", "churn@v1.1.0"),
        ("which churn st\t--ref", "churn@v1.1.0"),
        ("show churn@v1.0\t--format md", "| churn      | v1.0.0"),
    ],
)
def test_zsh_completes_in_a_terminal(company, tmp_path, start, typed, printed):
    (tmp_path / ".zshrc").write_text('autoload -Uz compinit && compinit -u\neval "$(git-registry completion zsh)"\n')
    done = in_terminal("zsh", "-i", cwd=company, typed=f"{start} {typed}\nexit\n", env={"ZDOTDIR": str(tmp_path)})
    assert printed in done.out


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_scripts_for_other_shells_ask_both_programs(cli, tmp_path, shell):
    printed = cli("completion", shell, repo=tmp_path)
    assert (printed.code, printed.err) == (0, "")
    assert printed.out.count(f"_GIT_REGISTRY_COMPLETE={shell}_complete") == 3  # and for `git registry`
    assert {"git-registry", "gittag-registry"} <= set(printed.out.replace(";", " ").split())


def test_the_script_for_powershell_asks_as_bash_does(cli, tmp_path):
    printed = cli("completion", "powershell", repo=tmp_path).out
    assert "Register-ArgumentCompleter -Native -CommandName git-registry, gittag-registry" in printed
    assert "_GIT_REGISTRY_COMPLETE = 'bash_complete'" in printed


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_is_answered(company, shell):
    env = {"COMP_WORDS": "git-registry show chu", "COMP_CWORD": "chu" if shell == "fish" else "2"}
    done = program("git-registry", cwd=company, env={**env, "_GIT_REGISTRY_COMPLETE": f"{shell}_complete"})
    assert "churn" in done.out
    assert done.err == ""


def test_an_unknown_shell_is_a_usage_error(cli, tmp_path):
    refused = cli("completion", "csh", repo=tmp_path)
    assert (refused.code, refused.out) == (2, "")
    assert "'bash'" in refused.err


def test_completing_writes_nothing(company):
    before = sorted(os.listdir(company))
    complete(company, "git-registry register ch", ["git-registry", "register", "ch"])
    assert sorted(os.listdir(company)) == before
