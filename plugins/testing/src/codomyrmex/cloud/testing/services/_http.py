"""HTTP/1.1 on loopback for an `ApiServer`, in threads of this process.

h11 knows the protocol's rules: how bodies are framed, HTTP/1.0, HEAD, ``Expect: 100-continue``, and what is malformed.
The standard library's server knows neither chunked bodies nor what a wrong Content-Length is.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import traceback
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, ClassVar, Literal, NamedTuple, Protocol
from urllib.parse import parse_qsl, urlsplit

import h11

_STALLED_SECONDS = 30.0
_LEAVING_SECONDS = 5.0  # for a response that is being made when the listener ends
_UNREAD_SECONDS = 1.0
_ACCEPTS_AGAIN_SECONDS = 0.01
_PIECE_BYTES = 256 * 1024
_HEAD_BYTES = 64 * 1024
_RESET_ON_CLOSE = b"\1\0\0\0\0\0\0\0"  # SO_LINGER for 0 seconds

Break = Literal["", "reset", "truncated", "stalled"]
"""How a response is broken: ``reset`` sends none, ``truncated`` half of it, ``stalled`` none before the server ends."""


class ReceivedRequest(NamedTuple):
    """A request as it came over the wire."""

    method: str
    target: str
    """Path and query, as they were written; below the API's root."""
    headers: dict[str, str]
    """Names are in lower case."""
    body: bytes
    operation: str | None = None
    """The name of what is asked for; None where there is no such operation."""

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the query, decoded."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def json(self) -> Any:
        """What the body holds. ValueError if that is no JSON."""
        return json.loads(self.body)


class Response(NamedTuple):
    """What a server sends."""

    status: int
    body: Any = None
    """Bytes are sent as they are, all else as JSON."""
    headers: Mapping[str, str] = {}
    fault: Break = ""


class Service(Protocol):
    """What a listener serves: see `codomyrmex.cloud.testing.services.ApiServer`."""

    root: ClassVar[str]
    url: str
    violations: list[str]
    connections: set[tuple[str, int]]
    released: threading.Event

    def handle(self, request: ReceivedRequest) -> Response:
        """The response to a request."""

    def refusal(self, status: int, description: str) -> Response:
        """The response to what is no request of the API, in the API's own form."""


