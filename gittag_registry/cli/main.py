"""The group of commands, loaded one by one when called."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

import click

from gittag_registry._version import __version__
from gittag_registry.cli.streams import TRACEBACK, prepare_streams

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

HELP = {"help_option_names": ["-h", "--help"]}
"""the options that print a command's help"""
COMPLETION = "_GIT_REGISTRY_COMPLETE"
"""the environment variable by which a shell's completion script requests candidates"""


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
    "push": Entry("publishing", "Exchange"),
    "fetch": Entry("publishing", "Exchange"),
    "status": Entry("publishing", "Exchange"),
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
ALIASES = {"promote": "assign", "ls": "show", "log": "history"}

ELSEWHERE = {
    **dict.fromkeys(("list", "versions", "info", "artifacts"), "show"),
    **dict.fromkeys(("get", "current", "resolve"), "which"),
    **dict.fromkeys(("who", "audit", "events"), "history"),
    **dict.fromkeys(("add", "create", "new", "tag"), "register"),
    **dict.fromkeys(("deploy", "set", "stage"), "assign"),
    **dict.fromkeys(("demote", "unset"), "unassign"),
    **dict.fromkeys(("revert", "undo", "restore"), "rollback"),
    **dict.fromkeys(("archive", "retire"), "deprecate"),
    **dict.fromkeys(("check", "fsck", "validate", "verify"), "doctor"),
    "compare": "diff",
    "publish": "push",
    "pull": "fetch",
    "rm": "delete",
    "sync": "status",
}
"""what git and other registries call a command, for hints: these words are no commands"""


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

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands that begin so, and the aliases; these not where nothing is typed, as they double the list."""
        found = super().shell_complete(ctx, incomplete)
        for alias in ALIASES:
            if incomplete and alias.startswith(incomplete):
                from click.shell_completion import CompletionItem

                found.append(CompletionItem(alias))
        return found

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

            meant = f"did you mean {ELSEWHERE[name]!r}?" if name in ELSEWHERE else did_you_mean(name, COMMANDS)
            raise UsageError(f"there is no command {name!r}", hint=meant or "list them: git registry -h")
        return super().resolve_command(ctx, args)


@click.command(
    cls=Commands,
    context_settings=HELP,
    invoke_without_command=True,
    epilog="'git registry COMMAND -h' explains a command. Documentation: git registry help TOPIC."
    " If 'git registry --help' finds no manual page: git registry help --install-man.",
)
@click.version_option(__version__, prog_name="git-registry")
@click.option("-C", "directory", metavar="DIR", help="Run as if started in DIR.")
@click.option("-r", "--repo", metavar="PATH|URL|REMOTE", help="The repository; every command takes this too.")
@click.option("-v", "--verbose", is_flag=True, help="Print every git command; every command takes this too.")
@click.option(*TRACEBACK, "debug", is_flag=True, hidden=True)
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
    prepare_streams()
    try:
        code = cli.main(arguments, prog_name="git registry", complete_var=COMPLETION, standalone_mode=False)
        sys.stdout.flush()
    except BaseException as error:
        from gittag_registry.cli.failures import report_failure

        return report_failure(error, arguments)
    return code if isinstance(code, int) else 0
