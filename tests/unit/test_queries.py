"""The questions a registry answers."""

from __future__ import annotations

import pytest

from gittag_registry.errors import NotFound, UnreadableTag
from gittag_registry.model.fold import Artifact
from gittag_registry.model.names import Kind, Selector
from gittag_registry.model.queries import (
    ALL,
    ArtifactRow,
    HistoryFilter,
    ReadOptions,
    active_versions,
    artifact_rows,
    at_commit,
    check_ref,
    find_version,
    history,
    in_stage,
    latest,
    select,
    select_rows,
    stages_used,
    version_rows,
    versions_by_stage,
)
from tests.unit.make import START, A, B, artifact, event, held, registry, skipped

EVERY = ReadOptions(versions_per_stage=ALL)
KANBAN = ReadOptions(versions_per_stage=ALL, assignments_per_version=1)
WITH_PRE = ReadOptions(pre=True)
WITH_DEPRECATED = ReadOptions(deprecated=True)


def newest(state: Artifact, options: ReadOptions = ReadOptions()) -> str | None:
    version = latest(state, options)
    return version.version if version else None


# Latest


def test_the_latest_version_is_the_highest_not_the_newest() -> None:
    assert newest(artifact("churn@v1.10.0 on a", "churn@v1.9.0 on b")) == "v1.10.0"


def test_a_stable_version_is_later_than_a_higher_prerelease() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@v2.0.0-rc.1 on b")
    assert newest(state) == "v1.0.0"
    assert newest(state, WITH_PRE) == "v2.0.0-rc.1"


def test_with_prereleases_only_the_highest_is_latest() -> None:
    assert newest(artifact("churn@v1.0.0-rc.2 on a", "churn@v1.0.0-rc.10 on b")) == "v1.0.0-rc.10"


def test_a_release_is_later_than_its_prerelease_even_with_pre() -> None:
    assert newest(artifact("churn@v1.0.0 on a", "churn@v1.0.0-rc.1 on b"), WITH_PRE) == "v1.0.0"


def test_a_deregistered_version_is_not_latest() -> None:
    assert newest(artifact("churn@v1.0.0 on a", "churn@v2.0.0 on b", "churn@v2.0.0! on b")) == "v1.0.0"


def test_of_equal_precedence_the_later_registration_is_latest() -> None:
    assert newest(artifact("churn@v1.0.0+b on a", "churn@v1.0.0+a on b")) == "v1.0.0+a"


def test_of_equal_precedence_in_one_second_the_higher_counter_is_latest() -> None:
    state = artifact("churn@v1.0.0+b#1 on a at 0", "churn@v1.0.0+a#2 on b at 0", "churn@v1.0.0+c#0 on c at 0")
    assert newest(state) == "v1.0.0+a"


def test_without_active_versions_there_is_no_latest() -> None:
    assert newest(artifact("churn@v1.0.0 on a", "churn@v1.0.0! on a", "churn#prod#1 on b")) is None


def test_active_versions_come_highest_first() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@v2.0.0-rc.1 on b", "churn@v1.1.0 on c", "churn@v1.1.0! on c")
    assert [v.version for v in active_versions(state)] == ["v2.0.0-rc.1", "v1.0.0"]


# Stages

THREE = (
    "churn@v1.0.0 on a",
    "churn@v1.1.0 on b",
    "churn@v0.9.0 on c",
    "churn#prod#1 on b",
    "churn#prod#2 on a",
    "churn#dev#3 on b",
    "churn#prod#4 on c",
)


def test_a_stage_shows_one_version_unless_asked_for_more() -> None:
    state = artifact(*THREE)
    assert held(state) == ["v0.9.0"]
    assert held(state, options=ReadOptions(versions_per_stage=2)) == ["v0.9.0", "v1.0.0"]
    assert held(state, options=EVERY) == ["v0.9.0", "v1.0.0", "v1.1.0"]


def test_a_stage_nobody_assigned_is_empty() -> None:
    assert in_stage(artifact(*THREE), "qa") == []


def test_on_a_kanban_board_a_version_is_in_its_newest_stage_only() -> None:
    state = artifact(*THREE)
    assert held(state, "prod", KANBAN) == ["v0.9.0", "v1.0.0"]
    assert held(state, "dev", KANBAN) == ["v1.1.0"]


