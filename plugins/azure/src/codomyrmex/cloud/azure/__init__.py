"""Azure Blob Storage."""

from codomyrmex.cloud.azure._client import AzureBlobClient
from codomyrmex.cloud.azure._storage import AzureStorage

__all__ = ["AzureBlobClient", "AzureStorage"]
