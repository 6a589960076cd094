"""How requests are repeated: by the SDK's own mechanism, counted, and with an ear for Retry-After."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from codomyrmex.cloud.errors import RateLimited, ServiceUnavailable, Timeout
from codomyrmex.cloud.gcp._errors import translate
from codomyrmex.cloud.rest.retries import MAX_BACKOFF, bounded
from google.api_core.retry import exponential_sleep_generator, retry_target

R = TypeVar("R")

ATTEMPTS = 5
"""How often a request is sent, unless the storage is told otherwise."""
_FIRST_PAUSE = 0.5  # seconds; random between 0 and this, which doubles each time


class Repeats:
    """What the SDK's methods take as ``retry``, for the requests of one call.

    The SDK's `DEFAULT_RETRY` counts seconds from the beginning, so that a long transfer which breaks
    late is not repeated at all; this counts attempts of each request.

    :param attempts: how often each is sent at most.
    """

    happened = False
    """Whether any request was sent again. What the service says then may be about the first one."""

    def __init__(self, attempts: int) -> None:
        self._attempts = attempts

    def __call__(self, send: Callable[[], R]) -> Callable[[], R]:
        """``send``, repeated while what it raises may pass by itself."""
        left = self._attempts

        def again(error: Exception) -> bool:
            nonlocal left
            left -= 1
            return left > 0 and isinstance(translate(error), RateLimited | ServiceUnavailable | Timeout)

        def repeated() -> R:
            pauses = exponential_sleep_generator(_FIRST_PAUSE, MAX_BACKOFF, multiplier=2)
            result: R = retry_target(send, again, pauses, timeout=None, on_error=self._before_the_next)
            return result

        return repeated

    def _before_the_next(self, error: Any) -> None:
        self.happened = True
        typed = translate(error)
        if typed is not None and typed.retry_after:
            time.sleep(bounded(typed.retry_after))
