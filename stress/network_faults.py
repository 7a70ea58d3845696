"""Campaign `network-faults`: connections break while tags are pushed, and every operation is done once or not at all.

A proxy before the server cuts a third of the connections. First it cuts most of them after the server got the whole
request; then at a random byte, in either direction, with RST or FIN, over git's own protocol, https and ssh. What a
writer reports must be true: the operation was done, it was not done, or the result is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from tests.testing.fast_import import git
from tests.testing.servers import ByteCuttingProxy, CuttingProxy, GitDaemon, HttpsServer, SshServer

from .checking import Operation, applied_twice, check_log, unclaimed
from .figures import Figure, Line, Setting, none_of
from .load import OUR_MIX, Writer, run_load
from .local import SEED, describe_duration
from .sandbox import read_tags
from .served import NAME, Served, make_served

SHARE = 0.35  # of the connections
WORKERS = 4
OPERATIONS = {"git daemon": 50, "https": 75}  # of each; over https fewer of the cuts leave the result unknown
SHORT_OPERATIONS = {"git daemon": 3}
AT_RANDOM_BYTES = {"git daemon": 50, "https": 20, "ssh": 15}
SHORT_AT_RANDOM_BYTES = {"git daemon": 3, "https": 2, "ssh": 2}
LEAST_DOUBTS = 30
USER, PASSWORD = "ada", "s3cret"


def run_campaign(setting: Setting) -> Iterator[Line]:
    """Run the campaign; if it is short, without the impatient writers, and with less of the rest."""
    least = 0 if setting.short else LEAST_DOUBTS
    most = None if setting.short else 0  # of duplicate counters; a short campaign may have one by chance
    for protocol, operations in (SHORT_OPERATIONS if setting.short else OPERATIONS).items():
        directory = setting.directory / protocol.rpartition(" ")[2]
        log, served, cuts = run_load_with_faults(directory, protocol, Writer("pushing"), operations, mix=OUR_MIX)
        title = f"{protocol}, {WORKERS} clones x {operations} operations"
        yield judge_load(title, served, log, cuts, least=least, most=most)
    for protocol, operations in (SHORT_AT_RANDOM_BYTES if setting.short else AT_RANDOM_BYTES).items():
        directory = setting.directory / f"{protocol.rpartition(' ')[2]}-bytes"
        log, served, cuts = run_load_with_faults(
            directory, protocol, Writer("pushing"), operations, mix=OUR_MIX, proxy=ByteCuttingProxy
        )
        title = f"{protocol}, cut at random bytes, {WORKERS} clones x {operations} operations"
        yield judge_load(title, served, log, cuts, least=0, most=most)
    if not setting.short:
        protocol, operations = next(iter(OPERATIONS.items()))
        log, served, cuts = run_load_with_faults(
            setting.directory / "impatient", protocol, Writer("impatient"), operations, mix=OUR_MIX
        )
        title = f"{protocol}, {WORKERS} clones x {operations} operations that give up almost immediately"
        # A writer that gives up does not wait to see whether a rival has the same counter.
        yield judge_load(title, served, log, cuts, least=0, most=None)


def run_load_with_faults(
    directory: Path,
    protocol: str,
    writer: Writer,
    operations: int,
    *,
    mix: Mapping[str, int],
    proxy: type[CuttingProxy] = CuttingProxy,
) -> tuple[list[Operation], Served, tuple[Figure, ...]]:
    """Run a load through a proxy that cuts connections.

    Returns:
        The log, the server's repository, and how many connections there were and were cut.
    """
    served = make_served(directory, WORKERS * operations)
    with ExitStack() as exits:
        if protocol == "https":
            https = exits.enter_context(HttpsServer(served.root, user=USER, password=PASSWORD))
            git("config", "--global", "http.sslCAInfo", str(https.ca), environment=served.clone.environment)
            cutting = exits.enter_context(proxy(https.port, share=SHARE))
            url = https.url(NAME, user=USER, password=PASSWORD, port=cutting.port)
        elif protocol == "ssh":
            ssh = exits.enter_context(SshServer(directory / "ssh"))
            cutting = exits.enter_context(proxy(ssh.port, share=SHARE))
            served = served.with_variables(ssh.configure(directory / "ssh" / "client", port=cutting.port))
            url = ssh.url(served.bare.repository, port=cutting.port)
        else:
            daemon = exits.enter_context(GitDaemon(served.root))
            cutting = exits.enter_context(proxy(daemon.port, share=SHARE))
            url = daemon.url(NAME, port=cutting.port)
        clones = served.make_clones(directory, WORKERS, url)
        log = run_load(clones, [writer] * WORKERS, operations, mix=mix, seed=SEED)
    return log, served, (Figure("connections", cutting.connections), Figure("cut", cutting.cuts, least=1))


def judge_load(
    title: str, served: Served, log: list[Operation], cuts: tuple[Figure, ...], *, least: int, most: int | None
) -> Line:
    """Return the line of a load whose connections were cut; an operation may fail if it had no effect.

    Args:
        least: how many pushes must be in doubt.
        most: how many duplicate counters are allowed.
    """
    tags = read_tags(served.bare)
    findings = check_log(log, tags)
    return Line(
        title,
        (
            Figure("operations", len(log), least=1),
            none_of("lost", findings.lost),
            none_of("applied twice", applied_twice(log, served.read_operations())),
            replace(none_of("duplicate counters", findings.duplicate_counters), most=most),
            none_of("duplicate versions", findings.duplicate_versions),
            none_of("order violations", findings.disorder),
            none_of("present, but not reported", unclaimed(log, tags)),
            none_of("half done", findings.half),
            Figure("pushes in doubt", sum(operation.doubts for operation in log), least=least),
            Figure("operations in doubt", sum(operation.doubts > 0 for operation in log)),
            Figure("reported as unknown", len(findings.unknown)),
            Figure("failed without effect", len(findings.failures)),
            Figure("nothing to do", sum(operation.idle for operation in log)),
            Figure("tags", len(tags), least=1),
            Figure("withdrawn", served.count_withdrawn()),
            Figure("withdrawn and present again", served.count_returned()),
            *cuts,
        ),
        describe_duration(log),
    )
