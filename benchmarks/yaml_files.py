"""How long the worst YAML files take: `python -m benchmarks.yaml_files`.

Every shape fills files of the largest size that `files/yamlnodes.py` takes, a half and a quarter of it. The table has the
processor time of the slowest of them, and its ratio to that of a file as people write it. Editing reads a file again,
with its comments, so it is measured too.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress

from gittag_registry.files.annotations import annotate, parse
from gittag_registry.files.yamlfile import YamlError
from gittag_registry.files.yamlnodes import DEEPEST, LARGEST

Shape = Callable[[int], bytes]


def _repeated(before: str, unit: str, after: str = "") -> Shape:
    """As many units as fit between a beginning and an end."""
    return lambda size: (before + unit * ((size - len(before) - len(after)) // len(unit)) + after).encode()


def _numbered(before: str, unit: str, after: str = "") -> Shape:
    """As many units as fit, with a number in each in place of `@`."""

    def build(size: int) -> bytes:
        parts, left, number = [before], size - len(before) - len(after), 0
        while (left := left - len(part := unit.replace("@", str(number)))) >= 0:
            parts.append(part)
            number += 1
        return "".join([*parts, after]).encode()

    return build


def _deep(opening: str, closing: str) -> str:
    levels = DEEPEST - 3
    return opening * levels + "x" + closing * levels


USUAL = "entries as people write them"

SHAPES: dict[str, Shape] = {
    USUAL: _numbered("", "m-@:\n  type: model\n  path: models/@.pkl\n  labels: [a, b]\n  description: One of them\n"),
    "keys": _numbered("", "k@:\n"),
    "one long key": _repeated("? '", "x", "'\n: 1"),
    "keys of sequences": _numbered("a: {", "[@]: 1,", "}"),
    "question marks": _numbered("a: {", "? k@,", "}"),
    "sequence": _repeated("a:\n", "- x\n"),
    "flow sequence": _repeated("a: [", "x,", "]"),
    "flow sequence of one line each": _repeated("a: [\n", "x,\n", "]"),
    "flow mappings": _repeated("a: [", "{a: 1},", "]"),
    "flow mapping": _numbered("a: {", "k@: 1,", "}"),
    "empty flow sequences": _repeated("a: [", "[],", "]"),
    "deep flow sequences": _repeated("a: [", _deep("[", "]") + ",", "]"),
    "deep flow mappings": _repeated("a: [", _deep("{a: ", "}") + ",", "]"),
    "brackets without an end": _repeated("a: ", "["),
    "braces without an end": _repeated("a: ", "{a: "),
    "deep block sequences": _repeated("", "- "),
    "plain scalar": _repeated("a: ", "x"),
    "plain scalar of words": _repeated("a: ", "x "),
    "plain scalar of lines": _repeated("a: x", "\n  x"),
    "plain scalar of empty lines": _repeated("a: x", "\n", "\n  x"),
    "single-quoted scalar": _repeated("a: '", "''", "'"),
    "double-quoted scalar": _repeated('a: "', "x ", '"'),
    "double-quoted escapes": _repeated('a: "', "\\n", '"'),
    "double-quoted lines": _repeated('a: "x', "\n  x", '"'),
    "double-quoted scalars": _repeated("a: [", '"x",', "]"),
    "literal": _repeated("a: |\n", "  x\n"),
    "literal of a long line": _repeated("a: |\n  ", "x"),
    "literal of empty lines": _repeated("a: |\n  x\n", "\n"),
    "literals": _numbered("", "k@: |\n x\n"),
    "folded": _repeated("a: >\n", "  x\n\n"),
    "comments": _repeated("", "# x\n"),
    "comments within a value": _repeated("a: [\n", "# x\n", "]"),
    "comments between entries": _numbered("", "# x\nk@: 1 # y\n"),
    "empty lines": _repeated("", "\n"),
    "spaces": _repeated("a:", " ", "b"),
    "anchors": _numbered("", "k@: &a@ 1\n"),
    "anchors in a flow": _numbered("a: [", "&a@ x,", "]"),
    "aliases": _repeated("a: &a x\nb: [", "*a,", "]"),
    "aliases of a mapping": _repeated("a: &a {x: 1}\nb: [", "*a,", "]"),
    "merges": _numbered("a: &a {x: 1}\n", "k@: {<<: *a}\n"),
    "merges of one list": _repeated("a: &a {x: 1}\nb: {<<: [", "*a,", "]}"),
    "tags": _repeated("a: [", "!x y,", "]"),
    "tag directives": _numbered("", "%TAG !a@! tag:x:\n", "---\na: 1\n"),
    "ordered mapping": _numbered("a: !!omap [", "k@: 1,", "]"),
    "set": _numbered("a: !!set {", "k@,", "}"),
    "integers": _repeated("a: [", "1,", "]"),
    "long integer": _repeated("a: 0x", "f"),
    "long decimal integer": _repeated("a: ", "1"),
    "long float": _repeated("a: 1.", "1"),
    "times": _repeated("a: [", "2001-01-01,", "]"),
    "binary": _repeated("a: !!binary ", "QUFB"),
    "documents": _repeated("", "---\n"),
}
"""ways to fill a file: each gives one of at most so many bytes"""


def slowest(work: Callable[[bytes], object], shape: Shape) -> float:
    """The processor time that a shape takes at the size that takes most: a larger file may be refused earlier."""
    return max(_seconds(work, shape(LARGEST >> halvings)) for halvings in range(3))


def _seconds(work: Callable[[bytes], object], data: bytes) -> float:
    start = time.process_time()
    with suppress(YamlError):  # refused, which takes its time as well
        work(data)
    return time.process_time() - start


def _edit(data: bytes) -> bytes:
    return annotate(data, "churn", {"type": "model"})


def main() -> int:
    """Print the table."""
    rows = [(slowest(parse, shape), slowest(_edit, shape), name) for name, shape in SHAPES.items()]
    [usual] = [read for read, _, name in rows if name == USUAL]
    print("read: processor seconds, and times the usual file; edit: seconds")
    for read, edited, name in sorted(rows, reverse=True):
        print(f"{read:6.2f} {read / usual:6.2f} x {edited:6.2f}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
