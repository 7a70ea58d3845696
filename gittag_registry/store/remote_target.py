"""Write to a server: read its tags, push, and update the local repository."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from gittag_registry.errors import GitFailed, RegistryError
from gittag_registry.git import tags
from gittag_registry.git.failures import DamagedObject
from gittag_registry.git.interruption import Interrupted
from gittag_registry.git.process import Repository
from gittag_registry.git.remote import Remote, takes_as_new
from gittag_registry.git.transaction import LostRace, transaction
from gittag_registry.hints import Hint, call, git
from gittag_registry.model.events import Event
from gittag_registry.model.fold import Artifact
from gittag_registry.model.names import tag_prefixes
from gittag_registry.model.plans import Plan
from gittag_registry.refs import TAGS
from gittag_registry.store.base import Change, Operation, OutdatedGuess, Ref, Snapshot
from gittag_registry.store.clock import Deadline
from gittag_registry.store.damage import fetch_sendable
from gittag_registry.store.push import (
    PAUSE,
    GitServer,
    NotSent,
    Pusher,
    Server,
    ask_until_answered,
    doubt_if_interrupted,
    in_doubt,
)
from gittag_registry.store.reader import artifacts_of, list_artifact, lost_tag, read_state

Refresh = Callable[[Server, Sequence[str], float, Sequence[Ref] | None], Sequence[Ref]]
"""Lists a server's tags with these prefixes, until a deadline, and fetches what the repository lacks of their objects.
The last argument is what was just listed of them, if anything was."""


def read_artifact(repository: Repository, name: str, refs: Sequence[Ref]) -> Artifact:
    """The state of an artifact from tags whose objects are in a repository."""
    return read_state(repository, name, refs=refs).artifact(name)


@dataclass(frozen=True, slots=True)
class RemoteTarget:
    """The tags of a server; see `base.Target`.

    Args:
        repository: the local repository, in which tag objects are created, and into which they are fetched.
        server: the connection.
        refresh: lists the server's tags and fetches their objects.
        update_local: creates or deletes in that repository the tags of a pushed plan; returns notes.
        known: lists the tags of an artifact that are known without asking the server.
        hint_for_missing_tags: gives a hint for an operation that needs tags which were not read, or None.
        read_tags: gives the state of an artifact from tags whose objects are in the repository.
    """

    repository: Repository
    server: Server
    refresh: Refresh
    update_local: Callable[[Plan], tuple[str, ...]]
    known: Callable[[str], Sequence[Ref]] = lambda _: ()
    hint_for_missing_tags: Callable[[Snapshot], str | None] = lambda _: None
    read_tags: Callable[[Repository, str, Sequence[Ref]], Artifact] = read_artifact

    patience: ClassVar[float] = 120.0
    pause: ClassVar[float] = PAUSE
    more_tags: ClassVar[None] = None
    incomplete: ClassVar[None] = None

    @property
    def remote_name(self) -> str:
        """The remote's name, or the address without secrets."""
        return self.server.name

    def list_tags(self) -> dict[str, str]:
        """The object id of every tag of the server, by name.

        Raises:
            RemoteError: the server cannot be reached or denies access.
        """
        return {name: oid for oid, name in self.server.list_tags(("",))}

    def guess(self, name: str) -> Snapshot | None:
        """The state of an artifact in the clone; None if that has none of its tags, or lacks the object of one."""
        refs = self.known(name)
        artifact = self.read_tags(self.repository, name, refs)
        return Snapshot(artifact, refs, guessed=True) if refs and lost_tag(artifact) is None else None

    def read(self, name: str, operation: Operation) -> Snapshot:
        """The present state of an artifact, and its tags on the server.

        Raises:
            RemoteError: the server does not answer; if it has answered before, not until the deadline.
            GitFailed: the object of a tag is damaged here, so the state is unknown.
        """
        refs = self._refs(name, operation)
        artifact = self.read_tags(self.repository, name, refs)
        if lost := lost_tag(artifact):
            raise GitFailed(
                f"tag {lost.ref!r} cannot be read: {lost.explanation}",
                hint=Hint("nothing was written; ", call("doctor"), " says how to repair it"),
            )
        return Snapshot(artifact, refs)

    def _refs(self, name: str, operation: Operation) -> Sequence[Ref]:
        listed, operation.listed = operation.listed, None
        deadline = operation.deadline.at
        return self._ask(lambda: self.refresh(self.server, tag_prefixes(name), deadline, listed), operation)

    def artifacts(self, operation: Operation) -> list[str]:
        """The artifacts that have tags on the server."""
        return artifacts_of(self._ask(lambda: self.server.list_tags(("",), operation.deadline.at), operation))

    def _ask(self, ask: Callable[[], Sequence[Ref]], operation: Operation) -> Sequence[Ref]:
        """Ask the server; if it has answered before in this operation, again and again until the deadline."""
        answer = ask_until_answered(ask, operation.deadline) if operation.answered else ask()
        operation.answered = True
        return answer

    def write(self, change: Change, operation: Operation) -> tuple[str, ...]:
        """Push the tags of a plan, then create or delete them in the local repository.

        Raises:
            OutdatedGuess: the plan was decided on a guess, and the server's tags are others; nothing was pushed.
            LostRace: another writer was faster; nothing is left on the server.
            InDoubt: the result is unknown; the cause of a `KeyboardInterrupt`, too.
            RegistryError: nothing was changed.
        """
        plan = change.plan
        try:
            with doubt_if_interrupted(plan, self.server):
                notes = self._push_and_look(change, operation)
        except NotSent as error:
            raise error.__cause__ or error from None
        try:
            return (*notes, *self.update_local(plan))
        except Interrupted as error:
            error.outcome = "the change was made and pushed"
            raise

    def _push_and_look(self, change: Change, operation: Operation) -> tuple[str, ...]:
        plan, pusher = change.plan, Pusher(self.server)
        check = partial(self._check, change, operation) if change.snapshot.guessed else None
        pusher.push(plan, operation.deadline, check)
        try:
            return pusher.resolve_collisions(change, lambda: self._read_others(change, operation), operation)
        except LostRace:
            raise
        except RegistryError as error:  # the tags are, or were, on the server
            raise in_doubt(plan, self.server, error) from error

    def _check(self, change: Change, operation: Operation) -> None:
        """Check that a plan was decided on the present tags of the server; keep those for the next plan if not.

        Raises:
            NotSent: it was decided on others, or the server did not answer.
        """
        prefixes = tag_prefixes(change.snapshot.artifact.name)
        try:
            listed = self._ask(lambda: self.server.list_tags(prefixes, operation.deadline.at), operation)
        except BaseException as error:  # an interruption too: it leaves no doubt
            raise NotSent from error
        if sorted(listed) != sorted(change.snapshot.refs):
            operation.listed = listed
            raise NotSent from OutdatedGuess()

    def _read_others(self, change: Change, operation: Operation) -> Artifact:
        """The present state of the artifact on the server, without the tags that were just pushed."""
        ours = {event.ref for event in change.plan.events}
        name = change.plan.events[0].artifact
        others = [(oid, ref) for oid, ref in self._refs(name, operation) if ref not in ours]
        return self.read_tags(self.repository, name, others)

    def push(self, plan: Plan, deadline: Deadline) -> None:
        """Push the tags of a plan, which the repository already has.

        Raises:
            LostRace: another writer was faster; nothing was changed.
            InDoubt: the result is unknown.
            RegistryError: the server refused, or git failed; nothing was changed.
        """
        with doubt_if_interrupted(plan, self.server):
            Pusher(self.server).push(plan, deadline)


