"""Errors from git's standard error."""

from __future__ import annotations

import pytest

from gittag_registry.errors import RegistryError, RemoteError
from gittag_registry.git.failures import (
    ConnectionLost,
    HashMismatch,
    NoResult,
    ServerFailed,
    Unreachable,
    error_lines,
    failure,
)

ANSWERED = """\
error: RPC failed; HTTP {status} curl 22 The requested URL returned error: {status}
send-pack: unexpected disconnect while reading sideband packet
fatal: the remote end hung up unexpectedly
"""
BEFORE = "fatal: unable to access 'http://host/m.git/': The requested URL returned error: {status}\n"
HUNG_UP = "fatal: the remote end hung up unexpectedly\n"


def told(errors: str) -> RegistryError:
    return failure("origin", "/here", "push", error_lines(errors.encode()))


@pytest.mark.parametrize("status", [500, 502, 503, 504, 507])
def test_an_error_in_answer_to_a_request_leaves_its_result_unknown(status: int) -> None:
    assert type(told(ANSWERED.format(status=status))) is NoResult
    assert issubclass(NoResult, ConnectionLost)


@pytest.mark.parametrize("status", [400, 413, 429])
def test_a_request_that_is_not_taken_has_no_result(status: int) -> None:
    assert type(told(ANSWERED.format(status=status))) is RemoteError


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_an_error_before_the_request_means_that_there_was_none(status: int) -> None:
    assert type(told(BEFORE.format(status=status))) is ServerFailed
    assert issubclass(ServerFailed, Unreachable)


@pytest.mark.parametrize("status", [401, 403])
def test_access_that_is_denied_is_told_as_that(status: int) -> None:
    for errors in (ANSWERED, BEFORE):
        assert "access denied" in told(errors.format(status=status)).message


@pytest.mark.parametrize("printed", [ANSWERED, BEFORE], ids=["in answer", "before"])
def test_what_a_hook_prints_of_http_says_nothing_of_the_push(printed: str) -> None:
    of_hook = "".join(f"remote: {line}\n" for line in printed.format(status=500).splitlines())
    assert type(told(of_hook + HUNG_UP)) is ConnectionLost


@pytest.mark.parametrize(
    "line",
    [
        "fatal: mismatched algorithms: client sha1; server sha256",
        "fatal: Server does not support this repository's object format",
    ],
)
def test_another_object_format_is_recognised_by_every_version_of_the_protocol(line: str) -> None:
    assert type(told(f"{line}\n{HUNG_UP}")) is HashMismatch
