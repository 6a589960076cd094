"""A server on loopback whose certificate no authority vouches for."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from contextlib import suppress
from typing import Any, Self

_CERTIFICATE = os.path.join(os.path.dirname(__file__), "untrusted.pem")
_HANDSHAKE_TIMEOUT = 10.0  # seconds


class UntrustedServer:
    """Speaks TLS on 127.0.0.1, and nothing but TLS. A context manager.

    Its certificate is for that address and signed by itself, so that every client has to refuse it.
    """

    connections = 0
    """How many there were."""
    trusted_by = 0
    """How many clients accepted the certificate."""

    def __enter__(self) -> Self:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(_CERTIFICATE)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint_url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc_info: Any) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # which ends accept
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection, suppress(OSError):
                connection.settimeout(_HANDSHAKE_TIMEOUT)
                with self._context.wrap_socket(connection, server_side=True) as inside:
                    if inside.recv(1):  # with TLS 1.3 the client refuses after the server's part of the handshake
                        self.trusted_by += 1
