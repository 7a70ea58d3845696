"""What questions to a server cost: connections, bytes and git processes. No test asserts a time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import trips
from benchmarks.run import find_program
from benchmarks.trips import OPERATIONS, Count, Site, count, count_operation, measure_own_objects, open_sites
from tests.testing.builder import git
from tests.testing.remotes import need
from tests.testing.servers import GitDaemon
from tests.testing.servers.link import SlowLink, Traffic

COLD, WARM, SHOW, PUSH, WRITE_COLD, WRITE_WARM = OPERATIONS
PROCESSES = {PUSH: (16, 23), WRITE_COLD: (16, 23), WRITE_WARM: (15, 22)}
"""how many git processes write to a server, over git:// and over https; `docs/remotes.md` has the same"""
OTHERS = 6_000  # tags of other artifacts; listed, they would be some 600 kB


@pytest.fixture(scope="module")
def registries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("lighttpd", "openssl")
    return tmp_path_factory.mktemp("registries")


@pytest.fixture(scope="module", params=["git://", "https"])
def site(request: pytest.FixtureRequest, registries: Path) -> Iterator[Site]:
    """A server with many tags of other artifacts."""
    with open_sites(registries, OTHERS) as sites:
        yield next(site for site in sites if site.server == request.param)


def ask(site: Site, operation: trips.Operation) -> Count:
    return count_operation(site, operation, find_program())


def test_a_warm_question_receives_the_tags_of_its_artifact_alone(site: Site) -> None:
    counted = ask(site, WARM)
    assert counted.traffic.received < 20_000
    assert counted.traffic.connections == 1
    assert counted.processes == (3 if site.server == "git://" else 5)  # two of them git's for https


def test_a_cold_question_receives_little_more_than_its_objects(site: Site) -> None:
    counted = ask(site, COLD)
    assert counted.traffic.received < 1.3 * measure_own_objects(site) + 20_000
    assert counted.traffic.connections == 1
    assert counted.processes == (4 if site.server == "git://" else 6)


def test_a_question_about_the_whole_registry_receives_what_ls_remote_receives(site: Site) -> None:
    listed = count(site, ("git", "ls-remote", "--tags", site.url))
    counted = ask(site, SHOW)
    assert counted.traffic.received == pytest.approx(listed.traffic.received, rel=0.01)
    assert counted.traffic.connections == 1


@pytest.mark.parametrize("change", ["new", "moved", "deleted"])
def test_a_change_of_one_tag_receives_few_others(site: Site, change: str) -> None:
    ask(site, WARM)
    tag = f"refs/tags/{site.artifact}@v1.0.0"
    before = git("rev-parse", tag, repo=site.repository).strip()
    if change == "deleted":
        git("update-ref", "-d", tag, repo=site.repository)
    else:
        name = f"{site.artifact}@v{'99' if change == 'new' else '1'}.0.0"
        git("tag", "-f", "-a", "-m", "x", name, "main", repo=site.repository)
    try:
        counted = count(site, (find_program(), *WARM.arguments(site)))
    finally:
        git("update-ref", tag, before, repo=site.repository)
    assert counted.traffic.received < 1.3 * measure_own_objects(site) + 40_000
    assert counted.traffic.connections == 2


def test_a_push_reads_connects_and_looks(site: Site) -> None:
    counted = ask(site, PUSH)
    assert counted.traffic.connections == 3
    assert counted.processes == PROCESSES[PUSH][site.server == "https"]


def test_a_push_that_others_were_faster_than_reads_no_second_time(site: Site) -> None:
    ask(site, PUSH)
    git("tag", "-a", "-m", "x", f"{site.artifact}@v{site.link.traffic.received}.0.0", "main", repo=site.repository)
    counted = count(site, (find_program(), *PUSH.arguments(site)))
    assert counted.traffic.connections == 4


def test_a_write_by_address_reads_once_pushes_and_looks(site: Site) -> None:
    counted = ask(site, WRITE_WARM)
    assert counted.traffic.connections == 3
    assert counted.processes == PROCESSES[WRITE_WARM][site.server == "https"]


def test_a_first_write_by_address_reads_the_settings_with_the_tags(site: Site) -> None:
    counted = ask(site, WRITE_COLD)
    assert counted.traffic.connections == 3
    assert counted.processes == PROCESSES[WRITE_COLD][site.server == "https"]


def test_the_page_on_remotes_has_these_figures() -> None:
    page = (Path(__file__).parents[1] / "docs" / "remotes.md").read_text(encoding="utf-8")
    for operation, processes in PROCESSES.items():
        [row] = [line for line in page.splitlines() if line.startswith(f"| {operation.name} | 3")]
        assert row.endswith(f" | {', '.join(map(str, processes))} |")


def test_the_files_of_the_newest_commit_are_asked_for_without_listing_all(site: Site) -> None:
    command = (find_program(), "config", "list", "-r", site.url)
    count(site, command)
    counted = count(site, command)
    assert counted.traffic.received < 20_000


def test_the_link_counts_what_goes_over_it(tmp_path: Path) -> None:
    git("init", "--quiet", "--bare", str(tmp_path / "served" / "m.git"))
    with GitDaemon(tmp_path / "served") as daemon, SlowLink(daemon.port) as link:
        git("ls-remote", daemon.url("m", port=link.port))
        first = link.traffic
        link.forget()
        git("ls-remote", daemon.url("m", port=link.port))
        assert (first.connections, link.traffic.connections) == (1, 1)
        assert first.received == link.traffic.received > 50
        assert link.traffic.turns >= 2


def test_the_link_takes_its_time(tmp_path: Path) -> None:
    """A connection and two turns of 50 ms; nothing is said about how much longer it takes."""
    import time

    git("init", "--quiet", "--bare", str(tmp_path / "served" / "m.git"))
    with GitDaemon(tmp_path / "served") as daemon, SlowLink(daemon.port, round_trip=0.05) as link:
        start = time.monotonic()
        git("ls-remote", daemon.url("m", port=link.port))
        assert time.monotonic() - start >= 0.15
        assert 0.149 <= link.traffic.seconds <= time.monotonic() - start  # timers may end a tick of the clock early


def test_a_row_says_whether_its_limit_is_met() -> None:
    assert trips._count_row("x", FakeSite(), 1, Count(Traffic(1, 1, 1, 100), 3), 99)[1] is False
    assert trips._count_row("x", FakeSite(), 1, Count(Traffic(1, 1, 1, 100), 3), 100)[1] is True


class FakeSite:
    server = "git://"


def test_a_quick_run_prints_both_tables(tmp_path: Path) -> None:
    need("lighttpd", "openssl")
    command = [sys.executable, "-m", "benchmarks.trips", "--quick", "--build", str(tmp_path)]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [[cell.strip() for cell in line.split("|")[1:4]] for line in done.stdout.splitlines() if "| `" in line]
    names = [operation.name for operation in OPERATIONS]
    times = [[name, server, "40 ms"] for server in ("git://", "https") for name in names]
    counts = [[name, server, "100"] for server in ("git://", "https") for name in ("`git ls-remote`", *names)]
    assert [row for row in rows if row[0] != "what"] == times + counts
    assert str(tmp_path) not in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["registry-100-shape1"]
