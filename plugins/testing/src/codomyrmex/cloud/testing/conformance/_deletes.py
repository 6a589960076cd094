from __future__ import annotations

import pytest
from codomyrmex.cloud.common import Capability, StorageClient
from codomyrmex.cloud.errors import BucketNotFound, ObjectNotFound
from codomyrmex.cloud.testing.conformance._topic import NewBucket, Topic


class Deletes(Topic):
    topic = "Deletes"

    def test_a_deleted_object_is_gone(self, storage: StorageClient, bucket: str, key: str) -> None:
        storage.upload_file(bucket, key, b"data")
        assert storage.delete_file(bucket, key) is True
        assert storage.exists(bucket, key) is False
        with pytest.raises(ObjectNotFound):
            storage.download_file(bucket, key)

    def test_deleting_what_is_not_there_is_no_error(self, storage: StorageClient, bucket: str, key: str) -> None:
        assert storage.delete_file(bucket, key) in (True, False)
        storage.upload_file(bucket, key, b"data")
        storage.delete_file(bucket, key)
        assert storage.delete_file(bucket, key) in (True, False)

    def test_only_the_object_of_that_key_is_deleted(self, storage: StorageClient, bucket: str, folder: str) -> None:
        keys = [f"{folder}a", f"{folder}a/", f"{folder}a/b", f"{folder}ab"]
        for key in keys:
            storage.upload_file(bucket, key, b"data")
        storage.delete_file(bucket, keys[0])
        assert [storage.exists(bucket, key) for key in keys] == [False, True, True, True]

    def test_deleting_in_a_bucket_that_is_not_there_is_an_error(
        self, storage: StorageClient, new_bucket: NewBucket, key: str
    ) -> None:
        with pytest.raises(BucketNotFound):
            storage.delete_file(new_bucket(create=False), key)

    def test_many_are_deleted_and_no_other(self, storage: StorageClient, bucket: str, folder: str) -> None:
        keys = [folder + name for name in ("a", "a b", "a&b", "<a>", "ü", "a%20b", "kept")]
        for key in keys:
            storage.upload_file(bucket, key, b"data")
        assert storage.delete_many(bucket, iter(keys[:-1])) == {}
        assert [key for key in keys if storage.exists(bucket, key)] == keys[-1:]

    def test_many_may_be_none(self, storage: StorageClient, bucket: str) -> None:
        assert storage.delete_many(bucket, []) == {}

    def test_many_may_name_objects_twice_or_that_are_not_there(
        self, storage: StorageClient, bucket: str, folder: str
    ) -> None:
        storage.upload_file(bucket, f"{folder}a", b"data")
        names = ("none", "a", "a", "none", "a")
        assert storage.delete_many(bucket, [folder + name for name in names]) == {}
        assert storage.exists(bucket, f"{folder}a") is False

    def test_many_may_be_more_than_a_request_holds(self, storage: StorageClient, bucket: str, folder: str) -> None:
        count = self.page_size + 100 if Capability.BATCH_DELETE in storage.capabilities else 20
        keys = [f"{folder}{number}" for number in range(count)]  # most are not there: they take no time to make
        real = keys[::50] + keys[-2:]
        for key in real:
            storage.upload_file(bucket, key, b"data")
        assert storage.delete_many(bucket, keys) == {}
        assert [key for key in real if storage.exists(bucket, key)] == []

    def test_many_in_a_bucket_that_is_not_there_are_not_said_to_be_deleted(
        self, storage: StorageClient, new_bucket: NewBucket
    ) -> None:
        try:
            failures = storage.delete_many(new_bucket(create=False), ["a", "b"])
        except BucketNotFound:
            return
        assert {key: type(error) for key, error in failures.items()} == dict.fromkeys("ab", BucketNotFound)
