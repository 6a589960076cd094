"""Object storage of Infomaniak Public Cloud: OpenStack Swift, and its S3 API.

Names are imported on first use: those of S3 load boto3, those of Swift openstacksdk.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codomyrmex.cloud.infomaniak.object_storage._client import InfomaniakObjectStorageClient
    from codomyrmex.cloud.infomaniak.object_storage._results import AccountInfo, ContainerInfo
    from codomyrmex.cloud.infomaniak.object_storage._storage import InfomaniakSwiftStorage
    from codomyrmex.cloud.infomaniak.object_storage._unfinished import UnfinishedUpload
    from codomyrmex.cloud.infomaniak.object_storage.s3 import InfomaniakS3Client, InfomaniakS3Storage

_MODULES = {
    "AccountInfo": "_results",
    "ContainerInfo": "_results",
    "InfomaniakObjectStorageClient": "_client",
    "InfomaniakS3Client": "s3",
    "InfomaniakS3Storage": "s3",
    "InfomaniakSwiftStorage": "_storage",
    "UnfinishedUpload": "_unfinished",
}

__all__ = [
    "AccountInfo",
    "ContainerInfo",
    "InfomaniakObjectStorageClient",
    "InfomaniakS3Client",
    "InfomaniakS3Storage",
    "InfomaniakSwiftStorage",
    "UnfinishedUpload",
]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value
