"""A view for every answer of the registry: which keys its records have, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from gittag_registry.model.times import iso
from gittag_registry.render.view import Record, View, printable

if TYPE_CHECKING:
    from gittag_registry.files.annotations import Annotation
    from gittag_registry.files.config import Configuration
    from gittag_registry.model.events import Event
    from gittag_registry.model.findings import Finding
    from gittag_registry.model.fold import Version
    from gittag_registry.model.names import TagName
    from gittag_registry.model.queries import StageVersion, VersionRow
    from gittag_registry.model.results import Comparison, MirrorInfo, Outcome, PushResult, RegistryTable


def registry(table: RegistryTable) -> View:
    """`show`: one record per artifact, with a column for every stage."""
    artifacts: list[Record] = []
    records: list[Record] = []
    for row in table.rows:
        stages = {stage: row.stages.get(stage, []) for stage in table.stages}
        known = {"registered": row.registered, "active": row.active, "type": row.type, "path": row.path}
        artifacts.append({"artifact": row.artifact, "latest": row.latest, "stages": stages, **known})
        shown = row.artifact if row.registered else f"*{row.artifact}"
        held = {f"#{stage}": versions for stage, versions in stages.items()}
        records.append({"name": shown, "latest": row.latest, **held, **known})
    columns = {key: key for key in ("name", "latest", *(f"#{stage}" for stage in table.stages))}
    document = {"stages": list(table.stages), "artifacts": artifacts}
    return View(document, records, columns, items="artifacts")


def artifact(name: str, rows: Sequence[VersionRow]) -> View:
    """`show NAME`: one record per version."""
    versions = [version_row(row) for row in rows]
    records = [{"name": name, **_singular(record)} for record in versions]
    columns = {"name": "artifact", "version": "version", "stage": "stage", "timestamp": "created", "ref": "ref"}
    return View({"artifact": name, "versions": versions}, records, columns, items="versions")


def version_row(row: VersionRow) -> Record:
    """A version and the stages it is shown in."""
    version, origin = row.version, row.version.origin
    return {
        "version": version.version,
        "stages": list(row.stages),
        "timestamp": iso(origin.timestamp),
        "commit": version.commit,
        "ref": version.ref,
        "author": origin.author,
        "author_email": origin.author_email,
        "message": origin.message,
        "active": version.active,
    }


def _singular(record: Record) -> Record:
    return {("stage" if key == "stages" else key): value for key, value in record.items()}


def at_commit(commit: str, rows: Sequence[VersionRow]) -> View:
    """`which --rev`: one record per version on the commit."""
    versions = [{"artifact": row.version.artifact, **version_row(row)} for row in rows]
    records = [{"name": record["artifact"], **_singular(record)} for record in versions]
    columns = {"name": "artifact", "version": "version", "stage": "stage", "ref": "ref"}
    return View({"commit": commit, "versions": versions}, records, columns, items="versions")


def latest(name: str, versions: Iterable[Version]) -> View:
    """`latest`: one record per version, highest first."""
    records = [
        {
            "version": version.version,
            "commit": version.commit,
            "ref": version.ref,
            "timestamp": iso(version.origin.timestamp),
            "author": version.origin.author,
            "author_email": version.origin.author_email,
            "message": version.origin.message,
        }
        for version in versions
    ]
    columns = {key: key for key in ("version", "commit", "ref", "timestamp", "author")}
    return View({"artifact": name, "versions": records}, records, columns, bare="version", items="versions")


def which(name: str, stage: str, versions: Iterable[StageVersion]) -> View:
    """`which`: one record per version in the stage, newest assignment first."""
    records = [
        {
            "version": version.version,
            "commit": version.commit,
            "ref": version.ref,
            "assigned_by": version.assigned_by,
            "timestamp": iso(version.timestamp),
            "author": version.author,
            "until": None if version.until is None else iso(version.until),
        }
        for version in versions
    ]
    columns = {key: key for key in ("version", "commit", "ref", "assigned_by", "timestamp", "author", "until")}
    return View(
        {"artifact": name, "stage": stage, "versions": records}, records, columns, bare="version", items="versions"
    )


def event(found: Event) -> Record:
    """One event, as `history` and every write tell it."""
    return {
        "timestamp": iso(found.timestamp),
        "artifact": found.artifact,
        "event": found.kind.value,
        "version": _version(found),
        "stage": found.stage,
        "commit": found.commit,
        "ref": found.ref,
        "author": found.author,
        "author_email": found.author_email,
        "message": found.message,
    }


def _version(found: Event) -> str | None:
    """The version an event is about; of a commit assigned without one, the commit's id, as the fold has it."""
    return found.version or (found.commit if found.stage is not None else None)


_EVENT_COLUMNS = {key: key for key in ("timestamp", "artifact", "event", "version", "stage", "commit", "ref")}


def history(events: Iterable[Event]) -> View:
    """`history`: one record per event."""
    records = [event(found) for found in events]
    return View({"events": records}, records, _EVENT_COLUMNS, items="events")


def check_ref(found: Event) -> View:
    """`check-ref`: the event a tag tells, with its trailers."""
    trailers: dict[str, list[str]] = {}
    for key, value in found.parsed_message.trailers:
        trailers.setdefault(key, []).append(value)
    record = event(found)
    return View(
        {"event": {**record, "trailers": trailers}},
        [{"name": found.artifact, **record}],
        _EVENT_COLUMNS,
        text=sentence(found),
    )


