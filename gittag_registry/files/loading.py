"""Load the configuration and the annotations of a registry.

Without such files, pydantic and ruamel.yaml are not imported.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from gittag_registry.files.layout import (
    ANNOTATIONS,
    CONFIGURATION,
    DVC,
    ENVIRONMENT,
    GTO_CONFIGURATION,
    GTO_ENVIRONMENT,
    OTHER_VARIABLES,
    annotation_file,
)
from gittag_registry.git.files import UnreadableFile, read_file, read_files
from gittag_registry.git.process import Repository

if TYPE_CHECKING:
    from gittag_registry.files.annotations import Annotations
    from gittag_registry.files.config import Configuration
    from gittag_registry.model.findings import Problem


def load_configuration(repository: Repository, on_warning: Callable[[str], None]) -> Configuration | None:
    """The settings in force; None if no file and no variable sets any.

    Args:
        on_warning: called with each key or variable that is not obeyed.

    Raises:
        Refused: a file or variable is invalid.
    """
    configuration = _configuration(read_files(repository, [CONFIGURATION, GTO_CONFIGURATION]))
    for warning in configuration.warnings if configuration else ():
        on_warning(warning)
    return configuration


def load_users_configuration() -> Configuration | None:
    """The user's own settings, for use before a repository's can be read; None if there are none.

    Raises:
        Refused: the file or a variable is invalid.
    """
    return _configuration({})


def _configuration(files: dict[str, bytes]) -> Configuration | None:
    path = _user_file()
    data = read_file(path, path) if path else None
    if data is not None:
        files[path] = data
    if not files and not any(_may_set(name.upper()) for name in os.environ):
        return None
    from gittag_registry.files import config

    from_files = [config.read_file(content, file) for file, content in files.items()]
    return config.combine([*config.read_environment(os.environ), *from_files])


def _may_set(variable: str) -> bool:
    others = [ENVIRONMENT + name.upper() for name in OTHER_VARIABLES]
    return variable.startswith((ENVIRONMENT, GTO_ENVIRONMENT)) and variable not in others


def _user_file() -> str:
    """The path; "" if the user has no home, as one that a container's system does not know."""
    from platformdirs import user_config_path

    with suppress(RuntimeError):  # older versions return a path with ~
        path = user_config_path("gittag-registry") / "config.yaml"
        return str(path) if path.is_absolute() else ""
    return ""


def load_annotations(
    repository: Repository, commit: str | None = None, artifacts: Iterable[str] = ()
) -> Annotations | None:
    """The annotations of `artifacts.yaml`, and of `dvc.yaml` for other names; None if there is no such file.

    Args:
        commit: read the files of this commit; None: the present ones.
        artifacts: names that may have a directory, whose `dvc.yaml` is read too.
    """
    try:
        files = read_files(repository, _annotation_files(artifacts), commit)
    except UnreadableFile as error:
        from gittag_registry.files.annotations import Annotations
        from gittag_registry.model.findings import Problem

        return Annotations(problems=(Problem(error.path, None, "", error.reason),))
    if not files:
        return None
    from gittag_registry.files.annotations import Annotations, parse

    annotations = Annotations()
    for path, data in files.items():
        annotations = annotations.filled_from(parse(data, path))
    return annotations


def load_incompatible(repository: Repository, artifacts: Iterable[str]) -> list[Problem]:
    """What stops GTO or DVC in the present files that they read too.

    Args:
        artifacts: names that may have a directory, whose `dvc.yaml` is read too.
    """
    found: list[Problem] = []
    for path in [GTO_CONFIGURATION, *_annotation_files(artifacts)]:
        try:
            files = read_files(repository, [path])
        except UnreadableFile:
            continue  # reading the annotations or the configuration tells it
        for data in files.values():
            from gittag_registry.files.compatibility import incompatible

            found += incompatible(data, path)
    return found


def _annotation_files(artifacts: Iterable[str]) -> list[str]:
    files = {annotation_file(name) for name in artifacts}
    return [ANNOTATIONS, DVC, *sorted(file for file in files - {ANNOTATIONS} if ".." not in file)]
