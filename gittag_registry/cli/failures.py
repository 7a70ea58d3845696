"""The boundary where errors become messages and exit codes."""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import click

from gittag_registry.cli.streams import TRACEBACK, drop_output, styled
from gittag_registry.errors import GitFailed, InDoubt, RegistryError
from gittag_registry.git.interruption import SIGNALS, Interrupted
from gittag_registry.render.view import printable, to_json
from gittag_registry.urls import redact

if TYPE_CHECKING:
    from gittag_registry.render.documents import Error, ErrorDetails

_BUG = 70
_INTERRUPTED = 130
_BROKEN_PIPE = 141
_ISSUES = "https://github.com/gittag-registry/gittag-registry/issues"


class _Failure(NamedTuple):
    kind: str
    message: str
    hint: str | None
    exit_code: int


def report_failure(error: BaseException, arguments: list[str]) -> int:
    """Print an error on standard error, and return the exit code."""
    if SIGNALS.noted and (isinstance(error, GitFailed) or not isinstance(error, RegistryError | Interrupted)):
        error = SIGNALS.noted  # Ctrl-C ends git too, and what it is raised in may make another error of it
    if isinstance(error, BrokenPipeError | SystemExit | OSError):
        drop_output()
    if isinstance(error, BrokenPipeError | SystemExit):  # its reader ended, like `head`; click makes a SystemExit of it
        return _BROKEN_PIPE
    if type(error).__name__ == "NoArgsIsHelpError":  # click 8.2 raises it where 8.1 prints the help
        assert isinstance(error, click.UsageError)
        click.echo(error.format_message(), err=True)
        return error.exit_code
    if isinstance(error, Exception) and not isinstance(error, click.ClickException | click.Abort):
        _print_traceback(error, arguments)
    failure = _failure(error)
    _print(failure, as_json=_asks_for_json(arguments))
    return failure.exit_code


def _failure(error: BaseException) -> _Failure:
    match error:
        case Interrupted():
            if sys.stderr.isatty():  # which shows ^C
                click.echo(err=True)
            if isinstance(doubt := error.__cause__, InDoubt):
                return _Failure("InDoubt", f"{error}; {doubt.message}", doubt.hint, error.exit_code)
            message = f"{error}; {error.outcome}" if error.outcome else str(error)
            return _Failure("Interrupted", message, None, error.exit_code)
        case KeyboardInterrupt() | click.Abort():  # Abort: standard input ended before the answer to a question
            return _Failure("Interrupted", "interrupted", None, _INTERRUPTED)
        case RegistryError():
            return _Failure(_kind(error), error.message, error.hint, error.exit_code)
        case click.UsageError():
            where = error.ctx.command_path if error.ctx else "git registry"
            return _Failure("UsageError", " ".join(error.format_message().split()), f"{where} -h", error.exit_code)
        case click.ClickException():
            return _Failure(type(error).__name__, error.format_message(), None, error.exit_code)
        case OSError():  # a full disk, a file nobody may read
            place = f" {error.filename!r}" if error.filename else ""
            return _Failure("OSError", f"{error.strerror or error}{place}", None, 1)
        case _:
            what = f"this is a bug: {type(error).__name__}: {error}"
            return _Failure("Bug", what, f"report it with the output of --debug: {_ISSUES}", _BUG)


def _kind(error: RegistryError) -> str:
    """The name of the error's class, or of its nearest public base class."""
    return next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == RegistryError.__module__)


def _print_traceback(error: Exception, arguments: list[str]) -> None:
    if not set(TRACEBACK).isdisjoint(arguments):
        import traceback

        for line in "".join(traceback.format_exception(error)).splitlines():
            click.echo(printable(redact(line)), err=True)


def _asks_for_json(arguments: list[str]) -> bool:
    """Whether the command line asks for JSON; it may be invalid otherwise."""
    return "--json" in arguments or "--format=json" in arguments or ("--format", "json") in pairwise(arguments)


def _print(failure: _Failure, *, as_json: bool) -> None:
    message = redact(failure.message)  # click's own messages repeat what was typed
    if as_json:
        details: ErrorDetails = {
            "kind": failure.kind,
            "message": message,
            "hint": failure.hint,
            "exit_code": failure.exit_code,
        }
        document: Error = {"error": details}
        click.echo(to_json(document), err=True)
        return
    for label, text, colour in (("error", message, "red"), ("hint", failure.hint or "", "cyan")):
        for line in text.splitlines():
            click.echo(f"{styled(label, colour)}: {printable(line)}", file=sys.stderr)
