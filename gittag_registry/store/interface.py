"""The interface of stores: where a registry is read from, and which targets its operations have.

There are two, for a local repository (`local.LocalStore`) and for the address of a remote one
(`mirror_store.MirrorStore`).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from gittag_registry.files.config import Settings
    from gittag_registry.git.process import Repository
    from gittag_registry.git.remote import Remote
    from gittag_registry.git.transaction import RefLock
    from gittag_registry.model.fold import RegistryState
    from gittag_registry.store.base import Target
    from gittag_registry.store.remote_target import RemoteTarget


class CloneFacts(NamedTuple):
    """What `doctor` checks in a local repository besides tags and files."""

    incomplete: str | None = None
    """why it may lack tags of its remote"""
    has_remote: bool = False
    locks: tuple[RefLock, ...] = ()


class Store(Protocol):
    """The tags of a registry; it answers questions, and gives targets."""

    @property
    def repository(self) -> Repository:
        """The local repository that git reads: the store's own, or the mirror of a remote one."""

    @property
    def name(self) -> str:
        """The directory, or the address without secrets."""

    @property
    def more_tags(self) -> str | None:
        """A hint on how to get tags that the repository may lack."""

    @property
    def incomplete(self) -> str | None:
        """Why the repository may lack tags of its remote; None if nothing says that it does."""

    @property
    def files_are_local(self) -> bool:
        """Whether files can be read without asking a server."""

    @property
    def command_directory(self) -> str | None:
        """The directory for git commands in messages, if it is not the user's own repository."""

    # Questions

    def state(self, artifact: str | None = None, *, until: int | None = None) -> RegistryState:
        """The state of the registry, or of one artifact.

        Raises:
            RemoteError: a server cannot be reached or denies access.
        """

    def artifacts(self) -> list[str]:
        """The artifacts that have tags."""

    def find(self, revision: str) -> str:
        """A revision that names the same in `repository`.

        Raises:
            NotFound: a server has no such revision.
        """

    def resolve(self, revision: str) -> str:
        """The id of the commit that a revision names.

        Raises:
            NotFound: it names none.
        """

    def with_files(self, commit: str | None = None) -> Repository:
        """The repository, with the files of a commit that it has, or of the newest one."""

    def with_history(self) -> Repository:
        """The repository, with all commits between versions."""

    def with_work_tree(self) -> Repository:
        """The repository, to edit files in.

        Raises:
            Refused: files cannot be edited there.
        """

    # Health

    def clone_facts(self) -> CloneFacts:
        """The state of the repository as a clone."""

    def remove_stale_locks(self) -> list[str]:
        """Remove the locks of tags that killed git processes left behind, and return their paths.

        Raises:
            Refused: the registry is on a server.
            GitFailed: a lock cannot be removed.
        """

    # Targets

    def default_remote(self, settings: Settings | None) -> str | None:
        """The remote to push to if none is named; None if there is none, or if the choice is not clear."""

    def upstream(self, remote: str | None, settings: Callable[[], Settings | None]) -> RemoteTarget:
        """The remote with a name, or the default one.

        Raises:
            UsageError: there is no such remote, or no clone to push from.
        """

    def remote(self, name: str | None, settings: Callable[[], Settings | None]) -> Remote:
        """The connection to the remote with a name, or to the default one.

        Raises:
            UsageError: there is no such remote, or no clone to connect from.
        """

    def prepared(self, artifact: str) -> AbstractContextManager[None]:
        """Fetch what an operation on an artifact reads first; within the context it is read from here.

        Raises:
            RemoteError: a server cannot be reached or denies access.
        """

    def target(self, push: bool | None, remote: str | None, settings: Callable[[], Settings | None]) -> Target:
        """The target of an operation.

        Args:
            push: whether to push; None: if a remote is named, or as configured.
            remote: the remote's name.
            settings: returns the settings in force; on a server this takes a request.

        Raises:
            UsageError: the two contradict each other, or there is no such remote.
        """
