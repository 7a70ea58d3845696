"""The errors of git commands that talk to a server, from git's standard error."""

from __future__ import annotations

import re
from typing import NamedTuple

from gittag_registry.errors import (
    AccessDenied,
    GitFailed,
    NotARepository,
    NotFound,
    ProtocolNotAllowed,
    Refused,
    RegistryError,
    RemoteError,
    Unreachable,
    UntrustedCertificate,
)

PROGRESS = re.compile(r"(?:remote: )?(\w[\w ]+):\s+(?:\d+% \((\d+)/(\d+)\)(?:,.*)?|\d+, done\.)\s*")
"""a line that reports progress: what, and perhaps how many of how many"""

_LOST = (
    r"hung up|connection reset|early eof|rpc failed|broken pipe|unexpected disconnect|connection closed|curl \d+"
    r"|could not read from remote|unable to access|invalid index-pack|index-pack failed|unexpected flush|protocol error"
    r"|bad line length|empty reply|expected flush|gnutls|send failure|recv failure|closed by remote|bad pack header"
    r"|expected 'packfile'"
)
_DAMAGED = re.compile(
    r"(?:loose|packed) object ([0-9a-f]{40,64}) .*is corrupt|unable to unpack ([0-9a-f]{40,64}) header"
    r"|header for ([0-9a-f]{40,64}) too long|bad object (\S+)"
)
_NOT_OURS = re.compile(r"not our ref ([0-9a-f]{40,64})")
_REPAIR = "on the server, git fsck names what is damaged"
_BEFORE_THE_REQUEST = re.compile(r"^fatal: unable to access .*returned error: [45]\d\d", re.MULTILINE)
_IN_ANSWER = re.compile(r"^error: RPC failed; HTTP ([45])\d\d", re.MULTILINE)
_LOCAL = re.compile(r"no space left on device|read-only file system|disk quota exceeded", re.IGNORECASE)


class ConnectionLost(Unreachable):
    """The connection broke or timed out: the server may have processed the request, or not."""


class TimedOut(ConnectionLost):
    """The server did not answer in time."""


NO_REQUEST = (Unreachable, ProtocolNotAllowed, UntrustedCertificate)
"""errors, other than `ConnectionLost`, after which the server got no request"""


class NoResult(ConnectionLost):
    """The server answered with an error of its own, as HTTP status 500: it may have processed the request, or not."""


class ServerFailed(Unreachable):
    """The server answered with an HTTP error before it got a request."""


class PartialHistoryUnsupported(RemoteError):
    """The server can only send the whole history."""


class DamagedObject(RemoteError):
    """An object on the server is damaged or missing, so the server cannot send it.

    Args:
        oid: its id.
    """

    def __init__(self, message: str, oid: str) -> None:
        super().__init__(message, hint=_REPAIR)
        self.oid = oid


class NoSuchObject(NotFound):
    """The server has no object with an id, or does not send it.

    Args:
        oid: the id.
    """

    def __init__(self, message: str, oid: str) -> None:
        super().__init__(message)
        self.oid = oid


class HashMismatch(GitFailed):
    """The server names objects by SHA-256, and the local repository does not."""


class DiskFull(GitFailed):
    """Fetched objects cannot be written."""


class EmptyStderr(RemoteError):
    """Git failed without an error message, as when a partial fetch has nothing to fetch."""


class _Cause(NamedTuple):
    """A common reason why a server cannot be used, and its message."""

    pattern: str
    """matches one of git's own lines, in any case"""
    message: str
    hint: str
    """with the pattern's groups filled in"""
    error: type[RemoteError] = RemoteError


_CAUSES = (
    _Cause(
        "could not resolve host|name or service not known|temporary failure in name resolution",
        "unknown host",
        "check the address, and whether this machine is online",
        Unreachable,
    ),
    _Cause(
        r"authentication failed|could not read (?:user|pass)|terminal prompts disabled|permission denied[ ,](?:\(|please)"
        r"|permission to \S+ denied|returned error: 40[13]|not authori[sz]ed|invalid credentials",
        "access denied",
        "git must be able to log in without a prompt: see gitcredentials(7), or ssh-add for keys",
        AccessDenied,
    ),
    _Cause(
        r"transport '(\w+)' not allowed",
        "protocol not allowed",
        "if you trust it, allow the protocol and try again: export GIT_ALLOW_PROTOCOL=https:ssh:{0}",
        ProtocolNotAllowed,
    ),
    _Cause(
        "repository .*not found|does not appear to be a git repository|no such file or directory"
        "|returned error: 404|not a git repository|could not be found|access denied or repository not exported",
        "no such repository",
        "check the address; some servers say this of repositories that you may not read",
    ),
    _Cause(
        "dubious ownership",
        "the server's git does not trust the repository, which belongs to another user",
        "trust it on the server: git config --global --add safe.directory PATH",
    ),
    _Cause(
        "certificate verif|ssl certificate|self.signed certificate",
        "untrusted certificate",
        "give git the authority's certificate: git config --global http.sslCAInfo FILE",
        UntrustedCertificate,
    ),
    _Cause(
        "host key verification failed",
        "untrusted host key",
        "compare the server's key with the published one and add it to known_hosts: see ssh-keyscan(1)",
        UntrustedCertificate,
    ),
    _Cause(
        "failed to connect|couldn't connect|unable to connect|ssh: connect to host",
        "cannot connect",
        "check the address and the port, and whether the server is running",
        Unreachable,
    ),
)
_NO_PARTIAL = "dumb http transport does not support|server does not support shallow"


