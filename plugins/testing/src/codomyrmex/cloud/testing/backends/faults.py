"""A proxy that does to HTTP what networks and busy services do.

    with FaultProxy(server.endpoint_url) as proxy:
        proxy.inject(Status(503, retry_after=1), method="PUT", times=2)
        proxy.inject(Reset(after=1000), path="/big")
        ...  # a client of proxy.endpoint_url
        assert [request.status for request in proxy.requests] == [503, 503, 200]

It stands before any HTTP server. The Host header passes unchanged, so signatures hold.
"""

from __future__ import annotations

import asyncio
import re
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Self
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from codomyrmex.cloud.testing.backends._proxy import Connection, Cut, Ending, Fault, Head, Request

_S3_CODES = {403: "AccessDenied", 500: "InternalError", 503: "SlowDown"}


@dataclass(frozen=True, kw_only=True)
class _Break(Fault):
    """Something ends after so many bytes of the response's body. A shorter body passes whole.

    0: nothing is sent of the response, not even its head. None: nor does the server get the request.
    """

    after: int | None = None

    @property
    def forwards(self) -> bool:
        return self.after is not None

    @property
    def at(self) -> int:
        return self.after or 0


@dataclass(frozen=True, kw_only=True)
class Reset(_Break):
    """The connection is reset (RST)."""

    def act(self, piece: bytes) -> bytes:
        raise Cut(Ending.RESET)


@dataclass(frozen=True, kw_only=True)
class Stall(_Break):
    """Nothing more comes, and the connection stays open until the client gives up."""

    def act(self, piece: bytes) -> bytes:
        raise Cut(Ending.STALL)


@dataclass(frozen=True, kw_only=True)
class Truncate(Fault):
    """The response's body ends after so many bytes. A shorter body passes whole."""

    after: int
    silent: bool = False
    """The Content-Length says what is sent, so that HTTP finds nothing wrong; else the connection closes early."""

    @property
    def at(self) -> int:
        return self.after

    def head(self, head: Head) -> Head:
        return head.with_length(self.after) if self.silent else head

    def act(self, piece: bytes) -> bytes:
        raise Cut(Ending.WHOLE if self.silent else Ending.CLOSE)


@dataclass(frozen=True, kw_only=True)
class Corrupt(Fault):
    """One byte of the response's body is another. A body without that byte passes as it is."""

    at: int = 0

    def act(self, piece: bytes) -> bytes:
        return bytes(255 - byte for byte in piece[:1]) + piece[1:]


@dataclass(frozen=True, kw_only=True)
class CorruptRequest(Corrupt):
    """One byte of the request's body is another."""

    of_request = True


@dataclass(frozen=True)
class Slow(Fault):
    """Both bodies pass at this rate."""

    bytes_per_second: float


@dataclass(frozen=True)
class Status(Fault):
    """Another response: this status, an error of S3 for a body unless told otherwise."""

    status: int
    _: None = field(default=None, kw_only=True)
    code: str = ""
    """S3's, such as ``"SlowDown"``; the usual one of the status if not given."""
    retry_after: float | str | None = None
    """Seconds, or a date of HTTP."""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    forwards: bool = False
    """Whether the server gets the request, and does what it says, before the client is told this."""
