"""Real git servers on 127.0.0.1, and servers that fail, each a context manager.

    with HttpsServer(tmp_path / "repositories") as https:
        RepositoryBuilder(https.root / "churn.git", bare=True).build()
        git("-c", f"http.sslCAInfo={https.ca}", "ls-remote", https.url("churn", user="ada", password="s3cret"))

Nothing here needs pytest: scripts use these servers as tests do. The fixtures are in `tests/remotes.py`.
"""

from __future__ import annotations

from tests.servers.daemon import GitDaemon
from tests.servers.failing import CuttingProxy, HangingServer, StatusServer
from tests.servers.https import HttpsServer
from tests.servers.install import require
from tests.servers.ssh import SshServer

__all__ = ["CuttingProxy", "GitDaemon", "HangingServer", "HttpsServer", "SshServer", "StatusServer", "require"]
