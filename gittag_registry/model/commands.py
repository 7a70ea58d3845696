"""The commands that write tags: the fields of each, and the options that all share. Pure.

Each command's fields are declared here, once, with the rules on which of them may be combined. The command line and
the Python API fill them in as typed; `resolved` replaces these by full versions and commit ids. `decide` makes plans.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, fields, replace
from typing import TypedDict

from gittag_registry.errors import Refused, UsageError, assert_never, did_you_mean
from gittag_registry.hints import Hint, call
from gittag_registry.model.arguments import check_argument
from gittag_registry.model.names import Kind, check_artifact, parse_selector, parse_tag, parse_wanted_version
from gittag_registry.model.versions import Bump, parse_version


class WriteOptions(TypedDict, total=False):
    """The options of every function that writes tags; all are keywords.

    Args:
        simple: write the tag without (True) or with (False) a counter; None: stage tags have one.
        force: write the tag even if it changes nothing, or if GTO could not read the registry then.
        author: the author's name; None: git's committer.
        author_email: the author's address; None: that of git's committer.
        sign: sign the tag, or not; None: as git's `tag.gpgSign` says.
        push: decide on the remote's tags, push, and then update this repository; None: as configured. Changes to a
            registry that is opened by its address are always pushed.
        remote: the remote's name; None: as configured, else origin, else the only one.
        dry_run: write nothing, and return what would be written.
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


