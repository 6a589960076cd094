"""A proxy that does to HTTP what networks and busy services do.

    with FaultProxy(server.endpoint_url) as proxy:
        proxy.inject(Status(503, retry_after=1), method="PUT", times=2)
        proxy.inject(Truncate(after=1000), path="/big")
        ...  # a client of proxy.endpoint_url
        assert [request.status for request in proxy.requests] == [503, 503, 200]

It stands before any server of HTTP. The Host header passes unchanged, so signatures hold.
"""

from __future__ import annotations

import asyncio
import http.client
import re
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

import h11
from codomyrmex.cloud.testing.backends._exchange import PIECE_BYTES, Connection, Effect, Ending, Fault, Request

_S3_CODES = {403: "AccessDenied", 500: "InternalError", 503: "SlowDown"}


@dataclass(frozen=True)
class Status(Fault):
    """Another response: this status, with an error of S3 for a body unless told otherwise."""

    status: int
    _: KW_ONLY
    code: str = ""
    """S3's, such as ``"SlowDown"``; if not given, one that goes with the status."""
    retry_after: float | str | None = None
    """Seconds, or a date as in HTTP."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    forward: bool = False
    """Whether the server gets the request, and does it, before the client is told otherwise."""

    def _effect(self) -> Effect:
        phrase = http.client.responses.get(self.status, "Unknown")
        content = self.body
        if content is None:
            code = self.code or _S3_CODES.get(self.status) or phrase.title().replace(" ", "")
            content = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code></Error>'.encode()
        headers = {"Content-Type": "application/xml", "Content-Length": str(len(content)), **self.headers}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        answer = h11.Response(status_code=self.status, headers=list(headers.items()), reason=phrase)
        return Effect(forwards=self.forward, answer=answer, content=content)


@dataclass(frozen=True)
class Reset(Fault):
    """The connection is reset after so many bytes of the response's body. A shorter body passes whole.

    0: the client gets nothing of the response. None: nor does the server get the request.
    """

    after: int | None = None

    def _effect(self) -> Effect:
        return Effect(forwards=self.after is not None, at=self.after or 0, ending=Ending.RESET)


@dataclass(frozen=True)
class Stall(Fault):
    """Nothing more comes after so many bytes of the response's body, until the client hangs up.

    0 and None as for `Reset`.
    """

    after: int | None = None

    def _effect(self) -> Effect:
        return Effect(forwards=self.after is not None, at=self.after or 0, ending=Ending.STALL)


@dataclass(frozen=True)
class Truncate(Fault):
    """The connection is closed after so many bytes of the response's body. A shorter body passes whole."""

    after: int
    _: KW_ONLY
    silent: bool = False
    """Instead the body ends there by its Content-Length too: HTTP finds nothing wrong."""

    def _effect(self) -> Effect:
        return Effect(at=self.after, ending=Ending.WHOLE if self.silent else Ending.CLOSE)


@dataclass(frozen=True)
class Corrupt(Fault):
    """One byte of the response's body is another. A shorter body passes as it is."""

    at: int = 0

    def _effect(self) -> Effect:
        return Effect(at=self.at)


@dataclass(frozen=True)
class CorruptRequest(Fault):
    """The server gets one byte of the request's body as another. A shorter body passes as it is."""

    at: int = 0

    def _effect(self) -> Effect:
        return Effect(at=self.at, of_request=True)


@dataclass(frozen=True)
class Slow(Fault):
    """The bodies of request and response pass at this rate."""

    bytes_per_second: float

    def _effect(self) -> Effect:
        return Effect(bytes_per_second=self.bytes_per_second)


@dataclass
class _Rule:
    fault: Fault
    method: str | None
    path: re.Pattern[str] | None
    nth: int
    times: float
    seen: int = 0

    def sees(self, request: Request) -> bool:
        """Count the request if it is one of those. Whether its turn has come."""
        if self.method not in (None, request.method) or (self.path and not self.path.search(request.path)):
            return False
        self.seen += 1
        return self.seen >= self.nth and self.times > 0


class FaultProxy:
    """A proxy before one server, in a thread of its own, from ``start()`` to ``stop()`` or as a context manager."""

    endpoint_url: str
    """Where clients find it: the URL of the server with the proxy's host and port."""

    def __init__(self, upstream_url: str) -> None:
        """:param upstream_url: of the server: ``http://``, host, port, and a path if it has one."""
        self._upstream = urlsplit(upstream_url)
        self._lock = threading.Lock()
        self._rules: list[_Rule] = []
        self._requests: list[Request] = []

    def inject(
        self,
        fault: Fault,
        *,
        method: str | None = None,
        path: str | re.Pattern[str] | None = None,
        nth: int = 1,
        times: int | None = 1,
    ) -> None:
        """Do this to requests from now on. Of several faults for one request the oldest has it.

        :param method: to requests with this method.
        :param path: to requests whose path and query, as they are sent, hold this.
        :param nth: from the nth such request on.
        :param times: to so many; None: to all until `clear`.
        """
        pattern = re.compile(re.escape(path)) if isinstance(path, str) else path
        with self._lock:
            self._rules.append(_Rule(fault, method, pattern, nth, float("inf") if times is None else times))

    def clear(self) -> None:
        """Inject nothing any more, and forget the requests."""
        with self._lock:
            self._rules.clear()
            self._requests.clear()

    @property
    def requests(self) -> list[Request]:
        """Those that came by so far, in the order of their arrival."""
        with self._lock:
            return list(self._requests)

    def start(self) -> Self:
        """Listen on a free port of 127.0.0.1."""
        started: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, args=[started], name="fault-proxy", daemon=True)
        self._thread.start()
        self.endpoint_url = self._upstream._replace(netloc=f"127.0.0.1:{started.result()}").geturl()
        return self

    def stop(self) -> None:
        """Break all connections, and listen no more."""
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def _run(self, started: Future[int]) -> None:
        asyncio.run(self._serve(started))

    async def _serve(self, started: Future[int]) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=PIECE_BYTES)
        started.set_result(server.sockets[0].getsockname()[1])
        await self._stopped.wait()
        server.close()

    async def _connected(self, *streams: Any) -> None:
        await Connection(streams, (self._upstream.hostname or "", self._upstream.port or 80), self._choose).run()

    def _choose(self, method: str, path: str) -> tuple[Request, Fault | None]:
        request = Request(method, path)
        with self._lock:
            self._requests.append(request)
            due = [rule for rule in self._rules if rule.sees(request)]
            if not due:
                return request, None
            due[0].times -= 1
            return request, due[0].fault
