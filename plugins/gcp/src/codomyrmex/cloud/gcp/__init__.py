"""Google Cloud Storage."""

from codomyrmex.cloud.gcp._client import GCSClient
from codomyrmex.cloud.gcp._storage import GCSStorage

__all__ = ["GCSClient", "GCSStorage"]
