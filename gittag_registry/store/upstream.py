"""Choose one of a clone's remotes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from gittag_registry.errors import UsageError, did_you_mean
from gittag_registry.hints import Hint, Option, git
from gittag_registry.urls import is_url, redact

if TYPE_CHECKING:
    from gittag_registry.files.config import Settings


def choose_remote(remotes: Collection[str], name: str | None, settings: Settings | None) -> str:
    """The remote with a name; without a name the configured one, origin, or the only one.

    Args:
        remotes: the names of a clone's remotes.
        name: a name, or an address, as the user gave it.

    Raises:
        UsageError: there is no such remote, or the choice is not clear.

    >>> choose_remote(["origin", "fork"], None, None)
    'origin'
    """
    wanted = name if name is not None else (settings.remote if settings else None)
    if wanted is not None:
        if wanted in remotes or (name is not None and is_url(name)):  # the configuration may not name an address
            return wanted
        raise UsageError(
            f"there is no remote {wanted!r}", hint=did_you_mean(wanted, remotes) or Hint(git("remote", "-v"))
        )
    if "origin" in remotes or len(remotes) == 1:
        return "origin" if "origin" in remotes else next(iter(remotes))
    if remotes:
        first = next(iter(remotes))
        raise UsageError(f"there are several remotes: {', '.join(remotes)}", hint=Hint(Option("remote", first)))
    raise UsageError("this repository has no remote", hint=Hint(git("remote", "add", "origin", "URL")))


def default_remote(remotes: Collection[str], settings: Settings | None) -> str | None:
    """The remote to use without a name; None if there is none, or if the choice is not clear.

    >>> default_remote(["fork", "upstream"], None) is None
    True
    """
    try:
        return choose_remote(remotes, None, settings)
    except UsageError:
        return None


def only_push_address(name: str, fetch: str | None, push: Sequence[str]) -> str:
    """The address that pushes to a remote go to, if git fetches from another; else an empty string.

    An operation is decided on the tags of the server that it pushes to: another one, such as a mirror, may lag behind.

    Args:
        name: the remote's.
        fetch: the address that git fetches from.
        push: those that git pushes to.

    Raises:
        UsageError: there are several, and no push changes the tags of all of them or of none.

    >>> only_push_address("origin", "https://mirror/m.git", ["ssh://git@host/m.git"])
    'ssh://git@host/m.git'
    """
    if len(push) > 1:
        first = push[0]
        keep = Hint("keep one: ", git("config", "--replace-all", f"remote.{name}.pushurl", first))
        raise UsageError(
            f"remote {name!r} has {len(push)} push addresses, and no push changes all of them or none:"
            f" {', '.join(map(redact, push))}",
            hint=Hint("name one: ", Option("remote", first)) if is_url(first) else keep,
        )
    return push[0] if push and push[0] != fetch else ""
