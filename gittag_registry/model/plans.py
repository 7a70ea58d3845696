"""Plans: the tags that an operation writes or deletes. Pure.

A builder keeps the events in order. It never dates a new tag before the newest event of its artifact, and dates it
at least a second after the newest one that it must follow, because other readers order by the second.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gittag_registry.errors import Conflict, Refused, UsageError
from gittag_registry.hints import Hint, Option, call
from gittag_registry.model.events import LARGEST_TAG, Event, SkippedTag, TagRecord, decode, encode
from gittag_registry.model.fold import Artifact, fold_artifact
from gittag_registry.model.message import (
    OPERATION_TRAILER,
    VERSION_TRAILER,
    Trailers,
    default_sentence,
    format_message,
)
from gittag_registry.model.names import Kind, TagName, check_writable, format_tag, parse_tag
from gittag_registry.model.queries import versions_by_stage
from gittag_registry.model.times import CLOCK_TOLERANCE, iso
from gittag_registry.model.versions import Bump, is_version


@dataclass(frozen=True, slots=True)
class Context:
    """Who writes, when, with which options, and under which rules: what a decision depends on besides the state."""

    now: int
    """seconds since 1970 UTC"""
    author: str
    author_email: str
    operation: str
    """a random id, unique to the operation"""
    offset: str = "+0000"
    message: str | None = None
    """the tags' text; None: a sentence that says what is done"""
    simple: bool | None = None
    """write tags without (True) or with (False) a counter; None: stage tags have one"""
    force: bool = False
    """write a tag even if it changes nothing, or if GTO could not read the registry then"""
    allowed_stages: tuple[str, ...] | None = None
    similar_names: tuple[str, ...] = ()
    """other artifacts' names that differ from this one's only by case"""
    bump: Bump = "patch"
    pre_id: str = "rc"
    counter_skip: int = 0
    """counters to skip, because other writers are taking them at this moment"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an operation will do, all of it or nothing. An empty plan: there is nothing to do."""

    events: tuple[Event, ...] = ()
    """the tags to write, in order"""
    deletions: tuple[Event, ...] = ()
    """the tags to delete"""
    notes: tuple[str, ...] = ()
    """further messages to the user"""

    @property
    def empty(self) -> bool:
        """Whether nothing would change."""
        return not self.events and not self.deletions


@dataclass(slots=True)
class PlanBuilder:
    """Builds a plan; for each tag that is added, those added before already exist."""

    artifact: Artifact
    context: Context
    events: list[Event] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, kind: Kind, commit: str, *, version: str | None = None, stage: str | None = None) -> None:
        """Plan one more tag.

        Args:
            version: the version to (de)register or (un)assign; None for a bare commit.

        Raises:
            UsageError: the name or the message cannot be written.
            Refused: git, a file system or a reader could not handle the tag.
            Conflict: the name is taken, or the newest event lies in the future.
        """
        tag = self._name(TagName(self.artifact.name, kind, version, stage))
        check_writable(tag)
        trailers: Trailers = ((OPERATION_TRAILER, self.context.operation),)
        if stage is not None and version is not None:
            trailers = ((VERSION_TRAILER, version), *trailers)
        text = (self.context.message or "").strip() or default_sentence(tag, commit)
        event = Event(
            artifact=self.artifact.name,
            kind=kind,
            version=version,
            stage=stage,
            counter=tag.counter,
            ref=format_tag(tag),
            oid="",
            commit=commit,
            timestamp=self._time(tag),
            offset=self.context.offset,
            author=self.context.author,
            author_email=self.context.author_email,
            raw_message=format_message(text, trailers),
        )
        _check_readable(event)
        self.events.append(event)

    def plan(self) -> Plan:
        """The finished plan."""
        return Plan(tuple(self.events), notes=tuple(self.notes))

    def _events_so_far(self) -> list[Event]:
        return [*self.artifact.events, *self.events]

    def _name(self, tag: TagName) -> TagName:
        """Give the tag its counter, if it is to have one."""
        counters = [event.counter or 0 for event in self._events_so_far()]
        counters += [skipped.tag.counter or 0 for skipped in self.artifact.skipped]
        skip = 0 if any(event.counter for event in self.events) else self.context.counter_skip
        counted = tag._replace(counter=1 + max(counters, default=0) + skip)
        simple = self.context.simple if self.context.simple is not None else tag.stage is None
        if not simple:
            return counted
        plain = format_tag(tag)
        skipped = next((skipped for skipped in self.artifact.skipped if skipped.ref == plain), None)
        if skipped:
            raise Conflict(f"tag {plain!r} exists and is unreadable: {skipped.explanation}", hint=Hint(call("doctor")))
        if all(event.ref != plain for event in self._events_so_far()):
            return tag
        if self.context.simple:
            raise Conflict(f"tag {plain!r} exists", hint=Hint("for a counter, leave out ", Option("simple")))
        return counted

    def _time(self, tag: TagName) -> int:
        now = self.context.now
        newest = max(self._events_so_far(), key=lambda event: event.timestamp, default=None)
        if newest is None:
            return now
        if newest.timestamp > now + CLOCK_TOLERANCE:
            raise Conflict(
                f"the newest tag of {self.artifact.name!r}, {newest.ref!r}, is dated {iso(newest.timestamp)},"
                f" which is later than now, {iso(now)}",
                hint="correct the clock, or delete that tag if its date is wrong",
            )
        before = [event.timestamp for event in self._events_so_far() if _must_follow(tag, event)]
        return max(now, newest.timestamp, 1 + max(before, default=now - 1))


