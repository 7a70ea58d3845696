"""Collect facts about a registry, and run the checks on them."""

from __future__ import annotations

from gittag_registry.errors import RegistryError
from gittag_registry.files.loading import load_annotations, load_incompatible
from gittag_registry.files.yamlfile import YamlError
from gittag_registry.git.tags import object_types
from gittag_registry.model.checks import Facts, StaleLock, run_checks
from gittag_registry.model.findings import Finding, Problem
from gittag_registry.model.fold import RegistryState
from gittag_registry.registry import Registry


def diagnose(registry: Registry, now: int) -> list[Finding]:
    """Find the problems in a registry.

    Args:
        now: seconds since 1970 UTC.
    """
    store = registry.store
    state = store.state()  # `registry.state` would also warn of the tags that are findings
    problems: list[Problem] = []
    stages = types = None
    try:
        if registry.settings:
            stages, types = registry.settings.stages, registry.settings.types
    except YamlError as error:
        problems += error.problems
    except RegistryError as error:
        problems.append(Problem("environment", None, "", error.message))
    annotations = load_annotations(store.with_files(), artifacts=state.artifacts)
    clone = store.clone_facts()
    facts = Facts(
        now=now,
        stages=stages,
        types=types,
        annotated_types={name: entry.type for name, entry in annotations.entries.items()} if annotations else {},
        problems=(*problems, *(annotations.problems if annotations else ())),
        shallow=clone.shallow,
        has_remote=clone.has_remote,
        not_commits=_not_commits(registry, state),
        stale_locks=tuple(StaleLock(lock.path, lock.age) for lock in clone.locks if lock.stale),
    )
    return [*run_checks(state, facts), *_incompatible_files(registry, state)]


def _incompatible_files(registry: Registry, state: RegistryState) -> list[Finding]:
    """What GTO or DVC cannot read, though we can."""
    problems = load_incompatible(registry.store.with_files(), state.artifacts)
    return [Finding("incompatible-file", "warning", *_told(problem)) for problem in problems]


def _told(problem: Problem) -> tuple[str, str]:
    return problem.place, f"{problem.key}: {problem.message}" if problem.key else problem.message


def _not_commits(registry: Registry, state: RegistryState) -> dict[str, str]:
    """The type of each object that a tag names as a commit, but that is something else."""
    commits = sorted({event.commit for artifact in state.artifacts.values() for event in artifact.events})
    kinds = zip(commits, object_types(registry.repository, commits), strict=True)
    return {oid: kind for oid, kind in kinds if kind not in ("commit", "missing")}
