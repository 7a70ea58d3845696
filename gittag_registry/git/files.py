"""Files of a repository: those of its working tree, and those of a commit."""

from __future__ import annotations

import os
import stat

from gittag_registry.errors import GitFailed, Refused
from gittag_registry.git.process import Repository, run
from gittag_registry.git.tags import read_objects

LARGEST_FILE = 1 << 20
"""bytes; annotation and configuration files are written by hand"""
LITERAL_PATHS = {"GIT_LITERAL_PATHSPECS": "1"}
"""a variable for git commands that take paths: none of them is a pattern"""


class UnreadableFile(Refused):
    """A file that is there but cannot be read."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def work_tree(repository: Repository) -> str | None:
    """The top directory of the working tree; None in a bare repository."""
    try:
        top = os.fsdecode(run(repository, "rev-parse", "--show-toplevel")).removesuffix("\n")
    except GitFailed:
        return None
    return top or None


def at_top(repository: Repository) -> Repository:
    """The repository as seen from the top of its working tree, where paths begin."""
    return repository._replace(path=work_tree(repository) or repository.path)


def has_path(repository: Repository, path: str) -> bool:
    """Whether a path, from the top, exists in the working tree."""
    top = work_tree(repository)
    return top is not None and os.path.exists(os.path.join(top, path))


def read_files(repository: Repository, paths: list[str], commit: str | None = None) -> dict[str, bytes]:
    """The files among these paths (from the top) that exist: in the working tree, or in a commit.

    Args:
        commit: where to look; None for the working tree, or HEAD in a bare repository.

    Raises:
        UnreadableFile: one of them cannot be opened, or is too large to be written by hand.
    """
    top = work_tree(repository) if commit is None else None
    if top is not None:
        on_disk = {path: read_inside(top, path) for path in paths}
        return {path: data for path, data in on_disk.items() if data is not None}
    names = [f"{commit or 'HEAD'}:{path}" for path in paths]
    objects = dict(zip(paths, read_objects(repository, names, LARGEST_FILE), strict=True))
    for path, stored in objects.items():
        if stored.type == "damaged":
            raise UnreadableFile(path, "cannot be read from the repository")
    return {path: _bounded(blob.data, blob.size, path) for path, blob in objects.items() if blob.type == "blob"}


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
                raise UnreadableFile(name, "is not a file")
            data = file.read(LARGEST_FILE + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UnreadableFile(name, f"cannot be read: {error.strerror}") from error
    return _bounded(data, len(data), name)


def read_inside(top: str, path: str) -> bytes | None:
    """A file of a working tree; None if there is no such file.

    Raises:
        UnreadableFile: it cannot be read, or is a link that leads out of the repository.
    """
    if os.path.islink(os.path.join(top, path)) and not os.path.exists(os.path.join(top, path)):
        raise UnreadableFile(path, "is a link that leads nowhere")
    place, inside = os.path.realpath(os.path.join(top, path)), os.path.realpath(top)
    if os.path.commonpath([place, inside]) != inside:
        raise UnreadableFile(path, "is a link that leads out of the repository")
    return read_file(place, path)


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # a pipe in a file's place is not waited for


def _bounded(data: bytes, size: int, name: str) -> bytes:
    if size > LARGEST_FILE:
        raise UnreadableFile(name, f"is larger than {LARGEST_FILE} bytes")
    return data
