"""A bare repository for a server, with a log of the changes of its tags, and clones of it."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from benchmarks import registries
from tests.testing import fast_import
from tests.testing.fast_import import git

from .sandbox import Sandbox, copy_sandbox, make_sandbox, read_tags

NAME = "churn"
_MEGABYTE = 1_000_000  # bytes
_FILES_DATE = 1_500_000_000  # 2017-07-14T02:40:00Z, before the first tag
_ORIGIN = '[remote "origin"]\n url = {url}\n fetch = +refs/heads/*:refs/remotes/origin/*\n'
_NO_GC = "[gc]\n auto = 0\n[receive]\n autoGC = false\n"
# Logs each change of a ref when it is made: the old object, the new one, the name. Other hooks do not run, or run in
# part, if the client has disconnected by then.
_HOOK = '#!/bin/sh\n[ "$1" != committed ] || cat >> "{log}"\n'
_NOTHING = "0" * 40
_TAGS = "refs/tags/"


@dataclass(frozen=True, slots=True)
class Served:
    """A bare repository, and the template of its clones."""

    bare: Sandbox
    clone: Sandbox
    log: Path

    @property
    def root(self) -> Path:
        """The directory to serve, in which the repository is `NAME`.git."""
        return self.bare.repository.parent

    def with_variables(self, variables: Mapping[str, str]) -> Served:
        """The same, with more variables in the environment of its clones."""
        clone = replace(self.clone, environment={**self.clone.environment, **variables})
        return replace(self, clone=clone)

    def make_clones(self, directory: Path, number: int, url: str) -> list[Sandbox]:
        """Make clones whose origin has that address."""
        clones = [copy_sandbox(self.clone, directory / f"clone-{index}") for index in range(number)]
        for sandbox in clones:
            with (sandbox.repository / ".git" / "config").open("a") as file:
                file.write(_ORIGIN.format(url=url))
        return clones

    def count_withdrawn(self) -> int:
        """Count the tags that were made on the server and deleted again."""
        return len(self._deleted())

    def count_returned(self) -> int:
        """Count the deleted tags that are present again: the server carried out a lost push late."""
        return len(self._deleted() & set(read_tags(self.bare).items()))

    def _deleted(self) -> set[tuple[str, str]]:
        """Return the names and object ids of deleted tags; each may have several lines, one for packed refs."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        changes = [(old, new, name) for old, new, name in map(str.split, lines) if name.startswith(_TAGS)]
        return {(name.removeprefix(_TAGS), old) for old, new, name in changes if new == _NOTHING != old}

    def read_operations(self) -> dict[str, str]:
        """Return the id of the operation that made each tag, by the tag's name, where it has one."""
        layout = "--format=%(refname:strip=2)%09%(contents:trailers:key=Registry-Op,valueonly)"
        lines = git(
            "for-each-ref", layout, "refs/tags", repo=self.bare.repository, environment=self.bare.environment
        ).splitlines()
        pairs = [line.split("\t") for line in lines if line]
        return {name: operation for name, operation in pairs if operation}


def make_served(directory: Path, commits: int) -> Served:
    """Make a bare repository with a line of commits."""
    sandbox = make_sandbox(directory, commits, user_config=_NO_GC)
    clone = replace(sandbox, environment={**sandbox.environment, "GIT_ALLOW_PROTOCOL": "https:ssh:file:git"})
    bare = directory / "root" / f"{NAME}.git"
    bare.parent.mkdir()
    shutil.copytree(sandbox.repository / ".git", bare)
    git("config", "core.bare", "true", repo=bare, environment=sandbox.environment)
    log = directory / "changes"
    hook = bare / "hooks" / "reference-transaction"
    hook.write_text(_HOOK.format(log=log))
    hook.chmod(0o755)
    return Served(replace(sandbox, repository=bare), clone, log)


@dataclass(frozen=True, slots=True)
class RegistryServer:
    """A bare repository that is a registry of some size, and one of its artifacts."""

    bare: Path
    artifact: str

    @property
    def root(self) -> Path:
        """The directory to serve, in which the repository is `NAME`.git."""
        return self.bare.parent

    @property
    def patterns(self) -> tuple[str, ...]:
        """Patterns that match the artifact's tags."""
        return tuple(f"refs/tags/{self.artifact}{sign}*" for sign in "@#")

    def measure_smallest_pack(self) -> int:
        """Measure a pack of exactly the artifact's tags and their commits, in bytes."""
        layout = "--format=%(objectname)%0a%(*objectname)"
        oids = git("for-each-ref", layout, *self.patterns, repo=self.bare)
        wanted = "\n".join(sorted(set(oids.split())))
        pack = ["git", "pack-objects", "--stdout", "--quiet"]
        return len(subprocess.run(pack, cwd=self.bare, input=wanted.encode(), capture_output=True, check=True).stdout)


def make_registry_server(
    root: Path, tags: int, environment: Mapping[str, str], *, megabytes: int = 0
) -> RegistryServer:
    """Make a bare repository with so many tags, each of whose commits has so many megabytes of the same files."""
    bare = root / f"{NAME}.git"
    root.mkdir(parents=True)
    stream = chain(_files(megabytes), registries.import_stream(tags))
    fast_import.make_repository(bare, stream, bare=True, packed=True, environment=environment)
    # As forges do: a client may leave out files.
    git("config", "uploadpack.allowFilter", "true", repo=bare, environment=environment)
    return RegistryServer(bare, registries.artifact_name(registries.artifact_count(tags) // 2))


def _files(megabytes: int) -> Iterator[bytes]:
    """A first commit with files of a megabyte that do not compress, which all later commits keep."""
    source = random.Random(1)
    yield fast_import.commit(None, when=_FILES_DATE, message="files")
    for number in range(megabytes):
        yield fast_import.file(f"weights/{number}", source.randbytes(_MEGABYTE))
