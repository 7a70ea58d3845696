"""What all commands share: options, the repository, and printing."""

from __future__ import annotations

import functools
import os
import sys
import time
from collections.abc import Callable
from functools import cached_property, partial
from shlex import join
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gittag_registry.cli.main import HELP, change_directory
from gittag_registry.cli.progress import TransferBar
from gittag_registry.cli.streams import TRACEBACK, styled
from gittag_registry.errors import RegistryError, UsageError
from gittag_registry.registry import Registry
from gittag_registry.render.view import FORMATS, Format, View, printable, render
from gittag_registry.urls import redact

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from gittag_registry.model.times import Moment

F = TypeVar("F", bound=Callable[..., Any])

_DEBUG = [
    click.Option([TRACEBACK[0]], is_flag=True, help="Show a traceback on errors."),
    click.Option([*TRACEBACK[1:], "debug"], is_flag=True, hidden=True),
]
SHARED = [
    click.Option(
        ["-r", "--repo"],
        metavar="PATH|URL|REMOTE",
        envvar="GITTAG_REPO",
        help="The repository, the address of a remote one, or a remote's name; default: as git finds it.",
    ),
    click.Option(["-C", "directory"], metavar="DIR", help="Run as if started in DIR."),
    click.Option(["--offline"], is_flag=True, help="Answer for a URL from the cache, without asking the server."),
    click.Option(
        ["--max-age"],
        type=click.FloatRange(min=0),
        metavar="SECONDS",
        help="Answer for a URL from the cache if the server was asked at most so long ago.",
    ),
    click.Option(["--last-known"], is_flag=True, help="Answer for a URL from the cache if the server is unreachable."),
    click.Option(["-q", "--quiet"], is_flag=True, help="Print no notes and warnings."),
    click.Option(["-v", "--verbose"], is_flag=True, help="Print every git command and every skipped tag."),
    click.Option(["--no-pager"], is_flag=True, help="Print long answers without git's pager."),
    *_DEBUG,
]
"""the options of every command on a repository"""
_OF_GTO = {"artifact": ("--name",)}  # its options for our columns
_COLUMNS = "gittag_registry.columns"
_FORMAT = [
    click.option("--format", "output_format", type=click.Choice(FORMATS), help="How to print the answer."),
    click.option("--json", "as_json", is_flag=True, help="Short for --format json."),
    click.option("--plain", "as_plain", is_flag=True, help="Short for --format plain: tabs between columns."),
]


class App:
    """One run of one command."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.columns: list[str] = click.get_current_context().meta.get(_COLUMNS, [])
        """those that options ask for, in the order of the command line"""
        self.format = _format(values, self.columns)
        self.bar = TransferBar()
        above = click.get_current_context().find_root().params
        repo = values.pop("repo", None)
        self._repo: str | None = above["repo"] if repo is None else repo  # '' is a variable that was not set
        self._offline: bool = values.pop("offline", False)
        self._max_age: float | None = values.pop("max_age", None)
        self._last_known: bool = values.pop("last_known", False)
        self._quiet: bool = values.pop("quiet", False)
        self._verbose: bool = values.pop("verbose", False) or above["verbose"]
        self._pages = not values.pop("no_pager", True)  # commands without a repository print little
        del values["debug"]  # `report_failure` looks at it, before anything here can fail

    @cached_property
    def registry(self) -> Registry:
        """The registry that the options name."""
        return Registry(
            self._repo,
            offline=self._offline,
            max_age=self._max_age,
            last_known=self._last_known,
            on_progress=None if self._quiet else self.bar.show,
            on_warning=self.warn,
            on_command=self._trace if self._verbose else None,
            every_warning=self._verbose,
        )

    def must_be_online(self) -> None:
        """Refuse `--offline`, for commands that write.

        Raises:
            UsageError: it was given.
        """
        if self._offline:
            raise UsageError("nothing can be changed offline")

    def emit(self, view: View) -> None:
        """Print an answer to standard output."""
        text = render(
            view,
            self.format,
            columns=self.columns,
            unicode="utf" in (sys.stdout.encoding or "").lower(),
            width=_terminal_width(),
        )
        if self._pages and not _fits_the_terminal(text):
            from gittag_registry.cli.pager import page

            page(text, self.registry.repository)
        elif text:
            click.echo(text, file=sys.stdout)  # the stream by name, or click writes UTF-8 where ASCII is asked for

    def note(self, text: str) -> None:
        """Print a note on standard error."""
        self._print("", self.in_shell(text))

    def warn(self, text: str) -> None:
        """Print a warning on standard error."""
        for line in self.in_shell(text).splitlines():
            self._print(f"{styled('warning', 'yellow')}: ", line)

    def _trace(self, arguments: tuple[str, ...]) -> None:
        self._print(styled("+ git ", "bright_black"), join(arguments))

    def _print(self, label: str, text: str) -> None:
        if not self._quiet:
            click.echo(label + printable(redact(text)), err=True)

    def in_shell(self, text: str) -> str:
        """A hint as commands on the repository that this command line names."""
        from gittag_registry.hints import in_shell

        return in_shell(text, place_options())

    def moment(self, time: Moment | None) -> int | None:
        """Read a time option.

        Raises:
            UsageError: it is neither a time nor a ref.
        """
        return self.registry.moment(time, now=now())


def _fits_the_terminal(text: str) -> bool:
    """Whether standard output is no terminal, or has enough lines for a text."""
    return not sys.stdout.isatty() or text.count("\n") + 1 < os.get_terminal_size(sys.stdout.fileno()).lines


def _terminal_width() -> int | None:
    """How many columns a table may have: COLUMNS, or those of the terminal we print to."""
    if not sys.stdout.isatty():
        return None
    columns = os.environ.get("COLUMNS", "")
    return (
        int(columns)
        if columns.isdecimal() and int(columns)
        else os.get_terminal_size(sys.stdout.fileno()).columns or None
    )


def now() -> int:
    """The present, in seconds since 1970 UTC."""
    return int(time.time())


def command(function: Callable[..., None]) -> click.Command:
    """Make a function a command on a repository; it gets the `App` and its own parameters."""
    return _made(function, SHARED)


def command_anywhere(function: Callable[..., None]) -> click.Command:
    """Make a function a command that needs no repository."""
    return _made(function, _DEBUG)


class _Command(click.Command):
    """A command whose name every error in its arguments knows: click's parser leaves it out of some."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise


