"""The names and contracts that providers implement and users program against (spec section 6)."""

from codomyrmex.cloud._announcing import Effect, Operation
from codomyrmex.cloud.common.client import CloudClient
from codomyrmex.cloud.common.compute import ComputeClient, ServerlessClient
from codomyrmex.cloud.common.leniency import lenient
from codomyrmex.cloud.common.operations import operation
from codomyrmex.cloud.common.resources import CloudCredentials, CloudProvider, CloudResource, ResourceType
from codomyrmex.cloud.common.storage import Capability, ObjectInfo, PresignedRequest, StorageClient, guess_content_type

__all__ = [
    "Capability", "CloudClient", "CloudCredentials", "CloudProvider", "CloudResource", "ComputeClient", "Effect",
    "ObjectInfo", "Operation", "PresignedRequest", "ResourceType", "ServerlessClient", "StorageClient",
    "guess_content_type", "lenient", "operation",
]  # fmt: skip
