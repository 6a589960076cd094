"""Waiting for what the service does later."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from codomyrmex.cloud.infomaniak.errors import InfomaniakTimeoutError
from codomyrmex.cloud.infomaniak.newsletter._calls import Calls
from codomyrmex.cloud.rest import polling
from codomyrmex.cloud.rest.polling import overdue

_OVER = ("executed", "failed")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0  # seconds


def looks(timeout: float) -> Iterator[float]:
    """Seconds since the start, at once and again and again until the time is over."""
    return polling.looks(timeout, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)


def wait_for_task(calls: Calls, task_id: str, timeout: float, since: float | None = None) -> dict[str, Any]:
    """A task once it is over. InfomaniakTimeoutError if it is not in time, which runs from now, or ``since`` then."""
    status = None
    left = timeout if since is None else max(0.0, since + timeout - time.monotonic())
    for passed in looks(left):
        task = calls.task(task_id, within=left - passed)
        status = task.get("status")
        if status in _OVER:
            return task
    message = overdue(f"task {task_id}", timeout, status)
    raise InfomaniakTimeoutError(f"{message}; get_task_status tells how it goes on")
