"""Push tags that were written without --push."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gittag_registry.errors import Conflict, NotFound, Refused, RegistryError
from gittag_registry.git.tags import object_types
from gittag_registry.git.transaction import LostRace
from gittag_registry.hints import Hint, call, git
from gittag_registry.model.events import Event, order_key
from gittag_registry.model.fold import Artifact
from gittag_registry.model.message import OPERATION_TRAILER
from gittag_registry.model.plans import Plan
from gittag_registry.model.results import PushResult
from gittag_registry.refs import TAGS
from gittag_registry.registry import Registry
from gittag_registry.services.sync import not_a_remote
from gittag_registry.store.clock import SYSTEM, Deadline
from gittag_registry.store.reader import read_events
from gittag_registry.store.remote_target import RemoteTarget

LARGEST_PUSH = 3  # tags; GitHub starts no workflow for a push of more


def push_tags(
    registry: Registry, artifact: str | None = None, remote: str | None = None, *, dry_run: bool = False
) -> PushResult:
    """Push the registry tags, all or those of one artifact, that the remote does not have.

    All tags of an operation go in one push. Several operations share a push of at most `LARGEST_PUSH` tags.

    Raises:
        Conflict: the remote has a different tag of the same name; nothing was pushed.
        NotFound: there is no such artifact in the repository.
        RemoteError: the remote cannot be reached, or denies access; tags that were pushed before stay.
    """
    target = registry.store.upstream(remote, lambda: registry.settings)
    artifacts = [_artifact(registry, target, artifact)] if artifact is not None else registry.state().artifacts.values()
    events = sorted((event for each in artifacts for event in each.events), key=order_key)
    listed = target.list_tags()
    _check_same(target.remote_name, events, listed)
    missing = [event for event in events if event.ref not in listed]
    if not dry_run:
        _push_batches(target, missing, _patience(registry, target))
    return PushResult(target.remote_name, tuple(missing))


def _artifact(registry: Registry, target: RemoteTarget, name: str) -> Artifact:
    try:
        return registry.artifact(name)
    except NotFound as error:
        error.hint = not_a_remote(target.repository, name) or error.hint
        raise


def push_deletions(
    registry: Registry, deletions: Iterable[tuple[str, str]], remote: str | None = None, *, dry_run: bool = False
) -> PushResult:
    """Delete tags on the remote that were deleted here: those that it has, and all of them or none.

    Args:
        deletions: names and object ids of the tags, which must be these objects on the remote too.

    Raises:
        Conflict: the remote has a different tag of the same name; nothing was deleted.
        Refused: a tag cannot be read, or the server refuses.
        RemoteError: the remote cannot be reached, or denies access.
    """
    target = registry.store.upstream(remote, lambda: registry.settings)
    listed = target.list_tags()
    wanted = list(deletions)
    others = [ref for ref, oid in wanted if listed.get(ref, oid) != oid]
    if others:
        raise Conflict(
            f"{target.remote_name!r} has a different tag {others[0]!r}, which is not the one that was deleted here",
            hint=Hint("nothing was deleted; to see it: ", call("fetch")),
        )
    present = [(oid, ref) for ref, oid in wanted if ref in listed]
    kinds = object_types(target.repository, [oid for oid, _ in present])
    if "missing" in kinds:
        target.server.fetch([oid for oid, _ in present])
    events = tuple(event for event in read_events(target.repository, refs=present) if isinstance(event, Event))
    unreadable = sorted({ref for _, ref in present}.difference(event.ref for event in events))
    if unreadable:
        raise Refused(f"{unreadable[0]!r} is no registry tag that can be read")
    if events and not dry_run:
        target.push(Plan(deletions=events), Deadline.after(_patience(registry, target), SYSTEM))
    return PushResult(target.remote_name, (), events)


def _patience(registry: Registry, target: RemoteTarget) -> float:
    """How many seconds a push may take."""
    return target.patience if registry.patience is None else registry.patience


def _check_same(remote: str, events: Iterable[Event], listed: Mapping[str, str]) -> None:
    """Check that the remote has no different tag of the same name.

    Raises:
        Conflict: it has one.
    """
    others = [event.ref for event in events if listed.get(event.ref, event.oid) != event.oid]
    if others:
        ref = f"{TAGS}{others[0]}"
        more = f", and {len(others) - 1} more" if others[1:] else ""
        raise Conflict(
            f"{remote!r} has a different tag {others[0]!r}{more}",
            hint=Hint(
                "two clones wrote at the same time; to get the remote's tag: ",
                git("fetch", remote, f"+{ref}:{ref}"),
            ),
        )


def _push_batches(target: RemoteTarget, events: Iterable[Event], patience: float) -> None:
    """Push one batch after another, each an operation of its own."""
    pushed: list[str] = []
    for batch in _batches(events):
        try:
            target.push(Plan(tuple(batch)), Deadline.after(patience, SYSTEM))
        except RegistryError as error:
            if pushed:
                error.hint = f"these tags were pushed before the error: {', '.join(pushed)}"
            if isinstance(error, LostRace):
                raise Conflict(error.message, hint=error.hint or "try again") from error
            raise
        pushed += [event.ref for event in batch]


def _batches(events: Iterable[Event]) -> Iterator[list[Event]]:
    """Group tags by the push they go in."""
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
    """The id of the operation that wrote a tag; a tag of another tool counts as an operation of its own."""
    return event.parsed_message.trailer(OPERATION_TRAILER) or event.ref
