"""Where tags are written: the repository here, or a remote's.

A store reads the tags of an artifact, and changes them only if they are as it read them: compare-and-swap.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from shlex import quote
from typing import TYPE_CHECKING, Protocol

from gittag_registry.errors import GitFailed, InDoubt, Refused, RegistryError, RemoteError
from gittag_registry.git import content, remote, tags
from gittag_registry.git.failures import ConnectionLost, Unreachable
from gittag_registry.git.process import Repository
from gittag_registry.git.remote import Remote
from gittag_registry.git.transaction import LostRace, transaction
from gittag_registry.model.events import Event
from gittag_registry.model.fold import Artifact
from gittag_registry.model.message import OPERATION_TRAILER
from gittag_registry.model.names import inverse_name, lock_name, parse_tag, tag_prefixes
from gittag_registry.model.plans import Plan
from gittag_registry.store.reader import artifacts_of, read_state
from gittag_registry.urls import redact

if TYPE_CHECKING:
    from gittag_registry.store.mirror import Mirror

_PREFIX = "refs/tags/"
_PAUSE = 0.2  # seconds, at most, before a server is asked again
_MOST_REFUSALS = 1  # that are taken for the trace of a broken connection; git may then call the password wrong
_LONGEST_PAUSE = 3.0  # seconds between two pushes of the same objects
_YIELD = 3.0  # seconds in which another writer takes its tag back, if it lives and sees ours


class CounterCollision(LostRace):
    """Other writers gave out the same counter at the same time.

    Args:
        rivals: how many.
    """

    def __init__(self, rivals: int) -> None:
        super().__init__("another writer used the same counter")
        self.rivals = rivals


class Store(Protocol):
    """Tags that are read and written together."""

    patience: float
    """seconds of lost races after which an operation gives up"""
    pause: float
    """seconds, at most, before it is tried again; twice as many after each time"""

    @property
    def remote(self) -> Remote | None:
        """The server that has the tags, if they are a server's."""

    @property
    def repository(self) -> Repository:
        """Where the objects are made."""

    def read(self, name: str) -> Artifact:
        """Everything the tags say of an artifact now; what is written next must fit that."""

    def artifacts(self) -> list[str]:
        """The artifacts that tags name."""

    def artifacts_like(self, name: str) -> list[str]:
        """Those whose names differ from this one's at most by case."""

    def write(self, plan: Plan, is_right: Callable[[Artifact], bool]) -> tuple[str, ...]:
        """Make and delete the tags of a plan, all of them or none; returns notes.

        Args:
            is_right: whether the plan would be decided for an artifact in this state too.

        Raises:
            LostRace: the artifact's tags are not as they were read; nothing was changed.
            RegistryError: it was refused or failed; nothing was changed, or the message says what is known.
        """


@dataclass(slots=True)
class LocalStore:
    """The tags of a repository on this machine."""

    repository: Repository
    patience: float = 60.0
    pause: float = 0.1
    remote: None = None
    _seen: list[tuple[str, str]] = field(default_factory=list)

    def read(self, name: str) -> Artifact:
        """Everything the tags say of an artifact now."""
        self._seen = tags.list_tags(self.repository, tag_prefixes(name))
        return read_state(self.repository, name, refs=self._seen).artifact(name)

    def artifacts(self) -> list[str]:
        """The artifacts that tags name."""
        return artifacts_of(tags.list_tags(self.repository))

    def artifacts_like(self, name: str) -> list[str]:
        """Those whose names differ from this one's at most by case."""
        return artifacts_of(tags.list_tags(self.repository, tag_prefixes(name), ignore_case=True))

    def write(self, plan: Plan, is_right: Callable[[Artifact], bool]) -> tuple[str, ...]:  # noqa: ARG002 - nothing changes
        """Make and delete the tags of a plan in one transaction.

        All writers of an artifact lock the same name, and look under this lock whether its tags are still as they
        were read. So none of them overlooks another's tag, whatever that one is called.
        """
        name = (plan.events or plan.deletions)[0].artifact
        twins = [twin for event in plan.events if (twin := inverse_name(event.ref))]
        try:
            with transaction(
                self.repository,
                create=_refs(plan.events),
                delete=_refs(plan.deletions),
                absent=[*twins, lock_name(name)],
            ):
                if tags.list_tags(self.repository, tag_prefixes(name)) != self._seen:
                    raise LostRace(f"the tags of {name!r} changed meanwhile")
        except LostRace:
            raise
        except RegistryError as error:
            there = _by_name(tags.list_tags(self.repository, tag_prefixes(name)))
            if not _is_done(plan, there):
                raise _half_done(plan, there, error) or error from error.__cause__
        return ()


