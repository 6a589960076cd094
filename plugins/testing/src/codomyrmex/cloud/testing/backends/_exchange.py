"""HTTP/1.1 from a client to a server and back, with what a fault does on the way.

h11 knows the protocol's rules: framing, keep-alive, HEAD, 204 and 304, ``Expect: 100-continue``. Bodies
pass in pieces; nothing is ever held whole.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

import h11

_PIECE_BYTES = 256 * 1024
_HEAD_BYTES = 256 * 1024
_RST_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER, for 0 seconds
_STEPS_A_SECOND = 20


class Ending(Enum):
    """How a response ends before its time."""

    WHOLE = "as if that were all"
    CLOSE = "the connection is closed"
    RESET = "the connection is reset"
    STALL = "nothing more comes"


class Cut(Exception):  # noqa: N818  # no error: a fault's way to say that the response ends here
    """The response ends here."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.value)
        self.ending = ending


class Fault:
    """What is done to one request and its response; this one does nothing.

    Bodies come in pieces. `act` gets the piece that begins at byte ``at``, or an empty one if the body ends
    there, and returns what passes in its place.
    """

    at: int | None = None
    """Byte of the response's body, or of the request's (`of_request`). None: it leaves them alone."""
    of_request: ClassVar[bool] = False
    forwards: bool = True
    """Whether the server gets the request."""
    sends_head: bool = True
    """Whether the client gets a response's head before `act` is asked."""
    bytes_per_second: float | None = None
    """How fast bodies pass."""

    def head(self, response: h11.Response) -> h11.Response:
        """The head of the response for the client."""
        return response

    def body(self) -> bytes | None:
        """A body in place of the response's; None: the response's."""
        return None

    def act(self, piece: bytes) -> bytes:
        """What passes in place of this piece, or `Cut`."""
        return piece


@dataclass(slots=True)
class Request:
    """A request that came by."""

    method: str
    path: str
    """With the query, as it was sent."""
    status: int | None = None
    """What the client was told; None: nothing yet, or never."""
    fault: Fault | None = None
    """What was done to it; None: nothing, also where a body was too short for it."""


class Peer:
    """One side: h11's connection over asyncio's streams. Iterating gives the body of its message."""

    def __init__(self, role: type[h11.CLIENT] | type[h11.SERVER], streams: Streams) -> None:
        self.http = h11.Connection(role, max_incomplete_event_size=_HEAD_BYTES)
        self.reader, self.writer = streams
        self.trailers = h11.Headers([])

    async def receive(self) -> h11.Event:
        while (event := self.http.next_event()) is h11.NEED_DATA:
            self.http.receive_data(await self.reader.read(_PIECE_BYTES))
        if isinstance(event, type):
            raise h11.RemoteProtocolError("no HTTP any more")  # PAUSED
        return event

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        event = await self.receive()
        if isinstance(event, h11.Data):
            return event.data
        assert isinstance(event, h11.EndOfMessage)
        self.trailers = event.headers
        raise StopAsyncIteration

    async def send(self, event: h11.Event) -> None:
        for part in self.http.send_with_data_passthrough(event) or ():
            self.writer.write(part)
        await self.writer.drain()

    def next_message(self) -> bool:
        """Get ready for the next exchange; False where the connection ends with this one."""
        if self.http.our_state is self.http.their_state is h11.DONE:
            self.http.start_next_cycle()
            return True
        return False

    def reset(self) -> None:
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE)
        self.writer.transport.abort()


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Connection:
    """A client's connection, and the one to the server that belongs to it."""

    def __init__(self, streams: Streams, server: tuple[str, int], choose: Callable[[str, str], tuple[Request, Fault]]) -> None:
        self._client = Peer(h11.SERVER, streams)
        self._server: Peer | None = None
        self._address = server
        self._choose = choose

    async def run(self) -> None:
        """Until one side ends it."""
        try:
            while isinstance(request := await self._client.receive(), h11.Request):
                await self._exchange(request)
                if not self._client.next_message():
                    break
        except Cut as cut:
            await self._end(cut.ending)
        except (OSError, h11.ProtocolError):
            pass  # one side broke off, and so does the other
        finally:
            for peer in (self._client, self._server):
                if peer:
                    peer.writer.close()
