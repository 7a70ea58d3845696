"""The results of operations on a registry: services return them, `render` prints them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from gittag_registry.model.events import Event
from gittag_registry.model.queries import ArtifactRow
from gittag_registry.model.state import Version

if TYPE_CHECKING:
    from pathlib import Path


class RegistryTable(NamedTuple):
    """The answer of `show`: the stages that make columns, and a row per artifact."""

    stages: tuple[str, ...]
    rows: tuple[ArtifactRow, ...]
    last_known: int | None = None
    """None, or the answer may be out of date: when the server listed these tags, in seconds since 1970 UTC"""
    annotated: bool = True
    """whether annotations and configuration were read"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an operation did, or in a dry run would have done."""

    events: tuple[Event, ...]
    """the tags written, in order; empty when there was nothing to do"""
    deletions: tuple[Event, ...]
    """the tags deleted"""
    notes: tuple[str, ...]
    """further messages to the user"""
    done: bool
    """whether anything was changed"""
    pushed_to: str | None = None
    """the remote that was written to, its name or its address without secrets; None: only this repository"""


class PushResult(NamedTuple):
    """Registry tags that a remote did not have."""

    remote: str
    """its name, or its address without secrets"""
    events: tuple[Event, ...]
    """in the order of their dates"""


class Commit(NamedTuple):
    """A commit, in short."""

    commit: str
    timestamp: int
    author: str
    subject: str


class FileChange(NamedTuple):
    """A file that differs between two commits; the status is git's letter (A, D, M, R, ...)."""

    status: str
    path: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one version to another."""

    artifact: str
    old: Version
    new: Version
    path: str | None
    """the artifact's path in its newer annotation; other files are left out"""
    commits: tuple[Commit, ...]
    """those reachable from the new version and not from the old, newest first"""
    files: tuple[FileChange, ...]
    annotations: tuple[tuple[str, Any, Any], ...]
    """the keys of the annotation that differ, with both values"""


class MirrorInfo(NamedTuple):
    """A mirror in the cache directory."""

    path: Path
    address: str
    scope: str
    """which commits: "tagged commits", or for `diff` "all commits\""""
    size: int
    """bytes"""
    checked_at: float
    """when the server's tags were last listed, in seconds since 1970 UTC"""
