"""YAML files written by people: parse them within limits, locate their problems, edit them in place. Pure."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from gittag_registry.errors import Refused
from gittag_registry.hints import Hint, call
from gittag_registry.model.findings import Problem

if TYPE_CHECKING:
    from ruamel.yaml import YAML

    from gittag_registry.files.yamlnodes import Path


class YamlError(Refused):
    """A file is invalid; `problems` says where."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)), hint=Hint(call("doctor")))
        self.problems = problems


class Document:
    """A parsed file, which knows the lines of its values, and can be edited with its comments and order kept.

    Args:
        data: the file's content; empty for a new one.
        file: its name, for messages.

    Raises:
        YamlError: it is not YAML, not UTF-8, not a mapping, nested too deeply or too large.
    """

    def __init__(self, data: bytes, file: str) -> None:
        self.file = file
        with _problems_of(file):
            from gittag_registry.files.yamlnodes import LARGEST, Invalid, Nodes

            if len(data) > LARGEST:
                raise Invalid(f"is larger than {LARGEST >> 10} KiB, the most that is read: shorten it")
            self._text = data.decode()
            self._nodes = Nodes(self._text)
        self.value = self._nodes.value
        if not isinstance(self.value, dict):
            raise YamlError([Problem(file, 1, "", "must be a mapping of names to entries")])

    @cached_property
    def root(self) -> Any:
        """The mapping to edit before `dump`: ruamel.yaml's, which keeps comments and order."""
        return self._editable[0]

    @cached_property
    def _editable(self) -> tuple[Any, YAML]:
        """The mapping to edit, and what dumps it with the file's own indentation."""
        from ruamel.yaml import YAML
        from ruamel.yaml.comments import CommentedMap
        from ruamel.yaml.util import load_yaml_guess_indent

        yaml = YAML(typ="rt")
        yaml.preserve_quotes = True
        yaml.width = 1 << 16  # do not wrap long lines
        with _problems_of(self.file):
            root, mapping, offset = load_yaml_guess_indent(self._text, yaml=yaml)
        if self._text.strip():
            yaml.indent(mapping=mapping or 2, sequence=(offset or 0) + 2, offset=offset or 0)
        if root is None:
            root = CommentedMap()
        if not root:
            root.fa.set_block_style()  # entries added to `{}` get lines of their own
        return root, yaml

    def problem(self, path: Path, message: str) -> Problem:
        """A problem with the value at a path, with its line."""
        return Problem(self.file, self._nodes.line(path), ".".join(map(str, path)), message)

    def dump(self) -> bytes:
        """The file's content with the changes made to `root`."""
        if not self.root:
            return f"{_leading_comment(self._text)}{{}}\n".encode()  # an empty file stops GTO
        root, yaml = self._editable
        out = io.StringIO()
        yaml.dump(root, out)
        return out.getvalue().encode()


def complaint(details: Any) -> str:
    """What is wrong with a value, from one of pydantic's errors.

    >>> complaint({"type": "value_error", "ctx": {"error": ValueError("'Pr od' is no stage")}, "msg": "Value error, ..."})
    "'Pr od' is no stage"
    """
    match details["type"]:
        case "value_error":
            return str(details["ctx"]["error"])
        case "model_type" | "dict_type":
            return "input should be a mapping"
    return str(details["msg"]).lower()


def _leading_comment(text: str) -> str:
    """The comments and blank lines at the beginning of a file."""
    lines = text.splitlines(keepends=True)
    return "".join(takewhile(lambda line: not line.strip() or line.lstrip().startswith("#"), lines))


def load_safely(text: str) -> Any:
    """The values that ruamel.yaml's own safe loader gives, which GTO and DVC use; for a text that is within our limits.

    Raises:
        Exception: what ruamel.yaml raises.
    """
    from ruamel.yaml import YAML

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return YAML(typ="safe", pure=True).load(text)


@contextmanager
def _problems_of(file: str) -> Iterator[None]:
    """What reading a file raises, as a `YamlError`."""
    from ruamel.yaml.error import MarkedYAMLError

    from gittag_registry.files.yamlnodes import Invalid

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # ruamel.yaml warns of what YAML allows, such as an anchor set twice
            yield
    except UnicodeDecodeError as error:
        raise YamlError([Problem(file, None, "", "is not UTF-8")]) from error
    except Invalid as error:
        raise YamlError([Problem(file, error.line, "", str(error))]) from error
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise YamlError([Problem(file, line, "", f"is not YAML: {error.problem}")]) from error
    except Exception as error:  # its own errors, and IndexError, TypeError, ... that odd tags cause
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise YamlError([Problem(file, None, "", f"is not YAML: {reason}")]) from error
