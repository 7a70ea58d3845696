"""The versions in a stage over time, for `which --at` and `rollback`. Pure.

`fold.fold(until=t)` defines the answer at any moment. This module computes all moments of one stage in a single pass;
the tests check that both agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from gittag_registry.errors import assert_never
from gittag_registry.model.events import Event
from gittag_registry.model.fold import Artifact, fold_artifact
from gittag_registry.model.names import Kind
from gittag_registry.model.queries import ALL
from gittag_registry.model.state import StageVersion


class Occupant(NamedTuple):
    """A version in a stage: its name and its commit."""

    version: str
    commit: str


class Interval(NamedTuple):
    """The versions in a stage from one moment until the next interval."""

    since: int
    """seconds since 1970 UTC"""
    occupants: tuple[Occupant, ...]
    """newest assignment first"""


def intervals(artifact: Artifact, stage: str, versions_per_stage: int = 1) -> list[Interval]:
    """The versions in a stage over time, one interval for every change, oldest first.

    While an artifact is deprecated, its stages are empty.
    """
    walk = _Walk(stage)
    ambiguous = _ambiguous_commits(artifact)
    timeline: list[Interval] = []
    for position, event in enumerate(artifact.events, 1):
        if event.commit in ambiguous:
            walk = _Walk(stage)
            prefix = artifact.events[:position]
            for final, so_far in zip(prefix, fold_artifact(artifact.name, prefix).events, strict=True):
                walk.apply(so_far if final.commit in ambiguous else final)
        else:
            walk.apply(event)
        occupants = walk.occupants(versions_per_stage)
        if timeline and timeline[-1].since == event.timestamp:
            timeline.pop()  # of several events in one second the last one counts
        if occupants != (timeline[-1].occupants if timeline else ()):
            timeline.append(Interval(event.timestamp, occupants))
    return timeline


def _ambiguous_commits(artifact: Artifact) -> set[str]:
    """The commits where a stage tag changes its version when another version is registered later.

    Such a commit has two versions, one of them registered after a stage tag that belongs to it.
    """
    versions: dict[str, set[str | None]] = {}
    early: set[str] = set()
    for event in artifact.events:
        registered = versions.setdefault(event.commit, set())
        if event.kind is Kind.REGISTRATION:
            registered.add(event.version)
        elif event.stage is not None and event.version not in registered:
            early.add(event.commit)
    return {commit for commit in early if len(versions[commit]) > 1}


def with_ends(versions: Iterable[StageVersion], artifact: Artifact, at: int, count: int) -> list[StageVersion]:
    """Versions that were in a stage at a time, each with the time when it left the stage or was superseded.

    Args:
        count: how many versions a stage has, as in `ReadOptions`.
    """
    versions = list(versions)
    timeline = intervals(artifact, versions[0].stage, count) if versions else []
    return [v._replace(until=left_at(timeline, Occupant(v.version, v.commit), at)) for v in versions]


def left_at(timeline: list[Interval], occupant: Occupant, at: int) -> int | None:
    """When a version that was in the stage at a time left it; None if it did not.

    A commit without a version at that time counts as the version it got later.
    """
    return next(
        (
            interval.since
            for interval in timeline
            if interval.since > at
            and not any(h.commit == occupant.commit and occupant.version in h for h in interval.occupants)
        ),
        None,
    )


def previous_occupant(artifact: Artifact, stage: str) -> Occupant | None:
    """The version that was in the stage before the present one; versions deregistered since do not count."""
    inactive = {Occupant(v.version, v.commit) for v in artifact.versions if not v.active}
    occupants = [interval.occupants[0] if interval.occupants else None for interval in intervals(artifact, stage)]
    current = occupants[-1] if occupants else None
    return next(
        (occupant for occupant in reversed(occupants) if occupant and occupant != current and occupant not in inactive),
        None,
    )


class _Walk:
    """The state of one stage of one artifact, event after event."""

    def __init__(self, stage: str) -> None:
        self._stage = stage
        self._assigned: dict[Occupant, None] = {}  # in order of assignment
        self._commit_of: dict[str, str] = {}
        self._inactive: set[Occupant] = set()
        self._deprecated = False

    def apply(self, event: Event) -> None:
        occupant = Occupant(event.version or "", event.commit)
        match event.kind:
            case Kind.ASSIGNMENT:
                self._deprecated = False
                if event.stage == self._stage:
                    self._assigned.pop(occupant, None)
                    self._assigned[occupant] = None
            case Kind.UNASSIGNMENT:
                if event.stage == self._stage:
                    self._assigned.pop(occupant, None)
            case Kind.REGISTRATION:
                self._deprecated = False
                self._deactivate(occupant.version)
                self._commit_of[occupant.version] = occupant.commit
                self._inactive.discard(occupant)
            case Kind.DEREGISTRATION:
                self._deactivate(occupant.version)
            case Kind.DEPRECATION:
                self._deprecated = True
            case Kind.CREATION:
                pass
            case _:
                assert_never(event.kind)

    def _deactivate(self, version: str) -> None:
        if version in self._commit_of:
            self._inactive.add(Occupant(version, self._commit_of[version]))

    def occupants(self, count: int) -> tuple[Occupant, ...]:
        newest: list[Occupant] = []
        if not self._deprecated:
            for occupant in reversed(self._assigned):
                if len(newest) == count and count != ALL:
                    break
                if occupant not in self._inactive:
                    newest.append(occupant)
        return tuple(newest)
