"""What git says when it fails to talk to a server, made into errors of ours."""

from __future__ import annotations

import re

from gittag_registry.errors import GitFailed, NotARepository, NotFound, RegistryError, RemoteError

PROGRESS = re.compile(r"(?:remote: )?(\w[\w ]+):\s+(?:\d+% \((\d+)/(\d+)\)(?:,.*)?|\d+, done\.)\s*")
"""a line that tells of progress: what, and perhaps how many of how many"""

_FAILURES = [
    (r"could not resolve host|name or service not known|temporary failure in name resolution", "its host is unknown"),
    (
        r"authentication failed|could not read (?:user|pass)|terminal prompts disabled|permission denied[ ,](?:\(|please)"
        r"|permission to \S+ denied|returned error: 40[13]|host key verification failed|not authori[sz]ed|invalid credentials",
        "it refuses us",
    ),
    (r"transport '(\w+)' not allowed", "the protocol is not allowed"),
    (
        r"repository .*not found|does not appear to be a git repository|no such file or directory"
        r"|returned error: 404|not a git repository|could not be found|access denied or repository not exported",
        "there is no repository",
    ),
    (r"dubious ownership", "the server's git refuses it: it belongs to another user"),
    (r"certificate verif|ssl certificate|self.signed certificate", "its certificate is not trusted"),
    (r"failed to connect|couldn't connect|unable to connect|ssh: connect to host", "it cannot be reached"),
]
_UNREACHABLE = (
    "its host is unknown",
    "the protocol is not allowed",
    "its certificate is not trusted",
    "it cannot be reached",
)
_HINTS = {
    "its host is unknown": "check the address, and whether this machine is online",
    "it refuses us": "git must be able to log in without asking: see gitcredentials(7), or ssh-add for keys",
    "the protocol is not allowed": "if you trust it, name the protocols that may be spoken:"
    " GIT_ALLOW_PROTOCOL=https:ssh:{0} git registry ...",
    "there is no repository": "check the address; some servers say this of repositories that you may not read",
    "the server's git refuses it: it belongs to another user": "who runs git there can trust it:"
    " git config --global --add safe.directory PATH",
    "its certificate is not trusted": "give git the authority's certificate: git config --global http.sslCAInfo FILE",
    "it cannot be reached": "check the address and the port, and whether the server runs",
}
_LOST = (
    r"hung up|connection reset|early eof|rpc failed|broken pipe|unexpected disconnect|connection closed|curl \d+"
    r"|could not read from remote|unable to access|invalid index-pack|index-pack failed|unexpected flush|protocol error"
    r"|bad line length|empty reply|expected flush|gnutls|send failure|recv failure|closed by remote|bad pack header"
)
_LOCAL = re.compile(r"no space left on device|read-only file system|disk quota exceeded", re.IGNORECASE)


class ConnectionLost(RemoteError):
    """The server fell silent, or the connection broke: what had been asked may have been done or not."""


class Unreachable(RemoteError):
    """There was no server to talk to, so nothing was asked of it."""


class HashMismatch(GitFailed):
    """The server names objects by SHA-256, and the repository here does not."""


class DiskFull(GitFailed):
    """What was fetched cannot be written."""


class EmptyStderr(RemoteError):
    """Git failed without a word, as it does when there is nothing that a part of a history could be fetched of."""


def words_of(said: bytes) -> list[str]:
    """The lines git wrote to standard error, without those that tell of progress."""
    lines = (line.strip() for line in re.split("[\r\n]", said.decode(errors="replace")))
    return [line for line in lines if line and not PROGRESS.fullmatch(line)]


def server_lines(words: list[str]) -> list[str]:
    """What the server wrote, as it wrote it."""
    lines = (line.removeprefix("remote:").strip() for line in words if line.startswith("remote:"))
    return [line for line in lines if line]


def failure(name: str, repository: str, verb: str, words: list[str]) -> RegistryError:
    """The error for a git command that failed, from what it wrote.

    Args:
        name: what messages call the server.
        repository: the path of the repository here.
        verb: the git command.
        words: the lines it wrote, without those that tell of progress.
    """
    text = "\n".join(words)
    if f"not a git repository: '{repository}'" in text:  # ours
        return NotARepository(f"no git repository at {repository!r}")
    ours = re.search(rf"Unable to create '{re.escape(repository)}/.*|bad shallow line.*", text)
    if ours:  # a lock that an ended process left, or a damaged file
        return GitFailed(f"git {verb} failed: {ours[0]}")
    own = [line for line in words if not line.startswith("remote:")]
    full = next((line for line in own if _LOCAL.search(line)), None)
    if full:
        return DiskFull(f"git {verb} failed: {full}", hint="make room, or let XDG_CACHE_HOME name another place")
    fatal = [line.partition(": ")[2] for line in words if line.startswith(("fatal:", "ssh:", "error:"))]
    said = "; ".join([*server_lines(words)[:3], *fatal[:2]]) or text
    if not said:
        return EmptyStderr(f"git {verb} failed without a word on {name!r}")
    if re.search("couldn't find remote ref|not our ref|no such remote ref|unadvertised object", text):
        return NotFound(f"{name!r} has no such revision: {said}")
    for sign, what in _FAILURES:
        if found := re.search(sign, "\n".join(own), re.IGNORECASE):
            hint = _HINTS[what].format(*found.groups())
            line = next(line for line in own if re.search(sign, line, re.IGNORECASE))
            said = said if line.endswith(tuple(said.split("; "))) else f"{line}; {said}"  # ssh's own words
            kind = Unreachable if what in _UNREACHABLE else RemoteError
            return kind(f"{name!r}: {what} ({said})", hint=hint)
    if re.search("shallow|dumb http", text):
        return RemoteError(f"{name!r}: {said}")
    if re.search(_LOST, text, re.IGNORECASE):
        return ConnectionLost(f"the connection to {name!r} was lost ({said})", hint="try again")
    if "mismatched algorithms" in text:
        return HashMismatch(f"git {verb} failed: {said}")
    return GitFailed(f"git {verb} failed: {said}")
