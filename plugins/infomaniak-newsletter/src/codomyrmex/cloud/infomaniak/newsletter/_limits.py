"""The service's rate limit, kept on this side: a request waits for its turn instead of being refused."""

from __future__ import annotations

import hashlib
import threading
import time
from weakref import WeakValueDictionary

import pyrate_limiter as pyrate

REQUESTS_PER_MINUTE = 60
"""What the service allows (developer.infomaniak.com/getting-started)."""
_WINDOW = 64_000
"""Milliseconds. The service counts a request when it comes, which may be later than it left: a first packet that is
lost is sent again after one second, and then after two more."""


class Limiter:
    """Lets so many requests a minute through, of all threads of this process."""

    def __init__(self, requests_per_minute: int) -> None:
        self._sent = pyrate.InMemoryBucket([pyrate.Rate(requests_per_minute, _WINDOW)])
        self._limiter = pyrate.Limiter(pyrate.SingleBucketFactory(self._sent, schedule_leak=False), buffer_ms=1)
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when one more request may leave."""
        with self._lock:
            self._sent.leak(time.monotonic_ns() // 1_000_000)  # forgets what left the window, without a thread
        self._limiter.try_acquire()


_limiters: WeakValueDictionary[tuple[str, int], Limiter] = WeakValueDictionary()
_lock = threading.Lock()


def shared_limiter(base_url: str, token: str, requests_per_minute: int) -> Limiter:
    """The one limiter of all clients of this process that the service counts together."""
    user = hashlib.sha256(f"{base_url} {token}".encode()).hexdigest()
    with _lock:
        limiter = _limiters.get((user, requests_per_minute))
        if limiter is None:
            limiter = _limiters[user, requests_per_minute] = Limiter(requests_per_minute)
        return limiter
