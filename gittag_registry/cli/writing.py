"""The commands that write tags."""

from __future__ import annotations

import functools
import os
import sys
from shlex import quote
from typing import TYPE_CHECKING, Any, TextIO, cast

import click

from gittag_registry.cli.app import (
    App,
    F,
    command,
    complete_stage,
    complete_version,
    name_argument,
    output,
    place_options,
)
from gittag_registry.cli.main import drop_output
from gittag_registry.errors import RegistryError, UsageError
from gittag_registry.model.commands import Assign, Command, Deprecate, Deregister, Register, Rollback, Unassign
from gittag_registry.model.events import Event
from gittag_registry.model.names import check_artifact
from gittag_registry.model.versions import parse_version
from gittag_registry.refs import TAGS
from gittag_registry.render import views
from gittag_registry.render.view import printable

if TYPE_CHECKING:
    from gittag_registry.model.results import Outcome

_SHARED = [
    click.option(
        "-m", "--message", metavar="TEXT", help="The tag's message; default: a sentence that says what is done."
    ),
    click.option(
        "-F",
        "--file",
        "message_file",
        metavar="FILE",
        type=click.File("r", encoding="utf-8"),
        help="Read the message from a file; '-': standard input.",
    ),
    click.option("-e", "--edit", is_flag=True, help="Write the message in your editor."),
    click.option(
        "--simple",
        type=click.Choice(["auto", "true", "false"]),
        default="auto",
        help="Write the tag without a counter (true), with one (false), or as GTO does: only stage tags have one.",
    ),
    click.option("--force", is_flag=True, help="Write the tag even if it is in effect already."),
    click.option("-n", "--dry-run", is_flag=True, help="Only tell what would be done."),
    click.option(
        "--push/--no-push",
        "push",
        default=None,
        help="Write to the remote, whose tags then decide, and then here; or only here. Default: as configured.",
    ),
    click.option(
        "--remote", metavar="NAME", help="Push to this remote; default: as configured, origin, or the only one."
    ),
    click.option(
        "--sign/--no-sign", "sign", default=None, help="Sign the tag, or not. Default: as git's tag.gpgSign says."
    ),
]
_DELETING = [
    click.option("--delete", is_flag=True, help="Delete the tags instead of writing one that takes them back."),
    click.option("-y", "--yes", is_flag=True, help="Do not ask before deleting."),
]
_stage_argument = click.argument("stage", shell_complete=complete_stage)
_SIMPLE = {"auto": None, "true": True, "false": False}


def _writes(function: F) -> F:
    """Add the options of every command that writes a tag."""

    @functools.wraps(function)
    def checked(app: App, *args: Any, **options: Any) -> None:
        app.must_be_online()
        function(app, *args, **options)

    for option in reversed(_SHARED):
        checked = option(checked)
    return cast("F", output()(checked))


def _deletes(function: F) -> F:
    """Add the options of the commands that can delete tags."""
    for option in reversed(_DELETING):
        function = option(function)
    return function


@command
@name_argument
@click.argument("ref", default="HEAD")
@click.option("--ver", "--version", "version", metavar="VERSION", help="The version; default: the next.")
@click.option(
    "--bump",
    type=click.Choice(["major", "minor", "patch", "prerelease"]),
    help="Which part of the highest version to raise.",
)
@click.option("--bump-major", "bump", flag_value="major", help="Short for --bump major.")
@click.option("--bump-minor", "bump", flag_value="minor", help="Short for --bump minor.")
@click.option("--bump-patch", "bump", flag_value="patch", help="Short for --bump patch.")
@click.option("--pre-id", metavar="WORD", help="The name of pre-releases, as rc in v1.0.0-rc.1.")
@_writes
def register(app: App, name: str, ref: str, version: str | None, bump: Any, pre_id: str | None, **options: Any) -> None:
    """Register a commit as a version of an artifact.

    The default version is the one after the highest ever registered, v0.0.1 at first.

    \b
    git registry register churn
    git registry register churn --bump minor -m 'retrained on May'
    git registry register churn HEAD~1 --version v1.0.0
    """
    if pre_id is not None and bump != "prerelease":
        raise UsageError("--pre-id goes with --bump prerelease")
    asked = Register(
        artifact=check_artifact(name),
        commit=app.registry.resolve(ref),
        version=parse_version(version) if version is not None else None,
        bump=bump,
        pre_id=pre_id,
        **_common(app, name, options),
    )
    _execute(app, asked, options)


