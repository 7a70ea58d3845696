"""The JSON Schemas of the documents that commands print, as `docs/schemas` publishes them. Pure.

No command imports this: the schemas are for the documentation, and tests check the output of every command with them.
"""

from __future__ import annotations

import ast
import inspect
import re
from functools import cache
from itertools import pairwise
from types import new_class
from typing import Any

from pydantic import ConfigDict, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from typing_extensions import get_original_bases, is_typeddict

from gittag_registry.render import documents, remote_documents
from gittag_registry.render.documents import Document, Envelope

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_MODULES = (documents, remote_documents)
_SHAPES = {name: shape for module in _MODULES for name, shape in vars(module).items()}
_EXACTLY = ConfigDict(extra="forbid", strict=True)


def _declared() -> dict[str, type]:
    """The documents by the name of their schema's file, in the order of their declaration."""
    classes = [shape for shape in _SHAPES.values() if is_typeddict(shape)]
    for shape in classes:
        shape.__pydantic_config__ = _EXACTLY
    return {
        re.sub(r"(?<!^)(?=[A-Z])", "-", shape.__name__).lower(): _whole(shape)
        for shape in classes
        if Document in get_original_bases(shape)
    }


def _whole(document: type) -> type:
    """A document with its envelope."""
    keys = {"__doc__": document.__doc__, "__module__": __name__, "__pydantic_config__": _EXACTLY}
    return new_class(document.__name__, (Envelope, document), exec_body=lambda namespace: namespace.update(keys))


class _Generator(GenerateJsonSchema):
    """Without titles that only repeat the keys."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        """Never."""
        return False


def _schema(document: type) -> dict[str, Any]:
    """The schema of a document, with the docstrings of its keys and those of its parts."""
    schema = TypeAdapter(document).json_schema(schema_generator=_Generator)
    parts = {_SHAPES[name]: part for name, part in schema.get("$defs", {}).items()}
    for shape, part in {document: schema, **parts}.items():
        for key, text in _descriptions(shape).items():
            described = {**part["properties"][key], "description": text}
            part["properties"][key] = dict(sorted(described.items()))
    return {"$schema": DIALECT, **schema}


def _descriptions(shape: type) -> dict[str, str]:
    """The docstrings of a class's keys. Pydantic can read those of the class itself, but not of keys it inherits."""
    texts: dict[str, str] = {}
    for base in filter(is_typeddict, get_original_bases(shape)):
        texts |= _descriptions(base)
    ours = shape.__module__ in [module.__name__ for module in _MODULES]
    return texts | (_docstrings_of_keys().get(shape.__name__, {}) if ours else {})


@cache
def _docstrings_of_keys() -> dict[str, dict[str, str]]:
    """The strings below the keys of each class, from the source."""
    texts: dict[str, dict[str, str]] = {}
    for shape in [node for module in _MODULES for node in ast.parse(inspect.getsource(module)).body]:
        if not isinstance(shape, ast.ClassDef):
            continue
        for key, text in pairwise(shape.body):
            match key, text:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                    texts.setdefault(shape.name, {})[name] = words
    return texts


DOCUMENTS = _declared()


def json_schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of every document, by name.

    >>> list(json_schemas()["which"]["properties"])
    ['schema', 'artifact', 'stage', 'versions']
    """
    return {name: _schema(document) for name, document in DOCUMENTS.items()}
