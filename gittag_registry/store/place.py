"""What a store is: the place that a registry is read from, and that knows the targets of operations.

There are two, a repository on this machine (`local.LocalStore`) and one that has an address
(`mirror_store.MirrorStore`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from gittag_registry.files.config import Settings
    from gittag_registry.git.process import Repository
    from gittag_registry.git.transaction import RefLock
    from gittag_registry.model.fold import RegistryState
    from gittag_registry.store.base import Target
    from gittag_registry.store.remote_target import RemoteTarget


class CloneFacts(NamedTuple):
    """What `doctor` wants to know of a repository on this machine."""

    shallow: bool = False
    has_remote: bool = False
    locks: tuple[RefLock, ...] = ()


class Store(Protocol):
    """Where a registry is."""

    @property
    def repository(self) -> Repository:
        """The repository on this machine that git is asked about: the store's own, or the mirror of a remote one."""

    @property
    def more_tags(self) -> str | None:
        """How to get tags that may be elsewhere."""

    @property
    def files_at_hand(self) -> bool:
        """Whether files can be read without asking a server."""

    @property
    def command_directory(self) -> str | None:
        """Where printed git commands work, if it is not the user's own repository."""

    # Questions

    def state(self, artifact: str | None = None, *, until: int | None = None) -> RegistryState:
        """What the tags say, all or those of one artifact.

        Raises:
            RemoteError: a server cannot be reached or denies access.
        """

    def artifacts(self) -> list[str]:
        """The artifacts that tags name."""

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

    # Health

    def clone_facts(self) -> CloneFacts:
        """What can be wrong with the repository as a clone."""

    def remove_stale_locks(self) -> list[str]:
        """Remove the locks of tags that git processes left behind when they were ended; returns their paths.

        Raises:
            Refused: the registry is on a server.
            GitFailed: a lock cannot be removed.
        """

    # Targets

    def default_remote(self, settings: Settings | None) -> str | None:
        """The remote that is pushed to if none is named; None where there is none, or more than one could be meant."""

    def upstream(self, remote: str | None, settings: Callable[[], Settings | None]) -> RemoteTarget:
        """The remote of a clone that a name means, or the default one.

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
