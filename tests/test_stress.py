"""The campaigns of `stress/` run, in their short form, and their checkers find faults. No test asserts a time.

That each checker catches a real writer that is wrong is the campaign `controls`; here they are shown hand-made logs.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stress import tracing
from stress.__main__ import CAMPAIGNS
from stress.checking import (
    HUNG,
    Attempt,
    Operation,
    applied_twice,
    check_attempts,
    check_log,
    unclaimed,
)
from stress.documents import read_error, read_written
from stress.figures import Figure, Line
from stress.served import make_served
from tests.testing.builder import git
from tests.testing.remotes import need
from tests.testing.servers.install import require

PROJECT = Path(__file__).parents[1]
TRACING = ("kill", "faults", "controls")
SERVERS = {
    "reading": ("lighttpd", "openssl"),
    "network-faults": ("lighttpd", "openssl", "sshd", "ssh", "ssh-keygen"),
}


def run_stress(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stress", *arguments]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)


def require_strace() -> None:
    """Skip without strace, but in CI install it."""
    if shutil.which("strace") is None and os.environ.get("CI") != "true":
        pytest.skip("strace is not installed")
    require("strace")


@pytest.mark.parametrize("campaign", CAMPAIGNS)
def test_a_short_campaign_meets_its_figures(campaign: str) -> None:
    if campaign in TRACING:
        require_strace()
    need(*SERVERS.get(campaign, ()))
    done = run_stress("--short", campaign)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "MISSED" not in done.stdout
    assert {line.split(":")[0] for line in done.stdout.splitlines()} == {campaign}


def test_an_unknown_campaign_is_a_usage_error() -> None:
    done = run_stress("--short", "nonsense")
    assert done.returncode == 2
    assert "no campaign 'nonsense'" in done.stderr


def operation(start: int, end: int, *names: str, deleted: tuple[str, ...] = (), error: str = "") -> Operation:
    """An operation that wrote tags whose object ids are their names in capitals."""
    written = tuple((name, name.upper()) for name in names)
    return Operation("1", "some command", start, end, written, deleted, error)


def tags(*names: str) -> dict[str, str]:
    return {name: name.upper() for name in names}


def test_a_log_in_order_has_no_findings() -> None:
    log = [operation(1, 2, "churn@v0.0.1"), operation(3, 4, "churn@v0.0.2", "churn#prod#1"), operation(5, 6)]
    found = check_log(log, tags("churn@v0.0.1", "churn@v0.0.2", "churn#prod#1", "unrelated"))
    assert found == type(found)()


def test_an_acknowledged_tag_that_is_gone_is_lost() -> None:
    assert check_log([operation(1, 2, "churn#prod#1")], {}).lost == ("'churn#prod#1' was acknowledged and is missing",)


def test_an_acknowledged_tag_that_became_another_object_is_lost() -> None:
    found = check_log([operation(1, 2, "churn#prod#1")], {"churn#prod#1": "other"})
    assert found.lost == ("'churn#prod#1' was acknowledged as CHURN#P and is other",)


def test_an_acknowledged_tag_without_a_known_object_only_has_to_be_there() -> None:
    log = [Operation("1", "some command", 1, 2, (("churn#prod#1", ""),))]
    assert check_log(log, {"churn#prod#1": "any"}).lost == ()


def test_a_tag_that_an_acknowledged_deletion_took_away_is_not_lost() -> None:
    log = [operation(1, 2, "churn#prod#1"), operation(3, 4, deleted=("churn#prod#1",))]
    assert check_log(log, {}).lost == ()


def test_two_acknowledgements_of_one_tag_are_duplicates() -> None:
    found = check_log([operation(1, 4, "churn#prod#1"), operation(2, 3, "churn#prod#1")], tags("churn#prod#1"))
    assert found.duplicate_counters == ("2 operations acknowledged 'churn#prod#1'",)


def test_two_tags_of_one_artifact_with_one_counter_are_duplicates() -> None:
    found = check_log([], tags("churn#prod#1", "churn#dev!#1", "segment#dev#1"))
    assert found.duplicate_counters == ("2 tags of 'churn' have counter 1",)


def test_a_version_registered_twice_is_a_duplicate_unless_it_was_taken_back_between() -> None:
    assert check_log([], tags("churn@v1.0.0", "churn@v1.0.0#2")).duplicate_versions == ("'churn' has 2 active v1.0.0",)
    assert check_log([], tags("churn@v1.0.0", "churn@v1.0.0!", "churn@v1.0.0#2")).duplicate_versions == ()


def test_a_lower_counter_after_an_acknowledged_one_is_disorder() -> None:
    found = check_log([operation(1, 2, "churn#prod#2"), operation(3, 4, "churn#dev#1")], {})
    assert found.disorder == ("'churn#dev#1' began after 'churn#prod#2' was acknowledged",)


def test_a_lower_version_after_an_acknowledged_one_is_disorder() -> None:
    found = check_log([operation(1, 2, "churn@v0.0.10"), operation(3, 4, "churn@v0.0.9")], {})
    assert found.disorder == ("'churn@v0.0.9' began after 'churn@v0.0.10' was acknowledged",)


def test_operations_at_the_same_time_may_come_in_either_order() -> None:
    assert check_log([operation(1, 4, "churn#prod#2"), operation(3, 5, "churn#prod#1")], {}).disorder == ()


def test_numbers_of_different_artifacts_are_not_compared() -> None:
    assert check_log([operation(1, 2, "churn#prod#2"), operation(3, 4, "segment#prod#1")], {}).disorder == ()


def test_an_operation_that_ended_in_an_error_is_a_failure() -> None:
    assert check_log([operation(1, 2, error="full")], {}).failures == ("some command: full",)


def unknown_operation(*names: str, deleted: tuple[str, ...] = ()) -> Operation:
    """An operation of which nobody knows what became of it; the objects it made are aa, bb, ..."""
    made = tuple((name, letter * 2) for name, letter in zip(names, "abc", strict=False))
    unknown = (*made, *((name, "") for name in deleted))
    return Operation("1", "some command", 1, 2, error="it fell silent", unknown=unknown)


def test_an_operation_whose_outcome_nobody_knows_is_counted_apart() -> None:
    found = check_log([unknown_operation("churn#prod#1")], {})
    assert (len(found.unknown), found.failures, found.half) == (1, (), ())


@pytest.mark.parametrize(
    ("there", "half"),
    [({}, 0), ({"churn@v1.0.0": "aa", "churn#prod#1": "bb"}, 0), ({"churn@v1.0.0": "aa"}, 1)],
    ids=["nothing", "all", "some"],
)
def test_an_operation_whose_outcome_nobody_knows_is_there_or_not(there: dict[str, str], half: int) -> None:
    found = check_log([unknown_operation("churn@v1.0.0", "churn#prod#1")], there)
    assert len(found.half) == half


def test_another_writers_tag_of_the_same_name_is_not_of_the_unknown_operation() -> None:
    assert check_log([unknown_operation("churn@v1.0.0", "churn#prod#1")], {"churn@v1.0.0": "other"}).half == ()


def test_tags_that_may_have_been_taken_back_are_there_or_not() -> None:
    log = [unknown_operation(deleted=("churn@v1.0.0", "churn#prod#1"))]
    assert unclaimed(log, tags("churn@v1.0.0", "churn#prod#1")) == ()
    assert [len(check_log(log, there).half) for there in ({}, tags("churn@v1.0.0"))] == [0, 1]


def test_a_tag_that_nobody_was_told_of_is_unclaimed() -> None:
    log = [operation(1, 2, "churn#prod#1"), unknown_operation("churn#prod#2")]
    names = ("churn#prod#1", "churn#prod#2", "churn#prod#3")
    assert unclaimed(log, names) == ("'churn#prod#3' is present, but no writer reported it",)


def test_two_tags_of_one_kind_for_one_operation_are_applied_twice() -> None:
    made_by = {"churn@v1.0.0": "17", "churn#prod#1": "17", "churn#prod#2": "18", "churn#prod#3": "18"}
    assert applied_twice([], made_by) == ("operation 18 made 2 tags for one assignment",)


def test_one_operation_that_two_callers_were_told_of_is_applied_twice() -> None:
    log = [operation(1, 2, "churn@v1.0.0"), operation(1, 2, "churn#prod#1")]
    made_by = {"churn@v1.0.0": "17", "churn#prod#1": "17"}
    assert applied_twice(log, made_by) == ("operation 17 was acknowledged 2 times",)


TWO = ("churn@v1.1.0", "churn#prod#1")


def attempt(
    *,
    code: int = 0,
    acknowledged: tuple[str, ...] = (),
    after: tuple[str, ...] = (),
    planned: tuple[str, ...] = ("churn#prod#1",),
    unreadable: tuple[str, ...] = (),
    errors: str = "",
    repaired: bool = False,
    stuck: str = "",
) -> Attempt:
    """An attempt where `churn@v1.0.0` was there before, and with `after` afterwards."""
    before = tags("churn@v1.0.0")
    now = before | tags(*after)
    return Attempt("there", code, acknowledged, before, now, unreadable, planned, errors, repaired, stuck)


@pytest.mark.parametrize(
    "harmless",
    [
        attempt(acknowledged=("churn#prod#1",), after=("churn#prod#1",)),
        attempt(code=-9),
        attempt(code=-9, after=("churn#prod#1",)),
        attempt(code=1, errors="error: no space left"),
    ],
    ids=["done", "nothing written", "written and not acknowledged", "failed and said so"],
)
def test_an_operation_with_a_fault_may_end_like_this(harmless: Attempt) -> None:
    found = check_attempts([harmless])
    assert found == type(found)()


def test_an_acknowledgement_without_its_tag_is_lost() -> None:
    found = check_attempts([attempt(code=-9, acknowledged=("churn#prod#1",))])
    assert found.lost == ("there: 'churn#prod#1' was acknowledged and is missing",)


def test_exit_code_0_without_every_tag_is_lost() -> None:
    found = check_attempts([attempt(after=TWO[:1], planned=TWO)])
    assert found.lost == ("there: exit code 0, and 1 of 2 tags are present",)


def test_a_tag_whose_object_cannot_be_read_is_lost_and_damaged() -> None:
    found = check_attempts([attempt(after=("churn#prod#1",), unreadable=("churn#prod#1",))])
    assert found.lost == ("there: exit code 0, and 0 of 1 tags are present",)
    assert found.damaged == ("there: the object of 'churn#prod#1' cannot be read",)


def test_the_first_tag_alone_is_a_prefix_if_repeating_the_command_completed_it() -> None:
    found = check_attempts([attempt(code=-9, after=TWO[:1], planned=TWO)])
    assert (found.prefixes, found.half, found.lost) == (("there: only churn@v1.1.0",), (), ())


@pytest.mark.parametrize(
    "half",
    [
        attempt(code=-9, after=TWO[1:], planned=TWO),
        attempt(code=-9, after=TWO[:1], planned=TWO, acknowledged=TWO[:1]),
        attempt(code=0, after=TWO[:1], planned=TWO),
        attempt(code=-9, after=TWO[:1], planned=TWO, stuck="the new tags are others"),
        attempt(code=-9, after=("churn#dev#1",)),
        attempt(code=-9, after=(*TWO, "churn#dev#1"), planned=TWO),
    ],
    ids=["not the first", "acknowledged", "exit code 0", "not completed", "another tag", "a tag too many"],
)
def test_anything_else_is_half_done(half: Attempt) -> None:
    found = check_attempts([half])
    assert len(found.half) == 1
    assert found.prefixes == ()


def test_half_done_tells_what_was_planned_and_what_is_there() -> None:
    found = check_attempts([attempt(code=-9, after=TWO[1:], planned=TWO)])
    assert found.half == ("there: of churn@v1.1.0, churn#prod#1, written: churn#prod#1",)


def test_a_traceback_the_exit_code_of_a_bug_and_a_command_that_hangs_are_crashes() -> None:
    traceback = attempt(code=1, errors="Traceback ...\nOSError: full\n")
    found = check_attempts([traceback, attempt(code=70, errors="bug"), attempt(code=HUNG, errors="did not end")])
    assert found.crashes == (
        "there: a traceback: OSError: full",
        "there: exit code 70: bug",
        "there: exit code 124: did not end",
    )


def test_the_next_command_may_need_a_repair_but_not_be_stuck() -> None:
    found = check_attempts([attempt(code=-9, repaired=True), attempt(code=-9, stuck="a lock")])
    assert (found.repaired, found.stuck) == (("there: doctor --fix was needed",), ("there: a lock",))


def test_a_figure_that_is_a_ratio_is_rounded() -> None:
    assert Line("reading", (Figure("times ls-remote", 2.345, most=2.0),)).render() == (
        "reading: times ls-remote 2.35 (MISSED: at most 2.0)"
    )


def test_a_line_shows_examples_of_what_was_missed() -> None:
    line = Line("writers", (Figure("lost", 1, most=0, examples=("a tag",)), Figure("tags", 2)))
    assert not line.met
    assert line.render() == "writers: lost 1 (MISSED: at most 0); tags 2\n    e.g. a tag"


def test_what_a_server_took_back_is_counted_once_and_only_tags_are(tmp_path: Path) -> None:
    served = make_served(tmp_path, commits=1)
    none, there = "0" * 40, served.bare.commits[0]
    deletion, packing = f"{there} {none} refs/tags/churn#prod#1\n", f"{none} {none} refs/tags/churn#prod#1\n"
    served.log.write_text(
        f"{none} {there} refs/tags/churn#prod#1\n{packing}{deletion * 2}{there} {none} refs/heads/x\n"
    )
    assert (served.count_withdrawn(), served.count_returned()) == (1, 0)
    git("update-ref", "refs/tags/churn#prod#1", there, repo=served.bare.repository)
    assert (served.count_withdrawn(), served.count_returned()) == (1, 1)


def test_what_a_command_acknowledges_is_read_from_its_document() -> None:
    document = json.dumps({"events": [{"ref": "churn#prod#1"}, {"ref": "churn#dev#2", "object": "aa"}], "deleted": []})
    assert read_written(document) == (("churn#prod#1", ""), ("churn#dev#2", "aa"))


@pytest.mark.parametrize("printed", ["", '{"events": [{"ref": "churn#pr', "created tag 'churn#prod#1'", "[]"])
def test_less_than_a_document_acknowledges_nothing(printed: str) -> None:
    assert read_written(printed) == ()


def test_the_message_of_an_error_is_read_from_its_document_behind_the_warnings() -> None:
    document = json.dumps({"schema": 1, "error": {"kind": "Conflict", "message": "taken"}})
    assert read_error(f"warning: a tag was skipped\n{document}\n") == "taken"
    assert read_error("Traceback ...\nOSError: full\n") == "Traceback ...\nOSError: full"


def test_a_call_is_numbered_among_those_of_its_kind_and_process(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        '7 openat(AT_FDCWD, "a", O_RDONLY) = 3\n7 write(3, "x", 1) = 1\n8 write(3, "y", 1) = 1\n'
        '7 --- SIGCHLD {si_signo=SIGCHLD} ---\n7 write(3, "z", 1) = 1\n7 +++ exited with 0 +++\n'
    )
    calls = [(call.kind, call.number) for call in tracing.read_calls(log)]
    assert calls == [("openat", 1), ("write", 1), ("write", 1), ("write", 2)]


@pytest.mark.parametrize("words", ["update-ref --stdin", "-c core.fsync=all update-ref", "-C there -c a=b update-ref"])
def test_the_verb_of_a_git_command_is_found_behind_its_options(words: str) -> None:
    assert tracing.verb_of(words.split()) == "update-ref"


@pytest.mark.parametrize(("most", "chosen"), [(9, [0, 1, 2, 3, 4]), (5, [0, 1, 2, 3, 4]), (2, [1, 3]), (1, [2])])
def test_points_are_spread_evenly(most: int, chosen: list[int]) -> None:
    assert tracing.spread(range(5), most) == chosen