def test_the_newest_two_stages_of_each_version_can_be_counted() -> None:
    state = artifact("churn@v1.0.0 on a", "churn#dev#1 on a", "churn#qa#2 on a", "churn#prod#3 on a")
    assert sorted(versions_by_stage(state, ReadOptions(assignments_per_version=2))) == ["prod", "qa"]


def test_assigning_again_makes_a_stage_the_newest_of_its_version() -> None:
    state = artifact("churn@v1.0.0 on a", "churn#dev#1 on a", "churn#prod#2 on a", "churn#dev#3 on a")
    assert sorted(versions_by_stage(state, KANBAN)) == ["dev"]


def test_sorted_by_version_a_stage_shows_the_highest_first() -> None:
    state = artifact(*THREE, "churn#prod#5 on d")
    assert held(state, options=ReadOptions(ALL, sort="semver")) == ["v1.1.0", "v1.0.0", "v0.9.0", "d"]
    assert held(state, options=ReadOptions(1, sort="semver")) == ["v1.1.0"]


def test_sorted_by_version_the_newer_assignment_of_equals_comes_first() -> None:
    state = artifact("churn@v1.0.0+a on a", "churn@v1.0.0+b on b", "churn#prod#1 on b", "churn#prod#2 on a")
    assert held(state, options=ReadOptions(ALL, sort="semver")) == ["v1.0.0+a", "v1.0.0+b"]


def test_commits_without_a_version_can_be_left_out() -> None:
    state = artifact("churn@v1.0.0 on a", "churn#prod#1 on a", "churn#prod#2 on b")
    assert held(state) == ["b"]
    assert held(state, options=ReadOptions(registered_only=True)) == ["v1.0.0"]


def test_what_a_stage_holds_tells_how_it_came_there() -> None:
    [found] = in_stage(artifact("churn@v1.0.0 on a", "churn#prod#1 on a"), "prod")
    assert (found.artifact, found.stage, found.version, found.commit, found.ref) == (
        "churn",
        "prod",
        "v1.0.0",
        A,
        "churn#prod#1",
    )
    assert (found.assigned_by, found.registered_by) == ("churn#prod#1", "churn@v1.0.0")
    assert found.timestamp == START + 60
    assert (found.author, found.author_email, found.message) == ("Ada Lovelace", "ada@example.com", "A message")
    assert (found.tag, found.commit_hexsha, found.until) == ("churn#prod#1", A, None)
    assert found.created_at.isoformat() == "2023-11-14T22:14:20+00:00"


# Tables


def test_the_registry_table_has_a_row_for_every_artifact() -> None:
    state = registry("segment@v1.0.0 on a", "churn@v1.0.0 on a", "churn#prod#1 on a", "churn#dev#2 on b")
    assert artifact_rows(state.artifacts.values()) == [
        ArtifactRow("churn", "v1.0.0", {"dev": [B], "prod": ["v1.0.0"]}),
        ArtifactRow("segment", "v1.0.0", {}),
    ]


def test_deprecated_artifacts_are_in_the_table_if_asked_for() -> None:
    state = registry("churn@v1.0.0 on a", "churn@deprecated on a").artifacts.values()
    assert artifact_rows(state) == []
    assert artifact_rows(state, WITH_DEPRECATED) == [ArtifactRow("churn", "v1.0.0", {}, active=False)]


def test_an_artifact_with_unreadable_tags_only_is_not_in_the_table() -> None:
    assert artifact_rows(registry(skipping=[skipped("churn@v1.0.0")]).artifacts.values()) == []


def test_an_artifact_without_versions_has_no_latest() -> None:
    assert artifact_rows([artifact("churn#prod#1 on a")]) == [ArtifactRow("churn", None, {"prod": [A]})]


def rows(state: Artifact, options: ReadOptions = ReadOptions()) -> list[tuple[str, tuple[str, ...]]]:
    return [(row.version.version, row.stages) for row in version_rows(state, options)]


