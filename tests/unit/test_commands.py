"""The plan of each command for an artifact in its present state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from gittag_registry.errors import Conflict, NotFound, Refused, RegistryError, UsageError
from gittag_registry.model.commands import Assign, Command, Deprecate, Deregister, Register, Rollback, Unassign
from gittag_registry.model.decide import decide
from gittag_registry.model.fold import Artifact
from gittag_registry.model.plans import Plan
from gittag_registry.model.queries import ALL, ReadOptions
from tests.unit.make import (
    EMPTY,
    NOW,
    START,
    A,
    B,
    C,
    after,
    artifact,
    carry_out,
    context,
    held,
    refs,
    skipped,
)

ONE = artifact("churn@v1.0.0 on a", "churn#prod#1 on a")
TWO = artifact("churn@v1.0.0 on a", "churn@v1.1.0 on b", "churn#prod#1 on a", "churn#prod#2 on b")
SHARED = artifact("churn@v1.0.0 on a", "churn@v1.1.0 on a")


def planned(state: Artifact, command: Command, **options: object) -> Plan:
    return decide(state, command, context(**options))  # type: ignore[arg-type]  # passed through


def writes(state: Artifact, command: Command, **options: object) -> list[str]:
    """What the command writes: names of tags."""
    return refs(planned(state, command, **options))


def refusal(state: Artifact, command: Command, **options: object) -> RegistryError:
    with pytest.raises(RegistryError) as raised:
        planned(state, command, **options)
    return raised.value


def assert_nothing_to_do(state: Artifact, command: Command, note: str) -> None:
    assert planned(state, command) == Plan(notes=(note,))


def register(**options: object) -> Register:
    return Register(artifact="churn", **{"commit": A, **options})  # type: ignore[arg-type]  # passed through


def assign(**options: object) -> Assign:
    return Assign(artifact="churn", **{"stage": "prod", **options})  # type: ignore[arg-type]  # passed through


def unassign(**options: object) -> Unassign:
    return Unassign(artifact="churn", **{"stage": "prod", **options})  # type: ignore[arg-type]  # passed through


def deregister(**options: object) -> Deregister:
    return Deregister(artifact="churn", **{"version": "v1.0.0", **options})  # type: ignore[arg-type]  # passed through


def deprecate(**options: object) -> Deprecate:
    return Deprecate(artifact="churn", **options)  # type: ignore[arg-type]  # passed through


def rollback(**options: object) -> Rollback:
    return Rollback(artifact="churn", **{"stage": "prod", **options})  # type: ignore[arg-type]  # passed through


# Register


def test_the_first_version_is_v0_0_1() -> None:
    assert writes(EMPTY, register()) == ["churn@v0.0.1"]


def test_the_event_planned_is_the_event_asked_for() -> None:
    [event] = planned(EMPTY, register(version="v1.0.0"), message="Ship it").events
    assert (event.artifact, event.version, event.commit, event.timestamp) == ("churn", "v1.0.0", A, NOW)
    assert (event.author, event.author_email, event.offset) == ("Grace Hopper", "grace@example.com", "+0000")
    assert event.message == "Ship it"


@pytest.mark.parametrize(
    ("options", "ref"),
    [
        ({}, "churn@v1.1.1"),
        ({"bump": "patch"}, "churn@v1.1.1"),
        ({"bump": "minor"}, "churn@v1.2.0"),
        ({"bump": "major"}, "churn@v2.0.0"),
        ({"bump": "prerelease"}, "churn@v1.1.1-rc.1"),
        ({"bump": "prerelease", "pre_id": "beta"}, "churn@v1.1.1-beta.1"),
        ({"version": "v0.5.0"}, "churn@v0.5.0"),
        ({"version": "v1.1.0+cu12"}, "churn@v1.1.0+cu12"),
    ],
)
def test_the_next_version_is_one_above_the_highest_or_the_one_named(options: dict[str, object], ref: str) -> None:
    assert writes(TWO, register(commit=C, **options)) == [ref]


def test_the_configured_bump_counts_unless_another_is_asked_for() -> None:
    ours = replace(context(), bump="prerelease", pre_id="beta")
    assert refs(decide(TWO, register(commit=C), ours)) == ["churn@v1.1.1-beta.1"]
    assert refs(decide(TWO, register(commit=C, bump="major"), ours)) == ["churn@v2.0.0"]
    assert refs(decide(TWO, assign(commit=C), ours)) == ["churn@v1.1.1-beta.1", "churn#prod#3"]


def test_versions_are_counted_from_the_highest_ever_registered() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@v2.0.0 on b", "churn@v2.0.0! on b")
    assert writes(state, register(commit=C)) == ["churn@v2.0.1"]


def test_versions_of_unreadable_tags_count_too() -> None:
    assert writes(artifact(skipping=[skipped("churn@v3.0.0")]), register()) == ["churn@v3.0.1"]


def test_a_next_version_that_is_not_higher_is_a_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gittag_registry.model.decide.bump", lambda version, *_: version)
    error = refusal(TWO, register(commit=C))
    assert isinstance(error, Conflict)
    assert error.message == "bumping 'v1.1.0' gives 'v1.1.0', which is not higher"


def test_a_prerelease_is_followed_by_its_release() -> None:
    assert writes(artifact("churn@v1.0.0-rc.1 on a"), register(commit=B)) == ["churn@v1.0.0"]


@pytest.mark.parametrize("options", [{}, {"version": "v1.0.0"}])
def test_registering_the_version_a_commit_has_is_done_already(options: dict[str, object]) -> None:
    assert_nothing_to_do(ONE, register(**options), "churn@v1.0.0 is already registered on aaaaaaa")


def test_of_two_versions_on_a_commit_either_is_registered_already() -> None:
    assert_nothing_to_do(SHARED, register(version="v1.0.0"), "churn@v1.0.0 is already registered on aaaaaaa")
    assert_nothing_to_do(SHARED, register(), "churn@v1.1.0 is already registered on aaaaaaa")


@pytest.mark.parametrize("options", [{"version": "v1.1.0"}, {"bump": "minor"}])
def test_a_second_version_on_a_commit_is_a_conflict_because_gto_stops_there(options: dict[str, object]) -> None:
    error = refusal(ONE, register(**options))
    assert isinstance(error, Conflict)
    assert "is already version 'v1.0.0'" in error.message
    assert "GTO stops" in str(error.hint)


def test_a_second_version_on_a_commit_can_be_forced() -> None:
    assert writes(ONE, register(version="v1.1.0"), force=True) == ["churn@v1.1.0"]
    assert writes(ONE, register(), force=True) == ["churn@v1.0.0#2"]
    assert writes(ONE, register(bump="patch"), force=True) == ["churn@v1.0.1"]


def test_a_registration_can_be_forced_again() -> None:
    assert writes(ONE, register(version="v1.0.0"), force=True) == ["churn@v1.0.0#2"]


@pytest.mark.parametrize("force", [False, True])
def test_a_version_registered_on_another_commit_is_a_conflict(force: bool) -> None:
    error = refusal(ONE, register(commit=B, version="v1.0.0"), force=force)
    assert isinstance(error, Conflict)
    assert "is registered on another commit, aaaaaaa" in error.message


def test_a_deregistered_version_can_be_registered_again_with_a_counter() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@v1.0.0! on a")
    assert writes(state, register(version="v1.0.0")) == ["churn@v1.0.0#1"]
    assert writes(state, register(commit=B, version="v1.0.0")) == ["churn@v1.0.0#1"]


def test_another_version_on_the_commit_of_a_deregistered_one_has_to_be_forced() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@v1.0.0! on a")
    error = refusal(state, register())
    assert isinstance(error, Conflict)
    assert "was version 'v1.0.0' of 'churn', which was deregistered" in error.message
    assert writes(state, register(), force=True) == ["churn@v1.0.1"]


def test_a_plain_name_that_is_taken_is_a_conflict_only_if_asked_for() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@v1.0.0! on a")
    assert "tag 'churn@v1.0.0' exists" in refusal(state, register(version="v1.0.0"), simple=True).message
    assert writes(EMPTY, register(version="v1.0.0"), simple=True) == ["churn@v1.0.0"]
    assert writes(EMPTY, register(version="v1.0.0"), simple=False) == ["churn@v1.0.0#1"]


def test_a_name_occupied_by_an_unreadable_tag_is_a_conflict() -> None:
    error = refusal(artifact(skipping=[skipped("churn@v1.0.0")]), register(version="v1.0.0"))
    assert isinstance(error, Conflict)
    assert "'churn@v1.0.0' exists and is unreadable" in error.message


def test_a_new_artifact_whose_name_differs_only_by_case_is_refused() -> None:
    error = refusal(EMPTY, register(), other_artifacts=("Churn",))
    assert isinstance(error, Refused)
    assert "differs from 'Churn' only by case" in error.message


def test_an_artifact_that_exists_may_have_a_twin() -> None:
    assert refs(planned(ONE, register(commit=B), other_artifacts=("Churn",))) == ["churn@v1.0.1"]


@pytest.mark.parametrize("name", ["ch urn", "churn@v1.0.0", "", "churn\n"])
def test_a_name_no_artifact_can_have_is_a_usage_error(name: str) -> None:
    assert isinstance(refusal(Artifact(name), Register(artifact=name, commit=A)), UsageError)


@pytest.mark.parametrize(("name", "words"), [("x" * 200, "bytes long"), ("a.lock/b:c", "git cannot store")])
def test_a_name_that_would_hurt_later_is_refused(name: str, words: str) -> None:
    error = refusal(Artifact(name), Register(artifact=name, commit=A))
    assert isinstance(error, Refused)
    assert words in error.message


@pytest.mark.parametrize("version", ["1.0.0", "v1", "v1.0.0!", "v1.0.0#2"])
def test_a_version_no_reader_would_recognise_is_a_usage_error(version: str) -> None:
    assert isinstance(refusal(EMPTY, register(version=version)), UsageError)


def test_a_prerelease_name_no_reader_would_recognise_is_a_usage_error() -> None:
    assert isinstance(refusal(EMPTY, register(bump="prerelease", pre_id="rc_1")), UsageError)


# Assign


def test_a_version_is_assigned_by_name() -> None:
    [event] = planned(TWO, assign(stage="dev", version="v1.0.0")).events
    assert (event.ref, event.version, event.commit, event.stage) == ("churn#dev#3", "v1.0.0", A, "dev")
    assert event.message == "Assigning stage dev to artifact churn version v1.0.0"


def test_a_commit_is_assigned_as_the_version_it_has() -> None:
    [event] = planned(TWO, assign(stage="dev", commit=A)).events
    assert event.version == "v1.0.0"


def test_a_commit_without_a_version_is_registered_first() -> None:
    plan = planned(ONE, assign(commit=B))
    assert refs(plan) == ["churn@v1.0.1", "churn#prod#2"]
    assert held(after(ONE, plan)) == ["v1.0.1"]


def test_a_commit_without_a_version_can_be_registered_under_a_name() -> None:
    assert writes(ONE, assign(commit=B, version="v2.0.0")) == ["churn@v2.0.0", "churn#prod#2"]


def test_a_commit_without_a_version_can_be_assigned_as_it_is() -> None:
    plan = planned(ONE, assign(commit=B, skip_registration=True))
    assert refs(plan) == ["churn#prod#2"]
    assert plan.events[0].message == f"Assigning stage prod to artifact churn version {B}"
    assert held(after(ONE, plan)) == ["b"]


def test_a_commit_whose_version_was_deregistered_is_not_assigned_as_it_is() -> None:
    """Readers would take the tag for the deregistered version's, and the stage would not change."""
    state = artifact("churn@v1.0.0 on a", "churn@v1.0.0! on a")
    error = refusal(state, assign(commit=A, skip_registration=True))
    assert isinstance(error, Conflict)
    assert "was version 'v1.0.0' of 'churn', which was deregistered" in error.message


