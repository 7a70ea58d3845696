"""Locks between processes on one machine.

Writers of a repository take a lock in turn, so that they seldom lose a race. Correctness does not depend on it: the
ref transaction detects other writers. So writers continue without a lock that cannot be created, or that is held too
long.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from gittag_registry.git.interruption import waiting
from gittag_registry.git.process import Repository, common_directory

_FILE = "gittag-registry.lock"
_PATIENCE = 20.0  # seconds; an operation takes a tenth of one
_PAUSE = 0.005


@contextmanager
def writer_lock(repository: Repository, patience: float = _PATIENCE) -> Iterator[None]:
    """Wait for earlier writers of the repository; its worktrees share the lock.

    Args:
        patience: seconds after which the block runs without the lock; 20 at most.
    """
    with ExitStack() as stack:
        with suppress(OSError):  # git reports a repository that cannot be written
            file = os.path.join(common_directory(repository), _FILE)
            stack.enter_context(locked(file, min(patience, _PATIENCE)))
        yield


@contextmanager
def locked(path: str | os.PathLike[str], patience: float) -> Iterator[bool]:
    """Lock a file, which is created if needed.

    Args:
        patience: seconds to wait for another process; after them the block runs without the lock, and is given False.

    Raises:
        OSError: the file cannot be created.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        yield _hold(descriptor, patience)
    finally:
        os.close(descriptor)


def _hold(descriptor: int, patience: float) -> bool:
    try:
        import fcntl
    except ImportError:  # this platform has no such locks
        return True
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with waiting():
                time.sleep(_PAUSE)
        except OSError:  # the file system has no locks
            return True
        else:
            return True
    return False
