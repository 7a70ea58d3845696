"""What is kept of a remote repository, so that the next question asks only what is new: its tags and their commits.

A cache is a bare repository under the user's cache directory, one for each address. It may be removed at any time:
whatever is missing or damaged is fetched again.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, TypeVar

from gittag_registry.errors import GitFailed, NotARepository, NotFound, RegistryError, RemoteError
from gittag_registry.git import remote, tags
from gittag_registry.git.lock import locked
from gittag_registry.git.process import Repository, run
from gittag_registry.git.remote import Remote
from gittag_registry.layout import DEFAULT_TIMEOUT
from gittag_registry.times import duration
from gittag_registry.urls import cache_name, public

_ORIGIN = "origin"
_FILES = "refs/heads/files"  # where HEAD of the server is kept, for the files in it
_STAMPS = "asked"  # a directory: when the server was last asked about which tags

Result = TypeVar("Result")
_CONFIG = """\
[core]
\trepositoryFormatVersion = 1
\tbare = true
[extensions]
\tpartialClone = origin
[remote "origin"]
\tpromisor = true
\tpartialCloneFilter = tree:0
[transfer]
\tfsckObjects = false
[gc]
\tpruneExpire = now
[registry]
\taddress = {address}
"""


class Cached(NamedTuple):
    """A cache that exists."""

    path: Path
    address: str
    size: int
    """bytes"""
    used: float
    """when the server was last asked, in seconds since 1970 UTC"""


def directory() -> Path:
    """Where the caches are."""
    from platformdirs import user_cache_path

    return user_cache_path("gittag-registry") / "remotes"


class Cache:
    """The cache of one address.

    Args:
        url: the address, which may hold secrets: it reaches git's environment, and no file.
        timeout: seconds without a word from the server after which it is given up.
        offline: never ask the server.
        history: keep all commits, not only those with a tag; a cache apart.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        offline: bool = False,
        history: bool = False,
        on_command: Callable[[tuple[str, ...]], None] | None = None,
        on_progress: Callable[[remote.Progress], None] | None = None,
        on_warning: Callable[[str], None] | None = None,
    ) -> None:
        self.address = public(url)
        digest = sha256(self.address.encode() + (b" history" if history else b"")).hexdigest()[:16]
        self.path = directory() / cache_name(url, digest)
        self.offline = offline
        self._history = history
        settings = {
            f"remote.{_ORIGIN}.url": url,
            "http.lowSpeedLimit": "1",  # for files, which git fetches by itself when they are read
            "http.lowSpeedTime": f"{timeout:.0f}",
        }
        place = [("GIT_DIR", str(self.path)), *_with_config(settings)]
        if offline:
            place.append(("GIT_ALLOW_PROTOCOL", "none"))
        self.repository = Repository(str(self.path), tuple(place), on_command)
        self.remote = Remote(self.repository, _ORIGIN, timeout, on_progress, on_warning, self.address)

    # The tags

    def refresh(self, prefixes: Sequence[str] = ("",)) -> None:
        """Bring the tags that begin with one of the prefixes to the server's present state.

        Raises:
            RemoteError: the server cannot be reached or refuses us; offline, it was never asked about them.
            GitFailed: the cache is broken or cannot be written.
        """
        if self.offline:
            age = self.age(prefixes)
            if age is None:
                raise RemoteError(f"the cache knows nothing of this in {self.address!r}", hint="ask without --offline")
            if self.remote.on_warning:
                self.remote.on_warning(f"{self.address} was not asked; what is known here is {duration(age)} old")
            return
        known = self._known(prefixes)
        if not known or sorted(known) != sorted(remote.list_tags(self.remote, prefixes)):
            with self._writing():
                self.fetch([f"+refs/tags/{prefix}*:refs/tags/{prefix}*" for prefix in prefixes], "--prune")
        self._stamp(prefixes)

    def _known(self, prefixes: Sequence[str]) -> list[tuple[str, str]]:
        return tags.list_tags(self.repository, prefixes) if self._exists() else []

    def fetch(self, refspecs: Sequence[str], *options: str) -> None:
        """Fetch into the cache, which exists."""
        if self._history:
            remote.fetch(self.remote, refspecs, *options, "--filter=tree:0")
        else:
            remote.fetch_shallow(self.remote, refspecs, *options)

    def age(self, prefixes: Sequence[str] = ("",)) -> float | None:
        """Seconds since the server was last asked about these tags; None if it never was."""
        asked = [self._asked(prefixes), self._asked(("",))]
        known = [moment for moment in asked if moment is not None]
        return max(0.0, time.time() - max(known)) if known else None

    def _asked(self, prefixes: Sequence[str]) -> float | None:
        try:
            return self._stamp_file(prefixes).stat().st_mtime
        except OSError:
            return None

    def _stamp(self, prefixes: Sequence[str]) -> None:
        with suppress(OSError):  # only --offline asks for it
            self._stamp_file(prefixes).touch()

    def _stamp_file(self, prefixes: Sequence[str]) -> Path:
        return self.path / _STAMPS / sha256("\n".join(prefixes).encode()).hexdigest()[:16]

    # Commits and files

    def find(self, revision: str) -> str:
        """The id of what a revision names on the server; the object is then in the cache.

        Args:
            revision: a branch, a tag, HEAD or a full id.

        Raises:
            NotFound: the server has no such revision.
        """
        if self.offline:
            return revision
        with self._writing():
            oid = remote.find(self.remote, revision)
            if oid is None:
                hint = "the repository is empty" if revision == "HEAD" else "name a branch, a tag or a full commit id"
                raise NotFound(f"{self.address!r} has no revision {revision!r}", hint=hint)
            self.fetch([oid])
        return oid

    def fetch_files(self) -> None:
        """Make HEAD of the cache that of the server; git fetches a file of it when it is read."""
        if self.offline:
            return
        with self._writing():
            if remote.find(self.remote, "HEAD") is not None:  # an empty repository has none
                self.fetch([f"+HEAD:{_FILES}"])

    # The repository

    def repairing(self, use: Callable[[], Result]) -> Result:
        """Do something with the cache; if it is broken, make it anew and try once more."""
        try:
            return use()
        except (GitFailed, NotARepository):
            if self.offline:
                raise
            remove(self.path)
            return use()

    def _exists(self) -> bool:
        return (self.path / "HEAD").exists()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the cache's lock, and have a repository in its place."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with locked(self.path.with_suffix(".lock"), self.remote.timeout) as alone:
                if not alone:
                    raise RemoteError(f"another process is filling the cache of {self.address!r}", hint="try again")
                new = not self._exists()
                if new:
                    self._create()
                try:
                    yield
                except RegistryError:
                    if new:  # of a server that does not answer, nothing is kept
                        remove(self.path)
                    raise
        except OSError as error:
            raise GitFailed(
                f"the cache {str(self.path)!r} cannot be written: {error.strerror}",
                hint="let XDG_CACHE_HOME name a directory that can be",
            ) from error

    def _create(self) -> None:
        """Make the repository; what is there under its name is not one, or a part of one."""
        shutil.rmtree(self.path, ignore_errors=True)
        for name in ("objects", "refs", _STAMPS):
            (self.path / name).mkdir(parents=True)
        (self.path / "config").write_text(_CONFIG.format(address=_quoted(self.address)), encoding="utf-8")
        (self.path / "HEAD").write_text(f"ref: {_FILES}\n", encoding="ascii")  # last: now git takes it for one


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _with_config(settings: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The variables that give git more settings, besides those it is given in this way already."""
    count = os.environ.get("GIT_CONFIG_COUNT", "0")
    given = int(count) if count.isdecimal() else 0
    yield "GIT_CONFIG_COUNT", str(given + len(settings))
    for number, (key, value) in enumerate(settings.items(), given):
        yield f"GIT_CONFIG_KEY_{number}", key
        yield f"GIT_CONFIG_VALUE_{number}", value


def cached() -> list[Cached]:
    """The caches there are, by address."""
    top = directory()
    found = [path for path in top.iterdir() if (path / "HEAD").exists()] if top.is_dir() else []
    return sorted((_describe(path) for path in found), key=lambda cache: (cache.address, cache.path))


def _describe(path: Path) -> Cached:
    try:
        place = Repository(str(path), (("GIT_DIR", str(path)),))
        address = run(place, "config", "--file", str(path / "config"), "--get", "registry.address").decode().strip()
    except RegistryError:
        address = "?"
    files = [file for file in path.rglob("*") if file.is_file()]
    stamps = [file.stat().st_mtime for file in (path / _STAMPS).iterdir()] if (path / _STAMPS).is_dir() else []
    return Cached(path, address, sum(file.stat().st_size for file in files), max(stamps, default=path.stat().st_mtime))


def remove(path: Path) -> None:
    """Remove a cache.

    Raises:
        GitFailed: it cannot be removed.
    """
    try:
        grave = path.with_suffix(f".removed-{os.getpid()}")
        path.rename(grave)  # at once, so that nobody meets a half of it
        shutil.rmtree(grave)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise GitFailed(f"the cache {str(path)!r} cannot be removed: {error.strerror}") from error
