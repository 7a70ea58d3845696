"""The driver of the push protocol: it has the connection, and is given the deadline; `push_protocol` decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Protocol, TypeVar

from gittag_registry.errors import InDoubt, Refused, RegistryError, RemoteError, assert_never
from gittag_registry.git import remote
from gittag_registry.git.failures import ConnectionLost, Unreachable
from gittag_registry.git.history import is_shallow
from gittag_registry.git.remote import Remote
from gittag_registry.git.transaction import LostRace
from gittag_registry.model.events import Event
from gittag_registry.model.fold import Artifact
from gittag_registry.model.message import OPERATION_TRAILER
from gittag_registry.model.names import tag_prefixes
from gittag_registry.model.plans import Plan
from gittag_registry.refs import TAGS
from gittag_registry.store.base import Change, Operation, Ref
from gittag_registry.store.clock import Deadline
from gittag_registry.store.push_protocol import (
    Listing,
    PushEnd,
    PushState,
    Settlement,
    Verdict,
    compare_artifact,
    compare_plan,
    judge,
    settle,
)

FOREVER = float("inf")
"""no deadline"""
PAUSE = 0.3  # seconds, at most, before the same objects are pushed again; twice as many after each time
_LONGEST_PAUSE = 3.0
_LOOK_AGAIN = 0.2  # seconds, at most, before a server that did not answer is asked again
_LAST_WORD = 2.0  # seconds for the question that tells what became of a push, even at the deadline
_TIME_TO_YIELD = 3.0  # seconds in which another writer takes its tag back, if it lives and sees ours
_UNDELETABLE = "another writer changed the artifact at the same time, and the order is that of the dates"


Answer = TypeVar("Answer")


class CounterCollision(LostRace):
    """Other writers gave out the same counter at the same time.

    Args:
        rivals: how many.
    """

    def __init__(self, rivals: int) -> None:
        super().__init__("another writer used the same counter")
        self.rivals = rivals


class Server(Protocol):
    """The connection to a server, as far as pushing needs one."""

    @property
    def name(self) -> str:
        """What messages call it, without secrets."""

    def list_tags(self, prefixes: Sequence[str], deadline: float = FOREVER) -> list[Ref]:
        """Its tags that begin with one of the prefixes.

        Raises:
            RemoteError: it did not answer, or denied access.
        """

    def fetch(self, oids: Sequence[str], deadline: float = FOREVER) -> None:
        """Fetch objects into the repository.

        Raises:
            RemoteError: it did not answer, or denied access.
        """

    def push(self, plan: Plan, deadline: float) -> None:
        """Create and delete the tags of a plan there, all of them or none; raises what `git.remote.push` does."""


@dataclass(frozen=True, slots=True)
class GitServer:
    """A server that git talks to."""

    remote: Remote

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.remote.public_name

    def list_tags(self, prefixes: Sequence[str], deadline: float = FOREVER) -> list[Ref]:
        """Its tags that begin with one of the prefixes."""
        return remote.list_tags(self.remote.until(deadline), prefixes)

    def fetch(self, oids: Sequence[str], deadline: float = FOREVER) -> None:
        """Fetch objects into the repository."""
        source = self.remote
        if source.on_warning and is_shallow(source.repository):
            source.on_warning("this clone is shallow; what the tags of the remote lead to is fetched first")
        remote.fetch(source.until(deadline), oids)

    def push(self, plan: Plan, deadline: float) -> None:
        """Create and delete the tags of a plan there."""
        remote.push(self.remote.until(deadline), create=refs(plan.events), delete=refs(plan.deletions))


@dataclass(frozen=True, slots=True)
class Pusher:
    """Pushes plans to one server; the clock is that of the deadline it is given."""

    server: Server

    def push(self, plan: Plan, deadline: Deadline) -> None:
        """Push until it is known what became of it. The same objects are pushed each time, so it is done once at most.

        Raises:
            LostRace: another writer was faster; nothing was changed.
            InDoubt: it is not known whether it was done.
            RegistryError: the server refused, git failed, or there was no time left to begin; nothing was changed.
        """
        if deadline.expired:
            raise RemoteError(
                f"no time was left to push to {self.server.name!r}", hint="nothing was changed; try again"
            )
        state, pause = PushState(), PAUSE
        while True:
            try:
                self.server.push(plan, deadline.at)
                return
            except RegistryError as error:
                end = _end_of(error)
                listing, reason = self._look(plan, state.after(end), deadline, error)
                match judge(state, end, listing, expired=deadline.expired):
                    case Verdict.DONE:
                        return
                    case Verdict.RETRY:
                        state = state.after(end)
                    case Verdict.LOST if isinstance(error, LostRace):
                        raise
                    case Verdict.LOST:
                        raise LostRace("another writer was faster") from error
                    case Verdict.REFUSE:
                        if listing is Listing.UNTOUCHED:
                            error.hint = error.hint or "nothing was changed"
                        raise error from (None if reason is error else reason)
                    case Verdict.IN_DOUBT:
                        raise in_doubt(plan, self.server.name, reason) from error
                    case verdict:
                        assert_never(verdict)
            deadline.pause(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _look(
        self, plan: Plan, state: PushState, deadline: Deadline, error: RegistryError
    ) -> tuple[Listing, RegistryError]:
        """What the server lists of a plan's tags; and the error that tells why nothing more is known.

        It is asked until it answers if the plan may have been carried out, else once.
        """
        names = [event.ref for event in (*plan.events, *plan.deletions)]
        try:
            listed = self._list(names, deadline) if state.in_doubt else self._list_once(names, deadline)
        except RegistryError as silence:  # of git on this machine, too: then nothing is known either
            return Listing.SILENT, silence
        return compare_plan(plan, listed), error

    def _list(self, prefixes: Sequence[str], deadline: Deadline) -> dict[str, str]:
        """The server's tags with these prefixes, by name; it is asked until it answers, or until the deadline.

        Raises:
            RemoteError: it did not answer.
        """
        return patiently(lambda: self._list_once(prefixes, deadline), deadline)

    def _list_once(self, prefixes: Sequence[str], deadline: Deadline) -> dict[str, str]:
        last_word = deadline.at_least(_LAST_WORD)
        return {name: oid for oid, name in self.server.list_tags(prefixes, last_word.at)}

    def resolve_collisions(
        self, change: Change, read_others: Callable[[], Artifact], operation: Operation
    ) -> tuple[str, ...]:
        """Look at the tags beside those that were pushed, and take ours back if another writer's contradict them.

        Of two writers with the same counter that see each other, the one with the greater object id gives way, and the
        other waits for that.

        Args:
            read_others: the artifact as the server's tags without ours make it now.

        Returns:
            Notes.

        Raises:
            LostRace: the tags were taken back.
            RemoteError: the server does not answer, so it is not known whether they are there.
        """
        plan = change.plan
        if not plan.events:
            return ()
        prefixes = tag_prefixes(plan.events[0].artifact)
        waiting = operation.deadline.within(_TIME_TO_YIELD)
        while True:
            listed = self._list(prefixes, operation.deadline)
            seen = compare_artifact(plan.events, operation.withdrawn, change.snapshot.refs, listed)
            valid = not (seen.returned or seen.rivals) and (not seen.changed or change.still_valid(read_others()))
            match settle(seen, valid=valid, waited=waiting.expired):
                case Settlement.SETTLED:
                    return ()
                case Settlement.WAIT:
                    waiting.pause(_LOOK_AGAIN)
                case Settlement.DELETE_AGAIN:
                    self.push(Plan(deletions=seen.returned), operation.deadline.at_least(_LAST_WORD))
                case Settlement.WITHDRAW:
                    return self._withdraw(plan, seen.rivals, operation)
                case settlement:
                    assert_never(settlement)

    def _withdraw(self, plan: Plan, rivals: int, operation: Operation) -> tuple[str, ...]:
        try:
            self.push(Plan(deletions=plan.events), operation.deadline.at_least(_LAST_WORD))
        except Refused:  # some servers let nobody delete a tag
            return (_UNDELETABLE,)
        operation.withdrawn += plan.events
        raise CounterCollision(rivals) if rivals else LostRace("another writer changed the artifact")


def patiently(ask: Callable[[], Answer], deadline: Deadline) -> Answer:
    """Ask a server until it answers, or until the deadline.

    Raises:
        RemoteError: it did not answer.
    """
    while True:
        try:
            return ask()
        except RemoteError:
            if deadline.expired:
                raise
        deadline.pause(_LOOK_AGAIN)


def _end_of(error: RegistryError) -> PushEnd:
    """The end of a push that raised this error."""
    kinds: tuple[tuple[type[RegistryError], PushEnd], ...] = (
        (LostRace, PushEnd.LOST_RACE),
        (Refused, PushEnd.REFUSED),
        (ConnectionLost, PushEnd.CONNECTION_LOST),
        (Unreachable, PushEnd.UNREACHABLE),
        (RemoteError, PushEnd.DENIED),
    )
    return next((end for kind, end in kinds if isinstance(error, kind)), PushEnd.FAILED)


def in_doubt(plan: Plan, server: str, reason: RegistryError) -> RegistryError:
    """The error that says what is known of a plan when nothing more can be learnt."""
    if isinstance(reason, InDoubt):
        return reason
    changes = [f"{event.ref!r} made (object {event.oid})" for event in plan.events]
    changes += [f"{event.ref!r} deleted" for event in plan.deletions]
    operations = {event.parsed_message.trailer(OPERATION_TRAILER) for event in plan.events}
    operation = next(iter(operations)) if len(operations) == 1 else None
    named = f"operation {operation}: " if operation else ""
    names = " ".join(quote(f"{TAGS}{event.ref}") for event in (*plan.events, *plan.deletions))
    return InDoubt(
        f"{named}it is not known whether {server!r} has {' and '.join(changes)}: {reason.message}",
        hint=f"look when it answers again, and repeat the command if not: git ls-remote {quote(server)} {names}",
        operation=operation,
        created=tuple((event.ref, event.oid) for event in plan.events),
        deleted=tuple(event.ref for event in plan.deletions),
    )


def refs(events: Iterable[Event]) -> list[tuple[str, str]]:
    """The names and object ids of tags."""
    return [(event.ref, event.oid) for event in events]
