"""Small repositories, made by one `git fast-import` with explicit dates.

Arrange with a builder, then ask the registry:

    repo = RepositoryBuilder(tmp_path / "repo")
    first = repo.commit({"model.pkl": "1"})
    repo.tag("churn@v1.0.0", first)
    repo.tag("churn#prod#1", first, trailers={"Registry-Version": "v1.0.0"})
    registry = Registry(repo.build())
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.testing import fast_import
from tests.testing.fast_import import AUTHOR as TAGGER
from tests.testing.fast_import import git

__all__ = ["START", "STEP", "TAGGER", "RepositoryBuilder", "git", "store_object", "tag_names"]

START = 1_700_000_000  # 2023-11-14T22:13:20Z, the date of the first thing in every built repository
STEP = 60  # seconds between one thing and the next


class RepositoryBuilder:
    """Collects commits and tags; `build` makes the repository."""

    def __init__(self, path: Path, *, bare: bool = False, environment: Mapping[str, str] | None = None) -> None:
        """With `environment`, git runs in it instead of the one of this process."""
        self.path = path
        self._bare = bare
        self._environment = environment
        self._stream: list[bytes] = []
        self._marks = 0
        self._clock = START - STEP
        self._afterwards: list[tuple[str, str, bytes]] = []
        self._ids: dict[int, str] = {}

    def commit(self, files: dict[str, str] | None = None, *, message: str = "change", at: int | None = None) -> int:
        """Add a commit to main; returns a mark to tag it by (`commit_id` gives its id once built)."""
        self._marks += 1
        given = {"counter.txt": str(self._marks)} if files is None else files
        contents = {name: content.encode() for name, content in given.items()}
        self._stream.append(fast_import.commit(self._marks, when=self._when(at), message=message, files=contents))
        return self._marks

    def tag(
        self,
        name: str,
        commit: int,
        *,
        message: str | bytes = "A message",
        trailers: dict[str, str] | None = None,
        at: int | None = None,
        tagger: str = TAGGER,
        zone: str = "+0000",
    ) -> None:
        """Add an annotated tag."""
        text = message.encode() if isinstance(message, str) else message
        if trailers:
            text += b"\n\n" + "".join(f"{key}: {value}\n" for key, value in trailers.items()).encode()
        self._stream.append(fast_import.tag(name, commit, text, when=self._when(at), tagger=tagger, zone=zone))

    def lightweight(self, name: str, commit: int) -> None:
        """Add a lightweight tag of a commit."""
        self._stream.append(fast_import.lightweight_tag(name, commit))

    def object(self, name: str, kind: str, content: bytes) -> None:
        """Add a tag ref to an object of this kind and content, valid or not; `{N}` is commit N's id."""
        self._afterwards.append((name, kind, content))

    def build(self) -> Path:
        """Make the repository, with main checked out unless it is bare."""
        marks = self.path / "marks"
        fast_import.make_repository(
            self.path, self._stream, bare=self._bare, marks=marks, environment=self._environment
        )
        for line in marks.read_text().splitlines():
            name, oid = line.split()  # as in ":1 6f1c0e..."
            self._ids[int(name[1:])] = oid
        marks.unlink()
        for name, kind, template in self._afterwards:
            content = template
            for mark, oid in self._ids.items():
                content = content.replace(b"{%d}" % mark, oid.encode())
            store_object(self.path, kind, content, f"refs/tags/{name}", environment=self._environment)
        if not self._bare and self._marks:
            git("reset", "--quiet", "--hard", "main", repo=self.path, environment=self._environment)
        return self.path

    def commit_id(self, mark: int) -> str:
        """The id of a commit of the built repository."""
        return self._ids[mark]

    def _when(self, at: int | None) -> int:
        self._clock = self._clock + STEP if at is None else at
        return self._clock


def store_object(
    repo: Path, kind: str, content: bytes, ref: str, *, environment: Mapping[str, str] | None = None
) -> str:
    """Store any object, even one that git would refuse, and point a ref to it."""
    command = ("hash-object", "--literally", "-t", kind, "-w", "--stdin")
    oid = git(*command, repo=repo, data=content, environment=environment).strip()
    git("update-ref", ref, oid, repo=repo, environment=environment)
    return oid


def tag_names(repo: Path) -> list[str]:
    """The names of all tags."""
    return git("tag", "--list", repo=repo).split()


def change_packed_tag(directory: Path, name: str) -> None:
    """Change a byte of a tag's object in the packs of a git directory."""
    oid = git("rev-parse", f"refs/tags/{name}", repo=directory).strip()
    for index in directory.glob("objects/pack/*.idx"):
        with index.open("rb") as file:
            shown = subprocess.run(["git", "show-index"], stdin=file, capture_output=True, text=True, check=True).stdout
        for offset in [int(line.split()[0]) for line in shown.splitlines() if line.split()[1] == oid]:
            pack = index.with_suffix(".pack")
            pack.chmod(0o600)
            data = bytearray(pack.read_bytes())
            data[offset + 30] ^= 0xFF
            pack.write_bytes(data)
