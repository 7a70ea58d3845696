"""Writers that are wrong on purpose, for the negative controls. Each prints what it wrote as JSON.

faulty_writers.py naive VERB ARTIFACT STAGE COMMIT
    reads the tags, counts, and writes with `git tag -a -f`
faulty_writers.py forceful VERB ARTIFACT STAGE COMMIT
    reads a server's tags, counts, and pushes over whatever is there; if that fails, it starts again, without checking
    the result
faulty_writers.py hasty ARTIFACT STAGE
    prints that the tag is created, then creates it
faulty_writers.py careless COMMAND...
    runs a command and always exits with 0
"""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence

_TRIES = 5  # it repeats after every error, whatever the reason
_REMOTE_TRIES = 20  # over connections that break
_THINKING = 0.2  # seconds between reading and writing, so that few operations suffice for a race


def write_naively(verb: str, artifact: str, stage: str, commit: str) -> None:
    """Take the number after the highest one, and write the tag with it, over any tag that exists by then."""
    for _ in range(_TRIES):
        names = _git("tag", "--list", f"{artifact}[@#]*").stdout.split()
        time.sleep(_THINKING)
        name = _next_name(names, verb, artifact, stage)
        if _git("tag", "-a", "-f", "-m", name, name, commit).returncode == 0:
            _acknowledge(name, _git("rev-parse", f"refs/tags/{name}").stdout.strip())
            return
    raise SystemExit(1)


def write_forcefully(verb: str, artifact: str, stage: str, commit: str) -> None:
    """Do the same on a server, under the id of one operation."""
    operation = secrets.token_hex(16)
    for _ in range(_REMOTE_TRIES):
        listed = _git("ls-remote", "--tags", "--refs", "origin", f"{artifact}[@#]*")
        if listed.returncode:
            continue
        names = [line.rpartition("refs/tags/")[2] for line in listed.stdout.splitlines()]
        time.sleep(_THINKING)
        name = _next_name(names, verb, artifact, stage)
        oid = _git("mktag", data=f"{_tag_object(name, commit)}\nRegistry-Op: {operation}\n").stdout.strip()
        if _git("push", "--quiet", "--force", "origin", f"{oid}:refs/tags/{name}").returncode == 0:
            _acknowledge(name, oid)
            return
    raise SystemExit(1)


def _next_name(names: Sequence[str], verb: str, artifact: str, stage: str) -> str:
    numbers = [int(match[1]) for name in names if (match := re.search(r"(?:#|\.)(\d+)$", name))]
    number = max(numbers, default=0) + 1
    return f"{artifact}@v0.0.{number}" if verb == "register" else f"{artifact}#{stage}#{number}"


def write_hastily(artifact: str, stage: str) -> None:
    """Acknowledge first, then write."""
    names = _git("tag", "--list", f"{artifact}#*").stdout.split()
    name = f"{artifact}#{stage}#{len(names) + 1}"
    _acknowledge(name)
    commit = _git("rev-parse", "HEAD").stdout.strip()
    oid = _git("mktag", data=_tag_object(name, commit)).stdout.strip()
    _git("update-ref", f"refs/tags/{name}", oid)


def _acknowledge(name: str, oid: str = "") -> None:
    """Print what our command line prints with `--json`, as far as the campaigns read it, and the object's id."""
    sys.stdout.write(json.dumps({"events": [{"ref": name, "object": oid}]}) + "\n")
    sys.stdout.flush()


def _tag_object(name: str, commit: str) -> str:
    return f"object {commit}\ntype commit\ntag {name}\ntagger Ada <ada@example.com> 1700000000 +0000\n\n{name}\n"


def _git(*arguments: str, data: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], input=data, capture_output=True, text=True, check=False)


def main(words: Sequence[str]) -> int:
    """Run the writer that the first word names."""
    match words:
        case ["naive", verb, artifact, stage, commit]:
            write_naively(verb, artifact, stage, commit)
        case ["forceful", verb, artifact, stage, commit]:
            write_forcefully(verb, artifact, stage, commit)
        case ["hasty", artifact, stage]:
            write_hastily(artifact, stage)
        case ["careless", *command]:
            subprocess.run(command, stderr=subprocess.DEVNULL, check=False)
        case _:
            raise SystemExit(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
