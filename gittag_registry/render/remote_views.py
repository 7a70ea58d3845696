"""The views of the commands on remotes and on caches of them; their documents are in `remote_documents`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gittag_registry.model.times import iso
from gittag_registry.render.view import View
from gittag_registry.render.views import event_entry, sentence

if TYPE_CHECKING:
    from gittag_registry.model.results import FetchResult, MirrorInfo, PushResult, TagDifference, TagStatus
    from gittag_registry.render import remote_documents as shapes


def fetched(result: FetchResult, *, dry_run: bool) -> View:
    """`fetch`: one record per tag that this repository did not have."""
    document: shapes.Fetch = {
        "dry_run": dry_run,
        "remote": result.remote,
        "fetched": [_fetched_entry(each) for each in result.fetched],
        "kept": [_fetched_entry(each) for each in result.kept],
    }
    verb = "would fetch" if dry_run else "fetched"
    lines = [
        f"{verb} tag {each.ref!r}" + (f", in place of {each.here[:7]}" if each.here else "") for each in result.fetched
    ]
    records = [{"ref": each.ref} for each in result.fetched]
    return View(document, records, {"ref": "ref"}, text="\n".join(lines), items="fetched")


def _fetched_entry(difference: TagDifference) -> shapes.FetchedEntry:
    return {"ref": difference.ref, "object": difference.there or "", "here": difference.here}


def status(result: TagStatus) -> View:
    """`status`: one record per tag that is not the same here and on the remote."""
    entries: list[shapes.DifferenceEntry] = [
        {"ref": each.ref, "state": each.state.value, "here": each.here, "there": each.there}
        for each in result.differences
    ]
    document: shapes.Status = {"remote": result.remote, "same": result.same, "differences": entries}
    return View(document, entries, {"state": "state", "ref": "ref"}, items="differences")


def pushed(result: PushResult, *, dry_run: bool) -> View:
    """`push`: one record per tag that the remote did not have."""
    document: shapes.Push = {
        "dry_run": dry_run,
        "remote": result.remote,
        "events": [event_entry(event) for event in result.events],
        "deleted": [{"ref": event.ref, "object": event.oid} for event in result.deleted],
    }
    push, delete = ("would push", "would delete") if dry_run else ("pushed", "deleted")
    lines = [f"{push} tag {event.ref!r}: {sentence(event)}" for event in result.events]
    lines += [f"{delete} tag {event.ref!r} on {result.remote!r}" for event in result.deleted]
    records = [{"ref": event.ref} for event in (*result.events, *result.deleted)]
    return View(document, records, {"ref": "ref"}, text="\n".join(lines), items="events")


def caches(mirrors: Sequence[MirrorInfo]) -> View:
    """`cache list`: one record per remote repository."""
    entries: list[shapes.CacheEntry] = [
        {
            "address": mirror.address,
            "scope": mirror.scope,
            "bytes": mirror.size,
            "checked_at": iso(int(mirror.checked_at)),
            "path": str(mirror.path),
        }
        for mirror in mirrors
    ]
    document: shapes.CacheList = {"caches": entries}
    columns = {key: key for key in ("address", "scope", "bytes", "checked_at")}
    return View(document, entries, columns, ["checked_at", "bytes", "scope"], items="caches")