def test_the_artifact_table_has_versions_highest_first_then_bare_commits() -> None:
    state = artifact(*THREE, "churn#dev#5 on d", "churn#qa#6 on d", "churn#ops#7 on e")
    assert rows(state) == [
        ("v1.1.0", ()),
        ("v1.0.0", ()),
        ("v0.9.0", ("prod",)),
        ("e" * 40, ("ops",)),
        ("d" * 40, ("qa", "dev")),
    ]


def test_bare_commits_can_be_left_out_of_the_artifact_table() -> None:
    state = artifact("churn@v1.0.0 on a", "churn#prod#1 on b")
    assert rows(state, ReadOptions(registered_only=True)) == [("v1.0.0", ())]


def test_versions_taken_back_are_in_the_artifact_table_if_asked_for() -> None:
    state = artifact("churn@v1.0.0 on a", "churn#prod#1 on a", "churn@v1.0.0! on a")
    assert rows(state) == []
    assert rows(state, WITH_DEPRECATED) == [("v1.0.0", ())]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (Selector("churn"), ["v2.0.0-rc.1", "v1.1.0", "v1.0.0"]),
        (Selector("churn", latest=True), ["v1.1.0"]),
        (Selector("churn", version="v1.0.0"), ["v1.0.0"]),
        (Selector("churn", version="v9.0.0"), []),
        (Selector("churn", stage="prod"), ["v1.0.0"]),
        (Selector("churn", stage="qa"), []),
    ],
)
def test_a_selector_picks_rows(selector: Selector, expected: list[str]) -> None:
    state = artifact("churn@v1.0.0 on a", "churn@v1.1.0 on b", "churn@v2.0.0-rc.1 on c", "churn#prod#1 on a")
    assert [row.version.version for row in select_rows(state, version_rows(state), selector)] == expected


def test_the_latest_row_may_be_a_prerelease_if_asked_for() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@v2.0.0-rc.1 on c")
    [row] = select_rows(state, version_rows(state), Selector("churn", latest=True), WITH_PRE)
    assert row.version.version == "v2.0.0-rc.1"


def test_a_selector_means_one_version() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@v1.1.0 on b", "churn#prod#1 on a")
    meant = [
        select(state, selector)
        for selector in (
            Selector("churn"),
            Selector("churn", latest=True),
            Selector("churn", version="v1.0.0"),
            Selector("churn", stage="prod"),
            Selector("churn", stage="qa"),
        )
    ]
    assert [version and version.version for version in meant] == ["v1.1.0", "v1.1.0", "v1.0.0", "v1.0.0", None]


def test_of_a_deprecated_artifact_a_selector_means_named_versions_only() -> None:
    state = artifact("churn@v1.0.0 on a", "churn#prod#1 on a", "churn@deprecated on a")
    assert select(state, Selector("churn")) is None
    assert select(state, Selector("churn", stage="prod")) is None
    named = select(state, Selector("churn", version="v1.0.0"))
    assert named is not None
    assert named.version == "v1.0.0"


def test_every_version_on_a_commit_is_found_with_its_stages() -> None:
    state = registry(
        "churn@v1.0.0 on a",
        "segment@v3.0.0 on a",
        "segment@v2.0.0 on b",
        "old@v1.0.0 on a",
        "old@deprecated on a",
        "gone@v1.0.0 on a",
        "gone@v1.0.0! on a",
        "churn#prod#1 on a",
    )
    found = at_commit(state.artifacts.values(), A)
    assert [(row.version.artifact, row.version.version, row.stages) for row in found] == [
        ("churn", "v1.0.0", ("prod",)),
        ("segment", "v3.0.0", ()),
    ]


def test_versions_of_deprecated_artifacts_on_a_commit_are_found_if_asked_for() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@deprecated on a")
    assert [row.version.version for row in at_commit([state], A, WITH_DEPRECATED)] == ["v1.0.0"]


# History

