"""The checks of `doctor`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gittag_registry.hints import Hint, in_shell
from gittag_registry.model.checks import Facts, run_checks
from gittag_registry.model.events import SkipReason
from gittag_registry.model.findings import Finding, Problem, TagFix
from gittag_registry.model.fold import RegistryState
from tests.unit.make import NOW, registry, skipped

HEALTHY = registry("churn@v1.0.0 on a", "churn#prod#1 on a", "churn@v1.1.0 on b", "churn#prod#2 on b meaning v1.1.0")
FACTS = Facts(now=NOW, stages=("prod",), types=("model",), annotated_types={"churn": "model"})


def found(state: RegistryState = HEALTHY, facts: Facts = FACTS) -> list[tuple[str, str, str]]:
    """The findings: check, severity, subject."""
    return [(f.check, f.severity, f.subject) for f in run_checks(state, facts)]


def only(state: RegistryState = HEALTHY, facts: Facts = FACTS) -> Finding:
    [finding] = run_checks(state, facts)
    return finding


def test_a_healthy_registry_has_no_findings() -> None:
    assert run_checks(HEALTHY, FACTS) == []


@pytest.mark.parametrize(
    ("reason", "sentence", "fix"),
    [
        (
            SkipReason.LIGHTWEIGHT,
            "it is lightweight: no author, no date",
            "git tag -a -f -m 'made annotated' -- 'churn#dev#9' 'churn#dev#9^{}'",
        ),
        (SkipReason.MISSING, "its object is missing in this repository", "git tag -d -- 'churn#dev#9'"),
        (SkipReason.MALFORMED, "its tag object is malformed", "git tag -d -- 'churn#dev#9'"),
    ],
)
def test_a_skipped_tag_is_an_error_with_a_fix_for_a_shell(reason: SkipReason, sentence: str, fix: str) -> None:
    finding = only(registry("churn@v1.0.0 on a", skipping=[skipped("churn#dev#9", reason)]))
    assert finding == Finding(
        "skipped-tag",
        "error",
        "churn#dev#9",
        f"the tag is skipped: {sentence}",
        tag_fixes=(TagFix(Hint(fix), ("churn#dev#9",), restores=reason is SkipReason.MISSING),),
    )


def test_a_tag_more_than_an_hour_ahead_is_an_error() -> None:
    state = registry("churn@v1.0.0 on a at 3600", "churn@v1.1.0 on b at 3601")
    now = state.artifacts["churn"].events[0].timestamp - 3600
    finding = only(state, replace(FACTS, now=now))
    assert (finding.check, finding.subject) == ("future-date", "churn@v1.1.0")
    assert "writing to 'churn' is refused" in finding.message


def test_two_tags_with_one_counter_are_doubtful() -> None:
    state = registry("churn@v1.0.0 on a", "churn#prod#1 on a", "churn#prod!#1 on a")
    assert found(state) == [("duplicate-counter", "warning", "churn#prod!#1")]


def test_a_later_tag_with_a_lower_counter_is_doubtful() -> None:
    state = registry(
        "churn@v1.0.0 on a", "churn#prod#3 on a", "churn#prod!#1 on a", "churn#prod#2 on a", "churn#prod#4 on a"
    )
    assert [(f.check, f.subject, f.message) for f in run_checks(state, FACTS)] == [
        (
            "clock-skew",
            ref,
            f"the tag is dated 2023-11-14T22:1{minute}:20Z, after 'churn#prod#3' (2023-11-14T22:14:20Z),"
            " but its counter is lower; time decides",
        )
        for ref, minute in [("churn#prod!#1", 5), ("churn#prod#2", 6)]
    ]


def test_versions_that_share_a_commit_are_doubtful_because_gto_stops_there() -> None:
    finding = only(registry("churn@v1.0.0 on a", "churn@v1.1.0 on a"))
    assert (finding.check, finding.severity, finding.subject) == ("shared-commit", "warning", "churn@v1.1.0")
    assert finding.message == "versions v1.1.0, v1.0.0 share commit aaaaaaa; GTO stops on this registry"
    assert [(fix.command, fix.tags) for fix in finding.tag_fixes] == [
        ("git registry deregister churn v1.0.0 --no-push", ("churn@v1.0.0",)),
        ("git registry deregister churn v1.1.0 --no-push", ("churn@v1.1.0",)),
    ]


def test_a_deregistered_version_shares_no_commit() -> None:
    assert found(registry("churn@v1.0.0 on a", "churn@v1.0.0! on a", "churn@v1.1.0 on a")) == []


def test_a_version_that_moved_while_active_is_an_error() -> None:
    assert only(registry("churn@v1.0.0 on a", "churn@v1.0.0#1 on b")) == Finding(
        "moved-version",
        "error",
        "churn@v1.0.0#1",
        "version 'v1.0.0' was active on commit aaaaaaa ('churn@v1.0.0') when it was registered on bbbbbbb",
    )


def test_a_version_that_moved_after_its_deregistration_is_healthy() -> None:
    assert found(registry("churn@v1.0.0 on a", "churn@v1.0.0! on a", "churn@v1.0.0#1 on b")) == []


def test_a_version_registered_twice_on_its_commit_is_healthy() -> None:
    assert found(registry("churn@v1.0.0 on a", "churn@v1.0.0#1 on a")) == []


def test_a_trailer_that_names_a_version_of_another_commit_is_doubtful() -> None:
    state = registry("churn@v1.0.0 on a", "churn@v1.1.0 on b", "churn#prod#1 on a meaning v1.1.0")
    assert only(state) == Finding(
        "trailer-mismatch",
        "warning",
        "churn#prod#1",
        "the tag names version 'v1.1.0', which was never registered on its commit aaaaaaa",
    )


def test_a_stage_that_is_not_allowed_is_doubtful() -> None:
    state = registry("churn@v1.0.0 on a", "churn#dev#1 on a", "churn#qa!#2 on a")
    finding = only(state)
    assert (finding.check, finding.subject) == ("stage-not-allowed", "churn#dev")
    assert [(fix.command, fix.tags) for fix in finding.tag_fixes] == [
        ("git registry unassign churn dev --all --no-push", ("churn#dev#1",))
    ]
    assert found(state, replace(FACTS, stages=None)) == []


def test_names_that_differ_only_by_case_are_doubtful() -> None:
    state = registry("Churn@v1.0.0 on a", "churn@v1.0.0 on a", "churn#prod#1 on a", "x#Prod#1 on a", "x#PROD#2 on a")
    assert found(state, replace(FACTS, stages=None)) == [
        ("case-collision", "warning", "Churn"),
        ("case-collision", "warning", "PROD"),
    ]


@pytest.mark.parametrize(
    ("problem", "subject", "message"),
    [
        (Problem("a.yaml", 3, "churn.type", "is wrong"), "a.yaml:3", "churn.type: is wrong"),
        (Problem("a.yaml", None, "", "is not UTF-8"), "a.yaml", "is not UTF-8"),
    ],
)
def test_what_is_wrong_in_a_file_is_an_error(problem: Problem, subject: str, message: str) -> None:
    assert only(facts=replace(FACTS, problems=(problem,))) == Finding("invalid-file", "error", subject, message)


def test_a_type_that_is_not_allowed_is_doubtful() -> None:
    annotated = {"churn": "picture", "segment": None}
    finding = only(facts=replace(FACTS, annotated_types=annotated))
    assert (finding.check, finding.subject) == ("type-not-allowed", "churn")
    assert in_shell(finding.fix or "") == "git registry annotate churn --type model"
    assert only(facts=replace(FACTS, annotated_types=annotated, types=("model", "dataset"))).fix is None
    assert found(facts=replace(FACTS, annotated_types=annotated, types=None)) == []


def test_a_clone_that_may_lack_tags_is_doubtful() -> None:
    finding = only(facts=replace(FACTS, incomplete="this clone is shallow"))
    assert (finding.check, finding.severity, finding.subject) == ("incomplete-clone", "warning", "repository")
    assert finding.message == "this clone is shallow, so tags of the remote may be missing here"
    assert finding.fix == "git registry fetch"


def test_a_commit_that_is_missing_is_an_error() -> None:
    finding = only(facts=replace(FACTS, not_commits={"b" * 40: "missing"}), state=registry("churn@v1.1.0 on b"))
    assert (finding.check, finding.severity, finding.subject) == ("missing-commit", "error", "churn@v1.1.0")
    assert finding.message == "the tag's commit bbbbbbb is not in this repository; answers name it all the same"


def test_a_symbolic_tag_is_not_written_through() -> None:
    finding = only(
        registry("churn@v1.0.0 on a", skipping=[skipped("churn@v2.0.0")]),
        replace(FACTS, symbolic={"churn@v2.0.0": "refs/heads/main"}),
    )
    assert finding.message.endswith("; it stands for refs/heads/main")
    assert [fix.command for fix in finding.tag_fixes] == ["git symbolic-ref --delete refs/tags/churn@v2.0.0"]


def test_tags_that_only_look_like_those_of_a_registry_are_doubtful() -> None:
    tags = dict.fromkeys(["churn@1.0.0", "churn@v1.0.0", "my.model@v1.0.0", "my.model#prod#1", "v2"], "0" * 40)
    assert found(facts=replace(FACTS, tags=tags)) == [
        ("near-miss", "warning", "churn@1.0.0"),
        ("near-miss", "warning", "my.model#prod#1"),
    ]


def test_a_clone_without_registry_tags_is_doubtful() -> None:
    empty = registry()
    assert found(empty, replace(FACTS, has_remote=True)) == [("missing-tags", "warning", "repository")]
    assert found(empty, FACTS) == []
    assert found(HEALTHY, replace(FACTS, has_remote=True)) == []