def test_of_several_versions_on_a_commit_the_highest_is_assigned_with_a_note() -> None:
    plan = planned(SHARED, assign(commit=A))
    assert held(after(SHARED, plan)) == ["v1.1.0"]
    assert plan.notes == ("commit aaaaaaa has several versions (v1.1.0, v1.0.0); the highest is taken",)


def test_of_several_versions_on_a_commit_one_can_be_named() -> None:
    assert held(carry_out(SHARED, assign(commit=A, version="v1.0.0"))) == ["v1.0.0"]
    assert held(carry_out(SHARED, assign(version="v1.0.0"))) == ["v1.0.0"]


def test_another_version_for_a_commit_that_has_one_is_a_conflict() -> None:
    error = refusal(ONE, assign(commit=A, version="v2.0.0"))
    assert isinstance(error, Conflict)
    assert "is already version 'v1.0.0'" in error.message


def test_another_version_for_a_commit_that_has_one_can_be_forced() -> None:
    assert writes(ONE, assign(commit=A, version="v2.0.0"), force=True) == ["churn@v2.0.0", "churn#prod#2"]


@pytest.mark.parametrize("options", [{"version": "v1.1.0"}, {"commit": B}])
def test_assigning_what_the_stage_holds_is_done_already(options: dict[str, object]) -> None:
    assert_nothing_to_do(TWO, assign(**options), "churn#prod is already v1.1.0")


