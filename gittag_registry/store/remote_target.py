"""Writing to a server: read its tags, push, and make this machine's tags follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from shlex import quote
from typing import ClassVar

from gittag_registry.errors import RegistryError
from gittag_registry.git import tags
from gittag_registry.git.process import Repository
from gittag_registry.git.remote import Remote
from gittag_registry.git.transaction import LostRace, transaction
from gittag_registry.model.events import Event
from gittag_registry.model.fold import Artifact
from gittag_registry.model.names import tag_prefixes
from gittag_registry.model.plans import Plan
from gittag_registry.refs import TAGS
from gittag_registry.store.base import Change, Operation, Ref, Snapshot
from gittag_registry.store.clock import Deadline
from gittag_registry.store.push import PAUSE, GitServer, Pusher, Server, in_doubt, patiently
from gittag_registry.store.reader import artifacts_of, read_state
from gittag_registry.urls import redact

Refresh = Callable[[Server, Sequence[str], float], list[Ref]]
"""lists a server's tags with these prefixes, until a deadline; their objects then are in the repository"""


def read_artifact(repository: Repository, name: str, refs: Sequence[Ref]) -> Artifact:
    """What tags, whose objects are in a repository, say of an artifact."""
    return read_state(repository, name, refs=refs).artifact(name)


@dataclass(frozen=True, slots=True)
class RemoteTarget:
    """The tags of a server; see `base.Target`.

    Args:
        repository: where tag objects are made, and fetched to.
        server: the connection.
        refresh: lists the server's tags and fetches their objects.
        follow: makes the tags on this machine those of a plan that the server has; returns notes.
        hint: what to do where tags that were read lack what an operation needs.
        read_tags: what tags in the repository say of an artifact.
    """

    repository: Repository
    server: Server
    refresh: Refresh
    follow: Callable[[Plan], tuple[str, ...]]
    hint: Callable[[Snapshot], str | None] = lambda _: None
    read_tags: Callable[[Repository, str, Sequence[Ref]], Artifact] = read_artifact

    patience: ClassVar[float] = 120.0
    pause: ClassVar[float] = PAUSE
    more_tags: ClassVar[None] = None

    @property
    def remote_name(self) -> str:
        """The remote's name, or the address without secrets."""
        return self.server.name

    def list_tags(self) -> dict[str, str]:
        """The object id of every tag of the server, by name.

        Raises:
            RemoteError: it cannot be reached or denies access.
        """
        return {name: oid for oid, name in self.server.list_tags(("",))}

    def read(self, name: str, operation: Operation) -> Snapshot:
        """Everything the server's tags say of an artifact now.

        Raises:
            RemoteError: it does not answer; if it has answered before, not until the deadline.
        """
        refs = self._refs(name, operation)
        return Snapshot(self.read_tags(self.repository, name, refs), refs)

    def _refs(self, name: str, operation: Operation) -> list[Ref]:
        return self._ask(lambda: self.refresh(self.server, tag_prefixes(name), operation.deadline.at), operation)

    def artifacts(self, operation: Operation) -> list[str]:
        """The artifacts that the server's tags name."""
        return artifacts_of(self._ask(lambda: self.server.list_tags(("",), operation.deadline.at), operation))

    def artifacts_like(self, name: str, operation: Operation) -> list[str]:
        """Those whose names differ from this one's at most by case."""
        return [artifact for artifact in self.artifacts(operation) if artifact.lower() == name.lower()]

    def _ask(self, ask: Callable[[], list[Ref]], operation: Operation) -> list[Ref]:
        """Ask the server; once it has answered, until the deadline, because an operation is in progress."""
        answer = patiently(ask, operation.deadline) if operation.answered else ask()
        operation.answered = True
        return answer

    def write(self, change: Change, operation: Operation) -> tuple[str, ...]:
        """Push the tags of a plan, then make or delete them on this machine.

        Raises:
            LostRace: another writer was faster; nothing is left on the server.
            InDoubt: it is not known whether the server has them.
            RegistryError: nothing was changed.
        """
        plan, pusher = change.plan, Pusher(self.server)
        pusher.push(plan, operation.deadline)
        try:
            notes = pusher.resolve_collisions(change, lambda: self._read_others(change, operation), operation)
        except LostRace:
            raise
        except RegistryError as error:  # whatever it is, the tags are, or were, on the server
            raise in_doubt(plan, self.server.name, error) from error
        return (*notes, *self.follow(plan))

    def _read_others(self, change: Change, operation: Operation) -> Artifact:
        """The artifact as the server's tags make it now, without those that were just pushed."""
        ours = {event.ref for event in change.plan.events}
        name = change.plan.events[0].artifact
        others = [(oid, ref) for oid, ref in self._refs(name, operation) if ref not in ours]
        return self.read_tags(self.repository, name, others)

    def push(self, plan: Plan, deadline: Deadline) -> None:
        """Push the tags of a plan that are in the repository already.

        Raises:
            LostRace: another writer was faster; nothing was changed.
            InDoubt: it is not known whether it was done.
            RegistryError: the server refused, or git failed; nothing was changed.
        """
        Pusher(self.server).push(plan, deadline)

    def hint_for_missing_tags(self, snapshot: Snapshot) -> str | None:
        """What to do where the tags that were read lack what an operation needs."""
        return self.hint(snapshot)


