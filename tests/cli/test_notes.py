"""Notes on standard error about writes that may be mistakes: they say so, and how to take them back."""

from __future__ import annotations

import json
import shlex

import pytest

from gittag_registry import api
from gittag_registry.model.commands import Register
from gittag_registry.registry import Registry
from tests.testing.builder import git, tag_names


class TestNewNames:
    def test_a_new_artifact_like_another_is_noted_and_can_be_taken_back(self, cli, example):
        before = tag_names(example)
        done = cli("register", "chrun", repo=example)
        assert done.code == 0
        first = done.err.splitlines()[0]
        assert first == "new artifact 'chrun'; did you mean 'churn'? to take it back: git registry delete chrun"
        assert cli(*shlex.split(first.partition("git registry ")[2]), "--yes").code == 0
        assert tag_names(example) == before

    def test_names_that_are_numbered_are_no_mistakes(self, cli, example):
        assert cli("register", "model1", repo=example).code == 0
        assert cli("register", "model2").err == ""

    def test_the_command_repeats_where_to_write(self, cli, example, tmp_path):
        git("clone", "-q", "--bare", str(example), str(tmp_path / "server.git"))
        git("remote", "add", "up", str(tmp_path / "server.git"), repo=example)
        done = cli("-r", str(example), "assign", "chrun", "prod", "--push", "--remote", "up", repo=tmp_path)
        take_back = done.err.splitlines()[0].partition("to take it back: git registry ")[2]
        assert take_back == f"-r {example} delete chrun --push --remote up"
        assert cli(*shlex.split(take_back), "--yes").code == 0
        assert "chrun@v0.0.1" not in tag_names(tmp_path / "server.git")

    def test_a_new_stage_like_another_is_noted(self, cli, example):
        done = cli("assign", "churn", "prd", "--version", "v1.1.0", repo=example)
        note = "new stage 'prd' of 'churn'; did you mean 'prod'? to take it back: git registry delete churn#prd\n"
        assert note.replace("churn#prd\n", "'churn#prd'\n") in done.err

    @pytest.mark.parametrize(
        "command",
        ["register churn", "register weather", "assign churn prod", "assign churn dev", "unassign churn prod"],
    )
    def test_what_is_known_or_quite_different_is_not(self, cli, example, command):
        assert "did you mean" not in cli(*command.split(), repo=example).err

    def test_stages_that_the_configuration_names_are_not(self, cli, example):
        (example / ".gittag-registry.yaml").write_text("stages: [prod, prod-eu]\n")
        assert "did you mean" not in cli("assign", "churn", "prod-eu", repo=example).err

    def test_a_program_reads_it_in_the_words_of_the_api(self, example):
        outcome = Registry(example).execute(Register(artifact="chrun", commit="HEAD"))
        assert outcome.notes == ("new artifact 'chrun'; did you mean 'churn'? to take it back: delete(repo, 'chrun')",)
        assert api.delete(example, "chrun") == ["chrun@v0.0.1"]

    def test_json_has_the_note_in_the_words_of_the_shell(self, cli, example):
        notes = json.loads(cli("register", "chrun", "--json", repo=example).out)["notes"]
        assert notes[0].endswith("to take it back: git registry delete chrun")


class TestAnnotatedArtifactsOnly:
    @pytest.fixture
    def strict(self, example):
        (example / ".gittag-registry.yaml").write_text("artifacts: annotated\n")
        return example

    @pytest.mark.parametrize("command", ["register chrun", "assign chrun prod"])
    def test_others_are_refused(self, cli, strict, command):
        before = tag_names(strict)
        refused = cli(*command.split(), repo=strict)
        assert (refused.code, refused.out) == (6, "")
        assert refused.err == (
            "error: artifact 'chrun' is not in artifacts.yaml, as the configuration demands\n"
            "hint: did you mean 'churn'?\n"
        )
        assert tag_names(strict) == before

    def test_the_hint_admits_the_artifact(self, cli, strict):
        hint = cli("register", "weather", repo=strict).err.splitlines()[1].removeprefix("hint: add it: git registry ")
        assert cli(*shlex.split(hint)).code == 0
        assert cli("register", "weather").code == 0

    @pytest.mark.parametrize("command", ["register churn", "assign churn prod", "rollback churn prod --to v1.0.0"])
    def test_annotated_ones_are_not(self, cli, strict, command):
        assert cli(*command.split(), repo=strict).code == 0

    def test_those_of_dvc_yaml_count(self, cli, strict):
        (strict / "dvc.yaml").write_text("artifacts:\n  weather:\n    type: model\n    path: w.pkl\n")
        assert cli("register", "weather", repo=strict).code == 0

    def test_what_exists_can_be_withdrawn(self, cli, strict):
        (strict / "artifacts.yaml").unlink()
        for command in ("unassign churn prod", "deregister churn v1.1.0", "deprecate churn", "delete churn --yes"):
            assert cli(*command.split(), repo=strict).code == 0

    def test_other_values_are_refused(self, cli, example):
        (example / ".gittag-registry.yaml").write_text("artifacts: mine\n")
        refused = cli("register", "churn", repo=example)
        assert refused.code == 6
        assert ".gittag-registry.yaml" in refused.err


class TestWorkingTree:
    def test_changes_that_are_not_committed_are_noted(self, cli, example):
        (example / "model.pkl").write_text("4")
        done = cli("register", "churn", repo=example)
        assert done.code == 0
        assert "note" not in done.out
        assert "the working tree has changes that are not in the registered commit: 'model.pkl'\n" in done.err

    def test_so_are_files_that_git_does_not_know(self, cli, example):
        (example / "model.pkl").write_text("4")
        for name in ("a new.pkl", "b.pkl", "c.pkl"):
            (example / name).write_text("1")
        note = "changes that are not in the registered commit: 'model.pkl', 'a new.pkl' and 2 more\n"
        assert note in cli("assign", "churn", "dev", repo=example).err

    def test_from_a_subdirectory_too(self, cli, example):
        (example / "model.pkl").write_text("4")
        (example / "deep").mkdir()
        assert "not in the registered commit: 'model.pkl'\n" in cli("register", "churn", repo=example / "deep").err

    @pytest.mark.parametrize(
        "command",
        ["register churn HEAD~1", "assign churn prod --version v1.1.0", "unassign churn prod", "which churn prod"],
    )
    def test_what_registers_no_head_needs_no_note(self, cli, example, command):
        (example / "model.pkl").write_text("4")
        assert "working tree" not in cli(*command.split(), repo=example).err

    def test_a_clean_one_needs_none(self, cli, example):
        assert "working tree" not in cli("register", "churn", repo=example).err

    def test_a_bare_repository_has_none(self, cli, example, tmp_path):
        git("clone", "-q", "--bare", str(example), str(tmp_path / "bare.git"))
        done = cli("register", "churn", repo=tmp_path / "bare.git")
        assert (done.code, "working tree" in done.err) == (0, False)


class TestRevival:
    @pytest.mark.parametrize("command", ["register segment", "assign segment dev --version v0.1.0"])
    def test_it_is_noted(self, cli, company, command):
        note = "'segment' was deprecated, and is shown again; to hide it: git registry deprecate segment\n"
        assert note in cli(*command.split(), repo=company).err
        assert note not in cli("register", "segment", "--force", "--bump", "minor").err
        assert cli("deprecate", "segment").code == 0

    def test_no_other_write_revives(self, cli, company):
        assert "shown again" not in cli("deregister", "segment", "v0.1.0", repo=company).err
