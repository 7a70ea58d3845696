"""`git registry help TOPIC`."""

from __future__ import annotations

from textwrap import dedent

import click

from gittag_registry.cli.app import App, command_anywhere

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

        '#' begins a comment and '!' recalls history in some shells: quote words that contain them.
    """,
    "times": """
        2026-03-01T12:00Z        ISO 8601, with a time zone
        2026-03-01T12:00         local time
        2026-03-01               the end of that day, local time
        2w, 3d, 12h, 30min       this long ago; also as '3 days ago' or '2 weeks'
        v1.0.0, HEAD~3, churn@v1.2.0   the date of that tag or commit

        Anything else is an error.
    """,
    "exit-codes": """
        0    done, or there was nothing to do
        1    a failure, such as git's
        2    the command line is invalid
        3    nothing matches
        4    a remote repository cannot be reached or denies access, or the result of a push is unknown
        5    a conflict: it already exists, another writer was faster, or a clock is wrong
        6    a rule forbids it, doctor found a problem, or status a difference
        70   a bug
        129  ended by SIGHUP
        130  interrupted by Ctrl-C
        141  the reader of the output ended first, as head does
        143  ended by SIGTERM

        With --json, errors are JSON on standard error: {"schema": 1, "error": {"kind", "message", "hint", "exit_code"}}
    """,
}


@command_anywhere
@click.argument("topic", type=click.Choice(list(TOPICS)), required=False)
def help(app: App, topic: str | None) -> None:
    """Explain a topic: tag-format, selectors, times, exit-codes."""
    if topic is None:
        click.echo("git registry help TOPIC, where TOPIC is one of: " + ", ".join(TOPICS))
        click.echo("git registry -h lists the commands; git registry COMMAND -h explains one.")
    else:
        click.echo(dedent(TOPICS[topic]).strip())