def _made(function: Callable[..., None], shared: list[click.Option]) -> click.Command:
    @functools.wraps(function)
    def call(**values: Any) -> None:
        directory: str | None = values.pop("directory", None)
        if directory is not None:
            change_directory(directory)
        app = App(values)
        click.get_current_context().obj = app
        try:
            function(app, **values)
        except RegistryError as error:
            error.hint = app.in_shell(error.hint) if error.hint else None
            raise
        finally:
            app.bar.close()

    made = click.command(function.__name__.replace("_", "-"), _Command, context_settings=HELP)(call)
    made.params.extend(shared)  # last, so that the help shows a command's own options first
    return made


def place_options() -> list[tuple[str, str]]:
    """The options of this command line that say where the repository is."""
    context = click.get_current_context()
    above = context.find_root().params
    given = [("-C", above["directory"]), ("-C", context.params.get("directory"))]
    given.append(("-r", context.params.get("repo") or above["repo"]))
    return [(option, os.path.expanduser(place)) for option, place in given if place]


def output(*columns: str) -> Callable[[F], F]:
    """Add the options that choose a format, and those that print columns of the answer."""

    def decorate(function: F) -> F:
        for column in reversed(columns):
            function = click.option(
                f"--{column}",
                *_OF_GTO.get(column, ()),
                f"print_{column}",
                is_flag=True,
                expose_value=False,
                callback=partial(_ask_for, column),
                help=f"Print the {column}, and only columns asked for.",
            )(function)
        for option in reversed(_FORMAT):
            function = option(function)
        return function

    return decorate


def _ask_for(column: str, ctx: click.Context, param: click.Parameter, given: bool) -> None:
    """Note a column; click calls this in the order of the command line."""
    if given:
        ctx.meta.setdefault(_COLUMNS, []).append(column)


def _format(values: dict[str, Any], columns: list[str]) -> Format | None:
    """The format that the options choose; only one of them may."""
    named: Format | None = values.pop("output_format", None)
    as_json, as_plain = values.pop("as_json", False), values.pop("as_plain", False)
    given = [f"--{columns[0]}"] if columns else []
    given += ["--json"] * bool(as_json) + ["--plain"] * bool(as_plain)
    given += [f"--format {named}"] if named else []
    if len(given) > 1:
        raise UsageError(f"only one output option is allowed: {' or '.join(given)}")
    return "json" if as_json else "plain" if as_plain else named


def _completer(candidates: str) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """Offer what a function of `completion` finds; the module is imported when a shell asks."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from gittag_registry.cli import completion

        offered: list[CompletionItem] = getattr(completion, candidates)(ctx, incomplete)
        return offered

    return complete


complete_artifact = _completer("artifacts")
complete_version = _completer("versions")
complete_stage = _completer("stages")
complete_tag = _completer("registry_tags")
complete_revision = _completer("revisions")
complete_remote = _completer("remotes")


def remote_option(help: str) -> Callable[[F], F]:
    """An option that names the remote."""
    default = "default: as configured, origin, or the only one."
    return click.option("--remote", metavar="NAME", help=f"{help}; {default}", shell_complete=complete_remote)


name_argument = click.argument("name", shell_complete=complete_artifact)
"""the artifact a command is about"""
