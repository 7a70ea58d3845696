"""Tag objects and events: decode one into the other and back, and put events in order. Pure.

Decoding is total: whatever a repository holds under ``refs/tags`` is an `Event`, a `SkippedTag` with a
reason, or no registry tag at all. `encode` is the inverse used by every write.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from sys import intern
from typing import NamedTuple

from gittag_registry.model.message import Message, parse_message, version_meant
from gittag_registry.model.names import Kind, TagName
from gittag_registry.model.versions import is_version

LARGEST_TAG = 64 * 1024  # bytes; a longer tag object is skipped unread
LATEST_TIME = 253402300799  # the last second datetime can represent, 9999-12-31T23:59:59Z

_LOST = "its object is"
_TAG_OBJECT = re.compile(
    r"object ([0-9a-f]{40,64})\n"
    r"type ([a-z]+)\n"
    r"tag (.*)\n"
    r"(?:tagger ([^<>\n]*)<([^<>\n]*)> ([0-9]{1,18}) ([+-][0-9]{4})\n)?"
    r"(?:.+\n)*"  # headers git may add, such as gpgsig-sha256
    r"(?:\n|\Z)"
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
    """the commit a tag of a tag leads to, where it had to be looked up"""


class SkippedTag(NamedTuple):
    """A tag with a registry tag's name that cannot be read as one, and why."""

    ref: str
    reason: str
    tag: TagName

    @property
    def is_lost(self) -> bool:
        """Whether this repository does not have the tag object, or not whole."""
        return self.reason.startswith(_LOST)


class Event(NamedTuple):
    """One thing that happened to an artifact, as one tag tells it."""

    artifact: str
    kind: Kind
    version: str | None
    """of stage events the version meant, where the tag says so"""
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

    @property
    def message(self) -> str:
        """What the author wrote: the message without trailers and signature."""
        return self.parsed_message.text

    @property
    def parsed_message(self) -> Message:
        """The message taken apart into text and trailers."""
        return parse_message(self.raw_message)

    @property
    def created_at(self) -> datetime:
        """The event's time, in UTC."""
        return datetime.fromtimestamp(self.timestamp, timezone.utc)

    # The names by which code written for GTO reads an event.

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


def order_key(event: Event) -> tuple[int, int, str]:
    """The one key by which events are earlier or later: time, then counter, then name."""
    return event.timestamp, event.counter or 0, event.ref


def decode(record: TagRecord, tag: TagName) -> Event | SkippedTag:
    """Read a tag object as the event its name promises, or say why it cannot be.

    Args:
        record: the ref and its object.
        tag: the ref's name, parsed.
    """
    reason = _unreadable(record)
    if reason is not None:
        return SkippedTag(record.name, reason, tag)
    try:
        content = record.data.decode()
    except UnicodeDecodeError:
        return SkippedTag(record.name, "its text is not UTF-8", tag)
    match = _TAG_OBJECT.match(content)
    if match is None:
        return SkippedTag(record.name, "its tag object is malformed", tag)
    target, target_type, own_name, author, author_email, seconds, offset = match.groups()
    if own_name != record.name:
        return SkippedTag(record.name, f"the tag object calls itself {own_name!r}", tag)
    if seconds is None:
        return SkippedTag(record.name, "it has no tagger with a readable date", tag)
    timestamp = int(seconds)
    if timestamp > LATEST_TIME:
        return SkippedTag(record.name, "its date lies beyond the year 9999", tag)
    commit = target if target_type == "commit" else record.peeled
    if commit is None:
        return SkippedTag(record.name, f"it leads to a {target_type}, not to a commit", tag)
    message = content[match.end() :]
    artifact, kind, version, stage, counter = tag
    if stage is not None:
        meant = version_meant(message)
        version = intern(meant) if meant is not None and is_version(meant) else None
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


def _unreadable(record: TagRecord) -> str | None:
    if record.type in ("missing", "damaged"):
        return f"{_LOST} {record.type} in this repository"
    if record.type != "tag":
        return "it is lightweight: no author, no date"
    if record.size > LARGEST_TAG:
        return f"its tag object is larger than {LARGEST_TAG} bytes"
    return None


def is_tag_of_tag(record: TagRecord) -> bool:
    """Whether the object is an annotated tag of another tag, whose commit has to be looked up."""
    return record.type == "tag" and record.data.partition(b"\n")[2].startswith(b"type tag\n")


def encode(event: Event) -> bytes:
    """The tag object that says this event; `decode` gives the event back."""
    return (
        f"object {event.commit}\n"
        "type commit\n"
        f"tag {event.ref}\n"
        f"tagger {event.author} <{event.author_email}> {event.timestamp} {event.offset}\n"
        "\n"
        f"{event.raw_message}"
    ).encode()
