"""The files around a registry: load its configuration and annotations, edit the annotations.

Nothing heavy is imported until a file is found.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from gittag_registry.errors import Conflict, Refused, RegistryError
from gittag_registry.git import content
from gittag_registry.git.lock import taking_turns
from gittag_registry.git.process import Repository
from gittag_registry.layout import (
    ANNOTATIONS,
    CONFIGURATION,
    DVC,
    ENVIRONMENT,
    GTO_CONFIGURATION,
    SETTINGS,
)

if TYPE_CHECKING:
    from gittag_registry.annotations import Annotations
    from gittag_registry.config import Configuration


def load_configuration(repository: Repository) -> Configuration | None:
    """The settings in force; None where no file and no variable sets any.

    Raises:
        Refused: a file or variable is wrong.
    """
    return _configuration(content.read_files(repository, [CONFIGURATION, GTO_CONFIGURATION]))


def load_users_configuration() -> Configuration | None:
    """The settings of the user alone, for the time before a repository's can be read; None where there are none.

    Raises:
        Refused: the file or a variable is wrong.
    """
    return _configuration({})


def _configuration(files: dict[str, bytes]) -> Configuration | None:
    own = str(_user_file())
    users = content.read_file(own, own)
    if users is not None:
        files[own] = users
    if not files and not any(ENVIRONMENT + key.upper() in os.environ for key in SETTINGS):
        return None
    from gittag_registry import config

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
        files = content.read_files(repository, paths, commit)
    except content.UnreadableFile as error:
        from gittag_registry.annotations import Annotations
        from gittag_registry.yamlfile import Problem

        return Annotations(problems=(Problem(error.path, None, "", error.reason),))
    if not files:
        return None
    from gittag_registry.annotations import Annotations, parse, parse_dvc

    found = parse(files[ANNOTATIONS]) if ANNOTATIONS in files else Annotations()
    for path, data in files.items():
        if path != ANNOTATIONS:
            found = found.filled_from(parse_dvc(data, path.rpartition("/")[0]))
    return found


def edit_annotations(
    repository: Repository, edit: Callable[[bytes], bytes], *, message: str | None = None, dry_run: bool = False
) -> tuple[bytes, str | None]:
    """Change `artifacts.yaml` in the working tree.

    Args:
        edit: gives the new content for the present one (empty if there is no file).
        message: commit the file, and nothing else, with this message.
        dry_run: change nothing.

    Returns:
        The new content, and the commit's id if there is one.

    Raises:
        Refused: there is no working tree.
        Conflict: the file was to be committed, and is already.
        GitFailed: git or a hook refused the commit; the file is as it was.
    """
    top = content.work_tree(repository)
    if top is None:
        raise Refused("a bare repository has no working tree to edit", hint="annotate in a clone, and push")
    with taking_turns(repository):
        return _edited(repository, top, edit, message, dry_run)


def _edited(
    repository: Repository, top: str, edit: Callable[[bytes], bytes], message: str | None, dry_run: bool
) -> tuple[bytes, str | None]:
    path = Path(os.path.realpath(os.path.join(top, ANNOTATIONS)))  # a link stays one
    before = content.read_inside(top, ANNOTATIONS)
    after = edit(before or b"")
    if dry_run:
        return after, None
    if after != before:
        _replace(path, after)
    if message is None:
        return after, None
    if content.is_committed(repository, ANNOTATIONS):
        raise Conflict(f"{ANNOTATIONS} says so already; there is nothing to commit")
    try:
        return after, content.commit_file(repository, ANNOTATIONS, message)
    except RegistryError:
        if before is None:
            path.unlink()
        else:
            _replace(path, before)
        raise


def create_file(repository: Repository, name: str, data: bytes) -> Path:
    """Write a new file at the top of the working tree.

    Raises:
        Refused: there is no working tree.
        Conflict: the file exists.
    """
    top = content.work_tree(repository)
    if top is None:
        raise Refused("a bare repository has no working tree")
    path = Path(top, name)
    try:
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError as error:
        raise Conflict(f"{name} exists already") from error
    return path


def _replace(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never a part."""
    import tempfile

    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.chmod(temporary, path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
