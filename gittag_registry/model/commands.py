"""The operations that write, and what each needs. Pure; `decide` says what they come to.

Each verb's fields are declared here, once: the command line, the Python API and the registry hand these objects on.
"""

from __future__ import annotations

from dataclasses import dataclass

from gittag_registry.errors import UsageError
from gittag_registry.model.versions import Bump


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """What every operation has.

    Args:
        artifact: its name.
        message: the tag's text; by default a sentence that says what is done.
        force: write the tag although what it says is already so, or GTO could not read it.
        simple: write the tag without (True) or with (False) a counter; None: stage tags have one.
    """

    artifact: str
    message: str | None = None
    force: bool = False
    simple: bool | None = None


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
    """Take a version back."""

    version: str
    delete: bool = False


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
