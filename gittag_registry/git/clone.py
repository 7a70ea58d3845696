"""Whether a clone may lack tags of its remote, from the files of git: no process, because every question asks it.

Git copies all tags only into a full clone. A shallow one has those of the commits it has, one of a single branch those
of that branch, and `git fetch` gets no others later.
"""

from __future__ import annotations

import os
from contextlib import suppress

from gittag_registry.git.process import Repository, common_directory

_MARK = "gittag-registry.fetched"
"""a file in the common directory: all registry tags were fetched then, from the remote whose name is in it"""
_BRANCHES = ("refs/heads/*", "refs/*")
_TAGS = ("refs/tags/*", "refs/*")

Settings = dict[str, list[str]]
"""the values of a remote's settings, by their names in lower case"""


def why_incomplete(repository: Repository) -> str | None:
    """Why the repository may lack tags of its remote; None if nothing says that it does.

    A clone counts as complete once `mark_complete` was called, until git itself fetches again; and if its remote is
    configured to fetch all tags: `git config remote.origin.tagOpt --tags`.
    """
    directories = _directories(repository)
    if directories is None:
        return None  # git says why
    own, common = directories
    remotes = _remotes(common)
    default = _default(remotes)
    shallow = _lacks_history(common)
    chosen = [remotes[default]] if default is not None else list(remotes.values())
    limits = [_limit(remote, shallow=shallow) for remote in chosen] or ["this clone is shallow" if shallow else None]
    if None in limits or _is_marked(own, common, default):
        return None
    fetches_tags = any(remote.get("tagopt", [""])[-1] == "--tags" for remote in chosen)
    return None if fetches_tags and _fetched_at(own, common) is not None else limits[0]


def is_shallow(repository: Repository) -> bool:
    """Whether the repository was cloned without its full history."""
    directories = _directories(repository)
    return directories is not None and _lacks_history(directories[1])


def remote_names(repository: Repository) -> list[str]:
    """The remotes in the repository's own configuration; `git.settings.remotes` knows those of included files too."""
    directories = _directories(repository)
    return list(_remotes(directories[1])) if directories is not None else []


def mark_complete(repository: Repository, remote: str) -> None:
    """Note that the repository has every registry tag that a remote has now."""
    with open(os.path.join(common_directory(repository), _MARK), "w", encoding="utf-8") as file:
        file.write(remote)


def _directories(repository: Repository) -> tuple[str, str] | None:
    """The directory of git for this working tree, and the one that all working trees share."""
    own = _own_directory(repository)
    if own is None:
        return None
    shared = _line(os.path.join(own, "commondir"))
    return own, os.path.join(own, shared) if shared else own


def _own_directory(repository: Repository) -> str | None:
    given = dict(repository.environment).get("GIT_DIR")
    if given:
        return os.path.join(repository.path, given)
    place = os.path.realpath(repository.path)
    while True:
        inside = os.path.join(place, ".git")
        if os.path.isdir(inside):
            return inside
        linked = _line(inside)  # of a worktree or a submodule
        if linked is not None:
            return os.path.join(place, linked.removeprefix("gitdir:").strip())
        if os.path.isfile(os.path.join(place, "HEAD")) and os.path.isdir(os.path.join(place, "objects")):
            return place
        if place == (place := os.path.dirname(place)):
            return None


def _line(path: str) -> str | None:
    """The text of a file of one line; None if there is no such file."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().strip()
    except OSError:
        return None


def _lacks_history(common: str) -> bool:
    with suppress(OSError):
        return os.stat(os.path.join(common, "shallow")).st_size > 0
    return False


def _remotes(common: str) -> dict[str, Settings]:
    """The settings of the remotes in a repository's own configuration; included files do not count."""
    remotes: dict[str, Settings] = {}
    settings: Settings | None = None
    for line in (_line(os.path.join(common, "config")) or "").splitlines():
        text = line.strip()
        if text.startswith("["):
            heading, _, text = text[1:].partition("]")
            section, _, name = heading.strip().partition(" ")
            settings = remotes.setdefault(name.strip().strip('"'), {}) if section.lower() == "remote" else None
        key, _, value = text.partition("=")
        if settings is not None and value:
            settings.setdefault(key.strip().lower(), []).append(value.strip().strip('"'))
    return remotes


def _default(remotes: dict[str, Settings]) -> str | None:
    """The remote that the tags come from: origin, or the only one."""
    return "origin" if "origin" in remotes else next(iter(remotes)) if len(remotes) == 1 else None


def _limit(remote: Settings, *, shallow: bool) -> str | None:
    """Why `git fetch` from a remote, and the clone before it, may leave out tags."""
    sources = [refspec.lstrip("+").partition(":")[0] for refspec in remote.get("fetch", ())]
    if any(source in _TAGS for source in sources):
        return None
    if shallow:
        return "this clone is shallow"
    if remote.get("tagopt", [""])[-1] == "--no-tags":
        return "this clone fetches no tags"
    if sources and not any(source in _BRANCHES for source in sources):  # a bare clone has no refspec, but all tags
        return "this clone fetches only some branches"
    return None


def _is_marked(own: str, common: str, default: str | None) -> bool:
    mark = os.path.join(common, _MARK)
    name = _line(mark)
    if name is None or default not in (None, name):
        return False
    fetched = _fetched_at(own, common)
    with suppress(OSError):
        return fetched is None or os.stat(mark).st_mtime_ns >= fetched
    return False


def _fetched_at(own: str, common: str) -> int | None:
    """When git last fetched, in nanoseconds; None if it never did."""
    times = []
    for directory in {own, common}:
        with suppress(OSError):
            times.append(os.stat(os.path.join(directory, "FETCH_HEAD")).st_mtime_ns)
    return max(times, default=None)
