"""The pager, chosen as git chooses it."""

from __future__ import annotations

import os
import subprocess
import sys

import click

from gittag_registry.git.interruption import ctrl_c_ignored, waiting
from gittag_registry.git.process import Repository, run

_NOT_FOUND = 127  # a shell's exit code
_DEFAULTS = {"LESS": "FRX", "LV": "-c"}  # as git sets them


def page(text: str, repository: Repository) -> None:
    """Show a text in the user's pager: GIT_PAGER, core.pager, PAGER or less; if there is none, print it."""
    command = run(repository, "var", "GIT_PAGER").decode(errors="replace").strip()
    if command in ("", "cat") or not _ran(command, text):
        click.echo(text, file=sys.stdout)


def _ran(command: str, text: str) -> bool:
    """Run a pager; returns whether there is such a program."""
    encoding = sys.stdout.encoding or "utf-8"
    with (
        ctrl_c_ignored(),  # the pager handles it
        subprocess.Popen(["sh", "-c", command], stdin=subprocess.PIPE, env={**_DEFAULTS, **os.environ}) as process,
    ):
        try:
            with waiting():
                process.communicate(f"{text}\n".encode(encoding, "backslashreplace"))
        except BaseException:
            process.terminate()
            raise
    return process.returncode != _NOT_FOUND