def test_assigning_the_bare_commit_a_stage_holds_is_done_already() -> None:
    state = artifact("churn#prod#1 on a")
    assert_nothing_to_do(state, assign(commit=A, skip_registration=True), f"churn#prod is already {A}")


def test_assigning_what_the_stage_holds_can_be_forced() -> None:
    assert writes(TWO, assign(version="v1.1.0"), force=True) == ["churn#prod#3"]


def test_assigning_what_the_stage_held_before_is_not_done_already() -> None:
    assert held(carry_out(TWO, assign(version="v1.0.0"))) == ["v1.0.0"]


def test_a_deprecated_artifact_holds_nothing_so_assigning_revives_it() -> None:
    state = artifact("churn@v1.0.0 on a", "churn#prod#1 on a", "churn@deprecated on a")
    revived = carry_out(state, assign(version="v1.0.0"))
    assert revived.active
    assert held(revived) == ["v1.0.0"]


def test_assigning_a_bare_commit_registered_since_names_its_version() -> None:
    state = artifact("churn#prod#1 on a", "churn@v1.0.0 on a")
    assert_nothing_to_do(state, assign(commit=A), "churn#prod is already v1.0.0")


@pytest.mark.parametrize(("version", "words"), [("v9.0.0", "has no version"), ("v1.0.0", "was deregistered")])
def test_assigning_a_version_that_is_not_there_is_not_found(version: str, words: str) -> None:
    error = refusal(artifact("churn@v1.0.0 on a", "churn@v1.0.0! on a"), assign(version=version))
    assert isinstance(error, NotFound)
    assert words in error.message


