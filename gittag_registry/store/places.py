"""Where a registry is: in a repository on this machine, or in one elsewhere, of which a cache is kept here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gittag_registry.errors import GitFailed, Refused
from gittag_registry.git import tags
from gittag_registry.git.process import Repository
from gittag_registry.model.fold import RegistryState
from gittag_registry.model.names import parse_tag, tag_prefixes
from gittag_registry.store.reader import artifacts_of, read_state

if TYPE_CHECKING:
    from gittag_registry.store.mirror import Mirror


class Here:
    """A repository on this machine."""

    remote = False

    def __init__(self, repository: Repository) -> None:
        self.repository = repository

    def state(self, artifact: str | None = None, *, until: int | None = None) -> RegistryState:
        """What the tags say, all or those of one artifact."""
        return read_state(self.repository, artifact, until=until)

    def artifacts(self) -> list[str]:
        """The artifacts that tags name."""
        return artifacts_of(tags.list_tags(self.repository))

    def find(self, revision: str) -> str:
        """A name by which the repository knows what a revision means."""
        return revision

    def resolve(self, revision: str) -> str:
        """The id of the commit a revision names.

        Raises:
            NotFound: it names none.
        """
        from gittag_registry.git.content import resolve

        return resolve(self.repository, revision)

    def with_files(self) -> Repository:
        """The repository, ready to be asked about files."""
        return self.repository

    def with_history(self) -> Repository:
        """The repository, ready to be asked about the commits between two."""
        return self.repository

    def with_work_tree(self) -> Repository:
        """The repository, to edit files in."""
        return self.repository


class Elsewhere:
    """A repository that has an address. Every question goes to the server, and what is new comes into the cache."""

    remote = True

    def __init__(self, cache: Mirror, history: Mirror) -> None:
        self.cache = cache
        self._history = history
        self.repository = cache.repository

    def state(self, artifact: str | None = None, *, until: int | None = None) -> RegistryState:
        """What the tags say, all or those of one artifact.

        Raises:
            RemoteError: the server cannot be reached or refuses us.
        """
        return self.cache.with_rebuild(lambda: self._state(artifact, until))

    def _state(self, artifact: str | None, until: int | None) -> RegistryState:
        refs = self.cache.refresh(prefixes_of(artifact), lambda name: parse_tag(name) is not None)
        state = read_state(self.repository, artifact, until=until, refs=refs)
        lost = [skipped for skipped in state.skipped if skipped.is_lost]
        if lost and not self.cache.offline:
            raise GitFailed(f"tag {lost[0].ref!r} cannot be read: {lost[0].reason}")
        return state

    def artifacts(self) -> list[str]:
        """The artifacts that tags name on the server."""
        if self.cache.offline:
            return artifacts_of(tags.list_tags(self.repository))
        from gittag_registry.git import remote

        return artifacts_of(remote.list_tags(self.cache.remote))

    def find(self, revision: str) -> str:
        """The id of what HEAD, a branch, a tag or a full id names on the server; the cache then has it.

        Raises:
            NotFound: the server has no such revision.
        """
        return self.cache.with_rebuild(lambda: self.cache.find(revision))

    def resolve(self, revision: str) -> str:
        """The id of the commit that HEAD, a branch, a tag or a full id names on the server.

        Raises:
            NotFound: the server has no such revision.
        """
        from gittag_registry.git.content import resolve

        return resolve(self.repository, self.find(revision))

    def with_files(self) -> Repository:
        """The cache, with the server's HEAD."""
        self.cache.with_rebuild(self.cache.fetch_files)
        return self.repository

    def with_history(self) -> Repository:
        """A cache that has all commits of the tags."""
        self._history.with_rebuild(self._history.refresh)
        return self._history.repository

    def with_work_tree(self) -> Repository:
        """Refuse: nothing is edited on a server.

        Raises:
            Refused: always.
        """
        raise Refused(
            f"{self.cache.address!r} is a remote repository, without a working tree to edit",
            hint="do it in a clone, and push",
        )


Place = Here | Elsewhere


def prefixes_of(artifact: str | None) -> tuple[str, ...]:
    """What the names of the tags begin with that an artifact has, or all have."""
    return tag_prefixes(artifact) if artifact is not None else ("",)
