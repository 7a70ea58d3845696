"""Campaign `reading`: what a question to a remote registry costs, compared with listing the server's refs.

`git registry which -r URL` is measured cold, without a cache, and warm, with the cache of the last question. Both take
turns with `git ls-remote` of everything, and with the floor: starting Python with click, and reading the artifact's
tags in the server's repository. The bytes that the server sends are counted too, and compared with a clone, which is
what GTO makes. The repository has large files; none of them is fetched.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.timing import Command, Sample, always, measure
from tests.testing.environment import isolated_environment
from tests.testing.fast_import import git
from tests.testing.servers import GitDaemon, HttpsServer

from .figures import Figure, Line, Setting, one_line
from .local import find_gto
from .sandbox import find_program
from .served import NAME, RegistryServer, make_registry_server

TAGS, SHORT_TAGS = (1_000, 10_000), (100,)
ROUNDS, SHORT_ROUNDS = 9, 2
CLONE_ROUNDS = 3
MEGABYTES, SHORT_MEGABYTES = 25, 1  # of files in the repository
STAGE = "prod"
# Times ls-remote, above the floor. Over git:// the cold one has no bound: git's own fetch waits there, because its
# client and its server send small pieces that TCP holds back for the other side's acknowledgement.
COLD_LIMIT, WARM_LIMIT = 3.0, 2.0
WARM_BYTES_LIMIT = 20_000  # whatever else the server has
PACK_LIMIT = 1.3  # times a pack of the artifact's tags and commits
USER, PASSWORD = "ada", "s3cret"
_FIELDS = "%(refname)%00%(objectname)%00%(*objectname)%00%(taggerdate:raw)%00%(contents)"
_LONGEST = 300.0  # seconds for GTO
_PYTHON_CLICK = (sys.executable, "-c", "import click")


@dataclass(frozen=True, slots=True)
class Bench:
    """The server to measure, and how."""

    setting: Setting
    registry: RegistryServer
    environment: Mapping[str, str]
    url: str
    https: HttpsServer | None
    """the server, if it reports how many bytes it sent"""

    @property
    def caches(self) -> Path:
        """The directory of our program's caches."""
        return Path(self.environment["XDG_CACHE_HOME"])

    @property
    def question(self) -> tuple[str, ...]:
        """The arguments of the question, without the address."""
        return ("which", self.registry.artifact, STAGE)

    def run(self, *command: str) -> str:
        """Run a command and return what it prints."""
        done = subprocess.run(
            command, cwd=self.setting.directory, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed: {done.stderr}")
        return done.stdout

    def count_bytes(self, *command: str) -> int:
        """Count the bytes the server sends for a command, with the headers of HTTP."""
        assert self.https is not None
        self.https.forget()
        self.run(*command)
        return sum(int(request.rsplit(" ", 1)[1]) for request in self.https.requests())


def run_campaign(setting: Setting) -> Iterator[Line]:
    """Run the campaign."""
    for tags in SHORT_TAGS if setting.short else TAGS:
        directory = setting.directory / f"{tags}"
        environment = _environment(directory)
        registry = make_registry_server(
            directory / "root", tags, environment, megabytes=SHORT_MEGABYTES if setting.short else MEGABYTES
        )
        with ExitStack() as exits:
            daemon = exits.enter_context(GitDaemon(registry.root))
            https = exits.enter_context(HttpsServer(registry.root, user=USER, password=PASSWORD))
            git("config", "--global", "http.sslCAInfo", str(https.ca), environment=environment)
            address = https.url(NAME, user=USER, password=PASSWORD)
            for title, url, server in (("https", address, https), ("git daemon", daemon.url(NAME), None)):
                bench = Bench(setting, registry, environment, url, server)
                yield from measure_server(f"{title}, {tags:,} tags", bench)


def _environment(directory: Path) -> dict[str, str]:
    variables = {"XDG_CACHE_HOME": str(directory / "caches"), "GIT_ALLOW_PROTOCOL": "https:file:git"}
    return {**isolated_environment(directory / "home"), **variables}


def measure_server(title: str, bench: Bench) -> Iterator[Line]:
    """Measure a server, and return its lines."""
    yield Line(f"{title}, seconds", *measure_times(bench))
    yield Line(f"{title}, pack", measure_pack(bench))
    if bench.https is not None:
        yield Line(f"{title}, bytes sent by the server", measure_bytes(bench))
    yield measure_clone(f"{title}, to compare", bench)


def measure_times(bench: Bench) -> tuple[tuple[Figure, ...], str]:
    """Measure how long a question takes above the floor, as a multiple of ls-remote."""
    rounds, limits = (SHORT_ROUNDS, False) if bench.setting.short else (ROUNDS, True)
    question = (find_program(), *bench.question, "-r", bench.url)

    def cold(_: int) -> Sequence[str]:
        shutil.rmtree(bench.caches, ignore_errors=True)
        return question

    bare, place = str(bench.registry.bare), bench.setting.directory
    local = ("git", "-C", bare, "for-each-ref", f"--format={_FIELDS}", *bench.registry.patterns)
    commands = {
        "import click": Command(always(*_PYTHON_CLICK), place, prints=False),
        "for-each-ref": Command(always(*local), place),
        "ls-remote": Command(always("git", "ls-remote", bench.url), place),
        "cold": Command(cold, place),
        "warm": Command(always(*question), place),
    }
    samples = measure(commands, rounds, bench.environment)
    floor = samples["import click"].followed_by(samples["for-each-ref"])
    cold_ratio, warm_ratio = (above(samples[name], floor, samples["ls-remote"]) for name in ("cold", "warm"))
    same = bench.run(*question) == bench.run(find_program(), *bench.question, "-r", bare)
    medians = {**{name: samples[name] for name in ("ls-remote", "cold", "warm")}, "floor": floor}
    return (
        Figure("same answer as of the repository itself", int(same), least=1),
        Figure(
            "cold above the floor, times ls-remote", cold_ratio, most=COLD_LIMIT if limits and bench.https else None
        ),
        Figure("warm above the floor, times ls-remote", warm_ratio, most=WARM_LIMIT if limits else None),
    ), "medians in ms: " + ", ".join(f"{name} {sample.median * 1000:.0f}" for name, sample in medians.items())


def above(sample: Sample, floor: Sample, unit: Sample) -> float:
    """Return the median of what the rounds took above the floor, in terms of something else of the same round."""
    rounds = zip(sample.seconds, floor.seconds, unit.seconds, strict=True)
    return statistics.median((own - least) / its for own, least, its in rounds)


def measure_pack(bench: Bench) -> tuple[Figure, ...]:
    """Measure what a cold question fetches, against a pack of exactly the artifact's tags and commits."""
    _ask_cold(bench)
    [cache] = [path for path in bench.caches.rglob("*.git") if path.is_dir()] or [bench.caches]
    received = sum(path.stat().st_size for path in cache.rglob("*.pack"))
    listed = bench.run("git", "-C", str(cache), "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)")
    kinds = Counter(listed.split())
    loose = bench.run("git", "-C", str(cache), "count-objects").split(" ")[0]
    ratio = received / bench.registry.measure_smallest_pack()
    return (
        Figure("bytes", received, least=1),
        Figure("times a pack of the tags and commits alone", ratio, most=PACK_LIMIT),
        Figure("tags", kinds["tag"], least=1),
        Figure("commits", kinds["commit"], least=1),
        Figure("trees", kinds["tree"], most=0),
        Figure("blobs", kinds["blob"], most=0),
        Figure("objects that came without a pack", int(loose), most=0),
    )


def measure_bytes(bench: Bench) -> tuple[Figure, ...]:
    """Measure how much the server sends for a question."""
    question = (find_program(), *bench.question, "-r", bench.url)
    shutil.rmtree(bench.caches, ignore_errors=True)
    return (
        Figure("ls-remote", bench.count_bytes("git", "ls-remote", bench.url)),
        Figure("cold", bench.count_bytes(*question)),
        Figure("warm", bench.count_bytes(*question), most=WARM_BYTES_LIMIT),
    )


def measure_clone(title: str, bench: Bench) -> Line:
    """Measure a clone, and GTO, which makes one for every question; there are no bounds."""
    target = bench.setting.directory / "cloned"

    def clone(_: int) -> Sequence[str]:
        shutil.rmtree(target, ignore_errors=True)
        return ("git", "clone", "--quiet", bench.url, str(target))

    rounds = SHORT_ROUNDS if bench.setting.short else CLONE_ROUNDS
    took = measure({"clone": Command(clone, bench.setting.directory, prints=False)}, rounds, bench.environment)[
        "clone"
    ].median
    figures = [Figure("git clone, ms", round(took * 1000))]
    if bench.https is not None:
        figures.append(Figure("bytes", bench.count_bytes(*clone(0))))
    shutil.rmtree(target)
    return Line(title, tuple(figures), "" if bench.setting.short else _gto(bench))


def _gto(bench: Bench) -> str:
    program = find_gto()
    if program is None:
        return "GTO was left out: it cannot be installed"
    command = (program, "show", "-r", bench.url, bench.registry.artifact)
    if bench.https is not None:
        bench.https.forget()
    start = time.monotonic()
    try:
        done = subprocess.run(
            command,
            cwd=bench.setting.directory,
            env=bench.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST,
        )
    except subprocess.TimeoutExpired:
        return f"gto show -r URL did not end within {_LONGEST:.0f} s"
    seconds = time.monotonic() - start
    if done.returncode:
        return f"gto show -r URL failed: {one_line(done.stderr or done.stdout)}"
    requests = bench.https.requests() if bench.https is not None else []
    total = sum(int(request.rsplit(" ", 1)[1]) for request in requests)
    return f"gto show -r URL, once: {seconds:.1f} s" + (f", {total} bytes" if total else "")


def _ask_cold(bench: Bench) -> None:
    shutil.rmtree(bench.caches, ignore_errors=True)
    bench.run(find_program(), *bench.question, "-r", bench.url)
