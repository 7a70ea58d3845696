"""The difference between two versions of an artifact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gittag_registry.errors import UsageError
from gittag_registry.git.content import Commit, FileChange, commits_between, files_changed
from gittag_registry.grammar import Selector
from gittag_registry.registry import Registry
from gittag_registry.state import Version


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one version to another."""

    artifact: str
    old: Version
    new: Version
    path: str | None
    """where the artifact is, by its newer annotation; files elsewhere are left out"""
    commits: tuple[Commit, ...]
    """those that lead to the new version and not to the old, newest first"""
    files: tuple[FileChange, ...]
    annotations: tuple[tuple[str, Any, Any], ...]
    """the keys of the annotation that differ, with both values"""


def compare(registry: Registry, old: Selector, new: Selector) -> Comparison:
    """Compare two versions of an artifact; a bare name means its latest version.

    Raises:
        UsageError: the selectors name different artifacts.
        NotFound: one of them names no version.
    """
    if old.artifact != new.artifact:
        raise UsageError(f"{old.artifact!r} and {new.artifact!r} are two artifacts; diff compares versions of one")
    name = old.artifact
    first, second = registry.select(old), registry.select(new)
    before = registry.annotations(first.commit, artifacts=[name]).get(name)
    after = registry.annotations(second.commit, artifacts=[name]).get(name)
    known = after or before
    path = known.path if known and known.path and _is_inside(known.path) else None
    from gittag_registry.annotations import differences

    repository = registry.place.with_history()
    return Comparison(
        name,
        first,
        second,
        path,
        tuple(commits_between(repository, first.commit, second.commit)),
        tuple(files_changed(repository, first.commit, second.commit, path)),
        tuple(differences(before, after)),
    )


def _is_inside(path: str) -> bool:
    """Whether a path is one in the repository: no URL, not absolute, not above the top."""
    return "://" not in path and not path.startswith("/") and ".." not in path.split("/")
