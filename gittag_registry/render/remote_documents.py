"""The JSON documents of the commands on remotes and on caches of them; `documents` says how they are declared."""

from typing import Literal

from typing_extensions import TypedDict  # pydantic cannot read those of `typing` before Python 3.12

from gittag_registry.render.documents import DeletedEntry, Document, EventEntry, Number, ObjectId, Time


class FetchedEntry(TypedDict):
    """A registry tag of the remote."""

    ref: str
    object: ObjectId
    """on the remote"""
    here: ObjectId | None
    """what the tag was in this repository before; null if there was none"""


class Fetch(Document):
    """`fetch`: the registry tags of the remote that this repository did not have."""

    dry_run: bool
    """true: nothing was fetched, these are the tags that would be"""
    remote: str
    fetched: list[FetchedEntry]
    kept: list[FetchedEntry]
    """tags that are different on the remote, and were not replaced"""


class DifferenceEntry(TypedDict):
    """A registry tag that is not the same here and on the remote."""

    ref: str
    state: Literal["missing", "unpushed", "different"]
    """only on the remote; only here; in both, but not the same object"""
    here: ObjectId | None
    there: ObjectId | None


class Status(Document):
    """`status`: the registry tags here compared with those of a remote; no differences if all are the same."""

    remote: str
    same: Number
    """the number of tags that are the same here and there"""
    differences: list[DifferenceEntry]


class Push(Document):
    """`push`: the tags that were pushed, because the remote did not have them."""

    dry_run: bool
    """true: nothing was pushed, these are the tags that would be"""
    remote: str
    events: list[EventEntry]
    """in the order of their dates"""
    deleted: list[DeletedEntry]
    """with --delete: the tags that the remote had"""


class CacheEntry(TypedDict):
    """The cache of a remote repository."""

    address: str
    scope: str
    """which commits it has: "tagged commits", or for `diff` "all commits\""""
    bytes: Number
    checked_at: Time
    """when the server's tags were last listed"""
    path: str


class CacheList(Document):
    """`cache list`: the caches of remote repositories."""

    caches: list[CacheEntry]
