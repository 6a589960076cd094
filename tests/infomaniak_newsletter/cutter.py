"""A relay that breaks one exchange after so many bytes, of the request or of the answer."""

import socket
import threading
from contextlib import contextmanager, suppress
from socket import SO_LINGER, SOL_SOCKET


class Cutter:
    """Relays to ``port``. The next request that begins with ``PUT`` is cut as `arm` says, the others are not."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._armed: tuple[str, int, bool] | None = None
        self.passed = {"request": 0, "answer": 0}
        """Bytes of the last PUT and of its answer."""

    def arm(self, side: str, after: int, *, reset: bool) -> None:
        """Break the next PUT after so many bytes of its ``request`` or ``answer``, by a reset or by the end."""
        self._armed = (side, after, reset)

    def run(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._port)) as server, suppress(OSError):
            reset = False
            while request := _message(client):
                put = request.startswith(b"PUT")
                side, after, reset = (put and self._armed) or ("", 0, False)
                if put:
                    self._armed, self.passed["request"] = None, len(request)
                if side == "request" and after < len(request):
                    server.sendall(request[:after])
                    _reset(server)  # it might take an end for that of the headers
                    break
                server.sendall(request)
                answer = _message(server)
                if put:
                    self.passed["answer"] = len(answer)
                client.sendall(answer[:after] if side == "answer" else answer if not side else b"")
                if side:
                    break
            if reset:
                _reset(client)


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
def cutting(port: int):
    """A relay until the end of the block."""
    cutter = Cutter(port)
    thread = threading.Thread(target=cutter.run, daemon=True)
    thread.start()
    yield cutter
    cutter.close()
    thread.join()
