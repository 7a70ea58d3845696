"""Install the servers that are not git's own."""

from __future__ import annotations

import sys

from tests.testing.servers.install import require
from tests.testing.servers.others.programs import COMMANDS, dulwich_packages, node_packages

try:
    require(*COMMANDS)
    print(dulwich_packages(), node_packages())
except RuntimeError as error:
    sys.exit(str(error))
