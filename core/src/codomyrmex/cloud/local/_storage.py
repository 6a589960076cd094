"""The local provider: a real object storage on a folder, for work, tests and single machines."""

from __future__ import annotations

import errno
import io
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, ClassVar

from codomyrmex.cloud._files import CHUNK, Progress, atomic_write
from codomyrmex.cloud.common._checks import CHECKS, check_key
from codomyrmex.cloud.common.operations import operation
from codomyrmex.cloud.common.storage import (
    Capability,
    ObjectInfo,
    Path,
    PresignedRequest,
    StorageClient,
    guess_content_type,
)
from codomyrmex.cloud.errors import (
    AlreadyExists,
    BucketNotFound,
    CloudError,
    InvalidRequest,
)

if TYPE_CHECKING:  # imported where they are used: a look-up must not wait for SQLite and OpenSSL
    from codomyrmex.cloud.local._bucket import Bucket

DEFAULT_ENDPOINT = "http://127.0.0.1:8470"
"""Where ``cloud serve`` answers unless told otherwise."""

_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]")


class LocalStorage(StorageClient):
    """Buckets in a folder: crash-safe, shared by threads and processes, faithful to every key.

    :param root: the folder; default ``CLOUD_LOCAL_ROOT``, else ``codomyrmex-cloud`` in the user's
        data folder. Made when the first bucket is.
    :param endpoint_url: where ``cloud serve`` answers presigned URLs; default
        ``CLOUD_LOCAL_ENDPOINT``, else `DEFAULT_ENDPOINT`.

    Data is verified by MD5 whenever a whole object is read (by `open_read`, at its end), and an ETag
    is that MD5, as with S3.
    """

    provider: ClassVar[str] = "local"
    recipe: ClassVar[tuple[str, ...]] = ("root", "endpoint_url")
    capabilities = frozenset(Capability) - {Capability.SERVER_SIDE_COPY}

    def __init__(self, root: Path | None = None, *, endpoint_url: str | None = None) -> None:
        root = root or os.environ.get("CLOUD_LOCAL_ROOT")
        self._root = os.path.abspath(os.fsdecode(root)) if root else None
        self.endpoint_url = endpoint_url or os.environ.get("CLOUD_LOCAL_ENDPOINT") or DEFAULT_ENDPOINT
        self._buckets: dict[str, Bucket] = {}

    @property
    def root(self) -> str:
        """The folder. Found on first use where it is the default: platformdirs takes long to import."""
        if self._root is None:
            import platformdirs

            self._root = platformdirs.user_data_dir("codomyrmex-cloud", appauthor=False)
        return self._root

    # Buckets

    def list_buckets(self) -> list[str]:
        try:
            names = os.listdir(self.root)
        except FileNotFoundError:
            return []
        return sorted(name for name in names if self._exists(name))

    def create_bucket(self, name: str) -> bool:
        if not _BUCKET_NAME.fullmatch(name) or ".." in name:
            raise ValueError(
                f"not a bucket name: {name[:70]!r}; 3 to 63 of a-z, 0-9, '.', '_' and '-', "
                "beginning and ending with a letter or digit"
            )
        os.makedirs(self.root, mode=0o700, exist_ok=True)
        try:
            self._bucket(name).create()
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
                raise
            raise AlreadyExists(f"bucket {name!r} exists already") from None
        return True

    def bucket_exists(self, bucket: str) -> bool:
        return self._exists(bucket)

    def delete_bucket(self, bucket: str) -> bool:
        self._bucket(bucket).remove()
        self._buckets.pop(bucket, None)
        return True

    @operation(effect="delete", checks=CHECKS)
    def sweep(self, bucket: str, older_than: float = 86400) -> int:
        """Remove the data of writes that were killed more than ``older_than`` seconds ago.

        Returns the bytes freed. Such data is never visible; it only takes room. An upload that is
        still going on and has written nothing for so long fails with Conflict.
        """
        return self._bucket(bucket).sweep(older_than)

    # Looking

    def iter_objects(self, bucket: str, prefix: str = "", *, start_after: str = "") -> Iterator[ObjectInfo]:
        return (row.info(bucket) for row in self._bucket(bucket).rows(prefix, start_after))

    def stat(self, bucket: str, key: str) -> ObjectInfo:
        return self._bucket(bucket).get(key).info(bucket)

    # Reading

    def download_file(self, bucket: str, key: str) -> bytes:
        row, file = self._bucket(bucket).open(key)
        with file:
            return b"".join(row.verified([file.read()]))

    def download_path(self, bucket: str, key: str, path: Path, *, progress: Progress | None = None) -> ObjectInfo:
        row, file = self._bucket(bucket).open(key)
        with file, atomic_write(path) as target:
            for chunk in row.verified(_chunks(file, progress)):
                target.write(chunk)
        return row.info(bucket)

    def open_read(self, bucket: str, key: str, *, start: int = 0, length: int | None = None) -> BinaryIO:
        row, file = self._bucket(bucket).open(key)
        end = row.size if length is None else min(start + length, row.size)
        file.seek(min(start, end))
        chunks = _chunks(file, left=end - file.tell())
        if start == 0 and end == row.size:
            chunks = self._naming(self.url(bucket, key), row.verified(chunks))
        return io.BufferedReader(_Reader(file, chunks))

    def read_range(self, bucket: str, key: str, start: int = 0, length: int | None = None) -> bytes:
        with self.open_read(bucket, key, start=start, length=length) as file:
            return file.read()

    # Writing

    def upload_file(self, bucket: str, key: str, data: bytes, content_type: str | None = None) -> str:
        self._bucket(bucket).write(
            key, (bytes(data),), content_type=content_type or guess_content_type(key), metadata={}
        )
        return self.url(bucket, key)

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
        row = self._bucket(bucket).write(
            key,
            _chunks(stream, progress),
            content_type=content_type or guess_content_type(key),
            metadata=metadata or {},
            if_match=if_match,
            if_none_match=if_none_match,
        )
        return row.info(bucket)

    def copy(self, source_bucket: str, source_key: str, bucket: str, key: str) -> ObjectInfo:
        row, file = self._bucket(source_bucket).open(source_key)
        with file:
            data, metadata = row.verified(_chunks(file)), row.info(source_bucket).metadata
            copied = self._bucket(bucket).write(key, data, content_type=row.content_type, metadata=metadata)
        return copied.info(bucket)

    def delete_file(self, bucket: str, key: str) -> bool:
        return self._bucket(bucket).delete([key]) == 1

    def delete_many(self, bucket: str, keys: Iterable[str]) -> dict[str, CloudError]:
        remaining = iter(keys)
        while batch := list(islice(remaining, 1000)):
            for key in batch:
                check_key(key)
            self._bucket(bucket).delete(batch)
        return {}

    # Presigned requests

    def generate_presigned_url(self, bucket: str, key: str, expires_in: int = 3600) -> str:
        return self._presigned("GET", bucket, key, expires_in, "").url

    def generate_presigned_upload(
        self, bucket: str, key: str, expires_in: int = 3600, *, content_type: str | None = None
    ) -> PresignedRequest:
        return self._presigned("PUT", bucket, key, expires_in, content_type or "")

    # Inside

    @classmethod
    def credential_source(cls) -> str | None:
        source = "CLOUD_LOCAL_ROOT" if os.environ.get("CLOUD_LOCAL_ROOT") else "default"
        return f"needs none; folder {cls().root} ({source})"

    def close(self) -> None:
        for bucket in list(self._buckets.values()):
            bucket.close()

    def translate_error(self, error: Exception) -> CloudError | None:
        if isinstance(error, NotADirectoryError | FileExistsError) and not os.path.isdir(there := self._root_so_far()):
            return InvalidRequest(f"{there} is not a folder; set CLOUD_LOCAL_ROOT or root= to one")
        from codomyrmex.cloud.local._connections import index_error

        return index_error(error, self.root) or super().translate_error(error)

    def _naming(self, resource: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The same; what fails names the object, though `open_read` has returned."""
        try:
            yield from chunks
        except CloudError as error:
            raise self.typed_error(error, "open_read", resource)  # noqa: B904 - the same one

    def _bucket(self, name: str) -> Bucket:
        bucket = self._buckets.get(name)
        if bucket is None:
            if not _BUCKET_NAME.fullmatch(name):  # what the root holds besides buckets is not to be reached
                raise BucketNotFound(f"no bucket {name!r} in {self.root}")
            from codomyrmex.cloud.local._bucket import Bucket

            bucket = self._buckets[name] = Bucket(os.path.join(self.root, name))
        return bucket

    def _exists(self, name: str) -> bool:
        return _BUCKET_NAME.fullmatch(name) is not None and self._bucket(name).exists()

    def _root_so_far(self) -> str:
        path = self.root
        while not os.path.lexists(path):
            path = os.path.dirname(path)
        return path

    def _presigned(self, method: str, bucket: str, key: str, expires_in: int, content_type: str) -> PresignedRequest:
        from codomyrmex.cloud.local.signing import Grant, Signer, expiry, signing_key

        grant = Grant(method, bucket, key, expiry(expires_in), content_type)
        return Signer(signing_key(self.root)).request(self.endpoint_url, grant)


class _Reader(io.RawIOBase):
    """The chunks of a file as a file."""

    def __init__(self, file: BinaryIO, chunks: Iterator[bytes]) -> None:
        self._file = file
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = memoryview(next(self._chunks, b""))
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


def _chunks(stream: BinaryIO, progress: Progress | None = None, left: float = math.inf) -> Iterator[bytes]:
    """What the stream holds, to its end or until ``left`` bytes were read."""
    while True:
        chunk = stream.read(int(min(CHUNK, left)))
        if not isinstance(chunk, bytes | bytearray | memoryview):  # None, too: a stream that does not wait
            raise TypeError(f"the stream must be open in binary mode, it gives {type(chunk).__name__}")
        if not chunk:
            return
        yield bytes(chunk)
        left -= len(chunk)
        if progress is not None:
            progress(len(chunk))
