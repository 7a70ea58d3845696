"""Building plans: counters, names, dates, messages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gittag_registry.errors import Conflict, Refused, UsageError
from gittag_registry.model.events import LARGEST_TAG, Event, encode
from gittag_registry.model.fold import Artifact
from gittag_registry.model.names import Kind
from gittag_registry.model.plans import Plan, PlanBuilder, versions_ever_named
from tests.unit.make import EMPTY, NOW, START, A, B, artifact, context, held, refs, skipped, written


def builder(
    state: Artifact = EMPTY, *, now: int = NOW, message: str | None = None, simple: bool | None = None
) -> PlanBuilder:
    return PlanBuilder(state, context(now=now, message=message, simple=simple))


def registration(state: Artifact = EMPTY, version: str = "v1.0.0", **options: object) -> Event:
    plan = builder(state, **options)  # type: ignore[arg-type]  # passed through
    plan.add(Kind.REGISTRATION, A, version=version)
    return plan.events[0]


def assignment(state: Artifact = EMPTY, stage: str = "prod", **options: object) -> Event:
    plan = builder(state, **options)  # type: ignore[arg-type]  # passed through
    plan.add(Kind.ASSIGNMENT, A, version="v1.0.0", stage=stage)
    return plan.events[0]


def seconds(event: Event) -> int:
    return event.timestamp - START


# Names and counters


def test_registrations_have_no_counter_and_stage_tags_have_one() -> None:
    plan = builder()
    plan.add(Kind.REGISTRATION, A, version="v1.0.0")
    plan.add(Kind.ASSIGNMENT, A, version="v1.0.0", stage="prod")
    plan.add(Kind.UNASSIGNMENT, A, version="v1.0.0", stage="prod")
    plan.add(Kind.DEREGISTRATION, A, version="v1.0.0")
    plan.add(Kind.DEPRECATION, A)
    assert refs(plan.plan()) == [
        "churn@v1.0.0",
        "churn#prod#1",
        "churn#prod!#2",
        "churn@v1.0.0!",
        "churn@deprecated",
    ]


def test_the_counter_follows_the_highest_of_any_tag_of_the_artifact() -> None:
    state = artifact("churn@v1.0.0#7 on a", "churn#dev#12 on a", "churn#prod#3 on a")
    assert assignment(state).ref == "churn#prod#13"


def test_skipped_tags_count_too() -> None:
    assert assignment(artifact("churn#prod#3 on a", skipping=[skipped("churn#dev#20")])).ref == "churn#prod#21"


def test_counters_that_other_writers_try_for_are_left_out_once() -> None:
    plan = PlanBuilder(artifact("churn#prod#3 on a"), replace(context(), counter_skip=5))
    plan.add(Kind.REGISTRATION, A, version="v1.0.0")
    plan.add(Kind.ASSIGNMENT, A, version="v1.0.0", stage="prod")
    plan.add(Kind.ASSIGNMENT, A, version="v1.0.0", stage="dev")
    assert [event.ref for event in plan.events] == ["churn@v1.0.0", "churn#prod#9", "churn#dev#10"]


def test_a_counter_can_be_asked_for() -> None:
    assert registration(artifact("churn#prod#3 on a"), simple=False).ref == "churn@v1.0.0#4"


def test_a_plain_name_can_be_asked_for() -> None:
    assert assignment(artifact("churn#prod#3 on a"), simple=True).ref == "churn#prod"


def test_a_taken_plain_name_gets_a_counter() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@v1.0.0! on a")
    assert registration(state).ref == "churn@v1.0.0#1"


def test_a_taken_plain_name_that_was_asked_for_is_a_conflict() -> None:
    with pytest.raises(Conflict, match="'churn#prod' exists"):
        assignment(artifact("churn#prod on a"), simple=True)


def test_a_plain_name_taken_by_a_skipped_tag_is_a_conflict() -> None:
    with pytest.raises(Conflict, match=r"exists and is unreadable: it is lightweight") as raised:
        registration(artifact(skipping=[skipped("churn@v1.0.0")]))
    assert raised.value.hint == "git registry doctor"


def test_with_a_counter_a_skipped_tag_is_not_in_the_way() -> None:
    assert registration(artifact(skipping=[skipped("churn@v1.0.0")]), simple=False).ref == "churn@v1.0.0#1"


@pytest.mark.parametrize("stage", ["prod/eu", "x" * 200])
def test_a_name_that_would_hurt_later_is_refused(stage: str) -> None:
    with pytest.raises(Refused):
        assignment(stage=stage)


# Dates


def test_a_tag_is_dated_now() -> None:
    assert registration(artifact("churn@v0.9.0 on b")).timestamp == NOW


def test_a_clock_that_is_behind_cannot_write_before_the_newest_tag() -> None:
    state = artifact("churn@v0.9.0 on b at 500")
    assert seconds(registration(state, now=START)) == 500


def test_a_stage_tag_is_a_second_after_the_newest_of_its_stage() -> None:
    state = artifact("churn#prod#1 on a at 500")
    assert seconds(assignment(state, now=START)) == 501
    assert seconds(assignment(state, now=START + 500)) == 501
    assert seconds(assignment(state, now=START + 502)) == 502
    assert seconds(assignment(state, stage="dev", now=START)) == 500


def test_a_registration_is_a_second_after_the_newest_of_its_version() -> None:
    state = artifact("churn@v1.0.0 on a at 500", "churn@v1.0.0! on a at 500")
    assert seconds(registration(state, now=START)) == 501
    assert seconds(registration(state, "v1.1.0", now=START)) == 500


@pytest.mark.parametrize("kind", [Kind.REGISTRATION, Kind.DEPRECATION])
def test_anything_is_a_second_after_a_deprecation(kind: Kind) -> None:
    plan = builder(artifact("churn@deprecated on a at 500"), now=START)
    plan.add(kind, A, version="v1.0.0" if kind is Kind.REGISTRATION else None)
    assert seconds(plan.events[0]) == 501


def test_a_deprecation_is_a_second_after_anything() -> None:
    plan = builder(artifact("churn#dev#1 on a at 500"), now=START)
    plan.add(Kind.DEPRECATION, A)
    assert seconds(plan.events[0]) == 501


def test_the_tags_of_one_plan_follow_each_other() -> None:
    plan = builder()
    plan.add(Kind.UNASSIGNMENT, A, version="v1.0.0", stage="prod")
    plan.add(Kind.UNASSIGNMENT, B, version="v1.1.0", stage="prod")
    assert [(e.ref, e.timestamp - NOW) for e in plan.events] == [("churn#prod!#1", 0), ("churn#prod!#2", 1)]


def test_a_newest_tag_an_hour_ahead_is_accepted() -> None:
    assert seconds(registration(artifact("churn@v0.9.0 on a at 3600"), now=START)) == 3600


def test_a_newest_tag_more_than_an_hour_ahead_is_refused_and_named() -> None:
    with pytest.raises(Conflict, match=r"'churn@v0\.9\.0', is dated 2023-11-14T23:13:21Z") as raised:
        registration(artifact("churn@v0.9.0 on a at 3601"), now=START)
    assert raised.value.exit_code == 5
    assert raised.value.hint is not None


# Messages


def test_a_tag_says_what_is_done_by_default() -> None:
    assert registration().message == "Registering artifact churn version v1.0.0"


def test_a_tag_says_what_the_user_wrote() -> None:
    assert registration(message="Ship it\n\nNow.\n").message == "Ship it\n\nNow."


@pytest.mark.parametrize("message", ["", " \n\n"])
def test_a_tag_whose_user_wrote_nothing_says_what_is_done(message: str) -> None:
    assert registration(message=message).message == "Registering artifact churn version v1.0.0"


def test_every_tag_carries_its_operation_and_stage_tags_the_version_meant() -> None:
    assert registration().parsed_message.trailers == (("Registry-Op", "6f1c"),)
    assert assignment().parsed_message.trailers == (("Registry-Version", "v1.0.0"), ("Registry-Op", "6f1c"))


def test_a_message_cannot_forge_the_version_meant() -> None:
    forged = assignment(message="Ship it\n\nRegistry-Version: v9.9.9\n-----BEGIN SSH SIGNATURE-----")
    assert written(forged)._replace(oid="") == forged
    assert forged.version == "v1.0.0"


def test_a_message_that_is_no_text_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="not UTF-8"):
        registration(message="caf\udce9")


def test_a_message_with_a_nul_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="has a NUL character"):
        registration(message="a\0b")


def test_an_author_that_readers_would_skip_is_a_usage_error() -> None:
    plan = PlanBuilder(EMPTY, context(author="Ada <the first>"))
    with pytest.raises(UsageError, match="readers would skip the tag: it has no tagger"):
        plan.add(Kind.REGISTRATION, A, version="v1.0.0")


def test_a_message_that_readers_would_skip_is_refused() -> None:
    room = LARGEST_TAG - len(encode(registration(message="x"))) + 1
    assert isinstance(written(registration(message="x" * room)), Event)
    with pytest.raises(Refused, match="would be 65537 bytes long; readers skip tags of more than 65536"):
        registration(message="x" * (room + 1))


# Plans


def test_an_empty_plan_changes_nothing() -> None:
    assert Plan(notes=("nothing to do",)).empty
    assert not Plan(events=(registration(),)).empty
    assert not Plan(deletions=(registration(),)).empty


def test_every_version_ever_spoken_of_counts_as_registered() -> None:
    state = artifact(
        "churn@v1.0.0 on a",
        "churn@v1.0.0! on a",
        "churn@v3.0.0! on a",
        "churn#prod#1 on a meaning v9.0.0",
        skipping=[skipped("churn@v2.0.0"), skipped("churn#prod")],
    )
    assert sorted(versions_ever_named(state)) == ["v1.0.0", "v2.0.0", "v3.0.0"]
    assert held(state) == []
