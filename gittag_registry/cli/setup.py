"""The commands around a registry: configuration, health, completion."""

from __future__ import annotations

import click

from gittag_registry.cli.app import App, command, command_anywhere, now, output
from gittag_registry.cli.completion import SHELLS
from gittag_registry.cli.main import HELP
from gittag_registry.errors import NotFound
from gittag_registry.files.layout import CONFIGURATION, SETTINGS
from gittag_registry.render import views

_PROBLEM_FOUND = 6


@command
def init(app: App) -> None:
    """Write a commented configuration file.

    A registry does not need one: any git repository is a registry. The file limits stages and types, and sets which
    part of the version a registration increments.
    """
    from gittag_registry.files.config import TEMPLATE
    from gittag_registry.files.editing import create_file

    create_file(app.registry.store.with_work_tree(), CONFIGURATION, TEMPLATE.encode())
    app.note(f"wrote {CONFIGURATION} at the top of the repository; edit it, and git add it")


@command
@output()
@click.option("--show-origin", is_flag=True, help="Print the file or variable that each setting comes from.")
def config_list(app: App, show_origin: bool) -> None:
    """List the settings in force."""
    from gittag_registry.files.config import combine

    app.emit(views.settings(app.registry.configuration or combine([]), show_origin=show_origin))


@command
@click.argument("key", metavar="KEY", type=click.Choice(SETTINGS))
@output()
def config_get(app: App, key: str) -> None:
    """Print the value of a setting, which may be its default.

    'git registry config list' lists the keys.

    \b
    git registry config get stages
    """
    from gittag_registry.files.config import combine

    configuration = app.registry.configuration or combine([])
    if getattr(configuration.settings, key) is None:
        raise NotFound(f"{key!r} is not set")
    app.emit(views.setting(configuration, key))


@command
@click.argument("key", metavar="KEY", type=click.Choice(SETTINGS))
@click.argument("value")
def config_set(app: App, key: str, value: str) -> None:
    """Change a setting in the configuration file of the repository.

    Lists are separated by commas. Comments in the file stay; without a file, it is created. 'git registry config list'
    lists the keys.

    \b
    git registry config set stages dev,staging,prod
    git registry config set artifacts annotated
    """
    from gittag_registry.files.config import with_setting
    from gittag_registry.files.editing import edit_configuration

    edit_configuration(app.registry.store.with_work_tree(), lambda data: with_setting(data, key, value))
    app.note(f"changed {CONFIGURATION}; git commit it to keep the change")
    origin = app.registry.configuration.origins[key] if app.registry.configuration else CONFIGURATION
    if origin != CONFIGURATION:
        app.warn(f"{origin} wins over the file")


@click.group(context_settings=HELP)
def config() -> None:
    """Show and change the settings."""


config.add_command(config_list, "list")
config.add_command(config_get, "get")
config.add_command(config_set, "set")


@command
@output()
@click.option("--fix", is_flag=True, help="Remove the locks that killed git processes left behind.")
def doctor(app: App, fix: bool) -> None:
    """Check the registry for problems.

    It looks for skipped tags, tags dated in the future, counters that contradict dates, versions that share a commit or
    moved between commits, tags whose commit is missing, tags that only look like registry tags, stages and types that
    are not allowed, names that differ only by case, invalid annotation and configuration files, clones that may lack
    tags, and stale locks. It exits with 6 if it finds a problem.

    It proposes a fix that changes a tag only if the remote does not have that tag, and asks the remote for that.
    """
    from gittag_registry.services.doctor import diagnose

    for lock in app.registry.store.remove_stale_locks() if fix else ():
        app.note(f"removed {lock}")
    findings = diagnose(app.registry, now())
    app.emit(views.findings(findings, app.in_shell))
    if findings:
        raise click.exceptions.Exit(_PROBLEM_FOUND)
    app.note("no problems found")


@command_anywhere
@click.argument("shell", type=click.Choice(SHELLS))
def completion(app: App, shell: str) -> None:
    """Print the completion script of a shell.

    \b
    eval "$(git registry completion bash)"                                 # in ~/.bashrc
    eval "$(git registry completion zsh)"                                  # in ~/.zshrc
    git registry completion fish | source                                  # in ~/.config/fish/config.fish
    git registry completion powershell | Out-String | Invoke-Expression    # in $PROFILE

    In bash `git registry` is completed where git's own completion is loaded, and `git-registry` everywhere.
    """
    from gittag_registry.cli.completion import script

    click.echo(script(shell))
