"""`S3Client`: spec 2.1, with the results of spec 8."""

import inspect
import logging
import os
import pickle
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from codomyrmex.cloud import S3Client
from codomyrmex.cloud.aws import S3Storage
from codomyrmex.cloud.errors import (
    AuthenticationError,
    BucketNotFound,
    CloudError,
    LocalFileNotFound,
    ObjectNotFound,
    PermissionDenied,
    ServiceUnavailable,
)
from codomyrmex.cloud.testing.backends.faults import Status

LOGGER = "codomyrmex.cloud.aws"


@pytest.fixture
def client(storage):
    """On moto and on Swift."""
    with S3Client(client=storage.native) as client:
        yield client


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "data.csv"
    path.write_bytes(b"a,b\n1,2\n")
    return path


@pytest.mark.parametrize(
    ("method", "signature"),
    [
        ("upload_file", "(self, file_path, bucket, object_name=None)"),
        ("download_file", "(self, bucket, object_name, file_path)"),
        ("list_objects", "(self, bucket)"),
        ("get_metadata", "(self, bucket, object_name)"),
        ("ensure_bucket", "(self, bucket, region=None)"),
    ],
)
def test_the_methods_are_those_of_the_specification(method, signature):
    found = inspect.signature(getattr(S3Client, method))
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in found.parameters.values()]
    assert str(found.replace(parameters=bare, return_annotation=inspect.Signature.empty)) == signature


def test_the_constructor_is_that_of_the_specification():
    parameters = inspect.signature(S3Client).parameters
    assert list(parameters) == ["region_name", "client", "endpoint_url", "strict"]
    assert [p.default for p in parameters.values()] == [None, None, None, False]
    assert parameters["region_name"].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD


def test_a_file_goes_up_is_listed_described_and_comes_down(client, bucket, file, tmp_path):
    assert client.upload_file(str(file), bucket, "uploads/data.csv") is True
    assert client.list_objects(bucket) == ["uploads/data.csv"]
    found = client.get_metadata(bucket, "uploads/data.csv")
    assert set(found) == {"content_length", "content_type", "etag", "last_modified", "metadata"}
    assert (found["content_length"], found["content_type"], found["metadata"]) == (8, "text/csv", {})
    assert found["etag"].isalnum()
    assert datetime.now(UTC) - found["last_modified"] < timedelta(minutes=5)
    assert client.download_file(bucket, "uploads/data.csv", str(tmp_path / "again")) is True
    assert (tmp_path / "again").read_bytes() == file.read_bytes()
    assert client.last_error is None


def test_metadata_of_the_user_are_nested(client, bucket):
    client.native.put_object(Bucket=bucket, Key="key", Body=b"", Metadata={"author": "ant"})
    assert client.get_metadata(bucket, "key")["metadata"] == {"author": "ant"}


