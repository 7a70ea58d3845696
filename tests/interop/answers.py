"""What GTO and this package answer, brought to one form so that they can be compared field by field.

The form is this package's. GTO's differs in the names of keys, in how it writes UTC, in that a stage's versions are
one string, and in that it takes the trailers at the end of a message for a part of it.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from gittag_registry import Registry
from gittag_registry.model.names import parse_selector
from gittag_registry.model.queries import ALL, ReadOptions
from gittag_registry.render import views

Record = dict[str, Any]

_TRAILERS = re.compile(r"(?:\n\n|\A)(?:Registry-Version: \S+\n)?Registry-Op: [0-9a-f]{32}\Z")


def of_gto(answer: Record) -> Record:
    """What `ask_gto.py` prints about a repository."""
    return {
        **{kind: held(gto_table(answer[kind])) for kind in ("table", "all in stage", "deprecated", "by version")},
        "versions": {name: gto_versions(shown) for name, shown in answer["versions"].items()},
        "history": gto_events(answer["history"]),
        "in stage": {name: full(stages) for name, stages in answer["in stage"].items()},
        "newest": [gto_event(shown) for shown in answer["newest"]],
    }


def of_ours(repo: Path) -> Record:
    """The same, asked of this package."""
    registry = Registry(repo)
    names = [row.artifact for row in registry.show().rows]
    events = registry.history()

    def table(**options: Any) -> list[Record]:
        shown = registry.show(options=ReadOptions(**options))
        return held(our_table(views.registry(shown).document))

    def in_stage(name: str, stage: str) -> list[str]:
        return [found.version for found in registry.which(name, stage, options=ReadOptions(sort="semver"))]

    return {
        "table": table(),
        "all in stage": table(versions_per_stage=ALL),
        "deprecated": table(deprecated=True),
        "by version": table(sort="semver"),
        "versions": {
            name: views.artifact(name, registry.show_artifact(parse_selector(name))).document["versions"]
            for name in names
        },
        "history": views.history(events).document["events"],
        "in stage": {name: full({stage: in_stage(name, stage) for stage in registry.stages()}) for name in names},
        "newest": [views.event_entry(registry.check_ref(event.ref)) for event in events[:3]],
    }


def gto_table(shown: Record) -> list[Record]:
    """GTO's `show`, by artifact name."""
    return [
        {
            "artifact": name,
            "latest": row["version"],
            "stages": {stage: held.split(", ") if held else [] for stage, held in row["stage"].items()},
            "registered": row["registered"],
            "active": row["active"],
        }
        for name, row in sorted(shown.items())
    ]


GTO_KEYS = ("artifact", "latest", "stages", "registered", "active")


def our_table(document: Record) -> list[Record]:
    """Our `show`, without what GTO does not tell."""
    return [{key: row[key] for key in row if key in GTO_KEYS} for row in document["artifacts"]]


def held(table: list[Record]) -> list[Record]:
    """A table without empty cells: the two do not agree on which stages get a column."""
    return [{**row, "stages": full(row["stages"])} for row in table]


def full(stages: dict[str, list[str]]) -> dict[str, list[str]]:
    """The stages that hold something."""
    return {stage: versions for stage, versions in stages.items() if versions}


def gto_versions(shown: list[Record]) -> list[Record]:
    """GTO's `show NAME`."""
    return [
        {
            "version": row["version"],
            "stages": [stage["stage"] for stage in row["stages"]],
            "timestamp": utc(row["created_at"]),
            "commit": row["commit_hexsha"],
            "ref": row["ref"],
            "author": row["author"],
            "author_email": row["author_email"],
            "message": text(row["message"]),
            "active": row["is_active"],
        }
        for row in shown
    ]


def gto_events(shown: list[Record]) -> list[Record]:
    """GTO's `history`."""
    return [
        {
            **{key: row[key] for key in row if key != "priority"},
            "timestamp": utc(row["timestamp"]),
            "message": text(row["message"]),
        }
        for row in shown
    ]


def gto_event(shown: Record) -> Record:
    """GTO's `check-ref`."""
    return {
        "timestamp": utc(shown["created_at"]),
        "artifact": shown["artifact"],
        "event": shown["event"],
        "version": shown.get("version"),
        "stage": shown.get("stage"),
        "commit": shown["commit_hexsha"],
        "ref": shown["tag"],
        "author": shown["author"],
        "author_email": shown["author_email"],
        "message": text(shown["message"]),
    }


def utc(time: str) -> str:
    """GTO's ISO 8601 time, which has the author's time zone, as we write it."""
    return datetime.fromisoformat(time).astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def text(message: str) -> str:
    """A message without the trailers we write."""
    return _TRAILERS.sub("", message)
