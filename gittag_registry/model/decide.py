"""Decide on operations: from a command and an artifact's state to a plan. Pure.

`decide` checks every precondition against the state it is given. After a lost race the caller reads again and decides
again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gittag_registry.errors import Conflict, NotFound, Refused, assert_never, did_you_mean
from gittag_registry.hints import Hint, Option, call
from gittag_registry.model.commands import (
    Assign,
    Command,
    DeleteTag,
    Deprecate,
    Deregister,
    Register,
    Rollback,
    Unassign,
)
from gittag_registry.model.events import Event
from gittag_registry.model.fold import Artifact
from gittag_registry.model.names import Kind, check_artifact, check_stage, parse_selector
from gittag_registry.model.notes import notes
from gittag_registry.model.plans import Context, Plan, PlanBuilder, versions_ever_named
from gittag_registry.model.queries import ALL, ReadOptions, active_versions, find_version, in_stage, selected
from gittag_registry.model.stage_history import Occupant, intervals, previous_occupant
from gittag_registry.model.state import StageVersion, Version
from gittag_registry.model.times import iso
from gittag_registry.model.versions import bump, is_version, precedence


def decide(artifact: Artifact, command: Command, context: Context) -> Plan:
    """Make the plan of a command for an artifact in its present state.

    Args:
        artifact: everything the tags say of the command's artifact.
        command: the command; its commits are full object ids.
        context: who writes, when, with which options, and the rules.

    Raises:
        RegistryError: a precondition does not hold.
    """
    check_artifact(command.artifact)
    command = _with_version(artifact, command)
    plan = _decide(artifact, command, context)
    return replace(plan, notes=(*plan.notes, *notes(artifact, command, plan, context)))


def _with_version(artifact: Artifact, command: Command) -> Command:
    """The command with the version that ``@latest`` or ``#STAGE`` names in the artifact's present state."""
    match command:
        case Assign(version=str(wanted)) | Unassign(version=str(wanted)) | Deregister(version=str(wanted)):
            found = _named_by(artifact, wanted)
            if found and found.anonymous:
                bare = replace(command, version=None, commit=found.commit)
                return replace(bare, skip_registration=True) if isinstance(bare, Assign) else bare
            return replace(command, version=found.version) if found else command
        case Rollback(to=str(wanted)):
            found = _named_by(artifact, wanted)
            return replace(command, to=found.version) if found else command
        case _:
            return command


def _named_by(artifact: Artifact, wanted: str) -> Version | None:
    return None if is_version(wanted) else selected(artifact, parse_selector(f"{artifact.name}{wanted}"))


def _decide(artifact: Artifact, command: Command, context: Context) -> Plan:
    match command:
        case Register():
            return _register(artifact, command, context)
        case Assign():
            return _assign(artifact, command, context)
        case Unassign():
            return _unassign(artifact, command, context)
        case Deregister():
            return _deregister(artifact, command, context)
        case Deprecate():
            return _deprecate(artifact, command, context)
        case Rollback():
            return _rollback(artifact, command, context)
        case DeleteTag():
            return _delete_tag(artifact, command)
        case _:
            return assert_never(command)


def _builder(artifact: Artifact, context: Context) -> PlanBuilder:
    if not artifact.events:
        _check_case("artifact", artifact.name, context.other_artifacts)
    return PlanBuilder(artifact, context)


def _check_case(what: str, name: str, others: Iterable[str]) -> None:
    same = sorted(other for other in others if other.lower() == name.lower())
    if same:
        raise Refused(
            f"{what} {name!r} differs from {same[0]!r} only by case",
            hint="file systems that ignore case cannot hold the tags of both",
        )


def _nothing(note: str) -> Plan:
    return Plan(notes=(note,))


def _active_on(artifact: Artifact, commit: str) -> list[Version]:
    return [version for version in active_versions(artifact) if version.commit == commit]


