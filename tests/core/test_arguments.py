"""Arguments that no service could take are refused at once, by every storage."""

import inspect
import io

import pytest
from codomyrmex.cloud.common import StorageClient

GOOD = {
    "bucket": "box",
    "name": "new",
    "key": "key",
    "source_bucket": "box",
    "source_key": "key",
    "data": b"data",
    "expires_in": 60,
    "prefix": "",
    "start_after": "",
    "start": 0,
    "length": 1,
    "metadata": {},
    "content_type": "text/plain",
    "if_match": None,
    "if_none_match": None,
    "keys": ["key"],
    "path": None,  # set by the fixture
    "stream": None,
    "progress": None,
}
METHODS = {
    "create_bucket": ["name"],
    "upload_file": ["bucket", "key", "data", "content_type"],
    "download_file": ["bucket", "key"],
    "delete_file": ["bucket", "key"],
    "generate_presigned_url": ["bucket", "key", "expires_in"],
    "bucket_exists": ["bucket"],
    "ensure_bucket": ["name"],
    "delete_bucket": ["bucket"],
    "iter_objects": ["bucket", "prefix", "start_after"],
    "stat": ["bucket", "key"],
    "exists": ["bucket", "key"],
    "open_read": ["bucket", "key", "start", "length"],
    "read_range": ["bucket", "key", "start", "length"],
    "download_path": ["bucket", "key", "path"],
    "upload_path": ["bucket", "key", "path", "content_type", "metadata", "if_match", "if_none_match"],
    "upload_stream": ["bucket", "key", "stream", "content_type", "metadata", "if_match", "if_none_match"],
    "copy": ["source_bucket", "source_key", "bucket", "key"],
    "delete_many": ["bucket", "keys"],
    "generate_presigned_upload": ["bucket", "key", "expires_in", "content_type"],
}
NOT_TEXT = [(5, TypeError), (None, TypeError), (b"x", TypeError), (["x"], TypeError), (True, TypeError)]
SURROGATE = ("\ud800", ValueError)
BUCKET = [
    *NOT_TEXT,
    SURROGATE,
    *((b, ValueError) for b in ("", "x" * 256, "é" * 128, "a/b", ".", "..", "a\nb", "a\0b")),
]
KEY = [*NOT_TEXT, SURROGATE, ("", ValueError), ("x" * 1025, ValueError), ("é" * 513, ValueError)]
OPTIONAL_TEXT = [(5, TypeError), (b"x", TypeError), (True, TypeError), SURROGATE]
POSITION = [("1", TypeError), (1.0, TypeError), (True, TypeError), (-1, ValueError)]
BAD = {
    "bucket": BUCKET,
    "name": BUCKET,
    "source_bucket": BUCKET,
    "key": KEY,
    "source_key": KEY,
    "data": [("text", TypeError), (None, TypeError), (5, TypeError), ([1], TypeError), (io.BytesIO(), TypeError)],
    "expires_in": [
        ("60", TypeError),
        (60.0, TypeError),
        (None, TypeError),
        (True, TypeError),
        (0, ValueError),
        (-1, ValueError),
    ],
    "prefix": [*NOT_TEXT, SURROGATE],
    "start_after": [*NOT_TEXT, SURROGATE],
    "start": POSITION,
    "length": POSITION,
    "metadata": [
        ("a=b", TypeError),
        ([("a", "b")], TypeError),
        ({"a": 1}, TypeError),
        ({1: "a"}, TypeError),
        (5, TypeError),
    ],
    "content_type": OPTIONAL_TEXT,
    "if_match": OPTIONAL_TEXT,
    "if_none_match": [("etag", ValueError), ("", ValueError), (5, ValueError), (True, ValueError)],
    "keys": [
        ("key", TypeError),
        (b"key", TypeError),
        (None, TypeError),
        (5, TypeError),
        ([5], TypeError),
        ([""], ValueError),
    ],
    "path": [(None, TypeError), (12345, TypeError), (True, TypeError), (["x"], TypeError)],
    "stream": [(None, TypeError), (b"data", TypeError), ("data", TypeError)],
}
CASES = [
    pytest.param(method, name, value, kind, id=f"{method}-{name}-{str(ascii(value))[:12]}-{i}")
    for method, names in METHODS.items()
    for name in names
    for i, (value, kind) in enumerate(BAD[name])
]


@pytest.fixture
def good(tmp_path):
    (tmp_path / "file").write_bytes(b"data")
    return GOOD | {"path": tmp_path / "file", "stream": io.BytesIO(b"data")}


@pytest.fixture
def storage(acme):
    acme.upload_file("box", "key", b"old")
    return acme


@pytest.mark.parametrize(("method", "name", "value", "kind"), CASES)
def test_an_argument_that_no_service_could_take_is_refused(storage, good, method, name, value, kind):
    arguments = {p: good[p] for p in METHODS[method]} | {name: value}
    with pytest.raises(kind) as caught:
        getattr(storage, method)(**arguments)
    assert type(caught.value) is kind
    assert storage.buckets == {"box": {"key": b"old"}}


@pytest.mark.parametrize(("method", "name"), [(m, names[0]) for m, names in METHODS.items()])
def test_an_argument_given_by_position_is_checked_too(storage, good, method, name):
    rest = [
        good[p] for p in METHODS[method][1:] if p in ("key", "data", "source_key", "bucket", "path", "stream", "keys")
    ]
    with pytest.raises(ValueError, match="not a bucket name"):
        getattr(storage, method)("", *rest)


def test_no_argument_of_the_contract_is_left_out_here():
    operations = {name: m for name, m in vars(StorageClient).items() if hasattr(m, "__operation__")}
    assert operations.keys() - {"list_buckets"} == METHODS.keys()
    for name, names in METHODS.items():
        assert [p for p in inspect.signature(operations[name]).parameters if p not in ("self", "progress")] == names


@pytest.mark.parametrize("bucket", ["x", "x" * 255, "UPPER", "ü", "with space", "a.b-c_d", "...", "日本"])
def test_a_bucket_may_have_any_name_that_some_service_takes(storage, bucket):
    assert storage.create_bucket(bucket) is True


@pytest.mark.parametrize(
    "key", ["x", "x" * 1024, "é" * 512, "/", "../x", "/abs", "a/", " ", "\n", "\0", "é", "e\u0301", "😀"]
)
def test_a_key_may_be_any_utf_8(storage, key):
    storage.upload_file("box", key, b"data")
    assert storage.download_file("box", key) == b"data"


@pytest.mark.parametrize("data", [b"", b"x", bytearray(b"x"), memoryview(b"x")])
def test_data_may_be_anything_that_holds_bytes(storage, data):
    storage.upload_file("box", "key", data)
    assert storage.download_file("box", "key") == bytes(data)


def test_a_wrong_argument_is_named_and_a_long_one_shortened(storage):
    with pytest.raises(ValueError, match="not a key: '" + "x" * 40 + r"\.\.\.'; 1 to 1,024 bytes"):
        storage.download_file("box", "x" * 5000)


def test_data_given_as_text_is_answered_with_what_to_do(storage):
    with pytest.raises(TypeError, match="data must be bytes, not str; for a file use upload_path"):
        storage.upload_file("box", "key", "text")
