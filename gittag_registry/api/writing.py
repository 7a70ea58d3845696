"""The functions that write tags and annotations.

Those that write tags all take `author` and `author_email` (by default git's committer), `sign` (None: as `tag.gpgSign`
says), `push` (True: write to the remote, whose tags then decide, and then here; None: as the configuration says) and
`remote` (its name). For a registry that is named by its address, everything is pushed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from gittag_registry.errors import NotFound, UsageError
from gittag_registry.model import queries
from gittag_registry.model.commands import Assign, Command, Deprecate, Deregister, Register, Rollback, Unassign
from gittag_registry.model.events import Event
from gittag_registry.model.versions import Bump, parse_version
from gittag_registry.registry import Registry

if TYPE_CHECKING:
    from gittag_registry.files.annotations import Annotation
    from gittag_registry.git.process import RepoLike


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
    bump: Bump | None = None,
    pre_id: str | None = None,
    author: str | None = None,
    author_email: str | None = None,
    sign: bool | None = None,
    push: bool | None = None,
    remote: str | None = None,
) -> Event | None:
    """Register a commit as a version: a given one, or the next after the highest ever registered.

    Args:
        bump: which part of the highest version to raise; `bump_major` and the like are GTO's way to say it.
        pre_id: the name of a pre-release, with ``bump="prerelease"``.

    Returns:
        The registration; None when the commit is this version already.

    Raises:
        Conflict: the version is registered elsewhere, or the commit has another one.

    >>> register(example, "segment", version="v0.4.1").ref
    'segment@v0.4.1'
    """
    parts: dict[Bump, bool] = {"major": bump_major, "minor": bump_minor, "patch": bump_patch}
    bumps = {part for part, asked in parts.items() if asked} | ({bump} if bump else set())
    if len(bumps) > 1:
        raise UsageError(f"one part to bump, not {' and '.join(sorted(bumps))}")
    registry = Registry(repo)
    command = Register(
        artifact=name,
        commit=registry.resolve(ref),
        version=parse_version(version) if version is not None else None,
        bump=next(iter(bumps), None),
        pre_id=pre_id,
        message=message,
        simple=simple,
        force=force,
    )
    return _write(registry, command, author=author, author_email=author_email, sign=sign, push=push, remote=remote)


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
    *,
    skip_registration: bool = False,
    author: str | None = None,
    author_email: str | None = None,
    sign: bool | None = None,
    push: bool | None = None,
    remote: str | None = None,
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
    if (version is None) == (ref is None) or (version is not None and name_version is not None):
        raise UsageError("assign needs a version, or a ref and perhaps what to register it as")
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
    return _write(registry, command, author=author, author_email=author_email, sign=sign, push=push, remote=remote)


def unassign(
    repo: RepoLike,
    name: str,
    ref: str | None = None,
    version: str | None = None,
    stage: str | None = None,
    message: str | None = None,
    *,
    all: bool = False,
    simple: bool | None = None,
    force: bool = False,
    delete: bool = False,
    author: str | None = None,
    author_email: str | None = None,
    sign: bool | None = None,
    push: bool | None = None,
    remote: str | None = None,
) -> Event | None:
    """Take a version out of a stage: the one named, the one on a commit, the newest, or all of them.

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
        all=all,
        message=message,
        simple=simple,
        force=force,
        delete=delete,
    )
    return _write(registry, command, author=author, author_email=author_email, sign=sign, push=push, remote=remote)


def deregister(
    repo: RepoLike,
    name: str,
    ref: str | None = None,
    version: str | None = None,
    message: str | None = None,
    *,
    simple: bool | None = None,
    force: bool = False,
    delete: bool = False,
    author: str | None = None,
    author_email: str | None = None,
    sign: bool | None = None,
    push: bool | None = None,
    remote: str | None = None,
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
    return _write(registry, command, author=author, author_email=author_email, sign=sign, push=push, remote=remote)


def _version_on(registry: Registry, name: str, ref: str) -> str:
    commit = registry.resolve(ref)
    for version in queries.active_versions(registry.artifact(name)):
        if version.commit == commit:
            return version.version
    raise NotFound(f"commit {commit[:7]} has no version of {name!r}")


def deprecate(
    repo: RepoLike,
    name: str,
    ref: str | None = None,
    message: str | None = None,
    *,
    simple: bool | None = None,
    force: bool = False,
    delete: bool = False,
    author: str | None = None,
    author_email: str | None = None,
    sign: bool | None = None,
    push: bool | None = None,
    remote: str | None = None,
) -> Event | None:
    """Hide an artifact until its next registration or assignment.

    Args:
        ref: the commit the tag goes to; by default that of the artifact's newest event.

    Raises:
        NotFound: no tag speaks of the artifact.

    >>> deprecate(example, "segment").ref
    'segment@deprecated'
    """
    registry = Registry(repo)
    commit = registry.resolve(ref) if ref is not None else None
    command = Deprecate(artifact=name, commit=commit, message=message, simple=simple, force=force, delete=delete)
    return _write(registry, command, author=author, author_email=author_email, sign=sign, push=push, remote=remote)


def rollback(
    repo: RepoLike,
    name: str,
    stage: str,
    to: str | None = None,
    message: str | None = None,
    *,
    at: int | None = None,
    simple: bool | None = None,
    force: bool = False,
    author: str | None = None,
    author_email: str | None = None,
    sign: bool | None = None,
    push: bool | None = None,
    remote: str | None = None,
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
    version = parse_version(to) if to is not None else None
    command = Rollback(artifact=name, stage=stage, to=version, at=at, message=message, simple=simple, force=force)
    return _write(
        Registry(repo), command, author=author, author_email=author_email, sign=sign, push=push, remote=remote
    )


def _write(registry: Registry, command: Command, **options: Any) -> Event | None:
    outcome = registry.execute(command, **options)
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
    from gittag_registry.services.annotate import Annotate

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
    from gittag_registry.services.annotate import remove as remove_entry

    remove_entry(Registry(repo), name, commit_message=commit_message)
