"""Object storage by Swift: what is its own beside the contract of every storage."""

import io
import pickle
from urllib.parse import urlsplit

import pytest
import requests
from codomyrmex.cloud import get_client, open_storage
from codomyrmex.cloud.common import Capability
from codomyrmex.cloud.errors import (
    AlreadyExists,
    BucketNotFound,
    Conflict,
    InvalidRequest,
    NotFound,
    ObjectNotFound,
    PermissionDenied,
    QuotaExceeded,
    UnsupportedOperation,
)
from codomyrmex.cloud.infomaniak import InfomaniakCloudError, InfomaniakUnsupportedError
from codomyrmex.cloud.infomaniak.object_storage import InfomaniakSwiftStorage
from codomyrmex.cloud.infomaniak.object_storage._large import SEGMENT
from codomyrmex.cloud.testing.backends import CorruptRequest, Reset, Status
from support.project import connect

LARGE = bytes(SEGMENT + 1)


@pytest.fixture
def url(member):
    """``url(container, key)``: where the object is."""
    return lambda *path: "/".join([member.connection.endpoint_for("object-store"), *path])


# How it is come by


def test_it_is_found_by_name_and_by_url(member, container, monkeypatch):
    for name, value in member.environment().items():
        monkeypatch.setenv(name, value)
    with get_client("infomaniak", "swift") as storage:
        assert type(storage) is InfomaniakSwiftStorage
        assert storage.upload_file(container, "a/key", b"data") == f"swift://{container}/a/key"
    with open_storage(f"swift://{container}/a/key") as storage:
        assert storage.download_file(container, "a/key") == b"data"


def test_one_that_was_given_a_connection_leaves_it_open_and_does_not_pickle(member, container):
    with InfomaniakSwiftStorage(member.connection) as storage:
        storage.upload_file(container, "key", b"data")
        with pytest.raises(TypeError, match="does not pickle"):
            pickle.dumps(storage)
    assert storage.download_file(container, "key") == b"data"


def test_a_pickle_keeps_the_endpoint(swift, behind, proxy, member, monkeypatch):
    for name, value in member.environment().items():
        monkeypatch.setenv(name, value)
    with pickle.loads(pickle.dumps(behind)) as again:
        assert again.endpoint_url == proxy.endpoint_url
        assert again.list_buckets() == swift.list_buckets()


def test_a_region_without_object_storage_is_told(member):
    with connect(InfomaniakSwiftStorage, member) as storage:
        elsewhere = InfomaniakSwiftStorage.from_credentials(
            *member.application_credential()[:2], auth_url=member.places.auth_url, region="nowhere"
        )
        with elsewhere, pytest.raises(InfomaniakUnsupportedError, match="region 'nowhere' offers no object-store"):
            elsewhere.list_buckets()
        assert storage.validate_connection() is True


def test_an_error_is_one_of_infomaniak_and_has_the_request_id(swift, container):
    with pytest.raises(InfomaniakCloudError) as caught:
        swift.download_file(container, "none")
    assert isinstance(caught.value, ObjectNotFound)
    assert caught.value.status_code == 404
    assert caught.value.request_id.startswith("tx")


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_service_that_stays_busy_is_asked_five_times_at_most(faulty, swift, container, method, status):
    proxy, storage = faulty
    swift.upload_file(container, "key", b"data")
    proxy.inject(Status(status), method=method, path="/key", times=None)
    with pytest.raises(InfomaniakCloudError):
        storage.download_file(container, "key") if method == "GET" else storage.upload_file(container, "key", b"new")
    assert 2 < len([r for r in proxy.requests if r.method == method and r.status == status]) <= 5


