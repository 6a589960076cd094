"""HTTP on loopback for an `ApiServer`, in threads of this process."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, SO_LINGER, SOL_SOCKET
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from codomyrmex.cloud.testing.services._api_server import ApiServer

_STALLED_FOR = 30.0  # seconds at most
_ENDS_WITHIN = 0.05  # seconds


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


class Listener(ThreadingHTTPServer):
    """A port on loopback, at which one service after another may be served."""

    request_queue_size = 128

    def __init__(self, service: ApiServer, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.serve(service)

    def serve(self, service: ApiServer) -> None:
        """Serve this one from now on."""
        self.service = service
        service.url = f"http://127.0.0.1:{self.server_port}{service.root}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that went away."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Listener
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # a response goes out whole, or each waits 40 ms for an acknowledgement
    disable_nagle_algorithm = True

    def respond(self) -> None:
        """Have the service answer one request."""
        service = self.server.service
        service.connections.add(self.client_address)
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = int(headers.get("content-length", 0))
        body = self.rfile.read(length)
        if len(body) < length:  # it broke off: nothing was asked
            self.close_connection = True
            return
        try:
            response = service.handle(ReceivedRequest(self.command, self.path, headers, body))
        except Exception as error:  # a fault of the server, which the test must show
            service.violations.append(f"{self.command} {self.path} broke the service: {error!r}")
            response = Response(500, {"message": repr(error)})
        self.send(response)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = respond  # noqa: N815 - names of the standard library

    def send(self, response: Response) -> None:
        """Send a response, or what its fault leaves of it."""
        body = response.body if isinstance(response.body, bytes) else json.dumps(response.body).encode()
        if response.fault == "reset":
            self.connection.setsockopt(SOL_SOCKET, SO_LINGER, b"\1\0\0\0\0\0\0\0")  # closing then resets
            self.close_connection = True
            self.connection.close()
            return
        if response.fault == "stalled":
            self.server.service.released.wait(_STALLED_FOR)
            self.close_connection = True
            return
        self.send_response(response.status)
        for name, value in {"Content-Type": "application/json", **response.headers}.items():
            self.send_header(name, value)
        if response.status == 204:
            self.end_headers()
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if response.fault == "truncated":
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.connection.shutdown(SHUT_RDWR)
            self.close_connection = True
            return
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@contextmanager
def listening(service: ApiServer) -> Iterator[Listener]:
    """A listener on a free port until the end of the block, which serves this service first."""
    with Listener(service) as listener:
        thread = threading.Thread(target=listener.serve_forever, args=[_ENDS_WITHIN], daemon=True)
        thread.start()
        try:
            yield listener
        finally:
            listener.shutdown()
            thread.join()
