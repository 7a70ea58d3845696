"""Gather what `doctor` needs to know of a repository, and let it run_checks."""

from __future__ import annotations

from gittag_registry.errors import Refused, RegistryError
from gittag_registry.files.loading import load_annotations
from gittag_registry.files.yamlfile import YamlError
from gittag_registry.git import content
from gittag_registry.git.lock import writer_lock
from gittag_registry.git.tags import object_types
from gittag_registry.git.transaction import ref_locks, remove_lock
from gittag_registry.model.checks import Facts, StaleLock, run_checks
from gittag_registry.model.findings import Finding, Problem
from gittag_registry.registry import Registry


def diagnose(registry: Registry, now: int) -> list[Finding]:
    """Examine a registry.

    Args:
        now: seconds since 1970 UTC.
    """
    place = registry.place
    state = place.state()  # not the registry's, which would warn of what is found anyway
    problems: list[Problem] = []
    stages = types = None
    try:
        if registry.configuration:
            stages, types = registry.configuration.settings.stages, registry.configuration.settings.types
    except YamlError as error:
        problems += error.problems
    except RegistryError as error:
        problems.append(Problem("environment", None, "", error.message))
    commits = sorted({event.commit for artifact in state.artifacts.values() for event in artifact.events})
    kinds = zip(commits, object_types(registry.repository, commits), strict=True)
    annotations = load_annotations(place.with_files(), artifacts=state.artifacts)
    facts = Facts(
        now=now,
        stages=stages,
        types=types,
        annotated_types={name: entry.type for name, entry in annotations.entries.items()} if annotations else {},
        problems=(*problems, *(annotations.problems if annotations else ())),
        shallow=not place.remote and content.is_shallow(registry.repository),  # a cache is meant to be
        not_commits={oid: kind for oid, kind in kinds if kind not in ("commit", "missing")},
        has_remote=not place.remote and bool(content.remotes(registry.repository)),
        stale_locks=() if place.remote else tuple(_stale_locks(registry)),
    )
    return run_checks(state, facts)


def remove_stale_locks(registry: Registry) -> list[str]:
    """Remove the locks of tags that git processes left behind when they were ended; returns their paths.

    Raises:
        Refused: the registry is on a server.
        GitFailed: a lock cannot be removed.
    """
    if registry.place.remote:
        raise Refused("locks can only be removed where the repository is", hint="run doctor --fix there")
    with writer_lock(registry.repository):
        stale = [lock for lock in ref_locks(registry.repository) if lock.stale]
        for lock in stale:
            remove_lock(registry.repository, lock)
    return [lock.path for lock in stale]


def _stale_locks(registry: Registry) -> list[StaleLock]:
    return [StaleLock(lock.path, lock.age) for lock in ref_locks(registry.repository) if lock.stale]
