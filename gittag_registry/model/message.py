"""The message of a registry tag: default sentences, free text, trailers. Pure.

A message is a subject line, free text, and a last paragraph of git trailers, told apart as git-interpret-trailers(1)
does. Only trailers carry meaning. Ours come last, behind those that the user wrote, in the same paragraph. What a user
types cannot be taken for one of ours: of several trailers with one key the last counts, and a paragraph that names one
of our keys stays text.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from gittag_registry.errors import assert_never
from gittag_registry.model.names import Kind, TagName

VERSION_TRAILER = "Registry-Version"
OPERATION_TRAILER = "Registry-Op"

# These patterns stay text: `re` compiles each on first use, and most commands use none.
_TRAILER = r"(?m)^([A-Za-z0-9-]+)[ \t]*:([^\n]*(?:\n[ \t\r][^\n]*)*)"
_BY_GIT = ("Signed-off-by: ", "(cherry picked from commit ")
_SPACE = " \t\r\n"  # what git takes for space
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
    """The full message: the text, then the trailers, in the paragraph of the trailers that the text ends with, if any.

    A line that git would take for the beginning of a signature is indented; otherwise everything after it, the
    trailers too, would count as signature.

    >>> format_message("Ship it", (("Registry-Op", "6f1c"),))
    'Ship it\\n\\nRegistry-Op: 6f1c\\n'
    >>> format_message("Ship it\\n\\nReviewed-by: Ann", (("Registry-Op", "6f1c"),))
    'Ship it\\n\\nReviewed-by: Ann\\nRegistry-Op: 6f1c\\n'
    """
    block = "".join(f"{key}: {value}\n" for key, value in trailers)
    text = re.sub(_SIGNATURE, r" \g<0>", text.rstrip())
    if not block:
        return f"{text}\n"
    typed = {key.lower() for key, _ in _read_trailers(_split(text)[1])}
    together = typed and typed.isdisjoint((VERSION_TRAILER.lower(), OPERATION_TRAILER.lower()))
    return f"{text}\n{block}" if together else f"{text}\n\n{block}"


def parse_message(message: str) -> Message:
    """Split a message into text and trailers; a signature block at its end belongs to neither.

    >>> parse_message("Ship it\\n\\nNo trailer: here.\\nReally.\\n\\nRegistry-Op: 6f1c\\n")
    Message(text='Ship it\\n\\nNo trailer: here.\\nReally.', trailers=(('Registry-Op', '6f1c'),))
    """
    body = strip_signature(message).rstrip()
    text, block = _split(body)
    return Message(text.rstrip(), _read_trailers(block)) if block else Message(body)


def named_version(message: str) -> str | None:
    """The value of the ``Registry-Version`` trailer, the same as from `parse_message` but faster; often None."""
    if VERSION_TRAILER not in message:
        return None
    head, blank, last = message.rpartition("\n\n")
    if blank and (ours := _OUR_TRAILERS.fullmatch(last)) and "-----BEGIN " not in head:
        return ours[1]
    return parse_message(message).trailer(VERSION_TRAILER)


def strip_signature(message: str) -> str:
    """The message without its signature block; as in git, the last block counts."""
    if "-----BEGIN " in message:
        blocks = list(re.finditer(_SIGNATURE, message))
        if blocks:
            return message[: blocks[-1].start()]
    return message


def _split(text: str) -> tuple[str, str]:
    """Split a text into what precedes its trailers, and their paragraph; that is empty if there are none.

    As in git: not the first paragraph, and of nothing but trailers. If one is of a kind that git writes itself, a
    quarter of the lines suffices. Continuation lines belong to the line above, comments do not count.
    """
    lines = text.split("\n")
    start = next((at for at in range(len(lines), 0, -1) if not lines[at - 1].strip(_SPACE)), 0)
    trailers = others = 0
    by_git = inside = False
    for line in lines[start:]:
        if line.startswith("#"):
            inside = False
        elif line[:1] in _SPACE:
            others += not inside
        else:
            inside = line.startswith(_BY_GIT) or re.match(_TRAILER, line) is not None
            by_git = by_git or line.startswith(_BY_GIT)
            trailers, others = trailers + inside, others + (not inside)
    if start and trailers and (not others or (by_git and 3 * trailers >= others)):
        return "\n".join(lines[:start]), "\n".join(lines[start:])
    return text, ""


def _read_trailers(paragraph: str) -> Trailers:
    """The trailers of their paragraph, each in one line."""
    return tuple((key, re.sub(r"\n[ \t\r\n]*", " ", value).strip()) for key, value in re.findall(_TRAILER, paragraph))
