"""Which fix `doctor` may propose, given the tags of the remote: none that could destroy what others wrote. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from shlex import quote

from gittag_registry.hints import Hint, git
from gittag_registry.model.findings import Finding, TagFix
from gittag_registry.refs import TAGS

_BROKEN = "0"  # all digits of the id of a ref that git cannot read


@dataclass(frozen=True, slots=True)
class RemoteTags:
    """What is known of the tags of the remote."""

    name: str | None = None
    """the remote; None if the repository has none"""
    tags: Mapping[str, str] = field(default_factory=dict)
    """their object ids, by name"""
    unknown: str | None = None
    """why they are not known"""


def advise(finding: Finding, here: Mapping[str, str], remote: RemoteTags) -> Finding:
    """The finding with the fix that changes nothing others rely on, or with the reason why there is none.

    Args:
        here: the object ids of the tags of this repository, by name.
        remote: what is known of those of the remote.
    """
    fixes = finding.tag_fixes
    if not fixes:
        return finding
    if remote.unknown is not None:
        return _explained(finding, f"no fix is proposed without knowing the remote's tags: {remote.unknown}")
    concerned = [tag for fix in fixes for tag in fix.tags]
    different = [tag for tag in concerned if remote.tags.get(tag) not in (None, here.get(tag))]
    if different and remote.name is not None:
        return _explained(
            finding,
            f"{remote.name!r} has a different tag {different[0]!r}, which the fix puts in place of the one here",
            _fetch(different, here, remote.name),
        )
    own = next((fix for fix in fixes if not any(tag in remote.tags for tag in fix.tags)), None)
    if own is not None:
        return replace(finding, fix=_remove_broken(own.tags, here) or own.command)
    if remote.name is None:
        return finding
    lost = next((fix for fix in fixes if fix.restores), None)
    if lost is not None:  # git fetches no tag again that is as it should be, though its commit is missing
        return replace(finding, fix=Hint(lost.command, " && ", _fetch(lost.tags, here, remote.name)))
    return _explained(
        finding, f"{remote.name!r} has {_shared(fixes, remote)!r} too: agree with its author how to fix it"
    )


def _shared(fixes: Iterable[TagFix], remote: RemoteTags) -> str:
    return next(tag for fix in fixes for tag in fix.tags if tag in remote.tags)


def _explained(finding: Finding, reason: str, fix: Hint | None = None) -> Finding:
    return replace(finding, message=f"{finding.message}; {reason}", fix=fix)


def _fetch(tags: Iterable[str], here: Mapping[str, str], remote: str) -> Hint:
    """The command that fetches tags, in place of those here."""
    fetch = git("fetch", remote, *(f"+{TAGS}{tag}:{TAGS}{tag}" for tag in tags))
    remove = _remove_broken(tags, here)
    return Hint(remove, " && ", fetch) if remove else Hint(fetch)


def _remove_broken(tags: Iterable[str], here: Mapping[str, str]) -> Hint | None:
    """The command that removes the files of refs that git cannot read, nor delete; None if there are none."""
    broken = [tag for tag in tags if set(here.get(tag, "")) == {_BROKEN}]
    directory = git("rev-parse", "--path-format=absolute", "--git-common-dir")
    files = [piece for tag in broken for piece in (' "$(', directory, f')"/{quote(TAGS + tag)}')]
    return Hint("rm --", *files) if broken else None
