"""A registry in a local repository."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from gittag_registry.errors import UsageError
from gittag_registry.git import tags
from gittag_registry.git.clone import why_incomplete
from gittag_registry.git.process import Repository
from gittag_registry.model.fold import RegistryState
from gittag_registry.store.reader import artifacts_of, more_tags, read_state

if TYPE_CHECKING:
    from gittag_registry.files.config import Settings
    from gittag_registry.git.remote import Progress, Remote
    from gittag_registry.hints import Hint
    from gittag_registry.store.base import Target
    from gittag_registry.store.interface import CloneFacts
    from gittag_registry.store.remote_target import RemoteTarget


class LocalStore:
    """The tags of a local repository; see `interface.Store`."""

    files_are_local = True
    command_directory = None

    def __init__(
        self,
        repository: Repository,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        on_warning: Callable[[str], None] | None = None,
    ) -> None:
        self.repository = repository
        self.name = repository.path
        self._on_progress = on_progress
        self._on_warning = on_warning

    @property
    def more_tags(self) -> Hint | None:
        """How to get tags of the remote, if there is one."""
        return more_tags(self.repository)

    @property
    def incomplete(self) -> str | None:
        """Why the repository may lack tags of its remote; None if nothing says that it does."""
        return why_incomplete(self.repository)

    # Questions

    def state(self, artifact: str | None = None, *, until: int | None = None) -> RegistryState:
        """The state of the registry, or of one artifact."""
        return read_state(self.repository, artifact, until=until)

    def artifacts(self) -> list[str]:
        """The artifacts that have tags."""
        return artifacts_of(tags.list_tags(self.repository))

    def find(self, revision: str) -> str:
        """The revision itself."""
        return revision

    def resolve(self, revision: str) -> str:
        """The id of the commit that a revision names.

        Raises:
            NotFound: it names none.
        """
        from gittag_registry.git.history import resolve

        return resolve(self.repository, revision)

    def with_files(self, commit: str | None = None) -> Repository:  # noqa: ARG002 - a clone has all files
        """The repository."""
        return self.repository

    def with_history(self) -> Repository:
        """The repository."""
        return self.repository

    def with_work_tree(self) -> Repository:
        """The repository."""
        return self.repository

    # Health

    def clone_facts(self) -> CloneFacts:
        """The state of the repository as a clone."""
        from gittag_registry.git.settings import remotes
        from gittag_registry.git.transaction import ref_locks
        from gittag_registry.store.interface import CloneFacts

        return CloneFacts(
            incomplete=self.incomplete,
            has_remote=bool(remotes(self.repository)),
            locks=tuple(ref_locks(self.repository)),
        )

    def remove_stale_locks(self) -> list[str]:
        """Remove the locks of tags that killed git processes left behind, and return their paths.

        Raises:
            GitFailed: a lock cannot be removed.
        """
        from gittag_registry.git.lock import writer_lock
        from gittag_registry.git.transaction import ref_locks, remove_lock

        with writer_lock(self.repository):
            stale = [lock for lock in ref_locks(self.repository) if lock.stale]
            for lock in stale:
                remove_lock(self.repository, lock)
        return [lock.path for lock in stale]

    # Targets

    def default_remote(self, settings: Settings | None) -> str | None:
        """The remote to push to if none is named; None if there is none, or if the choice is not clear."""
        from gittag_registry.git.settings import remotes
        from gittag_registry.store.upstream import default_remote

        return default_remote(remotes(self.repository), settings)

    def upstream(self, remote: str | None, settings: Callable[[], Settings | None]) -> RemoteTarget:
        """The remote with a name, or the default one, read where pushes to it go.

        Raises:
            UsageError: there is no such remote, or pushes to it go to several addresses.
        """
        from gittag_registry.git.settings import Addresses, push_address, remotes
        from gittag_registry.store.remote_target import clone_target
        from gittag_registry.store.upstream import only_push_address

        configured = remotes(self.repository)
        there = self._choose(configured, remote, settings)
        addresses = configured.get(there.name) or Addresses(there.name, (push_address(self.repository, there.name),))
        source = only_push_address(there.name, *addresses)
        return clone_target(there.reading_at(source) if source else there)

    def remote(self, name: str | None, settings: Callable[[], Settings | None]) -> Remote:
        """The remote with a name, or the default one.

        Raises:
            UsageError: there is no such remote.
        """
        from gittag_registry.git.settings import remotes

        return self._choose(remotes(self.repository), name, settings)

    def _choose(self, names: Collection[str], name: str | None, settings: Callable[[], Settings | None]) -> Remote:
        from gittag_registry.files.layout import DEFAULT_TIMEOUT
        from gittag_registry.git.remote import Remote
        from gittag_registry.store.upstream import choose_remote

        in_force = settings()
        chosen = choose_remote(names, name, in_force)
        timeout = in_force.timeout if in_force else DEFAULT_TIMEOUT
        return Remote(self.repository, chosen, timeout, self._on_progress, self._on_warning)

    def prepared(self, artifact: str) -> AbstractContextManager[None]:  # noqa: ARG002 - everything is here
        """Nothing to fetch."""
        return nullcontext()

    def target(self, push: bool | None, remote: str | None, settings: Callable[[], Settings | None]) -> Target:
        """This repository, or its remote.

        Raises:
            UsageError: the arguments contradict each other, or there is no such remote.
        """
        from gittag_registry.store.local_target import LocalTarget

        if push is False and remote is not None:
            raise UsageError("--remote and --no-push contradict each other")
        if push is None and remote is None:
            in_force = settings()
            push = in_force is not None and in_force.push
        return self.upstream(remote, settings) if push or remote else LocalTarget(self.repository)
