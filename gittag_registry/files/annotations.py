"""Annotations: what `artifacts.yaml` (or the `artifacts:` of `dvc.yaml`) says about artifacts. Pure.

Files are given and returned as bytes. An invalid entry becomes a `Problem`; the other entries still count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from posixpath import join, normpath
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gittag_registry.errors import NotFound, UsageError, did_you_mean
from gittag_registry.files.layout import ANNOTATIONS, DVC
from gittag_registry.files.yamlfile import Document, YamlError
from gittag_registry.model.findings import Problem
from gittag_registry.model.names import check_artifact


class Annotation(BaseModel):
    """What a file says about an artifact; keys of other tools are kept."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    type: str | None = None
    """what it is: model, dataset, ..."""
    path: str | None = None
    """where it is, from the top of the repository, or a URL"""
    virtual: bool = True
    """False if the path must be in the repository"""
    labels: list[str] = Field(default_factory=list)
    description: str = ""
    custom: Any = None
    """anything else"""


@dataclass(frozen=True, slots=True)
class Annotations:
    """The valid entries of a file, and the problems of the others."""

    entries: dict[str, Annotation] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def filled_from(self, other: Annotations) -> Annotations:
        """These entries, and those of another file for the remaining names."""
        return Annotations({**other.entries, **self.entries}, self.problems + other.problems)


def parse(data: bytes, file: str = ANNOTATIONS) -> Annotations:
    """Read an `artifacts.yaml`."""
    try:
        document = Document(data, file)
    except YamlError as error:
        return Annotations(problems=tuple(error.problems))
    return _entries(document, document.value, ())


def parse_dvc(data: bytes, directory: str = "") -> Annotations:
    """Read the `artifacts:` of a `dvc.yaml`; in a subdirectory their names get its prefix."""
    file = f"{directory}/{DVC}" if directory else DVC
    try:
        document = Document(data, file)
    except YamlError as error:
        return Annotations(problems=tuple(error.problems))
    section = document.value.get("artifacts", {})
    if not isinstance(section, dict):
        return Annotations(problems=(document.problem(("artifacts",), "must be a mapping"),))
    renamed = {name: _from_dvc(entry, directory) for name, entry in section.items()}
    annotations = _entries(document, renamed, ("artifacts",))
    if not directory:
        return annotations
    return Annotations(
        {f"{directory}:{name}": entry for name, entry in annotations.entries.items()}, annotations.problems
    )


def _from_dvc(entry: Any, directory: str) -> Any:
    """A DVC entry with our names for description and custom data, and with its path from the top of the repository."""
    if not isinstance(entry, dict):
        return entry
    names = {"desc": "description", "meta": "custom"}
    ours = {names.get(key, key): value for key, value in entry.items()}
    path = ours.get("path")
    if directory and isinstance(path, str) and "://" not in path:
        ours["path"] = normpath(join(directory, path))
    return ours


def _entries(document: Document, section: dict[str, Any], above: tuple[str, ...]) -> Annotations:
    entries: dict[str, Annotation] = {}
    problems: list[Problem] = []
    for name, value in section.items():
        try:
            check_artifact(name)
            entries[name] = Annotation.model_validate({} if value is None else value)
        except UsageError as error:
            problems.append(document.problem((*above, name), error.message))
        except ValidationError as error:
            problems += [
                document.problem((*above, name, *details["loc"]), details["msg"].lower()) for details in error.errors()
            ]
    return Annotations(entries, tuple(problems))


def annotate(
    data: bytes,
    name: str,
    changes: dict[str, Any],
    file: str = ANNOTATIONS,
    *,
    without_labels: Iterable[str] = (),
) -> bytes:
    """The file with an entry added or changed; comments and order stay.

    Args:
        data: the file's present content, empty if there is none.
        changes: values by key; labels are added to those there are.
        without_labels: labels to remove.

    Raises:
        NotFound: it has no such label.
        YamlError: the file is invalid, or would be after the change.
    """
    document = Document(data, file)
    check_artifact(name)
    entry = document.root.get(name)
    if not isinstance(entry, dict):
        entry = document.root[name] = {}
    for key, value in changes.items():
        if key == "labels":
            if entry.get("labels") is None:
                entry["labels"] = []
            labels = entry["labels"]
            if isinstance(labels, list):  # else parsing the result reports the problem
                labels += [label for label in value if label not in labels]
        elif key == "custom" and isinstance(entry.get("custom"), dict):
            entry["custom"].update(value)
        else:
            entry[key] = value
    _remove_labels(entry, name, without_labels)
    edited = document.dump()
    if problems := parse(edited, file).problems:
        raise YamlError(list(problems))
    return edited


def _remove_labels(entry: dict[str, Any], name: str, labels: Iterable[str]) -> None:
    for label in labels:
        present = entry.get("labels")
        if not isinstance(present, list) or label not in present:
            raise NotFound(f"{name!r} has no label {label!r}", hint=did_you_mean(label, map(str, present or ())))
        present.remove(label)


def remove_entry(data: bytes, name: str, file: str = ANNOTATIONS) -> bytes:
    """The file without an entry.

    Raises:
        NotFound: there is no such entry.
        YamlError: the file is invalid.
    """
    document = Document(data, file)
    if name not in document.root:
        raise NotFound(f"{file} has no entry {name!r}", hint=did_you_mean(name, map(str, document.root)))
    del document.root[name]
    return document.dump()


def differences(old: Annotation | None, new: Annotation | None) -> list[tuple[str, Any, Any]]:
    """The keys whose values differ, with both values; None stands for a missing value."""
    before = old.model_dump(exclude_defaults=True) if old else {}
    after = new.model_dump(exclude_defaults=True) if new else {}
    return [
        (key, before.get(key), after.get(key))
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]
