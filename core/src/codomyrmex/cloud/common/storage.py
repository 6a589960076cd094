"""The storage contract: six abstract methods (spec 6.2), and all that is built on them."""

from __future__ import annotations

import io
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any, BinaryIO, ClassVar, NamedTuple, NoReturn, Self

from codomyrmex.cloud._files import Progress, atomic_write
from codomyrmex.cloud.common._checks import CHECKS
from codomyrmex.cloud.common.client import CloudClient
from codomyrmex.cloud.common.operations import operation
from codomyrmex.cloud.errors import AlreadyExists, CloudError, ObjectNotFound, UnsupportedOperation

Path = str | os.PathLike[str]


class Capability(StrEnum):
    """What a storage can do beyond the six methods. What is not claimed either raises
    `UnsupportedOperation` or, where this says so, works by way of a whole download or upload.
    """

    LISTING = "listing"
    """`iter_objects`."""
    DELETE_BUCKET = "delete_bucket"
    METADATA = "metadata"
    """User metadata is kept."""
    STREAMING = "streaming"
    """Uploads and downloads in bounded memory at any size; else the object is held in memory."""
    RANGE_READS = "range_reads"
    """A range is fetched alone; else the whole object is."""
    STAT = "stat"
    """`stat` and `exists` fetch no data; else the whole object is."""
    SERVER_SIDE_COPY = "server_side_copy"
    """`copy` moves no data through this machine; else it does."""
    BATCH_DELETE = "batch_delete"
    """`delete_many` takes fewer requests than keys; else one for each."""
    CONDITIONAL_CREATE = "conditional_create"
    """``if_none_match="*"``."""
    ATOMIC_CREATE = "atomic_create"
    """...of which one of several racing writers wins, always."""
    CONDITIONAL_REPLACE = "conditional_replace"
    """``if_match=etag``."""
    PRESIGNED_GET = "presigned_get"
    PRESIGNED_PUT = "presigned_put"


class ObjectInfo(NamedTuple):
    """What is known of an object. A listing may leave out what its service does not list; metadata
    together with the content type, as empty metadata would say that there is none.
    """

    bucket: str
    key: str
    size: int
    """Bytes."""
    etag: str | None = None
    last_modified: datetime | None = None
    """With time zone."""
    content_type: str | None = None
    metadata: Mapping[str, str] = {}
    checksums: Mapping[str, str] = {}
    """Algorithm (``"md5"``, ``"crc32c"``, ...) to hexadecimal digest of the whole object."""


class PresignedRequest(NamedTuple):
    """A request that anyone may send until it expires. Its URL is a secret until then."""

    method: str
    url: str
    headers: Mapping[str, str]
    """The headers that the request must carry, exactly."""


_read = operation(effect="read", checks=CHECKS)
_list = operation(effect="list", checks=CHECKS)
_list_lazily = operation(effect="list", checks=CHECKS, lazy=True)
_write = operation(effect="write", checks=CHECKS)
_delete = operation(effect="delete", checks=CHECKS)
_delete_in_batches = operation(effect="delete", checks=CHECKS, batched="keys")


