"""The group of commands, loaded one by one when called, and the boundary where errors become exit codes."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TextIO

import click

from gittag_registry._version import __version__
from gittag_registry.errors import RegistryError
from gittag_registry.urls import redact

if TYPE_CHECKING:
    from gittag_registry.render.documents import Error

HELP = {"help_option_names": ["-h", "--help"]}
"""the options that print a command's help"""
COMPLETION = "_GIT_REGISTRY_COMPLETE"
"""the environment variable by which a shell's completion script requests candidates"""
DEBUG = frozenset({"--debug", "--traceback", "--tb"})
"""the options that show a traceback; the last two are GTO's"""
_BUG = 70
_INTERRUPTED = 130
_BROKEN_PIPE = 141
_ISSUES = "https://github.com/gittag-registry/gittag-registry/issues"


class Entry(NamedTuple):
    """A command's module in `cli`, with a function of the same name, and its section in `-h`."""

    module: str
    section: str


COMMANDS = {
    "show": Entry("reading", "Ask"),
    "latest": Entry("reading", "Ask"),
    "which": Entry("reading", "Ask"),
    "history": Entry("events", "Ask"),
    "check-ref": Entry("events", "Ask"),
    "stages": Entry("events", "Ask"),
    "diff": Entry("events", "Ask"),
    "parse-tag": Entry("events", "Ask"),
    "print-state": Entry("events", "Ask"),
    "register": Entry("writing", "Change"),
    "assign": Entry("writing", "Change"),
    "unassign": Entry("writing", "Change"),
    "deregister": Entry("writing", "Change"),
    "deprecate": Entry("writing", "Change"),
    "rollback": Entry("writing", "Change"),
    "delete": Entry("deleting", "Change"),
    "push": Entry("publishing", "Change"),
    "describe": Entry("describing", "Annotate"),
    "annotate": Entry("describing", "Annotate"),
    "remove": Entry("describing", "Annotate"),
    "init": Entry("setup", "Set up"),
    "config": Entry("setup", "Set up"),
    "doctor": Entry("setup", "Set up"),
    "cache": Entry("publishing", "Set up"),
    "completion": Entry("setup", "Set up"),
    "demo": Entry("demo", "Set up"),
    "help": Entry("topics", "Set up"),
}
ALIASES = {"promote": "assign"}


def _imported(module: str, name: str) -> click.Command:
    """Import the module of a command, which imports this one."""
    command = getattr(import_module(f"gittag_registry.cli.{module}"), name.replace("-", "_"))
    assert isinstance(command, click.Command)
    return command