def _register(artifact: Artifact, command: Register, context: Context) -> Plan:
    registered = _active_on(artifact, command.commit)
    explicit = command.version is not None or command.bump is not None
    if not context.force:
        if registered and (not explicit or command.version in [v.version for v in registered]):
            version = command.version or registered[0].version
            if artifact.active:
                return _nothing(f"{artifact.name}@{version} is already registered on {command.commit[:7]}")
            raise Conflict(
                f"artifact {artifact.name!r} is deprecated, and commit {command.commit[:7]} is already its {version!r}",
                hint=Hint(
                    "assign it to a stage, or restore it: ",
                    call("register", artifact.name, command.commit[:7], version=version, force=True),
                ),
            )
        if registered:
            raise Conflict(
                f"commit {command.commit[:7]} is already version {registered[0].version!r} of {artifact.name!r}",
                hint=Hint(
                    "commit the change first, or repeat with ",
                    Option("force", True),
                    "; GTO stops on registries that have two versions of an artifact on one commit",
                ),
            )
    if registered and not explicit:  # forced: a new version would be the second one on its commit
        command = replace(command, version=registered[0].version)
    builder = _builder(artifact, context)
    _add_registration(builder, command)
    return builder.plan()


def _add_registration(builder: PlanBuilder, command: Register | Assign) -> str:
    """Plan the registration of the command's commit, and return the version it gets."""
    artifact, commit = builder.artifact, command.commit or ""
    version = command.version or _next_version(builder, command)
    conflicting = [v for v in active_versions(artifact) if v.version == version and v.commit != commit]
    if conflicting:
        raise Conflict(
            f"version {version!r} of {artifact.name!r} is registered on another commit, {conflicting[0].commit[:7]}",
            hint="choose another version, or deregister that one first",
        )
    others = [v.version for v in artifact.versions if v.commit == commit and v.version != version and not v.anonymous]
    if others and not builder.context.force:
        raise Conflict(
            f"commit {commit[:7]} was version {others[-1]!r} of {artifact.name!r}, which was deregistered",
            hint=Hint(
                "register it again: ",
                call("register", artifact.name, commit[:7], version=others[-1]),
                "; or repeat with ",
                Option("force", True),
                f" for {version}, though GTO stops on two versions of an artifact on one commit",
            ),
        )
    builder.add(Kind.REGISTRATION, commit, version=version, implied=isinstance(command, Assign))
    return version


def _next_version(builder: PlanBuilder, command: Register | Assign) -> str:
    """The version after the highest that any tag of the artifact names."""
    part = command.bump if isinstance(command, Register) else None
    pre_id = command.pre_id if isinstance(command, Register) else None
    highest = max(versions_ever_named(builder.artifact), key=precedence, default=None)
    version = bump(highest, part or builder.context.bump, pre_id or builder.context.pre_id)
    if highest is not None and precedence(version) <= precedence(highest):
        raise Conflict(
            f"bumping {highest!r} gives {version!r}, which is not higher",
            hint=Hint(
                "name the next version: ", call("register", builder.artifact.name, version=bump(highest, "patch"))
            ),
        )
    return version


def _assign(artifact: Artifact, command: Assign, context: Context) -> Plan:
    _check_assignable(artifact, command.stage, context)
    builder = _builder(artifact, context)
    version, commit = _to_assign(builder, command)
    if not builder.events and not context.force and _is_occupant(artifact, command.stage, version, commit):
        return _nothing(f"{artifact.name}#{command.stage} is already {version or commit}")
    builder.add(Kind.ASSIGNMENT, commit, version=version, stage=command.stage)
    return builder.plan()


