"""The directory of mirrors: its path, its content, and how to remove mirrors."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gittag_registry.errors import GitFailed, RegistryError, RemoteError
from gittag_registry.git.lock import locked
from gittag_registry.git.process import Repository, run

if TYPE_CHECKING:
    from gittag_registry.model.results import MirrorInfo

CHECKS = "checked"
"""a directory in each mirror; the dates of its files say when the server last listed which tags"""
_PATIENCE = 30.0  # seconds to wait for a process that is filling the mirror


def directory() -> Path:
    """The directory that holds the mirrors.

    Raises:
        RegistryError: the user has no home, as one that a container's system does not know.
    """
    from platformdirs import user_cache_path

    with suppress(RuntimeError):  # older versions return a path with ~
        path = user_cache_path("gittag-registry")
        if path.is_absolute():
            return path / "remotes"
    raise RegistryError(
        "the cache has no place: this user has no home directory", hint="set XDG_CACHE_HOME to a writable directory"
    )


def not_in_cache(address: str) -> RemoteError:
    """The error if a mirror lacks what was asked for, and the server may not be asked."""
    from gittag_registry.hints import Hint, Option

    return RemoteError(
        f"the cache of {address!r} does not have this yet", hint=Hint("repeat without ", Option("offline"))
    )


def list_mirrors() -> list[MirrorInfo]:
    """All mirrors, sorted by address."""
    top = directory()
    paths = [path for path in top.glob("*.git") if (path / "HEAD").exists()]
    return sorted((_describe(path) for path in paths), key=lambda mirror: (mirror.address, mirror.path))


def _describe(path: Path) -> MirrorInfo:
    from gittag_registry.model.results import MirrorInfo

    stats = []
    for file in path.rglob("*"):
        with suppress(OSError):  # a fetch just moved it
            stats.append((file.parent.name, file.stat()))
    checks = [stat.st_mtime for directory, stat in stats if directory == CHECKS]
    size = sum(stat.st_size for _, stat in stats)
    return MirrorInfo(path, _setting(path, "address"), _setting(path, "scope"), size, max(checks, default=0.0))


def _setting(path: Path, key: str) -> str:
    try:
        value = run(Repository(str(path)), "config", "--file", str(path / "config"), "--get", f"registry.{key}")
    except RegistryError:
        return "?"
    return value.decode(errors="surrogateescape").strip()


def clean(path: Path) -> None:
    """Remove a mirror; if another process is filling it, wait for that first.

    Raises:
        GitFailed: it cannot be removed.
    """
    with locked(path.with_suffix(".lock"), _PATIENCE):
        remove(path)


def remove_all() -> None:
    """Remove all mirrors, and the remains of broken ones."""
    for mirror in list_mirrors():
        clean(mirror.path)
    shutil.rmtree(directory(), ignore_errors=True)


def remove(path: Path) -> None:
    """Remove a mirror.

    Raises:
        GitFailed: it cannot be removed.
    """
    try:
        removed = path.with_suffix(f".{os.urandom(8).hex()}.removed")
        path.rename(removed)  # in one step, so that no process sees half of it
        if removed.is_dir() and not removed.is_symlink():
            shutil.rmtree(removed)
        else:
            removed.unlink()
    except (FileNotFoundError, NotADirectoryError):  # there is no mirror
        pass
    except OSError as error:
        raise GitFailed(f"the cache {str(path)!r} cannot be removed: {error.strerror}") from error
