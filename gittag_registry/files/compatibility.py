"""Files that we read, and that stop GTO, DVC or DVC Studio. Pure.

GTO reads `artifacts.yaml` and `.gto`; DVC and DVC Studio read the `artifacts:` of `dvc.yaml`. Each refuses the whole
file for one wrong entry. The models here say what they take.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, RootModel, StrictStr, ValidationError, field_validator

from gittag_registry.files.annotations import parse
from gittag_registry.files.config import read_file
from gittag_registry.files.layout import ANNOTATIONS, DVC, GTO_CONFIGURATION, annotation_file
from gittag_registry.files.yamlfile import Document, YamlError, complaint, load_safely
from gittag_registry.model.findings import Problem


class _GtoEntry(BaseModel):
    """An entry of `artifacts.yaml`; GTO ignores other keys."""

    type: StrictStr | None = None
    path: StrictStr | None = None
    virtual: bool = True
    labels: list[StrictStr] = []
    description: StrictStr = ""


class _GtoFile(RootModel[dict[StrictStr, _GtoEntry]]):
    """`artifacts.yaml`."""

    @field_validator("root")
    @classmethod
    def _names(cls, entries: dict[str, _GtoEntry]) -> dict[str, _GtoEntry]:
        for name in entries:
            if ":" in name:
                raise ValueError(f"{name!r} belongs into {annotation_file(name)}")
        return entries


class _GtoSettings(BaseModel):
    """`.gto`, with its keys in lower case; GTO takes no other."""

    model_config = ConfigDict(extra="forbid")

    index: StrictStr = ""
    config_file_name: StrictStr | None = None
    log_level: StrictStr = ""
    debug: bool = False
    emojis: bool = True
    types: list[StrictStr] | None = None
    stages: list[StrictStr] | None = None
    plugins: list[dict[str, Any]] = Field(default=[], alias="enrichments")
    autoload: bool = Field(default=True, alias="autoload_enrichments")


class _DvcEntry(BaseModel):
    """An artifact of `dvc.yaml`; DVC takes no other key."""

    model_config = ConfigDict(extra="forbid")

    path: StrictStr
    desc: StrictStr = ""
    type: StrictStr = ""
    labels: list[StrictStr] = []
    meta: Any = None


class _DvcFile(BaseModel):
    """`dvc.yaml`, of which only the artifacts matter here."""

    artifacts: dict[StrictStr, _DvcEntry] = {}


def incompatible(data: bytes, file: str) -> Iterator[Problem]:
    """What in a file stops other tools that read it.

    Args:
        data: its content. What we cannot read either gives no problem here, because reading it does.
        file: its path from the top of the repository.
    """
    try:
        if file == GTO_CONFIGURATION:
            read_file(data, file)
        elif parse(data, file).problems:
            return
    except YamlError:
        return
    document = Document(data, file)
    tools, model = _readers(file)
    try:
        model.model_validate(_loaded(data.decode(), file))
    except ValidationError as error:
        for details in error.errors():
            first, *others = [step for step in details["loc"] if step != "[key]"] or [""]
            place = (str(first), *others) if first != "" else ()
            yield document.problem(place, f"{tools} cannot read this: {complaint(details)}")
    except Exception as error:  # of ruamel.yaml, for tags that we read as text
        yield Problem(file, None, "", f"{tools} cannot read this: {next(iter(str(error).splitlines()), '')}")


def _readers(file: str) -> tuple[str, type[BaseModel]]:
    if file == ANNOTATIONS:
        return "GTO", _GtoFile
    if file == GTO_CONFIGURATION:
        return "GTO", _GtoSettings
    assert file.endswith(DVC)
    return "DVC", _DvcFile


def _loaded(text: str, file: str) -> Any:
    """The values as GTO and DVC have them before they check them."""
    loaded = load_safely(text)
    if loaded is None and file != ANNOTATIONS:
        return {}
    if file == GTO_CONFIGURATION and isinstance(loaded, dict):
        return {str(key).lower(): value for key, value in loaded.items()}
    return loaded
