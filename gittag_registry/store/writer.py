"""Carrying out operations: read, decide, write, and again if another writer was faster."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gittag_registry.errors import Conflict, NotFound, RegistryError, UsageError
from gittag_registry.git import settings as git_settings
from gittag_registry.git import signing, tags
from gittag_registry.git.lock import writer_lock
from gittag_registry.git.transaction import LostRace
from gittag_registry.model.commands import Command, ExecuteOptions
from gittag_registry.model.decide import decide
from gittag_registry.model.events import Event, encode
from gittag_registry.model.fold import Artifact
from gittag_registry.model.names import check_artifact
from gittag_registry.model.plans import Context, Plan
from gittag_registry.model.results import Outcome
from gittag_registry.store.base import Change, Operation, Snapshot, Target
from gittag_registry.store.clock import SYSTEM, Clock, Deadline
from gittag_registry.store.reader import unknown_artifact

if TYPE_CHECKING:
    from gittag_registry.files.config import Settings

_MOST_PAUSES = 10  # to which the first one grows


@dataclass(frozen=True, slots=True)
class Writer:
    """Somebody who writes to a target under a registry's settings."""

    target: Target
    settings: Settings | None = None
    options: ExecuteOptions = field(default_factory=ExecuteOptions)
    patience: float | None = None
    """seconds after which an operation is given up; None: as long as the target is given"""
    clock: Clock = SYSTEM

    def execute(self, command: Command, *, confirmed: Iterable[Event] | None = None) -> Outcome:
        """Carry out an operation, or with the option `dry_run` only decide it.

        Args:
            confirmed: the deletions that were agreed to; others are refused.

        Raises:
            InDoubt: it is not known whether the server has it.
            RegistryError: it was refused or failed; nothing was written, unless the message says so.
        """
        name = check_artifact(command.artifact)
        patience = self.target.patience if self.patience is None else self.patience
        operation = Operation(os.urandom(16).hex(), Deadline.after(patience, self.clock))
        if self.options.get("dry_run"):
            plan, _ = self._plan(command, operation)
            return Outcome(plan.events, plan.deletions, plan.notes, done=False)
        reason, counter_skip, pause = "", 0, self.target.pause
        while True:
            with writer_lock(self.target.repository, operation.deadline.remaining):
                plan, snapshot = self._plan(command, operation, counter_skip)
                if plan.empty:
                    return Outcome((), (), plan.notes, done=False)
                _check_confirmed(plan, confirmed)
                try:
                    return self._carry_out(plan, snapshot, command, operation)
                except LostRace as error:
                    reason, counter_skip = error.message, self._counter_skip(error)
            operation.deadline.pause(pause)
            pause = min(2 * pause, _MOST_PAUSES * self.target.pause)
            if operation.deadline.expired:
                break
        raise Conflict(
            f"tags of {name!r} could not be written, as if other writers were faster each time: {reason}",
            hint="nothing was written; if no other writer is at work, remove what is in the way"
            + (", such as a lock that was left on the server" if self.target.remote_name else ": git registry doctor"),
        )

    def _counter_skip(self, error: LostRace) -> int:
        """How many counters to leave out after a collision, so that those who collided do not meet again."""
        return int(self.clock.random() * (2 * error.rivals - 1)) if error.rivals else 0

    def _plan(self, command: Command, operation: Operation, counter_skip: int = 0) -> tuple[Plan, Snapshot]:
        snapshot = self.target.read(command.artifact, operation)
        artifact = snapshot.artifact
        try:
            context = replace(self._context(artifact, operation), counter_skip=counter_skip)
            return decide(artifact, command, context), snapshot
        except NotFound as error:
            raise self._explained(error, snapshot, operation) from error.__cause__

    def _explained(self, error: NotFound, snapshot: Snapshot, operation: Operation) -> NotFound:
        """The error, or a better one where nothing is known of the artifact, with the best hint there is."""
        artifact = snapshot.artifact
        if not artifact.events:
            error = unknown_artifact(artifact, self.target.artifacts(operation), more_tags=self.target.more_tags)
        error.hint = self.target.hint_for_missing_tags(snapshot) or error.hint
        return error

    def _still_valid(self, plan: Plan, command: Command, operation: Operation, artifact: Artifact) -> bool:
        """Whether the same would be decided on an artifact in this state."""
        context = self._context(artifact, operation)
        try:
            again = decide(artifact, command, context)
        except RegistryError:
            return False
        return [_meaning(event) for event in again.events] == [_meaning(event) for event in plan.events]

    def _carry_out(self, plan: Plan, snapshot: Snapshot, command: Command, operation: Operation) -> Outcome:
        events = self._make_objects(plan.events, operation)
        change = Change(
            replace(plan, events=events),
            snapshot,
            lambda artifact: self._still_valid(plan, command, operation, artifact),
        )
        notes = self.target.write(change, operation)
        return Outcome(events, plan.deletions, (*plan.notes, *notes), done=True, pushed_to=self.target.remote_name)

    def _make_objects(self, events: Iterable[Event], operation: Operation) -> tuple[Event, ...]:
        """The events with the ids of their tag objects; a key may wait for a passphrase, so the time does not count."""
        began = self.clock.now()
        write = signing.write_signed if events and self._signs() else tags.write_object
        made = tuple(event._replace(oid=write(self.target.repository, encode(event))) for event in events)
        operation.deadline = operation.deadline.later(self.clock.now() - began)
        return made

    def _signs(self) -> bool:
        sign = self.options.get("sign")
        return sign if sign is not None else signing.signs_by_default(self.target.repository)

    def _context(self, artifact: Artifact, operation: Operation) -> Context:
        who = git_settings.identity(self.target.repository)
        author, author_email = self.options.get("author"), self.options.get("author_email")
        similar = () if artifact.events else self.target.artifacts_like(artifact.name, operation)
        return Context(
            now=who.timestamp,
            offset=who.offset,
            author=_one_line(who.name if author is None else author),
            author_email=_one_line(who.email if author_email is None else author_email),
            operation=operation.id,
            message=self.options.get("message"),
            simple=self.options.get("simple"),
            force=self.options.get("force", False),
            allowed_stages=self.settings.stages if self.settings else None,
            similar_names=tuple(name for name in similar if name != artifact.name),
            bump=self.settings.bump if self.settings else "patch",
            pre_id=self.settings.pre_id if self.settings else "rc",
        )


def _check_confirmed(plan: Plan, confirmed: Iterable[Event] | None) -> None:
    """Check that a plan deletes what was agreed to.

    Raises:
        Conflict: it deletes something else.
    """
    if confirmed is not None and set(plan.deletions) != set(confirmed):
        raise Conflict("the tags to delete changed since they were listed", hint="nothing was deleted; try again")


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
