"""Object storage of Infomaniak Public Cloud: OpenStack Swift, and its S3 API.

Names are imported on first use: S3 loads boto3 alone, Swift openstacksdk alone.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codomyrmex.cloud.infomaniak.object_storage.s3 import InfomaniakS3Client, InfomaniakS3Storage
    from codomyrmex.cloud.infomaniak.object_storage.swift import InfomaniakObjectStorageClient, InfomaniakSwiftStorage

__all__ = [
    "InfomaniakObjectStorageClient",
    "InfomaniakS3Client",
    "InfomaniakS3Storage",
    "InfomaniakSwiftStorage",
]


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = "s3" if name.startswith("InfomaniakS3") else "swift"
    value: object = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value
