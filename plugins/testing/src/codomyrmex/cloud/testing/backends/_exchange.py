"""HTTP/1.1 from a client to a server and back, with what a fault does on the way.

h11 knows the protocol's rules: framing, keep-alive, HEAD, 204 and 304, ``Expect: 100-continue``. Bodies
pass in pieces; nothing is ever held whole.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from enum import Enum

import h11

PIECE_BYTES = 256 * 1024
_HEAD_BYTES = 256 * 1024
_STEPS_A_SECOND = 20
_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER for 0 seconds: closing sends RST

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Ending(Enum):
    """What a client sees where a response ends before its time."""

    WHOLE = "as if that were all"
    CLOSE = "the connection is closed"
    RESET = "the connection is reset"
    STALL = "nothing more comes"


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What is done to an exchange; as it stands here, nothing."""

    forwards: bool = True
    """Whether the server gets the request."""
    answer: h11.Response | None = None
    """In place of the server's response..."""
    content: bytes = b""
    """...with this body."""
    at: int | None = None
    """Byte of the response's body (or the request's) where something happens. None: nowhere."""
    of_request: bool = False
    ending: Ending | None = None
    """How the response ends there. None: it goes on, but that byte is another."""
    bytes_per_second: float | None = None
    """How fast bodies pass. None: as fast as they can."""

    @property
    def is_silence(self) -> bool:
        """Whether the client gets nothing at all, not even the head of a response."""
        return self.at == 0 and self.ending in (Ending.RESET, Ending.STALL)


class Fault(ABC):
    """Something that can be done to a request and its response."""

    @abstractmethod
    def _effect(self) -> Effect:
        """What the proxy does."""


@dataclass(slots=True)
class Request:
    """A request that came by."""

    method: str
    path: str
    """With the query, as it was sent."""
    status: int | None = None
    """What the client was told; None: nothing, or not yet."""
    fault: Fault | None = None
    """What was done to it; None: nothing, also where a body was too short for it."""


