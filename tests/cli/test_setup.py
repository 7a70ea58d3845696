"""`git registry init`, `config`, `doctor`, `demo` and `help`."""

from __future__ import annotations

import json
import os
import re
import shutil
import sysconfig
from pathlib import Path

import pytest

from tests.testing.builder import git, tag_names
from tests.testing.programs import Done, program


@pytest.fixture
def empty(builder):
    builder.commit()
    return builder.build()


def test_init_writes_a_commented_configuration(cli, empty):
    done = cli("init", repo=empty)
    assert (done.code, done.out) == (0, "")
    assert done.err == "wrote .gittag-registry.yaml at the top of the repository; edit it, and git add it\n"
    lines = (empty / ".gittag-registry.yaml").read_text().splitlines()
    assert all(line.startswith("#") or not line for line in lines)
    assert cli("config", "list", "--plain").out == (
        "stages\t-\ntypes\t-\nartifacts\tany\nbump\tpatch\npre_id\trc\npush\tno\nremote\t-\ntimeout\t30\n"
    )


def test_every_setting_of_the_written_file_is_right_when_uncommented(cli, empty):
    cli("init", repo=empty)
    path = empty / ".gittag-registry.yaml"
    path.write_text(re.sub(r"(?m)^#(\w+:)", r"\1", path.read_text()))
    assert cli("config", "list", "--plain").out == (
        "stages\tdev, staging, prod\ntypes\tmodel, dataset\nartifacts\tannotated\nbump\tpatch\npre_id\trc\n"
        "push\tyes\nremote\torigin\ntimeout\t30\n"
    )


def test_init_writes_at_the_top_of_the_repository(cli, company):
    cli("init", repo=company / "models")
    assert (company / ".gittag-registry.yaml").exists()


def test_init_overwrites_nothing(cli, empty):
    (empty / ".gittag-registry.yaml").write_text("bump: minor\n")
    refused = cli("init", repo=empty)
    assert (refused.code, refused.err) == (5, "error: .gittag-registry.yaml already exists\n")
    assert (empty / ".gittag-registry.yaml").read_text() == "bump: minor\n"


def test_init_needs_a_working_tree(cli, tmp_path):
    git("init", "--quiet", "--bare", str(tmp_path / "bare"))
    assert cli("init", repo=tmp_path / "bare").code == 6


def test_settings_come_from_the_nearest_source(cli, empty, isolated, monkeypatch):
    user = isolated / ".config" / "gittag-registry"
    user.mkdir(parents=True)
    (user / "config.yaml").write_text("bump: major\npre_id: user\nstages: [user]\ntypes: [user]\n")
    (empty / ".gto").write_text("stages: [gto]\ntypes: [gto]\n")
    (empty / ".gittag-registry.yaml").write_text("stages: [repo]\npre_id: repo\ntimeout: 5\n")
    monkeypatch.setenv("GITTAG_PRE_ID", "env")
    asked = cli("config", "list", "--show-origin", "--plain", repo=empty)
    assert asked.out == (
        "stages\trepo\t.gittag-registry.yaml\n"
        "types\tgto\t.gto\n"
        "artifacts\tany\tdefault\n"
        f"bump\tmajor\t{user}/config.yaml\n"
        "pre_id\tenv\tGITTAG_PRE_ID\n"
        "push\tno\tdefault\n"
        "remote\t-\tdefault\n"
        "timeout\t5\t.gittag-registry.yaml\n"
    )


def test_what_nobody_set_is_the_default(cli, empty):
    asked = cli("config", "list", "--show-origin", "--plain", repo=empty)
    assert asked.out == (
        "stages\t-\tdefault\ntypes\t-\tdefault\nartifacts\tany\tdefault\nbump\tpatch\tdefault\npre_id\trc\tdefault\n"
        "push\tno\tdefault\nremote\t-\tdefault\ntimeout\t30\tdefault\n"
    )


@pytest.mark.parametrize(
    ("variable", "text", "line"),
    [
        ("GITTAG_STAGES", "dev, prod", "stages\tdev, prod\tGITTAG_STAGES"),
        ("GITTAG_TYPES", "model", "types\tmodel\tGITTAG_TYPES"),
        ("GITTAG_BUMP", "minor", "bump\tminor\tGITTAG_BUMP"),
        ("GITTAG_PRE_ID", "beta", "pre_id\tbeta\tGITTAG_PRE_ID"),
        ("GITTAG_PUSH", "true", "push\tyes\tGITTAG_PUSH"),
        ("GITTAG_REMOTE", "upstream", "remote\tupstream\tGITTAG_REMOTE"),
        ("GITTAG_TIMEOUT", "5", "timeout\t5\tGITTAG_TIMEOUT"),
    ],
)
def test_every_setting_has_a_variable(cli, empty, monkeypatch, variable, text, line):
    monkeypatch.setenv(variable, text)
    assert line in cli("config", "list", "--show-origin", "--plain", repo=empty).out.splitlines()


