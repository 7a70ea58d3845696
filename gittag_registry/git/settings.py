"""What git's configuration says: who writes, the editor, and the remotes."""

from __future__ import annotations

import re
from typing import NamedTuple

from gittag_registry.errors import GitFailed
from gittag_registry.git.process import Repository, run

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
    ident = run(repository, "var", "GIT_COMMITTER_IDENT").decode(errors="replace").strip()
    who, _, when = ident.rpartition("> ")
    name, _, email = who.rpartition(" <")
    seconds, offset = when.split()
    return Identity(name, email, int(seconds), offset)


def editor(repository: Repository) -> str:
    """The user's editor, as git would start it."""
    return run(repository, "var", "GIT_EDITOR").decode().strip()


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
