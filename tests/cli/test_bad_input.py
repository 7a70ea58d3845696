"""Invalid repositories, files and command lines, as the user sees them.

Each has a clear error or a warning, the right exit code, and nothing is written when an operation is refused. What a
parser refuses is in the tables of tests/unit; here is one of each kind, and every command that has to refuse it.
"""

from __future__ import annotations

import json
import os
import re
import stat

import pytest

from gittag_registry.store.local_target import LocalTarget
from tests.testing.builder import RepositoryBuilder, git, store_object, tag_names

REFUSED_WRITES = [
    ["register", "churn"],
    ["assign", "churn", "prod"],
    ["rollback", "churn", "prod", "--to", "v1.0.0", "--force"],
]


class TestEmptyRepositories:
    @pytest.fixture
    def unborn(self, tmp_path):
        git("init", "--quiet", str(tmp_path / "unborn"))
        return tmp_path / "unborn"

    def test_without_commits_the_registry_is_empty(self, cli, unborn):
        asked = cli("show", repo=unborn)
        assert (asked.code, asked.out) == (0, "")
        assert asked.err.startswith("no artifacts; to register the first: git registry register NAME")
        assert cli("stages").err == "no stages yet\n"
        assert cli("doctor").err == "no problems found\n"

    @pytest.mark.parametrize("command", [["register", "churn"], ["assign", "churn", "prod"]])
    def test_without_commits_there_is_nothing_to_register(self, cli, unborn, command):
        refused = cli(*command, repo=unborn)
        assert (refused.code, refused.out) == (3, "")
        assert refused.err == (
            "error: revision 'HEAD' does not name a commit\nhint: the current branch has no commit yet\n"
        )
        assert tag_names(unborn) == []

    @pytest.mark.parametrize(
        "command", ["latest churn", "which churn prod", "show churn", "history churn", "deprecate churn"]
    )
    def test_without_tags_no_artifact_is_registered(self, cli, unborn, command):
        asked = cli(*command.split(), repo=unborn)
        assert (asked.code, asked.out) == (3, "")
        assert asked.err.startswith("error: artifact 'churn' is not registered\n")
        assert asked.err.endswith("hint: this repository has no registry tags\n")

    def test_annotations_can_be_committed_before_anything_else(self, cli, unborn):
        assert cli("annotate", "churn", "--type", "model", "--commit", repo=unborn).code == 0
        assert git("log", "--format=%s", repo=unborn) == "Annotate artifact churn\n"


