"""Carrying out operations: read, decide, write, and again if another writer was faster."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from gittag_registry.errors import Conflict, NotFound, RegistryError, UsageError
from gittag_registry.git import content, signing, tags
from gittag_registry.git.lock import writer_lock
from gittag_registry.git.transaction import LostRace
from gittag_registry.model.commands import Command
from gittag_registry.model.decide import decide
from gittag_registry.model.events import Event, encode
from gittag_registry.model.fold import Artifact
from gittag_registry.model.names import check_artifact
from gittag_registry.model.plans import Context, Plan
from gittag_registry.model.results import Outcome
from gittag_registry.store.reader import unknown_artifact
from gittag_registry.store.stores import CounterCollision, Store

if TYPE_CHECKING:
    from gittag_registry.files.config import Settings

_MOST_PAUSES = 10  # to which the first one grows


@dataclass(frozen=True, slots=True)
class Writer:
    """Somebody who writes to a store under a registry's settings."""

    store: Store
    settings: Settings | None = None
    author: str | None = None
    """by default git's committer"""
    author_email: str | None = None
    sign: bool | None = None
    """None: as git's configuration says"""

    def execute(self, command: Command, *, dry_run: bool = False, confirmed: Iterable[Event] | None = None) -> Outcome:
        """Carry out an operation, or with `dry_run` only decide it.

        Args:
            confirmed: the deletions that were agreed to; others are refused.

        Raises:
            InDoubt: it is not known whether the server has it.
            RegistryError: it was refused or failed; nothing was written, unless the message says so.
        """
        name = check_artifact(command.artifact)
        operation = secrets.token_hex(16)
        if dry_run:
            plan = self._plan(command, operation)
            return Outcome(plan.events, plan.deletions, plan.notes, done=False)
        reason, counter_skip = "", 0
        pause, deadline = self.store.pause, time.monotonic() + self.store.patience
        while time.monotonic() < deadline:
            with writer_lock(self.store.repository):
                plan = self._plan(command, operation, counter_skip)
                if plan.empty:
                    return Outcome((), (), plan.notes, done=False)
                if confirmed is not None and set(plan.deletions) != set(confirmed):
                    raise Conflict(
                        "the tags to delete changed since they were listed", hint="nothing was deleted; try again"
                    )
                try:
                    return self._carry_out(plan, partial(self._is_right, plan, command, operation))
                except LostRace as error:
                    reason = error.message
                    # One of them stays, the others try again now; so that these do not meet again, each leaves out some.
                    counter_skip = (
                        random.randint(0, 2 * (error.rivals - 1)) if isinstance(error, CounterCollision) else 0
                    )
            time.sleep(random.uniform(0, pause))
            pause = min(2 * pause, _MOST_PAUSES * self.store.pause)
        raise Conflict(
            f"tags of {name!r} could not be written, as if other writers were faster each time: {reason}",
            hint="nothing was written; if no other writer is at work, remove what is in the way"
            + (", such as a lock that was left on the server" if self.store.remote else ": git registry doctor"),
        )

    def _plan(self, command: Command, operation: str, counter_skip: int = 0) -> Plan:
        artifact = self.store.read(command.artifact)
        try:
            return decide(artifact, command, replace(self._context(artifact, operation), counter_skip=counter_skip))
        except NotFound as error:
            if artifact.events:
                raise
            raise unknown_artifact(artifact, self.store.artifacts(), remote=self.store.remote is not None) from error

    def _is_right(self, plan: Plan, command: Command, operation: str, artifact: Artifact) -> bool:
        """Whether the same would be decided on these tags."""
        try:
            again = decide(artifact, command, self._context(artifact, operation))
        except RegistryError:
            return False
        return [_meaning(event) for event in again.events] == [_meaning(event) for event in plan.events]

    def _carry_out(self, plan: Plan, is_right: Callable[[Artifact], bool]) -> Outcome:
        signs = bool(plan.events) and self._signs()
        events = tuple(event._replace(oid=self._object(event, signs=signs)) for event in plan.events)
        notes = self.store.write(replace(plan, events=events), is_right)
        remote = self.store.remote.public_name if self.store.remote else None
        return Outcome(events, plan.deletions, (*plan.notes, *notes), done=True, pushed_to=remote)

    def _signs(self) -> bool:
        return self.sign if self.sign is not None else signing.signs_by_default(self.store.repository)

    def _object(self, event: Event, *, signs: bool) -> str:
        write = signing.write_signed if signs else tags.write_object
        return write(self.store.repository, encode(event))

    def _context(self, artifact: Artifact, operation: str) -> Context:
        who = content.identity(self.store.repository)
        similar = () if artifact.events else self.store.artifacts_like(artifact.name)
        return Context(
            now=who.timestamp,
            offset=who.offset,
            author=_one_line(who.name if self.author is None else self.author),
            author_email=_one_line(who.email if self.author_email is None else self.author_email),
            operation=operation,
            allowed_stages=self.settings.stages if self.settings else None,
            similar_names=tuple(name for name in similar if name != artifact.name),
            bump=self.settings.bump if self.settings else "patch",
            pre_id=self.settings.pre_id if self.settings else "rc",
        )


def _meaning(event: Event) -> tuple[object, ...]:
    return event.kind, event.version, event.stage, event.commit


def _one_line(name: str) -> str:
    """A name as a tag object can hold it.

    Raises:
        UsageError: it has a character that would end it.
    """
    if any(c in name for c in "<>\n\0"):
        raise UsageError(f"{name!r} cannot be an author: '<', '>' and line breaks end a name")
    return name.strip()
