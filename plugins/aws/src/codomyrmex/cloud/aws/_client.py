"""`S3Client`: the storage with the names and results of spec 2.1."""

from __future__ import annotations

import os
from typing import Any, ClassVar

from codomyrmex.cloud.aws._storage import S3Storage
from codomyrmex.cloud.common import CloudClient, lenient
from codomyrmex.cloud.common.storage import Path
from codomyrmex.cloud.plugin import make_client


class S3Client(CloudClient):
    """Files and S3 (spec 2.1). Methods return False, [] or {} on failure (spec 8); ``last_error`` says why.

    :param region_name: as for `S3Storage`; credentials come from boto3's default chain.
    :param client: a boto3 S3 client to use as it is.
    :param endpoint_url: of an S3-compatible store.
    :param strict: raise the `CloudError` instead.

    Arguments that no service could take raise TypeError or ValueError at once. ``storage`` is the
    `S3Storage` that does the work, with all else that S3 can do.
    """

    provider: ClassVar[str] = "aws"
    service: ClassVar[str] = "storage"
    recipe: ClassVar[tuple[str, ...] | None] = ("region_name", "endpoint_url", "strict")

    def __init__(
        self,
        region_name: str | None = None,
        *,
        client: Any = None,
        endpoint_url: str | None = None,
        strict: bool = False,
    ) -> None:
        options = {"region_name": region_name, "client": client, "endpoint_url": endpoint_url}
        self.storage: S3Storage = make_client("aws.storage", S3Storage, options)
        self.region_name = region_name
        self.endpoint_url = endpoint_url
        self.strict = strict

    @property
    def native(self) -> Any:
        """The boto3 client."""
        return self.storage.native

    @lenient(False)
    def upload_file(self, file_path: Path, bucket: str, object_name: str | None = None) -> bool:
        """Upload a file of any size. ``object_name`` defaults to the path as given."""
        key = os.fspath(file_path) if object_name is None else object_name
        self.storage.upload_path(bucket, key, file_path)
        return True

    @lenient(False)
    def download_file(self, bucket: str, object_name: str, file_path: Path) -> bool:
        """Download to a file, which is replaced as a whole or not at all."""
        self.storage.download_path(bucket, object_name, file_path)
        return True

    @lenient([])
    def list_objects(self, bucket: str) -> list[str]:
        """The keys of all objects, however many, in UTF-8 order."""
        return [found.key for found in self.storage.iter_objects(bucket)]

    @lenient({})
    def get_metadata(self, bucket: str, object_name: str) -> dict[str, Any]:
        """``content_length`` (bytes), ``content_type``, ``etag``, ``last_modified`` (datetime with time
        zone) and ``metadata`` (the user's own, a dict).
        """
        found = self.storage.stat(bucket, object_name)
        return {
            "content_length": found.size,
            "content_type": found.content_type,
            "etag": found.etag,
            "last_modified": found.last_modified,
            "metadata": dict(found.metadata),
        }

    @lenient(False)
    def ensure_bucket(self, bucket: str, region: str | None = None) -> bool:
        """Make the bucket unless it is there, in ``region`` or the client's. True when it is there now."""
        self.storage.ensure_bucket(bucket, region)
        return True

    def close(self) -> None:
        self.storage.close()

    def __reduce__(self) -> Any:
        self.storage.__reduce__()  # TypeError where it was given a client
        return super().__reduce__()