class TestNames:
    @pytest.mark.parametrize(
        "name",
        ["", "-churn", "churn\n"],
    )
    @pytest.mark.parametrize("command", [["register"], ["assign", "--stage", "prod"], ["annotate", "--type", "x"]])
    def test_an_invalid_artifact_is_a_usage_error(self, cli, example, name, command):
        before = git("for-each-ref", repo=example), (example / "artifacts.yaml").read_text()
        refused = cli(*command, "--", name, repo=example)
        assert (refused.code, refused.out) == (2, "")
        assert "is not an artifact name" in refused.err
        assert (git("for-each-ref", repo=example), (example / "artifacts.yaml").read_text()) == before

    @pytest.mark.parametrize("name", ["", "churn\n"])
    @pytest.mark.parametrize(
        "command", [["latest"], ["which", "--", "{}", "prod"], ["deprecate"], ["rollback", "--", "{}", "prod"]]
    )
    def test_it_is_one_when_asking_too(self, cli, example, name, command):
        words = [word.format(name) for word in command] if len(command) > 1 else [*command, "--", name]
        refused = cli(*words, repo=example)
        assert (refused.code, refused.out) == (2, "")
        assert "is not an artifact name" in refused.err

    @pytest.mark.parametrize("stage", ["", "prod!"])
    @pytest.mark.parametrize(
        "command", [["assign", "churn"], ["unassign", "churn"], ["rollback", "churn"], ["which", "churn"]]
    )
    def test_an_invalid_stage_is_a_usage_error(self, cli, example, stage, command):
        before = tag_names(example)
        refused = cli(*command, "--", stage, repo=example)
        assert (refused.code, refused.out) == (2, "")
        assert "is not a stage name" in refused.err
        assert tag_names(example) == before

    @pytest.mark.parametrize("version", ["", "newest"])
    @pytest.mark.parametrize(
        "command", [["register", "--version"], ["assign", "prod", "--version"], ["deregister", "--"]]
    )
    def test_an_invalid_version_is_a_usage_error(self, cli, example, version, command):
        before = tag_names(example)
        refused = cli(command[0], "churn", *command[1:], version, repo=example)
        assert (refused.code, refused.out) == (2, "")
        assert "is not a version" in refused.err
        assert tag_names(example) == before

    @pytest.mark.parametrize("selector", ["churn#prod#1", "@"])
    @pytest.mark.parametrize("command", ["show", "history", "describe"])
    def test_an_invalid_selector_is_a_usage_error(self, cli, example, selector, command):
        refused = cli(command, selector, repo=example)
        assert (refused.code, refused.out) == (2, "")

    @pytest.mark.parametrize(
        "name",
        ["a.lock/b:y", "x" * 250, "-dir:y"],
    )
    def test_a_name_git_could_not_store_is_refused(self, cli, example, name):
        before = tag_names(example)
        refused = cli("register", "--", name, repo=example)
        assert refused.code in (2, 6)
        assert refused.out == ""
        assert "bug" not in refused.err
        assert tag_names(example) == before

    @pytest.mark.parametrize("name", ["Churn", "CHURN"])
    def test_an_artifact_that_differs_by_case_only_is_refused(self, cli, example, name):
        before = tag_names(example)
        refused = cli("register", name, repo=example)
        assert (refused.code, refused.out) == (6, "")
        assert refused.err.startswith(f"error: artifact '{name}' differs from 'churn' only by case\n")
        assert tag_names(example) == before

    def test_a_stage_that_differs_by_case_only_is_refused(self, cli, example):
        before = tag_names(example)
        refused = cli("assign", "churn", "Prod", repo=example)
        assert (refused.code, refused.out) == (6, "")
        assert refused.err.startswith("error: stage 'Prod' differs from 'prod' only by case\n")
        assert tag_names(example) == before

    def test_names_that_differ_by_case_and_exist_are_read(self, cli, builder):
        commit = builder.commit()
        builder.tag("churn@v1.0.0", commit)
        builder.tag("Churn@v2.0.0", commit)
        repo = builder.build()
        assert cli("latest", "churn", repo=repo).out == "v1.0.0\n"
        assert cli("latest", "Churn").out == "v2.0.0\n"


class TestRevisions:
    @pytest.mark.parametrize("command", [["assign", "churn", "prod", "--"], ["which", "--rev"]])
    @pytest.mark.parametrize("revision", ["nowhere", "--all"])
    def test_no_command_takes_what_names_no_commit(self, cli, example, revision, command):
        before = tag_names(example)
        refused = cli(*command, revision, repo=example)
        assert (refused.code, refused.out) == (3, "")
        assert tag_names(example) == before

    @pytest.mark.parametrize(
        "revision",
        [
            "nowhere",
            "",
            "^HEAD",
            "HEAD^9",
            "--all",
            "-h",
            "HEAD..HEAD~1",
            "HEAD:artifacts.yaml",
            "0" * 40,
            "a b",
            ":/nothing",
        ],
    )
    def test_what_names_no_commit_is_not_found(self, cli, example, revision):
        before = tag_names(example)
        refused = cli("register", "churn", "--", revision, repo=example)
        assert (refused.code, refused.out) == (3, "")
        assert tag_names(example) == before

    def test_an_unknown_revision_gets_a_suggestion(self, cli, example):
        git("branch", "develop", repo=example)
        refused = cli("register", "churn", "develp", repo=example)
        assert refused.err == "error: revision 'develp' does not name a commit\nhint: did you mean 'develop'?\n"

    def test_an_annotated_tag_names_its_commit(self, cli, example):
        cli("register", "copy", "churn@v1.0.0", repo=example)
        assert git("cat-file", "-p", "refs/tags/copy@v0.0.1", repo=example).splitlines()[1] == "type commit"