def test_assigning_needs_a_version_or_a_commit() -> None:
    with pytest.raises(UsageError):
        assign()


def test_only_allowed_stages_are_assigned() -> None:
    error = refusal(ONE, assign(stage="prd", version="v1.0.0"), allowed_stages=("dev", "prod"))
    assert isinstance(error, Refused)
    assert error.hint == "did you mean 'prod'?"
    assert refusal(ONE, assign(stage="qa", version="v1.0.0"), allowed_stages=("dev", "prod")).hint == (
        "the configuration allows dev, prod"
    )
    assert refs(planned(ONE, assign(stage="dev", version="v1.0.0"), allowed_stages=("dev",))) == ["churn#dev#2"]


def test_if_no_stage_is_allowed_none_is() -> None:
    assert "allows no stage" in str(refusal(ONE, assign(version="v1.0.0"), allowed_stages=()).hint)


def test_a_new_stage_that_differs_only_by_case_is_refused() -> None:
    error = refusal(ONE, assign(stage="Prod", version="v1.0.0"))
    assert isinstance(error, Refused)
    assert "differs from 'prod' only by case" in error.message


def test_a_stage_that_exists_may_have_a_twin() -> None:
    state = artifact("churn@v1.0.0 on a", "churn#prod#1 on a", "churn#Prod#2 on a", "churn@v1.1.0 on b")
    assert writes(state, assign(stage="Prod", version="v1.1.0")) == ["churn#Prod#3"]


