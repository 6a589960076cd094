from __future__ import annotations

import io
from pathlib import Path

import pytest
from codomyrmex.cloud.common import Capability, StorageClient
from codomyrmex.cloud.errors import Conflict, PreconditionFailed, UnsupportedOperation
from codomyrmex.cloud.testing.conformance._data import stream
from codomyrmex.cloud.testing.conformance._topic import Topic, in_threads, needs, without

WRITERS = 8
ROUNDS = 5


class Conditions(Topic):
    topic = "Conditional writes"

    @needs(Capability.CONDITIONAL_CREATE)
    def test_an_object_is_created_only_if_there_is_none(
        self, storage: StorageClient, bucket: str, key: str, tmp_path: Path
    ) -> None:
        storage.upload_stream(bucket, key, io.BytesIO(b"first"), if_none_match="*")
        with pytest.raises(PreconditionFailed) as caught:
            storage.upload_stream(bucket, key, io.BytesIO(b"second"), if_none_match="*")
        assert isinstance(caught.value, Conflict)
        (tmp_path / "file").write_bytes(b"third")
        with pytest.raises(PreconditionFailed):
            storage.upload_path(bucket, key, tmp_path / "file", if_none_match="*")
        assert storage.download_file(bucket, key) == b"first"

    @needs(Capability.CONDITIONAL_CREATE)
    def test_a_large_object_is_created_only_if_there_is_none(
        self, storage: StorageClient, bucket: str, key: str
    ) -> None:
        storage.upload_file(bucket, key, b"first")
        with pytest.raises(PreconditionFailed):
            storage.upload_stream(bucket, key, stream(self.stream_size // 2), if_none_match="*")
        assert storage.download_file(bucket, key) == b"first"

    @needs(Capability.CONDITIONAL_CREATE)
    def test_an_empty_object_is_there_too(self, storage: StorageClient, bucket: str, key: str) -> None:
        storage.upload_file(bucket, key, b"")
        with pytest.raises(PreconditionFailed):
            storage.upload_stream(bucket, key, io.BytesIO(b"data"), if_none_match="*")

    @needs(Capability.CONDITIONAL_CREATE, Capability.ATOMIC_CREATE)
    def test_of_writers_that_race_to_create_an_object_one_wins(
        self, storage: StorageClient, bucket: str, folder: str
    ) -> None:
        def create(key: str, writer: int) -> bool:
            try:
                storage.upload_stream(bucket, key, io.BytesIO(b"%d" % writer), if_none_match="*")
            except Conflict:  # also of a service that tells losers apart: still writing, or written
                return False
            return True

        for number in range(ROUNDS):
            key = f"{folder}{number}"
            won = in_threads(lambda writer, key=key: create(key, writer), range(WRITERS), threads=WRITERS)
            assert won.count(True) == 1
            assert storage.download_file(bucket, key) == b"%d" % won.index(True)

    @needs(Capability.CONDITIONAL_REPLACE)
    def test_an_object_is_replaced_only_if_it_is_still_the_same(
        self, storage: StorageClient, bucket: str, key: str, tmp_path: Path
    ) -> None:
        old = storage.upload_stream(bucket, key, io.BytesIO(b"old")).etag
        assert old == storage.stat(bucket, key).etag
        new = storage.upload_stream(bucket, key, io.BytesIO(b"new"), if_match=old).etag
        with pytest.raises(PreconditionFailed):
            storage.upload_stream(bucket, key, io.BytesIO(b"late"), if_match=old)
        (tmp_path / "file").write_bytes(b"late")
        with pytest.raises(PreconditionFailed):
            storage.upload_path(bucket, key, tmp_path / "file", if_match=old)
        assert storage.download_file(bucket, key) == b"new"
        assert storage.stat(bucket, key).etag == new

    @needs(Capability.CONDITIONAL_REPLACE)
    def test_what_is_not_there_is_not_replaced(self, storage: StorageClient, bucket: str, key: str) -> None:
        etag = storage.upload_stream(bucket, f"{key}2", io.BytesIO(b"data")).etag
        with pytest.raises(PreconditionFailed):
            storage.upload_stream(bucket, key, io.BytesIO(b"data"), if_match=etag)
        assert storage.exists(bucket, key) is False

    @needs(Capability.CONDITIONAL_REPLACE)
    def test_of_writers_that_race_to_replace_an_object_no_change_is_lost(
        self, storage: StorageClient, bucket: str, key: str
    ) -> None:
        storage.upload_file(bucket, key, b"0")

        def count(_: int) -> None:
            for _attempt in range(100):
                etag = storage.stat(bucket, key).etag
                number = int(storage.download_file(bucket, key))
                try:
                    storage.upload_stream(bucket, key, io.BytesIO(b"%d" % (number + 1)), if_match=etag)
                except Conflict:
                    continue
                return
            raise AssertionError("none of 100 attempts was let through")

        in_threads(count, range(4), threads=4)
        assert storage.download_file(bucket, key) == b"4"

    @without(Capability.CONDITIONAL_CREATE)
    def test_creating_only_what_is_not_there_is_said_to_be_unsupported(
        self, storage: StorageClient, bucket: str, key: str
    ) -> None:
        with pytest.raises(UnsupportedOperation):
            storage.upload_stream(bucket, key, io.BytesIO(b"data"), if_none_match="*")
        assert storage.exists(bucket, key) is False

    @without(Capability.CONDITIONAL_REPLACE)
    def test_replacing_only_what_is_the_same_is_said_to_be_unsupported(
        self, storage: StorageClient, bucket: str, key: str
    ) -> None:
        storage.upload_file(bucket, key, b"old")
        with pytest.raises(UnsupportedOperation):
            storage.upload_stream(bucket, key, io.BytesIO(b"new"), if_match="any")
        assert storage.download_file(bucket, key) == b"old"
