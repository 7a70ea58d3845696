"""The command line: `git registry ...`. Parses, calls the registry, prints; decides nothing."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Sequence

TERMINATED = 143
"""the exit code of a process that is ended by SIGTERM"""


class Terminated(BaseException):
    """A signal ends the process, which must first end the git processes that it started."""


def _terminate(number: int, frame: object) -> None:
    raise Terminated


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code.

    The process answers one question, so the garbage collector never runs, not even at the end. That saves an eighth of
    the time of `which`, and a fifth of that of `show` on 100,000 tags.
    """
    gc.disable()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # under nohup it stays ignored
            signal.signal(number, _terminate)
    try:
        from gittag_registry.cli.main import run

        code = run(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:  # during the start; `run` reports later ones
        code = 130
    except Terminated:
        code = TERMINATED
    gc.freeze()
    sys.exit(code)
