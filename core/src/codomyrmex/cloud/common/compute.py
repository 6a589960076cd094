"""The contracts of compute and serverless services."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from codomyrmex.cloud.common.client import CloudClient
from codomyrmex.cloud.common.operations import operation


class ComputeClient(CloudClient, ABC):
    """Servers. Every method raises `CloudError` on failure."""

    service: ClassVar[str] = "compute"

    @abstractmethod
    @operation(effect="list")
    def list_instances(self) -> list[dict[str, Any]]:
        """All servers of the project."""

    @abstractmethod
    @operation(effect="write")
    def create_instance(self, name: str, instance_type: str, image_id: str, **kwargs: Any) -> dict[str, Any]:
        """Make a server and return its description."""

    @abstractmethod
    @operation(effect="write")
    def start_instance(self, instance_id: str) -> bool:
        """Start a stopped server. True once the service accepted it."""

    @abstractmethod
    @operation(effect="write")
    def stop_instance(self, instance_id: str) -> bool:
        """Stop a running server. True once the service accepted it."""

    @abstractmethod
    @operation(effect="delete")
    def terminate_instance(self, instance_id: str) -> bool:
        """Delete a server. NotFound if there is none."""


class ServerlessClient(CloudClient, ABC):
    """Functions run by the provider. Every method raises `CloudError` on failure."""

    service: ClassVar[str] = "serverless"

    @abstractmethod
    @operation(effect="list")
    def list_functions(self) -> list[dict[str, Any]]:
        """All functions of the account."""

    @abstractmethod
    @operation(effect="write")
    def create_function(self, name: str, runtime: str, handler: str, code_path: str, **kwargs: Any) -> dict[str, Any]:
        """Make a function from the code at ``code_path`` on this machine."""

    @abstractmethod
    @operation(effect="write")
    def invoke_function(self, function_name: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Call a function and return its answer."""

    @abstractmethod
    @operation(effect="delete")
    def delete_function(self, function_name: str) -> bool:
        """Delete a function. NotFound if there is none."""
