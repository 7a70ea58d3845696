"""The registry of a repository: every question and every operation."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from gittag_registry.errors import NotFound, Refused, UsageError, did_you_mean
from gittag_registry.git import tags
from gittag_registry.git.process import Repository, locate
from gittag_registry.model import queries
from gittag_registry.model.events import Event, SkippedTag, SkipReason
from gittag_registry.model.fold import Artifact, RegistryState, Version
from gittag_registry.model.names import Selector, check_artifact, check_stage, parse_tag, tag_prefixes
from gittag_registry.model.queries import ArtifactRow, HistoryFilter, ReadOptions, StageVersion, VersionRow
from gittag_registry.refs import TAGS
from gittag_registry.store.local import LocalStore
from gittag_registry.store.reader import unknown_artifact
from gittag_registry.urls import is_url

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from gittag_registry.files.annotations import Annotation
    from gittag_registry.files.config import Configuration, Settings
    from gittag_registry.git.process import RepoLike
    from gittag_registry.git.remote import Progress
    from gittag_registry.model.commands import Command, ExecuteOptions
    from gittag_registry.model.results import Outcome, RegistryTable
    from gittag_registry.store.interface import Store


class Registry:
    """An artifact registry in a git repository. Every question reads the tags anew.

    Args:
        repo: a path in the repository, the address of a remote one, a `git.Repo`, or None for the repository around
            the working directory.
        offline: answer from the cache of a remote repository, without asking the server.
        on_warning: called with each warning, in one line, such as of tags that were skipped.
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
        on_warning: Callable[[str], None] | None = None,
        on_command: Callable[[tuple[str, ...]], None] | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        every_warning: bool = False,
        patience: float | None = None,
    ) -> None:
        self.on_warning = on_warning or _ignore
        self._every_warning = every_warning
        self.patience = patience
        if patience is not None and not patience >= 0:  # NaN is not either
            raise UsageError(f"patience is a number of seconds, not {patience!r}")
        self.store: Store
        if isinstance(repo, str) and is_url(repo) and not os.path.isdir(repo):
            from gittag_registry.store.mirror_store import open_mirror

            self.store = open_mirror(
                repo, offline=offline, on_command=on_command, on_progress=on_progress, on_warning=self.on_warning
            )
        elif offline:
            raise UsageError("offline needs the address of a remote repository")
        else:
            repository = locate(repo)._replace(on_command=on_command)
            self.store = LocalStore(repository, on_progress=on_progress, on_warning=self.on_warning)

    @property
    def repository(self) -> Repository:
        """The local repository that is read: the registry's own, or the mirror of a remote one."""
        return self.store.repository

    # Reading

    def state(self, *, until: int | None = None) -> RegistryState:
        """The state of all artifacts, now or at a time (seconds since 1970 UTC)."""
        state = self.store.state(until=until)
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
            raise unknown_artifact(artifact, self.store.artifacts(), more_tags=self.store.more_tags)
        return artifact

    def _read_artifact(self, name: str) -> Artifact:
        return self.store.state(check_artifact(name)).artifact(name)

    def _warn_skipped(self, skipped: Iterable[SkippedTag]) -> None:
        tags = list(skipped)
        if self._every_warning:
            for tag in tags:
                self.on_warning(f"skipped tag {tag.ref!r}: {tag.explanation}")
        elif tags:
            first = f"{tags[0].ref!r}: {tags[0].explanation}"
            what = f"tag {first}" if len(tags) == 1 else f"{len(tags)} tags, one of them {first}"
            self.on_warning(f"skipped {what} (all of them: git registry doctor)")

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
        self, name: str, stage: str, *, at: int | None = None, options: ReadOptions = ReadOptions()
    ) -> list[StageVersion]:
        """The versions in a stage, newest assignment first; now, or at a time (seconds since 1970 UTC).

        Raises:
            NotFound: no such artifact.
        """
        check_stage(stage)
        artifact = self.artifact(name)
        past = artifact if at is None else artifact.until(at)
        versions = queries.in_stage(past, stage, options) if past.active or options.deprecated else []
        if at is None or not versions:
            return versions
        from gittag_registry.model.stage_history import Occupant, intervals, left_at

        timeline = intervals(artifact, stage, options.versions_per_stage)
        return [v._replace(until=left_at(timeline, Occupant(v.version, v.commit), at)) for v in versions]

    def at_commit(self, revision: str, *, options: ReadOptions = ReadOptions()) -> list[VersionRow]:
        """Every active version on a commit, with its stages.

        Raises:
            NotFound: the revision names no commit.
        """
        commit = self.resolve(revision)
        return queries.at_commit(self.state().artifacts.values(), commit, options)

    def show(self, *, type: str | None = None, options: ReadOptions = ReadOptions()) -> RegistryTable:
        """The table of all artifacts: their latest versions, and the versions in their stages.

        It includes annotated artifacts without tags, unless `options.registered_only` is set. The annotations of a
        remote repository are read only if a type is given.
        """
        from gittag_registry.model.results import RegistryTable

        state = self.state()
        rows = queries.artifact_rows(state.artifacts.values(), options)
        files = type is not None or self.store.files_are_local  # fetching files is slower than everything else
        annotations = self.annotations(artifacts=state.artifacts) if files else {}
        rows = [_annotated(row, annotations.get(row.artifact)) for row in rows]
        if not options.registered_only:
            untagged = sorted(name for name in annotations if name not in state.artifacts)
            rows += [_annotated(ArtifactRow(name, None, {}, registered=False), annotations[name]) for name in untagged]
        rows = sorted((row for row in rows if type in (None, row.type)), key=lambda row: row.artifact)
        used = {stage for row in rows for stage in row.stages}
        allowed = (self._allowed_stages() if files else None) or ()
        return RegistryTable((*allowed, *sorted(used.difference(allowed))), tuple(rows))

    def show_artifact(self, selector: Selector, *, options: ReadOptions = ReadOptions()) -> list[VersionRow]:
        """The versions of an artifact and their stages, or only those that a selector names.

        Raises:
            NotFound: no such artifact.
        """
        artifact = self.artifact(selector.artifact)
        if not artifact.active and not options.deprecated:
            return []
        rows = queries.version_rows(artifact, options)
        return queries.select_rows(artifact, rows, selector, options)

    def history(self, wanted: HistoryFilter = HistoryFilter(), *, ascending: bool = False) -> list[Event]:
        """The events, newest first.

        Raises:
            NotFound: the selector's artifact has no tags.
        """
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
            NotFound: there is no such tag, it is not a registry tag, or it cannot be read.
        """
        name = ref.removeprefix(TAGS)
        tag = parse_tag(name)
        if tag is None:
            raise NotFound(f"{name!r} is not a registry tag", hint="git registry help tag-format")
        event = queries.check_ref(self._read_artifact(tag.artifact), name)
        if isinstance(event, SkippedTag):
            hint = "git registry doctor"
            if (
                event.reason is SkipReason.LIGHTWEIGHT
            ):  # as the tag that starts a GitHub Actions job, after its checkout
                hint = "git fetch --tags --force gets the annotated tag, if the remote has one"
            raise NotFound(f"tag {name!r} is skipped: {event.explanation}", hint=hint)
        if event is None:
            refs = [ref for _, ref in tags.list_tags(self.repository, tag_prefixes(tag.artifact))]
            raise NotFound(f"there is no tag {name!r}", hint=did_you_mean(name, refs))
        return event

    def stages(self, *, allowed: bool = False, used: bool = False) -> list[str]:
        """The stages that the configuration allows; if it does not restrict them, those ever assigned.

        Args:
            allowed: only those that the configuration allows.
            used: only those ever assigned.
        """
        configured = None if used else self._allowed_stages()
        if configured is not None or allowed:
            return list(configured or ())
        return queries.stages_used(self.state().artifacts.values())

    def select(self, selector: Selector) -> Version:
        """The version that a selector names; a bare name stands for the latest.

        Raises:
            NotFound: it names none.
        """
        artifact = self.artifact(selector.artifact)
        version = queries.select(artifact, selector)
        if version is None:
            what = "has no version" + (f" in stage {selector.stage!r}" if selector.stage else "")
            hint = did_you_mean(selector.stage, queries.stages_used([artifact])) if selector.stage else None
            if not artifact.active:
                hint = f"{selector.artifact!r} is deprecated"
            raise NotFound(f"artifact {selector.artifact!r} {what}", hint=hint)
        return version

    def resolve(self, revision: str) -> str:
        """The full id of the commit that a revision names.

        Raises:
            NotFound: it names none.
        """
        return self.store.resolve(revision)

    def moment_of(self, ref: str) -> int | None:
        """The date of a tag or a commit, in seconds since 1970 UTC; None if there is no such ref."""
        from gittag_registry.git.history import moment_of

        try:
            return moment_of(self.repository, self.store.find(ref))
        except NotFound:
            return None

    # Files

    @cached_property
    def configuration(self) -> Configuration | None:
        """The settings in force and where they come from; None if nothing is set.

        Raises:
            Refused: a configuration file or variable is invalid.
        """
        from gittag_registry.files import loading

        return loading.load_configuration(self.store.with_files())

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

    def describe(self, selector: Selector, *, revision: str | None = None) -> tuple[Annotation, str | None]:
        """The annotation of an artifact: now, at a revision, or on the commit of the version that a selector names.

        Returns:
            The annotation, and the commit it was read from; None for the present files.

        Raises:
            UsageError: both a revision and a version are given.
            NotFound: there is no annotation, or no such version.
        """
        if revision is not None and selector.narrow:
            raise UsageError("give either a revision or a selector that names a version")
        commit = self.select(selector).commit if selector.narrow else None
        if revision is not None:
            commit = self.resolve(revision)
        entries = self.annotations(commit, artifacts=[selector.artifact])
        if selector.artifact in entries:
            return entries[selector.artifact], commit
        where = f"on commit {commit[:7]}" if commit else "in artifacts.yaml or dvc.yaml"
        raise NotFound(
            f"artifact {selector.artifact!r} is not annotated {where}",
            hint=did_you_mean(selector.artifact, entries),
        )

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
        """
        from gittag_registry.model.commands import check_options, resolved
        from gittag_registry.store.writer import Writer

        check_options(options)
        target = self.store.target(options.get("push"), options.get("remote"), lambda: self.settings)
        with self.store.prepared(check_artifact(command.artifact)):
            command = resolved(command, self.resolve)
            writer = Writer(target, self.settings, options, self.patience)
            return writer.execute(command, confirmed=confirmed)


def _ignore(message: str) -> None:
    """Drop a message."""


def _annotated(row: ArtifactRow, annotation: Annotation | None) -> ArtifactRow:
    return row._replace(type=annotation.type, path=annotation.path) if annotation else row
