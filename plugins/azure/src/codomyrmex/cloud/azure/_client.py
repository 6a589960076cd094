"""`AzureBlobClient`: the storage with the names and results of spec 2.3."""

from __future__ import annotations

from typing import Any, ClassVar

from codomyrmex.cloud.azure._storage import AzureStorage
from codomyrmex.cloud.common import CloudClient, lenient
from codomyrmex.cloud.common.storage import Path
from codomyrmex.cloud.plugin import make_client


class AzureBlobClient(CloudClient):
    """Files and Azure Blob Storage (spec 2.3). Methods return False, [] or {} on failure (spec 8);
    ``last_error`` says why.

    :param account_url: default AZURE_STORAGE_ACCOUNT_URL; InvalidRequest, which is a ValueError, where neither
        says one.
    :param client: a BlobServiceClient to use as it is.
    :param credential: as for `AzureStorage`; default DefaultAzureCredential.
    :param strict: raise the `CloudError` instead.

    Arguments that no service could take raise TypeError or ValueError at once. ``storage`` is the
    `AzureStorage` that does the work, with all else that Azure can do.
    """

    provider: ClassVar[str] = "azure"
    service: ClassVar[str] = "storage"
    recipe: ClassVar[tuple[str, ...] | None] = ("account_url", "strict")

    def __init__(
        self,
        account_url: str | None = None,
        *,
        client: Any = None,
        credential: Any = None,
        strict: bool = False,
    ) -> None:
        options = {"account_url": account_url, "client": client, "credential": credential}
        self.storage: AzureStorage = make_client("azure.storage", AzureStorage, options)
        self.account_url = self.storage.account_url
        self.strict = strict

    @property
    def native(self) -> Any:
        """The SDK's BlobServiceClient."""
        return self.storage.native

    @lenient(False)
    def upload_blob(self, container_name: str, blob_name: str, file_path: Path) -> bool:
        """Upload a file of any size."""
        self.storage.upload_path(container_name, blob_name, file_path)
        return True

    @lenient(False)
    def download_blob(self, container_name: str, blob_name: str, file_path: Path) -> bool:
        """Download to a file, which is replaced as a whole or not at all."""
        self.storage.download_path(container_name, blob_name, file_path)
        return True

    @lenient([])
    def list_blobs(self, container_name: str) -> list[str]:
        """The names of all blobs, however many, in UTF-8 order."""
        return [found.key for found in self.storage.iter_objects(container_name)]

    @lenient({})
    def get_metadata(self, container_name: str, blob_name: str) -> dict[str, Any]:
        """``content_length`` (bytes), ``content_type``, ``etag``, ``last_modified`` (datetime with time
        zone) and ``metadata`` (the user's own, a dict).
        """
        found = self.storage.stat(container_name, blob_name)
        return {
            "content_length": found.size,
            "content_type": found.content_type,
            "etag": found.etag,
            "last_modified": found.last_modified,
            "metadata": dict(found.metadata),
        }

    @lenient(False)
    def ensure_container(self, container_name: str) -> bool:
        """Make the container unless it is there. True when it is there now."""
        self.storage.ensure_bucket(container_name)
        return True

    def close(self) -> None:
        self.storage.close()

    def __reduce__(self) -> Any:
        self.storage.__reduce__()  # TypeError where it was given a client
        return super().__reduce__()
