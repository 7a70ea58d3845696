"""The repository of a mirror: how it is made, and what its configuration says about fetching."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from gittag_registry.errors import GitFailed
from gittag_registry.git.failures import DiskFull
from gittag_registry.git.process import Repository, run
from gittag_registry.refs import TAGS
from gittag_registry.store.mirrors import CHECKS, remove

FILES = "refs/heads/files"
"""the commit of the server's HEAD, for its files"""
TAGGED_COMMITS, ALL_COMMITS = "tagged commits", "all commits"
"""the scopes of mirrors"""
_PARTIAL = ("extensions.partialClone", "remote.origin.promisor", "remote.origin.partialCloneFilter")
_CONFIG = """\
[core]
\trepositoryFormatVersion = 1
\tbare = true
[extensions]
\tpartialClone = origin
\tobjectFormat = {format}
[remote "origin"]
\tpromisor = true
\tpartialCloneFilter = tree:0
[transfer]
\tfsckObjects = false
[fetch]
\tfsckObjects = false
[registry]
\taddress = {address}
\tscope = {scope}
"""


def create(path: Path, address: str, scope: str, object_format: str) -> None:
    """Create the repository, in place of what is left of a broken one."""
    remove(path)
    for name in ("objects", "refs", CHECKS):
        (path / name).mkdir(parents=True)
    settings = _CONFIG.format(address=_quoted(address), scope=scope, format=object_format)
    (path / "config").write_text(settings, encoding="utf-8", errors="surrogateescape")
    # last: from now on git takes it for a repository
    (path / "HEAD").write_text(f"ref: {FILES}\n", encoding="ascii")


def exists(path: Path) -> bool:
    """Whether the repository exists.

    Raises:
        DiskFull: it belongs to another user.
    """
    if not (path / "HEAD").exists():
        return False
    if path.is_symlink() or path.stat().st_uid != os.geteuid():
        raise DiskFull(
            f"the cache {str(path)!r} belongs to another user", hint="set XDG_CACHE_HOME to a directory of your own"
        )
    return True


def unwritable(path: Path, error: OSError) -> DiskFull:
    """The error for a cache that cannot be written."""
    return DiskFull(
        f"the cache {str(path)!r} cannot be written: {error.strerror}",
        hint="set XDG_CACHE_HOME to a writable directory",
    )


def has_object(repository: Repository, oid: str) -> bool:
    """Whether the mirror has an object; nothing is fetched for the answer."""
    try:
        listed = run(repository, "rev-list", "--no-walk", "--missing=print", "--end-of-options", oid, "--")
    except GitFailed:
        return False
    return not listed.startswith(b"?")


def fetches_everything(path: Path) -> bool:
    """Whether every fetch brings whatever there is, because the server cannot send a part."""
    return "partialCloneFilter" not in _configuration(path)


def fetch_everything(path: Path) -> None:
    """Keep git from leaving out files, and from fetching missing ones when it reads them."""
    for name in _PARTIAL:
        with suppress(GitFailed):  # it is not set any more
            _set(path, "--unset-all", name)


def has_all_commits(path: Path) -> bool:
    """Whether the mirror has all commits, and not only those with a tag."""
    return f"scope = {ALL_COMMITS}" in _configuration(path)


def set_all_commits(path: Path) -> None:
    """Note that it has them."""
    _set(path, "registry.scope", ALL_COMMITS)


def refs_of(repository: Repository, commit: str) -> list[str]:
    """The refs of the tags of a commit; a pattern for all tags if it has none."""
    names = run(repository, "for-each-ref", f"--points-at={commit}", "--format=%(refname)", "--", TAGS)
    return names.decode().split() or [f"{TAGS}*"]


def listed_at(path: Path, prefixes: Sequence[str]) -> float | None:
    """When the server last listed the tags that begin with one of the prefixes, in seconds since 1970 UTC, if ever."""
    checks = [_checked_at(_check_file(path, names)) for names in (prefixes, ("",))]
    return max((moment for moment in checks if moment is not None), default=None)


def note_check(path: Path, prefixes: Sequence[str]) -> None:
    """Note that the server listed them now."""
    with suppress(OSError):  # only --offline needs it
        file = _check_file(path, prefixes)
        file.parent.mkdir(exist_ok=True)
        file.touch()


def _checked_at(file: Path) -> float | None:
    try:
        return file.stat().st_mtime
    except OSError:
        return None


def _check_file(path: Path, prefixes: Sequence[str]) -> Path:
    return path / CHECKS / sha256("\n".join(prefixes).encode()).hexdigest()[:16]


def _configuration(path: Path) -> str:
    try:
        return (path / "config").read_text(encoding="utf-8", errors="replace")
    except OSError:  # git will say what is wrong
        return ""


def _set(path: Path, *change: str) -> None:
    run(Repository(str(path)), "config", "--file", str(path / "config"), *change)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
