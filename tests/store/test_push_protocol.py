"""The push protocol, transition by transition: every row of its two tables is named here."""

from __future__ import annotations

from itertools import product

import pytest

from gittag_registry.model.events import Event
from gittag_registry.model.plans import Plan
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
from tests.unit.make import artifact

FIRST = PushState()
FAILED_ONCE = FIRST.after(PushEnd.NO_RESULT)
FAILED_TWICE = FAILED_ONCE.after(PushEnd.NO_RESULT)
DENIED_ONCE = PushState(denials=1, in_doubt=True)
UNREACHED_ONCE = PushState(denials=1)
BROKEN = PushState(in_doubt=True, broken=True)
DONE, RETRY, LOST, REFUSE, DOUBT = (
    Verdict.DONE,
    Verdict.RETRY,
    Verdict.LOST,
    Verdict.REFUSE,
    Verdict.IN_DOUBT,
)
ENDS = list(PushEnd)

# state before, how the push ended, what the server lists, whether the time is up -> what to do
TRANSITIONS = [
    # What the server lists decides, whatever the error was.
    *((state, end, Listing.COMPLETE, late, DONE) for state, end, late in product([FIRST, BROKEN], ENDS, [0, 1])),
    *((state, end, Listing.OTHER, late, LOST) for state, end, late in product([FIRST, BROKEN], ENDS, [0, 1])),
    # It lists nothing: only a push that never met a server is known not to be done.
    (FIRST, PushEnd.UNREACHABLE, Listing.NO_ANSWER, 0, REFUSE),
    (UNREACHED_ONCE, PushEnd.UNREACHABLE, Listing.NO_ANSWER, 1, REFUSE),
    (DENIED_ONCE, PushEnd.UNREACHABLE, Listing.NO_ANSWER, 0, DOUBT),
    *((FIRST, end, Listing.NO_ANSWER, 0, DOUBT) for end in ENDS if end is not PushEnd.UNREACHABLE),
    # It lists the tags as they were. A broken connection: the same objects again, until the time is up.
    (FIRST, PushEnd.CONNECTION_LOST, Listing.UNTOUCHED, 0, RETRY),
    (BROKEN, PushEnd.CONNECTION_LOST, Listing.UNTOUCHED, 0, RETRY),
    (FIRST, PushEnd.CONNECTION_LOST, Listing.UNTOUCHED, 1, DOUBT),
    # A server that fails: three times the same objects.
    (FIRST, PushEnd.NO_RESULT, Listing.UNTOUCHED, 0, RETRY),
    (FAILED_ONCE, PushEnd.NO_RESULT, Listing.UNTOUCHED, 0, RETRY),
    (FAILED_TWICE, PushEnd.NO_RESULT, Listing.UNTOUCHED, 0, DOUBT),
    (FIRST, PushEnd.NO_RESULT, Listing.UNTOUCHED, 1, DOUBT),
    # A lost race is one, unless it was run against our own push, whose connection broke.
    (FIRST, PushEnd.LOST_RACE, Listing.UNTOUCHED, 0, LOST),
    (FIRST, PushEnd.LOST_RACE, Listing.UNTOUCHED, 1, LOST),
    (DENIED_ONCE, PushEnd.LOST_RACE, Listing.UNTOUCHED, 0, LOST),
    (BROKEN, PushEnd.LOST_RACE, Listing.UNTOUCHED, 0, RETRY),
    (BROKEN, PushEnd.LOST_RACE, Listing.UNTOUCHED, 1, DOUBT),
    # An error that will not change is the last word, unless a push is still on its way.
    *(
        row
        for end, late in product([PushEnd.REFUSED, PushEnd.FAILED], [0, 1])
        for row in [(FIRST, end, Listing.UNTOUCHED, late, REFUSE), (BROKEN, end, Listing.UNTOUCHED, late, DOUBT)]
    ),
    # A denial, or no server, may be the trace of a broken connection; without one, once.
    *(
        row
        for end, once in [(PushEnd.DENIED, DENIED_ONCE), (PushEnd.UNREACHABLE, UNREACHED_ONCE)]
        for row in [
            (FIRST, end, Listing.UNTOUCHED, 0, RETRY),
            (FIRST, end, Listing.UNTOUCHED, 1, REFUSE),
            (once, end, Listing.UNTOUCHED, 0, REFUSE),
            (BROKEN, end, Listing.UNTOUCHED, 0, RETRY),
            (BROKEN, end, Listing.UNTOUCHED, 1, DOUBT),
        ]
    ),
]


@pytest.mark.parametrize(("before", "end", "listing", "late", "verdict"), TRANSITIONS)
def test_what_is_done_after_a_push(
    before: PushState, end: PushEnd, listing: Listing, late: int, verdict: Verdict
) -> None:
    assert judge(before, end, listing, expired=bool(late)) is verdict


def test_every_end_and_listing_has_a_transition() -> None:
    assert {(end, listing) for _, end, listing, _, _ in TRANSITIONS} == set(product(ENDS, Listing))
    assert {verdict for *_, verdict in TRANSITIONS} == set(Verdict)


