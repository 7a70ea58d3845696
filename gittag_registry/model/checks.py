"""The checks of `doctor`: problems in a registry, and how to fix them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from shlex import quote
from typing import NamedTuple

from gittag_registry.hints import Hint, call
from gittag_registry.model.events import Event, SkippedTag, SkipReason
from gittag_registry.model.findings import Finding, Problem
from gittag_registry.model.fold import Artifact, RegistryState
from gittag_registry.model.message import VERSION_TRAILER
from gittag_registry.model.names import Kind
from gittag_registry.model.queries import active_versions, versions_by_stage
from gittag_registry.model.times import CLOCK_TOLERANCE, duration, iso


class StaleLock(NamedTuple):
    """A lock file that a killed git process left behind."""

    path: str
    age: float
    """seconds since it was created"""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks need to know besides the tags."""

    now: int
    """seconds since 1970 UTC"""
    stages: tuple[str, ...] | None = None
    """the allowed stages"""
    types: tuple[str, ...] | None = None
    """the allowed types"""
    annotated_types: Mapping[str, str | None] = field(default_factory=dict)
    """the types of annotated artifacts"""
    problems: tuple[Problem, ...] = ()
    """problems in annotation and configuration files"""
    incomplete: str | None = None
    """why the clone may lack tags of its remote"""
    has_remote: bool = False
    not_commits: Mapping[str, str] = field(default_factory=dict)
    """by id, the type of objects that tags name as commits, but that are none"""
    stale_locks: tuple[StaleLock, ...] = ()
    """git's locks on tags that no running process holds"""


def run_checks(state: RegistryState, facts: Facts) -> list[Finding]:
    """Run all checks; an empty list means a healthy registry."""
    findings = [_skipped(tag) for tag in state.skipped]
    for artifact in state.artifacts.values():
        findings += _wrong_types(artifact, facts.not_commits)
        findings += _clocks(artifact, facts.now)
        findings += _counters(artifact)
        findings += _shared_commits(artifact)
        findings += _moved_versions(artifact)
        findings += _mismatched_trailers(artifact)
        findings += _disallowed_stages(artifact, facts.stages)
    findings += _case_collisions(state)
    findings += _annotations(facts)
    findings += _clone(state, facts)
    findings += _stale_locks(facts.stale_locks)
    return findings


def _skipped(tag: SkippedTag) -> Finding:
    name = quote(tag.ref)
    match tag.reason:
        case SkipReason.LIGHTWEIGHT:
            fix = f"git tag -a -f -m 'made annotated' -- {name} {name}'^{{}}'"
        case SkipReason.MISSING:
            fix = "git fetch --tags"
        case _:
            fix = f"git tag -d -- {name}"
    return Finding("skipped-tag", "error", tag.ref, f"the tag is skipped: {tag.explanation}", fix)


def _wrong_types(artifact: Artifact, not_commits: Mapping[str, str]) -> Iterator[Finding]:
    """Git's own commands write no such tags. Readers trust the type in the tag object, which saves a second lookup."""
    for event in artifact.events:
        if event.commit in not_commits:
            yield Finding(
                "not-a-commit",
                "error",
                event.ref,
                f"the tag names {event.commit[:7]} as a commit, but it is a {not_commits[event.commit]}",
                f"git tag -d -- {quote(event.ref)}",
            )


def _clocks(artifact: Artifact, now: int) -> Iterator[Finding]:
    for event in artifact.events:
        if event.timestamp > now + CLOCK_TOLERANCE:
            yield Finding(
                "future-date",
                "error",
                event.ref,
                f"the tag is dated {iso(event.timestamp)}, in the future; writing to {artifact.name!r} is refused",
                f"git tag -d -- {quote(event.ref)}",
            )


def _counters(artifact: Artifact) -> Iterator[Finding]:
    """A counter lower than an earlier one means that a clock was wrong, or that two clones wrote at the same time."""
    highest: Event | None = None
    seen: dict[int, str] = {}
    for event in artifact.events:
        if event.counter is None:
            continue
        if event.counter in seen:
            yield Finding(
                "duplicate-counter",
                "warning",
                event.ref,
                f"tag {seen[event.counter]!r} has the same counter; two clones wrote at the same time",
            )
        elif highest is not None and event.counter < (highest.counter or 0):
            yield Finding(
                "clock-skew",
                "warning",
                event.ref,
                f"the tag is dated {iso(event.timestamp)}, after {highest.ref!r} ({iso(highest.timestamp)}),"
                " but its counter is lower; time decides",
            )
        seen.setdefault(event.counter, event.ref)
        if highest is None or event.counter > (highest.counter or 0):
            highest = event


