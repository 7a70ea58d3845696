"""Answers as text and as documents."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gittag_registry.errors import UsageError
from gittag_registry.files.annotations import Annotation
from gittag_registry.files.config import Source, combine
from gittag_registry.model.findings import Finding
from gittag_registry.model.queries import (
    ALL,
    ReadOptions,
    active_versions,
    artifact_rows,
    at_commit,
    in_stage,
    version_rows,
)
from gittag_registry.model.results import Commit, Comparison, FileChange, MirrorInfo, Outcome, RegistryTable
from gittag_registry.render import remote_views, views
from gittag_registry.render.view import FORMATS, Format, View, printable, render
from tests.unit.make import A, B, artifact, event, parsed
from tests.unit.strategies import quick

RECORDS = [
    {"name": "churn", "stages": ["dev", "prod"], "active": True, "note": None},
    {"name": "a|b", "stages": [], "active": False, "note": "two\nlines"},
]
VIEW = View({"things": RECORDS}, RECORDS, {"name": "artifact", "stages": "stages", "active": "active", "note": "note"})
BARE = VIEW._replace(bare="name")
TEXT = VIEW._replace(text="in words")

ONE = artifact("churn@v1.0.0 on a", "churn#prod#1 on a")
COMMITTED = {"author": "Ada Lovelace", "author_email": "ada@example.com", "message": "A message"}


# Formats


def test_a_table_shows_the_columns_under_their_headings() -> None:
    assert render(VIEW, "table") == (
        "╭────────────┬───────────┬──────────┬────────────╮\n"
        "│ artifact   │ stages    │ active   │ note       │\n"
        "├────────────┼───────────┼──────────┼────────────┤\n"
        "│ churn      │ dev, prod │ yes      │ -          │\n"
        "│ a|b        │ -         │ no       │ two\\nlines │\n"
        "╰────────────┴───────────┴──────────┴────────────╯"
    )


def test_a_terminal_without_unicode_gets_a_plain_table() -> None:
    table = render(VIEW, "table", unicode=False)
    assert table.isascii()
    assert table.startswith("+--")


def test_an_empty_table_is_nothing() -> None:
    assert render(View({}, [], {"name": "name"}), "table") == ""


def test_a_table_fits_the_terminal_by_wrapping_the_widest_column() -> None:
    records = [{"name": "churn", "note": "word " * 30}]
    view = View({}, records, {"name": "name", "note": "note"})
    wide, narrow = render(view, "table"), render(view, "table", width=50)
    assert max(map(len, wide.splitlines())) > 100
    assert max(map(len, narrow.splitlines())) <= 50
    assert narrow.count("word") == 30


def test_a_narrow_table_leaves_out_columns_in_the_order_of_the_view() -> None:
    record = {"name": "recommendation-engine", "version": "v1.0.0", "date": "2023-11-14", "ref": "r" * 30}
    view = View({}, [record], {key: key for key in record}, droppable=["ref", "date"])

    def headings(width: int) -> list[str]:
        return render(view, "table", width=width).splitlines()[1].strip("│").replace("│", " ").split()

    assert headings(100) == ["name", "version", "date", "ref"]
    assert headings(60) == ["name", "version", "date"]
    assert headings(36) == headings(10) == ["name", "version"]
    assert "recommendation-engine" in render(view, "table", width=10)


def test_a_table_that_does_not_fit_takes_its_narrow_form() -> None:
    wide = View({}, [{"a": "x" * 30, "b": "y" * 30}], {"a": "a", "b": "b"})
    view = wide._replace(narrow=lambda: View({}, [{"c": "z"}], {"c": "c"}))
    assert "z" not in render(view, "table", width=80)
    assert "z" in render(view, "table", width=60)
    assert "z" not in render(view, "md")


def test_a_table_that_fits_is_left_alone() -> None:
    table = render(VIEW, "table")
    exactly = len(table.partition("\n")[0])
    assert render(VIEW, "table", width=exactly) == table
    assert render(VIEW, "table", width=exactly - 1) != table


def test_a_table_in_a_tiny_terminal_keeps_its_headings() -> None:
    assert "artifact" in render(VIEW, "table", width=10)


def test_tables_show_seven_digits_of_a_commit_and_other_formats_all() -> None:
    view = View({}, [{"commit": A, "version": A, "#prod": [A, "v1.0.0"], "author": A}], {})
    assert render(view, "plain") == f"{A}\t{A}\t{A}, v1.0.0\t{A}"
    cells = [cell.strip() for cell in render(view, "table").splitlines()[3].strip("│").split("│")]
    assert cells == ["aaaaaaa", "aaaaaaa", "aaaaaaa, v1.0.0", A]


def test_json_is_the_document_with_its_schema_first() -> None:
    text = render(VIEW, "json")
    assert json.loads(text) == {"schema": 1, "things": RECORDS}
    assert text.startswith('{\n  "schema": 1,\n')


def test_jsonl_is_an_item_of_the_document_a_line() -> None:
    lines = render(VIEW._replace(items="things"), "jsonl").splitlines()
    assert [json.loads(line) for line in lines] == RECORDS


def test_jsonl_of_a_document_without_a_list_is_one_line() -> None:
    assert json.loads(render(VIEW, "jsonl")) == {"things": RECORDS}


def test_csv_has_a_heading_and_every_key() -> None:
    rows = list(csv.DictReader(io.StringIO(render(VIEW, "csv"))))
    assert rows == [
        {"name": "churn", "stages": "dev, prod", "active": "yes", "note": ""},
        {"name": "a|b", "stages": "", "active": "no", "note": "two\\nlines"},
    ]


def test_plain_has_tabs_between_columns_and_no_heading() -> None:
    assert render(VIEW, "plain") == "churn\tdev, prod\tyes\t-\na|b\t-\tno\ttwo\\nlines"


def test_markdown_escapes_its_bars() -> None:
    lines = render(VIEW, "md").splitlines()
    assert lines[0].split() == ["|", "artifact", "|", "stages", "|", "active", "|", "note", "|"]
    assert "| a\\|b " in lines[3]


def test_an_answer_may_be_bare_unless_a_format_is_asked_for() -> None:
    assert render(BARE) == "churn\na|b"
    assert render(BARE, "table") == render(VIEW, "table")


def test_an_answer_may_be_in_words() -> None:
    assert render(TEXT) == "in words"
    assert render(TEXT, "table") == render(VIEW, "table")
    assert render(TEXT, "plain") == render(VIEW, "plain")


def test_one_column_can_be_printed_alone_without_what_is_missing() -> None:
    assert render(VIEW, columns=["stages"]) == "dev, prod"
    assert render(VIEW, columns=["note"]) == "two\\nlines"
    assert render(VIEW, columns=["active"]) == "yes\nno"


def test_several_columns_are_printed_in_the_order_asked() -> None:
    assert render(VIEW, columns=["active", "note", "stages"]) == "yes\t-\tdev, prod\nno\ttwo\\nlines\t-"


def test_a_column_that_is_not_there_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no column 'colour'"):
        render(VIEW, columns=["colour"])


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_can_be_printed_in_every_format(format: Format) -> None:
    assert isinstance(render(View({"things": []}, [], {"name": "name"}), format), str)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, Ünïcödé, 日本", "plain, Ünïcödé, 日本"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("right\u202eleft", "right\\u202eleft"),
        ("\x9b1m", "\\x9b1m"),
    ],
)
def test_text_cannot_steer_a_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown


@quick
@given(st.text(max_size=20), st.sampled_from(FORMATS))
def test_no_format_lets_a_control_character_through(text: str, format: Format) -> None:
    view = View({"a": text}, [{"a": text, "b": [text]}], {"a": "a", "b": "b"})
    assert all(c.isprintable() or c in "\n\t" for c in render(view, format))
    assert render(view, columns=["b"]).isprintable()


# Views


def test_the_registry_has_a_column_for_every_stage() -> None:
    rows = artifact_rows([ONE, artifact("churn@v1.0.0 on a")])
    view = views.registry(RegistryTable(("dev", "prod"), tuple(rows)))
    known = {"registered": True, "active": True, "type": None, "path": None, "labels": [], "description": ""}
    assert view.document["stages"] == ["dev", "prod"]
    assert view.document["artifacts"][0] == {
        "artifact": "churn",
        "latest": "v1.0.0",
        "stages": {"dev": [], "prod": ["v1.0.0"]},
        **known,
        "custom": None,
    }
    assert view.records[1] == {"artifact": "churn", "latest": "v1.0.0", "#dev": [], "#prod": [], **known}
    assert list(view.columns) == ["artifact", "latest", "#dev", "#prod"]


def test_an_artifact_that_is_only_annotated_is_starred() -> None:
    row = artifact_rows([ONE])[0]._replace(artifact="scratch", registered=False)
    view = views.registry(RegistryTable((), (row,)))
    assert (view.records[0]["artifact"], view.document["artifacts"][0]["artifact"]) == ("*scratch", "scratch")


def test_an_artifact_has_a_record_for_every_version() -> None:
    view = views.artifact("churn", version_rows(ONE))
    version = {
        "version": "v1.0.0",
        "stages": ["prod"],
        "timestamp": "2023-11-14T22:13:20Z",
        "commit": A,
        "ref": "churn@v1.0.0",
        **COMMITTED,
        "active": True,
    }
    assert view.document == {"artifact": "churn", "versions": [version]}
    assert list(view.records[0]) == [
        "artifact",
        "version",
        "stage",
        "timestamp",
        "commit",
        "ref",
        "author",
        "author_email",
        "message",
        "active",
    ]


def test_a_commit_has_a_record_for_every_version_on_it() -> None:
    view = views.at_commit(A, at_commit([ONE], A))
    assert view.document["commit"] == A
    assert [(v["artifact"], v["version"], v["stages"]) for v in view.document["versions"]] == [
        ("churn", "v1.0.0", ["prod"])
    ]
    assert (view.records[0]["artifact"], view.records[0]["stage"]) == ("churn", ["prod"])


def test_the_latest_version_is_printed_bare() -> None:
    view = views.latest("churn", active_versions(ONE))
    assert render(view) == "v1.0.0"
    assert view.document == {
        "artifact": "churn",
        "versions": [
            {
                "version": "v1.0.0",
                "commit": A,
                "ref": "churn@v1.0.0",
                "timestamp": "2023-11-14T22:13:20Z",
                **COMMITTED,
                "last_known": None,
            }
        ],
    }


def test_what_a_stage_holds_is_printed_bare() -> None:
    state = artifact("churn@v1.0.0 on a", "churn#prod#1 on a", "churn#prod#2 on b")
    held = in_stage(state, "prod", ReadOptions(versions_per_stage=ALL))
    view = views.which("churn", "prod", [held[0], held[1]._replace(until=1_700_000_120)])
    assert render(view) == f"{B}\nv1.0.0"
    assert [(v["ref"], v["assigned_by"], v["until"]) for v in view.document["versions"]] == [
        (None, "churn#prod#2", None),
        ("churn@v1.0.0", "churn#prod#1", "2023-11-14T22:15:20Z"),
    ]


def test_an_event_is_a_record() -> None:
    assert views.event_entry(ONE.events[1]) == {
        "timestamp": "2023-11-14T22:14:20Z",
        "artifact": "churn",
        "event": "assignment",
        "version": "v1.0.0",
        "stage": "prod",
        "commit": A,
        "ref": "churn#prod#1",
        **COMMITTED,
    }


def test_an_event_of_a_bare_commit_has_its_id_for_a_version_before_and_after_the_fold() -> None:
    planned = event("churn#prod#1", A)
    [read] = artifact("churn#prod#1 on a").events
    assert planned.version is None
    assert views.event_entry(planned)["version"] == views.event_entry(read)["version"] == A


def test_history_has_a_record_for_every_event() -> None:
    assert [record["ref"] for record in views.history(ONE.events).records] == ["churn@v1.0.0", "churn#prod#1"]


def test_a_tag_is_told_with_its_trailers() -> None:
    view = views.check_ref(event("churn#prod#1", A, meaning="v1.0.0"))
    assert view.document["event"]["trailers"] == {"Registry-Version": ["v1.0.0"]}
    assert render(view) == "stage 'prod' was assigned to version 'v1.0.0' of artifact 'churn'"


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("churn@v1.0.0", "version 'v1.0.0' of artifact 'churn' was registered"),
        ("churn@v1.0.0!", "version 'v1.0.0' of artifact 'churn' was deregistered"),
        ("churn#prod#1", "stage 'prod' was assigned to version 'aaaaaaa' of artifact 'churn'"),
        ("churn#prod!#1", "stage 'prod' was unassigned from version 'aaaaaaa' of artifact 'churn'"),
        ("churn@deprecated", "artifact 'churn' was deprecated"),
        ("churn@created", "artifact 'churn' was created"),
    ],
)
def test_an_event_can_be_said_in_words(ref: str, words: str) -> None:
    assert views.sentence(event(ref, A)) == words


def test_stages_are_printed_bare() -> None:
    view = views.stages(["dev", "prod"])
    assert render(view) == "dev\nprod"
    assert view.document == {"stages": ["dev", "prod"]}


def test_the_parts_of_a_tag_are_a_record() -> None:
    view = views.tag(parsed("models=churn#prod#3"))
    assert view.document == {
        "artifact": "models:churn",
        "event": "assignment",
        "version": None,
        "stage": "prod",
        "counter": 3,
    }
    assert render(view, columns=["artifact"]) == "models:churn"


def test_an_annotation_tells_what_it_has() -> None:
    found = Annotation.model_validate({"type": "model", "labels": ["a", "b\x1b"], "owner": "ada"})
    view = views.annotation("churn", found, A)
    assert render(view) == "type: model\nlabels: a, b\\x1b\nowner: ada"
    assert view.document == {
        "artifact": "churn",
        "commit": A,
        "type": "model",
        "path": None,
        "virtual": True,
        "labels": ["a", "b\x1b"],
        "description": "",
        "custom": None,
        "other": {"owner": "ada"},
    }


def test_a_comparison_lists_commits_files_and_annotations() -> None:
    old, new = active_versions(artifact("churn@v1.1.0 on b", "churn@v1.0.0 on a"))[::-1]
    view = views.comparison(
        Comparison(
            "churn",
            old,
            new,
            "model.pkl",
            (Commit(B, 1_700_000_000, "Ada", "Retrain"),),
            (FileChange("M", "model.pkl"),),
            (("type", None, "model"),),
        )
    )
    assert view.document["from"] == {"version": "v1.0.0", "commit": A}
    assert view.document["to"] == {"version": "v1.1.0", "commit": B}
    assert view.document["annotations"] == [{"key": "type", "from": None, "to": "model"}]
    assert [tuple(record.values()) for record in view.records] == [
        ("commit", "bbbbbbb", "Retrain"),
        ("file", "M", "model.pkl"),
        ("annotation", "type", "nothing -> model"),
    ]


def test_findings_are_told_with_a_way_out() -> None:
    view = views.findings(
        [
            Finding("future-date", "error", "churn@v1.0.0", "is dated in the future", "git tag -d churn@v1.0.0"),
            Finding("shallow-clone", "warning", "repository", "is shallow"),
        ]
    )
    assert render(view) == (
        "error: churn@v1.0.0: is dated in the future\n    fix: git tag -d churn@v1.0.0\nwarning: repository: is shallow"
    )
    assert view.document["findings"][1] == {
        "severity": "warning",
        "check": "shallow-clone",
        "subject": "repository",
        "message": "is shallow",
        "fix": None,
    }


@pytest.mark.parametrize("show_origin", [False, True])
def test_settings_are_listed_with_their_origin_if_asked_for(show_origin: bool) -> None:
    view = views.settings(combine([Source(".gto", {"stages": ["dev"]})]), show_origin=show_origin)
    assert view.document["settings"][0] == {"key": "stages", "value": ["dev"], "origin": ".gto"}
    assert ("origin" in view.columns) is show_origin


@pytest.mark.parametrize(
    ("dry_run", "created", "deleted"), [(False, "created", "deleted"), (True, "would create", "would delete")]
)
def test_a_write_tells_what_it_did_or_would_do(dry_run: bool, created: str, deleted: str) -> None:
    done = Outcome((event("churn@v1.0.0"),), (event("churn#prod#1"),), ("a note",), done=not dry_run)
    view = views.outcome(done, dry_run=dry_run)
    assert render(view) == (
        f"{created} tag 'churn@v1.0.0': version 'v1.0.0' of artifact 'churn' was registered\n"
        f"{deleted} tag 'churn#prod#1'"
    )
    assert (view.document["dry_run"], view.document["notes"]) == (dry_run, ["a note"])
    assert view.document["deleted"] == [{"ref": "churn#prod#1", "object": "0" * 40}]
    assert [record["ref"] for record in view.records] == ["churn@v1.0.0", "churn#prod#1"]


def test_a_cache_has_its_scope_and_when_the_server_was_last_contacted() -> None:
    mirror = MirrorInfo(Path("/cache/1"), "https://example.com/m.git", "tagged commits", 2048, 1_700_000_000.9)
    view = remote_views.caches([mirror])
    assert view.document["caches"] == [
        {
            "address": "https://example.com/m.git",
            "scope": "tagged commits",
            "bytes": 2048,
            "checked_at": "2023-11-14T22:13:20Z",
            "path": "/cache/1",
        }
    ]
    assert render(view, "plain") == "https://example.com/m.git\ttagged commits\t2048\t2023-11-14T22:13:20Z"
