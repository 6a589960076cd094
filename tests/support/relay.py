"""A relay between a client and a service that breaks one exchange in any way a network or a gateway can.

`relaying` serves it. `Relay.arm` says which exchange is broken, and by which `Fault`; the others pass. `CUTS`,
`STALLS`, `REFUSALS`, `LIES` and `UNREADABLE` are all the faults, by name.
"""

import json
import re
import socket
import threading
from collections.abc import Callable
from contextlib import contextmanager, suppress
from socket import SHUT_RDWR, SHUT_WR, SO_LINGER, SOL_SOCKET
from typing import Any, NamedTuple


class Fault(NamedTuple):
    """What becomes of one exchange."""

    sent: Callable[[bytes], bytes] | None = None
    """How much of the request reaches the service; None: the whole, and so it is executed. Nothing of it, or a part,
    is not."""
    told: Callable[[bytes], bytes] = lambda answer: answer
    """What the client gets of the answer, or in its place."""
    ending: str = ""
    """What comes after that: ``reset``, ``end``, ``stall`` (nothing, until the client gives up); else it goes on."""
    at_once: bool = False
    """Whether it befalls the next connection, before its request is read."""

    @property
    def executed(self) -> bool:
        """Whether the service got the whole request."""
        return self.sent is None


def nothing(_: bytes) -> bytes:
    return b""


def _upto(place: Callable[[bytes], int]) -> Callable[[bytes], bytes]:
    return lambda message: message[: place(message)]


def head_end(message: bytes) -> int:
    """The length of a message's head, with the empty line after it."""
    return message.index(b"\r\n\r\n") + 4


def _first_line(message: bytes) -> int:
    return message.index(b"\r\n")


def _inside_header(message: bytes) -> int:
    """Within the last header's name: so that those before it are whole."""
    return message.rindex(b"\r\n", 0, head_end(message) - 4) + 4


