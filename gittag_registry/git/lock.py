"""Locks between processes of one machine.

The writers of a repository wait for each other by one, so that they seldom lose a race. Nothing depends on it: the ref
transaction refuses what another writer changed meanwhile. So writers go on without a lock that cannot be made or that
is held for too long.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from gittag_registry.git.process import Repository, common_directory

_FILE = "gittag-registry.lock"
_PATIENCE = 20.0  # seconds; an operation takes a tenth of one
_PAUSE = 0.005


@contextmanager
def writer_lock(repository: Repository, patience: float = _PATIENCE) -> Iterator[None]:
    """Wait for the writers of the repository that came before; worktrees of one repository share the lock.

    Args:
        patience: seconds after which it is done without the lock; 20 at the most.
    """
    with ExitStack() as stack:
        with suppress(OSError):  # a repository that cannot be written: git will say so
            file = os.path.join(common_directory(repository), _FILE)
            stack.enter_context(locked(file, min(patience, _PATIENCE)))
        yield


@contextmanager
def locked(path: str | os.PathLike[str], patience: float) -> Iterator[bool]:
    """Hold the lock of a file, which is made; False where another process held it for so many seconds.

    Raises:
        OSError: the file cannot be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        yield _hold(descriptor, patience)
    finally:
        os.close(descriptor)


def _hold(descriptor: int, patience: float) -> bool:
    try:
        import fcntl
    except ImportError:  # no such locks here: go without
        return True
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE)
        except OSError:  # a file system without locks
            return True
        else:
            return True
    return False