ANNOTATION_FILES = {
    "not YAML": ("churn: [\n", r"warning: artifacts\.yaml:\d+: is not YAML: "),
    "a tab": ("churn:\n\ttype: model\n", r"warning: artifacts\.yaml:2: is not YAML: "),
    "not UTF-8": (b"churn:\n  type: caf\xe9\n", r"warning: artifacts\.yaml: is not UTF-8"),
    "a list": ("- churn\n", r"warning: artifacts\.yaml:1: must be a mapping"),
    "a word": ("churn\n", r"warning: artifacts\.yaml:1: must be a mapping"),
    "an entry that is text": ("churn: model\n", r"warning: artifacts\.yaml:1: churn: "),
    "a type that is a list": ("churn:\n  type: [model]\n", r"warning: artifacts\.yaml:2: churn\.type: "),
    "a path that is a number": ("churn:\n  type: model\n  path: 3\n", r"warning: artifacts\.yaml:3: churn\.path: "),
    "labels that are text": ("churn:\n  labels: a\n", r"warning: artifacts\.yaml:2: churn\.labels: "),
    "a label that is a number": (
        "churn:\n  labels:\n  - a\n  - 2\n",
        r"warning: artifacts\.yaml:4: churn\.labels\.1: ",
    ),
    "a name that is none": (
        "no name:\n  type: model\n",
        r"warning: artifacts\.yaml:1: no name: 'no name' is not an artifact name",
    ),
    "a key twice": ("churn:\n  type: a\nchurn:\n  type: b\n", r"warning: artifacts\.yaml:\d: is not YAML: "),
    "two documents": ("churn: {}\n---\nnlp: {}\n", r"warning: artifacts\.yaml(:\d)?: is not YAML: "),
    "a tag for Python objects": (
        "churn: !!python/object/apply:os.system ['touch pwned']\n",
        r"warning: artifacts\.yaml:1: ",
    ),
    "deep nesting": ("churn: " + "[" * 5000 + "]" * 5000, r"warning: artifacts\.yaml: is nested "),
    "deep mappings": ("".join(" " * i + f"k{i}:\n" for i in range(600)), r"warning: artifacts\.yaml: is nested "),
    "an alias bomb": (
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
        r"warning: artifacts\.yaml: has more than 15000 values, the most that are read, each alias counted in full: shorten it",
    ),
    "an alias of itself": (
        "churn: &a\n  custom: *a\n",
        r"warning: artifacts\.yaml:\d: has a value that contains itself\n",
    ),
    "an alias of a list in itself": (
        "churn:\n  custom: &a [1, [*a]]\n",
        r"warning: artifacts\.yaml:2: has a value that contains itself",
    ),
    "an unknown alias": ("churn: *nobody\n", r"warning: artifacts\.yaml:1: is not YAML: "),
    "too much of it": (
        "churn:\n  description: '" + "x" * (1 << 20) + "'\n",
        r"warning: artifacts\.yaml: is larger than ",
    ),
}

# They differ in the message alone: no YAML, a wrong value, refused before it is parsed.
SOME_ANNOTATION_FILES = {name: ANNOTATION_FILES[name] for name in ("not YAML", "a type that is a list", "deep nesting")}


def put(path, content) -> None:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


