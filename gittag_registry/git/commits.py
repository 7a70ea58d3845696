"""Commit files.

In the user's repositories `git commit` does it: GitPython's index signs no commit even if the configuration asks for
it, and does not call the `prepare-commit-msg` hook. In the repository of the demonstration GitPython does it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from gittag_registry.errors import Conflict, GitFailed
from gittag_registry.git.files import LITERAL_PATHS, at_top
from gittag_registry.git.history import resolve
from gittag_registry.git.process import Repository, run, temporary_directory, variables
from gittag_registry.git.settings import identity
from gittag_registry.hints import Hint, git


class _Entry(NamedTuple):
    """A file in a tree or in the index."""

    mode: str
    oid: str


class PendingChange:
    """A change of one file of the working tree, to be committed without whatever else was changed in it before.

    Args:
        path: from the top.
        edit: returns a content with the change, given one without it (empty if there is no file).

    Raises:
        Conflict: the newest commit has the change already, or git is in the middle of a merge.
        RegistryError: the content of the newest commit, or of the index, cannot be edited.
    """

    def __init__(self, repository: Repository, path: str, edit: Callable[[bytes], bytes]) -> None:
        self._top = at_top(repository)
        self._path = path
        committed = self._entry("ls-tree", "HEAD") if self._has("HEAD") else None
        self._before = self._entry("ls-files", "--stage")
        self._committed = self._edited(committed, edit)
        self._staged = self._edited(self._before, edit)
        if self._committed == committed:
            raise Conflict(f"{path} has no change to commit")
        for state in ("MERGE_HEAD", "CHERRY_PICK_HEAD"):
            if self._has(state):
                raise Conflict("git is in the middle of a merge", hint=Hint("complete it first: ", git("status")))

    def commit(self, message: str) -> str:
        """Commit the change and return the commit's id; other changes stay in the index and in the working tree.

        Raises:
            GitFailed: git or a hook refused; the index is as it was.
        """
        self._stage(self._staged, LITERAL_PATHS)  # first, because nothing may fail after the commit
        try:
            with temporary_directory() as directory:
                index = {**LITERAL_PATHS, "GIT_INDEX_FILE": os.path.join(directory, "index")}
                if self._has("HEAD"):
                    run(self._top, "read-tree", "HEAD", env=index)
                self._stage(self._committed, index)
                run(self._top, "commit", "--quiet", "--message", message, env=index)
        except GitFailed:
            self._stage(self._before, LITERAL_PATHS)
            raise
        return resolve(self._top, "HEAD")

    def _has(self, revision: str) -> bool:
        try:
            return bool(run(self._top, "rev-parse", "--verify", "--quiet", revision))
        except GitFailed:
            return False

    def _entry(self, *command: str) -> _Entry | None:
        """The file in the newest commit, or in the index."""
        line = run(self._top, *command, "-z", "--", self._path, env=LITERAL_PATHS).decode(errors="replace")
        mode, *words = line.partition("\t")[0].split(" ")
        return _Entry(mode, words["HEAD" in command]) if words else None

    def _edited(self, entry: _Entry | None, edit: Callable[[bytes], bytes]) -> _Entry:
        """The entry with the change; its content is stored."""
        data = edit(run(self._top, "cat-file", "blob", entry.oid) if entry else b"")
        oid = run(self._top, "hash-object", "-w", "--stdin", data=data).decode().strip()
        return entry._replace(oid=oid) if entry else _Entry("100644", oid)

    def _stage(self, entry: _Entry | None, environment: dict[str, str]) -> None:
        """Put the file into an index, or take it out."""
        change = ("--cacheinfo", f"{entry.mode},{entry.oid},{self._path}") if entry else ("--force-remove", self._path)
        run(self._top, "update-index", "--add", *change, env=environment)


def commit_new(directory: str, paths: list[str], message: str) -> None:
    """Commit files in a directory, which becomes a repository if it is none.

    If git does not know who writes, the author is Demo. The user's hooks and signing are off, because they may ask for
    a ticket or a passphrase.

    Raises:
        GitFailed: the repository cannot be written.
    """
    with _git_variables({"GIT_DEFAULT_HASH": "sha1", "GIT_DEFAULT_REF_FORMAT": "files"}):  # all that GitPython reads
        from git import Actor, Repo
        from git.exc import GitError

        try:
            with Repo.init(directory) as repo:
                if not _has_email(Repository(directory)):
                    with repo.config_writer() as configuration:
                        configuration.set_value("user", "name", "Demo")
                        configuration.set_value("user", "email", "demo@example.com")
                who = identity(Repository(directory))  # GitPython does not read what `git -c` sets
                actor = Actor(who.name, who.email)
                repo.index.add(paths)
                repo.index.commit(message, author=actor, committer=actor, skip_hooks=True)
        except GitError as error:
            raise GitFailed(f"nothing can be committed in {directory!r}: {error}") from error


def _has_email(repository: Repository) -> bool:
    """Whether git's configuration has the user's address."""
    try:
        return bool(run(repository, "config", "--get", "user.email").strip())
    except GitFailed:
        return False


@contextmanager
def _git_variables(more: dict[str, str]) -> Iterator[None]:
    """Give `os.environ` the variables of our git processes: GitPython passes all of it on, and itself reads GIT_DIR."""
    before, during = os.environ.copy(), {**variables(), **more}
    try:
        os.environ.clear()
        os.environ.update(during)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
