"""The results of operations on a registry: services return them, `render` prints them. Pure."""

from __future__ import annotations

import enum
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
    hidden: int = 0
    """how many artifacts have tags and no row: deprecated ones"""


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
    deleted: tuple[Event, ...] = ()
    """tags that the remote had, and that were deleted there"""


class TagState(enum.Enum):
    """How a tag differs between a clone and its remote."""

    MISSING = "missing"
    """only the remote has it"""
    UNPUSHED = "unpushed"
    """only the clone has it: it was not pushed, or was deleted on the remote"""
    DIFFERENT = "different"
    """both have a tag of this name, but not the same object"""


class TagDifference(NamedTuple):
    """A tag that is not the same in a clone and on its remote."""

    ref: str
    here: str | None
    """the object id in the clone; None if it has no such tag"""
    there: str | None
    """the object id on the remote; None if it has no such tag"""

    @property
    def state(self) -> TagState:
        """How it differs."""
        return TagState.MISSING if not self.here else TagState.DIFFERENT if self.there else TagState.UNPUSHED


class TagStatus(NamedTuple):
    """The registry tags of a clone, compared with those of a remote."""

    remote: str
    """its name, or its address without secrets"""
    differences: tuple[TagDifference, ...]
    """by name"""
    same: int
    """the number of tags that are the same in both"""


class FetchResult(NamedTuple):
    """Registry tags that a clone did not have."""

    remote: str
    """its name, or its address without secrets"""
    fetched: tuple[TagDifference, ...]
    """by name"""
    kept: tuple[TagDifference, ...]
    """tags that are different on the remote, and stay as they are"""


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
