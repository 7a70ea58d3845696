"""A remote repository: fetch from it, push to it.

Git connects, with the user's credentials, keys, proxies and hooks; `failures` turns git's reports into errors.
"""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from gittag_registry.errors import Refused, RegistryError, RemoteError
from gittag_registry.git.failures import (
    PROGRESS,
    ConnectionLost,
    EmptyStderr,
    ServerFailed,
    TimedOut,
    error_lines,
    failure,
    rejected_for_damage,
    server_lines,
)
from gittag_registry.git.gate import closed_gate, own_hook
from gittag_registry.git.interruption import waiting
from gittag_registry.git.process import GRACE, PROTOCOLS, Repository, send, start, with_settings
from gittag_registry.git.transaction import LostRace
from gittag_registry.refs import TAGS
from gittag_registry.urls import protocol, redact

EXACT_ADDRESS = "registry:push-address"
"""stands for the address of `Remote.reading_at`: git replaces a part of an address once, so nothing else in it"""
_TRIES = 3  # of a request whose connection breaks
_PAUSE = 0.2  # seconds before the next
_TICK = 0.05
_LONGEST_TALK = 120.0  # seconds of messages from a server that does nothing else
_SHORTEST = 1.0  # seconds for a server to answer, even at the deadline

_IN_FOREGROUND = ("-c", "gc.autoDetach=false", "-c", "maintenance.autoDetach=false")
_TO_SERVERS = "https:ssh"  # the protocols for an address that is not a file's
_REJECTION = re.compile(r"^!\t\S*:(\S+)\t\[(.+?)\] ?\((.*)\)$", re.MULTILINE)
_NO_FILTER = "filtering not recognized by server"
_NO_ATOMIC = "does not support --atomic"

# How git reports that a push lost a race: a lease is stale, a lock is taken, a ref exists.
_RACES = re.compile(
    r"stale info|already exists|fetch first|atomic push fail|atomic transaction failed|failed to update ref"
    r"|failed to lock|cannot lock ref|incorrect old value|reference already exists|non-fast-forward"
)

Tags = Sequence[tuple[str, str]]
"""names and object ids"""


class Progress(NamedTuple):
    """The progress of a transfer."""

    what: str
    """git's name of the step: Counting objects, Receiving objects, ..."""
    done: int
    total: int


class Remote(NamedTuple):
    """A remote repository, and the repository from which git connects to it."""

    repository: Repository
    name: str
    """a configured remote's name, or an address"""
    timeout: float
    """seconds without an answer from the server after which git is killed"""
    on_progress: Callable[[Progress], None] | None = None
    on_warning: Callable[[str], None] | None = None
    address: str = ""
    """shown in messages instead of the name"""
    source: str = ""
    """the address to list and fetch from, if it is another than the one git fetches from; see `reading_at`"""
    deadline: float = float("inf")
    """on the monotonic clock; after it a server has little time to answer, and nothing is retried"""
    listing: tuple[str, ...] | None = ()
    """options of `git fetch` where it lists some of the tags; None: only `git ls-remote` is to list them"""
    on_no_filter: Callable[[], None] | None = None
    """called when the server does not leave out what it is asked to leave out"""

    @property
    def public_name(self) -> str:
        """Its name in messages, without secrets."""
        return redact(self.address or self.name)

    @property
    def public_source(self) -> str:
        """The name or the address to list and fetch from, for commands in messages."""
        return redact(self.source) or self.public_name

    @property
    def read_from(self) -> str:
        """What git lists and fetches from."""
        return EXACT_ADDRESS if self.source else self.name

    def reading_at(self, address: str) -> Remote:
        """The same remote, listed and fetched from at another address, which no `insteadOf` of the user replaces."""
        repository = with_settings(self.repository, [(f"url.{address}.insteadOf", EXACT_ADDRESS)])
        return self._replace(repository=repository, source=address)

    def until(self, deadline: float) -> Remote:
        """The same remote, with a deadline."""
        return self._replace(deadline=deadline)

    @property
    def answer_timeout(self) -> float:
        """How many seconds to wait for an answer from now on."""
        return min(self.timeout, max(_SHORTEST, self.deadline - time.monotonic()))


def fetch(remote: Remote, refspecs: Iterable[str], *options: str) -> None:
    """Fetch into the repository.

    Raises:
        RemoteError: the server cannot be reached, or denies access.
        GitFailed: the objects cannot be stored.
    """
    fixed = ("--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--quiet", "--progress")
    data = "".join(f"{refspec}\n" for refspec in refspecs).encode()
    query(remote, "fetch", *fixed, *options, "--stdin", "--", remote.read_from, data=data)


