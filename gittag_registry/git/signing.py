"""Signed tag objects. Git signs, with the key, the program and the format (openpgp, ssh, x509) of its configuration."""

from __future__ import annotations

import os

from gittag_registry.errors import GitFailed
from gittag_registry.git.process import DURABLE, Repository, run, temporary_directory
from gittag_registry.hints import Hint, git

# `git tag` creates the object and then the ref. We create the ref later, in our own transaction, so this hook notes the
# object and refuses the ref. (Our transaction calls the repository's own hook.)
_HOOK = """\
#!/bin/sh
[ "$1" = prepared ] || exit 0
cat > "$GITTAG_SIGNED"
exit 1
"""
_KEYS = "^(user.signingkey|gpg\\..*)"


def signs_by_default(repository: Repository) -> bool:
    """Whether the configuration asks for signed tags: `tag.gpgSign`, or `tag.forceSignAnnotated`."""
    keys = "^tag\\.(gpgsign|forcesignannotated)$"
    try:
        output = run(repository, "config", "--null", "--type=bool", "--get-regexp", keys)
    except GitFailed:
        return False  # neither is set
    values = dict(entry.split("\n", 1) for entry in output.decode(errors="replace").split("\0") if "\n" in entry)
    return "true" in values.values()


def write_signed(repository: Repository, unsigned: bytes) -> str:
    """Store a tag object with a signature and return its id.

    Args:
        unsigned: the object's content without one.

    Raises:
        GitFailed: it cannot be signed.
    """
    commit, name, tagger, message = _parts(unsigned)
    with temporary_directory() as directory:
        hook, note = os.path.join(directory, "reference-transaction"), os.path.join(directory, "signed")
        with open(os.open(hook, os.O_WRONLY | os.O_CREAT, 0o700), "w", encoding="ascii") as file:
            file.write(_HOOK)
        if not os.access(hook, os.X_OK):  # then git would skip it, and create the ref
            raise GitFailed(f"tags cannot be signed: no program can be started in {directory!r}", hint="set TMPDIR")
        environment = {**tagger, "GITTAG_SIGNED": note}
        options = ("--sign", "--force", "--cleanup=verbatim", "--file=-", "--", name, commit)
        command = (*DURABLE, "-c", f"core.hooksPath={directory}", "tag", *options)
        reason = "git did not call its hook"
        try:
            run(repository, *command, data=message, env=environment)
        except GitFailed as error:
            reason = error.message
        oid = _read_note(note)
    if oid is None or not _is_signed(repository, oid, message):
        raise GitFailed(
            f"tag {name!r} cannot be signed: {reason}",
            hint=Hint("see which key git uses: ", git("config", "--show-origin", "--get-regexp", _KEYS)),
        )
    return oid


def _parts(unsigned: bytes) -> tuple[str, str, dict[str, str], bytes]:
    """The parts of a tag object: commit, name, the tagger as git's variables, and the message."""
    head, _, message = unsigned.partition(b"\n\n")
    fields = dict(line.split(" ", 1) for line in head.decode().splitlines())
    name, _, rest = fields["tagger"].rpartition(" <")
    email, _, date = rest.partition("> ")
    tagger = {"GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": email, "GIT_COMMITTER_DATE": f"@{date}"}
    return fields["object"], fields["tag"], tagger, message


def _read_note(path: str) -> str | None:
    """The object id that the hook noted; None if git did not call it."""
    try:
        with open(path, encoding="ascii") as file:
            return file.read().split()[1]
    except FileNotFoundError:
        return None


def _is_signed(repository: Repository, oid: str, unsigned: bytes) -> bool:
    """Whether the message is followed by a signature; git 2.39 goes on without one when ssh-keygen fails."""
    message = run(repository, "cat-file", "tag", oid).partition(b"\n\n")[2]
    return message.strip() != unsigned.strip()
