from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from codomyrmex.cloud.common import Capability, StorageClient
from codomyrmex.cloud.errors import (
    CertificateError,
    CloudError,
    IntegrityError,
    RateLimited,
    ServiceUnavailable,
    Timeout,
)
from codomyrmex.cloud.testing.backends import (
    Corrupt,
    CorruptRequest,
    FaultProxy,
    Reset,
    Slow,
    Stall,
    Status,
    Truncate,
)
from codomyrmex.cloud.testing.backends._exchange import Fault
from codomyrmex.cloud.testing.conformance._data import made, stream
from codomyrmex.cloud.testing.conformance._topic import Proxied, Topic, Untrusted, needs, not_applicable

DATA = made(300_000)
Call = Callable[[StorageClient, str, str], object]

READS: dict[str, Call] = {
    "download_file": lambda s, bucket, key: s.download_file(bucket, key),
    "open_read": lambda s, bucket, key: s.open_read(bucket, key).read(),
    "read_range": lambda s, bucket, key: s.read_range(bucket, key, 0, 200_000),
    "stat": lambda s, bucket, key: s.stat(bucket, key),
}
WRITES: dict[str, Call] = {
    "upload_file": lambda s, bucket, key: s.upload_file(bucket, key, DATA),
    "upload_stream": lambda s, bucket, key: s.upload_stream(bucket, key, stream(len(DATA))),
}
CALLS = READS | WRITES | {"delete_file": lambda s, bucket, key: s.delete_file(bucket, key)}

BROKEN_DOWNLOADS: dict[str, Fault] = {
    "reset": Reset(after=100_000),
    "cut short": Truncate(100_000),
    "cut short unnoticed by HTTP": Truncate(100_000, silent=True),
    "changed": Corrupt(at=100_000),
}
BROKEN_UPLOADS: dict[str, Fault] = {
    "refused": Status(503),
    "done and yet refused": Status(500, forward=True),
    "reset before it is done": Reset(),
    "reset after it is done": Reset(after=0),
    "changed": CorruptRequest(at=1000),
}
BROKEN_PAGES: dict[str, Fault] = {
    "refused": Status(500),
    "reset": Reset(after=500),
    "cut short": Truncate(500),
}
BROKEN = IntegrityError | ServiceUnavailable | Timeout
ONCE_OR_ALWAYS = pytest.mark.parametrize("times", [1, None], ids=["once", "always"])


