"""A storage in this process's memory that does all of the contract, for the suite to be tried on.

Its services are found by name, as others are by address. ``broken`` holds storages derived from it,
so what it does is cut into steps that may go wrong one by one.
"""

import hashlib
import io
import os
import threading
import zlib
from datetime import UTC, datetime
from itertools import islice
from typing import ClassVar, NamedTuple

from codomyrmex.cloud.common import Capability, ObjectInfo, StorageClient, guess_content_type
from codomyrmex.cloud.errors import (
    AlreadyExists,
    AuthenticationError,
    BucketNotFound,
    Conflict,
    ObjectNotFound,
    PermissionDenied,
    PreconditionFailed,
)
from codomyrmex.cloud.local.signing import Grant, Signer, expiry
from codomyrmex.cloud.plugin import atomic_write, check_key

CHUNK = 256 * 1024
PAGE = 1000


class Service:
    """What stands behind the clients: buckets, and who may use them."""

    running: ClassVar = {}

    def __init__(self, name, passwords):
        self.lock = threading.RLock()
        self.passwords = passwords
        """Password to whether its owner may do anything."""
        self.buckets = {}
        self.running[name] = self


class Stored(NamedTuple):
    """An object."""

    chunks: tuple
    """Compressed, so that what a test of bounded memory measures is the way, not the store."""
    size: int
    etag: str
    modified: datetime
    content_type: str
    metadata: dict

    def info(self, bucket, key):
        checksums = {"md5": self.etag}
        return ObjectInfo(
            bucket, key, self.size, self.etag, self.modified, self.content_type, dict(self.metadata), checksums
        )

    def read(self, start, length):
        """The data from ``start``, a piece at a time."""
        end = self.size if length is None else min(start + length, self.size)
        while start < end:
            number, offset = divmod(start, CHUNK)
            piece = zlib.decompress(self.chunks[number])[offset : offset + end - start]
            start += len(piece)
            yield piece


