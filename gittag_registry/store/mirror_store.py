"""A registry in a repository that has an address: every question goes to the server, and what is new into the mirror."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from gittag_registry.errors import GitFailed, Refused, UsageError
from gittag_registry.files.layout import DEFAULT_TIMEOUT
from gittag_registry.files.loading import load_users_configuration
from gittag_registry.git import remote, tags
from gittag_registry.git.process import Repository
from gittag_registry.model.fold import RegistryState
from gittag_registry.model.names import parse_tag, tag_prefixes
from gittag_registry.store.base import Ref, Target
from gittag_registry.store.mirror import Mirror
from gittag_registry.store.place import CloneFacts
from gittag_registry.store.push import GitServer, Server
from gittag_registry.store.reader import artifacts_of, read_state
from gittag_registry.store.remote_target import RemoteTarget, follow

if TYPE_CHECKING:
    from gittag_registry.files.config import Settings


class MirrorStore:
    """The tags of a repository on a server; see `place.Store`.

    Args:
        mirror: keeps the tags and their commits.
        history: keeps all commits.
    """

    more_tags = None
    files_at_hand = False

    def __init__(self, mirror: Mirror, history: Mirror) -> None:
        self._mirror = mirror
        self._history = history
        self.repository = mirror.repository
        self.command_directory = mirror.repository.path

    # Questions

    def state(self, artifact: str | None = None, *, until: int | None = None) -> RegistryState:
        """What the tags say, all or those of one artifact.

        Raises:
            RemoteError: the server cannot be reached or denies access.
        """
        return self._mirror.with_rebuild(lambda: self._state(artifact, until))

    def _state(self, artifact: str | None, until: int | None) -> RegistryState:
        prefixes = tag_prefixes(artifact) if artifact is not None else ("",)
        refs = self._mirror.refresh(prefixes, lambda name: parse_tag(name) is not None)
        state = read_state(self.repository, artifact, until=until, refs=refs)
        lost = [skipped for skipped in state.skipped if skipped.is_lost]
        if lost and not self._mirror.offline:
            raise GitFailed(f"tag {lost[0].ref!r} cannot be read: {lost[0].explanation}")
        return state

    def artifacts(self) -> list[str]:
        """The artifacts that tags name on the server."""
        if self._mirror.offline:
            return artifacts_of(tags.list_tags(self.repository))
        return artifacts_of(remote.list_tags(self._mirror.remote))

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
        from gittag_registry.git.history import resolve

        return resolve(self.repository, self.find(revision))

    def with_files(self) -> Repository:
        """The mirror, with the server's HEAD."""
        self._mirror.with_rebuild(self._mirror.fetch_files)
        return self.repository

    def with_history(self) -> Repository:
        """A mirror that has all commits of the tags."""
        self._history.with_rebuild(self._history.refresh)
        return self._history.repository

    def with_work_tree(self) -> Repository:
        """Refuse: nothing is edited on a server.

        Raises:
            Refused: always.
        """
        raise Refused(
            f"{self._mirror.address!r} is a remote repository, without a working tree to edit",
            hint="do it in a clone, and push",
        )

    # Health

    def clone_facts(self) -> CloneFacts:
        """Nothing: a mirror is meant to be as it is."""
        return CloneFacts()

    def remove_stale_locks(self) -> list[str]:
        """Refuse: the locks are on the server.

        Raises:
            Refused: always.
        """
        raise Refused("locks can only be removed where the repository is", hint="run doctor --fix there")

    # Targets

    def default_remote(self, settings: Settings | None) -> str | None:  # noqa: ARG002 - the address is the remote
        """None: what is written has been pushed."""
        return None

    def upstream(self, remote: str | None, settings: Callable[[], Settings | None]) -> RemoteTarget:  # noqa: ARG002
        """Refuse: there is no clone to push from.

        Raises:
            UsageError: always.
        """
        raise UsageError("push takes a clone; what is done with a URL is pushed at once")

    def target(self, push: bool | None, remote: str | None, settings: Callable[[], Settings | None]) -> Target:  # noqa: ARG002
        """This server.

        Raises:
            UsageError: something else is asked for, or nothing may be asked of the server.
        """
        if push is False or remote is not None:
            raise UsageError("a remote repository is changed by pushing to it, and no other remote with it")
        if self._mirror.offline:
            raise UsageError("nothing can be changed offline")
        source = self._mirror.remote
        return RemoteTarget(self.repository, GitServer(source), self._refresh, partial(follow, source))

    def _refresh(self, server: Server, prefixes: Sequence[str], deadline: float) -> list[Ref]:  # noqa: ARG002
        mirror = self._mirror.until(deadline)
        return mirror.with_rebuild(lambda: mirror.refresh(prefixes))


def open_mirror(
    url: str,
    *,
    offline: bool = False,
    on_command: Callable[[tuple[str, ...]], None] | None = None,
    on_progress: Callable[[remote.Progress], None] | None = None,
    on_warning: Callable[[str], None] | None = None,
) -> MirrorStore:
    """The store of a repository that has this address, with the timeout of the user's own settings.

    Args:
        offline: never ask the server.
        on_command: is told the arguments of every git command before it runs.
        on_progress: is told how far a transfer is.
        on_warning: is told, in one line and once, what a server cannot do.
    """
    configuration = load_users_configuration()
    mirror = partial(
        Mirror,
        url,
        timeout=configuration.settings.timeout if configuration else DEFAULT_TIMEOUT,
        offline=offline,
        on_command=on_command,
        on_progress=on_progress,
        on_warning=_once(on_warning) if on_warning else None,
    )
    return MirrorStore(mirror(), mirror(history=True))


def _once(tell: Callable[[str], None]) -> Callable[[str], None]:
    """Tell nothing twice: an answer may take several fetches, each with the same warning."""
    told: set[str] = set()

    def tell_new(message: str) -> None:
        if message not in told:
            told.add(message)
            tell(message)

    return tell_new
