"""The questions a registry answers, each with one resolver. Pure.

The command line, the Python API and everything built on them call these functions, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Literal, NamedTuple

from gittag_registry.errors import NotFound, UsageError, did_you_mean
from gittag_registry.model.events import Event, SkippedTag, order_key
from gittag_registry.model.fold import Artifact
from gittag_registry.model.names import Kind, Selector, as_selector, check_stage
from gittag_registry.model.state import StageVersion, Version
from gittag_registry.model.versions import Precedence, is_prerelease, precedence

ALL = -1
Sort = Literal["timestamp", "semver", "Timestamp", "SemVer"]
"""the last two are GTO's names for the first two"""


class ReadOptions(NamedTuple):
    """How to read a registry: how many versions of a stage to show, in which order, and what to leave out.

    Args:
        versions_per_stage: at most this many versions in a stage, `ALL` for every one.
        assignments_per_version: count only the newest so many stages of each version; 1 gives a kanban board.
        sort: the newest assignment first, or the highest version.
        registered_only: leave out commits that were assigned without a version.
        pre: let pre-releases win over lower stable versions.
        deprecated: include deprecated artifacts and deregistered versions.
    """

    versions_per_stage: int = 1
    assignments_per_version: int = ALL
    sort: Sort = "timestamp"
    registered_only: bool = False
    pre: bool = False
    deprecated: bool = False


def checked_options(options: ReadOptions) -> ReadOptions:
    """The options, with our name of the order.

    Raises:
        UsageError: one of them has a value that it cannot have.

    >>> checked_options(ReadOptions(sort="SemVer")).sort
    'semver'
    """
    for name in ("versions_per_stage", "assignments_per_version"):
        count = getattr(options, name)
        if not isinstance(count, int) or isinstance(count, bool) or count < ALL:
            raise UsageError(f"{name} must be a number from 0 up, or -1 for all, not {count!r}")
    order = getattr(options.sort, "value", options.sort)  # GTO's is a member of an enumeration
    if not isinstance(order, str) or order.lower() not in ("timestamp", "semver"):
        raise UsageError(f"sort must be 'timestamp' or 'semver', not {options.sort!r}")
    return options._replace(sort="semver" if order.lower() == "semver" else "timestamp")


class ArtifactRow(NamedTuple):
    """One line of the registry table."""

    artifact: str
    latest: str | None
    stages: dict[str, list[str]]
    registered: bool = True
    active: bool = True
    type: str | None = None
    path: str | None = None

    def __repr__(self) -> str:
        """The artifact, its latest version and its stages, in short."""
        cells = [f"latest={self.latest}"] if self.latest else []
        cells += [f"{stage}={','.join(map(_short, versions))}" for stage, versions in self.stages.items()]
        return f"<ArtifactRow {' '.join([self.artifact, *cells])}>"


class VersionRow(NamedTuple):
    """One line of an artifact's table: a version and the stages it is shown in."""

    version: Version
    stages: tuple[str, ...]

    def __repr__(self) -> str:
        """The version and its stages, in short."""
        name = f"{self.version.artifact}@{_short(self.version.version)}"
        return f"<VersionRow {name}{' in ' if self.stages else ''}{', '.join(self.stages)}>"


def _short(version: str) -> str:
    """A version, or the beginning of a commit's id."""
    return version if version.startswith("v") else version[:7]


def by_precedence(versions: Iterable[Version]) -> list[Version]:
    """Highest first; of equal precedence, the later registered."""
    return sorted(versions, key=_precedence_key, reverse=True)


def _precedence_key(version: Version) -> tuple[Precedence, tuple[int, int, str]]:
    return precedence(version.version), order_key(version.origin)


def active_versions(artifact: Artifact) -> list[Version]:
    """The registered versions that are not deregistered, highest first."""
    return by_precedence(v for v in artifact.versions if v.active and not v.anonymous)


def latest(artifact: Artifact, options: ReadOptions = ReadOptions()) -> Version | None:
    """The highest active version, stable ones first unless pre-releases are to win."""
    versions = [v for v in artifact.versions if v.active and not v.anonymous]
    stable = [] if options.pre else [v for v in versions if not is_prerelease(v.version)]
    return max(stable or versions, key=_precedence_key, default=None)


