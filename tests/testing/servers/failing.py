"""Servers that fail: connections that are cut, no answer, and HTTP errors."""

from __future__ import annotations

import asyncio
import random
import select
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol

from tests.testing.servers.forwarding import Forwarder
from tests.testing.servers.processes import LOOPBACK

CHUNK = 65536  # bytes forwarded at once
LONGEST_PART = 200  # bytes of an answer that still come through: a push of a tag is answered in about as many
LINGER = 1.0  # seconds without a byte after which a server whose client was cut off is left too

# Pushing a tag turns the direction several times; these answers of the server are cut, those that mostly tell the
# outcome more often. Counted with git 2.39, OpenSSH 9.2 and HTTP/2; how many there are varies with the timing.
ANSWERS = {"git": (1, 2, 2, 2), "tls": (3, 4, 4, 4, 5), "ssh": (8, 9, 9, 10, 10, 11)}
LONGEST_REQUEST = {"git": 400, "tls": 1500, "ssh": 4500}  # bytes: what a push of a tag sends in all, rounded up


@dataclass(frozen=True)
class Cut:
    """Where a connection is cut: in what the client sends, or in one of the server's answers.

    Attributes:
        request: whether it is in what the client sends.
        place: how far on, from 0 to 1: a power of LONGEST_REQUEST, or which of the ANSWERS.
        part: bytes of that answer to forward.
    """

    request: bool
    place: float
    part: int


class CuttingProxy(Forwarder):
    """Forwards connections to a port of this machine, and cuts some of them with a reset.

    Three quarters of the cuts let the request through and cut an answer: the client cannot know what came of it. After
    those the server is left to finish in peace, as after a failure of the network it would not notice. The other cuts
    reset both ends in the middle of what the client sends.

    Attributes:
        port: where it listens.
        connections: how many it has accepted.
        cuts: how many it has cut; a connection that ends before the place chosen for its cut is whole.
    """

    def __init__(self, target_port: int, *, share: float = 0.35, seed: int = 1) -> None:
        """Cut that share of the connections, from 0 to 1; the seed makes the choices for the first, the second, ..."""
        super().__init__(target_port)
        self.connections = 0
        self.cuts = 0
        self._share = share
        self._random = random.Random(seed)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        connection = self._make_connection()
        try:
            await connection.forward(reader, writer, self._target)
        finally:  # also where `_close` ends the rest of a connection that was cut
            self.cuts += connection.was_cut

    def _make_connection(self) -> Connection:
        """The next connection: always as many random numbers, so that one choice moves no other."""
        cut, kind, place, part = (self._random.random() for _ in range(4))
        if cut >= self._share:
            return _Connection(None)
        part_of_answer = int(max(2 * part - 1, 0) * LONGEST_PART)  # half of them before its first byte
        return _Connection(Cut(kind < 1 / 4, place, part_of_answer))


class Connection(Protocol):
    """A connection through a proxy."""

    was_cut: bool

    async def forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: int) -> None:
        """Forward in both directions until both ends are done, or the cut comes."""


class _Connection:
    """One connection through the proxy: two streams, and a count of what has passed."""

    def __init__(self, cut: Cut | None) -> None:
        self.was_cut = False
        self._cut = cut
        self._sent = 0  # bytes from the client
        self._asked = True  # the client had the last word, so the server's next bytes begin an answer
        self._answers = 0  # how many the server has begun
        self._part = 0  # bytes of the latest
        self._protocol = ""

    async def forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: int) -> None:
        """Forward in both directions until both ends are done, or the cut comes."""
        ends = [writer]
        try:
            server_reader, server_writer = await asyncio.open_connection(LOOPBACK, target)
            ends.append(server_writer)
            await asyncio.gather(
                self._requests(reader, server_writer, writer), self._replies(server_reader, writer, server_writer)
            )
        except OSError:  # one end was reset or refused: so is the other
            pass
        finally:
            for end in ends:
                reset(end)

    async def _requests(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, back: asyncio.StreamWriter
    ) -> None:
        while data := await self._read_of_client(reader):
            self._recognize(data)
            self._asked = True
            cut = self._cut
            if cut and cut.request and self._sent + len(data) > (limit := self._longest_request(cut)):
                await write(writer, data[: limit - self._sent])
                self.was_cut = True
                reset(back)
                reset(writer)
                return
            self._sent += len(data)
            await write(writer, data)
        if not self.was_cut:
            finish(writer)

    async def _read_of_client(self, reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.read(CHUNK)
        except OSError:
            if self.was_cut:
                return b""
            raise

    async def _replies(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, back: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(CHUNK):
            self._recognize(data)
            if self._asked:
                self._asked, self._part = False, 0
                self._answers += 1
            cut = self._cut
            if cut and not cut.request and self._is_chosen(cut) and self._part + len(data) > cut.part:
                await write(writer, data[: cut.part - self._part])
                self.was_cut = True
                reset(writer)
                await drain(reader)
                reset(back)
                return
            self._part += len(data)
            await write(writer, data)
        finish(writer)

    def _recognize(self, data: bytes) -> None:
        if not self._protocol:
            self._protocol = "ssh" if data.startswith(b"SSH-") else "tls" if data.startswith(b"\x16\x03") else "git"

    def _longest_request(self, cut: Cut) -> int:
        return int(LONGEST_REQUEST[self._protocol] ** cut.place)

    def _is_chosen(self, cut: Cut) -> bool:
        answers = ANSWERS[self._protocol]
        return self._answers == answers[int(cut.place * len(answers))]


async def write(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    await writer.drain()


async def drain(reader: asyncio.StreamReader) -> None:
    """Read on until the server is done, or says nothing for a while."""
    with suppress(OSError, asyncio.TimeoutError):
        while await asyncio.wait_for(reader.read(CHUNK), LINGER):
            pass


def finish(writer: asyncio.StreamWriter) -> None:
    """Close one direction: this end gets no more data, but may still send."""
    if not writer.transport.is_closing():
        writer.write_eof()


def reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection at once; its other end gets a reset if it was not done."""
    connection = writer.get_extra_info("socket")
    if connection is not None and not writer.transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()


class HangingServer:
    """A port that takes connections and requests, and never answers: nothing ever reads what the system takes.

    Attributes:
        port: where it listens.
    """

    def __enter__(self) -> HangingServer:
        self._listener = socket.create_server((LOOPBACK, 0), backlog=128)
        self.port = int(self._listener.getsockname()[1])
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def connections(self) -> int:
        """How many connections there were; this ends them."""
        count = 0
        while select.select([self._listener], [], [], 0)[0]:
            self._listener.accept()[0].close()
            count += 1
        return count


class StatusServer:
    """An HTTP server, without TLS, that answers every request with one status.

    Attributes:
        port: where it listens.
        requests: what it was asked, as in "GET /churn.git/info/refs?service=git-upload-pack".
    """

    def __init__(self, status: int) -> None:
        self.requests: list[str] = []
        seen = self.requests

        class Handler(BaseHTTPRequestHandler):
            """Writes the status and an empty page."""

            def do_GET(self) -> None:
                seen.append(f"{self.command} {self.path}")
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(status)
                if status == 401:
                    self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_GET  # noqa: N815 - the base class looks for this name

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name=f"status {status}")

    def __enter__(self) -> StatusServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def url(self, name: str) -> str:
        """The address of a repository that does not exist."""
        return f"http://{LOOPBACK}:{self.port}/{name}.git"
