"""A view for every answer of the registry. The keys of its document are declared in `documents`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from gittag_registry.errors import assert_never
from gittag_registry.model.names import Kind
from gittag_registry.model.times import iso
from gittag_registry.render.view import Record, View, printable

if TYPE_CHECKING:  # for the type checker alone: to build a dict costs less than to import what declares it
    from gittag_registry.files.annotations import Annotation
    from gittag_registry.files.config import Configuration
    from gittag_registry.model.events import Event
    from gittag_registry.model.findings import Finding
    from gittag_registry.model.names import TagName
    from gittag_registry.model.queries import VersionRow
    from gittag_registry.model.results import Comparison, Outcome, RegistryTable
    from gittag_registry.model.state import StageVersion, Version
    from gittag_registry.render import documents as shapes


def registry(table: RegistryTable) -> View:
    """`show`: one record per artifact, with a column for every stage."""
    entries: list[shapes.ArtifactEntry] = []
    records: list[Record] = []
    for row in table.rows:
        entry: shapes.ArtifactEntry = {
            "artifact": row.artifact,
            "latest": row.latest,
            "stages": {stage: row.stages.get(stage, []) for stage in table.stages},
            "registered": row.registered,
            "active": row.active,
            "type": row.type,
            "path": row.path,
            "labels": list(row.labels),
            "description": row.description,
            "custom": row.custom,
        }
        entries.append(entry)
        records.append(_row_of_stages(entry))
    columns = {key: key for key in ("artifact", "latest", *(f"#{stage}" for stage in table.stages))}
    document: shapes.Show = {"stages": list(table.stages), "artifacts": entries, "annotated": table.annotated}
    view = View(document, records, columns, items="artifacts")
    return view._replace(narrow=lambda: _narrow_registry(view))


def _narrow_registry(view: View) -> View:
    """The same with one column for all stages."""
    records = [
        {**record, "stages": [f"{key[1:]}={','.join(record[key])}" for key in record if key[0] == "#" and record[key]]}
        for record in view.records
    ]
    return View(view.document, records, {key: key for key in ("artifact", "latest", "stages")}, droppable=["latest"])


def _row_of_stages(entry: shapes.ArtifactEntry) -> Record:
    """An artifact with a column for each stage; the name of one that is only annotated is marked."""
    return {
        "artifact": entry["artifact"] if entry["registered"] else f"*{entry['artifact']}",
        "latest": entry["latest"],
        **{f"#{stage}": versions for stage, versions in entry["stages"].items()},
        "registered": entry["registered"],
        "active": entry["active"],
        "type": entry["type"],
        "path": entry["path"],
        "labels": entry["labels"],
        "description": entry["description"],
    }


def artifact(name: str, rows: Sequence[VersionRow]) -> View:
    """`show NAME`: one record per version."""
    document: shapes.ShowName = {"artifact": name, "versions": [version_entry(row) for row in rows]}
    records = [{"artifact": name, **_singular(entry)} for entry in document["versions"]]
    columns = {key: key for key in ("artifact", "version", "stage", "timestamp", "ref")}
    return View(document, records, columns, droppable=["ref", "artifact", "timestamp"], items="versions")


def version_entry(row: VersionRow) -> shapes.VersionEntry:
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


def _singular(entry: Record) -> Record:
    """An entry for a table: the column of its stages is called `stage`, as the option is."""
    return {("stage" if key == "stages" else key): value for key, value in entry.items()}


def at_commit(commit: str, rows: Sequence[VersionRow]) -> View:
    """`which --rev`: one record per version on the commit."""
    entries: list[shapes.VersionOnCommit] = [{"artifact": row.version.artifact, **version_entry(row)} for row in rows]
    document: shapes.WhichRev = {"commit": commit, "versions": entries}
    records = [_singular(entry) for entry in entries]
    columns = {key: key for key in ("artifact", "version", "stage", "ref")}
    return View(document, records, columns, droppable=["ref"], items="versions")


def latest(name: str, versions: Iterable[Version]) -> View:
    """`latest`: one record per version, highest first."""
    entries: list[shapes.LatestEntry] = [
        {
            "version": version.version,
            "commit": version.commit,
            "ref": version.origin.ref,
            "timestamp": iso(version.origin.timestamp),
            "author": version.origin.author,
            "author_email": version.origin.author_email,
            "message": version.origin.message,
            "last_known": _time(version.last_known),
        }
        for version in versions
    ]
    document: shapes.Latest = {"artifact": name, "versions": entries}
    columns = {key: key for key in ("version", "commit", "ref", "timestamp", "author")}
    droppable = ["author", "ref", "timestamp", "commit"]
    return View(document, entries, columns, droppable, bare="version", items="versions")


def which(name: str, stage: str, versions: Iterable[StageVersion]) -> View:
    """`which`: one record per version in the stage, newest assignment first."""
    entries: list[shapes.StageVersionEntry] = [
        {
            "version": version.version,
            "commit": version.commit,
            "ref": version.registered_by,
            "assigned_by": version.assigned_by,
            "timestamp": iso(version.timestamp),
            "author": version.author,
            "until": _time(version.until),
            "last_known": _time(version.last_known),
        }
        for version in versions
    ]
    document: shapes.Which = {"artifact": name, "stage": stage, "versions": entries}
    columns = {key: key for key in ("version", "commit", "ref", "assigned_by", "timestamp", "author", "until")}
    droppable = ["author", "ref", "assigned_by", "until", "timestamp", "commit"]
    return View(document, entries, columns, droppable, bare="version", items="versions")


def _time(moment: int | None) -> str | None:
    return None if moment is None else iso(moment)


def event_entry(event: Event) -> shapes.EventEntry:
    """One event, as `history` and every write print it."""
    return {
        "timestamp": iso(event.timestamp),
        "artifact": event.artifact,
        "event": event.kind.value,
        "version": _version(event),
        "stage": event.stage,
        "commit": event.commit,
        "ref": event.ref,
        "author": event.author,
        "author_email": event.author_email,
        "message": event.message,
    }


def _version(event: Event) -> str | None:
    """The version of an event; for a commit that was assigned without one, the commit's id."""
    return event.version or (event.commit if event.stage is not None else None)


