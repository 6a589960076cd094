"""AWS S3, and every store that speaks its API."""

from codomyrmex.cloud.aws._client import S3Client
from codomyrmex.cloud.aws._storage import MultipartUpload, S3Storage

__all__ = ["MultipartUpload", "S3Client", "S3Storage"]
