from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from codomyrmex.cloud.common import StorageClient
from codomyrmex.cloud.testing.conformance._topic import Topic

Call = Callable[[Any, str, str], object]

WRONG_TYPES: dict[str, Call] = {
    "bucket of bytes": lambda s, bucket, key: s.download_file(b"bucket", key),
    "bucket of None": lambda s, bucket, key: s.create_bucket(None),
    "key of bytes": lambda s, bucket, key: s.upload_file(bucket, b"key", b"data"),
    "key of None": lambda s, bucket, key: s.stat(bucket, None),
    "data of str": lambda s, bucket, key: s.upload_file(bucket, key, "data"),
    "data of None": lambda s, bucket, key: s.upload_file(bucket, key, None),
    "content type of bytes": lambda s, bucket, key: s.upload_file(bucket, key, b"data", b"text/plain"),
    "stream of bytes": lambda s, bucket, key: s.upload_stream(bucket, key, b"data"),
    "metadata of numbers": lambda s, bucket, key: s.upload_stream(bucket, key, io.BytesIO(), metadata={"a": 1}),
    "path of None": lambda s, bucket, key: s.download_path(bucket, key, None),
    "range of float": lambda s, bucket, key: s.read_range(bucket, key, 1.5),
    "prefix of bytes": lambda s, bucket, key: list(s.iter_objects(bucket, b"a")),
    "keys of str": lambda s, bucket, key: s.delete_many(bucket, "abc"),
    "expiry of float": lambda s, bucket, key: s.generate_presigned_url(bucket, key, 1.5),
}
WRONG_VALUES: dict[str, Call] = {
    "bucket empty": lambda s, bucket, key: s.download_file("", key),
    "bucket with a slash": lambda s, bucket, key: s.upload_file(f"{bucket}/a", key, b"data"),
    "bucket up": lambda s, bucket, key: s.delete_bucket(".."),
    "key empty": lambda s, bucket, key: s.upload_file(bucket, "", b"data"),
    "key of 1,025 letters": lambda s, bucket, key: s.upload_file(bucket, "k" * 1025, b"data"),
    "key of 1,025 bytes": lambda s, bucket, key: s.exists(bucket, "é" * 512 + "k"),
    "key of half a character": lambda s, bucket, key: s.upload_file(bucket, "\ud800", b"data"),
    "keys with an empty one": lambda s, bucket, key: s.delete_many(bucket, [key, ""]),
    "content type with a newline": lambda s, bucket, key: s.upload_file(bucket, key, b"data", "a/b\nX: y"),
    "condition of a kind unknown": lambda s, bucket, key: s.upload_stream(
        bucket, key, io.BytesIO(), if_none_match="etag"
    ),
    "range before the start": lambda s, bucket, key: s.read_range(bucket, key, -1),
    "length below none": lambda s, bucket, key: s.open_read(bucket, key, start=0, length=-1),
    "expiry at once": lambda s, bucket, key: s.generate_presigned_url(bucket, key, 0),
    "expiry in the past": lambda s, bucket, key: s.generate_presigned_upload(bucket, key, -1),
}


class Arguments(Topic):
    topic = "Arguments"

    @pytest.mark.parametrize("call", WRONG_TYPES.values(), ids=WRONG_TYPES)
    def test_a_wrong_type_is_refused_at_once(self, storage: StorageClient, bucket: str, key: str, call: Call) -> None:
        with pytest.raises(TypeError):
            call(storage, bucket, key)
        assert storage.exists(bucket, key) is False

    @pytest.mark.parametrize("call", WRONG_VALUES.values(), ids=WRONG_VALUES)
    def test_a_value_that_can_be_nowhere_is_refused_at_once(
        self, storage: StorageClient, bucket: str, key: str, call: Call
    ) -> None:
        with pytest.raises(ValueError):  # noqa: PT011  # InvalidRequest is one too
            call(storage, bucket, key)
        assert storage.exists(bucket, key) is False

    def test_a_stream_of_text_is_refused(self, storage: StorageClient, bucket: str, key: str) -> None:
        with pytest.raises(TypeError):
            storage.upload_stream(bucket, key, io.StringIO("text"))  # type: ignore[arg-type]
        assert storage.exists(bucket, key) is False
