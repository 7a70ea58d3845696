"""Stress tests of writers and readers: campaigns, each with figures and the bounds they must keep.

    python -m stress                    all campaigns; takes an hour
    python -m stress local kill         some of them
    python -m stress --short            small, to see that they work

A campaign prints a line for each of its parts. The exit code is 1 if a figure is outside its bounds.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from . import controls, faults, kill, leak, local, network_faults, reading, remote, signals
from .figures import Campaign, Setting

CAMPAIGNS: dict[str, Campaign] = {
    "local": local.run_campaign,
    "kill": kill.run_campaign,
    "faults": faults.run_campaign,
    "remote": remote.run_campaign,
    "network-faults": network_faults.run_campaign,
    "reading": reading.run_campaign,
    "signals": signals.run_campaign,
    "leak": leak.run_campaign,
    "controls": controls.run_campaign,
}


def print_campaign(name: str, *, short: bool, keep: Path | None) -> bool:
    """Run a campaign and print its lines; returns whether all figures keep their bounds."""
    met = True
    with TemporaryDirectory(prefix=f"stress-{name}-", ignore_cleanup_errors=True) as temporary:
        directory = keep / name if keep else Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        for line in CAMPAIGNS[name](Setting(directory, short)):
            sys.stdout.write(f"{name}: {line.render()}\n")
            sys.stdout.flush()  # a campaign takes minutes
            met = met and line.met
    return met


def parse_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--short", action="store_true", help="small campaigns, to see that they work")
    parser.add_argument("--keep", metavar="DIR", type=Path, help="leave the repositories in this empty directory")
    parser.add_argument("campaigns", metavar="CAMPAIGN", nargs="*", help=f"of {', '.join(CAMPAIGNS)}; default: all")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.campaigns if name not in CAMPAIGNS]
    if unknown:
        parser.error(f"no campaign {unknown[0]!r}; there are {', '.join(CAMPAIGNS)}")
    return options


def main() -> int:
    """Run the chosen campaigns."""
    options = parse_options()
    keep = options.keep.absolute() if options.keep else None
    results = [print_campaign(name, short=options.short, keep=keep) for name in options.campaigns or CAMPAIGNS]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
