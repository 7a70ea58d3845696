"""From what a caller names as the repository to the store of its registry."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from gittag_registry.errors import UsageError
from gittag_registry.git.process import locate
from gittag_registry.store.local import LocalStore
from gittag_registry.urls import is_url

if TYPE_CHECKING:
    from gittag_registry.git.process import RepoLike
    from gittag_registry.git.remote import Progress
    from gittag_registry.store.freshness import Freshness
    from gittag_registry.store.interface import Store


def open_store(
    repo: RepoLike | None,
    *,
    freshness: Freshness,
    on_warning: Callable[[str], None],
    on_command: Callable[[tuple[str, ...]], None] | None,
    on_progress: Callable[[Progress], None] | None,
) -> Store:
    """The store of a local repository, or of a remote one that is named by its address.

    Raises:
        UsageError: `freshness.offline` is set for a local repository.
        NotARepository: the path is no directory.
    """
    if isinstance(repo, str) and is_url(repo) and not os.path.isdir(repo):
        from gittag_registry.store.mirror_store import open_mirror

        return open_mirror(repo, freshness, on_command=on_command, on_progress=on_progress, on_warning=on_warning)
    if freshness.offline:
        raise UsageError("offline needs the address of a remote repository")
    repository = locate(repo)._replace(on_command=on_command)
    return LocalStore(repository, on_progress=on_progress, on_warning=on_warning)
