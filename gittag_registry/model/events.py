"""Tag objects and events: decode, encode, and the order of events. Pure.

Decoding is total: whatever a repository holds under ``refs/tags`` is an `Event`, a `SkippedTag` with a
reason, or no registry tag at all. `encode` is the inverse used by every write.
"""

from __future__ import annotations

import enum
import re
from datetime import datetime, timezone
from sys import intern
from typing import Any, NamedTuple

from gittag_registry.model.message import Message, named_version, parse_message
from gittag_registry.model.names import Kind, TagName
from gittag_registry.model.versions import is_version

LARGEST_TAG = 64 * 1024  # bytes; a longer tag object is skipped unread
LATEST_TIME = 253402300799  # the last second datetime can represent, 9999-12-31T23:59:59Z

_TAG_OBJECT = re.compile(
    r"object ([0-9a-f]{40,64})\n"
    r"type ([a-z]+)\n"
    r"tag (.*)\n"
    r"(?:tagger ([^<>\n]*)<([^<>\n]*)> ([0-9]{1,18}) ([+-][0-9]{4})\n)?"
    r"(?:.+\n)*"  # headers git may add, such as gpgsig-sha256
    r"(?:\n|\Z)"
)


_PRIORITIES = (
    Kind.CREATION,
    Kind.DEPRECATION,
    Kind.REGISTRATION,
    Kind.DEREGISTRATION,
    Kind.ASSIGNMENT,
    Kind.UNASSIGNMENT,
)


class TagRecord(NamedTuple):
    """One ref under ``refs/tags`` as git stores it."""

    name: str
    """the ref's name without ``refs/tags/``"""
    oid: str
    """the object the ref points to"""
    type: str
    """that object's type, or "missing" or "damaged\""""
    size: int
    """that object's size in bytes"""
    data: bytes
    """that object's content; empty when it is larger than `LARGEST_TAG`"""
    peeled: str | None = None
    """the commit that a tag of a tag points to, if it was looked up"""


class SkipReason(enum.Enum):
    """Why a tag with a registry tag's name is skipped; the value is the message, with a placeholder for a detail."""

    MISSING = "its object is missing in this repository"
    DAMAGED = "its object is damaged in this repository"
    LIGHTWEIGHT = "it is lightweight: no author, no date"
    TOO_LARGE = "its tag object is larger than {} bytes"
    MALFORMED = "its tag object is malformed"
    OTHER_NAME = "its tag object has another name, {}"
    NO_DATE = "it has no tagger with a valid date"
    DATE_TOO_LATE = "its date is after the year 9999"
    NOT_A_COMMIT = "it points to a {}, not to a commit"


class SkippedTag(NamedTuple):
    """A tag with a registry tag's name that cannot be read as one, and why."""

    ref: str
    reason: SkipReason
    tag: TagName
    detail: str = ""
    """fills the placeholder of the reason's message"""

    @property
    def explanation(self) -> str:
        """The reason as a message for users."""
        return self.reason.value.format(self.detail)

    @property
    def is_lost(self) -> bool:
        """Whether the tag object is missing or damaged in this repository."""
        return self.reason in (SkipReason.MISSING, SkipReason.DAMAGED)


class Event(NamedTuple):
    """One thing that happened to an artifact, read from one tag."""

    artifact: str
    kind: Kind
    version: str | None
    """of stage events: the version that the tag names, or None"""
    stage: str | None
    counter: int | None
    ref: str
    """the tag's name"""
    oid: str
    """the tag object's id; empty while the event is only planned"""
    commit: str
    timestamp: int
    """the tagger's clock, in seconds since 1970-01-01T00:00:00Z"""
    offset: str
    """the tagger's time zone, as ``+0200``"""
    author: str
    author_email: str
    raw_message: str

    def __repr__(self) -> str:
        """The tag, what it says and when, in short."""
        when = self.created_at.replace(tzinfo=None).isoformat()
        return f"<Event {self.ref} {self.kind.value} {self.commit[:7]} {when}Z>"

    @property
    def message(self) -> str:
        """What the author wrote: the message without trailers and signature."""
        return self.parsed_message.text

    @property
    def parsed_message(self) -> Message:
        """The message, split into text and trailers."""
        return parse_message(self.raw_message)

    @property
    def created_at(self) -> datetime:
        """The event's time, in UTC."""
        return datetime.fromtimestamp(self.timestamp, timezone.utc)

    # Aliases for code written for GTO.

    @property
    def event(self) -> str:
        """The event's name, as in `history`."""
        return self.kind.value

    @property
    def tag(self) -> str:
        """The tag's name; GTO's word for `ref`."""
        return self.ref

    @property
    def commit_hexsha(self) -> str:
        """The commit's id; GTO's word for `commit`."""
        return self.commit

    @property
    def priority(self) -> int:
        """GTO's rank of events in the same second."""
        return _PRIORITIES.index(self.kind) + 1

    @property
    def addition(self) -> bool:
        """Whether the event adds something: GTO's word for a creation, registration or assignment."""
        return self.kind in (Kind.CREATION, Kind.REGISTRATION, Kind.ASSIGNMENT)

    def dict_state(self) -> dict[str, Any]:
        """What GTO's method of this name returns."""
        state = {
            "priority": self.priority,
            "addition": self.addition,
            "artifact": self.artifact,
            "created_at": self.created_at,
            "author": self.author,
            "author_email": self.author_email,
            "message": self.message,
            "commit_hexsha": self.commit,
            "tag": self.ref,
        }
        if self.kind not in (Kind.CREATION, Kind.DEPRECATION):
            state["version"] = self.version
        if self.stage is not None:
            state["stage"] = self.stage
        return {**state, "event": self.event}


