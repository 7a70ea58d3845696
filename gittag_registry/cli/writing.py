"""The commands that write tags: each function makes a command of the model from its arguments.

Operands and options have the names of that command's fields, so that a function names only those that it changes,
and passes on the rest.
"""

from __future__ import annotations

from typing import Any

import click

from gittag_registry.cli.app import App, command, complete_artifact, complete_stage, complete_version
from gittag_registry.cli.operation import deletes, writes
from gittag_registry.errors import UsageError
from gittag_registry.hints import Hint, call
from gittag_registry.model.commands import Assign, Command, Deprecate, Deregister, Register, Rollback, Unassign

_artifact_argument = click.argument("artifact", metavar="NAME", shell_complete=complete_artifact)
_stage_argument = click.argument("stage", shell_complete=complete_stage)


@command
@_artifact_argument
@click.argument("commit", default="HEAD", metavar="[REF]")
@click.option("--ver", "--version", "version", metavar="VERSION", help="The version; default: the next one.")
@click.option(
    "--bump",
    type=click.Choice(["major", "minor", "patch", "prerelease"]),
    help="Which part of the highest version to increment.",
)
@click.option("--bump-major", "bump", flag_value="major", help="Short for --bump major.")
@click.option("--bump-minor", "bump", flag_value="minor", help="Short for --bump minor.")
@click.option("--bump-patch", "bump", flag_value="patch", help="Short for --bump patch.")
@click.option("--pre-id", metavar="WORD", help="The name of pre-releases, like rc in v1.0.0-rc.1.")
@writes
def register(**fields: Any) -> Register:
    """Register a commit as a version of an artifact.

    The default version is the one after the highest ever registered, v0.0.1 at first.

    \b
    git registry register churn
    git registry register churn --bump minor -m 'retrained on May'
    git registry register churn HEAD~1 --version v1.0.0
    """
    if fields["pre_id"] is not None and fields["bump"] != "prerelease":
        raise UsageError("--pre-id needs --bump prerelease")
    return Register(**fields)


@command
@_artifact_argument
@click.argument("operands", nargs=-1, metavar="STAGE [REF]", shell_complete=complete_stage)
@click.option(
    "--stage",
    "stage",
    metavar="STAGE",
    help="The stage, if it is not given as an argument.",
    shell_complete=complete_stage,
)
@click.option(
    "--version",
    metavar="VERSION",
    help="The version to assign; with REF: the version to register REF as.",
    shell_complete=complete_version,
)
@click.option(
    "--sr", "--skip-registration", "skip_registration", is_flag=True, help="Assign a commit without registering it."
)
@writes
def assign(operands: tuple[str, ...], stage: str | None, version: str | None, **fields: Any) -> Assign:
    """Put a version of an artifact in a stage.

    Without --version and REF, it takes the version of HEAD. A commit that has no version is registered first.
    'promote' is another name of this command.

    \b
    git registry assign churn prod
    git registry assign churn prod --version v1.2.0
    git registry assign churn HEAD~1 --stage dev
    """
    words = list(operands)
    if stage is None:
        if not words:
            raise UsageError("assign needs a stage", hint=Hint(call("assign", fields["artifact"], "prod")))
        stage = words.pop(0)
    if len(words) > 1:
        raise UsageError(f"too many arguments: {' '.join(words[1:])}")
    commit = words[0] if words else "HEAD" if version is None else None
    return Assign(stage=stage, commit=commit, version=version, **fields)


@command
@_artifact_argument
@_stage_argument
@click.option(
    "--version",
    metavar="VERSION",
    help="The version to take out; default: the last assigned.",
    shell_complete=complete_version,
)
@click.option("--ref", "commit", metavar="REF", help="The commit to take out.")
@click.option("--all", "all", is_flag=True, help="Empty the stage.")
@writes
@deletes
def unassign(**fields: Any) -> Unassign:
    """Take a version out of a stage.

    The version assigned before it is then in the stage again, unless it was taken out too (GTO reads the tags the same
    way). --all empties the stage.

    \b
    git registry unassign churn prod
    git registry unassign churn prod --all
    """
    return Unassign(**fields)


@command
@_artifact_argument
@click.argument("version", shell_complete=complete_version)
@writes
@deletes
def deregister(**fields: Any) -> Deregister:
    """Withdraw a version from the registry.

    It leaves every stage it is in. --delete deletes its tags, and those of its assignments.

    \b
    git registry deregister churn v1.2.0
    """
    return Deregister(**fields)


@command
@_artifact_argument
@click.argument("version", required=False, shell_complete=complete_version)
@click.argument("stage", required=False, shell_complete=complete_stage)
@click.option(
    "--ref", "commit", metavar="REF", help="The commit of an artifact's tag; default: that of its newest tag."
)
@writes
@deletes
def deprecate(version: str | None, stage: str | None, **fields: Any) -> Command:
    """Deprecate an artifact, a version, or a version in a stage.

    With a VERSION this is deregister, with a STAGE as well it is unassign. A deprecated artifact is hidden until its
    next registration or assignment.

    \b
    git registry deprecate churn
    git registry deprecate churn v1.2.0
    git registry deprecate churn v1.2.0 prod
    """
    if version is None:
        return Deprecate(**fields)
    if fields.pop("commit") is not None:
        raise UsageError("--ref is for an artifact only; a version has its own commit")
    if stage is None:
        return Deregister(version=version, **fields)
    return Unassign(version=version, stage=stage, **fields)


@command
@_artifact_argument
@_stage_argument
@click.option("--to", metavar="VERSION", help="Go back to this version.", shell_complete=complete_version)
@click.option("--at", metavar="TIME", help="Go back to the version of that time.")
@writes
@click.pass_obj
def rollback(app: App, /, at: str | None, **fields: Any) -> Rollback:
    """Put the previous version back into a stage.

    A new tag assigns it again, so nothing is lost. A second rollback reverts the first.

    \b
    git registry rollback churn prod
    git registry rollback churn prod --at '3 days ago'
    """
    return Rollback(at=app.moment(at), **fields)
