"""Install the servers that are not git's own."""

from __future__ import annotations

import sys

from tests.testing.servers.others import require_other

try:
    for name in ("dulwich", "jgit", "node"):
        require_other(name)
except RuntimeError as error:
    sys.exit(str(error))
