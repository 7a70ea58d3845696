"""Run git in a repository: its environment and its errors."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, NamedTuple, Protocol

from gittag_registry.errors import GitFailed, NotARepository, UsageError
from gittag_registry.git.interruption import waiting
from gittag_registry.urls import redact

if TYPE_CHECKING:
    from git import Repo

    class HasRootDirectory(Protocol):
        """An opened repository of scmrepo, or of DVC."""

        @property
        def root_dir(self) -> str:
            """The top of its working tree."""

    class HasPath(Protocol):
        """An opened repository of dulwich or pygit2."""

        @property
        def path(self) -> str:
            """Its directory."""

    RepoLike = str | os.PathLike[str] | Repo | HasRootDirectory | HasPath

# Inherited variables that say who writes, how to log in and what to trace. All other GIT_* could redirect our commands
# to another repository, index or object store, as they do inside a hook.
_KEPT = re.compile(
    r"GIT_(AUTHOR|COMMITTER|CONFIG|SSH|ALLOW_PROTOCOL|ASKPASS|TRACE|EXEC_PATH|SSL|HTTP|PROXY|CURL|EDITOR|PAGER|CEILING_DIRECTORIES|DISCOVERY)"
)
_QUARANTINE = ("GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES")
_LOCATION = ("GIT_DIR", "GIT_WORK_TREE")
_DIRECTORIES = ("working_dir", "root_dir", "workdir", "path")
"""where opened repositories have their directory: those of GitPython, scmrepo, pygit2, dulwich; the first counts"""
DURABLE = ("-c", "core.fsync=loose-object,reference")
"""options of git commands that write: once they succeed, the change survives a power failure"""
PROTOCOLS = "https:ssh:file"
"""the protocols git may use, for instance in a partial clone, unless the user's GIT_ALLOW_PROTOCOL says otherwise"""
GRACE = 2.0
"""seconds for git to end after SIGTERM"""
_FIXED = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",  # git status would write what it learns to the index
}
_IDENTITY = (
    "set GIT_COMMITTER_NAME and GIT_COMMITTER_EMAIL, "
    "or: git config --global user.name NAME && git config --global user.email ADDRESS"
)
_HINTS = {
    "Please tell me who you are": _IDENTITY,
    "empty ident name": _IDENTITY,
    "no email was given": _IDENTITY,
    "Permission denied": "check the owner and the permissions of the repository",
    "insufficient permission": "check the owner and the permissions of the repository",
    "Operation not permitted": "check the owner and the permissions of the repository",
    "Read-only file system": "the repository is on a read-only file system",
}


class Repository(NamedTuple):
    """The location of a repository: any directory from which git finds it. Nothing is checked until git runs."""

    path: str
    environment: tuple[tuple[str, str], ...] = ()
    """variables for git in this repository, which override inherited ones: GIT_DIR, GIT_SSH_COMMAND, ..."""
    on_command: Callable[[tuple[str, ...]], None] | None = None
    """called with the arguments of every git command before it runs"""


def locate(repo: RepoLike | None) -> Repository:
    """The repository that a caller names.

    A `git.Repo` stands for its working directory and its present environment, as set by
    `repo.git.update_environment`. Git itself reads the remotes and the identity, in that environment, because
    GitPython's own readers leave out remotes of the user's configuration, `committer.name` and that environment.

    Args:
        repo: a path in it, an opened repository of GitPython, scmrepo, dulwich or pygit2, or None for the one around
            the working directory (or named by GIT_DIR).

    Raises:
        NotARepository: the path is no directory.
        UsageError: it is something else.
    """
    if repo is None:
        return Repository(os.getcwd(), tuple((name, os.environ[name]) for name in _LOCATION if name in os.environ))
    named = (str, bytes, os.PathLike)
    directories = [repo] if isinstance(repo, named) else [getattr(repo, name, None) for name in _DIRECTORIES]
    directory = next((each for each in directories if isinstance(each, named)), None)
    if directory is None:
        raise UsageError(f"a repository is named by a path, an address or an opened repository, not by {repo!r}")
    path = os.path.expanduser(os.fsdecode(directory))
    if not os.path.isdir(path):
        from gittag_registry.hints import Hint, Option

        raise NotARepository(
            f"{path!r} is not a directory",
            hint=Hint(Option("repo"), " takes a path, an address, or the name of a remote"),
        )
    environment = getattr(getattr(repo, "git", None), "environment", dict)
    return Repository(path, tuple(environment().items()))


