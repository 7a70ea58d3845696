"""Hold a push back while git connects: a `pre-push` hook that waits for our answer.

Git calls the hook once it knows the server's refs, and sends nothing before the hook ends. So what the push depends on
can be checked while git connects, which saves the time of a connection. The repository's own hook runs after ours.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from gittag_registry.git.process import Repository, run

# The answer comes from a pipe that git and its hook inherit. If this process is killed, the pipe ends, and so does git.
# Commands in the repository's own hook must not find ours.
_HOOK = """\
#!/bin/sh
read -r answer <"/dev/fd/$GITTAG_GATE" && [ "$answer" = open ] || exit 1
GIT_CONFIG_PARAMETERS=$GITTAG_CONFIG
[ -n "$GIT_CONFIG_PARAMETERS" ] || unset GIT_CONFIG_PARAMETERS
[ -z "$GITTAG_HOOK" ] || exec "$GITTAG_HOOK" "$@"
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
    with tempfile.TemporaryDirectory(prefix="gittag-registry-") as directory:
        path = os.path.join(directory, "pre-push")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o700), "w", encoding="ascii") as file:
            file.write(_HOOK)
        if not os.path.exists("/dev/fd") or not os.access(path, os.X_OK):  # git would skip the hook
            yield None
            return
        ours = {**os.environ, **dict(repository.environment)}.get(_CONFIG, "")
        inherited, answer = os.pipe()
        try:
            variables = {
                "GITTAG_GATE": str(inherited),
                "GITTAG_HOOK": own_hook(repository) or "",
                "GITTAG_CONFIG": ours,
            }
            held = repository._replace(environment=(*repository.environment, *variables.items()))
            yield Gate(held, ("-c", f"core.hooksPath={directory}"), inherited, answer)
        finally:
            os.close(inherited)
            os.close(answer)


def own_hook(repository: Repository) -> str | None:
    """The path of the repository's `pre-push` hook; None if it has none."""
    path = os.fsdecode(run(repository, "rev-parse", "--git-path", "hooks/pre-push")).removesuffix("\n")
    full = os.path.abspath(os.path.join(repository.path, path))
    return full if os.access(full, os.X_OK) and os.path.isfile(full) else None