def test_a_stage_with_a_slash_is_refused() -> None:
    error = refusal(ONE, assign(stage="prod/eu", version="v1.0.0"))
    assert isinstance(error, Refused)
    assert "has a '/'" in error.message


def test_a_stage_that_is_no_name_is_a_usage_error() -> None:
    assert isinstance(refusal(ONE, assign(stage="prod!", version="v1.0.0")), UsageError)


def test_a_stage_tag_without_counter_can_be_asked_for_once() -> None:
    state = carry_out(ONE, assign(stage="dev", version="v1.0.0"), simple=True)
    assert state.events[-1].ref == "churn#dev"
    error = refusal(state, assign(stage="dev", version="v1.0.0"), simple=True, force=True)
    assert "tag 'churn#dev' exists" in error.message


def test_simple_is_not_about_the_registration_that_comes_first() -> None:
    assert writes(EMPTY, assign(commit=A), simple=True) == ["churn@v0.0.1", "churn#prod"]
    assert writes(EMPTY, assign(commit=A), simple=False) == ["churn@v0.0.1", "churn#prod#1"]


# Unassign


def test_the_newest_version_is_taken_out_of_a_stage() -> None:
    plan = planned(TWO, unassign())
    assert [(e.ref, e.version, e.commit) for e in plan.events] == [("churn#prod!#3", "v1.1.0", B)]
    assert plan.notes == ("churn#prod is now v1.0.0",)
    assert held(after(TWO, plan)) == ["v1.0.0"]


@pytest.mark.parametrize("options", [{"version": "v1.0.0"}, {"commit": A}])
def test_a_version_named_or_by_its_commit_is_taken_out_of_a_stage(options: dict[str, object]) -> None:
    plan = planned(TWO, unassign(**options))
    assert [event.version for event in plan.events] == ["v1.0.0"]
    assert plan.notes == ()  # prod still is v1.1.0


def test_a_stage_can_be_emptied() -> None:
    plan = planned(TWO, unassign(all=True))
    assert [event.version for event in plan.events] == ["v1.0.0", "v1.1.0"]
    assert plan.notes == ("churn#prod is now empty",)
    assert held(after(TWO, plan), options=ReadOptions(versions_per_stage=ALL)) == []


def test_emptying_a_stage_brings_nothing_older_up_in_between() -> None:
    first, _ = planned(TWO, unassign(all=True)).events
    assert held(after(TWO, Plan(events=(first,)))) == ["v1.1.0"]


def test_a_bare_commit_is_taken_out_of_a_stage() -> None:
    state = artifact("churn#prod#1 on a")
    plan = planned(state, unassign())
    assert [(e.ref, e.version) for e in plan.events] == [("churn#prod!#2", None)]
    assert held(after(state, plan)) == []


@pytest.mark.parametrize("options", [{"version": "v1.1.0"}, {"commit": B}])
def test_taking_out_again_what_was_taken_out_is_done_already(options: dict[str, object]) -> None:
    state = carry_out(TWO, unassign())
    what = options.get("version", "bbbbbbb")
    assert_nothing_to_do(state, unassign(**options), f"{what} is already unassigned from churn#prod")


def test_what_was_assigned_again_can_be_taken_out_again() -> None:
    state = carry_out(TWO, unassign(), assign(version="v1.1.0"))
    assert writes(state, unassign(version="v1.1.0")) == ["churn#prod!#5"]


