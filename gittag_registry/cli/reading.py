"""The commands on artifacts, versions and stages."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, cast

import click

from gittag_registry.cli.app import (
    App,
    F,
    command,
    complete_artifact,
    complete_revision,
    complete_stage,
    name_argument,
    output,
)
from gittag_registry.cli.asking import note_nothing, selector_argument, why_nothing, with_path
from gittag_registry.errors import NotFound, UsageError
from gittag_registry.model.names import Selector, check_artifact, parse_selector
from gittag_registry.model.queries import ALL, ReadOptions
from gittag_registry.model.times import iso
from gittag_registry.render import views

_COUNT = click.IntRange(min=ALL)
_PRE = click.option("--pre", is_flag=True, help="Let pre-releases win over lower stable versions.")
_DEPRECATED = click.option(
    "-d", "--deprecated", is_flag=True, help="Include deprecated artifacts and deregistered versions."
)
_STAGES = [
    click.option(
        "--vs",
        "--versions-per-stage",
        "versions_per_stage",
        type=_COUNT,
        metavar="N",
        default=1,
        help="Show at most N versions of a stage; -1: all.",
    ),
    click.option(
        "--av",
        "--assignments-per-version",
        "assignments_per_version",
        type=_COUNT,
        metavar="N",
        default=ALL,
        help="Count only the newest N stages of a version; 1 makes a kanban board.",
    ),
    click.option(
        "--sort",
        type=click.Choice(["timestamp", "semver"]),
        default="timestamp",
        help="Which version of a stage comes first: the last assigned or the highest.",
    ),
    click.option(
        "--ro",
        "--registered-only",
        "registered_only",
        is_flag=True,
        help="Leave out artifacts without tags, and commits assigned without a version.",
    ),
]
"""the options that say how stages are read"""


def _reads(*declared: Callable[[F], F]) -> Callable[[F], F]:
    """Add options that say how to read; the function gets their values as one `ReadOptions`."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def call(app: App, **values: Any) -> None:
            fields = {name: values.pop(name) for name in ReadOptions._fields if name in values}
            function(app, options=ReadOptions(**fields), **values)

        for option in reversed(declared):
            call = option(call)
        return cast("F", call)

    return decorate


@command
@selector_argument
@output("artifact", "version", "stage", "ref", "commit", "path")
@click.option("--type", metavar="TYPE", help="Show artifacts annotated with this type.")
@click.option("--annotations", is_flag=True, help="Read the annotations of a remote repository too; it takes longer.")
@click.option("--at", metavar="TIME", help="Show the registry of that time, by its tags alone.")
@_reads(*_STAGES, _PRE, _DEPRECATED)
def show(
    app: App, selector: str | None, type: str | None, annotations: bool, at: str | None, options: ReadOptions
) -> None:
    """Show the registry, or the versions of an artifact or a selector.

    The table has a column for every stage, in a narrow terminal one for all of them. An artifact marked * is annotated
    but has no tags; of a remote repository these are shown with --annotations only. 'ls' is another name of this
    command.
    A SELECTOR is NAME@VERSION, NAME@latest or NAME#STAGE.

    \b
    git registry show
    git registry show churn
    git registry show churn#prod --ref
    git registry show --at '2 weeks ago'
    git registry show --versions-per-stage -1 --json
    """
    if selector is None:
        _show_all(app, type, annotations, app.moment(at), options)
        return
    if type is not None or annotations:
        raise UsageError("--type and --annotations are for the table of all artifacts only")
    wanted = parse_selector(selector)
    if options.pre and not wanted.latest:
        raise UsageError("--pre is for the table of all artifacts and for NAME@latest only")
    moment = app.moment(at)
    rows = app.registry.show_artifact(wanted, at=moment, options=options)
    if not rows:
        raise NotFound(f"{selector!r} matches nothing{_when(moment)}", hint=why_nothing(app, wanted, options))
    app.emit(with_path(app, views.artifact(wanted.artifact, rows)))


def _when(moment: int | None) -> str:
    return f" at {iso(moment)}" if moment is not None else ""


