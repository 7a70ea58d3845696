"""What the commands that read share: the selector, and why nothing matches it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gittag_registry.cli.app import App, complete_artifact
from gittag_registry.model.names import Selector
from gittag_registry.model.queries import ReadOptions
from gittag_registry.render.view import View

if TYPE_CHECKING:
    from gittag_registry.model.results import RegistryTable

selector_argument = click.argument(
    "selector", metavar="[NAME|SELECTOR]", required=False, shell_complete=complete_artifact
)
"""the artifact, version or stage a question is about; without it, all of them"""


def with_path(app: App, view: View, name: str | None = None) -> View:
    """The view with the path of each record's artifact, if the command line asks for it.

    It is in the annotation on the record's commit. Reading that takes a git process, so other answers do without.

    Args:
        name: the artifact; None: the one that each record names.
    """
    if "path" not in app.columns:
        return view
    places = [(name or record["artifact"], record["commit"]) for record in view.records]
    paths = {place: _path(app, *place) for place in dict.fromkeys(places)}
    records = [{**record, "path": paths[place]} for record, place in zip(view.records, places, strict=True)]
    return view._replace(records=records)


def _path(app: App, artifact: str, commit: str) -> str | None:
    annotation = app.registry.annotations(commit, artifacts=[artifact]).get(artifact)
    return annotation.path if annotation else None


def note_nothing(app: App, table: RegistryTable, otherwise: str = "") -> None:
    """Note why the table of artifacts is empty: all of them are deprecated, tags may be missing, or there are none."""
    from gittag_registry.hints import Hint, call

    if table.hidden:
        app.note(Hint("every artifact is deprecated; ", call("show", deprecated=True), " shows them"))
        return
    for note in (otherwise, app.registry.store.more_tags):
        if note:
            app.note(note)


def why_nothing(app: App, wanted: Selector, options: ReadOptions) -> str | None:
    """Why nothing matches: it is hidden, misspelt, or no longer in effect."""
    from gittag_registry.errors import did_you_mean
    from gittag_registry.hints import Hint, Option, call
    from gittag_registry.model.queries import stages_used

    name = wanted.artifact
    artifact = app.registry.artifact(name, warn=False)
    if not artifact.active and not options.deprecated:
        return Hint(f"{name!r} is deprecated; ", Option("deprecated"), " includes it")
    what, word, words = "stages", wanted.stage, stages_used([artifact])
    if wanted.version is not None:
        what, word, words = "versions", wanted.version, [v.version for v in artifact.versions if not v.anonymous]
    if word is not None and word not in words:
        return did_you_mean(word, words) or (f"its {what}: {', '.join(words[:10])}" if words else None)
    sign = "#" if wanted.version is None else "@"
    return Hint(call("history", f"{name}{sign}{word}" if word else name))