class TestAnnotationFiles:
    @pytest.mark.parametrize(("content", "warning"), ANNOTATION_FILES.values(), ids=ANNOTATION_FILES)
    def test_a_wrong_file_is_a_warning_and_tags_are_read(self, cli, example, content, warning):
        put(example / "artifacts.yaml", content)
        shown = cli("show", "--plain", repo=example)
        assert (shown.code, shown.out.splitlines()[0]) == (0, "churn\tv1.1.0\tv1.0.0")
        assert re.match(warning, shown.err)
        assert len(shown.err) < 1000
        assert not (example / "pwned").exists()

    @pytest.mark.parametrize(("content", "warning"), SOME_ANNOTATION_FILES.values(), ids=SOME_ANNOTATION_FILES)
    def test_commands_about_tags_do_not_mind(self, cli, example, content, warning):
        put(example / "artifacts.yaml", content)
        asked = cli("which", "churn", "prod", repo=example)
        assert (asked.code, asked.out, asked.err) == (0, "v1.0.0\n", "")
        assert cli("register", "churn").code == 0

    @pytest.mark.parametrize(("content", "warning"), SOME_ANNOTATION_FILES.values(), ids=SOME_ANNOTATION_FILES)
    def test_doctor_finds_it(self, cli, example, content, warning):
        put(example / "artifacts.yaml", content)
        asked = cli("doctor", "--json", repo=example)
        assert asked.code == 6
        assert [f["check"] for f in json.loads(asked.out)["findings"]] == ["invalid-file"]

    @pytest.mark.parametrize(("content", "warning"), SOME_ANNOTATION_FILES.values(), ids=SOME_ANNOTATION_FILES)
    def test_it_is_not_edited(self, cli, example, content, warning):
        put(example / "artifacts.yaml", content)
        before = (example / "artifacts.yaml").read_bytes(), git("rev-parse", "HEAD", repo=example)
        refused = cli("annotate", "nlp", "--type", "model", "--commit", repo=example)
        assert (refused.code, refused.out) == (6, "")
        assert re.match(warning.replace("warning", "error"), refused.err)
        assert ((example / "artifacts.yaml").read_bytes(), git("rev-parse", "HEAD", repo=example)) == before

    def test_a_wrong_entry_does_not_hide_the_others(self, cli, example):
        put(example / "artifacts.yaml", "churn:\n  type: model\nbad:\n  type: 3\n")
        assert cli("describe", "churn", "--type", repo=example).out == "model\n"
        assert cli("show", "--type", "model", "--name").out == "churn\n"

    def test_a_wrong_entry_can_be_removed(self, cli, example):
        put(example / "artifacts.yaml", "churn:\n  type: model\nbad:\n  type: 3\n")
        assert cli("remove", "bad", repo=example).code == 0
        assert (example / "artifacts.yaml").read_text() == "churn:\n  type: model\n"

    def test_a_file_that_cannot_be_opened_is_a_warning(self, cli, example):
        (example / "artifacts.yaml").unlink()
        (example / "artifacts.yaml").symlink_to("artifacts.yaml")
        shown = cli("show", "--plain", repo=example)
        assert (shown.code, shown.out) == (0, "churn\tv1.1.0\tv1.0.0\n")
        assert shown.err.startswith("warning: artifacts.yaml: is a broken link")
        refused = cli("annotate", "churn", "--type", "x")
        assert refused.code in (1, 6)
        assert "bug" not in refused.err

    def test_a_folder_of_that_name_is_no_file(self, cli, example):
        (example / "artifacts.yaml").unlink()
        (example / "artifacts.yaml").mkdir()
        assert cli("show", "--plain", repo=example).out == "churn\tv1.1.0\tv1.0.0\n"
        refused = cli("annotate", "churn", "--type", "x")
        assert refused.code in (1, 6)
        assert "bug" not in refused.err

    def test_a_pipe_of_that_name_is_not_waited_for(self, cli, example):
        (example / "artifacts.yaml").unlink()
        os.mkfifo(example / "artifacts.yaml")
        assert cli("show", "--plain", repo=example).out == "churn\tv1.1.0\tv1.0.0\n"

    def test_the_file_of_a_commit_is_checked_too(self, cli, builder):
        builder.tag("churn@v1.0.0", builder.commit({"artifacts.yaml": "churn: 3\n"}))
        asked = cli("describe", "churn@v1.0.0", repo=builder.build())
        assert (asked.code, asked.out) == (3, "")
        assert asked.err.startswith("warning: artifacts.yaml:1: churn: ")

    @pytest.mark.parametrize(
        ("content", "warning"),
        [
            ("artifacts: [a]\n", "warning: dvc.yaml:1: artifacts: must be a mapping\n"),
            ("artifacts:\n  nlp:\n    type: 3\n", "warning: dvc.yaml:3: artifacts.nlp.type: "),
            ("stages: {}\n", ""),
        ],
    )
    def test_a_wrong_dvc_yaml_is_a_warning(self, cli, example, content, warning):
        put(example / "dvc.yaml", content)
        shown = cli("show", "--plain", repo=example)
        assert (shown.code, shown.out) == (0, "churn\tv1.1.0\tv1.0.0\n")
        assert shown.err.startswith(warning)


