"""What is Cloud Storage's own in the storage contract; the conformance suite has the rest."""

import gzip
import io
import os
import pickle
import random
from concurrent.futures import ThreadPoolExecutor
from inspect import signature
from types import NoneType
from typing import get_args

import pytest
from codomyrmex.cloud import Capability, get_client, open_storage
from codomyrmex.cloud.common import CloudCredentials
from codomyrmex.cloud.errors import (
    AlreadyExists,
    BucketNotFound,
    InvalidRequest,
    ObjectNotFound,
    PermissionDenied,
    PreconditionFailed,
)
from codomyrmex.cloud.gcp import GCSStorage, _upload
from google.cloud import storage as sdk
from google.oauth2 import credentials as tokens
from support.options import options_of

from .conftest import PROJECT

MIB = 1024 * 1024
DATA = random.Random(3).randbytes(3 * MIB + 1)
SIZES = {"at once": 100, "in parts": len(DATA)}


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Parts of a MiB, so that `DATA` is sent in four."""
    monkeypatch.setattr(_upload, "PART_SIZE", MIB)


# What it is


def test_the_factory_and_the_scheme_lead_to_it():
    with get_client("gcp", project="ants") as client, open_storage("gs://bucket/a/b") as storage:
        assert type(client) is type(storage) is GCSStorage
        assert storage.split_url("gs://bucket/a/b") == ("bucket", "a/b")


def test_nothing_is_looked_for_before_it_is_needed():
    with GCSStorage() as storage:  # there are no credentials here
        assert repr(storage) == "GCSStorage(project=None, endpoint_url=None)"


@pytest.mark.parametrize(
    ("endpoint_url", "all_of_them"),
    [
        (None, True),
        ("https://storage.googleapis.com", True),
        ("https://storage.europe-west3.rep.googleapis.com", True),
        ("http://127.0.0.1:4443", False),
        ("https://googleapis.com.example.org", False),
    ],
)
def test_of_google_all_is_expected_and_of_other_endpoints_no_batch(endpoint_url, all_of_them):
    with GCSStorage(endpoint_url=endpoint_url) as storage:
        lacking = set() if all_of_them else {Capability.BATCH_DELETE}
        assert storage.capabilities == frozenset(Capability) - lacking


def test_capabilities_are_those_that_are_claimed():
    for claimed in ((), [Capability.METADATA]):
        with GCSStorage(capabilities=claimed) as storage:
            assert storage.capabilities == frozenset(claimed)


@pytest.mark.parametrize("url", ["localhost:4443", "ftp://localhost", "http://", "http://user:pass@localhost"])
def test_an_endpoint_that_is_none_is_refused_at_once(url):
    with pytest.raises(ValueError, match="endpoint_url") as caught:
        GCSStorage(endpoint_url=url)
    assert "pass@" not in str(caught.value)


def test_a_client_of_google_s_is_used_as_it_is(gcs, google, new_bucket):
    client = sdk.Client(PROJECT, tokens.Credentials(google.token()), client_options={"api_endpoint": gcs.endpoint_url})
    with GCSStorage(client=client) as storage:
        bucket = new_bucket(storage)
        storage.upload_file(bucket, "key", DATA)
        assert storage.download_file(bucket, "key") == DATA
        assert storage.native is client
        with pytest.raises(TypeError, match="was given a client"):
            pickle.dumps(storage)
    assert client.bucket(bucket).blob("key").exists()  # closing the storage is not closing it
    client.close()


def test_a_pickle_is_a_recipe():
    options = {"endpoint_url": "http://127.0.0.1:4443", "timeout": (1, 2), "attempts": 3, "user_project": "payer"}
    credentials = CloudCredentials("gcp", secret_key="s3cr3t")
    storage = GCSStorage("ants", credentials=credentials, capabilities=[Capability.STAT], **options)
    pickled = pickle.dumps(storage)
    again = pickle.loads(pickled)
    assert b"s3cr3t" not in pickled
    assert (again.timeout, again.attempts, again.user_project) == ((1, 2), 3, "payer")
    assert again.capabilities == {Capability.STAT}
    assert repr(again) == repr(storage)


def test_a_storage_that_was_closed_opens_again(gcs, google, connect, bucket):
    storage = connect(gcs, credentials=tokens.Credentials(google.token()))
    storage.upload_file(bucket, "key", b"data")
    storage.close()
    storage.close()
    assert storage.download_file(bucket, "key") == b"data"
    assert storage.delete_many(bucket, ["key"]) == {}


def test_one_client_is_made_for_all_threads(gcs, google, connect):
    storage = connect(gcs, credentials=tokens.Credentials(google.token()))
    with ThreadPoolExecutor(8) as threads:
        assert len({id(client) for client in threads.map(lambda _: storage.native, range(32))}) == 1


# Requests


def requests_of(gcs, call):
    gcs.requests.clear()
    call()
    return [method for method, _ in gcs.requests]


def test_no_call_makes_more_requests_than_it_needs(gcs, key_storage, bucket, tmp_path):
    key_storage.upload_file(bucket, "key", b"data")
    calls = {
        "upload_file": (lambda s: s.upload_file(bucket, "new", b"data"), ["POST"]),
        "upload_stream": (lambda s: s.upload_stream(bucket, "new", io.BytesIO(b"")), ["POST"]),
        "upload_stream in parts": (lambda s: s.upload_stream(bucket, "n", io.BytesIO(DATA)), ["POST", *["PUT"] * 4]),
        "download_file": (lambda s: s.download_file(bucket, "key"), ["GET"]),
        "download_path": (lambda s: s.download_path(bucket, "key", tmp_path / "file"), ["GET"]),
        "open_read": (lambda s: s.open_read(bucket, "key").close(), ["GET"]),
        "read_range": (lambda s: s.read_range(bucket, "key", 1, 2), ["GET"]),
        "stat": (lambda s: s.stat(bucket, "key"), ["GET"]),
        "exists": (lambda s: s.exists(bucket, "none"), ["GET"]),
        "iter_objects": (lambda s: list(s.iter_objects(bucket)), ["GET"]),
        "copy": (lambda s: s.copy(bucket, "key", bucket, "copy"), ["GET", "POST"]),
        "delete_many": (lambda s: s.delete_many(bucket, ["none", "copy"]), ["DELETE", "DELETE"]),
        "delete_file": (lambda s: s.delete_file(bucket, "key"), ["DELETE"]),
        "bucket_exists": (lambda s: s.bucket_exists(bucket), ["GET"]),
        "presigned": (lambda s: s.generate_presigned_url(bucket, "key"), []),
    }
    sent = {name: requests_of(gcs, lambda call=call: call(key_storage)) for name, (call, _) in calls.items()}
    assert sent == {name: expected for name, (_, expected) in calls.items()}


def test_a_large_object_is_fetched_in_parallel_ranges_of_one_generation(gcs, key_storage, bucket, monkeypatch):
    from codomyrmex.cloud.gcp import _download

    monkeypatch.setattr(_download, "PART_SIZE", MIB)
    monkeypatch.setattr(_download, "LARGE", 2 * MIB)
    generation = key_storage.upload_stream(bucket, "key", io.BytesIO(DATA)).etag
    gcs.requests.clear()
    assert key_storage.download_file(bucket, "key") == DATA
    first, *others = [path for _, path in gcs.requests]
    assert "ifGenerationMatch" not in first
    assert len(others) == 3
    assert all(f"ifGenerationMatch={generation}" in path for path in others)


# Generations as ETags


def test_the_etag_is_the_generation(key_storage, bucket):
    written = key_storage.upload_stream(bucket, "key", io.BytesIO(b"data"))
    (listed,) = key_storage.iter_objects(bucket)
    generation = str(key_storage.native.bucket(bucket).get_blob("key").generation)
    assert written.etag == listed.etag == key_storage.stat(bucket, "key").etag == generation


@pytest.mark.parametrize("etag", ["0", "", "CJHs5d6Ogf8CEAE=", "-1", '"12"'])
def test_what_is_no_generation_is_refused_and_writes_nothing(key_storage, bucket, etag):
    with pytest.raises(ValueError, match="generation"):
        key_storage.upload_stream(bucket, "key", io.BytesIO(b"data"), if_match=etag)
    assert key_storage.exists(bucket, "key") is False


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_conditions_hold_at_any_size(key_storage, bucket, size):
    old = key_storage.upload_stream(bucket, "key", io.BytesIO(DATA[:size]), if_none_match="*").etag
    key_storage.upload_stream(bucket, "key", io.BytesIO(DATA[:size]), if_match=old)
    for condition in ({"if_none_match": "*"}, {"if_match": old}):
        with pytest.raises(PreconditionFailed):
            key_storage.upload_stream(bucket, "key", io.BytesIO(b"new" * size), **condition)
    assert key_storage.download_file(bucket, "key") == DATA[:size]


# Arguments of the SDK


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_attributes_of_the_sdk_are_passed_through(gcs, key_storage, bucket, size):
    given = {"cache_control": "no-store", "content_language": "gd"}
    key_storage.upload_stream(bucket, "key", io.BytesIO(DATA[:size]), **given, storage_class="NEARLINE")
    blob = key_storage.native.bucket(bucket).get_blob("key")
    assert {name: getattr(blob, name) for name in given} == given
    of_session = size == len(DATA)  # the emulator forgets the class of what is sent in parts
    assert (gcs.begun["storageClass"] if of_session else blob.storage_class) == "NEARLINE"


def test_a_copy_keeps_what_is_kept_with_the_object_and_takes_what_it_is_given(key_storage, bucket):
    given = {"cache_control": "no-store", "content_encoding": "x-own", "content_language": "gd"}
    key_storage.upload_stream(bucket, "key", io.BytesIO(b"data"), metadata={"a": "b"}, **given)
    key_storage.copy(bucket, "key", bucket, "copy", content_language="de")
    blob = key_storage.native.bucket(bucket).get_blob("copy")
    assert {name: getattr(blob, name) for name in given} == {**given, "content_language": "de"}
    assert blob.metadata == {"a": "b"}


def test_a_bucket_is_made_where_and_as_it_was_asked_for(key_storage, bucket):
    name = f"{bucket}-2"
    assert key_storage.ensure_bucket(name, "EUROPE-WEST6", versioning_enabled=True, labels={"team": "ants"}) is True
    made = key_storage.native.get_bucket(name)
    assert (made.location, made.versioning_enabled) == ("EUROPE-WEST6", True)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_an_option_of_which_none_is_a_value_is_left_out_by_it(key_storage, bucket, size):
    def none(method):
        return {name: None for name, hint in options_of(method).items() if NoneType in get_args(hint)}

    key_storage.create_bucket(f"{bucket}-none", **none(GCSStorage.create_bucket))
    key_storage.upload_stream(bucket, "key", io.BytesIO(DATA[:size]), **none(GCSStorage.upload_stream))
    key_storage.copy(bucket, "key", bucket, "copy", **none(GCSStorage.copy))
    assert key_storage.download_file(bucket, "copy", **none(GCSStorage.download_file)) == DATA[:size]
    assert key_storage.stat(bucket, "copy", **none(GCSStorage.stat)).size == size
    assert "Signature=" in key_storage.generate_presigned_url(bucket, "key", **none(GCSStorage.generate_presigned_url))
    assert key_storage.generate_presigned_upload(bucket, "key", headers=None).headers == {}
    assert key_storage.delete_file(bucket, "key", **none(GCSStorage.delete_file)) is True


CALLS = {
    "create_bucket": lambda s, **gcs: s.create_bucket("none", **gcs),
    "ensure_bucket": lambda s, **gcs: s.ensure_bucket("none", **gcs),
    "stat": lambda s, **gcs: s.stat("none", "key", **gcs),
    "download_file": lambda s, **gcs: s.download_file("none", "key", **gcs),
    "download_path": lambda s, **gcs: s.download_path("none", "key", "/nowhere/file", **gcs),
    "open_read": lambda s, **gcs: s.open_read("none", "key", **gcs),
    "upload_file": lambda s, **gcs: s.upload_file("none", "key", b"", **gcs),
    "upload_path": lambda s, **gcs: s.upload_path("none", "key", os.devnull, **gcs),
    "upload_stream": lambda s, **gcs: s.upload_stream("none", "key", io.BytesIO(), **gcs),
    "copy": lambda s, **gcs: s.copy("none", "key", "none", "copy", **gcs),
    "delete_file": lambda s, **gcs: s.delete_file("none", "key", **gcs),
    "generate_presigned_url": lambda s, **gcs: s.generate_presigned_url("none", "key", **gcs),
    "generate_presigned_upload": lambda s, **gcs: s.generate_presigned_upload("none", "key", **gcs),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("argument", ["storage_clas", "chunk_size", "crc32c"])
def test_an_argument_that_is_unknown_or_not_the_caller_s_is_a_type_error_at_once(gcs, key_storage, call, argument):
    gcs.requests.clear()
    with pytest.raises(TypeError, match=argument):
        call(key_storage, **{argument: "x"})
    assert gcs.requests == []


PROPERTIES = {"ensure_bucket": sdk.Bucket, "create_bucket": sdk.Bucket, "copy": sdk.Blob} | {
    f"upload_{what}": sdk.Blob for what in ("file", "path", "stream")
}
PARAMETERS = {
    "create_bucket": sdk.Client.create_bucket,
    "ensure_bucket": sdk.Client.create_bucket,
    "delete_file": sdk.Bucket.blob,
    "upload_file": sdk.Blob.upload_from_file,
    "upload_path": sdk.Blob.upload_from_file,
    "upload_stream": sdk.Blob.create_resumable_upload_session,
    "generate_presigned_url": sdk.Blob.generate_signed_url,
    "generate_presigned_upload": sdk.Blob.generate_signed_url,
}
"""Of the SDK, by the method that passes arguments on."""
SET_BY_THE_STORAGE = {
    "create_bucket": "self bucket_or_name project user_project location requester_pays timeout retry",
    "generate_presigned_url": "self expiration api_access_endpoint method content_md5 content_type client credentials "
    "version service_account_email access_token",
}
OUT_OF_REACH = "http://127.0.0.1:1"


def is_taken(method, name):
    """Whether a method takes an argument of this name, of whatever value."""
    with GCSStorage("project", endpoint_url=OUT_OF_REACH, anonymous=True, attempts=1) as storage:
        try:
            CALLS[method](storage, **{name: object()})
        except Exception as error:  # whatever the SDK makes of the value
            return "no argument of" not in str(error)
    return True


@pytest.mark.parametrize("method", CALLS)
def test_an_option_that_has_a_type_is_known_to_the_sdk(method):
    kind, parameters = PROPERTIES.get(method), signature(PARAMETERS.get(method, sdk.Bucket.blob)).parameters
    for name in options_of(getattr(GCSStorage, method)):
        assert is_taken(method, name), name
        assert hasattr(kind, name) or name in parameters, name


@pytest.mark.release
@pytest.mark.parametrize("method", PROPERTIES)
def test_every_property_that_the_sdk_can_set_has_a_type(method):
    names = {name for name, member in vars(PROPERTIES[method]).items() if isinstance(member, property) and member.fset}
    names -= signature(getattr(GCSStorage, method)).parameters.keys()
    assert {name for name in names if is_taken(method, name)} <= options_of(getattr(GCSStorage, method)).keys()


@pytest.mark.release
@pytest.mark.parametrize("method", SET_BY_THE_STORAGE)
def test_every_argument_that_the_sdk_takes_has_a_type(method):
    parameters = signature(PARAMETERS[method]).parameters.keys() - set(SET_BY_THE_STORAGE[method].split())
    assert parameters <= options_of(getattr(GCSStorage, method)).keys()


# Data as they are stored


def test_what_is_stored_compressed_comes_as_it_is_stored_and_is_verified(key_storage, bucket, tmp_path):
    packed = gzip.compress(b"text " * 1000)
    key_storage.upload_file(bucket, "key", packed, "text/plain", content_encoding="gzip")
    assert key_storage.download_file(bucket, "key") == packed
    assert key_storage.read_range(bucket, "key", 0, 2) == packed[:2]
    key_storage.download_path(bucket, "key", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == packed


def test_checksums_are_told_of_every_way_to_look(key_storage, bucket, tmp_path):
    written = key_storage.upload_stream(bucket, "key", io.BytesIO(b"123456789"))
    assert written.checksums["crc32c"] == "e3069283"  # the check value of CRC-32C
    (listed,) = key_storage.iter_objects(bucket)
    assert listed.checksums == written.checksums == key_storage.stat(bucket, "key").checksums
    assert key_storage.download_path(bucket, "key", tmp_path / "file").checksums == written.checksums


# Names that no object has


@pytest.mark.parametrize("key", [".", "..", "a\nb", "a\rb"])
def test_a_key_that_would_lead_elsewhere_is_sent_nowhere(gcs, key_storage, bucket, key):
    gcs.requests.clear()
    for call in (
        lambda: key_storage.delete_file(bucket, key),  # of ".." the bucket itself
        lambda: key_storage.stat(bucket, key),
        lambda: key_storage.download_file(bucket, key),
        lambda: key_storage.upload_file(bucket, key, b"data"),
        lambda: key_storage.generate_presigned_url(bucket, key),
        lambda: key_storage.generate_presigned_upload(bucket, key),
        lambda: key_storage.copy(bucket, key, bucket, "key"),
    ):
        with pytest.raises(InvalidRequest, match="no object named"):
            call()
    assert set(key_storage.delete_many(bucket, [key])) == {key}
    assert gcs.requests == []
    assert key_storage.bucket_exists(bucket) is True


# Buckets


def test_who_may_list_objects_but_not_see_the_bucket_knows_that_it_exists(gcs, google, fault_proxy, connect, bucket):
    from codomyrmex.cloud.testing.backends.faults import Status

    proxy = fault_proxy(gcs.endpoint_url)
    storage = connect(proxy, credentials=tokens.Credentials(google.token()))
    hidden = Status(403, headers={"Content-Type": "application/json"}, body=b'{"error": {"message": "no"}}')
    for name, exists in ((bucket, True), (f"{bucket}-none", False)):
        proxy.inject(hidden, path="fields=name")
        assert storage.bucket_exists(name) is exists


def test_a_bucket_of_somebody_else_is_an_error(gcs, google, connect, bucket):
    gcs.denied.add("somebody")
    storage = connect(gcs, credentials=tokens.Credentials(google.token("somebody")))
    for call in (storage.bucket_exists, storage.ensure_bucket, storage.create_bucket):
        with pytest.raises(PermissionDenied):
            call(bucket)


def test_a_bucket_that_others_make_meanwhile_is_there(gcs, google, fault_proxy, connect, bucket):
    from codomyrmex.cloud.testing.backends.faults import Status

    proxy = fault_proxy(gcs.endpoint_url)
    storage = connect(proxy, credentials=tokens.Credentials(google.token()))
    proxy.inject(Status(404, body=b""), method="GET")  # not yet
    assert storage.ensure_bucket(bucket) is False
    with pytest.raises(AlreadyExists):
        storage.create_bucket(bucket)


def test_racing_threads_make_a_bucket_once(key_storage, bucket):
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: key_storage.ensure_bucket(f"{bucket}-raced"), range(8)))
    assert made.count(True) == 1


@pytest.mark.parametrize("emulated", [True, False], ids=["emulator", "as documented"])
def test_it_is_told_whether_the_bucket_or_the_object_is_missing(
    fake_gcs, key_storage, connect, new_bucket, tmp_path, emulated
):
    storage = connect(fake_gcs, anonymous=True) if emulated else key_storage
    bucket = new_bucket(storage)
    for name, kind in ((bucket, ObjectNotFound), (f"{bucket}-none", BucketNotFound)):
        for call in (
            lambda name=name: storage.stat(name, "key"),
            lambda name=name: storage.download_path(name, "key", tmp_path / "file"),
            lambda name=name: storage.copy(name, "key", bucket, "copy"),
        ):
            with pytest.raises(kind):
                call()
    with pytest.raises(BucketNotFound):
        storage.delete_file(f"{bucket}-none", "key")