def run(repository: Repository, *args: str, data: bytes | None = None, env: Mapping[str, str] | None = None) -> bytes:
    """Run one git command and return its standard output.

    Raises:
        NotARepository: there is no repository, or git refuses it.
        GitFailed: the command failed otherwise.
    """
    process = start(repository, *args, env=env, stdin=subprocess.PIPE if data is not None else None)
    try:
        with waiting():
            output, errors = process.communicate(data)
    except BaseException:  # after an interruption git must not finish the change
        _stop(process)
        raise
    if process.returncode:
        raise failure(repository, args, process.returncode, errors)
    return output


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End git: by SIGTERM, so that it removes its lock files, or if that takes too long, by force."""
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def start(
    repository: Repository,
    *args: str,
    env: Mapping[str, str] | None = None,
    stdin: int | None = None,
    stderr: int = subprocess.PIPE,
    new_session: bool = False,
    inherited: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start one git command with its output piped to us; it inherits these file descriptors."""
    if repository.on_command:
        repository.on_command(tuple(map(redact, args)))
    try:
        return subprocess.Popen(
            ["git", *args],
            cwd=repository.path,
            env={**variables(), **dict(repository.environment), **(env or {}), **_FIXED},
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=new_session,
            pass_fds=inherited,
        )
    except ValueError as error:  # no command line can hold a NUL, or half a character
        raise UsageError(f"git cannot take the arguments {args!r}: {error}") from error
    except FileNotFoundError as error:
        if os.path.isdir(repository.path):
            raise GitFailed("git is not installed, or not on the PATH") from error
        raise NotARepository(f"{repository.path!r} is not a directory") from error


def send(pipe: IO[bytes], data: bytes) -> None:
    """Write to git's standard input, and close it."""
    with suppress(BrokenPipeError), pipe:  # git ended early; its exit status and its output say why
        pipe.write(data)


def common_directory(repository: Repository) -> str:
    """The directory that all worktrees of a repository share."""
    given = dict(repository.environment).get("GIT_DIR")
    directory = os.path.join(repository.path, given or ".git")
    if os.path.exists(os.path.join(directory, "HEAD")) and not os.path.exists(os.path.join(directory, "commondir")):
        return directory  # the usual place, without a process
    common = os.fsdecode(run(repository, "rev-parse", "--git-common-dir")).removesuffix("\n")
    return os.path.join(repository.path, common)


@contextmanager
def temporary_directory() -> Iterator[str]:
    """A new directory, by its absolute path, because git runs in another one than this process."""
    from tempfile import TemporaryDirectory  # imports much, and questions need none

    with TemporaryDirectory(prefix="gittag-registry-") as directory:
        yield os.path.abspath(directory)


def variables() -> dict[str, str]:
    """The environment variables of every git process.

    While a push is received, new objects are in quarantine, and git finds them by these variables only.
    """
    quarantine = _QUARANTINE if "GIT_QUARANTINE_PATH" in os.environ else ()
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or _KEPT.match(name) or name in quarantine
    }
    return {"GIT_ALLOW_PROTOCOL": PROTOCOLS, **kept, **_FIXED}


def with_settings(repository: Repository, settings: Sequence[tuple[str, str]]) -> Repository:
    """The repository with more of git's settings, which stand in the environment because they may hold secrets."""
    given = {**os.environ, **dict(repository.environment)}.get("GIT_CONFIG_COUNT", "0")
    first = int(given) if given.isdecimal() else 0
    variables = [("GIT_CONFIG_COUNT", str(first + len(settings)))]
    for number, (key, value) in enumerate(settings, first):
        variables += [(f"GIT_CONFIG_KEY_{number}", key), (f"GIT_CONFIG_VALUE_{number}", value)]
    return repository._replace(environment=(*repository.environment, *variables))


def failure(repository: Repository, args: tuple[str, ...], code: int, errors: bytes) -> GitFailed | NotARepository:
    """The error to raise for a git command that failed."""
    from gittag_registry.hints import Hint, Option, git

    text = errors.decode(errors="replace").strip()
    if "not a git repository" in text:
        return NotARepository(
            f"no git repository at {repository.path!r}",
            hint=Hint("cd into one, or name it with ", Option("repo", "PATH")),
        )
    if "dubious ownership" in text:
        return NotARepository(
            f"git refuses the repository at {repository.path!r}: it belongs to another user",
            hint=Hint("if you trust it: ", git("config", "--global", "--add", "safe.directory", repository.path)),
        )
    hint = next((hint for pattern, hint in _HINTS.items() if pattern in text), None)
    return GitFailed(f"git {_verb(args)} failed: {reason(errors) or f'exit status {code}'}", hint=hint)


def reason(errors: bytes) -> str:
    """Why git failed, from its standard error: the first error, and all lines of a hook."""
    text = errors.decode(errors="replace").strip()
    first = next((line for line in text.splitlines() if line.startswith(("fatal:", "error:"))), text)
    first_error = first.partition(": ")[2] or first
    if "aborted by" in first_error:  # "hook"; from git 2.54 on "the reference-transaction hook"
        first_error += "".join(f": {line}" for line in text.splitlines() if line != first)
    return first_error


def _verb(args: tuple[str, ...]) -> str:
    return _verb(args[2:]) if args[0] == "-c" else args[0]
