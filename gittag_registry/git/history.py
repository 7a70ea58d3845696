"""Commits: the one that a revision names, its date, and the commits and changes between two.

This uses git's own commands, not GitPython's objects. These cannot hold an id of a SHA-256 repository, and they read
a list of changed files by lines: a name with a line break forges entries, and one that is not UTF-8 empties the list.
"""

from __future__ import annotations

import re

from gittag_registry.errors import GitFailed, NotFound, did_you_mean
from gittag_registry.git.files import LARGEST_FILE, LITERAL_PATHS, at_top
from gittag_registry.git.process import Repository, run
from gittag_registry.git.tags import read_objects
from gittag_registry.refs import TAGS

_LATEST = 253402300799  # the last second of the year 9999, since 1970 UTC
_DATED = re.compile(rb"^(?:tagger|committer) .*> ([0-9]{1,18}) [+-][0-9]{4}$", re.MULTILINE)
_NO_MONITOR = ("-c", "core.fsmonitor=false")  # a program of the repository, which git runs when it reads the index
_PLAIN = re.compile(r"[A-Za-z0-9._/-]+")  # no characters that for-each-ref takes for a pattern
_PSEUDO_REF_OR_ID = re.compile(r"^[0-9a-f]{4,64}$|-g[0-9a-f]{4,64}$|^[A-Z_]*HEAD$")  # FETCH_HEAD; v1.0-3-g6f1c0e
_MOST_COMPARED = 1000  # refs; comparing a word with a million of them takes minutes


def ref_names(repository: Repository) -> list[str]:
    """The names of branches and tags, as a user types them; one that both have is there once.

    `%(refname:short)` would tell those apart, but asks of each name whether others have it: 0.14 s for 10,000 tags.
    """
    kinds = ("refs/heads", "refs/remotes", "refs/tags")
    listed = run(repository, "for-each-ref", "--format=%(refname:lstrip=2)", "--", *kinds)
    return list(dict.fromkeys(listed.decode(errors="replace").split("\n")[:-1]))


def resolve(repository: Repository, revision: str) -> str:
    """The id of the commit a revision names.

    Raises:
        NotFound: it names none.
    """
    try:
        if revision.startswith("^"):  # git would read it as an exclusion
            raise GitFailed("not a single revision")
        return _object_id(repository, f"{revision}^{{commit}}")
    except GitFailed as error:
        branches = _remote_branches(repository, revision)
        if len(set(branches.values())) == 1:  # as `git switch` does: a clone has only one of the branches itself
            return next(iter(branches.values()))
        if branches:
            raise NotFound(
                f"revision {revision!r} is a branch of several remotes", hint=f"name one: {', '.join(branches)}"
            ) from error
        hint = "the current branch has no commit yet" if revision == "HEAD" else _similar_ref(repository, revision)
        raise NotFound(f"revision {revision!r} does not name a commit", hint=hint) from error


def _object_id(repository: Repository, revision: str) -> str:
    """The id of the object that a revision names.

    Raises:
        GitFailed: it names none.
    """
    return run(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", revision).decode().strip()


def _remote_branches(repository: Repository, branch: str) -> dict[str, str]:
    """The commits of the remotes' branches with this name, by the branch's full name."""
    if branch == "HEAD" or not _PLAIN.fullmatch(branch):  # origin/HEAD is not what a repository without commits means
        return {}
    listed = run(
        repository, "for-each-ref", "--format=%(objectname) %(refname:short)", "--", f"refs/remotes/*/{branch}"
    )
    pairs = (line.split(" ", 1) for line in listed.decode(errors="replace").splitlines())
    return {name: commit for commit, name in pairs}


def names_revision(repository: Repository, word: str) -> bool:
    """Whether a word names a branch, a tag, a remote's branch, or a commit by its id; mostly with one git process."""
    if not _PLAIN.fullmatch(word):
        return False
    refs = (f"refs/heads/{word}", f"{TAGS}{word}", f"refs/remotes/{word}", f"refs/remotes/*/{word}")
    if run(repository, "for-each-ref", "--count=1", "--format=%(refname)", "--", *refs):
        return True
    if not _PSEUDO_REF_OR_ID.search(word):
        return False
    try:
        return bool(_object_id(repository, f"{word}^{{commit}}"))
    except GitFailed:
        return False


def _similar_ref(repository: Repository, revision: str) -> str | None:
    names = run(repository, "for-each-ref", f"--count={_MOST_COMPARED}", "--format=%(refname:short)")
    return did_you_mean(revision, names.decode(errors="replace").splitlines())


def moment_of(repository: Repository, revision: str) -> int | None:
    """The date of a tag or a commit, in seconds since 1970 UTC; None if the revision is unknown."""
    try:
        name = _object_id(repository, revision)
    except GitFailed:
        return None
    [stored] = read_objects(repository, [name], LARGEST_FILE)
    dated = _DATED.search(stored.data.partition(b"\n\n")[0]) if stored.type in ("tag", "commit") else None
    moment = int(dated[1]) if dated else None
    return moment if moment is None or moment <= _LATEST else None


def commits_between(repository: Repository, old: str, new: str) -> list[tuple[str, int, str, str]]:
    """Id, date, author and subject of each commit that is reachable from `new` and not from `old`, newest first."""
    options = ("-z", "--encoding=UTF-8", "--no-show-signature", "--format=%H%x00%ct%x00%an%x00%s")
    output = run(repository, "log", *options, "--end-of-options", f"{old}..{new}", "--")
    fields = output.decode(errors="replace").split("\0")
    return [(fields[i], _seconds(fields[i + 1]), fields[i + 2], fields[i + 3]) for i in range(0, len(fields) - 3, 4)]


def _seconds(text: str) -> int:
    """A commit's date as git prints it; 0 if it is invalid."""
    return int(text) if text.isdecimal() and len(text) < 18 and int(text) <= _LATEST else 0


def files_changed(repository: Repository, old: str, new: str, path: str | None = None) -> list[tuple[str, str]]:
    """Git's letter and the path of each file that differs between two commits; all, or those under a path."""
    options = ("-r", "-z", "--name-status", "--no-renames")
    paths = [path] if path else []
    command = (*_NO_MONITOR, "diff-tree", *options, old, new, "--", *paths)
    output = run(at_top(repository), *command, env=LITERAL_PATHS)
    fields = output.decode(errors="replace").split("\0")
    return [(fields[i], fields[i + 1]) for i in range(0, len(fields) - 1, 2)]
