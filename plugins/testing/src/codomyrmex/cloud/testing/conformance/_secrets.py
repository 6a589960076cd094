from __future__ import annotations

import base64
import io
import logging
import pickle
import re
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from urllib.parse import quote

import pytest
from codomyrmex.cloud.common import Capability, StorageClient
from codomyrmex.cloud.errors import CloudError
from codomyrmex.cloud.testing.backends import Reset, Status
from codomyrmex.cloud.testing.backends._exchange import Fault
from codomyrmex.cloud.testing.conformance._topic import NewBucket, Proxied, Topic, needs, not_applicable

AUTHORIZATION = re.compile(r"(Bearer|SharedKey|AWS4-HMAC-SHA256) |x-auth-token", re.IGNORECASE)
"""In the headers of requests, which SDKs' errors hold, and Dask's answers hold causes."""
BREAKS: dict[str, Fault] = {"refused": Status(500), "reset": Reset()}


class Spill:
    """Looks for secrets, as they are and as they travel, without showing them."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._forms = [
            (f"secret {number} {form}", text)
            for number, secret in enumerate(secrets, 1)
            for form, text in {
                "as it is": secret,
                "percent-encoded": quote(secret, safe=""),
                "in base64": base64.b64encode(secret.encode()).decode(),
            }.items()
        ]

    def __call__(self, where: str, text: str) -> list[str]:
        """What was found in the text, in words."""
        return [f"{what} in {where}" for what, form in self._forms if form in text]

    def in_error(self, error: CloudError) -> list[str]:
        """What was found in the error, in those that led to it, in its traceback or its pickle."""
        found = [self("error", f"{e!r} {e} {e.args!r} {vars(e)!r}") for e in chain(error)]
        found.append(self("traceback", "".join(traceback.format_exception(error))))
        for each in chain(error):
            with suppress(Exception):  # a cause that does not pickle gives nothing away
                pickled = pickle.dumps(each).decode("latin-1")
                found.append(self("pickled error", pickled))
                found.append(["an authorization in the pickled error"] * bool(AUTHORIZATION.search(pickled)))
        return [what for part in found for what in part]


class Secrets(Topic):
    topic = "Secrets"

    @pytest.fixture
    def spill(self, secrets: Sequence[str]) -> Spill:
        if not secrets:
            not_applicable("no fixture `secrets` names any")
        return Spill(secrets)

    def test_no_repr_shows_a_secret(self, storage: StorageClient, spill: Spill) -> None:
        texts = {"repr": repr(storage), "str": str(storage), "source": str(type(storage).credential_source())}
        assert [found for where, text in texts.items() for found in spill(where, text)] == []

    def test_no_error_shows_a_secret(
        self, storage: StorageClient, spill: Spill, bucket: str, new_bucket: NewBucket, key: str
    ) -> None:
        found = []
        for name in (bucket, new_bucket(create=False)):
            with pytest.raises(CloudError) as caught:
                storage.download_file(name, key)
            found += spill.in_error(caught.value)
        assert found == []

    @pytest.mark.parametrize("fault", BREAKS.values(), ids=BREAKS)
    def test_no_error_on_the_way_shows_a_secret(
        self, proxied: Proxied, spill: Spill, bucket: str, key: str, fault: Fault
    ) -> None:
        proxied.proxy.inject(fault, times=None)
        try:
            with pytest.raises(CloudError) as caught:
                proxied.storage.upload_file(bucket, key, b"data")
        finally:
            proxied.proxy.clear()
        assert spill.in_error(caught.value) == []

    def test_no_log_shows_a_secret(
        self,
        storage: StorageClient,
        spill: Spill,
        bucket: str,
        key: str,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            storage.upload_file(bucket, key, b"data")
            storage.upload_stream(bucket, key, io.BytesIO(b"data"))
            storage.download_file(bucket, key)
            storage.stat(bucket, key)
            storage.list_buckets()
            if Capability.LISTING in storage.capabilities:
                list(storage.iter_objects(bucket, key))
            if Capability.PRESIGNED_GET in storage.capabilities:
                storage.generate_presigned_url(bucket, key)
            storage.delete_many(bucket, [key])
            with suppress(CloudError):
                storage.download_file(bucket, key)
        assert spill("log", caplog.text) == []

    @needs(Capability.PRESIGNED_GET)
    def test_no_log_shows_a_presigned_url(
        self, storage: StorageClient, bucket: str, key: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            url = storage.generate_presigned_url(bucket, key)
        assert (url in caplog.text) is False  # else pytest would show it

    def test_no_pickle_holds_a_secret(self, storage: StorageClient, spill: Spill) -> None:
        if storage.recipe is None:
            not_applicable("the client does not pickle")
        found = []
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            found += spill(f"protocol {protocol}", pickle.dumps(storage, protocol).decode("latin-1"))
        assert found == []


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and those that led to it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
