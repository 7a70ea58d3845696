"""The commands on servers: push tags, and list and remove caches."""

from __future__ import annotations

import click

from gittag_registry.cli.app import App, command, command_anywhere, complete_artifact, complete_remote, output
from gittag_registry.cli.main import HELP
from gittag_registry.hints import Hint, call
from gittag_registry.render import views


@command
@click.argument("name", required=False, metavar="[NAME]", shell_complete=complete_artifact)
@output("ref")
@click.option(
    "--remote",
    metavar="NAME",
    help="Push to this remote; default: as configured, origin, or the only one.",
    shell_complete=complete_remote,
)
@click.option("-n", "--dry-run", is_flag=True, help="Only tell what would be pushed.")
def push(app: App, name: str | None, remote: str | None, dry_run: bool) -> None:
    """Push the registry tags that the remote does not have.

    Tags that the remote has are not changed. All tags of an operation go in one push, and several operations share a
    push of at most three tags, because GitHub starts no workflow for a push of more.

    \b
    git registry push
    git registry push churn --remote upstream
    """
    from gittag_registry.services.push import push_tags

    result = push_tags(app.registry, name, remote, dry_run=dry_run)
    app.emit(views.pushed(result, dry_run=dry_run))
    if not result.events:
        app.note("the remote has every registry tag of this repository")


@click.group(context_settings=HELP)
def cache() -> None:
    """List and remove the caches of remote repositories."""


@command_anywhere
@output("path")
def cache_list(app: App) -> None:
    """List the caches of remote repositories, by address."""
    from gittag_registry.store.mirrors import list_mirrors

    mirrors = list_mirrors()
    app.emit(views.caches(mirrors))
    if not mirrors:
        app.note("there are no caches")


@command_anywhere
@click.argument("url", required=False, metavar="[URL]")
def cache_clean(app: App, url: str | None) -> None:
    """Remove the cache of a remote repository, or all of them.

    The next command that needs it fetches it again.
    """
    from gittag_registry.errors import NotFound
    from gittag_registry.store.mirrors import clean, list_mirrors, remove_all
    from gittag_registry.urls import public, redact

    address = redact(public(url)) if url is not None else None
    mirrors = [mirror for mirror in list_mirrors() if address in (None, mirror.address)]
    if address is not None and not mirrors:
        raise NotFound(f"there is no cache of {address!r}", hint=Hint(call("cache", "list")))
    for mirror in mirrors:
        clean(mirror.path)
        app.note(f"removed the cache of {mirror.address} ({mirror.scope})")
    if url is None:
        remove_all()


cache.add_command(cache_list, "list")
cache.add_command(cache_clean, "clean")
