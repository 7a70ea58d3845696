"""The fold: what a sequence of tags means."""

from __future__ import annotations

import pytest

from gittag_registry.model.fold import Artifact, RegistryState, fold
from gittag_registry.model.state import Version
from tests.unit.make import START, A, B, artifact, event, held, history, registry, skipped


def versions(state: Artifact) -> list[tuple[str, str, bool]]:
    """Every version: its name, the letter of its commit, and whether it is active."""
    return [(v.version if v.ref else "", v.commit[0], v.active) for v in state.versions]


def only(state: Artifact) -> Version:
    [version] = state.versions
    return version


def test_no_tags_make_an_empty_registry() -> None:
    assert fold([]) == RegistryState({})
    assert fold([]).artifact("churn") == Artifact("churn")


def test_artifacts_are_sorted_by_name() -> None:
    assert list(registry("segment@v1.0.0 on a", "churn@v1.0.0 on a", "models=b@v1.0.0 on a").artifacts) == [
        "churn",
        "models:b",
        "segment",
    ]


def test_skipped_tags_are_carried_along() -> None:
    bad = skipped("churn@v9.0.0")
    state = registry("segment@v1.0.0 on a", skipping=[bad])
    assert state.skipped == [bad]
    assert state.artifact("churn").skipped == (bad,)
    assert state.artifact("churn").events == ()


# Registration


def test_a_registration_makes_a_version() -> None:
    version = only(artifact("churn@v1.0.0 on a"))
    assert (version.version, version.commit, version.active, version.ref) == ("v1.0.0", A, True, "churn@v1.0.0")
    assert version.origin == version.registration == event("churn@v1.0.0", A)


def test_a_deregistration_takes_it_back() -> None:
    assert versions(artifact("churn@v1.0.0 on a", "churn@v1.0.0! on a")) == [("v1.0.0", "a", False)]


def test_a_deregistration_counts_whatever_commit_it_is_on() -> None:
    assert versions(artifact("churn@v1.0.0 on a", "churn@v1.0.0! on b")) == [("v1.0.0", "a", False)]


def test_deregistering_what_was_never_registered_changes_nothing() -> None:
    assert versions(artifact("churn@v1.0.0! on a", "churn@v1.1.0 on b")) == [("v1.1.0", "b", True)]


def test_registering_again_on_the_same_commit_revives_the_version() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@v1.0.0! on a", "churn@v1.0.0#2 on a")
    assert versions(state) == [("v1.0.0", "a", True)]
    assert only(state).ref == "churn@v1.0.0#2"


def test_registering_again_on_another_commit_makes_another_version() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@v1.0.0! on a", "churn@v1.0.0#2 on b")
    assert versions(state) == [("v1.0.0", "a", False), ("v1.0.0", "b", True)]


def test_a_version_that_moves_while_active_leaves_its_commit() -> None:
    state = artifact("churn@v1.0.0 on a", "churn#prod#1 on a", "churn@v1.0.0#2 on b")
    assert versions(state) == [("v1.0.0", "a", False), ("v1.0.0", "b", True)]
    assert held(state) == []


def test_a_version_may_move_back() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@v1.0.0#2 on b", "churn@v1.0.0#3 on a", "churn@v1.0.0! on a")
    assert versions(state) == [("v1.0.0", "a", False), ("v1.0.0", "b", False)]


def test_several_versions_may_share_a_commit() -> None:
    assert versions(artifact("churn@v1.0.0 on a", "churn@v1.1.0 on a")) == [
        ("v1.0.0", "a", True),
        ("v1.1.0", "a", True),
    ]


def test_a_creation_has_no_effect() -> None:
    state = artifact("churn@deprecated on a", "churn@created on a")
    assert state.versions == ()
    assert not state.active


# Which version an assignment means


def test_an_assignment_means_the_version_its_trailer_names() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@v1.1.0 on a", "churn#prod#1 on a meaning v1.0.0")
    assert held(state) == ["v1.0.0"]


def test_without_a_trailer_it_means_the_highest_version_active_there_then() -> None:
    state = artifact(
        "churn@v1.0.0 on a",
        "churn@v1.2.0 on a",
        "churn@v1.1.0 on a",
        "churn@v1.3.0 on a",
        "churn@v1.3.0! on a",
        "churn#prod#1 on a",
        "churn@v2.0.0 on a",
    )
    assert held(state) == ["v1.2.0"]