class StorageClient(CloudClient, ABC):
    """Buckets of objects. Implement the six abstract methods, set ``provider``, and it works.

    Every method raises `CloudError` on failure, and TypeError or ValueError for arguments that no
    service could take. Buckets are 1 to 255 bytes, keys any UTF-8 of 1 to 1,024 bytes. A write
    that fails leaves what was there; a download that fails leaves the target file as it was.
    """

    service: ClassVar[str] = "storage"
    scheme: ClassVar[str] = ""
    """Of its URLs, such as ``"s3"``; the provider's name when not set."""
    capabilities: frozenset[Capability] = frozenset()

    # The six methods of spec 6.2

    @abstractmethod
    @_list
    def list_buckets(self) -> list[str]:
        """The names of all buckets, sorted."""

    @abstractmethod
    @_write
    def create_bucket(self, name: str) -> bool:
        """Make a bucket. True; AlreadyExists if it is there."""

    @abstractmethod
    @_write
    def upload_file(self, bucket: str, key: str, data: bytes, content_type: str | None = None) -> str:
        """Store ``data``, replacing what is there. Returns the object's URL, ``scheme://bucket/key``."""

    @abstractmethod
    @_read
    def download_file(self, bucket: str, key: str) -> bytes:
        """The object's data, verified. ObjectNotFound if there is none."""

    @abstractmethod
    @_delete
    def delete_file(self, bucket: str, key: str) -> bool:
        """Delete an object. True; False only where the service tells that there was none."""

    @abstractmethod
    @_read
    def generate_presigned_url(self, bucket: str, key: str, expires_in: int = 3600) -> str:
        """A URL by which anyone may GET the object, for ``expires_in`` seconds."""

    # Buckets

    @_read
    def bucket_exists(self, bucket: str) -> bool:
        """Whether the bucket is there. A bucket that may not be looked at is an error, not False."""
        return bucket in self.list_buckets()

    @_write
    def ensure_bucket(self, name: str) -> bool:
        """Make the bucket unless it is there. True when this call made it."""
        try:
            return self.create_bucket(name)
        except AlreadyExists:
            return False

    @_delete
    def delete_bucket(self, bucket: str) -> bool:
        """Delete an empty bucket. Conflict if it holds objects."""
        self._unsupported("delete buckets")

    # Looking

    @_list_lazily
    def iter_objects(self, bucket: str, prefix: str = "", *, start_after: str = "") -> Iterator[ObjectInfo]:
        """All objects whose key starts with ``prefix``, by the UTF-8 order of their keys, lazily.

        :param start_after: begin behind this key, which need not exist.
        """
        self._unsupported("list objects")

    @_read
    def stat(self, bucket: str, key: str) -> ObjectInfo:
        """What is known of the object. ObjectNotFound if there is none."""
        return ObjectInfo(bucket, key, len(self.download_file(bucket, key)))

    @_read
    def exists(self, bucket: str, key: str) -> bool:
        """Whether the object is there. One that may not be looked at is an error, not False."""
        try:
            self.stat(bucket, key)
        except ObjectNotFound:
            return False
        return True

    # Moving data

    @_read
    def open_read(self, bucket: str, key: str, *, start: int = 0, length: int | None = None) -> BinaryIO:
        """The object as a file to read and close, from byte ``start``, at most ``length`` bytes."""
        return io.BytesIO(self.read_range(bucket, key, start, length))

    @_read
    def read_range(self, bucket: str, key: str, start: int = 0, length: int | None = None) -> bytes:
        """At most ``length`` bytes from byte ``start``; fewer, down to none, at the object's end."""
        return self.download_file(bucket, key)[start : None if length is None else start + length]

    @_read
    def download_path(self, bucket: str, key: str, path: Path, *, progress: Progress | None = None) -> ObjectInfo:
        """Download to a file of this machine: verified, then put in place at once, or not at all.

        :param progress: called with the number of bytes moved since the last call.
        """
        data = self.download_file(bucket, key)
        with atomic_write(path) as file:
            file.write(data)
        if progress is not None:
            progress(len(data))
        return ObjectInfo(bucket, key, len(data))

    @_write
    def upload_path(
        self,
        bucket: str,
        key: str,
        path: Path,
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
        if_none_match: str | None = None,
        progress: Progress | None = None,
    ) -> ObjectInfo:
        """Upload a file of this machine; arguments as for `upload_stream`."""
        upload = partial(self.upload_stream, bucket, key, content_type=content_type, metadata=metadata)
        with open(path, "rb") as file:
            return upload(file, if_match=if_match, if_none_match=if_none_match, progress=progress)

    @_write
    def upload_stream(
        self,
        bucket: str,
        key: str,
        stream: BinaryIO,
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
        if_none_match: str | None = None,
        progress: Progress | None = None,
    ) -> ObjectInfo:
        """Store what ``stream`` holds, to its end. If reading it raises, nothing is stored.

        :param content_type: guessed from the key when not given, where the provider keeps one.
        :param if_match: replace the object only if its ETag is still this; else PreconditionFailed.
        :param if_none_match: ``"*"``: only if there is no such object; else PreconditionFailed.
        :param progress: called with the number of bytes moved since the last call.
        """
        for needed, given in (("keep metadata", metadata), ("write conditionally", if_match or if_none_match)):
            if given:
                self._unsupported(needed)
        data = stream.read()
        self.upload_file(bucket, key, data, content_type)
        if progress is not None:
            progress(len(data))
        return ObjectInfo(bucket, key, len(data), content_type=content_type)

    @_write
    def copy(self, source_bucket: str, source_key: str, bucket: str, key: str) -> ObjectInfo:
        """Copy an object within this storage, content type and metadata included."""
        info = self.stat(source_bucket, source_key)
        with self.open_read(source_bucket, source_key) as source:
            return self.upload_stream(bucket, key, source, content_type=info.content_type, metadata=info.metadata)

    # Removing

    @_delete_in_batches
    def delete_many(self, bucket: str, keys: Iterable[str]) -> dict[str, CloudError]:
        """Delete objects; those that are not there count as deleted. Returns the failures by key."""
        failures = {}
        for key in keys:
            try:
                self.delete_file(bucket, key)
            except ObjectNotFound:
                continue
            except CloudError as error:
                failures[key] = error
        return failures

    # Presigned requests

    @_write
    def generate_presigned_upload(
        self, bucket: str, key: str, expires_in: int = 3600, *, content_type: str | None = None
    ) -> PresignedRequest:
        """A request by which anyone may PUT the object, for ``expires_in`` seconds."""
        self._unsupported("presign uploads")

    # URLs

    def url(self, bucket: str, key: str = "") -> str:
        """``scheme://bucket/key``; the key stands as it is, not percent-encoded."""
        return f"{self.scheme or self.provider}://{bucket}" + (f"/{key}" if key else "")

    @classmethod
    def split_url(cls, url: str) -> tuple[str, str]:
        """Bucket and key of such a URL, each empty where the URL has none."""
        bucket, _, key = url.partition("://")[2].partition("/")
        return bucket, key

    @classmethod
    def from_url(cls, url: str, **options: Any) -> Self:
        """The client for ``url``; a provider whose URLs name an account or a host overrides it."""
        return cls(**options)

    def resource_name(self, arguments: Mapping[str, Any]) -> str | None:
        """The URL of the bucket or object."""
        bucket, key = arguments.get("bucket") or arguments.get("name"), arguments.get("key")
        return self.url(bucket, key or "") if isinstance(bucket, str) else None

    def _unsupported(self, what: str) -> NoReturn:
        raise UnsupportedOperation(f"{self.provider}.{self.service} cannot {what}")


def guess_content_type(key: str) -> str:
    """The media type that the key's ending suggests, else ``application/octet-stream``."""
    import mimetypes

    found, encoding = mimetypes.guess_type(key.rpartition("/")[2], strict=False)
    # of a.tar.gz the bytes are gzip's
    return (_COMPRESSED.get(encoding) if encoding else found) or "application/octet-stream"


_COMPRESSED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}