class Listener:
    """A port on loopback, at which one service after another may be served.

    Args:
        service: the first one. Its ``url`` is set.
        port: 0 for a free one.
    """

    def __init__(self, service: Service, port: int = 0) -> None:
        self._socket = socket.create_server(("127.0.0.1", port), backlog=128)
        self.server_port: int = self._socket.getsockname()[1]
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, socket.socket] = {}
        self._is_closed = False
        self.serve(service)
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()
        _listeners.add(self)

    def serve(self, service: Service) -> None:
        """Serve this one from now on."""
        self.service = service
        service.url = f"http://127.0.0.1:{self.server_port}{service.root}"

    def close(self) -> None:
        """Return when nothing is answered any more, also on connections that clients keep open."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
        self.service.released.set()
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.server_port), 1):
            pass  # it ends the wait for a connection
        self._acceptor.join()
        _shut(self._socket)  # for processes too that were forked from this one
        self._socket.close()
        with self._lock:
            remaining = dict(self._connections)
        for connection in remaining.values():
            _shut(connection)
        for thread in remaining:
            thread.join(_LEAVING_SECONDS)

    def leave_to_parent(self) -> None:
        """In a process that was forked: keep neither the port nor a connection open."""
        self._is_closed = True
        for inherited in (self._socket, *self._connections.values()):
            inherited.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, address = self._socket.accept()
            except OSError:  # such as a client that went away before, or no file descriptor left
                if self._is_closed:
                    return
                time.sleep(_ACCEPTS_AGAIN_SECONDS)
                continue
            with self._lock:
                if self._is_closed:
                    connection.close()
                    return
                thread = threading.Thread(target=self._converse, args=(connection, address), daemon=True)
                self._connections[thread] = connection
            thread.start()

    def _converse(self, connection: socket.socket, address: tuple[str, int]) -> None:
        try:
            with connection, suppress(OSError):  # a client that went away
                _Conversation(self, connection, address).run()
        finally:
            with self._lock:
                self._connections.pop(threading.current_thread(), None)


class _Conversation:
    """One connection: requests and their responses."""

    def __init__(self, listener: Listener, connection: socket.socket, address: tuple[str, int]) -> None:
        self._listener, self._socket, self._address = listener, connection, address
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_HEAD_BYTES)
        self._is_head = False
        """Whether the response has no body, as it is one to HEAD."""
        self._is_ended = False
        """Whether the client sends no more."""
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run(self) -> None:
        """Respond until one side has enough."""
        while self._exchange():
            if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                return
            self._http.start_next_cycle()

    def _exchange(self) -> bool:
        """Respond to one request. Returns whether another may follow."""
        try:
            request = self._request()
        except h11.RemoteProtocolError as error:
            self._refuse(error)
            return False
        if request is None:
            return False
        service = self._listener.service
        service.connections.add(self._address)
        try:
            response = service.handle(request)
        except Exception as error:  # a fault of the server, which the test must show
            trace = "".join(traceback.format_exception(error))
            service.violations.append(f"{request.method} {request.target} broke the service: {error!r}\n{trace}")
            response = service.refusal(500, repr(error))
        return self._send(response)

    def _request(self) -> ReceivedRequest | None:
        """The next request, whole; None where the client has no more."""
        head = self._event()
        if not isinstance(head, h11.Request):
            return None
        self._is_head = head.method == b"HEAD"
        if self._http.they_are_waiting_for_100_continue:
            self._socket.sendall(self._bytes(h11.InformationalResponse(status_code=100, headers=[])))
        pieces = []
        while isinstance(event := self._event(), h11.Data):
            pieces.append(bytes(event.data))
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
        return ReceivedRequest(head.method.decode(), head.target.decode(), headers, b"".join(pieces))

    def _event(self) -> h11.Event:
        while True:
            event = self._http.next_event()
            if isinstance(event, h11.Event):
                return event
            if event is h11.PAUSED:
                raise h11.RemoteProtocolError("something follows the request before its response")
            data = self._socket.recv(_PIECE_BYTES)
            self._is_ended = not data
            self._http.receive_data(data)

    def _refuse(self, error: h11.RemoteProtocolError) -> None:
        """Respond to what is no request. One that breaks off may be the network's fault, and violates nothing."""
        service = self._listener.service
        if not self._is_ended:
            service.violations.append(f"no HTTP: {error}")
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._send(service.refusal(error.error_status_hint, str(error)))
        self._discard()

    def _discard(self) -> None:
        """Read for a moment what still comes, as closing before would reset the connection, and lose the response."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            self._socket.settimeout(_UNREAD_SECONDS)
            while self._socket.recv(_PIECE_BYTES):
                pass

    def _send(self, response: Response) -> bool:
        """Send a response, or what its fault leaves of it. Returns whether it is whole."""
        if response.fault == "reset":
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            return False
        if response.fault == "stalled":
            self._listener.service.released.wait(_STALLED_SECONDS)
            return False
        body = response.body if isinstance(response.body, bytes) else json.dumps(response.body).encode()
        headers = {"Content-Type": "application/json", **{name: str(value) for name, value in response.headers.items()}}
        if response.status in (204, 304):
            body = b""
        else:
            headers["Content-Length"] = str(len(body))
        if self._is_head:
            body = b""
        is_cut = response.fault == "truncated" and response.status != 204
        try:
            data = self._bytes(h11.Response(status_code=response.status, headers=list(headers.items())))
            data += self._bytes(h11.Data(data=body[: len(body) // 2] if is_cut else body))
            data += b"" if is_cut else self._bytes(h11.EndOfMessage())
        except h11.LocalProtocolError as error:  # no response that a test could mean
            self._listener.service.violations.append(f"{response} is no response of HTTP: {error}")
            return False
        self._socket.sendall(data)
        if is_cut:
            _shut(self._socket)
        return not is_cut

    def _bytes(self, event: h11.Event) -> bytes:
        return self._http.send(event) or b""


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


_listeners: weakref.WeakSet[Listener] = weakref.WeakSet()


def _leave_all_to_parent() -> None:
    for listener in list(_listeners):
        listener.leave_to_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_all_to_parent)


@contextmanager
def listening(service: Service, port: int = 0) -> Iterator[Listener]:
    """A listener until the end of the block, which serves this service first; on a free port where none is given."""
    listener = Listener(service, port)
    try:
        yield listener
    finally:
        listener.close()
