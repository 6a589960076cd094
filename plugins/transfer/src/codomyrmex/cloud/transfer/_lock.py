"""Locks of files that end with the process that holds them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

try:
    import fcntl
except ImportError:  # Windows: two runs of one job are the user's to avoid
    fcntl = None  # type: ignore[assignment]


@contextmanager
def locked(descriptor: int, busy: Exception) -> Iterator[None]:
    """Hold the lock of an open file, which is closed at the end of the block; raise ``busy`` if another does."""
    try:
        if fcntl is not None:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise busy from None
        yield
    finally:
        os.close(descriptor)
