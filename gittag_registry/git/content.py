"""What a repository holds besides tags: revisions, files, identity, differences between commits."""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

from gittag_registry.errors import GitFailed, NotFound, Refused
from gittag_registry.git.process import Repository, run
from gittag_registry.git.tags import read_objects

_LARGEST_FILE = 1 << 20  # bytes; annotation and configuration files are written by hand


class UnreadableFile(Refused):
    """A file that is there but cannot be read."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class Identity(NamedTuple):
    """Who writes, and when, as git would record it."""

    name: str
    email: str
    timestamp: int
    offset: str


class Commit(NamedTuple):
    """A commit, in short."""

    commit: str
    timestamp: int
    author: str
    subject: str


class FileChange(NamedTuple):
    """A file that differs between two commits; the status is git's letter (A, D, M, R, ...)."""

    status: str
    path: str


def resolve(repository: Repository, revision: str) -> str:
    """The id of the commit a revision names.

    Raises:
        NotFound: it names none.
    """
    try:
        return (
            run(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
            .decode()
            .strip()
        )
    except GitFailed as error:
        hint = None
        if revision == "HEAD":
            hint = "the current branch has no commit yet"
        raise NotFound(f"revision {revision!r} does not name a commit", hint=hint) from error


def moment_of(repository: Repository, revision: str) -> int | None:
    """When a tag was made, or a commit was committed, in seconds since 1970 UTC; None if the revision is unknown."""
    try:
        name = run(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", revision).decode().strip()
        content = run(repository, "cat-file", "-p", name)
    except GitFailed:
        return None
    for line in content.decode(errors="replace").split("\n\n", 1)[0].splitlines():
        if line.startswith(("tagger ", "committer ")):
            return int(line.rsplit(" ", 2)[1])
    return None


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


def work_tree(repository: Repository) -> str | None:
    """The top directory of the working tree; None in a bare repository."""
    try:
        top = run(repository, "rev-parse", "--show-toplevel").decode().rstrip("\n")
    except GitFailed:
        return None
    return top or None


def read_files(repository: Repository, paths: list[str], commit: str | None = None) -> dict[str, bytes]:
    """The files among these paths (from the top) that exist: in the working tree, or in a commit.

    Args:
        commit: where to look; None for the working tree, or HEAD in a bare repository.

    Raises:
        UnreadableFile: one of them cannot be opened, or is too large to be written by hand.
    """
    top = work_tree(repository) if commit is None else None
    if top is not None:
        on_disk = {path: read_file(os.path.join(top, path), path) for path in paths}
        return {path: data for path, data in on_disk.items() if data is not None}
    names = [f"{commit or 'HEAD'}:{path}" for path in paths]
    found = zip(paths, read_objects(repository, names, _LARGEST_FILE), strict=True)
    return {path: _bounded(blob.data, blob.size, path) for path, blob in found if blob.type == "blob"}


def read_file(place: str, name: str) -> bytes | None:
    """A file's content; None if there is no such file.

    Args:
        place: its path.
        name: how messages call it.

    Raises:
        UnreadableFile: it cannot be opened, or is too large to be written by hand.
    """
    try:
        with open(place, "rb", opener=_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None
            data = file.read(_LARGEST_FILE + 1)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise UnreadableFile(name, f"cannot be read: {error.strerror}") from error
    return _bounded(data, len(data), name)


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # a pipe in a file's place is not waited for


def _bounded(data: bytes, size: int, name: str) -> bytes:
    if size > _LARGEST_FILE:
        raise UnreadableFile(name, f"is larger than {_LARGEST_FILE} bytes")
    return data


def commits_between(repository: Repository, old: str, new: str) -> list[Commit]:
    """The commits that lead to one commit and not to the other, newest first."""
    output = run(repository, "log", "-z", "--format=%H%x00%ct%x00%an%x00%s", "--end-of-options", f"{old}..{new}", "--")
    fields = output.decode(errors="replace").split("\0")
    return [Commit(fields[i], int(fields[i + 1]), fields[i + 2], fields[i + 3]) for i in range(0, len(fields) - 3, 4)]


def files_changed(repository: Repository, old: str, new: str, path: str | None = None) -> list[FileChange]:
    """The files that differ between two commits, all or those under a path."""
    output = run(
        repository, "diff-tree", "-r", "-z", "--name-status", "--no-renames", old, new, "--", *([path] if path else [])
    )
    fields = output.decode(errors="replace").split("\0")
    return [FileChange(fields[i], fields[i + 1]) for i in range(0, len(fields) - 1, 2)]


def commit_file(repository: Repository, path: str, message: str) -> str:
    """Commit one file of the working tree, leaving everything else staged or not as it is; returns the commit's id."""
    run(repository, "add", "--intent-to-add", "--", path)
    run(repository, "commit", "--quiet", "--message", message, "--only", "--", path)
    return resolve(repository, "HEAD")


def is_shallow(repository: Repository) -> bool:
    """Whether the repository was cloned without its full history."""
    return run(repository, "rev-parse", "--is-shallow-repository").strip() == b"true"


def remotes(repository: Repository) -> list[str]:
    """The names of the configured remotes."""
    return run(repository, "remote").decode(errors="replace").split()


def has_path(repository: Repository, path: str) -> bool:
    """Whether a path, from the top, exists in the working tree."""
    top = work_tree(repository)
    return top is not None and os.path.exists(os.path.join(top, path))