CONFIGURATION_FILES = {
    "not YAML": ("stages: [\n", r".*:\d+: is not YAML: "),
    "an unknown key": ("bump: minor\nstage: [prod]\n", r".*:2: stage: is not a setting"),
    "an unknown bump": ("bump: epoch\n", r".*:1: bump: "),
    "an alias of itself": ("stages: &a [*a]\n", r".*:1: has a value that contains itself\n"),
}


class TestConfigurationFiles:
    @pytest.mark.parametrize(("content", "problem"), CONFIGURATION_FILES.values(), ids=CONFIGURATION_FILES)
    def test_a_wrong_file_refuses_writes_and_allows_reads(self, cli, example, content, problem):
        put(example / ".gittag-registry.yaml", content)
        before = tag_names(example)
        for command in REFUSED_WRITES:
            refused = cli(*command, repo=example)
            assert (refused.code, refused.out) == (6, "")
            assert re.match(r"error: \.gittag-registry\.yaml" + problem.removeprefix(".*"), refused.err)
            assert len(refused.err) < 1000
        assert tag_names(example) == before
        assert cli("latest", "churn").out == "v1.1.0\n"
        assert cli("which", "churn", "prod").out == "v1.0.0\n"
        shown = cli("show", "--plain")
        assert (shown.code, shown.out) == (0, "churn\tv1.1.0\tv1.0.0\n")
        assert re.match(r"warning: \.gittag-registry\.yaml" + problem.removeprefix(".*"), shown.err)
        assert cli("stages").out == "prod\n"

    def test_config_list_and_doctor_name_the_problem(self, cli, example):
        put(example / ".gittag-registry.yaml", "bump: epoch\n")
        listed = cli("config", "list", repo=example)
        assert (listed.code, listed.out) == (6, "")
        assert listed.err.startswith("error: .gittag-registry.yaml:1: bump: ")
        found = json.loads(cli("doctor", "--json").out)["findings"]
        assert [(f["check"], f["subject"]) for f in found] == [("invalid-file", ".gittag-registry.yaml:1")]

    def test_every_problem_of_a_file_is_named(self, cli, example):
        put(example / ".gittag-registry.yaml", "bump: epoch\nstage: 1\n")
        assert [line.split(": ")[1] for line in cli("config", "list", repo=example).err.splitlines()[:2]] == [
            ".gittag-registry.yaml:1",
            ".gittag-registry.yaml:2",
        ]

    def test_a_wrong_gto_file_is_named(self, cli, example):
        put(example / ".gto", "stages: 3\n")
        assert cli("register", "churn", repo=example).err.startswith("error: .gto:1: stages: ")

    def test_a_wrong_user_file_is_named(self, cli, example, isolated):
        user = isolated / ".config" / "gittag-registry"
        user.mkdir(parents=True)
        put(user / "config.yaml", "bump: epoch\n")
        assert cli("register", "churn", repo=example).err.startswith(f"error: {user}/config.yaml:1: bump: ")

    def test_a_file_that_cannot_be_opened_refuses_writes(self, cli, example):
        (example / ".gittag-registry.yaml").symlink_to(".gittag-registry.yaml")
        refused = cli("register", "churn", repo=example)
        assert (refused.code, refused.out) == (6, "")
        assert refused.err.startswith("error: .gittag-registry.yaml: is a broken link")
        assert cli("latest", "churn").out == "v1.1.0\n"

    @pytest.mark.parametrize(
        ("variable", "text", "message"),
        [
            ("GITTAG_BUMP", "epoch", "error: GITTAG_BUMP=epoch: "),
            ("GITTAG_STAGES", "in prod", "error: GITTAG_STAGES=in prod: "),
            ("GITTAG_PRE_ID", "a.b", "error: GITTAG_PRE_ID=a.b: "),
        ],
    )
    def test_a_wrong_variable_is_named(self, cli, example, monkeypatch, variable, text, message):
        monkeypatch.setenv(variable, text)
        refused = cli("register", "churn", repo=example)
        assert (refused.code, refused.out) == (6, "")
        assert refused.err.startswith(message)
        assert cli("latest", "churn").out == "v1.1.0\n"