@pytest.mark.parametrize(
    ("state", "options", "words"),
    [
        (ONE, {"version": "v1.1.0"}, "v1.1.0 is not in churn#prod"),
        (ONE, {"commit": B}, "bbbbbbb is not in churn#prod"),
        (ONE, {"stage": "dev"}, "was ever in stage 'dev'"),
        (EMPTY, {}, "was ever in stage 'prod'"),
        (carry_out(ONE, unassign()), {}, "churn#prod is empty"),
        (carry_out(ONE, unassign()), {"all": True}, "churn#prod is empty"),
    ],
)
def test_taking_out_what_is_not_there_is_not_found(state: Artifact, options: dict[str, object], words: str) -> None:
    error = refusal(state, unassign(**options))
    assert isinstance(error, NotFound)
    assert words in error.message


def test_a_misspelt_stage_gets_a_suggestion() -> None:
    assert refusal(ONE, unassign(stage="prd")).hint == "did you mean 'prod'?"


def test_a_stage_that_is_no_longer_allowed_can_be_emptied() -> None:
    assert refs(planned(ONE, unassign(), allowed_stages=())) == ["churn#prod!#2"]


def deletions(state: Artifact, command: Command) -> list[str]:
    plan = planned(state, command)
    assert plan.events == ()
    return [event.ref for event in plan.deletions]


def test_instead_of_taking_out_the_stage_tags_can_be_deleted() -> None:
    state = artifact(
        "churn@v1.0.0 on a",
        "churn@v1.1.0 on b",
        "churn#prod#1 on a",
        "churn#prod!#2 on a",
        "churn#prod#3 on b",
        "churn#dev#4 on b",
    )
    assert deletions(state, unassign(delete=True)) == ["churn#prod#3"]
    assert deletions(state, unassign(delete=True, version="v1.0.0")) == ["churn#prod#1", "churn#prod!#2"]
    assert deletions(state, unassign(delete=True, commit=A)) == ["churn#prod#1", "churn#prod!#2"]
    assert deletions(state, unassign(delete=True, all=True)) == ["churn#prod#1", "churn#prod!#2", "churn#prod#3"]


def test_of_a_version_on_two_commits_only_the_holders_stage_tags_are_deleted() -> None:
    state = artifact(
        "churn@v1.0.0 on a", "churn#prod#1 on a", "churn@v1.0.0! on a", "churn@v1.0.0#2 on b", "churn#prod#3 on b"
    )
    assert deletions(state, unassign(delete=True)) == ["churn#prod#3"]


def test_of_two_versions_on_a_commit_only_the_holders_stage_tags_are_deleted() -> None:
    state = carry_out(SHARED, assign(version="v1.0.0"), assign(version="v1.1.0"))
    assert deletions(state, unassign(delete=True)) == ["churn#prod#2"]


def test_with_nothing_to_delete_nothing_is_found() -> None:
    assert isinstance(refusal(ONE, unassign(stage="dev", delete=True)), NotFound)
    assert isinstance(refusal(ONE, unassign(version="v9.0.0", delete=True)), NotFound)


# Deregister


def test_a_version_is_deregistered_on_its_commit() -> None:
    [event] = planned(TWO, deregister(version="v1.1.0")).events
    assert (event.ref, event.commit) == ("churn@v1.1.0!", B)
    assert event.message == "Deregistering artifact churn version v1.1.0"


def test_deregistering_tells_what_its_stages_hold_now() -> None:
    assert planned(TWO, deregister(version="v1.1.0")).notes == ("churn#prod is now v1.0.0",)
    assert planned(ONE, deregister()).notes == ("churn#prod is now empty",)


def test_deregistering_again_is_done_already() -> None:
    state = carry_out(ONE, deregister())
    assert_nothing_to_do(state, deregister(), "churn@v1.0.0 is already deregistered")
    assert writes(state, deregister(), force=True) == ["churn@v1.0.0!#2"]


def test_deregistering_what_is_not_there_is_not_found() -> None:
    assert isinstance(refusal(ONE, deregister(version="v9.0.0")), NotFound)


def test_a_version_that_moved_is_deregistered_where_it_is_now() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@v1.0.0! on a", "churn@v1.0.0#1 on b")
    assert planned(state, deregister()).events[0].commit == B


