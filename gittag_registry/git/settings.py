"""What git's configuration says: who writes, the editor, and the remotes."""

from __future__ import annotations

import os
from typing import NamedTuple

from gittag_registry.git.files import at_top
from gittag_registry.git.process import Repository, run
from gittag_registry.text import decode_text
from gittag_registry.urls import protocol

_OF_CLONE = ("local", "worktree")
_OF_ACCESS = ("http.", "credential.", "core.sshcommand", "core.gitproxy")


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
    """settings of the clone's own configuration, as `actions/checkout` writes them: headers, helpers, the ssh command"""


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


def remotes(repository: Repository) -> list[str]:
    """The names of the configured remotes."""
    return run(repository, "remote").decode(errors="replace").split()
