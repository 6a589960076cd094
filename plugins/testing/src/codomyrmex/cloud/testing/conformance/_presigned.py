from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit, urlunsplit

import pytest
from codomyrmex.cloud.common import Capability, StorageClient
from codomyrmex.cloud.errors import UnsupportedOperation
from codomyrmex.cloud.testing.conformance._topic import Http, Topic, needs, without

REFUSED = {400, 401, 403}
NOT_DONE = REFUSED | {404, 405, 501}
"""What is answered to another method than the one that was signed."""


class Presigned(Topic):
    topic = "Presigned requests"

    @needs(Capability.PRESIGNED_GET)
    @pytest.mark.parametrize("data", [b"data", b""], ids=["data", "empty"])
    def test_whoever_has_the_url_reads_the_object(
        self, storage: StorageClient, bucket: str, key: str, http: Http, data: bytes
    ) -> None:
        storage.upload_file(bucket, key, data, "text/x-note")
        answer = http("GET", storage.generate_presigned_url(bucket, key))
        assert (answer.status, answer.body) == (200, data)
        if Capability.STAT in storage.capabilities:
            assert answer.headers["content-type"].startswith("text/x-note")

    @needs(Capability.PRESIGNED_GET)
    def test_an_object_of_any_key_is_read_by_url(
        self, storage: StorageClient, bucket: str, odd_key: str, http: Http
    ) -> None:
        storage.upload_file(bucket, odd_key, b"data")
        answer = http("GET", storage.generate_presigned_url(bucket, odd_key))
        assert (answer.status, answer.body) == (200, b"data")

    @needs(Capability.PRESIGNED_GET)
    def test_the_url_of_what_is_not_there_answers_404(
        self, storage: StorageClient, bucket: str, key: str, http: Http
    ) -> None:
        assert http("GET", storage.generate_presigned_url(bucket, key)).status == 404

    @needs(Capability.PRESIGNED_GET)
    def test_a_url_with_any_part_of_its_query_changed_is_refused(
        self, storage: StorageClient, bucket: str, key: str, http: Http
    ) -> None:
        storage.upload_file(bucket, key, b"data")
        url = storage.generate_presigned_url(bucket, key)
        answers = {name: http("GET", changed) for name, changed in tampered(url)}
        assert answers
        assert {name: answer.status for name, answer in answers.items() if answer.status not in REFUSED} == {}

    @needs(Capability.PRESIGNED_GET)
    def test_a_url_does_not_give_another_object(
        self, storage: StorageClient, bucket: str, folder: str, http: Http
    ) -> None:
        storage.upload_file(bucket, f"{folder}mine", b"data")
        storage.upload_file(bucket, f"{folder}another", b"other data")
        url = urlsplit(storage.generate_presigned_url(bucket, f"{folder}mine"))
        other = urlsplit(storage.generate_presigned_url(bucket, f"{folder}another"))
        answer = http("GET", urlunsplit(url._replace(path=other.path)))
        assert answer.body != b"other data"
        assert url.path == other.path or answer.status in REFUSED  # the key may be in the query: see above

    @needs(Capability.PRESIGNED_GET)
    def test_an_expired_url_is_refused(self, storage: StorageClient, bucket: str, key: str, http: Http) -> None:
        storage.upload_file(bucket, key, b"data")
        url = storage.generate_presigned_url(bucket, key, expires_in=1)
        assert self._refused_in_time(http, "GET", url)

    @needs(Capability.PRESIGNED_GET)
    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    def test_a_url_to_read_changes_nothing(
        self, storage: StorageClient, bucket: str, key: str, http: Http, method: str
    ) -> None:
        storage.upload_file(bucket, key, b"data")
        url = storage.generate_presigned_url(bucket, key)
        assert http(method, url, {}, b"new" if method == "PUT" else None).status in NOT_DONE
        assert storage.download_file(bucket, key) == b"data"

    @needs(Capability.PRESIGNED_PUT)
    @pytest.mark.parametrize("data", [b"data", b""], ids=["data", "empty"])
    def test_whoever_has_the_request_uploads_the_object(
        self, storage: StorageClient, bucket: str, key: str, http: Http, data: bytes
    ) -> None:
        request = storage.generate_presigned_upload(bucket, key)
        assert http(request.method, request.url, request.headers, data).status in (200, 201, 204)
        assert storage.download_file(bucket, key) == data

    @needs(Capability.PRESIGNED_PUT, Capability.STAT)
    def test_an_upload_with_exactly_the_headers_told_has_the_content_type(
        self, storage: StorageClient, bucket: str, key: str, http: Http
    ) -> None:
        request = storage.generate_presigned_upload(bucket, key, content_type="text/x-note")
        assert http(request.method, request.url, request.headers, b"data").status in (200, 201, 204)
        assert storage.stat(bucket, key).content_type == "text/x-note"

    @needs(Capability.PRESIGNED_PUT)
    def test_an_object_of_any_key_is_uploaded_by_url(
        self, storage: StorageClient, bucket: str, odd_key: str, http: Http
    ) -> None:
        request = storage.generate_presigned_upload(bucket, odd_key)
        assert http(request.method, request.url, request.headers, b"data").status in (200, 201, 204)
        assert storage.download_file(bucket, odd_key) == b"data"

    @needs(Capability.PRESIGNED_PUT)
    def test_an_upload_with_any_part_of_its_query_changed_is_refused(
        self, storage: StorageClient, bucket: str, key: str, http: Http
    ) -> None:
        request = storage.generate_presigned_upload(bucket, key)
        answers = {name: http("PUT", url, request.headers, b"new") for name, url in tampered(request.url)}
        assert answers
        assert {name: answer.status for name, answer in answers.items() if answer.status not in REFUSED} == {}
        assert storage.exists(bucket, key) is False

    @needs(Capability.PRESIGNED_PUT)
    def test_an_expired_upload_is_refused(self, storage: StorageClient, bucket: str, key: str, http: Http) -> None:
        request = storage.generate_presigned_upload(bucket, key, expires_in=1)
        assert self._refused_in_time(http, "PUT", request.url, request.headers, b"new")

    @needs(Capability.PRESIGNED_PUT)
    def test_a_request_to_upload_does_not_read(self, storage: StorageClient, bucket: str, key: str, http: Http) -> None:
        storage.upload_file(bucket, key, b"data")
        request = storage.generate_presigned_upload(bucket, key)
        assert http("GET", request.url, request.headers).status in NOT_DONE

    @without(Capability.PRESIGNED_GET)
    def test_urls_to_read_are_said_to_be_unsupported(self, storage: StorageClient, bucket: str, key: str) -> None:
        with pytest.raises(UnsupportedOperation):
            storage.generate_presigned_url(bucket, key)

    @without(Capability.PRESIGNED_PUT)
    def test_requests_to_upload_are_said_to_be_unsupported(self, storage: StorageClient, bucket: str, key: str) -> None:
        with pytest.raises(UnsupportedOperation):
            storage.generate_presigned_upload(bucket, key)

    def _refused_in_time(
        self, http: Http, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> bool:
        """Whether a request that was signed for a second is soon refused."""
        end = time.monotonic() + self.clock_skew
        while time.monotonic() < end:
            time.sleep(1.1)
            if http(method, url, headers or {}, body).status in REFUSED:
                return True
        return False


def tampered(url: str) -> Iterator[tuple[str, str]]:
    """For each parameter of the URL's query that has a value: its name, and the URL with one character changed."""
    head, _, query = url.partition("?")
    parameters = query.split("&")
    for number, parameter in enumerate(parameters):
        name, _, value = parameter.partition("=")
        if value:
            first = "1" if value[0] != "1" else "2"  # the last one of a signature may be padding
            yield (
                name,
                f"{head}?{'&'.join([*parameters[:number], f'{name}={first}{value[1:]}', *parameters[number + 1 :]])}",
            )
