"""`git registry demo`: the life cycle of a model, in a repository made for it."""

from __future__ import annotations

from pathlib import Path
from shlex import join

import click

from gittag_registry.cli.app import App, command
from gittag_registry.errors import Conflict, RegistryError

_STORY: list[tuple[str, list[str]]] = [
    ("The first training run is worth a version.", ["register", "churn", "--version", "v1.0.0"]),
    ("Put it into production.", ["assign", "churn", "prod", "--version", "v1.0.0"]),
    ("<retrain>", []),
    ("Retrained on more data: assigning registers the next version by itself.", ["assign", "churn", "staging"]),
    ("It does well. Promote it.", ["promote", "churn", "prod", "--version", "v1.0.1"]),
    ("Deployment code asks what to run.", ["which", "churn", "prod"]),
    ("It does not do well after all. Back to what prod held before.", ["rollback", "churn", "prod"]),
    ("What ran where, and who decided so?", ["history", "churn"]),
    ("The registry at a glance.", ["show"]),
]


@command
@click.argument("target", default="registry-demo", metavar="[DIR]", type=click.Path(path_type=Path))
def demo(app: App, target: Path) -> None:
    """Build a small registry from nothing in DIR, run the life cycle, and print every step.

    DIR must be new or empty; default: registry-demo.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Conflict(f"{str(target)!r} exists and is not empty", hint="git registry demo OTHER_DIR")
    _train(target, "a model trained on the first data")
    click.echo(f"A new git repository in {target}, with one model in it.")
    for comment, arguments in _STORY:
        if arguments:
            _step(target, comment, arguments)
        else:
            _train(target, "a model trained on more data")
    click.echo(f"\nIt is all in git: git -C {join([str(target)])} tag -n")


def _train(directory: Path, content: str) -> None:
    """Commit a new state of the model, making the repository first if there is none."""
    from git import Repo

    repo = Repo.init(directory)
    with repo.config_reader() as settings:
        nobody = not settings.has_option("user", "email")
    if nobody:
        with repo.config_writer() as settings:
            settings.set_value("user", "name", "Demo")
            settings.set_value("user", "email", "demo@example.com")
    model = directory / "models" / "churn.txt"
    model.parent.mkdir(parents=True, exist_ok=True)
    model.write_text(content + "\n")
    (directory / "artifacts.yaml").write_text("churn:\n  type: model\n  path: models/churn.txt\n")
    repo.index.add(["models/churn.txt", "artifacts.yaml"])
    repo.index.commit(f"Train {content}")
    repo.close()


def _step(directory: Path, comment: str, arguments: list[str]) -> None:
    from gittag_registry.cli.main import cli

    click.echo(f"\n# {comment}\n$ git registry {join(arguments)}")
    name, *rest = arguments
    try:
        cli.main([name, "--repo", str(directory), *rest], prog_name="git registry", standalone_mode=False)
    except RegistryError as error:
        raise RegistryError(f"the demo failed at {join(arguments)!r}: {error.message}", hint=error.hint) from error
