"""The functions deployment code calls, with GTO's names and argument order.

Every function takes the repository first: a path in it, or a `git.Repo`. None of them prints; all errors are
`gittag_registry.RegistryError`. Whoever asks more than one question may keep an `open_registry(repo)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from gittag_registry import grammar, queries
from gittag_registry.commands import Assign, Command, Deprecate, Deregister, Register, Rollback, Unassign
from gittag_registry.errors import UsageError
from gittag_registry.events import Event
from gittag_registry.grammar import TagName, parse_selector
from gittag_registry.queries import ALL, ArtifactRow, HistoryFilter, Reading, Sort, StageVersion, VersionRow
from gittag_registry.registry import Registry
from gittag_registry.state import Version
from gittag_registry.versions import Bump, parse_version

if TYPE_CHECKING:
    from gittag_registry.annotations import Annotation
    from gittag_registry.git.process import RepoLike

__all__ = [
    "annotate",
    "assign",
    "check_ref",
    "deprecate",
    "deregister",
    "describe",
    "find_latest_version",
    "find_versions_in_stage",
    "get_stages",
    "history",
    "open_registry",
    "parse_tag",
    "register",
    "remove",
    "rollback",
    "show",
    "unassign",
]


def open_registry(repo: RepoLike) -> Registry:
    """Open a registry to ask more than one question.

    Args:
        repo: a path in the repository, or a `git.Repo`.

    Raises:
        NotARepository: the path is no directory.

    >>> registry = open_registry(example)
    >>> registry.latest("churn").version
    'v1.1.0'
    """
    return Registry(repo)


def find_versions_in_stage(
    repo: RepoLike,
    name: str,
    stage: str,
    assignments_per_version: int = ALL,
    versions_per_stage: int = 1,
    registered_only: bool = False,
    *,
    at: int | None = None,
) -> list[StageVersion]:
    """The versions in a stage, newest assignment first; an empty list when there is none.

    Args:
        assignments_per_version: count only the newest so many stages of each version; -1: all.
        versions_per_stage: at most so many versions; -1: all.
        registered_only: leave out commits that were assigned without a version.
        at: ask for the state at this time, in seconds since 1970 UTC.

    Raises:
        NotFound: no tag speaks of the artifact.

    >>> [held] = find_versions_in_stage(example, "churn", "prod")
    >>> held.version, held.ref, held.assigned_by
    ('v1.0.0', 'churn@v1.0.0', 'churn#prod#1')
    >>> find_versions_in_stage(example, "churn", "retired")
    []
    """
    reading = Reading(versions_per_stage, assignments_per_version, registered_only=registered_only)
    return Registry(repo).which(name, stage, at=at, reading=reading)


def find_latest_version(repo: RepoLike, name: str, *, pre: bool = False) -> Version | None:
    """The highest active version, or None; a pre-release only if `pre` or if there is nothing else.

    Raises:
        NotFound: no tag speaks of the artifact.

    >>> find_latest_version(example, "churn").version
    'v1.1.0'
    """
    return Registry(repo).latest(name, pre=pre)


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
    """All artifacts, or the versions of the artifact that a name or selector means.

    Raises:
        NotFound: no tag speaks of the artifact.

    >>> [(row.artifact, row.latest, row.stages) for row in show(example)]
    [('churn', 'v1.1.0', {'prod': ['v1.0.0']})]
    >>> [(row.version.version, row.stages) for row in show(example, "churn")]
    [('v1.1.0', ()), ('v1.0.0', ('prod',))]
    """
    reading = Reading(versions_per_stage, assignments_per_version, sort, registered_only)
    if name is None:
        return list(Registry(repo).show(reading=reading, deprecated=deprecated).rows)
    return Registry(repo).show_artifact(parse_selector(name), reading=reading, deprecated=deprecated)


def history(repo: RepoLike, artifact: str | None = None, ascending: bool = False) -> list[Event]:
    """What happened, newest first, in the registry or to the artifact that a name or selector means.

    Raises:
        NotFound: no tag speaks of the artifact.

    >>> [(event.event, event.ref) for event in history(example, "churn", ascending=True)][:2]
    [('registration', 'churn@v1.0.0'), ('assignment', 'churn#prod#1')]
    """
    selector = parse_selector(artifact) if artifact is not None else None
    return Registry(repo).history(HistoryFilter(selector), ascending=ascending)


def check_ref(repo: RepoLike, ref: str) -> Event:
    """What a tag says.

    Raises:
        NotFound: there is no such tag, or it is no registry tag.

    >>> check_ref(example, "refs/tags/churn#prod#1").version
    'v1.0.0'
    """
    return Registry(repo).check_ref(ref)


def get_stages(repo: RepoLike, allowed: bool = False, used: bool = False) -> list[str]:
    """The stages: those the configuration allows if it does, else those ever assigned; or either, if asked for.

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
    tag = grammar.parse_tag(name)
    if tag is None:
        raise UsageError(f"{name!r} is not a registry tag", hint="git registry help tag-format")
    return tag