@pytest.mark.parametrize("fault", [Status(429), Status(503), Reset()], ids=["429", "503", "reset"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_over_a_given_connection_what_fails_once_is_sent_again_too(proxy, member, container, method, fault):
    proxy.clear()
    given = InfomaniakSwiftStorage(member.connection, endpoint_url=proxy.endpoint_url, strict=True)
    given.upload_file(container, "key", b"data")
    proxy.inject(fault, method=method, path="/key")
    given.download_file(container, "key") if method == "GET" else given.upload_file(container, "key", b"data")
    assert given.download_file(container, "key") == b"data"
    assert len([r for r in proxy.requests if r.method == method and r.path.endswith("/key")]) == 3


def test_a_token_that_is_refused_is_renewed_and_the_data_sent_again(faulty, swift, container):
    proxy, storage = faulty
    proxy.inject(Status(401), method="PUT")
    storage.upload_file(container, "key", b"data")
    assert swift.download_file(container, "key") == b"data"
    assert [r.status for r in proxy.requests if r.method == "PUT"] == [401, 201]


def test_data_that_arrive_damaged_are_sent_again(faulty, swift, container):
    proxy, storage = faulty
    proxy.inject(CorruptRequest(at=10), method="PUT")
    storage.upload_file(container, "key", bytes(100))
    assert swift.download_file(container, "key") == bytes(100)
    assert [r.status for r in proxy.requests if r.method == "PUT"] == [422, 201]


@pytest.mark.parametrize("status", [500, 503])
def test_a_condition_is_not_sent_again_when_it_may_hold_no_more(faulty, container, status):
    proxy, storage = faulty
    proxy.inject(Status(status, forward=True), method="PUT")
    with pytest.raises(ConnectionError):
        storage.upload_stream(container, "key", io.BytesIO(b"data"), if_none_match="*")
    assert len([r for r in proxy.requests if r.method == "PUT"]) == 1


def test_what_replaces_nothing_is_one_request(faulty, container):
    proxy, storage = faulty
    storage.upload_stream(container, "key", io.BytesIO(b"data"), if_none_match="*")
    assert [r.method for r in proxy.requests if r.path.endswith("/key")] == ["PUT"]


# Containers


def test_what_it_claims_is_what_swift_keeps(swift):
    assert frozenset(Capability) - swift.capabilities == {Capability.ATOMIC_CREATE, Capability.CONDITIONAL_REPLACE}


def test_a_container_is_not_named_as_one_of_segments(swift):
    with pytest.raises(InvalidRequest, match="segments"):
        swift.create_bucket("photos+segments")


def test_making_a_container_twice_is_told(swift, container):
    with pytest.raises(AlreadyExists):
        swift.create_bucket(container)


def test_what_a_container_holds_is_told(swift, container):
    swift.upload_file(container, "key", b"data")
    info = swift.container_info(container)
    assert (info.name, info.objects, info.bytes, info.read_acl, info.write_acl) == (container, 1, 4, "", "")
    with pytest.raises(BucketNotFound):
        swift.container_info(f"{container}-none")


def test_metadata_of_a_container_is_set_replaced_and_removed(swift, container):
    assert swift.set_container_metadata(container, {"Owner": "Zoë", "web_index": "a.html"}) is True
    assert swift.container_info(container).metadata == {"Owner": "Zoë", "web_index": "a.html"}
    swift.set_container_metadata(container, {"colour": "blue"}, remove=["Owner"])
    assert swift.container_info(container).metadata == {"web_index": "a.html", "colour": "blue"}
    with pytest.raises(BucketNotFound):
        swift.set_container_metadata(f"{container}-none", {"a": "b"})


def test_what_the_account_holds_is_told(lab):
    member = lab.new_project()
    with connect(InfomaniakSwiftStorage, member) as storage:
        assert storage.account_info()[:4] == (0, 0, 0, None)
        assert storage.list_buckets() == []
        storage.create_bucket("one")
        assert storage.account_info().containers == 1


def test_who_may_read_is_said_by_an_acl(swift, container, url):
    swift.upload_file(container, "small", b"data")
    swift.upload_file(container, "early", LARGE)  # so the container of segments is there before
    assert requests.get(url(container, "small"), timeout=60).status_code == 401
    assert swift.set_container_acl(container, read=".r:*,.rlistings") is True
    assert swift.container_info(container).read_acl == ".r:*,.rlistings"
    assert requests.get(url(container, "small"), timeout=60).content == b"data"
    assert requests.get(url(container, "early"), timeout=60).content == LARGE
    assert requests.get(url(container), timeout=60).text.split() == ["early", "small"]
    swift.set_container_acl(container, write="nobody:nobody")
    info = swift.container_info(container)
    assert (info.read_acl, info.write_acl) == (".r:*,.rlistings", "nobody:nobody")
    swift.set_container_acl(container, read="")
    assert swift.container_info(container).read_acl == ""
    assert requests.get(url(container, "early"), timeout=60).status_code == 401


def test_segments_that_come_later_are_read_by_whom_the_acl_lets(swift, container, url):
    swift.set_container_acl(container, read=".r:*")
    swift.upload_file(container, "late", LARGE)
    assert requests.get(url(container, "late"), timeout=60).content == LARGE


@pytest.mark.parametrize("acl", [1, "a\nb", "é"])
def test_what_is_no_acl_is_refused_at_once(swift, container, acl):
    with pytest.raises((TypeError, ValueError)):
        swift.set_container_acl(container, read=acl)


def test_another_project_uses_a_container_by_its_endpoint_as_the_acl_lets_it(swift, container, member, lab):
    stranger = lab.new_project()
    endpoint = member.connection.endpoint_for("object-store")
    with connect(InfomaniakSwiftStorage, stranger, endpoint_url=endpoint) as storage:
        with pytest.raises(PermissionDenied):
            storage.upload_file(container, "key", b"data")
        who = f"{stranger.project_id}:{stranger.user_id}"
        swift.set_container_acl(container, read=who, write=who)
        storage.upload_file(container, "key", b"data")
        assert storage.download_file(container, "key") == b"data"


# Objects


@pytest.mark.parametrize("name", ["Author", "a_b", "a-b", "naïve", "ключ", "100%", "a%20b", "x y", "\U0001f600"])
def test_a_name_of_metadata_is_kept_as_it_is(swift, container, name):
    swift.upload_stream(container, "key", io.BytesIO(b"data"), metadata={name: "a value"})
    assert swift.stat(container, "key").metadata == {name: "a value"}


def test_metadata_of_other_programs_are_read(swift, container, member):
    title = "Zoë".encode().decode("latin-1")  # by which HTTP's library sends its UTF-8
    headers = {"X-Object-Meta-Mtime": "1.5", "X-Object-Meta-Title": title, "X-Object-Meta-W": "=?utf-8?b?a?="}
    member.connection.object_store.put(f"/{container}/key", data=b"data", headers=headers)
    assert swift.stat(container, "key").metadata == {"mtime": "1.5", "title": "Zoë", "w": "=?utf-8?b?a?="}


def test_metadata_that_swift_refuses_are_told(swift, container):
    with pytest.raises(InvalidRequest):
        swift.upload_stream(container, "key", io.BytesIO(b"data"), metadata={"long": "x" * 300})
    assert not swift.exists(container, "key")


def test_an_object_past_the_quota_is_told(faulty, container):
    proxy, storage = faulty
    body = b"<html><h1>Request Entity Too Large</h1><p>Upload exceeds quota.</p></html>"  # the words of account_quotas
    proxy.inject(Status(413, body=body, headers={"Content-Type": "text/html"}), method="PUT", path="/key")
    with pytest.raises(QuotaExceeded):
        storage.upload_file(container, "key", b"data")


def test_replacing_by_etag_is_said_to_be_unsupported_before_anything_is_read(swift, container, tmp_path):
    (tmp_path / "file").write_bytes(b"data")
    with pytest.raises(UnsupportedOperation):
        swift.upload_path(container, "key", tmp_path / "file", if_match="etag")
    assert not swift.exists(container, "key")


def test_a_key_of_slashes_alone_is_deleted_and_not_its_container(swift, container):
    keys = ["/", "//", "a", "a/"]
    for key in keys:
        swift.upload_file(container, key, b"data")
    assert swift.delete_many(container, keys) == {}
    assert list(swift.iter_objects(container)) == []
    assert swift.delete_many(container, keys) == {}
    assert swift.bucket_exists(container)


def test_keys_that_cannot_be_deleted_are_told_one_by_one(faulty, swift, container):
    proxy, storage = faulty
    for key in ("a b", "ü", "c"):
        swift.upload_file(container, key, b"data")
    errors = f'{{"Errors": [["{container}/a%20b", "403 Forbidden"], ["/{container}/%C3%BC", "503 Busy"]]'
    body = f'{errors}, "Response Status": "400 Bad Request", "Response Body": "", "Number Deleted": 1}}'
    proxy.inject(Status(200, body=body.encode()), method="POST")
    failures = storage.delete_many(container, ["a b", "ü", "c"])
    assert {key: isinstance(e, PermissionDenied) for key, e in failures.items()} == {"a b": True, "ü": False}
    assert failures["ü"].retryable
    assert failures["a b"].resource == f"swift://{container}/a b"


def test_a_deletion_that_stops_on_the_way_is_ended_key_by_key(faulty, swift, container):
    proxy, storage = faulty
    for key in "abc":
        swift.upload_file(container, key, b"data")
    body = f'{{"Errors": [["{container}/a", "409 Conflict"]], "Response Status": "400 Bad Request", '
    body += '"Response Body": "Max delete failures exceeded"}'
    proxy.inject(Status(200, body=body.encode()), method="POST")
    failures = storage.delete_many(container, list("abc"))
    assert {key: isinstance(error, Conflict) for key, error in failures.items()} == {"a": True}
    assert [info.key for info in swift.iter_objects(container)] == ["a"]


def test_a_cluster_that_tells_nothing_of_itself_is_used_all_the_same(faulty, member, container):
    proxy, _ = faulty
    proxy.inject(Status(404), path="/info", times=None)
    with connect(InfomaniakSwiftStorage, member, endpoint_url=proxy.endpoint_url) as storage:
        storage.upload_file(container, "a", b"data")
        storage.upload_file(container, "large", LARGE)
        assert [info.key for info in storage.iter_objects(container)] == ["a", "large"]
        assert requests.get(storage.generate_presigned_url(container, "a"), timeout=60).content == b"data"
        assert storage.delete_many(container, ["a", "large", "none"]) == {}
        assert list(storage.iter_objects(container)) == []


# Temporary URLs


@pytest.fixture
def fresh(lab):
    """A storage of a project without any key, and the project."""
    member = lab.new_project()
    with connect(InfomaniakSwiftStorage, member) as storage:
        storage.create_bucket("photos")
        yield storage, member


def keys(member, container=""):
    headers = member.connection.object_store.head(f"/{container}").headers
    return {n.lower(): v for n, v in headers.items() if "temp-url-key" in n.lower()}


def test_a_key_is_set_on_the_container_if_there_is_none(fresh):
    storage, member = fresh
    storage.upload_file("photos", "key", b"data")
    urls = [storage.generate_presigned_url("photos", "key") for _ in range(2)]
    assert [requests.get(url, timeout=60).content for url in urls] == [b"data"] * 2
    (secret,) = keys(member, "photos").values()
    assert keys(member) == {}
    assert len(secret) > 40
    assert storage.container_info("photos").metadata == {}
    assert secret not in f"{storage!r} {urls} {storage.container_info('photos')}"


def test_a_large_object_is_read_by_a_key_of_the_account(fresh):
    storage, member = fresh
    storage.upload_file("photos", "large", LARGE)
    assert requests.get(storage.generate_presigned_url("photos", "large"), timeout=60).content == LARGE
    (secret,) = keys(member).values()
    assert storage.account_info().metadata == {}
    assert secret not in f"{storage.account_info()}"


@pytest.mark.parametrize("container", ["", "photos"])
def test_a_key_that_is_there_signs(fresh, container):
    storage, member = fresh
    header = f"X-{'Container' if container else 'Account'}-Meta-Temp-URL-Key-2"
    member.connection.object_store.post(f"/{container}", headers={header: "a secret"})
    storage.upload_file("photos", "key", b"data")
    assert requests.get(storage.generate_presigned_url("photos", "key"), timeout=60).content == b"data"
    assert list({**keys(member), **keys(member, "photos")}.values()) == ["a secret"]


def test_a_url_for_another_method_is_for_that_one(fresh):
    storage, _ = fresh
    storage.upload_file("photos", "key", b"data")
    url = storage.generate_temp_url("photos", "key", method="DELETE")
    assert requests.get(url, timeout=60).status_code == 401
    assert requests.delete(url, timeout=60).status_code == 204
    assert not storage.exists("photos", "key")
    with pytest.raises(ValueError, match="PATCH"):
        storage.generate_temp_url("photos", "key", method="PATCH")


def test_a_url_in_a_container_that_is_not_there_is_told(fresh):
    storage, _ = fresh
    with pytest.raises(BucketNotFound):
        storage.generate_presigned_url("none", "key")


def test_a_key_of_slashes_alone_has_no_temporary_url(swift, container):
    with pytest.raises(InvalidRequest, match="slashes"):
        swift.generate_presigned_url(container, "/")


def test_no_log_shows_the_key(fresh, caplog):
    storage, member = fresh
    storage.upload_file("photos", "key", b"data")
    with caplog.at_level("DEBUG"):
        storage.generate_presigned_url("photos", "key")
        storage.generate_presigned_url("photos", "key")
        storage.container_info("photos")
        log = caplog.text
    (secret,) = keys(member, "photos").values()
    assert (secret in log) is False  # else pytest would show it


def test_the_signature_is_of_the_strongest_kind_that_a_cluster_takes(faulty, member, container):
    proxy, _ = faulty
    assert self_signed(faulty[1], container) == 64  # SHA-256
    proxy.inject(Status(200, body=b'{"tempurl": {}}'), path="/info")
    with connect(InfomaniakSwiftStorage, member, endpoint_url=proxy.endpoint_url) as storage:
        assert self_signed(storage, container) == 40  # SHA-1


def self_signed(storage, container):
    """The length of the signature of a URL, which works."""
    storage.upload_file(container, "key", b"data")
    url = storage.generate_presigned_url(container, "key")
    assert requests.get(url, timeout=60).content == b"data"
    return len(urlsplit(url).query.partition("temp_url_sig=")[2].partition("&")[0])


def test_an_endpoint_that_is_no_account_is_told(member, lab):
    with (
        connect(InfomaniakSwiftStorage, member, endpoint_url=f"{lab.auth_url}/none") as storage,
        pytest.raises(NotFound, match="no account"),
    ):
        storage.list_buckets()
