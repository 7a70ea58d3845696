"""The functions that read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, cast

from gittag_registry.model.arguments import checked
from gittag_registry.model.events import Event
from gittag_registry.model.names import Kind, TagName, as_selector, check_tag, parse_selector
from gittag_registry.model.queries import ALL, ArtifactRow, HistoryFilter, ReadOptions, Sort, VersionRow
from gittag_registry.model.state import StageVersion, Version
from gittag_registry.model.times import beginning
from gittag_registry.registry import Registry

if TYPE_CHECKING:
    from gittag_registry.files.annotations import Annotation
    from gittag_registry.git.process import RepoLike
    from gittag_registry.model.times import Moment


def registry_of(repo: RepoLike | Registry) -> Registry:
    """The registry that a caller passed, or that of a repository."""
    return repo if isinstance(repo, Registry) else Registry(repo)


@checked
def open_registry(
    repo: RepoLike,
    *,
    offline: bool = False,
    max_age: float | None = None,
    last_known: bool = False,
    on_warning: Callable[[str], None] | None = None,
) -> Registry:
    """Open a registry to ask more than one question.

    Args:
        repo: a path in the repository, the address of a remote one, the name of a remote such as ``origin``, or an
            opened repository.
        offline: answer from the cache of a remote repository, without asking the server.
        max_age: answer from the cache if the server listed these tags at most so many seconds ago.
        last_known: answer from the cache if the server is `Unreachable`. The answer's `last_known` is then the time
            when the server last listed these tags; otherwise it is None.
        on_warning: called with each warning, in one line: of skipped tags, or that the server is down.

    Raises:
        NotARepository: the path is no directory.

    >>> registry = open_registry(example, max_age=60, last_known=True)
    >>> registry.current("churn", "prod").version, registry.latest("churn").last_known
    ('v1.0.0', None)
    """
    return Registry(repo, offline=offline, max_age=max_age, last_known=last_known, on_warning=on_warning)


@checked
def current(
    repo: RepoLike | Registry, name: str, stage: str, *, at: Moment | None = None, deprecated: bool = False
) -> StageVersion | None:
    """The version in a stage, the newest if there are several; None if the stage is empty.

    Args:
        repo: a path, the address of a remote repository, an opened repository, or a `Registry`.
        at: answer for this time.
        deprecated: answer for deprecated artifacts too.

    Raises:
        NotFound: the artifact has no tags.
        Unreachable: the server cannot be reached; it may work later.
        RemoteError: the server cannot be used: `AccessDenied`, `ProtocolNotAllowed`, no such repository, ...

    >>> current(example, "churn", "prod").commit == find_latest_version(example, "churn").commit
    False
    >>> current(example, "churn", "retired") is None
    True
    """
    return registry_of(repo).current(name, stage, at=at, options=ReadOptions(deprecated=deprecated))


@checked
def find_versions_in_stage(
    repo: RepoLike | Registry,
    name: str,
    stage: str,
    assignments_per_version: int = ALL,
    versions_per_stage: int = 1,
    registered_only: bool = False,
    *,
    at: Moment | None = None,
    deprecated: bool = False,
) -> list[StageVersion]:
    """The versions in a stage, newest assignment first; an empty list if there is none.

    Args:
        repo: a path, the address of a remote repository, an opened repository, or a `Registry`.
        assignments_per_version: count only this number of newest stages of each version; -1: all.
        versions_per_stage: at most this number of versions; -1: all.
        registered_only: leave out commits that were assigned without a version.
        at: answer for this time.
        deprecated: answer for deprecated artifacts too.

    Raises:
        NotFound: the artifact has no tags.
        Unreachable: the server cannot be reached; it may work later.
        RemoteError: the server cannot be used: `AccessDenied`, `ProtocolNotAllowed`, no such repository, ...

    >>> [model] = find_versions_in_stage(example, "churn", "prod")
    >>> model.version, model.ref, model.registered_by
    ('v1.0.0', 'churn#prod#1', 'churn@v1.0.0')
    >>> find_versions_in_stage(example, "churn", "prod", at="2023-11-14T22:00Z")
    []
    """
    options = ReadOptions(
        versions_per_stage, assignments_per_version, registered_only=registered_only, deprecated=deprecated
    )
    return registry_of(repo).which(name, stage, at=at, options=options)


@checked
def find_latest_version(
    repo: RepoLike | Registry, name: str, *, pre: bool = False, deprecated: bool = False
) -> Version | None:
    """The highest active version, or None; a pre-release only if `pre` or if there is nothing else.

    Raises:
        NotFound: the artifact has no tags.

    >>> find_latest_version(example, "churn").version
    'v1.1.0'
    """
    return registry_of(repo).latest(name, options=ReadOptions(pre=pre, deprecated=deprecated))


@checked
def show(
    repo: RepoLike | Registry,
    name: str | None = None,
    *,
    registered_only: bool = False,
    deprecated: bool = False,
    assignments_per_version: int = ALL,
    versions_per_stage: int = 1,
    sort: Sort = "timestamp",
    at: Moment | None = None,
) -> list[ArtifactRow] | list[VersionRow]:
    """All artifacts, or the versions that a name or selector names; now, or at a time.

    Raises:
        NotFound: the artifact has no tags.

    >>> [(row.artifact, row.latest, row.stages) for row in show(example)]
    [('churn', 'v1.1.0', {'prod': ['v1.0.0']})]
    >>> [(row.version.version, row.stages) for row in show(example, "churn")]
    [('v1.1.0', ()), ('v1.0.0', ('prod',))]
    >>> show(example, at="2001-01-01")
    []
    """
    options = ReadOptions(versions_per_stage, assignments_per_version, sort, registered_only, deprecated=deprecated)
    if name is None:
        return list(registry_of(repo).show(at=at, options=options).rows)
    return registry_of(repo).show_artifact(parse_selector(name), at=at, options=options)


@checked
def history(
    repo: RepoLike | Registry,
    artifact: str | None = None,
    ascending: bool = False,
    *,
    since: Moment | None = None,
    until: Moment | None = None,
    events: Iterable[Kind | str] = (),
    stage: str | None = None,
    author: str | None = None,
) -> list[Event]:
    """The events, newest first, of the registry or of what a name or selector names.

    Args:
        artifact: a name or a selector.
        since: leave out earlier events; of a date alone, those before it began.
        until: leave out later events.
        events: only events of these kinds, such as ``["assignment", "unassignment"]``.
        stage: only events of this stage.
        author: only events whose author's name or address has this in it, in any case.

    Raises:
        NotFound: the artifact has no tags.

    >>> [(event.event, event.ref) for event in history(example, "churn", ascending=True)][:2]
    [('registration', 'churn@v1.0.0'), ('assignment', 'churn#prod#1')]
    >>> [event.ref for event in history(example, events=["assignment"], until="2030-01-01")]
    ['churn#prod#1']
    """
    registry = registry_of(repo)
    wanted = HistoryFilter(
        as_selector(artifact) if artifact is not None else None,
        since=registry.moment(beginning(since)),
        until=registry.moment(until),
        kinds=[cast("Kind", event) for event in events],  # `Registry.history` checks them
        stage=stage,
        author=author,
    )
    return registry.history(wanted, ascending=ascending)


@checked
def check_ref(repo: RepoLike | Registry, ref: str) -> Event:
    """The event of a tag.

    Raises:
        NotARegistryTag: no registry tag can have this name; a `NotFound`, as the following.
        NotFound: there is no such tag.
        UnreadableTag: there is one, and it is skipped.

    >>> check_ref(example, "refs/tags/churn#prod#1").version
    'v1.0.0'
    """
    return registry_of(repo).check_ref(ref)


@checked
def get_stages(repo: RepoLike | Registry, allowed: bool = False, used: bool = False) -> list[str]:
    """The stages that the configuration allows; if it does not restrict them, those ever assigned.

    Args:
        allowed: only those that the configuration allows.
        used: only those ever assigned.

    >>> get_stages(example)
    ['prod']
    """
    return registry_of(repo).stages(allowed=allowed, used=used)


@checked
def parse_tag(name: str) -> TagName:
    """The parts of a registry tag's name.

    Raises:
        UsageError: it is not a registry tag's name.

    >>> parse_tag("churn@v1.2.0!").kind.value
    'deregistration'
    """
    return check_tag(name)


@checked
def describe(repo: RepoLike | Registry, name: str, rev: str | None = None) -> Annotation:
    """The annotation of an artifact: now, at a revision, or on the commit of the version that a selector names.

    Raises:
        NotFound: the artifact is not annotated.

    >>> describe(example, "churn").type
    'model'
    """
    from gittag_registry.services.describe import describe as read_annotation

    return read_annotation(registry_of(repo), parse_selector(name), revision=rev)[0]
