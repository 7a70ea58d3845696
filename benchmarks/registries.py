"""Registries of any size to measure on, each made by one `git fast-import` stream and kept for the next run.

A registry of N tags has N/50 artifacts whose lives run side by side, as in a repository many teams share: each gets
versions on commits of their own, and these move through dev, staging and prod. Names and messages are made by the
package itself, so the tags are those `git registry register` and `git registry assign` would have written. Dates and
ids are fixed: the same number of tags is the same repository on every machine.

All refs are packed, and the objects lie in the one pack that fast-import writes; that is how a fresh clone looks.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from itertools import count, cycle
from pathlib import Path
from tempfile import mkdtemp

from gittag_registry.model.message import (
    OPERATION_TRAILER,
    VERSION_TRAILER,
    Trailers,
    default_sentence,
    format_message,
)
from gittag_registry.model.names import Kind, TagName, format_tag
from tests.testing import fast_import

TAGS_PER_ARTIFACT = 50
_SHAPE = 1  # raise it when the registries change, so that kept ones are not taken for new ones
_START = 1_577_836_800  # 2020-01-01T00:00:00Z
_STEP = 60  # seconds between two tags; a million of them end in 2021
_WORDS = ("churn", "fraud", "labels", "pricing", "ranker")
# What befalls an artifact, over and over: None is a new version, a word puts the newest version in that stage.
_LIFE = (None, "dev", "staging", "prod", None, "dev", "staging", None, "dev", None)


def prepare_registry(directory: Path, tags: int, environment: Mapping[str, str]) -> Path:
    """The registry with this number of tags, made in `directory` unless an earlier run left it there."""
    path = directory / f"registry-{tags}-shape{_SHAPE}"
    if not path.is_dir():
        directory.mkdir(parents=True, exist_ok=True)
        unfinished = Path(mkdtemp(dir=directory, prefix="unfinished-"))
        try:
            make_registry(unfinished, tags, environment)
            unfinished.rename(path)
        except BaseException:
            shutil.rmtree(unfinished)
            raise
    return path


def make_registry(path: Path, tags: int, environment: Mapping[str, str]) -> None:
    """Make a registry with so many tags in an empty directory."""
    fast_import.make_repository(path, import_stream(tags), packed=True, environment=environment)
    fast_import.git("reset", "--quiet", "--hard", "main", repo=path, environment=environment)


def copy_registry(source: Path, target: Path) -> None:
    """Copy a registry to write to it; packs, which git never changes, are shared with the source."""
    packs = (source / ".git" / "objects" / "pack").iterdir()
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.pack", "*.idx", "*.rev"))
    for pack in packs:
        os.link(pack, target / pack.relative_to(source))


def artifact_name(index: int) -> str:
    """The name of the artifact with this number, from 0."""
    return f"{_WORDS[index % len(_WORDS)]}-{index:05d}"


def artifact_count(tags: int) -> int:
    """How many artifacts a registry with so many tags has."""
    return max(1, tags // TAGS_PER_ARTIFACT)


def artifact_life(artifact: str) -> Iterator[TagName]:
    """The tags of one artifact, without end; stage tags with their version."""
    versions = (f"v{major}.{minor}.0" for major in count(1) for minor in range(10))
    counters = count(1)
    version = None
    for stage in cycle(_LIFE):
        if stage is None:
            version = next(versions)
            yield TagName(artifact, Kind.REGISTRATION, version)
        else:
            yield TagName(artifact, Kind.ASSIGNMENT, version, stage, next(counters))


def all_tags(tags: int) -> Iterator[TagName]:
    """The tags of a registry in the order of their dates; the artifacts take turns."""
    lives = [artifact_life(artifact_name(index)) for index in range(artifact_count(tags))]
    return (next(lives[number % len(lives)]) for number in range(tags))


def import_stream(tags: int) -> Iterator[bytes]:
    """The input of `git fast-import` that makes a registry with so many tags."""
    newest: dict[str, int] = {}  # the mark of each artifact's newest commit
    marks = count(1)
    for number, tag in enumerate(all_tags(tags)):
        when = _START + number * _STEP
        if tag.kind is Kind.REGISTRATION:
            newest[tag.artifact] = next(marks)
            yield _commit(newest[tag.artifact], tag, when)
        yield _tag(tag, newest[tag.artifact], when, operation=_operation(number))


def _commit(mark: int, tag: TagName, when: int) -> bytes:
    message = f"train {tag.artifact} {tag.version}\n"
    metrics = f'{{"artifact": "{tag.artifact}", "run": {mark}}}\n'
    return fast_import.commit(mark, when=when, message=message, files={"metrics.json": metrics.encode()})


def _tag(tag: TagName, mark: int, when: int, *, operation: str) -> bytes:
    trailers: Trailers = ((OPERATION_TRAILER, operation),)
    if tag.kind is Kind.ASSIGNMENT:
        trailers = ((VERSION_TRAILER, tag.version or ""), *trailers)
    message = format_message(default_sentence(tag, ""), trailers).encode()
    return fast_import.tag(format_tag(tag), mark, message, when=when)


def _operation(number: int) -> str:
    """An id as random to a compressor as a real one, and the same in every run."""
    return hashlib.blake2b(b"%d" % number, digest_size=16).hexdigest()
