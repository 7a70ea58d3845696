"""Fetch a part of a repository: without files, or without older commits. Some servers cannot send that part.

Git's own servers can, if `uploadpack.allowFilter` is on and they speak protocol version 2. Others ignore what they do
not know, refuse it, or break the connection. Then what is needed is fetched together with what is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from gittag_registry.errors import RemoteError
from gittag_registry.git.failures import (
    ConnectionLost,
    EmptyStderr,
    PartialHistoryUnsupported,
    ServerFailed,
    TimedOut,
    error_lines,
)
from gittag_registry.git.remote import Remote, failure_of, fetch, run_once, warn

_NOT_SENT = re.compile("unadvertised|not our ref|could not fetch")  # git lacks an object that the server did not send
_GITS_OWN = re.compile(rb"< .*\bagent=git/")  # in a line that was received
EVERY_COMMIT = 0x7FFFFFFF
"""git's name for an unlimited depth"""


def fetch_partial(
    remote: Remote,
    refspecs: Sequence[str],
    *options: str,
    depth: int | None,
    before_whole: Callable[[], None],
    levels: int = 0,
) -> None:
    """Fetch commits without files and trees, or with them from a server that cannot leave them out.

    Args:
        depth: how many commits of each history to fetch; None: as before.
        before_whole: called before the whole history is fetched from a server that cannot send a part of it.
        levels: how many levels of trees to fetch with each commit; 1: the names in its top directory.
    """
    deep = [f"--depth={depth}"] if depth is not None else []
    try:
        fetch(remote, refspecs, *options, *deep, f"--filter=tree:{levels}")
    except EmptyStderr:
        fetch(remote, refspecs, *options)
    except PartialHistoryUnsupported:
        _fetch_everything(remote, refspecs, *options, before=before_whole)
    except (ConnectionLost, ServerFailed) as error:
        if isinstance(error, TimedOut) or _is_gits_own(remote):
            raise
        _fetch_everything(remote, refspecs, *options, before=before_whole)


def _fetch_everything(remote: Remote, refspecs: Sequence[str], *options: str, before: Callable[[], None]) -> None:
    warn(remote, "the server cannot send a part of the history, so all of it is fetched")
    before()
    fetch(remote, refspecs, *options)


def _is_gits_own(remote: Remote) -> bool:
    """Whether the server may run git: only others break the connection at a request that they do not know."""
    here = remote.repository
    tracing = here._replace(environment=(*here.environment, ("GIT_TRACE_PACKET", "1")))
    code, _, errors = run_once(
        remote._replace(repository=tracing), ("ls-remote", "--quiet", "--", remote.read_from, "HEAD")
    )
    return code != 0 or _GITS_OWN.search(errors) is not None


def fetch_histories(remote: Remote, *, before_whole: Callable[[], None]) -> None:
    """Fetch all commits that a branch or a tag reaches, without files if the server can leave them out.

    For a commit that is named by its id: servers that speak an older version of the protocol, or are not git's own,
    send only what a branch or a tag names.
    """
    warn(remote, "the server sends no commits by their id, so those of all branches and tags are fetched")
    everything = [f"+refs/{kind}/*:refs/histories/{kind}/*" for kind in ("heads", "tags")]
    fetch_partial(remote, everything, depth=EVERY_COMMIT, before_whole=before_whole)


def fetch_whole(remote: Remote, refspecs: Sequence[str]) -> None:
    """Fetch commits with all their files, even if some of them are present."""
    warn(remote, "the server sends no single files, so all files of the commits that are read are fetched")
    fetch(remote, refspecs, "--depth=1", "--no-filter", "--refetch")


def fetch_all_files(remote: Remote, refspecs: Sequence[str]) -> None:
    """Fetch commits that are present once more, with all their files."""
    warn(remote, "the server sends no single files, so those of all commits are fetched")
    fetch(remote, refspecs, "--no-filter", "--refetch")


def can_read(remote: Remote, names: Iterable[str]) -> bool:
    """Whether git can read these objects (by any name), after fetching the missing ones from the server.

    Raises:
        RemoteError: the server cannot be reached or denies access.
    """
    data = "".join(f"{name}\n" for name in names).encode()
    code, _, errors = run_once(remote, ("-c", "maintenance.auto=false", "cat-file", "--batch-check"), data)
    if code == 0:
        return True
    error = failure_of(remote, "cat-file", error_lines(errors))
    if isinstance(error, RemoteError) and not _NOT_SENT.search(errors.decode(errors="replace")):
        raise error
    return False
