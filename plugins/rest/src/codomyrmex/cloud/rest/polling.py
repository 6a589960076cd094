"""Ask a service again and again for what it does after it has answered, with growing pauses and an end.

For example::

    for _ in looks(timeout, first=0.2, longest=5):
        task = get_task()
        if task.status == "done":
            return task
    raise Timeout(overdue(f"task {task.id}", timeout, task.status))
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

_GROWTH = 1.5


def check_wait(wait: Any) -> None:
    """Raise TypeError for what is not True or False; for a number with the hint that ``timeout`` takes the seconds."""
    if not isinstance(wait, bool):
        hint = f"; for seconds give timeout={wait}" if isinstance(wait, int | float) else ""
        raise TypeError(f"wait must be True or False, not {type(wait).__name__}{hint}")


def check_timeout(timeout: Any) -> None:
    """Raise TypeError for what is no number of seconds, and ValueError for one that is not positive.

    ``math.inf`` is no end.
    """
    if not isinstance(timeout, int | float) or isinstance(timeout, bool):
        raise TypeError(f"timeout must be a number of seconds, not {type(timeout).__name__}")
    if not timeout > 0:  # nor is NaN
        raise ValueError(f"timeout must be positive seconds, not {timeout}")


WAIT_CHECKS: Mapping[str, Callable[[Any], None]] = MappingProxyType({"wait": check_wait, "timeout": check_timeout})
"""For operations that wait: ``@operation(effect="write", checks=WAIT_CHECKS)``. Their parameters are
``wait: bool = True``, to return when the service has done it, and ``timeout: float``, the seconds for that wait."""


def looks(timeout: float, *, first: float, longest: float) -> Iterator[float]:
    """Yield whenever it is time to look: at once, after growing pauses, and for the last time when the time is over.

    Args:
        timeout: seconds from the first look to the last; ``math.inf`` for no end. There is one look at least.
        first: seconds between the first two looks, at most. Each pause is half as long again as the one before.
        longest: seconds between two looks, at most.

    Returns:
        An iterator of the seconds since the first look.
    """
    started = time.monotonic()
    between = min(first, longest)
    while True:
        yield time.monotonic() - started
        left = started + timeout - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(between, left))
        between = min(between * _GROWTH, longest)


@contextmanager
def note_on_interrupt(what: str) -> Iterator[None]:
    """Note on a KeyboardInterrupt that leaves this block what it was that the block waited for.

    The note (``add_note``, https://peps.python.org/pep-0678/) says that it goes on, such as "the service goes on with
    server 0f3c", as who interrupts a program may not know yet what it has begun. The interrupt stays the same object.
    A note that it has already is not repeated: blocks may be nested.

    Args:
        what: what was begun, with its id, such as ``"server 0f3c"`` or ``"the deletion of server 0f3c"``. It is shown,
            so it holds no secret.
    """
    try:
        yield
    except KeyboardInterrupt as interrupt:
        note = f"the service goes on with {what}"
        if note not in getattr(interrupt, "__notes__", ()):
            interrupt.add_note(note)
        raise


def overdue(what: str, timeout: float, state: str | None = None) -> str:
    """The message of a Timeout after waiting: "server web is still in state BUILD after 300 seconds".

    Args:
        what: what was waited for, such as ``"server web"``.
        timeout: seconds that it was waited for.
        state: the last one that the service told, as it writes it; None where it tells none.
    """
    return f"{what} is still {f'in state {state}' if state else 'not done'} after {timeout:g} seconds"
