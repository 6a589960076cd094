"""Coda's rate limits, kept on this side: a request waits for its turn instead of being refused."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from operator import attrgetter
from typing import Any, Literal, NamedTuple
from weakref import WeakValueDictionary

import pyrate_limiter as pyrate

Kind = Literal["reads", "writes", "content_writes", "list_docs"]
"""The classes of requests that Coda counts apart."""


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


def check_limits(limits: RateLimits) -> None:
    """TypeError or ValueError for what are no limits."""
    for rate in limits:
        if not isinstance(rate, Rate):
            raise TypeError(f"RateLimits holds Rate(requests, seconds), not {rate!r}")
        if rate.requests < 1 or rate.seconds < 0.001:
            raise ValueError(f"a rate is one request or more in a millisecond or more, not {rate}")


class RateLimiter:
    """Lets the threads of this process through at the rates of `RateLimits`, each class apart."""

    def __init__(self, limits: RateLimits) -> None:
        self._turns = {kind: _Turns(rate) for kind, rate in limits._asdict().items()}

    def turn(self, kind: Kind) -> AbstractContextManager[None]:
        """Wait until one more request of this class may go out; the block holds the request and its answer."""
        return self._turns[kind].turn()


class _Turns(pyrate.InMemoryBucket):
    """A sliding window in which a request counts from its answer on, and until then from its start.

    Coda counted it somewhere between the two. Counted from the start alone, one that is slow on its
    way, as the first of a connection is, would come too close to those a window later. It costs the
    time of one answer in each window; a refusal costs a whole window.
    """

    def __init__(self, rate: Rate) -> None:
        super().__init__([pyrate.Rate(rate.requests, round(rate.seconds * 1000))])
        self._open: deque[pyrate.RateItem] = deque()
        self._limiter = pyrate.Limiter(pyrate.SingleBucketFactory(self, schedule_leak=False), buffer_ms=1)
        self._guard: Any = self._limiter.lock

    @contextmanager
    def turn(self) -> Iterator[None]:
        with self._guard:
            self.leak(_milliseconds())  # forgets what left the window; pyrate would start a thread for it
        self._limiter.try_acquire()
        try:
            yield
        finally:
            with self._guard:
                self._answered()

    def put(self, item: pyrate.RateItem) -> bool:
        """Count a request, if the window has room for it."""
        admitted = super().put(item)
        if admitted:
            self._open.append(item)
        return admitted

    def _answered(self) -> None:
        """Count the oldest open request anew: for which of them the answer came makes no difference."""
        item = self._open.popleft()
        item.timestamp = _milliseconds() + 1
        if item not in self.items:
            self.items.append(item)
        self.items.sort(key=attrgetter("timestamp"))


def _milliseconds() -> int:
    return time.monotonic_ns() // 1_000_000


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
