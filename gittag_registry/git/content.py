"""What a repository holds besides tags: revisions, files, identity, differences between commits."""

from __future__ import annotations

import os
import re
import stat
from typing import NamedTuple

from gittag_registry.errors import GitFailed, NotFound, Refused, did_you_mean
from gittag_registry.git.process import Repository, run
from gittag_registry.git.tags import read_objects

_LATEST = 253402300799  # seconds since 1970 UTC: the last that a calendar has, in the year 9999
_DATED = re.compile(rb"^(?:tagger|committer) .*> ([0-9]{1,18}) [+-][0-9]{4}$", re.MULTILINE)
_LITERAL_PATHS = {"GIT_LITERAL_PATHSPECS": "1"}  # a path is no pattern
_MOST_COMPARED = 1000  # refs; comparing a word with a million of them takes minutes
_LARGEST_FILE = 1 << 20  # bytes; annotation and configuration files are written by hand


class UnreadableFile(Refused):
    """A file that is there but cannot be read."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class Identity(NamedTuple):
    """Who writes, and when, as git would record it."""

    name: str
    email: str
    timestamp: int
    offset: str


def resolve(repository: Repository, revision: str) -> str:
    """The id of the commit a revision names.

    Raises:
        NotFound: it names none.
    """
    try:
        if revision.startswith("^"):  # what is not reachable from a commit
            raise GitFailed("no single revision")
        return (
            run(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
            .decode()
            .strip()
        )
    except GitFailed as error:
        hint = "the current branch has no commit yet" if revision == "HEAD" else _similar_ref(repository, revision)
        raise NotFound(f"revision {revision!r} does not name a commit", hint=hint) from error


def _similar_ref(repository: Repository, revision: str) -> str | None:
    names = run(repository, "for-each-ref", f"--count={_MOST_COMPARED}", "--format=%(refname:short)")
    return did_you_mean(revision, names.decode(errors="replace").splitlines())


def moment_of(repository: Repository, revision: str) -> int | None:
    """When a tag was made, or a commit was committed, in seconds since 1970 UTC; None if the revision is unknown."""
    try:
        name = run(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", revision).decode().strip()
    except GitFailed:
        return None
    [found] = read_objects(repository, [name], _LARGEST_FILE)
    dated = _DATED.search(found.data.partition(b"\n\n")[0]) if found.type in ("tag", "commit") else None
    moment = int(dated[1]) if dated else None
    return moment if moment is None or moment <= _LATEST else None


def identity(repository: Repository) -> Identity:
    """Who git says is writing now; GIT_COMMITTER_* and the configuration decide.

    Raises:
        GitFailed: git does not know.
    """
    ident = run(repository, "var", "GIT_COMMITTER_IDENT").decode(errors="replace").strip()
    who, _, when = ident.rpartition("> ")
    name, _, email = who.rpartition(" <")
    seconds, offset = when.split()
    return Identity(name, email, int(seconds), offset)


def editor(repository: Repository) -> str:
    """The user's editor, as git would start it."""
    return run(repository, "var", "GIT_EDITOR").decode().strip()


def work_tree(repository: Repository) -> str | None:
    """The top directory of the working tree; None in a bare repository."""
    try:
        top = os.fsdecode(run(repository, "rev-parse", "--show-toplevel")).removesuffix("\n")
    except GitFailed:
        return None
    return top or None


def read_files(repository: Repository, paths: list[str], commit: str | None = None) -> dict[str, bytes]:
    """The files among these paths (from the top) that exist: in the working tree, or in a commit.

    Args:
        commit: where to look; None for the working tree, or HEAD in a bare repository.

    Raises:
        UnreadableFile: one of them cannot be opened, or is too large to be written by hand.
    """
    top = work_tree(repository) if commit is None else None
    if top is not None:
        on_disk = {path: read_inside(top, path) for path in paths}
        return {path: data for path, data in on_disk.items() if data is not None}
    names = [f"{commit or 'HEAD'}:{path}" for path in paths]
    found = dict(zip(paths, read_objects(repository, names, _LARGEST_FILE), strict=True))
    for path, blob in found.items():
        if blob.type == "damaged":
            raise UnreadableFile(path, "cannot be read from the repository")
    return {path: _bounded(blob.data, blob.size, path) for path, blob in found.items() if blob.type == "blob"}


