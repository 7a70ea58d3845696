"""The programs of the test servers, and shells, from Debian's packages.

    python tests/testing/servers/install.py

installs them ahead of the tests; otherwise the first test that needs one does. Only root can: others are told what to
install.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGES = {
    "lighttpd": ("lighttpd", "lighttpd-mod-openssl"),
    "sshd": ("openssh-server",),
    "ssh": ("openssh-client",),
    "ssh-keygen": ("openssh-client",),
    "openssl": ("openssl",),
    "strace": ("strace",),
    "zsh": ("zsh",),
    "fish": ("fish",),
    "java": ("default-jre-headless",),
    "jgit": ("jgit-cli",),
    "node": ("nodejs",),
    "npm": ("npm",),
}
SERVICES = ("lighttpd.service", "ssh.socket", "ssh.service")
TOOLS = Path(__file__).parents[3] / ".tools"

_ENVIRONMENT = dict(os.environ)  # as it was at import: tests get a HOME of their own, apt-get needs the real settings


def path_of(command: str) -> str:
    """Where a command is; servers are in sbin, which is not in every user's PATH.

    Raises:
        RuntimeError: it is not installed.
    """
    found = _find(command)
    if found is None:
        raise RuntimeError(
            f"{command!r} is not installed: apt-get install {' '.join(PACKAGES.get(command, [command]))}"
        )
    return found


def require(*commands: str) -> None:
    """Install the packages of those commands that are missing.

    Raises:
        RuntimeError: they cannot be installed; the message names them.
    """
    if all(map(_works, commands)):
        return
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "packages.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # workers of pytest-xdist start at the same time
        missing = [command for command in commands if not _works(command)]
        if missing:
            _install(sorted({package for command in missing for package in PACKAGES[command]}))
        still = [command for command in missing if not _works(command)]
        if still:
            raise RuntimeError(f"installed, but not usable: {', '.join(still)}")


def _find(command: str) -> str | None:
    return shutil.which(command, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _works(command: str) -> bool:
    """Whether a command is installed, lighttpd with the modules that are packages of their own."""
    program = _find(command)
    if program is None or command != "lighttpd":
        return program is not None
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as configuration:
        configuration.write('server.document-root = "/"\nserver.modules = ("mod_openssl", "mod_authn_file")\n')
        configuration.flush()
        return (
            subprocess.run([program, "-tt", "-f", configuration.name], capture_output=True, check=False).returncode == 0
        )


def _install(packages: list[str]) -> None:
    wanted = f"apt-get install {' '.join(packages)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise RuntimeError(f"the test servers need more programs: {wanted}")
    before = _active_services()
    # In runlevel 1 Debian's packages do not start their services; systemd does not ask for it, so those are stopped.
    environment = {**_ENVIRONMENT, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for command in ("apt-get update", f"{wanted} --yes --quiet --no-install-recommends"):
        done = subprocess.run(command.split(), env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{command} failed:\n{done.stdout}{done.stderr}")
    started = [service for service in SERVICES if service in _active_services() - before]
    if started:
        subprocess.run(["systemctl", "stop", *started], check=True)


def _active_services() -> set[str]:
    """Which of the services run under systemd; none where it is not the init."""
    if not Path("/run/systemd/system").is_dir():
        return set()
    asked = {
        service: subprocess.run(["systemctl", "is-active", "--quiet", service], check=False).returncode == 0
        for service in SERVICES
    }
    return {service for service, active in asked.items() if active}


if __name__ == "__main__":
    try:
        require(*PACKAGES)
    except RuntimeError as error:
        sys.exit(str(error))
    for name in PACKAGES:
        print(path_of(name))
