"""The functions that write tags and annotations."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from gittag_registry.api.reading import registry_of
from gittag_registry.errors import UsageError
from gittag_registry.model.arguments import checked
from gittag_registry.model.commands import (
    Assign,
    Command,
    Deprecate,
    Deregister,
    Register,
    Rollback,
    Unassign,
    WriteOptions,
    check_options,
    deletion,
    part_to_bump,
)
from gittag_registry.model.events import Event
from gittag_registry.model.versions import Bump
from gittag_registry.registry import Registry

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from gittag_registry.files.annotations import Annotation
    from gittag_registry.git.process import RepoLike
    from gittag_registry.model.times import Moment

F = TypeVar("F", bound=Callable[..., Any])


def _explained(function: F) -> F:
    """Add the options that all functions share to the docstring of one that writes tags."""
    options = inspect.cleandoc(WriteOptions.__doc__ or "").replace("Args:", "Options:")
    function.__doc__ = f"{inspect.cleandoc(function.__doc__ or '')}\n\n{options}\n"
    return function


@_explained
@checked
def register(
    repo: RepoLike | Registry,
    name: str,
    ref: str = "HEAD",
    version: str | None = None,
    message: str | None = None,
    *,
    bump: Bump | None = None,
    bump_major: bool = False,
    bump_minor: bool = False,
    bump_patch: bool = False,
    pre_id: str | None = None,
    **options: Unpack[WriteOptions],
) -> Event | None:
    """Register a commit as a version: a given one, or the next after the highest ever registered.

    Args:
        bump: which part of the highest version to increment; `bump_major` and the like are GTO's names for it.
        pre_id: the name of a pre-release, with ``bump="prerelease"``.

    Returns:
        The registration; None if the commit is this version already.

    Raises:
        Conflict: the version is registered on another commit, or the commit has another version.

    >>> register(example, "segment", version="v0.4.1").ref
    'segment@v0.4.1'
    """
    part = part_to_bump([bump], major=bump_major, minor=bump_minor, patch=bump_patch)
    command = Register(artifact=name, commit=ref, version=version, bump=part, pre_id=pre_id)
    return _write(repo, command, message, options)


@_explained
@checked
def assign(
    repo: RepoLike | Registry,
    name: str,
    stage: str,
    version: str | None = None,
    ref: str | None = None,
    name_version: str | None = None,
    message: str | None = None,
    *,
    skip_registration: bool = False,
    **options: Unpack[WriteOptions],
) -> Event | None:
    """Put a version in a stage; a commit without a version is registered first.

    Args:
        version: a registered version; ``latest``, or ``#STAGE`` for the one in another stage.
        ref: or a commit.
        name_version: the version to register the commit as, if it has none.
        skip_registration: assign the bare commit.

    Returns:
        The assignment; None if that version is in the stage already.

    >>> assign(example, "churn", "dev", version="v1.1.0").ref
    'churn#dev#2'
    """
    if (version is None) == (ref is None) or (version is not None and name_version is not None):
        raise UsageError("assign needs a version, or a ref and perhaps what to register it as")
    command = Assign(
        artifact=name, stage=stage, commit=ref, version=version or name_version, skip_registration=skip_registration
    )
    return _write(repo, command, message, options)


@_explained
@checked
def unassign(
    repo: RepoLike | Registry,
    name: str,
    ref: str | None = None,
    version: str | None = None,
    stage: str | None = None,
    message: str | None = None,
    *,
    all: bool = False,
    delete: bool = False,
    **options: Unpack[WriteOptions],
) -> Event | None:
    """Take a version out of a stage: the one named, the one on a commit, the newest, or all of them.

    Args:
        all: empty the stage.
        delete: delete the tags of its assignments instead of writing a tag.

    Raises:
        NotFound: the version is not in the stage.

    >>> unassign(example, "churn", version="v1.1.0", stage="dev").ref
    'churn#dev!#3'
    """
    if stage is None:
        raise UsageError("unassign needs a stage")
    command = Unassign(artifact=name, stage=stage, commit=ref, version=version, all=all, delete=delete)
    return _write(repo, command, message, options)


@_explained
@checked
def deregister(
    repo: RepoLike | Registry,
    name: str,
    ref: str | None = None,
    version: str | None = None,
    message: str | None = None,
    *,
    delete: bool = False,
    **options: Unpack[WriteOptions],
) -> Event | None:
    """Deregister a version: the one named, or the highest on a commit.

    Args:
        version: a registered version, or ``latest``.
        delete: delete its tags instead, and those of its assignments.

    Raises:
        NotFound: there is no such version.

    >>> deregister(example, "segment", version="v0.4.1").ref
    'segment@v0.4.1!'
    """
    command = Deregister(artifact=name, version=version, commit=ref, delete=delete)
    return _write(repo, command, message, options)


@_explained
@checked
def deprecate(
    repo: RepoLike | Registry,
    name: str,
    ref: str | None = None,
    message: str | None = None,
    *,
    delete: bool = False,
    **options: Unpack[WriteOptions],
) -> Event | None:
    """Hide an artifact until its next registration or assignment.

    Args:
        ref: the commit the tag goes to; by default that of the artifact's newest event.
        delete: delete all tags of the artifact instead.

    Raises:
        NotFound: the artifact has no tags.

    >>> deprecate(example, "segment").ref
    'segment@deprecated'
    """
    return _write(repo, Deprecate(artifact=name, commit=ref, delete=delete), message, options)


@checked
def delete(
    repo: RepoLike | Registry,
    name: str,
    *,
    push: bool | None = None,
    remote: str | None = None,
    dry_run: bool = False,
) -> list[str]:
    """Delete every tag of an artifact, of one of its versions, or of a stage, or one tag, as if never written.

    Args:
        name: an artifact, ``NAME@VERSION`` (with its assignments), ``NAME#STAGE``, or the name of a tag that is none of
            these, such as ``NAME#STAGE#3`` or ``NAME@deprecated``.
        push: delete them on the remote too; None: as configured.
        remote: the remote's name; None: as configured, else origin, else the only one.
        dry_run: delete nothing.

    Returns:
        The names of the deleted tags.

    Raises:
        NotFound: there is no such tag.

    >>> register(example, "mistake").ref
    'mistake@v0.0.1'
    >>> delete(example, "mistake")
    ['mistake@v0.0.1']
    """
    outcome = registry_of(repo).execute(deletion(name), push=push, remote=remote, dry_run=dry_run)
    return [event.ref for event in outcome.deletions]


@_explained
@checked
def rollback(
    repo: RepoLike | Registry,
    name: str,
    stage: str,
    to: str | None = None,
    message: str | None = None,
    *,
    at: Moment | None = None,
    **options: Unpack[WriteOptions],
) -> Event | None:
    """Put the previous version back into a stage.

    Args:
        to: go back to this version.
        at: go back to the version that was in the stage at this time.

    Returns:
        The new assignment; None if that version is in the stage already.

    Raises:
        NotFound: the stage has no previous version, or that version was never in it.

    >>> assign(example, "churn", "canary", version="v1.0.0").ref, assign(example, "churn", "canary", version="v1.1.0").ref
    ('churn#canary#4', 'churn#canary#5')
    >>> rollback(example, "churn", "canary").version
    'v1.0.0'
    """
    registry = registry_of(repo)
    return _write(registry, Rollback(artifact=name, stage=stage, to=to, at=registry.moment(at)), message, options)


def _write(repo: RepoLike | Registry, command: Command, message: str | None, options: WriteOptions) -> Event | None:
    check_options(options)
    outcome = registry_of(repo).execute(command, message=message, **options)
    return outcome.events[-1] if outcome.events else None


@checked
def annotate(
    repo: RepoLike | Registry,
    name: str,
    type: str | None = None,
    path: str | None = None,
    must_exist: bool = False,
    labels: Iterable[str] = (),
    description: str | None = None,
    custom: Mapping[str, Any] | None = None,
    *,
    without_labels: Iterable[str] = (),
    commit_message: str | None = None,
) -> Annotation:
    """Add or change an entry of `artifacts.yaml`; values that are not given stay, labels are added.

    Args:
        path: from the top of the repository, or a URL.
        without_labels: labels to remove.
        commit_message: commit this change, and nothing else, with this message; None: do not commit.

    Raises:
        UsageError: the path is absolute, or outside of the repository, or a value is empty.
        Refused: the type is not allowed, the file is invalid, or the repository is bare.

    >>> annotate(example, "churn", labels=["finance"]).labels
    ['finance']
    """
    from gittag_registry.services.annotate import Annotate

    wanted = Annotate(
        artifact=name,
        type=type,
        path=path,
        must_exist=must_exist,
        labels=tuple(labels),
        without_labels=tuple(map(str, without_labels)),
        description=description,
        custom=dict(custom) if custom else None,
    )
    return wanted.execute(registry_of(repo), commit_message=commit_message).annotation


@checked
def remove(repo: RepoLike | Registry, name: str, *, commit_message: str | None = None) -> None:
    """Remove an artifact's entry from `artifacts.yaml`.

    Raises:
        NotFound: there is no entry.

    >>> annotate(example, "scratch", type="model").type
    'model'
    >>> remove(example, "scratch")
    """
    from gittag_registry.services.annotate import remove as remove_entry

    remove_entry(registry_of(repo), name, commit_message=commit_message)