def test_a_trailer_that_names_a_version_of_another_commit_counts_for_nothing() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@v1.1.0 on a", "churn@v2.0.0 on b", "churn#prod#1 on a meaning v2.0.0")
    assert held(state) == ["v1.1.0"]


def test_of_the_only_version_on_a_commit_every_trailer_speaks() -> None:
    assert held(artifact("churn@v1.0.0 on a", "churn#prod#1 on a meaning v2.0.0")) == ["v1.0.0"]


def test_without_a_version_there_yet_it_means_the_one_registered_there_next() -> None:
    state = artifact("churn#prod#1 on a", "churn@v1.1.0 on a", "churn@v1.0.0 on a")
    assert held(state) == ["v1.1.0"]


def test_a_version_deregistered_before_gives_way_to_the_one_registered_there_next() -> None:
    state = artifact(
        "churn@v1.1.0 on a", "churn@v1.1.0! on a", "churn#prod#1 on a", "churn@v1.1.0!#2 on a", "churn@v1.0.0 on a"
    )
    assert held(state) == ["v1.0.0"]


def test_a_version_named_before_its_registration_is_meant_once_it_is_registered() -> None:
    state = artifact("churn@v1.0.0 on a", "churn#prod#1 on a meaning v1.1.0", "churn@v1.1.0 on a")
    assert held(state) == ["v1.1.0"]


def test_with_only_deregistered_versions_there_it_means_the_one_first_registered_last() -> None:
    state = artifact(
        "churn@v1.1.0 on a", "churn@v1.0.0 on a", "churn@v1.1.0! on a", "churn@v1.0.0! on a", "churn#prod#1 on a"
    )
    assert held(state) == []
    assert state.events[-1].version == "v1.0.0"


def test_with_no_version_ever_it_means_the_commit() -> None:
    state = artifact("churn@v1.0.0 on b", "churn#prod#1 on a")
    assert held(state) == ["a"]
    anonymous = state.versions[-1]
    assert (anonymous.version, anonymous.anonymous, anonymous.ref, anonymous.active) == (A, True, None, True)
    assert anonymous.origin == state.events[-1]


def test_an_anonymous_commit_that_left_its_stages_is_no_version() -> None:
    state = artifact("churn#prod#1 on a", "churn#prod!#2 on a")
    assert state.versions == ()


def test_events_say_the_version_they_turned_out_to_mean() -> None:
    state = artifact("churn@v1.0.0 on a", "churn#prod#1 on a", "churn#prod#2 on b", "churn#prod!#3 on a")
    assert [known.version for known in state.events] == ["v1.0.0", "v1.0.0", B, "v1.0.0"]


# Stages


def test_a_stage_holds_the_newest_assignment() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@v1.1.0 on b", "churn#prod#1 on b", "churn#prod#2 on a")
    assert held(state) == ["v1.0.0"]


def test_taking_back_the_newest_leaves_the_one_before() -> None:
    state = artifact(
        "churn@v1.0.0 on a", "churn@v1.1.0 on b", "churn#prod#1 on a", "churn#prod#2 on b", "churn#prod!#3 on b"
    )
    assert held(state) == ["v1.0.0"]


def test_taking_back_an_older_one_leaves_the_newest() -> None:
    state = artifact(
        "churn@v1.0.0 on a", "churn@v1.1.0 on b", "churn#prod#1 on a", "churn#prod#2 on b", "churn#prod!#3 on a"
    )
    assert held(state) == ["v1.1.0"]


def test_taking_back_counts_for_one_stage_only() -> None:
    state = artifact("churn@v1.0.0 on a", "churn#prod#1 on a", "churn#dev#2 on a", "churn#dev!#3 on a")
    assert [event.ref for event in only(state).assignments] == ["churn#prod#1"]


def test_taking_back_before_assigning_takes_nothing() -> None:
    assert held(artifact("churn@v1.0.0 on a", "churn#prod!#1 on a", "churn#prod#2 on a")) == ["v1.0.0"]


def test_of_two_versions_on_a_commit_only_the_one_meant_is_taken_back() -> None:
    state = artifact(
        "churn@v1.0.0 on a",
        "churn@v1.1.0 on a",
        "churn#prod#1 on a meaning v1.0.0",
        "churn#prod#2 on a meaning v1.1.0",
        "churn#prod!#3 on a meaning v1.1.0",
    )
    assert held(state) == ["v1.0.0"]


