"""Tags on a server: read before an operation, pushed by it, and followed on this machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, ClassVar

from gittag_registry.errors import GitFailed, RegistryError, RemoteError
from gittag_registry.files.layout import DEFAULT_TIMEOUT
from gittag_registry.git import history, remote, tags
from gittag_registry.git.process import Repository
from gittag_registry.git.remote import Progress, Remote
from gittag_registry.git.transaction import transaction
from gittag_registry.model.events import Event
from gittag_registry.model.fold import Artifact
from gittag_registry.model.names import parse_tag, tag_prefixes
from gittag_registry.model.plans import Plan
from gittag_registry.refs import TAGS
from gittag_registry.store.base import Change, Operation, Ref, Snapshot
from gittag_registry.store.clock import Deadline
from gittag_registry.store.push import PAUSE, GitServer, Pusher, Server, in_doubt
from gittag_registry.store.reader import artifacts_of, read_state
from gittag_registry.urls import redact

if TYPE_CHECKING:
    from gittag_registry.files.config import Settings

PATIENCE = 120.0  # seconds, for all attempts of an operation on a server together
_LOOK_AGAIN = 0.2  # seconds, at most, before a server that did not answer is asked again


def connection(
    repository: Repository,
    name: str,
    settings: Settings | None,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    on_warning: Callable[[str], None] | None = None,
) -> Remote:
    """A remote, with the timeout of the settings."""
    timeout = settings.timeout if settings else DEFAULT_TIMEOUT
    return Remote(repository, name, timeout, on_progress, on_warning)


@dataclass(frozen=True, slots=True)
class RemoteTags:
    """The half that every target on a server has in common: the push protocol, between reading and following.

    Args:
        repository: where the objects of its tags are.
        server: the connection.
        refresh: lists the server's tags with these prefixes, whose objects then are in that repository.
        follow: makes the tags on this machine those of a plan that the server has; returns notes.
    """

    repository: Repository
    server: Server
    refresh: Callable[[tuple[str, str], float], list[Ref]]
    follow: Callable[[Plan], tuple[str, ...]]

    def read(self, name: str, operation: Operation) -> Snapshot:
        """Everything the server's tags say of an artifact now.

        Raises:
            RemoteError: it does not answer; if it has answered before, not until the deadline.
        """
        refs = self._refresh(name, operation)
        operation.answered = True
        return Snapshot(self._read(name, refs), tuple(refs))

    def _refresh(self, name: str, operation: Operation) -> list[Ref]:
        deadline = operation.deadline
        while True:
            try:
                return self.refresh(tag_prefixes(name), deadline.at)
            except RemoteError:
                if not operation.answered or deadline.expired:
                    raise
            deadline.pause(_LOOK_AGAIN)

    def _read(self, name: str, refs: list[Ref]) -> Artifact:
        return read_state(self.repository, name, refs=refs).artifact(name)

    def write(self, change: Change, operation: Operation) -> tuple[str, ...]:
        """Push the tags of a plan, then make or delete them here."""
        plan, pusher = change.plan, Pusher(self.server)
        pusher.push(plan, operation.deadline)
        try:
            notes = pusher.resolve_collisions(change, lambda: self._still_valid(change, operation), operation)
        except (RemoteError, GitFailed) as error:
            raise in_doubt(plan, self.server.name, error) from error
        return (*notes, *self.follow(plan))

    def _still_valid(self, change: Change, operation: Operation) -> bool:
        """Whether the plan would be decided on the tags that others have there now."""
        ours = {event.ref for event in change.plan.events}
        name = change.plan.events[0].artifact
        others = [(oid, ref) for oid, ref in self._refresh(name, operation) if ref not in ours]
        return change.still_valid(self._read(name, others))


@dataclass(frozen=True, slots=True)
class UpstreamTarget:
    """The tags of a clone's remote; see `base.Target`. Tags appear in the clone only when they are there."""

    remote: Remote
    connect: Callable[[Remote], Server] = GitServer

    patience: ClassVar[float] = PATIENCE
    pause: ClassVar[float] = PAUSE
    more_tags: ClassVar[str | None] = None

    @property
    def repository(self) -> Repository:
        """The clone."""
        return self.remote.repository

    @property
    def remote_name(self) -> str:
        """The remote's name, or its address without secrets."""
        return self.remote.public_name

    @property
    def _tags(self) -> RemoteTags:
        return RemoteTags(self.repository, self.connect(self.remote), self._refresh, self._follow)

    def list_tags(self) -> dict[str, str]:
        """The object id of every tag of the remote.

        Raises:
            RemoteError: it cannot be reached or denies access.
        """
        return {name: oid for oid, name in remote.list_tags(self.remote)}

    def artifacts(self) -> list[str]:
        """The artifacts that the remote's tags name."""
        return artifacts_of(remote.list_tags(self.remote))

    def artifacts_like(self, name: str) -> list[str]:
        """Those whose names differ from this one's at most by case."""
        return [artifact for artifact in self.artifacts() if artifact.lower() == name.lower()]

    def read(self, name: str, operation: Operation) -> Snapshot:
        """Everything the remote's tags say of an artifact now."""
        return self._tags.read(name, operation)

    def write(self, change: Change, operation: Operation) -> tuple[str, ...]:
        """Push the tags of a plan, then make or delete them in the clone."""
        return self._tags.write(change, operation)

    def push(self, plan: Plan, deadline: Deadline) -> None:
        """Push the tags of a plan that are in the clone already."""
        Pusher(self.connect(self.remote)).push(plan, deadline)

    def better_hint(self, snapshot: Snapshot) -> str | None:
        """To push first, where the clone has tags of the artifact that the remote lacks."""
        name = snapshot.artifact.name
        own = {ref for _, ref in tags.list_tags(self.repository, tag_prefixes(name)) if parse_tag(ref)}
        if own <= {ref for _, ref in snapshot.refs}:
            return None
        where = f" --remote {quote(self.remote_name)}" if self.remote.name != "origin" else ""
        return f"the remote lacks tags that are here; push them first: git registry push {quote(name)}{where}"

    def _refresh(self, prefixes: tuple[str, str], deadline: float) -> list[Ref]:
        source = self.remote.until(deadline)
        refs = remote.list_tags(source, prefixes)
        oids = [oid for oid, _ in refs]
        kinds = tags.object_types(self.repository, oids)
        missing = [oid for oid, kind in zip(oids, kinds, strict=True) if kind == "missing"]
        if missing:
            if source.on_warning and history.is_shallow(self.repository):
                source.on_warning("this clone is shallow; what the tags of the remote lead to is fetched first")
            remote.fetch(source, missing)
        return refs

    def _follow(self, plan: Plan) -> tuple[str, ...]:
        return follow(self.remote, plan)


