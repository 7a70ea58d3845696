"""Write to a local repository: compare-and-swap in one transaction of git."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gittag_registry.errors import GitFailed, RegistryError
from gittag_registry.git import tags
from gittag_registry.git.interruption import Interrupted
from gittag_registry.git.process import Repository
from gittag_registry.git.transaction import LostRace, transaction
from gittag_registry.model.names import inverse_name, lock_name, tag_prefixes
from gittag_registry.model.plans import Plan
from gittag_registry.store.base import Change, Operation, Snapshot
from gittag_registry.store.reader import MORE_TAGS, artifacts_of, read_state


@dataclass(frozen=True, slots=True)
class LocalTarget:
    """The tags of a local repository; see `base.Target`. Git has its own time limits, so operations are not used."""

    repository: Repository

    patience: ClassVar[float] = 60.0
    pause: ClassVar[float] = 0.1
    remote_name: ClassVar[None] = None
    more_tags: ClassVar[str] = MORE_TAGS

    def guess(self, name: str) -> None:
        """None: there is no gain in a guess."""

    def read(self, name: str, operation: Operation) -> Snapshot:  # noqa: ARG002 - see the class
        """The present state of an artifact, and its tags."""
        refs = tags.list_tags(self.repository, tag_prefixes(name))
        return Snapshot(read_state(self.repository, name, refs=refs).artifact(name), refs)

    def artifacts(self, operation: Operation) -> list[str]:  # noqa: ARG002 - see the class
        """The artifacts that have tags."""
        return artifacts_of(tags.list_tags(self.repository))

    def artifacts_like(self, name: str, operation: Operation) -> list[str]:  # noqa: ARG002 - see the class
        """The artifacts with this name, ignoring case."""
        return artifacts_of(tags.list_tags(self.repository, tag_prefixes(name), ignore_case=True))

    def write(self, change: Change, operation: Operation) -> tuple[str, ...]:  # noqa: ARG002 - see the class
        """Create and delete the tags of a plan in one transaction.

        All writers of an artifact lock the same ref, and check under this lock that its tags are still as they were
        read. So no writer misses another's tag, whatever its name.
        """
        plan = change.plan
        name = (plan.events or plan.deletions)[0].artifact
        prefixes = tag_prefixes(name)
        inverses = [inverse for event in plan.events if (inverse := inverse_name(event.ref))]
        try:
            with transaction(
                self.repository,
                create=[(event.ref, event.oid) for event in plan.events],
                delete=[(event.ref, event.oid) for event in plan.deletions],
                absent=[*inverses, lock_name(name)],
            ):
                if tags.list_tags(self.repository, prefixes) != change.snapshot.refs:
                    raise LostRace(f"the tags of {name!r} changed meanwhile")
        except LostRace:
            raise
        except (RegistryError, Interrupted) as error:
            listed = {ref: oid for oid, ref in tags.list_tags(self.repository, prefixes)}
            _check_done(plan, listed, error)
        return ()

    def hint_for_missing_tags(self, snapshot: Snapshot) -> str | None:  # noqa: ARG002 - all tags were read
        """None: all tags of the repository were read."""
        return None


def _check_done(plan: Plan, listed: dict[str, str], error: RegistryError | Interrupted) -> None:
    """Raise the error of a transaction, unless all of it was done; if git was killed between two tags, name them.

    Raises:
        GitFailed: a part was done.
        Interrupted: it was interrupted; its outcome says what was done.
        RegistryError: nothing was done.
    """
    done = [f"{event.ref!r} was written" for event in plan.events if listed.get(event.ref) == event.oid]
    done += [f"{event.ref!r} was deleted" for event in plan.deletions if event.ref not in listed]
    if isinstance(error, Interrupted):
        error.outcome = ", ".join(done) or None
        raise error
    if not done:
        raise error
    if len(done) < len(plan.events) + len(plan.deletions):
        raise GitFailed(
            f"{error.message}; {', '.join(done)}, the rest was not", hint="repeat the command to complete it"
        ) from error.__cause__
