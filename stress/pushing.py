"""Push every operation to a server, with a connection that records pushes whose result is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gittag_registry.errors import RemoteError
from gittag_registry.model.commands import Assign, Command, Deregister, Register, Unassign, resolved
from gittag_registry.model.plans import Plan
from gittag_registry.model.results import Outcome
from gittag_registry.registry import Registry
from gittag_registry.store.base import Ref
from gittag_registry.store.push import FOREVER, Check, Server
from gittag_registry.store.writer import Writer


@dataclass(frozen=True, slots=True)
class RecordingServer:
    """A server that adds a line to a list for every push whose result is unknown."""

    server: Server
    doubts: list[str]

    @property
    def name(self) -> str:
        """Its name in messages."""
        return self.server.name

    @property
    def source(self) -> str:
        """What git commands in messages read it by."""
        return self.server.source

    def list_tags(self, prefixes: Sequence[str], deadline: float = FOREVER) -> list[Ref]:
        """Its tags that begin with one of the prefixes."""
        return self.server.list_tags(prefixes, deadline)

    def fetch(self, oids: Sequence[str], deadline: float = FOREVER) -> None:
        """Fetch objects into the repository."""
        self.server.fetch(oids, deadline)

    def push(self, plan: Plan, deadline: float, check: Check | None = None) -> None:
        """Create and delete the tags of a plan."""
        try:
            self.server.push(plan, deadline, check)
        except RemoteError as error:  # git reports some broken connections as refusals
            self.doubts.append(error.message)
            raise


def push(repository: str, command: Command, *, force: bool, doubts: list[str], patience: float | None) -> Outcome:
    """Carry out a command on the server of a clone.

    Args:
        doubts: gets a line for every push whose result is unknown.
        patience: seconds after which the operation gives up; None: the default.
    """
    registry = Registry(repository)
    target = registry.store.upstream(None, lambda: registry.settings)
    target = replace(target, server=RecordingServer(target.server, doubts))
    writer = Writer(target, registry.settings, {"force": force}, patience)
    return writer.execute(resolved(command, registry.resolve))


def command_for(verb: str, artifact: str, stage: str, version: str, commit: str) -> Command:
    """The command of a step."""
    match verb:
        case "register":
            return Register(artifact=artifact, commit=commit)
        case "introduce":
            return Assign(artifact=artifact, stage=stage, commit=commit)
        case "assign":
            return Assign(artifact=artifact, stage=stage, version=version)
        case "unassign":
            return Unassign(artifact=artifact, stage=stage)
        case "deregister":
            return Deregister(artifact=artifact, version=version)
        case _:
            raise ValueError(verb)
