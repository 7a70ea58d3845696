"""What git's configuration says: who writes, with which editor, and which remotes there are."""

from __future__ import annotations

from typing import NamedTuple

from gittag_registry.git.process import Repository, run


class Identity(NamedTuple):
    """Who writes, and when, as git would record it."""

    name: str
    email: str
    timestamp: int
    offset: str


def identity(repository: Repository) -> Identity:
    """Who git says is writing now; GIT_COMMITTER_* and the configuration decide.

    Raises:
        GitFailed: git does not know.
    """
    ident = run(repository, "var", "GIT_COMMITTER_IDENT").decode(errors="replace").strip()
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
