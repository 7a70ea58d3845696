"""Measure the commands against git itself and against GTO; print one table of ratios.

Absolute times say more about the machine than about the program, so every time is compared with that of something
else measured in the same run, taking turns with it; the ratio is the median of the rounds' ratios (`timing` says why).
Every command is compared with its floor: starting Python with click, plus git's own command for the work, which is
`git for-each-ref` of all that has to be known for a question, and `git tag -a` for a write. The limits in the table
are the project's own promises.

    python -m benchmarks                    takes some minutes; the first run makes the registries
    python -m benchmarks --large            with a registry of a million tags, too; making it takes minutes
    python -m benchmarks --quick            small and imprecise, to see that it works
    python -m benchmarks --only which --check
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import chain, islice, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from gittag_registry.model.names import Kind, format_tag
from tests.testing.environment import isolated_environment

from .registries import (
    TAGS_PER_ARTIFACT,
    artifact_count,
    artifact_life,
    artifact_name,
    copy_registry,
    prepare_registry,
)
from .timing import Command, CommandFailed, Sample, always, measure

PROJECT = Path(__file__).resolve().parent.parent
LOOKUPS = ("which", "latest", "check-ref")
WRITES = ("register", "assign")
NAMES = ("help", "version", *LOOKUPS, "show", "history", *WRITES, "gto")
STAGE = "prod"
COLUMNS = 80
FRESH_STAGE = "canary"  # one that no artifact of the registries is in

START_LIMIT = 1.7
LOOKUP_LIMIT = 1.5
SHOW_LIMIT, SHOW_LIMIT_TAGS = 2.0, 100_000
WRITE_LIMIT = 3.0
MEMORY_LIMIT, MEGABYTE = 200, 1_000_000

PYTHON_CLICK = (sys.executable, "-c", "import click")
# NUL between the fields, as a program would ask for them.
FIELDS = "%00".join(
    f"%({field})"
    for field in (
        "refname",
        "objectname",
        "objecttype",
        "*objectname",
        "*objecttype",
        "tag",
        "taggername",
        "taggeremail",
        "taggerdate:raw",
        "contents",
    )
)
FOR_EACH_REF = ("git", "for-each-ref", f"--format={FIELDS}")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    what: str
    tags: str
    result: str
    reference: str = ""
    reference_result: str = ""
    ratio: str = ""
    processor_ratio: str = ""
    limit: str = ""
    met: bool | None = None
    """None where there is no limit"""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured: sizes of registries in tags, and repetitions."""

    lookups: tuple[int, ...]
    shows: tuple[int, ...]
    writes: int
    gto: tuple[int, ...]
    fast_rounds: int
    """of what takes a fraction of a second"""
    slow_rounds: int
    """of what takes seconds"""


FULL = Extent((10_000, 100_000), (1_000, 10_000, 100_000), 100_000, (1_000, 10_000), fast_rounds=30, slow_rounds=9)
LARGE = Extent((*FULL.lookups, 1_000_000), (*FULL.shows, 1_000_000), FULL.writes, FULL.gto, 30, 9)
QUICK = Extent((100, 1_000), (100, 1_000), 1_000, (100,), fast_rounds=2, slow_rounds=2)


@dataclass(frozen=True, slots=True)
class Bench:
    """What to measure, with which programs, on registries in which directory."""

    program: str
    gto: str | None
    extent: Extent
    only: frozenset[str]
    directory: Path
    environment: dict[str, str]

    def wanted(self, names: Sequence[str]) -> list[str]:
        """Those of the names that are to be measured."""
        return [name for name in names if name in self.only]

    def registry(self, tags: int) -> Path:
        """The registry with so many tags."""
        tell(f"registry of {tags:,} tags")
        return prepare_registry(self.directory, tags, self.environment)

    def measure(self, what: str, commands: dict[str, Command], rounds: int) -> dict[str, Sample]:
        """Measure commands that are to be compared with each other."""
        tell(f"measuring {what}: {', '.join(commands)}")
        return measure(commands, rounds, self.environment)

    def rounds(self, tags: int) -> int:
        """How often to repeat what reads so many tags."""
        if tags > SHOW_LIMIT_TAGS:
            return min(3, self.extent.slow_rounds)
        return self.extent.slow_rounds if tags == SHOW_LIMIT_TAGS else self.extent.fast_rounds


