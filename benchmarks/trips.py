"""Measure what commands cost on slow links, against `git ls-remote` of the same server; print two tables.

The first has times, as multiples of `git ls-remote`, which opens one connection and lists all refs. They are the
medians of the rounds' own ratios (`timing` says why). A busy machine makes them worse, because Python starts before git
connects. So the time from the first connection to the last byte is compared too, and the processor time is given that
the command and its git processes took. The second table has what does not depend on the machine: connections, turns,
bytes that the server sends, and git processes.

The links are simulated (`tests/testing/servers/link.py`): 10 Mbit/s, and 40 or 100 ms to the server and back.

    python -m benchmarks.trips              takes some minutes
    python -m benchmarks.trips --quick      small and imprecise, to see that it works
    python -m benchmarks.trips --check      exit with 1 when a limit is not met
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.testing.environment import isolated_environment
from tests.testing.fast_import import git
from tests.testing.servers import GitDaemon, HttpsServer
from tests.testing.servers.link import SlowLink, Traffic

from .registries import artifact_count, artifact_name, copy_registry, prepare_registry
from .run import PROJECT, STAGE, find_program, tell
from .timing import Command, CommandFailed, measure

NAME, USER, PASSWORD = "churn", "ada", "s3cret"
TAGS, MANY_TAGS, QUICK_TAGS = 1_000, 100_000, 100
ROUNDS, QUICK_ROUNDS = 9, 1
OWN_BYTES_LIMIT, OTHER_BYTES_LIMIT = 1.3, 20_000  # times the artifact's own objects; of all else


@dataclass(frozen=True, slots=True)
class Speed:
    """The speed of a link."""

    name: str
    round_trip: float
    """seconds"""


BITS_PER_SECOND = 10_000_000
SPEEDS = (Speed("40 ms", 0.040), Speed("100 ms", 0.100))


@dataclass(frozen=True, slots=True)
class Site:
    """A server behind a link, and a user's machine."""

    server: str
    link: SlowLink
    url: str
    artifact: str
    repository: Path
    """the server's"""
    home: Path
    """the user's"""
    environment: Mapping[str, str]

    @property
    def clone(self) -> Path:
        """A clone of the user, for commands that push."""
        return self.home / f"clone-{self.link.port}"

    @property
    def version(self) -> str:
        """The first version of the artifact."""
        names = git("tag", "--list", f"{self.artifact}@v*", repo=self.repository).split()
        return next(name.partition("@")[2] for name in names if "!" not in name and "#" not in name)

    def forget_mirrors(self) -> None:
        """Remove what earlier questions fetched."""
        shutil.rmtree(self.environment["XDG_CACHE_HOME"], ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Operation:
    """Something to measure."""

    name: str
    arguments: Callable[[Site], Sequence[str]]
    """of our program"""
    limit: float
    """most times `git ls-remote`"""
    prepare: Callable[[Site], None] = lambda _: None
    """is called before each time it runs"""
    bytes_limit: Callable[[Site], float] | None = None
    """most bytes that the server sends for a question about one artifact, whatever else it has"""


def _which(site: Site) -> Sequence[str]:
    return ("which", site.artifact, STAGE, "-r", site.url)


def _show(site: Site) -> Sequence[str]:
    return ("show", "-r", site.url)


def _assign_there(site: Site) -> Sequence[str]:
    return ("assign", site.artifact, STAGE, "--version", site.version, "--force", "-r", site.url)


def _assign_and_push(site: Site) -> Sequence[str]:
    return ("assign", site.artifact, STAGE, "--version", site.version, "--force", "-r", str(site.clone), "--push")


def _make_clone(site: Site) -> None:
    """Clone the server's repository, unless that was done; the clone then knows all its tags."""
    if not site.clone.exists():
        allowed = {**site.environment, "GIT_ALLOW_PROTOCOL": "file"}
        git("clone", "--quiet", str(site.repository), str(site.clone), environment=allowed)
        git("remote", "set-url", "origin", site.url, repo=site.clone, environment=site.environment)


def _cold_bytes(site: Site) -> float:
    return OWN_BYTES_LIMIT * measure_own_objects(site) + OTHER_BYTES_LIMIT


OPERATIONS = (
    Operation("`which`, cold", _which, 1.5, prepare=Site.forget_mirrors, bytes_limit=_cold_bytes),
    Operation("`which`, warm", _which, 1.1, bytes_limit=lambda _: OTHER_BYTES_LIMIT),
    Operation("`show`, warm", _show, 1.3),
    Operation("`assign --push`", _assign_and_push, 2.5, prepare=_make_clone),
    Operation("`assign -r URL`, cold", _assign_there, 3.5, prepare=Site.forget_mirrors),
    Operation("`assign -r URL`, warm", _assign_there, 3.5),
)
"""in this order: those that are warm use what the first run of each fetched, which is not measured; and the clone knows
all tags as long as nobody else writes"""


def measure_own_objects(site: Site) -> int:
    """The bytes of a pack with the tags of the artifact and their commits, and nothing else."""
    patterns = [f"refs/tags/{site.artifact}{sign}*" for sign in "@#"]
    ids = git("for-each-ref", "--format=%(objectname)%0a%(*objectname)", *patterns, repo=site.repository)
    command = ["git", "pack-objects", "--stdout", "--quiet"]
    wanted = "\n".join(sorted(set(ids.split()))).encode()
    return len(subprocess.run(command, cwd=site.repository, input=wanted, capture_output=True, check=True).stdout)


@contextmanager
def open_sites(
    registries: Path, tags: int, speed: Speed | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[list[Site]]:
    """Serve a copy of the registry with so many tags, by git daemon and over https, behind a link."""
    with ExitStack() as exits:
        registries.mkdir(parents=True, exist_ok=True)
        directory = Path(exits.enter_context(TemporaryDirectory(prefix="trips-", dir=registries)))
        home = directory / "home"
        variables = {
            **isolated_environment(home),
            **(environment or {}),
            "XDG_CACHE_HOME": str(home / "cache"),
            "GIT_ALLOW_PROTOCOL": "https:ssh:git",
        }
        root = directory / "root"
        root.mkdir()
        copy_registry(prepare_registry(registries, tags, variables), directory / "registry")
        (root / f"{NAME}.git").symlink_to(directory / "registry" / ".git")
        git("config", "uploadpack.allowFilter", "true", repo=directory / "registry", environment=variables)
        daemon = exits.enter_context(GitDaemon(root))
        https = exits.enter_context(HttpsServer(root, user=USER, password=PASSWORD))
        git("config", "--global", "http.sslCAInfo", str(https.ca), environment=variables)

        def link(port: int) -> SlowLink:
            slow = (
                SlowLink(port, round_trip=speed.round_trip, bits_per_second=BITS_PER_SECOND)
                if speed
                else SlowLink(port)
            )
            return exits.enter_context(slow)

        def site(server: str, link: SlowLink, url: str) -> Site:
            artifact = artifact_name(artifact_count(tags) // 2)
            return Site(server, link, url, artifact, root / f"{NAME}.git", home, variables)

        to_daemon, to_https = link(daemon.port), link(https.port)
        yield [
            site("git://", to_daemon, daemon.url(NAME, port=to_daemon.port)),
            site("https", to_https, https.url(NAME, user=USER, password=PASSWORD, port=to_https.port)),
        ]


# Times


@dataclass(slots=True)
class Runs:
    """The repetitions of a command, and what each sent over the link."""

    site: Site
    arguments: Callable[[], Sequence[str]]
    traffic: list[Traffic] = field(default_factory=list)

    @property
    def command(self) -> Command:
        """The command to measure."""
        return Command(self._begin, self.site.home)

    def _begin(self, number: int) -> Sequence[str]:
        arguments = self.arguments()
        self.site.link.forget()
        if number > 0:  # the first is not measured
            self.traffic.append(self.site.link.traffic)
        return arguments

    def link_ratio_to(self, reference: Runs) -> float:
        """The median of the ratios of the times that the link was in use."""
        rounds = zip(self.traffic, reference.traffic, strict=True)
        return statistics.median(own.seconds / its.seconds for own, its in rounds)


def time_rows(site: Site, speed: Speed, rounds: int, program: str) -> Iterator[tuple[list[str], bool]]:
    """The rows of a server in the table of times, each with whether its limit is met."""
    tell(f"measuring {site.server}, {speed.name}")
    # One after the other: what is warm stays so although another operation forgets the mirrors.
    for operation in OPERATIONS:
        listing = Runs(site, lambda: ("git", "ls-remote", site.url))
        runs = Runs(site, partial(_prepared, operation, site, program))
        samples = measure({"ls-remote": listing.command, operation.name: runs.command}, rounds, site.environment)
        reference, own = samples["ls-remote"], samples[operation.name]
        ratio = own.ratio_to(reference)
        cells = [
            operation.name,
            site.server,
            speed.name,
            f"{reference.median * 1000:.0f} ms",
            f"{own.median * 1000:.0f} ms",
            f"{ratio:.2f}",
            f"{operation.limit:.1f}",
            "yes" if ratio <= operation.limit else "**no**",
            f"{runs.link_ratio_to(listing):.2f}",
            f"{statistics.median(own.processor) * 1000:.0f} ms",
        ]
        yield cells, ratio <= operation.limit


def _prepared(operation: Operation, site: Site, program: str) -> Sequence[str]:
    operation.prepare(site)
    return (program, *operation.arguments(site))


# Counts


@dataclass(frozen=True, slots=True)
class Count:
    """What one run of a command did."""

    traffic: Traffic
    processes: int
    """git processes on the user's machine"""


def count(site: Site, command: Sequence[str]) -> Count:
    """Run a command and count."""
    with TemporaryDirectory(prefix="trips-trace-") as traces:
        environment = {**site.environment, "GIT_TRACE2_EVENT": traces}  # git writes a file for each process
        site.link.forget()
        done = subprocess.run(command, cwd=site.home, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CommandFailed(f"{' '.join(command)} failed: {done.stderr}")
        return Count(site.link.traffic, len(os.listdir(traces)))


def count_operation(site: Site, operation: Operation, program: str) -> Count:
    """Count what an operation does; the first run, which may be cold, does not count."""
    command = (program, *operation.arguments(site))
    operation.prepare(site)
    count(site, command)
    operation.prepare(site)
    return count(site, command)


def count_rows(site: Site, tags: int, program: str) -> Iterator[tuple[list[str], bool]]:
    """The rows of a server in the table of counts, each with whether its limit is met."""
    listed = count(site, ("git", "ls-remote", site.url))
    yield _count_row("`git ls-remote`", site, tags, listed)
    for operation in OPERATIONS:
        if operation.bytes_limit is not None:
            yield _count_row(
                operation.name, site, tags, count_operation(site, operation, program), operation.bytes_limit(site)
            )
        elif tags < MANY_TAGS:
            yield _count_row(operation.name, site, tags, count_operation(site, operation, program))


def _count_row(what: str, site: Site, tags: int, counted: Count, limit: float | None = None) -> tuple[list[str], bool]:
    met = limit is None or counted.traffic.received <= limit
    cells = [
        what,
        site.server,
        f"{tags:,}",
        f"{counted.traffic.connections}",
        f"{counted.traffic.turns}",
        f"{counted.traffic.received:,}",
        f"{limit:,.0f}" if limit is not None else "",
        ("yes" if met else "**no**") if limit is not None else "",
        f"{counted.processes}",
    ]
    return cells, met


# The tables

TIMES = "what | server | link | `git ls-remote` | time | ratio | limit | met | ratio on the link | processor time"
COUNTS = "what | server | tags | connections | turns | bytes received | limit | met | git processes"


def table(head: str, rows: Sequence[Sequence[str]]) -> str:
    """A markdown table; numbers are aligned to the right."""
    columns = head.split(" | ")
    aligned = ["---" if name in ("what", "server", "link", "met") else "---:" for name in columns]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (columns, aligned, *rows))


def parse_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a small registry, few repetitions")
    build = PROJECT / "build" / "benchmarks"
    parser.add_argument("--build", metavar="DIR", type=Path, default=build, help="where registries are kept")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a limit is not met")
    return parser.parse_args(arguments)


def main() -> int:
    """Measure, and print the tables."""
    options = parse_options()
    registries, program = options.build.absolute(), find_program()
    tags, rounds = (QUICK_TAGS, QUICK_ROUNDS) if options.quick else (TAGS, ROUNDS)
    times: list[tuple[list[str], bool]] = []
    counts: list[tuple[list[str], bool]] = []
    try:
        for speed in SPEEDS[: 1 if options.quick else None]:
            with open_sites(registries, tags, speed) as sites:
                times += [row for site in sites for row in time_rows(site, speed, rounds, program)]
        print(table(TIMES, [cells for cells, _ in times]), end="\n\n", flush=True)
        for number in (tags,) if options.quick else (tags, MANY_TAGS):
            tell(f"counting, {number:,} tags")
            with open_sites(registries, number) as sites:
                counts += [row for site in sites for row in count_rows(site, number, program)]
    except CommandFailed as error:
        raise SystemExit(str(error)) from error
    print(table(COUNTS, [cells for cells, _ in counts]))
    load = f"load {os.getloadavg()[0]:.1f}"
    print(f"\n- {os.cpu_count()} cores, {load}, Python {platform.python_version()}, {git('--version').strip()}")
    print("- times are medians, ratios the medians of the rounds' own ratios; on a busy machine only the ratios hold")
    return 1 if options.check and not all(met for _, met in (*times, *counts)) else 0


if __name__ == "__main__":
    sys.exit(main())
