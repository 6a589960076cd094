"""Object storage of Infomaniak Public Cloud: OpenStack Swift, and its S3 API."""

from codomyrmex.cloud.infomaniak.object_storage._client import InfomaniakObjectStorageClient
from codomyrmex.cloud.infomaniak.object_storage._results import AccountInfo, ContainerInfo
from codomyrmex.cloud.infomaniak.object_storage._storage import InfomaniakSwiftStorage
from codomyrmex.cloud.infomaniak.object_storage._unfinished import UnfinishedUpload
from codomyrmex.cloud.infomaniak.object_storage.s3 import InfomaniakS3Client, InfomaniakS3Storage

__all__ = [
    "AccountInfo",
    "ContainerInfo",
    "InfomaniakObjectStorageClient",
    "InfomaniakS3Client",
    "InfomaniakS3Storage",
    "InfomaniakSwiftStorage",
    "UnfinishedUpload",
]
