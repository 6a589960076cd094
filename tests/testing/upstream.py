"""A plain server of HTTP/1.1 that faults are injected before."""

import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import urlsplit

BLOCK = bytes(range(256)) * 1024


class Arrived(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: tuple[str, int]


class Upstream(ThreadingHTTPServer):
    """Answers by path, and keeps what it got: ``/echo`` the request's body, ``/bytes/N`` so many bytes,
    ``/chunked`` the same in chunks, ``/204`` and the like that status, ``/early`` before it reads the body,
    ``/closes`` not at all.
    """

    daemon_threads = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.endpoint_url = f"http://127.0.0.1:{self.server_port}"
        self.arrived = []
        self.broken = threading.Event()
        """A request whose body ended too early came in."""

    def __enter__(self):
        self.thread = threading.Thread(target=self.serve_forever, args=[0.02])
        self.thread.start()
        return self

    def __exit__(self, *exc_info):
        self.shutdown()
        self.thread.join()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20

    def do_GET(self):
        kind, _, size = urlsplit(self.path).path[1:].partition("/")
        if kind == "early":
            self.close_connection = True
            self.answer(403, b"no")
            return
        body = self.read_body()
        self.server.arrived.append(
            Arrived(self.command, self.path, dict(self.headers.items()), body, self.client_address)
        )
        if kind == "closes":
            self.close_connection = True
        elif kind in ("bytes", "chunked"):
            self.stream(int(size), chunked=kind == "chunked")
        elif kind.isdigit():
            self.answer(int(kind), None if kind in ("204", "304") else b"")
        else:
            self.answer(200, body)

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET

    def handle_expect_100(self):
        return self.path == "/early" or super().handle_expect_100()

    def read_body(self):
        """The body; of a large one its length in digits."""
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body
        length = left = int(self.headers.get("Content-Length") or 0)
        body = b""
        while left:
            piece = self.rfile.read(min(left, 1 << 20))
            if not piece:
                self.server.broken.set()
                raise ConnectionAbortedError
            left -= len(piece)
            body = piece if not body else body + piece if length < 1 << 24 else body
        return body if length < 1 << 24 else b"%d" % length

    def answer(self, status, body):
        self.send_response(status)
        if body is not None:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if body and self.command != "HEAD":
            self.wfile.write(body)

    def stream(self, size, *, chunked):
        self.send_response(200)
        self.send_header(*(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(size))))
        self.end_headers()
        if self.command == "HEAD":
            return
        for start in range(0, size, len(BLOCK)):
            piece = BLOCK[: size - start]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def handle(self):
        with suppress(ConnectionError):  # the proxy broke off
            super().handle()

    def log_message(self, *args):
        pass
