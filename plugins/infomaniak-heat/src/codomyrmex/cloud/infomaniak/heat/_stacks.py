"""Stacks, their resources and events as plain dicts, and an action followed to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from codomyrmex.cloud.infomaniak.errors import InfomaniakCloudError, InfomaniakTimeoutError
from codomyrmex.cloud.infomaniak.openstack import errors_about
from codomyrmex.cloud.rest.polling import looks, note_on_interrupt, overdue
from openstack.exceptions import raise_from_response
from openstack.orchestration.v1._proxy import Proxy
from openstack.orchestration.v1.stack import Stack

EventCallback = Callable[[dict[str, Any]], None]
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0  # seconds between looks: most stacks take minutes


def summary(stack: Stack) -> dict[str, Any]:
    """A stack as listings show it."""
    return {
        "id": stack.id,
        "name": stack.name,
        "status": stack.status,
        "status_reason": stack.status_reason,
        "creation_time": stack.created_at,
    }


def details(stack: Stack) -> dict[str, Any]:
    """A stack with all that Heat tells of it."""
    return summary(stack) | {
        "description": stack.description,
        "parameters": stack.parameters or {},
        "outputs": [_output(output) for output in stack.outputs or ()],
        "updated_time": stack.updated_at,
        "tags": stack.tags or [],
        "timeout_mins": stack.timeout_mins,
        "disable_rollback": stack.is_rollback_disabled,
    }


def _output(output: dict[str, Any]) -> dict[str, Any]:
    return {
        "key": output.get("output_key"),
        "value": output.get("output_value"),
        "description": output.get("description"),
        "error": output.get("output_error"),
    }


def resource(resource: Any) -> dict[str, Any]:
    """A resource of a stack."""
    return {
        "name": resource.name,
        "resource_type": resource.resource_type,
        "status": resource.status,
        "status_reason": resource.status_reason,
        "physical_resource_id": resource.physical_resource_id,
        "updated_time": resource.updated_at,
    }


def event(event: Any) -> dict[str, Any]:
    """What happened to a resource, or to the stack itself, whose name is then the resource's."""
    return {
        "id": event.id,
        "time": event.event_time,
        "resource_name": event.resource_name,
        "status": event.resource_status,
        "status_reason": event.resource_status_reason,
        "physical_resource_id": event.physical_resource_id,
    }


class Events:
    """The events of a stack from now on, or from its beginning."""

    def __init__(self, heat: Proxy, stack: Stack, *, from_now: bool = False) -> None:
        self._heat, self._stack = heat, stack
        self._marker: str | None = None
        if from_now:
            last = next(iter(heat.stack_events(stack, sort_dir="desc", limit=1, paginated=False)), None)
            self._marker = last.id if last else None

    def new(self) -> Iterator[dict[str, Any]]:
        """Those since the last call, oldest first."""
        after = {"marker": self._marker} if self._marker else {}
        for found in self._heat.stack_events(self._stack, sort_dir="asc", **after):
            self._marker = found.id
            yield event(found)


def follow(
    heat: Proxy, stack: Stack, action: str, events: Events, timeout: float, on_event: EventCallback | None
) -> None:
    """Return at the end of an action such as ``CREATE``, after all its events were told.

    Its end is told by an event of the stack itself: until that its status may be of the action before.
    Raises InfomaniakCloudError with the reason where it fails, and InfomaniakTimeoutError, both with the stack's id as
    ``resource`` and not ``retryable``; a KeyboardInterrupt has a note with that id.
    """
    reasons: list[str] = []
    ended = ""
    state = f"{action}_IN_PROGRESS"
    begun = f"the deletion of stack {stack.id}" if action == "DELETE" else f"stack {stack.id}"
    with errors_about(stack.id), note_on_interrupt(begun):
        for _ in looks(timeout, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE):
            for found in events.new():
                if on_event:
                    on_event(found)
                if found["status"].endswith("_FAILED"):
                    reasons.append(f"{found['resource_name']}: {found['status_reason']}")
                if found["physical_resource_id"] == stack.id:
                    state = found["status"]
                    ended = state if _is_end(state, action, stack) else ended
            if ended and ended != f"{action}_COMPLETE":
                raise InfomaniakCloudError(_failure(stack, ended, reasons), code=ended)
            if ended and _is_so(heat, stack, ended):
                return
        raise InfomaniakTimeoutError(overdue(f"stack {stack.name}", timeout, state))


def _is_so(heat: Proxy, stack: Stack, ended: str) -> bool:
    """Whether what the last event told has become true: a deleted stack still occupies its name for a moment."""
    answer = heat.get(f"{path(stack)}?resolve_outputs=False")  # the SDK's own takes a stack for gone too soon
    raise_from_response(answer)
    now = answer.json()["stack"]
    return bool(now["deletion_time"] if ended == "DELETE_COMPLETE" else now["stack_status"] == ended)


def path(stack: Stack) -> str:
    """The stack in a URL; by its id alone Heat would answer with a redirection."""
    return f"/stacks/{stack.name}/{stack.id}"


def _is_end(status: str, action: str, stack: Stack) -> bool:
    if status in (f"{action}_COMPLETE", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"):
        return True
    return status == f"{action}_FAILED" and (action not in ("CREATE", "UPDATE") or stack.is_rollback_disabled)


def _failure(stack: Stack, status: str, reasons: list[str]) -> str:
    # the stack's own line repeats the one of the resource that failed, which comes first
    return f"stack {stack.name} is {status}: {reasons[0] if reasons else 'Heat gives no reason'}"
