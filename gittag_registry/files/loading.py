"""The files around a registry: load its configuration and annotations, edit the annotations.

Nothing heavy is imported until a file is found.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from gittag_registry.files.layout import (
    ANNOTATIONS,
    CONFIGURATION,
    DVC,
    ENVIRONMENT,
    GTO_CONFIGURATION,
    SETTINGS,
)
from gittag_registry.git.files import UnreadableFile, read_file, read_files
from gittag_registry.git.process import Repository

if TYPE_CHECKING:
    from gittag_registry.files.annotations import Annotations
    from gittag_registry.files.config import Configuration


def load_configuration(repository: Repository) -> Configuration | None:
    """The settings in force; None where no file and no variable sets any.

    Raises:
        Refused: a file or variable is wrong.
    """
    return _configuration(read_files(repository, [CONFIGURATION, GTO_CONFIGURATION]))


def load_users_configuration() -> Configuration | None:
    """The settings of the user alone, for the time before a repository's can be read; None where there are none.

    Raises:
        Refused: the file or a variable is wrong.
    """
    return _configuration({})


def _configuration(files: dict[str, bytes]) -> Configuration | None:
    own = str(_user_file())
    users = read_file(own, own)
    if users is not None:
        files[own] = users
    if not files and not any(ENVIRONMENT + key.upper() in os.environ for key in SETTINGS):
        return None
    from gittag_registry.files import config

    from_files = [config.read_file(data, file) for file, data in files.items()]
    return config.combine([*config.read_environment(os.environ), *from_files])


def _user_file() -> Path:
    from platformdirs import user_config_path

    return user_config_path("gittag-registry") / "config.yaml"


def load_annotations(
    repository: Repository, commit: str | None = None, artifacts: Iterable[str] = ()
) -> Annotations | None:
    """The annotations of `artifacts.yaml`, and of `dvc.yaml` for other names; None where there is no such file.

    Args:
        commit: read the files as they are there; None: as they are now.
        artifacts: names that may have a directory, whose `dvc.yaml` is read too.
    """
    directories = sorted({name.rpartition(":")[0].strip("/") for name in artifacts if ":" in name})
    paths = [ANNOTATIONS, DVC, *(f"{directory}/{DVC}" for directory in directories if ".." not in directory)]
    try:
        files = read_files(repository, paths, commit)
    except UnreadableFile as error:
        from gittag_registry.files.annotations import Annotations
        from gittag_registry.model.findings import Problem

        return Annotations(problems=(Problem(error.path, None, "", error.reason),))
    if not files:
        return None
    from gittag_registry.files.annotations import Annotations, parse, parse_dvc

    annotations = parse(files[ANNOTATIONS]) if ANNOTATIONS in files else Annotations()
    for path, data in files.items():
        if path != ANNOTATIONS:
            annotations = annotations.filled_from(parse_dvc(data, path.rpartition("/")[0]))
    return annotations
