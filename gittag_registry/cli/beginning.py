"""`git registry` without a command."""

from __future__ import annotations

import click

from gittag_registry.cli.app import App, command
from gittag_registry.cli.asking import note_nothing
from gittag_registry.errors import NotARepository
from gittag_registry.render import views

_BEGIN = """\
A registry of artifacts (models, datasets, anything) whose database is git tags. To begin:

  git registry demo                       build a small registry, and see the life cycle
  git registry register churn             register the newest commit as a version of churn
  git registry assign churn prod          put it in a stage
  git registry show -r https://...        show the registry of a remote repository

'git registry -h' lists the commands."""


@command
def begin(app: App) -> None:
    """Show the registry, or how to begin one."""
    try:
        table = app.registry.show()
    except NotARepository:
        click.echo(_BEGIN)
        raise
    if table.rows:
        app.emit(views.registry(table))
    else:
        click.echo(_BEGIN)
        note_nothing(app, table)
