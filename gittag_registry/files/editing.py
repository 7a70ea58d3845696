"""Write files of a working tree: a reader sees the old content or the new, never a part."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from gittag_registry.errors import Conflict, Refused, RegistryError
from gittag_registry.files.layout import CONFIGURATION
from gittag_registry.git.commits import PendingChange
from gittag_registry.git.files import read_inside, work_tree
from gittag_registry.git.lock import writer_lock
from gittag_registry.git.process import Repository


def edit_annotations(
    repository: Repository, name: str, edit: Callable[[bytes], bytes], *, message: str | None, dry_run: bool
) -> tuple[bytes, str | None]:
    """Change a file of annotations in the working tree.

    Args:
        name: its path from the top.
        edit: returns the new content, given the present one (empty if there is no file).
        message: commit this change, and nothing else, with this message.
        dry_run: change nothing.

    Returns:
        The new content, and the commit's id if there is one.

    Raises:
        Refused: there is no working tree.
        Conflict: there is no change to commit.
        GitFailed: git or a hook refused the commit; the file has its old content.
    """
    top = _top(repository)
    with writer_lock(repository):
        return _edited(repository, top, name, edit, message, dry_run)


def _edited(
    repository: Repository, top: str, name: str, edit: Callable[[bytes], bytes], message: str | None, dry_run: bool
) -> tuple[bytes, str | None]:
    path = Path(os.path.realpath(os.path.join(top, name)))  # a symbolic link stays one
    before = read_inside(top, name)
    after = edit(before or b"")
    if dry_run:
        return after, None
    tracked = os.path.relpath(path, os.path.realpath(top))
    change = PendingChange(repository, tracked, edit) if message is not None else None
    if after != before:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, after)
    if message is None or change is None:
        return after, None
    try:
        return after, change.commit(message)
    except RegistryError:
        if before is None:
            path.unlink()
        else:
            _replace(path, before)
        raise


def edit_configuration(repository: Repository, edit: Callable[[bytes], bytes]) -> None:
    """Change the configuration file at the top of the working tree, creating it if there is none.

    Raises:
        Refused: there is no working tree, or the file cannot be read.
    """
    top = _top(repository)
    with writer_lock(repository):
        after = edit(read_inside(top, CONFIGURATION) or b"")
        _replace(Path(os.path.realpath(os.path.join(top, CONFIGURATION))), after)


def create_file(repository: Repository, name: str, data: bytes) -> None:
    """Write a new file at the top of the working tree.

    Raises:
        Refused: there is no working tree.
        Conflict: the file exists.
    """
    try:
        with Path(_top(repository), name).open("xb") as file:
            file.write(data)
    except FileExistsError as error:
        raise Conflict(f"{name} already exists") from error


def _top(repository: Repository) -> str:
    """The top of the working tree.

    Raises:
        Refused: there is none.
    """
    top = work_tree(repository)
    if top is None:
        raise Refused("a bare repository has no working tree to edit", hint="edit in a clone, and push")
    return top


def _replace(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never a part."""
    import tempfile

    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.chmod(temporary, path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
