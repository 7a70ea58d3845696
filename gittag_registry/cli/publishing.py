"""The commands on servers: push and fetch tags, compare them, and list and remove caches."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import click

from gittag_registry.cli.app import App, command, command_anywhere, complete_artifact, output, remote_option
from gittag_registry.cli.main import HELP
from gittag_registry.errors import Conflict, Refused, UsageError
from gittag_registry.hints import Hint, Option, call
from gittag_registry.model.names import parse_selector, parse_tag
from gittag_registry.model.results import TagState, TagStatus
from gittag_registry.refs import TAGS
from gittag_registry.render import remote_views


def _artifact(verb: str, text: str | None) -> str | None:
    """The artifact that an operand names, whose tags are exchanged together."""
    wanted = parse_selector(text) if text is not None else None
    if wanted is not None and wanted.narrow:
        raise UsageError(
            f"{verb} takes an artifact, and all its tags; {text!r} names fewer",
            hint=Hint(call(verb, wanted.artifact)),
        )
    return wanted.artifact if wanted is not None else None


@command
@click.argument("names", nargs=-1, metavar="[NAME | TAG:OBJECT...]", shell_complete=complete_artifact)
@output("ref")
@remote_option("Push to this remote")
@click.option("--delete", is_flag=True, help="Delete these tags on the remote, if they are these objects there.")
@click.option("-n", "--dry-run", is_flag=True, help="Only tell what would be pushed.")
def push(app: App, names: tuple[str, ...], remote: str | None, delete: bool, dry_run: bool) -> None:
    """Push the registry tags that the remote does not have.

    Tags that the remote has are not changed. All tags of an operation go in one push, and several operations share a
    push of at most three tags, because GitHub starts no workflow for a push of more. Commands that delete tags here
    print the line with --delete that deletes them on the remote; tags that it never had are passed over.

    \b
    git registry push
    git registry push churn --remote upstream
    """
    from gittag_registry.services.push import push_deletions, push_tags

    if delete:
        if not names:
            raise UsageError("--delete needs the tags to delete, each as TAG:OBJECT")
        result = push_deletions(app.registry, map(_tag_and_object, names), remote, dry_run=dry_run)
    else:
        if names[1:]:
            raise UsageError(f"push takes one artifact, not also {names[1]!r}")
        result = push_tags(app.registry, _artifact("push", names[0] if names else None), remote, dry_run=dry_run)
    app.emit(remote_views.pushed(result, dry_run=dry_run))
    if not (result.events or result.deleted):
        all_pushed = f"the remote has every registry tag of this repository{_of(*names)}"
        app.note("the remote has none of these tags" if delete else all_pushed)


def _tag_and_object(text: str) -> tuple[str, str]:
    tag, _, oid = text.removeprefix(TAGS).partition(":")
    if parse_tag(tag) is None or not re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", oid):
        raise UsageError(f"{text!r} is no TAG:OBJECT: a registry tag and the full id of its object")
    return tag, oid


@command
@click.argument("name", required=False, metavar="[NAME]", shell_complete=complete_artifact)
@output("ref")
@remote_option("Ask this remote")
@click.option("--force", is_flag=True, help="Replace tags that are different here.")
@click.option("-n", "--dry-run", is_flag=True, help="Only tell what would be fetched.")
def fetch(app: App, name: str | None, remote: str | None, force: bool, dry_run: bool) -> None:
    """Fetch the registry tags that the remote has and this repository lacks.

    It gets all of them, with their commits, into any clone: a shallow one, one of a single branch, one without tags.
    Tags that are different here are named and kept, with exit code 5, unless --force replaces them.

    \b
    git registry fetch
    git registry fetch churn --remote upstream
    """
    from gittag_registry.services.sync import fetch_tags

    result = fetch_tags(app.registry, _artifact("fetch", name), remote, force=force, dry_run=dry_run)
    app.emit(remote_views.fetched(result, dry_run=dry_run))
    for each in result.kept:
        what = f"kept tag {each.ref!r}, which is different on {result.remote!r}; "
        app.warn(Hint(what, Option("force"), " replaces it"))
    if result.kept:
        raise click.exceptions.Exit(Conflict.exit_code)
    if not result.fetched:
        app.note(f"this repository has every registry tag of {result.remote!r}{_of(name)}")


@command
@click.argument("name", required=False, metavar="[NAME]", shell_complete=complete_artifact)
@output("ref", "state")
@remote_option("Ask this remote")
def status(app: App, name: str | None, remote: str | None) -> None:
    """Compare the registry tags here with those of the remote.

    A tag is missing (only the remote has it), unpushed (only this repository has it, or it was deleted on the remote)
    or different (both have one of that name). It exits with 0 if all tags are the same, else with 6.

    \b
    git registry status
    git registry status churn --remote upstream --json
    """
    from gittag_registry.services.sync import compare_with_remote

    result = compare_with_remote(app.registry, _artifact("status", name), remote)
    app.emit(remote_views.status(result))
    if not result.differences:
        app.note(f"this repository and {result.remote!r} have the same {result.same} registry tags{_of(name)}")
        return
    for hint in _next_steps(result, [name] if name else [], {"remote": remote} if remote else {}):
        app.note(hint)
    raise click.exceptions.Exit(Refused.exit_code)


def _of(name: str | None = None) -> str:
    return f" for artifact {name!r}" if name is not None else ""


def _next_steps(result: TagStatus, names: list[str], options: dict[str, str]) -> Iterator[Hint]:
    """What to do about the tags in each state."""
    count = Counter(each.state for each in result.differences)
    if count[TagState.MISSING]:
        yield Hint(f"{count[TagState.MISSING]} missing: ", call("fetch", *names, **options))
    if count[TagState.UNPUSHED]:
        yield Hint(f"{count[TagState.UNPUSHED]} unpushed: ", call("push", *names, **options))
    if count[TagState.DIFFERENT]:
        fetch = call("fetch", *names, **options, force=True)
        yield Hint(f"{count[TagState.DIFFERENT]} different: ", fetch, " replaces those here")


@click.group(context_settings=HELP)
def cache() -> None:
    """List and remove the caches of remote repositories."""


@command_anywhere
@output("path")
def cache_list(app: App) -> None:
    """List the caches of remote repositories, by address."""
    from gittag_registry.store.mirrors import list_mirrors

    mirrors = list_mirrors()
    app.emit(remote_views.caches(mirrors))
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