def test_instead_of_deregistering_all_tags_of_the_version_can_be_deleted() -> None:
    assert deletions(TWO, deregister(delete=True)) == ["churn@v1.0.0", "churn#prod#1"]
    assert deletions(carry_out(ONE, deregister()), deregister(delete=True)) == [
        "churn@v1.0.0",
        "churn#prod#1",
        "churn@v1.0.0!",
    ]


# Deprecate


def test_an_artifact_is_deprecated_on_the_commit_of_its_newest_tag() -> None:
    [event] = planned(TWO, deprecate()).events
    assert (event.ref, event.commit, event.message) == ("churn@deprecated", B, "Deprecating artifact 'churn'")
    assert not carry_out(TWO, deprecate()).active


def test_an_artifact_can_be_deprecated_on_another_commit() -> None:
    assert [event.commit for event in planned(TWO, deprecate(commit=A)).events] == [A]


def test_deprecating_again_is_done_already() -> None:
    state = carry_out(ONE, deprecate())
    assert_nothing_to_do(state, deprecate(), "churn is already deprecated")
    assert writes(state, deprecate(), force=True) == ["churn@deprecated#2"]


def test_a_revived_artifact_can_be_deprecated_again() -> None:
    state = carry_out(ONE, deprecate(), register(commit=B))
    assert writes(state, deprecate()) == ["churn@deprecated#2"]


def test_deprecating_what_is_not_there_is_not_found() -> None:
    assert isinstance(refusal(EMPTY, deprecate()), NotFound)


def test_instead_of_deprecating_all_tags_can_be_deleted() -> None:
    assert deletions(ONE, deprecate(delete=True)) == ["churn@v1.0.0", "churn#prod#1"]


# Roll back


def test_rolling_back_puts_back_what_the_stage_held_before() -> None:
    plan = planned(TWO, rollback())
    assert [(e.ref, e.version, e.commit) for e in plan.events] == [("churn#prod#3", "v1.0.0", A)]


def test_rolling_back_twice_is_rolling_forward() -> None:
    assert held(carry_out(TWO, rollback(), rollback())) == ["v1.1.0"]


def test_rolling_back_an_emptied_stage_puts_back_what_it_held_last() -> None:
    assert held(carry_out(TWO, unassign(all=True), rollback())) == ["v1.1.0"]


def test_rolling_back_needs_no_force_and_no_registration() -> None:
    state = artifact("churn#prod#1 on a", "churn@v1.0.0 on b", "churn#prod#2 on b")
    plan = planned(state, rollback())
    assert [(e.ref, e.version, e.commit) for e in plan.events] == [("churn#prod#3", None, A)]
    assert held(after(state, plan)) == ["a"]


def test_rolling_back_to_a_version_the_stage_held() -> None:
    state = carry_out(TWO, register(commit=C, version="v2.0.0"), assign(version="v2.0.0"))
    assert held(carry_out(state, rollback(to="v1.0.0"))) == ["v1.0.0"]


def test_rolling_back_to_a_time() -> None:
    assert held(carry_out(TWO, rollback(at=START + 120))) == ["v1.0.0"]
    assert held(carry_out(TWO, rollback(at=START + 179))) == ["v1.0.0"]


@pytest.mark.parametrize("options", [{"to": "v1.1.0"}, {"at": START + 180}])
def test_rolling_back_to_what_the_stage_holds_is_done_already(options: dict[str, object]) -> None:
    assert_nothing_to_do(TWO, rollback(**options), "churn#prod is already v1.1.0")
    assert writes(TWO, rollback(**options), force=True) == ["churn#prod#3"]


@pytest.mark.parametrize(
    ("state", "options", "words"),
    [
        (ONE, {}, "churn#prod has no previous version"),
        (EMPTY, {}, "churn#prod has no previous version"),
        (ONE, {"at": START}, "churn#prod was empty at 2023-11-14T22:13:20Z"),
        (ONE, {"at": START - 1}, "was empty at"),
        (TWO, {"to": "v9.0.0"}, "has no version 'v9.0.0'"),
        (carry_out(TWO, register(commit=C, version="v2.0.0")), {"to": "v2.0.0"}, "'v2.0.0' was never in churn#prod"),
    ],
)
def test_rolling_back_to_what_the_stage_never_held_is_not_found(
    state: Artifact, options: dict[str, object], words: str
) -> None:
    error = refusal(state, rollback(**options))
    assert isinstance(error, NotFound)
    assert words in error.message


