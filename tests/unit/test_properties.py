"""What holds for every history and every command."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gittag_registry.errors import Conflict, NotFound, RegistryError
from gittag_registry.model.commands import (
    Assign,
    Command,
    Deprecate,
    Deregister,
    Register,
    Rollback,
    Unassign,
)
from gittag_registry.model.decide import decide
from gittag_registry.model.events import Event, SkippedTag, order_key
from gittag_registry.model.fold import Artifact, fold, fold_artifact
from gittag_registry.model.names import Kind, Selector, parse_tag
from gittag_registry.model.plans import CLOCK_TOLERANCE, Plan
from gittag_registry.model.queries import (
    ALL,
    ReadOptions,
    active_versions,
    artifact_rows,
    at_commit,
    in_stage,
    latest,
    select,
    select_rows,
    version_rows,
    versions_by_stage,
)
from gittag_registry.model.stage_history import Occupant, intervals, left_at
from gittag_registry.model.versions import is_prerelease, precedence
from tests.unit.make import EMPTY, NOW, START, A, after, artifact, context, history, skipped, written
from tests.unit.strategies import COMMITS, STAGES, commands, histories, thorough, write_options

ways_to_read = st.builds(
    ReadOptions,
    versions_per_stage=st.sampled_from([1, 2, ALL]),
    assignments_per_version=st.sampled_from([ALL, 1, 2]),
    sort=st.sampled_from(["timestamp", "semver"]),
    registered_only=st.booleans(),
)


def folded(events: list[Event], until: int | None = None) -> Artifact:
    return fold(events, until).artifact("churn")


def moments(events: list[Event]) -> list[int]:
    return sorted({event.timestamp for event in events})


def decided(state: Artifact, command: Command, now: int = NOW, **options: Any) -> Plan:
    """The plan; an empty one if the command is refused."""
    try:
        return decide(state, command, context(now=now, **options))
    except RegistryError:
        return Plan()


@st.composite
def written_histories(draw: st.DrawFn) -> list[Event]:
    """The events of some commands, by writers whose clocks disagree."""
    state = EMPTY
    for command in draw(st.lists(commands(), max_size=10)):
        now = START + draw(st.integers(0, 20))
        state = after(state, decided(state, command, now, **draw(write_options)))
    return list(state.events)


any_history = histories() | written_histories()
states = any_history.map(folded)


# The fold


@thorough
@given(any_history, st.data())
def test_the_order_in_which_tags_arrive_does_not_matter(events: list[Event], data: st.DataObject) -> None:
    assert fold(data.draw(st.permutations(events))) == fold(events)


@thorough
@given(any_history, st.integers(START - 1, START + 30))
def test_the_state_at_a_time_is_the_state_of_the_events_up_to_it(events: list[Event], until: int) -> None:
    assert fold(events, until) == fold([event for event in events if event.timestamp <= until])


@thorough
@given(any_history, st.integers(START - 1, START + 30))
def test_an_artifact_knows_what_it_was_at_a_time(events: list[Event], moment: int) -> None:
    assert folded(events).until(moment) == folded(events, moment)


@thorough
@given(any_history)
def test_events_that_say_what_they_turned_out_to_mean_mean_it_again(events: list[Event]) -> None:
    state = folded(events)
    assert fold_artifact("churn", state.events) == state


@thorough
@given(any_history)
def test_the_fold_keeps_every_event_in_order(events: list[Event]) -> None:
    refs = [event.ref for event in sorted(events, key=order_key)]
    assert [event.ref for event in folded(events).events] == refs


@thorough
@given(any_history)
def test_a_version_name_is_active_on_one_commit_at_most(events: list[Event]) -> None:
    active = [version.version for version in folded(events).versions if version.active]
    assert len(active) == len(set(active))


# Over time


def held_at(events: list[Event], moment: int, stage: str, count: int) -> list[str]:
    """The commits a stage held, by folding what was there then."""
    then = folded(events, moment)
    return [v.commit for v in in_stage(then, stage, ReadOptions(versions_per_stage=count))] if then.active else []


@thorough
@given(any_history, st.sampled_from(STAGES), st.sampled_from([1, 2, ALL]))
def test_the_spans_of_a_stage_agree_with_the_fold_at_every_moment(events: list[Event], stage: str, count: int) -> None:
    timeline = intervals(folded(events), stage, count)
    for moment in moments(events):
        so_far = [interval.occupants for interval in timeline if interval.since <= moment]
        occupants = so_far[-1] if so_far else ()
        assert [occupant.commit for occupant in occupants] == held_at(events, moment, stage, count)


@thorough
@given(histories(shared_commits=False), st.sampled_from(STAGES), st.sampled_from([1, 2, ALL]))
def test_what_was_held_was_held_until_the_first_moment_without_it(events: list[Event], stage: str, count: int) -> None:
    timeline = intervals(folded(events), stage, count)
    for moment in moments(events):
        then = folded(events, moment)
        for found in in_stage(then, stage, ReadOptions(versions_per_stage=count)) if then.active else []:
            later = [m for m in moments(events) if m > moment]
            left = next((m for m in later if found.commit not in held_at(events, m, stage, count)), None)
            assert left_at(timeline, Occupant(found.version, found.commit), moment) == left


# Queries


@thorough
@given(states, ways_to_read)
def test_every_way_to_ask_what_a_stage_holds_gives_one_answer(state: Artifact, options: ReadOptions) -> None:
    held = {stage: [(v.version, v.commit) for v in found] for stage, found in versions_by_stage(state, options).items()}
    rows = version_rows(state, options)
    for stage in STAGES:
        versions = [(v.version, v.commit) for v in in_stage(state, stage, options)]
        assert versions == held.get(stage, [])
        shown = select_rows(state, rows, Selector("churn", stage=stage))
        assert sorted((row.version.version, row.version.commit) for row in shown) == sorted(versions)
        for row in artifact_rows([state], options):
            assert row.stages.get(stage, []) == [version for version, _ in versions]


@thorough
@given(states)
def test_every_way_to_ask_what_a_stage_means_gives_one_answer(state: Artifact) -> None:
    for stage in STAGES:
        occupant = next((v.occupant for v in in_stage(state, stage)), None)
        assert select(state, Selector("churn", stage=stage)) == (occupant if state.active else None)


@thorough
@given(states, st.booleans())
def test_every_way_to_ask_for_the_latest_version_gives_one_answer(state: Artifact, pre: bool) -> None:
    options = ReadOptions(pre=pre)
    newest = latest(state, options)
    rows = version_rows(state)
    ranked = [row.version for row in rows if not row.version.anonymous]
    assert ranked == active_versions(state)
    best = [version for version in ranked if pre or not is_prerelease(version.version)] or ranked
    assert newest == (best[0] if best else None)
    assert [row.version for row in select_rows(state, rows, Selector("churn", latest=True), options)] == best[:1]
    for row in artifact_rows([state], options):
        assert row.latest == (newest.version if newest else None)
    if not pre and state.active:
        assert select(state, Selector("churn")) == select(state, Selector("churn", latest=True)) == newest


@thorough
@given(states)
def test_a_commit_has_the_versions_that_the_table_shows_on_it(state: Artifact) -> None:
    for commit in COMMITS:
        shown = [row for row in version_rows(state) if row.version.commit == commit]
        assert at_commit([state], commit) == (shown if state.active else [])


@thorough
@given(states)
def test_of_equal_versions_the_later_registered_comes_first(state: Artifact) -> None:
    ranked = [(precedence(v.version), order_key(v.origin)) for v in active_versions(state)]
    assert ranked == sorted(ranked, reverse=True)


# Plans


@thorough
@given(states, commands(), write_options, st.integers(START - 60, START + 60))
def test_what_is_written_is_read_as_planned(
    state: Artifact, command: Command, options: dict[str, Any], now: int
) -> None:
    for planned in decided(state, command, now, **options).events:
        read = written(planned)
        assert not isinstance(read, SkippedTag)
        assert read._replace(oid="") == planned
        assert parse_tag(planned.ref) is not None


@thorough
@given(states, commands(), write_options, st.integers(START - 60, START + 60))
def test_a_new_tag_comes_after_everything_it_must_follow(
    state: Artifact, command: Command, options: dict[str, Any], now: int
) -> None:
    known = list(state.events)
    for planned in decided(state, command, now, **options).events:
        assert planned.timestamp >= now
        assert all(planned.timestamp >= event.timestamp for event in known)
        for event in known:
            same_stage = planned.stage is not None and event.stage == planned.stage
            same_version = planned.stage is None and event.stage is None and event.version == planned.version
            if same_stage or same_version or Kind.DEPRECATION in (planned.kind, event.kind):
                assert planned.timestamp >= event.timestamp + 1
        known.append(planned)


@thorough
@given(states, commands(), write_options, st.integers(0, 20))
def test_new_names_are_free_and_counters_are_one_above_the_highest(
    state: Artifact, command: Command, options: dict[str, Any], highest: int
) -> None:
    state = state._replace(skipped=(skipped(f"churn#qa#{highest}"),))
    taken = {event.ref for event in state.events} | {"churn#qa"}
    counter = max([highest, *(event.counter or 0 for event in state.events)])
    for planned in decided(state, command, **options).events:
        assert planned.ref not in taken
        assert planned.counter in (None, counter + 1)
        counter = planned.counter or counter
        taken.add(planned.ref)


@thorough
@given(states, st.sampled_from(["major", "minor", "patch", "prerelease"]))
def test_the_next_version_is_above_all_ever_registered(state: Artifact, part: object) -> None:
    command = Register(artifact="churn", commit="e" * 40, bump=part)  # type: ignore[arg-type]  # one of the four
    [planned] = decide(state, command, context()).events
    ever = [e.version for e in state.events if e.stage is None and e.version]
    assert all(precedence(planned.version or "") > precedence(version) for version in ever)


@thorough
@given(states, commands(), write_options)
def test_a_plan_does_what_the_command_asks(state: Artifact, command: Command, options: dict[str, Any]) -> None:
    plan = decided(state, command, **options)
    if plan.empty:
        return
    new = after(state, plan)
    last = plan.events[-1]
    match command:
        case Assign() | Rollback():
            occupant = in_stage(new, command.stage)[0]
            assert (occupant.version, occupant.commit) == (last.version or last.commit, last.commit)
            assert new.active
        case Register():
            assert (last.version, command.commit) in [(v.version, v.commit) for v in active_versions(new)]
            assert new.active
        case Unassign():
            gone = {(event.version or event.commit, event.commit) for event in plan.events}
            left = in_stage(new, command.stage, ReadOptions(versions_per_stage=ALL))
            assert not gone & {(v.version, v.commit) for v in left}
            assert not (command.all and left)
        case Deregister():
            assert command.version not in [v.version for v in active_versions(new)]
        case Deprecate():
            assert not new.active


@thorough
@given(states, commands(), st.sampled_from([None, False, True]))
def test_asking_again_for_what_was_done_changes_nothing(state: Artifact, command: Command, simple: bool | None) -> None:
    if isinstance(command, (Unassign, Rollback)):
        return
    plan = decided(state, command, simple=simple)
    if not plan.empty:
        assert decide(after(state, plan), command, context(simple=simple)).empty


@thorough
@given(states, st.sampled_from(STAGES), st.integers(START, START + 10))
def test_rolling_back_to_a_time_makes_the_stage_hold_what_it_held(state: Artifact, stage: str, at: int) -> None:
    held = held_at(list(state.events), at, stage, 1)
    command = Rollback(artifact="churn", stage=stage, at=at)
    try:
        plan = decide(state, command, context())
    except NotFound:
        assert held == []
    except Conflict:
        [occupant] = in_stage(folded(list(state.events), at), stage)
        still = {v.version for v in state.versions if v.active and v.commit == occupant.commit}
        assert occupant.version not in still
        assert occupant.ref or not still
    else:
        assert [v.commit for v in in_stage(after(state, plan), stage)] == held


@thorough
@given(states, st.sampled_from(STAGES))
def test_rolling_back_gives_another_holder_that_the_stage_held_before(state: Artifact, stage: str) -> None:
    plan = decided(state, Rollback(artifact="churn", stage=stage))
    if not plan.events:
        return
    before = [v.occupant for v in in_stage(state, stage)] if state.active else []
    [now] = in_stage(after(state, plan), stage)
    ever = {
        commit for moment in moments(list(state.events)) for commit in held_at(list(state.events), moment, stage, 1)
    }
    assert (now.version, now.commit) not in [(v.version, v.commit) for v in before]
    assert now.commit in ever


@thorough
@given(states, commands())
def test_no_command_writes_while_the_newest_tag_lies_too_far_ahead(state: Artifact, command: Command) -> None:
    if not state.events:
        return
    newest = state.events[-1].timestamp
    assert decided(state, command, newest - CLOCK_TOLERANCE - 1).events == ()


@pytest.mark.parametrize("stage", STAGES)
def test_the_properties_are_about_histories_in_which_something_happens(stage: str) -> None:
    """The strategies reach the cases that matter; otherwise the properties above would hold for nothing."""
    reached: set[str] = set()

    @settings(max_examples=300, deadline=None, derandomize=True, database=None)
    @given(any_history)
    def look(events: list[Event]) -> None:
        state = folded(events)
        reached.update(["held"] * bool(in_stage(state, stage)))
        reached.update(["deprecated"] * (not state.active))
        reached.update(["anonymous"] * any(version.anonymous for version in state.versions))
        reached.update(["taken back"] * any(not version.active for version in state.versions))
        reached.update(["several"] * (len(in_stage(state, stage, ReadOptions(versions_per_stage=ALL))) > 1))
        commits = [version.commit for version in active_versions(state)]
        reached.update(["shared"] * (len(commits) > len(set(commits))))

    look()
    assert reached == {"held", "deprecated", "anonymous", "taken back", "several", "shared"}


def test_a_wrong_order_would_be_noticed() -> None:
    """The negative control of the fold's properties: two tags in one second whose order matters."""
    first, second = history("churn#prod#1 on a at 0", "churn#prod!#2 on a at 0")
    swapped = [first._replace(counter=2), second._replace(counter=1)]
    assert folded([first, second]).versions == ()
    assert [version.commit for version in folded(swapped).versions] == [A]
    assert artifact("churn#prod#1 on a at 0", "churn#prod!#2 on a at 0").versions == ()
