"""The checkers of what a campaign observed. Pure.

There are two kinds of observation. A *log* has every operation of many writers with its start and end, on one clock;
an *attempt* has one operation that was killed, or whose system calls failed. `controls` shows that each rule below
catches a writer that breaks it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from gittag_registry.model.names import Kind, TagName, parse_tag
from gittag_registry.model.versions import precedence

Key = TypeVar("Key")
_BUG = 70  # the exit code of a bug
HUNG = 124
"""the exit code of a program that hung and was killed, as for timeout(1)"""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of one writer, as the writer saw it."""

    worker: str
    what: str
    """the command"""
    start: int
    """nanoseconds on a clock that all writers share"""
    end: int
    written: tuple[tuple[str, str], ...] = ()
    """names and object ids of the tags acknowledged; the id is empty if the writer does not know it"""
    deleted: tuple[str, ...] = ()
    """names of the tags whose deletion was acknowledged"""
    error: str = ""
    """why it failed; empty when it did not"""
    unknown: tuple[tuple[str, str], ...] = ()
    """names and object ids of the tags whose result was reported as unknown; the id is empty if a tag of its own may
    have been deleted"""
    idle: bool = False
    """whether there was nothing to do, which is no failure: another writer had removed it already"""
    doubts: int = 0
    """how many of its pushes ended with an unknown result"""


@dataclass(frozen=True, slots=True)
class LogFindings:
    """The faults in a log and in the tags at its end, each as a sentence."""

    lost: tuple[str, ...] = ()
    """acknowledged tags that are missing, or are other objects than acknowledged"""
    duplicate_counters: tuple[str, ...] = ()
    """counters that two tags of one artifact have, or tag names that two operations acknowledged"""
    duplicate_versions: tuple[str, ...] = ()
    """versions that are active more than once: registered at least twice more often than deregistered"""
    disorder: tuple[str, ...] = ()
    """operations whose number is not above that of an operation acknowledged before they began"""
    failures: tuple[str, ...] = ()
    """operations that ended in an error, except the unknown ones"""
    unknown: tuple[str, ...] = ()
    """operations whose result was reported as unknown"""
    half: tuple[str, ...] = ()
    """unknown ones of which some tags are present, and others not"""


def check_log(log: Sequence[Operation], tags: Mapping[str, str]) -> LogFindings:
    """Check a log against the tags (name to object id) that are present at its end."""
    deleted = {name for operation in log for name in operation.deleted}
    acknowledged = [(name, oid) for operation in log for name, oid in operation.written if name not in deleted]
    return LogFindings(
        lost=tuple(_lost(acknowledged, tags)),
        duplicate_counters=(*_twice_acknowledged(acknowledged), *_same_counter(tags)),
        duplicate_versions=tuple(_same_version(tags)),
        disorder=tuple(_disorder(log, deleted)),
        failures=tuple(_describe(operation) for operation in log if operation.error and not operation.unknown),
        unknown=tuple(_describe(operation) for operation in log if operation.unknown),
        half=tuple(
            _describe(operation)
            for operation in log
            if len({name in tags and oid in ("", tags[name]) for name, oid in operation.unknown}) > 1
        ),
    )


def _describe(operation: Operation) -> str:
    return f"{operation.what}: {operation.error}"


def unclaimed(log: Sequence[Operation], tags: Iterable[str]) -> tuple[str, ...]:
    """Return the tags that no writer acknowledged or reported as unknown: failures that had an effect."""
    claimed = {name for operation in log for name, _ in (*operation.written, *operation.unknown)}
    return tuple(f"{name!r} is present, but no writer reported it" for name in tags if name not in claimed)


def applied_twice(log: Sequence[Operation], made_by: Mapping[str, str]) -> tuple[str, ...]:
    """Return the operations that made two tags of one kind, or that were acknowledged twice.

    Args:
        made_by: the operation's id, by the names of the tags that are present.
    """
    kinds = Counter((made_by[name], tag.kind) for name in made_by if (tag := parse_tag(name)) is not None)
    acknowledged = Counter(
        id for operation in log for id in {made_by[name] for name, _ in operation.written if name in made_by}
    )
    return (
        *(f"operation {id} made {count} tags for one {kind.value}" for (id, kind), count in kinds.items() if count > 1),
        *(f"operation {id} was acknowledged {count} times" for id, count in acknowledged.items() if count > 1),
    )


