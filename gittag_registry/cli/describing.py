"""The commands on `artifacts.yaml`."""

from __future__ import annotations

from typing import Any

import click

from gittag_registry.cli.app import App, F, command, complete_artifact, name_argument, output
from gittag_registry.cli.operation import paragraphs
from gittag_registry.errors import UsageError
from gittag_registry.files.layout import annotation_file
from gittag_registry.model.names import check_artifact, parse_selector
from gittag_registry.render import views


def _edits(function: F) -> F:
    """Add the options of the commands that change the file."""
    for option in (
        click.option("-n", "--dry-run", is_flag=True, help="Only print what would be done."),
        click.option(
            "-m",
            "--message",
            metavar="TEXT",
            multiple=True,
            help="The commit's message; implies --commit. Each further -m adds a paragraph.",
        ),
        click.option("--commit", is_flag=True, help="Commit this change of the file, and nothing else."),
    ):
        function = option(function)
    return function


@command
@click.argument("selector", metavar="NAME|SELECTOR", shell_complete=complete_artifact)
@output("type", "path", "description")
def describe(app: App, selector: str) -> None:
    """Show the annotation of an artifact.

    A bare NAME reads the present artifacts.yaml (or the artifacts of dvc.yaml); a SELECTOR such as NAME@v1.0.0 or
    NAME#prod reads it on the commit of that version.

    \b
    git registry describe churn
    git registry describe churn#prod --path
    """
    from gittag_registry.services.describe import describe as read_annotation

    wanted = parse_selector(selector)
    annotation, commit = read_annotation(app.registry, wanted)
    app.emit(views.annotation(wanted.artifact, annotation, commit))


@command
@name_argument
@click.option("--type", metavar="TYPE", help="The type: model, dataset, ...")
@click.option("--path", metavar="PATH", help="The path in the repository, from where you are, or a URL.")
@click.option("--must-exist", is_flag=True, help="Refuse a --path that does not exist.")
@click.option("--label", "labels", metavar="LABEL", multiple=True, help="Add a label; may be repeated.")
@click.option("--remove-label", "without_labels", metavar="LABEL", multiple=True, help="Remove a label.")
@click.option("--description", metavar="TEXT", help="A description.")
@click.option("--custom", metavar="KEY=VALUE", multiple=True, help="Set a key of the custom mapping; may be repeated.")
@_edits
def annotate(
    app: App,
    name: str,
    dry_run: bool,
    message: tuple[str, ...],
    commit: bool,
    custom: tuple[str, ...],
    path: str | None,
    **fields: Any,
) -> None:
    """Add or change an annotation in artifacts.yaml, or of dir:name in dir/dvc.yaml, where DVC reads it.

    Values that are not given stay, and so do comments and the order. Labels are added to the present ones.

    \b
    git registry annotate churn --type model --path models/churn.pkl --label finance
    """
    from gittag_registry.git.files import from_top
    from gittag_registry.services.annotate import Annotate

    if path is not None and "://" not in path:
        path = from_top(app.registry.store.with_work_tree(), path)
    wanted = Annotate(artifact=check_artifact(name), path=path, custom=_pairs(custom), **fields)
    text = paragraphs(message) or (f"Annotate artifact {name}" if commit or message else None)
    done = wanted.execute(app.registry, commit_message=text, dry_run=dry_run)
    app.emit(views.annotation(name, done.annotation, done.commit))
    _note_result(app, annotation_file(name), done.commit, dry_run)


@command
@name_argument
@_edits
def remove(app: App, name: str, dry_run: bool, message: tuple[str, ...], commit: bool) -> None:
    """Remove an annotation from artifacts.yaml, or of dir:name from dir/dvc.yaml.

    Tags are not touched.
    """
    from gittag_registry.services.annotate import remove as remove_entry

    text = paragraphs(message) or (f"Remove the annotation of artifact {name}" if commit or message else None)
    file, done = remove_entry(app.registry, name, commit_message=text, dry_run=dry_run)
    _note_result(app, file, done, dry_run)


def _note_result(app: App, file: str, commit: str | None, dry_run: bool) -> None:
    if dry_run:
        app.note(f"dry run: {file} was not changed")
    elif commit:
        app.note(f"committed {file} as {commit[:7]}")
    else:
        app.note(f"changed {file}; git commit it to keep the change")


def _pairs(texts: tuple[str, ...]) -> dict[str, str] | None:
    pairs = [text.partition("=") for text in texts]
    for key, equals, _ in pairs:
        if not (key and equals):
            raise UsageError(f"--custom takes KEY=VALUE, not {key!r}")
    return {key: value for key, _, value in pairs} or None
