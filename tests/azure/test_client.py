"""`AzureBlobClient`: the names, arguments and results of the specification (2.3, 8)."""

import logging
import os
import pickle
from datetime import UTC, datetime, timedelta

import pytest
from codomyrmex.cloud import AzureBlobClient, CloudProvider, get_client, open_storage
from codomyrmex.cloud.azure import AzureStorage
from codomyrmex.cloud.errors import BucketNotFound, InvalidRequest, ObjectNotFound


@pytest.fixture
def client(azurite, monkeypatch):
    for name, value in azurite.environment().items():
        monkeypatch.setenv(name, value)
    with AzureBlobClient() as client:
        yield client


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "data.csv"
    file.write_bytes(b"a,b\n")
    return file


def test_a_file_goes_up_and_comes_down(client, bucket, file, tmp_path):
    assert client.upload_blob(bucket, "uploads/data.csv", str(file)) is True
    assert client.download_blob(bucket, "uploads/data.csv", tmp_path / "back") is True
    assert (tmp_path / "back").read_bytes() == b"a,b\n"
    assert client.list_blobs(bucket) == ["uploads/data.csv"]
    assert client.last_error is None


def test_metadata_has_the_keys_of_the_other_providers(client, bucket):
    client.storage.upload_file(bucket, "data.csv", b"a,b\n")
    found = client.get_metadata(bucket, "data.csv")
    assert set(found) == {"content_length", "content_type", "etag", "last_modified", "metadata"}
    assert (found["content_length"], found["content_type"], found["metadata"]) == (4, "text/csv", {})
    assert abs(found["last_modified"] - datetime.now(UTC)) < timedelta(minutes=5)
    assert not found["etag"].startswith('"')


def test_a_container_is_ensured_again_and_again(client):
    name = f"test-{os.urandom(8).hex()}"
    assert client.ensure_container(name) is True
    assert client.ensure_container(name) is True
    assert client.storage.bucket_exists(name)


def test_failures_are_the_results_of_the_spec(client, bucket, file, tmp_path, caplog):
    calls = {
        False: [
            lambda: client.upload_blob("missing", "key", file),
            lambda: client.upload_blob(bucket, "key", tmp_path / "none"),
            lambda: client.download_blob(bucket, "none", tmp_path / "target"),
            lambda: client.ensure_container("Not_A_Container"),
        ],
        (): [lambda: client.list_blobs("missing")],
        None: [lambda: client.get_metadata(bucket, "none")],
    }
    with caplog.at_level(logging.ERROR, "codomyrmex.cloud.azure"):
        assert [call() for call in calls[False]] == [False] * 4
        assert calls[()][0]() == []
        assert calls[None][0]() == {}
    assert len(caplog.records) == 6
    assert isinstance(client.last_error, ObjectNotFound)
    assert not (tmp_path / "target").exists()


def test_a_strict_client_raises(azurite, monkeypatch):
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", azurite.connection_string)
    with AzureBlobClient(azurite.account_url, strict=True) as client, pytest.raises(BucketNotFound):
        client.list_blobs("missing")


def test_a_client_without_an_account_says_what_to_set():
    with pytest.raises(InvalidRequest, match=r"AZURE_STORAGE_ACCOUNT_URL.* account_url"):
        AzureBlobClient()
    assert issubclass(InvalidRequest, ValueError)


def test_a_client_takes_the_sdks(storage, bucket, file):
    with AzureBlobClient(client=storage.native) as client:
        assert client.native is storage.native
        assert client.upload_blob(bucket, "key", file)
        with pytest.raises(TypeError, match="does not pickle"):
            pickle.dumps(client)
    assert storage.exists(bucket, "key")  # the SDK's client stays its owner's to close


def test_a_client_pickles_without_its_key(azurite, client, bucket, file):
    pickled = pickle.dumps(client)
    assert azurite.account_key.encode() not in pickled
    with pickle.loads(pickled) as twin:
        assert twin.upload_blob(bucket, "key", file)
        assert repr(twin) == repr(client)


def test_the_factory_does_the_same(client, bucket, file):
    with get_client(CloudProvider.AZURE) as storage:
        assert isinstance(storage, AzureStorage)
        storage.upload_path(bucket, "uploads/data.csv", file)
    with open_storage(f"az://{bucket}/uploads/data.csv") as storage:
        assert storage.download_file(*storage.split_url(f"az://{bucket}/uploads/data.csv")) == b"a,b\n"
