"""The message of a registry tag: default sentences, free text, trailers. Pure.

A message is a subject line, free text, and a last paragraph of git trailers (see git-interpret-trailers(1)).
Only trailers carry meaning. They are always a paragraph of their own, written last, so nothing a
user types in a message can be taken for one.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from gittag_registry.errors import assert_never
from gittag_registry.model.names import Kind, TagName

VERSION_TRAILER = "Registry-Version"
OPERATION_TRAILER = "Registry-Op"

_KEY, _VALUE = "[A-Za-z0-9][A-Za-z0-9-]*", r"[^\n]*(?:\n[ \t][^\n]*)*"
# These patterns stay text: `re` compiles each on first use, and most commands use none.
_TRAILER = rf"(?m)^({_KEY}):({_VALUE})"
_TRAILERS = rf"{_KEY}:{_VALUE}(?:\n{_KEY}:{_VALUE})*"
_VERSION_LINES = rf"(?m)^{VERSION_TRAILER}:({_VALUE})"
# The last paragraph as we write it. It has a pattern of its own for speed: every stage tag has one.
_OUR_TRAILERS = re.compile(rf"{VERSION_TRAILER}: (\S+)\n{OPERATION_TRAILER}: [0-9a-f]+\n")
# The lines that begin a signature for git (gpg-interface.c), whatever follows.
_SIGNATURE = r"(?m)^-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|SSH SIGNATURE|SIGNED MESSAGE)-----"

Trailers = tuple[tuple[str, str], ...]


class Message(NamedTuple):
    """A parsed tag message: the free text (subject and body), and the trailers in order."""

    text: str
    trailers: Trailers = ()

    def trailer(self, key: str) -> str | None:
        """The value of the last trailer with this key, or None."""
        return next((value for name, value in reversed(self.trailers) if name == key), None)


def default_sentence(tag: TagName, commit: str) -> str:
    """The first line GTO writes for such a tag.

    Args:
        tag: the tag's parts; a stage tag has the assigned version, or None for a bare commit.
        commit: the commit's id, which takes the place of a missing version.

    >>> default_sentence(TagName("churn", Kind.ASSIGNMENT, "v1.2.0", "prod"), "")
    'Assigning stage prod to artifact churn version v1.2.0'
    """
    name, stage, version = tag.artifact, tag.stage, tag.version
    match tag.kind:
        case Kind.REGISTRATION:
            return f"Registering artifact {name} version {version}"
        case Kind.DEREGISTRATION:
            return f"Deregistering artifact {name} version {version}"
        case Kind.ASSIGNMENT:
            return f"Assigning stage {stage} to artifact {name} version {version or commit}"
        case Kind.UNASSIGNMENT:
            return f"Unassigning stage '{stage}' to artifact '{name}' version '{version or commit}'"
        case Kind.DEPRECATION:
            return f"Deprecating artifact '{name}'"
        case Kind.CREATION:
            return f"Creating artifact {name}"
        case _:
            return assert_never(tag.kind)


def format_message(text: str, trailers: Trailers) -> str:
    """The full message: the text, then the trailers as a last paragraph.

    A line that git would take for the beginning of a signature is indented; otherwise everything after it, the
    trailers too, would count as signature.

    >>> format_message("Ship it", (("Registry-Op", "6f1c"),))
    'Ship it\\n\\nRegistry-Op: 6f1c\\n'
    """
    block = "".join(f"{key}: {value}\n" for key, value in trailers)
    text = re.sub(_SIGNATURE, r" \g<0>", text.rstrip())
    return f"{text}\n\n{block}" if block else f"{text}\n"


def parse_message(message: str) -> Message:
    """Split a message into text and trailers; a signature block at its end belongs to neither.

    >>> parse_message("Ship it\\n\\nNo trailer: here.\\nReally.\\n\\nRegistry-Op: 6f1c\\n")
    Message(text='Ship it\\n\\nNo trailer: here.\\nReally.', trailers=(('Registry-Op', '6f1c'),))
    """
    body = strip_signature(message).rstrip()
    head, blank, last = body.rpartition("\n\n")
    trailers = _parse_trailers(last) if blank else None
    return Message(head.rstrip(), trailers) if trailers else Message(body)


def named_version(message: str) -> str | None:
    """The value of the ``Registry-Version`` trailer, the same as from `parse_message` but faster; often None."""
    if VERSION_TRAILER not in message:
        return None
    head, blank, last = message.rpartition("\n\n")
    if blank and (ours := _OUR_TRAILERS.fullmatch(last)) and "-----BEGIN " not in head:
        return ours[1]
    _, blank, last = strip_signature(message).rstrip().rpartition("\n\n")
    values = re.findall(_VERSION_LINES, last) if blank and re.fullmatch(_TRAILERS, last) else []
    return _unfolded(values[-1]) if values else None


def strip_signature(message: str) -> str:
    """The message without its signature block; as in git, the last block counts."""
    if "-----BEGIN " in message:
        blocks = list(re.finditer(_SIGNATURE, message))
        if blocks:
            return message[: blocks[-1].start()]
    return message


def _parse_trailers(paragraph: str) -> Trailers | None:
    """The trailers of a paragraph that consists of nothing else; None for prose. Folded values are joined."""
    if not re.fullmatch(_TRAILERS, paragraph):
        return None
    return tuple((key, _unfolded(value)) for key, value in re.findall(_TRAILER, paragraph))


def _unfolded(value: str) -> str:
    return " ".join(line.strip() for line in value.split("\n"))
