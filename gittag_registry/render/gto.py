"""The documents that GTO prints, for scripts that read them: what `print-state` and `parse-tag --key` say. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gittag_registry.errors import NotFound, UsageError
from gittag_registry.model.events import Event
from gittag_registry.model.fold import Artifact
from gittag_registry.model.names import Kind, TagName
from gittag_registry.model.times import iso

_KEYS = ("name", "version", "stage", "action", "counter")
_ACTIONS = {
    Kind.REGISTRATION: "register",
    Kind.DEREGISTRATION: "deregister",
    Kind.ASSIGNMENT: "assign",
    Kind.UNASSIGNMENT: "unassign",
    Kind.DEPRECATION: "deprecate",
    Kind.CREATION: "create",
}


def part(tag: TagName, key: str) -> str | int:
    """The part of a tag's name that GTO calls so.

    Raises:
        UsageError: no tag has such a part.
        NotFound: this one has not.

    >>> part(TagName("churn", Kind.ASSIGNMENT, stage="prod", counter=3), "action")
    'assign'
    """
    parts = dict(zip(_KEYS, (tag.artifact, tag.version, tag.stage, _ACTIONS[tag.kind], tag.counter), strict=True))
    known = f"it has {', '.join(name for name, value in parts.items() if value is not None)}"
    if key not in parts:
        raise UsageError(f"no tag has a part {key!r}", hint=known)
    value = parts[key]
    if value is None:
        raise NotFound(f"the tag has no {key}", hint=known)
    return value


def state(artifacts: Iterable[Artifact]) -> dict[str, Any]:
    """Every event of a registry, by artifact, version and stage; deprecated artifacts included."""
    return {"artifacts": {artifact.name: _artifact(artifact) for artifact in artifacts}}


def _artifact(artifact: Artifact) -> dict[str, Any]:
    versions: dict[tuple[str, str], dict[str, Any]] = {}
    commits: dict[str, str] = {}  # of each version, by the newest registration so far
    others: dict[Kind, list[dict[str, Any]]] = {Kind.CREATION: [], Kind.DEPRECATION: []}
    for event in artifact.events:
        if event.kind in others:
            others[event.kind].append(_event(event))
            continue
        name = event.version or event.commit
        if event.kind is Kind.REGISTRATION:
            commits[name] = event.commit
        commit = commits.get(name, event.commit) if event.kind is Kind.DEREGISTRATION else event.commit
        version = versions.setdefault((name, commit), _version(artifact.name, name, commit))
        if event.stage is not None:
            empty = {"artifact": artifact.name, "commit_hexsha": commit, "version": name, "stage": event.stage}
            version = version["stages"].setdefault(event.stage, {**empty, "assignments": [], "unassignments": []})
        version[f"{event.kind.value}s"].append(_event(event))
    return {
        "artifact": artifact.name,
        "versions": list(versions.values()),
        "creations": others[Kind.CREATION],
        "deprecations": others[Kind.DEPRECATION],
    }


def _version(artifact: str, name: str, commit: str) -> dict[str, Any]:
    return {
        "artifact": artifact,
        "commit_hexsha": commit,
        "version": name,
        "registrations": [],
        "deregistrations": [],
        "stages": {},
    }


def _event(event: Event) -> dict[str, Any]:
    state = {key: value for key, value in event.dict_state().items() if key not in ("priority", "addition", "event")}
    return {**state, "created_at": iso(event.timestamp)}
