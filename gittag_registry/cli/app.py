"""What every command shares: its options, its repository, and how it prints."""

from __future__ import annotations

import functools
import os
import sys
import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gittag_registry.cli.main import change_directory, styled
from gittag_registry.errors import UsageError
from gittag_registry.registry import Registry
from gittag_registry.render.view import FORMATS, Format, View, printable, render

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])

_COMMON = [
    click.Option(["-r", "--repo"], metavar="PATH", envvar="GITTAG_REPO", help="The repository; default: around here."),
    click.Option(["-C", "directory"], metavar="DIR", help="Run as if started in DIR."),
    click.Option(["-q", "--quiet"], is_flag=True, help="Print no notes and warnings."),
    click.Option(["-v", "--verbose"], is_flag=True, help="Name every git command and every skipped tag."),
    click.Option(["--debug"], is_flag=True, help="Show a traceback on errors."),
]
_FORMAT = [
    click.option("--format", "output_format", type=click.Choice(FORMATS), help="How to print the answer."),
    click.option("--json", "as_json", is_flag=True, help="Short for --format json."),
    click.option("--plain", "as_plain", is_flag=True, help="Short for --format plain: tabs between columns."),
]


class App:
    """One run of one command."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.format = _format(values)
        self._column: str | None = values.pop("column", None)
        self._repo: str | None = values.pop("repo")
        self._quiet: bool = values.pop("quiet")
        self._verbose: bool = values.pop("verbose")
        del values["debug"]  # `main.run` looks at it, before anything here can fail

    @cached_property
    def registry(self) -> Registry:
        """The registry that the options name."""
        return Registry(
            self._repo,
            on_warning=self.warn,
            on_command=self._trace if self._verbose else None,
            every_warning=self._verbose,
        )

    def emit(self, view: View) -> None:
        """Print an answer to standard output."""
        text = render(
            view,
            self.format,
            column=self._column,
            unicode="utf" in (sys.stdout.encoding or "").lower(),
            width=_terminal_width(),
        )
        if text:
            click.echo(text, file=sys.stdout)  # the stream by name, or click writes UTF-8 where ASCII is asked for

    def note(self, text: str) -> None:
        """Tell the user something that is not the answer."""
        if not self._quiet:
            click.echo(text, file=sys.stderr)

    def warn(self, text: str) -> None:
        """Warn the user."""
        for line in text.splitlines():
            self.note(f"{styled('warning', 'yellow')}: {printable(line)}")

    def _trace(self, arguments: tuple[str, ...]) -> None:
        from shlex import join

        self.note(styled(f"+ git {printable(join(arguments))}", "bright_black"))

    def moment(self, text: str | None) -> int | None:
        """Read a time option.

        Raises:
            UsageError: it is neither a time nor a ref.
        """
        if text is None:
            return None
        from gittag_registry.git.content import moment_of
        from gittag_registry.times import HINT, parse_time

        found = parse_time(text, now(), lambda naive: naive.astimezone())
        if found is None:
            found = moment_of(self.registry.repository, text)
        if found is None:
            raise UsageError(f"{text!r} is not a time", hint=HINT)
        return found


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
    """Make a function a command; it gets the `App` and its own parameters."""

    @functools.wraps(function)
    def call(**values: Any) -> None:
        directory: str | None = values.pop("directory")
        if directory is not None:
            change_directory(directory)
        function(App(values), **values)

    made = click.command(name=function.__name__.replace("_", "-"))(call)
    made.params.extend(_COMMON)  # last, so that the help shows a command's own options first
    return made


def output(*columns: str) -> Callable[[F], F]:
    """Add the options that choose a format, and those that print one column of the answer."""

    def decorate(function: F) -> F:
        for column in reversed(columns):
            text = f"Print only the {column}."
            function = click.option(f"--{column}", "column", flag_value=column, default=None, help=text)(function)
        for option in reversed(_FORMAT):
            function = option(function)
        return function

    return decorate


def _format(values: dict[str, Any]) -> Format | None:
    """The format that the options ask for; at most one of them may."""
    named: Format | None = values.pop("output_format", None)
    as_json, as_plain = values.pop("as_json", False), values.pop("as_plain", False)
    column = values.get("column")
    asked = [f"--{column}"] if column else []
    asked += ["--json"] * bool(as_json) + ["--plain"] * bool(as_plain)
    asked += [f"--format {named}"] if named else []
    if len(asked) > 1:
        raise UsageError(f"one output at a time: {' or '.join(asked)}")
    return "json" if as_json else "plain" if as_plain else named


def complete_artifact(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer artifacts, their versions after ``@`` and their stages after ``#``."""
    from gittag_registry.cli.completion import artifacts

    return artifacts(ctx, incomplete)


def complete_version(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the versions of the artifact on the command line."""
    from gittag_registry.cli.completion import versions

    return versions(ctx, incomplete)


def complete_stage(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the stages of the artifact on the command line, and the allowed ones."""
    from gittag_registry.cli.completion import stages

    return stages(ctx, incomplete)


name_argument = click.argument("name", shell_complete=complete_artifact)
"""the artifact a command is about"""
