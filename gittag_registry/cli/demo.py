"""`git registry demo`: the life cycle of a model, in a repository made for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import join

import click

from gittag_registry.cli.app import App, command_anywhere, now
from gittag_registry.errors import Conflict, RegistryError
from gittag_registry.hints import Hint, call

_DAY = 86400  # seconds
_STORY = [
    ("A model is trained, and committed to a new git repository.", ["train"]),
    ("It is worth a version.", ["register", "churn@v1.0.0"]),
    ("Put it into production.", ["assign", "churn@v1.0.0", "prod"]),
    ("The model is trained on more data, and committed.", ["train"]),
    ("Assigning it to a stage registers the next version by itself.", ["assign", "churn", "staging"]),
    ("It does well. Promote it.", ["promote", "churn@v1.0.1", "prod"]),
    ("Deployment code asks what to run.", ["which", "churn", "prod"]),
    ("It does not do well after all. Back to what prod held before.", ["rollback", "churn", "prod"]),
    ("What ran where, since when, and who decided so?", ["history", "churn"]),
    ("The registry at a glance.", ["show"]),
]


@command_anywhere
@click.argument("target", default="registry-demo", metavar="[DIR]", type=click.Path(path_type=Path))
def demo(app: App, target: Path) -> None:
    """Build a small registry and show the life cycle.

    It builds a repository in DIR, which must be new or empty; default: registry-demo. The repository stays; the last
    lines of the output say how to remove it.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Conflict(f"{str(target)!r} exists and is not empty", hint=Hint(call("demo", f"{target}-2")))
    for day, (comment, arguments) in enumerate(_STORY, now() // _DAY - len(_STORY)):
        with _dated(day * _DAY):
            if arguments[0] == "train":
                _train(target, comment)
            else:
                _step(target, comment, arguments)
    place = join([str(target)])
    click.echo(f"\nThe dates are made up, a step a day. The repository stays in {place}:")
    click.echo(f"  look at its tags: git -C {place} tag -n\n  remove it:        rm -rf {place}")


@contextmanager
def _dated(timestamp: int) -> Iterator[None]:
    """Let git date what it writes at this time, unless the user has set the time."""
    names = [name for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE") if name not in os.environ]
    os.environ.update(dict.fromkeys(names, f"{timestamp} +0000"))
    try:
        yield
    finally:
        for name in names:
            del os.environ[name]


def _train(directory: Path, comment: str) -> None:
    """Commit a new state of the model, making the repository first if there is none."""
    from gittag_registry.git.commits import commit_new

    click.echo(f"\n# {comment}")
    model = directory / "models" / "churn.txt"
    model.parent.mkdir(parents=True, exist_ok=True)
    with model.open("a") as file:
        file.write("a weight\n")
    (directory / "artifacts.yaml").write_text("churn:\n  type: model\n  path: models/churn.txt\n")
    commit_new(str(directory), ["models/churn.txt", "artifacts.yaml"], "Train churn")


def _step(directory: Path, comment: str, arguments: list[str]) -> None:
    from gittag_registry.cli.main import cli

    click.echo(f"\n# {comment}\n$ git registry {join(arguments)}")
    name, *rest = arguments
    try:
        cli.main([name, "--repo", str(directory), *rest], prog_name="git registry", standalone_mode=False)
    except RegistryError as error:
        raise RegistryError(f"the demo failed at {join(arguments)!r}: {error.message}", hint=error.hint) from error
