"""Repositories made by one `git fast-import`: its commands, and how to run it. Memory does not grow with the stream.

The commands follow https://git-scm.com/docs/git-fast-import, and every date is given.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

AUTHOR = "Ada Lovelace <ada@example.com>"


def commit(mark: int | None, *, when: int, message: str = "change", files: Mapping[str, bytes] | None = None) -> bytes:
    """A commit on main with these files, and those of the commit before it.

    Args:
        mark: a number to tag it by.
        when: seconds since 1970, UTC.
    """
    marked = b"" if mark is None else b"mark :%d\n" % mark
    head = b"commit refs/heads/main\n%scommitter %s %d +0000\n" % (marked, AUTHOR.encode(), when)
    return head + data(message.encode()) + b"".join(file(path, content) for path, content in (files or {}).items())


def file(path: str, content: bytes) -> bytes:
    """A file of the last commit."""
    return b"M 100644 inline %s\n%s" % (path.encode(), data(content))


def tag(name: str, mark: int, message: bytes, *, when: int, tagger: str = AUTHOR, zone: str = "+0000") -> bytes:
    """An annotated tag of a marked commit."""
    head = b"tag %s\nfrom :%d\ntagger %s %d %s\n" % (name.encode(), mark, tagger.encode(), when, zone.encode())
    return head + data(message)


def lightweight_tag(name: str, mark: int) -> bytes:
    """A lightweight tag of a marked commit."""
    return b"reset refs/tags/%s\nfrom :%d\n\n" % (name.encode(), mark)


def data(content: bytes) -> bytes:
    """Content as fast-import takes it: counted."""
    return b"data %d\n%s\n" % (len(content), content)


def make_repository(
    path: Path,
    stream: Iterable[bytes],
    *,
    bare: bool = False,
    packed: bool = False,
    marks: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Make a repository from commands; nothing is checked out.

    Args:
        packed: leave all objects in one pack and all refs in one file, as in a fresh clone, however few they are.
        marks: a file to write every mark to, with the id of its commit.
        environment: instead of that of this process.
    """
    # Without the template, which has a dozen samples of hooks, git makes a repository in half the time.
    init = ["--quiet", "--template=", "--initial-branch=main", *["--bare"] * bare]
    git("init", *init, str(path), environment=environment)
    for name in ("hooks", "info"):
        (path / ("" if bare else ".git") / name).mkdir()
    limit = ["-c", "fastimport.unpackLimit=1"] * packed
    command = ["git", *limit, "fast-import", "--quiet", *([f"--export-marks={marks}"] if marks else [])]
    with subprocess.Popen(command, cwd=path, env=environment, stdin=subprocess.PIPE) as importer:
        assert importer.stdin is not None
        importer.stdin.writelines(stream)
    if importer.returncode:
        raise subprocess.CalledProcessError(importer.returncode, command)
    if packed:
        git("pack-refs", "--all", repo=path, environment=environment)


def git(
    *arguments: str, repo: Path | None = None, data: bytes | None = None, environment: Mapping[str, str] | None = None
) -> str:
    """Run git and return what it prints."""
    place = ["-C", str(repo)] if repo else []
    done = subprocess.run(["git", *place, *arguments], input=data, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr.decode(errors='replace')}"
    return done.stdout.decode(errors="replace")
