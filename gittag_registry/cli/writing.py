"""The commands that write tags: each function makes a command of the model from its arguments.

Operands and options have the names of that command's fields, so that a function names only those that it changes,
and passes on the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from gittag_registry.cli.app import (
    App,
    F,
    command,
    complete_artifact,
    complete_revision,
    complete_stage,
    complete_version,
)
from gittag_registry.cli.operands import (
    check_revision,
    check_stage_word,
    check_version,
    stage_and_version,
    version_of,
    without_stage,
)
from gittag_registry.cli.operation import deletes, writes
from gittag_registry.errors import UsageError
from gittag_registry.hints import Hint, call
from gittag_registry.model.commands import (
    Assign,
    Command,
    Deprecate,
    Deregister,
    Register,
    Rollback,
    Unassign,
    part_to_bump,
)
from gittag_registry.model.names import parse_selector

_version_option = click.option("--version", "version", hidden=True, shell_complete=complete_version)
"""GTO's way to name a version; ours is NAME@VERSION"""
_rev_option = click.option(
    "--rev",
    "commit",
    metavar="REV",
    help="The commit; default: that of the newest tag.",
    shell_complete=complete_revision,
)
_ref_option = click.option("--ref", "commit", hidden=True)
"""GTO's name of --rev"""


def _selector_argument(metavar: str) -> Callable[[F], F]:
    return click.argument("artifact", metavar=metavar, shell_complete=complete_artifact)


def _operands(metavar: str) -> Callable[[F], F]:
    return click.argument("operands", nargs=-1, metavar=metavar, shell_complete=complete_stage)


class _Unlisted(click.Argument):
    """An operand that the usage line leaves out, because NAME@VERSION says the same."""

    def get_usage_pieces(self, ctx: click.Context) -> list[str]:
        """No word of the usage line."""
        return []


_version_operand = click.argument("version", required=False, cls=_Unlisted, shell_complete=complete_version)


@command
@_selector_argument("NAME[@VERSION]")
@click.argument("commit", default="HEAD", metavar="[REV]", shell_complete=complete_revision)
@click.option("--ver", "version", hidden=True)
@_version_option
@click.option(
    "--bump",
    multiple=True,
    type=click.Choice(["major", "minor", "patch", "prerelease"]),
    help="Which part of the highest version to increment.",
)
@click.option("--bump-major", "major", is_flag=True, help="Short for --bump major.")
@click.option("--bump-minor", "minor", is_flag=True, help="Short for --bump minor.")
@click.option("--bump-patch", "patch", is_flag=True, help="Short for --bump patch.")
@click.option("--pre-id", metavar="WORD", help="The name of pre-releases, like rc in v1.0.0-rc.1.")
@writes
@click.pass_obj
def register(app: App, /, **fields: Any) -> Register:
    """Register a commit as a version of an artifact.

    The default version is the one after the highest ever registered, v0.0.1 at first; the default commit is HEAD.

    \b
    git registry register churn
    git registry register churn --bump minor -m 'retrained on May'
    git registry register churn@v1.0.0 HEAD~1
    """
    wanted = without_stage("register", parse_selector(fields.pop("artifact")), "assign")
    bump = part_to_bump(fields.pop("bump"), **{part: fields.pop(part) for part in ("major", "minor", "patch")})
    if fields["pre_id"] is not None and bump != "prerelease":
        raise UsageError("--pre-id needs --bump prerelease")
    version = version_of(wanted, fields.pop("version"))
    check_revision(
        app, wanted.artifact, fields["commit"], lambda version: call("register", wanted.artifact, version=version)
    )
    return Register(artifact=wanted.artifact, version=version, bump=bump, **fields)


@command
@_selector_argument("NAME[@VERSION]")
@_operands("STAGE [REV]")
@click.option(
    "--stage",
    "stage",
    metavar="STAGE",
    help="The stage, if it is not given as an argument; a new one may have the name of a branch.",
    shell_complete=complete_stage,
)
@_version_option
@click.option(
    "--sr", "--skip-registration", "skip_registration", is_flag=True, help="Assign a commit without registering it."
)
@writes
@click.pass_obj
def assign(app: App, /, operands: tuple[str, ...], stage: str | None, **fields: Any) -> Assign:
    """Put a version of an artifact in a stage.

    Without VERSION and REV, it takes the version of HEAD. A commit that has no version is registered first, as VERSION
    if that is given. NAME@latest is the latest version, NAME#STAGE the one in another stage; NAME#STAGE alone is short
    for NAME STAGE. 'promote' is another name of this command.

    \b
    git registry assign churn prod
    git registry assign churn@v1.2.0 prod
    git registry assign churn#staging prod
    git registry assign churn prod HEAD~1
    """
    wanted, words = parse_selector(fields.pop("artifact")), list(operands)
    if stage is None and not words:
        stage, _ = stage_and_version("assign", wanted, words, None)
        wanted = wanted._replace(stage=None)
    stage = stage or check_stage_word(app, wanted, words.pop(0), words)
    if stage == wanted.stage:
        raise UsageError(f"the stage is given twice: {stage}")
    if len(words) > 1:
        raise UsageError(f"too many arguments: {' '.join(words[1:])}")
    version = version_of(wanted, fields.pop("version"))
    commit = words[0] if words else "HEAD" if version is None else None
    if words:
        check_revision(
            app, wanted.artifact, words[0], lambda version: call("assign", wanted.artifact, stage, version=version)
        )
    return Assign(artifact=wanted.artifact, stage=stage, commit=commit, version=version, **fields)