class _Cut(Exception):  # noqa: N818  # no error
    """The response ends here."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.value)
        self.ending = ending


class Peer:
    """One side: h11's rules over asyncio's streams. Iterating gives the body of its message."""

    def __init__(self, role: type[h11.CLIENT] | type[h11.SERVER], streams: Streams) -> None:
        self.http = h11.Connection(role, max_incomplete_event_size=_HEAD_BYTES)
        self.reader, self.writer = streams
        self.writer.transport.set_write_buffer_limits(0)  # what was sent is with the kernel, not still here

    async def receive(self) -> object:
        """The next event of h11."""
        while (event := self.http.next_event()) is h11.NEED_DATA:
            self.http.receive_data(await self.reader.read(PIECE_BYTES))
        return event

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        event = await self.receive()
        if isinstance(event, h11.Data):
            return event.data
        raise StopAsyncIteration

    async def send(self, event: h11.Event) -> None:
        for part in self.http.send_with_data_passthrough(event) or ():
            self.writer.write(part)
        await self.writer.drain()

    @property
    def keeps_body(self) -> bool:
        """Whether it waits to be asked for the body of its request: it said ``Expect: 100-continue``."""
        return self.http.they_are_waiting_for_100_continue

    async def read_rest(self) -> None:
        """Read what nobody wanted of its message."""
        if self.http.their_state is h11.SEND_BODY and not self.keeps_body:
            await _read(self)

    def goes_on(self) -> bool:
        """Whether another exchange can follow on this connection; if so, it is ready for it."""
        if self.http.our_state is self.http.their_state is h11.DONE:
            self.http.start_next_cycle()
            return True
        return False

    def reset(self) -> None:
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self.writer.transport.abort()


class Connection:
    """A client's connection, and the one to the server that belongs to it.

    ``choose`` is told method and path of a request; it notes the request, and says what is done to it.
    """

    def __init__(
        self, streams: Streams, server: tuple[str, int], choose: Callable[[str, str], tuple[Request, Fault | None]]
    ) -> None:
        self._client = Peer(h11.SERVER, streams)
        self._server: Peer | None = None
        self._address = server
        self._choose = choose

    async def run(self) -> None:
        """Exchange messages until one side has enough."""
        try:
            while isinstance(message := await self._client.receive(), h11.Request):
                await self._exchange(message)
                if not self._client.goes_on():
                    break
        except (OSError, h11.ProtocolError):
            pass  # one side broke off, and so the other is
        except asyncio.CancelledError:  # the proxy stops; asyncio's streams would log it as an error
            self._client.writer.transport.abort()
        finally:
            self._leave_server()
            self._client.writer.close()

    async def _exchange(self, message: h11.Request) -> None:
        self._request, self._fault = self._choose(message.method.decode(), message.target.decode())
        self._effect = self._fault._effect() if self._fault else Effect()
        if self._effect.answer or self._effect.bytes_per_second:
            self._request.fault = self._fault
        try:
            if self._effect.forwards:
                await self._ask(message)
            else:
                await self._respond(None, _content(b""))
        except _Cut as cut:
            await self._break(cut.ending)
        else:
            await self._client.read_rest()

    async def _ask(self, message: h11.Request) -> None:
        server = await self._reach_server()
        sending = asyncio.create_task(self._forward(message, server))
        try:
            await self._respond(await self._response(server), server)
        finally:
            sending.cancel()  # the response may come before the request is whole
            await asyncio.wait([sending])
        if not server.goes_on():
            self._leave_server()

    async def _forward(self, message: h11.Request, server: Peer) -> None:
        headers = message.headers.raw_items()
        try:
            await server.send(h11.Request(method=message.method, target=message.target, headers=headers))
            await self._pass(self._client, server, self._effect.at if self._effect.of_request else None)
            await server.send(h11.EndOfMessage())
        except (OSError, h11.ProtocolError):
            server.writer.transport.abort()  # which ends the wait for its response

    async def _response(self, server: Peer) -> h11.Response:
        while isinstance(event := await server.receive(), h11.InformationalResponse):
            await self._client.send(event)
        if not isinstance(event, h11.Response):
            raise ConnectionAbortedError("the server closed the connection")
        return h11.Response(status_code=event.status_code, headers=event.headers.raw_items(), reason=event.reason)

    async def _respond(self, response: h11.Response | None, body: AsyncIterable[bytes]) -> None:
        effect = self._effect
        if effect.answer:
            await _read(body)
            response, body = effect.answer, _content(b"" if self._request.method == "HEAD" else effect.content)
        if response and not effect.is_silence:
            if effect.ending is Ending.WHOLE:
                response = _shortened(response, effect.at or 0)
            if self._client.keeps_body:
                response = _with_header(
                    response, b"Connection", b"close"
                )  # it might still come, and look like a request
            self._request.status = response.status_code
            await self._client.send(response)
        try:
            await self._pass(body, self._client, None if effect.of_request else effect.at)
        except _Cut as cut:
            if cut.ending is not Ending.WHOLE:
                raise
        await self._client.send(h11.EndOfMessage())

    async def _pass(self, source: AsyncIterable[bytes], target: Peer, at: int | None) -> None:
        """A body from one side to the other, with what happens at byte ``at``."""
        rate = self._effect.bytes_per_second
        longest = max(1, int(rate / _STEPS_A_SECOND)) if rate else PIECE_BYTES
        position = 0
        async for whole in source:
            for piece in _pieces(whole, None if at is None else at - position, longest):
                await target.send(h11.Data(data=self._act(piece) if position == at else piece))
                position += len(piece)
                if rate:
                    await asyncio.sleep(len(piece) / rate)
        if position == at:
            self._act(b"")

    def _act(self, piece: bytes) -> bytes:
        """What passes in place of the piece that begins at the fault's byte; empty where the body ends there."""
        ending = self._effect.ending
        if piece or ending in (Ending.RESET, Ending.STALL):
            self._request.fault = self._fault
            if ending:
                raise _Cut(ending)
        return bytes(byte ^ 0xFF for byte in piece[:1]) + piece[1:]

    async def _break(self, ending: Ending) -> None:
        if ending is Ending.RESET:
            self._client.reset()
        elif ending is Ending.STALL:
            while await self._client.reader.read(PIECE_BYTES):  # until it hangs up
                pass

    async def _reach_server(self) -> Peer:
        if self._server and self._server.reader.at_eof():
            self._leave_server()
        if not self._server:
            self._server = Peer(h11.CLIENT, await asyncio.open_connection(*self._address, limit=PIECE_BYTES))
        return self._server

    def _leave_server(self) -> None:
        if self._server:
            self._server.writer.transport.abort()
            self._server = None


def _pieces(whole: bytes, at: int | None, longest: int) -> Iterator[bytes]:
    """``whole`` in pieces no longer than ``longest``, of which one begins ``at``."""
    if at is not None and 0 < at < len(whole):
        yield from _pieces(whole[:at], None, longest)
        whole = whole[at:]
    for start in range(0, len(whole), longest):
        yield whole[start : start + longest]


async def _content(content: bytes) -> AsyncIterator[bytes]:
    if content:
        yield content


async def _read(body: AsyncIterable[bytes]) -> None:
    async for _ in body:
        pass


def _with_header(response: h11.Response, name: bytes, value: bytes) -> h11.Response:
    headers = [(key, old) for key, old in response.headers.raw_items() if key.lower() != name.lower()]
    return h11.Response(status_code=response.status_code, headers=[*headers, (name, value)], reason=response.reason)


def _shortened(response: h11.Response, length: int) -> h11.Response:
    for name, value in response.headers:
        if name == b"content-length" and int(value) > length:
            return _with_header(response, b"Content-Length", b"%d" % length)
    return response
