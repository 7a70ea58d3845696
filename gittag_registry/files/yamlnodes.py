"""YAML text to plain values, in a time that its size and two counts bound. Pure.

ruamel.yaml reads some 20 to 40 thousand values a second, and files come from anybody's repository. So values are
counted while a file is composed, and the plain values are made here, not by ruamel.yaml, whose own constructors take a
time that grows with the square of the number of merges.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from math import isfinite
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Path = tuple[str | int, ...]

LARGEST = 1 << 18
MOST_VALUES = 15_000
MOST_ALIASES = 500
DEEPEST = 20

_TAG = "tag:yaml.org,2002:"
_CONSTRUCTED = {_TAG + name for name in ("int", "float", "bool", "null", "timestamp")}
_MERGE = _TAG + "merge"
_TOO_MANY = f"has more than {MOST_VALUES} values, the most that are read, each alias counted in full: shorten it"


class Invalid(Exception):
    """The text is YAML that we do not take."""

    def __init__(self, reason: str, node: Node | None = None) -> None:
        super().__init__(reason)
        self.line: int | None = node.start_mark.line + 1 if node is not None else None


class _Composer(Composer):
    """Stops at the first value, alias or level too many, before the rest is read."""

    values = 0
    aliases = 0
    level = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.values += 1
        self.aliases += self.parser.check_event(AliasEvent)
        if self.values > MOST_VALUES:
            raise Invalid(_TOO_MANY)
        if self.aliases > MOST_ALIASES:
            raise Invalid(f"has more than {MOST_ALIASES} aliases")
        if self.level >= DEEPEST:
            raise Invalid(f"is nested more than {DEEPEST} levels deep")
        self.level += 1
        node = super().compose_node(parent, index)
        self.level -= 1
        return node


class Nodes:
    """A composed file: its plain value, and the lines of the values in it.

    Args:
        text: the file.

    Raises:
        Invalid: it is larger than the limits allow, contains itself, or has a key twice.
        Exception: what ruamel.yaml raises; besides its own errors ValueError, IndexError and others for odd values.
    """

    def __init__(self, text: str) -> None:
        yaml = YAML(typ="safe", pure=True)
        yaml.Composer = _Composer
        self._root = yaml.compose(text)
        self._constructor = yaml.constructor
        self._values = self._characters = 0
        self._around: set[int] = set()
        self._steps_of: dict[int, dict[Hashable, tuple[int, Node]]] = {}
        value = None if self._root is None else self._plain(self._root)
        self.value: Any = {} if value is None else value

    def line(self, path: Path) -> int | None:
        """The line, from 1, of the innermost value on a path that exists; None if its first step does not."""
        node, line = self._root, None
        for step in path:
            if id(node) not in self._steps_of:
                self._steps_of[id(node)] = _steps(node, self._constructor)
            steps = self._steps_of[id(node)]
            if step not in steps:
                break
            line, node = steps[step]
        return line

    def _plain(self, node: Node) -> Any:
        self._values += 1
        if self._values > MOST_VALUES:
            raise Invalid(_TOO_MANY)
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        if id(node) in self._around:
            raise Invalid("has a value that contains itself", node)
        self._around.add(id(node))
        value = self._mapping(node) if isinstance(node, MappingNode) else [self._plain(item) for item in node.value]
        self._around.remove(id(node))
        return value

    def _scalar(self, node: ScalarNode) -> Any:
        self._characters += len(node.value)
        if self._characters > LARGEST:
            raise Invalid(f"has more than {LARGEST} characters once its aliases are expanded")
        if str(node.tag) not in _CONSTRUCTED:
            return node.value
        value = self._constructor.construct_object(node)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return value if value.bit_length() <= 64 else hex(value)  # Python writes no decimal of thousands of digits
        if isinstance(value, float) and isfinite(value):
            return value
        return str(value)  # a time, or a number that JSON does not have

    def _mapping(self, node: MappingNode) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, value in node.value:
            if str(key.tag) == _MERGE:
                for other in self._merged(value):
                    merged = {**other, **merged}
                continue
            name = str(self._plain(key))
            if name in own:
                raise Invalid(f"is not YAML: has the key {name!r} twice", key)
            own[name] = self._plain(value)
        return {**own, **{name: value for name, value in merged.items() if name not in own}}

    def _merged(self, node: Node) -> Iterator[dict[str, Any]]:
        """The mappings that a `<<` names, first ones first."""
        for other in node.value if isinstance(node, SequenceNode) else [node]:
            value = self._plain(other)
            if not isinstance(value, dict):
                raise Invalid("merges a value that is no mapping", node)
            yield value


def _steps(node: Any, constructor: Any) -> dict[Hashable, tuple[int, Node]]:
    """The line and the value of each key or item."""
    if isinstance(node, MappingNode):
        return {_key(key, constructor): (key.start_mark.line + 1, value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return {index: (item.start_mark.line + 1, item) for index, item in enumerate(node.value)}
    return {}


def _key(node: Node, constructor: Any) -> str:
    return str(node.value if str(node.tag) not in _CONSTRUCTED else constructor.construct_object(node))
