"""Run the examples of a page, and write their real output into it.

The convention. The blocks of a page run from top to bottom, in one empty directory made for the page:

- ```console  Lines that begin with ``$ `` are commands; what follows is what they print, on both streams. A line ``...``
  stands for any lines, and ``...`` in a line for any text.
- ```python   With ``>>>`` a doctest, without it a script that prints nothing.

Other blocks are only shown. Time stands still but for this: a block is a day after the one before, a command a minute
after the one before. So the ids of commits and all times are the same in every run.

`python docs/examples.py PAGE...` replaces what is printed now in the page, where it differs.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

START = datetime(2025, 3, 3, 9, 0, tzinfo=timezone.utc)
IDENTITY = "[user]\n name = Ada Lovelace\n email = ada@example.com\n[init]\n defaultBranch = main\n[gc]\n auto = 0\n"
DOCTEST = (
    "import doctest, sys; f = doctest.testfile(sys.argv[1], False, optionflags=doctest.ELLIPSIS); sys.exit(f.failed)"
)

_BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Example(NamedTuple):
    """One command of a page, or one block of Python."""

    line: int
    """where it begins in the page, counted from 1"""
    start: int
    """where its expected output begins in the text"""
    end: int
    command: str
    expected: str
    time: datetime


class Run(NamedTuple):
    """An example, and its result."""

    example: Example
    printed: str
    code: int

    @property
    def as_told(self) -> bool:
        """Whether the page shows the real output; a command may fail if the page shows the error."""
        failed = self.code != 0 and not re.search(r"^error: |\"error\": ", self.example.expected, re.MULTILINE)
        return not failed and matches(self.example.expected, self.printed)


def examples(text: str, scripts: Path) -> Iterator[Example]:
    """The examples of a page; blocks of Python become files in `scripts`."""
    for number, block in enumerate(_BLOCK.finditer(text)):
        today = START + timedelta(days=number)
        if block[1] == "python":
            file = scripts / f"{number}.py"
            file.write_text(block[2], encoding="utf-8")
            options = f"-c '{DOCTEST}'" if ">>>" in block[2] else ""
            yield Example(_line(text, block.start()), block.end(2), block.end(2), f"python {options} {file}", "", today)
        else:
            yield from _commands(text, block, today)


def _commands(text: str, block: re.Match[str], today: datetime) -> Iterator[Example]:
    position, found = block.start(2), []
    for line in block[2].splitlines(keepends=True):
        if line.startswith("$ "):
            found.append((position, line[2:], position + len(line)))
        elif not found:
            raise ValueError(f"line {_line(text, position)}: a console block begins with a command")
        position += len(line)
    ends = [place for place, _, _ in found[1:]] + [block.end(2)]
    for minute, ((place, command, start), end) in enumerate(zip(found, ends, strict=True)):
        yield Example(_line(text, place), start, end, command, text[start:end], today + timedelta(minutes=minute))


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def run(text: str) -> list[Run]:
    """Run every example of a page."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        place = Path(folder, "work")
        home.mkdir()
        place.mkdir()
        (home / ".gitconfig").write_text(IDENTITY)
        found = list(examples(text, home))
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-c", "\n".join(map(_script, found))],
            cwd=place,
            env=_environment(home),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    results = done.stdout.decode(errors="replace").split("\0")[:-1]
    if done.stderr or len(results) != 2 * len(found):
        raise RuntimeError(
            f"the shell stopped after {len(results) // 2} commands: {done.stderr.decode(errors='replace')}"
        )
    return [Run(e, out, int(code)) for e, out, code in zip(found, results[::2], results[1::2], strict=True)]


def _script(example: Example) -> str:
    when = f"{int(example.time.timestamp())} +0000"
    dates = f"export GIT_AUTHOR_DATE='{when}' GIT_COMMITTER_DATE='{when}'"
    return f"{dates}\n{{\n(exit $code)\n{example.command}\n}} 2>&1\ncode=$?\nprintf '\\0%d\\0' $code"


def _environment(home: Path) -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "TZ": "UTC",
        "LC_ALL": "C",
        "PYTHONUTF8": "1",
        "NO_COLOR": "1",
        "PYTHONWARNINGS": "error",
    }


def matches(expected: str, printed: str) -> bool:
    """Whether expected output matches real output, with `...` for anything."""
    lines = expected.strip("\n").split("\n")
    pattern = "".join(
        r"(?s:.*\n)?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r"\n" for line in lines
    )
    return re.fullmatch(pattern, printed.strip("\n") + "\n") is not None


def rewritten(text: str) -> str:
    """The page with the present output of its examples."""
    for result in reversed(run(text)):
        example, printed = result.example, result.printed.strip("\n")
        if example.command.startswith("python "):
            print(printed, end="")
        elif not matches(example.expected, printed):
            text = text[: example.start] + (printed + "\n" if printed else "") + text[example.end :]
    return text


if __name__ == "__main__":
    for name in sys.argv[1:]:
        page = Path(name)
        page.write_text(rewritten(page.read_text(encoding="utf-8")), encoding="utf-8")