_DATE = len("2026-01-31")
_EVENT_COLUMNS = {key: key for key in ("timestamp", "artifact", "event", "version", "stage", "commit", "ref", "author")}
_DROPPABLE = ["ref", "commit", "author", "timestamp"]


def history(events: Sequence[Event], *, oneline: bool = False) -> View:
    """`history`: one record per event."""
    document: shapes.History = {"events": [event_entry(event) for event in events]}
    view = View(document, document["events"], _EVENT_COLUMNS, _DROPPABLE, tables_only=["author"], items="events")
    if oneline:
        return view._replace(text="\n".join(map(_line, events)))
    return view._replace(narrow=lambda: _narrow_history(view))


def _narrow_history(view: View) -> View:
    """The same, with the tag in place of its parts."""
    records = [{**record, "date": record["timestamp"][:_DATE]} for record in view.records]
    return View(view.document, records, {key: key for key in ("date", "ref", "version")}, ["date", "version"])


def _line(event: Event) -> str:
    """An event in a line, as `git log --oneline` prints commits."""
    subject = event.message.partition("\n")[0]
    return printable(f"{event.commit[:7]} {iso(event.timestamp)[:_DATE]} {event.ref} {subject}")


def check_ref(event: Event) -> View:
    """`check-ref`: the event of a tag, with its trailers."""
    trailers: dict[str, list[str]] = {}
    for key, value in event.parsed_message.trailers:
        trailers.setdefault(key, []).append(value)
    entry = event_entry(event)
    document: shapes.CheckRef = {"event": {**entry, "trailers": trailers}}
    view = View(document, [entry], _EVENT_COLUMNS, _DROPPABLE, text=sentence(event))
    return view._replace(narrow=lambda: _narrow_history(view))


def sentence(event: Event) -> str:
    """An event as a sentence."""
    artifact, version = f"artifact {event.artifact!r}", _version(event)
    shown = event.commit[:7] if version == event.commit else version
    match event.kind:
        case Kind.REGISTRATION:
            return f"version {shown!r} of {artifact} was registered"
        case Kind.DEREGISTRATION:
            return f"version {shown!r} of {artifact} was deregistered"
        case Kind.ASSIGNMENT:
            return f"stage {event.stage!r} was assigned to version {shown!r} of {artifact}"
        case Kind.UNASSIGNMENT:
            return f"stage {event.stage!r} was unassigned from version {shown!r} of {artifact}"
        case Kind.DEPRECATION:
            return f"{artifact} was deprecated"
        case Kind.CREATION:
            return f"{artifact} was created"
        case _:
            return assert_never(event.kind)


def stages(names: Sequence[str]) -> View:
    """`stages`: one record per stage."""
    document: shapes.Stages = {"stages": list(names)}
    return View(document, [{"stage": name} for name in names], {"stage": "stage"}, bare="stage", items="stages")


def tag(parsed: TagName) -> View:
    """`parse-tag`: the parts of a tag's name."""
    document: shapes.ParseTag = {
        "artifact": parsed.artifact,
        "event": parsed.kind.value,
        "version": parsed.version,
        "stage": parsed.stage,
        "counter": parsed.counter,
    }
    return View(document, [document], {key: key for key in document})


