from __future__ import annotations

import io
from contextlib import suppress

import pytest
from codomyrmex.cloud.common import Capability, StorageClient
from codomyrmex.cloud.errors import BucketNotFound, InvalidRequest, ObjectNotFound
from codomyrmex.cloud.testing.conformance._data import MIB, digest, memory, stream
from codomyrmex.cloud.testing.conformance._topic import NewBucket, Topic, needs


class Copies(Topic):
    topic = "Copies"

    @pytest.mark.parametrize("data", [b"data", b""], ids=["data", "empty"])
    def test_a_copy_is_an_object_of_its_own(
        self, storage: StorageClient, bucket: str, folder: str, data: bytes
    ) -> None:
        one, two = f"{folder}one", f"{folder}two"
        storage.upload_file(bucket, one, data)
        info = storage.copy(bucket, one, bucket, two)
        assert (info.bucket, info.key, info.size) == (bucket, two, len(data))
        assert storage.download_file(bucket, two) == storage.download_file(bucket, one) == data
        storage.delete_file(bucket, one)
        assert storage.download_file(bucket, two) == data

    def test_a_copy_goes_to_another_bucket(
        self, storage: StorageClient, bucket: str, new_bucket: NewBucket, key: str
    ) -> None:
        other = new_bucket()
        storage.upload_file(bucket, key, b"data")
        info = storage.copy(bucket, key, other, key)
        assert (info.bucket, info.key, info.size) == (other, key, 4)
        assert storage.download_file(other, key) == b"data"

    def test_a_copy_replaces_what_was_there(self, storage: StorageClient, bucket: str, folder: str) -> None:
        storage.upload_file(bucket, f"{folder}one", b"new")
        storage.upload_file(bucket, f"{folder}two", b"old and long")
        storage.copy(bucket, f"{folder}one", bucket, f"{folder}two")
        assert storage.download_file(bucket, f"{folder}two") == b"new"

    def test_an_object_of_any_key_is_copied(self, storage: StorageClient, bucket: str, key: str, odd_key: str) -> None:
        storage.upload_file(bucket, odd_key, b"data")
        assert storage.copy(bucket, odd_key, bucket, key).size == 4
        storage.delete_file(bucket, odd_key)
        assert storage.copy(bucket, key, bucket, odd_key).key == odd_key
        assert storage.download_file(bucket, odd_key) == b"data"

    @needs(Capability.STAT)
    def test_a_copy_has_the_content_type(self, storage: StorageClient, bucket: str, folder: str) -> None:
        storage.upload_file(bucket, f"{folder}one", b"data", "text/x-note")
        storage.copy(bucket, f"{folder}one", bucket, f"{folder}two.png")
        assert storage.stat(bucket, f"{folder}two.png").content_type == "text/x-note"

    @needs(Capability.METADATA)
    def test_a_copy_has_the_metadata(self, storage: StorageClient, bucket: str, folder: str) -> None:
        metadata = {"colour": "blue", "name": "Zoë 漢字"}
        storage.upload_stream(bucket, f"{folder}one", io.BytesIO(b"new"), metadata=metadata)
        storage.upload_stream(bucket, f"{folder}two", io.BytesIO(b"old"), metadata={"old": "yes"})
        storage.copy(bucket, f"{folder}one", bucket, f"{folder}two")
        assert storage.stat(bucket, f"{folder}two").metadata == metadata

    def test_a_copy_onto_itself_loses_nothing(self, storage: StorageClient, bucket: str, key: str) -> None:
        storage.upload_file(bucket, key, b"data")
        with suppress(InvalidRequest):  # some services have no use for it
            storage.copy(bucket, key, bucket, key)
        assert storage.download_file(bucket, key) == b"data"

    def test_copying_what_is_not_there_is_an_error_and_writes_nothing(
        self, storage: StorageClient, bucket: str, folder: str
    ) -> None:
        storage.upload_file(bucket, f"{folder}two", b"old")
        with pytest.raises(ObjectNotFound):
            storage.copy(bucket, f"{folder}one", bucket, f"{folder}two")
        assert storage.download_file(bucket, f"{folder}two") == b"old"

    def test_copying_from_or_to_a_bucket_that_is_not_there_is_an_error(
        self, storage: StorageClient, bucket: str, new_bucket: NewBucket, key: str
    ) -> None:
        missing = new_bucket(create=False)
        storage.upload_file(bucket, key, b"data")
        with pytest.raises(BucketNotFound):
            storage.copy(bucket, key, missing, key)
        with pytest.raises(BucketNotFound):
            storage.copy(missing, key, bucket, key)
        assert storage.bucket_exists(missing) is False

    @needs(Capability.SERVER_SIDE_COPY)
    def test_a_large_object_is_copied_without_passing_through_this_machine(
        self, storage: StorageClient, bucket: str, key: str, large: str
    ) -> None:
        with memory() as used:
            storage.copy(bucket, large, bucket, key)
        assert used.peak < min(4 * MIB, self.stream_size // 4)
        with storage.open_read(bucket, key) as file:
            assert digest(file) == digest(stream(self.stream_size))
