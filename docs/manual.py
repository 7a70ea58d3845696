"""The manual page, because git turns `git registry --help` into `man git-registry`."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from textwrap import dedent

import click

from gittag_registry.cli.main import ALIASES, HELP
from gittag_registry.cli.topics import TOPICS

HEAD = r""".\" Made by docs/generate.py.
.TH GIT\-REGISTRY 1 "" "gittag_registry" "Git Manual"
.SH NAME
git\-registry \- a registry of artifacts whose database is git tags
.SH SYNOPSIS
.nf
\fIgit registry\fR COMMAND [OPTIONS] [ARGUMENTS]
.fi
.SH DESCRIPTION
An annotated tag \fBchurn@v1.2.0\fR says that a commit is version v1.2.0 of the artifact churn, and a tag \fBchurn#prod#3\fR
that its stage prod is that commit's version from then on. These commands write such tags and answer from them.
\fBgit registry COMMAND \-h\fR explains a command, \fBgit registry help TOPIC\fR a topic.
"""


def manual_page(commands: Iterable[tuple[str, click.Command]]) -> str:
    """The page, in the language of man(7)."""
    parts = [HEAD, ".SH COMMANDS\n"]
    for name, command in commands:
        usage = command.get_usage(click.Context(command, info_name=name, **HELP)).removeprefix("Usage: ")
        parts.append(f".SS {quoted(' '.join(usage.split()))}\n")
        summary, *rest = inspect.cleandoc(command.help or "").split("\n\n")
        parts += [f".PP\n{quoted(' '.join(text.split()))}\n" for text in (summary, *rest) if not text.startswith("\b")]
        names = [alias for alias, meant in ALIASES.items() if meant == name]
        parts += [f".PP\nAlso called {', '.join(names)}.\n"] * bool(names)
        parts += [
            option(parameter)
            for parameter in command.params
            if isinstance(parameter, click.Option) and not parameter.hidden
        ]
    for topic, text in TOPICS.items():
        parts.append(f".SH {quoted(topic.upper())}\n.nf\n{quoted(dedent(text).strip())}\n.fi\n")
    return "".join(parts)


def option(parameter: click.Option) -> str:
    """An option and what it does."""
    words = ", ".join((*parameter.opts, *parameter.secondary_opts))
    choices = "|".join(map(str, parameter.type.choices)) if isinstance(parameter.type, click.Choice) else None
    value = "" if parameter.is_flag else f" {parameter.metavar or choices}"
    return f".TP\n{quoted(words + value)}\n{quoted(parameter.help or '')}\n"


def quoted(text: str) -> str:
    """Text that man(7) prints as it stands."""
    lines = text.replace("\\", "\\e").replace("-", "\\-").split("\n")
    return "\n".join(f"\\&{line}" if line.startswith((".", "'")) else line for line in lines)