def in_stage(artifact: Artifact, stage: str, options: ReadOptions = ReadOptions()) -> list[StageVersion]:
    """The versions in a stage, newest assignment first (or highest version first)."""
    return versions_by_stage(artifact, options).get(stage, [])


def versions_by_stage(artifact: Artifact, options: ReadOptions = ReadOptions()) -> dict[str, list[StageVersion]]:
    """The versions in each stage of an artifact."""
    by_stage: dict[str, list[StageVersion]] = {}
    for version, assignment in _assignments_in_effect(artifact.versions, options):
        shown = by_stage.setdefault(assignment.stage or "", [])
        if len(shown) != options.versions_per_stage:
            shown.append(StageVersion(version, assignment))
    return by_stage


def _assignments_in_effect(versions: Iterable[Version], options: ReadOptions) -> list[tuple[Version, Event]]:
    pairs = [
        (version, assignment)
        for version in versions
        if version.active and version.assignments and not (options.registered_only and version.anonymous)
        for assignment in _newest(version.assignments, options.assignments_per_version)
    ]
    if len(pairs) > 1:
        pairs.sort(key=lambda pair: order_key(pair[1]), reverse=True)
        if options.sort == "semver":
            pairs.sort(key=lambda pair: _rank(pair[0]), reverse=True)
    return pairs


def _newest(assignments: Sequence[Event], count: int) -> Sequence[Event]:
    return assignments if count == ALL else assignments[max(0, len(assignments) - count) :]


def _rank(version: Version) -> tuple[bool, Any]:
    """Registered versions by precedence, anonymous ones below them by commit."""
    if version.anonymous:
        return False, version.commit
    return True, precedence(version.version)


def artifact_rows(artifacts: Iterable[Artifact], options: ReadOptions = ReadOptions()) -> list[ArtifactRow]:
    """The registry table, without annotations."""
    rows = []
    for artifact in artifacts:
        if not artifact.events or not (artifact.active or options.deprecated):
            continue
        newest = latest(artifact, options)
        by_stage = versions_by_stage(artifact, options)
        rows.append(
            ArtifactRow(
                artifact.name,
                newest.version if newest else None,
                {stage: [v.version for v in by_stage[stage]] for stage in sorted(by_stage)},
                active=artifact.active,
            )
        )
    return rows


def version_rows(artifact: Artifact, options: ReadOptions = ReadOptions()) -> list[VersionRow]:
    """An artifact's table: active versions, highest first, then commits in a stage without a version.

    Deregistered versions are included if `options.deprecated` is set.
    """
    stages: dict[tuple[str, str], list[str]] = {}
    for stage, versions in versions_by_stage(artifact, options).items():
        for version in versions:
            stages.setdefault((version.version, version.commit), []).append(stage)
    shown = [v for v in artifact.versions if v.active or options.deprecated]
    ranked = by_precedence(v for v in shown if not v.anonymous)
    if not options.registered_only:
        anonymous = [v for v in shown if v.anonymous]
        ranked += sorted(anonymous, key=lambda v: order_key(v.origin), reverse=True)
    return [VersionRow(v, tuple(stages.get((v.version, v.commit), ()))) for v in ranked]


def select_rows(
    artifact: Artifact, rows: list[VersionRow], selector: Selector, options: ReadOptions = ReadOptions()
) -> list[VersionRow]:
    """The rows of an artifact's table that a selector names."""
    if selector.latest:
        newest = latest(artifact, options)
        return [row for row in rows if row.version == newest]
    if selector.version:
        return [row for row in rows if row.version.version == selector.version]
    if selector.stage:
        return [row for row in rows if selector.stage in row.stages]
    return rows