def test_the_default_name_is_the_path_as_given(client, bucket, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("folder/data.csv").write_bytes(b"1")
    assert client.upload_file("folder/data.csv", bucket)
    assert client.upload_file(Path("folder/data.csv").absolute(), bucket)
    assert set(client.list_objects(bucket)) == {"folder/data.csv", str(tmp_path / "folder/data.csv")}


def test_an_empty_file_is_a_file(client, bucket, tmp_path):
    (tmp_path / "empty").touch()
    assert client.upload_file(tmp_path / "empty", bucket, "empty") is True
    assert client.get_metadata(bucket, "empty")["content_length"] == 0
    assert client.download_file(bucket, "empty", tmp_path / "down") is True
    assert (tmp_path / "down").read_bytes() == b""


def test_an_empty_bucket_has_no_objects_and_no_error(client, bucket):
    assert client.list_objects(bucket) == []
    assert client.last_error is None


@pytest.mark.slow
def test_a_listing_is_longer_than_a_page(moto_server, on_moto, new_bucket):
    bucket = new_bucket(on_moto)
    for number in range(1005):
        on_moto.native.put_object(Bucket=bucket, Key=f"{number:04}")
    assert S3Client(client=on_moto.native).list_objects(bucket) == [f"{number:04}" for number in range(1005)]


def test_a_bucket_is_ensured_once_and_again(client):
    name = f"bucket-{os.urandom(8).hex()}"
    assert client.ensure_bucket(name) is True
    assert client.ensure_bucket(name) is True
    assert client.list_objects(name) == []


FAILURES = {
    "upload_file": (lambda c, tmp: c.upload_file(__file__, "no-such-bucket", "k"), False, BucketNotFound),
    "upload_file of no file": (lambda c, tmp: c.upload_file(tmp / "none", "b-ucket", "k"), False, LocalFileNotFound),
    "download_file": (lambda c, tmp: c.download_file("no-such-bucket", "k", tmp / "file"), False, BucketNotFound),
    "download_file into no folder": (
        lambda c, tmp: (
            (c.ensure_bucket("b-ucket"), c.upload_file(__file__, "b-ucket", "k"))
            and c.download_file("b-ucket", "k", tmp / "none" / "file")
        ),
        False,
        LocalFileNotFound,
    ),
    "list_objects": (lambda c, tmp: c.list_objects("no-such-bucket"), [], BucketNotFound),
    "get_metadata": (lambda c, tmp: c.get_metadata("no-such-bucket", "k"), {}, BucketNotFound),
    "get_metadata of no object": (
        lambda c, tmp: c.ensure_bucket("b-ucket") and c.get_metadata("b-ucket", "none"),
        {},
        ObjectNotFound,
    ),
}


@pytest.mark.parametrize(("call", "result", "error"), FAILURES.values(), ids=FAILURES)
def test_a_failure_has_the_result_of_the_specification_and_is_told(on_moto, tmp_path, caplog, call, result, error):
    client = S3Client(client=on_moto.native)
    assert call(client, tmp_path) == result
    assert type(client.last_error) is error
    assert client.last_error.provider == "aws"
    (record,) = [r for r in caplog.records if r.name == LOGGER]
    assert record.levelno == logging.ERROR
    assert client.last_error.operation in record.getMessage()
    assert client.last_error.message in record.getMessage()
    assert [path.name for path in tmp_path.iterdir()] == []


@pytest.mark.parametrize(("call", "result", "error"), FAILURES.values(), ids=FAILURES)
def test_strict_raises_instead(on_moto, tmp_path, caplog, call, result, error):
    client = S3Client(client=on_moto.native, strict=True)
    with pytest.raises(error) as caught:
        call(client, tmp_path)
    assert client.last_error is caught.value
    assert [r for r in caplog.records if r.name == LOGGER] == []


def test_a_success_clears_the_last_error(on_moto, new_bucket):
    client = S3Client(client=on_moto.native)
    assert client.list_objects("no-such-bucket") == []
    assert client.last_error is not None
    assert client.list_objects(new_bucket(on_moto)) == []
    assert client.last_error is None


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.list_objects("b"),
        lambda c: c.get_metadata("b", "k"),
        lambda c: c.ensure_bucket("bucket"),
        lambda c: c.upload_file(__file__, "b", "k"),
        lambda c: c.download_file("b", "k", "/nowhere/file"),
    ],
    ids=["list_objects", "get_metadata", "ensure_bucket", "upload_file", "download_file"],
)
def test_without_credentials_every_call_fails_and_says_what_to_do(swift, call, caplog):
    with S3Client("us-east-1", endpoint_url=swift.endpoint_url) as client:
        assert call(client) in (False, [], {})
        assert type(client.last_error) is AuthenticationError
        assert "AWS_ACCESS_KEY_ID" in str(client.last_error)
    assert "AWS_ACCESS_KEY_ID" in caplog.text


def test_a_wrong_secret_is_no_empty_bucket(swift, on_swift, new_bucket, settle):
    bucket = new_bucket(on_swift)
    settle({"AWS_ACCESS_KEY_ID": swift.access_key, "AWS_SECRET_ACCESS_KEY": "wrong"})
    with S3Client("us-east-1", endpoint_url=swift.endpoint_url) as client:
        assert client.list_objects(bucket) == []
        assert type(client.last_error) is AuthenticationError
        assert client.last_error.code == "SignatureDoesNotMatch"
        assert client.last_error.request_id
        assert client.ensure_bucket(bucket) is False
        assert type(client.last_error) is AuthenticationError


def test_a_bucket_of_somebody_else_is_not_ensured_and_not_made(swift, on_swift, new_bucket, settle):
    bucket = new_bucket(on_swift)
    settle({"AWS_ACCESS_KEY_ID": swift.stranger.access_key, "AWS_SECRET_ACCESS_KEY": swift.stranger.secret_key})
    with S3Client("us-east-1", endpoint_url=swift.endpoint_url) as client:
        assert client.ensure_bucket(bucket) is False
        assert type(client.last_error) is PermissionDenied