def error_lines(errors: bytes) -> list[str]:
    """The lines of git's standard error, without those that report progress."""
    lines = (line.strip() for line in re.split("[\r\n]", errors.decode(errors="replace")))
    return [line for line in lines if line and not PROGRESS.fullmatch(line)]


def server_lines(lines: list[str]) -> list[str]:
    """The lines that the server itself wrote."""
    texts = (line.removeprefix("remote:").strip() for line in lines if line.startswith("remote:"))
    return [text for text in texts if text]


def damaged_object(lines: list[str]) -> str | None:
    """The id of an object, or the name of a ref, that git reports as damaged."""
    match = _DAMAGED.search("\n".join(lines))
    return next(filter(None, match.groups())) if match else None


def rejected_for_damage(name: str, lines: list[str]) -> Refused | None:
    """The error of a push that a server rejects because its own repository is damaged; None if it is not."""
    damaged = damaged_object(lines)
    if damaged is None:
        return None
    what = f"{name!r} rejected the push, because its repository is damaged: it cannot read {damaged}"
    return Refused(what, hint=f"nothing was changed; {_REPAIR}")


def failure(name: str, repository: str, verb: str, lines: list[str]) -> RegistryError:
    """The error for a git command that failed.

    Args:
        name: the server's name in messages.
        repository: the path of the local repository.
        verb: the git command.
        lines: its `error_lines`.
    """
    own = [line for line in lines if not line.startswith("remote:")]
    return _local_failure(repository, verb, lines, own) or _server_failure(name, verb, lines, own)


def _local_failure(repository: str, verb: str, lines: list[str], own: list[str]) -> RegistryError | None:
    """The error if the local repository is at fault, else None."""
    text = "\n".join(lines)
    if f"not a git repository: '{repository}'" in text:
        return NotARepository(f"no git repository at {repository!r}")
    local = re.search(
        rf"[Uu]nable to (create|access) '{re.escape(repository)}/.*|bad shallow line.*"
        rf"|unable to open object pack directory: {re.escape(repository)}/.*|.*reading the configuration files|.*COLLISION FOUND.*",
        text,
    )
    if local:  # a stale lock, or a damaged file
        return GitFailed(f"git {verb} failed: {local[0]}")
    full = next((line for line in own if _LOCAL.search(line)), None)
    if full:
        return DiskFull(
            f"git {verb} failed: {full}", hint="free some space, or set XDG_CACHE_HOME to another directory"
        )
    return None


def _server_failure(name: str, verb: str, lines: list[str], own: list[str]) -> RegistryError:
    """The error if the server, or the connection to it, is at fault."""
    text = "\n".join(lines)
    fatal = [line.partition(": ")[2] for line in lines if line.startswith(("fatal:", "ssh:", "error:"))]
    summary = "; ".join([*server_lines(lines)[:3], *fatal[:2]]) or text
    if not summary:
        return EmptyStderr(f"git {verb} failed on {name!r} without an error message")
    if (damaged := damaged_object(lines)) and re.search(_LOST, text, re.IGNORECASE):
        return DamagedObject(f"{name!r} has a damaged object, {damaged}, and cannot send it ({summary})", damaged)
    if refused := _NOT_OURS.search(text):
        return NoSuchObject(f"{name!r} has no such revision: {summary}", refused[1])
    if re.search("couldn't find remote ref|no such remote ref|unadvertised object", text):
        return NotFound(f"{name!r} has no such revision: {summary}")
    for cause in _CAUSES:
        if match := re.search(cause.pattern, "\n".join(own), re.IGNORECASE):
            line = next(line for line in own if re.search(cause.pattern, line, re.IGNORECASE))
            from_git = line.endswith(tuple(summary.split("; ")))  # and not from ssh
            details = summary if from_git else f"{line}; {summary}"
            return cause.error(f"{name!r}: {cause.message} ({details})", hint=cause.hint.format(*match.groups()))
    if re.search(_NO_PARTIAL, text, re.IGNORECASE):
        return PartialHistoryUnsupported(f"{name!r}: {summary}")
    if re.search("mismatched algorithms|repository's object format", text):
        return HashMismatch(f"git {verb} failed: {summary}")
    if failed := _http_failure(name, own, summary):
        return failed
    if re.search("shallow|dumb http", text):
        return RemoteError(f"{name!r}: {summary}")
    if re.search(_LOST, text, re.IGNORECASE):
        return ConnectionLost(f"the connection to {name!r} was lost ({summary})", hint="try again")
    return GitFailed(f"git {verb} failed: {summary}")


def _http_failure(name: str, own: list[str], summary: str) -> RemoteError | None:
    """The error if git says that the server answered with an HTTP error, else None; hooks may print what they like."""
    text = "\n".join(own)
    hint = "try again later, or ask those who run the server"
    if _BEFORE_THE_REQUEST.search(text):
        return ServerFailed(f"{name!r} failed ({summary})", hint=hint)
    answer = _IN_ANSWER.search(text)
    if answer is None:
        return None
    if answer[1] == "4":
        return RemoteError(f"{name!r} refused the request ({summary})", hint=hint)
    return NoResult(f"{name!r} failed ({summary})", hint=hint)
