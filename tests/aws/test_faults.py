"""What networks do, and what S3's storage does about it beyond what the conformance suite asks of all."""

import io
import random
import re
import time

import pytest
from codomyrmex.cloud.errors import (
    CloudError,
    PermissionDenied,
    PreconditionFailed,
    RateLimited,
    ServiceUnavailable,
    Timeout,
)
from codomyrmex.cloud.rest import retries
from codomyrmex.cloud.testing.backends.faults import CorruptRequest, Reset, Slow, Stall, Status, Truncate

MIB = 1024 * 1024
DATA = random.Random(7).randbytes(40 * MIB)
BREAKS = pytest.mark.parametrize("fault", [Truncate(after=MIB), Reset(after=MIB), Stall(after=MIB)], ids=repr)


def answers(proxy):
    return [(request.method, request.status) for request in proxy.requests]


@pytest.fixture
def patient(swift, fault_proxy, on_swift, new_bucket, connect):
    """Swift through a proxy, by a storage with the settings it has by itself: ``proxy, storage, bucket``."""
    proxy = fault_proxy(swift.endpoint_url)
    return proxy, connect(swift, endpoint_url=proxy.endpoint_url), new_bucket(on_swift)


# Requests


CALLS = {
    "list_buckets": lambda s, b: s.list_buckets(),
    "create_bucket": lambda s, b: s.create_bucket("another", "us-east-1"),
    "iter_objects": lambda s, b: list(s.iter_objects(b)),
    "stat": lambda s, b: s.stat(b, "key"),
    "download_file": lambda s, b: s.download_file(b, "key"),
    "upload_file": lambda s, b: s.upload_file(b, "key", b"data"),
    "delete_file": lambda s, b: s.delete_file(b, "key"),
    "delete_many": lambda s, b: s.delete_many(b, ["key"]),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_what_is_always_refused_is_tried_five_times_and_no_more(patient, call):
    proxy, storage, bucket = patient
    proxy.inject(Status(503, retry_after=0), times=None)
    with pytest.raises((RateLimited, ServiceUnavailable)):
        call(storage, bucket)
    assert len(proxy.requests) == 5


@pytest.mark.parametrize(
    ("config", "environment", "expected"),
    [
        ({"retries": {"total_max_attempts": 2}}, {}, 2),
        ({"retries": {"max_attempts": 2}}, {}, 3),
        ({"retries": {"total_max_attempts": 2, "mode": "legacy"}}, {}, 2),
        ({"retries": {"mode": "adaptive"}}, {}, 5),
        ({}, {"AWS_MAX_ATTEMPTS": "3"}, 3),
        ({}, {"AWS_MAX_ATTEMPTS": "1"}, 1),
    ],
)
def test_how_often_is_the_users_to_say(swift, fault_proxy, connect, settle, config, environment, expected):
    settle(environment)
    proxy = fault_proxy(swift.endpoint_url)
    proxy.inject(Status(503, retry_after=0), times=None)
    with pytest.raises(CloudError):
        connect(swift, endpoint_url=proxy.endpoint_url, config=config).list_buckets()
    assert len(proxy.requests) == expected


@pytest.mark.parametrize("mode", ["standard", "legacy", "adaptive"])
def test_whatever_the_mode_of_retries_damage_is_sent_again_and_retry_after_obeyed(
    swift, on_swift, new_bucket, fault_proxy, connect, mode
):
    bucket, proxy = new_bucket(on_swift), fault_proxy(swift.endpoint_url)
    storage = connect(swift, endpoint_url=proxy.endpoint_url, config={"retries": {"mode": mode}})
    proxy.inject(CorruptRequest(at=100), method="PUT")
    storage.upload_file(bucket, "key", DATA[:1000])
    assert answers(proxy) == [("PUT", 400), ("PUT", 200)]
    proxy.inject(Status(429, retry_after=1))
    started = time.monotonic()
    assert storage.download_file(bucket, "key") == DATA[:1000]
    assert time.monotonic() - started >= 1


def test_what_is_denied_is_not_tried_again(patient):
    proxy, storage, bucket = patient
    proxy.inject(Status(403, code="AccessDenied"), times=None)
    with pytest.raises(PermissionDenied):
        storage.upload_file(bucket, "key", b"data")
    assert len(proxy.requests) == 1


def test_a_server_that_wants_an_hour_gets_as_long_as_is_bearable(patient, monkeypatch):
    monkeypatch.setattr(retries, "MAX_RETRY_AFTER", 1)
    proxy, storage, bucket = patient
    proxy.inject(Status(503, retry_after=3600))
    started = time.monotonic()
    storage.upload_file(bucket, "key", b"data")
    assert 1 <= time.monotonic() - started < 60


# Bodies


@BREAKS
def test_a_body_that_breaks_is_continued_where_it_broke(faulty, on_swift, tmp_path, fault):
    proxy, storage, bucket = faulty
    data = DATA[: 3 * MIB]
    on_swift.upload_file(bucket, "key", data)
    proxy.inject(fault, method="GET")
    storage.download_path(bucket, "key", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == data
    assert answers(proxy) == [("GET", 200), ("GET", 206)]


@BREAKS
def test_a_small_body_that_breaks_is_continued_too(faulty, on_swift, fault):
    proxy, storage, bucket = faulty
    on_swift.upload_file(bucket, "key", DATA[:5000])
    proxy.inject(type(fault)(after=100), method="GET")
    assert storage.download_file(bucket, "key") == DATA[:5000]


@BREAKS
def test_a_range_that_breaks_is_continued_within_it(faulty, on_swift, fault):
    proxy, storage, bucket = faulty
    on_swift.upload_file(bucket, "key", DATA[: 5 * MIB])
    proxy.inject(fault, method="GET")
    assert storage.read_range(bucket, "key", 1000, 3 * MIB) == DATA[1000 : 3 * MIB + 1000]


@BREAKS
def test_a_large_download_is_continued_in_each_of_its_parts(faulty, on_swift, tmp_path, fault):
    proxy, storage, bucket = faulty
    on_swift.upload_file(bucket, "key", DATA)
    for number in (1, 2, 4):
        proxy.inject(fault, method="GET", nth=number)
    proxy.inject(Status(503), method="GET", nth=3)
    storage.download_path(bucket, "key", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == DATA
    assert len([r for r in proxy.requests if r.fault]) == 4


def test_what_breaks_again_and_again_and_comes_a_bit_further_each_time_arrives(faulty, on_swift):
    proxy, storage, bucket = faulty
    on_swift.upload_file(bucket, "key", DATA[:MIB])
    proxy.inject(Truncate(after=100_000), method="GET", times=None)
    with storage.open_read(bucket, "key") as file:
        assert file.read() == DATA[:MIB]
    assert len(proxy.requests) >= 10


@pytest.mark.parametrize("size", [5000, 3 * MIB, len(DATA)], ids=["small", "medium", "large"])
@pytest.mark.parametrize("kind", [Truncate, Reset])
def test_what_comes_no_further_is_an_error_soon_and_no_file(faulty, on_swift, tmp_path, kind, size):
    proxy, storage, bucket = faulty
    on_swift.upload_file(bucket, "key", DATA[:size])
    proxy.inject(kind(after=0), method="GET", times=None)
    (tmp_path / "file").write_bytes(b"old")
    started = time.monotonic()
    with pytest.raises(ServiceUnavailable) as caught:
        storage.download_path(bucket, "key", tmp_path / "file")
    assert time.monotonic() - started < 20
    assert caught.value.retryable
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_a_body_that_stays_silent_is_a_timeout(faulty, on_swift):
    proxy, storage, bucket = faulty
    on_swift.upload_file(bucket, "key", DATA[:5000])
    with storage.open_read(bucket, "key", length=4000) as file:
        assert file.read(10) == DATA[:10]
    proxy.inject(Stall(after=0), method="GET", times=None)
    with pytest.raises(Timeout):
        storage.read_range(bucket, "key", 5)


def test_what_is_continued_is_the_same_object_or_an_error(faulty, on_swift):
    proxy, storage, bucket = faulty
    on_swift.upload_file(bucket, "key", DATA[: 3 * MIB])
    proxy.inject(Truncate(after=MIB), method="GET")
    with storage.open_read(bucket, "key") as file:
        assert file.read(1000) == DATA[:1000]
        on_swift.upload_file(bucket, "key", DATA[MIB : 4 * MIB])
        with pytest.raises(PreconditionFailed) as caught:
            file.read()
    assert (caught.value.operation, caught.value.resource) == ("open_read", f"s3://{bucket}/key")


def test_a_large_download_is_of_one_object_or_an_error(faulty, on_swift, tmp_path):
    proxy, storage, bucket = faulty
    on_swift.upload_file(bucket, "key", DATA)
    other = DATA[::-1]
    changed = []

    def progress(count):
        if not changed:
            changed.append(on_swift.upload_file(bucket, "key", other))

    proxy.inject(Slow(2_000_000), method="GET", nth=4, times=1)
    try:
        storage.download_path(bucket, "key", tmp_path / "file", progress=progress)
    except PreconditionFailed:
        assert list(tmp_path.iterdir()) == []
    else:
        assert (tmp_path / "file").read_bytes() == DATA


def test_who_interrupts_a_large_download_does_not_wait_for_what_hangs(
    swift, on_swift, new_bucket, fault_proxy, connect, tmp_path
):
    bucket, proxy = new_bucket(on_swift), fault_proxy(swift.endpoint_url)
    on_swift.upload_file(bucket, "key", DATA)
    storage = connect(swift, endpoint_url=proxy.endpoint_url, config={"read_timeout": 15})
    proxy.inject(Stall(), method="GET", nth=4, times=None)

    def progress(count):
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        storage.download_path(bucket, "key", tmp_path / "file", progress=progress)
    assert time.monotonic() - started < 12
    assert list(tmp_path.iterdir()) == []
    proxy.clear()
    assert storage.download_file(bucket, "key") == DATA  # and the storage is as good as before


# Uploads


@pytest.mark.parametrize("fault", [Status(503), Status(500), Status(429), Reset(), Reset(after=0), Stall()], ids=repr)
def test_parts_that_fail_for_a_moment_are_sent_again(faulty, on_swift, uploads, fault):
    proxy, storage, bucket = faulty
    for number in (1, 3, 5):  # by their numbers: a fault must not come to what is sent again
        proxy.inject(fault, method="PUT", path=re.compile(rf"partNumber={number}\b"))
    storage.upload_stream(bucket, "key", io.BytesIO(DATA))
    assert on_swift.download_file(bucket, "key") == DATA
    assert uploads(on_swift, bucket) == []


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("fault", [Status(500), Reset(), Stall()], ids=repr)
def test_a_large_upload_that_fails_for_good_leaves_nothing_in_time(faulty, on_swift, uploads, fault, method):
    proxy, storage, bucket = faulty
    proxy.inject(fault, method=method, nth=2, times=None)
    started = time.monotonic()
    with pytest.raises((ServiceUnavailable, Timeout)):
        storage.upload_stream(bucket, "key", io.BytesIO(DATA[: 20 * MIB]))
    assert time.monotonic() - started < 30
    assert not on_swift.exists(bucket, "key")
    assert uploads(on_swift, bucket) == []


def test_a_slow_network_is_no_fault(faulty, on_swift):
    proxy, storage, bucket = faulty
    proxy.inject(Slow(2 * MIB), times=None)
    storage.upload_file(bucket, "small", DATA[: 2 * MIB])
    on_swift.upload_file(bucket, "large", DATA[: 6 * MIB])
    assert storage.download_file(bucket, "large") == DATA[: 6 * MIB]  # takes longer than the time-out


# Lists


def test_a_page_that_breaks_is_asked_for_again(patient, on_swift):
    proxy, storage, bucket = patient
    keys = [f"{number:03}" for number in range(20)]
    for key in keys:
        on_swift.upload_file(bucket, key, b"")
    proxy.inject(Truncate(after=500, silent=True), method="GET")
    proxy.inject(Truncate(after=500), method="GET", nth=2)
    assert [info.key for info in storage.iter_objects(bucket)] == keys


def test_deletes_that_fail_for_a_moment_are_repeated(faulty, on_swift):
    proxy, storage, bucket = faulty
    on_swift.upload_file(bucket, "key", b"data")
    proxy.inject(Reset(after=0), method="POST")
    assert storage.delete_many(bucket, ["key"]) == {}
    assert not on_swift.exists(bucket, "key")
