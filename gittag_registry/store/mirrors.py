"""The directory of mirrors: where they are, which there are, and removing them."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from gittag_registry.errors import GitFailed, RegistryError
from gittag_registry.git.lock import locked
from gittag_registry.git.process import Repository, run
from gittag_registry.model.results import MirrorInfo

CHECKS = "checked"
"""a directory in each mirror: when the server was last asked about which tags"""
_PATIENCE = 30.0  # seconds for whoever fills a mirror that is to be removed


def directory() -> Path:
    """Where the mirrors are."""
    from platformdirs import user_cache_path

    return user_cache_path("gittag-registry") / "remotes"


def list_mirrors() -> list[MirrorInfo]:
    """The mirrors there are, by address."""
    top = directory()
    paths = [path for path in top.glob("*.git") if (path / "HEAD").exists()]
    return sorted((_describe(path) for path in paths), key=lambda mirror: (mirror.address, mirror.path))


def _describe(path: Path) -> MirrorInfo:
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
    """Remove a mirror, after whoever fills it at this moment.

    Raises:
        GitFailed: it cannot be removed.
    """
    with locked(path.with_suffix(".lock"), _PATIENCE):
        remove(path)


def remove_all() -> None:
    """Remove all mirrors, and what is left of broken ones."""
    for mirror in list_mirrors():
        clean(mirror.path)
    shutil.rmtree(directory(), ignore_errors=True)


def remove(path: Path) -> None:
    """Remove a mirror.

    Raises:
        GitFailed: it cannot be removed.
    """
    try:
        grave = path.with_suffix(f".{os.urandom(8).hex()}.removed")
        path.rename(grave)  # at once, so that nobody meets a half of it
        if grave.is_dir() and not grave.is_symlink():
            shutil.rmtree(grave)
        else:
            grave.unlink()
    except (FileNotFoundError, NotADirectoryError):  # there is nothing, or not even a place for it
        pass
    except OSError as error:
        raise GitFailed(f"the cache {str(path)!r} cannot be removed: {error.strerror}") from error
