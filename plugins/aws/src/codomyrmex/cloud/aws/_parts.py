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
"""Bytes that the parts of all transfers of one storage may hold together, beside one part of each."""


class Memory:
    """Bytes to be taken and given back.

    Nobody waits for them: a transfer that has a part on its way waits for that, and one that has none
    takes what it needs anyway. So none waits for another, which may wait for it.
    """

    def __init__(self, limit: int = MEMORY) -> None:
        self._limit = limit
        self._taken = 0
        self._lock = threading.Lock()

    def take(self, size: int, *, anyway: bool) -> bool:
        """Take ``size`` bytes if they are free, or ``anyway``. Returns whether they were taken."""
        with self._lock:
            taken = anyway or self._taken + size <= self._limit
            self._taken += size if taken else 0
            return taken

    def give_back(self, size: int) -> None:
        """Let others have ``size`` bytes."""
        with self._lock:
            self._taken -= size


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
