"""The driver of the push protocol: it has the connection, and gets the deadline; `push_protocol` decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from gittag_registry.errors import InDoubt, Refused, RegistryError, RemoteError, assert_never
from gittag_registry.git import remote
from gittag_registry.git.clone import is_shallow
from gittag_registry.git.failures import NO_REQUEST, ConnectionLost, NoResult
from gittag_registry.git.listing import list_tags
from gittag_registry.git.remote import Remote
from gittag_registry.git.transaction import LostRace
from gittag_registry.hints import Hint, git
from gittag_registry.model.events import Event
from gittag_registry.model.fold import Artifact
from gittag_registry.model.message import OPERATION_TRAILER
from gittag_registry.model.names import tag_prefixes
from gittag_registry.model.plans import Plan
from gittag_registry.refs import TAGS
from gittag_registry.store.base import Change, Operation, Ref
from gittag_registry.store.clock import Deadline
from gittag_registry.store.push_protocol import (
    Aftermath,
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
PAUSE = 0.3  # seconds, at most, before the same objects are pushed again; doubled after each attempt
_LONGEST_PAUSE = 3.0
_RETRY_PAUSE = 0.2  # seconds, at most, before a server that did not answer is asked again
_FINAL_LISTING = 2.0  # seconds to list the result of a push, even at the deadline
_TIME_TO_WITHDRAW = 3.0  # seconds after which a rival that has not withdrawn its tag is taken for dead
_UNDELETABLE = "another writer changed the artifact at the same time; the dates of the tags decide"


Answer = TypeVar("Answer")
Check = Callable[[], None]
"""called while the connection of a push is made; raises `NotSent` if the push is not to be sent"""


class NotSent(Exception):
    """Nothing was pushed, because a check failed; the cause is its error."""


class CounterCollision(LostRace):
    """Other writers used the same counter at the same time.

    Args:
        rivals: the number of those writers.
    """

    def __init__(self, rivals: int) -> None:
        super().__init__("another writer used the same counter")
        self.rivals = rivals


class Server(Protocol):
    """What pushing needs of a connection to a server."""

    @property
    def name(self) -> str:
        """Its name in messages, without secrets."""

    @property
    def source(self) -> str:
        """What git commands in messages read it by: a name or an address, without secrets."""

    def list_tags(self, prefixes: Sequence[str], deadline: float = FOREVER) -> list[Ref]:
        """Its tags that begin with one of the prefixes.

        Raises:
            RemoteError: the server did not answer, or denied access.
        """

    def fetch(self, oids: Sequence[str], deadline: float = FOREVER) -> None:
        """Fetch objects into the repository.

        Raises:
            RemoteError: the server did not answer, or denied access.
        """

    def push(self, plan: Plan, deadline: float, check: Check | None = None) -> None:
        """Create and delete the tags of a plan, all of them or none; raises the same errors as `git.remote.push`."""


@dataclass(frozen=True, slots=True)
class GitServer:
    """A server to which git connects."""

    remote: Remote

    @property
    def name(self) -> str:
        """Its name in messages."""
        return self.remote.public_name

    @property
    def source(self) -> str:
        """What git commands in messages read it by."""
        return self.remote.public_source

    def list_tags(self, prefixes: Sequence[str], deadline: float = FOREVER) -> list[Ref]:
        """Its tags that begin with one of the prefixes."""
        return list_tags(self.remote.until(deadline), prefixes)

    def fetch(self, oids: Sequence[str], deadline: float = FOREVER) -> None:
        """Fetch objects into the repository."""
        source = self.remote
        if source.on_warning and is_shallow(source.repository):
            source.on_warning("this clone is shallow; the commits of the remote's tags are fetched first")
        remote.fetch(source.until(deadline), oids)

    def push(self, plan: Plan, deadline: float, check: Check | None = None) -> None:
        """Create and delete the tags of a plan."""
        remote.push(self.remote.until(deadline), create=refs(plan.events), delete=refs(plan.deletions), check=check)


@dataclass(frozen=True, slots=True)
class Pusher:
    """Pushes plans to one server, by the clock of the deadline."""

    server: Server

    def push(self, plan: Plan, deadline: Deadline, check: Check | None = None) -> None:
        """Push until the result is known. Each attempt pushes the same objects, so the change is made once at most.

        Raises:
            NotSent: the check, which is called during the first attempt, failed; nothing was sent.
            LostRace: another writer was faster; nothing was changed.
            InDoubt: the result is unknown.
            RegistryError: the server refused, git failed, or there was no time left; nothing was changed.
        """
        if deadline.expired:
            raise RemoteError(
                f"no time was left to push to {self.server.name!r}", hint="nothing was changed; try again"
            )
        state, pause = PushState(), PAUSE
        while True:
            try:
                self.server.push(plan, deadline.at, check if state == PushState() else None)
                return
            except RegistryError as error:
                end = _end_of(error)
                listing, reason = self._list_plan(plan, state.after(end), deadline, error)
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
                        raise in_doubt(plan, self.server, reason) from error
                    case verdict:
                        assert_never(verdict)
            deadline.pause(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _list_plan(
        self, plan: Plan, state: PushState, deadline: Deadline, error: RegistryError
    ) -> tuple[Listing, RegistryError]:
        """What the server lists of a plan's tags; and the error to report.

        If the plan may have been carried out, the server is asked until it answers, else once.
        """
        names = [event.ref for event in (*plan.events, *plan.deletions)]
        try:
            listed = self._list(names, deadline) if state.in_doubt else self._list_once(names, deadline)
        except RegistryError as no_answer:  # a local failure of git leaves the result unknown too
            return Listing.NO_ANSWER, no_answer
        return compare_plan(plan, listed), error

    def _list(self, prefixes: Sequence[str], deadline: Deadline) -> dict[str, str]:
        """The server's tags with these prefixes, by name; asks until the server answers, or until the deadline.

        Raises:
            RemoteError: the server did not answer.
        """
        return ask_until_answered(lambda: self._list_once(prefixes, deadline), deadline)

    def _list_once(self, prefixes: Sequence[str], deadline: Deadline) -> dict[str, str]:
        latest = deadline.at_least(_FINAL_LISTING)
        return {name: oid for oid, name in self.server.list_tags(prefixes, latest.at)}

    def resolve_collisions(
        self, change: Change, read_others: Callable[[], Artifact], operation: Operation
    ) -> tuple[str, ...]:
        """Check the artifact's other tags after a push, and withdraw ours if another writer's contradict them.

        Of two writers with the same counter, the one with the greater object id withdraws its tag, and the other waits
        for that.

        Args:
            read_others: returns the present state of the artifact on the server, without our tags.

        Returns:
            Notes.

        Raises:
            LostRace: the tags were withdrawn.
            RemoteError: the server does not answer, so it is unknown whether it has them.
        """
        plan = change.plan
        if not plan.events:
            return ()
        waiting = operation.deadline.within(_TIME_TO_WITHDRAW)
        while True:
            waited = waiting.expired  # before the server lists: what it lists then counts
            aftermath = self._compare(change, operation)
            undecided = aftermath.missing or aftermath.returned or aftermath.rivals
            valid = not undecided and (not aftermath.changed or change.still_valid(read_others()))
            match settle(aftermath, valid=valid, waited=waited, expired=operation.deadline.expired):
                case Settlement.SETTLED:
                    return ()
                case Settlement.WAIT:
                    waiting.pause(_RETRY_PAUSE)
                case Settlement.DELETE_AGAIN:
                    self.push(Plan(deletions=aftermath.returned), operation.deadline.at_least(_FINAL_LISTING))
                case Settlement.WITHDRAW:
                    return self._withdraw(plan, aftermath.rivals, operation)
                case Settlement.IN_DOUBT:
                    raise _unlisted(plan, self.server, aftermath)
                case settlement:
                    assert_never(settlement)

    def _compare(self, change: Change, operation: Operation) -> Aftermath:
        events = change.plan.events
        listed = self._list(tag_prefixes(events[0].artifact), operation.deadline)
        return compare_artifact(events, operation.withdrawn, change.snapshot.refs, listed)

    def _withdraw(self, plan: Plan, rivals: int, operation: Operation) -> tuple[str, ...]:
        try:
            self.push(Plan(deletions=plan.events), operation.deadline.at_least(_FINAL_LISTING))
        except Refused:  # some servers forbid deleting tags
            return (_UNDELETABLE,)
        operation.withdrawn += plan.events
        raise CounterCollision(rivals) if rivals else LostRace("another writer changed the artifact")


def ask_until_answered(ask: Callable[[], Answer], deadline: Deadline) -> Answer:
    """Ask a server again and again, until it answers or the deadline has passed.

    Raises:
        RemoteError: the server did not answer.
    """
    while True:
        try:
            return ask()
        except RemoteError:
            if deadline.expired:
                raise
        deadline.pause(_RETRY_PAUSE)


def _unlisted(plan: Plan, server: Server, aftermath: Aftermath) -> RegistryError:
    """The error for a push that was accepted, but that the server does not list, or not for long."""
    if not aftermath.missing:
        return in_doubt(plan, server, RemoteError("the server restores withdrawn tags"))
    names = " and ".join(map(repr, aftermath.missing))
    reason = f"the server accepted {names}, but does not list what was pushed; perhaps it hides tags from readers"
    return in_doubt(plan, server, RemoteError(reason))


def _end_of(error: RegistryError) -> PushEnd:
    """How a push ended that raised this error."""
    kinds: tuple[tuple[type[RegistryError] | tuple[type[RegistryError], ...], PushEnd], ...] = (
        (LostRace, PushEnd.LOST_RACE),
        (Refused, PushEnd.REFUSED),
        (NoResult, PushEnd.NO_RESULT),
        (ConnectionLost, PushEnd.CONNECTION_LOST),
        (NO_REQUEST, PushEnd.UNREACHABLE),
        (RemoteError, PushEnd.DENIED),
    )
    return next((end for kind, end in kinds if isinstance(error, kind)), PushEnd.FAILED)


@contextmanager
def doubt_if_interrupted(plan: Plan, server: Server) -> Iterator[None]:
    """Give an `Interrupted`, or a `KeyboardInterrupt`, a cause: the `InDoubt` of a plan that was being pushed."""
    try:
        yield
    except Exception:
        raise
    except BaseException as interruption:
        raise interruption from in_doubt(plan, server, RemoteError("its answer did not come"))


def in_doubt(plan: Plan, server: Server, reason: RegistryError) -> RegistryError:
    """The error for a plan whose result remains unknown."""
    if isinstance(reason, InDoubt):
        return reason
    changes = [f"created {event.ref!r} (object {event.oid})" for event in plan.events]
    changes += [f"deleted {event.ref!r}" for event in plan.deletions]
    operations = {event.parsed_message.trailer(OPERATION_TRAILER) for event in plan.events}
    operation = next(iter(operations)) if len(operations) == 1 else None
    named = f"operation {operation}: " if operation else ""
    names = [f"{TAGS}{event.ref}" for event in (*plan.events, *plan.deletions)]
    return InDoubt(
        f"{named}it is unknown whether {server.name!r} {' and '.join(changes)}: {reason.message}",
        hint=Hint(
            "check when the server answers, and repeat the operation if needed: ",
            git("ls-remote", server.source, *names),
        ),
        operation=operation,
        created=tuple((event.ref, event.oid) for event in plan.events),
        deleted=tuple(event.ref for event in plan.deletions),
    )


def refs(events: Iterable[Event]) -> list[tuple[str, str]]:
    """The names and object ids of tags."""
    return [(event.ref, event.oid) for event in events]
