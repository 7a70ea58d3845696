"""Collect facts about a registry, and run the checks on them."""

from __future__ import annotations

from dataclasses import replace

from gittag_registry.errors import RegistryError
from gittag_registry.files.loading import load_annotations, load_incompatible
from gittag_registry.files.yamlfile import YamlError
from gittag_registry.git.tags import list_tags, object_types, symbolic_tags
from gittag_registry.model.advice import RemoteTags, advise
from gittag_registry.model.checks import Facts, StaleLock, run_checks
from gittag_registry.model.findings import Finding, Problem
from gittag_registry.model.fold import RegistryState
from gittag_registry.registry import Registry


def diagnose(registry: Registry, now: int) -> list[Finding]:
    """Find the problems in a registry, and fixes that change nothing others rely on.

    The remote is asked only if a fix depends on its tags.

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
        incomplete=clone.incomplete,
        has_remote=clone.has_remote,
        tags={name: oid for oid, name in list_tags(registry.repository)},
        symbolic=symbolic_tags(registry.repository),
        not_commits=_not_commits(registry, state),
        stale_locks=tuple(StaleLock(lock.path, lock.age) for lock in clone.locks if lock.stale),
    )
    findings = [*run_checks(state, facts), *_incompatible_files(registry, state)]
    if not store.files_are_local:  # the fixes are for clones
        return [replace(finding, fix=None) for finding in findings]
    depends = clone.has_remote and any(finding.tag_fixes for finding in findings)
    remote = _remote_tags(registry) if depends else RemoteTags()
    return [advise(finding, facts.tags, remote) for finding in findings]


def _remote_tags(registry: Registry) -> RemoteTags:
    """The tags of the remote, or why they are not known."""
    try:
        target = registry.store.upstream(None, lambda: registry.settings)
        return RemoteTags(target.remote_name, target.list_tags())
    except RegistryError as error:
        return RemoteTags(unknown=error.message)


def _incompatible_files(registry: Registry, state: RegistryState) -> list[Finding]:
    """What GTO or DVC cannot read, though we can."""
    problems = load_incompatible(registry.store.with_files(), state.artifacts)
    return [Finding("incompatible-file", "warning", problem.place, problem.what) for problem in problems]


def _not_commits(registry: Registry, state: RegistryState) -> dict[str, str]:
    """The type of each object that a tag names as a commit, but that is something else, or "missing"."""
    commits = sorted({event.commit for artifact in state.artifacts.values() for event in artifact.events})
    kinds = zip(commits, object_types(registry.repository, commits), strict=True)
    return {oid: kind for oid, kind in kinds if kind != "commit"}
