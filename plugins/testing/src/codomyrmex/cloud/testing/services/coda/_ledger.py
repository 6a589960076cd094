"""Ids, numbers and times of what is made and changed."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Container, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple, Self

_TICK = timedelta(milliseconds=1)


class Stamp(NamedTuple):
    """When something was made or changed."""

    revision: int
    """Grows with each write of the service."""
    time: datetime
    """In UTC, in whole milliseconds, as the service writes it. A later write has a later time."""

    def __str__(self) -> str:
        return self.time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Ledger:
    """Hands out ids and stamps; one for all documents of a service, whose copies share it.

    Args:
        lock: the service's, held while requests are carried out; tests change documents meanwhile.
    """

    def __init__(self, lock: threading.RLock) -> None:
        self.lock = lock
        self._numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: count(1))
        self._last = Stamp(0, datetime.min.replace(tzinfo=UTC))
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        """What time it is, with its time zone."""

    def new_id(self, kind: str, taken: Container[str] = (), separator: str = "-") -> str:
        """An id such as ``i-1``, which is not one of those ``taken``."""
        return next(key for n in self._numbers[kind] if (key := f"{kind}{separator}{n}") not in taken)

    def free_id(self, wanted: str | None, kind: str, taken: Container[str]) -> str:
        """The id that a test wants, or a new one. Raises ValueError for one that is taken."""
        if wanted is not None and wanted in taken:
            raise ValueError(f"there is {wanted!r} already")
        return wanted or self.new_id(kind, taken)

    def next_number(self) -> int:
        """Grows with each call, for an order that nothing else tells."""
        return next(self._numbers["any"])

    def stamp(self) -> Stamp:
        """The stamp of a write that happens now."""
        now = self.clock().astimezone(UTC)
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        self._last = Stamp(self._last.revision + 1, max(now, self._last.time + _TICK))
        return self._last

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self