def _to_assign(builder: PlanBuilder, command: Assign) -> tuple[str | None, str]:
    """The version and commit to assign; plans the registration of a commit that has no version."""
    artifact = builder.artifact
    if command.commit is None:
        version = find_version(artifact, command.version or "")
        return version.version, version.commit
    names = [version.version for version in _active_on(artifact, command.commit)]
    if command.version in names:
        return command.version, command.commit
    if names and command.version is None:
        if len(names) > 1:
            builder.notes.append(
                f"commit {command.commit[:7]} has several versions ({', '.join(names)}); the highest is taken"
            )
        return names[0], command.commit
    if names and not builder.context.force:
        raise Conflict(
            f"commit {command.commit[:7]} is already version {names[0]!r} of {artifact.name!r}",
            hint=Hint(
                f"to assign {names[0]}: ",
                call("assign", artifact.name, command.stage, version=names[0]),
                "; or repeat with ",
                Option("force", True),
            ),
        )
    if command.skip_registration:
        deregistered = [v.version for v in artifact.versions if v.commit == command.commit and not v.anonymous]
        if deregistered:
            raise Conflict(
                f"commit {command.commit[:7]} was version {deregistered[-1]!r} of {artifact.name!r}, which was"
                " deregistered; an assignment of the bare commit would be read as one of that version",
                hint=Hint(
                    "register it again: ",
                    call("register", artifact.name, command.commit[:7], version=deregistered[-1]),
                ),
            )
        return None, command.commit
    return _add_registration(builder, command), command.commit


def _check_assignable(artifact: Artifact, stage: str, context: Context) -> None:
    check_stage(stage)
    if context.allowed_stages is not None and stage not in context.allowed_stages:
        raise Refused(
            f"stage {stage!r} is not allowed",
            hint=did_you_mean(stage, context.allowed_stages)
            or f"the configuration allows {', '.join(context.allowed_stages) or 'no stage'}",
        )
    used = {event.stage for event in artifact.events if event.stage}
    if stage not in used:
        _check_case("stage", stage, used)


def _is_occupant(artifact: Artifact, stage: str, version: str | None, commit: str) -> bool:
    occupants = in_stage(artifact, stage) if artifact.active else []
    return bool(occupants) and (occupants[0].version, occupants[0].commit) == (version or commit, commit)


def _unassign(artifact: Artifact, command: Unassign, context: Context) -> Plan:
    stage = check_stage(command.stage)
    present = in_stage(artifact, stage, ReadOptions(versions_per_stage=ALL))
    chosen = present if command.all else _matching(present, command)
    if command.delete:
        tags = [event for event in artifact.events if event.stage == stage and _matches(event, chosen, command)]
        return Plan(deletions=tuple(tags)) if tags else _nothing_to_unassign(artifact, command)
    leaving = [v.occupant for v in reversed(chosen)]  # the newest last, so that no older one becomes current meanwhile
    if not leaving and context.force:
        leaving = _named(artifact, command)
    if not leaving:
        return _nothing_to_unassign(artifact, command)
    builder = _builder(artifact, context)
    for version in leaving:
        registered = None if version.anonymous else version.version
        builder.add(Kind.UNASSIGNMENT, version.commit, version=registered, stage=stage)
    return builder.plan()


def _matching(present: list[StageVersion], command: Unassign) -> list[StageVersion]:
    """The versions in a stage that the command names; the newest if it names none."""
    if command.version is not None:
        return [v for v in present if v.version == command.version]
    if command.commit is not None:
        return [v for v in present if v.commit == command.commit]
    return present[:1]


def _matches(event: Event, chosen: list[StageVersion], command: Unassign) -> bool:
    """Whether a stage event belongs to a version that the command names, even if it was unassigned already."""
    if command.all:
        return True
    if command.version is not None:
        return event.version == command.version
    commit = command.commit or (chosen[0].commit if chosen else None)
    return event.commit == commit and (command.commit is not None or event.version == chosen[0].version)


def _named(artifact: Artifact, command: Unassign) -> list[Version]:
    """The version that the command names, whether it is in the stage or not."""
    if command.version is not None:
        return [find_version(artifact, command.version)]
    return _active_on(artifact, command.commit)[:1] if command.commit is not None else []


