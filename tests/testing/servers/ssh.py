"""Git over SSH: an sshd of our own that lets one key in, as the user who runs it."""

from __future__ import annotations

import os
import pwd
import shlex
import subprocess
from contextlib import ExitStack
from pathlib import Path

from tests.testing.servers.install import path_of, require
from tests.testing.servers.processes import LOOPBACK, environment, serving

HOST = "registry-host"

SERVER = """\
Port {port}
ListenAddress {host}
HostKey "{directory}/host_key"
AuthorizedKeysFile "{directory}/authorized_keys"
PidFile none
UsePAM no
UseDNS no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
PrintMotd no
MaxStartups 200
AcceptEnv GIT_PROTOCOL
SetEnv {variables}
"""
NO_PENALTIES = "PerSourcePenalties no"  # since OpenSSH 9.8, cut connections would shut 127.0.0.1 out

CLIENT = """\
Host {name}
  HostName {host}
  Port {port}
Host {name} {host}
  HostKeyAlias {name}
  IdentityFile "{directory}/user_key"
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile "{directory}/known_hosts"
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  BatchMode yes
  ControlMaster no
"""


class SshServer:
    """Serves every repository the current user may read, by absolute path.

    Attributes:
        port: the server's port.
        user: the name to log in with.
    """

    def __init__(self, directory: Path) -> None:
        """The directory takes keys and configuration; it is made if it is not there."""
        self.directory = directory
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self._exits = ExitStack()

    def __enter__(self) -> SshServer:
        require("sshd", "ssh", "ssh-keygen")
        self.directory.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # root's sshd confines itself to it
        for name in ("host_key", "user_key"):
            self._make_key(name)
        (self.directory / "authorized_keys").write_text((self.directory / "user_key.pub").read_text())
        (self.directory / "known_hosts").write_text(f"{HOST} {(self.directory / 'host_key.pub').read_text()}")
        self.environment = environment(self.directory / "home")
        with ExitStack() as exits:
            self.port = exits.enter_context(
                serving(
                    self._command,
                    ready="Server listening on",
                    log=self.directory / "server.log",
                    variables=self.environment,
                )
            )
            self._exits = exits.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def url(self, path: Path, *, port: int | None = None) -> str:
        """The address of the repository at an absolute path; `port` is that of a proxy before the server."""
        return f"ssh://{self.user}@{LOOPBACK}:{port or self.port}{path}"

    def configure(self, home: Path, *, port: int | None = None) -> dict[str, str]:
        """Write an ssh configuration below a HOME, and return the variables that make git use it.

        With it `url` works, and so do `registry-host:/path.git` and `git@registry-host:/path.git`, whatever the user
        before the @: git logs in as the one the server knows. `port` is that of a proxy before the server.
        """
        configuration = home / ".ssh" / "config"
        configuration.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        configuration.write_text(
            CLIENT.format(name=HOST, host=LOOPBACK, port=port or self.port, directory=self.directory)
        )
        command = [path_of("ssh"), "-F", str(configuration), "-o", f"User={self.user}"]
        return {"GIT_SSH_COMMAND": shlex.join(command), "GIT_SSH_VARIANT": "ssh"}

    def _make_key(self, name: str) -> None:
        for suffix in ("", ".pub"):
            (self.directory / f"{name}{suffix}").unlink(missing_ok=True)
        key = ["-t", "ed25519", "-N", "", "-C", name, "-f", str(self.directory / name)]
        subprocess.run([path_of("ssh-keygen"), "-q", *key], check=True)

    def _command(self, port: int) -> list[str]:
        configuration = self.directory / "sshd_config"
        variables = " ".join(f'"{name}={value}"' for name, value in self.environment.items())
        text = SERVER.format(port=port, host=LOOPBACK, directory=self.directory, variables=variables)
        program = path_of("sshd")
        configuration.write_text(f"{text}{NO_PENALTIES}\n")
        check = subprocess.run([program, "-t", "-f", str(configuration)], capture_output=True, check=False)
        if check.returncode != 0:
            configuration.write_text(text)
        return [program, "-D", "-e", "-f", str(configuration)]
