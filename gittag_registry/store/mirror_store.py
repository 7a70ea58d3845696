"""A registry named by an address: every question goes to the server, and new tags go into the mirror."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from threading import local
from time import time
from typing import TYPE_CHECKING

from gittag_registry.errors import GitFailed, NotFound, Refused, RegistryError, Unreachable, UsageError
from gittag_registry.files.layout import DEFAULT_TIMEOUT
from gittag_registry.files.loading import load_users_configuration
from gittag_registry.git import listing, remote, tags
from gittag_registry.git.process import Repository
from gittag_registry.hints import Hint, Option
from gittag_registry.model.fold import Artifact, RegistryState
from gittag_registry.model.names import parse_tag, tag_prefixes
from gittag_registry.store.freshness import Freshness
from gittag_registry.store.mirror import Mirror
from gittag_registry.store.reader import artifacts_of, lost_tag, read_state

if TYPE_CHECKING:
    from gittag_registry.files.config import Settings
    from gittag_registry.store.base import Ref, Target
    from gittag_registry.store.interface import CloneFacts
    from gittag_registry.store.push import Server
    from gittag_registry.store.remote_target import RemoteTarget


class MirrorStore:
    """The tags of a repository on a server; see `interface.Store`.

    Args:
        url: the address.
        make_mirror: gives the mirror of an address, or with `history=True` the one that keeps all commits.
        freshness: when to answer from the mirror as it is.
    """

    more_tags = None
    incomplete = None
    files_are_local = False

    def __init__(self, url: str, make_mirror: Callable[..., Mirror], freshness: Freshness = Freshness()) -> None:
        self._prepared = _Prepared()
        self._make_mirror = make_mirror
        self._freshness = freshness
        self._url = url
        self._open(make_mirror(url), make_mirror(url, history=True))

    def _open(self, mirror: Mirror, history: Mirror) -> None:
        self._mirror, self._history = mirror, history
        self.repository = mirror.repository
        self.name = mirror.address
        self.command_directory = mirror.repository.path

    # Questions

    def state(self, artifact: str | None = None, *, until: int | None = None) -> RegistryState:
        """The state of the registry, or of one artifact.

        Raises:
            RemoteError: the server cannot be reached or denies access.
        """
        prefixes = tag_prefixes(artifact)
        listed_at = self._mirror.listed_at(prefixes)
        if self._freshness.allows(listed_at, time()) and (cached := self._cached(artifact, until)):
            return cached
        try:
            state = self._mirror.with_rebuild(lambda: self._state(artifact, until))
        except Unreachable as error:
            if listed_at is None or not self._freshness.last_known or not (cached := self._cached(artifact, until)):
                raise
            self._mirror.warn_of_age(error.message, prefixes)
            return cached.listed_at(int(listed_at))
        return state if listed_at is None or not self._freshness.offline else state.listed_at(int(listed_at))

    def _cached(self, artifact: str | None, until: int | None) -> RegistryState | None:
        """The state as the mirror has it; None if a part of it is missing."""
        unconnected = (*self.repository.environment, ("GIT_ALLOW_PROTOCOL", "none"))  # fetch no missing object
        try:
            state = read_state(self.repository._replace(environment=unconnected), artifact, until=until)
        except RegistryError:
            return None
        return None if any(skipped.is_lost for skipped in state.skipped) else state

    def _state(self, artifact: str | None, until: int | None) -> RegistryState:
        def use(refs: list[Ref]) -> RegistryState:
            state = read_state(self.repository, artifact, until=until, refs=refs)
            lost = [skipped for skipped in state.skipped if skipped.is_lost]
            if lost and not self._mirror.offline:
                raise GitFailed(f"tag {lost[0].ref!r} cannot be read: {lost[0].explanation}")
            return state

        return self._mirror.read(use, tag_prefixes(artifact), lambda name: parse_tag(name) is not None)

    def artifacts(self) -> list[str]:
        """The artifacts that have tags on the server, or of which the mirror has some."""
        if self._mirror.offline or self._freshness.allows(self._mirror.listed_at(), time()):
            return artifacts_of(tags.list_tags(self.repository))
        try:
            return artifacts_of(listing.list_tags(self._mirror.remote))
        except Unreachable:
            if not self._freshness.last_known:
                raise
            return artifacts_of(tags.list_tags(self.repository))

    def find(self, revision: str) -> str:
        """The id of what HEAD, a branch, a tag or a full id names on the server; the mirror then has it.

        Raises:
            NotFound: the server has no such revision.
        """
        return self._mirror.with_rebuild(lambda: self._mirror.find(revision))

    def resolve(self, revision: str) -> str:
        """The id of the commit that HEAD, a branch, a tag or a full id names on the server.

        Raises:
            NotFound: the server has no such revision.
        """
        if revision == "HEAD" and self._prepared.head is not None:
            return self._prepared.head
        from gittag_registry.git.history import resolve

        return resolve(self.repository, self.find(revision))

    def with_files(self, commit: str | None = None) -> Repository:
        """The mirror, with the server's HEAD, or with the files of a commit that it has."""
        if commit is not None:
            self._mirror.fetch_files_of(commit)
        elif self._prepared.head is None:
            self._mirror.with_rebuild(self._mirror.fetch_files)
        return self.repository

    def with_history(self) -> Repository:
        """A mirror with all commits; git fetches their files when they are read."""
        self._history.with_rebuild(self._history.refresh)
        self._history.fetch_all_files()
        return self._history.repository

    def with_work_tree(self) -> Repository:
        """Refuse: nothing is edited on a server.

        Raises:
            Refused: always.
        """
        raise Refused(
            f"{self._mirror.address!r} is a remote repository, which has no working tree to edit",
            hint="edit in a clone, and push",
        )

    # Health

    def clone_facts(self) -> CloneFacts:
        """Nothing: a mirror is shallow on purpose."""
        from gittag_registry.store.interface import CloneFacts

        return CloneFacts()

    def remove_stale_locks(self) -> list[str]:
        """Refuse: the locks are on the server.

        Raises:
            Refused: always.
        """
        raise Refused("doctor --fix removes locks of local repositories only", hint="run it on the server")

    # Targets

    def default_remote(self, settings: Settings | None) -> str | None:  # noqa: ARG002 - the address is the remote
        """None: every change is pushed already."""
        return None

    def upstream(self, remote: str | None, settings: Callable[[], Settings | None]) -> RemoteTarget:  # noqa: ARG002
        """Refuse: there is no clone to push from.

        Raises:
            UsageError: always.
        """
        raise _needs_clone()

    def remote(self, name: str | None, settings: Callable[[], Settings | None]) -> remote.Remote:  # noqa: ARG002
        """Refuse: there is no clone to compare with the server.

        Raises:
            UsageError: always.
        """
        raise _needs_clone()

    def target(self, push: bool | None, remote: str | None, settings: Callable[[], Settings | None]) -> Target:  # noqa: ARG002
        """This server.

        Raises:
            UsageError: the arguments name another target, or the store is offline.
        """
        if push is False or remote is not None:
            raise UsageError("changes to a URL are always pushed to it, and to no other remote")
        if self._mirror.offline:
            raise UsageError("nothing can be changed offline")
        from gittag_registry.git.settings import push_address
        from gittag_registry.store.push import GitServer
        from gittag_registry.store.remote_target import RemoteTarget, update_local

        address = push_address(self.repository._replace(path=os.sep), self._url)
        if address != self._url:  # decide on the tags of the server that gets the push; this one may lag behind
            self._url = address
            mirrors = self._make_mirror(address), self._make_mirror(address, history=True)
            self._open(*(mirror.without_rewriting() for mirror in mirrors))
        source = self._mirror.remote
        update = partial(update_local, source)
        return RemoteTarget(self.repository, GitServer(source), self._refresh, update, read_tags=self._read_artifact)

    def _read_artifact(self, repository: Repository, name: str, refs: Sequence[Ref]) -> Artifact:
        """The state of an artifact, from a mirror that is made again if it lacks the object of a tag."""
        artifact = read_state(repository, name, refs=refs).artifact(name)
        if lost_tag(artifact) is None:
            return artifact
        self._mirror.discard()
        self._mirror.refresh(tag_prefixes(name))
        return read_state(repository, name, refs=refs).artifact(name)

    @contextmanager
    def prepared(self, artifact: str) -> Iterator[None]:
        """Fetch what an operation on an artifact reads first, in one request."""
        prefixes = tag_prefixes(artifact)
        try:
            with suppress(GitFailed, NotFound):  # for instance an empty repository; then each is asked for on its own
                refs, head = self._mirror.with_rebuild(lambda: self._mirror.prepare(prefixes))
                self._prepared.refs, self._prepared.head = refs, head
            yield
        finally:
            self._prepared.refs = self._prepared.head = None

    def _refresh(
        self,
        server: Server,  # noqa: ARG002 - the mirror has the connection, and keeps more than tags
        prefixes: Sequence[str],
        deadline: float,
        listed: Sequence[Ref] | None,  # noqa: ARG002
    ) -> Sequence[Ref]:
        refs, self._prepared.refs = self._prepared.refs, None
        mirror = self._mirror.until(deadline)
        return mirror.with_rebuild(lambda: mirror.refresh(prefixes)) if refs is None else refs