def annotation(name: str, entry: Annotation, commit: str | None) -> View:
    """`describe`: the annotation of an artifact."""
    everything: dict[str, Any] = entry.model_dump()
    other = {key: everything[key] for key in entry.model_extra or {}}
    document: shapes.Describe = {
        "artifact": name,
        "commit": commit,
        "type": entry.type,
        "path": entry.path,
        "virtual": entry.virtual,
        "labels": entry.labels,
        "description": entry.description,
        "custom": everything["custom"],
        "other": other,
    }
    given = {**entry.model_dump(exclude_defaults=True), **other}.items()
    text = "\n".join(f"{printable(key)}: {_value(value)}" for key, value in given) or "an empty entry"
    columns = {key: key for key in ("artifact", "type", "path", "labels", "description")}
    return View(document, [document], columns, ["description", "labels", "type"], text=text)


def _value(value: Any) -> str:
    return printable(", ".join(map(str, value)) if isinstance(value, list) else str(value))


def comparison(result: Comparison) -> View:
    """`diff`: commits, files and annotation keys that differ between two versions."""
    document: shapes.Diff = {
        "artifact": result.artifact,
        "from": {"version": result.old.version, "commit": result.old.commit},
        "to": {"version": result.new.version, "commit": result.new.commit},
        "path": result.path,
        "commits": [
            {"commit": c.commit, "timestamp": iso(c.timestamp), "author": c.author, "subject": c.subject}
            for c in result.commits
        ],
        "files": [{"status": change.status, "path": change.path} for change in result.files],
        "annotations": [{"key": key, "from": old, "to": new} for key, old, new in result.annotations],
    }
    records: list[Record] = [
        *({"what": "commit", "id": c.commit[:7], "detail": c.subject} for c in result.commits),
        *({"what": "file", "id": change.status, "detail": change.path} for change in result.files),
        *(
            {
                "what": "annotation",
                "id": key,
                "detail": " -> ".join("nothing" if each is None else _value(each) for each in (old, new)),
            }
            for key, old, new in result.annotations
        ),
    ]
    return View(document, records, {"what": "what", "id": "id", "detail": "detail"})


def findings(results: Sequence[Finding], in_shell: Callable[[str], str] = str) -> View:
    """`doctor`: one record per finding.

    Args:
        in_shell: gives the text of a fix, as a command on the repository that was checked.
    """
    fixes = [in_shell(f.fix) if f.fix else None for f in results]
    entries: list[shapes.FindingEntry] = [
        {"severity": f.severity, "check": f.check, "subject": f.subject, "message": f.message, "fix": fix}
        for f, fix in zip(results, fixes, strict=True)
    ]
    text = "\n".join(
        f"{f.severity}: {_value(f.subject)}: {_value(f.message)}" + (f"\n    fix: {_value(fix)}" if fix else "")
        for f, fix in zip(results, fixes, strict=True)
    )
    document: shapes.Doctor = {"findings": entries}
    columns = {key: key for key in ("severity", "check", "subject", "message")}
    return View(document, entries, columns, ["check", "severity"], text=text, items="findings")


def settings(configuration: Configuration, *, show_origin: bool) -> View:
    """`config list`: one record per setting."""
    values = configuration.settings.model_dump(mode="json")
    document: shapes.ConfigList = {
        "settings": [
            {"key": key, "value": value, "origin": configuration.origins[key]} for key, value in values.items()
        ]
    }
    columns = ("key", "value", "origin") if show_origin else ("key", "value")
    return View(document, document["settings"], {key: key for key in columns}, items="settings")


def setting(configuration: Configuration, key: str) -> View:
    """`config get`: one setting."""
    everything = settings(configuration, show_origin=True)
    [entry] = [record for record in everything.records if record["key"] == key]
    document: shapes.ConfigGet = {"key": key, "value": entry["value"], "origin": entry["origin"]}
    return View(document, [entry], everything.columns, bare="value")


def outcome(result: Outcome, *, dry_run: bool) -> View:
    """What a write did, or would do."""
    document: shapes.Write = {
        "dry_run": dry_run,
        "events": [event_entry(event) for event in result.events],
        "deleted": [{"ref": event.ref, "object": event.oid} for event in result.deletions],
        "notes": list(result.notes),
        "pushed_to": result.pushed_to,
    }
    create, delete = ("would create", "would delete") if dry_run else ("created", "deleted")
    lines = [f"{create} tag {event.ref!r}: {sentence(event)}" for event in result.events]
    lines += [f"{delete} tag {event.ref!r}" for event in result.deletions]
    records = [{"ref": event.ref} for event in (*result.events, *result.deletions)]
    return View(document, records, {"ref": "ref"}, text="\n".join(lines))
