"""Errors, their exit codes and hints."""

from __future__ import annotations

import pytest

from gittag_registry.errors import (
    Conflict,
    GitFailed,
    NotARegistryTag,
    NotARepository,
    NotFound,
    Refused,
    RegistryError,
    RemoteError,
    UnreadableTag,
    UsageError,
    did_you_mean,
)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (RegistryError, 1),
        (GitFailed, 1),
        (NotARepository, 1),
        (UsageError, 2),
        (NotFound, 3),
        (NotARegistryTag, 7),
        (UnreadableTag, 1),
        (RemoteError, 4),
        (Conflict, 5),
        (Refused, 6),
    ],
)
def test_every_kind_of_error_has_its_exit_code(kind: type[RegistryError], code: int) -> None:
    assert kind("it is so").exit_code == code
    assert issubclass(kind, RegistryError)


def test_an_error_says_what_is_and_what_to_do() -> None:
    error = NotFound("it is not there", hint="look elsewhere")
    assert (str(error), error.message, error.hint) == ("it is not there", "it is not there", "look elsewhere")
    assert NotFound("it is not there").hint is None


def test_the_known_word_closest_to_a_misspelt_one_is_suggested() -> None:
    assert did_you_mean("prd", ["dev", "prod"]) == "did you mean 'prod'?"
    assert did_you_mean("xyz", ["dev", "prod"]) is None
    assert did_you_mean("prod", []) is None