def clone_target(remote: Remote) -> RemoteTarget:
    """The remote of a clone; new tags appear in the clone once the remote has them."""
    repository = remote.repository
    return RemoteTarget(
        repository,
        GitServer(remote),
        partial(_refresh_clone, repository),
        partial(update_local, remote),
        partial(list_artifact, repository),
        partial(_push_first, remote),
    )


def _refresh_clone(
    repository: Repository, server: Server, prefixes: Sequence[str], deadline: float, listed: Sequence[Ref] | None
) -> Sequence[Ref]:
    refs = server.list_tags(prefixes, deadline) if listed is None else listed
    kinds = tags.object_types(repository, [oid for oid, _ in refs])
    missing = {name: oid for (oid, name), kind in zip(refs, kinds, strict=True) if kind == "missing"}
    damaged = fetch_sendable(lambda names: server.fetch([missing[name] for name in names], deadline), list(missing))
    if damaged:
        oid = missing[damaged[0]]
        raise DamagedObject(f"tag {damaged[0]!r} is damaged on {server.name!r}: it cannot send object {oid}", oid)
    return refs


def _push_first(remote: Remote, snapshot: Snapshot) -> str | None:
    """A hint to push first, if the clone has tags of the artifact that the remote lacks."""
    name = snapshot.artifact.name
    own = {event.ref: event.oid for event in read_state(remote.repository, name).artifact(name).events}
    missing = sorted(own.keys() - {ref for _, ref in snapshot.refs})
    if not missing:
        return None
    if not snapshot.refs and not takes_as_new(remote, missing[0], own[missing[0]]):
        return f"the server has {missing[0]!r}, but its transfer.hideRefs or uploadpack.hideRefs hides it from readers"
    option = {"remote": remote.public_name} if remote.name != "origin" else {}
    return Hint("the remote lacks tags of this repository; push them first: ", call("push", name, **option))


def update_local(remote: Remote, plan: Plan) -> tuple[str, ...]:
    """Create or delete in the local repository the tags of a pushed plan; keep a different tag of the same name.

    Returns:
        Notes on the tags that were kept.
    """
    notes = [_create_local(remote, event) for event in plan.events]
    notes += [_delete_local(remote, event) for event in plan.deletions]
    return tuple(note for note in notes if note)


def _create_local(remote: Remote, event: Event) -> str | None:
    try:
        with transaction(remote.repository, create=[(event.ref, event.oid)]):
            return None
    except RegistryError as error:
        own = {name: oid for oid, name in tags.list_tags(remote.repository, [event.ref])}.get(event.ref)
        if own == event.oid:  # fetched meanwhile
            return None
        ref = f"{TAGS}{event.ref}"
        what = (
            "is different in this repository" if own else f"could not be written to this repository ({error.message})"
        )
        fetch = git("fetch", remote.public_source, f"+{ref}:{ref}")
        return Hint(f"tag {event.ref!r} {what}; to get the server's: ", fetch)


def _delete_local(remote: Remote, event: Event) -> str | None:
    try:
        with transaction(remote.repository, delete=[(event.ref, event.oid)]):
            return None
    except RegistryError:
        if any(name == event.ref for _, name in tags.list_tags(remote.repository, [event.ref])):
            delete = git("tag", "-d", event.ref)
            return Hint(f"tag {event.ref!r} is different in this repository, and was kept; to delete it: ", delete)
        return None  # the repository never had it
