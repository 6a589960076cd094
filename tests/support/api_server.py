"""What the vendors' APIs on loopback share: real HTTP, a record of the requests, and faults that a test orders.

`Service` is the base of a vendor's service, which has its state and its operations. `running` serves it.
"""

import json
import threading
import time
from collections import deque
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, SO_LINGER, SOL_SOCKET
from types import ModuleType
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qsl, urlsplit


class Received(NamedTuple):
    """A request as it came over the wire."""

    method: str
    target: str
    """Path and query, as they were written."""
    headers: dict[str, str]
    body: bytes
    operation: str | None = None
    """The contract's name of what is asked for; None where there is no such operation."""

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Answer(NamedTuple):
    status: int
    body: Any = None
    """Bytes are sent as they are, all else as JSON."""
    headers: dict[str, str] = {}
    fault: str = ""
    """``reset``: no answer, ``truncated``: half of it, ``stalled``: none before the test ends."""


class Fault(NamedTuple):
    """What happens to the next request of an operation."""

    operation: str
    """``*`` is any."""
    answer: Answer | None
    """None: the true answer, with ``fault``."""
    fault: str = ""
    executed: bool = False
    """Whether the request is executed before."""


class Refused(Exception):  # noqa: N818 - it is an answer
    def __init__(self, answer: Answer) -> None:
        self.answer = answer


class Service:
    """The base of a service: what it received, and what goes wrong. A subclass gives `contract` and `answer`."""

    contract: ClassVar[ModuleType]
    """Its ``find(method, path)`` gives the operation, which has a ``name``, and the parts of the path, or None."""
    root: ClassVar[str] = ""
    """The path of the API's URL."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.url = ""
        self.requests: list[Received] = []
        """Those so far, with targets below ``root``."""
        self.violations: list[str] = []
        """What the contract forbids, of all that was sent, and what the service itself could not answer."""
        self.effects: list[tuple[str, Any]] = []
        """What was carried out: the operation and what it changed. What changes nothing has no effect."""
        self.faults: list[Fault] = []
        self.refused = 0
        """How many requests were beyond the rate."""
        self.connections: set[tuple[str, int]] = set()
        self.released = threading.Event()
        """Ends what is stalled."""

    def fail(self, operation: str, answer: Answer | None = None, *, fault: str = "", executed=False, times=1) -> None:
        """Have the next requests of an operation fail."""
        self.faults += [Fault(operation, answer, fault, executed)] * times

    def changed(self, operation: str) -> list[Any]:
        """What an operation changed so far, once for each time."""
        with self.lock:
            return [target for name, target in self.effects if name == operation]

    def received(self, operation: str) -> list[Received]:
        """The requests of an operation so far."""
        return [request for request in self.requests if request.operation == operation]

    def answer(self, request: Received, found: tuple[Any, dict[str, str]] | None) -> Answer:
        """The true answer. ``found`` is what the contract finds; `Refused` is an answer too."""
        raise NotImplementedError

    def handle(self, request: Received) -> Answer:
        """The answer to a request: the true one, or what `fail` ordered."""
        with self.lock:
            path, mark, query = request.target.partition("?")
            if path.endswith("/"):  # it is the same without, as it is for most routers
                self.violations.append(f"{request.method} {request.target} ends with a slash")
                request = request._replace(target=path.rstrip("/") + mark + query)
            found = self.contract.find(request.method, urlsplit(request.target).path)
            request = request._replace(operation=found and found[0].name)
            self.requests.append(request)
            fault = self._fault(request.operation) if request.operation else None
            if fault and not fault.executed:
                return self._failing(fault)
            try:
                answer = self.answer(request, found)
            except Refused as refused:
                answer = refused.answer
            return self._failing(fault, answer) if fault else answer

    def count_request(self, rate: tuple[int, float], sent: deque[float]) -> bool:
        """Count a request against a rate, requests in seconds of a window that slides.

        Returns False where it is one too many. ``sent`` holds the times of those that were not.
        """
        allowed, seconds = rate
        now = time.monotonic()
        while sent and now - sent[0] >= seconds:
            sent.popleft()
        if len(sent) >= allowed:
            self.refused += 1
            return False
        sent.append(now)
        return True

    def _fault(self, operation: str) -> Fault | None:
        for fault in self.faults:
            if fault.operation in (operation, "*"):
                self.faults.remove(fault)
                return fault
        return None

    def _failing(self, fault: Fault, true: Answer | None = None) -> Answer:
        answer = fault.answer or true or Answer(200, {"data": "x" * 200})
        return answer._replace(fault=fault.fault)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer goes out whole, or each waits 40 ms for an acknowledgement
    disable_nagle_algorithm = True

    def respond(self) -> None:
        service: Service = self.server.service
        service.connections.add(self.client_address)
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = int(headers.get("content-length", 0))
        body = self.rfile.read(length)
        if len(body) < length:  # it broke off: nothing was asked
            self.close_connection = True
            return
        try:
            answer = service.handle(Received(self.command, self.path, headers, body))
        except Exception as error:  # a fault over here, which the test must show
            service.violations.append(f"{self.command} {self.path} broke the service: {error!r}")
            answer = Answer(500, {"message": repr(error)})
        self.send(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = respond

    def send(self, answer: Answer) -> None:
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        if answer.fault == "reset":
            self.connection.setsockopt(SOL_SOCKET, SO_LINGER, b"\1\0\0\0\0\0\0\0")  # closing then resets
            self.close_connection = True
            self.connection.close()
            return
        if answer.fault == "stalled":
            self.server.service.released.wait(30)
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if answer.status == 204:
            return
        if answer.fault == "truncated":
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.connection.shutdown(SHUT_RDWR)
            self.close_connection = True
            return
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128

    def __init__(self, service: Service, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.serve(service)

    def serve(self, service: Service) -> None:
        """Be this one from now on."""
        self.service = service
        service.url = f"http://127.0.0.1:{self.server_port}{service.root}"

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that went away


@contextmanager
def running(service: Service):
    """A server of it on a free port until the end of the block."""
    with Server(service) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)  # seconds until it ends
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
