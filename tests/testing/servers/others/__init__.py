"""Git servers that are not git's own programs: dulwich, JGit, and one for Node.js.

    python -m tests.testing.servers.others

installs them ahead of the tests; otherwise the first test that needs one does. Dulwich comes from PyPI and
node-git-server from npm, into `.tools`; Java, JGit and Node.js are Debian's packages.
"""

from __future__ import annotations

from tests.testing.servers.others.programs import DulwichServer, JGitDaemon, NodeServer, require_other

__all__ = ["DulwichServer", "JGitDaemon", "NodeServer", "require_other"]