def test_rolling_back_passes_over_a_version_deregistered_since() -> None:
    assert isinstance(refusal(carry_out(TWO, deregister()), rollback()), NotFound)
    three = artifact(
        *("churn@v1.0.0 on a", "churn@v1.1.0 on b", "churn@v1.2.0 on c"),
        *("churn#prod#1 on a", "churn#prod#2 on b", "churn#prod#3 on c", "churn@v1.1.0! on b"),
    )
    assert [event.version for event in planned(three, rollback()).events] == ["v1.0.0"]


def test_rolling_back_to_when_a_version_deregistered_since_was_there_is_a_conflict() -> None:
    error = refusal(carry_out(TWO, deregister()), rollback(at=START + 120))
    assert isinstance(error, Conflict)
    assert "'v1.0.0' was in churn#prod, but was deregistered since" in error.message


def test_rolling_back_to_a_deregistered_version_by_name_is_not_found() -> None:
    assert isinstance(refusal(carry_out(TWO, deregister()), rollback(to="v1.0.0")), NotFound)


def test_rolling_back_to_a_commit_that_was_bare_then_means_what_it_became() -> None:
    state = artifact(
        "churn#prod#1 on a",
        "churn@v1.0.0 on a",
        "churn@v1.1.0 on a",
        "churn@v1.2.0 on b",
        "churn#prod#2 on b",
    )
    assert held(carry_out(state, rollback(at=START))) == ["v1.1.0"]
    error = refusal(carry_out(state, deregister(), deregister(version="v1.1.0")), rollback(at=START))
    assert "but was deregistered since" in error.message


def test_rolling_back_obeys_the_allowed_stages() -> None:
    assert isinstance(refusal(TWO, rollback(), allowed_stages=("dev",)), Refused)


def test_a_deprecated_artifact_is_rolled_back_to_what_its_stage_held() -> None:
    assert held(carry_out(TWO, deprecate(), rollback())) == ["v1.1.0"]


# Commands that say one thing twice


@pytest.mark.parametrize(
    ("command", "options"),
    [
        (register, {"version": "v1.0.0", "bump": "major"}),
        (unassign, {"version": "v1.0.0", "commit": A}),
        (unassign, {"version": "v1.0.0", "all": True}),
        (unassign, {"commit": A, "all": True}),
        (rollback, {"to": "v1.0.0", "at": START}),
    ],
)
def test_a_command_that_says_one_thing_twice_is_a_usage_error(
    command: Callable[..., Command], options: dict[str, object]
) -> None:
    with pytest.raises(UsageError, match="give only one of these"):
        command(**options)


# Clocks

EVERY = [
    register(commit=C),
    assign(version="v1.0.0"),
    unassign(),
    deregister(),
    deprecate(),
    rollback(),
]


@pytest.mark.parametrize("command", EVERY, ids=lambda command: type(command).__name__)
def test_no_command_writes_while_the_newest_tag_is_more_than_an_hour_ahead(command: Command) -> None:
    error = refusal(TWO, command, now=START + 180 - 3601)
    assert isinstance(error, Conflict)
    assert "'churn#prod#2', is dated 2023-11-14T22:16:20Z" in error.message


@pytest.mark.parametrize("command", EVERY, ids=lambda command: type(command).__name__)
def test_a_clock_that_is_behind_does_not_write_before_the_newest_tag(command: Command) -> None:
    plan = planned(TWO, command, now=START - 3000)
    assert plan.events
    assert all(event.timestamp >= TWO.events[-1].timestamp for event in plan.events)


@pytest.mark.parametrize("command", EVERY, ids=lambda command: type(command).__name__)
def test_a_message_goes_into_every_tag(command: Command) -> None:
    plan = planned(TWO, command, message="Because")
    assert {event.message for event in plan.events} == {"Because"}
