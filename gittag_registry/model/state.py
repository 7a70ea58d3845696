"""Versions, and versions in a stage: what the registry answers with. Pure.

Both have the attributes of GTO's objects of the same names, besides their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from gittag_registry.model.events import Event
from gittag_registry.model.names import Kind


class Version(NamedTuple):
    """A version of an artifact: one name on one commit.

    A version that was deregistered on one commit and registered again on another is two of these, and the earlier
    one stays inactive. A commit that was assigned without ever being registered is an anonymous version.
    """

    artifact: str
    version: str
    """the version, or the commit's id for an anonymous one"""
    commit: str
    registration: Event | None
    """the newest registration; None for an anonymous version"""
    active: bool
    assignments: tuple[Event, ...] = ()
    """the newest assignment to each stage it is in, oldest first"""
    events: tuple[Event, ...] = ()
    """its registrations and deregistrations, then its assignments and unassignments, oldest first"""
    last_known: int | None = None
    """None, or the answer may be out of date: when the server listed these tags, in seconds since 1970 UTC"""

    def __repr__(self) -> str:
        """The name and the commit, in short."""
        name = self.artifact if self.anonymous else f"{self.artifact}@{self.version}"
        return f"<Version {name} {self.commit[:7]}{'' if self.active else ' inactive'}>"

    @property
    def anonymous(self) -> bool:
        """Whether the version was never registered."""
        return self.registration is None

    @property
    def origin(self) -> Event:
        """The event that made the version: its registration, or the newest assignment of an anonymous one."""
        return self.registration or self.assignments[-1]

    @property
    def ref(self) -> str | None:
        """The registration's tag."""
        return self.registration.ref if self.registration else None

    @property
    def timestamp(self) -> int:
        """When it was registered, in seconds since 1970 UTC; when it was assigned, for an anonymous one."""
        return self.origin.timestamp

    @property
    def created_at(self) -> datetime:
        """When it was registered; when it was assigned, for an anonymous one."""
        return self.origin.created_at

    @property
    def author(self) -> str:
        """Who registered it; who assigned it, for an anonymous one."""
        return self.origin.author

    @property
    def author_email(self) -> str:
        """The email address of the author."""
        return self.origin.author_email

    @property
    def message(self) -> str:
        """The message of the registration; of the assignment, for an anonymous one."""
        return self.origin.message

    # For code written for GTO.

    @property
    def commit_hexsha(self) -> str:
        """GTO's word for `commit`."""
        return self.commit

    @property
    def is_active(self) -> bool:
        """GTO's word for `active`."""
        return self.active

    @property
    def is_registered(self) -> bool:
        """Whether the version was ever registered: GTO's word for not `anonymous`."""
        return not self.anonymous

    @property
    def discovered(self) -> bool:
        """GTO's word for `anonymous`."""
        return self.anonymous

    @property
    def activated_at(self) -> datetime:
        """When the version was first registered, or first assigned."""
        return (self.registrations or self.events)[0].created_at

    @property
    def registrations(self) -> list[Event]:
        """Its registrations, oldest first."""
        return [event for event in self.events if event.kind is Kind.REGISTRATION]

    @property
    def deregistrations(self) -> list[Event]:
        """Its deregistrations, oldest first."""
        return [event for event in self.events if event.kind is Kind.DEREGISTRATION]

    @property
    def stages(self) -> Mapping[str, StageVersion]:
        """By name, every stage that it was ever assigned to; `is_active` says whether it was not taken out of it."""
        newest = {event.stage: event for event in self.events if event.stage and event.kind is Kind.ASSIGNMENT}
        return {stage: StageVersion(self, newest[stage]) for stage in sorted(newest)}

    def dict_state(self) -> dict[str, Any]:
        """What GTO's method of this name returns.

        `stages` are those that it is in, newest assignment first; `enrichments` is empty: `describe` has annotations.
        """
        stages = [stage for stage in self.stages.values() if stage.is_active]
        stages.sort(key=lambda stage: stage.timestamp, reverse=True)
        return {
            "artifact": self.artifact,
            "commit_hexsha": self.commit,
            "version": self.version,
            "enrichments": [],
            "registrations": [_unnamed(event) for event in self.registrations],
            "deregistrations": [_unnamed(event) for event in self.deregistrations],
            "stages": [stage.dict_state() for stage in stages],
            **_state(self),
            "discovered": self.discovered,
        }


