"""The JSON documents of the commands that compare a clone with a remote; `documents` says how they are declared."""

from typing import Literal

from typing_extensions import TypedDict  # pydantic cannot read those of `typing` before Python 3.12

from gittag_registry.render.documents import Document, Number, ObjectId


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