STORY = ("churn@v1.0.0 on a", "churn#prod#1 on a", "segment@v1.0.0 on a", "churn@v1.1.0 on b", "churn#dev#2 on b")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (HistoryFilter(), ["churn#dev#2", "churn@v1.1.0", "segment@v1.0.0", "churn#prod#1", "churn@v1.0.0"]),
        (HistoryFilter(since=START + 180), ["churn#dev#2", "churn@v1.1.0"]),
        (HistoryFilter(until=START + 60), ["churn#prod#1", "churn@v1.0.0"]),
        (HistoryFilter(since=START + 60, until=START + 60), ["churn#prod#1"]),
        (HistoryFilter(kinds=frozenset([Kind.ASSIGNMENT])), ["churn#dev#2", "churn#prod#1"]),
        (HistoryFilter(stage="prod"), ["churn#prod#1"]),
        (HistoryFilter(Selector("churn", stage="dev")), ["churn#dev#2"]),
        (HistoryFilter(Selector("churn", stage="dev"), stage="prod"), []),
        (HistoryFilter(Selector("churn", version="v1.1.0")), ["churn#dev#2", "churn@v1.1.0"]),
        (HistoryFilter(author="LOVE", stage="dev"), ["churn#dev#2"]),
        (HistoryFilter(author="<ada@example.com>", stage="dev"), ["churn#dev#2"]),
        (HistoryFilter(author="grace"), []),
    ],
)
def test_history_is_filtered_newest_first(wanted: HistoryFilter, expected: list[str]) -> None:
    assert [known.ref for known in history(registry(*STORY).artifacts.values(), wanted)] == expected


def test_history_can_be_told_from_the_beginning() -> None:
    told = history([artifact(*STORY)], ascending=True)
    assert [known.ref for known in told] == ["churn@v1.0.0", "churn#prod#1", "churn@v1.1.0", "churn#dev#2"]


def test_a_tag_is_looked_up_among_events_and_skipped_tags() -> None:
    bad = skipped("churn@v9.0.0")
    state = artifact("churn@v1.0.0 on a", skipping=[bad])
    assert check_ref(state, "churn@v1.0.0") == event("churn@v1.0.0")
    with pytest.raises(UnreadableTag, match=r"churn@v9\.0\.0"):
        check_ref(state, "churn@v9.0.0")
    with pytest.raises(NotFound, match=r"there is no tag 'churn@v2\.0\.0'"):
        check_ref(state, "churn@v2.0.0")


def test_the_stages_used_are_those_ever_assigned() -> None:
    state = registry("churn#prod#1 on a", "churn#prod!#2 on a", "churn#qa!#3 on a", "segment#dev#1 on a")
    assert stages_used(state.artifacts.values()) == ["dev", "prod"]


# Finding a version


def test_a_version_is_found_by_name() -> None:
    assert find_version(artifact("churn@v1.0.0 on a"), "v1.0.0").commit == A


def test_of_a_version_that_moved_the_newest_is_found() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@v1.0.0! on a", "churn@v1.0.0#2 on b")
    assert find_version(state, "v1.0.0").commit == B


def test_a_version_that_moved_back_is_found_where_it_is_now() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@v1.0.0#2 on b", "churn@v1.0.0#3 on a")
    assert find_version(state, "v1.0.0").commit == A


def test_an_unknown_version_is_not_found_and_a_near_one_suggested() -> None:
    with pytest.raises(NotFound, match=r"'churn' has no version 'v1\.0\.1'") as raised:
        find_version(artifact("churn@v1.0.0 on a"), "v1.0.1")
    assert raised.value.hint == "did you mean 'v1.0.0'?"


def test_where_no_name_is_near_the_versions_there_are_are_listed() -> None:
    with pytest.raises(NotFound) as raised:
        find_version(artifact("churn@v1.0.0 on a", "churn@v2.0.0 on b"), "v44.55.66")
    assert raised.value.hint == "its versions: v2.0.0, v1.0.0"
    with pytest.raises(NotFound) as raised:
        find_version(artifact("churn#prod#1 on a"), "v1.0.0")
    assert raised.value.hint is None


def test_a_commit_is_no_version() -> None:
    with pytest.raises(NotFound):
        find_version(artifact("churn#prod#1 on a"), A)


def test_a_deregistered_version_is_not_found_unless_asked_for() -> None:
    state = artifact("churn@v1.0.0 on a", "churn@v1.0.0! on a")
    with pytest.raises(NotFound, match="was deregistered"):
        find_version(state, "v1.0.0")
    assert not find_version(state, "v1.0.0", active=False).active
