"""`git registry help TOPIC` and `help COMMAND`."""

from __future__ import annotations

import sys
from pathlib import Path
from shutil import which
from textwrap import dedent

import click

from gittag_registry.cli.app import App, command_anywhere
from gittag_registry.cli.main import COMMANDS
from gittag_registry.errors import Conflict, NotFound, UsageError, did_you_mean
from gittag_registry.hints import Hint, call

MANUAL = Path("share", "man", "man1", "git-registry.1")
"""where an installation has the manual page"""

TOPICS = {
    "tag-format": """
        Everything is in annotated git tags. Their names say what happened:

          churn@v1.2.0        this commit is version v1.2.0 of artifact churn     (registration)
          churn@v1.2.0!       version v1.2.0 is not valid any more                (deregistration)
          churn#prod#3        from now on stage prod is this commit's version     (assignment)
          churn#prod!#4       this commit's version leaves stage prod             (unassignment)
          churn@deprecated    the artifact is deprecated                          (deprecation)

        #3 counts the events of the artifact. An artifact in a directory, models:churn, is written models=churn.
        GTO reads and writes the same tags. Lightweight tags, and tags with any other name, are no registry tags.

        Trailers at the end of the message hold what the name does not: Registry-Version names the version of a stage
        tag, Registry-Op identifies the operation.
    """,
    "selectors": """
        NAME              an artifact: churn, or models:churn in a directory
        NAME@VERSION      one of its versions: churn@v1.2.0; 1.2 and 3 are short for v1.2.0 and v3.0.0
        NAME@latest       its latest version: the highest active one, stable if there is any (also NAME@greatest)
        NAME#STAGE        the version in a stage: churn#prod

        Commands that ask and commands that write take them:

          git registry diff churn@v1.1.0 churn@latest
          git registry assign churn@v1.2.0 prod
          git registry assign churn#staging prod
          git registry unassign churn#prod

        --version and --ref print the version and its tag. Commits are taken as REV or --rev REV: HEAD, HEAD~1, a
        branch, a tag, a commit id. A branch that only one remote has needs no remote's name.

        '#' begins a comment and '!' recalls history in some shells: quote words that contain them.
    """,
    "times": """
        2026-03-01T12:00Z        ISO 8601, with a time zone
        2026-03-01T12:00         local time
        2026-03-01               the end of that day, local time
        today, yesterday         such a date; 'yesterday 12:00' is a local time
        2w, 3d, 12h, 5m          this long ago; also as '3 days ago' or '2 weeks'
        1772366400, @1772366400  Unix seconds
        v1.0.0, HEAD~3, churn@v1.2.0   the date of that tag or commit

        A date alone after --since means its beginning. Anything else is an error.
    """,
    "exit-codes": """
        0    done, or there was nothing to do
        1    a failure, such as git's
        2    the command line is invalid
        3    nothing matches
        4    a remote repository cannot be reached or denies access, or the result of a push is unknown
        5    a conflict: it already exists, another writer was faster, or a clock is wrong
        6    a rule forbids it, doctor found a problem, or status a difference
        7    check-ref: the ref is not a registry tag
        70   a bug
        129  ended by SIGHUP
        130  interrupted by Ctrl-C
        141  the reader of the output ended first, as head does
        143  ended by SIGTERM

        With --json, errors are JSON on standard error: {"schema": 1, "error": {"kind", "message", "hint", "exit_code"}}
    """,
}


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Offer topics and commands."""
    return [name for name in (*TOPICS, *COMMANDS) if name.startswith(incomplete)]


@command_anywhere
@click.argument("words", nargs=-1, metavar="[TOPIC|COMMAND]", shell_complete=_complete)
@click.option("--install-man", is_flag=True, help="Link the manual page to where man looks, for git registry --help.")
def help(app: App, words: tuple[str, ...], install_man: bool) -> None:
    """Explain a command, or a topic: tag-format, selectors, times, exit-codes.

    Git shows a manual page for 'git registry --help'. Some installers, such as uv tool, leave it where man does not
    look; --install-man links it.

    \b
    git registry help times
    git registry help config set
    """
    if install_man:
        _install_man(app)
    elif not words:
        click.echo("git registry help TOPIC, where TOPIC is one of: " + ", ".join(TOPICS))
        click.echo("git registry help COMMAND explains a command; git registry -h lists them.")
    elif words[0] in TOPICS and len(words) == 1:
        click.echo(dedent(TOPICS[words[0]]).strip())
    else:
        click.echo(_explained(words))


def _explained(words: tuple[str, ...]) -> str:
    """The help of a command.

    Raises:
        UsageError: there is none.
    """
    context = click.get_current_context().find_root()
    command: click.Command | None = context.command
    for word in words:
        command = command.get_command(context, word) if isinstance(command, click.Group) else None
        if command is None:
            names = did_you_mean(words[0], [*TOPICS, *COMMANDS])
            raise UsageError(
                f"there is no topic or command {' '.join(words)!r}", hint=names or Hint("list them: ", call("help"))
            )
        context = click.Context(command, context, word, **command.context_settings)
    return context.get_help()


def _install_man(app: App) -> None:
    """Link the manual page of this installation into the directory that belongs to the program's, for man.

    Raises:
        NotFound: the program is not on the PATH, or the page is not installed.
        Conflict: something else has its name.
    """
    program, page = which("git-registry"), Path(sys.prefix, MANUAL)
    if program is None or not page.is_file():
        what = "git-registry is not on the PATH" if program is None else f"this installation has no {str(page)!r}"
        raise NotFound(f"{what}; git registry -h shows the help")
    link = Path(program).parent.parent / MANUAL  # where man looks for the page of a program on the PATH
    if link.exists() and link.samefile(page):
        app.note(f"the manual page is at {str(link)!r}")
        return
    if link.exists():
        raise Conflict(f"{str(link)!r} is the page of another installation")
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)  # a link to an installation that is gone
    link.symlink_to(page)
    app.note(f"linked the manual page to {str(link)!r}; git registry --help shows it")