def sentence(found: Event) -> str:
    """What an event says, in words."""
    version = _version(found)
    shown = found.commit[:7] if version == found.commit else version
    match found.kind.value:
        case "registration":
            return f"version {shown!r} of artifact {found.artifact!r} was registered"
        case "deregistration":
            return f"version {shown!r} of artifact {found.artifact!r} was deregistered"
        case "assignment":
            return f"stage {found.stage!r} was assigned to version {shown!r} of artifact {found.artifact!r}"
        case "unassignment":
            return f"stage {found.stage!r} was unassigned from version {shown!r} of artifact {found.artifact!r}"
        case "deprecation":
            return f"artifact {found.artifact!r} was deprecated"
        case _:
            return f"artifact {found.artifact!r} was created"


def stages(names: Sequence[str]) -> View:
    """`stages`: one record per stage."""
    return View(
        {"stages": list(names)}, [{"stage": name} for name in names], {"stage": "stage"}, bare="stage", items="stages"
    )


def tag(parsed: TagName) -> View:
    """`parse-tag`: the parts of a tag's name."""
    record = {
        "artifact": parsed.artifact,
        "event": parsed.kind.value,
        "version": parsed.version,
        "stage": parsed.stage,
        "counter": parsed.counter,
    }
    return View(record, [{"name": parsed.artifact, **record}], {key: key for key in record})


def annotation(name: str, found: Annotation, commit: str | None) -> View:
    """`describe`: what is known of an artifact besides its tags."""
    everything: dict[str, Any] = found.model_dump()
    other = {key: everything[key] for key in found.model_extra or {}}
    values = {key: value for key, value in everything.items() if key not in other}
    shown = {**found.model_dump(exclude_defaults=True), **other}.items()
    text = "\n".join(f"{printable(key)}: {_value(value)}" for key, value in shown) or "an entry without anything in it"
    record = {"artifact": name, "commit": commit, **values, "other": other}
    return View(
        record,
        [{"name": name, **record}],
        {key: key for key in ("name", "type", "path", "labels", "description")},
        text=text,
    )


def _value(value: Any) -> str:
    return printable(", ".join(map(str, value)) if isinstance(value, list) else str(value))


def comparison(found: Comparison) -> View:
    """`diff`: commits, files and annotation keys that differ between two versions."""
    document = {
        "artifact": found.artifact,
        "from": {"version": found.old.version, "commit": found.old.commit},
        "to": {"version": found.new.version, "commit": found.new.commit},
        "path": found.path,
        "commits": [
            {"commit": c.commit, "timestamp": iso(c.timestamp), "author": c.author, "subject": c.subject}
            for c in found.commits
        ],
        "files": [{"status": change.status, "path": change.path} for change in found.files],
        "annotations": [{"key": key, "from": old, "to": new} for key, old, new in found.annotations],
    }
    records: list[Record] = [
        *({"what": "commit", "id": c.commit[:7], "detail": c.subject} for c in found.commits),
        *({"what": "file", "id": change.status, "detail": change.path} for change in found.files),
        *(
            {"what": "annotation", "id": key, "detail": f"{_value(old)} -> {_value(new)}"}
            for key, old, new in found.annotations
        ),
    ]
    return View(document, records, {"what": "what", "id": "id", "detail": "detail"})


def findings(found: Sequence[Finding]) -> View:
    """`doctor`: one record per finding."""
    records = [
        {"severity": f.severity, "check": f.check, "subject": f.subject, "message": f.message, "fix": f.fix}
        for f in found
    ]
    text = "\n".join(
        f"{f.severity}: {_value(f.subject)}: {_value(f.message)}" + (f"\n    fix: {_value(f.fix)}" if f.fix else "")
        for f in found
    )
    columns = {key: key for key in ("severity", "check", "subject", "message")}
    return View({"findings": records}, records, columns, text=text, items="findings")


def settings(configuration: Configuration, *, show_origin: bool) -> View:
    """`config list`: one record per setting."""
    values = configuration.settings.model_dump(mode="json")
    records = [{"key": key, "value": value, "origin": configuration.origins[key]} for key, value in values.items()]
    columns = ("key", "value", "origin") if show_origin else ("key", "value")
    return View({"settings": records}, records, {key: key for key in columns}, items="settings")


def outcome(found: Outcome, *, dry_run: bool) -> View:
    """What a write did, or would do."""
    events = [event(e) for e in found.events]
    deleted = [{"ref": e.ref, "object": e.oid} for e in found.deletions]
    verb = ("would create", "would delete") if dry_run else ("created", "deleted")
    lines = [f"{verb[0]} tag {e.ref!r}: {sentence(e)}" for e in found.events]
    lines += [f"{verb[1]} tag {e.ref!r}" for e in found.deletions]
    document = {"dry_run": dry_run, "events": events, "deleted": deleted, "notes": list(found.notes)}
    document["pushed_to"] = found.pushed_to
    records: list[Record] = [*({"ref": e["ref"]} for e in events), *({"ref": d["ref"]} for d in deleted)]
    return View(document, records, {"ref": "ref"}, text="\n".join(lines))


def pushed(found: PushResult, *, dry_run: bool) -> View:
    """`push`: one record per tag that the remote did not have."""
    verb = "would push" if dry_run else "pushed"
    document = {"dry_run": dry_run, "remote": found.remote, "events": [event(e) for e in found.events]}
    lines = [f"{verb} tag {e.ref!r}: {sentence(e)}" for e in found.events]
    return View(document, [{"ref": e.ref} for e in found.events], {"ref": "ref"}, text="\n".join(lines), items="events")


def caches(found: Sequence[MirrorInfo]) -> View:
    """`cache list`: one record per remote repository."""
    records: list[Record] = [
        {"address": c.address, "keeps": c.keeps, "bytes": c.size, "asked": iso(int(c.used)), "path": str(c.path)}
        for c in found
    ]
    columns = {key: key for key in ("address", "keeps", "bytes", "asked")}
    return View({"caches": records}, records, columns, items="caches")