def describe(repo: RepoLike, name: str) -> Annotation:
    """What `artifacts.yaml` says of an artifact, now or on the commit of the version a selector names.

    Raises:
        NotFound: it says nothing.

    >>> describe(example, "churn").type
    'model'
    """
    return Registry(repo).describe(parse_selector(name))[0]


def register(
    repo: RepoLike,
    name: str,
    ref: str = "HEAD",
    version: str | None = None,
    message: str | None = None,
    simple: bool | None = None,
    force: bool = False,
    bump_major: bool = False,
    bump_minor: bool = False,
    bump_patch: bool = False,
    *,
    author: str | None = None,
    author_email: str | None = None,
) -> Event | None:
    """Register a commit as a version: a given one, or the next after the highest ever registered.

    Returns:
        The registration; None when the commit is this version already.

    Raises:
        Conflict: the version is registered elsewhere, or the commit has another one.

    >>> register(example, "segment", version="v0.4.1").ref
    'segment@v0.4.1'
    """
    parts: dict[Bump, bool] = {"major": bump_major, "minor": bump_minor, "patch": bump_patch}
    bumps = [part for part, asked in parts.items() if asked]
    if len(bumps) + (version is not None) > 1:
        raise UsageError("a version, or one part to bump: not both")
    registry = Registry(repo)
    command = Register(
        artifact=name,
        commit=registry.resolve(ref),
        version=parse_version(version) if version is not None else None,
        bump=bumps[0] if bumps else None,
        message=message,
        simple=simple,
        force=force,
    )
    return _write(registry, command, author, author_email)


def assign(
    repo: RepoLike,
    name: str,
    stage: str,
    version: str | None = None,
    ref: str | None = None,
    name_version: str | None = None,
    message: str | None = None,
    simple: bool | None = None,
    force: bool = False,
    skip_registration: bool = False,
    *,
    author: str | None = None,
    author_email: str | None = None,
) -> Event | None:
    """Put a version in a stage; a commit without a version is registered first.

    Args:
        version: the version, if it is registered.
        ref: else the commit.
        name_version: what to register the commit as, if it has no version.
        skip_registration: assign the bare commit.

    Returns:
        The assignment; None when the stage holds that version already.

    >>> assign(example, "churn", "dev", version="v1.1.0").ref
    'churn#dev#2'
    """
    if (version is None) == (ref is None):
        raise UsageError("assign needs a version or a ref, one of the two")
    registry = Registry(repo)
    wanted = version or name_version
    command = Assign(
        artifact=name,
        stage=stage,
        commit=registry.resolve(ref) if ref is not None else None,
        version=parse_version(wanted) if wanted is not None else None,
        skip_registration=skip_registration,
        message=message,
        simple=simple,
        force=force,
    )
    return _write(registry, command, author, author_email)


def unassign(
    repo: RepoLike,
    name: str,
    ref: str | None = None,
    version: str | None = None,
    stage: str | None = None,
    message: str | None = None,
    simple: bool | None = None,
    force: bool = False,
    delete: bool = False,
    *,
    author: str | None = None,
    author_email: str | None = None,
) -> Event | None:
    """Take a version out of a stage: the one named, the one on a commit, or the newest.

    Raises:
        NotFound: the stage does not hold it.

    >>> unassign(example, "churn", version="v1.1.0", stage="dev").ref
    'churn#dev!#3'
    """
    if stage is None:
        raise UsageError("unassign needs a stage")
    registry = Registry(repo)
    command = Unassign(
        artifact=name,
        stage=stage,
        commit=registry.resolve(ref) if ref is not None else None,
        version=parse_version(version) if version is not None else None,
        message=message,
        simple=simple,
        force=force,
        delete=delete,
    )
    return _write(registry, command, author, author_email)


