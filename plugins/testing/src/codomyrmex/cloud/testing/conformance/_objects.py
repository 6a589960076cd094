from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from codomyrmex.cloud.common import Capability, StorageClient
from codomyrmex.cloud.errors import UnsupportedOperation
from codomyrmex.cloud.testing.conformance._data import made
from codomyrmex.cloud.testing.conformance._topic import Topic, needs, without

DATA = {"empty": b"", "one byte": b"\0", "all bytes": bytes(range(256)), "a MiB": made(1024 * 1024 + 1)}


class Objects(Topic):
    topic = "Objects"

    @pytest.mark.parametrize("data", DATA.values(), ids=DATA)
    def test_what_was_uploaded_is_downloaded(self, storage: StorageClient, bucket: str, key: str, data: bytes) -> None:
        assert storage.upload_file(bucket, key, data) == storage.url(bucket, key)
        assert storage.download_file(bucket, key) == data
        info = storage.stat(bucket, key)
        assert (info.bucket, info.key, info.size) == (bucket, key, len(data))

    @pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
    def test_data_is_any_kind_of_bytes(
        self, storage: StorageClient, bucket: str, key: str, kind: Callable[[bytes], bytes]
    ) -> None:
        storage.upload_file(bucket, key, kind(b"data"))
        assert storage.download_file(bucket, key) == b"data"

    def test_an_empty_object_exists(self, storage: StorageClient, bucket: str, key: str) -> None:
        storage.upload_file(bucket, key, b"")
        assert storage.exists(bucket, key) is True
        assert storage.stat(bucket, key).size == 0
        assert storage.download_file(bucket, key) == b""

    def test_an_object_is_known_to_exist_or_not(self, storage: StorageClient, bucket: str, key: str) -> None:
        assert storage.exists(bucket, key) is False
        storage.upload_file(bucket, key, b"data")
        assert storage.exists(bucket, key) is True

    def test_an_upload_replaces_what_was_there(self, storage: StorageClient, bucket: str, key: str) -> None:
        storage.upload_file(bucket, key, b"old and long")
        storage.upload_file(bucket, key, b"new")
        assert storage.download_file(bucket, key) == b"new"
        assert storage.stat(bucket, key).size == 3

    def test_the_url_of_an_object_leads_back_to_it(self, storage: StorageClient, bucket: str, key: str) -> None:
        url = storage.upload_file(bucket, key, b"data")
        assert type(storage).split_url(url) == (bucket, key)

    @needs(Capability.STAT)
    def test_what_stat_tells_changes_with_the_data(self, storage: StorageClient, bucket: str, key: str) -> None:
        storage.upload_file(bucket, key, b"old")
        old = storage.stat(bucket, key)
        storage.upload_file(bucket, key, b"other")
        new = storage.stat(bucket, key)
        assert (old.size, new.size) == (3, 5)
        assert old.etag is None or old.etag != new.etag

    @needs(Capability.STAT)
    def test_the_time_of_an_object_is_now_and_has_a_zone(self, storage: StorageClient, bucket: str, key: str) -> None:
        storage.upload_file(bucket, key, b"data")
        modified = storage.stat(bucket, key).last_modified
        assert modified is not None
        assert modified.utcoffset() is not None
        assert abs(modified - datetime.now(UTC)) < timedelta(hours=1)  # clocks differ, zones differ more

    @needs(Capability.STAT)
    @pytest.mark.parametrize("content_type", ["text/x-note", "text/html; charset=utf-8"])
    def test_the_content_type_is_kept(self, storage: StorageClient, bucket: str, key: str, content_type: str) -> None:
        storage.upload_file(bucket, f"{key}.png", b"data", content_type)
        assert storage.stat(bucket, f"{key}.png").content_type == content_type
        storage.upload_stream(bucket, key, io.BytesIO(b"data"), content_type=content_type)
        assert storage.stat(bucket, key).content_type == content_type

    @needs(Capability.STAT)
    @pytest.mark.parametrize(
        ("ending", "content_type"),
        [
            (".html", "text/html"),
            (".png", "image/png"),
            (".tar.gz", "application/gzip"),
            ("", "application/octet-stream"),
        ],
    )
    def test_the_content_type_is_guessed_from_the_key(
        self, storage: StorageClient, bucket: str, key: str, ending: str, content_type: str
    ) -> None:
        storage.upload_file(bucket, key + ending, b"data")
        assert storage.stat(bucket, key + ending).content_type == content_type
        storage.upload_stream(bucket, f"{key}2{ending}", io.BytesIO(b"data"))
        assert storage.stat(bucket, f"{key}2{ending}").content_type == content_type

    @needs(Capability.METADATA)
    @pytest.mark.parametrize(
        "metadata",
        [
            {"colour": "blue", "shape-of-it": "round"},
            {"name": "Zoë 漢字 \U0001f600"},
            {"percent": "100%25", "plus": "a+b", "quoted": "\"a\", 'b'", "encoded": "=?utf-8?q?a?="},
            {"empty": ""},
        ],
        ids=["plain", "beyond ASCII", "escapes", "empty value"],
    )
    def test_metadata_is_kept(self, storage: StorageClient, bucket: str, key: str, metadata: dict[str, str]) -> None:
        storage.upload_stream(bucket, key, io.BytesIO(b"data"), metadata=metadata)
        assert storage.stat(bucket, key).metadata == metadata

    @needs(Capability.METADATA)
    def test_an_upload_replaces_metadata_and_content_type_too(
        self, storage: StorageClient, bucket: str, key: str
    ) -> None:
        storage.upload_stream(bucket, key, io.BytesIO(b"old"), content_type="text/x-old", metadata={"old": "yes"})
        storage.upload_file(bucket, key, b"new")
        info = storage.stat(bucket, key)
        assert info.metadata == {}
        assert info.content_type != "text/x-old"

    @without(Capability.METADATA)
    def test_metadata_is_said_to_be_unsupported(self, storage: StorageClient, bucket: str, key: str) -> None:
        with pytest.raises(UnsupportedOperation):
            storage.upload_stream(bucket, key, io.BytesIO(b"data"), metadata={"colour": "blue"})
        assert storage.exists(bucket, key) is False
