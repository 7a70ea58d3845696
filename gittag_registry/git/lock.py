"""Taking turns: one writer of a repository at a time, on one machine.

Nothing that is wrong without the lock becomes right by it across machines, so a lock that cannot be had, or is held
for too long, is gone without: the ref transaction still refuses what another writer created meanwhile.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from gittag_registry.git.process import Repository, run

_FILE = "gittag-registry.lock"
_PATIENCE = 20.0  # seconds; an operation takes a tenth of one
_PAUSE = 0.005


@contextmanager
def taking_turns(repository: Repository) -> Iterator[None]:
    """Hold the repository's lock; worktrees of one repository share it."""
    common = os.fsdecode(run(repository, "rev-parse", "--git-common-dir")).removesuffix("\n")
    try:
        import fcntl

        descriptor = os.open(os.path.join(repository.path, common, _FILE), os.O_RDWR | os.O_CREAT, 0o666)
    except (ImportError, OSError):  # no such locks here, or a repository that cannot be written: git will say so
        yield
        return
    try:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                time.sleep(_PAUSE)
        yield
    finally:
        os.close(descriptor)
