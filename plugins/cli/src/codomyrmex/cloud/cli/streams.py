"""Standard input and output as streams of bytes, and what becomes of them where a daemon has closed them."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import Any, BinaryIO

_CLOSED: set[str] = set()
"""The names of those that were closed when the process began."""


def prepare_streams() -> None:
    """Let printing fail neither for a closed stream nor for a character that a terminal does not know.

    What is printed to a closed stream goes nowhere; `standard_input` and `standard_output` fail then.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            _CLOSED.add(name)
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 - for as long as the process lives
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def standard_input() -> BinaryIO:
    """Data that a command is given. OSError where there is none, which is not the same as no data."""
    return _data_of("stdin")


def standard_output() -> BinaryIO:
    """Where a command writes data. OSError where it would be lost."""
    return _data_of("stdout")


def _data_of(name: str) -> BinaryIO:
    if name in _CLOSED:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF), f"<{name}>")
    stream: Any = getattr(sys, name)
    data: BinaryIO = stream.buffer
    return data
