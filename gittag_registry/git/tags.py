"""Tags: list the refs, read and write their objects."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from threading import Thread
from typing import IO, NamedTuple

from gittag_registry.errors import GitFailed, NotARepository
from gittag_registry.git.interruption import waiting
from gittag_registry.git.process import DURABLE, Repository, failure, run, send, start
from gittag_registry.refs import TAGS

_BROKEN_REF = re.compile(rf"^warning: ignoring broken ref {TAGS}(.+)$", re.MULTILINE)
_NO_OBJECT = "0" * 40
_MOST_RESTARTS = 100  # of git, after damaged objects; each costs a process


class StoredObject(NamedTuple):
    """An object as `git cat-file --batch` prints it."""

    type: str
    """its type, or "missing" or "damaged\""""
    size: int
    data: bytes
    """its content, empty if larger than the limit"""


def list_tags(repository: Repository, prefixes: Sequence[str] = ("",)) -> list[tuple[str, str]]:
    """The object id and name of every tag (without ``refs/tags/``) that begins with one of the prefixes.

    Names that are not UTF-8 come with replacement characters. A ref that git cannot read, such as one that a power
    failure left empty, comes with an id that no object has.
    """
    # A * stops at a slash, so the second pattern of each prefix finds GTO's stages with a slash.
    patterns = [pattern for p in prefixes if p for pattern in (f"{TAGS}{p}*", f"{TAGS}{p}*/**")]
    command = ["for-each-ref", "--format=%(objectname) %(refname)", "--", *(patterns or [TAGS])]
    process = start(repository, *command)
    output, errors = process.communicate()
    if process.returncode:
        raise failure(repository, tuple(command), process.returncode, errors)
    pairs = (line.split(" ", 1) for line in output.decode(errors="replace").split("\n") if line)
    broken = _BROKEN_REF.findall(errors.decode(errors="replace"))
    return [(oid, name[len(TAGS) :]) for oid, name in pairs] + [(_NO_OBJECT, name) for name in broken]


def symbolic_tags(repository: Repository) -> dict[str, str]:
    """The refs that symbolic tags stand for, by the name of the tag."""
    lines = run(repository, "for-each-ref", "--format=%(symref) %(refname)", "--", TAGS).decode(errors="replace")
    pairs = (line.split(" ", 1) for line in lines.splitlines())
    return {name.removeprefix(TAGS): target for target, name in pairs if target}


def read_objects(repository: Repository, names: Iterable[str], largest: int) -> Iterator[StoredObject]:
    """The objects with these names (ids, or any revision git understands), in the same order.

    Args:
        largest: the size in bytes above which an object's content is left out.
    """
    wanted = list(names)
    restarts = 0
    while wanted:
        done = 0
        for stored in _batch(repository, wanted, largest):
            done += 1
            yield stored
        if done < len(wanted):  # git stopped at a damaged object; continue after it
            restarts += 1
            if restarts > _MOST_RESTARTS:
                from gittag_registry.hints import Hint, git

                raise GitFailed(f"more than {_MOST_RESTARTS} objects are damaged", hint=Hint(git("fsck")))
            yield StoredObject("damaged", 0, b"")
            done += 1
        wanted = wanted[done:]


def _batch(repository: Repository, names: list[str], largest: int) -> Iterator[StoredObject]:
    """The objects up to the first damaged one."""
    process = start(repository, "cat-file", "--batch", "--buffer", stdin=subprocess.PIPE)
    assert process.stdin is not None  # all three are pipes
    assert process.stdout is not None
    assert process.stderr is not None
    request = "".join(f"{name}\n" for name in names).encode()
    errors: list[bytes] = []
    threads = [
        Thread(target=send, args=(process.stdin, request), daemon=True),
        Thread(target=errors.extend, args=(process.stderr,), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        with waiting():
            yield from _parse_objects(process.stdout, largest)
    finally:
        process.stdout.close()
        process.wait()
        for thread in threads:
            thread.join()
        process.stderr.close()
    error = failure(repository, ("cat-file",), process.returncode, b"".join(errors))
    if process.returncode and isinstance(error, NotARepository):
        raise error


def _parse_objects(output: IO[bytes], largest: int) -> Iterator[StoredObject]:
    for header in output:
        words = header.split()
        if len(words) < 3:  # "NAME missing"
            yield StoredObject("missing", 0, b"")
            continue
        size = int(words[2])
        if size <= largest:
            data = output.read(size + 1)[:-1]
            if len(data) < size:
                return
        else:
            data = b""
            _skip(output, size + 1)
        yield StoredObject(words[1].decode(), size, data)


def _skip(output: IO[bytes], size: int) -> None:
    while size > 0:
        size -= len(output.read(min(size, 1 << 20))) or size


def peel(repository: Repository, oids: Sequence[str]) -> list[str | None]:
    """The commit that each tag points to, directly or through other tags; None if it points to something else."""
    request = "".join(f"{oid}^{{commit}}\n" for oid in oids).encode()
    try:
        output = run(repository, "cat-file", "--batch-check=%(objectname)", "--buffer", data=request)
    except GitFailed:  # one points to a damaged object; peel the others one by one
        return [None] if len(oids) == 1 else [commit for oid in oids for commit in peel(repository, [oid])]
    return [line if " " not in line else None for line in output.decode().splitlines()]


def object_types(repository: Repository, oids: Sequence[str]) -> list[str]:
    """The type of each object, or "missing"."""
    request = "".join(f"{oid}\n" for oid in oids).encode()
    lines = run(repository, "cat-file", "--batch-check=%(objecttype)", "--buffer", data=request).decode().splitlines()
    return [line.rpartition(" ")[2] for line in lines]


def write_object(repository: Repository, content: bytes) -> str:
    """Store a tag object and return its id."""
    return run(repository, *DURABLE, "hash-object", "-t", "tag", "-w", "--stdin", data=content).decode().strip()