def start_rows(bench: Bench) -> Iterator[Row]:
    """`--help` and `--version`, against starting Python with click."""
    names = bench.wanted(("help", "version"))
    if not names:
        return
    commands = {"floor": Command(always(*PYTHON_CLICK), bench.directory, prints=False)}
    commands |= {name: Command(always(bench.program, f"--{name}"), bench.directory) for name in names}
    found = bench.measure("start", commands, bench.extent.fast_rounds)
    for name in names:
        yield compare(f"`--{name}`", None, found[name], "`import click`", found["floor"], START_LIMIT)


def lookup_rows(bench: Bench, tags: int) -> Iterator[Row]:
    """Questions about one artifact, against the floor of that artifact."""
    names = bench.wanted(LOOKUPS)
    if not names:
        return
    registry = bench.registry(tags)
    artifact = artifact_name(artifact_count(tags) // 2)
    pattern = f"refs/tags/{artifact}"
    questions = {
        "which": (artifact, STAGE),
        "latest": (artifact,),
        "check-ref": (format_tag(next(artifact_life(artifact))),),
    }
    commands = {
        "import click": Command(always(*PYTHON_CLICK), registry, prints=False),
        "for-each-ref": Command(always(*FOR_EACH_REF, f"{pattern}@*", f"{pattern}#*"), registry),
    }
    commands |= {name: Command(always(bench.program, name, *questions[name]), registry) for name in names}
    found = bench.measure(f"lookups at {tags:,} tags", commands, bench.extent.fast_rounds)
    for name in names:
        yield compare(f"`{name}`", tags, found[name], "floor of the artifact", floor(found), LOOKUP_LIMIT)


def show_rows(bench: Bench) -> Iterator[Row]:
    """The table of everything, against the floor of everything; how its time grows, and its memory."""
    if not bench.wanted(("show",)):
        return
    samples = {}
    for tags in bench.extent.shows:
        found = _measure_show(bench, tags)
        samples[tags] = found["show"]
        limit = SHOW_LIMIT if tags == SHOW_LIMIT_TAGS else None
        yield compare("`show`", tags, found["show"], "floor of everything", floor(found), limit)
    for fewer, more in pairwise(samples):
        yield growth(fewer, samples[fewer], more, samples[more])
    for tags, sample in samples.items():
        yield memory(tags, sample)


def _measure_show(bench: Bench, tags: int) -> dict[str, Sample]:
    registry = bench.registry(tags)
    commands = {
        "import click": Command(always(*PYTHON_CLICK), registry, prints=False),
        "for-each-ref": Command(always(*FOR_EACH_REF, "refs/tags"), registry),
        "show": Command(always(bench.program, "show"), registry),
    }
    return bench.measure(f"everything at {tags:,} tags", commands, bench.rounds(tags))


def table_rows(bench: Bench) -> Iterator[Row]:
    """The history in a narrow terminal, against its lines without a table: what the layout costs."""
    if not bench.wanted(("history",)):
        return
    tags = bench.extent.shows[1]
    terminal = (sys.executable, "-m", "benchmarks.terminal", f"{COLUMNS}", bench.program, "history", "--no-pager")
    registry = bench.registry(tags)
    commands = {
        name: Command(always(*terminal, "-C", str(registry), "--format", name), PROJECT) for name in ("table", "plain")
    }
    found = bench.measure(f"the history of {tags:,} tags", commands, bench.extent.slow_rounds)
    yield compare(f"`history`, {COLUMNS} columns", tags, found["table"], "`history --plain`", found["plain"])


def write_rows(bench: Bench) -> Iterator[Row]:
    """Writing one tag, against starting Python with click, plus `git tag -a`; in a copy that is thrown away."""
    names = bench.wanted(WRITES)
    if not names:
        return
    tags = bench.extent.writes
    source = bench.registry(tags)
    with TemporaryDirectory(dir=bench.directory, prefix="written-") as directory:
        registry = Path(directory, "registry")
        copy_registry(source, registry)
        before = _count_tags(registry, bench)
        commands = _write_commands(bench, names, registry, _newest_version())
        found = bench.measure(f"writes at {tags:,} tags", commands, bench.extent.fast_rounds)
        written = _count_tags(registry, bench) - before
    expected = (1 + len(names)) * (1 + bench.extent.fast_rounds)
    if written != expected:
        raise CommandFailed(f"{expected} tags should have been written, but {written} were")
    reference = found["import click"].followed_by(found["tag -a"])
    for name in names:
        yield compare(f"`{name}`", tags, found[name], "`import click` + `git tag -a`", reference, WRITE_LIMIT)


def _write_commands(bench: Bench, names: list[str], registry: Path, newest: str) -> dict[str, Command]:
    """Every repetition writes to an artifact of its own, which HEAD is no version of."""

    def register(number: int) -> Sequence[str]:
        return bench.program, "register", artifact_name(number)

    def assign(number: int) -> Sequence[str]:
        return bench.program, "assign", artifact_name(number), FRESH_STAGE, "--version", newest

    def tag(number: int) -> Sequence[str]:
        return "git", "tag", "-a", "-m", "Registering artifact churn version v1.0.0", f"tag-{number}"

    commands = {
        "import click": Command(always(*PYTHON_CLICK), registry, prints=False),
        "tag -a": Command(tag, registry, prints=False),
        "register": Command(register, registry),
        "assign": Command(assign, registry),
    }
    return {name: command for name, command in commands.items() if name not in WRITES or name in names}


def _newest_version() -> str:
    """The newest version of every artifact with a full life."""
    life = islice(artifact_life(artifact_name(0)), TAGS_PER_ARTIFACT)
    return [tag.version or "" for tag in life if tag.kind is Kind.REGISTRATION][-1]


def _count_tags(registry: Path, bench: Bench) -> int:
    command = ["git", "for-each-ref", "--format=x", "refs/tags"]
    done = subprocess.run(command, cwd=registry, env=bench.environment, capture_output=True, check=True)
    return done.stdout.count(b"x")


def gto_rows(bench: Bench) -> Iterator[Row]:
    """GTO's commands on the same registries; only `show` where it takes long."""
    if bench.gto is None or not bench.wanted(("gto",)):
        return
    for tags in bench.extent.gto:
        yield from _gto_rows(bench, bench.gto, tags, ("show", "history", "check-ref") if tags <= 1_000 else ("show",))


def _gto_rows(bench: Bench, gto: str, tags: int, names: Sequence[str]) -> Iterator[Row]:
    registry = bench.registry(tags)
    operands = {"check-ref": [format_tag(next(artifact_life(artifact_name(0))))]}
    commands = {
        f"{label}{name}": Command(always(program, name, *operands.get(name, [])), registry)
        for name in names
        for label, program in (("", bench.program), ("gto ", gto))
    }
    found = bench.measure(f"GTO at {tags:,} tags", commands, 2 if tags > 1_000 else min(5, bench.extent.slow_rounds))
    for name in names:
        yield faster(f"`{name}`", tags, found[name], found[f"gto {name}"])


def floor(found: dict[str, Sample]) -> Sample:
    """What any program of this kind needs to fetch the answer."""
    return found["import click"].followed_by(found["for-each-ref"])


def compare(
    what: str, tags: int | None, sample: Sample, label: str, reference: Sample, limit: float | None = None
) -> Row:
    """A row that compares a command with a reference measured in the same rounds."""
    ratio = sample.ratio_to(reference)
    return Row(
        what,
        "" if tags is None else f"{tags:,}",
        duration(sample.median),
        label,
        duration(reference.median),
        f"{ratio:.2f}",
        f"{sample.processor_ratio_to(reference):.2f}",
        "" if limit is None else f"{limit}",
        None if limit is None else ratio <= limit,
    )


def faster(what: str, tags: int, ours: Sample, theirs: Sample) -> Row:
    """A row with how many times faster than GTO we are."""
    ratio = f"{theirs.ratio_to(ours):,.0f} times faster"
    return Row(what, f"{tags:,}", duration(ours.median), "GTO", duration(theirs.median), ratio)


def growth(fewer: int, small: Sample, more: int, large: Sample) -> Row:
    """A row that compares `show` of a registry with that of a smaller one."""
    label, ratio = f"`show` at {fewer:,}", f"{large.median / small.median:.2f}"
    return Row("`show`, growth", f"{more:,}", duration(large.median), label, duration(small.median), ratio)


def memory(tags: int, sample: Sample) -> Row:
    """A row with the peak memory of a command."""
    peak = sample.peak / MEGABYTE
    limited = tags == SHOW_LIMIT_TAGS
    return Row(
        "`show`, peak memory",
        f"{tags:,}",
        f"{peak:.0f} MB",
        limit=f"{MEMORY_LIMIT} MB" if limited else "",
        met=peak <= MEMORY_LIMIT if limited else None,
    )


def duration(seconds: float) -> str:
    """A time, to be read by people."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


def table(rows: Sequence[Row]) -> str:
    """The rows as a markdown table."""
    head = ("what", "tags", "result", "compared with", "result", "ratio", "processor time", "limit", "met")
    lines = [head, ("---", "---:", "---:", "---", "---:", "---:", "---:", "---:", "---")]
    for row in rows:
        met = "" if row.met is None else "yes" if row.met else "**no**"
        ratios = row.ratio, row.processor_ratio
        lines.append((row.what, row.tags, row.result, row.reference, row.reference_result, *ratios, row.limit, met))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def machine(bench: Bench) -> Iterator[str]:
    """The conditions of the measurement."""
    yield f"{platform.system()} on {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start"
    packages = [f"{name} {version(name)}" for name in ("click", "gittag-registry")]
    yield ", ".join([f"Python {platform.python_version()}", _first_line("git", "--version"), *packages])
    yield _first_line(bench.gto, "--version") if bench.gto else "GTO was left out: `--gto PATH` measures it too"
    yield "times are medians, ratios the medians of the rounds' own ratios; on a busy machine only the ratios hold"
    yield "processor time: the ratio of the times that the processes used the processors, which hardly depends on load"
    yield "floor: `python -c 'import click'` + `git for-each-ref` of the same fields"


def _first_line(*arguments: str) -> str:
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    return done.stdout.encode("ascii", "ignore").decode().strip().partition("\n")[0]


def has_import_hook() -> bool:
    """Whether an editable installation finds modules by a hook, which costs every start time."""
    return any(getattr(finder, "__module__", "").startswith("__editable__") for finder in sys.meta_path)


def find_program() -> str:
    """The installed command that belongs to this Python."""
    found = shutil.which("gittag-registry", path=str(Path(sys.executable).parent))
    if found is None:
        raise SystemExit("gittag-registry is not installed beside this Python: pip install .")
    return found


def find_gto(asked: str | None, *, quick: bool) -> str | None:
    """The `gto` to compare with: the one asked for, or the one that the interoperability tests use."""
    usual = PROJECT / ".tools" / "gto" / "bin" / "gto"
    given = asked or (None if quick else os.environ.get("GITTAG_TEST_GTO"))
    if given is None:
        return str(usual) if usual.is_file() and not quick else None
    found = shutil.which(given)
    if found is None:
        raise SystemExit(f"{given!r} is not a program: --gto takes the path of the gto command")
    return str(Path(found).absolute())  # it runs in other directories


def tell(text: str) -> None:
    """Print the progress on standard error."""
    print(text, file=sys.stderr, flush=True)


def parse_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    extent = parser.add_mutually_exclusive_group()
    extent.add_argument("--quick", action="store_true", help="small registries, few repetitions, without GTO")
    extent.add_argument("--large", action="store_true", help="measure a registry of a million tags, too")
    parser.add_argument("--only", metavar="NAME", action="append", choices=NAMES, help=f"one of {', '.join(NAMES)}")
    parser.add_argument("--gto", metavar="PATH", help="the gto command; default: $GITTAG_TEST_GTO or that of the tests")
    build = PROJECT / "build" / "benchmarks"
    parser.add_argument("--build", metavar="DIR", type=Path, default=build, help="where registries are kept")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a limit is not met")
    return parser.parse_args(arguments)


def main() -> int:
    """Measure, and print the table."""
    options = parse_options()
    directory = options.build.absolute()
    bench = Bench(
        program=find_program(),
        gto=find_gto(options.gto, quick=options.quick),
        extent=QUICK if options.quick else LARGE if options.large else FULL,
        only=frozenset(options.only or NAMES),
        directory=directory,
        environment=isolated_environment(directory / "home"),
    )
    facts = list(machine(bench))
    if has_import_hook():
        facts.append("**The installation is editable, by an import hook that slows every start.**")
    lookups = (lookup_rows(bench, tags) for tags in bench.extent.lookups)
    try:
        rows = list(
            chain(start_rows(bench), *lookups, show_rows(bench), table_rows(bench), write_rows(bench), gto_rows(bench))
        )
    except CommandFailed as error:
        raise SystemExit(str(error)) from error
    print(table(rows))
    print()
    print("\n".join(f"- {fact}" for fact in facts))
    return 1 if options.check and any(row.met is False for row in rows) else 0
