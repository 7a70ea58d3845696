"""Gather what `doctor` needs to know of a repository, and let it examine."""

from __future__ import annotations

from gittag_registry.doctor import Facts, Finding, examine
from gittag_registry.errors import RegistryError
from gittag_registry.git import content
from gittag_registry.git.tags import object_types
from gittag_registry.reader import read_state
from gittag_registry.registry import Registry
from gittag_registry.sources import load_annotations
from gittag_registry.yamlfile import Problem, YamlError


def check_up(registry: Registry, now: int) -> list[Finding]:
    """Examine a registry.

    Args:
        now: seconds since 1970 UTC.
    """
    state = read_state(registry.repository)  # not the registry's, which would warn of what is found anyway
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
    annotations = load_annotations(registry.repository, artifacts=state.artifacts)
    facts = Facts(
        now=now,
        stages=stages,
        types=types,
        annotations=annotations.entries if annotations else None,
        problems=(*problems, *(annotations.problems if annotations else ())),
        shallow=content.is_shallow(registry.repository),
        not_commits={oid: kind for oid, kind in kinds if kind not in ("commit", "missing")},
        has_remote=bool(content.remotes(registry.repository)),
    )
    return examine(state, facts)