@command
@_selector_argument("NAME[@VERSION]")
@_operands("STAGE")
@_version_option
@_rev_option
@_ref_option
@click.option("--all", "all", is_flag=True, help="Empty the stage.")
@writes
@deletes
def unassign(operands: tuple[str, ...], **fields: Any) -> Unassign:
    """Take a version out of a stage: by default the last assigned.

    The version assigned before it is then in the stage again, unless it was taken out too (GTO reads the tags the same
    way). --all empties the stage. NAME#STAGE is short for NAME STAGE.

    \b
    git registry unassign churn#prod
    git registry unassign churn@v1.2.0 prod
    git registry unassign churn#prod --all
    """
    wanted = parse_selector(fields.pop("artifact"))
    stage, version = stage_and_version("unassign", wanted, operands, fields.pop("version"))
    return Unassign(artifact=wanted.artifact, stage=stage, version=version, **fields)


@command
@_selector_argument("NAME@VERSION")
@_version_operand
@writes
@deletes
def deregister(**fields: Any) -> Deregister:
    """Withdraw a version from the registry.

    It leaves every stage it is in. --delete deletes its tags, and those of its assignments.

    \b
    git registry deregister churn@v1.2.0
    """
    wanted = without_stage("deregister", parse_selector(fields.pop("artifact")), "unassign")
    version = version_of(wanted, fields.pop("version"))
    if version is None:
        raise UsageError("deregister needs a version", hint=Hint(call("show", wanted.artifact), " lists the versions"))
    return Deregister(artifact=wanted.artifact, version=version, **fields)


@command
@_selector_argument("NAME[@VERSION]")
@_version_operand
@click.argument("stage", required=False, metavar="[STAGE]", shell_complete=complete_stage)
@_rev_option
@_ref_option
@writes
@deletes
def deprecate(**fields: Any) -> Command:
    """Deprecate an artifact, a version, or a version in a stage.

    With a VERSION this is deregister, with a STAGE as well it is unassign, and so it is for NAME#STAGE. A deprecated
    artifact is hidden until its next registration or assignment.

    \b
    git registry deprecate churn
    git registry deprecate churn@v1.2.0
    git registry deprecate churn@v1.2.0 prod
    """
    wanted, commit = parse_selector(fields.pop("artifact")), fields.pop("commit")
    words = [word for word in (fields.pop("version"), fields.pop("stage")) if word is not None]
    version = None if wanted.stage is not None else words.pop(0) if words and not wanted.narrow else None
    check_version("deprecate", wanted.artifact, version)
    if not (wanted.narrow or version):
        return Deprecate(artifact=wanted.artifact, commit=commit, **fields)
    if commit is not None:
        raise UsageError("--rev is for an artifact only; a version has its own commit")
    if wanted.stage is None and not words:
        return Deregister(artifact=wanted.artifact, version=version_of(wanted, version), **fields)
    stage, version = stage_and_version("deprecate", wanted, words, version)
    return Unassign(artifact=wanted.artifact, version=version, stage=stage, **fields)


@command
@_selector_argument("NAME")
@_operands("STAGE")
@click.option("--to", metavar="VERSION", help="Go back to this version.", shell_complete=complete_version)
@click.option("--at", metavar="TIME", help="Go back to the version of that time.")
@writes
@click.pass_obj
def rollback(app: App, /, operands: tuple[str, ...], at: str | None, **fields: Any) -> Rollback:
    """Put the previous version back into a stage.

    A new tag assigns it again, so nothing is lost. A second rollback reverts the first. NAME#STAGE is short for
    NAME STAGE, and NAME@VERSION STAGE for --to VERSION.

    \b
    git registry rollback churn#prod
    git registry rollback churn#prod --at '3 days ago'
    """
    wanted = parse_selector(fields.pop("artifact"))
    stage, to = stage_and_version("rollback", wanted, operands, fields.pop("to"))
    return Rollback(artifact=wanted.artifact, stage=stage, to=to, at=app.moment(at), **fields)