def test_settings_as_json(cli, empty):
    (empty / ".gittag-registry.yaml").write_text("stages: [dev]\n")
    document = json.loads(cli("config", "list", "--json", repo=empty).out)
    assert document["schema"] == 1
    assert document["settings"][0] == {"key": "stages", "value": ["dev"], "origin": ".gittag-registry.yaml"}


def test_the_configuration_of_a_bare_repository_is_that_of_its_head(cli, builder, tmp_path):
    builder.commit({".gittag-registry.yaml": "stages: [prod]\n"})
    git("clone", "--quiet", "--bare", str(builder.build()), str(tmp_path / "bare"))
    assert cli("stages", repo=tmp_path / "bare").out == "prod\n"


def test_gtos_other_settings_are_passed_over(cli, empty):
    (empty / ".gto").write_text("stages: [dev]\nlog_level: DEBUG\nemojis: false\n")
    assert cli("stages", repo=empty).out == "dev\n"


def test_doctor_finds_nothing_wrong_with_a_sound_registry(cli, company):
    asked = cli("doctor", repo=company)
    assert (asked.code, asked.out, asked.err) == (0, "", "no problems found\n")


def test_doctor_names_every_problem_and_a_fix(cli, builder):
    commit = builder.commit(
        {"artifacts.yaml": "churn:\n  type: [model]\n", ".gittag-registry.yaml": "stages: [prod]\n"}
    )
    builder.tag("churn@v1.0.0", commit)
    builder.tag("churn@v1.1.0", commit)
    builder.tag("churn#dev#1", commit)
    builder.tag("Churn@v1.0.0", commit)
    builder.lightweight("churn@v2.0.0", commit)
    asked = cli("doctor", "--format", "jsonl", repo=builder.build())
    assert asked.code == 6
    found = [json.loads(line) for line in asked.out.splitlines()]
    assert sorted((f["check"], f["subject"]) for f in found) == [
        ("case-collision", "Churn"),
        ("invalid-file", "artifacts.yaml:2"),
        ("shared-commit", "churn@v1.1.0"),
        ("skipped-tag", "churn@v2.0.0"),
        ("stage-not-allowed", "churn#dev"),
    ]


def test_doctor_in_words(cli, builder):
    builder.lightweight("churn@v2.0.0", builder.commit())
    asked = cli("doctor", repo=builder.build())
    assert asked.code == 6
    assert asked.out.startswith(
        "error: churn@v2.0.0: the tag is skipped: it is lightweight: no author, no date\n    fix: git tag "
    )


def test_the_fix_that_doctor_prints_for_a_lightweight_tag_fixes_it(cli, builder):
    builder.lightweight("churn@v2.0.0", builder.commit())
    repo = builder.build()
    fix = json.loads(cli("doctor", "--json", repo=repo).out)["findings"][0]["fix"]
    assert program("bash", "-c", fix, cwd=repo).code == 0
    assert cli("doctor").code == 0
    assert cli("latest", "churn").out == "v2.0.0\n"


@pytest.mark.parametrize(
    ("options", "check"),
    [(["--depth", "1", "--no-single-branch"], "incomplete-clone"), (["--no-tags"], "incomplete-clone")],
)
def test_doctor_recognises_half_a_clone(cli, company, tmp_path, options, check):
    git("clone", "--quiet", *options, f"file://{company}", str(tmp_path / "clone"))
    asked = cli("doctor", "--format", "jsonl", repo=tmp_path / "clone")
    assert asked.code == 6
    assert check in [json.loads(line)["check"] for line in asked.out.splitlines()]


