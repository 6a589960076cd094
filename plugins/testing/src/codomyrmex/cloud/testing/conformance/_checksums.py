from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Mapping

from codomyrmex.cloud.common import Capability, StorageClient
from codomyrmex.cloud.testing.conformance._data import made
from codomyrmex.cloud.testing.conformance._topic import Topic, needs, not_applicable

CRC32 = "crc32"


class Checksums(Topic):
    topic = "Checksums"

    @needs(Capability.STAT)
    def test_checksums_are_those_of_the_data(self, storage: StorageClient, bucket: str, key: str) -> None:
        data = made(300_000)
        told = storage.upload_stream(bucket, key, io.BytesIO(data)).checksums
        known = storage.stat(bucket, key).checksums
        if not (told or known):
            not_applicable("the service tells no checksum")
        assert wrong(told, data) == wrong(known, data) == []

    @needs(Capability.STAT)
    def test_the_checksum_of_nothing_is_right(self, storage: StorageClient, bucket: str, key: str) -> None:
        storage.upload_file(bucket, key, b"")
        assert wrong(storage.stat(bucket, key).checksums, b"") == []

    @needs(Capability.STAT, Capability.STREAMING)
    def test_checksums_of_a_large_object_are_those_of_the_whole(
        self, storage: StorageClient, bucket: str, large: str
    ) -> None:
        assert wrong(storage.stat(bucket, large).checksums, made(self.stream_size)) == []


def wrong(checksums: Mapping[str, str], data: bytes) -> list[str]:
    """The algorithms whose checksum is not the data's; those that Python does not have are believed."""
    return [name for name, value in checksums.items() if (right := checksum(name, data)) and value != right]


def checksum(name: str, data: bytes) -> str | None:
    """The checksum in hexadecimal, None for an algorithm that Python does not have."""
    if name == CRC32:
        return f"{zlib.crc32(data):08x}"
    if name in hashlib.algorithms_available:
        return hashlib.new(name, data).hexdigest()
    return None
