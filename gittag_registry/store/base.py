"""What a store of tags is: a place that a registry is read from, and the target of an operation that writes.

There are two stores, a repository on this machine (`local.LocalStore`) and one that has an address
(`mirror_store.MirrorStore`), and one more target: the remote of a clone (`remote.UpstreamTarget`). None of them
keeps state between calls; what an operation has to remember is in its `Operation`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from gittag_registry.files.config import Settings
    from gittag_registry.git.process import Repository
    from gittag_registry.git.transaction import RefLock
    from gittag_registry.model.events import Event
    from gittag_registry.model.fold import Artifact, RegistryState
    from gittag_registry.model.plans import Plan
    from gittag_registry.store.clock import Deadline

Ref = tuple[str, str]
"""the object id and the name of a tag"""


class Snapshot(NamedTuple):
    """An artifact, and the tags it was read from."""

    artifact: Artifact
    refs: tuple[Ref, ...]


@dataclass(slots=True)
class Operation:
    """An operation under way, from its first look at the tags to its end."""

    id: str
    """random; in every tag that the operation writes"""
    deadline: Deadline
    """of all its attempts together"""
    withdrawn: list[Event] = field(default_factory=list)
    """tags that were pushed and taken back"""
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
    def more_tags(self) -> str | None:
        """How to get tags that may be elsewhere."""

    @property
    def repository(self) -> Repository:
        """Where tag objects are made."""

    @property
    def remote_name(self) -> str | None:
        """What messages call the server that is written to; None for this machine."""

    def read(self, name: str, operation: Operation) -> Snapshot:
        """Everything the tags say of an artifact now."""

    def artifacts(self) -> list[str]:
        """The artifacts that tags name."""

    def artifacts_like(self, name: str) -> list[str]:
        """Those whose names differ from this one's at most by case."""

    def write(self, change: Change, operation: Operation) -> tuple[str, ...]:
        """Create and delete the tags of a plan, all of them or none; returns notes.

        Raises:
            LostRace: the artifact's tags are not as they were read; nothing was changed.
            RegistryError: it was refused or failed; nothing was changed, or the message says what is known.
        """

    def better_hint(self, snapshot: Snapshot) -> str | None:
        """What to do where the tags that were read lack what an operation needs; None where nothing is known."""


class Upstream(Target, Protocol):
    """The remote of a clone, which can also be brought what is in the clone already."""

    @property
    def remote_name(self) -> str:
        """Its name, or its address without secrets."""

    def list_tags(self) -> dict[str, str]:
        """The object id of every tag of the remote.

        Raises:
            RemoteError: it cannot be reached or denies access.
        """

    def push(self, plan: Plan, deadline: Deadline) -> None:
        """Push the tags of a plan that are in the clone already.

        Raises:
            LostRace: another writer was faster; nothing was changed.
            InDoubt: it is not known whether it was done.
            RegistryError: the server refused, or git failed; nothing was changed.
        """


class CloneFacts(NamedTuple):
    """What `doctor` wants to know of a repository on this machine."""

    shallow: bool = False
    has_remote: bool = False
    locks: tuple[RefLock, ...] = ()


class Store(Target, Protocol):
    """Where a registry is: a target that also answers questions."""

    @property
    def files_at_hand(self) -> bool:
        """Whether files can be read without asking a server."""

    @property
    def command_directory(self) -> str | None:
        """Where printed git commands work, if it is not the user's own repository."""

    def state(self, artifact: str | None = None, *, until: int | None = None) -> RegistryState:
        """What the tags say, all or those of one artifact.

        Raises:
            RemoteError: a server cannot be reached or denies access.
        """

    def find(self, revision: str) -> str:
        """A name by which `repository` knows what a revision means.

        Raises:
            NotFound: a server has no such revision.
        """

    def resolve(self, revision: str) -> str:
        """The id of the commit that a revision names.

        Raises:
            NotFound: it names none.
        """

    def with_files(self) -> Repository:
        """The repository, ready to be asked about files."""

    def with_history(self) -> Repository:
        """The repository, ready to be asked about the commits between two."""

    def with_work_tree(self) -> Repository:
        """The repository, to edit files in.

        Raises:
            Refused: files cannot be edited there.
        """

    def clone_facts(self) -> CloneFacts:
        """What can be wrong with the repository as a clone."""

    def remove_stale_locks(self) -> list[str]:
        """Remove the locks of tags that git processes left behind when they were ended; returns their paths.

        Raises:
            Refused: the registry is on a server.
            GitFailed: a lock cannot be removed.
        """

    def default_remote(self, settings: Settings | None) -> str | None:
        """The remote that is pushed to if none is named; None where there is none, or more than one could be meant."""

    def upstream(self, remote: str | None, settings: Callable[[], Settings | None]) -> Upstream:
        """The remote that a name means, or the default one.

        Raises:
            UsageError: there is no such remote, or no clone to push from.
        """

    def target(self, push: bool | None, remote: str | None, settings: Callable[[], Settings | None]) -> Target:
        """Where an operation writes to.

        Args:
            push: whether it is pushed; None: if a remote is named, or the configuration says so.
            remote: the remote's name.
            settings: gives the settings in force; reading them from a server costs a trip.

        Raises:
            UsageError: the two contradict each other, or there is no such remote.
        """
