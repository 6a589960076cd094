"""Servers that speak TLS on loopback, with certificates that clients trust or not."""

import socket
import ssl
import threading
from contextlib import suppress

import trustme

_ANSWER = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class TlsServer:
    """Answers every request over TLS, by 404. A context manager.

    :param names: of the certificate.
    :param authority: that signed it.
    :param tunnel: be a proxy first, and the server of every host that clients CONNECT to.
    :param cut: how many connections are closed before the handshake.
    :param reset: whether they are closed by a reset.
    :param answer: to every request.
    :param options: of `trustme.CA.issue_cert`.
    """

    def __init__(self, *names, authority=None, tunnel=False, cut=0, reset=True, answer=_ANSWER, **options):
        self.authority = authority or trustme.CA()
        self.connections = self.requests = 0
        self._tunnel, self._cut, self._reset, self._sent = tunnel, cut, reset, answer
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(*(names or ["127.0.0.1"]), **options).configure_cert(self._context)

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"https://{self.host}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc_info):
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            if self.connections <= self._cut:
                connection.recv(1 if self._reset else 65536)
                connection.close()  # a reset, where it is not read to its end
                continue
            with connection, suppress(OSError):
                connection.settimeout(10)
                self._answer(connection)

    def _answer(self, connection):
        if self._tunnel:
            _read_head(connection)
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with self._context.wrap_socket(connection, server_side=True) as inside:
            if _read_head(inside):
                self.requests += 1
                inside.sendall(self._sent)
                inside.unwrap()


def _read_head(connection):
    """Whether the head of a request came."""
    head = b""
    while b"\r\n\r\n" not in head:
        if not (data := connection.recv(1)):
            return False
        head += data
    return True
