"""Read files of a repository's working tree, or of a commit."""

from __future__ import annotations

import os
import stat

from gittag_registry.errors import GitFailed, Refused, UsageError
from gittag_registry.git.process import Repository, run
from gittag_registry.git.tags import read_objects

LARGEST_FILE = 1 << 20
"""bytes; annotation and configuration files are written by hand"""
LITERAL_PATHS = {"GIT_LITERAL_PATHSPECS": "1"}
"""a variable for git commands that take paths: they are no patterns"""


class UnreadableFile(Refused):
    """A file that exists but cannot be read."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def work_tree(repository: Repository) -> str | None:
    """The top directory of the working tree; None in a bare repository."""
    if repository.path == dict(repository.environment).get("GIT_DIR"):  # a mirror
        return None
    try:
        top = os.fsdecode(run(repository, "rev-parse", "--show-toplevel")).removesuffix("\n")
    except GitFailed:
        return None
    return top or None


def at_top(repository: Repository) -> Repository:
    """The repository, at the top of its working tree, where paths begin."""
    return repository._replace(path=work_tree(repository) or repository.path)


def from_top(repository: Repository, path: str) -> str:
    """A path as somebody types it who stands in the working tree, from its top; elsewhere it is from the top already.

    Raises:
        UsageError: it is empty or absolute, or leads out of the working tree.
    """
    top, here = work_tree(repository), os.path.realpath(os.curdir)
    real_top = os.path.realpath(top) if top else here
    inside = os.path.commonpath([real_top, here]) == real_top
    if os.path.isabs(path):
        real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        ours = os.path.commonpath([real_top, real]) == real_top
        relative = os.path.relpath(real, here if inside else real_top)
        from gittag_registry.hints import Hint, Option

        hint = Hint(Option("path", relative)) if top and ours else None
        raise UsageError(f"the path {path!r} is absolute, and other clones are elsewhere", hint=hint)
    found = os.path.normpath(os.path.join(os.path.relpath(here, real_top) if inside else "", path))
    return check_inside(found if path else path)


def check_inside(path: str) -> str:
    """Return the path if it is one from the top of a working tree.

    Raises:
        UsageError: it is empty or absolute, or leads out of the working tree.
    """
    if not path:
        raise UsageError("the path is empty")
    if os.path.isabs(path):
        raise UsageError(f"the path {path!r} is absolute, and other clones are elsewhere")
    if os.path.normpath(path).split(os.sep)[0] == os.pardir:
        raise UsageError(f"the path {path!r} is outside of the repository")
    return path


def changed_files(repository: Repository) -> list[str]:
    """The files that differ from the newest commit, and those that git neither tracks nor ignores."""
    top = work_tree(repository)
    if top is None:
        return []
    status = run(repository._replace(path=top), "status", "--porcelain", "-z", "--no-renames")
    return [os.fsdecode(line[3:]) for line in status.split(b"\0") if line]


def has_path(repository: Repository, path: str) -> bool:
    """Whether a path, from the top, exists in the working tree."""
    top = work_tree(repository)
    return top is not None and os.path.exists(os.path.join(top, path))


def read_files(repository: Repository, paths: list[str], commit: str | None = None) -> dict[str, bytes]:
    """The files among these paths (from the top) that exist: in the working tree, or in a commit.

    Args:
        commit: read this commit; None: the working tree, or HEAD in a bare repository.

    Raises:
        UnreadableFile: one of them cannot be opened, or is larger than `LARGEST_FILE`.
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


def read_file(path: str, name: str) -> bytes | None:
    """A file's content; None if there is no such file.

    Args:
        path: its path.
        name: its name in messages.

    Raises:
        UnreadableFile: it cannot be opened, or is larger than `LARGEST_FILE`.
    """
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
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
        UnreadableFile: it cannot be read, or is a link to a file outside the repository.
    """
    if os.path.islink(os.path.join(top, path)) and not os.path.exists(os.path.join(top, path)):
        raise UnreadableFile(path, "is a broken link")
    real_path, real_top = os.path.realpath(os.path.join(top, path)), os.path.realpath(top)
    if os.path.commonpath([real_path, real_top]) != real_top:
        raise UnreadableFile(path, "is a link to a file outside the repository")
    return read_file(real_path, path)


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # opening a named pipe would wait for its writer


def _bounded(data: bytes, size: int, name: str) -> bytes:
    if size > LARGEST_FILE:
        raise UnreadableFile(name, f"is larger than {LARGEST_FILE} bytes")
    return data
