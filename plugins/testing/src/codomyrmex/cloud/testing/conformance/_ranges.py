from __future__ import annotations

import gc
import warnings

import pytest
from codomyrmex.cloud.common import Capability, StorageClient
from codomyrmex.cloud.testing.conformance._data import MIB, made, memory
from codomyrmex.cloud.testing.conformance._topic import Topic, needs

DATA = b"0123456789"
RANGES = {
    "whole": (0, None, DATA),
    "from the middle": (3, None, b"3456789"),
    "first byte": (0, 1, b"0"),
    "inside": (3, 4, b"3456"),
    "last byte": (9, 1, b"9"),
    "to the end": (8, 2, b"89"),
    "over the end": (8, 100, b"89"),
    "at the end": (10, None, b""),
    "at the end, some": (10, 5, b""),
    "beyond the end": (100, 5, b""),
    "no length": (3, 0, b""),
    "no length at the start": (0, 0, b""),
}


class Ranges(Topic):
    topic = "Ranges"

    @pytest.fixture(scope="class")
    @classmethod
    def digits(cls, storage: StorageClient, bucket: str, root: str) -> str:
        """The key of an object that holds `DATA`."""
        storage.upload_file(bucket, f"{root}digits", DATA)
        return f"{root}digits"

    @pytest.mark.parametrize(("start", "length", "expected"), RANGES.values(), ids=RANGES)
    def test_a_range_is_read(
        self, storage: StorageClient, bucket: str, digits: str, start: int, length: int | None, expected: bytes
    ) -> None:
        assert storage.read_range(bucket, digits, start, length) == expected
        with storage.open_read(bucket, digits, start=start, length=length) as file:
            assert file.read() == expected

    def test_any_range_of_an_empty_object_is_empty(self, storage: StorageClient, bucket: str, key: str) -> None:
        storage.upload_file(bucket, key, b"")
        for start, length in ((0, None), (0, 0), (0, 1), (5, None), (5, 5)):
            assert storage.read_range(bucket, key, start, length) == b""

    def test_ranges_that_are_read_leave_no_connection_open(
        self, storage: StorageClient, bucket: str, digits: str
    ) -> None:
        gc.collect()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ResourceWarning)
            for start, length, _ in RANGES.values():
                storage.read_range(bucket, digits, start, length)
            gc.collect()
        assert [str(warning.message) for warning in caught if warning.category is ResourceWarning] == []

    @needs(Capability.RANGE_READS)
    def test_a_range_of_a_large_object_is_fetched_alone(self, storage: StorageClient, bucket: str, large: str) -> None:
        start = self.stream_size // 2 - 5  # over the border of blocks
        with memory() as used:
            data = storage.read_range(bucket, large, start, 10)
        assert data == made(start + 10)[-10:]
        assert used.peak < min(4 * MIB, self.stream_size // 4)
