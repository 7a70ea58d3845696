"""The push protocol: what to do after a push, and after listing the artifact's tags. Pure: two tables of transitions.

A push is one compare-and-swap on the server, but its answer may be lost, or may be the answer to a repeated request. So
an error counts only together with what the server lists (`judge`). And a server compares one name at a time: it accepts
`churn#prod#3` and `churn#dev#3` from two writers at the same time, or two versions of one commit. So after a push the
writer lists the artifact's tags, and withdraws its own if another's contradict them (`settle`). `push.Pusher` does what
these functions decide.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from gittag_registry.errors import assert_never
from gittag_registry.model.events import Event
from gittag_registry.model.names import parse_tag
from gittag_registry.model.plans import Plan

MOST_DENIALS = 1  # after which to try again, because git may report a broken connection as a wrong password
MOST_FAILURES = 2  # of the server itself, after which to try again


class PushEnd(enum.Enum):
    """How a push that was not accepted ended."""

    LOST_RACE = "a tag on the server is not as expected"
    REFUSED = "a rule or a hook forbids it"
    CONNECTION_LOST = "the connection broke, or the server stopped answering"
    NO_RESULT = "the server failed, as with HTTP status 500"
    UNREACHABLE = "there was no connection"
    DENIED = "access denied, or another error of the server"
    FAILED = "git failed locally"


class Listing(enum.Enum):
    """What the server lists of the tags of a plan."""

    COMPLETE = "all as the plan wants them"
    UNTOUCHED = "all as they were before"
    OTHER = "neither"
    NO_ANSWER = "no answer"


class Verdict(enum.Enum):
    """What to do after a push."""

    DONE = "done"
    RETRY = "push the same objects again"
    LOST = "another writer was faster: read and decide again"
    REFUSE = "give up: nothing was changed"
    IN_DOUBT = "give up: the result is unknown"


class PushState(NamedTuple):
    """The state of the attempts to push one plan."""

    denials: int = 0
    failures: int = 0
    in_doubt: bool = False
    """whether the server may have carried out one of them: git reports some broken connections as refusals"""
    broken: bool = False
    """whether a connection broke, so that the server may still be working on the push"""

    def after(self, end: PushEnd) -> PushState:
        """The state after one more attempt."""
        return PushState(
            denials=self.denials + (end in (PushEnd.DENIED, PushEnd.UNREACHABLE)),
            failures=self.failures + (end is PushEnd.NO_RESULT),
            in_doubt=self.in_doubt or end is not PushEnd.UNREACHABLE,
            broken=self.broken or end in (PushEnd.CONNECTION_LOST, PushEnd.NO_RESULT),
        )


def compare_plan(plan: Plan, listed: Mapping[str, str]) -> Listing:
    """Compare a plan with a server's tags (names to object ids)."""
    if all(listed.get(event.ref) == event.oid for event in plan.events) and all(
        event.ref not in listed for event in plan.deletions
    ):
        return Listing.COMPLETE
    if all(event.ref not in listed for event in plan.events) and all(
        listed.get(event.ref) == event.oid for event in plan.deletions
    ):
        return Listing.UNTOUCHED
    return Listing.OTHER


def judge(before: PushState, end: PushEnd, listing: Listing, *, expired: bool) -> Verdict:
    """What to do after an attempt to push.

    Args:
        before: the state before this attempt.
        end: how the attempt ended.
        listing: what the server then listed.
        expired: whether there is no time for another attempt.

    >>> judge(PushState(), PushEnd.CONNECTION_LOST, Listing.COMPLETE, expired=False).name
    'DONE'
    >>> judge(PushState(), PushEnd.CONNECTION_LOST, Listing.UNTOUCHED, expired=True).name
    'IN_DOUBT'
    """
    now = before.after(end)
    match listing:
        case Listing.COMPLETE:
            return Verdict.DONE
        case Listing.OTHER:
            return Verdict.LOST
        case Listing.NO_ANSWER:
            return Verdict.IN_DOUBT if now.in_doubt else Verdict.REFUSE
        case Listing.UNTOUCHED:
            return _judge_untouched(before, now, end, expired=expired)
        case _:
            return assert_never(listing)


