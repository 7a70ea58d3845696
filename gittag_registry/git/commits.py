"""Commit files.

In the user's repositories `git commit` does it: GitPython's index signs no commit even if the configuration asks for
it, and does not call the `prepare-commit-msg` hook. In the repository of the demonstration GitPython does it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from gittag_registry.errors import GitFailed
from gittag_registry.git.files import LITERAL_PATHS, at_top
from gittag_registry.git.history import resolve
from gittag_registry.git.process import Repository, run, variables
from gittag_registry.git.settings import identity


def commit_file(repository: Repository, path: str, message: str) -> str:
    """Commit one file of the working tree and return the commit's id; the rest of the index stays as it is.

    Raises:
        GitFailed: git or a hook refused; the index is as it was.
    """
    top = at_top(repository)
    tracked = run(top, "ls-files", "-z", "--", path, env=LITERAL_PATHS)
    if not tracked:
        run(top, "add", "--intent-to-add", "--", path, env=LITERAL_PATHS)
    try:
        run(top, "commit", "--quiet", "--message", message, "--only", "--", path, env=LITERAL_PATHS)
    except GitFailed:
        if not tracked:
            run(top, "rm", "--cached", "--quiet", "--", path, env=LITERAL_PATHS)
        raise
    return resolve(repository, "HEAD")


def is_committed(repository: Repository, path: str) -> bool:
    """Whether a file of the working tree is the same as in the newest commit."""
    return not run(at_top(repository), "status", "--porcelain", "-z", "--", path, env=LITERAL_PATHS)


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
