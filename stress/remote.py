"""Campaign `remote`: many clones write to one server, and nothing is lost, doubled or out of order.

Every worker has a clone of its own and pushes each operation. A server compares one tag at a time, so two writers may
use the same counter in different stages; then one of the tags is withdrawn, and the line says how many were.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from tests.testing.servers import GitDaemon

from .checking import Operation, check_log, unclaimed
from .figures import Figure, Line, Setting, none_of
from .load import OUR_MIX, Writer, run_load
from .local import SEED, describe_duration
from .sandbox import read_tags
from .served import NAME, Served, make_served

WORKERS, OPERATIONS = 16, 50
SHORT_WORKERS, SHORT_OPERATIONS = 4, 4


def run_campaign(setting: Setting) -> Iterator[Line]:
    """Run the campaign: over git's own protocol, or to be short by the path of the repository."""
    workers, operations = (SHORT_WORKERS, SHORT_OPERATIONS) if setting.short else (WORKERS, OPERATIONS)
    served = make_served(setting.directory, workers * operations)
    with ExitStack() as exits:
        if setting.short:
            title, url = "file", served.bare.repository.as_uri()
        else:
            title, url = "git daemon", exits.enter_context(GitDaemon(served.root)).url(NAME)
        clones = served.make_clones(setting.directory, workers, url)
        log = run_load(clones, [Writer("pushing")] * workers, operations, mix=OUR_MIX, seed=SEED)
    yield judge_load(f"{title}, {workers} clones x {operations} operations", served, log)


def judge_load(title: str, served: Served, log: list[Operation]) -> Line:
    """Return the line of a load, which must have no faults and no failures."""
    tags = read_tags(served.bare)
    findings = check_log(log, tags)
    return Line(
        title,
        (
            Figure("operations", len(log), least=1),
            none_of("lost", findings.lost),
            none_of("duplicate counters", findings.duplicate_counters),
            none_of("duplicate versions", findings.duplicate_versions),
            none_of("order violations", findings.disorder),
            none_of("present, but not reported", unclaimed(log, tags)),
            none_of("failed", (*findings.failures, *findings.unknown)),
            Figure("nothing to do", sum(operation.idle for operation in log)),
            Figure("tags", len(tags), least=1),
            Figure("withdrawn", served.count_withdrawn()),
        ),
        describe_duration(log),
    )
