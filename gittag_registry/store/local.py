"""A registry in a repository on this machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gittag_registry.errors import GitFailed, RegistryError, UsageError
from gittag_registry.git import tags
from gittag_registry.git.process import Repository
from gittag_registry.model.fold import RegistryState
from gittag_registry.model.names import inverse_name, lock_name, tag_prefixes
from gittag_registry.store.reader import artifacts_of, read_state

if TYPE_CHECKING:
    from gittag_registry.files.config import Settings
    from gittag_registry.git.remote import Progress
    from gittag_registry.model.plans import Plan
    from gittag_registry.store.base import Change, CloneFacts, Operation, Snapshot, Target, Upstream


class LocalStore:
    """The tags of a repository on this machine; see `base.Store`."""

    patience = 60.0
    pause = 0.1
    more_tags = "git fetch --tags gets those of a remote"
    remote_name = None
    files_at_hand = True
    command_directory = None

    def __init__(
        self,
        repository: Repository,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        on_warning: Callable[[str], None] | None = None,
    ) -> None:
        self.repository = repository
        self._on_progress = on_progress
        self._on_warning = on_warning

    # Questions

    def state(self, artifact: str | None = None, *, until: int | None = None) -> RegistryState:
        """What the tags say, all or those of one artifact."""
        return read_state(self.repository, artifact, until=until)

    def artifacts(self) -> list[str]:
        """The artifacts that tags name."""
        return artifacts_of(tags.list_tags(self.repository))

    def artifacts_like(self, name: str) -> list[str]:
        """Those whose names differ from this one's at most by case."""
        return artifacts_of(tags.list_tags(self.repository, tag_prefixes(name), ignore_case=True))

    def find(self, revision: str) -> str:
        """The revision itself: git knows what it means."""
        return revision

    def resolve(self, revision: str) -> str:
        """The id of the commit that a revision names.

        Raises:
            NotFound: it names none.
        """
        from gittag_registry.git.history import resolve

        return resolve(self.repository, revision)

    def with_files(self) -> Repository:
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
        """What can be wrong with the repository as a clone."""
        from gittag_registry.git.history import is_shallow
        from gittag_registry.git.settings import remotes
        from gittag_registry.git.transaction import ref_locks
        from gittag_registry.store.base import CloneFacts

        return CloneFacts(
            shallow=is_shallow(self.repository),
            has_remote=bool(remotes(self.repository)),
            locks=tuple(ref_locks(self.repository)),
        )

    def remove_stale_locks(self) -> list[str]:
        """Remove the locks of tags that git processes left behind when they were ended; returns their paths.

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

    # Changes

    def read(self, name: str, operation: Operation) -> Snapshot:  # noqa: ARG002 - nothing here is waited for
        """Everything the tags say of an artifact now."""
        from gittag_registry.store.base import Snapshot

        refs = tags.list_tags(self.repository, tag_prefixes(name))
        return Snapshot(read_state(self.repository, name, refs=refs).artifact(name), tuple(refs))

    def write(self, change: Change, operation: Operation) -> tuple[str, ...]:  # noqa: ARG002 - git has its own patience
        """Create and delete the tags of a plan in one transaction.

        All writers of an artifact lock the same name, and look under this lock whether its tags are still as they
        were read. So none of them overlooks another's tag, whatever that one is called.
        """
        from gittag_registry.git.transaction import LostRace, transaction

        plan = change.plan
        name = (plan.events or plan.deletions)[0].artifact
        prefixes = tag_prefixes(name)
        inverses = [inverse for event in plan.events if (inverse := inverse_name(event.ref))]
        try:
            with transaction(
                self.repository,
                create=[(event.ref, event.oid) for event in plan.events],
                delete=[(event.ref, event.oid) for event in plan.deletions],
                absent=[*inverses, lock_name(name)],
            ):
                if tuple(tags.list_tags(self.repository, prefixes)) != change.snapshot.refs:
                    raise LostRace(f"the tags of {name!r} changed meanwhile")
        except LostRace:
            raise
        except RegistryError as error:
            listed = {ref: oid for oid, ref in tags.list_tags(self.repository, prefixes)}
            self._check_done(plan, listed, error)
        return ()

    def _check_done(self, plan: Plan, listed: dict[str, str], error: RegistryError) -> None:
        """Raise the error of a transaction unless all of it is done; where git was ended between two tags, name them.

        Raises:
            GitFailed: a part is done.
            RegistryError: nothing is.
        """
        done = [f"{event.ref!r} is written" for event in plan.events if listed.get(event.ref) == event.oid]
        done += [f"{event.ref!r} is deleted" for event in plan.deletions if event.ref not in listed]
        if not done:
            raise error
        if len(done) < len(plan.events) + len(plan.deletions):
            raise GitFailed(
                f"{error.message}; {', '.join(done)}, the rest is not", hint="repeat the command to complete it"
            ) from error.__cause__

    def better_hint(self, snapshot: Snapshot) -> str | None:  # noqa: ARG002 - what is here was read
        """Nothing: all tags there are were read."""
        return None

    # Remotes

    def default_remote(self, settings: Settings | None) -> str | None:
        """The remote that is pushed to if none is named; None where there is none, or more than one could be meant."""
        from gittag_registry.git.settings import remotes
        from gittag_registry.store.target import default_remote

        return default_remote(remotes(self.repository), settings)

    def upstream(self, remote: str | None, settings: Callable[[], Settings | None]) -> Upstream:
        """The remote that a name means, or the default one.

        Raises:
            UsageError: there is no such remote.
        """
        from gittag_registry.git.settings import remotes
        from gittag_registry.store.remote import UpstreamTarget, connection
        from gittag_registry.store.target import choose_remote

        in_force = settings()
        name = choose_remote(remotes(self.repository), remote, in_force)
        return UpstreamTarget(
            connection(self.repository, name, in_force, on_progress=self._on_progress, on_warning=self._on_warning)
        )

    def target(self, push: bool | None, remote: str | None, settings: Callable[[], Settings | None]) -> Target:
        """This repository, or its remote.

        Raises:
            UsageError: the arguments contradict each other, or there is no such remote.
        """
        if push is False and remote is not None:
            raise UsageError("--remote says where to push, and --no-push not to")
        in_force = settings()
        if push is None and remote is None:
            push = in_force is not None and in_force.push
        return self.upstream(remote, settings) if push or remote else self
