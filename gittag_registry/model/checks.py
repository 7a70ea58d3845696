"""The checks of `doctor`: problems in a registry, and how to fix them. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gittag_registry.hints import Hint, call, git
from gittag_registry.model.events import Event, SkippedTag, SkipReason
from gittag_registry.model.findings import Finding, Problem, TagFix
from gittag_registry.model.fold import Artifact, RegistryState
from gittag_registry.model.message import VERSION_TRAILER
from gittag_registry.model.names import Kind, near_miss
from gittag_registry.model.queries import active_versions, versions_by_stage
from gittag_registry.model.state import Version
from gittag_registry.model.times import CLOCK_TOLERANCE, duration, iso
from gittag_registry.refs import TAGS


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
    tags: Mapping[str, str] = field(default_factory=dict)
    """the object ids of all tags, by name"""
    symbolic: Mapping[str, str] = field(default_factory=dict)
    """the refs that symbolic tags stand for, by name"""
    not_commits: Mapping[str, str] = field(default_factory=dict)
    """by id, the type of objects that tags name as commits, but that are none, or "missing\""""
    stale_locks: tuple[StaleLock, ...] = ()
    """git's locks on tags that no running process holds"""


def run_checks(state: RegistryState, facts: Facts) -> list[Finding]:
    """Run all checks; an empty list means a healthy registry."""
    findings = [_skipped(tag, facts.symbolic) for tag in state.skipped]
    for artifact in state.artifacts.values():
        findings += _wrong_types(artifact, facts.not_commits)
        findings += _clocks(artifact, facts.now)
        findings += _counters(artifact)
        findings += _shared_commits(artifact)
        findings += _moved_versions(artifact)
        findings += _mismatched_trailers(artifact)
        findings += _disallowed_stages(artifact, facts.stages)
    findings += _near_misses(facts.tags)
    findings += _case_collisions(state)
    findings += _annotations(facts)
    findings += _clone(state, facts)
    findings += _stale_locks(facts.stale_locks)
    return findings


def _skipped(tag: SkippedTag, symbolic: Mapping[str, str]) -> Finding:
    message = f"the tag is skipped: {tag.explanation}"
    if tag.ref in symbolic:  # `git tag -f` would write to the ref that it stands for
        message += f"; it stands for {symbolic[tag.ref]}"
        fix = TagFix(Hint(git("symbolic-ref", "--delete", TAGS + tag.ref)), (tag.ref,))
    elif tag.reason is SkipReason.LIGHTWEIGHT:
        fix = TagFix(Hint(git("tag", "-a", "-f", "-m", "made annotated", "--", tag.ref, f"{tag.ref}^{{}}")), (tag.ref,))
    else:
        fix = _deletion(tag.ref, restores=tag.is_lost)
    return Finding("skipped-tag", "error", tag.ref, message, tag_fixes=(fix,))


def _deletion(tag: str, *, restores: bool = False) -> TagFix:
    return TagFix(Hint(git("tag", "-d", "--", tag)), (tag,), restores)


def _wrong_types(artifact: Artifact, not_commits: Mapping[str, str]) -> Iterator[Finding]:
    """Git's own commands write no such tags. Readers trust the tag object, which saves a second lookup."""
    for event in artifact.events:
        kind = not_commits.get(event.commit)
        if kind == "missing":
            yield Finding(
                "missing-commit",
                "error",
                event.ref,
                f"the tag's commit {event.commit[:7]} is not in this repository; answers name it all the same",
                tag_fixes=(_deletion(event.ref, restores=True),),
            )
        elif kind is not None:
            yield Finding(
                "not-a-commit",
                "error",
                event.ref,
                f"the tag names {event.commit[:7]} as a commit, but it is a {kind}",
                tag_fixes=(_deletion(event.ref),),
            )


def _clocks(artifact: Artifact, now: int) -> Iterator[Finding]:
    for event in artifact.events:
        if event.timestamp > now + CLOCK_TOLERANCE:
            yield Finding(
                "future-date",
                "error",
                event.ref,
                f"the tag is dated {iso(event.timestamp)}, in the future; writing to {artifact.name!r} is refused",
                tag_fixes=(_deletion(event.ref),),
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
    by_commit: dict[str, list[Version]] = defaultdict(list)
    for version in active_versions(artifact):
        by_commit[version.commit].append(version)
    for commit, versions in by_commit.items():
        if len(versions) > 1:
            names = [version.version for version in versions]
            yield Finding(
                "shared-commit",
                "warning",
                f"{artifact.name}@{names[0]}",
                f"versions {', '.join(names)} share commit {commit[:7]}; GTO stops on this registry",
                tag_fixes=tuple(_deregistration(version) for version in reversed(versions)),
            )


def _deregistration(version: Version) -> TagFix:
    return TagFix(
        Hint(call("deregister", version.artifact, version.version, no_push=True)), (version.ref,) if version.ref else ()
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
            tag_fixes=(
                TagFix(
                    Hint(call("unassign", artifact.name, stage, all=True, no_push=True)),
                    tuple(event.ref for event in artifact.events if event.stage == stage),
                ),
            ),
        )


def _near_misses(tags: Iterable[str]) -> Iterator[Finding]:
    """Tags that somebody meant for the registry, but that no reader takes for its own."""
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for tag in sorted(tags):
        reason = near_miss(tag)
        if reason is not None:
            alike[re.split("[@#]", tag, maxsplit=1)[0], reason].append(tag)
    for (_, reason), names in alike.items():
        more = f" ({len(names) - 1} more like it)" if names[1:] else ""
        yield Finding(
            "near-miss", "warning", names[0], f"the tag is no registry tag, though it looks like one: {reason}{more}"
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
        yield Finding("invalid-file", "error", problem.place, problem.what)
    for name, type_ in facts.annotated_types.items():
        if facts.types is not None and type_ is not None and type_ not in facts.types:
            yield Finding(
                "type-not-allowed",
                "warning",
                name,
                f"type {type_!r} is not among the allowed ones: {', '.join(facts.types)}",
                Hint(call("annotate", name, type=facts.types[0])) if len(facts.types) == 1 else None,
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
            Hint(call("doctor", fix=True)),
        )
