"""A mirror of a remote repository: its tags and their commits, so that the next question fetches only what is new.

A mirror is a bare repository in the user's cache directory, one for each address. It may be removed at any time:
whatever is missing or damaged is fetched again.
"""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gittag_registry.errors import GitFailed, NotARepository, NotFound, RegistryError, Unreachable
from gittag_registry.files.layout import ANNOTATIONS, CONFIGURATION, DVC, GTO_CONFIGURATION
from gittag_registry.git import listing, partial, remote, tags
from gittag_registry.git.failures import ConnectionLost, DamagedObject, DiskFull, HashMismatch, NoSuchObject, TimedOut
from gittag_registry.git.lock import locked
from gittag_registry.git.process import Repository, run, with_settings
from gittag_registry.git.remote import Remote
from gittag_registry.model.times import duration
from gittag_registry.refs import TAGS
from gittag_registry.store import mirror_repository as repositories
from gittag_registry.store.mirrors import directory, not_in_cache, remove
from gittag_registry.urls import cache_name, identity, public, redact

if TYPE_CHECKING:
    from gittag_registry.store.base import Ref

_ORIGIN = "origin"
_READ = (CONFIGURATION, GTO_CONFIGURATION, ANNOTATIONS, DVC)  # the files that most commands read
_LONG_ID = 64  # digits of SHA-256
# Listing fetches the objects of tags that are new; with this filter it fetches no history with them. Servers that do
# not know it (git before 2.32) refuse, and then we fetch to a depth.
_TAGS_ONLY = ("--filter=object:type=tag",)

Result = TypeVar("Result")


