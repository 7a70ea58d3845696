"""The views of the commands that compare a clone with a remote; their documents are in `remote_documents`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gittag_registry.render.view import View

if TYPE_CHECKING:
    from gittag_registry.model.results import FetchResult, TagDifference, TagStatus
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
    records = [{"state": entry["state"], "ref": entry["ref"]} for entry in entries]
    return View(document, records, {"state": "state", "ref": "ref"}, items="differences")
