"""The other programs that read and write these tags, each in a virtual environment of its own under `.tools/`.

    python tests/interop/peers.py

installs them ahead of the tests; otherwise the first test that needs one does. GITTAG_TEST_GTO and GITTAG_TEST_DVC
name executables to use instead.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

PEERS = ("gto", "dvc")
TOOLS = Path(__file__).parents[2] / ".tools"

_ENVIRONMENT = dict(os.environ)  # as it was at import: tests get a HOME of their own, pip needs the real one


def executable(name: str) -> Path:
    """The peer's command, installed if it is not.

    Raises:
        RuntimeError: it cannot be installed.
    """
    given = _ENVIRONMENT.get(f"GITTAG_TEST_{name.upper()}")
    if given:
        return Path(given)
    place = TOOLS / name
    requirements = Path(__file__).with_name(f"{name}.txt")
    wanted = f"{sys.version}\n{requirements.read_text()}"
    installed = place / "installed.txt"  # written last: without it the environment is incomplete
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # workers of pytest-xdist start at the same time
        if not installed.exists() or installed.read_text() != wanted:
            shutil.rmtree(place, ignore_errors=True)
            _run(sys.executable, "-m", "venv", str(place))
            _run(str(place / "bin/python"), "-m", "pip", "install", "--quiet", "--requirement", str(requirements))
            installed.write_text(wanted)
    return place / "bin" / name


def _run(*command: str) -> None:
    done = subprocess.run(command, env=_ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    for peer in PEERS:
        print(executable(peer))
