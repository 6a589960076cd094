"""`InfomaniakObjectStorageClient`: the names and results of the spec, in both faces."""

import logging
import os
import pickle

import pytest
import requests
from codomyrmex.cloud.infomaniak import (
    InfomaniakAlreadyExistsError,
    InfomaniakAuthError,
    InfomaniakCloud,
    InfomaniakConflictError,
    InfomaniakContainerNotFoundError,
    InfomaniakObjectNotFoundError,
    InfomaniakObjectStorageClient,
)
from support.project import connect

MISSING = {
    "delete_container": (("none",), False, InfomaniakContainerNotFoundError),
    "get_container": (("none",), None, InfomaniakContainerNotFoundError),
    "set_container_acl": (("none",), False, InfomaniakContainerNotFoundError),
    "list_objects": (("none",), [], InfomaniakContainerNotFoundError),
    "upload_object": (("none", "key", b"data"), False, InfomaniakContainerNotFoundError),
    "download_object": (("none", "key"), b"", InfomaniakContainerNotFoundError),
    "delete_object": (("none", "key"), False, InfomaniakContainerNotFoundError),
    "get_object_metadata": (("none", "key"), None, InfomaniakContainerNotFoundError),
    "generate_temp_url": (("none", "key"), None, InfomaniakContainerNotFoundError),
}
OF_OBJECTS = {"download_object": b"", "delete_object": False, "get_object_metadata": None}


@pytest.fixture(scope="session")
def client(member):
    with connect(InfomaniakObjectStorageClient, member) as client:
        yield client


@pytest.fixture
def lenient(member):
    """A client that gives the spec's results on failure."""
    with connect(InfomaniakObjectStorageClient, member, strict=False) as client:
        yield client


def test_a_container_is_made_listed_and_deleted(client):
    name = f"made-{os.urandom(4).hex()}"
    assert client.create_container(name) is True
    assert name in client.list_containers()
    assert client.get_container(name) == {
        "name": name,
        "objects": 0,
        "bytes": 0,
        "read_acl": "",
        "write_acl": "",
        "metadata": {},
    }
    assert client.delete_container(name) is True
    assert name not in client.list_containers()


def test_an_object_goes_up_and_down(client, container):
    assert client.upload_object(container, "a/key.txt", b"data") is True
    assert client.upload_object(container, "b", b"", content_type="text/x-note") is True
    assert client.list_objects(container) == ["a/key.txt", "b"]
    assert client.list_objects(container, "a/") == ["a/key.txt"]
    assert client.download_object(container, "a/key.txt") == b"data"
    found = client.get_object_metadata(container, "a/key.txt")
    modified = found.pop("last_modified")
    assert modified.endswith("Z")
    assert found == {
        "name": "a/key.txt",
        "content_length": 4,
        "content_type": "text/plain",
        "etag": "8d777f385d3dfec8815d20f7496026dc",
        "metadata": {},
    }
    assert client.get_object_metadata(container, "b")["content_type"] == "text/x-note"
    assert client.delete_object(container, "b") is True
    assert client.list_objects(container) == ["a/key.txt"]


def test_a_file_goes_up_and_down(client, container, tmp_path):
    (tmp_path / "up").write_bytes(b"data")
    assert client.upload_file(container, "key", tmp_path / "up", content_type="text/x-note") is True
    assert client.download_file(container, "key", tmp_path / "down") is True
    assert (tmp_path / "down").read_bytes() == b"data"
    assert client.get_object_metadata(container, "key")["content_type"] == "text/x-note"


def test_everybody_may_read_what_an_acl_or_a_temporary_url_lets(client, container):
    client.upload_object(container, "key", b"data")
    url = client.generate_temp_url(container, "key", 60)
    assert requests.get(url, timeout=60).content == b"data"
    assert requests.put(url, data=b"new", timeout=60).status_code == 401
    put = client.generate_temp_url(container, "key", method="PUT")
    assert requests.put(put, data=b"new", timeout=60).status_code == 201
    plain = url.partition("?")[0]
    assert requests.get(plain, timeout=60).status_code == 401
    assert client.set_container_acl(container, read=".r:*") is True
    assert requests.get(plain, timeout=60).content == b"new"


