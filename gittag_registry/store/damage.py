"""Fetch from a server that cannot send all of its tags, because some are damaged."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gittag_registry.git.failures import ConnectionLost, DamagedObject, NoSuchObject, TimedOut
from gittag_registry.git.remote import Remote, warn
from gittag_registry.git.transaction import transaction
from gittag_registry.refs import TAGS
from gittag_registry.store.base import Ref


def fetch_listed(
    remote: Remote, fetch: Callable[[Sequence[str]], None], listed: Sequence[Ref], known: Sequence[Ref]
) -> None:
    """Make the tags of a repository those that a server lists, except for those that it cannot send.

    Args:
        fetch: fetches refspecs.
        listed: the server's tags.
        known: those of the repository.
    """
    old, new = set(known) - set(listed), set(listed) - set(known)
    with transaction(remote.repository, delete=[(name, oid) for oid, name in old]):
        pass
    refspec = {name: f"+{TAGS}{name}:{TAGS}{name}" for _, name in sorted(new)}
    damaged = fetch_sendable(lambda names: fetch([refspec[name] for name in names]), list(refspec))
    for name in damaged:
        warn(remote, f"left out tag {name!r}, which is damaged there")


def fetch_sendable(fetch: Callable[[Sequence[str]], None], names: Sequence[str]) -> list[str]:
    """Fetch tags, and return the names of those that the server says it cannot send, because they are damaged.

    Some servers only break the connection. Then halves of the tags are tried, to name the one in the error.

    Raises:
        ConnectionLost: the connection broke when one of the tags was to be sent.
        RegistryError: the fetch failed otherwise.
    """
    try:
        if names:
            fetch(names)
        return []
    except (DamagedObject, NoSuchObject):
        if len(names) == 1:
            return list(names)
    except TimedOut:
        raise
    except ConnectionLost as error:
        if len(names) == 1:
            raise ConnectionLost(
                f"{error.message}, whenever tag {names[0]!r} was to be sent: is it damaged there?"
            ) from error
    middle = len(names) // 2
    return [*fetch_sendable(fetch, names[:middle]), *fetch_sendable(fetch, names[middle:])]
