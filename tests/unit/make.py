"""Events, artifacts and registries for tests, written down as a short history.

    churn = artifact(
        "churn@v1.0.0 on a",
        "churn#prod#1 on a meaning v1.0.0",
        "churn#dev#2 on a at 300",
    )

A line is a tag's name and the commit it points to, one of the letters; `meaning` gives the version of the
``Registry-Version`` trailer, `at` the seconds since START. Without `at`, a line comes a minute after the one before.
Every line goes through the decoder, as a tag in a repository would.
"""

from __future__ import annotations

from collections.abc import Iterable

from gittag_registry.model.commands import Command
from gittag_registry.model.decide import decide
from gittag_registry.model.events import Event, SkippedTag, SkipReason, TagRecord, decode, encode
from gittag_registry.model.fold import Artifact, RegistryState, fold
from gittag_registry.model.message import VERSION_TRAILER, format_message
from gittag_registry.model.names import TagName, parse_tag
from gittag_registry.model.plans import Context, Plan
from gittag_registry.model.queries import ReadOptions, in_stage

START = 1_700_000_000  # 2023-11-14T22:13:20Z
MINUTE = 60
A, B, C, D = ("a" * 40, "b" * 40, "c" * 40, "d" * 40)
NOW = START + 100 * MINUTE

EMPTY = Artifact("churn")


def parsed(name: str) -> TagName:
    """A tag's name that is known to be one, taken apart."""
    tag = parse_tag(name)
    assert tag is not None, name
    return tag


def tag_object(
    name: str,
    commit: str = A,
    *,
    at: int = START,
    message: str = "A message\n",
    tagger: str = "Ada Lovelace <ada@example.com>",
) -> bytes:
    """An annotated tag as git stores it."""
    return f"object {commit}\ntype commit\ntag {name}\ntagger {tagger} {at} +0000\n\n{message}".encode()


def record(name: str, data: bytes, *, type: str = "tag", peeled: str | None = None) -> TagRecord:
    """A ref with an object of this content."""
    return TagRecord(name, "0" * 40, type, len(data), data, peeled)


def event(name: str, commit: str = A, *, at: int = START, meaning: str | None = None, text: str = "A message") -> Event:
    """The event that a well-formed tag tells."""
    trailers = ((VERSION_TRAILER, meaning),) if meaning else ()
    data = tag_object(name, commit, at=at, message=format_message(text, trailers))
    found = decode(record(name, data), parsed(name))
    assert isinstance(found, Event), found
    return found


def skipped(name: str, reason: SkipReason = SkipReason.LIGHTWEIGHT) -> SkippedTag:
    """A tag that could not be read."""
    return SkippedTag(name, reason, parsed(name))


def history(*lines: str) -> list[Event]:
    """The events of a history."""
    events: list[Event] = []
    now = START - MINUTE
    for line in lines:
        name, *words = line.split()
        options = dict(zip(words[::2], words[1::2], strict=True))
        now = START + int(options["at"]) if "at" in options else now + MINUTE
        events.append(event(name, options["on"] * 40, at=now, meaning=options.get("meaning")))
    return events


def artifact(*lines: str, skipping: Iterable[SkippedTag] = (), until: int | None = None) -> Artifact:
    """What a history of the artifact churn makes of it; `until` in seconds since START."""
    return registry(*lines, skipping=skipping, until=until).artifact("churn")


def registry(*lines: str, skipping: Iterable[SkippedTag] = (), until: int | None = None) -> RegistryState:
    """What a history makes of a registry; `until` in seconds since START."""
    return fold([*history(*lines), *skipping], None if until is None else START + until)


def held(state: Artifact, stage: str = "prod", options: ReadOptions = ReadOptions()) -> list[str]:
    """The versions in a stage; of a commit without a version, the first letter of its id."""
    return [v.commit[0] if v.occupant.anonymous else v.version for v in in_stage(state, stage, options)]


def context(
    *,
    now: int = NOW,
    author: str = "Grace Hopper",
    author_email: str = "grace@example.com",
    operation: str = "6f1c",
    allowed_stages: tuple[str, ...] | None = None,
    other_artifacts: tuple[str, ...] = (),
    message: str | None = None,
    simple: bool | None = None,
    force: bool = False,
) -> Context:
    """Somebody who writes, an hour and more after the histories end."""
    return Context(
        now=now,
        author=author,
        author_email=author_email,
        operation=operation,
        allowed_stages=allowed_stages,
        other_artifacts=other_artifacts,
        message=message,
        simple=simple,
        force=force,
    )


def refs(plan: Plan) -> list[str]:
    """The names of the tags a plan writes."""
    return [planned.ref for planned in plan.events]


def written(planned: Event) -> Event | SkippedTag:
    """What a reader makes of a planned event once it is written."""
    return decode(record(planned.ref, encode(planned)), parsed(planned.ref))


def after(state: Artifact, plan: Plan) -> Artifact:
    """The artifact as a reader sees it once the plan is carried out."""
    gone = {deleted.ref for deleted in plan.deletions}
    events = [known for known in state.events if known.ref not in gone]
    return fold([*events, *map(written, plan.events), *state.skipped]).artifact(state.name)


def carry_out(state: Artifact, *commands: Command, now: int = NOW, simple: bool | None = None) -> Artifact:
    """The artifact after some commands, one after the other in the same second."""
    for command in commands:
        state = after(state, decide(state, command, context(now=now, simple=simple)))
    return state
