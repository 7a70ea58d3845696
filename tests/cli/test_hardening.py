"""Hostile repositories, power failures, and concurrent writers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gittag_registry import register
from gittag_registry.errors import RegistryError
from tests.testing.builder import RepositoryBuilder, git, store_object, tag_names

MAIN = [sys.executable, "-c", "from gittag_registry.cli import main; main()"]


def together(repo: Path, *lines: str) -> list[int]:
    """Run command lines at once; their exit codes."""
    writers = [
        subprocess.Popen([*MAIN, *line.split()], cwd=repo, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for line in lines
    ]
    return [writer.wait() for writer in writers]


class TestWritersThatMeet:
    def test_one_of_many_versions_of_a_commit_is_registered(self, builder):
        builder.commit()
        repo = builder.build()
        codes = together(repo, *(f"register churn --version {major}.0.0" for major in range(1, 6)))
        assert sorted(codes) == [0, 5, 5, 5, 5]
        assert len(tag_names(repo)) == 1

    def test_counters_of_different_stages_are_not_doubled(self, example):
        stages = ("a", "b", "c", "d")
        assert together(example, *(f"assign churn {stage} --version 1.1.0" for stage in stages)) == [0] * 4
        counters = [name.rpartition("#")[2] for name in tag_names(example) if "#" in name]
        assert sorted(counters) == ["1", "2", "3", "4", "5"]

    def test_no_annotation_is_lost(self, cli, example):
        assert together(example, *(f"annotate model-{n} --type model" for n in range(4))) == [0] * 4
        shown = cli("show", "--name", repo=example).out
        assert [f"*model-{n}" in shown for n in range(4)] == [True] * 4


class TestWhatIsWritten:
    @pytest.mark.parametrize("date", ["@253402300800 +0000", "@9223372036854775807 +0000"])
    def test_a_tag_that_readers_would_skip_is_not_written(self, cli, example, monkeypatch, date):
        before = tag_names(example)
        monkeypatch.setenv("GIT_COMMITTER_DATE", date)
        assert cli("register", "segment", repo=example).code in (1, 2)
        assert tag_names(example) == before

    def test_a_blank_message_is_no_message(self, cli, example):
        cli("register", "segment", "-m", "  \n", repo=example)
        assert git("tag", "-l", "--format=%(subject)", "segment@v0.0.1", repo=example).strip() == (
            "Registering artifact segment version v0.0.1"
        )

    def test_deleting_a_symbolic_ref_leaves_what_it_points_to(self, cli, example):
        git("update-ref", "refs/backup/kept", "refs/tags/churn@v1.1.0", repo=example)
        git("update-ref", "-d", "refs/tags/churn@v1.1.0", repo=example)
        git("symbolic-ref", "refs/tags/churn@v1.1.0", "refs/backup/kept", repo=example)
        cli("deregister", "churn", "1.1.0", "--delete", "--yes", repo=example)
        assert git("for-each-ref", "--format=%(refname)", "refs/backup", repo=example).strip() == "refs/backup/kept"

    def test_the_api_refuses_a_revision_that_no_command_line_can_hold(self, example):
        with pytest.raises(RegistryError):
            register(example, "churn", "HEAD\0")


class TestDamage:
    def test_a_flood_of_errors_from_git_does_not_stop_a_reading(self, cli, example):
        """As after a power failure: more messages than a pipe holds."""
        objects = example / ".git" / "objects" / "ab"
        objects.mkdir(exist_ok=True)
        for number in range(1000):
            (objects / f"{number:038x}").write_text("")
            (example / ".git" / "refs" / "tags" / f"lost-{number}@v1.0.0").write_text(f"ab{number:038x}\n")
        assert cli("latest", "churn", repo=example).out == "v1.1.0\n"
        shown = cli("show", "--name", repo=example)
        assert shown.out == "churn\n"
        assert "1000 tags" in shown.err

    def test_a_damaged_tag_inside_a_tag_costs_that_tag_only(self, cli, example):
        inner = store_object(example, "tag", b"object %040d\ntype commit\ntag inner\n\n" % 0, "refs/tags/inner")
        outer = f"object {inner}\ntype tag\ntag nested@v1.0.0\ntagger A <a@b> 1700000000 +0000\n\nm\n".encode()
        store_object(example, "tag", outer, "refs/tags/nested@v1.0.0")
        damaged = example / ".git" / "objects" / inner[:2] / inner[2:]
        damaged.chmod(0o644)
        damaged.write_bytes(b"garbage")
        shown = cli("show", "--name", repo=example)
        assert shown.out == "churn\n"
        assert "nested@v1.0.0" in shown.err

    def test_doctor_names_a_tag_that_calls_a_file_a_commit(self, cli, example):
        blob = git("rev-parse", "HEAD:model.pkl", repo=example).strip()
        content = f"object {blob}\ntype commit\ntag lie@v1.0.0\ntagger A <a@b> 1700000000 +0000\n\nm\n".encode()
        store_object(example, "tag", content, "refs/tags/lie@v1.0.0")
        found = cli("doctor", repo=example)
        assert found.code == 6
        assert "the tag names" in found.out

    def test_a_tag_of_a_tag_is_read_in_a_sha_256_repository(self, cli, tmp_path):
        repo = tmp_path / "sha256"
        git("init", "--quiet", "--object-format=sha256", str(repo))
        git("commit", "--quiet", "--allow-empty", "-m", "first", repo=repo)
        git("tag", "-a", "-m", "inner", "inner", repo=repo)
        git("tag", "-a", "-m", "outer", "churn@v1.0.0", "inner", repo=repo)
        assert cli("latest", "churn", "--commit", repo=repo).out == git("rev-parse", "HEAD", repo=repo)


class TestFiles:
    def test_a_link_out_of_the_repository_is_not_followed(self, cli, example, tmp_path):
        outside = tmp_path / "outside.yaml"
        outside.write_text("secret: {type: model}\n")
        (example / "artifacts.yaml").unlink()
        (example / "artifacts.yaml").symlink_to(outside)
        described = cli("describe", "secret", repo=example)
        assert described.code != 0
        assert "is a link to a file outside" in described.err
        assert cli("annotate", "churn", "--type", "model", repo=example).code == 6
        assert outside.read_text() == "secret: {type: model}\n"

    @pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: path.symlink_to("nowhere")])
    def test_a_configuration_that_is_no_file_forbids_writing(self, cli, example, make):
        make(example / ".gittag-registry.yaml")
        before = tag_names(example)
        assert cli("assign", "churn", "dev", repo=example).code == 6
        assert tag_names(example) == before
        assert cli("latest", "churn", repo=example).out == "v1.1.0\n"

    def test_a_huge_number_in_an_annotation_is_shown(self, cli, example):
        (example / "artifacts.yaml").write_text(f"churn: {{custom: 0x{'f' * 4200}}}\n")
        assert cli("describe", "churn", "--json", repo=example).code == 0

    def test_indentation_and_long_lines_survive_an_edit(self, cli, example):
        text = f"# ours\nchurn:\n    type: model\n    labels:\n      - a\n    description: {'word ' * 60}end\n"
        (example / "artifacts.yaml").write_text(text)
        assert cli("annotate", "segment", "--type", "dataset", repo=example).code == 0
        assert (example / "artifacts.yaml").read_text() == text + "segment:\n    type: dataset\n"

    def test_the_comment_on_top_survives_the_removal_of_the_last_entry(self, cli, example):
        (example / "artifacts.yaml").write_text("# ours\n\nchurn:\n  type: model\n")
        assert cli("remove", "churn", repo=example).code == 0
        assert (example / "artifacts.yaml").read_text() == "# ours\n\n{}\n"

    def test_annotating_can_be_committed_from_a_subfolder(self, cli, example):
        (example / "sub").mkdir()
        assert cli("annotate", "segment", "--type", "model", "--commit", repo=example / "sub").code == 0
        assert git("show", "--stat", "--format=%s", "HEAD", repo=example).startswith("Annotate artifact segment")

    def test_a_refused_commit_leaves_the_file_as_it_was(self, cli, example):
        hook = example / ".git" / "hooks" / "pre-commit"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\nexit 1\n")
        hook.chmod(0o755)
        before = (example / "artifacts.yaml").read_bytes()
        assert cli("annotate", "segment", "--type", "model", "--commit", repo=example).code == 1
        assert (example / "artifacts.yaml").read_bytes() == before
        assert git("status", "--porcelain", repo=example) == ""

    def test_diff_shows_files_from_a_subfolder_too(self, cli, builder):
        builder.tag("churn@v1.0.0", builder.commit({"sub/model": "1"}))
        builder.tag("churn@v1.1.0", builder.commit({"sub/model": "2"}))
        repo = builder.build()
        assert "sub/model" in cli("diff", "churn@v1.0.0", "churn@v1.1.0", repo=repo / "sub").out


class TestStreamsAndPlaces:
    def test_closed_output_does_not_undo_or_misreport_a_write(self, example):
        line = f"{sys.executable} -c 'from gittag_registry.cli import main; main()' register segment >&-"
        assert subprocess.run(["sh", "-c", line], cwd=example, check=False).returncode == 0
        assert "segment@v0.0.1" in tag_names(example)

    def test_notes_cannot_steer_a_terminal(self, cli, example):
        git("config", "remote.a\x1b]0;pwn\x07.url", "/nowhere", repo=example)
        assert "\x1b" not in cli("register", "segment", repo=example).err

    def test_the_repository_may_be_named_before_the_command(self, cli, example, tmp_path):
        assert cli("-r", str(example), "latest", "churn", repo=tmp_path).out == "v1.1.0\n"

    def test_an_empty_repository_is_not_the_one_around_us(self, cli, example):
        """As `-r "$URL"` without a value for URL."""
        refused = cli("latest", "churn", "-r", "", repo=example)
        assert (refused.code, refused.out) == (1, "")
        assert refused.err.startswith("error: '' is not a directory\n")

    def test_a_hint_names_the_repository_that_was_asked(self, cli, example, tmp_path):
        assert f"git registry -r {example} show" in cli("which", "nope", "prod", "-r", str(example), repo=tmp_path).err

    def test_a_repository_path_need_not_be_utf_8(self, tmp_path):
        place = os.fsencode(tmp_path) + b"/caf\xe9"
        built = RepositoryBuilder(Path(os.fsdecode(place)))
        built.tag("churn@v1.0.0", built.commit({"artifacts.yaml": "churn: {type: model}\n"}))
        repo = built.build()
        shown = subprocess.run([*MAIN, "show", "--plain"], cwd=repo, capture_output=True, check=True)
        assert shown.stdout == b"churn\tv1.0.0\n"

    def test_a_hook_that_receives_a_push_sees_the_new_commits(self, example, tmp_path):
        server = tmp_path / "server.git"
        git("init", "--quiet", "--bare", str(server))
        hook = server / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        program = f"{sys.executable} -c 'from gittag_registry.cli import main; main()'"
        hook.write_text(f"#!/bin/sh\nread old new ref\n{program} which --rev $new 2>{tmp_path}/said\nexit 0\n")
        hook.chmod(0o755)
        git("push", "--quiet", str(server), "main", repo=example)
        assert "has no version of any artifact" in (tmp_path / "said").read_text()

    @pytest.mark.parametrize("option", ["--edit", "--force", "-mtext", "--simple=true"])
    def test_deleting_takes_no_option_about_a_tag(self, cli, example, option):
        assert cli("deregister", "churn", "1.1.0", "--delete", "--yes", option, repo=example).code == 2
        assert "churn@v1.1.0" in tag_names(example)

    def test_now_includes_a_tag_that_is_dated_a_little_ahead(self, cli, example, monkeypatch):
        import time

        monkeypatch.setenv("GIT_COMMITTER_DATE", f"@{int(time.time()) + 1800} +0000")
        cli("assign", "churn", "prod", "--version", "1.1.0", repo=example)
        assert cli("which", "churn", "prod", "--at", "now", repo=example).out == "v1.1.0\n"
