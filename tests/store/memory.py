"""Test doubles without git and without waiting: a server, and a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gittag_registry.errors import RegistryError
from gittag_registry.git.process import Repository
from gittag_registry.git.transaction import LostRace
from gittag_registry.model.events import Event
from gittag_registry.model.fold import Artifact, fold_artifact
from gittag_registry.model.plans import Plan
from gittag_registry.store.base import Ref
from gittag_registry.store.push import FOREVER, Check
from gittag_registry.store.remote_target import RemoteTarget


class FakeClock:
    """A clock that only moves when somebody waits."""

    def __init__(self, *, drawn: float = 0.5) -> None:
        self.time = 0.0
        self._drawn = drawn

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def random(self) -> float:
        return self._drawn


class MemoryServer:
    """The tags of a server, names to object ids, with compare-and-swap.

    Args:
        tags: what is there at first.
        push_takes: seconds that pass during a push.
        clock: the one on which they pass.
    """

    name = source = "origin"

    def __init__(self, tags: dict[str, str] | None = None, *, clock: FakeClock, push_takes: float = 0.0) -> None:
        self.tags = dict(tags or {})
        self.pushes: list[Plan] = []
        self._clock = clock
        self._push_takes = push_takes
        self._during_pushes: Iterator[Callable[[Plan], None] | None] = iter(())
        self._before_lists: Iterator[Callable[[], None] | None] = iter(())

    def script(
        self,
        *,
        pushes: Sequence[Callable[[Plan], None] | None] = (),
        lists: Sequence[Callable[[], None] | None] = (),
    ) -> None:
        """What happens during the next pushes, instead of them, and before the next questions are answered."""
        self._during_pushes = iter(pushes)
        self._before_lists = iter(lists)

    def list_tags(self, prefixes: Sequence[str], deadline: float = FOREVER) -> list[Ref]:
        happening = next(self._before_lists, None)
        if happening:
            happening()
        return [(oid, name) for name, oid in self.tags.items() if name.startswith(tuple(prefixes))]

    def fetch(self, oids: Sequence[str], deadline: float = FOREVER) -> None:
        """There are no objects."""

    def push(self, plan: Plan, deadline: float, check: Check | None = None) -> None:
        if check:
            check()
        self.pushes.append(plan)
        self._clock.sleep(self._push_takes)
        happening = next(self._during_pushes, None)
        if happening:
            happening(plan)
        else:
            self.carry_out(plan)

    def carry_out(self, plan: Plan) -> None:
        """Carry out a plan, if the tags are as it expects."""
        if any(event.ref in self.tags for event in plan.events):
            raise LostRace("already exists")
        if any(self.tags.get(event.ref) != event.oid for event in plan.deletions):
            raise LostRace("stale info")
        self.tags |= {event.ref: event.oid for event in plan.events}
        for event in plan.deletions:
            del self.tags[event.ref]

    def done_but(self, error: RegistryError) -> Callable[[Plan], None]:
        """A push that is carried out, but whose answer is an error."""

        def happening(plan: Plan) -> None:
            self.carry_out(plan)
            raise error

        return happening


def failing(error: RegistryError) -> Callable[..., None]:
    """A push or a question that fails without an effect."""

    def happening(*_: object) -> None:
        raise error

    return happening


class MemoryReader:
    """Reads tags by what it knows of their objects, which are nowhere; its `target` is on a server in memory."""

    def __init__(self, repository: Repository, server: MemoryServer) -> None:
        self._events: dict[str, Event] = {}
        self.target = RemoteTarget(
            repository,
            server,
            refresh=lambda server, prefixes, deadline, _: server.list_tags(prefixes, deadline),
            update_local=self._update_local,
            read_tags=self._read,
        )

    def knows(self, *events: Event) -> None:
        """Let events be read when the server has their tags."""
        self._events |= {event.oid: event for event in events}

    def _read(self, repository: Repository, name: str, refs: Sequence[Ref]) -> Artifact:
        return fold_artifact(name, [self._events[oid] for oid, _ in refs])

    def _update_local(self, plan: Plan) -> tuple[str, ...]:
        self.knows(*plan.events)
        return ()
