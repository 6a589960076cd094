"""`GCSClient`: the storage with the names and results of spec 2.2."""

from __future__ import annotations

from typing import Any, ClassVar

from codomyrmex.cloud.common import CloudClient, lenient
from codomyrmex.cloud.common.storage import Path
from codomyrmex.cloud.gcp._storage import GCSStorage
from codomyrmex.cloud.plugin import make_client
from google.cloud.storage import Client


class GCSClient(CloudClient):
    """Files and Cloud Storage (spec 2.2). Methods return False, [] or {} on failure (spec 8); ``last_error`` says why.

    :param project: as for `GCSStorage`; credentials are the Application Default Credentials.
    :param client: a google.cloud.storage.Client to use as it is.
    :param strict: raise the `CloudError` instead.

    Arguments that no service could take raise TypeError or ValueError at once. ``storage`` is the
    `GCSStorage` that does the work, with all else that Cloud Storage can do.
    """

    provider: ClassVar[str] = "gcp"
    service: ClassVar[str] = "storage"
    recipe: ClassVar[tuple[str, ...] | None] = ("project", "strict")

    def __init__(self, project: str | None = None, *, client: Client | None = None, strict: bool = False) -> None:
        options = {"project": project, "client": client}
        self.storage: GCSStorage = make_client("gcp.storage", GCSStorage, options)
        self.project = project
        self.strict = strict

    @property
    def native(self) -> Client:
        """Google's client."""
        return self.storage.native

    @lenient(False)
    def upload_blob(self, bucket_name: str, source_file_name: Path, destination_blob_name: str) -> bool:
        """Upload a file of any size."""
        self.storage.upload_path(bucket_name, destination_blob_name, source_file_name)
        return True

    @lenient(False)
    def download_blob(self, bucket_name: str, source_blob_name: str, destination_file_name: Path) -> bool:
        """Download to a file, which is replaced as a whole or not at all."""
        self.storage.download_path(bucket_name, source_blob_name, destination_file_name)
        return True

    @lenient([])
    def list_blobs(self, bucket_name: str) -> list[str]:
        """The names of all blobs, however many, in UTF-8 order."""
        return [found.key for found in self.storage.iter_objects(bucket_name)]

    @lenient({})
    def get_metadata(self, bucket_name: str, blob_name: str) -> dict[str, Any]:
        """``content_length`` (bytes), ``content_type``, ``etag`` (the generation, which ``if_match`` takes),
        ``last_modified`` (datetime with time zone) and ``metadata`` (the user's own, a dict).
        """
        found = self.storage.stat(bucket_name, blob_name)
        return {
            "content_length": found.size,
            "content_type": found.content_type,
            "etag": found.etag,
            "last_modified": found.last_modified,
            "metadata": dict(found.metadata),
        }

    @lenient(False)
    def ensure_bucket(self, bucket_name: str, location: str = "US") -> bool:
        """Make the bucket in ``location`` unless it is there. True when it is there now."""
        self.storage.ensure_bucket(bucket_name, location)
        return True

    def close(self) -> None:
        self.storage.close()

    def __reduce__(self) -> Any:
        self.storage.__reduce__()  # TypeError where it was given a client
        return super().__reduce__()
