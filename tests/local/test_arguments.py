"""Arguments that no storage could take raise TypeError or ValueError, and nothing is done."""

import io

import pytest

WRONG_TYPES = {
    "bucket is a number": lambda s: s.upload_file(1, "key", b""),
    "bucket is None": lambda s: s.bucket_exists(None),
    "bucket is bytes": lambda s: s.create_bucket(b"new-bucket"),
    "key is bytes": lambda s: s.upload_file("bucket", b"key", b""),
    "key is None": lambda s: s.download_file("bucket", None),
    "a key of many is a number": lambda s: s.delete_many("bucket", ["key", 1]),
    "data is text": lambda s: s.upload_file("bucket", "key", "text"),
    "data is None": lambda s: s.upload_file("bucket", "key", None),
    "data is a list": lambda s: s.upload_file("bucket", "key", [1]),
    "data is a stream": lambda s: s.upload_file("bucket", "key", io.BytesIO()),
    "stream gives text": lambda s: s.upload_stream("bucket", "key", io.StringIO("text")),
    "stream gives no text": lambda s: s.upload_stream("bucket", "key", io.StringIO("")),
    "stream gives None": lambda s: s.upload_stream("bucket", "key", NotReady()),
    "metadata is a list": lambda s: s.upload_stream("bucket", "key", io.BytesIO(), metadata=["a"]),
    "metadata has a number": lambda s: s.upload_stream("bucket", "key", io.BytesIO(), metadata={"a": 1}),
    "metadata has a None": lambda s: s.upload_stream("bucket", "key", io.BytesIO(), metadata={None: "a"}),
    "content type is a number": lambda s: s.upload_file("bucket", "key", b"", content_type=5),
    "content type is bytes": lambda s: s.upload_stream("bucket", "key", io.BytesIO(), content_type=b"text/x"),
    "etag is bytes": lambda s: s.upload_stream("bucket", "key", io.BytesIO(), if_match=b"etag"),
    "stream is bytes": lambda s: s.upload_stream("bucket", "key", b"data"),
    "prefix is None": lambda s: s.iter_objects("bucket", None),
    "start_after is bytes": lambda s: s.iter_objects("bucket", start_after=b"a"),
    "start is a fraction": lambda s: s.read_range("bucket", "key", 1.5),
    "length is text": lambda s: s.open_read("bucket", "key", length="1"),
    "expiry is a fraction": lambda s: s.generate_presigned_url("bucket", "key", 1.5),
    "expiry is a truth": lambda s: s.generate_presigned_upload("bucket", "key", True),
    "path is None": lambda s: s.upload_path("bucket", "key", None),
    "target is None": lambda s: s.download_path("bucket", "old", None),
}
WRONG_VALUES = {
    "bucket is empty": lambda s: s.list_buckets() and s.upload_file("", "key", b""),
    "bucket is too long": lambda s: s.bucket_exists("x" * 256),
    "bucket has a slash": lambda s: s.download_file("bucket/../bucket", "old"),
    "bucket is ..": lambda s: s.stat("..", "key"),
    "bucket has a newline": lambda s: s.stat("bucket\n", "old"),
    "key is empty": lambda s: s.upload_file("bucket", "", b""),
    "key is too long": lambda s: s.upload_file("bucket", "x" * 1025, b""),
    "key is too long in UTF-8": lambda s: s.upload_file("bucket", "é" * 513, b""),
    "key is no text": lambda s: s.upload_file("bucket", "\ud800", b""),
    "a key of many is empty": lambda s: s.delete_many("bucket", ["key", ""]),
    "prefix is no text": lambda s: s.iter_objects("bucket", "\udcff"),
    "start is negative": lambda s: s.read_range("bucket", "old", -1),
    "length is negative": lambda s: s.read_range("bucket", "old", 0, -1),
    "expiry is zero": lambda s: s.generate_presigned_url("bucket", "key", 0),
    "expiry is negative": lambda s: s.generate_presigned_url("bucket", "key", -5),
}


class NotReady:
    """A stream that does not wait, and has nothing yet: that is not its end."""

    def read(self, size):
        return None


@pytest.fixture
def unchanged(storage, root, blobs):
    """Whatever the test does, an object stays and no other appears."""
    storage.upload_file("bucket", "old", b"old")
    before = blobs()
    yield
    assert [(info.key, info.size) for info in storage.iter_objects("bucket")] == [("old", 3)]
    assert blobs() == before
    assert storage.list_buckets() == ["bucket"]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("use", WRONG_TYPES.values(), ids=WRONG_TYPES)
def test_a_wrong_type_is_a_type_error(storage, use):
    with pytest.raises(TypeError):
        use(storage)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("use", WRONG_VALUES.values(), ids=WRONG_VALUES)
def test_a_value_no_storage_takes_is_a_value_error(storage, use):
    with pytest.raises(ValueError):  # noqa: PT011 - each has words of its own
        use(storage)
