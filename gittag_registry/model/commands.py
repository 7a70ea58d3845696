"""The operations that write, what each needs, and the options that all of them share. Pure; `decide` says what they do.

Each verb's fields are declared here, once, with the rules which of them go together. The command line and the Python
API fill them in as they were typed; `resolved` puts full versions and commit ids in their place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypedDict

from gittag_registry.errors import UsageError, assert_never, did_you_mean
from gittag_registry.model.names import check_artifact
from gittag_registry.model.versions import Bump, parse_version


class WriteOptions(TypedDict, total=False):
    """The options of every function that writes tags, all of them to be given by name.

    Args:
        simple: write the tag without (True) or with (False) a counter; None: stage tags have one.
        force: write the tag although what it says is already so, or GTO could not read it.
        author: who writes; None: git's committer.
        author_email: their address; None: git's committer's.
        sign: sign the tag, or not; None: as git's `tag.gpgSign` says.
        push: write to the remote, whose tags then decide, and then here; None: as the configuration says. A registry
            that is named by its address is always pushed to.
        remote: the remote's name; None: the configuration's, else origin, else the only one.
        dry_run: decide, but write nothing; what would be written is returned.
    """

    simple: bool | None
    force: bool
    author: str | None
    author_email: str | None
    sign: bool | None
    push: bool | None
    remote: str | None
    dry_run: bool


class ExecuteOptions(WriteOptions, total=False):
    """The options of `Registry.execute`: those of every function that writes tags, and the message.

    Args:
        message: the tag's text; None: a sentence that says what is done.
    """

    message: str | None


def check_options(options: ExecuteOptions) -> None:
    """Check that there are options of these names, as Python does where they are parameters.

    Raises:
        TypeError: there is no such option.
    """
    for name in options:
        if name not in ExecuteOptions.__optional_keys__:
            hint = did_you_mean(name, ExecuteOptions.__optional_keys__)
            raise TypeError(f"unexpected keyword argument {name!r}" + (f"; {hint}" if hint else ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """What every operation has.

    A version may be in it as ``1.2`` and a commit as ``HEAD~1``, until `Registry.execute` has them resolved.

    Args:
        artifact: its name.
    """

    artifact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Register(Write):
    """Register a commit as a version: a given one, or the next after the highest ever registered."""

    commit: str
    version: str | None = None
    bump: Bump | None = None
    pre_id: str | None = None

    def __post_init__(self) -> None:
        """Check that the version is not given twice."""
        _at_most_one("a version or a part to bump", self.version, self.bump)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign(Write):
    """Put a version in a stage: the one named, or the one on a commit, registered first if there is none.

    With both, the version is the name the commit gets if it has none.
    """

    stage: str
    commit: str | None = None
    version: str | None = None
    skip_registration: bool = False

    def __post_init__(self) -> None:
        """Check that something is to be assigned."""
        if self.version is None and self.commit is None:
            raise UsageError("assign needs a version or a commit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unassign(Write):
    """Take a version out of a stage: the one named, the one on a commit, the newest, or all of them."""

    stage: str
    commit: str | None = None
    version: str | None = None
    all: bool = False
    delete: bool = False

    def __post_init__(self) -> None:
        """Check that what is to be taken out is said once."""
        _at_most_one("a version, a commit or all of them", self.version, self.commit, self.all or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deregister(Write):
    """Take a version back: the one named, or the highest on a commit."""

    version: str | None = None
    commit: str | None = None
    delete: bool = False

    def __post_init__(self) -> None:
        """Check that the version is said once."""
        if (self.version is None) == (self.commit is None):
            raise UsageError("deregister needs a version or a ref, one of the two")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deprecate(Write):
    """Hide an artifact until its next registration or assignment; the tag goes to its newest event's commit by default."""

    commit: str | None = None
    delete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback(Write):
    """Put back into a stage what it held before, at a time (seconds since 1970 UTC), or a given version."""

    stage: str
    to: str | None = None
    at: int | None = None

    def __post_init__(self) -> None:
        """Check that the target is said once."""
        _at_most_one("a version or a time to go back to", self.to, self.at)


def _at_most_one(what: str, *values: object) -> None:
    if sum(value is not None for value in values) > 1:
        raise UsageError(f"{what}: one of them, not both")


Command = Register | Assign | Unassign | Deregister | Deprecate | Rollback


def resolved(command: Command, resolve: Callable[[str], str]) -> Command:
    """The command with what was typed in full: versions such as ``1.2``, and commits such as ``HEAD~1``.

    Args:
        resolve: the id of the commit that a revision names.

    Raises:
        UsageError: the artifact's name or the version is malformed.
        NotFound: the revision names no commit.

    >>> resolved(Register(artifact="churn", commit="HEAD", version="1.2"), {"HEAD": "6f1c0e"}.__getitem__)
    Register(artifact='churn', commit='6f1c0e', version='v1.2.0', bump=None, pre_id=None)
    """
    check_artifact(command.artifact)
    match command:
        case Register():
            return replace(command, version=_full(parse_version, command.version), commit=resolve(command.commit))
        case Assign() | Unassign() | Deregister():
            version = _full(parse_version, command.version)
            return replace(command, version=version, commit=_full(resolve, command.commit))
        case Deprecate():
            return replace(command, commit=_full(resolve, command.commit))
        case Rollback():
            return replace(command, to=_full(parse_version, command.to))
        case _:
            return assert_never(command)


def _full(meaning: Callable[[str], str], word: str | None) -> str | None:
    return meaning(word) if word is not None else None
