"""A slow link to a server of this machine: a round trip takes time, and so does each byte."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

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


class SlowLink:
    """Forwards connections to a port of this machine as a distant server's would be, and counts.

    The delay and the rate of a link are simulated, not its congestion: a connection has the whole rate from its first
    byte on.

    Attributes:
        port: where it listens.
        traffic: what went over it so far.
    """

    def __init__(self, target_port: int, *, round_trip: float = 0.0, bits_per_second: float = float("inf")) -> None:
        """Connect to that port; `round_trip` is in seconds."""
        self.traffic = Traffic()
        self._target = target_port
        self._way = round_trip / 2
        self._bytes_per_second = bits_per_second / 8
        self._to_server, self._to_client = _Line(), _Line()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="slow link")
        self._open: set[asyncio.Task[None]] = set()

    def __enter__(self) -> SlowLink:
        self._thread.start()
        starting = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._accept, LOOPBACK, 0), self._loop)
        self._server = starting.result(30)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def forget(self) -> None:
        """Begin to count anew."""
        self.traffic = Traffic()

    async def _close(self) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        self.traffic.connections += 1
        with suppress(asyncio.CancelledError, OSError):  # only `_close` cancels; one end was reset: so is the other
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
        delivery = asyncio.create_task(self._deliver(queue, writer))
        try:
            while data := await reader.read(CHUNK):
                begin = max(self._loop.time(), count(len(data)), line.free_at)
                line.free_at = begin + len(data) / self._bytes_per_second
                queue.put_nowait((line.free_at + self._way, data))
            queue.put_nowait((self._loop.time() + self._way, b""))
            await delivery
        finally:
            delivery.cancel()

    async def _deliver(self, queue: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        while True:
            due, data = await queue.get()
            await asyncio.sleep(due - self._loop.time())
            if not data:
                if not writer.transport.is_closing():
                    writer.write_eof()
                return
            writer.write(data)
            await writer.drain()
