"""Where changes go, to this repository or to a remote; and pushing what was written here alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from shlex import quote
from typing import TYPE_CHECKING

from gittag_registry.errors import Conflict, NotFound, RegistryError, UsageError, did_you_mean
from gittag_registry.files.layout import DEFAULT_TIMEOUT
from gittag_registry.git import content
from gittag_registry.git.remote import Remote, list_tags
from gittag_registry.git.transaction import LostRace
from gittag_registry.model.events import Event, order_key
from gittag_registry.model.message import OPERATION_TRAILER
from gittag_registry.model.plans import Plan
from gittag_registry.model.results import PushResult
from gittag_registry.store import stores
from gittag_registry.store.places import Elsewhere
from gittag_registry.urls import is_url

if TYPE_CHECKING:
    from gittag_registry.registry import Registry

LARGEST_PUSH = 3  # tags; GitHub starts no workflow for a push of more


def target(registry: Registry, push: bool | None = None, remote: str | None = None) -> str | None:
    """Where a change is pushed to: a remote's name, or the address of the registry; None for nowhere.

    Args:
        push: whether it is; None: if a remote is named, or the configuration says so.
        remote: the remote's name.

    Raises:
        UsageError: there is no such remote, or more than one that could be meant.
    """
    if isinstance(registry.place, Elsewhere):
        if push is False or remote is not None:
            raise UsageError("a remote repository is changed by pushing to it, and no other remote with it")
        if registry.place.cache.offline:
            raise UsageError("nothing can be changed offline")
        return registry.place.cache.address
    if push is False and remote is not None:
        raise UsageError("--remote says where to push, and --no-push not to")
    settings = registry.configuration.settings if registry.configuration else None
    if push is None and remote is None:
        push = settings is not None and settings.push
    return remote_name(registry, remote) if push or remote else None


def remote_name(registry: Registry, name: str | None = None) -> str:
    """The remote that a name means, or that is meant without one: the configured one, origin, or the only one.

    Raises:
        UsageError: there is none.
    """
    known = content.remotes(registry.repository)
    wanted = name or (registry.configuration.settings.remote if registry.configuration else None)
    if wanted is not None:
        if wanted in known or (name is not None and is_url(name)):  # a file in the repository names no address
            return wanted
        raise UsageError(f"there is no remote {wanted!r}", hint=did_you_mean(wanted, known) or "git remote -v")
    if "origin" in known or len(known) == 1:
        return "origin" if "origin" in known else known[0]
    if known:
        raise UsageError(f"which remote? There are {', '.join(known)}", hint=f"--remote {quote(known[0])}")
    raise UsageError("there is no remote to push to", hint="git remote add origin URL")


def store(registry: Registry, push: bool | None = None, remote: str | None = None) -> stores.Store:
    """Where an operation reads the tags it depends on, and writes its own."""
    name = target(registry, push, remote)
    if name is None:
        return stores.LocalStore(registry.repository)
    if isinstance(registry.place, Elsewhere):
        return stores.mirrored(registry.place.cache)
    return stores.pushing(_remote(registry, name))


def _remote(registry: Registry, name: str) -> Remote:
    timeout = registry.configuration.settings.timeout if registry.configuration else DEFAULT_TIMEOUT
    return Remote(registry.repository, name, timeout, registry.on_progress, registry.on_warning)


def explained(error: NotFound, registry: Registry, used: stores.Store, artifact: str) -> NotFound:
    """The error, with a better hint where what the server does not have is here."""
    if isinstance(used, stores.RemoteStore) and not registry.place.remote:
        here = {event.ref for event in registry.place.state(artifact).artifact(artifact).events}
        if here.difference(name for _, name in used.seen):
            where = f" --remote {quote(used.remote.public_name)}" if used.remote.name != "origin" else ""
            error.hint = (
                f"the remote lacks tags that are here; push them first: git registry push {quote(artifact)}{where}"
            )
    return error


def push_tags(
    registry: Registry, artifact: str | None = None, remote: str | None = None, *, dry_run: bool = False
) -> PushResult:
    """Push the registry tags, all or those of one artifact, that the remote does not have.

    What one operation wrote goes in one push. Several operations share a push if their tags are not more than
    a forge starts jobs for.

    Raises:
        Conflict: the remote has another tag of the same name; nothing was pushed.
        NotFound: there is no such artifact here.
        RemoteError: the remote cannot be reached, or refuses us; what was pushed before stays.
    """
    if registry.place.remote:
        raise UsageError("push takes a clone; what is done with a URL is pushed at once")
    name = remote_name(registry, remote)
    artifacts = [registry.artifact(artifact)] if artifact is not None else registry.state().artifacts.values()
    events = sorted((event for found in artifacts for event in found.events), key=order_key)
    to = _remote(registry, name)
    there = {ref: oid for oid, ref in list_tags(to)}
    other = [event.ref for event in events if there.get(event.ref, event.oid) != event.oid]
    if other:
        raise Conflict(
            f"{to.public_name!r} has another tag {other[0]!r}" + (f", and {len(other) - 1} more" if other[1:] else ""),
            hint="two clones wrote at once; to have the remote's:"
            f" git fetch {quote(to.public_name)} {quote(f'+refs/tags/{other[0]}:refs/tags/{other[0]}')}",
        )
    missing = [event for event in events if event.ref not in there]
    pushed: list[str] = []
    for batch in [] if dry_run else _batches(missing):
        try:
            stores.pushing(to).push(Plan(tuple(batch)))
        except RegistryError as error:
            if pushed:
                error.hint = f"these were pushed before: {', '.join(pushed)}"
            if isinstance(error, LostRace):
                raise Conflict(error.message, hint=error.hint or "try again") from error
            raise
        pushed += [event.ref for event in batch]
    return PushResult(to.public_name, tuple(missing))


def _batches(events: Iterable[Event]) -> Iterator[list[Event]]:
    """Tags to push together."""
    operations: dict[str, list[Event]] = {}
    for event in events:
        operations.setdefault(_operation(event), []).append(event)
    batch: list[Event] = []
    for tags in operations.values():
        if batch and len(batch) + len(tags) > LARGEST_PUSH:
            yield batch
            batch = []
        batch += tags
    if batch:
        yield batch


def _operation(event: Event) -> str:
    """What the tags of one operation have in common; a tag of another tool is alone."""
    return event.parsed_message.trailer(OPERATION_TRAILER) or event.ref
