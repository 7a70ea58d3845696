"""Settings and where they come from. Pure: files and environment arrive as arguments.

The first of these that sets a key wins: environment (``GITTAG_STAGES``, then GTO's ``GTO_STAGES`` and ``GTO_TYPES``),
``.gittag-registry.yaml`` in the repository, a ``.gto`` file beside it (its `stages` and `types`), the user's own file,
the default. What restricts GTO and is not obeyed here, such as a key `INDEX`, is a warning.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from gittag_registry.errors import Refused, UsageError
from gittag_registry.files.layout import (
    ANNOTATIONS,
    CONFIGURATION,
    DEFAULT_TIMEOUT,
    ENVIRONMENT,
    GTO_CONFIGURATION,
    GTO_ENVIRONMENT,
    OTHER_VARIABLES,
    SETTINGS,
)
from gittag_registry.files.yamlfile import Document, YamlError, complaint
from gittag_registry.model.findings import Problem
from gittag_registry.model.names import check_stage
from gittag_registry.model.versions import Bump

_OF_GTO = ("stages", "types")  # the settings of GTO that are ours; both are lists
_NOT_RESTRICTING = ("config_file_name", "log_level", "debug", "emojis", "enrichments", "autoload_enrichments")
"""GTO's settings that change neither what may be written nor what is read"""

TEMPLATE = """\
# Settings of this registry, read by `git registry`. Every key may be left out.
# An environment variable wins over this file: GITTAG_STAGES=dev,prod, GITTAG_BUMP=minor, ...

# The stages that may be assigned. Without this, any name may.
#stages: [dev, staging, prod]

# The types that `git registry annotate --type` may give. Without this, any may.
#types: [model, dataset]

# Which artifacts may be registered and assigned: any, or only those that artifacts.yaml has (annotated).
#artifacts: annotated

# The part of the version that `git registry register` increments by default: major, minor, patch or prerelease.
#bump: patch

# The name of pre-releases: v1.0.0-rc.1
#pre_id: rc

# Whether to push every change immediately, as with --push, and to which remote.
#push: true
#remote: origin

# How many seconds to wait for an answer from a server.
#timeout: 30
"""


class Settings(BaseModel):
    """The values of all settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stages: tuple[str, ...] | None = None
    """the stages that may be assigned; None: any"""
    types: tuple[str, ...] | None = None
    """the types an annotation may have; None: any"""
    artifacts: Literal["any", "annotated"] = "any"
    """which artifacts may be registered and assigned: any, or those that `artifacts.yaml` or `dvc.yaml` has"""
    bump: Bump = "patch"
    """the part of the version that a registration increments by default"""
    pre_id: str = Field(default="rc", pattern=r"^[0-9A-Za-z-]+$")
    """the name of pre-releases"""
    push: bool = False
    """whether to push every change immediately"""
    remote: str | None = Field(default=None, min_length=1)
    """the remote to push to; None: origin, or the only one"""
    timeout: int = Field(default=DEFAULT_TIMEOUT, gt=0, le=86400)
    """how many seconds to wait for an answer from a server"""

    @field_validator("stages")
    @classmethod
    def _stage_names(cls, stages: tuple[str, ...] | None) -> tuple[str, ...] | None:
        try:
            return tuple(check_stage(stage) for stage in stages) if stages is not None else None
        except Exception as error:
            raise ValueError(str(error)) from error


@dataclass(frozen=True, slots=True)
class Source:
    """Values from one place."""

    origin: str
    """the file's name, or the environment variable's prefix"""
    values: Mapping[str, Any]
    warnings: tuple[str, ...] = ()
    """what is set there and not obeyed"""


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings in force, and where each came from."""

    settings: Settings
    origins: Mapping[str, str]
    warnings: tuple[str, ...] = ()
    """what is set and not obeyed"""


def read_file(data: bytes, file: str) -> Source:
    """Read a configuration file.

    Raises:
        YamlError: the file is invalid; its problems name line and key.
    """
    document = Document(data, file)
    values = document.value
    warnings: tuple[str, ...] = ()
    if file == GTO_CONFIGURATION:
        values, warnings = _of_gto(document)
    try:
        Settings.model_validate(values)
    except ValidationError as error:
        raise YamlError([_problem(document, details) for details in error.errors()]) from error
    return Source(file, values, warnings)


