"""How commands that write tags run: their options, the message, the confirmation of deletions, and the output."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TextIO, cast

import click

from gittag_registry.cli.app import App, F, output, remote_option
from gittag_registry.cli.streams import drop_output
from gittag_registry.errors import NotFound, Refused, RegistryError, UsageError
from gittag_registry.git.interruption import Interrupted, ctrl_c_ignored, waiting
from gittag_registry.hints import Hint, Option, call, git
from gittag_registry.model.commands import Command, ExecuteOptions, resolved
from gittag_registry.model.events import LARGEST_TAG, Event
from gittag_registry.model.names import Kind
from gittag_registry.refs import TAGS
from gittag_registry.render import views
from gittag_registry.render.view import printable

if TYPE_CHECKING:
    from gittag_registry.model.results import Outcome

_MESSAGE = [
    click.option(
        "-m",
        "--message",
        metavar="TEXT",
        multiple=True,
        help="The tag's message; default: a sentence that names the change. Each further -m adds a paragraph.",
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
]
_TAG = [
    click.option(
        "--simple",
        type=click.Choice(["auto", "true", "false"]),
        default="auto",
        help="Write the tag without a counter (true), with one (false), or as GTO does: only stage tags have one.",
    ),
    click.option("--force", is_flag=True, help="Write the tag even if it changes nothing."),
    click.option("--sign/--no-sign", "sign", default=None, help="Sign the tag, or not. Default: git's tag.gpgSign."),
]
_WHERE = [
    click.option("-n", "--dry-run", is_flag=True, help="Only print what would be done."),
    click.option(
        "--push/--no-push",
        "push",
        default=None,
        help="Push, deciding on the remote's tags; or write to this repository only. Default: as configured.",
    ),
    remote_option("Push to this remote"),
]
_YES = click.option("-y", "--yes", is_flag=True, help="Do not ask before deleting.")
_DELETING = [
    click.option("--delete", is_flag=True, help="Delete tags instead of writing a new one."),
    click.option("-d", "delete", is_flag=True, hidden=True),
    _YES,
]
_NAMED = 2  # files in a note
_SIMPLE = {"auto": None, "true": True, "false": False}


def writes(function: Callable[..., Command]) -> Callable[..., None]:
    """Turn a function that returns a command of the model into one that carries it out.

    Adds the options of every command that writes tags, and passes their values to `Registry.execute`; the function gets
    the other values.
    """

    @functools.wraps(function)
    def call(app: App, **values: Any) -> None:
        with _outcome_told():
            _call(function, app, values)

    for option in reversed([*_MESSAGE, *_TAG, *_WHERE]):
        call = option(call)
    return output()(call)


@contextmanager
def _outcome_told() -> Iterator[None]:
    """Say of an interruption before the change that nothing was written."""
    try:
        yield
    except Interrupted as error:
        error.outcome = error.outcome or "nothing was written"
        raise


def _call(function: Callable[..., Command], app: App, values: dict[str, Any]) -> None:
    app.must_be_online()
    _check_deleting(values)
    yes = values.pop("yes", False)
    text = {name: values.pop(name) for name in ("message", "message_file", "edit")}
    options = _options(values)
    operation, ask = function(**values), values.get("delete", False) and not yes
    if ask or text["edit"]:  # meanwhile HEAD may move
        operation = resolved(operation, app.registry.resolve)
    if text["edit"]:  # report errors before the user writes a message, which no tag may need
        planned: ExecuteOptions = {**options, "dry_run": True}
        text["edit"] = bool(app.registry.execute(operation, **planned).events)
    options["message"] = _message(app, operation.artifact, **text)
    _execute(app, operation, options, ask=ask)


def _options(values: dict[str, Any]) -> ExecuteOptions:
    """Take the options of `Registry.execute` out of those of a command."""
    options = {name: values.pop(name) for name in ExecuteOptions.__optional_keys__ if name in values}
    if "simple" in options:
        options["simple"] = _SIMPLE[options["simple"]]
    return cast("ExecuteOptions", options)


def removes(function: Callable[..., Command]) -> Callable[..., None]:
    """Turn a function that returns a command of the model into one that deletes tags, after a confirmation.

    Adds the options that this takes, as `writes` does.
    """

    @functools.wraps(function)
    def call(app: App, *, yes: bool, **values: Any) -> None:
        with _outcome_told():
            app.must_be_online()
            options = _options(values)
            _execute(app, function(**values), options, ask=not yes)

    for option in reversed([_YES, *_WHERE]):
        call = option(call)
    return output()(call)


def deletes(function: F) -> F:
    """Add the options of the commands that can delete tags."""
    for option in reversed(_DELETING):
        function = option(function)
    return function


def _check_deleting(values: dict[str, Any]) -> None:
    """Refuse options that have no effect with, or without, --delete."""
    if values.get("yes") and not values["delete"]:
        raise UsageError("--yes needs --delete")
    of_tags = {"message": "-m", "message_file": "-F", "edit": "-e", "force": "--force"}
    given = [option for key, option in of_tags.items() if values[key]]
    given += ["--simple"] * (values["simple"] != "auto") + ["--sign"] * bool(values["sign"])
    if values.get("delete") and given:
        raise UsageError(f"--delete writes no tag, so {given[0]} has no effect")


def paragraphs(texts: tuple[str, ...]) -> str | None:
    """The message of several `-m`, each a paragraph, as git joins them; None if there is none."""
    return "\n\n".join(text.strip("\n") for text in texts if text.strip()) or None


def _message(app: App, name: str, *, message: tuple[str, ...], message_file: TextIO | None, edit: bool) -> str | None:
    if message and message_file and not edit:
        raise UsageError("give either -m or -F")
    text = _contents(message_file) if message_file else paragraphs(message)
    if not edit:
        return text or None
    from gittag_registry.git.settings import editor

    template = f"{text or ''}\n# Write the message of the tag of {name!r}. Lines that begin with '#' are left out.\n"
    with ctrl_c_ignored():
        edited = click.edit(template, editor=editor(app.registry.repository), extension=".txt", require_save=False)
    kept = "\n".join(line for line in (edited or "").splitlines() if not line.startswith("#")).strip()
    if not kept:
        raise RegistryError("the message is empty; nothing was written")
    return kept


def _contents(file: TextIO) -> str:
    try:
        with waiting():
            text = file.read(LARGEST_TAG + 1)  # a device has no end
    except UnicodeDecodeError as error:
        raise UsageError(f"the message in {file.name!r} is not UTF-8") from error
    except OSError as error:
        raise UsageError(f"cannot read {file.name!r}: {error.strerror}") from error
    if len(text) > LARGEST_TAG:
        raise Refused(
            f"the message in {file.name!r} is too long: readers skip tags of more than {LARGEST_TAG} bytes",
            hint="shorten the message",
        )
    return text


def _execute(app: App, operation: Command, options: ExecuteOptions, *, ask: bool) -> None:
    """Carry out an operation, and print what was done and what one can do next.

    Args:
        ask: list the tags that it deletes, and ask first.
    """
    dry_run = options["dry_run"]
    confirmed = _confirm(app, operation, options) if ask and not dry_run else None
    outcome = app.registry.execute(operation, confirmed=confirmed, **options)
    outcome = replace(outcome, notes=tuple(map(app.in_shell, outcome.notes)))
    done = "the change was made" if outcome.done else "there was nothing to do"
    try:
        app.emit(views.outcome(outcome, dry_run=dry_run))
        for note in outcome.notes:
            app.note(note)
        _note_changes(app, outcome)
        if outcome.done:
            _print_next_steps(app, outcome)
    except Interrupted as error:
        error.outcome = done
        raise
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_output()
        raise RegistryError(
            f"{done}, but the output cannot be printed: {error.strerror}", hint=Hint(call("history"))
        ) from error


def _note_changes(app: App, outcome: Outcome) -> None:
    """Note that what is in the working tree is not what was registered."""
    registered = [event.commit for event in outcome.events if event.kind is Kind.REGISTRATION]
    if not registered or not app.registry.store.files_are_local:
        return
    from gittag_registry.git.files import changed_files

    with suppress(NotFound):  # there may be no HEAD
        changed = changed_files(app.registry.repository) if app.registry.resolve("HEAD") in registered else []
        if changed:
            names = ", ".join(map(repr, changed[:_NAMED]))
            names += f" and {len(changed) - _NAMED} more" * (len(changed) > _NAMED)
            app.note(f"the working tree has changes that are not in the registered commit: {names}")


def _print_next_steps(app: App, outcome: Outcome) -> None:
    """Print how to undo a deletion, and how to publish a change that was not pushed."""
    directory = app.registry.store.command_directory
    at = ("-C", directory) if directory else ()
    remote = outcome.pushed_to
    for event in outcome.deletions:
        ref = f"{TAGS}{event.ref}"
        undo = ("push", remote, f"{event.oid}:{ref}") if remote else ("update-ref", ref, event.oid)
        app.note(Hint("to undo: ", git(*at, *undo)))
    if remote:
        app.note(f"pushed to {remote}")
        return
    if app.registry.store.default_remote(app.registry.settings) is not None:
        if outcome.deletions:
            deleted = [f"{event.ref}:{event.oid}" for event in outcome.deletions]
            app.note(Hint("to publish: ", call("push", *deleted, delete=True)))
        else:
            app.note(Hint("to publish: ", call("push", outcome.events[0].artifact)))


def _confirm(app: App, operation: Command, options: ExecuteOptions) -> tuple[Event, ...]:
    """List the tags to delete, and ask for confirmation."""
    planned: ExecuteOptions = {**options, "dry_run": True}
    deletions = app.registry.execute(operation, **planned).deletions
    for event in deletions:
        click.echo(f"will delete tag {event.ref!r}: {printable(views.sentence(event))}", err=True)
    if not sys.stdin.isatty():
        raise UsageError(
            "deleting needs a confirmation, and there is no terminal to ask on", hint=Hint("add ", Option("yes"))
        )
    with waiting():
        agreed = click.confirm(
            f"delete {'this tag' if len(deletions) == 1 else f'these {len(deletions)} tags'}?", err=True
        )
    if not agreed:
        raise RegistryError("nothing was deleted")
    return deletions
