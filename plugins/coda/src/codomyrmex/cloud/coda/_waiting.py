"""Waiting for what Coda does later."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from codomyrmex.cloud.coda.errors import CodaAPIError, CodaNotFoundError, CodaTimeoutError
from codomyrmex.cloud.rest.polling import looks, note_on_interrupt, overdue
from codomyrmex.cloud.rest.retries import bounded

T = TypeVar("T")

TIMEOUT = 120.0
"""Seconds to wait unless told otherwise; a write takes some seconds, seldom more than 20."""
_REPLICATION = 30.0
"""Seconds within which a 404 means "not yet": the server that is asked has not heard of the request."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0


def wait_for(ask: Callable[[float], T | None], timeout: float, what: str) -> T:
    """What ``ask`` gives once that is not None. CodaTimeoutError after ``timeout`` seconds.

    A question that gets no answer, or is put off, is asked again as long as there is time.

    :param ask: is given the seconds that are left.
    :param what: what is waited for, with its id, for messages and for who interrupts it: ``"mutation 1"``.
    """
    failure: CodaAPIError | None = None
    with note_on_interrupt(what):
        for passed in looks(timeout, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE):
            try:
                result = ask(timeout - passed)
            except CodaNotFoundError:
                if passed > _REPLICATION:
                    raise
                continue
            except CodaAPIError as error:
                if not error.retryable:
                    raise
                failure = error
                time.sleep(min(bounded(error.retry_after or 0.0), max(0.0, timeout - passed)))
                continue
            if result is not None:
                return result
    raise CodaTimeoutError(overdue(what, timeout)) from failure