def _of_gto(document: Document) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What a `.gto` file sets, and warnings of the rest. Its keys count in any case; of two, GTO takes the first."""
    values: dict[str, Any] = {}
    warnings = []
    for key, value in document.value.items():
        setting = key.lower()
        if setting in _OF_GTO:
            values.setdefault(setting, value)
        elif (reason := _not_obeyed(setting, value)) is not None:
            warnings.append(str(document.problem((key,), reason)))
    return values, tuple(warnings)


def _not_obeyed(setting: str, value: Any) -> str | None:
    """Why a setting of GTO has no effect here, if somebody may rely on it."""
    if setting in _NOT_RESTRICTING or (setting, value) == ("index", ANNOTATIONS):
        return None
    if setting == "index":
        return f"is not obeyed: annotations are read from {ANNOTATIONS}, not from {value}"
    return "is not a setting"


def _problem(document: Document, details: Any) -> Problem:
    message = "is not a setting" if details["type"] == "extra_forbidden" else complaint(details)
    key, *inside = details["loc"]
    written = next((name for name in document.value if name.lower() == key), key)  # in a `.gto` file, in any case
    return document.problem((written, *inside), message)


def with_setting(data: bytes, key: str, text: str, file: str = CONFIGURATION) -> bytes:
    """The configuration file with a setting changed; comments and order stay.

    Args:
        data: the file's present content, empty if there is none.
        text: the value, lists separated by commas.

    Raises:
        UsageError: the setting cannot have this value.
        YamlError: the file is invalid.
    """
    try:
        settings = Settings.model_validate({key: _listed(key, text)})
    except ValidationError as error:
        raise UsageError(f"{key!r} cannot be {text!r}: {complaint(error.errors()[0])}") from error
    read_file(data, file)
    document = Document(data, file)
    if document.root:
        document.root[key] = settings.model_dump(mode="json")[key]
        return document.dump()
    added = Document(b"", file)  # the comments of a file without values belong to none, so it is only added to
    added.root[key] = settings.model_dump(mode="json")[key]
    return data + b"\n" * bool(data and not data.endswith(b"\n")) + added.dump()


def _listed(key: str, text: str) -> Any:
    """The value of a setting from text, lists separated by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip()) if key in _OF_GTO else text


def read_environment(environment: Mapping[str, str]) -> list[Source]:
    """The settings in environment variables: `GITTAG_STAGES=dev,prod`, or as GTO takes them, `GTO_STAGES='["dev"]'`.

    Raises:
        Refused: a value is invalid.
    """
    sources = [Source(name, {}, (f"{name} is not a setting",)) for name in environment if _is_unknown(name)]
    for key in SETTINGS:
        name = ENVIRONMENT + key.upper()
        if name in environment:
            text = environment[name]
            sources.append(_from_variable(name, text, key, _listed(key, text)))
    return [*sources, *_gto_variables(environment)]


def _is_unknown(name: str) -> bool:
    known = (*SETTINGS, *OTHER_VARIABLES)
    return name.upper().startswith(ENVIRONMENT) and name not in {ENVIRONMENT + key.upper() for key in known}


def _gto_variables(environment: Mapping[str, str]) -> Iterator[Source]:
    """GTO's own variables, whose names count in any case."""
    for name, text in environment.items():
        key = name.lower().removeprefix(GTO_ENVIRONMENT.lower())
        if not name.upper().startswith(GTO_ENVIRONMENT):
            continue
        if key in _OF_GTO:
            try:
                value = json.loads(text)
            except ValueError as error:
                raise Refused(
                    f"{name}={text}: is not JSON", hint=f"write it as GTO does: {name}='[\"dev\"]'"
                ) from error
            yield _from_variable(name, text, key, value)
        elif key == "index" and (reason := _not_obeyed(key, text)) is not None:
            yield Source(name, {}, (f"{name} {reason}",))


def _from_variable(name: str, text: str, key: str, value: Any) -> Source:
    try:
        Settings.model_validate({key: value})
    except ValidationError as error:
        raise Refused(f"{name}={text}: {complaint(error.errors()[0])}") from error
    return Source(name, {key: value})


def combine(sources: list[Source]) -> Configuration:
    """The settings in force, given sources in order of precedence."""
    values: dict[str, Any] = {}
    origins = dict.fromkeys(SETTINGS, "default")
    for source in sources:
        for key, value in source.values.items():
            if key not in values and value is not None:
                values[key] = value
                origins[key] = source.origin
    warnings = tuple(warning for source in sources for warning in source.warnings)
    return Configuration(Settings.model_validate(values), origins, warnings)
