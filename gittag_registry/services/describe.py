"""The annotation of an artifact, now or on a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gittag_registry.errors import NotFound, UsageError, did_you_mean
from gittag_registry.registry import Registry

if TYPE_CHECKING:
    from gittag_registry.files.annotations import Annotation
    from gittag_registry.model.names import Selector


def describe(registry: Registry, selector: Selector, *, revision: str | None = None) -> tuple[Annotation, str | None]:
    """The annotation of an artifact: now, at a revision, or on the commit of the version that a selector names.

    Returns:
        The annotation, and the commit it was read from; None for the present files.

    Raises:
        UsageError: both a revision and a version are given.
        NotFound: there is no annotation, or no such version.
    """
    if revision is not None and selector.narrow:
        raise UsageError("give either a revision or a selector that names a version")
    commit = registry.select(selector).commit if selector.narrow else None
    if revision is not None:
        commit = registry.resolve(revision)
    entries = registry.annotations(commit, artifacts=[selector.artifact])
    if selector.artifact in entries:
        return entries[selector.artifact], commit
    where = f"on commit {commit[:7]}" if commit else "in artifacts.yaml or dvc.yaml"
    raise NotFound(
        f"artifact {selector.artifact!r} is not annotated {where}",
        hint=did_you_mean(selector.artifact, entries),
    )
