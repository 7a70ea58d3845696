"""How answers are printed: formats, terminals, pipes."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess

import pytest

from tests.testing.builder import git
from tests.testing.programs import in_terminal, program, shell

FORMATS = ["table", "json", "jsonl", "csv", "md", "plain"]
READING = [
    ["show"],
    ["show", "churn"],
    ["latest", "churn"],
    ["which", "churn", "prod"],
    ["which", "--rev", "HEAD~1"],
    ["history"],
    ["check-ref", "churn#prod#1"],
    ["stages"],
    ["diff", "churn@v1.0.0", "churn@v1.1.0"],
    ["parse-tag", "churn#prod#1"],
    ["describe", "churn"],
    ["config", "list"],
    ["register", "churn", "HEAD", "--dry-run", "--force"],
]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_every_answer_comes_in_every_format(cli, company, command, format):
    printed = cli(*command, "--format", format, repo=company)
    assert (printed.code, printed.err) == (0, "")
    assert printed.out.strip()
    if format == "json":
        assert json.loads(printed.out)["schema"] == 1
    if format == "jsonl":
        assert all(json.loads(line) for line in printed.out.splitlines())
    if format == "csv":
        rows = list(csv.reader(io.StringIO(printed.out)))
        assert len(rows) > 1
        assert {len(row) for row in rows} == {len(rows[0])}


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_a_thing_has_one_name_in_every_format(cli, company, command):
    """The columns of a table are columns of CSV, and these are keys of JSON, but for one column each stage."""
    table = cli(*command, "--format", "table", repo=company).out.splitlines()[1]
    headings = [word.strip() for word in table.strip("│").split("│")]
    columns = next(csv.reader(io.StringIO(cli(*command, "--format", "csv").out)))
    assert set(headings) <= set(columns)
    assert not {"name", "created"} & {*headings, *columns}
    if command[0] not in ("diff", "show"):  # whose lines are of several kinds, and whose columns are stages
        keys = set(re.findall(r'"(\w+)":', cli(*command, "--json").out))
        assert set(columns) - {"stage"} <= keys


def test_gtos_name_of_a_column_is_an_option(cli, company):
    assert cli("check-ref", "churn#prod#1", "--name", repo=company).out == "churn\n"
    assert cli("check-ref", "churn#prod#1", "--artifact").out == "churn\n"


def test_a_table(cli, company):
    assert cli("show", "churn#prod", "--format", "table", repo=company).out == (
        "╭────────────┬───────────┬───────────────┬──────────────────────┬──────────────╮\n"
        "│ artifact   │ version   │ stage         │ timestamp            │ ref          │\n"
        "├────────────┼───────────┼───────────────┼──────────────────────┼──────────────┤\n"
        "│ churn      │ v1.1.0    │ prod, staging │ 2023-11-14T22:18:20Z │ churn@v1.1.0 │\n"
        "╰────────────┴───────────┴───────────────┴──────────────────────┴──────────────╯\n"
    )


def test_lines_of_json(cli, company):
    lines = cli("history", "churn#prod", "--format", "jsonl", repo=company).out.splitlines()
    assert [json.loads(line)["ref"] for line in lines] == ["churn#prod#3", "churn#prod#1"]


def test_csv_has_a_header_and_full_values(cli, company, builder):
    [row] = csv.DictReader(io.StringIO(cli("show", "churn#prod", "--format", "csv", repo=company).out))
    assert row == {
        "artifact": "churn",
        "version": "v1.1.0",
        "stage": "prod, staging",
        "timestamp": "2023-11-14T22:18:20Z",
        "commit": builder.commit_id(2),
        "ref": "churn@v1.1.0",
        "author": "Ada Lovelace",
        "author_email": "ada@example.com",
        "message": "A message",
        "active": "yes",
    }


def test_what_is_missing_is_an_empty_field_of_csv(cli, company):
    rows = csv.DictReader(io.StringIO(cli("show", "churn", "--format", "csv", repo=company).out))
    assert [row["stage"] for row in rows] == ["", "prod, staging", ""]


def test_markdown_escapes_bars(cli, builder):
    builder.tag("churn@v1.0.0", builder.commit(), tagger="A | B <a@b>")
    printed = cli("latest", "churn", "--format", "md", repo=builder.build()).out.splitlines()
    assert printed[0].startswith("| version   | commit   | ref ")
    assert "A \\| B" in printed[2]


def test_json_of_nothing_is_still_a_document(cli, builder):
    builder.commit()
    assert json.loads(cli("show", "--json", repo=builder.build()).out) == {
        "schema": 1,
        "stages": [],
        "artifacts": [],
        "annotated": True,
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--json", "--plain"], "only one output option is allowed: --json or --plain"),
        (["--json", "--format", "csv"], "only one output option is allowed: --json or --format csv"),
        (["--ref", "--json"], "only one output option is allowed: --ref or --json"),
        (["--format", "yaml"], "'yaml' is not one of"),
    ],
)
def test_one_output_at_a_time(cli, company, options, message):
    refused = cli("show", "churn", *options, repo=company)
    assert (refused.code, refused.out) == (2, "")
    assert message in refused.err


def test_a_message_with_choices_is_one_line(cli, company):
    refused = cli("config", "get", repo=company)
    assert refused.err.startswith("error: Missing argument 'KEY'. Choose from: stages, types, ")
    assert refused.err.endswith("\nhint: git registry config get -h\n")


def test_standard_output_carries_data_only(cli, company):
    (company / "artifacts.yaml").write_text("churn: [\n")
    git("tag", "churn@v9.0.0", repo=company)
    asked = cli("latest", "churn", repo=company)
    assert asked.out == "v1.1.0\n"
    assert asked.err.startswith("warning: skipped tag 'churn@v9.0.0'")


def test_quiet_leaves_errors_only(cli, company):
    git("tag", "churn@v9.0.0", repo=company)
    assert cli("latest", "churn", "-q", repo=company).err == ""
    assert cli("register", "churn", "-q", "--force").err == ""
    assert cli("latest", "chrun", "--quiet").err.startswith("error: ")


def test_verbose_names_git_commands_and_every_skipped_tag(cli, company):
    git("tag", "churn@v9.0.0", repo=company)
    git("tag", "churn@v9.1.0", repo=company)
    asked = cli("latest", "churn", "--verbose", repo=company)
    assert asked.out == "v1.1.0\n"
    assert "+ git for-each-ref " in asked.err
    assert "warning: skipped tag 'churn@v9.0.0': it is lightweight" in asked.err
    assert "warning: skipped tag 'churn@v9.1.0': it is lightweight" in asked.err


def test_many_skipped_tags_are_one_line(cli, company):
    git("tag", "churn@v9.0.0", repo=company)
    git("tag", "churn@v9.1.0", repo=company)
    [line] = cli("latest", "churn", repo=company).err.splitlines()
    assert line.startswith("warning: skipped 2 tags, one of them 'churn@v9.0.0': it is lightweight: no author, no date")
    assert "git registry doctor" in line


@pytest.mark.usefixtures("installed")
class TestInATerminal:
    def test_errors_and_warnings_are_coloured(self, company):
        done = in_terminal("git", "registry", "latest", "chrun", cwd=company, env={"NO_COLOR": None})
        assert "\x1b[31merror\x1b[0m: artifact 'chrun' is not registered" in done.out
        assert "\x1b[36mhint\x1b[0m: did you mean 'churn'?" in done.out

    def test_no_color_means_no_colour(self, company):
        done = in_terminal("git", "registry", "latest", "chrun", cwd=company, env={"NO_COLOR": "1"})
        assert done.out == "error: artifact 'chrun' is not registered\nhint: did you mean 'churn'?\n"

    def test_a_pipe_gets_no_colour(self, company):
        done = program("git", "registry", "latest", "chrun", cwd=company, env={"NO_COLOR": ""})
        assert done.err == "error: artifact 'chrun' is not registered\nhint: did you mean 'churn'?\n"

    @pytest.mark.parametrize("columns", [100, 80, 40])
    def test_tables_fit(self, company, columns):
        table = ["--format", "table"]
        for command in (
            ["show"],
            ["show", "churn"],
            ["history", "churn"],
            ["check-ref", "churn#prod#1", *table],
            ["which", "churn", "prod", "--all", *table],
            ["latest", "churn", *table],
            ["doctor", *table],
        ):
            done = in_terminal("git", "registry", *command, cwd=company, columns=columns)
            assert done.code == 0
            assert max(map(len, done.out.splitlines())) <= columns

    def test_a_narrow_history_shows_the_tags_whole(self, company):
        shown = in_terminal("git", "registry", "history", "models:embed", cwd=company, columns=40).out
        assert [line.split()[1] for line in shown.splitlines()[3:-1]] == ["models=embed#prod#1", "models=embed@v1.0.0"]

    def test_a_history_of_long_names_leaves_out_the_versions(self, example):
        git("tag", "-a", "-m", "x", "customer-segments#production#12", repo=example)
        shown = in_terminal("git", "registry", "history", "customer-segments", cwd=example, columns=40).out
        assert max(map(len, shown.splitlines())) <= 40
        assert "│ customer-segments#production#12 │" in shown

    def test_a_narrow_registry_has_one_column_for_all_stages(self, company):
        shown = in_terminal("git", "registry", "show", cwd=company, columns=40).out
        assert "prod=v1.1.0," in shown
        assert "staging=v1.1.0" in shown

    def test_a_terminal_of_width_zero_is_no_narrow_one(self, company):
        done = in_terminal("git", "registry", "show", cwd=company, columns=0)
        assert "│ churn        │ v1.1.0   │ v1.1.0  │ v1.1.0     │" in done.out


@pytest.mark.usefixtures("installed")
class TestInAPipe:
    def test_a_reader_that_stops_early_is_no_error(self, builder):
        commit = builder.commit()
        for number in range(1500):
            builder.tag(f"churn@v{number}.0.0", commit)
        repo = builder.build()
        done = shell("git registry history --plain | head -1; echo ${PIPESTATUS[*]}", cwd=repo)
        assert done.err == ""
        assert done.out.splitlines()[0].split("\t")[6] == "churn@v1499.0.0"
        assert done.out.splitlines()[1] in ("141 0", "0 0")

    def test_a_reader_that_is_gone_is_no_error(self, company):
        assert shell("git registry show | true", cwd=company).err == ""

    def test_a_closed_output_is_no_bug(self, company):
        done = shell("git registry show >&-", cwd=company)
        assert "bug" not in done.err
        assert "Traceback" not in done.err

    def test_a_full_disk_is_an_error(self, company):
        done = shell("git registry show > /dev/full", cwd=company)
        assert done.code == 1
        assert "No space left on device" in done.err
        assert "bug" not in done.err

    @pytest.mark.parametrize("unbuffered", ["", "1"])
    @pytest.mark.parametrize(
        ("words", "code"), [("register new", 0), ("which nope prod", 3), ("status", 2), ("shwo", 2)]
    )
    def test_a_message_that_cannot_be_printed_does_not_change_the_exit_code(self, company, words, code, unbuffered):
        done = shell(f"PYTHONUNBUFFERED={unbuffered} git registry {words} 2> /dev/full", cwd=company)
        assert done.code == code

    @pytest.mark.parametrize("unbuffered", ["", "1"])
    def test_output_that_is_cut_is_an_error(self, company, unbuffered):
        """The first write is cut short at the limit, without an error."""
        env = {"PYTHONUNBUFFERED": unbuffered}
        done = program("bash", "-c", "ulimit -f 1; git registry history --json > out", cwd=company, env=env)
        assert (company / "out").stat().st_size == 1024
        assert (done.code, "File too large" in done.err) == (1, True)

    @pytest.mark.parametrize("unbuffered", ["", "1"])
    def test_a_pipe_that_is_closed_has_the_same_exit_code_in_any_case(self, builder, unbuffered):
        commit = builder.commit()
        for number in range(400):
            builder.tag(f"churn@v{number}.0.0", commit)
        with subprocess.Popen(
            ["git-registry", "history", "--json"],
            cwd=builder.build(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        ) as showing:
            assert showing.stdout is not None
            assert showing.stderr is not None
            assert os.read(showing.stdout.fileno(), 1)  # a pipe has room for 64 KiB, less than the answer
            showing.stdout.close()
            assert showing.stderr.read() == b""
        assert showing.returncode == 141

    def test_tables_in_a_pipe_are_as_wide_as_they_need(self, company):
        done = program("git", "registry", "history", "churn", cwd=company, env={"COLUMNS": "40"})
        assert max(map(len, done.out.splitlines())) > 90

    @pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
    def test_what_the_terminal_cannot_show_is_escaped(self, builder, encoding):
        builder.tag("churn@v1.0.0", builder.commit(), tagger="Žofie <z@x>")
        repo = builder.build()
        env = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
        table = program("git", "registry", "latest", "churn", "--format", "table", cwd=repo, env=env)
        assert (table.code, table.err) == (0, "")
        assert "| \\u017dofie " in table.out
        document = program("git", "registry", "latest", "churn", "--json", cwd=repo, env=env)
        assert json.loads(document.out)["versions"][0]["author"] == "Žofie"

    def test_the_c_locale_is_no_reason_to_fail(self, company):
        git("tag", "-a", "-m", "Größe", "churn@v3.0.0", repo=company)
        env = {"LC_ALL": "C", "LANG": "C", "PYTHONCOERCECLOCALE": "0"}
        done = program("git", "registry", "show", "churn@v3.0.0", "--format", "csv", cwd=company, env=env)
        assert (done.code, done.err) == (0, "")
        assert "Größe" in done.out


@pytest.mark.usefixtures("installed")
def test_output_arrives_before_the_notes_of_the_same_command(company):
    git("remote", "add", "origin", "elsewhere", repo=company)
    with subprocess.Popen(
        ["git", "registry", "register", "churn", "--force"],
        cwd=company,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        lines = process.stdout.read().decode().splitlines()
    assert lines[0].startswith("created tag ")
    assert lines[1].startswith("to publish: ")
