"""Stand-ins without git and without waiting: a server, and a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gittag_registry.errors import RegistryError
from gittag_registry.git.process import Repository
from gittag_registry.git.transaction import LostRace
from gittag_registry.model.events import Event
from gittag_registry.model.fold import fold_artifact
from gittag_registry.model.names import tag_prefixes
from gittag_registry.model.plans import Plan
from gittag_registry.store.base import Change, Operation, Ref, Snapshot
from gittag_registry.store.push import Pusher


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
    """The tags of a server, names to object ids; it compares before it changes anything.

    Args:
        tags: what is there at first.
        push_takes: seconds that pass during a push.
        clock: the one on which they pass.
    """

    name = "origin"

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

    def list_tags(self, prefixes: Sequence[str], deadline: float) -> list[Ref]:
        happening = next(self._before_lists, None)
        if happening:
            happening()
        return [(oid, name) for name, oid in self.tags.items() if name.startswith(tuple(prefixes))]

    def push(self, plan: Plan, deadline: float) -> None:
        self.pushes.append(plan)
        self._clock.sleep(self._push_takes)
        happening = next(self._during_pushes, None)
        if happening:
            happening(plan)
        else:
            self.carry_out(plan)

    def carry_out(self, plan: Plan) -> None:
        """Change the tags as a plan says, if they are as it expects."""
        if any(event.ref in self.tags for event in plan.events):
            raise LostRace("already exists")
        if any(self.tags.get(event.ref) != event.oid for event in plan.deletions):
            raise LostRace("stale info")
        self.tags |= {event.ref: event.oid for event in plan.events}
        for event in plan.deletions:
            del self.tags[event.ref]

    def done_but(self, error: RegistryError) -> Callable[[Plan], None]:
        """A push that is carried out, and whose answer is an error."""

        def happening(plan: Plan) -> None:
            self.carry_out(plan)
            raise error

        return happening


def failing(error: RegistryError) -> Callable[..., None]:
    """A push or a question that comes to nothing."""

    def happening(*_: object) -> None:
        raise error

    return happening


class MemoryTarget:
    """A target on a server in memory; tag objects are made in a repository, and nothing else.

    Args:
        repository: where objects are made.
        server: where the tags are.
    """

    patience = 10.0
    pause = 0.3
    more_tags = None
    remote_name = "origin"

    def __init__(self, repository: Repository, server: MemoryServer) -> None:
        self.repository = repository
        self.server = server
        self._events: dict[str, Event] = {}

    def knows(self, *events: Event) -> None:
        """Let events be read when the server has their tags."""
        self._events |= {event.oid: event for event in events}

    def read(self, name: str, operation: Operation) -> Snapshot:
        refs = self.server.list_tags(tag_prefixes(name), operation.deadline.at)
        return Snapshot(fold_artifact(name, [self._events[oid] for oid, _ in refs]), tuple(refs))

    def artifacts(self) -> list[str]:
        return sorted({event.artifact for event in self._events.values()})

    def artifacts_like(self, name: str) -> list[str]:
        return [artifact for artifact in self.artifacts() if artifact.lower() == name.lower()]

    def write(self, change: Change, operation: Operation) -> tuple[str, ...]:
        self.knows(*change.plan.events)
        pusher = Pusher(self.server)
        pusher.push(change.plan, operation.deadline)
        ours = {event.ref for event in change.plan.events}

        def still_valid() -> bool:
            tags = self.server.tags.items()
            return change.still_valid(
                fold_artifact("churn", [self._events[oid] for ref, oid in tags if ref not in ours])
            )

        return pusher.resolve_collisions(change, still_valid, operation)

    def better_hint(self, snapshot: Snapshot) -> str | None:
        return None
