"""Waiting for what a service does after it has answered."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

from codomyrmex.cloud.infomaniak._errors import SDK_ERRORS, missing_service, translate
from codomyrmex.cloud.infomaniak.errors import InfomaniakCloudError, InfomaniakNotFoundError, InfomaniakTimeoutError
from codomyrmex.cloud.rest.polling import looks, note_on_interrupt, overdue
from openstack.exceptions import NotFoundException

R = TypeVar("R")
_FIRST_PAUSE = 0.2


class ResourceStatus(NamedTuple):
    """How far the service is with a resource. As text it is a line for people: "server 0f3c: BUILD 40 %"."""

    kind: str
    """What the resource is, in words, such as ``"server"`` or ``"load balancer"``."""
    id: str
    """The resource's id."""
    state: str
    """As the service writes it, such as ``"BUILD"`` or ``"available"``."""
    percent: int | None = None
    """How much of it is done; None where the service does not measure that."""

    def __str__(self) -> str:
        done = "" if self.percent is None else f" {self.percent} %"
        return f"{self.kind} {self.id}: {self.state}{done}"


Progress = Callable[[ResourceStatus], object]
"""Called each time that the service was asked; ``print`` shows a line for each."""


def wait(
    get: Callable[[str], R],
    kind: str,
    resource_id: str,
    *,
    until: Collection[str] | Callable[[R], bool],
    failures: Collection[str] | Callable[[R], bool] = ("ERROR",),
    timeout: float,
    interval: float = 5.0,
    progress: Progress | None = None,
    status: str = "status",
    reason: Callable[[R], str] | None = None,
    begun: str | None = None,
    since: float | None = None,
) -> R:
    """Ask for a resource until it is in one of these states.

    A KeyboardInterrupt on the way has a note that says what the service goes on with, by its id.

    Args:
        get: asks the service for the resource of an id.
        kind: what the resource is, in words, such as ``"load balancer"``.
        resource_id: the resource's id.
        until: the states, in capitals or not, or what tells by the resource that it is done.
        failures: the states from which nothing comes any more, or what tells by the resource that it is so.
        timeout: seconds.
        interval: seconds between two questions at most; the first come sooner.
        progress: called after every question.
        status: the attribute that holds the state.
        reason: asks why it failed, where the resource itself does not tell that; empty where nothing does.
        begun: what an interrupt says to go on, with its id, where that is not the resource, such as
            ``"listener 5d01"`` for which one watches the load balancer.
        since: when the time began to count, by `time.monotonic`; now, where it is not given.

    Returns:
        The resource as it is then.

    Raises:
        InfomaniakCloudError: it failed, with what the service says of that; or the service could not be asked.
        InfomaniakTimeoutError: it takes longer; with the last state.

    All errors have the id as ``resource``, and none is ``retryable``: the same call would begin it once more.
    """
    is_done, has_failed = _condition(until, status), _condition(failures, status)
    left = timeout if since is None else timeout - (time.monotonic() - since)
    with errors_about(resource_id), note_on_interrupt(begun or f"{kind} {resource_id}"):
        for _ in looks(left, first=_FIRST_PAUSE, longest=interval):
            resource = get(resource_id)
            name, state = f"{kind} {getattr(resource, 'name', None) or resource_id}", _state(resource, status)
            if progress is not None:
                progress(ResourceStatus(kind, resource_id, state, _percent(resource)))
            if is_done(resource):
                return resource
            if has_failed(resource):
                why = _fault(resource) or (reason(resource) if reason else "")
                message = f"{name} is in state {state}" + (f": {why}" if why else "")
                raise InfomaniakCloudError(message, code=state)
        raise InfomaniakTimeoutError(overdue(name, timeout, state))


def wait_gone(
    get: Callable[[str], Any],
    kind: str,
    resource_id: str,
    *,
    failures: Collection[str] = ("ERROR", "error_deleting"),
    timeout: float,
    interval: float = 5.0,
    progress: Progress | None = None,
    status: str = "status",
    since: float | None = None,
) -> None:
    """Ask until the service knows no such resource, or keeps it as SOFT_DELETED.

    A resource in state DELETED is still there: Nova lists a server for a moment after it says so.

    Arguments and errors are those of `wait`. What an interrupt says to go on is the deletion.
    """

    def look(resource_id: str) -> Any:
        try:
            return get(resource_id) or _Gone()
        except (NotFoundException, InfomaniakNotFoundError):
            return _Gone()

    wait(
        look,
        kind,
        resource_id,
        until=lambda found: isinstance(found, _Gone) or _state(found, status).casefold() == "soft_deleted",
        failures=failures,
        timeout=timeout,
        interval=interval,
        progress=progress,
        status=status,
        begun=f"the deletion of {kind} {resource_id}",
        since=since,
    )


@contextmanager
def errors_about(resource_id: str) -> Iterator[None]:
    """Give the errors of a service in this block, the SDK's too, this id as their ``resource``.

    Otherwise it is what the operation was called with, which may be no more than the name of something new. None is
    ``retryable``: what was begun goes on, and the same call would begin it once more.
    """
    try:
        yield
    except InfomaniakCloudError as error:
        error.resource, error.retryable = error.resource or resource_id, False
        raise
    except SDK_ERRORS as error:
        typed = translate(error)
        if typed is None or missing_service(error) is not None:  # the client says what the region offers
            raise
        typed.resource, typed.retryable = resource_id, False
        raise typed from error


class _Gone:
    status = provisioning_status = "DELETED"


def _condition(states: Collection[str] | Callable[[R], bool], status: str) -> Callable[[R], bool]:
    if callable(states):
        return states
    names = {name.casefold() for name in states}
    return lambda resource: _state(resource, status).casefold() in names


def _state(resource: Any, status: str) -> str:
    return str(getattr(resource, status, None) or "unknown")


def _percent(resource: Any) -> int | None:
    percent = getattr(resource, "progress", None)
    return percent if percent and isinstance(percent, int) else None  # Nova says 0 where its driver measures nothing


def _fault(resource: Any) -> str:
    """What the service says of a failure, where it says anything."""
    fault = getattr(resource, "fault", None)
    reasons = [fault.get("message")] if isinstance(fault, dict) else []
    reasons += [getattr(resource, name, None) for name in ("fail_reason", "status_reason", "error")]
    return next((reason for reason in reasons if isinstance(reason, str) and reason), "")
