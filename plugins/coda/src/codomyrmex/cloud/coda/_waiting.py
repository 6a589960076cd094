"""Waiting for what Coda does later."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from codomyrmex.cloud.coda.errors import CodaNotFoundError, CodaTimeoutError

T = TypeVar("T")

TIMEOUT = 120.0
"""Seconds to wait unless told otherwise; a write takes some seconds, seldom more than 20."""
_REPLICATION = 30.0
"""Seconds within which a 404 means "not yet": the server that is asked has not heard of the request."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0


def wait_for(ask: Callable[[], T | None], timeout: float, what: str) -> T:
    """What ``ask`` gives once that is not None. CodaTimeoutError after ``timeout`` seconds."""
    started = time.monotonic()
    pause = _FIRST_PAUSE
    while True:
        try:
            found = ask()
        except CodaNotFoundError:
            if time.monotonic() - started > _REPLICATION:
                raise
            found = None
        if found is not None:
            return found
        if time.monotonic() - started + pause > timeout:
            raise CodaTimeoutError(f"{what} is not done after {timeout:g} seconds")
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)
