"""Coda's rate limits, kept on this side: a request waits for its turn instead of being refused."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import Literal, NamedTuple
from weakref import WeakValueDictionary

import pyrate_limiter as pyrate

Kind = Literal["reads", "writes", "content_writes", "list_docs"]
"""The classes of requests that Coda counts apart."""

_MARGIN = 0.02
"""How much longer than Coda's window ours is: what is sent evenly arrives a little unevenly."""


class Rate(NamedTuple):
    """So many requests within any so many seconds."""

    requests: int
    seconds: float


class RateLimits(NamedTuple):
    """How many requests of each class a token may send.

    The defaults are Coda's own. It counts per user, over all documents. Of content writes its
    reference allows 5 in 10 seconds, its help centre 3; the lower one is safe.
    """

    reads: Rate = Rate(100, 6.0)
    """Whatever reads, but for the list of documents."""
    writes: Rate = Rate(10, 6.0)
    """Making, changing and deleting documents."""
    content_writes: Rate = Rate(3, 10.0)
    """Making, changing and deleting what is in a document: pages and rows."""
    list_docs: Rate = Rate(4, 6.0)
    """The list of documents."""


class RateLimiter:
    """Lets the threads of this process through at the rates of `RateLimits`, each class apart."""

    def __init__(self, limits: RateLimits) -> None:
        self._buckets = {kind: _bucket(Rate(*rate)) for kind, rate in limits._asdict().items()}

    def wait(self, kind: Kind) -> None:
        """Return when one more request of this class may go out."""
        bucket, limiter = self._buckets[kind]
        bucket.leak(time.monotonic_ns() // 1_000_000)  # what no window holds any more; pyrate has a thread for it
        limiter.try_acquire(kind)


def _bucket(rate: Rate) -> tuple[pyrate.InMemoryBucket, pyrate.Limiter]:
    if rate.requests < 1 or rate.seconds < 0.001:
        raise ValueError(f"a rate is at least one request in at least a millisecond, not {rate}")
    window = round(rate.seconds * 1000)
    bucket = pyrate.InMemoryBucket([pyrate.Rate(rate.requests, window)])
    factory = pyrate.SingleBucketFactory(bucket, schedule_leak=False)
    return bucket, pyrate.Limiter(factory, buffer_ms=max(1, round(window * _MARGIN)))


_limiters: WeakValueDictionary[tuple[str, RateLimits], RateLimiter] = WeakValueDictionary()
_lock = threading.Lock()


def shared_limiter(base_url: str, token: str, limits: RateLimits) -> RateLimiter:
    """The one limiter of all clients of this process that Coda counts together."""
    user = hashlib.sha256(f"{base_url} {token}".encode()).hexdigest()
    with _lock:
        limiter = _limiters.get((user, limits))
        if limiter is None:
            limiter = _limiters[user, limits] = RateLimiter(limits)
        return limiter