def _nothing_to_unassign(artifact: Artifact, command: Unassign) -> Plan:
    """Do nothing for a version that was unassigned before; refuse one that was never in the stage."""
    name, stage = artifact.name, command.stage
    unassigned_before = any(
        event.kind is Kind.UNASSIGNMENT
        and event.stage == stage
        and (command.version is None or event.version == command.version)
        and (command.commit is None or event.commit == command.commit)
        for event in artifact.events
    )
    what = command.version or (command.commit or "")[:7]
    if unassigned_before and what:
        return _nothing(f"{what} is already unassigned from {name}#{stage}")
    used = {event.stage for event in artifact.events if event.stage}
    if stage not in used:
        raise NotFound(f"no version of {name!r} was ever in stage {stage!r}", hint=did_you_mean(stage, used))
    hint = Hint(call("which", name, stage, all=True))
    raise NotFound(f"{what} is not in {name}#{stage}" if what else f"{name}#{stage} is empty", hint=hint)


def _deregister(artifact: Artifact, command: Deregister, context: Context) -> Plan:
    version = _to_deregister(artifact, command)
    if command.delete:
        return Plan(deletions=tuple(event for event in artifact.events if event.version == version.version))
    if not version.active and not context.force:
        return _nothing(f"{artifact.name}@{version.version} is already deregistered")
    builder = _builder(artifact, context)
    builder.add(Kind.DEREGISTRATION, version.commit, version=version.version)
    return builder.plan()


def _to_deregister(artifact: Artifact, command: Deregister) -> Version:
    if command.version is not None:
        return find_version(artifact, command.version, active=False)
    commit = command.commit or ""
    versions = _active_on(artifact, commit)
    if not versions:
        raise NotFound(f"commit {commit[:7]} has no version of {artifact.name!r}")
    return versions[0]


def _delete_tag(artifact: Artifact, command: DeleteTag) -> Plan:
    if deletions := tuple(event for event in artifact.events if event.ref == command.tag):
        return Plan(deletions=deletions)
    raise NotFound(f"there is no tag {command.tag!r}")


def _deprecate(artifact: Artifact, command: Deprecate, context: Context) -> Plan:
    if not artifact.events:
        raise NotFound(f"artifact {artifact.name!r} is not registered")
    if command.delete:
        return Plan(deletions=tuple(artifact.events))
    if not artifact.active and not context.force:
        return _nothing(f"{artifact.name} is already deprecated")
    builder = _builder(artifact, context)
    builder.add(Kind.DEPRECATION, command.commit or artifact.events[-1].commit)
    return builder.plan()


def _rollback(artifact: Artifact, command: Rollback, context: Context) -> Plan:
    _check_assignable(artifact, command.stage, context)
    target = _rollback_target(artifact, command)
    registered = [v for v in artifact.versions if v.commit == target.commit and target.version in (v.version, v.commit)]
    registered = [v for v in registered if not v.anonymous]  # a commit without a version then may have one now
    active = [v for v in active_versions(artifact) if v in registered]
    if registered and not active:
        raise Conflict(
            f"{target.version!r} was in {artifact.name}#{command.stage}, but was deregistered since",
            hint=Hint("name another version with ", Option("to")),
        )
    version = active[0].version if active else None
    if not context.force and _is_occupant(artifact, command.stage, version, target.commit):
        return _nothing(f"{artifact.name}#{command.stage} is already {version or target.commit}")
    builder = _builder(artifact, context)
    builder.add(Kind.ASSIGNMENT, target.commit, version=version, stage=command.stage)
    return builder.plan()


def _rollback_target(artifact: Artifact, command: Rollback) -> Occupant:
    where = f"{artifact.name}#{command.stage}"
    if command.to is not None:
        version = find_version(artifact, command.to)
        target = Occupant(version.version, version.commit)
        if any(target in interval.occupants for interval in intervals(artifact, command.stage)):
            return target
        raise NotFound(
            f"{command.to!r} was never in {where}",
            hint=Hint(call("assign", artifact.name, command.stage, version=command.to)),
        )
    if command.at is not None:
        then = [interval for interval in intervals(artifact, command.stage) if interval.since <= command.at]
        if then and then[-1].occupants:
            return then[-1].occupants[0]
        raise NotFound(f"{where} was empty at {iso(command.at)}")
    previous = previous_occupant(artifact, command.stage)
    if previous is None:
        raise NotFound(f"{where} has no previous version to go back to", hint=Hint(call("history", where)))
    return previous