class Faults(Topic):
    topic = "Faults"

    @pytest.fixture(scope="class")
    @classmethod
    def warm(cls, proxied: Proxied, bucket: str, root: str) -> Proxied:
        """Client and proxy after what a client looks up once, such as where the bucket is."""
        proxied.storage.upload_file(bucket, f"{root}warm", b"data")
        proxied.storage.download_file(bucket, f"{root}warm")
        return proxied

    @pytest.fixture
    def client(self, warm: Proxied) -> StorageClient:
        """The client whose traffic breaks; ``storage`` sees the same objects undisturbed."""
        return warm.storage

    @pytest.fixture
    def proxy(self, warm: Proxied) -> Iterator[FaultProxy]:
        """What breaks it, with no fault at first."""
        warm.proxy.clear()
        yield warm.proxy
        warm.proxy.clear()

    @pytest.mark.parametrize("status", [429, 500, 503])
    @pytest.mark.parametrize("name", CALLS)
    def test_a_service_that_is_busy_for_a_moment_is_asked_again(
        self,
        storage: StorageClient,
        client: StorageClient,
        proxy: FaultProxy,
        bucket: str,
        key: str,
        name: str,
        status: int,
    ) -> None:
        storage.upload_file(bucket, key, DATA)
        proxy.inject(Status(status))
        CALLS[name](client, bucket, key)
        assert met_by(proxy) == [status]

    @pytest.mark.parametrize("status", [429, 503])
    def test_a_service_that_says_when_to_come_again_is_not_asked_before(
        self, storage: StorageClient, client: StorageClient, proxy: FaultProxy, bucket: str, key: str, status: int
    ) -> None:
        storage.upload_file(bucket, key, DATA)
        proxy.inject(Status(status, retry_after=2))
        started = time.monotonic()
        assert client.download_file(bucket, key) == DATA
        assert time.monotonic() - started >= 2

    @pytest.mark.parametrize(
        ("status", "expected"),
        [(429, RateLimited), (500, ServiceUnavailable), (503, ServiceUnavailable | RateLimited)],
        ids=["429", "500", "503"],
    )
    @pytest.mark.parametrize("name", ["download_file", "upload_file"])
    def test_a_service_that_stays_busy_is_told_in_time(
        self,
        client: StorageClient,
        proxy: FaultProxy,
        bucket: str,
        key: str,
        name: str,
        status: int,
        expected: type[CloudError],
    ) -> None:
        proxy.inject(Status(status), times=None)
        error = self._in_time(CALLS[name], client, bucket, key)
        assert isinstance(error, expected)
        assert error.retryable is True
        assert len(proxy.requests) <= 20

    @pytest.mark.parametrize("name", CALLS)
    def test_a_certificate_that_is_not_trusted_is_told_at_once(
        self, untrusted: Untrusted, bucket: str, key: str, name: str
    ) -> None:
        before = untrusted.server.connections
        with pytest.raises(CertificateError, match=r"127\.0\.0\.1") as caught:
            CALLS[name](untrusted.storage, bucket, key)
        assert not isinstance(caught.value, ServiceUnavailable)
        assert caught.value.retryable is False
        assert untrusted.server.connections == before + 1
        assert untrusted.server.trusted_by == 0

    # Downloads

    @ONCE_OR_ALWAYS
    @pytest.mark.parametrize("fault", BROKEN_DOWNLOADS.values(), ids=BROKEN_DOWNLOADS)
    def test_a_broken_download_leaves_the_old_file_or_the_new_one(
        self,
        storage: StorageClient,
        client: StorageClient,
        proxy: FaultProxy,
        bucket: str,
        key: str,
        tmp_path: Path,
        fault: Fault,
        times: int | None,
    ) -> None:
        target = tmp_path / "target"
        target.write_bytes(b"old")
        storage.upload_file(bucket, key, DATA)
        proxy.inject(fault, method="GET", times=times)
        error = self._in_time(lambda s, *where: s.download_path(*where, target), client, bucket, key)
        assert met_by(proxy)
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"target": b"old" if error else DATA}
        assert isinstance(error, BROKEN | None)
        assert fault is not BROKEN_DOWNLOADS["changed"] or times or error

    @ONCE_OR_ALWAYS
    @pytest.mark.parametrize("name", ["download_file", "open_read", "read_range"])
    @pytest.mark.parametrize("fault", BROKEN_DOWNLOADS.values(), ids=BROKEN_DOWNLOADS)
    def test_broken_data_are_not_taken_for_the_object(
        self,
        storage: StorageClient,
        client: StorageClient,
        proxy: FaultProxy,
        bucket: str,
        key: str,
        name: str,
        fault: Fault,
        times: int | None,
    ) -> None:
        if name == "read_range" and isinstance(fault, Corrupt):
            not_applicable("the checksum of a range is not known")
        storage.upload_file(bucket, key, DATA)
        proxy.inject(fault, method="GET", times=times)
        read: list[object] = []
        error = self._in_time(lambda *where: read.append(READS[name](*where)), client, bucket, key)
        assert met_by(proxy)
        assert error or read == [DATA[:200_000] if name == "read_range" else DATA]
        assert isinstance(error, BROKEN | None)
        assert fault is not BROKEN_DOWNLOADS["changed"] or times or error

    # Uploads

    @ONCE_OR_ALWAYS
    @pytest.mark.parametrize("name", WRITES)
    @pytest.mark.parametrize("fault", BROKEN_UPLOADS.values(), ids=BROKEN_UPLOADS)
    def test_a_broken_upload_leaves_the_old_object_or_the_new_one(
        self,
        storage: StorageClient,
        client: StorageClient,
        proxy: FaultProxy,
        bucket: str,
        key: str,
        name: str,
        fault: Fault,
        times: int | None,
    ) -> None:
        storage.upload_file(bucket, key, b"old")
        proxy.inject(fault, nth=self.data_request, times=times)
        error = self._in_time(WRITES[name], client, bucket, key)
        assert met_by(proxy)
        assert storage.download_file(bucket, key) in ([b"old", DATA] if error else [DATA])
        assert times or error

    @needs(Capability.STREAMING)
    @pytest.mark.parametrize("fault", [Status(503), Reset()], ids=["refused", "reset"])
    def test_a_part_of_a_large_upload_is_sent_again(
        self, storage: StorageClient, client: StorageClient, proxy: FaultProxy, bucket: str, key: str, fault: Fault
    ) -> None:
        proxy.inject(fault, method="PUT", nth=2)  # one alone: two may come to the same part
        client.upload_stream(bucket, key, stream(self.stream_size // 2))
        assert storage.stat(bucket, key).size == self.stream_size // 2

    @needs(Capability.STREAMING)
    def test_a_large_upload_that_fails_for_good_leaves_nothing(
        self, storage: StorageClient, client: StorageClient, proxy: FaultProxy, bucket: str, key: str
    ) -> None:
        self._fail_in_a_large_upload(client, proxy, bucket, key)
        assert storage.exists(bucket, key) is False

    @needs(Capability.STREAMING)
    def test_a_large_upload_that_fails_for_good_leaves_no_unfinished_upload(
        self,
        client: StorageClient,
        proxy: FaultProxy,
        bucket: str,
        key: str,
        leftovers: Callable[[str], Sequence[object]],
    ) -> None:
        before = list(leftovers(bucket))
        self._fail_in_a_large_upload(client, proxy, bucket, key)
        assert list(leftovers(bucket)) == before

    def _fail_in_a_large_upload(self, client: StorageClient, proxy: FaultProxy, bucket: str, key: str) -> None:
        """Try to upload, where the service takes the first part and then no other."""
        proxy.inject(Status(500), method="PUT", nth=2, times=None)
        size = self.stream_size // 2
        error = self._in_time(lambda s, *where: s.upload_stream(*where, stream(size)), client, bucket, key)
        if not any(request.fault for request in proxy.requests):
            not_applicable("a large object goes up in one request")
        assert error

    # Listings

    @ONCE_OR_ALWAYS
    @pytest.mark.parametrize("fault", BROKEN_PAGES.values(), ids=BROKEN_PAGES)
    def test_a_listing_that_breaks_is_no_shorter_listing(
        self,
        client: StorageClient,
        proxy: FaultProxy,
        bucket: str,
        many: tuple[str, list[str]],
        fault: Fault,
        times: int | None,
    ) -> None:
        prefix, keys = many
        proxy.inject(fault, nth=2, times=times)
        listed: list[list[str]] = []
        error = self._in_time(
            lambda s, *where: listed.append([info.key for info in s.iter_objects(*where)]), client, bucket, prefix
        )
        assert met_by(proxy)
        assert error or listed == [keys]
        assert times or error

    # Time

    @pytest.fixture
    def silent(self, impatient: Proxied) -> Iterator[Proxied]:
        """A client that does not wait long, and its proxy with no fault at first."""
        impatient.proxy.clear()
        yield impatient
        impatient.proxy.clear()

    @pytest.mark.parametrize(
        "after", [None, 0, 100_000], ids=["before the request", "before the answer", "in the answer"]
    )
    def test_a_service_that_falls_silent_is_a_timeout(
        self, storage: StorageClient, silent: Proxied, bucket: str, key: str, after: int | None
    ) -> None:
        storage.upload_file(bucket, key, DATA)
        silent.proxy.inject(Stall(after=after), method="GET", times=None)
        assert isinstance(self._in_time(READS["download_file"], silent.storage, bucket, key), Timeout)

    def test_a_service_that_falls_silent_in_an_upload_is_a_timeout(
        self, storage: StorageClient, silent: Proxied, bucket: str, key: str
    ) -> None:
        silent.proxy.inject(Stall(), times=None)
        assert isinstance(self._in_time(WRITES["upload_file"], silent.storage, bucket, key), Timeout)
        assert storage.exists(bucket, key) is False

    def test_a_slow_download_is_no_timeout(
        self, storage: StorageClient, client: StorageClient, proxy: FaultProxy, bucket: str, key: str
    ) -> None:
        storage.upload_file(bucket, key, DATA)
        proxy.inject(Slow(bytes_per_second=200_000), times=None)
        assert client.download_file(bucket, key) == DATA

    # Claims

    @needs(Capability.BATCH_DELETE)
    def test_many_are_deleted_by_fewer_requests(
        self, client: StorageClient, proxy: FaultProxy, bucket: str, folder: str
    ) -> None:
        assert client.delete_many(bucket, [f"{folder}{number}" for number in range(50)]) == {}
        assert 0 < len(proxy.requests) < 50

    @needs(Capability.STAT)
    def test_stat_fetches_no_data(
        self, storage: StorageClient, client: StorageClient, proxy: FaultProxy, bucket: str, key: str
    ) -> None:
        storage.upload_file(bucket, key, DATA)
        proxy.inject(Truncate(10_000), times=None)  # what is longer breaks
        assert client.stat(bucket, key).size == len(DATA)
        assert client.exists(bucket, key) is True

    def _in_time(self, call: Call, client: StorageClient, bucket: str, key: str) -> CloudError | None:
        """The error of the call, if it fails; it must end within the deadline."""
        started = time.monotonic()
        try:
            call(client, bucket, key)
        except CloudError as error:
            return error
        finally:
            assert time.monotonic() - started < self.deadline
        return None


def met_by(proxy: FaultProxy) -> list[int | None]:
    """What the requests were answered that met the fault; the proxy notes some behind the last byte."""
    end = time.monotonic() + 5
    while not (met := [request.status for request in proxy.requests if request.fault]) and time.monotonic() < end:
        time.sleep(0.01)
    return met