def test_demo_builds_a_registry_and_runs_the_life_cycle(cli, tmp_path):
    done = cli("demo", "shop", repo=tmp_path)
    assert done.code == 0
    assert "$ git registry register churn@v1.0.0\ncreated tag 'churn@v1.0.0'" in done.out
    assert "$ git registry which churn prod\nv1.0.1\n" in done.out
    assert "│ churn      │ v1.0.1   │ v1.0.0  │ v1.0.1     │" in done.out
    assert done.out.endswith(
        "The repository stays in shop:\n  look at its tags: git -C shop tag -n\n  remove it:        rm -rf shop\n"
    )
    assert tag_names(tmp_path / "shop") == [
        "churn#prod#1",
        "churn#prod#3",
        "churn#prod#4",
        "churn#staging#2",
        "churn@v1.0.0",
        "churn@v1.0.1",
    ]
    assert cli("doctor", "-r", "shop").code == 0


def test_demo_needs_no_git_identity(cli, tmp_path, isolated, monkeypatch):
    (isolated / ".gitconfig").unlink()
    monkeypatch.setenv("EMAIL", "")
    assert cli("demo", repo=tmp_path).code == 0
    assert (tmp_path / "registry-demo" / ".git").is_dir()


def test_demo_fills_an_empty_folder_and_no_other(cli, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("years of work")
    assert cli("demo", "empty", repo=tmp_path).code == 0
    refused = cli("demo", "full")
    assert (refused.code, refused.out) == (5, "")
    assert refused.err == "error: 'full' exists and is not empty\nhint: git registry demo full-2\n"
    assert os.listdir(tmp_path / "full") == ["thesis.tex"]


def make_demo(place: Path, **variables: str) -> Done:
    """Run `make demo` with this installation, as if it had been set up; temporary directories are made in a place."""
    place.mkdir()
    scripts = sysconfig.get_path("scripts")
    words = ("make", "--silent", "--assume-old=.venv/.ready", "demo", f"BIN={scripts}")
    return program(*words, cwd=Path(__file__).parents[2], env={"TMPDIR": str(place), **variables})


def test_make_demo_says_where_it_left_the_repository_and_how_to_remove_it(tmp_path):
    done = make_demo(tmp_path / "temporary")
    assert done.code == 0
    [repo] = (tmp_path / "temporary").iterdir()
    look, remove = (line.partition(": ")[2].strip() for line in done.out.splitlines()[-2:])
    assert program("bash", "-c", look, cwd=tmp_path).out.startswith("churn#prod#1 ")
    assert remove == f"rm -rf {repo}"
    assert program("bash", "-c", remove, cwd=tmp_path).code == 0
    assert os.listdir(tmp_path / "temporary") == []


def test_make_demo_that_fails_leaves_nothing(tmp_path):
    done = make_demo(tmp_path / "temporary", GIT_COMMITTER_DATE="never")
    assert done.code != 0
    assert "never" in done.err
    assert os.listdir(tmp_path / "temporary") == []


@pytest.mark.parametrize(
    ("topic", "phrase"),
    [
        ("tag-format", "churn@v1.2.0!       version v1.2.0 is not valid any more"),
        ("selectors", "NAME#STAGE        the version in a stage: churn#prod"),
        ("times", "2w, 3d, 12h, 5m          this long ago"),
        ("exit-codes", "3    nothing matches"),
    ],
)
def test_help_explains_topics(cli, tmp_path, topic, phrase):
    asked = cli("help", topic, repo=tmp_path)
    assert (asked.code, asked.err) == (0, "")
    assert phrase in asked.out


def test_help_lists_its_topics(cli, tmp_path):
    assert "tag-format, selectors, times, exit-codes" in cli("help", repo=tmp_path).out


def test_help_on_an_unknown_topic_lists_them(cli, tmp_path):
    asked = cli("help", "everything", repo=tmp_path)
    assert asked.code == 2
    assert asked.err == "error: there is no topic or command 'everything'\nhint: list them: git registry help\n"
    assert "did you mean 'times'?" in cli("help", "tmies").err


@pytest.mark.parametrize("words", ["show", "config", "config set", "cache clean", "promote"])
def test_help_explains_commands(cli, tmp_path, words):
    asked = cli("help", *words.split(), repo=tmp_path)
    assert (asked.code, asked.err) == (0, "")
    assert asked.out == cli(*words.split(), "-h").out


@pytest.mark.parametrize("words", ["shwo", "config sett", "show churn", "times show"])
def test_help_on_what_is_no_command_is_an_error(cli, tmp_path, words):
    assert cli("help", *words.split(), repo=tmp_path).code == 2


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_command_explains_itself(cli, tmp_path, option):
    from gittag_registry.cli.main import COMMANDS

    for name in [*COMMANDS, "promote"]:
        asked = cli(name, option, repo=tmp_path)
        assert asked.code == 0
        assert asked.out.startswith(f"Usage: git registry {name} ")


def test_the_version_is_printed(cli, tmp_path):
    from gittag_registry import __version__

    assert cli("--version", repo=tmp_path).out == f"git-registry, version {__version__}\n"


class TestWithoutACommand:
    def test_it_shows_the_registry(self, cli, company, tmp_path):
        assert cli(repo=company).out == cli("show").out
        assert cli("-r", str(company), repo=tmp_path).out == cli("show", "-r", str(company)).out
        assert cli("-C", str(company)).code == 0

    def test_where_there_is_none_it_says_how_to_begin(self, cli, builder):
        builder.commit()
        asked = cli(repo=builder.build())
        assert asked.code == 0
        assert "  git registry register churn  " in asked.out
        assert asked.err == ""
        assert cli("register", "churn").code == 0
        assert cli().out == cli("show").out

    def test_outside_a_repository_too(self, cli, tmp_path):
        asked = cli(repo=tmp_path)
        assert asked.code == 1
        assert "  git registry demo  " in asked.out
        assert asked.err.startswith("error: no git repository at ")

    def test_every_command_it_names_works(self, cli, builder, tmp_path):
        builder.commit()
        repo = builder.build()
        named = [line.split("   ")[0].split()[2:] for line in cli(repo=repo).out.splitlines() if line.startswith("  ")]
        assert len(named) == 4
        for words in named:
            address = [str(repo) if word.startswith("https") else word for word in words]
            assert cli(*address).code == 0


class TestConfigGetAndSet:
    @pytest.mark.parametrize(
        ("key", "value", "shown"),
        [
            ("stages", "dev, prod", "dev, prod"),
            ("artifacts", "annotated", "annotated"),
            ("bump", "minor", "minor"),
            ("push", "true", "yes"),
            ("timeout", "5", "5"),
            ("remote", "up", "up"),
        ],
    )
    def test_what_is_set_is_got(self, cli, example, key, value, shown):
        done = cli("config", "set", key, value, repo=example)
        assert (done.code, done.out) == (0, "")
        assert done.err == "changed .gittag-registry.yaml; git commit it to keep the change\n"
        assert cli("config", "get", key).out == f"{shown}\n"
        assert (example / ".gittag-registry.yaml").read_text().startswith(f"{key}:")

    def test_comments_and_other_settings_stay(self, cli, example):
        file = example / ".gittag-registry.yaml"
        file.write_text("# ours\nstages: [dev, prod]  # in this order\nbump: major\n")
        cli("config", "set", "bump", "minor", repo=example)
        assert file.read_text() == "# ours\nstages: [dev, prod]  # in this order\nbump: minor\n"

    def test_the_file_of_init_keeps_its_comments(self, cli, example):
        cli("init", repo=example)
        before = (example / ".gittag-registry.yaml").read_text()
        cli("config", "set", "stages", "dev,prod")
        cli("config", "set", "timeout", "5")
        added = (example / ".gittag-registry.yaml").read_text().removeprefix(before)
        assert [line for line in added.splitlines() if line] == ["stages:", "- dev", "- prod", "timeout: 5"]

    @pytest.mark.parametrize(
        ("key", "value"), [("timeout", "soon"), ("bump", "all"), ("stages", "pr od"), ("nope", "1")]
    )
    def test_what_a_setting_cannot_be_is_refused(self, cli, example, key, value):
        refused = cli("config", "set", key, value, repo=example)
        assert (refused.code, refused.out) == (2, "")
        assert not (example / ".gittag-registry.yaml").exists()

    def test_an_invalid_file_is_not_changed(self, cli, example):
        (example / ".gittag-registry.yaml").write_text("stagse: [dev]\n")
        assert cli("config", "set", "bump", "minor", repo=example).code == 6
        assert (example / ".gittag-registry.yaml").read_text() == "stagse: [dev]\n"

    def test_a_variable_that_wins_is_named(self, cli, example, monkeypatch):
        monkeypatch.setenv("GITTAG_BUMP", "major")
        assert "warning: GITTAG_BUMP wins over the file\n" in cli("config", "set", "bump", "minor", repo=example).err
        assert cli("config", "get", "bump").out == "major\n"

    def test_a_default_is_got_and_what_is_not_set_is_not(self, cli, example):
        assert cli("config", "get", "bump", repo=example).out == "patch\n"
        missing = cli("config", "get", "stages")
        assert (missing.code, missing.out, missing.err) == (3, "", "error: 'stages' is not set\n")

    def test_json_has_where_it_comes_from(self, cli, example):
        document = json.loads(cli("config", "get", "bump", "--json", repo=example).out)
        assert document == {"schema": 1, "key": "bump", "value": "patch", "origin": "default"}

    def test_a_bare_repository_and_an_address_have_no_file_to_change(self, cli, example, tmp_path):
        git("clone", "-q", "--bare", str(example), str(tmp_path / "bare.git"))
        assert cli("config", "set", "bump", "minor", repo=tmp_path / "bare.git").code == 6
        assert cli("config", "set", "bump", "minor", "-r", f"file://{example}").code == 6


class TestManualPage:
    """An installation as `uv tool install` makes it: programs are linked to ~/.local/bin, and nothing else is."""

    @pytest.fixture
    def installation(self, tmp_path, monkeypatch):
        page = tmp_path / "tools" / "gittag-registry" / "share" / "man" / "man1" / "git-registry.1"
        page.parent.mkdir(parents=True)
        page.write_bytes((Path(__file__).parents[2] / "docs" / "git-registry.1").read_bytes())
        program = tmp_path / "home" / ".local" / "bin" / "git-registry"
        program.parent.mkdir(parents=True)
        program.symlink_to(Path(sysconfig.get_path("scripts")) / "git-registry")
        monkeypatch.setattr("sys.prefix", str(tmp_path / "tools" / "gittag-registry"))
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
        return tmp_path / "home" / ".local" / "share" / "man" / "man1" / "git-registry.1"

    def test_it_is_linked_to_where_man_looks(self, cli, installation, tmp_path):
        assert not installation.exists()
        done = cli("help", "--install-man", repo=tmp_path)
        assert (done.code, done.out) == (0, "")
        assert b".TH GIT" in installation.read_bytes()
        assert cli("help", "--install-man").err == f"the manual page is at '{installation}'\n"

    @pytest.mark.skipif(shutil.which("man") is None, reason="git shows help with man")
    def test_git_then_shows_it(self, cli, installation, tmp_path):
        assert program("git", "registry", "--help", cwd=tmp_path, env={"MANPAGER": "cat"}).code != 0
        cli("help", "--install-man", repo=tmp_path)
        shown = program("git", "registry", "--help", cwd=tmp_path, env={"MANPAGER": "cat"})
        assert shown.code == 0
        assert "a registry of artifacts whose database is git tags" in shown.out

    def test_who_finds_no_page_reads_how_to_get_it(self, cli, tmp_path):
        words = " ".join(cli("-h", repo=tmp_path).out.split())
        assert "If 'git registry --help' finds no manual page: git registry help --install-man." in words

    def test_a_link_to_an_installation_that_is_gone_is_replaced(self, cli, installation, tmp_path):
        installation.parent.mkdir(parents=True)
        installation.symlink_to(tmp_path / "gone")
        assert cli("help", "--install-man", repo=tmp_path).code == 0
        assert installation.is_file()

    def test_the_page_of_another_installation_is_kept(self, cli, installation, tmp_path):
        installation.parent.mkdir(parents=True)
        installation.write_text("another")
        assert cli("help", "--install-man", repo=tmp_path).code == 5
        assert installation.read_text() == "another"

    def test_without_a_page_it_says_so(self, cli, installation, tmp_path, monkeypatch):
        monkeypatch.setattr("sys.prefix", str(tmp_path / "nowhere"))
        assert cli("help", "--install-man", repo=tmp_path).code == 3


@pytest.mark.parametrize("command", ["show", "config list", "assign churn dev"])
def test_a_setting_of_gto_that_is_not_obeyed_is_a_warning(cli, company, command):
    (company / ".gto").write_text("INDEX: other.yaml\nSTAGES: [dev]\n")
    asked = cli(*command.split(), repo=company)
    assert asked.code == 0
    told = "warning: .gto:1: INDEX: is not obeyed: annotations are read from artifacts.yaml, not from other.yaml\n"
    assert asked.err.count(told) == 1


def test_stages_of_gto_restrict_in_any_case(cli, company, monkeypatch):
    (company / ".gto").write_text("STAGES: [dev]\n")
    assert cli("assign", "churn", "prod", repo=company).code == 6
    monkeypatch.setenv("gto_stages", '["prod"]')
    assert cli("assign", "churn", "dev").code == 6
