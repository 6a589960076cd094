"""Rate limits of a service, kept on this side: a request waits for its turn instead of being refused."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar
from weakref import WeakValueDictionary

import pyrate_limiter as pyrate

H = TypeVar("H", bound=Hashable)
T = TypeVar("T")


class Rate(NamedTuple):
    """So many requests within any so many seconds."""

    requests: int
    seconds: float


class Turns(pyrate.InMemoryBucket):
    """A sliding window in which a request counts from its answer on, and until then from its start.

    The service counts it somewhere between the two. Counted from the start alone, one that is slow on its
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
        """Wait until one more request may go out; the block holds the request and its answer."""
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


class Rates:
    """Lets threads through at several rates, each class of requests apart."""

    def __init__(self, rates: Iterable[tuple[str, Rate]]) -> None:
        self._turns = {kind: Turns(rate) for kind, rate in rates}

    def turn(self, kind: str) -> AbstractContextManager[None]:
        """Wait until one more request of this class may go out; the block holds the request and its answer."""
        return self._turns[kind].turn()


def _milliseconds() -> int:
    return time.monotonic_ns() // 1_000_000


_limiters: WeakValueDictionary[tuple[object, str, Hashable], Any] = WeakValueDictionary()
_lock = threading.Lock()


def shared(make: Callable[[H], T], limits: H, base_url: str, token: str) -> T:
    """The one ``make(limits)`` of all clients of this process that a service counts together.

    It lives as long as one of them holds it. The token is not kept.
    """
    user = hashlib.sha256(f"{base_url} {token}".encode()).hexdigest()
    with _lock:
        limiter: T | None = _limiters.get((make, user, limits))
        if limiter is None:
            limiter = _limiters[make, user, limits] = make(limits)
        return limiter
