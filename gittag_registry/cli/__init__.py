"""The command line: `git registry ...`. Parses, calls the registry, prints; decides nothing."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from gittag_registry.cli.main import run

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))