@dataclass(slots=True)
class RemoteStore:
    """The tags of a remote repository. Tags appear here only when they are there."""

    remote: Remote
    refresh: Callable[[tuple[str, str]], list[tuple[str, str]]]
    """lists the server's tags with these prefixes, whose objects then are in the repository"""
    patience: float = 120.0
    pause: float = 0.3
    seen: list[tuple[str, str]] = field(default_factory=list)
    """the tags that were read last"""
    _withdrawn: list[Event] = field(default_factory=list)
    _answered: bool = False

    @property
    def repository(self) -> Repository:
        """Where the objects are made, and from which they are pushed."""
        return self.remote.repository

    def read(self, name: str) -> Artifact:
        """Everything the server's tags say of an artifact now."""
        self.seen = self._ask(lambda: self.refresh(tag_prefixes(name)))
        return read_state(self.repository, name, refs=self.seen).artifact(name)

    def artifacts(self) -> list[str]:
        """The artifacts that the server's tags name."""
        return artifacts_of(self._ask(lambda: remote.list_tags(self.remote)))

    def _ask(self, ask: Callable[[], list[tuple[str, str]]]) -> list[tuple[str, str]]:
        """Ask the server; once it has answered, with patience, because an operation is under way."""
        answer = _patiently(ask, time.monotonic() + self.patience if self._answered else 0.0)
        self._answered = True
        return answer

    def artifacts_like(self, name: str) -> list[str]:
        """Those whose names differ from this one's at most by case."""
        return [known for known in self.artifacts() if known.lower() == name.lower()]

    def write(self, plan: Plan, is_right: Callable[[Artifact], bool]) -> tuple[str, ...]:
        """Push the tags of a plan, then make or delete them here."""
        deadline = time.monotonic() + self.patience
        self._push(plan, deadline)
        try:
            notes = self._resolve_collisions(plan, is_right, deadline)
        except (RemoteError, GitFailed) as error:
            raise self._doubt(plan, error) from error
        return (*notes, *self._write_here(plan))

    def push(self, plan: Plan) -> None:
        """Push the tags of a plan, and leave it at that."""
        self._push(plan, time.monotonic() + self.patience)

    def _push(self, plan: Plan, deadline: float) -> None:
        """Push until it is known what became of it. The same objects are pushed each time, so it is done once at most.

        No failure is believed before the server was asked: when a connection breaks, curl may repeat a request that
        was carried out, and what git then reports is the refusal of the repetition.
        """
        refusals, doubtful, pause = 0, False, self.pause
        while True:
            try:
                remote.push(self.remote, create=_refs(plan.events), delete=_refs(plan.deletions))
                return
            except RegistryError as error:
                broke = doubtful  # an earlier try, which the server may still be at work on
                doubtful |= not isinstance(error, Unreachable)
                if self._is_there(plan, deadline, error, doubtful=doubtful):
                    return
                if not isinstance(error, ConnectionLost) and not (broke and isinstance(error, LostRace)):
                    refusals += 1
                if (
                    refusals > _MOST_REFUSALS
                    or isinstance(error, Refused)
                    or (refusals and not isinstance(error, RemoteError))
                ):
                    error.hint = error.hint or "nothing was changed"
                    raise
                if time.monotonic() > deadline:
                    raise self._doubt(plan, error) from error
            time.sleep(random.uniform(0, pause))
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _is_there(self, plan: Plan, deadline: float, error: RegistryError, *, doubtful: bool) -> bool:
        """Whether the server's tags are as the plan wants them, after a push that ended with an error.

        Args:
            doubtful: it, or one before it, may have been carried out: then the server is asked until it answers.

        Raises:
            LostRace: they are neither so nor as they were.
            RemoteError: it does not say for too long.
        """
        names = [event.ref for event in (*plan.events, *plan.deletions)]
        try:
            there = self._look(names, deadline if doubtful else 0.0)
        except RemoteError as silence:
            raise (self._doubt(plan, silence) if doubtful else error) from silence
        if _is_done(plan, there):
            return True
        untouched = all(event.ref not in there for event in plan.events)
        if untouched and all(there.get(event.ref) == event.oid for event in plan.deletions):
            return False
        raise LostRace("another writer was faster") from error

    def _look(self, prefixes: Sequence[str], deadline: float) -> dict[str, str]:
        """The server's tags with these prefixes, and their objects.

        Raises:
            RemoteError: it has not answered at the deadline.
        """
        return _by_name(_patiently(lambda: remote.list_tags(self.remote, prefixes), deadline))

    def _resolve_collisions(self, plan: Plan, is_right: Callable[[Artifact], bool], deadline: float) -> tuple[str, ...]:
        """Take the tags back if another writer's make them wrong, or have the same counter.

        A server compares one name at a time, so it accepts both `churn#prod#3` and `churn#dev#3` from writers who do
        not see each other, or two versions of one commit. Whoever comes second sees the other here, and an operation
        is only done when nothing speaks against it. Of two with the same counter that see each other, the one with the
        greater object id goes, and the other waits for that.

        Raises:
            LostRace: the tags were taken back.
            RemoteError: the server does not answer, so it is not known whether they are there.
        """
        if not plan.events:
            return ()
        name, ours = plan.events[0].artifact, {event.ref for event in plan.events}
        counters = {event.counter: event for event in plan.events if event.counter is not None}
        first = min((event.oid for event in counters.values()), default="")
        waiting = time.monotonic() + _YIELD
        while True:
            there = self._look(tag_prefixes(name), deadline)
            again = tuple(event for event in self._withdrawn if there.get(event.ref) == event.oid)
            if again:  # a push whose connection broke was carried out after the tag had been deleted
                self._push(Plan(deletions=again), deadline)
                continue
            rivals = {oid: ref for ref, oid in there.items() if ref not in ours and _counter(ref) in counters}
            if not rivals:
                if self._is_right_there(name, ours, there, is_right):
                    return ()
                break
            if min(rivals) < first or time.monotonic() > waiting:
                break
            time.sleep(random.uniform(0, _PAUSE))
        try:
            self._push(Plan(deletions=plan.events), deadline)
        except Refused:  # some servers let nobody delete a tag
            return ("another writer changed the artifact at the same time, and the order is that of the dates",)
        self._withdrawn += plan.events
        raise CounterCollision(len(rivals)) if rivals else LostRace("another writer changed the artifact")

    def _is_right_there(
        self, name: str, ours: set[str], there: dict[str, str], is_right: Callable[[Artifact], bool]
    ) -> bool:
        """Whether nothing speaks against our tags in those that came or went since they were decided."""
        if {(ref, oid) for ref, oid in there.items() if ref not in ours} == {(ref, oid) for oid, ref in self.seen}:
            return True
        refs = [(oid, ref) for oid, ref in self._ask(lambda: self.refresh(tag_prefixes(name))) if ref not in ours]
        return is_right(read_state(self.repository, name, refs=refs).artifact(name))

    def _doubt(self, plan: Plan, error: RegistryError) -> RegistryError:
        """The error that says what is known when nothing more can be learnt."""
        if isinstance(error, InDoubt):
            return error
        where = quote(self.remote.public_name)
        changes = [f"{event.ref!r} made (object {event.oid})" for event in plan.events]
        changes += [f"{event.ref!r} deleted" for event in plan.deletions]
        operations = {event.parsed_message.trailer(OPERATION_TRAILER) for event in plan.events}
        operation = next(iter(operations)) if len(operations) == 1 else None
        called = f"operation {operation}: " if operation else ""
        names = " ".join(quote(_PREFIX + event.ref) for event in (*plan.events, *plan.deletions))
        return InDoubt(
            f"{called}it is not known whether {self.remote.public_name!r} has {' and '.join(changes)}: {error.message}",
            hint=f"look when it answers again, and repeat the command if not: git ls-remote {where} {names}",
            operation=operation,
            created=tuple(_refs(plan.events)),
            deleted=tuple(event.ref for event in plan.deletions),
        )

    def _write_here(self, plan: Plan) -> tuple[str, ...]:
        """Follow the server; a tag here that says something else is left alone."""
        notes = []
        for event in plan.events:
            here = _by_name(tags.list_tags(self.repository, [event.ref]))
            if here.get(event.ref) == event.oid:
                continue
            try:
                with transaction(self.repository, create=_refs((event,))):
                    pass
            except RegistryError as error:
                fetch = f"git fetch {quote(self.remote.name)} {quote(f'+{_PREFIX}{event.ref}:{_PREFIX}{event.ref}')}"
                what = "is another one here" if event.ref in here else f"could not be written here ({error.message})"
                notes.append(f"tag {event.ref!r} {what}; to have the server's: {redact(fetch)}")
        for event in plan.deletions:
            try:
                with transaction(self.repository, delete=_refs((event,))):
                    pass
            except RegistryError:
                if tags.list_tags(self.repository, [event.ref]):  # otherwise it never was here
                    notes.append(f"tag {event.ref!r} is another one here, and stays: git tag -d {quote(event.ref)}")
        return tuple(notes)


