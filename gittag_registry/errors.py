"""What can go wrong, told to people and to scripts.

Every expected failure is a `RegistryError` with a message, an optional hint that can be run, and the
exit code of its kind. Anything else that escapes is a bug.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from gittag_registry.urls import redact


class RegistryError(Exception):
    """An operation failed for a reason worth telling; the base of all errors of this package.

    Args:
        message: what is the case, lower case, names quoted; secrets in addresses are left out.
        hint: what to do about it, preferably a command.

    >>> error = NotFound("artifact 'chrun' is not registered", hint="did you mean 'churn'?")
    >>> error.exit_code, str(error)
    (3, "artifact 'chrun' is not registered")
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(redact(message))
        self.message = redact(message)
        self.hint = redact(hint) if hint else None


class GitFailed(RegistryError):
    """A git process ended with an error that has no better name here."""


class NotARepository(RegistryError):
    """The path is not inside a git repository, or git refuses to use it."""


class UsageError(RegistryError):
    """The request makes no sense whatever the registry holds: a malformed name, version or time."""

    exit_code = 2


class NotFound(RegistryError):
    """Nothing matches: an unknown artifact, version, stage or revision, or an empty answer."""

    exit_code = 3


class RemoteError(RegistryError):
    """A remote repository could not be reached or denied access."""

    exit_code = 4


class InDoubt(RemoteError):
    """The connection to a server broke, and it is not known whether what was pushed is there; it is not there twice.

    Args:
        operation: the id of the operation, as `Registry-Op` in its tags; None where only tags were to be deleted.
        created: the names and object ids of the tags that may have been created.
        deleted: the names of those that may have been deleted.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        operation: str | None = None,
        created: tuple[tuple[str, str], ...] = (),
        deleted: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, hint=hint)
        self.operation = operation
        self.created = created
        self.deleted = deleted

    @property
    def refs(self) -> tuple[str, ...]:
        """The names of all of them."""
        return (*(name for name, _ in self.created), *self.deleted)


class Conflict(RegistryError):
    """The registry already holds something that contradicts the request, or a race was lost."""

    exit_code = 5


class Refused(RegistryError):
    """A rule of the registry (allowed stages, writable names, a valid file) forbids the request."""

    exit_code = 6


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Name the known word closest to a misspelt one, as a hint; None for a known word.

    >>> did_you_mean("chrun", ["churn", "segment"])
    "did you mean 'churn'?"
    >>> did_you_mean("x", ["churn"]) is None
    True
    """
    from difflib import get_close_matches

    words = sorted(known)
    close = get_close_matches(word, words, n=1) if word not in words else []
    return f"did you mean '{close[0]}'?" if close else None


def assert_never(value: NoReturn) -> NoReturn:
    """Say that no case is left; the type checker proves it. `typing` has it from Python 3.11 on."""
    raise AssertionError(f"{value!r} was not foreseen")
