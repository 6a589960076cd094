"""Several requests at a time, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

S = TypeVar("S", bound=Sized)
R = TypeVar("R")

THREADS = 8
"""Requests of one transfer in flight at a time."""
MEMORY = 40 * 1024 * 1024
"""Bytes that one transfer holds, unless a single item is larger."""


def in_order(function: Callable[[S], R], items: Iterable[S]) -> Iterator[R]:
    """What ``function`` gives for each item, in their order, while later ones are at work already.

    ``len(item)`` is what an item and its result hold in memory, in bytes. The first error ends it: what was
    not begun is not, what was is waited for.
    """
    running: deque[tuple[Future[R], int]] = deque()
    held = 0
    with ThreadPoolExecutor(THREADS, thread_name_prefix="codomyrmex-cloud-azure") as threads:
        try:
            for item in items:
                while running and (running[0][0].done() or held + len(item) > MEMORY or len(running) > THREADS):
                    yield running[0][0].result()
                    held -= running.popleft()[1]
                running.append((threads.submit(function, item), len(item)))
                held += len(item)
            while running:
                yield running[0][0].result()
                running.popleft()
        finally:
            for future, _ in running:
                future.cancel()
