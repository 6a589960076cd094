"""What the services share: a record of the requests, and faults that a test orders."""

from __future__ import annotations

import difflib
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, ClassVar, NamedTuple, Protocol, Self
from urllib.parse import urlsplit

from codomyrmex.cloud.testing.services._http import Break, ReceivedRequest, Response, listening


class Fault(NamedTuple):
    """What happens to the next request of an operation."""

    operation: str
    """``*`` is any."""
    response: Response | None
    """None: the true response, with ``fault``."""
    fault: Break = ""
    executed: bool = False
    """Whether the request is executed before."""


class Refused(Exception):  # noqa: N818 - a response of the service, and no error of it
    """Ends an operation with a response other than its success."""

    def __init__(self, response: Response) -> None:
        self.response = response


class Operation(Protocol):
    """A call of the API."""

    @property
    def name(self) -> str:
        """What it is called in `ApiServer.fail`, `ApiServer.received` and `ApiServer.changed`."""


Match = tuple[Any, dict[str, str]]
"""An `Operation`, and the parts of the path by their names."""


class Contract(Protocol):
    """What the API accepts."""

    @property
    def OPERATIONS(self) -> Sequence[Operation]:  # noqa: N802 - a constant of a module
        """All of them."""

    def find(self, method: str, path: str, /) -> Match | None:
        """The operation that a raw path leads to, and its parts as they are written."""


class ApiServer:
    """What the servers have in common: they are served over HTTP on loopback, in threads of this process.

    One is served while it is a context manager: ``with CodaServer() as server: ... server.url``. After the block
    nothing answers any more, also not on connections that a client keeps open. What it holds may be changed and looked
    at meanwhile; hold ``lock`` where requests may come at once. Processes that are started or forked meanwhile reach it
    by its URL; what the object holds is told in its own process alone.

    The class is public for what is documented of its servers. To write a server of one's own on it is not: what a
    subclass needs, such as its contract, may change.

    Args:
        port: the one of 127.0.0.1 to serve at; 0 for a free one.
    """

    contract: ClassVar[Contract]
    root: ClassVar[str] = ""
    """The path of the API's URL."""

    def __init__(self, *, port: int = 0) -> None:
        self.lock = threading.RLock()
        self.url = ""
        """The base URL for a client; empty before it is served."""
        self.requests: list[ReceivedRequest] = []
        """Those so far."""
        self.violations: list[str] = []
        """What the API forbids, of all that was sent, and what the server itself could not answer."""
        self.effects: list[tuple[str, Any]] = []
        """What was carried out: the operation and what it changed. What changes nothing has no effect."""
        self.faults: list[Fault] = []
        """What was ordered by `fail` and did not happen yet."""
        self.refused = 0
        """How many requests were beyond the rate."""
        self.connections: set[tuple[str, int]] = set()
        """The addresses that requests came from, one for each connection."""
        self.released = threading.Event()
        """Ends what is stalled."""
        self._port = port
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self.released.clear()
        self._stack.enter_context(listening(self, self._port))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    # For tests

    def fail(
        self,
        operation: str,
        response: Response | None = None,
        *,
        fault: Break = "",
        executed: bool = False,
        times: int = 1,
    ) -> None:
        """Have the next requests of an operation fail.

        Args:
            operation: its name, or ``*`` for any.
            response: what is answered; without it the true response, with ``fault``.
            fault: how the response is broken.
            executed: whether the request is carried out before.
            times: how many requests.

        Raises:
            ValueError: there is no such operation.
        """
        if operation != "*":
            self._check_operation(operation)
        self.faults += [Fault(operation, response, fault, executed)] * times

    def changed(self, operation: str) -> list[Any]:
        """What an operation changed so far, once for each time. ValueError for one that is not there."""
        self._check_operation(operation)
        with self.lock:
            return [target for name, target in self.effects if name == operation]

    def environment(self) -> dict[str, str]:
        """The environment variables that lead a client to it."""
        return {}

    def received(self, operation: str) -> list[ReceivedRequest]:
        """The requests of an operation so far. ValueError for one that is not there."""
        self._check_operation(operation)
        return [request for request in self.requests if request.operation == operation]

    # For the services

    def respond(self, request: ReceivedRequest, match: Match | None) -> Response:
        """The true response. ``match`` is what the contract finds; `Refused` is a response too."""
        raise NotImplementedError

    def refusal(self, status: int, description: str) -> Response:
        """The response to what leads to no operation, such as a request that is malformed: in the API's own form."""
        return Response(status, {"message": description})

    def handle(self, request: ReceivedRequest) -> Response:
        """The response to a request: the true one, or what `fail` ordered."""
        with self.lock:
            path, mark, query = request.target.partition("?")
            if path.endswith("/"):  # it is the same without, as it is for most routers
                self.violations.append(f"{request.method} {request.target} ends with a slash")
                request = request._replace(target=path.rstrip("/") + mark + query)
            match = self.contract.find(request.method, urlsplit(request.target).path)
            request = request._replace(operation=match and match[0].name)
            self.requests.append(request)
            fault = self._fault(request.operation) if request.operation else None
            if fault and not fault.executed:
                return self._failing(fault)
            try:
                response = self.respond(request, match)
            except Refused as refused:
                response = refused.response
            return self._failing(fault, response) if fault else response

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

    def _check_operation(self, name: str) -> None:
        names = [operation.name for operation in self.contract.OPERATIONS]
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
            raise ValueError(f"no operation {name!r}: {hint}")

    def _fault(self, operation: str) -> Fault | None:
        for fault in self.faults:
            if fault.operation in (operation, "*"):
                self.faults.remove(fault)
                return fault
        return None

    def _failing(self, fault: Fault, true: Response | None = None) -> Response:
        response = fault.response or true or Response(200, {"data": "x" * 200})
        return response._replace(fault=fault.fault)