def test_what_the_project_holds_is_told(client, container):
    account = client.get_account()
    assert account["containers"] >= 1
    assert set(account) == {"containers", "objects", "bytes", "quota_bytes", "metadata"}


@pytest.mark.parametrize("method", MISSING)
def test_a_container_that_is_not_there_is_a_failure_of_both_faces(client, lenient, method):
    arguments, result, kind = MISSING[method]
    arguments = (f"none-{os.urandom(4).hex()}", *arguments[1:])
    options = {"read": ""} if method == "set_container_acl" else {}
    with pytest.raises(kind) as caught:
        getattr(client, method)(*arguments, **options)
    assert isinstance(caught.value, FileNotFoundError)
    assert getattr(lenient, method)(*arguments, **options) == result
    assert type(lenient.last_error) is kind


@pytest.mark.parametrize("method", OF_OBJECTS)
def test_an_object_that_is_not_there_is_a_failure_of_both_faces(client, lenient, container, method):
    with pytest.raises(InfomaniakObjectNotFoundError) as caught:
        getattr(client, method)(container, "none")
    assert caught.value.resource == f"swift://{container}/none"
    assert getattr(lenient, method)(container, "none") == OF_OBJECTS[method]
    assert type(lenient.last_error) is InfomaniakObjectNotFoundError
    assert lenient.list_objects(container) == []
    assert lenient.last_error is None


def test_an_empty_object_is_told_from_a_failure(lenient, container):
    lenient.upload_object(container, "empty", b"")
    assert lenient.download_object(container, "empty") == b""
    assert lenient.last_error is None


def test_what_the_state_does_not_allow_is_a_failure(client, lenient, container):
    client.upload_object(container, "key", b"data")
    for method, kind in (
        ("create_container", InfomaniakAlreadyExistsError),
        ("delete_container", InfomaniakConflictError),
    ):
        with pytest.raises(kind):
            getattr(client, method)(container)
        assert getattr(lenient, method)(container) is False
        assert type(lenient.last_error) is kind


def test_files_that_fail_are_a_failure(lenient, container, tmp_path):
    assert lenient.upload_file(container, "key", tmp_path / "none") is False
    assert lenient.download_file(container, "none", tmp_path / "target") is False
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.create_container(""),
        lambda c: c.upload_object("container", "key", "text"),
        lambda c: c.download_object("a/b", "key"),
        lambda c: c.generate_temp_url("container", "key", 0),
    ],
)
def test_what_can_be_nowhere_raises_in_both_faces(lenient, call):
    with pytest.raises((TypeError, ValueError)):
        call(lenient)


def test_a_list_that_nobody_may_see_is_not_taken_for_an_empty_one(lab, caplog):
    options = {"auth_url": lab.auth_url, "region": lab.region}
    with InfomaniakObjectStorageClient.from_credentials("nobody", "a secret", **options) as client:
        with caplog.at_level(logging.ERROR):
            assert client.list_containers() == []
        assert type(client.last_error) is InfomaniakAuthError
        assert "InfomaniakAuthError" in caplog.text
        assert "a secret" not in caplog.text


def test_it_is_made_by_all_the_ways_of_the_other_clients(member, container, monkeypatch):
    with InfomaniakCloud(member.connection, strict=True) as cloud:
        assert container in cloud.object_storage.list_containers()
        assert type(cloud.object_storage) is InfomaniakObjectStorageClient
        with pytest.raises(InfomaniakContainerNotFoundError):
            cloud.object_storage.list_objects("none")
    for name, value in member.environment().items():
        monkeypatch.setenv(name, value)
    with InfomaniakObjectStorageClient.from_env() as client:
        assert client.validate_connection() is True
        assert container in client.list_containers()
        with pickle.loads(pickle.dumps(client)) as again:
            assert container in again.list_containers()
            assert repr(again) == repr(client)


def test_the_work_is_done_by_the_storage(client, container):
    client.upload_object(container, "key", b"data")
    assert client.storage.read_range(container, "key", 1, 2) == b"at"
    assert client.storage.connection is client.connection
