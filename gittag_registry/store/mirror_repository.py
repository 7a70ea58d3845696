"""The repository of a mirror: how it is made, and what its configuration says about fetching."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from gittag_registry.errors import GitFailed
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


def age(path: Path, prefixes: Sequence[str]) -> float | None:
    """Seconds since the server last listed the tags that begin with one of the prefixes; None if it never did."""
    checks = [_checked_at(_check_file(path, names)) for names in (prefixes, ("",))]
    moments = [moment for moment in checks if moment is not None]
    return max(0.0, time.time() - max(moments)) if moments else None


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
