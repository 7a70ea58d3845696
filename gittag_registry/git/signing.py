"""Signed tag objects. Git signs: with the key, the program and the format (openpgp, ssh, x509) of its configuration."""

from __future__ import annotations

import os
import tempfile

from gittag_registry.errors import GitFailed
from gittag_registry.events import Event
from gittag_registry.git.process import DURABLE, Repository, run

# `git tag` makes the object and then the ref. The ref is to come later, in a transaction of its own, so this hook
# notes the object and refuses the ref. (The repository's own hook is called by that transaction.)
_HOOK = """\
#!/bin/sh
[ "$1" = prepared ] || exit 0
cat > "$GITTAG_SIGNED"
exit 1
"""
_HINT = "see which key git takes: git config --show-origin --get-regexp '^(user.signingkey|gpg\\..*)'"


def signs_by_default(repository: Repository) -> bool:
    """Whether the configuration asks for signed tags: `tag.gpgSign`, or `tag.forceSignAnnotated`."""
    asked = "^tag\\.(gpgsign|forcesignannotated)$"
    try:
        found = run(repository, "config", "--null", "--type=bool", "--get-regexp", asked)
    except GitFailed:
        return False  # neither is set
    values = dict(entry.split("\n", 1) for entry in found.decode(errors="replace").split("\0") if "\n" in entry)
    return "true" in values.values()


def write_signed(repository: Repository, event: Event) -> str:
    """Store the signed tag object of an event and return its id.

    Raises:
        GitFailed: it cannot be signed.
    """
    with tempfile.TemporaryDirectory(prefix="gittag-registry-") as directory:
        hook, noted = os.path.join(directory, "reference-transaction"), os.path.join(directory, "signed")
        with open(os.open(hook, os.O_WRONLY | os.O_CREAT, 0o700), "w", encoding="ascii") as file:
            file.write(_HOOK)
        if not os.access(hook, os.X_OK):  # then git would pass over it, and make the ref
            raise GitFailed(f"tags cannot be signed: no program can be started in {directory!r}", hint="set TMPDIR")
        who = {
            "GIT_COMMITTER_NAME": event.author,
            "GIT_COMMITTER_EMAIL": event.author_email,
            "GIT_COMMITTER_DATE": f"@{event.timestamp} {event.offset}",
            "GITTAG_SIGNED": noted,
        }
        options = ("--sign", "--force", "--cleanup=verbatim", "--file=-", "--", event.ref, event.commit)
        message = event.raw_message.encode()
        reason = "git did not ask its hook"
        try:
            run(repository, *DURABLE, "-c", f"core.hooksPath={directory}", "tag", *options, data=message, env=who)
        except GitFailed as error:
            reason = error.message
        oid = _noted(noted)
    if oid is None or not _is_signed(repository, oid, event):
        raise GitFailed(f"tag {event.ref!r} cannot be signed: {reason}", hint=_HINT)
    return oid


def _noted(path: str) -> str | None:
    """The object that the hook was told of; None if git did not get that far."""
    try:
        with open(path, encoding="ascii") as file:
            return file.read().split()[1]
    except FileNotFoundError:
        return None


def _is_signed(repository: Repository, oid: str, event: Event) -> bool:
    """Whether the message is followed by a signature; git 2.39 goes on without one when ssh-keygen fails."""
    message = run(repository, "cat-file", "tag", oid).partition(b"\n\n")[2]
    return message.strip() != event.raw_message.strip().encode()
