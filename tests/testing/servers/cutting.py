"""A proxy that cuts connections at any byte, in either direction, with a reset or as if the other end had closed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from tests.testing.servers.failing import CHUNK, LINGER, Connection, CuttingProxy, drain, finish, reset, write
from tests.testing.servers.processes import LOOPBACK


@dataclass(frozen=True)
class ByteCut:
    """Where a connection is cut, and how.

    Attributes:
        request: whether in what the client sends, or in what the server answers.
        offset: after how many bytes of that.
        with_reset: with RST, or with FIN.
        alone: whether only the client is cut off, and the server finishes in peace.
    """

    request: bool
    offset: int
    with_reset: bool
    alone: bool


class ByteCuttingProxy(CuttingProxy):
    """Forwards connections, and cuts some of them at a random byte.

    The byte is below the length of an earlier connection that was whole; so the first one is never cut.
    """

    def __init__(self, target_port: int, *, share: float = 0.35, seed: int = 1) -> None:
        super().__init__(target_port, share=share, seed=seed)
        self._lengths: list[Sequence[int]] = []

    def _make_connection(self) -> Connection:
        cut, which, request, place, with_reset, alone = (self._random.random() for _ in range(6))
        if cut >= self._share or not self._lengths:
            return ByteConnection(None, self._lengths)
        sent, answered = self._lengths[int(which * len(self._lengths))]
        offset = int(place * (sent if request < 1 / 2 else answered))
        return ByteConnection(ByteCut(request < 1 / 2, offset, with_reset < 1 / 2, alone < 1 / 2), self._lengths)


class ByteConnection:
    """One connection through the proxy."""

    def __init__(self, cut: ByteCut | None, lengths: list[Sequence[int]]) -> None:
        """The bytes that were sent and answered are added to the lengths if the connection was whole."""
        self.was_cut = False
        self._cut = cut
        self._lengths = lengths
        self._passed = {True: 0, False: 0}  # bytes that the client sent, and that the server answered

    async def forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: int) -> None:
        """Forward in both directions until both ends are done, or the cut comes."""
        ends = [writer]
        try:
            server_reader, server_writer = await asyncio.open_connection(LOOPBACK, target)
            ends.append(server_writer)
            client, server = (reader, writer), (server_reader, server_writer)
            await asyncio.gather(
                self._copy(client, server, client=client, server=server),
                self._copy(server, client, client=client, server=server),
            )
        except OSError:  # one end was reset or refused: so is the other
            pass
        finally:
            for end in ends:
                reset(end)
            if not self.was_cut:
                self._lengths.append((self._passed[True], self._passed[False]))

    async def _copy(self, source: End, sink: End, *, client: End, server: End) -> None:
        """Forward in one direction."""
        request, cut = source is client, self._cut
        while data := await self._read(source[0]):
            if self.was_cut:
                continue  # what comes too late is lost
            if cut and cut.request == request and self._passed[request] + len(data) > cut.offset:
                self.was_cut = True
                await write(sink[1], data[: cut.offset - self._passed[request]])
                await self._sever(cut, client, server)
                return
            self._passed[request] += len(data)
            await write(sink[1], data)
        if not self.was_cut:
            finish(sink[1])

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.read(CHUNK)
        except OSError:
            if self.was_cut:  # by us; the server may be finishing in peace
                return b""
            raise

    async def _sever(self, cut: ByteCut, client: End, server: End) -> None:
        close = reset if cut.with_reset else finish
        close(client[1])
        if cut.alone:  # what the server answers is read here or, if the cut is in the request, by the other direction
            await (asyncio.sleep(LINGER) if cut.request else drain(server[0]))
        close(server[1])


End = tuple[asyncio.StreamReader, asyncio.StreamWriter]