def _judge_untouched(before: PushState, now: PushState, end: PushEnd, *, expired: bool) -> Verdict:
    match end:
        case PushEnd.CONNECTION_LOST:
            return Verdict.IN_DOUBT if expired else Verdict.RETRY
        case PushEnd.NO_RESULT:
            return Verdict.IN_DOUBT if expired or now.failures > MOST_FAILURES else Verdict.RETRY
        case PushEnd.LOST_RACE if before.broken:  # perhaps against our own push
            return Verdict.IN_DOUBT if expired else Verdict.RETRY
        case PushEnd.LOST_RACE:
            return Verdict.LOST
        case PushEnd.REFUSED | PushEnd.FAILED:
            return Verdict.IN_DOUBT if before.broken else Verdict.REFUSE
        case PushEnd.DENIED | PushEnd.UNREACHABLE if before.broken:
            return Verdict.IN_DOUBT if expired else Verdict.RETRY
        case PushEnd.DENIED | PushEnd.UNREACHABLE:
            return Verdict.REFUSE if expired or now.denials > MOST_DENIALS else Verdict.RETRY
        case _:
            return assert_never(end)


class Settlement(enum.Enum):
    """What to do after listing the artifact's tags."""

    SETTLED = "done: no other tag contradicts ours"
    WAIT = "wait: another writer will withdraw its tag"
    WITHDRAW = "delete our tags, and decide again"
    DELETE_AGAIN = "delete withdrawn tags that have appeared again"
    IN_DOUBT = "give up: the result is unknown"


class Aftermath(NamedTuple):
    """The state of an artifact's tags after a push."""

    missing: tuple[str, ...] = ()
    """the names of our tags that the server does not list, or not as ours"""
    returned: tuple[Event, ...] = ()
    """tags that we withdrew and that are on the server again: it carried out a lost push late"""
    rivals: int = 0
    """how many tags of others have one of our counters"""
    yields: bool = False
    """whether ours are the ones to withdraw: one of the rivals has a lower object id than all of ours"""
    changed: bool = False
    """whether other tags were created or deleted since the plan was decided"""


def compare_artifact(
    events: Collection[Event], withdrawn: Iterable[Event], read: Iterable[tuple[str, str]], listed: Mapping[str, str]
) -> Aftermath:
    """Compare an artifact's tags after a push with those that the plan was decided on.

    Args:
        events: the tags that were pushed.
        withdrawn: those that were pushed and withdrawn before.
        read: object ids and names of the tags that the plan was decided on.
        listed: the server's tags now, names to object ids.
    """
    ours = {event.ref for event in events}
    counters = {event.counter: event.oid for event in events if event.counter is not None}
    others = {name: oid for name, oid in listed.items() if name not in ours}
    rivals = [oid for name, oid in others.items() if _counter(name) in counters]
    return Aftermath(
        missing=tuple(event.ref for event in events if listed.get(event.ref) != event.oid),
        returned=tuple(event for event in withdrawn if listed.get(event.ref) == event.oid),
        rivals=len(rivals),
        yields=bool(rivals) and min(rivals) < min(counters.values()),
        changed=others != {name: oid for oid, name in read},
    )


def settle(aftermath: Aftermath, *, valid: bool, waited: bool, expired: bool = False) -> Settlement:
    """What to do after listing the artifact's tags.

    Args:
        valid: whether the command would give the same plan with the present tags of others.
        waited: whether rivals, and a server whose answers lag behind, have had enough time.
        expired: whether the operation has no time left.

    >>> settle(Aftermath(rivals=1, yields=True, changed=True), valid=False, waited=False).name
    'WITHDRAW'
    """
    if aftermath.missing:
        return Settlement.IN_DOUBT if waited else Settlement.WAIT
    if aftermath.returned:
        return Settlement.IN_DOUBT if expired else Settlement.DELETE_AGAIN
    if aftermath.rivals:
        return Settlement.WITHDRAW if aftermath.yields or waited else Settlement.WAIT
    return Settlement.SETTLED if valid else Settlement.WITHDRAW


def _counter(name: str) -> int | None:
    tag = parse_tag(name)
    return tag.counter if tag else None
