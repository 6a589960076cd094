"""Several requests at a time, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

THREADS = 8
"""Requests of one transfer in flight at a time."""
MEMORY = 64 * 1024 * 1024
"""Bytes that one transfer holds, unless a single item is larger."""


def in_order(
    function: Callable[[T], R],
    items: Iterable[T],
    *,
    memory_of: Callable[[T], int] = lambda _: 0,
    memory: int = MEMORY,
) -> Iterator[R]:
    """What ``function`` gives for each item, in their order, while later ones are at work already in `THREADS` threads.

    :param memory_of: bytes that an item and its result hold.
    :param memory: bytes that all of them may hold together.

    The first error ends it: what was not begun is not, what was is waited for.
    """
    running: deque[tuple[Future[R], int]] = deque()
    held = 0
    with ThreadPoolExecutor(THREADS, thread_name_prefix="codomyrmex-cloud") as threads:
        try:
            for item in items:
                size = memory_of(item)
                while running and (running[0][0].done() or held + size > memory or len(running) > THREADS):
                    yield running[0][0].result()
                    held -= running.popleft()[1]
                running.append((threads.submit(function, item), size))
                held += size
                del item  # else it would be held until the next one was read
            while running:
                yield running[0][0].result()
                running.popleft()
        finally:
            for future, _ in running:
                future.cancel()