def _check_readable(event: Event) -> None:
    """Check that readers will not skip the tag."""
    try:
        size = len(encode(event))
    except UnicodeEncodeError as error:
        raise UsageError("the message or the author's name is not UTF-8 text") from error
    if "\0" in event.raw_message:
        raise UsageError("the message has a NUL character")
    if size > LARGEST_TAG:
        raise Refused(
            f"the tag would be {size} bytes long; readers skip tags of more than {LARGEST_TAG}",
            hint="shorten the message",
        )
    tag = parse_tag(event.ref)
    if tag is None:
        raise UsageError(f"{event.ref!r} would not be a registry tag")
    decoded = decode(TagRecord(event.ref, event.oid, "tag", size, encode(event)), tag)
    if isinstance(decoded, SkippedTag):
        raise UsageError(f"readers would skip the tag: {decoded.explanation}")


def _must_follow(tag: TagName, event: Event) -> bool:
    """Whether the meaning of the tag depends on coming after the event."""
    if Kind.DEPRECATION in (tag.kind, event.kind):
        return True
    if tag.stage is not None:
        return event.stage == tag.stage
    return event.stage is None and event.version == tag.version


def stage_changes(artifact: Artifact, plan: Plan, *, besides: str | None = None) -> list[str]:
    """Notes on the stages whose version changes with the plan.

    Args:
        besides: a stage to leave out, because the plan's own events name it.
    """
    deleted = {event.ref for event in plan.deletions}
    remaining = [event for event in artifact.events if event.ref not in deleted]
    before = _occupants(artifact)
    after = _occupants(fold_artifact(artifact.name, [*remaining, *plan.events])) if not plan.empty else before
    return [
        f"{artifact.name}#{stage} is now {after.get(stage, 'empty')}"
        for stage in sorted(before.keys() | after.keys())
        if stage != besides and before.get(stage) != after.get(stage)
    ]


def _occupants(artifact: Artifact) -> dict[str, str]:
    """The version in each stage, as notes print it."""
    by_stage = versions_by_stage(artifact) if artifact.active else {}
    return {
        stage: versions[0].commit[:7] if versions[0].occupant.anonymous else versions[0].version
        for stage, versions in by_stage.items()
    }


def versions_ever_named(artifact: Artifact) -> list[str]:
    """Every version that a tag of the artifact names, readable or not."""
    named = {event.version for event in artifact.events if event.stage is None}
    named |= {skipped.tag.version for skipped in artifact.skipped}
    return [version for version in named if version and is_version(version)]
