"""Real git servers on 127.0.0.1, and servers that fail, each a context manager.

    with HttpsServer(tmp_path / "repositories") as https:
        RepositoryBuilder(https.root / "churn.git", bare=True).build()
        git("-c", f"http.sslCAInfo={https.ca}", "ls-remote", https.url("churn", user="ada", password="s3cret"))

Nothing here needs pytest: scripts use these servers as tests do. The fixtures are in `tests/testing/remotes.py`.
"""

from __future__ import annotations

from tests.testing.servers.cutting import ByteCuttingProxy
from tests.testing.servers.daemon import GitDaemon
from tests.testing.servers.failing import CuttingProxy, HangingServer, StatusServer
from tests.testing.servers.https import HttpsServer
from tests.testing.servers.install import require
from tests.testing.servers.others import DulwichServer, JGitDaemon, NodeServer
from tests.testing.servers.refusing import RefusingServer
from tests.testing.servers.ssh import SshServer

__all__ = [
    "ByteCuttingProxy",
    "CuttingProxy",
    "DulwichServer",
    "GitDaemon",
    "HangingServer",
    "HttpsServer",
    "JGitDaemon",
    "NodeServer",
    "RefusingServer",
    "SshServer",
    "StatusServer",
    "require",
]
