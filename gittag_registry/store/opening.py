"""Open the store of a repository, as callers name it: a path, an address, a configured remote, or a `git.Repo`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from gittag_registry.errors import RegistryError, UsageError
from gittag_registry.git.clone import remote_names
from gittag_registry.git.process import locate
from gittag_registry.store.local import LocalStore
from gittag_registry.urls import is_url

if TYPE_CHECKING:
    from gittag_registry.git.process import RepoLike
    from gittag_registry.git.remote import Progress
    from gittag_registry.git.settings import RemoteAddress
    from gittag_registry.store.freshness import Freshness
    from gittag_registry.store.interface import Store


def open_store(
    repo: RepoLike | None,
    *,
    freshness: Freshness,
    on_command: Callable[[tuple[str, ...]], None] | None,
    on_progress: Callable[[Progress], None] | None,
    on_warning: Callable[[str], None],
) -> Store:
    """The store of a repository; `registry.Registry` explains the arguments.

    Raises:
        NotARepository: the path is no directory, and no remote has this name.
        UsageError: `freshness.offline` is set for a local repository.
    """
    remote = _address(repo) if isinstance(repo, str) else None
    if remote is not None:
        from gittag_registry.store.mirror_store import open_mirror

        return open_mirror(
            remote.url,
            freshness,
            access=remote.access,
            on_command=on_command,
            on_progress=on_progress,
            on_warning=on_warning,
        )
    if freshness.offline:
        raise UsageError("offline needs the address of a remote repository")
    repository = locate(repo)._replace(on_command=on_command)
    return LocalStore(repository, on_progress=on_progress, on_warning=on_warning)


def _address(repo: str) -> RemoteAddress | None:
    """The remote repository that a text names: by its address, or by a remote's name; None if it is a path.

    As for git, a remote goes before a directory of its name, and a directory before an address.
    """
    from gittag_registry.git.settings import RemoteAddress, remote_address

    if os.path.isdir(os.path.expanduser(repo)):
        if "/" in repo or repo not in remote_names(locate(None)):
            return None
    elif is_url(repo):
        return RemoteAddress(repo)
    try:
        return remote_address(locate(None), repo)
    except RegistryError:  # there is no repository here
        return None