class _Prepared(local):
    """What a thread has fetched for the operation that it begins."""

    refs: list[Ref] | None = None
    """the artifact's tags, until they are read"""
    head: str | None = None


def _needs_clone() -> UsageError:
    return UsageError(
        "push, fetch and status need a clone; what is written to an address is pushed immediately",
        hint=Hint("in a clone, ", Option("remote", "NAME"), " chooses the server"),
    )


def open_mirror(
    url: str,
    freshness: Freshness,
    *,
    access: Sequence[tuple[str, str]] = (),
    on_command: Callable[[tuple[str, ...]], None] | None = None,
    on_progress: Callable[[remote.Progress], None] | None = None,
    on_warning: Callable[[str], None] | None = None,
) -> MirrorStore:
    """The store of a repository that has this address, with the timeout of the user's own settings.

    Args:
        freshness: when to answer from the mirror as it is.
        access: further settings that git needs to connect, such as headers.
        on_command: called with the arguments of every git command before it runs.
        on_progress: called with the progress of transfers.
        on_warning: called once with each limitation of the server, in one line.
    """
    configuration = load_users_configuration()
    make_mirror = partial(
        Mirror,
        access=access,
        timeout=configuration.settings.timeout if configuration else DEFAULT_TIMEOUT,
        offline=freshness.offline,
        on_command=on_command,
        on_progress=on_progress,
        on_warning=_without_repeats(on_warning) if on_warning else None,
    )
    return MirrorStore(url, make_mirror, freshness)


def _without_repeats(warn: Callable[[str], None]) -> Callable[[str], None]:
    """Drop repeated warnings: an answer may take several fetches, each with the same warning."""
    issued: set[str] = set()

    def warn_once(message: str) -> None:
        if message not in issued:
            issued.add(message)
            warn(message)

    return warn_once
