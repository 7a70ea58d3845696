"""The commands on events and tags: their history, the parts of one, the stages they name, and comparisons."""

from __future__ import annotations

import sys

import click

from gittag_registry.cli.app import (
    App,
    command,
    command_anywhere,
    complete_artifact,
    complete_stage,
    complete_tag,
    output,
)
from gittag_registry.cli.asking import selector_argument, why_nothing, with_path
from gittag_registry.errors import NotFound, UsageError
from gittag_registry.model.names import Kind, check_tag, parse_selector
from gittag_registry.model.queries import HistoryFilter, ReadOptions
from gittag_registry.model.times import beginning, iso
from gittag_registry.refs import TAGS
from gittag_registry.render import views


@command
@selector_argument
@output()
@click.option("--since", metavar="TIME", help="Leave out earlier events.")
@click.option("--until", metavar="TIME", help="Leave out later events.")
@click.option(
    "--event",
    "events",
    multiple=True,
    type=click.Choice([kind.value for kind in Kind]),
    help="Show events of this kind; may be repeated.",
)
@click.option("--stage", metavar="STAGE", help="Show events of this stage.", shell_complete=complete_stage)
@click.option("--author", metavar="TEXT", help="Show events whose author's name or address has TEXT in it.")
@click.option("-n", "--max-count", "limit", type=click.IntRange(min=0), metavar="N", help="Show the newest N events.")
@click.option("--oneline", is_flag=True, help="Print a line for each: commit, date, tag, and the message's first line.")
@click.option("--asc", "--ascending", "ascending", is_flag=True, help="Oldest first.")
def history(
    app: App,
    selector: str | None,
    since: str | None,
    until: str | None,
    events: tuple[str, ...],
    stage: str | None,
    author: str | None,
    limit: int | None,
    oneline: bool,
    ascending: bool,
) -> None:
    """Show the events, newest first.

    A narrow terminal shows fewer columns. 'log' is another name of this command.

    \b
    git registry history churn
    git registry log --oneline -n 10
    git registry history churn#prod --since 2w
    git registry history --event registration --author alice --json
    """
    if oneline and app.format is not None:
        raise UsageError("--oneline has a form of its own, so it takes no --json, --plain or --format")
    wanted = HistoryFilter(
        parse_selector(selector) if selector is not None else None,
        since=app.moment(beginning(since)),
        until=app.moment(until),
        kinds=frozenset(map(Kind, events)),
        stage=stage,
        author=author,
        limit=limit,
    )
    shown = app.registry.history(wanted, ascending=ascending)
    if not shown and limit != 0 and wanted._replace(limit=None) != HistoryFilter():
        hint = why_nothing(app, wanted.selector, ReadOptions(deprecated=True)) if wanted.selector else None
        raise NotFound(f"no event matches{_between(wanted)}", hint=hint)
    app.emit(views.history(shown, oneline=oneline))
    if not shown and limit != 0:
        app.note("no events: the repository has no registry tags")


def _between(wanted: HistoryFilter) -> str:
    """The times that limit a history, for a message."""
    since = f" from {iso(wanted.since)}" if wanted.since is not None else ""
    return since + (f" until {iso(wanted.until)}" if wanted.until is not None else "")


@command
@click.argument("ref", shell_complete=complete_tag)
@output("artifact", "version", "event", "stage", "commit", "path")
def check_ref(app: App, ref: str) -> None:
    """Print the event of a tag.

    REF is a tag's name, with or without refs/tags/, such as a CI job gets for a pushed tag. The exit code is 7 if it is
    not a registry tag, 3 if there is no such tag, and 1 if it cannot be read.

    \b
    git registry check-ref "$GITHUB_REF" --name
    git registry check-ref "$GITHUB_REF" --event --name --stage --commit
    """
    app.emit(with_path(app, views.check_ref(app.registry.check_ref(ref))))


@command
@output()
@click.option("--allowed", is_flag=True, help="List those that the configuration allows.")
@click.option("--used", is_flag=True, help="List those that were ever assigned.")
def stages(app: App, allowed: bool, used: bool) -> None:
    """List the stages.

    Without an option: those that the configuration allows; if it does not restrict them, those ever assigned.
    """
    if allowed and used:
        raise UsageError("give either --allowed or --used")
    names = app.registry.stages(allowed=allowed, used=used)
    app.emit(views.stages(names))
    if not names:
        app.note("no stages: the configuration names none" if allowed else "no stages yet")


@command
@click.argument("old", metavar="A", shell_complete=complete_artifact)
@click.argument("new", metavar="B", shell_complete=complete_artifact)
@output()
def diff(app: App, old: str, new: str) -> None:
    """Compare two versions of an artifact.

    Shows the commits between them, the files that changed (under the artifact's path, if it is annotated) and what
    changed in the annotation. A and B are selectors; a bare name stands for its latest version.

    \b
    git registry diff churn@v1.0.0 churn@v1.1.0
    git registry diff churn#prod churn@latest
    """
    from gittag_registry.services.diff import compare

    comparison = compare(app.registry, parse_selector(old), parse_selector(new))
    app.emit(views.comparison(comparison))
    if comparison.old.commit == comparison.new.commit:
        app.note(f"both are commit {comparison.old.commit[:7]}")
    elif not (comparison.commits or comparison.files or comparison.annotations):
        app.note("no differences" + (f" under {comparison.path!r}" if comparison.path else ""))


@command
def print_state(app: App) -> None:
    """Print all events by artifact, version and stage, as JSON.

    The document is GTO's, for scripts that read it, without its "enrichments", "priority" and "addition".

    \b
    git registry print-state
    """
    from gittag_registry.render.gto import state

    _print_json(state(app.registry.state().artifacts.values()))


def _print_json(value: object) -> None:
    import json

    click.echo(json.dumps(value, indent=4), file=sys.stdout)


@command_anywhere
@click.argument("tag")
@output("artifact", "version", "event", "stage", "counter")
@click.option("--key", hidden=True)
def parse_tag(app: App, tag: str, key: str | None) -> None:
    """Print the parts of a tag's name.

    No repository is needed.

    \b
    git registry parse-tag 'churn#prod#3' --json
    """
    parsed = check_tag(tag.removeprefix(TAGS))
    if key is None:
        app.emit(views.tag(parsed))
        return
    if app.columns or app.format:
        raise UsageError("--key is GTO's way to print one part, so it takes no other output option")
    from gittag_registry.render.gto import part

    _print_json(part(parsed, key))