class HistoryFilter(NamedTuple):
    """Which events `history` shows; times are seconds since 1970 UTC, both ends included."""

    selector: Selector | None = None
    since: int | None = None
    until: int | None = None
    kinds: Collection[Kind] = frozenset()
    stage: str | None = None
    author: str | None = None
    """part of the author's name or address, in any case"""
    limit: int | None = None
    """how many events, the newest ones"""

    def admits(self, event: Event) -> bool:
        """Whether the event is to be shown."""
        stages = {self.stage, self.selector.stage if self.selector else None} - {None}
        wanted_version = self.selector and self.selector.version
        return (
            (self.since is None or event.timestamp >= self.since)
            and (self.until is None or event.timestamp <= self.until)
            and (not self.kinds or event.kind in self.kinds)
            and stages <= {event.stage}
            and (not wanted_version or event.version == wanted_version)
            and (not self.author or self.author.lower() in f"{event.author} <{event.author_email}>".lower())
        )


def checked_filter(wanted: HistoryFilter) -> HistoryFilter:
    """The filter; a selector and kinds that were given as text become what they name.

    Raises:
        UsageError: a part of it has a value that it cannot have.

    >>> checked_filter(HistoryFilter("churn#prod", kinds={"assignment"})).kinds
    frozenset({<Kind.ASSIGNMENT: 'assignment'>})
    """
    selector = None if wanted.selector is None else as_selector(wanted.selector)
    if wanted.stage is not None:
        check_stage(wanted.stage)
    try:
        kinds = frozenset(map(Kind, wanted.kinds))
    except (ValueError, TypeError) as error:
        names = ", ".join(kind.value for kind in Kind)
        raise UsageError(f"not every one of {wanted.kinds!r} is an event", hint=f"the events are {names}") from error
    return wanted._replace(selector=selector, kinds=kinds)


def history(
    artifacts: Iterable[Artifact], wanted: HistoryFilter = HistoryFilter(), *, ascending: bool = False
) -> list[Event]:
    """The events of artifacts, newest first."""
    events = [event for artifact in artifacts for event in artifact.events if wanted.admits(event)]
    newest = sorted(events, key=order_key, reverse=True)[: wanted.limit]
    return newest[::-1] if ascending else newest


def check_ref(artifact: Artifact, ref: str) -> Event | SkippedTag | None:
    """The event of a tag, or why the tag is skipped; None if there is no such tag."""
    event = next((event for event in artifact.events if event.ref == ref), None)
    return event or next((skipped for skipped in artifact.skipped if skipped.ref == ref), None)


def at_commit(artifacts: Iterable[Artifact], commit: str, options: ReadOptions = ReadOptions()) -> list[VersionRow]:
    """Every active version on a commit, with the stages that show it by default.

    Args:
        options: only `deprecated` counts.
    """
    return [
        row
        for artifact in artifacts
        if artifact.active or options.deprecated
        for row in version_rows(artifact)
        if row.version.commit == commit
    ]


def stages_used(artifacts: Iterable[Artifact]) -> list[str]:
    """Every stage ever assigned, by name."""
    return sorted({e.stage for artifact in artifacts for e in artifact.events if e.stage and e.kind is Kind.ASSIGNMENT})


def select(artifact: Artifact, selector: Selector) -> Version | None:
    """The version that a selector names, None if there is none; a bare name stands for the latest version.

    Raises:
        NotFound: the version it names does not exist.
    """
    if selector.version:
        return find_version(artifact, selector.version)
    if not artifact.active:
        return None
    if selector.stage:
        return next((version.occupant for version in in_stage(artifact, selector.stage)), None)
    return latest(artifact)


def find_version(artifact: Artifact, version: str, *, active: bool = True) -> Version:
    """The version with this name; of one that moved between commits, the newest.

    Raises:
        NotFound: there is none, or `active` is set and it was deregistered.
    """
    named = [v for v in artifact.versions if v.version == version and not v.anonymous]
    if not named:
        active_names = [v.version for v in active_versions(artifact)]
        raise NotFound(
            f"artifact {artifact.name!r} has no version {version!r}",
            hint=did_you_mean(version, active_names)
            or (f"its versions: {', '.join(active_names[:10])}" if active_names else None),
        )
    newest = max(named, key=lambda v: order_key(v.origin))
    if active and not newest.active:
        from gittag_registry.hints import Hint, call

        raise NotFound(
            f"version {version!r} of {artifact.name!r} was deregistered",
            hint=Hint(call("history", f"{artifact.name}@{version}")),
        )
    return newest