def _shared_commits(artifact: Artifact) -> Iterator[Finding]:
    by_commit: dict[str, list[str]] = defaultdict(list)
    for version in active_versions(artifact):
        by_commit[version.commit].append(version.version)
    for commit, versions in by_commit.items():
        if len(versions) > 1:
            yield Finding(
                "shared-commit",
                "warning",
                f"{artifact.name}@{versions[0]}",
                f"versions {', '.join(versions)} share commit {commit[:7]}; GTO stops on this registry",
                f"git registry deregister {quote(artifact.name)} {versions[-1]}",
            )


def _moved_versions(artifact: Artifact) -> Iterator[Finding]:
    """A version registered on a second commit while it was active on the first."""
    active: dict[str, Event] = {}
    for event in artifact.events:
        if event.stage is not None or event.version is None:
            continue
        before = active.pop(event.version, None)
        if event.kind is Kind.REGISTRATION:
            if before is not None and before.commit != event.commit:
                yield Finding(
                    "moved-version",
                    "error",
                    event.ref,
                    f"version {event.version!r} was active on commit {before.commit[:7]} ({before.ref!r})"
                    f" when it was registered on {event.commit[:7]}",
                )
            active[event.version] = event


def _mismatched_trailers(artifact: Artifact) -> Iterator[Finding]:
    for event in artifact.events:
        version = event.parsed_message.trailer(VERSION_TRAILER) if event.stage is not None else None
        if version is not None and version != event.version:
            yield Finding(
                "trailer-mismatch",
                "warning",
                event.ref,
                f"the tag names version {version!r}, which was never registered on its commit {event.commit[:7]}",
            )


def _disallowed_stages(artifact: Artifact, allowed: tuple[str, ...] | None) -> Iterator[Finding]:
    if allowed is None:
        return
    for stage in sorted(set(versions_by_stage(artifact)).difference(allowed)):
        yield Finding(
            "stage-not-allowed",
            "warning",
            f"{artifact.name}#{stage}",
            f"stage {stage!r} is not among the allowed ones: {', '.join(allowed)}",
            f"git registry unassign {quote(artifact.name)} {quote(stage)} --all",
        )


def _case_collisions(state: RegistryState) -> Iterator[Finding]:
    names = {"artifact": list(state.artifacts)}
    names |= {f"stage of {a.name}": [e.stage for e in a.events if e.stage] for a in state.artifacts.values()}
    for what, spellings in names.items():
        for similar in _equal_but_for_case(set(spellings)):
            yield Finding(
                "case-collision",
                "warning",
                similar[0],
                f"names that differ only by case ({what}): {', '.join(similar)};"
                " file systems that ignore case cannot hold the tags of both",
            )


def _equal_but_for_case(names: Iterable[str]) -> list[list[str]]:
    by_folded: dict[str, list[str]] = defaultdict(list)
    for name in sorted(names):
        by_folded[name.lower()].append(name)
    return [similar for similar in by_folded.values() if len(similar) > 1]


def _annotations(facts: Facts) -> Iterator[Finding]:
    for problem in facts.problems:
        message = f"{problem.key}: {problem.message}" if problem.key else problem.message
        yield Finding("invalid-file", "error", problem.place, message)
    for name, type_ in facts.annotated_types.items():
        if facts.types is not None and type_ is not None and type_ not in facts.types:
            yield Finding(
                "type-not-allowed",
                "warning",
                name,
                f"type {type_!r} is not among the allowed ones: {', '.join(facts.types)}",
                f"git registry annotate {quote(name)} --type TYPE",
            )


def _clone(state: RegistryState, facts: Facts) -> Iterator[Finding]:
    if facts.incomplete:
        yield Finding(
            "incomplete-clone",
            "warning",
            "repository",
            f"{facts.incomplete}, so tags of the remote may be missing here",
            Hint(call("fetch")),
        )
    elif not state.artifacts and facts.has_remote:
        yield Finding(
            "missing-tags",
            "warning",
            "repository",
            "the repository has a remote but no registry tags",
            Hint(call("fetch")),
        )


def _stale_locks(locks: Iterable[StaleLock]) -> Iterator[Finding]:
    """A lock that is older than any transaction was left behind by a killed git process; it blocks writing."""
    for lock in locks:
        yield Finding(
            "stale-lock",
            "error",
            lock.path,
            f"the lock file is {duration(lock.age)} old; a killed git process left it behind, and it blocks writing",
            "git registry doctor --fix",
        )