def test_a_deregistered_version_is_in_no_stage() -> None:
    state = artifact(
        "churn@v1.0.0 on a", "churn@v1.1.0 on b", "churn#prod#1 on a", "churn#prod#2 on b", "churn@v1.1.0! on b"
    )
    assert held(state) == ["v1.0.0"]


def test_a_version_registered_again_on_its_commit_is_back_in_its_stages() -> None:
    state = artifact("churn@v1.0.0 on a", "churn#prod#1 on a", "churn@v1.0.0! on a", "churn@v1.0.0#2 on a")
    assert held(state) == ["v1.0.0"]


def test_a_version_registered_again_on_another_commit_is_in_no_stage() -> None:
    state = artifact("churn@v1.0.0 on a", "churn#prod#1 on a", "churn@v1.0.0! on a", "churn@v1.0.0#2 on b")
    assert held(state) == []


def test_a_version_lists_its_stages_by_name_and_its_newest_assignments_by_time() -> None:
    version = only(
        artifact("churn@v1.0.0 on a", "churn#prod#1 on a", "churn#dev#2 on a", "churn#qa#3 on a", "churn#prod#4 on a")
    )
    assert list(version.stages) == ["dev", "prod", "qa"]
    assert [known.ref for known in version.assignments] == ["churn#dev#2", "churn#qa#3", "churn#prod#4"]


# Order


def test_in_one_second_the_counter_decides() -> None:
    state = artifact(
        "churn@v1.0.0 on a at 0",
        "churn@v1.1.0 on b at 0",
        "churn#prod#10 on a at 1",
        "churn#prod#9 on b at 1",
    )
    assert held(state) == ["v1.0.0"]


def test_in_one_second_an_unassignment_with_the_higher_counter_counts() -> None:
    state = artifact("churn@v1.0.0 on a at 0", "churn#prod!#2 on a at 1", "churn#prod#1 on a at 1")
    assert held(state) == []


def test_time_decides_whatever_the_counters_say() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@v1.1.0 on b", "churn#prod#7 on a at 200", "churn#prod#3 on b at 201")
    assert held(state) == ["v1.1.0"]


def test_the_order_in_which_tags_arrive_does_not_matter() -> None:
    events = history("churn@v1.0.0 on a", "churn#prod#1 on a", "churn@v1.1.0 on b", "churn#prod#2 on b")
    assert fold(reversed(events)) == fold(events)


# Deprecation


@pytest.mark.parametrize(
    ("later", "active"),
    [
        ([], False),
        (["churn@v1.1.0 on b"], True),
        (["churn#prod#1 on a"], True),
        (["churn#prod!#1 on a"], False),
        (["churn@v1.0.0! on a"], False),
        (["churn@created on a"], False),
        (["churn@v1.1.0 on b", "churn@deprecated#2 on a"], False),
    ],
)
def test_an_artifact_is_deprecated_until_its_next_registration_or_assignment(later: list[str], active: bool) -> None:
    assert artifact("churn@v1.0.0 on a", "churn@deprecated on a", *later).active is active


def test_the_deprecation_in_effect_is_kept() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@deprecated on a", "churn@deprecated#1 on a")
    assert state.deprecation is not None
    assert state.deprecation.ref == "churn@deprecated#1"


def test_a_deprecation_leaves_versions_and_stages_as_they_were() -> None:
    before = artifact("churn@v1.0.0 on a", "churn#prod#1 on a")
    assert artifact("churn@v1.0.0 on a", "churn#prod#1 on a", "churn@deprecated on a").versions == before.versions


# Earlier states


def test_the_state_at_a_time_includes_that_second() -> None:
    lines = ("churn@v1.0.0 on a at 0", "churn@v1.1.0 on b at 60")
    assert len(artifact(*lines, until=59).versions) == 1
    assert len(artifact(*lines, until=60).versions) == 2


def test_an_artifact_that_was_not_there_yet_is_not_in_the_state() -> None:
    assert registry("churn@v1.0.0 on a", until=-1).artifacts == {}


def test_what_was_registered_later_was_anonymous_before() -> None:
    lines = ("churn#prod#1 on a", "churn@v1.0.0 on a")
    assert held(artifact(*lines, until=0)) == ["a"]
    assert held(artifact(*lines)) == ["v1.0.0"]


def test_skipped_tags_have_no_date_and_are_in_every_state() -> None:
    bad = skipped("churn@v9.0.0")
    assert fold([bad], until=START).skipped == [bad]
