"""The registry of a repository: every question and every operation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from gittag_registry.errors import Refused, UsageError
from gittag_registry.files.rows import annotated
from gittag_registry.git.process import Repository
from gittag_registry.model import queries
from gittag_registry.model.arguments import checked_methods
from gittag_registry.model.events import Event, SkippedTag
from gittag_registry.model.fold import Artifact, RegistryState
from gittag_registry.model.names import Selector, as_selector, check_artifact, check_stage, parse_ref
from gittag_registry.model.queries import ArtifactRow, HistoryFilter, ReadOptions, VersionRow
from gittag_registry.model.state import StageVersion, Version
from gittag_registry.store.freshness import Freshness
from gittag_registry.store.opening import open_store
from gittag_registry.store.reader import IncompleteWarning, skipped_warnings, unknown_artifact

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from gittag_registry.files.annotations import Annotation
    from gittag_registry.files.config import Configuration, Settings
    from gittag_registry.git.process import RepoLike
    from gittag_registry.git.remote import Progress
    from gittag_registry.model.commands import Command, ExecuteOptions
    from gittag_registry.model.results import Outcome, RegistryTable
    from gittag_registry.model.times import Moment


@checked_methods
class Registry:
    """An artifact registry in a git repository. Every question reads the tags anew.

    Args:
        repo: a path in the repository, the address of a remote one, the name of a remote of the repository around the
            working directory, an opened repository (GitPython, scmrepo, dulwich, pygit2), or None: the one around it.
        offline: answer from the cache of a remote repository, without asking the server.
        max_age: answer from the cache if the server listed these tags at most so many seconds ago.
        last_known: answer from the cache if the server is `Unreachable`, with a warning; such an answer is marked by
            its `last_known`: when the server listed these tags. A local repository needs none of the three.
        on_warning: called with each warning, in one line; without it, `warnings` tells of incomplete clones alone.
        on_command: called with the arguments of every git command before it runs.
        on_progress: called with the progress of transfers.
        every_warning: warn of every skipped tag, not only of the first one and their number.
        patience: how many seconds an operation that writes may take, with all its attempts; None: 60 for a local
            repository, 120 for a server.

    Raises:
        NotARepository: the path is no directory. (That it holds no repository shows at the first question.)
    """

    def __init__(
        self,
        repo: RepoLike | None = None,
        *,
        offline: bool = False,
        max_age: float | None = None,
        last_known: bool = False,
        on_warning: Callable[[str], None] | None = None,
        on_command: Callable[[tuple[str, ...]], None] | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        every_warning: bool = False,
        patience: float | None = None,
    ) -> None:
        self.on_warning = on_warning or _ignore
        self._incomplete = IncompleteWarning(on_warning)
        self._every_warning = every_warning
        self.patience = patience
        if patience is not None and not patience >= 0:  # NaN is not either
            raise UsageError(f"patience is a number of seconds, not {patience!r}")
        self.store = open_store(
            repo,
            freshness=Freshness(offline, max_age, last_known).check(),
            on_warning=self.on_warning,
            on_command=on_command,
            on_progress=on_progress,
        )

    def __repr__(self) -> str:
        """The address, without secrets, or the directory."""
        return f"<Registry {self.store.name!r}>"

    @property
    def repository(self) -> Repository:
        """The local repository that is read: the registry's own, or the mirror of a remote one."""
        return self.store.repository

    # Reading

    def state(self, *, until: Moment | None = None) -> RegistryState:
        """The state of all artifacts, now or at a time."""
        self._incomplete.warn_of(self.store.incomplete)
        state = self.store.state(until=self.moment(until))
        self._warn_skipped(state.skipped)
        return state

    def artifact(self, name: str, *, warn: bool = True) -> Artifact:
        """The state of one artifact, deprecated or not.

        Raises:
            NotFound: it has no readable tags.
        """
        artifact = self._read_artifact(name)
        if warn:
            self._warn_skipped(artifact.skipped)
        if not artifact.events:
            raise unknown_artifact(artifact, self.store.artifacts(), self.store.more_tags, self.store.incomplete)
        return artifact

    def _read_artifact(self, name: str) -> Artifact:
        self._incomplete.warn_of(self.store.incomplete)
        return self.store.state(check_artifact(name)).artifact(name)

    def _warn_skipped(self, skipped: Iterable[SkippedTag]) -> None:
        for warning in skipped_warnings(list(skipped), every=self._every_warning):
            self.on_warning(warning)

    def latest(self, name: str, *, options: ReadOptions = ReadOptions()) -> Version | None:
        """The highest active version of an artifact; stable ones first unless pre-releases are to win.

        Raises:
            NotFound: no such artifact.
        """
        artifact = self.artifact(name)
        return queries.latest(artifact, options) if artifact.active or options.deprecated else None

    def versions(self, name: str, *, options: ReadOptions = ReadOptions()) -> list[Version]:
        """The active versions of an artifact, highest first.

        Raises:
            NotFound: no such artifact.
        """
        artifact = self.artifact(name)
        return queries.active_versions(artifact) if artifact.active or options.deprecated else []

    def which(
        self, name: str, stage: str, *, at: Moment | None = None, options: ReadOptions = ReadOptions()
    ) -> list[StageVersion]:
        """The versions in a stage, newest assignment first; now, or at a time.

        Raises:
            NotFound: no such artifact.
        """
        check_stage(stage)
        options, moment = queries.checked_options(options), self.moment(at)
        artifact = self.artifact(name)
        past = artifact if moment is None else artifact.until(moment)
        versions = queries.in_stage(past, stage, options) if past.active or options.deprecated else []
        if moment is None:
            return versions
        from gittag_registry.model.stage_history import with_ends

        return with_ends(versions, artifact, moment, options.versions_per_stage)

    def current(
        self, name: str, stage: str, *, at: Moment | None = None, options: ReadOptions = ReadOptions()
    ) -> StageVersion | None:
        """The version in a stage, the newest if there are several; None if the stage is empty.

        Raises:
            NotFound: no such artifact.
        """
        return next(iter(self.which(name, stage, at=at, options=options)), None)

    def at_commit(self, revision: str, *, options: ReadOptions = ReadOptions()) -> list[VersionRow]:
        """Every active version on a commit, with its stages.

        Raises:
            NotFound: the revision names no commit.
        """
        commit = self.resolve(revision)
        return queries.at_commit(self.state().artifacts.values(), commit, options)

    def show(
        self,
        *,
        type: str | None = None,
        annotations: bool = False,
        at: Moment | None = None,
        options: ReadOptions = ReadOptions(),
    ) -> RegistryTable:
        """The table of all artifacts: their latest versions, and the versions in their stages; now, or at a time.

        It includes annotated artifacts without tags, unless `options.registered_only` is set. The annotations of a
        remote repository are read only if a type is given, or if `annotations` asks for them: it takes longer than
        everything else. At a time, only these two have annotations read, those of now.
        """
        from gittag_registry.model.results import RegistryTable

        options, state = queries.checked_options(options), self.state(until=at)
        rows = queries.artifact_rows(state.artifacts.values(), options)
        files = annotations or type is not None or (at is None and self.store.files_are_local)
        entries = self.annotations(artifacts=state.artifacts) if files else {}
        shown, rows = len(rows), [annotated(row, entries.get(row.artifact)) for row in rows]
        if not options.registered_only and at is None:
            untagged = sorted(name for name in entries if name not in state.artifacts)
            rows += [annotated(ArtifactRow(name, None, {}, registered=False), entries[name]) for name in untagged]
        rows = sorted((row for row in rows if type in (None, row.type)), key=lambda row: row.artifact)
        used = {stage for row in rows for stage in row.stages}
        allowed = (self._allowed_stages() if files else None) or ()
        stages = (*allowed, *sorted(used.difference(allowed)))
        hidden = sum(bool(artifact.events) for artifact in state.artifacts.values()) - shown
        return RegistryTable(stages, tuple(rows), state.last_known, annotated=files, hidden=hidden)

    def show_artifact(
        self, selector: Selector | str, *, at: Moment | None = None, options: ReadOptions = ReadOptions()
    ) -> list[VersionRow]:
        """The versions of an artifact and their stages, or only those that a selector names; now, or at a time.

        Raises:
            NotFound: no such artifact.
        """
        selector, options = as_selector(selector), queries.checked_options(options)
        moment, artifact = self.moment(at), self.artifact(selector.artifact)
        artifact = artifact if moment is None else artifact.until(moment)
        if not artifact.active and not options.deprecated:
            return []
        rows = queries.version_rows(artifact, options)
        return queries.select_rows(artifact, rows, selector, options)

    def history(self, wanted: HistoryFilter = HistoryFilter(), *, ascending: bool = False) -> list[Event]:
        """The events, newest first.

        Raises:
            NotFound: the selector's artifact has no tags.

        >>> from gittag_registry import HistoryFilter, Kind
        >>> [event.ref for event in Registry(example).history(HistoryFilter(kinds=[Kind.ASSIGNMENT], stage="prod"))]
        ['churn#prod#1']
        """
        wanted = queries.checked_filter(wanted)
        from gittag_registry.model.times import beginning

        wanted = wanted._replace(since=self.moment(beginning(wanted.since)), until=self.moment(wanted.until))
        if wanted.selector is None:
            return queries.history(self.state().artifacts.values(), wanted, ascending=ascending)
        artifact = self.artifact(wanted.selector.artifact)
        if wanted.selector.latest:
            newest = queries.latest(artifact) if artifact.active else None
            if newest is None:
                return []
            wanted = wanted._replace(selector=wanted.selector._replace(version=newest.version))
        return queries.history([artifact], wanted, ascending=ascending)

    def check_ref(self, ref: str) -> Event:
        """The event of a tag.

        Args:
            ref: the tag's name, with or without ``refs/tags/``.

        Raises:
            NotARegistryTag: no registry tag can have this name; a `NotFound`, as the following.
            NotFound: there is no such tag.
            UnreadableTag: there is one, and it is skipped.
        """
        name, tag = parse_ref(ref)
        return queries.check_ref(self._read_artifact(tag.artifact), name, more_tags=self.store.more_tags)

    def stages(self, *, allowed: bool = False, used: bool = False) -> list[str]:
        """The stages that the configuration allows; if it does not restrict them, those ever assigned.

        Args:
            allowed: only those that the configuration allows.
            used: only those ever assigned.

        Raises:
            UsageError: both are set.
        """
        if allowed and used:
            raise UsageError("give either 'allowed' or 'used'")
        configured = None if used else self._allowed_stages()
        if configured is not None or allowed:
            return list(configured or ())
        return queries.stages_used(self.state().artifacts.values())

    def select(self, selector: Selector | str) -> Version:
        """The version that a selector names; a bare name stands for the latest.

        Raises:
            NotFound: it names none.
        """
        selector = as_selector(selector)
        return queries.selected(self.artifact(selector.artifact), selector)

    def resolve(self, revision: str) -> str:
        """The full id of the commit that a revision names.

        Raises:
            NotFound: it names none.
        """
        return self.store.resolve(revision)

    def moment(self, time: Moment | None, *, now: int | None = None) -> int | None:
        """A time in seconds since 1970 UTC: one given in seconds, as a `datetime` or as text, or the date of a ref.

        Args:
            now: what ages are counted from, in seconds since 1970 UTC; None: the clock.

        Raises:
            UsageError: it is neither a time nor a ref.
        """
        if time is None:
            return None
        from gittag_registry.store.moments import resolve_moment

        return resolve_moment(self.store, time, now)

    # Files

    @cached_property
    def configuration(self) -> Configuration | None:
        """The settings in force and where they come from; None if nothing is set.

        Raises:
            Refused: a configuration file or variable is invalid.
        """
        from gittag_registry.files import loading

        return loading.load_configuration(self.store.with_files(), self.on_warning)

    @property
    def settings(self) -> Settings | None:
        """The settings in force; None if nothing is set.

        Raises:
            Refused: a configuration file or variable is invalid.
        """
        return self.configuration.settings if self.configuration else None

    def _allowed_stages(self) -> tuple[str, ...] | None:
        """The stages that the configuration allows; a reader only warns of an invalid configuration."""
        try:
            return self.settings.stages if self.settings else None
        except Refused as error:
            self.on_warning(error.message)
            return None

    def annotations(self, commit: str | None = None, *, artifacts: Iterable[str] = ()) -> dict[str, Annotation]:
        """The annotations by artifact, from `artifacts.yaml`, and from `dvc.yaml` for names that it lacks.

        Args:
            commit: read the files of this commit; None: the present ones.
            artifacts: names that may have a directory, whose `dvc.yaml` is read too.
        """
        from gittag_registry.files import loading

        annotations = loading.load_annotations(self.store.with_files(commit), commit, artifacts)
        for problem in annotations.problems if annotations else ():
            self.on_warning(str(problem))
        return annotations.entries if annotations else {}

    # Writing

    def execute(
        self,
        command: Command,
        *,
        confirmed: Iterable[Event] | None = None,
        **options: Unpack[ExecuteOptions],
    ) -> Outcome:
        """Carry out a command: all of it or nothing, and again from the start if another writer was faster.

        Args:
            command: the command; its versions and commits may be short, as people type them.
            confirmed: the deletions that the user confirmed; others are refused.
            options: `WriteOptions`, and `message`: the tag's text.

        Raises:
            TypeError: there is no such option.
            InDoubt: it is unknown whether the server carried it out.
            RegistryError: it was refused or failed; nothing was written, unless the message says so.

        >>> from gittag_registry import Assign
        >>> Registry(example).execute(Assign(artifact="churn", stage="prod", version="latest"), dry_run=True).done
        False
        """
        from gittag_registry.model.commands import check_annotated, check_command, check_options, resolved
        from gittag_registry.store.writer import Writer

        check_options(options)
        check_command(command)
        target = self.store.target(options.get("push"), options.get("remote"), lambda: self.settings)
        with self.store.prepared(command.artifact):
            command = resolved(command, self.resolve)
            if self.settings and self.settings.artifacts == "annotated":
                check_annotated(command, self.annotations(artifacts=[command.artifact]))
            writer = Writer(target, self.settings, options, self.patience)
            return writer.execute(command, confirmed=confirmed)


def _ignore(message: str) -> None:
    """Drop a message."""
