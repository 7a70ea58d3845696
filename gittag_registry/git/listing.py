"""List a server's refs: all tags, those of one artifact, or what one revision names.

`git ls-remote` always receives all tags of a server. Only `git fetch` asks for those with a prefix (where the server
speaks version 2 of the protocol), so we list with it wherever a part is enough.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from gittag_registry.errors import RegistryError, RemoteError
from gittag_registry.git.clone import is_shallow
from gittag_registry.git.failures import (
    ConnectionLost,
    DamagedObject,
    EmptyStderr,
    PartialHistoryUnsupported,
    TimedOut,
    error_lines,
)
from gittag_registry.git.process import common_directory, temporary_directory
from gittag_registry.git.remote import Remote, failure_of, query, run_once
from gittag_registry.refs import TAGS

_REF = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64})\t(HEAD|refs/\S+)")
_FETCH_HEAD = re.compile(r"^([0-9a-f]{40}|[0-9a-f]{64})\t[^\t]*\ttag '(\S+)' of ", re.MULTILINE)
_CHANGE = re.compile(rb"^ [-*+t! ] .* -> (?!FETCH_HEAD$)", re.MULTILINE)  # git fetch reports a ref that it changes
# Whatever the user's configuration says about fetching, only the refs that we name are to be touched; and no hook is
# to see them.
_NO_HOOKS = ("-c", f"core.hooksPath={os.devnull}")
_FETCH = ("fetch", "--no-tags", "--no-prune-tags", "--refmap=", "--no-recurse-submodules", "--no-auto-maintenance")


def list_tags(remote: Remote, prefixes: Sequence[str] = ("",)) -> list[tuple[str, str]]:
    """The object id and name of every tag that begins with one of the prefixes; one request to the server.

    Where prefixes are given, git receives only those tags, and fetches what the repository lacks of them; but not in a
    shallow clone, where that could be a long history.
    """
    if all(prefixes) and remote.listing is not None:
        try:
            if remote.listing or not is_shallow(remote.repository):
                return _list_by_fetch(remote, prefixes)
        except OSError:  # there is no place for a temporary directory
            pass
        except RegistryError as error:  # for instance, an object is damaged on the server, but it can list its id
            if _is_final(error):
                raise
    return ls_remote(remote, prefixes)


def ls_remote(
    remote: Remote, prefixes: Sequence[str] = ("",), *, meanwhile: Callable[[], None] | None = None
) -> list[tuple[str, str]]:
    """The same, but git receives all tags, and fetches none.

    Args:
        meanwhile: called while the server works.
    """
    output = query(remote, "ls-remote", "--quiet", "--tags", "--refs", "--", remote.read_from, meanwhile=meanwhile)
    full_prefixes = tuple(f"{TAGS}{prefix}" for prefix in prefixes)
    return [(oid, name[len(TAGS) :]) for oid, name in _refs(output) if name.startswith(full_prefixes)]


def _list_by_fetch(remote: Remote, prefixes: Sequence[str]) -> list[tuple[str, str]]:
    """List tags with `git fetch`, which writes ids and names to FETCH_HEAD.

    It runs in a working tree of its own, without files: FETCH_HEAD and `refs/worktree/` belong to that alone, so the
    repository gets objects and nothing else.
    """
    refspecs = [f"+{TAGS}{prefix}*:refs/worktree/{prefix}*" for prefix in prefixes]
    with _private_git_directory(common_directory(remote.repository)) as directory:
        environment = (*remote.repository.environment, ("GIT_DIR", directory))
        within = remote._replace(repository=remote.repository._replace(environment=environment))
        _fetch_once(within, refspecs, "--no-prune", "--quiet")
        with open(os.path.join(directory, "FETCH_HEAD"), encoding="utf-8", errors="replace") as file:
            return _FETCH_HEAD.findall(file.read())


@contextmanager
def _private_git_directory(common: str) -> Iterator[str]:
    with temporary_directory() as directory:
        for name, text in (("commondir", common), ("HEAD", "ref: refs/worktree/none")):
            with open(os.path.join(directory, name), "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(f"{text}\n")
        yield directory


def is_current(remote: Remote, refspecs: Iterable[str]) -> bool:
    """Whether a fetch with these refspecs would change no ref of the repository; one request to the server.

    Returns:
        False also if the server could not say.

    Raises:
        RemoteError: the server cannot be reached or denies access.
    """
    try:
        errors = _fetch_once(remote, refspecs, "--dry-run", "--prune")
    except RegistryError as error:  # for instance, the server knows no such filter
        if _is_final(error):
            raise
        return False
    return not _CHANGE.search(errors)


def _fetch_once(remote: Remote, refspecs: Iterable[str], *options: str) -> bytes:
    """Fetch, without a second attempt, and return what git writes to its standard error."""
    data = "".join(f"{refspec}\n" for refspec in refspecs).encode()
    command = (*_NO_HOOKS, *_FETCH, "--progress", *options, *(remote.listing or ()), "--stdin", "--", remote.read_from)
    code, _, errors = run_once(remote, command, data)
    if code:
        raise failure_of(remote, "fetch", error_lines(errors))
    return errors


def _is_final(error: RegistryError) -> bool:
    """Whether a server would answer another request in the same way."""
    lists_nothing = isinstance(error, (ConnectionLost, DamagedObject, EmptyStderr, PartialHistoryUnsupported))
    return isinstance(error, TimedOut) or (isinstance(error, RemoteError) and not lists_nothing)


def find(remote: Remote, revision: str) -> str | None:
    """The id of what HEAD, a branch, a tag or a full id names on the server; None if it names nothing."""
    if re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", revision):
        return revision
    names = ["HEAD"] if revision == "HEAD" else [revision, f"{TAGS}{revision}", f"refs/heads/{revision}"]
    output = query(remote, "ls-remote", "--quiet", "--", remote.read_from, *names)
    ids = {name: oid for oid, name in _refs(output)}
    return next((ids[name] for name in names if name in ids), None)


def _refs(output: bytes) -> list[tuple[str, str]]:
    """The valid lines of `ls-remote`; git prints whatever the server sends."""
    lines = (_REF.fullmatch(line) for line in output.decode(errors="replace").split("\n"))
    return [(line[1], line[2]) for line in lines if line]
