"""Annotations: what `artifacts.yaml` (or the `artifacts:` of `dvc.yaml`) says about artifacts. Pure.

Files are given and returned as bytes. An invalid entry becomes a `Problem`; the other entries still count. What is
written can be read by GTO and DVC: `layout.annotation_file` says in which file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from posixpath import join, normpath, relpath
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gittag_registry.errors import NotFound, UsageError, did_you_mean
from gittag_registry.files.layout import ANNOTATIONS, DVC, annotation_file
from gittag_registry.files.yamlfile import Document, YamlError, complaint
from gittag_registry.hints import Hint, Option
from gittag_registry.model.findings import Problem
from gittag_registry.model.names import check_artifact

_DVC_KEYS = {"description": "desc", "custom": "meta"}
"""DVC's names of our keys, where they differ"""


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
    """Read an `artifacts.yaml`, or a `dvc.yaml` by its path from the top of the repository."""
    try:
        document = Document(data, file)
    except YamlError as error:
        return Annotations(problems=tuple(error.problems))
    directory, _, name = file.rpartition("/")
    return _of_dvc(document, directory) if name == DVC else _entries(document, document.value, ())


def _of_dvc(document: Document, directory: str) -> Annotations:
    """The `artifacts:` of a `dvc.yaml`; in a subdirectory their names get its prefix."""
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
    names = {theirs: ours for ours, theirs in _DVC_KEYS.items()}
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
                document.problem((*above, name, *details["loc"]), complaint(details)) for details in error.errors()
            ]
    return Annotations(entries, tuple(problems))


def annotate(data: bytes, name: str, changes: dict[str, Any], *, without_labels: Iterable[str] = ()) -> bytes:
    """The file of an artifact with its entry added or changed; comments and order stay.

    Args:
        data: the present content of its `annotation_file`, empty if there is none.
        changes: values by key; labels are added to those there are.
        without_labels: labels to remove.

    Raises:
        NotFound: it has no such label.
        YamlError: the file is invalid, or would be after the change.
        UsageError: DVC would not read the entry, because it has no path.
    """
    check_artifact(name)
    file = annotation_file(name)
    document = Document(data, file)
    directory, _, base = name.rpartition(":")
    section = document.root
    if directory:
        section = section.setdefault("artifacts", {})
        changes = _for_dvc(changes, directory)
    entry = section.get(base)
    if not isinstance(entry, dict):
        entry = section[base] = {}
    _update(entry, changes)
    _remove_labels(entry, name, without_labels)
    if directory and entry.get("path") is None:
        raise UsageError(
            f"{name!r} is annotated in {file}, where DVC needs its path", hint=Hint("add ", Option("path", "PATH"))
        )
    edited = document.dump()
    if problems := parse(edited, file).problems:
        raise YamlError(list(problems))
    return edited


def _update(entry: dict[str, Any], changes: dict[str, Any]) -> None:
    for key, value in changes.items():
        if key == "labels":
            if entry.get("labels") is None:
                entry["labels"] = []
            labels = entry["labels"]
            if isinstance(labels, list):  # else parsing the result reports the problem
                labels += [label for label in value if label not in labels]
        elif key in ("custom", _DVC_KEYS["custom"]) and isinstance(entry.get(key), dict):
            entry[key].update(value)
        else:
            entry[key] = value


def _for_dvc(changes: dict[str, Any], directory: str) -> dict[str, Any]:
    """Changes with DVC's keys, and the path from the directory of the file; it has no key for `virtual`."""
    theirs = {_DVC_KEYS.get(key, key): value for key, value in changes.items() if key != "virtual"}
    path = theirs.get("path")
    if isinstance(path, str) and "://" not in path:
        theirs["path"] = relpath("/" + path, "/" + directory)
    return theirs


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
    section = document.root
    if file != ANNOTATIONS:
        section, name = section.get("artifacts"), name.rpartition(":")[2]
    if not isinstance(section, dict) or name not in section:
        raise NotFound(f"{file} has no entry {name!r}", hint=did_you_mean(name, map(str, section or ())))
    del section[name]
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
