"""Carrying out operations: read, decide, write, and again if another writer was faster."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gittag_registry.commands import Command, decide
from gittag_registry.errors import Conflict, NotFound, UsageError
from gittag_registry.events import Event, encode
from gittag_registry.git import content, tags
from gittag_registry.git.lock import taking_turns
from gittag_registry.git.process import Repository
from gittag_registry.grammar import check_artifact, tag_patterns
from gittag_registry.plans import Context, Plan
from gittag_registry.reader import artifact_names, read_state, unknown_artifact
from gittag_registry.state import Artifact

if TYPE_CHECKING:
    from gittag_registry.config import Settings

_PATIENCE = 10.0  # seconds of lost races before an operation gives up
_PAUSE = 0.1  # seconds between two attempts, at most


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an operation did, or in a dry run would have done."""

    events: tuple[Event, ...]
    """the tags written, in order; empty when there was nothing to do"""
    deletions: tuple[Event, ...]
    """the tags deleted"""
    notes: tuple[str, ...]
    """what else is worth telling"""
    done: bool
    """whether anything was changed"""


@dataclass(frozen=True, slots=True)
class Writer:
    """Somebody who writes to a repository under its settings."""

    repository: Repository
    settings: Settings | None = None
    author: str | None = None
    """by default git's committer"""
    author_email: str | None = None

    def execute(self, command: Command, *, dry_run: bool = False, confirmed: Iterable[Event] | None = None) -> Outcome:
        """Carry out an operation, or with `dry_run` only decide it.

        Args:
            confirmed: the deletions that were agreed to; others are refused.

        Raises:
            RegistryError: it was refused or failed; nothing was written.
        """
        name = check_artifact(command.artifact)
        operation = secrets.token_hex(16)
        if dry_run:
            plan = self._plan(command, operation)
            return Outcome(plan.events, plan.deletions, plan.notes, done=False)
        reason, deadline = "", time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            with taking_turns(self.repository):
                plan = self._plan(command, operation)
                if plan.empty:
                    return Outcome((), (), plan.notes, done=False)
                if confirmed is not None and set(plan.deletions) != set(confirmed):
                    raise Conflict(
                        "the tags to delete changed since they were listed", hint="nothing was deleted; try again"
                    )
                try:
                    return self._carry_out(plan)
                except tags.RefExists as error:
                    reason = error.message
            time.sleep(random.uniform(0, _PAUSE))
        raise Conflict(
            f"tags of {name!r} could not be written, as if other writers were faster each time: {reason}",
            hint="nothing was written; if no other writer is at work, remove what is in the way",
        )

    def _plan(self, command: Command, operation: str) -> Plan:
        artifact = read_state(self.repository, command.artifact).artifact(command.artifact)
        return self._decide(artifact, command, operation)

    def _decide(self, artifact: Artifact, command: Command, operation: str) -> Plan:
        try:
            return decide(artifact, command, self._context(artifact, operation))
        except NotFound as error:
            if artifact.events:
                raise
            raise unknown_artifact(self.repository, artifact) from error

    def _carry_out(self, plan: Plan) -> Outcome:
        events = tuple(event._replace(oid=tags.write_object(self.repository, encode(event))) for event in plan.events)
        tags.update(
            self.repository,
            create=[(event.ref, event.oid) for event in events],
            delete=[(event.ref, event.oid) for event in plan.deletions],
        )
        return Outcome(events, plan.deletions, plan.notes, done=True)

    def _context(self, artifact: Artifact, operation: str) -> Context:
        who = content.identity(self.repository)
        return Context(
            now=who.timestamp,
            offset=who.offset,
            author=_one_line(who.name if self.author is None else self.author),
            author_email=_one_line(who.email if self.author_email is None else self.author_email),
            operation=operation,
            allowed_stages=self.settings.stages if self.settings else None,
            similar_names=() if artifact.events else self._similar_names(artifact.name),
            bump=self.settings.bump if self.settings else "patch",
            pre_id=self.settings.pre_id if self.settings else "rc",
        )

    def _similar_names(self, name: str) -> tuple[str, ...]:
        known = artifact_names(self.repository, tag_patterns(name), ignore_case=True)
        return tuple(other for other in known if other != name and other.lower() == name.lower())


def _one_line(name: str) -> str:
    """A name as a tag object can hold it.

    Raises:
        UsageError: it has a character that would end it.
    """
    if any(c in name for c in "<>\n\0"):
        raise UsageError(f"{name!r} cannot be an author: '<', '>' and line breaks end a name")
    return name.strip()