def _lost(acknowledged: Iterable[tuple[str, str]], tags: Mapping[str, str]) -> Iterable[str]:
    for name, oid in acknowledged:
        if name not in tags:
            yield f"{name!r} was acknowledged and is missing"
        elif oid and tags[name] != oid:
            yield f"{name!r} was acknowledged as {oid[:7]} and is {tags[name][:7]}"


def _twice_acknowledged(acknowledged: Iterable[tuple[str, str]]) -> Iterable[str]:
    times = Counter(name for name, _ in acknowledged)
    return (f"{count} operations acknowledged {name!r}" for name, count in times.items() if count > 1)


def _same_counter(tags: Iterable[str]) -> Iterable[str]:
    parsed = [tag for tag in map(parse_tag, tags) if tag is not None and tag.counter is not None]
    times = Counter((tag.artifact, tag.counter) for tag in parsed)
    return (f"{count} tags of {name!r} have counter {number}" for (name, number), count in times.items() if count > 1)


def _same_version(tags: Iterable[str]) -> Iterable[str]:
    """Find versions that are registered twice without a deregistration between."""
    balance: Counter[tuple[str, str | None]] = Counter()
    for tag in map(parse_tag, tags):
        if tag is not None and tag.kind in (Kind.REGISTRATION, Kind.DEREGISTRATION):
            balance[tag.artifact, tag.version] += 1 if tag.kind is Kind.REGISTRATION else -1
    return (f"{name!r} has {count} active {version}" for (name, version), count in balance.items() if count > 1)


def _disorder(log: Sequence[Operation], deleted: set[str]) -> Iterable[str]:
    yield from _not_rising(log, deleted, _counter_of)
    yield from _not_rising(log, deleted, _version_of)


def _counter_of(tag: TagName) -> tuple[int, ...] | None:
    return (tag.counter,) if tag.counter is not None and tag.stage is not None else None


def _version_of(tag: TagName) -> tuple[object, ...] | None:
    return (precedence(tag.version),) if tag.kind is Kind.REGISTRATION and tag.version is not None else None


def _not_rising(
    log: Sequence[Operation], deleted: set[str], number_of: Callable[[TagName], tuple[object, ...] | None]
) -> Iterable[str]:
    """Find tags whose number is not above all numbers of their artifact that were acknowledged before they began."""
    numbered: list[tuple[Operation, str, str, tuple[object, ...]]] = []
    for operation in log:
        for name, _ in operation.written:
            tag = parse_tag(name)
            number = number_of(tag) if tag is not None and name not in deleted else None
            if tag is not None and number is not None:
                numbered.append((operation, name, tag.artifact, number))
    ended = sorted(numbered, key=lambda entry: entry[0].end)
    highest: dict[str, tuple[tuple[object, ...], str]] = {}
    position = 0
    for operation, name, artifact, number in sorted(numbered, key=lambda entry: entry[0].start):
        while position < len(ended) and ended[position][0].end < operation.start:
            _, earlier, its_artifact, its_number = ended[position]
            if its_artifact not in highest or _above(its_number, highest[its_artifact][0]):
                highest[its_artifact] = (its_number, earlier)
            position += 1
        if artifact in highest and not _above(number, highest[artifact][0]):
            yield f"{name!r} began after {highest[artifact][1]!r} was acknowledged"