def follow(source: Remote, plan: Plan) -> tuple[str, ...]:
    """Make or delete here the tags of a plan that a server has; a tag here that says something else is left alone.

    Returns:
        Notes on those that were left alone.
    """
    notes = [_follow_creation(source, event) for event in plan.events]
    notes += [_follow_deletion(source, event) for event in plan.deletions]
    return tuple(note for note in notes if note)


def _follow_creation(source: Remote, event: Event) -> str | None:
    own = {name: oid for oid, name in tags.list_tags(source.repository, [event.ref])}.get(event.ref)
    if own == event.oid:
        return None
    try:
        with transaction(source.repository, create=[(event.ref, event.oid)]):
            return None
    except RegistryError as error:
        ref = f"{TAGS}{event.ref}"
        fetch = f"git fetch {quote(source.name)} {quote(f'+{ref}:{ref}')}"
        what = "is another one here" if own else f"could not be written here ({error.message})"
        return f"tag {event.ref!r} {what}; to have the server's: {redact(fetch)}"


def _follow_deletion(source: Remote, event: Event) -> str | None:
    try:
        with transaction(source.repository, delete=[(event.ref, event.oid)]):
            return None
    except RegistryError:
        if any(name == event.ref for _, name in tags.list_tags(source.repository, [event.ref])):
            return f"tag {event.ref!r} is another one here, and stays: git tag -d {quote(event.ref)}"
        return None  # it never was here
