"""An answer that can be printed in every format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from gittag_registry.errors import UsageError

if TYPE_CHECKING:
    from gittag_registry.render.documents import Document

Format = Literal["table", "json", "jsonl", "csv", "md", "plain"]
FORMATS: tuple[Format, ...] = ("table", "json", "jsonl", "csv", "md", "plain")
SCHEMA = 1
"""the version of the JSON documents; it changes when a key is removed or changes its meaning"""

Record = Mapping[str, Any]


class View(NamedTuple):
    """One answer, ready to print.

    Args:
        document: the JSON document without its ``schema``.
        records: one for each line of `csv` and `plain`.
        columns: the keys of the records that the table shows, with their headings; None: all, under their own names.
        droppable: those that a table leaves out if the terminal is too narrow, the first of them first.
        tables_only: columns that `plain` leaves out, because scripts count its columns.
        narrow: another form of the answer, for a table that does not fit even then.
        bare: a key that is printed alone unless another format is chosen.
        text: printed instead of a table.
        items: the key of the document's list of which `jsonl` prints a line each; None: the document is one line.
    """

    document: Document
    records: Sequence[Record]
    columns: dict[str, str] | None = None
    droppable: Sequence[str] = ()
    narrow: Callable[[], View] | None = None
    tables_only: Sequence[str] = ()
    bare: str | None = None
    text: str | None = None
    items: str | None = None


def render(
    view: View,
    format: Format | None = None,
    *,
    columns: Sequence[str] = (),
    unicode: bool = True,
    width: int | None = None,
) -> str:
    """Print a view.

    Args:
        format: None for the view's default.
        columns: print these keys of every record, and nothing else.
        unicode: whether the output can show box-drawing characters.
        width: fit tables into this many columns.

    Raises:
        UsageError: the records have no such column.
    """
    if columns:
        return _lines(view, columns)
    match format:
        case "json":
            return to_json(view.document, indent=2)
        case "jsonl":
            document: Record = view.document
            lines = document[view.items] if view.items else [document]
            return "\n".join(map(_json, lines))
        case "csv":
            return _csv(view)
        case "plain":
            return "\n".join("\t".join(_cells(view, record)) for record in view.records)
        case "md":
            return _tabulate(view, "github", escape="|")
        case None if view.bare is not None:
            return _lines(view, [view.bare])
        case None if view.text is not None:
            return view.text
        case None | "table":
            return _tabulate(view, "rounded_outline" if unicode else "outline", width) if view.records else ""


def to_json(document: Document, *, indent: int | None = None) -> str:
    """A document as JSON, with the version of its schema in front."""
    return _json({"schema": SCHEMA, **document}, indent)


def printable(text: str) -> str:
    """Text that cannot control a terminal: control and direction characters become escapes.

    >>> printable("a\\x1b[31mb")
    'a\\\\x1b[31mb'
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _json(value: Any, indent: int | None = None) -> str:
    import json

    return json.dumps(value, indent=indent)


def _lines(view: View, columns: Sequence[str]) -> str:
    """A line for each record; of a single column, only those that have a value."""
    for column in columns:
        if any(column not in record for record in view.records):
            raise UsageError(f"this answer has no column {column!r}")
    rows = [[record[column] for column in columns] for record in view.records]
    return "\n".join("\t".join(map(_text, row)) for row in rows if len(row) > 1 or row[0] not in (None, [], ""))


def _text(value: Any) -> str:
    match value:
        case None | [] | "":
            return "-"
        case list():
            return printable(", ".join(map(str, value)))
        case bool():
            return "yes" if value else "no"
        case _:
            return printable(str(value))


def _keys(view: View) -> list[str]:
    return list(view.columns or (view.records[0] if view.records else ()))


def _cells(view: View, record: Record) -> list[str]:
    return [_text(record.get(key)) for key in _keys(view) if key not in view.tables_only]


def _csv(view: View) -> str:
    import csv
    import io

    keys = list(view.records[0] if view.records else view.columns or ())
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(keys)
    for record in view.records:
        writer.writerow("" if record[key] in (None, [], "") else _text(record[key]) for key in keys)
    return out.getvalue().rstrip("\n")


_SHORT = ("commit", "version")  # columns with commit ids, like those of stages; tables show seven digits


def _table_cell(key: str, value: Any, escape: str) -> str:
    text = _text(_shortened(value) if key in _SHORT or key.startswith("#") else value)
    return text.replace(escape, "\\" + escape) if escape else text


def _shortened(value: Any) -> Any:
    """A commit's id, or those in a list, with seven digits."""
    match value:
        case list():
            return [_shortened(item) for item in value]
        case str() if len(value) >= 40 and all(c in "0123456789abcdef" for c in value):
            return value[:7]
        case _:
            return value


def _tabulate(view: View, style: str, width: int | None = None, escape: str = "") -> str:
    from gittag_registry.render.table import Layout, tabulate_rows

    keys = _keys(view)
    rows = [[_table_cell(key, record.get(key), escape) for key in keys] for record in view.records]
    headings = [(view.columns or {}).get(key, key) for key in keys]
    if not width:
        return tabulate_rows(headings, rows, style)
    layout = Layout(headings, rows, map(keys.index, view.droppable), width)
    if view.narrow is not None and not layout.fits:
        return _tabulate(view.narrow(), style, width)
    return layout.render(style)
