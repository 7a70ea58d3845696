"""What a stage held when: the answers over time behind `which --at` and `rollback`. Pure.

`state.fold(until=t)` is the authority on any one moment. This walks all moments of one stage in a single pass,
and the tests hold the two equal.
"""

from __future__ import annotations

from typing import NamedTuple

from gittag_registry.events import Event
from gittag_registry.grammar import Kind
from gittag_registry.queries import ALL
from gittag_registry.state import Artifact, fold_artifact


class Holder(NamedTuple):
    """A version in a stage: its name and its commit."""

    version: str
    commit: str


class Span(NamedTuple):
    """What a stage held from one moment until the next span."""

    since: int
    """seconds since 1970 UTC"""
    holders: tuple[Holder, ...]
    """newest assignment first"""


def spans(artifact: Artifact, stage: str, versions_per_stage: int = 1) -> list[Span]:
    """What a stage held over time, one span for every change, oldest first.

    While an artifact is deprecated its stages hold nothing.
    """
    walk = _Walk(stage)
    unsettled = _unsettled_commits(artifact)
    found: list[Span] = []
    for position, event in enumerate(artifact.events, 1):
        if event.commit in unsettled:
            walk = _Walk(stage)
            prefix = artifact.events[:position]
            for known, so_far in zip(prefix, fold_artifact(artifact.name, prefix).events, strict=True):
                walk.apply(so_far if known.commit in unsettled else known)
        else:
            walk.apply(event)
        holders = walk.holders(versions_per_stage)
        if found and found[-1].since == event.timestamp:
            found.pop()  # a moment shows what its last event left
        if holders != (found[-1].holders if found else ()):
            found.append(Span(event.timestamp, holders))
    return found


def _unsettled_commits(artifact: Artifact) -> set[str]:
    """The commits where a stage tag meant one version, and another one after a later registration.

    That takes two versions on a commit, one of which was registered after a stage tag that means it.
    """
    versions: dict[str, set[str | None]] = {}
    early: set[str] = set()
    for event in artifact.events:
        known = versions.setdefault(event.commit, set())
        if event.kind is Kind.REGISTRATION:
            known.add(event.version)
        elif event.stage is not None and event.version not in known:
            early.add(event.commit)
    return {commit for commit in early if len(versions[commit]) > 1}


def held_until(timeline: list[Span], holder: Holder, at: int) -> int | None:
    """When a version that the stage held at a time had left it; None if it never did.

    A commit that had no version at that time counts as the version it got later.
    """
    return next(
        (
            span.since
            for span in timeline
            if span.since > at and not any(h.commit == holder.commit and holder.version in h for h in span.holders)
        ),
        None,
    )


def previous_holder(artifact: Artifact, stage: str) -> Holder | None:
    """What the stage held before it came to hold what it holds now; versions taken back since do not count."""
    gone = {Holder(v.version, v.commit) for v in artifact.versions if not v.active}
    holders = [span.holders[0] if span.holders else None for span in spans(artifact, stage)]
    current = holders[-1] if holders else None
    return next((holder for holder in reversed(holders) if holder and holder != current and holder not in gone), None)


class _Walk:
    """One stage of one artifact, event after event."""

    def __init__(self, stage: str) -> None:
        self._stage = stage
        self._assigned: dict[Holder, None] = {}  # in order of assignment
        self._commit_of: dict[str, str] = {}
        self._inactive: set[Holder] = set()
        self._deprecated = False

    def apply(self, event: Event) -> None:
        holder = Holder(event.version or "", event.commit)
        match event.kind:
            case Kind.ASSIGNMENT:
                self._deprecated = False
                if event.stage == self._stage:
                    self._assigned.pop(holder, None)
                    self._assigned[holder] = None
            case Kind.UNASSIGNMENT:
                if event.stage == self._stage:
                    self._assigned.pop(holder, None)
            case Kind.REGISTRATION:
                self._deprecated = False
                self._close(holder.version)
                self._commit_of[holder.version] = holder.commit
                self._inactive.discard(holder)
            case Kind.DEREGISTRATION:
                self._close(holder.version)
            case Kind.DEPRECATION:
                self._deprecated = True
            case Kind.CREATION:
                pass

    def _close(self, version: str) -> None:
        if version in self._commit_of:
            self._inactive.add(Holder(version, self._commit_of[version]))

    def holders(self, count: int) -> tuple[Holder, ...]:
        found: list[Holder] = []
        if not self._deprecated:
            for holder in reversed(self._assigned):
                if len(found) == count and count != ALL:
                    break
                if holder not in self._inactive:
                    found.append(holder)
        return tuple(found)
