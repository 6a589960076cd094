"""The names and contracts that providers implement and users program against (spec section 6)."""

from codomyrmex.cloud._announcing import Effect as Effect
from codomyrmex.cloud._announcing import Operation as Operation
from codomyrmex.cloud.common.client import CloudClient as CloudClient
from codomyrmex.cloud.common.compute import ComputeClient as ComputeClient
from codomyrmex.cloud.common.compute import ServerlessClient as ServerlessClient
from codomyrmex.cloud.common.leniency import lenient as lenient
from codomyrmex.cloud.common.operations import operation as operation
from codomyrmex.cloud.common.resources import CloudCredentials as CloudCredentials
from codomyrmex.cloud.common.resources import CloudProvider as CloudProvider
from codomyrmex.cloud.common.resources import CloudResource as CloudResource
from codomyrmex.cloud.common.resources import ResourceType as ResourceType
from codomyrmex.cloud.common.storage import Capability as Capability
from codomyrmex.cloud.common.storage import ObjectInfo as ObjectInfo
from codomyrmex.cloud.common.storage import PresignedRequest as PresignedRequest
from codomyrmex.cloud.common.storage import StorageClient as StorageClient
from codomyrmex.cloud.common.storage import guess_content_type as guess_content_type
