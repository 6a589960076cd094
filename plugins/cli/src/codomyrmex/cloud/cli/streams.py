"""Standard input and output as streams of bytes, and what becomes of them where a daemon has closed them."""

from __future__ import annotations

import errno
import os
import sys
from typing import Any, BinaryIO

_CLOSED: set[str] = set()
"""The names of those that were closed when the process began."""


def open_closed_streams() -> None:
    """Let what is printed to closed streams go nowhere, and `standard_input` and `standard_output` fail."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            _CLOSED.add(name)
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 - for as long as the process lives


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