def check_options(options: WriteOptions) -> None:
    """Check the names of options, as Python does for parameters.

    Raises:
        TypeError: there is no such option.
    """
    for name in options:
        if name not in ExecuteOptions.__optional_keys__:
            hint = did_you_mean(name, ExecuteOptions.__optional_keys__)
            raise TypeError(f"unexpected keyword argument {name!r}" + (f"; {hint}" if hint else ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """The field that every command has; all fields are keywords.

    Versions may be given as ``1.2`` and commits as ``HEAD~1``; `Registry.execute` resolves them. Where a registered
    version is meant, ``latest`` names it too.

    Args:
        artifact: the artifact's name.
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
        """Check that not both a version and a part to bump are given."""
        _at_most_one("a version, or a part to bump", self.version, self.bump)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign(Write):
    """Put a version in a stage: the one named, or the one on a commit, which is registered first if it has none.

    With both, the version is what the commit is registered as if it has none. ``#STAGE`` as the version is the one in
    that stage.
    """

    stage: str
    commit: str | None = None
    version: str | None = None
    skip_registration: bool = False

    def __post_init__(self) -> None:
        """Check that a version or a commit is given."""
        if self.version is None and self.commit is None:
            raise UsageError("assign needs a version or a commit")
        if None not in (self.version, self.commit) and self.skip_registration:
            raise UsageError("a commit that is not to be registered needs no version")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unassign(Write):
    """Take a version out of a stage: the one named, the one on a commit, the newest, or all of them."""

    stage: str
    commit: str | None = None
    version: str | None = None
    all: bool = False
    delete: bool = False

    def __post_init__(self) -> None:
        """Check that at most one of a version, a commit and `all` is given."""
        _at_most_one("a version, a commit, or all of them", self.version, self.commit, self.all or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deregister(Write):
    """Deregister a version: the one named, or the highest on a commit."""

    version: str | None = None
    commit: str | None = None
    delete: bool = False

    def __post_init__(self) -> None:
        """Check that either a version or a commit is given."""
        if (self.version is None) == (self.commit is None):
            raise UsageError("deregister needs either a version or a ref")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deprecate(Write):
    """Hide an artifact until its next registration or assignment; by default on the commit of its newest event."""

    commit: str | None = None
    delete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback(Write):
    """Go back to the previous version in a stage, the one at a time (seconds since 1970 UTC), or a given one."""

    stage: str
    to: str | None = None
    at: int | None = None

    def __post_init__(self) -> None:
        """Check that not both a version and a time are given."""
        _at_most_one("a version, or a time to go back to", self.to, self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteTag(Write):
    """Delete one tag and no other."""

    tag: str


def check_annotated(command: Command, annotated: Collection[str]) -> None:
    """Check a command under the rule that only annotated artifacts are registered and assigned.

    Raises:
        Refused: the artifact is not annotated.
    """
    name = command.artifact
    if isinstance(command, Register | Assign) and name not in annotated:
        similar = did_you_mean(name, annotated)
        raise Refused(
            f"artifact {name!r} is not in artifacts.yaml, as the configuration demands",
            hint=similar or Hint("add it: ", call("annotate", name)),
        )


def deletion(text: str) -> Command:
    """The command that deletes every tag of what a selector names, or the tag of that name if it is no selector.

    Raises:
        UsageError: it is neither.

    >>> deletion("churn#prod")
    Unassign(artifact='churn', stage='prod', commit=None, version=None, all=True, delete=True)
    >>> deletion("churn#prod#3")
    DeleteTag(artifact='churn', tag='churn#prod#3')
    """
    name = text.replace(":", "=")
    tag = parse_tag(name)
    if tag and (tag.counter is not None or tag.kind not in (Kind.REGISTRATION, Kind.ASSIGNMENT)):
        return DeleteTag(artifact=tag.artifact, tag=name)
    selector = parse_selector(text)
    if selector.stage is not None:
        return Unassign(artifact=selector.artifact, stage=selector.stage, all=True, delete=True)
    version = "latest" if selector.latest else selector.version
    if version is not None:
        return Deregister(artifact=selector.artifact, version=version, delete=True)
    return Deprecate(artifact=selector.artifact, delete=True)


def _at_most_one(choices: str, *values: object) -> None:
    if sum(value is not None for value in values) > 1:
        raise UsageError(f"give only one of these: {choices}")


def part_to_bump(bumps: Iterable[Bump | None], *, major: bool, minor: bool, patch: bool) -> Bump | None:
    """The one part of the version that is to be incremented; None if none is named.

    Raises:
        UsageError: several are.

    >>> part_to_bump([None, "minor"], major=False, minor=True, patch=False)
    'minor'
    """
    named: dict[Bump, bool] = {"major": major, "minor": minor, "patch": patch}
    parts = {part for part, wanted in named.items() if wanted} | {part for part in bumps if part}
    if len(parts) > 1:
        raise UsageError(f"one part to bump, not {' and '.join(sorted(parts))}")
    return next(iter(parts), None)


Command = Register | Assign | Unassign | Deregister | Deprecate | Rollback | DeleteTag


def check_command(command: Command) -> None:
    """Check the types of a command's fields, and the artifact's name.

    Raises:
        UsageError: one of them is wrong.
    """
    if not isinstance(command, Write):
        raise UsageError(f"a command is one of Register, Assign, ..., not {command!r}")
    for field in fields(command):
        check_argument(field.name, getattr(command, field.name), str(field.type), globals())
    check_artifact(command.artifact)


def resolved(command: Command, resolve: Callable[[str], str]) -> Command:
    """The command with full versions instead of ``1.2``, and commit ids instead of ``HEAD~1``.

    Args:
        resolve: gives the id of the commit that a revision names.

    Raises:
        UsageError: the version is malformed.
        NotFound: the revision names no commit.

    >>> resolved(Register(artifact="churn", commit="HEAD", version="1.2"), {"HEAD": "6f1c0e"}.__getitem__)
    Register(artifact='churn', commit='6f1c0e', version='v1.2.0', bump=None, pre_id=None)
    """
    match command:
        case Register():
            return replace(command, version=_full(parse_version, command.version), commit=resolve(command.commit))
        case Assign() | Unassign() | Deregister():
            new = isinstance(command, Assign) and command.commit is not None
            version = _full(parse_version if new else parse_wanted_version, command.version)
            return replace(command, version=version, commit=_full(resolve, command.commit))
        case Deprecate():
            return replace(command, commit=_full(resolve, command.commit))
        case Rollback():
            return replace(command, to=_full(parse_wanted_version, command.to))
        case DeleteTag():
            return command
        case _:
            return assert_never(command)


def _full(expand: Callable[[str], str], text: str | None) -> str | None:
    return expand(text) if text is not None else None
