"""Serve repositories with dulwich, which does not use git.

serve_dulwich.py git|http PORT ROOT
"""

from __future__ import annotations

import os
import sys
from typing import Any

from dulwich import server, web  # type: ignore[import-not-found, unused-ignore]  # in an environment of its own


class Repositories:
    """The repositories below a directory, by their path in an address."""

    def __init__(self, root: str) -> None:
        self._files = server.FileSystemBackend(root)

    def open_repository(self, path: str | bytes) -> Any:
        """Open one; over TCP its path is bytes."""
        return self._files.open_repository(os.fsdecode(path).lstrip("/"))


def main(protocol: str, port: str, root: str) -> None:
    """Serve until the process is ended."""
    if protocol == "git":
        listener: Any = server.TCPGitServer(Repositories(root), "127.0.0.1", int(port))
    else:
        application = web.make_wsgi_chain(Repositories(root))
        listener = web.make_server("127.0.0.1", int(port), application, handler_class=web.WSGIRequestHandlerLogger)
    print("listening", flush=True)
    listener.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
