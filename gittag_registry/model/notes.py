"""Notes for whoever writes: what changes besides what was asked for, and what may be a mistake. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gittag_registry.errors import did_you_mean
from gittag_registry.hints import Hint, call
from gittag_registry.model.commands import Assign, Command, DeleteTag, Deprecate, Rollback
from gittag_registry.model.fold import Artifact, fold_artifact
from gittag_registry.model.names import Kind
from gittag_registry.model.plans import Context, Plan
from gittag_registry.model.queries import versions_by_stage


def notes(artifact: Artifact, command: Command, plan: Plan, context: Context) -> Iterator[str]:
    """The notes on a plan, besides those that it has already."""
    yield from _tags_that_stay(artifact, command) if plan.deletions else _names(artifact, plan, context)
    assigned = command.stage if isinstance(command, Assign | Rollback) else None
    yield from _stage_changes(artifact, plan, besides=assigned)


def _names(artifact: Artifact, plan: Plan, context: Context) -> Iterator[str]:
    """Notes on what may be a mistake: a new name that is like another, and the revival of a deprecated artifact."""
    name, written = artifact.name, {event.kind for event in plan.events}
    if plan.events and not artifact.events:
        similar = _similar(name, context.other_artifacts)
        if similar:
            yield Hint(f"new artifact {name!r}; {similar} to take it back: ", call("delete", name, **context.place))
        return
    used = {event.stage for event in artifact.events if event.stage}
    for stage in {event.stage for event in plan.events if event.stage} - used:
        similar = _similar(stage, used) if context.allowed_stages is None else None
        if similar:
            delete = call("delete", f"{name}#{stage}", **context.place)
            yield Hint(f"new stage {stage!r} of {name!r}; {similar} to take it back: ", delete)
    if not artifact.active and written & {Kind.REGISTRATION, Kind.ASSIGNMENT}:
        yield Hint(
            f"{name!r} was deprecated, and is shown again; to hide it: ", call("deprecate", name, **context.place)
        )


def _similar(word: str, others: Iterable[str]) -> str | None:
    """A suggestion for a word that may be misspelt; ``model2`` beside ``model1`` is not."""
    letters = re.sub("[0-9]", "", word)
    return did_you_mean(word, [other for other in others if re.sub("[0-9]", "", other) != letters])


def _tags_that_stay(artifact: Artifact, command: Command) -> list[str]:
    """Notes on the tags that a deletion leaves, because they are no events."""
    if isinstance(command, DeleteTag):
        return []
    stage, version = getattr(command, "stage", None), getattr(command, "version", None)
    return [
        f"tag {skipped.ref!r} was skipped and stays: {skipped.explanation}"
        for skipped in artifact.skipped
        if isinstance(command, Deprecate)
        or (stage is not None and skipped.tag.stage == stage)
        or (stage is None and skipped.tag.version == version)
    ]


def _stage_changes(artifact: Artifact, plan: Plan, *, besides: str | None = None) -> list[str]:
    """Notes on the stages whose version changes with the plan.

    Args:
        besides: a stage to leave out, because the plan's own events name it.
    """
    deleted = {event.ref for event in plan.deletions}
    remaining = [event for event in artifact.events if event.ref not in deleted]
    before = _occupants(artifact)
    after = _occupants(fold_artifact(artifact.name, [*remaining, *plan.events])) if not plan.empty else before
    return [
        f"{artifact.name}#{stage} is now {after.get(stage, 'empty')}"
        for stage in sorted(before.keys() | after.keys())
        if stage != besides and before.get(stage) != after.get(stage)
    ]


def _occupants(artifact: Artifact) -> dict[str, str]:
    """The version in each stage, as notes print it."""
    by_stage = versions_by_stage(artifact) if artifact.active else {}
    return {
        stage: versions[0].commit[:7] if versions[0].occupant.anonymous else versions[0].version
        for stage, versions in by_stage.items()
    }
