"""Repositories for tests, made by one `git fast-import` with explicit dates.

Arrange with a builder, then ask the registry:

    repo = RepositoryBuilder(tmp_path / "repo")
    first = repo.commit({"model.pkl": "1"})
    repo.tag("churn@v1.0.0", first)
    repo.tag("churn#prod#1", first, trailers={"Registry-Version": "v1.0.0"})
    registry = Registry(repo.build())
"""

from __future__ import annotations

import subprocess
from pathlib import Path

START = 1_700_000_000  # 2023-11-14T22:13:20Z, the date of the first thing in every built repository
STEP = 60  # seconds between one thing and the next
TAGGER = "Ada Lovelace <ada@example.com>"


class RepositoryBuilder:
    """Collects commits and tags; `build` makes the repository."""

    def __init__(self, path: Path, *, bare: bool = False) -> None:
        self.path = path
        self._bare = bare
        self._stream: list[bytes] = []
        self._marks = 0
        self._clock = START - STEP
        self._afterwards: list[tuple[str, str, bytes]] = []
        self._ids: dict[int, str] = {}

    def commit(self, files: dict[str, str] | None = None, *, message: str = "change", at: int | None = None) -> int:
        """Add a commit to main; returns a mark to tag it by (`commit_id` gives its id once built)."""
        self._marks += 1
        when = self._when(at)
        self._stream.append(
            b"commit refs/heads/main\nmark :%d\ncommitter %s %d +0000\n%s"
            % (self._marks, TAGGER.encode(), when, _data(message.encode()))
        )
        for name, content in (files if files is not None else {"counter.txt": str(self._marks)}).items():
            self._stream.append(b"M 100644 inline %s\n%s" % (name.encode(), _data(content.encode())))
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
        self._stream.append(
            b"tag %s\nfrom :%d\ntagger %s %d %s\n%s"
            % (name.encode(), commit, tagger.encode(), self._when(at), zone.encode(), _data(text))
        )

    def lightweight(self, name: str, commit: int) -> None:
        """Add a lightweight tag of a commit."""
        self._stream.append(b"reset refs/tags/%s\nfrom :%d\n\n" % (name.encode(), commit))

    def object(self, name: str, kind: str, content: bytes) -> None:
        """Add a tag ref that points to an object of this kind and content, however wrong; `{N}` is commit N's id."""
        self._afterwards.append((name, kind, content))

    def build(self) -> Path:
        """Make the repository, with main checked out unless it is bare."""
        git("init", "--quiet", "--initial-branch=main", *(["--bare"] if self._bare else []), str(self.path))
        marks = self.path / ("marks" if self._bare else ".git/marks")
        git("fast-import", "--quiet", f"--export-marks={marks}", repo=self.path, data=b"".join(self._stream))
        for line in marks.read_text().splitlines():
            mark, oid = line.split()
            self._ids[int(mark[1:])] = oid
        for name, kind, template in self._afterwards:
            content = template
            for mark, oid in self._ids.items():
                content = content.replace(b"{%d}" % mark, oid.encode())
            store_object(self.path, kind, content, f"refs/tags/{name}")
        if not self._bare and self._marks:
            git("reset", "--quiet", "--hard", "main", repo=self.path)
        return self.path

    def commit_id(self, mark: int) -> str:
        """The id of a commit of the built repository."""
        return self._ids[mark]

    def _when(self, at: int | None) -> int:
        self._clock = self._clock + STEP if at is None else at
        return self._clock


def store_object(repo: Path, kind: str, content: bytes, ref: str) -> str:
    """Store any object, even one git would refuse, and point a ref to it."""
    oid = git("hash-object", "--literally", "-t", kind, "-w", "--stdin", repo=repo, data=content).strip()
    git("update-ref", ref, oid, repo=repo)
    return oid


def git(*args: str, repo: Path | None = None, data: bytes | None = None) -> str:
    """Run git and return what it prints."""
    place = ["-C", str(repo)] if repo else []
    done = subprocess.run(["git", *place, *args], input=data, capture_output=True, check=False)
    assert done.returncode == 0, f"git {' '.join(args)}: {done.stderr.decode(errors='replace')}"
    return done.stdout.decode(errors="replace")


def tag_names(repo: Path) -> list[str]:
    """The names of all tags."""
    return git("tag", "--list", repo=repo).split()


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)
