"""`InfomaniakHeatClient`: stacks of resources (spec 4.8; OpenStack Orchestration API v1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from codomyrmex.cloud.common import lenient, operation
from codomyrmex.cloud.errors import CloudError
from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakForbiddenError,
    InfomaniakNotFoundError,
    InfomaniakValidationError,
)
from codomyrmex.cloud.infomaniak.heat import _stacks
from codomyrmex.cloud.infomaniak.heat._stacks import EventCallback, Events, follow, path
from codomyrmex.cloud.infomaniak.heat._templates import Source, read_environment, read_template
from codomyrmex.cloud.infomaniak.openstack import WAIT_CHECKS, OpenStackClient
from codomyrmex.cloud.rest.polling import check_timeout
from openstack.exceptions import ForbiddenException, raise_from_response
from openstack.orchestration.v1.stack import Stack

Environment = Source | Iterable[Source] | None
_TIMEOUT = 3600.0
_NEEDS = "a stack takes the role member and, for the trust that Heat makes, an unrestricted application credential"


def _check_timeout(timeout: Any) -> None:
    if timeout is not None:
        check_timeout(timeout)


_CHECKS = {**WAIT_CHECKS, "timeout": _check_timeout}


def _no_verdict(error: CloudError) -> dict[str, Any]:
    return {"valid": False, "description": None, "parameters": {}, "error": error.message}


class InfomaniakHeatClient(OpenStackClient):
    """Infomaniak's orchestration: what a template describes is made, changed and deleted as one stack.

    A stack is named by its id or its name. Templates and environments are text, dicts or paths; the
    files that they refer to go along. What changes a stack waits for its end unless ``wait=False``, and tells
    ``on_event`` each event: a dict of ``id, time, resource_name, status, status_reason, physical_resource_id``.
    A change that fails raises `InfomaniakCloudError` with the reason of the first resource that failed, one that takes
    too long `InfomaniakTimeoutError`, both with the stack's id as ``resource``. A KeyboardInterrupt on the way has a
    note with the stack's id, as the change goes on.
    """

    service: ClassVar[str] = "heat"
    service_type: ClassVar[str | None] = "orchestration"

    @lenient([])
    @operation(effect="list")
    def list_stacks(self) -> list[dict[str, Any]]:
        """All stacks of the project: ``id, name, status, status_reason, creation_time``."""
        return [_stacks.summary(stack) for stack in self.connection.orchestration.stacks()]

    @lenient(None)
    @operation(effect="read")
    def get_stack(self, stack_id: str) -> dict[str, Any] | None:
        """A stack, with ``description, parameters, outputs, updated_time`` and more beside the keys of a listing.

        An output is a dict of ``key, value, description, error``.
        """
        return _stacks.details(self._stack(stack_id))

    @lenient(None)
    @operation(effect="write", checks=_CHECKS)
    def create_stack(
        self,
        name: str,
        template: Source,
        *,
        parameters: Mapping[str, Any] | None = None,
        environment: Environment = None,
        timeout_mins: int = 60,
        disable_rollback: bool = False,
        tags: Sequence[str] = (),
        wait: bool = True,
        timeout: float | None = None,
        on_event: EventCallback | None = None,
    ) -> dict[str, Any] | None:
        """Make a stack: as `get_stack`, or ``id, name, status`` of the stack that is being made.

        :param timeout_mins: minutes after which Heat gives up.
        :param disable_rollback: keep what was made of a stack that failed, to look at it.
        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end. By default a minute more than
            ``timeout_mins``.
        """
        body = self._body(template, parameters, environment, timeout_mins, tags)
        heat = self.connection.orchestration
        try:
            made = heat.create_stack(name=name, is_rollback_disabled=disable_rollback, **body)
        except ForbiddenException as error:
            refused = self.typed_error(error, "create_stack", name)
            assert isinstance(refused, InfomaniakForbiddenError)
            refused.message += f"; {_NEEDS}"
            raise refused from error
        if not wait:
            return _stacks.summary(heat.get_stack(made.id, resolve_outputs=False))
        return self._follow(made, "CREATE", Events(heat, made), _seconds(timeout, timeout_mins), on_event)

    @lenient(None)
    @operation(effect="delete", checks=_CHECKS)
    def update_stack(
        self,
        stack_id: str,
        template: Source | None = None,
        *,
        parameters: Mapping[str, Any] | None = None,
        environment: Environment = None,
        timeout_mins: int = 60,
        disable_rollback: bool = False,
        tags: Sequence[str] = (),
        wait: bool = True,
        timeout: float | None = None,
        on_event: EventCallback | None = None,
    ) -> dict[str, Any] | None:
        """Change a stack: as `get_stack`. What is not given stays: template, each parameter, environment, tags.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end. By default a minute more than
            ``timeout_mins``.

        The other arguments are those of `create_stack`; a rollback goes back to what was before.

        Hooks are told ``delete``: resources that the new template lacks are deleted.
        """
        body = self._body(template, parameters, environment, timeout_mins, tags)
        heat, stack = self.connection.orchestration, self._stack(stack_id)
        stack.is_rollback_disabled = disable_rollback
        events = Events(heat, stack, from_now=True)
        answer = heat.patch(path(stack), json={**body, "disable_rollback": disable_rollback})
        raise_from_response(answer)
        if not wait:
            return _stacks.summary(heat.get_stack(stack.id, resolve_outputs=False))
        return self._follow(stack, "UPDATE", events, _seconds(timeout, timeout_mins), on_event)

    @lenient(False)
    @operation(effect="delete", checks=WAIT_CHECKS)
    def delete_stack(
        self,
        stack_id: str,
        *,
        wait: bool = True,
        timeout: float = _TIMEOUT,
        on_event: EventCallback | None = None,
    ) -> bool:
        """Delete a stack and all its resources.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        heat, stack = self.connection.orchestration, self._stack(stack_id)
        events = Events(heat, stack, from_now=True)
        heat.delete_stack(stack, ignore_missing=False)
        if wait:
            follow(heat, stack, "DELETE", events, timeout, on_event)
        return True

    @lenient(False)
    @operation(effect="write", checks=WAIT_CHECKS)
    def suspend_stack(self, stack_id: str, *, wait: bool = True, timeout: float = _TIMEOUT) -> bool:
        """Suspend all resources that can be, such as servers.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        return self._act(stack_id, "suspend", wait, timeout)

    @lenient(False)
    @operation(effect="write", checks=WAIT_CHECKS)
    def resume_stack(self, stack_id: str, *, wait: bool = True, timeout: float = _TIMEOUT) -> bool:
        """Resume a suspended stack.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        return self._act(stack_id, "resume", wait, timeout)

    @lenient([])
    @operation(effect="list")
    def list_stack_resources(self, stack_id: str) -> list[dict[str, Any]]:
        """What a stack consists of: ``name, resource_type, status, status_reason, physical_resource_id``."""
        stack = self._stack(stack_id)
        return [_stacks.resource(resource) for resource in self.connection.orchestration.resources(stack)]

    @lenient([])
    @operation(effect="read")
    def list_stack_events(self, stack_id: str) -> list[dict[str, Any]]:
        """What happened to a stack, oldest first; the keys are those that ``on_event`` gets."""
        return list(Events(self.connection.orchestration, self._stack(stack_id)).new())

    @lenient({})
    @operation(effect="read")
    def get_stack_outputs(self, stack_id: str) -> dict[str, Any]:
        """The outputs of a stack by key; None for one that cannot be told yet."""
        return {output["key"]: output["value"] for output in _stacks.details(self._stack(stack_id))["outputs"]}

    @lenient({})
    @operation(effect="read")
    def get_stack_template(self, stack_id: str) -> dict[str, Any]:
        """The template of a stack."""
        answer = self.connection.orchestration.get(f"{path(self._stack(stack_id))}/template")
        raise_from_response(answer)
        template: dict[str, Any] = answer.json()
        return template

    @lenient(_no_verdict)
    @operation(effect="read")
    def validate_template(self, template: Source, *, environment: Environment = None) -> dict[str, Any]:
        """Whether Heat would take a template: ``valid, description, parameters, error``.

        ``error`` is Heat's own message for one that is not valid; that is no failure of this call, so that
        ``strict`` raises nothing for it. It does where Heat could not be asked.
        """
        try:
            body = self._body(template, None, environment)
            answer = self.connection.orchestration.post("/validate", json=body)
            raise_from_response(answer)
        except Exception as error:
            typed = self.typed_error(error, "validate_template", None)
            if isinstance(typed, InfomaniakValidationError | InfomaniakNotFoundError):
                return _no_verdict(typed)
            raise
        found = answer.json()
        return {
            "valid": True,
            "description": found.get("Description"),
            "parameters": found.get("Parameters") or {},
            "error": None,
        }

    def _stack(self, name_or_id: str) -> Stack:
        heat = self.connection.orchestration
        return self._find(heat.find_stack, name_or_id, "stack", heat.stacks)

    def _body(
        self,
        template: Source | None,
        parameters: Mapping[str, Any] | None,
        environment: Environment,
        timeout_mins: int | None = None,
        tags: Sequence[str] = (),
    ) -> dict[str, Any]:
        """What of it was given, as Heat's API names it."""
        found, files = (None, {}) if template is None else read_template(template)
        merged, more = read_environment(environment)
        given = {
            "template": found,
            "files": files | more,
            "environment": merged,
            "parameters": dict(parameters or {}),
            "timeout_mins": timeout_mins,
            "tags": ",".join(tags),
        }
        return {key: value for key, value in given.items() if value}

    def _follow(self, stack: Stack, *how: Any) -> dict[str, Any]:
        heat = self.connection.orchestration
        follow(heat, stack, *how)
        return _stacks.details(heat.get_stack(stack.id))

    def _act(self, stack_id: str, action: str, wait: bool, timeout: float) -> bool:
        heat, stack = self.connection.orchestration, self._stack(stack_id)
        events = Events(heat, stack, from_now=True)
        getattr(heat, f"{action}_stack")(stack)
        if wait:
            follow(heat, stack, action.upper(), events, timeout, None)
        return True


def _seconds(timeout: float | None, timeout_mins: int) -> float:
    return timeout_mins * 60 + 60 if timeout is None else timeout
