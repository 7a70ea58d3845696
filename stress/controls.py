"""Campaign `controls`: each checker catches a writer that is wrong on purpose; a check that cannot fail is a defect."""

from __future__ import annotations

from collections.abc import Iterator

from tests.testing.servers import ByteCuttingProxy, CuttingProxy

from . import network_faults
from .checking import applied_twice, check_attempts, check_log
from .fault_injection import careless, hasty, make_template
from .faults import fail_calls
from .figures import Figure, Line, Setting
from .kill import kill_at_points
from .load import COMMON_MIX, Writer, run_load
from .local import SEED
from .sandbox import make_sandbox, read_tags
from .served import make_served
from .tracing import make_tracer

WORKERS, OPERATIONS = 4, 5
CUT_OPERATIONS = 5
FAULTS = 6  # many of them do no harm: git continues without the file it could not open


def run_campaign(setting: Setting) -> Iterator[Line]:
    """Run the campaign, which is always small."""
    yield run_naive_writer(setting)
    yield run_forceful_writer(setting)
    yield run_writer_that_decides_again(setting, "again", CuttingProxy)
    yield run_writer_that_decides_again(setting, "again-bytes", ByteCuttingProxy)
    tracer = make_tracer(setting.directory / "bin")
    template = make_template(setting.directory / "hasty")
    findings = check_attempts(kill_at_points(template, hasty(template), tracer, short=True, recover=False))
    yield Line("a writer that acknowledges before it writes", (caught("lost", len(findings.lost)),))
    if tracer is None:
        yield Line("a writer that ignores errors", remark="left out: tracing is not permitted here")
        return
    template = make_template(setting.directory / "careless")
    findings = check_attempts(
        fail_calls(template, careless(template), tracer, errors=["EIO"], most=FAULTS, recover=False)
    )
    yield Line("a writer that ignores errors", (caught("lost", len(findings.lost)),))


def run_naive_writer(setting: Setting) -> Line:
    """Run writers that read, then write over whatever is there."""
    sandbox = make_sandbox(setting.directory / "naive", WORKERS * OPERATIONS)
    log = run_load([sandbox], [Writer("naive")] * WORKERS, OPERATIONS, mix=COMMON_MIX, seed=SEED)
    findings = check_log(log, read_tags(sandbox))
    wrong = len(findings.lost) + len(findings.duplicate_counters) + len(findings.duplicate_versions)
    return Line(
        "a writer that reads, then writes with git tag -f",
        (
            caught("lost or doubled", wrong),
            Figure("lost", len(findings.lost)),
            Figure("duplicate counters", len(findings.duplicate_counters)),
            Figure("order violations", len(findings.disorder)),
        ),
    )


def run_forceful_writer(setting: Setting) -> Line:
    """Run writers that read a server's tags, then push over whatever is there."""
    served = make_served(setting.directory / "forceful", WORKERS * OPERATIONS)
    clones = served.make_clones(setting.directory / "forceful", WORKERS, served.bare.repository.as_uri())
    log = run_load(clones, [Writer("forceful")] * WORKERS, OPERATIONS, mix=COMMON_MIX, seed=SEED)
    findings = check_log(log, read_tags(served.bare))
    return Line(
        "a writer that reads, then pushes with git push --force",
        (
            caught("lost", len(findings.lost)),
            caught("duplicate counters", len(findings.duplicate_counters)),
            Figure("order violations", len(findings.disorder)),
        ),
    )


def run_writer_that_decides_again(setting: Setting, name: str, proxy: type[CuttingProxy]) -> Line:
    """Run writers, behind a proxy that cuts connections, that start again after a failed push."""
    log, served, _ = network_faults.run_load_with_faults(
        setting.directory / name, "git daemon", Writer("forceful"), CUT_OPERATIONS, mix=COMMON_MIX, proxy=proxy
    )
    twice = applied_twice(log, served.read_operations())
    return Line(
        f"a writer that decides again when a push fails, {proxy.__name__}",
        (Figure("operations", len(log)), caught("applied twice", len(twice))),
    )


def caught(what: str, number: int) -> Figure:
    """Make a figure that must not be 0, because the writer is wrong."""
    return Figure(f"caught: {what}", number, least=1)
