"""Choose one of a clone's remotes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gittag_registry.errors import UsageError, did_you_mean
from gittag_registry.hints import Hint, Option, git
from gittag_registry.urls import is_url

if TYPE_CHECKING:
    from gittag_registry.files.config import Settings


def choose_remote(remotes: Sequence[str], name: str | None, settings: Settings | None) -> str:
    """The remote with a name; without a name the configured one, origin, or the only one.

    Args:
        remotes: the names of a clone's remotes.
        name: a name, or an address, as the user gave it.

    Raises:
        UsageError: there is no such remote, or the choice is not clear.

    >>> choose_remote(["origin", "fork"], None, None)
    'origin'
    """
    wanted = name or (settings.remote if settings else None)
    if wanted is not None:
        if wanted in remotes or (name is not None and is_url(name)):  # the configuration may not name an address
            return wanted
        raise UsageError(
            f"there is no remote {wanted!r}", hint=did_you_mean(wanted, remotes) or Hint(git("remote", "-v"))
        )
    if "origin" in remotes or len(remotes) == 1:
        return "origin" if "origin" in remotes else remotes[0]
    if remotes:
        raise UsageError(f"there are several remotes: {', '.join(remotes)}", hint=Hint(Option("remote", remotes[0])))
    raise UsageError("there is no remote to push to", hint=Hint(git("remote", "add", "origin", "URL")))


def default_remote(remotes: Sequence[str], settings: Settings | None) -> str | None:
    """The remote to use without a name; None if there is none, or if the choice is not clear.

    >>> default_remote(["fork", "upstream"], None) is None
    True
    """
    try:
        return choose_remote(remotes, None, settings)
    except UsageError:
        return None