def order_key(event: Event) -> tuple[int, int, str]:
    """The sort key of events everywhere: time, then counter, then name."""
    return event.timestamp, event.counter or 0, event.ref


def decode(record: TagRecord, tag: TagName) -> Event | SkippedTag:
    """Read a ref and its object as an event, or as a skipped tag; `tag` is the parsed name."""
    if record.type != "tag" or record.size > LARGEST_TAG:
        return _unread(record, tag)
    content = _text(record.data)
    match = _TAG_OBJECT.match(content)
    if match is None:
        return SkippedTag(record.name, SkipReason.MALFORMED, tag)
    target, target_type, own_name, author, author_email, seconds, offset = match.groups()
    if own_name != record.name:
        return SkippedTag(record.name, SkipReason.OTHER_NAME, tag, repr(own_name))
    if seconds is None:
        return SkippedTag(record.name, SkipReason.NO_DATE, tag)
    if (timestamp := int(seconds)) > LATEST_TIME:
        return SkippedTag(record.name, SkipReason.DATE_TOO_LATE, tag)
    commit = target if target_type == "commit" else record.peeled
    if commit is None:
        return SkippedTag(record.name, SkipReason.NOT_A_COMMIT, tag, target_type)
    message = content[match.end() :]
    artifact, kind, version, stage, counter = tag
    if stage is not None:
        version = _valid_version(named_version(message))
    return Event(
        artifact,
        kind,
        version,
        stage,
        counter,
        record.name,
        record.oid,
        intern(commit),
        timestamp,
        intern(offset),
        intern(author.removesuffix(" ")),
        intern(author_email),
        message,
    )


def _text(data: bytes) -> str:
    """A tag object as text, by its header `encoding` if it has one; what the registry relies on is ASCII anyway."""
    header = b"\nencoding " in data
    if not header:
        try:
            return data.decode()
        except UnicodeDecodeError:
            pass
    from gittag_registry.text import decode_text

    named = re.search(rb"(?m)^encoding ([!-~]+)$", data.partition(b"\n\n")[0]) if header else None
    return decode_text(data, named[1].decode() if named else None)


def _valid_version(text: str | None) -> str | None:
    return intern(text) if text is not None and is_version(text) else None


def _unread(record: TagRecord, tag: TagName) -> SkippedTag:
    """The reason to skip a record without reading its content."""
    match record.type:
        case "missing":
            return SkippedTag(record.name, SkipReason.MISSING, tag)
        case "damaged":
            return SkippedTag(record.name, SkipReason.DAMAGED, tag)
        case "tag":
            return SkippedTag(record.name, SkipReason.TOO_LARGE, tag, str(LARGEST_TAG))
        case _:
            return SkippedTag(record.name, SkipReason.LIGHTWEIGHT, tag)


def is_tag_of_tag(record: TagRecord) -> bool:
    """Whether the object is an annotated tag of another tag, so that its commit must be looked up."""
    return record.type == "tag" and record.data.partition(b"\n")[2].startswith(b"type tag\n")


def encode(event: Event) -> bytes:
    """The tag object of an event; the inverse of `decode`."""
    return (
        f"object {event.commit}\n"
        "type commit\n"
        f"tag {event.ref}\n"
        f"tagger {event.author} <{event.author_email}> {event.timestamp} {event.offset}\n"
        "\n"
        f"{event.raw_message}"
    ).encode()
