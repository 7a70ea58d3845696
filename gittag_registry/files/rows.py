"""Rows of the registry table with annotations. It does not import what reads these, so a table without any is fast. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gittag_registry.model.queries import ArtifactRow

if TYPE_CHECKING:
    from gittag_registry.files.annotations import Annotation


def annotated(row: ArtifactRow, annotation: Annotation | None) -> ArtifactRow:
    """A row of the registry table with what the artifact's annotation says.

    Args:
        annotation: None if there is none; the row is returned as it is.
    """
    if annotation is None:
        return row
    return row._replace(
        type=annotation.type,
        path=annotation.path,
        labels=tuple(annotation.labels),
        description=annotation.description,
        custom=annotation.custom,
    )