def _above(number: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Whether a number is the higher one; both are counters, or both are precedences."""
    return bool(number > other)  # tuples compare, whatever orders their elements


@dataclass(frozen=True, slots=True)
class Attempt:
    """One operation with a fault, and the tags before and after it."""

    point: str
    """the fault, and where it was injected"""
    code: int
    acknowledged: tuple[str, ...]
    """names of the tags that the command printed as created"""
    before: Mapping[str, str]
    after: Mapping[str, str]
    unreadable: tuple[str, ...]
    """names of tags whose object cannot be read"""
    planned: tuple[str, ...]
    """names of the tags that the operation writes, in its order"""
    errors: str = ""
    """what it printed on standard error"""
    repaired: bool = False
    """whether the next command worked only after `doctor --fix`"""
    stuck: str = ""
    """why the next command did not work at all; empty when it did"""

    @property
    def new(self) -> tuple[str, ...]:
        """The tags that did not exist before, or were other objects."""
        return tuple(name for name, oid in self.after.items() if self.before.get(name) != oid)

    @property
    def is_prefix(self) -> bool:
        """Whether only the first tags of the plan are present, nothing was acknowledged, and repeating completed it.

        Git changes the refs of a transaction one after the other: killed between two, it leaves the first.
        """
        some = 0 < len(self.new) < len(self.planned)
        silent = self.code != 0 and not self.acknowledged
        return some and set(self.new) == set(self.planned[: len(self.new)]) and silent and not self.stuck


@dataclass(frozen=True, slots=True)
class AttemptFindings:
    """The faults of operations under fault injection, each as a sentence that begins with the point."""

    lost: tuple[str, ...] = ()
    """tags that were acknowledged, by a document or by exit code 0, and are missing or not readable"""
    half: tuple[str, ...] = ()
    """tags that are not those of the operation, or some of these that are not a prefix"""
    prefixes: tuple[str, ...] = ()
    """the first tags of an operation are present, nothing was acknowledged, and repeating the command completed it"""
    damaged: tuple[str, ...] = ()
    """tags that existed before and changed, or whose object cannot be read"""
    crashes: tuple[str, ...] = ()
    """tracebacks, the exit code of a bug, and commands that do not end"""
    stuck: tuple[str, ...] = ()
    """the next command did not work, even after what `doctor --fix` repairs"""
    repaired: tuple[str, ...] = ()
    """the next command worked after `doctor --fix`"""


def check_attempts(attempts: Sequence[Attempt]) -> AttemptFindings:
    """Check operations that had a fault."""
    return AttemptFindings(
        lost=_each(attempts, _what_is_lost),
        half=_each(attempts, _what_is_half),
        prefixes=_each(attempts, lambda attempt: f"only {_names(attempt.new)}" if attempt.is_prefix else ""),
        damaged=_each(attempts, _what_is_damaged),
        crashes=_each(attempts, _what_crashed),
        stuck=_each(attempts, lambda attempt: attempt.stuck),
        repaired=_each(attempts, lambda attempt: "doctor --fix was needed" if attempt.repaired else ""),
    )


def _each(attempts: Sequence[Attempt], rule: Callable[[Attempt], str]) -> tuple[str, ...]:
    return tuple(f"{attempt.point}: {finding}" for attempt in attempts if (finding := rule(attempt)))


def _what_is_lost(attempt: Attempt) -> str:
    gone = [name for name in attempt.acknowledged if name not in attempt.after or name in attempt.unreadable]
    if gone:
        return f"{gone[0]!r} was acknowledged and is missing"
    written = [name for name in attempt.new if name not in attempt.unreadable]
    if attempt.code == 0 and len(written) < len(attempt.planned):
        return f"exit code 0, and {len(written)} of {len(attempt.planned)} tags are present"
    return ""


def _what_is_half(attempt: Attempt) -> str:
    if not attempt.new or set(attempt.new) == set(attempt.planned) or attempt.is_prefix:
        return ""
    return f"of {_names(attempt.planned)}, written: {_names(attempt.new)}"


def _names(tags: Iterable[str]) -> str:
    return ", ".join(tags)


def _what_is_damaged(attempt: Attempt) -> str:
    changed = [name for name, oid in attempt.before.items() if attempt.after.get(name) != oid]
    if changed:
        return f"{changed[0]!r} existed before and changed"
    return f"the object of {attempt.unreadable[0]!r} cannot be read" if attempt.unreadable else ""


def _what_crashed(attempt: Attempt) -> str:
    last = attempt.errors.strip().rpartition("\n")[2]
    if "Traceback" in attempt.errors:
        return f"a traceback: {last}"
    return f"exit code {attempt.code}: {last}" if attempt.code in (_BUG, HUNG) else ""
