"""Carry out operations: read, decide, write, and start again if another writer was faster."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from gittag_registry.errors import Conflict, NotFound, Refused, RegistryError, RemoteError, UsageError
from gittag_registry.git import settings as git_settings
from gittag_registry.git import signing, tags
from gittag_registry.git.lock import writer_lock
from gittag_registry.git.transaction import LostRace
from gittag_registry.hints import Hint, Option, call
from gittag_registry.model.commands import Command, ExecuteOptions
from gittag_registry.model.decide import decide
from gittag_registry.model.events import Event, encode
from gittag_registry.model.fold import Artifact
from gittag_registry.model.names import check_artifact
from gittag_registry.model.plans import Context, Plan
from gittag_registry.model.results import Outcome
from gittag_registry.store.base import Change, Operation, OutdatedGuess, Snapshot, Target
from gittag_registry.store.clock import SYSTEM, Clock, Deadline
from gittag_registry.store.reader import unknown_artifact

if TYPE_CHECKING:
    from gittag_registry.files.config import Settings

_MOST_PAUSES = 10  # to which the first one grows


@dataclass(frozen=True, slots=True)
class Writer:
    """Carries out commands on a target, with a registry's settings."""

    target: Target
    settings: Settings | None = None
    options: ExecuteOptions = field(default_factory=ExecuteOptions)
    patience: float | None = None
    """how many seconds an operation may take; None: the target's default"""
    clock: Clock = SYSTEM

    def execute(self, command: Command, *, confirmed: Iterable[Event] | None = None) -> Outcome:
        """Carry out a command, or with the option `dry_run` only decide on it.

        Args:
            confirmed: the deletions that the user confirmed; others are refused.

        Raises:
            InDoubt: it is unknown whether the server carried it out.
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
                try:
                    return self._attempt(command, operation, confirmed, counter_skip)
                except LostRace as error:
                    reason, counter_skip = error.message, self._counter_skip(error)
            operation.deadline.pause(pause)
            pause = min(2 * pause, _MOST_PAUSES * self.target.pause)
            if operation.deadline.expired:
                break
        raise Conflict(
            f"tags of {name!r} could not be written, each attempt lost a race: {reason}",
            hint=Hint(
                "nothing was written; if there is no other writer, look for a stale lock",
                *([" on the server"] if self.target.remote_name else [": ", call("doctor")]),
            ),
        )

    def _attempt(
        self, command: Command, operation: Operation, confirmed: Iterable[Event] | None, counter_skip: int
    ) -> Outcome:
        guess = self._guess(command, operation) if confirmed is None else None
        if guess is not None:
            with suppress(OutdatedGuess):
                return self._carry_out(*guess, command, operation)
        plan, snapshot = self._plan(command, operation, counter_skip)
        if plan.empty:
            return Outcome((), (), plan.notes, done=False)
        _check_confirmed(plan, confirmed)
        return self._carry_out(plan, snapshot, command, operation)

    def _guess(self, command: Command, operation: Operation) -> tuple[Plan, Snapshot] | None:
        """A plan on what was last known of the artifact, if that may still be all; see `RemoteTarget.write`."""
        snapshot = None if operation.answered else self.target.guess(command.artifact)
        if snapshot is None or not snapshot.artifact.events:
            return None
        try:
            plan = decide(snapshot.artifact, command, self._context(snapshot.artifact, operation))
        except RegistryError:  # the server's tags may allow it
            return None
        return None if plan.empty else (plan, snapshot)

    def _counter_skip(self, error: LostRace) -> int:
        """How many counters to skip after a collision, at random, so that the same writers do not collide again."""
        return int(self.clock.random() * (2 * error.rivals - 1)) if error.rivals else 0

    def _plan(self, command: Command, operation: Operation, counter_skip: int = 0) -> tuple[Plan, Snapshot]:
        snapshot = self._read(command.artifact, operation)
        artifact = snapshot.artifact
        try:
            context = replace(self._context(artifact, operation), counter_skip=counter_skip)
            plan = decide(artifact, command, context)
        except NotFound as error:
            raise self._explained(error, snapshot, operation) from error.__cause__
        if plan.events and not context.force:
            _check_complete(self.target)
        return plan, snapshot

    def _read(self, name: str, operation: Operation) -> Snapshot:
        """The present state of an artifact, after deleting withdrawn tags that have appeared again."""
        while True:
            snapshot = self.target.read(name, operation)
            returned = tuple(event for event in operation.withdrawn if (event.oid, event.ref) in snapshot.refs)
            if not returned:
                return snapshot
            if operation.deadline.expired:
                raise RemoteError(f"{self.target.remote_name!r} restores withdrawn tags, such as {returned[0].ref!r}")
            with suppress(LostRace):
                self.target.write(Change(Plan(deletions=returned), snapshot, lambda _: True), operation)

    def _explained(self, error: NotFound, snapshot: Snapshot, operation: Operation) -> NotFound:
        """The error with the best hint, or a better error if the artifact is unknown."""
        artifact = snapshot.artifact
        if not artifact.events:
            target = self.target
            error = unknown_artifact(artifact, target.artifacts(operation), target.more_tags, target.incomplete)
        error.hint = self.target.hint_for_missing_tags(snapshot) or error.hint
        return error

    def _still_valid(self, plan: Plan, command: Command, operation: Operation, artifact: Artifact) -> bool:
        """Whether the command gives the same plan for an artifact in this state."""
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
        """The events with the ids of their tag objects; the time does not count: a key may need a passphrase."""
        start = self.clock.now()
        write = signing.write_signed if events and self._signs() else tags.write_object
        created = tuple(event._replace(oid=write(self.target.repository, encode(event))) for event in events)
        operation.deadline = operation.deadline.later(self.clock.now() - start)
        return created

    def _signs(self) -> bool:
        sign = self.options.get("sign")
        return sign if sign is not None else signing.signs_by_default(self.target.repository)

    def _context(self, artifact: Artifact, operation: Operation) -> Context:
        who = git_settings.identity(self.target.repository)
        author, author_email = self.options.get("author"), self.options.get("author_email")
        others = () if artifact.events else self.target.artifacts(operation)
        again = {key: value for key in ("push", "remote") if (value := self.options.get(key)) is not None}
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
            other_artifacts=tuple(name for name in others if name != artifact.name),
            place=cast("dict[str, str | bool]", again),
            bump=self.settings.bump if self.settings else "patch",
            pre_id=self.settings.pre_id if self.settings else "rc",
        )


def _check_complete(target: Target) -> None:
    """Check that a new tag is decided on all tags there are.

    Raises:
        Refused: the target may lack tags of its remote.
    """
    reason = target.incomplete
    if reason:
        raise Refused(
            f"{reason}: tags of the remote may be missing here, which a new tag could contradict",
            hint=Hint(
                call("fetch"),
                " gets them; ",
                Option("push", True),
                " decides on those of the remote, ",
                Option("force", True),
                " on those that are here",
            ),
        )


def _check_confirmed(plan: Plan, confirmed: Iterable[Event] | None) -> None:
    """Check that a plan deletes the tags that the user confirmed.

    Raises:
        Conflict: it deletes others.
    """
    if confirmed is not None and set(plan.deletions) != set(confirmed):
        raise Conflict("the tags to delete changed since they were listed", hint="nothing was deleted; try again")


def _meaning(event: Event) -> tuple[object, ...]:
    return event.kind, event.version, event.stage, event.commit


def _one_line(name: str) -> str:
    """An author's name, if a tag object can hold it.

    Raises:
        UsageError: it has a character that would end the name.
    """
    if any(c in name for c in "<>\n\0"):
        raise UsageError(f"{name!r} cannot be an author: a name has no '<', '>' or line breaks")
    return name.strip()
