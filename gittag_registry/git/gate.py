"""Hold a push back while git connects: a `pre-push` hook that waits for our answer.

Git calls the hook once it knows the server's refs, and sends nothing before the hook ends. So what the push depends on
can be checked while git connects, which saves the time of a connection. The repository's own hook runs after ours.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from gittag_registry.git.process import Repository, run, temporary_directory

# The answer comes from a pipe that git and its hook inherit. If this process is killed, the pipe ends, and so does git.
# Commands in the repository's own hook must not find ours. The variables have a name that is none of a setting (GITTAG_),
# because hooks of a server on this machine inherit them.
_HOOK = """\
#!/bin/sh
read -r answer <"/dev/fd/$_GATE_PIPE" && [ "$answer" = open ] || exit 1
GIT_CONFIG_PARAMETERS=$_GATE_CONFIG
[ -n "$GIT_CONFIG_PARAMETERS" ] || unset GIT_CONFIG_PARAMETERS
[ -z "$_GATE_HOOK" ] || exec "$_GATE_HOOK" "$@"
"""
_CONFIG = "GIT_CONFIG_PARAMETERS"  # how git passes on what it got by `git -c`


class Gate(NamedTuple):
    """What holds a push back."""

    repository: Repository
    """in whose environment git runs"""
    options: tuple[str, ...]
    """of git"""
    inherited: int
    """a file descriptor for git"""
    answer: int
    """the end of its pipe that we write to"""

    def open(self) -> None:
        """Let the push go on."""
        os.write(self.answer, b"open\n")


@contextmanager
def closed_gate(repository: Repository) -> Iterator[Gate | None]:
    """A gate for a push from this repository; None where there can be none."""
    with ExitStack() as exits:
        try:
            directory = exits.enter_context(temporary_directory())
            path = os.path.join(directory, "pre-push")
            with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o700), "w", encoding="ascii") as file:
                file.write(_HOOK)
        except OSError:  # there is no place for a temporary directory
            yield None
            return
        if not os.path.exists("/dev/fd") or not os.access(path, os.X_OK):  # git would skip the hook
            yield None
            return
        ours = {**os.environ, **dict(repository.environment)}.get(_CONFIG, "")
        inherited, answer = os.pipe()
        exits.callback(os.close, inherited)
        exits.callback(os.close, answer)
        variables = {"_GATE_PIPE": str(inherited), "_GATE_HOOK": own_hook(repository) or "", "_GATE_CONFIG": ours}
        held = repository._replace(environment=(*repository.environment, *variables.items()))
        yield Gate(held, ("-c", f"core.hooksPath={directory}"), inherited, answer)


def own_hook(repository: Repository) -> str | None:
    """The path of the repository's `pre-push` hook; None if it has none."""
    path = os.fsdecode(run(repository, "rev-parse", "--git-path", "hooks/pre-push")).removesuffix("\n")
    full = os.path.abspath(os.path.join(repository.path, path))
    return full if os.access(full, os.X_OK) and os.path.isfile(full) else None
