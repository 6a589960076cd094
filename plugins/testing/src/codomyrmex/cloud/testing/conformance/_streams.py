from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pytest
from codomyrmex.cloud.common import Capability, StorageClient
from codomyrmex.cloud.testing.conformance._data import Stopped, digest, made, memory, stream
from codomyrmex.cloud.testing.conformance._topic import Topic, needs

HALF_A_MIB = 512 * 1024


class Streams(Topic):
    topic = "Streams"

    def test_a_stream_is_stored_to_its_end(self, storage: StorageClient, bucket: str, key: str) -> None:
        info = storage.upload_stream(bucket, key, io.BytesIO(b"data"))
        assert (info.bucket, info.key, info.size) == (bucket, key, 4)
        assert storage.download_file(bucket, key) == b"data"

    def test_an_empty_stream_is_an_empty_object(self, storage: StorageClient, bucket: str, key: str) -> None:
        assert storage.upload_stream(bucket, key, io.BytesIO()).size == 0
        assert storage.download_file(bucket, key) == b""

    def test_a_stream_need_not_seek_and_may_give_less_than_was_asked_for(
        self, storage: StorageClient, bucket: str, key: str
    ) -> None:
        size = HALF_A_MIB + 1
        storage.upload_stream(bucket, key, stream(size))
        assert storage.download_file(bucket, key) == made(size)

    def test_a_stream_is_read_from_where_it_stands(self, storage: StorageClient, bucket: str, key: str) -> None:
        data = io.BytesIO(b"head and data")
        data.seek(9)
        assert storage.upload_stream(bucket, key, data).size == 4
        assert storage.download_file(bucket, key) == b"data"

    def test_a_stream_stays_its_owners_to_close(self, storage: StorageClient, bucket: str, key: str) -> None:
        data = io.BytesIO(b"data")
        storage.upload_stream(bucket, key, data)
        assert not data.closed

    def test_a_stream_that_breaks_stores_nothing(self, storage: StorageClient, bucket: str, key: str) -> None:
        with pytest.raises(Stopped):
            storage.upload_stream(bucket, key, stream(HALF_A_MIB, error=Stopped()))
        assert storage.exists(bucket, key) is False

    def test_a_stream_that_breaks_leaves_the_old_object(self, storage: StorageClient, bucket: str, key: str) -> None:
        storage.upload_file(bucket, key, b"old")
        with pytest.raises(Stopped):
            storage.upload_stream(bucket, key, stream(HALF_A_MIB, error=Stopped()))
        assert storage.download_file(bucket, key) == b"old"

    def test_an_object_is_read_as_a_file(self, storage: StorageClient, bucket: str, key: str) -> None:
        storage.upload_file(bucket, key, b"one\ntwo\nthree")
        with storage.open_read(bucket, key) as file:
            assert file.read(0) == b""
            assert file.read(2) == b"on"
            assert file.readline() == b"e\n"
            assert file.readlines() == [b"two\n", b"three"]
            assert file.read() == file.read(5) == b""
        assert file.closed

    def test_a_file_may_be_closed_before_its_end(self, storage: StorageClient, bucket: str, key: str) -> None:
        storage.upload_file(bucket, key, made(HALF_A_MIB))
        for _ in range(12):  # more than a pool has connections
            with storage.open_read(bucket, key) as file:
                assert file.read(3) == made(3)

    @needs(Capability.STREAMING)
    def test_a_large_object_is_uploaded_in_little_memory(self, uploaded: tuple[str, int]) -> None:
        assert uploaded[1] <= self.stream_memory

    @needs(Capability.STREAMING)
    def test_a_large_object_is_read_in_little_memory(self, storage: StorageClient, bucket: str, large: str) -> None:
        with memory() as used, storage.open_read(bucket, large) as file:
            found = digest(file)
        assert found == digest(stream(self.stream_size))
        assert used.peak <= self.stream_memory

    @needs(Capability.STREAMING)
    @pytest.mark.parametrize("old", [None, b"old"], ids=["nothing there", "an old object there"])
    def test_a_large_upload_that_breaks_leaves_what_was_there(
        self, storage: StorageClient, bucket: str, key: str, old: bytes | None
    ) -> None:
        if old is not None:
            storage.upload_file(bucket, key, old)
        with pytest.raises(Stopped):
            storage.upload_stream(bucket, key, stream(self.stream_size // 2, error=Stopped()))
        assert storage.exists(bucket, key) is (old is not None)
        assert old is None or storage.download_file(bucket, key) == old

    @needs(Capability.STREAMING)
    def test_an_upload_that_breaks_leaves_no_unfinished_upload(
        self, storage: StorageClient, bucket: str, key: str, leftovers: Callable[[str], Sequence[object]]
    ) -> None:
        before = list(leftovers(bucket))
        with pytest.raises(Stopped):
            storage.upload_stream(bucket, key, stream(self.stream_size // 2, error=Stopped()))
        assert list(leftovers(bucket)) == before
