"""What an operation that writes works with: snapshots, changes, and the target that it reads from and writes to.

A target keeps no state between calls, so that threads may share it; what an operation has to remember is in its
`Operation`.
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


@dataclass(slots=True)
class Operation:
    """An operation in progress, from its first look at the tags to its end."""

    id: str
    """random; in every tag that the operation writes"""
    deadline: Deadline
    """of all its attempts together"""
    withdrawn: list[Event] = field(default_factory=list)
    """tags that were pushed and deleted again"""
    answered: bool = False
    """whether the server has answered before, so that silence is worth waiting for"""


class Change(NamedTuple):
    """A plan, what it was decided on, and whether it would be decided on other tags too."""

    plan: Plan
    snapshot: Snapshot
    still_valid: Callable[[Artifact], bool]


class Target(Protocol):
    """Where an operation reads the tags it depends on, and writes its own: compare-and-swap."""

    @property
    def patience(self) -> float:
        """Seconds after which an operation is given up."""

    @property
    def pause(self) -> float:
        """Seconds, at most, before a lost race is run again; twice as many after each time."""

    @property
    def repository(self) -> Repository:
        """Where tag objects are made."""

    @property
    def remote_name(self) -> str | None:
        """What messages call the server that is written to; None for this machine."""

    @property
    def more_tags(self) -> str | None:
        """How to get tags that may be elsewhere."""

    def read(self, name: str, operation: Operation) -> Snapshot:
        """Everything the tags say of an artifact now."""

    def artifacts(self, operation: Operation) -> list[str]:
        """The artifacts that tags name."""

    def artifacts_like(self, name: str, operation: Operation) -> list[str]:
        """Those whose names differ from this one's at most by case."""

    def write(self, change: Change, operation: Operation) -> tuple[str, ...]:
        """Create and delete the tags of a plan, all of them or none; returns notes.

        Raises:
            LostRace: the artifact's tags are not as they were read; nothing was changed.
            RegistryError: it was refused or failed; nothing was changed, or the message says what is known.
        """

    def hint_for_missing_tags(self, snapshot: Snapshot) -> str | None:
        """What to do where the tags that were read lack what an operation needs; None where nothing is known."""