def test_a_server_that_is_not_there_is_unavailable(settle, unused_port):
    settle({"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_MAX_ATTEMPTS": "1"})
    with S3Client("us-east-1", endpoint_url=f"http://127.0.0.1:{unused_port}") as client:
        assert client.list_objects("bucket") == []
        assert type(client.last_error) is ServiceUnavailable
        assert client.last_error.retryable


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda c: c.list_objects(""), ValueError),
        (lambda c: c.list_objects("a/b"), ValueError),
        (lambda c: c.list_objects(None), TypeError),
        (lambda c: c.get_metadata("bucket", ""), ValueError),
        (lambda c: c.get_metadata("bucket", 5), TypeError),
        (lambda c: c.get_metadata("bucket", "k" * 1025), ValueError),
        (lambda c: c.upload_file(5, "bucket", "k"), TypeError),
        (lambda c: c.upload_file(__file__, "", "k"), ValueError),
        (lambda c: c.upload_file(__file__, "bucket", ""), ValueError),
        (lambda c: c.download_file("bucket", "k", None), TypeError),
        (lambda c: c.ensure_bucket(b"bucket"), TypeError),
    ],
)
def test_wrong_arguments_are_the_callers_in_both_modes(on_moto, call, error, strict):
    client = S3Client(client=on_moto.native, strict=strict)
    with pytest.raises(error) as caught:
        call(client)
    assert not isinstance(caught.value, CloudError)


def test_it_is_a_face_over_the_storage(moto_server, settle):
    settle(moto_server.environment())
    with S3Client("eu-west-1", endpoint_url=moto_server.endpoint_url) as client:
        assert type(client.storage) is S3Storage
        assert client.native is client.storage.native
        assert client.native.meta.region_name == "eu-west-1"
        assert repr(client) == f"S3Client(region_name='eu-west-1', endpoint_url='{client.endpoint_url}', strict=False)"


def test_it_pickles_without_its_keys_and_finds_them_anew(moto_server, settle):
    settle({"AWS_ACCESS_KEY_ID": "first", "AWS_SECRET_ACCESS_KEY": "secret-1"})
    with S3Client("eu-west-1", endpoint_url=moto_server.endpoint_url, strict=True) as client:
        pickled = pickle.dumps(client)
    assert b"secret-1" not in pickled
    settle({"AWS_ACCESS_KEY_ID": "second", "AWS_SECRET_ACCESS_KEY": "secret-2"})
    with pickle.loads(pickled) as again:
        assert repr(again) == repr(client)
        assert again.native._request_signer._credentials.access_key == "second"
        assert again.list_objects.__self__ is again


def test_one_that_was_given_a_client_does_not_pickle(on_moto):
    with pytest.raises(TypeError, match="was given a client"):
        pickle.dumps(S3Client(client=on_moto.native))


def test_the_descriptions_of_the_api_are_read_for_the_first_client_alone(run_python, settle, tmp_path):
    """Each of boto3's sessions would read megabytes of JSON."""
    settle({"AWS_ACCESS_KEY_ID": "one", "AWS_SECRET_ACCESS_KEY": "two"})
    (tmp_path / "endpoints.json").write_text('{"version": 3, "partitions": []}')
    told = run_python(
        """
import os, sys
from codomyrmex.cloud.aws import S3Client

read = []
sys.addaudithook(lambda event, arguments: event == "open" and ".json" in str(arguments[0]) and read.append(arguments))
with S3Client("eu-west-1"):
    print(bool(read))
read.clear()
with S3Client("us-east-1", endpoint_url="https://s3.example.com"):
    print(read)
os.environ["AWS_DATA_PATH"] = sys.argv[1]
with S3Client("eu-west-1"):
    print(any(str(path).startswith(sys.argv[1]) for path, *_ in read))
""",
        tmp_path,
    )
    assert told.split() == ["True", "[]", "True"]


def test_faults_heal_or_fail_as_the_specification_says(faulty, tmp_path, file):
    proxy, storage, bucket = faulty
    client = S3Client(client=storage.native)
    proxy.inject(Status(503))
    assert client.upload_file(file, bucket, "key") is True
    proxy.inject(Status(503), times=None)
    assert client.download_file(bucket, "key", tmp_path / "down") is False
    assert client.last_error.code == "SlowDown"
    assert not (tmp_path / "down").exists()