def push(remote: Remote, *, create: Tags = (), delete: Tags = (), check: Callable[[], None] | None = None) -> None:
    """Create and delete tags on the server, all of them or none.

    Args:
        create: names and object ids of tags that must not exist on the server.
        delete: names and object ids of tags that must still be these objects on the server.
        check: called while git connects; if it raises an error, nothing is sent.

    Raises:
        LostRace: a tag on the server is not as it must be; nothing was changed.
        Refused: a rule or a hook of the server, or the local `pre-push` hook, forbids it; nothing was changed.
        ConnectionLost: the result is unknown.
        RemoteError: the server cannot be reached, or denies access; nothing was changed.
    """
    command = _push_command(remote, create, delete)
    code, output, errors = _run_checked(remote, command, check) if check else run_once(remote, command)
    if code == 0:
        return
    rejected = [(kind, reason) for _, kind, reason in _REJECTION.findall(output.decode(errors="replace"))]
    lines = error_lines(errors)
    if not rejected:
        raise _push_failure(remote, code, lines)
    if any(kind == "remote failure" for kind, _ in rejected):
        raise ConnectionLost(f"{remote.public_name!r} did not report the result of the push")
    if all(_RACES.search(reason) for _, reason in rejected):
        raise LostRace(f"the tags of {remote.public_name!r} changed meanwhile: {rejected[0][1]}")
    if damage := rejected_for_damage(remote.public_name, lines):
        raise damage
    reason = next(reason for _, reason in rejected if not _RACES.search(reason))
    details = "".join(f"\n{line}" for line in server_lines(lines))
    raise Refused(f"{remote.public_name!r} rejected the push: {reason}{details}")


def _push_command(remote: Remote, create: Tags, delete: Tags) -> tuple[str, ...]:
    leases = [f"--force-with-lease={TAGS}{name}:" for name, _ in create]
    leases += [f"--force-with-lease={TAGS}{name}:{oid}" for name, oid in delete]
    refspecs = [f"{oid}:{TAGS}{name}" for name, oid in create] + [f":{TAGS}{name}" for name, _ in delete]
    fixed = ["--porcelain", "--progress", "--no-follow-tags", "--recurse-submodules=no", "--no-signed"]
    atomic = ["--atomic"] if len(refspecs) > 1 else []
    return ("push", *fixed, *atomic, *leases, "--", remote.name, *refspecs)


def takes_as_new(remote: Remote, name: str, oid: str) -> bool:
    """Whether pushing a tag would create it: a server may have tags that it hides from readers."""
    refspec = f"{oid}:{TAGS}{name}"
    _, output, _ = run_once(remote, ("push", "--dry-run", "--porcelain", "--no-verify", "--", remote.name, refspec))
    return b"\n=\t" not in output


def _push_failure(remote: Remote, code: int, lines: list[str]) -> RegistryError:
    """The error of a push that ended without a report on any tag."""
    fatal = [line for line in lines if line.startswith("fatal:")]
    if not fatal and code == 1 and own_hook(remote.repository):  # git stops when the hook fails
        details = "".join(f"\n{line}" for line in lines if not line.startswith("error: failed to push"))
        return Refused(f"the pre-push hook of this repository rejected the push{details}")
    if any(_NO_ATOMIC in line for line in fatal):
        return RemoteError(
            f"{remote.public_name!r} cannot change several tags at once: {fatal[0]}",
            hint="change one with each command, for instance register first and then assign",
        )
    error = failure_of(remote, "push", lines)
    return ConnectionLost(error.message) if isinstance(error, EmptyStderr) else error


def _run_checked(remote: Remote, command: tuple[str, ...], check: Callable[[], None]) -> tuple[int, bytes, bytes]:
    """Run a push that is held back until a check has succeeded."""
    with closed_gate(remote.repository) as gate:
        if gate is None:
            check()
            return run_once(remote, command)

        def check_and_open() -> None:
            check()
            gate.open()

        held = remote._replace(repository=gate.repository)
        return run_once(held, (*gate.options, *command), meanwhile=check_and_open, inherited=(gate.inherited,))


def query(remote: Remote, *args: str, data: bytes | None = None, meanwhile: Callable[[], None] | None = None) -> bytes:
    """Run a git command that changes nothing on the server; repeat it if the connection breaks."""
    for attempt in range(1, _TRIES + 1):
        code, output, errors = run_once(remote, args, data, meanwhile if attempt == 1 else None)
        if code == 0:
            if _NO_FILTER in errors.decode(errors="replace"):
                warn(remote, "the server cannot leave out files, so those of the tagged commits are fetched too")
                if remote.on_no_filter:
                    remote.on_no_filter()
            return output
        error = failure_of(remote, args[0], error_lines(errors))
        pause = _PAUSE * attempt
        too_late = time.monotonic() + pause >= remote.deadline
        if not isinstance(error, (ConnectionLost, ServerFailed)) or attempt == _TRIES or too_late:
            break
        with waiting():
            time.sleep(pause)
    raise error


