"""Threads that move parts of objects, and a limit to the memory the parts take."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

PART_SIZE = 8 * 1024 * 1024
"""Bytes of a part, unless the object is so large that it would have too many."""
THREADS = 8
"""Parts in flight at a time."""
MEMORY = (THREADS + 2) * PART_SIZE
"""Bytes that the parts of all transfers of one storage may hold together."""


class Memory:
    """Bytes to be taken and given back. What is more than all of them is let through alone."""

    def __init__(self, limit: int = MEMORY) -> None:
        self._limit = limit
        self._taken = 0
        self._changed = threading.Condition()

    def take(self, size: int, *, wait: bool = True) -> bool:
        """Take ``size`` bytes: wait until they are free, or say at once that they are not."""
        with self._changed:
            free = self._changed.wait_for(
                lambda: not self._taken or self._taken + size <= self._limit, None if wait else 0
            )
            self._taken += size if free else 0
            return free

    def give_back(self, size: int) -> None:
        """Let others have ``size`` bytes."""
        with self._changed:
            self._taken -= size
            self._changed.notify_all()


class PartPool:
    """The threads and the memory that all transfers of one storage share."""

    def __init__(self) -> None:
        self.memory = Memory()
        self._lock = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Run it in one of the threads, which are started when first needed."""
        with self._lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="codomyrmex-cloud-s3")
            return self._threads.submit(function, *arguments)

    def close(self) -> None:
        """End the threads. They are started again if there is something to do."""
        with self._lock:
            threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown()
