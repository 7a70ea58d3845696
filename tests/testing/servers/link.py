"""A slow link to a server of this machine: a round trip takes time, and so does each byte."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from tests.testing.servers.forwarding import Forwarder
from tests.testing.servers.processes import LOOPBACK

CHUNK = 16384  # bytes forwarded at once


@dataclass
class Traffic:
    """What went over a link."""

    connections: int = 0
    turns: int = 0
    """how often the client sent something, each time after the server had answered"""
    sent: int = 0
    """bytes from the client"""
    received: int = 0
    """bytes from the server"""
    began: float = 0.0
    """when the first connection was opened"""
    ended: float = 0.0
    """when the last byte reached the client"""

    @property
    def seconds(self) -> float:
        """How long the link was in use."""
        return self.ended - self.began


@dataclass
class _Line:
    """One direction of the link, which all connections share."""

    free_at: float = 0.0
    """when the last byte so far has been put on it, by the clock of the loop"""


@dataclass
class _Connection:
    """One connection over the link."""

    opened_at: float
    """when the client may send its first byte: opening a connection takes a round trip"""
    asks: bool = False
    """whether the client sent the latest bytes"""
    tasks: list[asyncio.Task[None]] = field(default_factory=list)


class SlowLink(Forwarder):
    """Forwards connections to a port of this machine as a distant server's would be, and counts.

    The delay and the rate of a link are simulated, not its congestion: a connection has the whole rate from its first
    byte on.

    Attributes:
        port: where it listens.
        traffic: what went over it so far.
    """

    def __init__(self, target_port: int, *, round_trip: float = 0.0, bits_per_second: float = float("inf")) -> None:
        """Connect to that port; `round_trip` is in seconds."""
        super().__init__(target_port)
        self.traffic = Traffic()
        self._way = round_trip / 2
        self._bytes_per_second = bits_per_second / 8
        self._to_server, self._to_client = _Line(), _Line()

    def forget(self) -> None:
        """Begin to count anew."""
        self.traffic = Traffic()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.traffic.began = self.traffic.began or self._loop.time()
        self.traffic.connections += 1
        with suppress(OSError):  # one end was reset: so is the other
            await self._connect(reader, writer)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(LOOPBACK, self._target)
        connection = _Connection(self._loop.time() + 2 * self._way)
        try:
            await asyncio.gather(
                self._carry(reader, server_writer, self._to_server, lambda size: self._count_sent(connection, size)),
                self._carry(
                    server_reader, writer, self._to_client, lambda size: self._count_received(connection, size)
                ),
            )
        finally:
            writer.transport.abort()
            server_writer.transport.abort()

    def _count_sent(self, connection: _Connection, size: int) -> float:
        self.traffic.sent += size
        self.traffic.turns += not connection.asks
        connection.asks = True
        return connection.opened_at

    def _count_received(self, connection: _Connection, size: int) -> float:
        self.traffic.received += size
        connection.asks = False
        return connection.opened_at

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        line: _Line,
        count: Callable[[int], float],
    ) -> None:
        """Carry one direction of a connection; `count` says when the first byte may be sent."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivery = asyncio.create_task(self._deliver(queue, writer, line))
        try:
            while data := await reader.read(CHUNK):
                begin = max(self._loop.time(), count(len(data)), line.free_at)
                line.free_at = begin + len(data) / self._bytes_per_second
                queue.put_nowait((line.free_at + self._way, data))
            queue.put_nowait((self._loop.time() + self._way, b""))
            await delivery
        finally:
            delivery.cancel()

    async def _deliver(
        self, queue: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter, line: _Line
    ) -> None:
        while True:
            due, data = await queue.get()
            await asyncio.sleep(due - self._loop.time())
            if not data:
                if not writer.transport.is_closing():
                    writer.write_eof()
                return
            writer.write(data)
            await writer.drain()
            if line is self._to_client:
                self.traffic.ended = self._loop.time()
