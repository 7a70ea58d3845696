"""The one environment in which tests, stress campaigns and benchmarks run programs."""

from __future__ import annotations

import os
from pathlib import Path

CONFIG = "[user]\n name = Grace Hopper\n email = grace@example.com\n[init]\n defaultBranch = main\n"
"""the settings of git's user"""
# What would lead git elsewhere, change the answers, or make Python compile itself at every start.
_DROPPED = ("GIT_", "GITTAG_", "GTO_", "XDG_", "PYTHONDONTWRITEBYTECODE")


def isolated_environment(home: Path, config: str = "") -> dict[str, str]:
    """Make a HOME, and return an environment for it, without settings of the caller or the machine.

    Args:
        home: the directory; made if it is not there.
        config: is added to the settings of git's user.
    """
    home.mkdir(parents=True, exist_ok=True)
    (home / ".gitconfig").write_text(CONFIG + config)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)}
    return {**kept, "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1", "TZ": "UTC", "NO_COLOR": "1"}
