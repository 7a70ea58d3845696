"""What versions say about themselves, in our words and in GTO's."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from gittag_registry.model.fold import Artifact
from gittag_registry.model.queries import ReadOptions, artifact_rows, in_stage, version_rows
from gittag_registry.model.state import StageVersion, Version
from tests.unit.make import START, A, B, artifact, history, registry

HISTORY = (
    "churn@v1.0.0 on a",
    "churn#prod#1 on a",
    "churn#dev#2 on a",
    "churn@v1.0.0! on a",
    "churn@v1.0.0#3 on a",
    "churn#prod#4 on a",
    "churn#dev!#5 on a",
)


def minutes(count: int) -> datetime:
    """A time after START."""
    return datetime.fromtimestamp(START + 60 * count, timezone.utc)


@pytest.fixture
def version() -> Version:
    """Registered twice on the same commit; twice put into prod; put into dev and taken out of it."""
    [version] = artifact(*HISTORY).versions
    return version


def test_a_version_knows_all_that_happened_to_it(version):
    assert {event.ref for event in version.events} == {line.split()[0] for line in HISTORY}
    assert [event.ref for event in version.registrations] == ["churn@v1.0.0", "churn@v1.0.0#3"]
    assert [event.ref for event in version.deregistrations] == ["churn@v1.0.0!"]


def test_the_events_of_a_version_are_those_of_no_other():
    first, second = artifact(
        "churn@v1.0.0 on a", "churn@v1.1.0 on b", "churn#dev#1 on a", "churn@v1.1.0! on b"
    ).versions
    assert [event.ref for event in first.events] == ["churn@v1.0.0", "churn#dev#1"]
    assert [event.ref for event in second.events] == ["churn@v1.1.0", "churn@v1.1.0!"]


def test_a_version_has_the_attributes_of_gtos(version):
    assert (version.commit_hexsha, version.ref) == (A, "churn@v1.0.0#3")
    assert (version.is_active, version.is_registered, version.discovered) == (True, True, False)
    assert (version.created_at, version.activated_at) == (minutes(4), minutes(0))
    assert (version.author, version.author_email, version.message) == ("Ada Lovelace", "ada@example.com", "A message")


def test_the_stages_of_a_version_are_all_that_it_was_ever_in(version):
    assert {name: stage.is_active for name, stage in version.stages.items()} == {"dev": False, "prod": True}
    dev, prod = version.stages.values()
    assert (dev.ref, dev.activated_at) == ("churn#dev#2", None)
    assert (prod.ref, prod.created_at, prod.activated_at) == ("churn#prod#4", minutes(5), minutes(5))


def test_a_stage_lists_its_assignments_and_unassignments(version):
    dev, prod = version.stages.values()
    assert [event.ref for event in prod.assignments] == ["churn#prod#1", "churn#prod#4"]
    assert prod.unassignments == []
    assert [event.ref for event in dev.assignments] == ["churn#dev#2"]
    assert [event.ref for event in dev.unassignments] == ["churn#dev!#5"]


def test_a_deregistered_version_is_active_in_no_stage():
    [version] = artifact("churn@v1.0.0 on a", "churn#prod#1 on a", "churn@v1.0.0! on a").versions
    assert (version.is_active, version.stages["prod"].is_active) == (False, False)


def test_a_commit_without_a_version_is_not_registered():
    [version] = artifact("churn#prod#1 on b").versions
    assert (version.version, version.ref, version.is_registered, version.discovered) == (B, None, False, True)
    assert version.created_at == version.activated_at == minutes(0)
    assert version.dict_state()["registrations"] == []


def test_the_state_of_a_version_lists_the_stages_that_it_is_in(version):
    state = version.dict_state()
    assert [stage["stage"] for stage in state["stages"]] == ["prod"]
    assert [event["tag"] for event in state["stages"][0]["assignments"]] == ["churn#prod#1", "churn#prod#4"]
    assert [event["tag"] for event in state["registrations"]] == ["churn@v1.0.0", "churn@v1.0.0#3"]


def test_the_state_of_an_event_has_its_version_and_stage_only_if_there_are_any():
    deprecation, assignment = history("churn@deprecated on a", "churn#prod#1 on a meaning v1.0.0")
    assert (deprecation.dict_state()["event"], assignment.dict_state()["version"]) == ("deprecation", "v1.0.0")
    assert {"version", "stage"} & deprecation.dict_state().keys() == set()


# In short


def shown(state: Artifact) -> StageVersion:
    [found] = in_stage(state, "prod")
    return found


@pytest.mark.parametrize(
    ("thing", "text"),
    [
        (artifact("churn@v1.0.0 on a").versions[0], "<Version churn@v1.0.0 aaaaaaa>"),
        (artifact("churn@v1.0.0 on a", "churn@v1.0.0! on a").versions[0], "<Version churn@v1.0.0 aaaaaaa inactive>"),
        (artifact("churn#prod#1 on b").versions[0], "<Version churn bbbbbbb>"),
        (shown(artifact("churn@v1.0.0 on a", "churn#prod#1 on a")), "<StageVersion churn#prod v1.0.0 aaaaaaa>"),
        (shown(artifact("churn#prod#1 on b")), "<StageVersion churn#prod bbbbbbb>"),
        (history("churn#prod!#3 on a")[0], "<Event churn#prod!#3 unassignment aaaaaaa 2023-11-14T22:13:20Z>"),
        (artifact(*HISTORY), "<Artifact churn versions=1 events=7>"),
        (registry(*HISTORY), "<RegistryState artifacts=1>"),
        (version_rows(artifact(*HISTORY))[0], "<VersionRow churn@v1.0.0 in prod>"),
        (version_rows(artifact("churn@v1.0.0 on a"))[0], "<VersionRow churn@v1.0.0>"),
        (
            artifact_rows([artifact("churn@v1.0.0 on a", "churn#prod#1 on a", "churn#dev#2 on b")])[0],
            "<ArtifactRow churn latest=v1.0.0 dev=bbbbbbb prod=v1.0.0>",
        ),
        (artifact_rows([artifact("churn#dev#2 on b")])[0], "<ArtifactRow churn dev=bbbbbbb>"),
    ],
)
def test_a_representation_is_short(thing, text):
    assert repr(thing) == text


# The last known answer


def test_the_last_known_answer_is_marked_in_all_its_parts():
    state = registry(*HISTORY).listed_at(START)
    churn = state.artifact("churn")
    [row] = version_rows(churn)
    marks = [state.last_known, churn.last_known, row.version.last_known, shown(churn).last_known]
    marks += [in_stage(churn.until(START + 60), "prod", ReadOptions())[0].last_known]
    assert marks == [START] * 5


def test_an_answer_of_now_is_not_marked():
    churn = registry(*HISTORY).artifact("churn")
    assert [churn.last_known, shown(churn).last_known, churn.versions[0].last_known] == [None] * 3