class TestWhatIsPrinted:
    """Nothing that a repository holds can steer the terminal."""

    NASTY = "\x1b[2J\x1b]0;owned\x07\r\b\x00\u202eevil\u2066\x9b31m"

    @pytest.fixture
    def nasty(self, builder: RepositoryBuilder):
        text = self.NASTY.replace("\x00", "")
        commit = builder.commit(
            {"artifacts.yaml": json.dumps({"churn": {"type": text, "description": text}})}, message=text
        )
        builder.tag("churn@v1.0.0", commit, message=f"subject {text}\n\nbody {text}", tagger=f"Ada {text} <{text}@x>")
        builder.tag("churn#prod#1", commit, message=text, trailers={"Metric": text})
        builder.tag("churn@v1.1.0", builder.commit({f"dir/{text}": "1"}, message=text), message=text)
        return builder.build()

    @pytest.mark.parametrize(
        "command",
        [
            ["show"],
            ["show", "churn"],
            ["latest", "churn"],
            ["which", "churn", "prod"],
            ["history"],
            ["check-ref", "churn#prod#1"],
            ["diff", "churn@v1.0.0", "churn@v1.1.0"],
            ["describe", "churn"],
            ["doctor"],
        ],
        ids=" ".join,
    )
    def test_control_characters_are_escaped(self, cli, nasty, command):
        for format in ("table", "csv", "md", "plain", "json", "jsonl"):
            printed = cli(*command, "--format", format, repo=nasty)
            assert printed.code in (0, 6)
            assert not [c for c in printed.out + printed.err if c not in "\n\t" and not c.isprintable()], format

    def test_errors_and_warnings_escape_too(self, cli, nasty):
        for words in (
            ["latest", self.NASTY.replace("\x00", "")],
            ["which", "churn", "--at", "\x1b[2J", "prod"],
            ["\x1b[2J"],
        ):
            failed = cli(*words, repo=nasty)
            assert failed.code == 2
            assert not [c for c in failed.out + failed.err if c != "\n" and not c.isprintable()]

    def test_an_author_who_is_a_command_is_only_printed(self, cli, builder):
        builder.tag("churn@v1.0.0", builder.commit(), tagger="$(touch pwned) `touch pwned` <a@b>")
        repo = builder.build()
        assert "$(touch pwned) `touch pwned`" in cli("latest", "churn", "--format", "csv", repo=repo).out
        assert not (repo / "pwned").exists()


