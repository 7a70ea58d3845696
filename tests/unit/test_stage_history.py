"""The versions in a stage over time."""

from __future__ import annotations

from gittag_registry.model.fold import Artifact
from gittag_registry.model.stage_history import Occupant, intervals, left_at, previous_occupant
from tests.unit.make import START, A, B, artifact


def told(state: Artifact, stage: str = "prod", count: int = 1) -> list[tuple[int, list[str]]]:
    """The intervals: seconds since START, and the letters of the commits held."""
    return [
        (interval.since - START, [occupant.commit[0] for occupant in interval.occupants])
        for interval in intervals(state, stage, count)
    ]


def test_a_stage_nobody_assigned_has_no_spans() -> None:
    assert told(artifact("churn@v1.0.0 on a")) == []


def test_every_change_begins_a_span() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@v1.1.0 on b", "churn#prod#1 on a", "churn#prod#2 on b")
    assert told(state) == [(120, ["a"]), (180, ["b"])]


def test_what_changes_nothing_begins_no_span() -> None:
    state = artifact("churn@v1.0.0 on a", "churn#prod#1 on a", "churn#prod#2 on a", "churn#dev#3 on a")
    assert told(state) == [(60, ["a"])]


def test_an_unassignment_brings_the_one_before_back() -> None:
    state = artifact("churn#prod#1 on a", "churn#prod#2 on b", "churn#prod!#3 on b", "churn#prod!#4 on a")
    assert told(state) == [(0, ["a"]), (60, ["b"]), (120, ["a"]), (180, [])]


def test_a_deregistration_ends_a_span_and_a_registration_on_the_commit_begins_it_again() -> None:
    state = artifact("churn@v1.0.0 on a", "churn#prod#1 on a", "churn@v1.0.0! on a", "churn@v1.0.0#2 on a")
    assert told(state) == [(60, ["a"]), (120, []), (180, ["a"])]


def test_a_version_that_moves_leaves_the_stage() -> None:
    assert told(artifact("churn@v1.0.0 on a", "churn#prod#1 on a", "churn@v1.0.0#2 on b")) == [(60, ["a"]), (120, [])]


def test_while_an_artifact_is_deprecated_its_stages_hold_nothing() -> None:
    state = artifact("churn@v1.0.0 on a", "churn#prod#1 on a", "churn@deprecated on a", "churn#dev#2 on a")
    assert told(state) == [(60, ["a"]), (120, []), (180, ["a"])]


def test_a_moment_shows_what_its_last_event_left() -> None:
    state = artifact("churn#prod#1 on a at 0", "churn#prod#2 on b at 60", "churn#prod!#3 on b at 60")
    assert told(state) == [(0, ["a"])]


def test_several_versions_per_stage_can_be_followed() -> None:
    state = artifact("churn#prod#1 on a", "churn#prod#2 on b", "churn#prod#3 on c")
    assert told(state, count=2) == [(0, ["a"]), (60, ["b", "a"]), (120, ["c", "b"])]
    assert told(state, count=-1)[-1] == (120, ["c", "b", "a"])


def test_a_later_version_on_the_commit_does_not_change_what_was_held() -> None:
    """Without its trailer the assignment meant v1.0.0 (deregistered) then; only since v1.1.0 is there, that one."""
    lines = ("churn@v1.0.0 on a", "churn@v1.0.0! on a", "churn#prod#1 on a", "churn@v1.1.0 on a")
    assert told(artifact(*lines)) == [(180, ["a"])]


def test_a_holder_is_held_until_the_first_span_without_it() -> None:
    timeline = intervals(artifact("churn#prod#1 on a", "churn#prod#2 on b", "churn#prod#3 on a"), "prod")
    assert left_at(timeline, Occupant(A, A), START) == START + 60
    assert left_at(timeline, Occupant(B, B), START + 60) == START + 120
    assert left_at(timeline, Occupant(A, A), START + 120) is None


def test_a_commit_registered_later_is_held_on_as_that_version() -> None:
    state = artifact("churn#prod#1 on a", "churn@v1.0.0 on a", "churn#prod#2 on b", "churn#prod!#3 on a")
    assert left_at(intervals(state, "prod", -1), Occupant(A, A), START) == START + 180


def test_before_the_holder_came_the_one_it_replaced() -> None:
    assert previous_occupant(artifact("churn#prod#1 on a", "churn#prod#2 on b"), "prod") == Occupant(A, A)


def test_before_an_empty_stage_came_the_last_one_it_held() -> None:
    assert previous_occupant(artifact("churn#prod#1 on a", "churn#prod!#2 on a"), "prod") == Occupant(A, A)


def test_a_version_taken_back_since_does_not_come_before() -> None:
    lines = ["churn@v1.0.0 on a", "churn@v1.1.0 on b", "churn@v1.2.0 on c"]
    lines += ["churn#prod#1 on a", "churn#prod#2 on b", "churn#prod#3 on c", "churn@v1.1.0! on b"]
    assert previous_occupant(artifact(*lines), "prod") == Occupant("v1.0.0", A)


def test_before_the_first_holder_came_nothing() -> None:
    assert previous_occupant(artifact("churn#prod#1 on a", "churn#prod#2 on a"), "prod") is None
    assert previous_occupant(artifact("churn@v1.0.0 on a"), "prod") is None
