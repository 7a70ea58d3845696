"""Which fixes `doctor` may propose."""

from __future__ import annotations

import pytest

from gittag_registry.hints import Hint, git, in_shell
from gittag_registry.model.advice import RemoteTags, advise
from gittag_registry.model.findings import Finding, TagFix

MINE, THEIRS, BROKEN = "a" * 40, "b" * 40, "0" * 40
DELETE = TagFix(Hint(git("tag", "-d", "a@v1.0.0")), ("a@v1.0.0",))
RESTORE = DELETE._replace(restores=True)
OTHER = TagFix(Hint(git("tag", "-d", "a@v2.0.0")), ("a@v2.0.0",))
FETCH = "git fetch origin +refs/tags/a@v1.0.0:refs/tags/a@v1.0.0"


def advice(*fixes: TagFix, remote: RemoteTags, here: str = MINE) -> tuple[str | None, str]:
    """The fix that is proposed, and what is added to the message."""
    finding = Finding("check", "error", "a@v1.0.0", "wrong", tag_fixes=fixes)
    advised = advise(finding, {"a@v1.0.0": here, "a@v2.0.0": MINE}, remote)
    return in_shell(advised.fix) if advised.fix else None, advised.message.removeprefix("wrong")


def has(**tags: str) -> RemoteTags:
    return RemoteTags("origin", {f"a@{version}.0.0": oid for version, oid in tags.items()})


@pytest.mark.parametrize(
    ("fixes", "remote", "fix"),
    [
        ((DELETE,), RemoteTags(), "git tag -d a@v1.0.0"),
        ((DELETE,), has(), "git tag -d a@v1.0.0"),
        ((DELETE,), has(v2=THEIRS), "git tag -d a@v1.0.0"),
        ((DELETE,), has(v1=THEIRS), FETCH),
        ((DELETE,), has(v1=MINE), None),
        ((DELETE,), RemoteTags(unknown="gone"), None),
        ((RESTORE,), RemoteTags(), "git tag -d a@v1.0.0"),
        ((RESTORE,), has(), "git tag -d a@v1.0.0"),
        ((RESTORE,), has(v1=MINE), f"git tag -d a@v1.0.0 && {FETCH}"),
        ((RESTORE,), has(v1=THEIRS), FETCH),
        ((DELETE, OTHER), has(v1=MINE), "git tag -d a@v2.0.0"),
        ((DELETE, OTHER), has(v1=MINE, v2=MINE), None),
        ((DELETE, OTHER), has(v1=THEIRS), FETCH),
    ],
)
def test_a_fix_changes_no_tag_that_the_remote_has(
    fixes: tuple[TagFix, ...], remote: RemoteTags, fix: str | None
) -> None:
    assert advice(*fixes, remote=remote)[0] == fix


@pytest.mark.parametrize(
    ("remote", "reason"),
    [
        (has(), ""),
        (has(v1=MINE), "; 'origin' has 'a@v1.0.0' too: agree with its author how to fix it"),
        (
            has(v1=THEIRS),
            "; 'origin' has a different tag 'a@v1.0.0', which the fix puts in place of the one here",
        ),
        (RemoteTags(unknown="no route"), "; no fix is proposed without knowing the remote's tags: no route"),
    ],
)
def test_the_message_says_what_the_remote_has(remote: RemoteTags, reason: str) -> None:
    assert advice(DELETE, remote=remote)[1] == reason


def test_a_file_that_git_cannot_read_is_removed_first() -> None:
    remove = 'rm -- "$(git rev-parse --path-format=absolute --git-common-dir)"/refs/tags/a@v1.0.0'
    assert advice(RESTORE, remote=has(), here=BROKEN)[0] == remove
    assert advice(RESTORE, remote=has(v1=THEIRS), here=BROKEN)[0] == f"{remove} && {FETCH}"


def test_a_finding_without_such_fixes_stays_as_it_is() -> None:
    finding = Finding("check", "error", "x", "wrong", Hint("do"))
    assert advise(finding, {}, RemoteTags(unknown="gone")) is finding
