"""YAML files written by people: parse them within limits, locate their problems, edit them in place. Pure.

The only module that uses ruamel.yaml. Files are untrusted: nesting and size after expanding aliases are limited.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from itertools import accumulate, takewhile
from math import isfinite
from typing import TYPE_CHECKING, Any

from gittag_registry.errors import Refused
from gittag_registry.hints import Hint, call
from gittag_registry.model.findings import Problem

if TYPE_CHECKING:
    from ruamel.yaml import YAML

Path = tuple[str | int, ...]

_DEEPEST = 50
_MOST_NODES = 100_000
_MOST_OPEN = 500  # brackets; the time ruamel.yaml takes grows with the square of their depth


class YamlError(Refused):
    """A file is invalid; `problems` says where."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)), hint=Hint(call("doctor")))
        self.problems = problems


class Document:
    """A parsed file that keeps its comments, order and line numbers.

    Args:
        data: the file's content; empty for a new one.
        file: its name, for messages.

    Raises:
        YamlError: it is not YAML, not UTF-8, not a mapping, nested too deeply or too large.
    """

    def __init__(self, data: bytes, file: str) -> None:
        from ruamel.yaml.comments import CommentedMap
        from ruamel.yaml.error import MarkedYAMLError

        self.file = file
        self._text = ""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # ruamel.yaml warns of what YAML allows, such as an anchor set twice
                text = self._text = data.decode()
                if _brackets_open(text) > _MOST_OPEN:
                    raise _TooLarge("is nested too deeply")
                if "*" in text and _contains_itself(_yaml().compose(text)):
                    raise _TooLarge("has a value that contains itself")
                root = _yaml().load(text)
            self.root: Any = CommentedMap() if root is None else root
            self.value = _plain(self.root)
        except UnicodeDecodeError as error:
            raise YamlError([Problem(file, None, "", "is not UTF-8")]) from error
        except MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else None
            raise YamlError([Problem(file, line, "", f"is not YAML: {error.problem}")]) from error
        except RecursionError as error:
            raise YamlError([Problem(file, None, "", "is nested too deeply")]) from error
        except _TooLarge as error:
            raise YamlError([Problem(file, None, "", str(error))]) from error
        except (
            Exception
        ) as error:  # its own errors, and IndexError, TypeError, ... that odd tags cause in its constructors
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            raise YamlError([Problem(file, None, "", f"is not YAML: {reason}")]) from error
        if not isinstance(self.value, dict):
            raise YamlError([Problem(file, 1, "", "must be a mapping of names to entries")])

    def problem(self, path: Path, message: str) -> Problem:
        """A problem with the value at a path, with its line."""
        return Problem(self.file, self._line(path), ".".join(map(str, path)), message)

    def _line(self, path: Path) -> int | None:
        node, line = self.root, None
        for step in path:
            try:
                position = node.lc.data[step]
                node = node[step]
            except (AttributeError, KeyError, IndexError, TypeError):
                break
            line = position[0] + 1
        return line

    def dump(self) -> bytes:
        """The file's content with the changes made to `root`."""
        if not self.root:
            return _leading_comment(self._text).encode()
        from ruamel.yaml.util import load_yaml_guess_indent

        yaml = _yaml()
        if self._text.strip():
            _, mapping, offset = load_yaml_guess_indent(self._text)
            yaml.indent(mapping=mapping or 2, sequence=(offset or 0) + 2, offset=offset or 0)
        out = io.StringIO()
        yaml.dump(self.root, out)
        return out.getvalue().encode()


def _leading_comment(text: str) -> str:
    """The comments and blank lines at the beginning of a file."""
    lines = text.splitlines(keepends=True)
    return "".join(takewhile(lambda line: not line.strip() or line.lstrip().startswith("#"), lines))


class _TooLarge(Exception):
    pass


def _yaml() -> YAML:
    from ruamel.yaml import YAML

    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 1 << 16  # do not wrap long lines
    return yaml


def _brackets_open(text: str) -> int:
    """The largest number of brackets open at the same time; those in quotes and comments count too."""
    if text.count("[") + text.count("{") <= _MOST_OPEN:
        return 0
    steps = (1 if bracket in "[{" else -1 for bracket in re.findall(r"[\[\]{}]", text))
    depths: Iterator[int] = accumulate(steps, lambda depth, step: max(depth + step, 0))
    return max(depths)


def _contains_itself(root: Any) -> bool:
    """Whether a value of a composed file contains itself; ruamel.yaml would silently leave it out."""
    around: set[int] = set()
    done: set[int] = set()

    def visit(node: Any) -> bool:
        if id(node) in around:
            return True
        if id(node) in done or not isinstance(getattr(node, "value", None), list):
            return False
        around.add(id(node))
        children = [child for item in node.value for child in (item if isinstance(item, tuple) else (item,))]
        is_cyclic = any(map(visit, children))
        around.remove(id(node))
        done.add(id(node))
        return is_cyclic

    return visit(root)


def _plain(root: Any) -> Any:
    """Ruamel's nodes as plain lists, dicts and scalars, with aliases expanded."""
    nodes = 0

    def convert(node: Any, depth: int) -> Any:
        nonlocal nodes
        nodes += 1
        if nodes > _MOST_NODES:
            raise _TooLarge(f"has more than {_MOST_NODES} values once its aliases are expanded")
        if depth > _DEEPEST:
            raise _TooLarge(f"is nested more than {_DEEPEST} levels deep")
        if isinstance(node, dict):
            return {str(key): convert(value, depth + 1) for key, value in node.items()}
        if isinstance(node, (list, set, tuple)):
            return [convert(item, depth + 1) for item in node]
        if node is None or isinstance(node, bool):
            return node
        if isinstance(node, float) and not isfinite(node):
            return str(node)  # JSON has no such number
        if isinstance(node, int) and node.bit_length() > 64:
            return hex(node)  # Python writes no decimal of thousands of digits
        for scalar in (int, float, str):
            if isinstance(node, scalar):
                return scalar(node)
        return str(getattr(node, "value", node))

    return convert(root, 0)
