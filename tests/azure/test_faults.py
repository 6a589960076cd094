"""What networks and busy services do, between the client and Azurite."""

import gc
import hashlib
import io
import time

import pytest
from codomyrmex.cloud.errors import (
    IntegrityError,
    PreconditionFailed,
    RateLimited,
    ServiceUnavailable,
)
from codomyrmex.cloud.testing.backends import Corrupt, CorruptRequest, Reset, Status, Truncate

from .conftest import storage_on

MIB = 1024 * 1024
DATA = hashlib.sha256(b"data").digest() * (10 * MIB // 32)
BUSY = b"<?xml version='1.0'?><Error><Code>ServerBusy</Code><Message>Slow down.</Message></Error>"


@pytest.fixture
def large(storage, bucket):
    """The key of a blob of several ranges."""
    storage.upload_file(bucket, "large", DATA)
    return "large"


def statuses(proxy):
    return [request.status for request in proxy.requests]


@pytest.mark.parametrize("fault", [Status(503, body=BUSY, retry_after=0), Reset(0)], ids=["busy", "reset"])
def test_a_batch_of_deletes_that_fails_once_is_sent_again(storage, proxied, bucket, fault):
    storage.upload_file(bucket, "there", b"data")
    faulty, proxy = proxied
    proxy.inject(fault, method="POST")
    assert faulty.delete_many(bucket, ["there"]) == {}
    assert len(proxy.requests) == 2
    assert not storage.exists(bucket, "there")


def test_a_server_that_asks_to_wait_for_long_is_not_obeyed_for_ever(proxied, bucket, monkeypatch):
    monkeypatch.setattr("codomyrmex.cloud.rest.retries.MAX_RETRY_AFTER", 1)
    storage, proxy = proxied
    proxy.inject(Status(503, body=BUSY, retry_after=3600))
    start = time.monotonic()
    storage.upload_file(bucket, "key", b"data")
    assert 1 <= time.monotonic() - start < 30


@pytest.mark.parametrize("status", [429, 503])
def test_answers_that_are_not_read_give_their_connections_back(proxied, bucket, status):
    storage, proxy = proxied
    storage.upload_file(bucket, "key", b"data")
    proxy.inject(Status(status, body=BUSY, retry_after=0), method="GET", times=3)
    assert storage.download_file(bucket, "key") == b"data"  # a leak is a ResourceWarning
    gc.collect()


def test_a_server_that_stays_busy_is_an_error_that_says_when_to_come_again(proxied, bucket):
    storage, proxy = proxied
    proxy.inject(Status(503, body=BUSY, retry_after=0, headers={"x-ms-request-id": "req-1"}), times=None)
    with pytest.raises(RateLimited, match="Slow down") as caught:
        storage.upload_file(bucket, "key", b"data")
    error = caught.value
    assert (error.code, error.request_id, error.retryable, error.retry_after) == ("ServerBusy", "req-1", True, 0.0)
    assert (error.operation, error.resource) == ("upload_file", f"az://{bucket}/key")
    assert statuses(proxy) == [503] * 5


@pytest.mark.parametrize("body", [b"", b"<html>go away</html>", b'{"error": "no"}', b"<Error><Code>X</Code></Error>"])
@pytest.mark.parametrize("status", [403, 429, 502])
def test_an_answer_that_is_none_of_azure_keeps_its_status(azurite, fault_proxy, bucket, status, body):
    kind = {403: PermissionError, 429: RateLimited, 502: ServiceUnavailable}[status]
    proxy = fault_proxy(azurite.account_url)
    proxy.inject(Status(status, body=body, headers={"Content-Type": "application/xml"}), times=None)
    with storage_on(azurite, proxy.endpoint_url, config={"retry_total": 0}) as storage:
        for call in (lambda: storage.stat(bucket, "key"), lambda: storage.upload_file(bucket, "key", b"")):
            with pytest.raises(kind):
                call()


@pytest.mark.parametrize(
    "fault", [Reset(after=MIB), Truncate(MIB), Truncate(MIB, silent=True), Corrupt(MIB)], ids=lambda f: repr(f)
)
def test_a_range_that_breaks_or_arrives_damaged_is_fetched_again(proxied, bucket, large, tmp_path, fault):
    storage, proxy = proxied
    proxy.inject(fault, method="GET", nth=2)
    moved = []
    info = storage.download_path(bucket, large, tmp_path / "file", progress=moved.append)
    assert (tmp_path / "file").read_bytes() == DATA
    assert sum(moved) == info.size == len(DATA)
    assert 4 <= len(proxy.requests) <= 5  # three ranges, one of them twice; the SDK first tries to complete it


@pytest.mark.parametrize("fault", [Truncate(100), Corrupt(100)], ids=lambda f: repr(f))
def test_a_file_that_is_read_goes_on_where_it_broke(proxied, bucket, large, fault):
    storage, proxy = proxied
    proxy.inject(fault, method="GET", nth=2)
    with storage.open_read(bucket, large, start=5) as file:
        assert file.read() == DATA[5:]


def test_a_download_that_breaks_for_good_leaves_the_old_file(proxied, bucket, large, tmp_path):
    storage, proxy = proxied
    (tmp_path / "file").write_bytes(b"old")
    proxy.inject(Corrupt(100), method="GET", nth=2, times=None)
    with pytest.raises(IntegrityError):
        storage.download_path(bucket, large, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_error_while_a_file_is_read_is_typed(proxied, bucket, large):
    storage, proxy = proxied
    with storage.open_read(bucket, large) as file:
        file.read(10)
        proxy.inject(Corrupt(10), method="GET", times=None)
        with pytest.raises(IntegrityError) as caught:
            file.read()
    assert (caught.value.operation, caught.value.resource) == ("open_read", f"az://{bucket}/{large}")


def test_a_blob_that_changes_while_it_is_read_is_no_mixture(storage, proxied, bucket, large):
    faulty, _ = proxied
    with faulty.open_read(bucket, large) as file:
        file.read(10)
        storage.upload_file(bucket, large, DATA[::-1])
        with pytest.raises(PreconditionFailed):
            file.read()


@pytest.mark.parametrize("size", [3, 9 * MIB], ids=["small", "large"])
def test_an_upload_that_arrives_damaged_is_sent_again(proxied, bucket, size):
    storage, proxy = proxied
    proxy.inject(CorruptRequest(2), method="PUT")
    storage.upload_stream(bucket, "key", io.BytesIO(DATA[:size]))
    assert statuses(proxy)[0] == 400
    assert storage.download_file(bucket, "key") == DATA[:size]


@pytest.mark.parametrize("size", [3, 9 * MIB], ids=["small", "large"])
def test_an_upload_that_always_arrives_damaged_leaves_what_was_there(proxied, bucket, size):
    storage, proxy = proxied
    storage.upload_file(bucket, "key", b"old")
    proxy.inject(CorruptRequest(2), method="PUT", times=None)
    with pytest.raises(IntegrityError):
        storage.upload_stream(bucket, "key", io.BytesIO(DATA[:size]))
    assert storage.download_file(bucket, "key") == b"old"


def test_a_condition_that_fails_after_a_lost_answer_says_so(proxied, bucket):
    storage, proxy = proxied
    proxy.inject(Reset(0), method="PUT")
    with pytest.raises(PreconditionFailed, match="may be this very write"):
        storage.upload_stream(bucket, "key", io.BytesIO(b"data"), if_none_match="*")
    with pytest.raises(PreconditionFailed) as caught:
        storage.upload_stream(bucket, "key", io.BytesIO(b"data"), if_none_match="*")
    assert "this very write" not in str(caught.value)


def test_a_block_that_fails_is_sent_again_alone(proxied, bucket):
    storage, proxy = proxied
    proxy.inject(Reset(), path="comp=block&")
    storage.upload_stream(bucket, "key", io.BytesIO(DATA))
    assert storage.download_file(bucket, "key") == DATA
    assert len([request for request in proxy.requests if "comp=block&" in request.path]) == 3
