"""The push protocol: what to do after a push, and after a look at the tags beside it. Pure: two tables of transitions.

A push is one compare-and-swap on the server, but its answer may be lost, or be that of a repetition of the request. So
an error is believed only together with what the server lists (`judge`). And a server compares one name at a time: it
takes `churn#prod#3` and `churn#dev#3` from writers that do not see each other, or two versions of one commit. So after
a push the artifact's tags are listed, and whoever sees another's tag that contradicts its own takes its own back
(`settle`). `push.Pusher` carries out what is decided here.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from gittag_registry.errors import assert_never
from gittag_registry.model.events import Event
from gittag_registry.model.names import parse_tag
from gittag_registry.model.plans import Plan

MOST_DENIALS = 1  # that are taken for the trace of a broken connection; git may then call the password wrong


class PushEnd(enum.Enum):
    """How a push that was not accepted ended."""

    LOST_RACE = "a tag there is not as expected"
    REFUSED = "a rule or a hook forbids it"
    CONNECTION_LOST = "the connection broke, or the server fell silent"
    UNREACHABLE = "there was no server to talk to"
    DENIED = "access denied, or another complaint of the server"
    FAILED = "git failed on this machine"


class Listing(enum.Enum):
    """What the server lists of the tags of a plan."""

    COMPLETE = "all as the plan wants them"
    UNTOUCHED = "all as they were before"
    OTHER = "neither"
    SILENT = "no answer"


class Verdict(enum.Enum):
    """What is to be done after a push."""

    DONE = "done"
    RETRY = "push the same objects again"
    LOST = "another writer was faster: read and decide again"
    REFUSE = "give up: nothing was changed"
    IN_DOUBT = "give up: it is not known whether it was done"


class PushState(NamedTuple):
    """What the attempts to push one plan have come to."""

    denials: int = 0
    in_doubt: bool = False
    """whether one of them may have been carried out: git calls some broken connections a refusal"""
    broken: bool = False
    """whether a connection broke, so that the server may still be at work on it"""

    def after(self, end: PushEnd) -> PushState:
        """The state after one more attempt."""
        return PushState(
            denials=self.denials + (end in (PushEnd.DENIED, PushEnd.UNREACHABLE)),
            in_doubt=self.in_doubt or end is not PushEnd.UNREACHABLE,
            broken=self.broken or end is PushEnd.CONNECTION_LOST,
        )


def compare_plan(plan: Plan, listed: Mapping[str, str]) -> Listing:
    """What a server's tags (names to object ids) say of a plan."""
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
        case Listing.SILENT:
            return Verdict.IN_DOUBT if now.in_doubt else Verdict.REFUSE
        case Listing.UNTOUCHED:
            return _judge_untouched(before, now, end, expired=expired)
        case _:
            return assert_never(listing)


def _judge_untouched(before: PushState, now: PushState, end: PushEnd, *, expired: bool) -> Verdict:
    match end:
        case PushEnd.CONNECTION_LOST:
            return Verdict.IN_DOUBT if expired else Verdict.RETRY
        case PushEnd.LOST_RACE if before.broken:  # perhaps with ourselves
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
    """What is to be done after a look at the tags beside those that were pushed."""

    SETTLED = "nothing speaks against them"
    WAIT = "another writer is to take its tag back"
    WITHDRAW = "take them back, and decide again"
    DELETE_AGAIN = "delete tags that were taken back and are there again"


class Aftermath(NamedTuple):
    """What the tags of an artifact look like after a push."""

    returned: tuple[Event, ...] = ()
    """tags of ours that were taken back before and are there again: a lost push was carried out late"""
    rivals: int = 0
    """how many tags of others have one of our counters"""
    yields: bool = False
    """whether it is ours to give way to them: one of them has a lower object id than all of ours"""
    changed: bool = False
    """whether tags of others came or went since the plan was decided"""


def compare_artifact(
    events: Collection[Event], withdrawn: Iterable[Event], read: Iterable[tuple[str, str]], listed: Mapping[str, str]
) -> Aftermath:
    """Compare an artifact's tags after a push with those that the plan was decided on.

    Args:
        events: the tags that were pushed.
        withdrawn: those that were pushed and taken back before.
        read: object ids and names of the tags that the plan was decided on.
        listed: the server's tags now, names to object ids.
    """
    ours = {event.ref for event in events}
    counters = {event.counter: event.oid for event in events if event.counter is not None}
    others = {name: oid for name, oid in listed.items() if name not in ours}
    rivals = [oid for name, oid in others.items() if _counter(name) in counters]
    return Aftermath(
        returned=tuple(event for event in withdrawn if listed.get(event.ref) == event.oid),
        rivals=len(rivals),
        yields=bool(rivals) and min(rivals) < min(counters.values()),
        changed=others != {name: oid for oid, name in read},
    )


def settle(aftermath: Aftermath, *, valid: bool, waited: bool) -> Settlement:
    """What to do after a look at the artifact's tags.

    Args:
        valid: whether the same would be decided on the tags of others as they are now.
        waited: whether rivals have had their time to give way.

    >>> settle(Aftermath(rivals=1, yields=True, changed=True), valid=False, waited=False).name
    'WITHDRAW'
    """
    if aftermath.returned:
        return Settlement.DELETE_AGAIN
    if aftermath.rivals:
        return Settlement.WITHDRAW if aftermath.yields or waited else Settlement.WAIT
    return Settlement.SETTLED if valid else Settlement.WITHDRAW


def _counter(name: str) -> int | None:
    tag = parse_tag(name)
    return tag.counter if tag else None
