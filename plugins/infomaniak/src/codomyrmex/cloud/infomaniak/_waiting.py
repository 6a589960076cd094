"""Waiting for what a service does after it has answered."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from codomyrmex.cloud.infomaniak.errors import InfomaniakCloudError, InfomaniakNotFoundError, InfomaniakTimeoutError
from codomyrmex.cloud.rest.polling import looks, overdue
from openstack.exceptions import NotFoundException

R = TypeVar("R")
Progress = Callable[[str, int | None], object]
"""Called with the status, and how far it is in percent where the service says that."""

_FIRST_PAUSE = 0.2


def wait(
    get: Callable[[], R],
    *,
    until: Collection[str] | Callable[[R], bool],
    failures: Collection[str] = ("ERROR",),
    timeout: float,
    interval: float = 5.0,
    progress: Progress | None = None,
    status: str = "status",
) -> R:
    """Ask until the resource is in one of these states; the resource as it is then.

    :param get: asks the service for the resource.
    :param until: the states, in capitals or not, or what tells by the resource that it is done.
    :param failures: the states from which nothing comes any more.
    :param timeout: seconds.
    :param interval: seconds between two questions at most; the first come sooner.
    :param progress: called after every question.
    :param status: the attribute that holds the state.

    InfomaniakTimeoutError with the last state if it takes longer; InfomaniakCloudError with what the
    service says of the fault if it failed.
    """
    wanted = set() if callable(until) else _states(until)
    hopeless = _states(failures)
    for _ in looks(timeout, first=_FIRST_PAUSE, longest=interval):
        resource = get()
        state = str(getattr(resource, status, None) or "unknown")
        if progress is not None:
            progress(state, _percent(resource))
        if until(resource) if callable(until) else state.casefold() in wanted:
            return resource
        if state.casefold() in hopeless:
            raise InfomaniakCloudError(f"{_name(resource)} is in state {state}{_fault(resource)}", code=state)
    raise InfomaniakTimeoutError(overdue(_name(resource), timeout, state))


def wait_gone(
    get: Callable[[], Any],
    *,
    failures: Collection[str] = ("ERROR", "error_deleting"),
    timeout: float,
    interval: float = 5.0,
    progress: Progress | None = None,
    status: str = "status",
) -> None:
    """Ask until the service knows no such resource, or keeps it as SOFT_DELETED. Parameters and errors of `wait`.

    A resource in state DELETED is still there: Nova lists a server for a moment after it says so.
    """

    def look() -> Any:
        try:
            return get() or _Gone()
        except (NotFoundException, InfomaniakNotFoundError):
            return _Gone()

    options: dict[str, Any] = {"timeout": timeout, "interval": interval, "progress": progress, "status": status}
    wait(look, until=lambda found: _is_gone(found, status), failures=failures, **options)


class _Gone:
    status = provisioning_status = "DELETED"


def _is_gone(resource: Any, status: str) -> bool:
    return isinstance(resource, _Gone) or str(getattr(resource, status, None)).casefold() == "soft_deleted"


def _states(names: Collection[str]) -> set[str]:
    return {name.casefold() for name in names}


def _percent(resource: Any) -> int | None:
    percent = getattr(resource, "progress", None)
    return percent if isinstance(percent, int) else None


def _name(resource: Any) -> str:
    kind = type(resource).__name__.lower()
    return f"{kind} {getattr(resource, 'name', None) or getattr(resource, 'id', '?')}"


def _fault(resource: Any) -> str:
    """What the service says of a failure, where it says anything."""
    fault = getattr(resource, "fault", None)
    reasons = [fault.get("message")] if isinstance(fault, dict) else []
    reasons += [getattr(resource, name, None) for name in ("fail_reason", "status_reason", "error")]
    return next((f": {reason}" for reason in reasons if isinstance(reason, str) and reason), "")
