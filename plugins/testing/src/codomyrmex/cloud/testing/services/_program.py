"""A server as a program, to try a client by hand."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import threading

from codomyrmex.cloud.testing.services._api_server import ApiServer


def parser_of(package: str, description: str) -> argparse.ArgumentParser:
    """A parser of what such a program is told: ``--port``; more may be added."""
    parser = argparse.ArgumentParser(prog=f"python -m {package}", description=description)
    parser.add_argument("--port", type=int, default=0, help="of 127.0.0.1; default: a free one")
    return parser


def run(server: ApiServer, about: str) -> int:
    """Serve until Ctrl-C or SIGTERM, and print what leads a client there. Returns the exit status.

    Args:
        server: what is served.
        about: a line on what is in it, for whoever looks at the terminal.
    """
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        with server:
            for variable, value in server.environment().items():
                print(f"export {variable}={shlex.quote(value)}", flush=True)
            print(f"{about}; Ctrl-C ends it", file=sys.stderr)
            while not ended.wait(1):  # a wait without an end is not interrupted on Windows
                pass
    except OSError as error:  # such as a port that is in use
        print(error, file=sys.stderr)
        return 1
    return 0