def _show_all(app: App, type: str | None, annotations: bool, at: int | None, options: ReadOptions) -> None:
    from gittag_registry.hints import Hint, Option, call

    table = app.registry.show(type=type, annotations=annotations, at=at, options=options)
    if not table.rows and type is not None:
        raise NotFound(f"no artifact has type {type!r}")
    app.emit(views.registry(table))
    if at is not None:
        if not table.rows:
            app.note(f"no artifacts{_when(at)}")
    elif not table.rows:
        note_nothing(app, table, Hint("no artifacts; to register the first: ", call("register", "NAME")))
    if not (table.annotated or at is not None or options.registered_only):
        app.note(Hint("only tags were read; ", Option("annotations"), " reads annotations and configuration too"))


@command
@name_argument
@output("version", "ref", "commit", "path")
@click.option("--all", "show_all", is_flag=True, help="Print every active version, highest first.")
@_reads(_PRE, _DEPRECATED)
def latest(app: App, name: str, show_all: bool, options: ReadOptions) -> None:
    """Print the latest version of an artifact.

    That is the highest active version; a stable one if there is any.

    \b
    git registry latest churn
    git registry latest churn --commit
    """
    if show_all and options.pre:
        raise UsageError("--all prints pre-releases anyway, so --pre has no effect")
    newest = None if show_all else app.registry.latest(name, options=options)
    versions = app.registry.versions(name, options=options) if show_all else [newest] if newest else []
    if not versions:
        raise NotFound(f"artifact {name!r} has no version", hint=why_nothing(app, Selector(name), options))
    app.emit(with_path(app, views.latest(name, versions), name))


@command
@click.argument("name", required=False, metavar="[NAME", shell_complete=complete_artifact)
@click.argument("stage", required=False, metavar="STAGE]", shell_complete=complete_stage)
@output("version", "ref", "commit", "path")
@click.option("--at", metavar="TIME", help="Print the version of that time.")
@click.option("--all", "show_all", is_flag=True, help="Print every version still in the stage, newest first.")
@click.option(
    "--rev",
    metavar="REV",
    help="Print every version on this commit, with its stages.",
    shell_complete=complete_revision,
)
@_reads(_DEPRECATED)
def which(
    app: App,
    name: str | None,
    stage: str | None,
    at: str | None,
    show_all: bool,
    rev: str | None,
    options: ReadOptions,
) -> None:
    """Print the version in a stage.

    Of a commit that was assigned without a version it prints the id. --ref prints the version's tag, --commit its
    commit, --path where the artifact is there, by its annotation; several of them print a line with tabs in between.

    \b
    git registry which churn prod
    git registry which churn prod --version --commit --path
    git registry which churn#prod --at '2 weeks ago'
    git registry which --rev HEAD
    """
    if rev is not None:
        if name is not None or at is not None or show_all:
            raise UsageError("--rev takes no artifact, stage, --at or --all")
        commit = app.registry.resolve(rev)
        rows = app.registry.at_commit(commit, options=options)
        if not rows:
            raise NotFound(f"commit {commit[:7]} has no version of any artifact")
        app.emit(with_path(app, views.at_commit(commit, rows)))
        return
    name, stage = _name_and_stage(name, stage)
    options = options._replace(versions_per_stage=ALL if show_all else 1)
    moment = app.moment(at)
    versions = app.registry.which(name, stage, at=moment, options=options)
    if not versions:
        raise NotFound(
            f"artifact {name!r} has no version in stage {stage!r}{_when(moment)}",
            hint=why_nothing(app, Selector(name, stage=stage), options),
        )
    app.emit(with_path(app, views.which(name, stage, versions), name))


def _name_and_stage(name: str | None, stage: str | None) -> tuple[str, str]:
    if name is not None and (stage is None or "#" in name):
        selector = parse_selector(name)
        if stage is not None:
            raise UsageError(f"the stage is given twice: {selector.stage} and {stage}")
        name, stage = selector.artifact, selector.stage
    if name is None or stage is None:
        from gittag_registry.hints import Hint, call

        hint = Hint(call("show", name), " lists the stages") if name else Hint(call("which", "churn", "prod"))
        raise UsageError("which needs an artifact and a stage", hint=hint)
    return check_artifact(name), stage