class MemoryStorage(StorageClient):
    """:param name: of the service. Its password is given, or found in ``MEMORY_PASSWORD``."""

    provider = "memory"
    recipe = ("name", "endpoint_url")
    capabilities = frozenset(Capability)

    def __init__(self, name, *, password=None, endpoint_url="http://127.0.0.1:1"):
        self.name = name
        self.endpoint_url = endpoint_url
        self._password = password or os.environ["MEMORY_PASSWORD"]

    # Buckets

    def list_buckets(self):
        return sorted(self._service().buckets)

    def create_bucket(self, name):
        with self._service().lock:
            if name in self._service().buckets:
                raise AlreadyExists(f"bucket {name!r} exists already")
            self._service().buckets[name] = {}
        return True

    def delete_bucket(self, bucket):
        with self._service().lock:
            if self._objects(bucket):
                raise Conflict(f"bucket {bucket!r} is not empty")
            del self._service().buckets[bucket]
        return True

    def ensure_bucket(self, name):
        return not self.bucket_exists(name) and self.create_bucket(name)

    # Looking

    def iter_objects(self, bucket, prefix="", *, start_after=""):
        while page := self._page(bucket, prefix, start_after):
            yield from page
            start_after = page[-1].key

    def stat(self, bucket, key):
        return self._find(bucket, key).info(bucket, key)

    # Reading

    def download_file(self, bucket, key):
        return b"".join(self._find(bucket, key).read(0, None))

    def read_range(self, bucket, key, start=0, length=None):
        return b"".join(self._find(bucket, key).read(start, length))

    def open_read(self, bucket, key, *, start=0, length=None):
        return io.BufferedReader(Reader(self._find(bucket, key).read(start, length)))

    def download_path(self, bucket, key, path, *, progress=None):
        stored = self._find(bucket, key)
        with atomic_write(path) as file:
            for piece in stored.read(0, None):
                file.write(piece)
                if progress:
                    progress(len(piece))
        return stored.info(bucket, key)

    # Writing

    def upload_file(self, bucket, key, data, content_type=None):
        self.upload_stream(bucket, key, io.BytesIO(data), content_type=content_type)
        return self.url(bucket, key)

    def upload_stream(
        self, bucket, key, stream, *, content_type=None, metadata=None, if_match=None, if_none_match=None, progress=None
    ):
        self._check(bucket, key, if_match, if_none_match)
        chunks, size, digest = [], 0, hashlib.md5()
        for piece in pieces(stream):
            chunks.append(zlib.compress(piece, 1))
            size += len(piece)
            digest.update(piece)
            if progress:
                progress(len(piece))
        content_type = content_type or guess_content_type(key)
        stored = Stored(tuple(chunks), size, digest.hexdigest(), datetime.now(UTC), content_type, dict(metadata or {}))
        with self._service().lock:
            self._check(bucket, key, if_match, if_none_match)
            self._commit(bucket, key, stored)
        return stored.info(bucket, key)

    def copy(self, source_bucket, source_key, bucket, key):
        stored = self._find(source_bucket, source_key)._replace(modified=datetime.now(UTC))
        self._commit(bucket, key, stored)
        return stored.info(bucket, key)

    def delete_file(self, bucket, key):
        return self._objects(bucket).pop(key, None) is not None

    def delete_many(self, bucket, keys):
        remaining = iter(keys)
        while batch := list(islice(remaining, PAGE)):
            for key in batch:
                check_key(key)
            for key in batch:
                self._objects(bucket).pop(key, None)
        return {}

    # Presigned requests

    def generate_presigned_url(self, bucket, key, expires_in=3600):
        return self.signer().request(self.endpoint_url, Grant("GET", bucket, key, expiry(expires_in))).url

    def generate_presigned_upload(self, bucket, key, expires_in=3600, *, content_type=None):
        grant = Grant("PUT", bucket, key, expiry(expires_in), content_type or "")
        return self.signer().request(self.endpoint_url, grant)

    def signer(self):
        """What signs, and what verifies for the gateway at ``endpoint_url``."""
        return Signer(self._password.encode())

    # Steps

    def _service(self):
        service = Service.running.get(self.name)
        if service is None:
            raise ConnectionRefusedError(f"no service {self.name!r}")
        if self._password not in service.passwords:
            raise AuthenticationError("the password is wrong")
        if not service.passwords[self._password]:
            raise PermissionDenied("this user may do nothing")
        return service

    def _objects(self, bucket):
        objects = self._service().buckets.get(bucket)
        if objects is None:
            raise BucketNotFound(f"no bucket {bucket!r}")
        return objects

    def _find(self, bucket, key):
        stored = self._objects(bucket).get(key)
        if stored is None:
            raise ObjectNotFound(f"no object {key!r} in bucket {bucket!r}")
        return stored

    def _page(self, bucket, prefix, start_after):
        with self._service().lock:
            objects = self._objects(bucket)
            found = sorted(
                (k for k in objects if k.startswith(prefix) and k.encode() > start_after.encode()), key=str.encode
            )
            return [objects[key].info(bucket, key) for key in found[:PAGE]]

    def _check(self, bucket, key, if_match, if_none_match):
        old = self._objects(bucket).get(key)
        if if_none_match and old:
            raise PreconditionFailed(f"{key!r} exists already")
        if if_match and (old is None or old.etag != if_match):
            raise PreconditionFailed(f"{key!r} is another by now")

    def _commit(self, bucket, key, stored):
        self._objects(bucket)[key] = stored


class Reader(io.RawIOBase):
    """Pieces of data as a file."""

    def __init__(self, pieces):
        self._pieces = pieces
        self._rest = b""

    def readable(self):
        return True

    def readinto(self, buffer):
        self._rest = self._rest or next(self._pieces, b"")
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def pieces(stream):
    """What the stream holds, in pieces of ``CHUNK`` bytes."""
    while True:
        piece = b""
        while len(piece) < CHUNK and (more := stream.read(CHUNK - len(piece))):
            if isinstance(more, str):
                raise TypeError("the stream is of text")
            piece += more
        if not piece:
            return
        yield piece
