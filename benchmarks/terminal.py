"""Run a program in a terminal of so many columns, and print what it prints there.

python -m benchmarks.terminal 80 git-registry history --no-pager
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.testing.programs import in_terminal


def main() -> int:
    """Run the program that the arguments name."""
    columns, *command = sys.argv[1:]
    done = in_terminal(*command, cwd=Path.cwd(), columns=int(columns))
    sys.stdout.write(done.out)
    return done.code


if __name__ == "__main__":
    sys.exit(main())