@pytest.mark.parametrize("end", ENDS)
def test_only_a_push_that_met_no_server_leaves_no_doubt(end: PushEnd) -> None:
    assert FIRST.after(end).in_doubt is (end is not PushEnd.UNREACHABLE)
    assert FIRST.after(end).broken is (end in (PushEnd.CONNECTION_LOST, PushEnd.NO_RESULT))
    assert FIRST.after(end).denials == (end in (PushEnd.DENIED, PushEnd.UNREACHABLE))


def events(*lines: str) -> tuple[Event, ...]:
    """Events whose object ids are the last letters of the lines, times ten."""
    made = artifact(*(line.rpartition(" ")[0] for line in lines)).events
    return tuple(event._replace(oid=line[-1] * 10) for event, line in zip(made, lines, strict=True))


OURS = events("churn@v1.0.0 on a m", "churn#prod#1 on a m")
M = "m" * 10


@pytest.mark.parametrize(
    ("listed", "listing"),
    [
        ({"churn@v1.0.0": M, "churn#prod#1": M}, Listing.COMPLETE),
        ({"churn@v1.0.0": M, "churn#prod#1": M, "churn#dev#9": "x"}, Listing.COMPLETE),
        ({}, Listing.UNTOUCHED),
        ({"churn@v1.0.0": M}, Listing.OTHER),
        ({"churn@v1.0.0": M, "churn#prod#1": "x"}, Listing.OTHER),
    ],
)
def test_a_plan_to_create_is_compared_with_what_is_listed(listed: dict[str, str], listing: Listing) -> None:
    assert compare_plan(Plan(OURS), listed) is listing


@pytest.mark.parametrize(
    ("listed", "listing"),
    [
        ({}, Listing.COMPLETE),
        ({"churn@v1.0.0": M, "churn#prod#1": M}, Listing.UNTOUCHED),
        ({"churn@v1.0.0": M}, Listing.OTHER),
        ({"churn@v1.0.0": "x", "churn#prod#1": M}, Listing.OTHER),
    ],
)
def test_a_plan_to_delete_is_compared_with_what_is_listed(listed: dict[str, str], listing: Listing) -> None:
    assert compare_plan(Plan(deletions=OURS), listed) is listing


BACK = events("churn#prod#7 on a b")


@pytest.mark.parametrize(
    ("seen", "valid", "waited", "settlement"),
    [
        (Aftermath(), True, False, Settlement.SETTLED),
        (Aftermath(changed=True), True, True, Settlement.SETTLED),
        (Aftermath(changed=True), False, False, Settlement.WITHDRAW),
        (Aftermath(rivals=1), False, False, Settlement.WAIT),
        (Aftermath(rivals=1), False, True, Settlement.WITHDRAW),
        (Aftermath(rivals=2, yields=True), False, False, Settlement.WITHDRAW),
        (Aftermath(missing=("churn#prod#1",)), True, False, Settlement.WAIT),
        (Aftermath(missing=("churn#prod#1",)), True, True, Settlement.IN_DOUBT),
        (Aftermath(returned=BACK), True, False, Settlement.DELETE_AGAIN),
        (Aftermath(returned=BACK, rivals=1, yields=True), False, True, Settlement.DELETE_AGAIN),
    ],
)
def test_what_is_done_after_a_look_at_the_tags_beside(
    seen: Aftermath, valid: bool, waited: bool, settlement: Settlement
) -> None:
    assert settle(seen, valid=valid, waited=waited) is settlement


READ = [("r" * 10, "churn@v0.9.0")]
THERE = {"churn@v1.0.0": M, "churn#prod#1": M, "churn@v0.9.0": "r" * 10}


@pytest.mark.parametrize(
    ("others", "seen"),
    [
        ({}, Aftermath()),
        ({"churn@v2.0.0": "x"}, Aftermath(changed=True)),
        ({"churn#dev#1": "z"}, Aftermath(rivals=1, changed=True)),
        ({"churn#dev#1": "a"}, Aftermath(rivals=1, yields=True, changed=True)),
        ({"churn#dev#1": "z", "churn#qa!#1": "a"}, Aftermath(rivals=2, yields=True, changed=True)),
        ({"churn#prod#7": "b" * 10}, Aftermath(returned=BACK, changed=True)),
        ({"churn#prod#7": "x"}, Aftermath(changed=True)),
        ({"churn#dev#01": "a"}, Aftermath(changed=True)),
    ],
)
def test_the_tags_beside_are_compared_with_those_that_were_read(others: dict[str, str], seen: Aftermath) -> None:
    assert compare_artifact(OURS, BACK, READ, {**THERE, **others}) == seen


def test_tags_that_come_back_until_the_deadline_leave_it_unknown() -> None:
    assert settle(Aftermath(returned=BACK), valid=False, waited=True, expired=True) is Settlement.IN_DOUBT


@pytest.mark.parametrize("listed", [{"churn@v1.0.0": M}, {"churn@v1.0.0": M, "churn#prod#1": "x"}])
def test_a_pushed_tag_that_is_not_listed_as_ours_is_missing(listed: dict[str, str]) -> None:
    seen = compare_artifact(OURS, (), [], listed)
    assert seen.missing == ("churn#prod#1",)


def test_a_tag_that_went_is_a_change() -> None:
    listed = {name: oid for name, oid in THERE.items() if name != "churn@v0.9.0"}
    assert compare_artifact(OURS, (), READ, listed) == Aftermath(changed=True)