_REQUEST = {
    "before the request": nothing,
    "in the request's first line": _upto(lambda request: _first_line(request) // 2),
    "in the request's headers": _upto(_inside_header),
    "before the request's empty line": _upto(lambda request: head_end(request) - 2),
    "in the request's body": _upto(lambda request: min((head_end(request) + len(request)) // 2, len(request) - 1)),
}
_ANSWER = {
    "before the answer": nothing,
    "in the status line": _upto(lambda answer: answer.index(b" ") + 2),
    "in the reason": _upto(lambda answer: _first_line(answer) - 1),
    "after the status line": _upto(lambda answer: _first_line(answer) + 2),
    "in the first header": _upto(lambda answer: _first_line(answer) + 5),
    "after the first header": _upto(lambda answer: answer.index(b"\r\n", _first_line(answer) + 2) + 2),
    "in the last header": _upto(_inside_header),
    "before the empty line": _upto(lambda answer: head_end(answer) - 2),
    "in the empty line": _upto(lambda answer: head_end(answer) - 1),
    "after the headers": _upto(head_end),
    "in the body": _upto(lambda answer: (head_end(answer) + len(answer)) // 2),
    "one byte before the end": _upto(lambda answer: len(answer) - 1),
}
CUTS: dict[str, Fault] = {
    **{f"{end} at accept": Fault(nothing, nothing, end, at_once=True) for end in ("reset", "end")},
    **{f"{end} {place}": Fault(part, nothing, end) for place, part in _REQUEST.items() for end in ("reset", "end")},
    **{f"{end} {place}": Fault(None, part, end) for place, part in _ANSWER.items() for end in ("reset", "end")},
}
"""The connection breaks."""
PASSES: dict[str, Fault] = {"end after the answer": Fault(None, ending="end")}
"""What harms nobody."""
STALLS: dict[str, Fault] = {
    "stall before the request": Fault(nothing, nothing, "stall"),
    **{f"stall {place}": Fault(None, _ANSWER[place], "stall") for place in ("before the answer", "in the last header",
                                                                         "after the headers", "in the body")},
}  # fmt: skip
"""Nothing comes any more."""


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    """An answer as it is on the wire."""
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    if status != 204:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def in_place(wire: bytes, *, executed: bool) -> Fault:
    """The answer is another one."""
    return Fault(None if executed else nothing, lambda _: wire)


def _both(answers: dict[str, bytes]) -> dict[str, Fault]:
    return {
        f"{name}, {'executed' if executed else 'not executed'}": in_place(wire, executed=executed)
        for name, wire in answers.items()
        for executed in (True, False)
    }


_JSON = {"Content_Type": "application/json"}
RATE = {"429": in_place(answer(429, b'{"message": "slow down"}', Retry_After="0", **_JSON), executed=False)}
"""The one answer that says that nothing was done."""
REFUSALS: dict[str, Fault] = RATE | _both(
    {
        "408": answer(408),
        "499": answer(499),
        "500": answer(500, b'{"message": "it broke"}', **_JSON),
        "502 a page": answer(502, b"<html>Bad Gateway</html>", Content_Type="text/html"),
        "503": answer(503, b"", Retry_After="0"),
        "504": answer(504, b"<html>Gateway Timeout</html>", Content_Type="text/html"),
        "301": answer(301, b"", Location="/elsewhere"),
        "307": answer(307, b"", Location="/elsewhere"),
    }
)
"""A gateway answers."""
EMPTY: dict[str, bytes] = {
    "an empty 200": answer(200),
    "a 200 of no length": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
    "204": answer(204),
    "an empty object": answer(200, b"{}", **_JSON),
}
LIES: dict[str, Fault] = _both(EMPTY)
"""A success that says nothing. (The one of no length ends the connection.)"""
LIES = {name: fault._replace(ending="end" if "no length" in name else "") for name, fault in LIES.items()}
UNREADABLE: dict[str, Fault] = _both(
    {
        "null": answer(200, b"null", **_JSON),
        "a list": answer(200, b"[]", **_JSON),
        "text": answer(200, b"<html>Log in</html>", Content_Type="text/html"),
        "half a JSON": answer(200, b'{"id": "x", "requestId": "y', **_JSON),
    }
)
"""A success that is none of the service's."""
ALL: dict[str, Fault] = {**CUTS, **PASSES, **STALLS, **REFUSALS, **LIES, **UNREADABLE}
OUTLASTED = {name for name in (*CUTS, *PASSES, *STALLS, *REFUSALS) if name[:3] not in ("301", "307")}
"""Names of those that a read outlasts if they befall it once."""
MOST_HARM = (
    "end at accept", "reset in the request's body", "reset before the answer", "end after the status line",
    "end in the last header", "end in the body", "stall before the answer", "429", "502 a page, executed",
    "301, executed", "an empty object, not executed", "half a JSON, executed",
)  # fmt: skip
"""Names of faults, one of each kind, for a quick look."""
FEW = ("reset before the answer", "end in the last header", "502 a page, executed", "an empty object, not executed")
"""Still fewer."""


def changed(change: Callable[[Any], Any]) -> Fault:
    """The answer's JSON is what ``change`` makes of it."""

    def told(wire: bytes) -> bytes:
        status = int(wire.split(b" ", 2)[1])
        return answer(status, json.dumps(change(json.loads(wire[head_end(wire) :]))).encode(), **_JSON)

    return Fault(None, told)


class Relay:
    """Relays to ``port`` of this host."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._lock = threading.Lock()
        self._armed: list[tuple[Fault, re.Pattern[bytes]]] = []
        self.broken = 0
        """How many exchanges were broken."""
        self.passed = {"request": 0, "answer": 0}
        """Bytes of the last exchange that was not broken, if its method is none of those that only read."""

    def arm(self, fault: Fault, request: str = ".*", times: int = 1) -> None:
        """Break the next exchanges whose request line matches, such as ``PUT .*/rows/``."""
        with self._lock:
            self._armed += [(fault, re.compile(request.encode()))] * times

    @property
    def timeout(self) -> float:
        """Seconds after which a client is to give up: few where it waits in vain, else what a busy machine needs."""
        with self._lock:
            return 1.0 if any(fault.ending == "stall" for fault, _ in self._armed) else 20.0

    def run(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(SHUT_RDWR)
        self._listener.close()

    def _take(self, request_line: bytes | None) -> Fault | None:
        """The fault for this request, or for a new connection."""
        with self._lock:
            for armed in self._armed:
                fault, pattern = armed
                if fault.at_once if request_line is None else not fault.at_once and pattern.match(request_line):
                    self._armed.remove(armed)
                    self.broken += 1
                    return fault
        return None

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            if fault := self._take(None):
                self._end(client, fault)
                return
            with socket.create_connection(("127.0.0.1", self._port)) as server:
                while self._exchange(client, server):
                    pass

    def _exchange(self, client: socket.socket, server: socket.socket) -> bool:
        """One request and its answer. False if the connections are done."""
        if not (request := _message(client)):
            return False
        fault = self._take(request[: _first_line(request)])
        part = b""
        if fault and fault.sent:
            if part := fault.sent(request):
                server.sendall(part)
                _reset(server)  # it might take an end for that of the headers
            told = fault.told(b"")
        else:
            server.sendall(request)
            if not (received := _message(server)):
                return False
            told = fault.told(received) if fault else received
            if not fault and request[:3] != b"GET":
                self.passed = {"request": len(request), "answer": len(received)}
        client.sendall(told)
        if fault and fault.ending:
            self._end(client, fault)
        return bool(told) and not part and not (fault and fault.ending)

    def _end(self, client: socket.socket, fault: Fault) -> None:
        if fault.ending == "stall":
            client.settimeout(30)
            client.recv(1)  # until it gives up
        elif fault.ending == "reset":
            _reset(client)
        else:
            client.shutdown(SHUT_WR)


def _reset(peer: socket.socket) -> None:
    """Have it reset when it is closed."""
    peer.setsockopt(SOL_SOCKET, SO_LINGER, b"\1\0\0\0\0\0\0\0")


def _message(peer: socket.socket) -> bytes:
    """A whole request or answer; nothing at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := peer.recv(65536)):
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    missing = int(lengths[0]) - len(body) if lengths else 0
    while missing > 0 and (more := peer.recv(missing)):
        data += more
        missing -= len(more)
    return data


@contextmanager
def relaying(port: int):
    """A relay until the end of the block."""
    relay = Relay(port)
    thread = threading.Thread(target=relay.run, daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        relay.close()
        thread.join()
