"""From a repository's tags to a registry state: list, read, decode, fold."""

from __future__ import annotations

from collections.abc import Iterator

from gittag_registry.errors import NotFound, did_you_mean
from gittag_registry.events import LARGEST_TAG, Event, SkippedTag, TagRecord, decode, is_tag_of_tag
from gittag_registry.git.process import Repository
from gittag_registry.git.tags import list_tags, peel, read_objects
from gittag_registry.grammar import TagName, parse_tag, tag_patterns
from gittag_registry.state import Artifact, RegistryState, fold


def read_state(repository: Repository, artifact: str | None = None, *, until: int | None = None) -> RegistryState:
    """The state of a registry, or of one artifact of it.

    Args:
        artifact: read only this artifact's tags.
        until: leave out what happened later (seconds since 1970 UTC).
    """
    return fold(read_events(repository, artifact), until)


def read_events(repository: Repository, artifact: str | None = None) -> Iterator[Event | SkippedTag]:
    """Every registry tag, decoded, or those of one artifact."""
    patterns = tag_patterns(artifact) if artifact is not None else ()
    refs = [
        (oid, name, tag)
        for oid, name in list_tags(repository, patterns)
        if (tag := parse_tag(name)) is not None and (artifact is None or tag.artifact == artifact)
    ]
    if not refs:
        return
    nested: list[tuple[TagRecord, TagName]] = []
    objects = read_objects(repository, [oid for oid, _, _ in refs], LARGEST_TAG)
    for (oid, name, tag), found in zip(refs, objects, strict=True):
        record = TagRecord(name, oid, found.type, found.size, found.data)
        event = decode(record, tag)
        if isinstance(event, SkippedTag) and is_tag_of_tag(record):
            nested.append((record, tag))
        else:
            yield event
    if nested:
        commits = peel(repository, [record.oid for record, _ in nested])
        for (record, tag), commit in zip(nested, commits, strict=True):
            yield decode(record._replace(peeled=commit), tag)


def artifact_names(
    repository: Repository, patterns: list[str] | None = None, *, ignore_case: bool = False
) -> list[str]:
    """The artifacts that registry tags name, without reading the tags."""
    tags = (parse_tag(name) for _, name in list_tags(repository, patterns or (), ignore_case=ignore_case))
    return sorted({tag.artifact for tag in tags if tag is not None})


def unknown_artifact(repository: Repository, artifact: Artifact) -> NotFound:
    """The error that says that no event tells of an artifact, with what may have been meant."""
    if artifact.skipped:
        return NotFound(f"artifact {artifact.name!r} has no readable tag", hint="git registry doctor")
    names = artifact_names(repository)
    hint = did_you_mean(artifact.name, names) or "list them: git registry show"
    if not names:
        hint = "this repository has no registry tags; get those of a remote: git fetch --tags"
    return NotFound(f"artifact {artifact.name!r} is not registered", hint=hint)
