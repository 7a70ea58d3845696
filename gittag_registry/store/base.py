"""The types of writing: operations, snapshots, changes, and the target that an operation reads from and writes to.

A target keeps no state between calls, so that threads may share it; the state of an operation is its `Operation`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from gittag_registry.git.process import Repository
    from gittag_registry.model.events import Event
    from gittag_registry.model.fold import Artifact
    from gittag_registry.model.plans import Plan
    from gittag_registry.store.clock import Deadline

Ref = tuple[str, str]
"""the object id and the name of a tag"""


class Snapshot(NamedTuple):
    """An artifact, and the tags it was read from."""

    artifact: Artifact
    refs: Sequence[Ref]
    guessed: bool = False
    """whether it is what was last known of a server, and has to be checked before anything is written"""


@dataclass(slots=True)
class Operation:
    """A running operation, from the first reading of the tags to the end."""

    id: str
    """random; in every tag that the operation writes"""
    deadline: Deadline
    """for all its attempts together"""
    withdrawn: list[Event] = field(default_factory=list)
    """tags that were pushed and deleted again"""
    answered: bool = False
    """whether the server has answered before; if so, it is asked again when it stops answering"""
    listed: Sequence[Ref] | None = None
    """the artifact's tags on the server, if a check has just listed them"""


class OutdatedGuess(Exception):
    """The artifact's tags are not those that were guessed."""


class Change(NamedTuple):
    """A plan, the tags it was decided on, and a function that says whether it is still valid on others."""

    plan: Plan
    snapshot: Snapshot
    still_valid: Callable[[Artifact], bool]


class Target(Protocol):
    """Reads the tags that an operation depends on, and writes its own if those did not change: compare-and-swap."""

    @property
    def patience(self) -> float:
        """How many seconds an operation may take."""

    @property
    def pause(self) -> float:
        """The longest pause, in seconds, after the first lost race; doubled after each further one."""

    @property
    def repository(self) -> Repository:
        """The repository in which tag objects are created."""

    @property
    def remote_name(self) -> str | None:
        """The name, in messages, of the server that is written to; None for a local repository."""

    @property
    def more_tags(self) -> str | None:
        """A hint on how to get tags that the repository may lack."""

    @property
    def incomplete(self) -> str | None:
        """Why the repository may lack tags on which an operation depends; None if nothing says that it does."""

    def guess(self, name: str) -> Snapshot | None:
        """What is known of an artifact without asking a server, for `write` to check; None: no gain in it."""

    def read(self, name: str, operation: Operation) -> Snapshot:
        """The present state of an artifact, and its tags."""

    def artifacts(self, operation: Operation) -> list[str]:
        """The artifacts that have tags."""

    def write(self, change: Change, operation: Operation) -> tuple[str, ...]:
        """Create and delete the tags of a plan, all of them or none; returns notes.

        Raises:
            OutdatedGuess: the snapshot was guessed, and the artifact's tags are others; nothing was written.
            LostRace: the artifact's tags changed since they were read; nothing was written.
            RegistryError: it was refused or failed; nothing was written, unless the message says so.
        """

    def hint_for_missing_tags(self, snapshot: Snapshot) -> str | None:
        """A hint for an operation that needs tags which were not read; None if there is none."""