@command
@name_argument
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
    help="Assign this version; with REF: what to register REF as.",
    shell_complete=complete_version,
)
@click.option(
    "--sr", "--skip-registration", "skip_registration", is_flag=True, help="Assign a commit without a version as it is."
)
@_writes
def assign(
    app: App,
    name: str,
    operands: tuple[str, ...],
    stage: str | None,
    version: str | None,
    skip_registration: bool,
    **options: Any,
) -> None:
    """Put a version of an artifact in a stage.

    Without --version and REF, the version of HEAD is meant. A commit that has no version is registered first.
    'promote' is another name of this command.

    \b
    git registry assign churn prod
    git registry assign churn prod --version v1.2.0
    git registry assign churn HEAD~1 --stage dev
    """
    words = list(operands)
    if stage is None:
        if not words:
            raise UsageError("assign needs a stage", hint=f"git registry assign {quote(name)} prod")
        stage = words.pop(0)
    if len(words) > 1:
        raise UsageError(f"too many arguments: {' '.join(words[1:])}")
    ref = words[0] if words else "HEAD" if version is None else None
    asked = Assign(
        artifact=check_artifact(name),
        stage=stage,
        commit=app.registry.resolve(ref) if ref is not None else None,
        version=parse_version(version) if version is not None else None,
        skip_registration=skip_registration,
        **_common(app, name, options),
    )
    _execute(app, asked, options)


@command
@name_argument
@_stage_argument
@click.option(
    "--version",
    metavar="VERSION",
    help="The version to take out; default: the newest assigned.",
    shell_complete=complete_version,
)
@click.option("--ref", metavar="REF", help="The commit to take out.")
@click.option("--all", "every", is_flag=True, help="Empty the stage.")
@_writes
@_deletes
def unassign(
    app: App, name: str, stage: str, version: str | None, ref: str | None, every: bool, **options: Any
) -> None:
    """Take a version out of a stage.

    The stage then holds what was assigned before it and not taken out since, as GTO says too; --all empties it.

    \b
    git registry unassign churn prod
    git registry unassign churn prod --all
    """
    _execute(app, _unassign(app, name, stage, version, ref, every, options), options)


def _unassign(
    app: App, name: str, stage: str, version: str | None, ref: str | None, every: bool, options: dict[str, Any]
) -> Unassign:
    return Unassign(
        artifact=check_artifact(name),
        stage=stage,
        commit=app.registry.resolve(ref) if ref is not None else None,
        version=parse_version(version) if version is not None else None,
        all=every,
        delete=options["delete"],
        **_common(app, name, options),
    )


@command
@name_argument
@click.argument("version", shell_complete=complete_version)
@_writes
@_deletes
def deregister(app: App, name: str, version: str, **options: Any) -> None:
    """Take a version back.

    It leaves every stage it is in. With --delete its tags go, those of its stages too.

    \b
    git registry deregister churn v1.2.0
    """
    _execute(app, _deregister(app, name, version, options), options)


def _deregister(app: App, name: str, version: str, options: dict[str, Any]) -> Deregister:
    return Deregister(
        artifact=check_artifact(name),
        version=parse_version(version),
        delete=options["delete"],
        **_common(app, name, options),
    )


@command
@name_argument
@click.argument("version", required=False, shell_complete=complete_version)
@click.argument("stage", required=False, shell_complete=complete_stage)
@click.option("--ref", metavar="REF", help="The commit of an artifact's tag; default: that of its newest tag.")
@_writes
@_deletes
def deprecate(app: App, name: str, version: str | None, stage: str | None, ref: str | None, **options: Any) -> None:
    """Deprecate an artifact, a version, or a version in a stage.

    With a VERSION this is deregister, with a STAGE as well it is unassign. A deprecated artifact is hidden until its
    next registration or assignment.

    \b
    git registry deprecate churn
    git registry deprecate churn v1.2.0
    git registry deprecate churn v1.2.0 prod
    """
    if ref is not None and version is not None:
        raise UsageError("--ref goes with an artifact alone; a version has its commit")
    asked: Command
    if version is None:
        asked = Deprecate(
            artifact=check_artifact(name),
            commit=app.registry.resolve(ref) if ref is not None else None,
            delete=options["delete"],
            **_common(app, name, options),
        )
    elif stage is None:
        asked = _deregister(app, name, version, options)
    else:
        asked = _unassign(app, name, stage, version, None, False, options)
    _execute(app, asked, options)


@command
@name_argument
@_stage_argument
@click.option("--to", metavar="VERSION", help="Go back to this version.", shell_complete=complete_version)
@click.option("--at", metavar="TIME", help="Go back to what the stage held then.")
@_writes
def rollback(app: App, name: str, stage: str, to: str | None, at: str | None, **options: Any) -> None:
    """Put back into a stage what it held before.

    A new tag assigns it again, so nothing is lost. A second rollback returns to where the first began.

    \b
    git registry rollback churn prod
    git registry rollback churn prod --at '3 days ago'
    """
    asked = Rollback(
        artifact=check_artifact(name),
        stage=stage,
        to=parse_version(to) if to is not None else None,
        at=app.moment(at),
        **_common(app, name, options),
    )
    _execute(app, asked, options)


