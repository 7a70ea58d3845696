"""The fold: from a set of events to the registry's state. Pure.

Two passes over an artifact's events in order. The first finds the versions, their commits, and when each was
active. The second finds the version of every stage event; for tags without a ``Registry-Version`` trailer it
depends on the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from gittag_registry.errors import assert_never
from gittag_registry.model.events import Event, SkippedTag, order_key
from gittag_registry.model.names import Kind
from gittag_registry.model.state import Version
from gittag_registry.model.versions import precedence


class Artifact(NamedTuple):
    """Everything the tags say about one artifact."""

    name: str
    events: tuple[Event, ...] = ()
    """in order; stage events with the version they belong to"""
    versions: tuple[Version, ...] = ()
    """every version ever registered or assigned, by first appearance"""
    deprecation: Event | None = None
    """the deprecation in effect"""
    skipped: tuple[SkippedTag, ...] = ()
    last_known: int | None = None
    """None, or the answer may be out of date: when the server listed these tags, in seconds since 1970 UTC"""

    def __repr__(self) -> str:
        """The name and what there is of it, in short."""
        return f"<Artifact {self.name} versions={len(self.versions)} events={len(self.events)}>"

    @property
    def active(self) -> bool:
        """Whether the artifact is not deprecated."""
        return self.deprecation is None

    def until(self, moment: int) -> Artifact:
        """The artifact as it was at a time (seconds since 1970 UTC)."""
        events = [event for event in self.events if event.timestamp <= moment]
        past = fold_artifact(self.name, events, self.skipped)
        return past if self.last_known is None else past.listed_at(self.last_known)

    def listed_at(self, moment: int) -> Artifact:
        """The same, marked as the last known answer: the server listed these tags at that time."""
        versions = tuple(version._replace(last_known=moment) for version in self.versions)
        return self._replace(versions=versions, last_known=moment)


class RegistryState(NamedTuple):
    """The registry at one moment: its artifacts by name."""

    artifacts: Mapping[str, Artifact]
    last_known: int | None = None
    """None, or the answer may be out of date: when the server listed these tags, in seconds since 1970 UTC"""

    def __repr__(self) -> str:
        """How much there is, in short."""
        return f"<RegistryState artifacts={len(self.artifacts)}>"

    def artifact(self, name: str) -> Artifact:
        """The artifact with this name; an empty one if it has no tags."""
        return self.artifacts.get(name) or Artifact(name)

    @property
    def skipped(self) -> list[SkippedTag]:
        """Every tag that could not be read."""
        return [tag for artifact in self.artifacts.values() for tag in artifact.skipped]

    def listed_at(self, moment: int) -> RegistryState:
        """The same, marked as the last known answer: the server listed these tags at that time."""
        return RegistryState({name: each.listed_at(moment) for name, each in self.artifacts.items()}, moment)


def fold(events: Iterable[Event | SkippedTag], until: int | None = None) -> RegistryState:
    """Fold events, in any order, into the state they describe.

    Args:
        events: decoded tags; skipped ones are kept.
        until: leave out what happened after this time (seconds since 1970 UTC).
    """
    by_artifact: dict[str, tuple[list[Event], list[SkippedTag]]] = {}
    for event in events:
        if isinstance(event, SkippedTag):
            by_artifact.setdefault(event.tag.artifact, ([], []))[1].append(event)
        elif until is None or event.timestamp <= until:
            by_artifact.setdefault(event.artifact, ([], []))[0].append(event)
    return RegistryState({name: fold_artifact(name, *by_artifact[name]) for name in sorted(by_artifact)})


def fold_artifact(name: str, events: Iterable[Event], skipped: Iterable[SkippedTag] = ()) -> Artifact:
    """Fold the events of one artifact."""
    ordered = sorted(events, key=order_key)
    timelines = _Timelines(ordered)
    deprecation: Event | None = None
    for position, original in enumerate(ordered):
        event = original
        match event.kind:
            case Kind.ASSIGNMENT | Kind.UNASSIGNMENT:
                timeline = timelines.version_of(event, position)
                if event.version != timeline.version:
                    ordered[position] = event = event._replace(version=timeline.version)
                timeline.events.append(event)
                timeline.stages.pop(event.stage, None)
                if event.kind is Kind.ASSIGNMENT:
                    timeline.stages[event.stage] = event
                    deprecation = None
            case Kind.REGISTRATION:
                deprecation = None
            case Kind.DEPRECATION:
                deprecation = event
            case Kind.DEREGISTRATION | Kind.CREATION:
                pass
            case _:
                assert_never(event.kind)
    versions = tuple(timeline.freeze(name) for timeline in timelines.all())
    return Artifact(name, tuple(ordered), versions, deprecation, tuple(skipped))


class _Timeline:
    """A version during the fold: its events so far, when it was registered and deregistered, and its stages."""

    __slots__ = ("changes", "commit", "events", "registration", "stages", "version")

    def __init__(self, version: str, commit: str) -> None:
        self.version = version
        self.commit = commit
        self.events: list[Event] = []
        self.registration: Event | None = None
        self.changes: list[tuple[int, bool]] = []
        self.stages: dict[str | None, Event] = {}

    def active_at(self, position: int) -> bool:
        return next((active for when, active in reversed(self.changes) if when < position), False)

    def next_registration(self, position: int) -> int | None:
        return next((when for when, active in self.changes if active and when > position), None)

    def freeze(self, artifact: str) -> Version:
        active = self.changes[-1][1] if self.changes else True
        assignments, events = tuple(self.stages.values()), tuple(self.events)
        return Version(artifact, self.version, self.commit, self.registration, active, assignments, events)


class _Timelines:
    """All versions of an artifact, and the rule that finds the one a stage event belongs to."""

    def __init__(self, events: list[Event]) -> None:
        self._by_commit: dict[str, list[_Timeline]] = {}
        self._anonymous: dict[str, _Timeline] = {}
        self._all: list[_Timeline] = []
        current: dict[str, _Timeline] = {}
        for position, event in enumerate(events):
            if event.version is None or event.stage is not None:
                continue
            timeline = current.get(event.version)
            if event.kind is Kind.DEREGISTRATION:
                if timeline is not None:
                    timeline.changes.append((position, False))
                    timeline.events.append(event)
                continue
            if timeline is None or timeline.commit != event.commit:
                if timeline is not None:  # the name moved to another commit
                    timeline.changes.append((position, False))
                timeline = current[event.version] = self._get_or_add(event.version, event.commit)
            timeline.registration = event
            timeline.changes.append((position, True))
            timeline.events.append(event)

    def _get_or_add(self, version: str, commit: str) -> _Timeline:
        timelines = self._by_commit.setdefault(commit, [])
        for timeline in timelines:
            if timeline.version == version:
                return timeline
        timeline = _Timeline(version, commit)
        timelines.append(timeline)
        self._all.append(timeline)
        return timeline

    def all(self) -> list[_Timeline]:
        return [*self._all, *(timeline for timeline in self._anonymous.values() if timeline.stages)]

    def version_of(self, event: Event, position: int) -> _Timeline:
        """The version a stage event belongs to.

        The one that its tag names, if it was ever registered on the commit; else the highest version active on the
        commit at that time; else the next one registered on it; else the last one; else the commit itself.
        """
        timelines = self._by_commit.get(event.commit)
        if not timelines:
            return self._anonymous.setdefault(event.commit, _Timeline(event.commit, event.commit))
        if len(timelines) == 1:
            return timelines[0]
        named = [timeline for timeline in timelines if timeline.version == event.version]
        if named:
            return named[0]
        active = [timeline for timeline in timelines if timeline.active_at(position)]
        if active:
            return max(active, key=lambda timeline: precedence(timeline.version))
        later = [(when, timeline) for timeline in timelines if (when := timeline.next_registration(position))]
        if later:
            return min(later, key=lambda pair: pair[0])[1]
        return timelines[-1]
