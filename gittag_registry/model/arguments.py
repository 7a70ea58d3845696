"""Check the types of the arguments that callers pass to the public functions. Pure.

Who passes `version=1.2` learns which argument is wrong and what it must be, and not which line of this package failed.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from types import FunctionType
from typing import Any, TypeVar, cast, get_args

from gittag_registry.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

_TYPES: dict[str, Any] = {
    "str": str,
    "bool": bool,
    "int": int,
    "float": (int, float),
    "None": type(None),
    "Iterable": Iterable,
    "Mapping": Mapping,
    "Callable": Callable,
}
_OR = r" \| (?![^\[]*\])"  # no `|` within brackets; text, because compiling it takes longer than most checks
_LONGEST = 60  # characters of a value in a message


def checked(function: F) -> F:
    """Check the arguments of a function by its annotations, before it is called.

    Annotations that the function's module imports for type checkers alone are not checked.

    Raises:
        UsageError: an argument has another type.

    >>> @checked
    ... def tag(name: str, version: str | None = None) -> str: ...
    >>> tag("churn", version=1.2)
    Traceback (most recent call last):
        ...
    gittag_registry.errors.UsageError: argument 'version' must be str or None, not 1.2
    """
    names = function.__code__.co_varnames[: function.__code__.co_argcount]

    @functools.wraps(function)
    def call(*args: Any, **keywords: Any) -> Any:
        annotations = _annotations(function)
        for name, value in (*zip(names, args, strict=False), *keywords.items()):
            check_argument(name, value, annotations.get(name, ""), function.__globals__)
        return function(*args, **keywords)

    return cast("F", call)


def checked_methods(class_: type[T]) -> type[T]:
    """Check the arguments of a class's public methods, as `checked` does."""
    for name, member in list(vars(class_).items()):
        if isinstance(member, FunctionType) and (not name.startswith("_") or name == "__init__"):
            setattr(class_, name, checked(member))
    return class_


@functools.cache
def _annotations(function: Callable[..., Any]) -> dict[str, str]:
    """The annotations of a function's parameters, and of the options behind `**options`."""
    annotations = {**function.__annotations__}
    options = annotations.get("options", "")
    if options.startswith("Unpack["):
        declared = function.__globals__.get(options[len("Unpack[") : -1])
        for name, kind in getattr(declared, "__annotations__", {}).items():
            annotations[name] = getattr(kind, "__forward_arg__", kind)
    return annotations


def check_argument(name: str, value: object, annotation: str, names: Mapping[str, Any]) -> None:
    """Check one argument.

    Args:
        annotation: the types it may have, as written; if one of them is not known, nothing is checked.
        names: the types by name, besides Python's own.

    Raises:
        UsageError: it has another type.
    """
    if not annotation:
        return
    alternatives = re.split(_OR, annotation) if "[" in annotation else annotation.split(" | ")
    verdicts = [_matches(value, alternative, names) for alternative in alternatives]
    if True not in verdicts and None not in verdicts:
        text = repr(value)
        text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
        choices = [choice for kind in alternatives for choice in map(repr, get_args(names.get(kind)))]
        expected = choices + [kind for kind in alternatives if not get_args(names.get(kind))]
        raise UsageError(f"argument {name!r} must be {' or '.join(expected)}, not {text}")


def _matches(value: object, kind: str, names: Mapping[str, Any]) -> bool | None:
    """Whether a value has a type; None if the type is not known here."""
    generic = kind.partition("[")[0]
    type_ = _TYPES.get(generic) or names.get(kind)
    if choices := get_args(type_):
        return getattr(value, "value", value) in choices  # a member of an enumeration stands for its value
    if not isinstance(type_, (type, tuple)):
        return None
    if isinstance(value, bool):
        return kind == "bool"
    if generic != kind and isinstance(value, (str, bytes)):  # text is iterable too, but never meant
        return False
    return isinstance(value, type_)
