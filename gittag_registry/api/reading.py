"""The functions that read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gittag_registry.errors import UsageError
from gittag_registry.hints import Hint, call
from gittag_registry.model import names
from gittag_registry.model.events import Event
from gittag_registry.model.fold import Version
from gittag_registry.model.names import TagName, parse_selector
from gittag_registry.model.queries import ALL, ArtifactRow, HistoryFilter, ReadOptions, Sort, StageVersion, VersionRow
from gittag_registry.registry import Registry

if TYPE_CHECKING:
    from gittag_registry.files.annotations import Annotation
    from gittag_registry.git.process import RepoLike


def open_registry(repo: RepoLike, *, offline: bool = False) -> Registry:
    """Open a registry to ask more than one question.

    Args:
        repo: a path in the repository, the address of a remote one, or a `git.Repo`.
        offline: answer from the cache of a remote repository, without asking the server.

    Raises:
        NotARepository: the path is no directory.

    >>> registry = open_registry(example)
    >>> registry.latest("churn").version
    'v1.1.0'
    """
    return Registry(repo, offline=offline)


def find_versions_in_stage(
    repo: RepoLike,
    name: str,
    stage: str,
    assignments_per_version: int = ALL,
    versions_per_stage: int = 1,
    registered_only: bool = False,
    *,
    at: int | None = None,
    deprecated: bool = False,
) -> list[StageVersion]:
    """The versions in a stage, newest assignment first; an empty list if there is none.

    Args:
        assignments_per_version: count only this number of newest stages of each version; -1: all.
        versions_per_stage: at most this number of versions; -1: all.
        registered_only: leave out commits that were assigned without a version.
        at: answer for this time, in seconds since 1970 UTC.
        deprecated: answer for deprecated artifacts too.

    Raises:
        NotFound: the artifact has no tags.

    >>> [current] = find_versions_in_stage(example, "churn", "prod")
    >>> current.version, current.ref, current.assigned_by
    ('v1.0.0', 'churn@v1.0.0', 'churn#prod#1')
    >>> find_versions_in_stage(example, "churn", "retired")
    []
    """
    options = ReadOptions(
        versions_per_stage, assignments_per_version, registered_only=registered_only, deprecated=deprecated
    )
    return Registry(repo).which(name, stage, at=at, options=options)


def find_latest_version(repo: RepoLike, name: str, *, pre: bool = False, deprecated: bool = False) -> Version | None:
    """The highest active version, or None; a pre-release only if `pre` or if there is nothing else.

    Raises:
        NotFound: the artifact has no tags.

    >>> find_latest_version(example, "churn").version
    'v1.1.0'
    """
    return Registry(repo).latest(name, options=ReadOptions(pre=pre, deprecated=deprecated))


def show(
    repo: RepoLike,
    name: str | None = None,
    *,
    registered_only: bool = False,
    deprecated: bool = False,
    assignments_per_version: int = ALL,
    versions_per_stage: int = 1,
    sort: Sort = "timestamp",
) -> list[ArtifactRow] | list[VersionRow]:
    """All artifacts, or the versions that a name or selector names.

    Raises:
        NotFound: the artifact has no tags.

    >>> [(row.artifact, row.latest, row.stages) for row in show(example)]
    [('churn', 'v1.1.0', {'prod': ['v1.0.0']})]
    >>> [(row.version.version, row.stages) for row in show(example, "churn")]
    [('v1.1.0', ()), ('v1.0.0', ('prod',))]
    """
    options = ReadOptions(versions_per_stage, assignments_per_version, sort, registered_only, deprecated=deprecated)
    if name is None:
        return list(Registry(repo).show(options=options).rows)
    return Registry(repo).show_artifact(parse_selector(name), options=options)


def history(repo: RepoLike, artifact: str | None = None, ascending: bool = False) -> list[Event]:
    """The events, newest first, of the registry or of what a name or selector names.

    Raises:
        NotFound: the artifact has no tags.

    >>> [(event.event, event.ref) for event in history(example, "churn", ascending=True)][:2]
    [('registration', 'churn@v1.0.0'), ('assignment', 'churn#prod#1')]
    """
    selector = parse_selector(artifact) if artifact is not None else None
    return Registry(repo).history(HistoryFilter(selector), ascending=ascending)


def check_ref(repo: RepoLike, ref: str) -> Event:
    """The event of a tag.

    Raises:
        NotARegistryTag: no registry tag can have this name; a `NotFound`, as the following.
        NotFound: there is no such tag.
        UnreadableTag: there is one, and it is skipped.

    >>> check_ref(example, "refs/tags/churn#prod#1").version
    'v1.0.0'
    """
    return Registry(repo).check_ref(ref)


def get_stages(repo: RepoLike, allowed: bool = False, used: bool = False) -> list[str]:
    """The stages that the configuration allows; if it does not restrict them, those ever assigned.

    Args:
        allowed: only those that the configuration allows.
        used: only those ever assigned.

    >>> get_stages(example)
    ['prod']
    """
    return Registry(repo).stages(allowed=allowed, used=used)


def parse_tag(name: str) -> TagName:
    """The parts of a registry tag's name.

    Raises:
        UsageError: it is not a registry tag's name.

    >>> parse_tag("churn@v1.2.0!").kind.value
    'deregistration'
    """
    tag = names.parse_tag(name)
    if tag is None:
        raise UsageError(f"{name!r} is not a registry tag", hint=Hint(call("help", "tag-format")))
    return tag


def describe(repo: RepoLike, name: str, rev: str | None = None) -> Annotation:
    """The annotation of an artifact: now, at a revision, or on the commit of the version that a selector names.

    Raises:
        NotFound: the artifact is not annotated.

    >>> describe(example, "churn").type
    'model'
    """
    return Registry(repo).describe(parse_selector(name), revision=rev)[0]
