"""An HTTP server that passes requests on to git, and answers some of them with an error."""

from __future__ import annotations

import subprocess
import tempfile
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tests.testing.servers.processes import LOOPBACK, environment, git_program


class RefusingServer:
    """Serves the repositories NAME.git below a directory over HTTP, without TLS.

    Attributes:
        root: the directory, made if it is not there.
        refused: the HTTP status for requests, by the end of their address: "git-receive-pack" is what a push sends,
            "info/refs?service=git-receive-pack" the question before it. It may be changed at any time.
        requests: their addresses, without host and port.
        carries_out: whether a refused request is carried out all the same.
    """

    def __init__(self, root: Path, refused: Mapping[str, int], *, carries_out: bool = False) -> None:
        self.root = root
        self.refused = dict(refused)
        self.requests: list[str] = []
        self.carries_out = carries_out

    def __enter__(self) -> RefusingServer:
        self.root.mkdir(parents=True, exist_ok=True)
        with ExitStack() as exits:
            home = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="refusing-")))
            self._variables = environment(home)
            self._server = ThreadingHTTPServer((LOOPBACK, 0), self._make_handler())
            self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="refusing server")
            self._thread.start()
            self._exits = exits.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._exits.close()

    def url(self, name: str) -> str:
        """The address of the repository NAME.git."""
        return f"http://{LOOPBACK}:{self._server.server_port}/{name}.git"

    def _answer(self, handler: BaseHTTPRequestHandler) -> tuple[int, list[tuple[str, str]], bytes]:
        """The status, the headers and the body for a request."""
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        self.requests.append(handler.path)
        status = next((status for end, status in self.refused.items() if handler.path.endswith(end)), None)
        if status is None or self.carries_out:
            headers, answer = self._ask_git(handler, body)
        return (status, [], b"") if status is not None else (200, headers, answer)

    def _ask_git(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[list[tuple[str, str]], bytes]:
        address = urlsplit(handler.path)
        variables = {
            **self._variables,
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": handler.command,
            "PATH_INFO": address.path,
            "QUERY_STRING": address.query,
            "CONTENT_TYPE": handler.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": handler.headers.get("Content-Encoding", ""),
            "HTTP_GIT_PROTOCOL": handler.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(
            [git_program("git-http-backend")], env=variables, input=body, capture_output=True, check=True
        )
        head, _, answer = done.stdout.partition(b"\r\n\r\n")
        pairs = (line.split(": ", 1) for line in head.decode().split("\r\n"))
        return [(name, value) for name, value in pairs], answer

    def _make_handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            """Answers as the server says."""

            def do_GET(self) -> None:
                status, headers, body = server._answer(self)
                self.send_response(status)
                for name, value in (*headers, ("Content-Length", str(len(body)))):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815 - the base class looks for this name

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
