"""What git's configuration says: who writes, the editor, and the remotes."""

from __future__ import annotations

from typing import NamedTuple

from gittag_registry.git.process import Repository, run
from gittag_registry.text import decode_text


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


def remotes(repository: Repository) -> list[str]:
    """The names of the configured remotes."""
    return run(repository, "remote").decode(errors="replace").split()
