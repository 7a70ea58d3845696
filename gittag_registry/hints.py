"""What a user can do next: text that names operations, in the words of the command line or in those of Python. Pure.

Library code does not know whether a person or a program reads its messages, nor with which options a person named the
repository. So a hint keeps the operations that it names as values.
"""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote
from typing import NamedTuple

from gittag_registry.urls import is_url, redact

Place = Sequence[tuple[str, str]]
"""the options of a command line that say where the repository is, such as ``("-r", "../models")``"""


class Verb(NamedTuple):
    """An operation of the Python API: its function, and the parameters that are a command's operands."""

    function: str
    operands: tuple[str, ...]


VERBS = {
    "register": Verb("register", ("name", "ref")),
    "assign": Verb("assign", ("name", "stage", "ref")),
    "deprecate": Verb("deprecate", ("name",)),
    "delete": Verb("delete", ("name",)),
    "rollback": Verb("rollback", ("name", "stage")),
    "annotate": Verb("annotate", ("name",)),
    "show": Verb("show", ("name",)),
    "history": Verb("history", ("artifact",)),
    "which": Verb("find_versions_in_stage", ("name", "stage")),
}
"""the commands that have a function; hints name the others as commands in Python too"""
_RENAMED = {("which", "all"): "versions_per_stage=-1", ("rollback", "version"): "to={!r}"}
_WITH_VERSION = ("register", "assign", "unassign", "deregister", "rollback")  # they take NAME@VERSION
_ANYWHERE = ("cache", "demo", "help", "parse-tag")  # they take no repository


class Call(NamedTuple):
    """An operation of the registry; make it with `call`."""

    verb: str
    operands: tuple[str, ...]
    options: dict[str, str | bool]

    def __str__(self) -> str:
        """In Python; what has no function is a command there too."""
        verb = VERBS.get(self.verb)
        if verb is None:
            return self.in_shell()
        values = ["repo", *(repr(operand) for operand in self.operands[:1])]
        values += [f"{name}={value!r}" for name, value in zip(verb.operands[1:], self.operands[1:], strict=False)]
        values += [
            _RENAMED.get((self.verb, name), f"{name}={{!r}}").format(value) for name, value in self.options.items()
        ]
        return f"{verb.function}({', '.join(values)})"

    def in_shell(self, place: Place = ()) -> str:
        """As a command, quoted."""
        where = [] if self.verb in _ANYWHERE else [f"{option} {quote(redact(value))}" for option, value in place]
        operands, options = list(self.operands), dict(self.options)
        if self.verb in _WITH_VERSION and "version" in options:
            operands[0] += f"@{options.pop('version')}"
        words = [quote(word) for word in operands]
        words += [Option(name, value).in_shell() for name, value in options.items()]
        return " ".join(["git registry", *where, self.verb, *words])


class GitCall(NamedTuple):
    """A git command on the same repository; make it with `git`."""

    arguments: tuple[str, ...]

    def __str__(self) -> str:
        """As a command, in Python too."""
        return self.in_shell()

    def in_shell(self, place: Place = ()) -> str:
        """As a command, quoted."""
        placed = self.arguments[0] == "-C"  # in a cache, wherever the user stands
        where = [word for _, value in place if not (placed or is_url(value)) for word in ("-C", value)]
        return " ".join(map(quote, ("git", *where, *self.arguments)))


class Option(NamedTuple):
    """An option of the operation that failed, with a value or, to name it, without."""

    name: str
    value: str | bool | None = None

    def __str__(self) -> str:
        """As a keyword of Python."""
        return self.name if self.value is None else f"{self.name}={self.value!r}"

    def in_shell(self, place: Place = ()) -> str:  # noqa: ARG002 - like a call's
        """As an option of a command."""
        option = f"--{self.name.replace('_', '-')}"
        return option if self.value in (None, True) else f"{option} {quote(str(self.value))}"


class Hint(str):
    """A hint; as a string it is in the words of Python.

    >>> hint = Hint("restore it: ", call("register", "churn", "6f1c0e9", version="v1.0.0", force=True))
    >>> str(hint)
    "restore it: register(repo, 'churn', ref='6f1c0e9', version='v1.0.0', force=True)"
    >>> in_shell(hint, [("-r", "../models")])
    'restore it: git registry -r ../models register churn@v1.0.0 6f1c0e9 --force'
    """

    __slots__ = ("pieces",)
    pieces: tuple[str | Call | GitCall | Option, ...]

    def __new__(cls, *pieces: str | Call | GitCall | Option) -> Hint:
        """Join text and operations."""
        flat = [part for piece in pieces for part in (piece.pieces if isinstance(piece, Hint) else (piece,))]
        hint = super().__new__(cls, "".join(map(_in_python, flat)))
        hint.pieces = tuple(flat)
        return hint

    def __reduce__(self) -> tuple[type[Hint], tuple[str | Call | GitCall | Option, ...]]:
        """Copies keep the operations."""
        return Hint, self.pieces


def call(verb: str, *operands: str, **options: str | bool) -> Call:
    """An operation for a hint: its command's name, operands and long options (`max_count` for ``--max-count``)."""
    return Call(verb, operands, options)


def git(*arguments: str) -> GitCall:
    """A git command for a hint."""
    return GitCall(arguments)


def in_shell(text: str, place: Place = ()) -> str:
    """A text or hint in the words of the command line.

    Args:
        place: the options that say where the repository is.
    """
    if not isinstance(text, Hint):
        return text
    return "".join(redact(piece) if isinstance(piece, str) else piece.in_shell(place) for piece in text.pieces)


def _in_python(piece: str | Call | GitCall | Option) -> str:
    return redact(str(piece))
