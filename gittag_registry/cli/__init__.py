"""The command line: `git registry ...`. Parses, calls the registry, prints; decides nothing."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

from gittag_registry.git.interruption import SIGNALS, Interrupted


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code.

    The process answers one question, so the garbage collector never runs, not even at the end. That saves an eighth of
    the time of `which`, and a fifth of that of `show` on 100,000 tags.
    """
    gc.disable()
    SIGNALS.watch()
    try:
        from gittag_registry.cli.main import run

        code = run(list(sys.argv[1:] if arguments is None else arguments))
    except Interrupted as error:  # during an import that takes long; `run` reports later ones
        code = error.exit_code
    SIGNALS.ignore()  # the answer is complete, or the error told
    gc.freeze()
    sys.exit(code)
