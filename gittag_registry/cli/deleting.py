"""The command that deletes tags."""

from __future__ import annotations

import click

from gittag_registry.cli.app import command, complete_artifact
from gittag_registry.cli.operation import removes
from gittag_registry.model.commands import Command, deletion


@command
@click.argument("selector", metavar="NAME|SELECTOR|TAG", shell_complete=complete_artifact)
@removes
def delete(selector: str) -> Command:
    """Delete the tags of an artifact, of one of its versions, or of a stage, or a single tag.

    Afterwards they were never written; `deregister`, `unassign` and `deprecate` keep the history. NAME@VERSION includes
    the version's assignments, NAME#STAGE everything that was ever in the stage; churn#prod#3, churn@v1.2.0! and
    churn@deprecated are single tags. It lists the tags and asks.

    \b
    git registry delete churn#prdo
    git registry delete churn@v1.2.0 --push
    git registry delete churn@deprecated
    git registry delete chrun --dry-run
    """
    return deletion(selector)
