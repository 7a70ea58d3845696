"""The difference between two versions of an artifact."""

from __future__ import annotations

from gittag_registry.errors import UsageError
from gittag_registry.git.history import commits_between, files_changed
from gittag_registry.model.names import Selector
from gittag_registry.model.results import Commit, Comparison, FileChange
from gittag_registry.registry import Registry


def compare(registry: Registry, old: Selector, new: Selector) -> Comparison:
    """Compare two versions of an artifact; a bare name stands for its latest version.

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
    annotation = after or before
    path = annotation.path if annotation and annotation.path and _is_inside(annotation.path) else None
    from gittag_registry.files.annotations import differences

    repository = registry.store.with_history()
    return Comparison(
        name,
        first,
        second,
        path,
        tuple(Commit(*fields) for fields in commits_between(repository, first.commit, second.commit)),
        tuple(FileChange(*fields) for fields in files_changed(repository, first.commit, second.commit, path)),
        tuple(differences(before, after)),
    )


def _is_inside(path: str) -> bool:
    """Whether a path is in the repository: no URL, not absolute, not above the top."""
    return "://" not in path and not path.startswith("/") and ".." not in path.split("/")
