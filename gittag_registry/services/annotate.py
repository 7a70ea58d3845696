"""Change the annotations in `artifacts.yaml`, or of `dir:name` in `dir/dvc.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import normpath
from typing import Any

from gittag_registry.errors import Conflict, Refused, UsageError, did_you_mean
from gittag_registry.files.annotations import Annotation, annotate, parse, remove_entry
from gittag_registry.files.editing import edit_annotations
from gittag_registry.files.layout import ANNOTATIONS, annotation_file
from gittag_registry.git.files import check_inside, has_path, read_files
from gittag_registry.git.process import Repository
from gittag_registry.hints import Hint, call
from gittag_registry.model.names import Kind, TagName, check_artifact, check_writable
from gittag_registry.registry import Registry
from gittag_registry.services.describe import warn_of_settings


@dataclass(frozen=True, slots=True)
class Annotated:
    """The new entry, and the commit that was made of it, if any."""

    annotation: Annotation
    commit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotate:
    """Add or change an entry: values that are None stay, labels and custom keys are added, `without_labels` removed."""

    artifact: str
    type: str | None = None
    path: str | None = None
    must_exist: bool = False
    labels: tuple[str, ...] = ()
    without_labels: tuple[str, ...] = ()
    description: str | None = None
    custom: dict[str, Any] | None = None

    def execute(self, registry: Registry, *, commit_message: str | None = None, dry_run: bool = False) -> Annotated:
        """Change the file.

        Raises:
            UsageError: the path is absolute, or outside of the repository, or a value is empty.
            Refused: no tag can have the name, the type is not allowed, the path does not exist, the file is invalid, or
                there is no working tree.
            Conflict: `artifacts.yaml` has an entry for an artifact that belongs into a `dvc.yaml`.
        """
        _check_directory(check_artifact(self.artifact))
        check_writable(TagName(self.artifact, Kind.REGISTRATION, version="v0.0.1"))  # not `.git:churn`
        if "" in (self.type, *self.labels):
            raise UsageError("a type and a label cannot be empty")
        repository = registry.store.with_work_tree()
        self._check_type(registry)
        self._check_path(registry)
        file = annotation_file(self.artifact)
        if _file_of_entry(repository, self.artifact) != file:
            raise Conflict(
                f"{ANNOTATIONS} has an entry {self.artifact!r}, which stops GTO; its place is {file}",
                hint=Hint(call("remove", self.artifact)),
            )
        after, commit = edit_annotations(
            repository,
            file,
            lambda data: annotate(data, self.artifact, self._changes(), without_labels=self.without_labels),
            message=commit_message,
            dry_run=dry_run,
        )
        return Annotated(parse(after, file).entries[self.artifact], commit)

    def _changes(self) -> dict[str, Any]:
        changes: dict[str, Any] = {
            "type": self.type,
            "path": self.path,
            "virtual": False if self.must_exist else None,
            "labels": list(self.labels) or None,
            "description": self.description,
            "custom": self.custom,
        }
        return {key: value for key, value in changes.items() if value is not None}

    def _check_type(self, registry: Registry) -> None:
        allowed = registry.settings.types if registry.settings else None
        if self.type is not None and allowed is not None and self.type not in allowed:
            raise Refused(
                f"type {self.type!r} is not allowed",
                hint=did_you_mean(self.type, allowed) or f"the configuration allows {', '.join(allowed) or 'no type'}",
            )

    def _check_path(self, registry: Registry) -> None:
        if self.path is not None and "://" not in self.path:
            check_inside(self.path)
        if not self.must_exist:
            return
        if self.path is None:
            raise UsageError("--must-exist needs a --path")
        if not has_path(registry.repository, self.path):
            raise Refused(f"{self.path!r} does not exist in the working tree")


def remove(
    registry: Registry, name: str, *, commit_message: str | None = None, dry_run: bool = False
) -> tuple[str, str | None]:
    """Remove an entry.

    Returns:
        The file that had it, and the commit's id if one was made.

    Raises:
        NotFound: there is no such entry.
    """
    repository = registry.store.with_work_tree()
    warn_of_settings(registry)
    file = _file_of_entry(repository, name)
    _, commit = edit_annotations(
        repository,
        file,
        lambda data: remove_entry(data, name, file),
        message=commit_message,
        dry_run=dry_run,
    )
    return file, commit


def _check_directory(artifact: str) -> None:
    directory, colon, base = artifact.rpartition(":")
    if colon and (short := normpath(check_inside(directory))) != directory:
        raise UsageError(
            f"the path {directory!r} is longer than it needs to be", hint=f"did you mean {f'{short}:{base}'!r}?"
        )


def _file_of_entry(repository: Repository, artifact: str) -> str:
    """The file with the entry of an artifact; the one where it belongs if there is none."""
    if ":" in artifact:
        files = read_files(repository, [ANNOTATIONS])
        if ANNOTATIONS in files and artifact in parse(files[ANNOTATIONS]).entries:
            return ANNOTATIONS
    return annotation_file(artifact)
