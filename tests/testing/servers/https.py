"""Git over HTTPS with basic authentication: lighttpd and git-http-backend, or plain files."""

from __future__ import annotations

import http.client
import itertools
import shlex
import ssl
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

from tests.testing.servers.install import path_of, require
from tests.testing.servers.processes import LOOPBACK, environment, git_program, serving

PATIENCE = 10.0  # seconds for a request to get into the log

CONFIGURATION = """\
server.bind = "{host}"
server.port = {port}
server.document-root = "{directory}"
server.upload-dirs = ("{directory}")
server.modules = ("mod_openssl", "mod_setenv", "mod_auth", "mod_authn_file", "mod_alias", "mod_cgi", "mod_accesslog")
ssl.engine = "enable"
ssl.pemfile = "{directory}/certificate.pem"
ssl.privkey = "{directory}/key.pem"
auth.backend = "plain"
auth.backend.plain.userfile = "{directory}/users"
auth.require = ("/git" => ("method" => "basic", "realm" => "git", "require" => "valid-user"))
accesslog.filename = "|exec cat >>{log}"
accesslog.format = "%r %s %O"
alias.url = ("/git" => "{target}")
"""

SMART = """\
$HTTP["url"] =~ "^/git/" {{
  cgi.assign = ("" => "")
  setenv.set-environment = ({variables})
}}
"""

CERTIFICATE = f"""\
[req]
distinguished_name = name
x509_extensions = extensions
prompt = no
[name]
CN = {LOOPBACK}
[extensions]
basicConstraints = critical, CA:TRUE
subjectAltName = IP:{LOOPBACK}
"""


class HttpsServer:
    """Serves the repositories NAME.git below a directory, to one user.

    Attributes:
        root: the directory, made if it is not there.
        port: the server's port.
        ca: the certificate to trust, for git's `http.sslCAInfo`.
    """

    def __init__(
        self,
        root: Path,
        *,
        user: str = "ada",
        password: str = "s3cret",
        dumb: bool = False,
        protocol: int | None = None,
    ) -> None:
        """Make a server.

        Args:
            dumb: files are served as they are: repositories need `git update-server-info`, and none can push.
            protocol: the only version that is spoken, as by servers which do not pass `Git-Protocol` on to git.
        """
        self.root = root
        self.user = user
        self.password = password
        self._dumb = dumb
        self._protocol = protocol
        self._exits = ExitStack()
        self._markers = itertools.count(1)

    def __enter__(self) -> HttpsServer:
        require("lighttpd", "openssl")
        self.root.mkdir(parents=True, exist_ok=True)
        with ExitStack() as exits:
            directory = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="https-")))
            self.ca = directory / "certificate.pem"
            self._log = directory / "access.log"
            self._log.touch()
            _certify(directory)
            self._trust = ssl.create_default_context(cafile=str(self.ca))
            (directory / "users").write_text(f"{self.user}:{self.password}\n")
            self.environment = environment(directory / "home")
            self.port = exits.enter_context(
                serving(
                    lambda port: self._command(directory, port),
                    ready="server started",
                    log=directory / "server.log",
                    variables=self.environment,
                )
            )
            self._exits = exits.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def url(self, name: str, *, user: str | None = None, password: str | None = None, port: int | None = None) -> str:
        """The address of the repository NAME.git, with credentials if given; `port` is that of a proxy before it."""
        words = [quote(word, safe="") for word in (user, password) if word is not None]
        credentials = ":".join(words) + "@" if words else ""
        return f"https://{credentials}{LOOPBACK}:{port or self.port}/git/{name}.git"

    def requests(self) -> list[str]:
        """The answered requests, oldest first: method, path with query, status, bytes sent with headers.

        For example "GET /git/churn.git/info/refs?service=git-upload-pack 200 489". A client may read its answer just
        before the server writes the line, so this sends a request of its own and waits for its line.
        """
        marker = f"/marker-{next(self._markers)}"
        connection = http.client.HTTPSConnection(LOOPBACK, self.port, context=self._trust, timeout=PATIENCE)
        try:
            connection.request("GET", marker)
            connection.getresponse().read()
        finally:
            connection.close()
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            log = self._log.read_text()
            if f"GET {marker} " in log:
                lines = [line.split() for line in log.splitlines()]
                return [
                    f"{method} {path} {status} {sent}"
                    for method, path, _version, status, sent in lines
                    if method != "PRI" and not path.startswith("/marker-")  # PRI is a connection of HTTP/2
                ]
            time.sleep(0.002)
        raise TimeoutError("the server does not write its access log")

    def forget(self) -> None:
        """Empty the list of requests."""
        self.requests()
        self._log.write_bytes(b"")

    def _command(self, directory: Path, port: int) -> list[str]:
        text = CONFIGURATION.format(
            host=LOOPBACK,
            port=port,
            directory=directory,
            log=shlex.quote(str(self._log)),
            target=self.root if self._dumb else git_program("git-http-backend"),
        )
        if not self._dumb:
            variables = {**self.environment, "GIT_PROJECT_ROOT": str(self.root), "GIT_HTTP_EXPORT_ALL": "1"}
            if self._protocol is not None:
                variables["GIT_PROTOCOL"] = f"version={self._protocol}"  # git-http-backend keeps what is set
            text += SMART.format(variables=", ".join(f'"{name}" => "{value}"' for name, value in variables.items()))
        configuration = directory / "lighttpd.conf"
        configuration.write_text(text)
        return [path_of("lighttpd"), "-D", "-f", str(configuration)]


def _certify(directory: Path) -> None:
    """Make a key and a certificate that is its own authority."""
    configuration = directory / "certificate.conf"
    configuration.write_text(CERTIFICATE)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(directory / "key.pem")]
    certificate = ["-x509", "-days", "30", "-out", str(directory / "certificate.pem")]
    subprocess.run(
        [path_of("openssl"), "req", "-config", str(configuration), *key, *certificate], capture_output=True, check=True
    )
