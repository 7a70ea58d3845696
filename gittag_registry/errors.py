"""The errors of this package, one class for each kind of failure.

Every expected failure is a `RegistryError` with a message, an optional hint that can be run, and the
exit code of its kind. Any other exception is a bug.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from gittag_registry.urls import redact


class RegistryError(Exception):
    """An operation failed; the base class of all errors of this package.

    Args:
        message: what happened, in lower case, with names quoted; secrets in addresses are redacted.
        hint: what to do about it, preferably an operation (see `hints.Hint`).

    >>> error = NotFound("artifact 'chrun' is not registered", hint="did you mean 'churn'?")
    >>> error.exit_code, str(error)
    (3, "artifact 'chrun' is not registered")
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        from gittag_registry.hints import Hint  # most runs end without an error

        super().__init__(redact(message))
        self.message = redact(message)
        self.hint = hint if isinstance(hint, Hint) else redact(hint) if hint else None


class GitFailed(RegistryError):
    """A git process failed for a reason that has no class of its own."""


class NotARepository(RegistryError):
    """The path is not inside a git repository, or git refuses to use it."""


class UsageError(RegistryError):
    """The request is invalid, whatever the registry holds: a malformed name, version or time."""

    exit_code = 2


class NotFound(RegistryError):
    """Nothing matches: an unknown artifact, version, stage or revision, or an empty answer."""

    exit_code = 3


class NotARegistryTag(NotFound):
    """The ref is no registry tag, so a job that was started for any tag has nothing to do."""

    exit_code = 7


class UnreadableTag(RegistryError):
    """A tag has a registry tag's name, but what it says cannot be read."""


class RemoteError(RegistryError):
    """A remote repository could not be used; unless it is `Unreachable` or `InDoubt`, trying again will not help."""

    exit_code = 4


class Unreachable(RemoteError):
    """A server could not be reached, did not answer in time, or the connection broke; it may work later."""


class AccessDenied(RemoteError):
    """A server refused to let this user in: no credentials, wrong ones, or no permission."""


class ProtocolNotAllowed(RemoteError):
    """Git was not allowed to use the address's protocol; `GIT_ALLOW_PROTOCOL` lists those that are."""


class UntrustedCertificate(RemoteError):
    """A server's certificate was not signed by an authority that git trusts, or ssh does not know its key."""


class InDoubt(RemoteError):
    """The connection to a server broke, and the result of a push is unknown: it was done once, or not at all.

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
        """The names of all these tags."""
        return (*(name for name, _ in self.created), *self.deleted)


class Conflict(RegistryError):
    """The registry already holds something that contradicts the request, or a race was lost."""

    exit_code = 5


class Refused(RegistryError):
    """A rule of the registry (allowed stages, writable names, a valid file) forbids the request."""

    exit_code = 6


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """Suggest the candidate closest to a misspelt word, as a hint; None if none is close, or the word is one of them.

    >>> did_you_mean("chrun", ["churn", "segment"])
    "did you mean 'churn'?"
    >>> did_you_mean("x", ["churn"]) is None
    True
    """
    from difflib import get_close_matches

    words = sorted(candidates)
    close = get_close_matches(word, words, n=1) if word not in words else []
    return f"did you mean '{close[0]}'?" if close else None


def assert_never(value: NoReturn) -> NoReturn:
    """Mark code that no case reaches; the type checker proves it. `typing` has it from Python 3.11 on."""
    raise AssertionError(f"unexpected value: {value!r}")
