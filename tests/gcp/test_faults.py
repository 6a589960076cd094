"""What networks and busy services do, and what becomes of it. `faulty` is tried five times per request."""

import io
import random
import time

import pytest
from codomyrmex.cloud.common import Capability
from codomyrmex.cloud.errors import (
    AuthenticationError,
    BucketNotFound,
    Conflict,
    IntegrityError,
    InvalidRequest,
    PermissionDenied,
    PreconditionFailed,
    QuotaExceeded,
    RateLimited,
    ServiceUnavailable,
    Timeout,
)
from codomyrmex.cloud.gcp import _download, _retry, _upload
from codomyrmex.cloud.rest import bodies, retries
from codomyrmex.cloud.testing.backends.faults import Corrupt, CorruptRequest, Reset, Stall, Status, Truncate
from google.oauth2 import credentials as tokens

MIB = 1024 * 1024
SMALL = random.Random(1).randbytes(MIB - 1)
LARGE = random.Random(2).randbytes(2 * MIB + 5)
ATTEMPTS = _retry.ATTEMPTS

PASSING = [Status(503), Status(429), Status(500), Status(408), Reset(), Reset(after=0)]

CALLS = {
    "upload": lambda s, bucket: s.upload_file(bucket, "new", b"data"),
    "download": lambda s, bucket: s.download_file(bucket, "key"),
    "stat": lambda s, bucket: s.stat(bucket, "key"),
    "list": lambda s, bucket: list(s.iter_objects(bucket)),
    "copy": lambda s, bucket: s.copy(bucket, "key", bucket, "copy"),
    "delete": lambda s, bucket: s.delete_file(bucket, "key"),
    "bucket_exists": lambda s, bucket: s.bucket_exists(bucket),
}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Short pauses, and small parts: `LARGE` is sent in three, and fetched in nine."""
    monkeypatch.setattr(_retry, "_FIRST_PAUSE", 0.05)
    monkeypatch.setattr(_upload, "PART_SIZE", MIB)
    monkeypatch.setattr(_download, "PART_SIZE", MIB // 4)
    monkeypatch.setattr(_download, "LARGE", MIB + 1)


@pytest.fixture
def stored(key_storage, bucket):
    """A bucket with the objects ``key`` (small) and ``large``."""
    key_storage.upload_file(bucket, "key", SMALL)
    key_storage.upload_file(bucket, "large", LARGE)
    return bucket


def json_error(status, message="because", reason="", **more):
    body = f'{{"error": {{"code": {status}, "message": "{message}", "errors": [{{"reason": "{reason}"}}]}}}}'
    return Status(status, headers={"Content-Type": "application/json"}, body=body.encode(), **more)


# Requests are repeated


@pytest.mark.parametrize(
    "fault", [Status(503), Status(429), Status(500), Status(408), Reset(), Reset(after=0)], ids=str
)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_what_may_pass_is_tried_again(faulty, stored, call, fault):
    proxy, storage = faulty
    proxy.inject(fault, times=2)
    call(storage, stored)
    assert len(proxy.requests) > 2


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_what_does_not_pass_is_tried_so_often_and_no_more(faulty, stored, call):
    proxy, storage = faulty
    proxy.inject(Status(503), times=None)
    with pytest.raises(ServiceUnavailable) as caught:
        call(storage, stored)
    assert caught.value.retryable is True
    assert len(proxy.requests) == ATTEMPTS


def test_attempts_are_the_user_s_to_set(gcs, google, fault_proxy, connect, stored):
    proxy = fault_proxy(gcs.endpoint_url)
    proxy.inject(Status(503), times=None)
    with pytest.raises(ServiceUnavailable):
        connect(proxy, anonymous=True, attempts=1).bucket_exists(stored)
    assert len(proxy.requests) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed(faulty, stored, status):
    proxy, storage = faulty
    proxy.inject(Status(status, retry_after=1))
    started = time.monotonic()
    storage.stat(stored, "key")
    assert time.monotonic() - started >= 1


def test_retry_after_has_a_limit(faulty, stored, monkeypatch):
    monkeypatch.setattr(retries, "MAX_RETRY_AFTER", 0.1)
    proxy, storage = faulty
    proxy.inject(Status(503, retry_after=3600))
    storage.stat(stored, "key")


def test_retry_after_is_told(gcs, fault_proxy, connect, stored):
    proxy = fault_proxy(gcs.endpoint_url)
    proxy.inject(Status(429, retry_after=7))
    with pytest.raises(RateLimited) as caught:
        connect(proxy, anonymous=True, attempts=1).stat(stored, "key")
    assert caught.value.retry_after == 7


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_service_that_says_nothing_times_out(gcs, google, fault_proxy, connect, stored, call):
    proxy = fault_proxy(gcs.endpoint_url)
    proxy.inject(Stall(), times=None)
    with pytest.raises(Timeout) as caught:
        call(connect(proxy, anonymous=True, attempts=1, timeout=(1, 0.3)), stored)
    assert caught.value.retryable is True


@pytest.mark.parametrize("fault", [json_error(400), json_error(403), json_error(404), json_error(412)], ids=str)
def test_what_does_not_pass_by_itself_is_not_tried_again(faulty, stored, fault):
    proxy, storage = faulty
    proxy.inject(fault)
    with pytest.raises((InvalidRequest, PermissionDenied, BucketNotFound, PreconditionFailed)):
        storage.upload_file(stored, "key", b"data")
    assert len([request for request in proxy.requests if request.method == "POST"]) == 1


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (json_error(400, reason="invalid"), InvalidRequest, "invalid"),
        (json_error(401, reason="authError"), AuthenticationError, "InvalidOperation"),  # to anonymous=True
        (json_error(403, reason="forbidden"), PermissionDenied, "forbidden"),
        (json_error(403, reason="rateLimitExceeded"), RateLimited, "rateLimitExceeded"),
        (json_error(403, reason="quotaExceeded"), QuotaExceeded, "quotaExceeded"),
        (json_error(409, reason="conflict"), Conflict, "conflict"),
        (json_error(429, reason="rateLimitExceeded"), RateLimited, "rateLimitExceeded"),
        (json_error(503, reason="backendError"), ServiceUnavailable, "backendError"),
        (json_error(504), ServiceUnavailable, "504"),
        (Status(502, body=b"<html>\n<b>bad gateway</b></html>"), ServiceUnavailable, "502"),
        (Status(500, body=b""), ServiceUnavailable, "500"),
        (Status(400, body=b'"text"'), InvalidRequest, "400"),
        (Status(400, body=b'{"error": "text"}'), InvalidRequest, "400"),
        (Status(400, body=b'{"error": {"errors": {}}}'), InvalidRequest, "400"),
    ],
)
def test_errors_are_those_of_the_tree(gcs, fault_proxy, google, connect, stored, fault, kind, code):
    proxy = fault_proxy(gcs.endpoint_url)
    storage = connect(proxy, attempts=1, anonymous=True)
    proxy.inject(fault)
    with pytest.raises(kind) as caught:
        storage.stat(stored, "key")
    error = caught.value
    assert (error.provider, error.service, error.operation) == ("gcp", "storage", "stat")
    assert (error.resource, error.code) == (f"gs://{stored}/key", code)
    assert error.__cause__ is not None
    assert "\n" not in str(error)
    assert error.retryable is (kind in (RateLimited, ServiceUnavailable, Timeout))


def test_the_request_s_id_is_told(gcs, fault_proxy, connect, stored):
    proxy = fault_proxy(gcs.endpoint_url)
    proxy.inject(Status(400, headers={"X-GUploader-UploadID": "AbC-123"}))
    with pytest.raises(InvalidRequest) as caught:
        connect(proxy, anonymous=True).stat(stored, "key")
    assert caught.value.request_id == "AbC-123"


# What was done already


def test_a_delete_whose_answer_was_lost_is_a_delete(faulty, stored):
    proxy, storage = faulty
    proxy.inject(Reset(after=0))  # the object is deleted
    assert storage.delete_file(stored, "key") is True
    assert storage.delete_file(stored, "key") is False


def test_a_condition_that_fails_after_an_answer_was_lost_says_what_that_may_mean(faulty, stored):
    proxy, storage = faulty
    proxy.inject(Reset(after=0))
    with pytest.raises(PreconditionFailed, match="may be this very write"):
        storage.upload_stream(stored, "new", io.BytesIO(b"data"), if_none_match="*")
    with pytest.raises(PreconditionFailed) as caught:
        storage.upload_stream(stored, "new", io.BytesIO(b"data"), if_none_match="*")
    assert "may be" not in str(caught.value)


# Downloads


@pytest.mark.parametrize("fault", [Truncate(after=MIB // 2), Reset(after=MIB // 2), Stall(after=MIB // 2)], ids=str)
@pytest.mark.parametrize("key", ["key", "large"])
def test_a_download_that_breaks_goes_on_where_it_broke(faulty, stored, tmp_path, key, fault):
    proxy, storage = faulty
    proxy.inject(fault, path="alt=media", times=2)
    storage.download_path(stored, key, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == (SMALL if key == "key" else LARGE)


def test_a_file_that_breaks_while_it_is_read_goes_on(faulty, stored):
    proxy, storage = faulty
    proxy.inject(Truncate(after=MIB // 2), path="alt=media", times=1)
    with storage.open_read(stored, "key", start=10) as file:
        assert file.read() == SMALL[10:]
    assert len(proxy.requests) == 2


def test_a_download_that_keeps_breaking_leaves_the_old_file(faulty, stored, tmp_path, monkeypatch):
    monkeypatch.setattr(bodies, "RESUMED", 1)
    proxy, storage = faulty
    (tmp_path / "file").write_bytes(b"old")
    proxy.inject(Truncate(after=0), path="alt=media", times=None)
    with pytest.raises(ServiceUnavailable):
        storage.download_path(stored, "key", tmp_path / "file")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


@pytest.mark.parametrize("key", ["key", "large"])
@pytest.mark.parametrize("fault", [Corrupt(at=1000), Truncate(after=MIB // 2, silent=True)], ids=str)
def test_data_that_arrive_damaged_are_no_success(faulty, stored, tmp_path, key, fault):
    proxy, storage = faulty
    (tmp_path / "file").write_bytes(b"old")
    proxy.inject(fault, path="alt=media")
    with pytest.raises(IntegrityError) as caught:
        storage.download_path(stored, key, tmp_path / "file")
    assert caught.value.retryable is True
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_an_object_that_is_replaced_while_it_is_read_is_not_mixed_with_the_new_one(faulty, key_storage, stored):
    proxy, storage = faulty
    proxy.inject(Truncate(after=MIB // 2), path="alt=media")
    file = storage.open_read(stored, "key")
    key_storage.upload_file(stored, "key", SMALL[::-1])
    with file, pytest.raises(PreconditionFailed):
        file.read()


# Uploads


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
def test_data_that_arrive_damaged_are_not_kept(faulty, key_storage, stored, data):
    proxy, storage = faulty
    proxy.inject(
        CorruptRequest(at=len(data) // 2 if data is SMALL else 1000), method="POST" if data is SMALL else "PUT"
    )
    with pytest.raises(IntegrityError) as caught:
        storage.upload_file(stored, "key", data)
    assert caught.value.retryable is True
    assert key_storage.download_file(stored, "key") == SMALL


def test_an_emulator_that_keeps_damaged_data_is_found_out(fake_gcs, fault_proxy, connect, new_bucket):
    proxy = fault_proxy(fake_gcs.endpoint_url)
    storage = connect(proxy, anonymous=True)
    bucket = new_bucket(storage)
    proxy.inject(CorruptRequest(at=len(SMALL) // 2), method="POST")
    with pytest.raises(IntegrityError):
        storage.upload_file(bucket, "key", SMALL)
    assert storage.exists(bucket, "key") is False


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("fault", [Status(503), Reset(), Reset(after=0), Status(503, forward=True)], ids=str)
def test_an_upload_that_is_interrupted_goes_on_with_what_is_stored(faulty, stored, fault, nth):
    proxy, storage = faulty
    proxy.inject(fault, method="PUT", nth=nth)
    info = storage.upload_stream(stored, "new", io.BytesIO(LARGE))
    assert info.size == len(LARGE)
    assert storage.download_file(stored, "new") == LARGE


def test_less_may_be_stored_than_was_sent(gcs, key_storage, stored, monkeypatch):
    monkeypatch.setattr(gcs, "keeps", lambda sent: min(sent, MIB // 2))
    key_storage.upload_stream(stored, "new", io.BytesIO(LARGE))
    assert key_storage.download_file(stored, "new") == LARGE


def test_an_upload_that_fails_leaves_neither_object_nor_session(gcs, faulty, stored):
    proxy, storage = faulty
    before = set(gcs.uploads)
    proxy.inject(Status(503), method="PUT", nth=2, times=None)
    with pytest.raises(ServiceUnavailable):
        storage.upload_stream(stored, "new", io.BytesIO(LARGE))
    assert storage.exists(stored, "new") is False
    assert set(gcs.uploads) == before
    assert proxy.requests[-2].method == "DELETE"


def test_no_error_tells_the_url_of_an_upload(faulty, stored, monkeypatch):
    proxy, storage = faulty
    proxy.inject(Status(400), method="PUT")
    with pytest.raises(InvalidRequest) as caught:
        storage.upload_stream(stored, "new", io.BytesIO(LARGE))
    assert "upload_id" not in f"{caught.value!r} {caught.value.__cause__!r}"


# Batches


def test_of_a_batch_what_a_busy_service_did_not_do_is_done_singly(gcs, google, connect, stored, monkeypatch):
    storage = connect(gcs, credentials=tokens.Credentials(google.token()), capabilities=Capability)
    keys = [f"{number}" for number in range(10)]
    for key in keys:
        storage.upload_file(stored, key, b"data")
    monkeypatch.setattr(gcs, "busy", {"3", "7"})
    gcs.requests.clear()
    assert storage.delete_many(stored, keys) == {}
    assert [storage.exists(stored, key) for key in keys] == [False] * 10
    deletes = [path for method, path in gcs.requests if method == "DELETE"]
    assert len(deletes) == 2


def test_a_batch_that_breaks_is_sent_again(gcs, google, fault_proxy, connect, stored):
    proxy = fault_proxy(gcs.endpoint_url)
    storage = connect(proxy, credentials=tokens.Credentials(google.token()), capabilities=Capability)
    proxy.inject(Status(503), path="/batch/")
    proxy.inject(Reset(after=0), path="/batch/")
    assert storage.delete_many(stored, ["key", "large", "none"]) == {}
    assert list(storage.iter_objects(stored)) == []