def _common(app: App, name: str, options: dict[str, Any]) -> dict[str, Any]:
    """The fields that every write command has, from the options that every one has."""
    _check_deleting(options)
    return {
        "message": _message(app, name, options),
        "force": options["force"],
        "simple": _SIMPLE[options["simple"]],
    }


def _check_deleting(options: dict[str, Any]) -> None:
    """Refuse what makes no sense with, or without, --delete."""
    if options.get("yes") and not options["delete"]:
        raise UsageError("--yes goes with --delete")
    of_tags = {"message": "-m", "message_file": "-F", "edit": "-e", "force": "--force"}
    given = [option for key, option in of_tags.items() if options[key]]
    given += ["--simple"] * (options["simple"] != "auto") + ["--sign"] * bool(options["sign"])
    if options.get("delete") and given:
        raise UsageError(f"--delete writes no tag, so {given[0]} says nothing")


def _message(app: App, name: str, options: dict[str, Any]) -> str | None:
    given = [option for option in ("message", "message_file", "edit") if options[option]]
    if len(given) > 1 and "edit" not in given:
        raise UsageError("-m or -F, not both")
    text = _contents(options["message_file"]) if options["message_file"] else options["message"]
    if not options["edit"]:
        return text or None
    from gittag_registry.git.settings import editor

    template = f"{text or ''}\n# Write the message of the tag of {name!r}. Lines that begin with '#' are left out.\n"
    edited = click.edit(template, editor=editor(app.registry.repository), extension=".txt", require_save=False)
    kept = "\n".join(line for line in (edited or "").splitlines() if not line.startswith("#")).strip()
    if not kept:
        raise RegistryError("the message is empty; nothing was written")
    return kept


def _contents(file: TextIO) -> str:
    try:
        return file.read()
    except UnicodeDecodeError as error:
        raise UsageError(f"the message in {file.name!r} is not UTF-8") from error
    except OSError as error:
        raise UsageError(f"cannot read {file.name!r}: {error.strerror}") from error


def _execute(app: App, asked: Command, options: dict[str, Any]) -> None:
    dry_run, where = options["dry_run"], {"push": options["push"], "remote": options["remote"]}
    confirmed = None
    if options.get("delete") and not dry_run and not options["yes"]:
        confirmed = _confirm(app, asked, where)
    outcome = app.registry.execute(asked, dry_run=dry_run, confirmed=confirmed, sign=options["sign"], **where)
    try:
        app.emit(views.outcome(outcome, dry_run=dry_run))
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_output()
        done = "nothing was to be done" if not outcome.done else "it is done"
        raise RegistryError(
            f"{done}, but that cannot be printed: {error.strerror}", hint="git registry history"
        ) from error
    for note in outcome.notes:
        app.note(note)
    if outcome.done:
        _tell_next(app, outcome)


def _tell_next(app: App, outcome: Outcome) -> None:
    """How to undo a deletion, and to publish what was only done here."""
    directory = app.registry.store.command_directory
    git = f"git -C {quote(directory)}" if directory else _git()
    remote = outcome.pushed_to
    for event in outcome.deletions:
        ref = f"{TAGS}{event.ref}"
        here, there = f"update-ref {quote(ref)} {event.oid}", quote(f"{event.oid}:{ref}")
        app.note(f"to undo: {git} {f'push {quote(remote)} {there}' if remote else here}")
    if remote:
        app.note(f"pushed to {remote}")
        return
    name = app.registry.store.default_remote(app.registry.settings)
    if name is not None:
        push = f"push --delete {quote(name)}" if outcome.deletions else f"push {quote(name)}"
        refs = " ".join(quote(event.ref) for event in (*outcome.events, *outcome.deletions))
        app.note(f"to publish: {git} {push} {refs}")


def _confirm(app: App, asked: Command, where: dict[str, Any]) -> tuple[Event, ...]:
    """Name the tags that would be deleted, and ask."""
    deletions = app.registry.execute(asked, dry_run=True, **where).deletions
    for event in deletions:
        click.echo(f"will delete tag {event.ref!r}: {printable(views.sentence(event))}", err=True)
    if not sys.stdin.isatty():
        raise UsageError("deleting needs a confirmation, and there is no terminal to ask on", hint="add --yes")
    if not click.confirm(f"delete {len(deletions)} tag(s)?", err=True):
        raise RegistryError("nothing was deleted")
    return deletions


def _git() -> str:
    """How the shell that started us runs git on the same repository."""
    return " ".join(["git", *(f"-C {quote(os.path.expanduser(place))}" for _, place in place_options())])