def clone_target(remote: Remote) -> RemoteTarget:
    """The remote of a clone: tags appear in the clone only when the remote has them."""
    repository = remote.repository
    return RemoteTarget(
        repository,
        GitServer(remote),
        partial(_refresh_clone, repository),
        partial(follow, remote),
        partial(_push_first, remote),
    )


def _refresh_clone(repository: Repository, server: Server, prefixes: Sequence[str], deadline: float) -> list[Ref]:
    refs = server.list_tags(prefixes, deadline)
    oids = [oid for oid, _ in refs]
    kinds = tags.object_types(repository, oids)
    missing = [oid for oid, kind in zip(oids, kinds, strict=True) if kind == "missing"]
    if missing:
        server.fetch(missing, deadline)
    return refs


def _push_first(remote: Remote, snapshot: Snapshot) -> str | None:
    """To push first, where the clone has tags of the artifact that the remote lacks."""
    name = snapshot.artifact.name
    own = {event.ref for event in read_state(remote.repository, name).artifact(name).events}
    if own <= {ref for _, ref in snapshot.refs}:
        return None
    where = f" --remote {quote(remote.public_name)}" if remote.name != "origin" else ""
    return f"the remote lacks tags that are here; push them first: git registry push {quote(name)}{where}"


def follow(remote: Remote, plan: Plan) -> tuple[str, ...]:
    """Make or delete here the tags of a plan that a server has; a tag here that says something else is left alone.

    Returns:
        Notes on those that were left alone.
    """
    notes = [_follow_creation(remote, event) for event in plan.events]
    notes += [_follow_deletion(remote, event) for event in plan.deletions]
    return tuple(note for note in notes if note)


def _follow_creation(remote: Remote, event: Event) -> str | None:
    own = {name: oid for oid, name in tags.list_tags(remote.repository, [event.ref])}.get(event.ref)
    if own == event.oid:
        return None
    try:
        with transaction(remote.repository, create=[(event.ref, event.oid)]):
            return None
    except RegistryError as error:
        ref = f"{TAGS}{event.ref}"
        fetch = f"git fetch {quote(remote.name)} {quote(f'+{ref}:{ref}')}"
        what = "is another one here" if own else f"could not be written here ({error.message})"
        return f"tag {event.ref!r} {what}; to have the server's: {redact(fetch)}"


def _follow_deletion(remote: Remote, event: Event) -> str | None:
    try:
        with transaction(remote.repository, delete=[(event.ref, event.oid)]):
            return None
    except RegistryError:
        if any(name == event.ref for _, name in tags.list_tags(remote.repository, [event.ref])):
            return f"tag {event.ref!r} is another one here, and stays: git tag -d {quote(event.ref)}"
        return None  # it never was here