class TestWritesThatGitRefuses:
    def hook(self, repo, name: str, script: str) -> None:
        path = repo / ".git" / "hooks" / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    @pytest.mark.parametrize(
        "command",
        [
            ["register", "churn"],
            ["assign", "churn", "prod"],
            ["unassign", "churn", "prod"],
            ["deregister", "churn", "v1.0.0"],
            ["deprecate", "churn"],
            ["unassign", "churn", "prod", "--delete", "--yes"],
        ],
        ids=" ".join,
    )
    def test_a_hook_that_refuses_is_told_with_its_reason(self, cli, example, command):
        self.hook(
            example, "reference-transaction", '[ "$1" = prepared ] && echo "releases are frozen" >&2 && exit 1\nexit 0'
        )
        before = git("for-each-ref", repo=example)
        refused = cli(*command, repo=example)
        assert (refused.code, refused.out) == (1, "")
        assert "aborted by" in refused.err
        assert "releases are frozen" in refused.err
        assert git("for-each-ref", repo=example) == before

    def test_both_tags_of_an_assignment_are_written_or_none(self, cli, example):
        self.hook(
            example,
            "reference-transaction",
            'cat > "$GIT_DIR/seen"; [ "$1" = prepared ] && grep -q "churn#staging" "$GIT_DIR/seen" && exit 1\nexit 0',
        )
        before = tag_names(example)
        assert cli("assign", "churn", "staging", repo=example).code == 1
        assert tag_names(example) == before
        assert cli("register", "churn").code == 0

    def test_a_tag_that_is_a_folder_already_is_a_conflict(self, cli, builder):
        commit = builder.commit()
        builder.tag("churn@v1.0.0", commit)
        builder.tag("churn#prod/eu#1", commit)
        repo = builder.build()
        before = tag_names(repo)
        refused = cli("assign", "churn", "prod", "--simple", "true", repo=repo)
        assert (refused.code, refused.out) == (5, "")
        assert "cannot create 'refs/tags/churn#prod'" in refused.err
        assert "hint: git cannot keep both a tag and tags in a folder of that name\n" in refused.err
        assert tag_names(repo) == before

    def test_a_folder_that_is_a_tag_already_is_a_conflict(self, cli, example):
        git("tag", "models", repo=example)
        refused = cli("register", "models/churn", repo=example)
        assert (refused.code, refused.out) == (5, "")
        assert "'refs/tags/models' exists" in refused.err

    @pytest.mark.parametrize("name", ["churn@v1.1.1", "churn@writing"])
    def test_a_lock_that_was_left_behind_is_named_and_removed_on_request(self, cli, example, name):
        lock = example / ".git" / "refs" / "tags" / f"{name}.lock"
        lock.write_text("")
        os.utime(lock, (0, 0))
        refused = cli("register", "churn", repo=example)
        assert (refused.code, refused.out) == (5, "")
        assert f"{name}.lock" in refused.err
        assert refused.err.endswith("hint: git registry doctor --fix\n")
        assert "churn@v1.1.1" not in tag_names(example)
        found = cli("doctor")
        assert (found.code, found.out.splitlines()[1]) == (6, "    fix: git registry doctor --fix")
        assert found.out.startswith(f"error: refs/tags/{name}.lock: the lock file is ")
        fixed = cli("doctor", "--fix")
        assert (fixed.code, fixed.err) == (0, f"removed refs/tags/{name}.lock\nno problems found\n")
        assert cli("register", "churn").out.startswith("created tag 'churn@v1.1.1': ")

    def test_a_lock_that_may_be_held_is_waited_for_and_left_alone(self, cli, example, monkeypatch):
        monkeypatch.setattr(LocalTarget, "patience", 0.5)
        lock = example / ".git" / "refs" / "tags" / "churn@v1.1.1.lock"
        lock.write_text("")
        refused = cli("register", "churn", repo=example)
        assert (refused.code, refused.out) == (5, "")
        assert "churn@v1.1.1.lock" in refused.err
        assert (cli("doctor", "--fix").out, lock.exists()) == ("", True)

    @pytest.mark.parametrize("content", ["garbage\n", ""])
    def test_a_broken_ref_in_the_way_is_named_and_left_alone(self, cli, example, content):
        (example / ".git" / "refs" / "tags" / "churn@v1.1.1").write_text(content)
        refused = cli("register", "churn", "--version", "v1.1.1", repo=example)
        assert (refused.code, refused.out) == (5, "")
        assert refused.err.startswith("error: tag 'churn@v1.1.1' exists and is unreadable: ")
        assert (example / ".git" / "refs" / "tags" / "churn@v1.1.1").read_text() == content
        assert cli("register", "churn").out.startswith("created tag 'churn@v1.1.2': ")


@pytest.mark.parametrize("name", ["churn@v9.0.0", "churn#prod#9"])
def test_a_tag_that_is_skipped_is_a_warning_and_a_finding(cli, example, name):
    commit = git("rev-parse", "HEAD", repo=example).strip()
    store_object(
        example, "tag", f"object {commit}\ntype commit\ntag {name}\n\nno tagger\n".encode(), f"refs/tags/{name}"
    )
    asked = cli("show", "churn", "--plain", repo=example)
    assert asked.code == 0
    assert asked.err.startswith(f"warning: skipped tag '{name}': it has no tagger with a valid date")
    assert "git registry doctor" in asked.err
    assert "v9.0.0" not in asked.out
    assert cli("doctor").code == 6
    refused = cli("check-ref", name)
    assert refused.code == 1
    assert f"tag '{name}' is skipped: it has no tagger with a valid date" in refused.err
