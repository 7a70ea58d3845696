"""The annotation of an artifact, now or on a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gittag_registry.errors import NotFound, Refused, UsageError, did_you_mean
from gittag_registry.hints import Hint, call
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
    warn_of_settings(registry)
    commit = registry.select(selector).commit if selector.narrow else None
    if revision is not None:
        commit = registry.resolve(revision)
    entries = registry.annotations(commit, artifacts=[selector.artifact])
    if selector.artifact in entries:
        return entries[selector.artifact], commit
    where = f"on commit {commit[:7]}" if commit else "in artifacts.yaml or dvc.yaml"
    raise NotFound(
        f"artifact {selector.artifact!r} is not annotated {where}",
        hint=did_you_mean(selector.artifact, entries)
        or (
            Hint("a version has the annotation of its commit; the present one: ", call("describe", selector.artifact))
            if commit
            else Hint(call("annotate", selector.artifact, type="model"), " adds one")
        ),
    )


def warn_of_settings(registry: Registry) -> None:
    """Warn of settings that are not obeyed, such as GTO's `index`, unless that costs a connection."""
    if registry.store.files_are_local:
        try:
            _ = registry.configuration
        except Refused as error:  # it does not matter to those who read annotations
            registry.on_warning(error.message)