class StageVersion(NamedTuple):
    """A version in a stage, and the assignment that put it there."""

    occupant: Version
    assignment: Event
    until: int | None = None
    """when it left the stage or was superseded, in seconds since 1970 UTC; None if neither"""

    def __repr__(self) -> str:
        """The stage, the version and the commit, in short."""
        version = "" if self.occupant.anonymous else f"{self.version} "
        return f"<StageVersion {self.artifact}#{self.stage} {version}{self.commit[:7]}>"

    @property
    def artifact(self) -> str:
        """The artifact's name."""
        return self.occupant.artifact

    @property
    def stage(self) -> str:
        """The stage's name."""
        return self.assignment.stage or ""

    @property
    def version(self) -> str:
        """The version, or the commit's id where no version was registered."""
        return self.occupant.version

    @property
    def commit(self) -> str:
        """The commit's id."""
        return self.occupant.commit

    @property
    def ref(self) -> str:
        """The stage tag that put it there."""
        return self.assignment.ref

    @property
    def assigned_by(self) -> str:
        """The stage tag that put it there: another word for `ref`."""
        return self.assignment.ref

    @property
    def registered_by(self) -> str | None:
        """The version's own tag, its registration; None where no version was registered."""
        return self.occupant.ref

    @property
    def timestamp(self) -> int:
        """When it was assigned, in seconds since 1970 UTC."""
        return self.assignment.timestamp

    @property
    def created_at(self) -> datetime:
        """When it was assigned."""
        return self.assignment.created_at

    @property
    def author(self) -> str:
        """Who assigned it."""
        return self.assignment.author

    @property
    def author_email(self) -> str:
        """The email address of who assigned it."""
        return self.assignment.author_email

    @property
    def message(self) -> str:
        """The message of the assignment."""
        return self.assignment.message

    @property
    def last_known(self) -> int | None:
        """None, or the answer may be out of date: when the server listed these tags, in seconds since 1970 UTC."""
        return self.occupant.last_known

    # For code written for GTO.

    @property
    def commit_hexsha(self) -> str:
        """GTO's word for `commit`."""
        return self.commit

    @property
    def tag(self) -> str:
        """GTO's word for `ref`."""
        return self.ref

    @property
    def is_active(self) -> bool:
        """Whether it was neither taken out of the stage nor deregistered; a newer version may have superseded it."""
        return self.occupant.active and self.assignment in self.occupant.assignments

    @property
    def activated_at(self) -> datetime | None:
        """When it was assigned, if `is_active`."""
        return self.created_at if self.is_active else None

    @property
    def assignments(self) -> list[Event]:
        """All assignments of this version to this stage, oldest first."""
        return self._events(Kind.ASSIGNMENT)

    @property
    def unassignments(self) -> list[Event]:
        """All that took this version out of this stage, oldest first."""
        return self._events(Kind.UNASSIGNMENT)

    def _events(self, kind: Kind) -> list[Event]:
        return [event for event in self.occupant.events if event.kind is kind and event.stage == self.stage]

    def dict_state(self) -> dict[str, Any]:
        """What GTO's method of this name returns."""
        return {
            "artifact": self.artifact,
            "commit_hexsha": self.commit,
            "version": self.version,
            "stage": self.stage,
            "assignments": [event.dict_state() for event in self.assignments],
            "unassignments": [event.dict_state() for event in self.unassignments],
            **_state(self),
        }


def _unnamed(event: Event) -> dict[str, Any]:
    """The state of an event without its kind, as GTO has it in a list of one kind."""
    return {key: value for key, value in event.dict_state().items() if key != "event"}


def _state(thing: Version | StageVersion) -> dict[str, Any]:
    """The keys of `dict_state` that versions and stages have in common."""
    return {
        "is_active": thing.is_active,
        "activated_at": thing.activated_at,
        "created_at": thing.created_at,
        "author": thing.author,
        "author_email": thing.author_email,
        "message": thing.message,
        "ref": thing.ref,
    }
