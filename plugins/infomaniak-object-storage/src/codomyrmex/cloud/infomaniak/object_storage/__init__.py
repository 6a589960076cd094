"""Object storage of Infomaniak Public Cloud: OpenStack Swift, and its S3 API."""

from codomyrmex.cloud.infomaniak.object_storage.s3 import InfomaniakS3Client, InfomaniakS3Storage
from codomyrmex.cloud.infomaniak.object_storage.swift import InfomaniakObjectStorageClient, InfomaniakSwiftStorage

__all__ = [
    "InfomaniakObjectStorageClient",
    "InfomaniakS3Client",
    "InfomaniakS3Storage",
    "InfomaniakSwiftStorage",
]
