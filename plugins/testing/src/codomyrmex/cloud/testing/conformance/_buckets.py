from __future__ import annotations

import pytest
from codomyrmex.cloud.common import Capability, StorageClient
from codomyrmex.cloud.errors import AlreadyExists, BucketNotFound, Conflict, UnsupportedOperation
from codomyrmex.cloud.testing.conformance._topic import NewBucket, Topic, needs, without


class Buckets(Topic):
    topic = "Buckets"

    def test_making_a_bucket_gives_true_and_lists_it(self, storage: StorageClient, new_bucket: NewBucket) -> None:
        name = new_bucket(create=False)
        assert name not in storage.list_buckets()
        assert storage.create_bucket(name) is True
        assert name in storage.list_buckets()

    def test_buckets_are_listed_sorted(self, storage: StorageClient, new_bucket: NewBucket) -> None:
        made = [new_bucket() for _ in range(3)]
        listed = storage.list_buckets()
        assert listed == sorted(listed)
        assert set(made) <= set(listed)

    def test_making_a_bucket_that_exists_is_refused(
        self, storage: StorageClient, new_bucket: NewBucket, key: str
    ) -> None:
        name = new_bucket()
        storage.upload_file(name, key, b"data")
        with pytest.raises(AlreadyExists) as caught:
            storage.create_bucket(name)
        assert isinstance(caught.value, FileExistsError)
        assert storage.download_file(name, key) == b"data"

    def test_a_bucket_is_known_to_exist_or_not(
        self, storage: StorageClient, bucket: str, new_bucket: NewBucket
    ) -> None:
        assert storage.bucket_exists(bucket) is True
        assert storage.bucket_exists(new_bucket(create=False)) is False

    def test_ensuring_a_bucket_makes_it_once(self, storage: StorageClient, new_bucket: NewBucket, key: str) -> None:
        name = new_bucket(create=False)
        assert storage.ensure_bucket(name) is True
        storage.upload_file(name, key, b"data")
        assert storage.ensure_bucket(name) is False
        assert storage.download_file(name, key) == b"data"

    def test_buckets_hold_objects_of_equal_keys_apart(
        self, storage: StorageClient, bucket: str, new_bucket: NewBucket, key: str
    ) -> None:
        other = new_bucket()
        storage.upload_file(bucket, key, b"one")
        storage.upload_file(other, key, b"two")
        assert storage.download_file(bucket, key) == b"one"
        assert storage.download_file(other, key) == b"two"

    @needs(Capability.DELETE_BUCKET)
    def test_a_deleted_bucket_is_gone(self, storage: StorageClient, new_bucket: NewBucket, key: str) -> None:
        name = new_bucket()
        storage.upload_file(name, key, b"data")
        storage.delete_file(name, key)
        assert storage.delete_bucket(name) is True
        assert storage.bucket_exists(name) is False
        assert name not in storage.list_buckets()

    @needs(Capability.DELETE_BUCKET)
    def test_a_bucket_that_holds_objects_is_not_deleted(
        self, storage: StorageClient, new_bucket: NewBucket, key: str
    ) -> None:
        name = new_bucket()
        storage.upload_file(name, key, b"data")
        with pytest.raises(Conflict):
            storage.delete_bucket(name)
        assert storage.download_file(name, key) == b"data"

    @needs(Capability.DELETE_BUCKET)
    def test_deleting_a_bucket_that_is_not_there_is_an_error(
        self, storage: StorageClient, new_bucket: NewBucket
    ) -> None:
        with pytest.raises(BucketNotFound):
            storage.delete_bucket(new_bucket(create=False))

    @without(Capability.DELETE_BUCKET)
    def test_deleting_buckets_is_said_to_be_unsupported(self, storage: StorageClient, bucket: str) -> None:
        with pytest.raises(UnsupportedOperation):
            storage.delete_bucket(bucket)
        assert storage.bucket_exists(bucket)