def warn(remote: Remote, text: str) -> None:
    """Tell what the server cannot do."""
    if remote.on_warning:
        remote.on_warning(f"{remote.public_name}: {text}")


def run_once(
    remote: Remote,
    args: tuple[str, ...],
    data: bytes | None = None,
    meanwhile: Callable[[], None] | None = None,
    inherited: Sequence[int] = (),
) -> tuple[int, bytes, bytes]:
    """Run git, and kill it if it prints nothing for too long.

    It gets a session of its own, so that it can be killed together with the programs it starts, and so that none of
    them can ask on the terminal.

    Returns:
        Its exit code, standard output and standard error.

    Raises:
        TimedOut: it was killed.
    """
    process = start(
        remote.repository,
        *_IN_FOREGROUND,
        *args,
        env={"GIT_ALLOW_PROTOCOL": _allowed(remote)},
        stdin=subprocess.PIPE if data is not None else None,
        new_session=True,
        inherited=inherited,
    )
    try:
        with waiting():
            if process.stdin is not None:
                send(process.stdin, data or b"")
            if meanwhile is not None:
                meanwhile()
            output, errors = _pump(remote, process)
            return process.wait(), output, errors
    finally:
        _end(process)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def _allowed(remote: Remote) -> str:
    """The protocols git may use: the user's choice if there is one, else ours; files only for a path."""
    variables = {**os.environ, **dict(remote.repository.environment)}
    if "GIT_ALLOW_PROTOCOL" in variables:
        return variables["GIT_ALLOW_PROTOCOL"]
    scheme = protocol(remote.address or remote.name)
    return PROTOCOLS if scheme in (None, "file") else _TO_SERVERS


def _pump(remote: Remote, process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """Read standard output and standard error until git ends.

    The end of the pipes is not enough: a program that git left running in the background may keep them open.
    """
    assert process.stdout is not None
    assert process.stderr is not None
    output, errors = bytearray(), bytearray()
    watch = _Watch(remote)
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, output)
        selector.register(process.stderr, selectors.EVENT_READ, errors)
        while selector.get_map():
            ended = process.poll() is not None
            ready = selector.select(0 if ended else _TICK)
            for key, _ in ready:
                chunk = os.read(key.fd, 1 << 16)
                key.data.extend(chunk)
                watch.note(moves=key.data is output or _report_progress(remote, chunk))
                if not chunk:
                    selector.unregister(key.fileobj)
            if ended and not ready:
                break
            watch.check()
    return bytes(output), bytes(errors)


class _Watch:
    """When there was output last, and when there was output that is no message: a hook may print for ever."""

    def __init__(self, remote: Remote) -> None:
        self.remote = remote
        self.limit = remote.answer_timeout
        self.last_output = self.last_step = time.monotonic()

    def note(self, *, moves: bool) -> None:
        """There was output, which may show that something goes on."""
        self.last_output = time.monotonic()
        if moves:
            self.last_step = self.last_output

    def check(self) -> None:
        """Check that the server has not been silent, or only printed messages, for too long.

        Raises:
            TimedOut: it has.
        """
        now = time.monotonic()
        if now - self.last_output > self.limit:
            raise _timed_out(self.remote, self.limit)
        talk = max(self.limit, min(_LONGEST_TALK, self.remote.deadline - self.last_step))
        if now - self.last_step > talk:
            raise TimedOut(f"{self.remote.public_name!r} timed out: nothing but messages for {talk:.3g} seconds")


def _timed_out(remote: Remote, limit: float) -> TimedOut:
    hint = "wait longer: GITTAG_TIMEOUT=SECONDS, or `timeout` in the configuration"
    return TimedOut(
        f"{remote.public_name!r} timed out: no answer for {limit:.3g} seconds",
        hint=hint if limit == remote.timeout else None,
    )


def _report_progress(remote: Remote, chunk: bytes) -> bool:
    """Report the progress in git's standard error; returns whether there was any."""
    steps = [PROGRESS.fullmatch(line) for line in re.split("[\r\n]", chunk.decode(errors="replace"))]
    for step in steps:
        if step and step[2] and remote.on_progress:
            remote.on_progress(Progress(step[1], int(step[2]), int(step[3])))
    return any(steps)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End git and the programs it started, if they still run."""
    for signal_number, grace in ((signal.SIGTERM, GRACE), (signal.SIGKILL, None)):
        if process.poll() is not None:
            return
        os.killpg(process.pid, signal_number)
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            continue


def failure_of(remote: Remote, verb: str, lines: list[str]) -> RegistryError:
    """The error of a git command that failed."""
    return failure(remote.public_name, remote.repository.path, verb, lines)
