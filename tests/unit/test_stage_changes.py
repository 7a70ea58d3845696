"""The notes on changes of other stages; and `force`."""

from __future__ import annotations

import pytest

from gittag_registry.errors import Conflict, NotFound
from gittag_registry.model.commands import Deprecate, Deregister, Register, Unassign
from gittag_registry.model.names import Kind
from tests.unit.test_commands import TWO, A, B, after, artifact, planned, refusal


def test_taking_a_version_back_tells_what_its_stages_hold_then() -> None:
    plan = planned(TWO, Deregister(artifact="churn", version="v1.1.0"))
    assert plan.notes == ("churn#prod is now v1.0.0",)


def test_registering_a_version_again_tells_that_it_is_back_in_its_stages() -> None:
    state = artifact("churn@v1.0.0 on a", "churn#prod#1 on a", "churn@v1.0.0! on a")
    plan = planned(state, Register(artifact="churn", commit=A, version="v1.0.0"))
    assert plan.notes == ("churn#prod is now v1.0.0",)


def test_deprecating_tells_that_stages_are_empty_then() -> None:
    assert planned(TWO, Deprecate(artifact="churn")).notes == ("churn#prod is now empty",)


def test_a_deletion_tells_what_stages_hold_then() -> None:
    plan = planned(TWO, Deregister(artifact="churn", version="v1.1.0", delete=True))
    assert [event.ref for event in plan.deletions] == ["churn@v1.1.0", "churn#prod#2"]
    assert plan.notes == ("churn#prod is now v1.0.0",)


@pytest.mark.parametrize("options", [{"version": "v1.0.0"}, {"commit": A}])
def test_taking_out_what_a_stage_never_held_can_be_forced(options: dict[str, str]) -> None:
    command = Unassign(artifact="churn", stage="canary", **options)
    assert isinstance(refusal(TWO, command), NotFound)
    [event] = planned(TWO, command, force=True).events
    assert (event.kind, event.ref, event.version) == (Kind.UNASSIGNMENT, "churn#canary!#3", "v1.0.0")


def test_registering_the_version_of_a_deprecated_artifact_again_needs_force() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@deprecated on a")
    command = Register(artifact="churn", commit=A, version="v1.0.0")
    assert isinstance(refusal(state, command), Conflict)
    plan = planned(state, command, force=True)
    assert [event.ref for event in plan.events] == ["churn@v1.0.0#1"]
    assert after(state, plan).active


def test_registering_another_commit_revives_a_deprecated_artifact() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@deprecated on a")
    assert after(state, planned(state, Register(artifact="churn", commit=B))).active
