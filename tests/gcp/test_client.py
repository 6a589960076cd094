"""`GCSClient`: names, argument orders and results of spec 2.2 and 8."""

import inspect
import logging
import pickle
from datetime import timedelta

import pytest
from codomyrmex.cloud import GCSClient
from codomyrmex.cloud.errors import AuthenticationError, BucketNotFound, LocalFileNotFound, ObjectNotFound
from codomyrmex.cloud.gcp import GCSStorage


@pytest.fixture
def client(key_storage):
    return GCSClient(client=key_storage.native)


@pytest.mark.parametrize(
    ("method", "parameters"),
    {
        "upload_blob": "bucket_name source_file_name destination_blob_name",
        "download_blob": "bucket_name source_blob_name destination_file_name",
        "list_blobs": "bucket_name",
        "get_metadata": "bucket_name blob_name",
        "ensure_bucket": "bucket_name location",
    }.items(),
)
def test_methods_and_their_arguments_are_those_of_the_spec(method, parameters):
    assert list(inspect.signature(getattr(GCSClient, method)).parameters) == ["self", *parameters.split()]


def test_the_constructor_is_that_of_the_spec():
    project, client, strict = inspect.signature(GCSClient).parameters.values()
    assert (project.name, project.default, project.kind) == ("project", None, project.POSITIONAL_OR_KEYWORD)
    assert (client.name, client.default, client.kind) == ("client", None, client.KEYWORD_ONLY)
    assert (strict.name, strict.default, strict.kind) == ("strict", False, strict.KEYWORD_ONLY)
    assert inspect.signature(GCSClient.ensure_bucket).parameters["location"].default == "US"


def test_a_file_goes_up_and_comes_down(client, bucket, tmp_path):
    (tmp_path / "up").write_bytes(b"data")
    assert client.upload_blob(bucket, tmp_path / "up", "a/b") is True
    assert client.list_blobs(bucket) == ["a/b"]
    assert client.download_blob(bucket, "a/b", str(tmp_path / "down")) is True
    assert (tmp_path / "down").read_bytes() == b"data"
    assert client.last_error is None


def test_metadata_have_these_keys(client, key_storage, bucket, tmp_path):
    (tmp_path / "up").write_bytes(b"data")
    written = key_storage.upload_path(bucket, "a.txt", tmp_path / "up", metadata={"colour": "blue"})
    found = client.get_metadata(bucket, "a.txt")
    assert found == {
        "content_length": 4,
        "content_type": "text/plain",
        "etag": written.etag,
        "last_modified": written.last_modified,
        "metadata": {"colour": "blue"},
    }
    assert found["last_modified"].utcoffset() == timedelta(0)
    assert found["etag"] == str(client.native.bucket(bucket).get_blob("a.txt").generation)


def test_a_bucket_is_made_where_it_was_asked_for_and_once(client, bucket):
    assert client.ensure_bucket(bucket) is True
    for name, arguments, location in ((f"{bucket}-us", (), "US"), (f"{bucket}-eu", ("EUROPE-WEST6",), "EUROPE-WEST6")):
        assert client.ensure_bucket(name, *arguments) is True
        assert client.ensure_bucket(name, *arguments) is True
        assert client.native.get_bucket(name).location == location


FAILURES = {
    "upload_blob": (lambda c, file: c.upload_blob("no-such-bucket", __file__, "key"), False, BucketNotFound),
    "upload_blob of no file": (lambda c, file: c.upload_blob("no-such-bucket", file, "key"), False, LocalFileNotFound),
    "download_blob": (lambda c, file: c.download_blob("no-such-bucket", "key", file), False, BucketNotFound),
    "list_blobs": (lambda c, file: c.list_blobs("no-such-bucket"), [], BucketNotFound),
    "get_metadata": (lambda c, file: c.get_metadata("no-such-bucket", "key"), {}, BucketNotFound),
}


@pytest.mark.parametrize(("call", "result", "kind"), FAILURES.values(), ids=FAILURES)
def test_a_failure_is_the_spec_s_result_logged_and_kept(client, tmp_path, caplog, call, result, kind):
    with caplog.at_level(logging.ERROR, "codomyrmex.cloud.gcp"):
        assert call(client, tmp_path / "none") == result
    assert type(client.last_error) is kind
    assert kind.__name__ in caplog.text


@pytest.mark.parametrize(("call", "result", "kind"), FAILURES.values(), ids=FAILURES)
def test_a_strict_client_raises(key_storage, tmp_path, call, result, kind):
    with pytest.raises(kind):
        call(GCSClient(client=key_storage.native, strict=True), tmp_path / "none")


def test_what_is_missing_is_told_apart(client, bucket, tmp_path):
    assert client.download_blob(bucket, "none", tmp_path / "file") is False
    assert type(client.last_error) is ObjectNotFound


def test_no_credentials_are_a_failure_of_each_call_and_not_an_empty_list(caplog):
    with GCSClient("project") as client:
        assert client.list_blobs("bucket") == []
        assert type(client.last_error) is AuthenticationError
        assert client.ensure_bucket("bucket") is False
    assert "GOOGLE_APPLICATION_CREDENTIALS" in caplog.text


@pytest.mark.parametrize("arguments", [("", "file", "key"), ("bucket", "file", ""), (None, "file", "key")])
def test_what_can_be_nowhere_raises_in_both_modes(client, arguments):
    with pytest.raises((ValueError, TypeError)):
        client.upload_blob(*arguments)


def test_a_client_pickles_unless_it_was_given_one(client):
    again = pickle.loads(pickle.dumps(GCSClient("ants", strict=True)))
    assert (again.project, again.strict) == ("ants", True)
    assert type(again.storage) is GCSStorage
    with pytest.raises(TypeError, match="was given a client"):
        pickle.dumps(client)


def test_application_default_credentials_are_what_it_works_with(fake_gcs, settle, tmp_path):
    settle(fake_gcs.environment())
    (tmp_path / "file").write_bytes(b"data")
    with GCSClient("ants") as client:
        assert client.ensure_bucket("of-the-client") is True
        assert client.upload_blob("of-the-client", str(tmp_path / "file"), "key") is True
        assert client.list_blobs("of-the-client") == ["key"]