def deregister(
    repo: RepoLike,
    name: str,
    ref: str | None = None,
    version: str | None = None,
    message: str | None = None,
    simple: bool | None = None,
    force: bool = False,
    delete: bool = False,
    *,
    author: str | None = None,
    author_email: str | None = None,
) -> Event | None:
    """Take a version back; named, or by its commit.

    Raises:
        NotFound: there is no such version.

    >>> deregister(example, "segment", version="v0.4.1").ref
    'segment@v0.4.1!'
    """
    registry = Registry(repo)
    if (version is None) == (ref is None):
        raise UsageError("deregister needs a version or a ref, one of the two")
    wanted = parse_version(version) if version is not None else _version_on(registry, name, ref or "")
    command = Deregister(artifact=name, version=wanted, message=message, simple=simple, force=force, delete=delete)
    return _write(registry, command, author, author_email)


def _version_on(registry: Registry, name: str, ref: str) -> str:
    from gittag_registry.errors import NotFound

    commit = registry.resolve(ref)
    for version in queries.active_versions(registry.artifact(name)):
        if version.commit == commit:
            return version.version
    raise NotFound(f"commit {commit[:7]} has no version of {name!r}")


def deprecate(
    repo: RepoLike,
    name: str,
    message: str | None = None,
    simple: bool | None = None,
    force: bool = False,
    delete: bool = False,
    *,
    author: str | None = None,
    author_email: str | None = None,
) -> Event | None:
    """Hide an artifact until its next registration or assignment.

    Raises:
        NotFound: no tag speaks of the artifact.

    >>> deprecate(example, "segment").ref
    'segment@deprecated'
    """
    command = Deprecate(artifact=name, message=message, simple=simple, force=force, delete=delete)
    return _write(Registry(repo), command, author, author_email)


def rollback(
    repo: RepoLike,
    name: str,
    stage: str,
    to: str | None = None,
    message: str | None = None,
    force: bool = False,
    *,
    at: int | None = None,
    author: str | None = None,
    author_email: str | None = None,
) -> Event | None:
    """Put back into a stage what it held before.

    Args:
        to: go back to this version.
        at: go back to what the stage held at this time, in seconds since 1970 UTC.

    Returns:
        The new assignment; None when the stage holds that version already.

    Raises:
        NotFound: the stage held nothing before, or never that version.

    >>> assign(example, "churn", "canary", version="v1.0.0").ref, assign(example, "churn", "canary", version="v1.1.0").ref
    ('churn#canary#4', 'churn#canary#5')
    >>> rollback(example, "churn", "canary").version
    'v1.0.0'
    """
    if to is not None and at is not None:
        raise UsageError("a version or a time to go back to: not both")
    version = parse_version(to) if to is not None else None
    command = Rollback(artifact=name, stage=stage, to=version, at=at, message=message, force=force)
    return _write(Registry(repo), command, author, author_email)


def _write(registry: Registry, command: Command, author: str | None, author_email: str | None) -> Event | None:
    outcome = registry.execute(command, author=author, author_email=author_email)
    return outcome.events[-1] if outcome.events else None


def annotate(
    repo: RepoLike,
    name: str,
    type: str | None = None,
    path: str | None = None,
    must_exist: bool = False,
    labels: Iterable[str] = (),
    description: str | None = None,
    custom: Mapping[str, Any] | None = None,
    *,
    commit_message: str | None = None,
) -> Annotation:
    """Add or change an entry of `artifacts.yaml`; what is not given stays, labels are added.

    Args:
        commit_message: commit the file with this message; None: do not commit.

    Raises:
        Refused: the type is not allowed, the file is wrong, or the repository is bare.

    >>> annotate(example, "churn", labels=["finance"]).labels
    ['finance']
    """
    from gittag_registry.annotating import Annotate

    wanted = Annotate(
        artifact=name,
        type=type,
        path=path,
        must_exist=must_exist,
        labels=tuple(labels),
        description=description,
        custom=dict(custom) if custom else None,
    )
    return wanted.execute(Registry(repo), commit_message=commit_message).annotation


def remove(repo: RepoLike, name: str, *, commit_message: str | None = None) -> None:
    """Remove an artifact's entry from `artifacts.yaml`.

    Raises:
        NotFound: there is no entry.

    >>> annotate(example, "scratch", type="model").type
    'model'
    >>> remove(example, "scratch")
    """
    from gittag_registry.annotating import remove as remove_entry

    remove_entry(Registry(repo), name, commit_message=commit_message)
