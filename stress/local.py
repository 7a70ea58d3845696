"""Campaign `local`: many processes write to one repository, and nothing is lost, doubled or out of order.

Three quarters of the workers call the Python functions, the others run the command line. The load is run as it is,
with `git pack-refs --all` running all the time, and with the writer lock made unusable: the lock is for fairness, and
correctness does not depend on it. GTO runs under a smaller load of the same kind, for comparison.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from tests.interop import peers

from .checking import LogFindings, Operation, check_log
from .figures import Figure, Line, Setting, none_of
from .load import COMMON_MIX, OUR_MIX, Writer, run_load
from .sandbox import Sandbox, find_program, make_sandbox, read_tags

WORKERS, OPERATIONS = 16, 50
SHORT_WORKERS, SHORT_OPERATIONS = 4, 4
GTO_OPERATIONS = 10  # of each worker; one takes GTO half a second of computing
SEED = 1
LOCK = "gittag-registry.lock"  # in the common directory of git
_COMMAND_WORKERS = 4  # one worker of so many runs the command line


def run_campaign(setting: Setting) -> Iterator[Line]:
    """Run the campaign."""
    workers, operations = (SHORT_WORKERS, SHORT_OPERATIONS) if setting.short else (WORKERS, OPERATIONS)
    writers = make_writers(workers)
    size = f"{workers} processes x {operations} operations"
    sandbox = make_sandbox(setting.directory / "plain", workers * operations)
    yield judge_load(size, *run_and_check(sandbox, writers, operations))
    sandbox = make_sandbox(setting.directory / "packed", workers * operations)
    yield judge_load(
        f"{size}, pack-refs beside",
        *run_and_check(sandbox, writers, operations, beside=pack_refs_again_and_again(sandbox)),
    )
    sandbox = make_sandbox(setting.directory / "unlocked", workers * operations)
    (sandbox.repository / ".git" / LOCK).mkdir()  # a directory cannot be opened for writing
    yield judge_load(f"{size}, lock unusable", *run_and_check(sandbox, writers, operations))
    if not setting.short:
        yield compare_with_gto(setting, workers)


def make_writers(workers: int) -> list[Writer]:
    """Make workers of our programs."""
    program = find_program()
    return [Writer("python") if number % _COMMAND_WORKERS else Writer("command", program) for number in range(workers)]


def run_and_check(
    sandbox: Sandbox, writers: list[Writer], operations: int, *, beside: AbstractContextManager[None] | None = None
) -> tuple[list[Operation], LogFindings]:
    """Run our load on a repository, and return the log and the faults in it."""
    with beside or nullcontext():
        log = run_load([sandbox], writers, operations, mix=OUR_MIX, seed=SEED)
    return log, check_log(log, read_tags(sandbox))


@contextmanager
def pack_refs_again_and_again(sandbox: Sandbox) -> Iterator[None]:
    """Pack all refs again and again, as maintenance may at any time."""
    script = "while :; do git pack-refs --all 2>/dev/null; done"
    with subprocess.Popen(["sh", "-c", script], cwd=sandbox.repository, env=sandbox.environment) as process:
        try:
            yield
        finally:
            process.kill()


def judge_load(title: str, log: list[Operation], findings: LogFindings) -> Line:
    """Return the line of a load, which must have no faults."""
    return Line(
        title,
        (
            Figure("operations", len(log), least=1),
            none_of("lost", findings.lost),
            none_of("duplicate counters", findings.duplicate_counters),
            none_of("duplicate versions", findings.duplicate_versions),
            none_of("order violations", findings.disorder),
            none_of("failed", findings.failures),
            Figure("nothing to do", sum(operation.idle for operation in log)),
            Figure("tags", sum(len(operation.written) for operation in log), least=1),
        ),
        describe_duration(log),
    )


def describe_duration(log: list[Operation]) -> str:
    """Describe how long a load took, and its operations."""
    whole = max(operation.end for operation in log) - min(operation.start for operation in log)
    each = sorted(operation.end - operation.start for operation in log)
    return f"{whole / 1e9:.1f} s; of an operation {each[len(each) // 2] / 1e9:.1f} s, at most {each[-1] / 1e9:.1f} s"


def compare_with_gto(setting: Setting, workers: int) -> Line:
    """Run GTO under a smaller load, and return its line, which has no bounds."""
    title = f"GTO, {workers} processes x {GTO_OPERATIONS} operations"
    program = find_gto()
    if program is None:
        return Line(title, remark="left out: GTO cannot be installed")
    sandbox = make_sandbox(setting.directory / "gto", workers * GTO_OPERATIONS)
    log = run_load([sandbox], [Writer("gto", program)] * workers, GTO_OPERATIONS, mix=COMMON_MIX, seed=SEED)
    findings = check_log(log, read_tags(sandbox))
    figures = (
        Figure("operations", len(log)),
        Figure("lost", len(findings.lost)),
        Figure("duplicate counters", len(findings.duplicate_counters)),
        Figure("duplicate versions", len(findings.duplicate_versions)),
        Figure("order violations", len(findings.disorder)),
        Figure("failed", len(findings.failures)),
    )
    return Line(title, figures, describe_duration(log))


def find_gto() -> str | None:
    """Return the `gto` that the interoperability tests use, installed if it is not; None if that fails."""
    try:
        return str(peers.executable("gto"))
    except RuntimeError:
        return None
