"""Change refs in a transaction with a last check before the commit; find and remove stale locks."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Timer
from typing import IO, NamedTuple, NoReturn

from gittag_registry.errors import Conflict, GitFailed, NotARepository, RegistryError
from gittag_registry.git.interruption import waiting
from gittag_registry.git.process import DURABLE, Repository, common_directory, failure, reason, start
from gittag_registry.hints import Hint, call
from gittag_registry.refs import TAGS

_PATIENCE = 30.0  # seconds for git and its hooks; if its answer was lost, both sides would wait for ever
STALE = 60.0  # seconds; longer than any transaction of ours, and than pack-refs in a large repository

Tags = Iterable[tuple[str, str]]
"""names and object ids of tags"""

# How `git update-ref` reports that a ref is not as the transaction expects.
_LOST_RACE = re.compile(r"reference already exists|but expected|unable to resolve reference|\.lock': File exists")
_LOCKED = re.compile(r"Unable to create '(.+\.lock)': File exists")
_IN_A_TAG = re.compile("cannot create")


class LostRace(RegistryError):
    """The tags are no longer as they were when the operation was decided: another writer was faster."""

    rivals = 0
    """how many writers did the same at the same time and may try again; 0 if unknown"""


class RefLock(NamedTuple):
    """A lock file of git, held or stale."""

    path: str
    """from the repository's common directory"""
    age: float
    """seconds since it was created"""

    @property
    def stale(self) -> bool:
        """Whether no running git process can hold it any more."""
        return self.age >= STALE


@contextmanager
def transaction(
    repository: Repository, *, create: Tags = (), delete: Tags = (), absent: Iterable[str] = ()
) -> Iterator[None]:
    """Create and delete tags, all of them or none. The tags are locked within the block, and changed at its end.

    An exception in the block, or the death of this process, leaves everything as it was.

    Args:
        create: names and object ids of tags that must not exist.
        delete: names and object ids of tags that must still be these objects.
        absent: names of further tags that must not exist, and are locked too.

    Raises:
        LostRace: a tag to create exists, or one to delete is missing or has changed.
        GitFailed: git did not confirm the change, which may have been made.
    """
    locks = (f"verify {TAGS}{name}\0" for name in absent)
    creations = (f"create {TAGS}{name}\0{oid}" for name, oid in create)
    deletions = (f"delete {TAGS}{name}\0{oid}" for name, oid in delete)
    command = (*DURABLE, "update-ref", "--no-deref", "--stdin", "-z")
    process = start(repository, *command, stdin=subprocess.PIPE, stderr=subprocess.STDOUT, new_session=True)
    assert process.stdin is not None  # both are pipes
    assert process.stdout is not None
    with process.stdout, process.stdin, _killed_if_it_hangs(process):
        try:
            _send(process.stdin, "start", *locks, *creations, *deletions, "prepare")
            with waiting():
                _expect(repository, process, "start: ok")
                _expect(repository, process, "prepare: ok")
            yield
            _send(process.stdin, "commit")
            _expect(repository, process, "commit: ok")
        finally:
            process.stdin.close()  # at the end of its input git rolls back what it has not committed
            process.wait()


@contextmanager
def _killed_if_it_hangs(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kill git if it takes too long.

    Raises:
        GitFailed: it was killed, so its answer is missing.
    """
    timed_out = Event()
    timer = Timer(_PATIENCE, _end, [process, timed_out])
    timer.start()
    try:
        yield
    except GitFailed as error:
        if not timed_out.is_set():
            raise
        raise GitFailed(
            f"git update-ref did not answer within {_PATIENCE:g} seconds",
            hint="it or a hook hangs, or git is older than 2.34, which cannot do this: git --version",
        ) from error
    finally:
        timer.cancel()


def _end(process: subprocess.Popen[bytes], timed_out: Event) -> None:
    """Kill git, and its hooks, which would keep its output open."""
    timed_out.set()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _send(pipe: IO[bytes], *lines: str) -> None:
    """Write to git without a buffer, whose content would be sent when the pipe is closed, and might be the commit."""
    data = "".join(f"{line}\0" for line in lines).encode()
    with suppress(OSError):  # git ended early; its output says why
        while data:
            data = data[os.write(pipe.fileno(), data) :]


def _expect(repository: Repository, process: subprocess.Popen[bytes], answer: str) -> None:
    """Read until git's answer, which has a line of its own; if the output ends before, git failed."""
    assert process.stdout is not None
    output = []
    for line in process.stdout:
        if line.decode(errors="replace").strip().endswith(answer):  # a hook may have printed something before it
            return
        output.append(line)
    _fail(repository, process.wait(), b"".join(output))


def _fail(repository: Repository, code: int, output: bytes) -> NoReturn:
    error = failure(repository, ("update-ref",), code, output)
    if isinstance(error, NotARepository):
        raise error
    text = reason(output)
    locked = _LOCKED.search(text)
    lock = _lock("", locked[1]) if locked else None
    if lock and lock.stale:
        raise Conflict(
            f"{lock.path!r} has locked a tag for {lock.age:.0f} seconds; a killed git process left it behind",
            hint=Hint(call("doctor", fix=True)),
        ) from error
    if _LOST_RACE.search(text):
        raise LostRace(error.message) from error
    if _IN_A_TAG.search(text):
        raise Conflict(error.message, hint="git cannot keep both a tag and tags in a folder of that name") from error
    raise error


def ref_locks(repository: Repository) -> list[RefLock]:
    """The locks of tags, and of the file of packed refs, that exist now."""
    top = common_directory(repository)
    locks = [_lock(top, "packed-refs.lock")]
    tags = os.path.join(top, "refs", "tags")
    for directory, _, files in os.walk(tags) if not os.path.islink(tags) else ():
        locks += [_lock(top, os.path.relpath(os.path.join(directory, f), top)) for f in files if f.endswith(".lock")]
    return sorted(lock for lock in locks if lock)


def _lock(top: str, path: str) -> RefLock | None:
    try:
        return RefLock(path, max(0.0, time.time() - os.stat(os.path.join(top, path)).st_mtime))
    except OSError:
        return None  # released meanwhile


def remove_lock(repository: Repository, lock: RefLock) -> None:
    """Remove a stale lock.

    Raises:
        GitFailed: the file cannot be removed.
    """
    top = common_directory(repository)
    current = _lock(top, lock.path)
    if current is None or not current.stale:  # released, and perhaps taken by another process
        return
    try:
        with suppress(FileNotFoundError):
            os.unlink(os.path.join(top, lock.path))
    except OSError as error:
        raise GitFailed(f"{lock.path!r} cannot be removed: {error.strerror}") from error
