"""From a repository's tags to a registry state: list, read, decode, fold."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from gittag_registry.errors import NotFound, did_you_mean
from gittag_registry.git.clone import remote_names
from gittag_registry.git.process import Repository
from gittag_registry.git.tags import list_tags, peel, read_objects
from gittag_registry.model.events import LARGEST_TAG, Event, SkippedTag, TagRecord, decode, is_tag_of_tag
from gittag_registry.model.fold import Artifact, RegistryState, fold
from gittag_registry.model.names import TagName, parse_tag, tag_prefixes

if TYPE_CHECKING:
    from gittag_registry.hints import Hint

Refs = Iterable[tuple[str, str]]
"""object ids and names of tags"""


def read_state(
    repository: Repository, artifact: str | None = None, *, until: int | None = None, refs: Refs | None = None
) -> RegistryState:
    """The state of a registry, or of one artifact of it.

    Args:
        artifact: read only this artifact's tags.
        until: leave out what happened later (seconds since 1970 UTC).
        refs: the tags, if they were listed already; their objects are in the repository.
    """
    return fold(read_events(repository, artifact, refs), until)


def list_artifact(repository: Repository, artifact: str | None) -> list[tuple[str, str]]:
    """The tags to read for an artifact, or for all."""
    return list_tags(repository, tag_prefixes(artifact))


def read_events(
    repository: Repository, artifact: str | None = None, refs: Refs | None = None
) -> Iterator[Event | SkippedTag]:
    """All registry tags, or those of one artifact, decoded."""
    listed = [
        (oid, name, tag)
        for oid, name in (list_artifact(repository, artifact) if refs is None else refs)
        if (tag := parse_tag(name)) is not None and (artifact is None or tag.artifact == artifact)
    ]
    if not listed:
        return
    nested: list[tuple[TagRecord, TagName]] = []
    objects = read_objects(repository, [oid for oid, _, _ in listed], LARGEST_TAG)
    for (oid, name, tag), stored in zip(listed, objects, strict=True):
        record = TagRecord(name, oid, stored.type, stored.size, stored.data)
        event = decode(record, tag)
        if isinstance(event, SkippedTag) and is_tag_of_tag(record):
            nested.append((record, tag))
        else:
            yield event
    if nested:
        commits = peel(repository, [record.oid for record, _ in nested])
        for (record, tag), commit in zip(nested, commits, strict=True):
            yield decode(record._replace(peeled=commit), tag)


def lost_tag(artifact: Artifact) -> SkippedTag | None:
    """A tag of the artifact whose object is missing or damaged in this repository, if there is one."""
    return next((tag for tag in artifact.skipped if tag.is_lost), None)


def artifacts_of(refs: Refs) -> list[str]:
    """The artifacts that have registry tags, from the names of the tags alone."""
    tags = (parse_tag(name) for _, name in refs)
    return sorted({tag.artifact for tag in tags if tag is not None})


def skipped_warnings(skipped: Sequence[SkippedTag], *, every: bool) -> list[str]:
    """A warning of each skipped tag, or one of all."""
    if every or not skipped:
        return [f"skipped tag {tag.ref!r}: {tag.explanation}" for tag in skipped]
    first = f"{skipped[0].ref!r}: {skipped[0].explanation}"
    what = f"tag {first}" if len(skipped) == 1 else f"{len(skipped)} tags, one of them {first}"
    from gittag_registry.hints import Hint, call

    return [Hint(f"skipped {what} (all of them: ", call("doctor"), ")")]


def more_tags(repository: Repository) -> Hint | None:
    """A hint on how to get tags of the remote, if there is one."""
    from gittag_registry.hints import Hint, call

    return Hint(call("fetch"), " gets the tags of the remote") if remote_names(repository) else None


def missing_tags(reason: str) -> Hint:
    """What it means for answers that a clone is incomplete, and what to do; a reason of `git.clone`."""
    from gittag_registry.hints import Hint, call

    return Hint(f"{reason}, so tags of the remote may be missing here; ", call("fetch"), " gets them")


class IncompleteWarning:
    """The warning that a clone may lack tags of its remote, given once.

    Args:
        tell: is called with it; None: Python's `warnings`, because an answer that may be wrong must not be silent.
    """

    def __init__(self, tell: Callable[[str], None] | None) -> None:
        self._tell: Callable[[str], None] | None = tell or warnings.warn

    def warn_of(self, reason: str | None) -> None:
        """Warn, if there is a reason why the clone is incomplete."""
        if self._tell and reason:
            tell, self._tell = self._tell, None
            tell(missing_tags(reason))


def unknown_artifact(
    artifact: Artifact, names: list[str], more_tags: str | None = None, incomplete: str | None = None
) -> NotFound:
    """The error for an artifact without events, with a suggestion.

    Args:
        names: the artifacts that have tags.
        more_tags: a hint on how to get tags of a remote.
        incomplete: why the repository may lack tags of its remote.
    """
    from gittag_registry.hints import Hint, call

    if artifact.skipped:
        return NotFound(f"artifact {artifact.name!r} has no readable tag", hint=Hint(call("doctor")))
    hint = did_you_mean(artifact.name, names) or Hint("list them: ", call("show"))
    if not names:
        hint = Hint("this repository has no registry tags", *(("; ", more_tags) if more_tags else ()))
    elif incomplete:
        hint = missing_tags(incomplete)
    return NotFound(f"artifact {artifact.name!r} is not registered", hint=hint)
