"""Read the JSON documents that our command line prints with `--json`; the faulty writers print the same. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def read_written(output: str) -> tuple[tuple[str, str], ...]:
    """Return the names and object ids of the tags that a `write` document says were created.

    The id is empty where the document has none. A command that was killed may have printed nothing, or less than a
    document; then it has acknowledged nothing.
    """
    events = _read_document(output).get("events", [])
    return tuple((event["ref"], event.get("object", "")) for event in events)


def read_findings(output: str) -> list[Mapping[str, Any]]:
    """Return the findings of a `doctor` document; none where there is no document."""
    return list(_read_document(output).get("findings", []))


def read_error(errors: str) -> str:
    """Return the message of the `error` document on standard error, or all that is there if it has none."""
    for line in reversed(errors.splitlines()):  # warnings come before it
        details = _read_document(line).get("error")
        if details:
            return str(details["message"])
    return errors.strip()


def _read_document(text: str) -> Mapping[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
