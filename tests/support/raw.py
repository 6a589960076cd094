"""A server that answers with bytes as they are given, whatever it is asked."""

import socket
import threading
from contextlib import contextmanager, suppress


@contextmanager
def raw(*answers):
    """A server that reads a request and sends this, for each connection; it gives its URL, and what it was sent."""
    received = []

    def serve(listener):
        for answer in answers:
            with suppress(OSError), listener.accept()[0] as connection:
                received.append(connection.recv(65536))
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", received
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
