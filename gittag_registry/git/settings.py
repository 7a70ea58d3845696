"""What git's configuration says: who writes, the editor, and the remotes."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from gittag_registry.errors import GitFailed
from gittag_registry.git.files import at_top
from gittag_registry.git.process import Repository, run
from gittag_registry.text import decode_text
from gittag_registry.urls import protocol

_OF_CLONE = ("local", "worktree")
_OF_ACCESS = ("http.", "credential.", "core.sshcommand", "core.gitproxy")

_ADDRESS = re.compile(r"(.*) \((fetch|push)\)(?: \[[^]]*\])?$")  # in brackets: the filter of a partial clone


class Identity(NamedTuple):
    """Who writes, and when, as git would record it."""

    name: str
    email: str
    timestamp: int
    offset: str


def identity(repository: Repository) -> Identity:
    """The committer and the present time, as git knows them from GIT_COMMITTER_* and its configuration.

    Raises:
        GitFailed: git does not know who writes.
    """
    ident = decode_text(run(repository, "var", "GIT_COMMITTER_IDENT")).strip()
    who, _, when = ident.rpartition("> ")
    name, _, email = who.rpartition(" <")
    seconds, offset = when.split()
    return Identity(name, email, int(seconds), offset)


def editor(repository: Repository) -> str:
    """The user's editor, as git would start it."""
    return run(repository, "var", "GIT_EDITOR").decode().strip()


class RemoteAddress(NamedTuple):
    """Where a remote repository is, and the settings of a clone that git needs to connect to it."""

    url: str
    access: tuple[tuple[str, str], ...] = ()
    """settings of the clone itself, as `actions/checkout` writes them: headers, helpers, the ssh command"""


def remote_address(repository: Repository, name: str) -> RemoteAddress | None:
    """The address of a configured remote; None if there is no remote of this name."""
    if not name or name.startswith("-") or name not in remotes(repository):
        return None
    url = run(repository, "ls-remote", "--get-url", "--", name).decode(errors="surrogateescape").removesuffix("\n")
    if protocol(url) is None:  # a path, which git reads from the top of the working tree
        path = os.path.abspath(os.path.join(at_top(repository).path, os.path.expanduser(url)))
        url = f"file://{path.replace('%', '%25')}"
    listed = run(repository, "config", "--null", "--show-scope", "--list").decode(errors="surrogateescape").split("\0")
    entries = [(scope, *entry.partition("\n")[::2]) for scope, entry in zip(listed[::2], listed[1::2], strict=False)]
    return RemoteAddress(
        url,
        tuple((key, value) for scope, key, value in entries if scope in _OF_CLONE and key.startswith(_OF_ACCESS)),
    )


class Addresses(NamedTuple):
    """Where git fetches from and pushes to for a remote, as `pushurl`, `insteadOf` and `pushInsteadOf` say."""

    fetch: str | None = None
    push: tuple[str, ...] = ()


def remotes(repository: Repository) -> dict[str, Addresses]:
    """The configured remotes, by name."""
    found: dict[str, Addresses] = {}
    for line in run(repository, "remote", "--verbose").decode(errors="surrogateescape").splitlines():
        name, _, rest = line.partition("\t")
        known = found.setdefault(name, Addresses())
        if match := _ADDRESS.match(rest):
            address, use = match.groups()
            found[name] = (
                known._replace(fetch=address) if use == "fetch" else Addresses(known.fetch, (*known.push, address))
            )
    return found


def push_address(repository: Repository, address: str) -> str:
    """Where git pushes to for an address, whose beginning `url.BASE.pushInsteadOf` may replace."""
    try:
        output = run(repository, "config", "--null", "--get-regexp", r"^url\..*\.pushinsteadof$")
    except GitFailed:  # there is no such setting
        return address
    entries = [entry.split("\n", 1) for entry in output.decode(errors="surrogateescape").split("\0") if "\n" in entry]
    fitting = [
        (start, key[len("url.") : -len(".pushinsteadof")]) for key, start in entries if address.startswith(start)
    ]
    if not fitting:
        return address
    start, base = max(fitting, key=lambda rule: len(rule[0]))
    return base + address[len(start) :]