def _patiently(ask: Callable[[], list[tuple[str, str]]], deadline: float) -> list[tuple[str, str]]:
    """Ask a server until it answers, or until the deadline (of the monotonic clock)."""
    while True:
        try:
            return ask()
        except RemoteError:
            if time.monotonic() > deadline:
                raise
        time.sleep(random.uniform(0, _PAUSE))


def mirrored(cache: Mirror) -> RemoteStore:
    """The store of a remote repository that has no clone here."""

    def refresh(prefixes: tuple[str, str]) -> list[tuple[str, str]]:
        return cache.with_rebuild(lambda: cache.refresh(prefixes))

    return RemoteStore(cache.remote, refresh)


def pushing(target: Remote) -> RemoteStore:
    """The store of a clone's remote."""

    def refresh(prefixes: tuple[str, str]) -> list[tuple[str, str]]:
        refs = remote.list_tags(target, prefixes)
        oids = [oid for oid, _ in refs]
        kinds = tags.object_types(target.repository, oids)
        missing = [oid for oid, kind in zip(oids, kinds, strict=True) if kind == "missing"]
        if missing:
            if target.on_warning and content.is_shallow(target.repository):
                target.on_warning("this clone is shallow; what the tags of the remote lead to is fetched first")
            remote.fetch(target, missing)
        return refs

    return RemoteStore(target, refresh)


def _counter(name: str) -> int | None:
    tag = parse_tag(name)
    return tag.counter if tag else None


def _refs(events: tuple[Event, ...]) -> list[tuple[str, str]]:
    return [(event.ref, event.oid) for event in events]


def _half_done(plan: Plan, there: dict[str, str], error: RegistryError) -> GitFailed | None:
    """The error that names what was changed, where git was ended between two tags; None if nothing was."""
    done = [f"{event.ref!r} is written" for event in plan.events if there.get(event.ref) == event.oid]
    done += [f"{event.ref!r} is deleted" for event in plan.deletions if event.ref not in there]
    if not done:
        return None
    return GitFailed(f"{error.message}; {', '.join(done)}, the rest is not", hint="repeat the command to complete it")


def _by_name(refs: list[tuple[str, str]]) -> dict[str, str]:
    return {name: oid for oid, name in refs}


def _is_done(plan: Plan, there: dict[str, str]) -> bool:
    """Whether the tags are as the plan wants them."""
    made = all(there.get(event.ref) == event.oid for event in plan.events)
    return made and all(event.ref not in there for event in plan.deletions)
