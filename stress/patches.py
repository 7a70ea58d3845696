"""What a worker changes inside the package it runs. No other module of the campaigns reaches into the package."""

from __future__ import annotations

from collections.abc import Sequence

_PATIENCE = 0.2  # seconds; a push takes longer


def record_doubts(doubts: list[str]) -> None:
    """Make every push of this process that ends without word of what became of it leave a line in a list."""
    from gittag_registry.errors import RemoteError
    from gittag_registry.git import remote

    push = remote.push

    def recording(target: remote.Remote, **tags: Sequence[tuple[str, str]]) -> None:
        try:
            push(target, **tags)
        except RemoteError as error:  # git calls some broken connections a refusal
            doubts.append(error.message)
            raise

    remote.push = recording  # type: ignore[assignment]  # here a call has no other arguments


def shorten_patience() -> None:
    """Make every operation of this process give up almost at once, and so with something left unknown."""
    from gittag_registry.store.remote import UpstreamTarget

    UpstreamTarget.patience = _PATIENCE