def read_file(place: str, name: str) -> bytes | None:
    """A file's content; None if there is no such file.

    Args:
        place: its path.
        name: how messages call it.

    Raises:
        UnreadableFile: it cannot be opened, or is too large to be written by hand.
    """
    try:
        with open(place, "rb", opener=_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UnreadableFile(name, "is not a file")
            data = file.read(_LARGEST_FILE + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UnreadableFile(name, f"cannot be read: {error.strerror}") from error
    return _bounded(data, len(data), name)


def read_inside(top: str, path: str) -> bytes | None:
    """A file of a working tree; None if there is no such file.

    Raises:
        UnreadableFile: it cannot be read, or is a link that leads out of the repository.
    """
    if os.path.islink(os.path.join(top, path)) and not os.path.exists(os.path.join(top, path)):
        raise UnreadableFile(path, "is a link that leads nowhere")
    place, inside = os.path.realpath(os.path.join(top, path)), os.path.realpath(top)
    if os.path.commonpath([place, inside]) != inside:
        raise UnreadableFile(path, "is a link that leads out of the repository")
    return read_file(place, path)


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # a pipe in a file's place is not waited for


def _bounded(data: bytes, size: int, name: str) -> bytes:
    if size > _LARGEST_FILE:
        raise UnreadableFile(name, f"is larger than {_LARGEST_FILE} bytes")
    return data


def commits_between(repository: Repository, old: str, new: str) -> list[tuple[str, int, str, str]]:
    """The id, date, author and subject of each commit that leads to one commit and not to the other, newest first."""
    options = ("-z", "--encoding=UTF-8", "--no-show-signature", "--format=%H%x00%ct%x00%an%x00%s")
    output = run(repository, "log", *options, "--end-of-options", f"{old}..{new}", "--")
    fields = output.decode(errors="replace").split("\0")
    return [(fields[i], _seconds(fields[i + 1]), fields[i + 2], fields[i + 3]) for i in range(0, len(fields) - 3, 4)]


def _seconds(text: str) -> int:
    """A commit's date as git prints it; 0 for one that is none."""
    return int(text) if text.isdecimal() and len(text) < 18 and int(text) <= _LATEST else 0


def files_changed(repository: Repository, old: str, new: str, path: str | None = None) -> list[tuple[str, str]]:
    """Git's letter and the path of each file that differs between two commits, all or those under a path from the top."""
    options = ("-r", "-z", "--name-status", "--no-renames")
    paths = [path] if path else []
    output = run(_at_top(repository), "diff-tree", *options, old, new, "--", *paths, env=_LITERAL_PATHS)
    fields = output.decode(errors="replace").split("\0")
    return [(fields[i], fields[i + 1]) for i in range(0, len(fields) - 1, 2)]


def commit_file(repository: Repository, path: str, message: str) -> str:
    """Commit one file of the working tree, leaving everything else staged or not as it is; returns the commit's id.

    Raises:
        GitFailed: git or a hook refused; the index is as it was.
    """
    top = _at_top(repository)
    known = run(top, "ls-files", "-z", "--", path, env=_LITERAL_PATHS)
    if not known:
        run(top, "add", "--intent-to-add", "--", path, env=_LITERAL_PATHS)
    try:
        run(top, "commit", "--quiet", "--message", message, "--only", "--", path, env=_LITERAL_PATHS)
    except GitFailed:
        if not known:
            run(top, "rm", "--cached", "--quiet", "--", path, env=_LITERAL_PATHS)
        raise
    return resolve(repository, "HEAD")


def is_committed(repository: Repository, path: str) -> bool:
    """Whether a file of the working tree is just as in the newest commit."""
    return not run(_at_top(repository), "status", "--porcelain", "-z", "--", path, env=_LITERAL_PATHS)


def _at_top(repository: Repository) -> Repository:
    """The repository as seen from the top of its working tree, where paths begin."""
    return repository._replace(path=work_tree(repository) or repository.path)


def is_shallow(repository: Repository) -> bool:
    """Whether the repository was cloned without its full history."""
    return run(repository, "rev-parse", "--is-shallow-repository").strip() == b"true"


def remotes(repository: Repository) -> list[str]:
    """The names of the configured remotes."""
    return run(repository, "remote").decode(errors="replace").split()


def has_path(repository: Repository, path: str) -> bool:
    """Whether a path, from the top, exists in the working tree."""
    top = work_tree(repository)
    return top is not None and os.path.exists(os.path.join(top, path))


def commit_new(directory: str, paths: list[str], message: str) -> None:
    """Commit files in a directory, which becomes a repository if it is none; somebody unknown to git commits as Demo."""
    from git import Repo

    with Repo.init(directory) as repo:
        with repo.config_reader() as settings:
            known = settings.has_option("user", "email")
        if not known:
            with repo.config_writer() as settings:
                settings.set_value("user", "name", "Demo")
                settings.set_value("user", "email", "demo@example.com")
        repo.index.add(paths)
        repo.index.commit(message)