class Commands(click.Group):
    """A group that imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of their table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command with this name or alias."""
        name = ALIASES.get(cmd_name, cmd_name)
        if name not in COMMANDS:
            return None
        return _imported(COMMANDS[name].module, name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by section, without importing them."""
        from gittag_registry.cli.summaries import SUMMARIES

        for section in dict.fromkeys(entry.section for entry in COMMANDS.values()):
            with formatter.section(section):
                names = [name for name, entry in COMMANDS.items() if entry.section == section]
                formatter.write_dl([(name, SUMMARIES.get(name, "")) for name in names])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or suggest one."""
        name = args[0]
        if name not in COMMANDS and name not in ALIASES and not name.startswith("-"):
            from gittag_registry.errors import UsageError, did_you_mean

            raise UsageError(
                f"there is no command {name!r}", hint=did_you_mean(name, COMMANDS) or "list them: git registry -h"
            )
        return super().resolve_command(ctx, args)


@click.command(
    cls=Commands,
    context_settings=HELP,
    invoke_without_command=True,
    epilog="'git registry COMMAND -h' explains a command. Documentation: git registry help TOPIC.",
)
@click.version_option(__version__, prog_name="git-registry")
@click.option("-C", "directory", metavar="DIR", help="Run as if started in DIR.")
@click.option("-r", "--repo", metavar="PATH|URL", help="The repository; every command takes this too.")
@click.option("-v", "--verbose", is_flag=True, help="Print every git command; every command takes this too.")
@click.option(*DEBUG, "debug", is_flag=True, hidden=True)
@click.pass_context
def cli(ctx: click.Context, /, directory: str | None, **_: object) -> None:
    """A registry of artifacts (models, datasets, anything) whose database is git tags."""
    if directory is not None:
        change_directory(directory)
    if ctx.invoked_subcommand is None:
        begin = _imported("beginning", "begin")
        begin.invoke(begin.make_context("git registry", [], parent=ctx))


def change_directory(directory: str) -> None:
    """Go to a directory, as `git -C` does."""
    try:
        os.chdir(directory)
    except OSError as error:
        from gittag_registry.errors import UsageError

        raise UsageError(f"cannot change to {directory!r}: {error.strerror}") from error


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit code."""
    sys.stdout, sys.stderr = sys.stdout or _nowhere(), sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    as_json = "--json" in arguments or "--format=json" in arguments or "json" in _values_of("--format", arguments)
    try:
        code = cli.main(arguments, prog_name="git registry", complete_var=COMPLETION, standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except RegistryError as error:
        _debug(arguments)
        return _report(_kind(error), error.message, error.hint, error.exit_code, as_json)
    except click.UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # click 8.2 raises it where 8.1 prints the help
            click.echo(error.format_message(), err=True)
            return error.exit_code
        where = error.ctx.command_path if error.ctx else "git registry"
        return _report("UsageError", error.format_message(), f"{where} -h", 2, as_json)
    except click.ClickException as error:
        return _report(type(error).__name__, error.format_message(), None, error.exit_code, as_json)
    except (KeyboardInterrupt, click.Abort):
        return _report("Interrupted", "interrupted", None, _INTERRUPTED, as_json)
    except (
        BrokenPipeError,
        SystemExit,
    ):  # the reader of our output ended early, like `head`; click turns that into SystemExit
        drop_output()
        return _BROKEN_PIPE
    except OSError as error:  # a full disk, a file nobody may read
        _debug(arguments)
        drop_output()
        place = f" {error.filename!r}" if error.filename else ""
        return _report("OSError", f"{error.strerror or error}{place}", None, 1, as_json)
    except Exception as error:
        _debug(arguments)
        what = f"this is a bug: {type(error).__name__}: {error}"
        return _report("Bug", what, f"report it with the output of --debug: {_ISSUES}", _BUG, as_json)


def _kind(error: RegistryError) -> str:
    """The name of the error's class, or of its nearest public base class."""
    return next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == RegistryError.__module__)


def drop_output() -> None:
    """Discard what was not printed yet; otherwise Python fails again when it exits."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def _nowhere() -> TextIO:
    """A stream in place of a closed standard output or error."""
    return open(os.devnull, "w", encoding="utf-8")


def _debug(arguments: list[str]) -> None:
    if not DEBUG.isdisjoint(arguments):
        import traceback

        from gittag_registry.render.view import printable

        for line in traceback.format_exc().splitlines():
            click.echo(printable(redact(line)), err=True)


def _values_of(option: str, arguments: list[str]) -> list[str]:
    return [value for name, value in pairwise(arguments) if name == option]


def _report(kind: str, message: str, hint: str | None, code: int, as_json: bool) -> int:
    message = redact(message)  # click's own messages repeat what was typed
    if as_json:
        from gittag_registry.render.view import to_json

        document: Error = {"error": {"kind": kind, "message": message, "hint": hint, "exit_code": code}}
        click.echo(to_json(document), err=True)
        return code
    from gittag_registry.render.view import printable

    for label, text, colour in (("error", message, "red"), ("hint", hint, "cyan")):
        for line in (text or "").splitlines():
            click.echo(f"{styled(label, colour)}: {printable(line)}", file=sys.stderr)
    return code


def styled(text: str, colour: str) -> str:
    """The text in a colour, unless NO_COLOR is set; click drops colours where there is no terminal."""
    return text if os.environ.get("NO_COLOR") else click.style(text, fg=colour)
