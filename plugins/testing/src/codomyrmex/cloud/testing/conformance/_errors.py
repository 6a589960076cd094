from __future__ import annotations

import io
import pickle
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from codomyrmex.cloud.common import Capability, StorageClient
from codomyrmex.cloud.errors import (
    AuthenticationError,
    BucketNotFound,
    CloudError,
    NotFound,
    ObjectNotFound,
    PermissionDenied,
    ServiceUnavailable,
    Timeout,
)
from codomyrmex.cloud.testing.conformance._topic import NewBucket, Topic, needs

Call = Callable[[StorageClient, str, str, Path], object]

READS: dict[str, Call] = {
    "download_file": lambda s, bucket, key, _: s.download_file(bucket, key),
    "download_path": lambda s, bucket, key, folder: s.download_path(bucket, key, folder / "target"),
    "read_range": lambda s, bucket, key, _: s.read_range(bucket, key, 1, 2),
    "open_read": lambda s, bucket, key, _: s.open_read(bucket, key).read(),
    "stat": lambda s, bucket, key, _: s.stat(bucket, key),
    "copy": lambda s, bucket, key, _: s.copy(bucket, key, bucket, f"{key}2"),
}
OTHERS: dict[str, Call] = {
    "exists": lambda s, bucket, key, _: s.exists(bucket, key),
    "upload_file": lambda s, bucket, key, _: s.upload_file(bucket, key, b"data"),
    "upload_stream": lambda s, bucket, key, _: s.upload_stream(bucket, key, io.BytesIO(b"data")),
    "delete_file": lambda s, bucket, key, _: s.delete_file(bucket, key),
}
CALLS = {**READS, **OTHERS}
BUCKET_CALLS: dict[str, Call] = {
    "bucket_exists": lambda s, bucket, key, _: s.bucket_exists(bucket),
    "ensure_bucket": lambda s, bucket, key, _: s.ensure_bucket(bucket),
}


class Errors(Topic):
    topic = "Errors"

    @pytest.mark.parametrize("name", READS)
    def test_an_object_that_is_not_there_is_told(
        self, storage: StorageClient, bucket: str, key: str, tmp_path: Path, name: str
    ) -> None:
        with pytest.raises(ObjectNotFound) as caught:
            READS[name](storage, bucket, key, tmp_path)
        assert isinstance(caught.value, FileNotFoundError)
        assert isinstance(caught.value, NotFound)

    @pytest.mark.parametrize("name", CALLS)
    def test_a_bucket_that_is_not_there_is_told(
        self, storage: StorageClient, new_bucket: NewBucket, key: str, tmp_path: Path, name: str
    ) -> None:
        with pytest.raises(BucketNotFound) as caught:
            CALLS[name](storage, new_bucket(create=False), key, tmp_path)
        assert isinstance(caught.value, FileNotFoundError)

    @pytest.mark.parametrize("name", READS)
    def test_an_error_tells_where_it_happened(
        self, storage: StorageClient, bucket: str, key: str, tmp_path: Path, name: str
    ) -> None:
        with pytest.raises(CloudError) as caught:
            READS[name](storage, bucket, key, tmp_path)
        error = caught.value
        assert (error.provider, error.service) == (storage.provider, "storage")
        assert error.operation
        assert error.resource is not None
        assert error.resource.startswith(storage.url(bucket, key))  # or where a copy was to go
        assert error.retryable is False

    def test_an_error_says_in_one_line_what_is_wrong(self, storage: StorageClient, bucket: str, key: str) -> None:
        with pytest.raises(CloudError) as caught:
            storage.download_file(bucket, key)
        assert caught.value.message.strip()
        assert "\n" not in str(caught.value)

    def test_an_error_pickles_whole(self, storage: StorageClient, bucket: str, key: str) -> None:
        with pytest.raises(ObjectNotFound) as caught:
            storage.download_file(bucket, key)
        error = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  # our own
        assert type(error) is type(caught.value)
        assert (str(error), vars(error)) == (str(caught.value), vars(caught.value))

    # Credentials

    @pytest.mark.parametrize("name", [*CALLS, *BUCKET_CALLS])
    def test_what_is_forbidden_is_not_said_to_be_absent(
        self, storage: StorageClient, denied: StorageClient, bucket: str, key: str, tmp_path: Path, name: str
    ) -> None:
        storage.upload_file(bucket, key, b"data")
        with pytest.raises(PermissionDenied) as caught:
            (CALLS | BUCKET_CALLS)[name](denied, bucket, key, tmp_path)
        assert isinstance(caught.value, PermissionError)
        assert caught.value.retryable is False
        assert storage.download_file(bucket, key) == b"data"

    @needs(Capability.LISTING)
    def test_a_forbidden_listing_is_no_empty_listing(self, denied: StorageClient, bucket: str) -> None:
        with pytest.raises(PermissionDenied):
            list(denied.iter_objects(bucket))

    def test_forbidden_deletes_are_told_key_by_key_or_together(
        self, storage: StorageClient, denied: StorageClient, bucket: str, key: str
    ) -> None:
        storage.upload_file(bucket, key, b"data")
        try:
            failures = denied.delete_many(bucket, [key])
        except PermissionDenied:
            failures = {}
        assert {k: type(error) for k, error in failures.items()} in ({}, {key: PermissionDenied})
        assert storage.exists(bucket, key) is True

    @pytest.mark.parametrize("name", [*CALLS, *BUCKET_CALLS])
    def test_wrong_credentials_are_told(
        self, wrong_credentials: StorageClient, bucket: str, key: str, tmp_path: Path, name: str
    ) -> None:
        with pytest.raises(AuthenticationError):
            (CALLS | BUCKET_CALLS)[name](wrong_credentials, bucket, key, tmp_path)

    # The way to the service

    @pytest.mark.parametrize("name", ["download_file", "upload_file", "exists", "bucket_exists"])
    def test_a_service_that_is_not_reached_is_told_in_time(
        self, unreachable: StorageClient, bucket: str, key: str, tmp_path: Path, name: str
    ) -> None:
        started = time.monotonic()
        with pytest.raises((ServiceUnavailable, Timeout)) as caught:
            (CALLS | BUCKET_CALLS)[name](unreachable, bucket, key, tmp_path)
        assert isinstance(caught.value, ConnectionError | TimeoutError)
        assert caught.value.retryable is True
        assert time.monotonic() - started < self.deadline