class Mirror:
    """The mirror of one address.

    Args:
        url: the address, which may hold secrets: git gets it in its environment, and no file stores it.
        timeout: seconds to wait for an answer from the server.
        access: further settings that git needs to connect, such as headers.
        offline: never connect to the server.
        history: a second mirror, which keeps all commits and not only those with a tag.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float,
        access: Sequence[tuple[str, str]] = (),
        offline: bool = False,
        history: bool = False,
        on_command: Callable[[tuple[str, ...]], None] | None = None,
        on_progress: Callable[[remote.Progress], None] | None = None,
        on_warning: Callable[[str], None] | None = None,
    ) -> None:
        self._url = url
        self.address = redact(public(url))
        name = identity(url).encode(errors="surrogateescape")
        digest = sha256(name + (b" history" if history else b"")).hexdigest()[:16]
        self.path = directory() / cache_name(url, digest)
        self.offline = offline
        self._history = history
        settings = {
            f"remote.{_ORIGIN}.url": url,
            "core.hooksPath": os.devnull,  # run no hooks, whoever put them into the mirror
            f"remote.{_ORIGIN}.uploadpack": "git-upload-pack",
            f"remote.{_ORIGIN}.receivepack": "git-receive-pack",
            "protocol.version": "2",  # older versions send no single files
            "http.lowSpeedLimit": "1",  # for files, which git fetches by itself when they are read
            "http.lowSpeedTime": f"{max(timeout, 1):.0f}",  # 0 would mean no limit
        }
        protocols = (("GIT_ALLOW_PROTOCOL", "none"),) if offline else ()
        here = Repository(str(self.path), (("GIT_DIR", str(self.path)), *protocols), on_command)
        self.repository = with_settings(here, [*access, *settings.items()])
        self._remote = Remote(self.repository, _ORIGIN, timeout, on_progress, on_warning, self.address)._replace(
            listing=_TAGS_ONLY, on_no_filter=self._mark_whole
        )

    @property
    def remote(self) -> Remote:
        """The way to the server."""
        return self._remote._replace(listing=None) if self._whole.exists() else self._remote

    @property
    def _whole(self) -> Path:
        """A file that says that the server cannot send a part of a history, so that fetching is no way to list."""
        return self.path / "whole"

    def _mark_whole(self) -> None:
        with suppress(OSError):  # then listing fetches more than it needs
            self._whole.touch()

    def until(self, deadline: float) -> Mirror:
        """The same mirror, with a deadline of the monotonic clock."""
        bounded = copy.copy(self)
        bounded._remote = self._remote.until(deadline)
        return bounded

    def without_rewriting(self) -> Mirror:
        """The same mirror, of a server whose address no `insteadOf` or `pushInsteadOf` of the user replaces."""
        exact = copy.copy(self)
        there = self._remote.reading_at(self._url)
        exact.repository = with_settings(there.repository, [(f"remote.{_ORIGIN}.pushurl", remote.EXACT_ADDRESS)])
        exact._remote = there._replace(repository=exact.repository)
        return exact

    # The tags

    def refresh(self, prefixes: Sequence[str] = ("",)) -> list[Ref]:
        """Update the tags that begin with one of the prefixes from the server, and list them; see `read`."""
        return self.read(list, prefixes)

    def read(
        self,
        use: Callable[[list[Ref]], Result],
        prefixes: Sequence[str] = ("",),
        is_wanted: Callable[[str], bool] = bool,
    ) -> Result:
        """Update the tags that begin with one of the prefixes from the server, and use them.

        Args:
            use: makes the result from the ids and names of the tags. It may be called again if they changed.
            is_wanted: says by its name whether a tag is needed; if one of the others cannot be fetched, all others are
                left out.

        Raises:
            RemoteError: the server cannot be reached or denies access; offline: the mirror does not have them.
            GitFailed: the cache is broken or cannot be written.
        """
        age = self.age(prefixes)
        if self.offline:
            if age is None:
                raise not_in_cache(self.address)
            self.warn_of_age("offline", prefixes)
            return use(self._tags(prefixes))
        results = self._use_if_current(use, prefixes) if age is not None else []
        if not results:
            self._update(prefixes, is_wanted, [] if age is not None else ["--no-auto-maintenance"])
            results = [use(self._tags(prefixes))]
        repositories.note_check(self.path, prefixes)
        return results[0]

    def _use_if_current(self, use: Callable[[list[Ref]], Result], prefixes: Sequence[str]) -> list[Result]:
        """Ask whether the server has the same tags; if so, the result of using them, else nothing."""
        source = self.remote
        if source.listing is not None and all(prefixes):
            # Use them only then: until git compares, another process may fetch others into the mirror.
            return [use(self._tags(prefixes))] if listing.is_current(source, _refspecs(prefixes)) else []
        own: list[Ref] = []
        results: list[Result] = []

        def use_own() -> None:
            own.extend(self._tags(prefixes))
            results.append(use(own))

        listed = listing.ls_remote(source, prefixes, meanwhile=use_own)
        return results if sorted(own) == sorted(listed) else []

    def _update(self, prefixes: Sequence[str], is_wanted: Callable[[str], bool], upkeep: Sequence[str]) -> None:
        """Fetch the tags, and delete those that the server deleted."""
        with self._writing():
            try:
                self.fetch(_refspecs(prefixes), "--prune", *upkeep)
            except TimedOut:
                raise
            except (GitFailed, ConnectionLost, DamagedObject, NoSuchObject):  # a tag of a directory, or a damaged one
                from gittag_registry.store.damage import fetch_listed

                wanted = [ref for ref in listing.list_tags(self.remote, prefixes) if is_wanted(ref[1])]
                fetch_listed(self.remote, self.fetch, wanted, self._tags(prefixes))

    def _tags(self, prefixes: Sequence[str]) -> list[Ref]:
        return tags.list_tags(self.repository, prefixes) if self._exists() else []

    def fetch(self, refspecs: Sequence[str], *options: str, levels: int = 0) -> None:
        """Fetch into the mirror, which exists."""
        try:
            self._fetch(refspecs, *options, levels=levels)
        except (HashMismatch, NotFound) as error:
            if isinstance(error, NotFound) and not any(len(refspec) == _LONG_ID for refspec in refspecs):
                raise
            self._create("sha256")
            self._fetch(refspecs, *options, levels=levels)

    def _fetch(self, refspecs: Sequence[str], *options: str, levels: int) -> None:
        if repositories.fetches_everything(self.path):
            remote.fetch(self.remote, refspecs, *options)
            return
        depth: int | None = None if repositories.has_all_commits(self.path) else 1
        if self._history and self.age() is None:
            depth = partial.EVERY_COMMIT  # a depth shows whether the server can send a part
        whole = self._disable_lazy_fetch
        partial.fetch_partial(self.remote, refspecs, *options, depth=depth, levels=levels, before_whole=whole)

    def _disable_lazy_fetch(self) -> None:
        """Keep git from fetching missing objects when it reads them: over the dumb protocol that never ends."""
        self._mark_whole()
        repositories.fetch_everything(self.path)

    def age(self, prefixes: Sequence[str] = ("",)) -> float | None:
        """Seconds since the server last listed these tags; None if it never did."""
        moment = self.listed_at(prefixes)
        return None if moment is None else max(0.0, time.time() - moment)

    def warn_of_age(self, reason: str, prefixes: Sequence[str]) -> None:
        """Tell that an answer comes from the mirror alone, and why."""
        if self._remote.on_warning:
            self._remote.on_warning(f"{reason}: answering from a cache {duration(self.age(prefixes) or 0)} old")

    def listed_at(self, prefixes: Sequence[str] = ("",)) -> float | None:
        """When the server last listed these tags, in seconds since 1970 UTC; None if it never did."""
        return repositories.listed_at(self.path, prefixes)

    # Commits and files

    def find(self, revision: str) -> str:
        """The id of what a revision names on the server; the mirror then has the object.

        Args:
            revision: a branch, a tag, HEAD or a full id.

        Raises:
            NotFound: the server has no such revision.
        """
        if self.offline:
            if not self._exists():
                raise not_in_cache(self.address)
            return revision
        with self._writing():
            oid = listing.find(self.remote, revision)
            if oid is None:
                hint = "the repository is empty" if revision == "HEAD" else "name a branch, a tag or a full commit id"
                raise NotFound(f"{self.address!r} has no revision {revision!r}", hint=hint)
            if not repositories.has_object(self.repository, oid):
                self._fetch_commit(oid)
        return oid

    def _fetch_commit(self, oid: str) -> None:
        try:
            self.fetch([oid])
        except NotFound:  # some servers send an object only if a ref names it
            self._fetch_histories()
            if not repositories.has_object(self.repository, oid):
                raise
        if not repositories.has_object(self.repository, oid):
            raise GitFailed(f"the cache {str(self.path)!r} is damaged: it lacks {oid} after a fetch")

    def _fetch_histories(self) -> None:
        """From now on the mirror has all commits, without which git would push those that the server has."""
        partial.fetch_histories(self.remote, before_whole=self._disable_lazy_fetch)
        repositories.set_all_commits(self.path)

    def fetch_files(self) -> None:
        """Update HEAD of the mirror from the server; git fetches each of its files when it is read.

        Raises:
            RemoteError: the server cannot be reached or denies access; offline: the mirror has no files.
        """
        if self.offline:
            if not self._exists() or self._head() is None:
                raise not_in_cache(self.address)
            return
        refspec = f"+HEAD:{repositories.FILES}"
        if not self._has_newest_files(refspec):
            with self._writing(), suppress(NotFound):  # an empty repository has no HEAD
                self._fetch_head([refspec], "--auto-maintenance")

    def _fetch_head(self, refspecs: Sequence[str], upkeep: str) -> None:
        """Fetch HEAD, the first of the refspecs, with the files that most commands read."""
        self.fetch(refspecs, "--prune", upkeep, levels=1)  # most have none of these files, as the tree shows
        try:
            if not partial.can_read(self.remote, [f"{repositories.FILES}:{name}" for name in _READ]):
                self._fetch_whole(refspecs[:1])
        except RegistryError:
            run(self.repository, "update-ref", "-d", repositories.FILES)  # the next command fetches it again
            raise

    def prepare(self, prefixes: Sequence[str]) -> tuple[list[Ref], str | None]:
        """Update in one request what an operation reads, and return the tags with these prefixes and HEAD's commit."""
        refspecs = [f"+HEAD:{repositories.FILES}", *_refspecs(prefixes)]
        known = self._exists() and self.age(prefixes) is not None and self.remote.listing is not None
        if not (known and listing.is_current(self.remote, refspecs)):
            with self._writing():
                self._fetch_head(refspecs, "--auto-maintenance" if known else "--no-auto-maintenance")
        repositories.note_check(self.path, prefixes)
        return self._tags(prefixes), self._head()

    def _has_newest_files(self, refspec: str) -> bool:
        head = self._head() if self._exists() else None
        if head is None:
            return False
        if self.remote.listing is None:
            return head == listing.find(self.remote, "HEAD")
        return listing.is_current(self.remote, [refspec])

    def fetch_files_of(self, commit: str) -> None:
        """Fetch the files of a tagged commit, if git cannot fetch single ones when they are read.

        Raises:
            RemoteError: the server cannot be reached or denies access.
        """
        if self.offline or repositories.fetches_everything(self.path):
            return
        if not partial.can_read(self.remote, [f"{commit}:{name}" for name in _READ]):
            with self._writing():
                self._fetch_whole([f"+{ref}:{ref}" for ref in repositories.refs_of(self.repository, commit)])

    def _fetch_whole(self, refspecs: Sequence[str]) -> None:
        partial.fetch_whole(self.remote, refspecs)
        if not self._history and repositories.has_all_commits(self.path):  # some of them are cut off now
            self._fetch_histories()

    def fetch_all_files(self) -> None:
        """Fetch the files of all commits, if git cannot fetch single ones when they are read.

        Raises:
            RemoteError: the server cannot be reached or denies access; offline: the mirror does not have them.
        """
        tagged = self._tags(("",))
        if not tagged or repositories.fetches_everything(self.path):
            return
        if partial.can_read(self.remote, [f"{tagged[-1][0]}^{{tree}}"]):
            return
        if self.offline:
            raise not_in_cache(self.address)
        with self._writing():
            partial.fetch_all_files(self.remote, [f"+{TAGS}*:{TAGS}*"])
            self._disable_lazy_fetch()

    def _head(self) -> str | None:
        output = run(self.repository, "for-each-ref", "--format=%(objectname)", "--", repositories.FILES)
        return output.decode().strip() or None

    # The repository

    def with_rebuild(self, use: Callable[[], Result]) -> Result:
        """Use the mirror; if it is broken, create it again and retry once."""
        try:
            return use()
        except (GitFailed, NotARepository) as error:
            if self.offline or isinstance(error, DiskFull):
                raise
            self.discard()
            return use()

    def discard(self) -> None:
        """Remove the mirror, because it is broken; the next fetch creates it."""
        with suppress(OSError), locked(self.path.with_suffix(".lock"), self.remote.answer_timeout):
            remove(self.path)

    def _exists(self) -> bool:
        return repositories.exists(self.path)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the mirror's lock; create the repository if there is none."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with locked(self.path.with_suffix(".lock"), self.remote.answer_timeout) as acquired:
                if not acquired:
                    raise Unreachable(f"another process is filling the cache of {self.address!r}", hint="try again")
                new = not self._exists()
                if new:
                    self._create()
                try:
                    yield
                except BaseException:
                    if new:  # keep nothing after a first fetch that failed
                        remove(self.path)
                    raise
        except OSError as error:
            raise repositories.unwritable(self.path, error) from error

    def _create(self, object_format: str = "sha1") -> None:
        """Create the repository, in place of what is left of a broken one."""
        scope = repositories.ALL_COMMITS if self._history else repositories.TAGGED_COMMITS
        repositories.create(self.path, self.address, scope, object_format)


def _refspecs(prefixes: Sequence[str]) -> list[str]:
    return [f"+{TAGS}{prefix}*:{TAGS}{prefix}*" for prefix in prefixes]
