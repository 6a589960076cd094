"""What is S3's own in the storage contract; the conformance suite has the rest."""

import gzip
import hashlib
import io
import json
import os
import pickle
import random
import threading
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal, get_args, get_origin

import boto3
import pytest
from codomyrmex.cloud import Capability, get_client, open_storage
from codomyrmex.cloud.aws import S3Storage
from codomyrmex.cloud.errors import (
    BucketNotFound,
    CloudError,
    NotFound,
    ObjectNotFound,
    PermissionDenied,
    PreconditionFailed,
    UnsupportedOperation,
)
from support.options import options_of

MIB = 1024 * 1024
DATA = random.Random(3).randbytes(16 * MIB + 1)


class SmallCopies(S3Storage):
    """A storage that copies in parts what others copy at once."""

    largest_copy = 5 * MIB


# What it is


def test_the_factory_and_the_scheme_lead_to_it():
    with get_client("aws", region_name="eu-west-1") as client, open_storage("s3://bucket/a/b") as storage:
        assert type(client) is type(storage) is S3Storage
        assert storage.split_url("s3://bucket/a/b") == ("bucket", "a/b")


def test_of_aws_all_is_expected_and_of_other_stores_no_conditional_write(on_moto):
    conditional = {Capability.CONDITIONAL_CREATE, Capability.ATOMIC_CREATE, Capability.CONDITIONAL_REPLACE}
    with S3Storage("eu-west-1") as storage:
        assert storage.capabilities == frozenset(Capability)
    assert on_moto.capabilities == frozenset(Capability) - conditional


@pytest.mark.parametrize("claimed", [(), [Capability.METADATA]])
def test_capabilities_are_those_that_are_claimed_even_none(moto_server, connect, claimed):
    assert connect(moto_server, capabilities=claimed).capabilities == frozenset(claimed)


def test_what_a_store_is_not_known_to_do_is_refused_and_not_ignored(storage, bucket):
    storage.upload_file(bucket, "key", b"data")
    for condition in ({"if_none_match": "*"}, {"if_match": "0" * 32}):
        with pytest.raises(UnsupportedOperation, match="capabilities="):
            storage.upload_stream(bucket, "key", io.BytesIO(b"new"), **condition)
    assert storage.download_file(bucket, "key") == b"data"


def test_native_is_the_client_of_boto3(on_moto):
    assert on_moto.native.meta.service_model.service_name == "s3"
    assert on_moto.native.list_buckets()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_client_of_boto3_is_used_as_it_is(moto_server, new_bucket):
    keys = {"aws_access_key_id": moto_server.access_key, "aws_secret_access_key": moto_server.secret_key}
    client = boto3.client("s3", region_name="us-east-1", endpoint_url=moto_server.endpoint_url, **keys)
    with S3Storage(client=client) as storage:
        bucket = new_bucket(storage)
        storage.upload_file(bucket, "key", DATA)
        assert storage.download_file(bucket, "key") == DATA
        assert storage.delete_many(bucket, ["key"]) == {}
        assert storage.native is client
        with pytest.raises(TypeError, match="was given a client"):
            pickle.dumps(storage)
    assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 0  # closing the storage is not closing it
    client.close()


def test_a_pickle_is_a_recipe(moto_server, connect):
    config = {"read_timeout": 7, "proxies": {"http": "http://user:secret@127.0.0.1:9"}}
    storage = connect(moto_server, "eu-west-3", profile_name=None, config=config, capabilities=[Capability.STAT])
    pickled = pickle.dumps(storage)
    again = pickle.loads(pickled)
    assert b"secret" not in pickled
    assert repr(again) == repr(storage)
    assert again.native.meta.config.read_timeout == 7
    assert again.native.meta.endpoint_url == moto_server.endpoint_url
    assert again.capabilities == {Capability.STAT}
    again.close()


def test_of_a_store_path_style_sigv4_and_few_checksums_are_used(on_moto, bucket):
    config = on_moto.native.meta.config
    assert config.signature_version == "s3v4"
    assert config.request_checksum_calculation == config.response_checksum_validation == "when_required"
    assert on_moto.generate_presigned_url(bucket, "k").startswith(f"{on_moto.endpoint_url}/{bucket}/k?")


# Arguments of the SDK


@pytest.mark.parametrize("size", [100, len(DATA)], ids=["at once", "in parts"])
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"StorageClass": "STANDARD_IA"}, {"StorageClass": "STANDARD_IA"}),
        ({"ServerSideEncryption": "AES256"}, {"ServerSideEncryption": "AES256"}),
        ({"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "key"}, {"SSEKMSKeyId": "key"}),
        ({"CacheControl": "no-store", "ContentLanguage": "gd"}, {"CacheControl": "no-store", "ContentLanguage": "gd"}),
    ],
    ids=lambda given: next(iter(given)),
)
def test_arguments_of_the_sdk_are_passed_through(on_moto, new_bucket, size, given, kept):
    bucket = new_bucket(on_moto)
    on_moto.upload_stream(bucket, "key", io.BytesIO(DATA[:size]), **given)
    head = on_moto.native.head_object(Bucket=bucket, Key="key")
    assert {name: head.get(name) for name in kept} == kept
    assert on_moto.download_file(bucket, "key") == DATA[:size]


@pytest.mark.parametrize("size", [100, len(DATA)], ids=["at once", "in parts"])
def test_acl_and_tags_are_passed_through(on_moto, new_bucket, size):
    bucket = new_bucket(on_moto)
    on_moto.upload_stream(bucket, "key", io.BytesIO(DATA[:size]), ACL="public-read", Tagging="a=b&c=d")
    tags = on_moto.native.get_object_tagging(Bucket=bucket, Key="key")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"a": "b", "c": "d"}
    grants = on_moto.native.get_object_acl(Bucket=bucket, Key="key")["Grants"]
    assert any(grant["Grantee"].get("URI", "").endswith("AllUsers") for grant in grants)


def test_a_version_is_read_looked_at_and_deleted_by_its_id(storage, bucket):
    storage.native.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    storage.upload_file(bucket, "key", b"first")
    storage.upload_file(bucket, "key", b"second one")
    listed = storage.native.list_object_versions(Bucket=bucket)["Versions"]
    (first,) = [version["VersionId"] for version in listed if version["Size"] == 5]
    assert storage.download_file(bucket, "key", VersionId=first) == b"first"
    assert storage.read_range(bucket, "key", 1, 2, VersionId=first) == b"ir"
    assert storage.stat(bucket, "key", VersionId=first).size == 5
    storage.delete_file(bucket, "key", VersionId=first)
    assert storage.download_file(bucket, "key") == b"second one"
    with pytest.raises(NotFound):
        storage.download_file(bucket, "key", VersionId=first)


@pytest.mark.parametrize("read", [S3Storage.stat, S3Storage.download_file, S3Storage.read_range])
def test_what_was_not_modified_is_a_condition_that_does_not_hold(storage, bucket, read):
    storage.upload_file(bucket, "key", b"data")
    with pytest.raises(PreconditionFailed):
        read(storage, bucket, "key", IfModifiedSince=datetime.now(UTC) + timedelta(seconds=1))
    assert read(storage, bucket, "key", IfModifiedSince=datetime(2000, 1, 1, tzinfo=UTC))


CALLS = {
    "create_bucket": lambda s, **s3: s.create_bucket("none", **s3),
    "ensure_bucket": lambda s, **s3: s.ensure_bucket("none", **s3),
    "iter_objects": lambda s, **s3: list(s.iter_objects("none", **s3)),
    "stat": lambda s, **s3: s.stat("none", "key", **s3),
    "download_file": lambda s, **s3: s.download_file("none", "key", **s3),
    "download_path": lambda s, **s3: s.download_path("none", "key", "/nowhere/file", **s3),
    "open_read": lambda s, **s3: s.open_read("none", "key", **s3),
    "read_range": lambda s, **s3: s.read_range("none", "key", **s3),
    "upload_file": lambda s, **s3: s.upload_file("none", "key", b"", **s3),
    "upload_path": lambda s, **s3: s.upload_path("none", "key", os.devnull, **s3),
    "upload_stream": lambda s, **s3: s.upload_stream("none", "key", io.BytesIO(), **s3),
    "copy": lambda s, **s3: s.copy("none", "key", "none", "copy", **s3),
    "delete_file": lambda s, **s3: s.delete_file("none", "key", **s3),
    "delete_many": lambda s, **s3: s.delete_many("none", ["key"], **s3),
    "generate_presigned_url": lambda s, **s3: s.generate_presigned_url("none", "key", **s3),
    "generate_presigned_upload": lambda s, **s3: s.generate_presigned_upload("none", "key", **s3),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_an_argument_that_the_sdk_does_not_know_is_a_type_error_at_once(connect, moto_server, fault_proxy, call):
    proxy = fault_proxy(moto_server.endpoint_url)
    storage = connect(moto_server, endpoint_url=proxy.endpoint_url)
    with pytest.raises(TypeError, match="StorageClas"):
        call(storage, StorageClas="GLACIER")
    assert proxy.requests == []


@pytest.mark.parametrize(
    ("method", "argument"),
    [
        ("upload_file", "Body"),
        ("upload_stream", "Metadata"),
        ("upload_stream", "IfNoneMatch"),
        ("upload_stream", "ContentType"),
        ("download_file", "Range"),
        ("iter_objects", "Prefix"),
        ("iter_objects", "StartAfter"),
        ("iter_objects", "ContinuationToken"),
        ("iter_objects", "Delimiter"),  # it would hide keys
        ("iter_objects", "EncodingType"),  # keys would come encoded
        ("delete_many", "Delete"),
        ("delete_many", "VersionId"),  # of which object?
        ("upload_file", "ChecksumXXHASH64"),
        ("upload_file", "WriteOffsetBytes"),  # it would append
    ],
)
def test_what_the_storage_sets_itself_is_not_the_callers_to_set(on_moto, method, argument):
    with pytest.raises(TypeError, match=argument):
        CALLS[method](on_moto, **{argument: "x"})


TYPES = {
    "boolean": bool,
    "integer": int,
    "list": list[str],
    "long": int,
    "string": str,
    "structure": dict[str, Any],
    "timestamp": datetime,
}
"""Of the SDK's model: what a shape is in Python."""


def is_taken(call, name):
    """Whether a method takes an argument of this name, of whatever value."""
    try:
        call(**{name: object()})
    except (CloudError, TypeError) as error:
        return "no argument of" not in str(error)
    return True


@pytest.fixture
def shapes(on_moto):
    """The SDK's shapes of all arguments of S3's operations, by their names."""
    model = on_moto.native.meta.service_model
    operations = [model.operation_model(name) for name in model.operation_names]
    by_name = {}
    for members in (each.input_shape.members for each in operations if each.input_shape):
        for name, shape in members.items():
            by_name.setdefault(name, []).append(shape)
    return by_name


@pytest.mark.parametrize("method", CALLS)
def test_an_option_that_has_a_type_is_known_to_the_sdk_and_of_its_type(on_moto, shapes, method):
    for name, hint in options_of(getattr(S3Storage, method)).items():
        assert is_taken(partial(CALLS[method], on_moto), name), name
        if get_origin(hint) is Literal:
            assert any(set(get_args(hint)) <= set(getattr(shape, "enum", ())) for shape in shapes[name]), name
        elif hint != str | bytes:  # what the SDK encodes
            assert hint in {TYPES[shape.type_name] for shape in shapes[name]}, name


@pytest.mark.release
@pytest.mark.parametrize("method", CALLS)
def test_every_option_that_the_sdk_knows_has_a_type(on_moto, shapes, method):
    options = options_of(getattr(S3Storage, method))
    assert {name for name in shapes if is_taken(partial(CALLS[method], on_moto), name)} == options.keys()
    for name, hint in options.items():
        if get_origin(hint) is Literal:
            assert any(set(get_args(hint)) == set(getattr(shape, "enum", ())) for shape in shapes[name]), name


# Content type, metadata, encodings


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("a.txt", "text/plain"),
        ("x/photo.jpeg", "image/jpeg"),
        ("archive.tar.gz", "application/gzip"),
        ("a.txt/none", "application/octet-stream"),
    ],
)
def test_the_content_type_is_guessed_where_it_is_not_given(storage, bucket, tmp_path, key, expected):
    file = tmp_path / "file.html"
    file.write_bytes(b"data")
    storage.upload_path(bucket, key, file)
    assert storage.stat(bucket, key).content_type == expected
    storage.upload_path(bucket, key, file, content_type="text/x-own")
    assert storage.stat(bucket, key).content_type == "text/x-own"


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        "",
        " around ",
        "two  spaces",
        "Zoë Ünal",
        "\U0001f600",
        "line\nline",
        "=?utf-8?b?aGVsbG8=?=",
        "x =?utf-8?q?caf=C3=A9?= y",
        "a,b;c=d",
        "é" * 300,
    ],
)
@pytest.mark.parametrize("size", [1, len(DATA)], ids=["at once", "in parts"])
def test_metadata_come_back_as_they_were_given(on_moto, new_bucket, size, value):
    bucket = new_bucket(on_moto)
    info = on_moto.upload_stream(bucket, "key", io.BytesIO(DATA[:size]), metadata={"Name-1": value})
    assert on_moto.stat(bucket, "key").metadata == info.metadata == {"name-1": value}


@pytest.mark.parametrize("value", ["plain", " around ", "Zoë Ünal", "line\nline", "=?utf-8?b?aGVsbG8=?="])
def test_metadata_come_back_from_swift_too(on_swift, new_bucket, value):
    bucket = new_bucket(on_swift)
    on_swift.upload_stream(bucket, "key", io.BytesIO(b"data"), metadata={"name": value})
    assert on_swift.stat(bucket, "key").metadata == {"name": value}


@pytest.mark.parametrize(
    "value", ["=?utf-8?b?a?=", "=?utf-8?b?/w==?=", "=?latin-1?q?caf=E9?=", "=?utf-8?q?caf=C3=A9?="]
)
def test_metadata_of_other_programs_never_stand_in_the_way(on_moto, new_bucket, value):
    bucket = new_bucket(on_moto)
    on_moto.native.put_object(Bucket=bucket, Key="key", Body=b"data", Metadata={"name": value})
    assert on_moto.download_file(bucket, "key") == b"data"
    assert isinstance(on_moto.stat(bucket, "key").metadata["name"], str)


def test_compressed_data_stay_compressed(storage, bucket, tmp_path):
    data = gzip.compress(b"data" * 1000)
    storage.upload_file(bucket, "key", data, ContentEncoding="gzip")
    assert storage.download_file(bucket, "key") == data
    storage.download_path(bucket, "key", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == data
    with storage.open_read(bucket, "key") as file:
        assert file.read() == data


# Sizes, streams, ranges


@pytest.mark.parametrize("size", [0, 1, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 16 * MIB, 16 * MIB + 1])
@pytest.mark.parametrize("way", ["bytes", "path", "stream"])
def test_sizes_around_that_of_a_part(on_swift, new_bucket, tmp_path, size, way):
    bucket, data, file = new_bucket(on_swift), DATA[:size], tmp_path / "file"
    if way == "bytes":
        on_swift.upload_file(bucket, "key", data)
        got = on_swift.download_file(bucket, "key")
    elif way == "path":
        file.write_bytes(data)
        assert on_swift.upload_path(bucket, "key", file).size == size
        file.unlink()
        on_swift.download_path(bucket, "key", file)
        got = file.read_bytes()
    else:
        assert on_swift.upload_stream(bucket, "key", io.BytesIO(data)).size == size
        with on_swift.open_read(bucket, "key") as stream:
            got = stream.read()
    assert got == data
    parts = -(-size // (8 * MIB))
    assert on_swift.stat(bucket, "key").etag.endswith(f"-{parts}") == (size > 8 * MIB)


def test_a_pipe_is_uploaded_to_its_end(on_moto, new_bucket, tmp_path):
    bucket, pipe = new_bucket(on_moto), tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=[DATA])
    writer.start()
    assert on_moto.upload_path(bucket, "key", pipe).size == len(DATA)
    writer.join()
    assert on_moto.download_file(bucket, "key") == DATA


@pytest.mark.slow
def test_what_goes_through_a_pipe_back_to_the_same_storage_does_not_wait_for_itself(on_moto, new_bucket, tmp_path):
    bucket, pipe, data = new_bucket(on_moto), tmp_path / "pipe", DATA * 8
    on_moto.upload_file(bucket, "key", data)
    os.mkfifo(pipe)
    reader = threading.Thread(target=on_moto.upload_path, args=[bucket, "copy", pipe], daemon=True)
    reader.start()
    on_moto.download_path(bucket, "key", pipe)
    reader.join(30)
    assert not reader.is_alive()
    assert on_moto.stat(bucket, "copy").size == len(data)


def test_a_stream_may_give_less_than_it_is_asked_for(on_moto, new_bucket):
    class Trickle(io.RawIOBase):
        position = 0

        def read(self, size=-1):
            piece = DATA[self.position : self.position + min(size, 100_003)]
            self.position += len(piece)
            return bytearray(piece)

    bucket = new_bucket(on_moto)
    assert on_moto.upload_stream(bucket, "key", Trickle()).size == len(DATA)
    assert on_moto.download_file(bucket, "key") == DATA
    assert on_moto.stat(bucket, "key").etag.endswith("-3")


@pytest.mark.parametrize("read", [lambda size: "text", lambda size: None], ids=["text", "a stream that does not wait"])
def test_a_stream_that_is_not_of_bytes_is_refused(on_moto, new_bucket, read, uploads):
    bucket, stream = new_bucket(on_moto), io.BytesIO()
    stream.read = read
    with pytest.raises(TypeError, match="binary"):
        on_moto.upload_stream(bucket, "key", stream)
    assert not on_moto.exists(bucket, "key")


def test_progress_tells_of_every_byte(storage, bucket, tmp_path):
    for size in (5, len(DATA)):
        moved = []
        storage.upload_stream(bucket, "key", io.BytesIO(DATA[:size]), progress=moved.append)
        assert sum(moved) == size
        moved.clear()
        storage.download_path(bucket, "key", tmp_path / "file", progress=moved.append)
        assert sum(moved) == size


@pytest.mark.parametrize("size", [10, len(DATA)])
def test_ranges(storage, bucket, size):
    data = DATA[:size]
    storage.upload_file(bucket, "key", data)
    for start, length in [(0, None), (0, 3), (3, 4), (3, None), (size - 1, 10), (size, 1), (size + 5, None), (2, 0)]:
        expected = data[start:] if length is None else data[start : start + length]
        assert storage.read_range(bucket, "key", start, length) == expected, (start, length)
    with storage.open_read(bucket, "key", start=4) as file:
        assert [file.read(2), file.read()] == [data[4:6], data[6:]]


def test_a_range_of_what_is_not_there_is_not_found_however_short(storage, bucket):
    for start, length in [(0, None), (3, 4), (2, 0)]:
        with pytest.raises(ObjectNotFound):
            storage.read_range(bucket, "none", start, length)


def test_an_empty_object_has_no_ranges_and_is_there(storage, bucket, tmp_path):
    storage.upload_file(bucket, "key", b"")
    assert storage.read_range(bucket, "key", 0, 5) == storage.download_file(bucket, "key") == b""
    assert storage.exists(bucket, "key")
    storage.download_path(bucket, "key", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b""


# Copies


def test_a_copy_onto_itself_is_nothing_and_with_a_change_it_is_one(on_moto, new_bucket):
    bucket = new_bucket(on_moto)
    on_moto.upload_stream(bucket, "key", io.BytesIO(b"data"), metadata={"a": "b"})
    before = on_moto.stat(bucket, "key")
    assert on_moto.copy(bucket, "key", bucket, "key") == before
    on_moto.copy(bucket, "key", bucket, "key", StorageClass="STANDARD_IA")
    assert on_moto.native.head_object(Bucket=bucket, Key="key")["StorageClass"] == "STANDARD_IA"
    assert on_moto.stat(bucket, "key").metadata == {"a": "b"}


@pytest.mark.parametrize("kind", [S3Storage, SmallCopies], ids=["at once", "in parts"])
def test_a_copy_keeps_all_that_the_object_has(moto_server, on_moto, new_bucket, kind):
    bucket, data = new_bucket(on_moto), DATA[: 12 * MIB]
    about = {"CacheControl": "no-store", "ContentDisposition": "attachment", "ContentLanguage": "gd"}
    on_moto.upload_stream(
        bucket,
        "käy",
        io.BytesIO(data),
        content_type="text/x",
        metadata={"a": "ä"},
        Tagging="a=b+%2B+c%3D&d=e",
        Expires=datetime(2040, 1, 2, tzinfo=UTC),
        **about,
    )
    with kind(client=on_moto.native) as storage:
        info = storage.copy(bucket, "käy", bucket, "copy")
    assert info == on_moto.stat(bucket, "copy")._replace(last_modified=info.last_modified)
    assert (info.size, info.content_type, info.metadata) == (len(data), "text/x", {"a": "ä"})
    head = on_moto.native.head_object(Bucket=bucket, Key="copy")
    assert {name: head[name] for name in about} == about
    assert head["ExpiresString"] == "Mon, 02 Jan 2040 00:00:00 GMT"
    tags = on_moto.native.get_object_tagging(Bucket=bucket, Key="copy")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"a": "b + c=", "d": "e"}
    assert on_moto.download_file(bucket, "copy") == data


@pytest.fixture
def described(on_moto, new_bucket):
    """A bucket with an object ``key.txt`` of all headers and tags that an object may have."""
    bucket = new_bucket(on_moto)
    about = {"CacheControl": "no-store", "ContentLanguage": "gd", "Expires": datetime(2040, 1, 2, tzinfo=UTC)}
    options = {"content_type": "text/x", "metadata": {"a": "ä"}, "Tagging": "a=b"}
    on_moto.upload_stream(bucket, "key.txt", io.BytesIO(DATA[: 6 * MIB]), **about, **options)
    return bucket


@pytest.fixture(params=[S3Storage, SmallCopies], ids=["at once", "in parts"])
def copied(request, on_moto, described):
    """Copy that object with these options; returns what was told, its headers and tags."""

    def copied(**s3):
        with request.param(client=on_moto.native) as storage:
            info = storage.copy(described, "key.txt", described, "copy.txt", **s3)
        assert info == on_moto.stat(described, "copy.txt")._replace(last_modified=info.last_modified)
        head = on_moto.native.head_object(Bucket=described, Key="copy.txt")
        tags = on_moto.native.get_object_tagging(Bucket=described, Key="copy.txt")["TagSet"]
        return info, head, {tag["Key"]: tag["Value"] for tag in tags}

    return copied


def test_a_header_given_to_a_copy_is_set_and_all_else_kept(copied):
    info, head, tags = copied(CacheControl="max-age=5", ContentDisposition="attachment")
    assert (head["CacheControl"], head["ContentDisposition"]) == ("max-age=5", "attachment")
    assert (head["ContentLanguage"], head["ExpiresString"]) == ("gd", "Mon, 02 Jan 2040 00:00:00 GMT")
    assert (info.content_type, info.metadata, tags) == ("text/x", {"a": "ä"}, {"a": "b"})


def test_tags_given_to_a_copy_replace_those_of_the_source(copied):
    info, head, tags = copied(Tagging="c=d")
    assert (head["CacheControl"], info.metadata, tags) == ("no-store", {"a": "ä"}, {"c": "d"})


def test_a_copy_that_replaces_keeps_nothing_and_says_so(copied):
    info, head, tags = copied(MetadataDirective="REPLACE", ContentDisposition="attachment")
    assert (info.content_type, info.metadata, tags) == ("text/plain", {}, {"a": "b"})
    assert head["ContentDisposition"] == "attachment"
    assert not head.keys() & {"CacheControl", "ContentLanguage", "ExpiresString"}


def test_a_copy_without_tags_is_asked_for_by_the_directive(copied):
    _, head, tags = copied(TaggingDirective="REPLACE")
    assert (head["CacheControl"], tags) == ("no-store", {})


def test_a_copy_that_copies_takes_no_header_and_no_tags(copied):
    _, head, tags = copied(MetadataDirective="COPY", CacheControl="max-age=5", TaggingDirective="COPY", Tagging="c=d")
    assert (head["CacheControl"], tags) == ("no-store", {"a": "b"})


def test_a_copy_onto_itself_changes_the_header_that_is_given(on_moto, described):
    on_moto.copy(described, "key.txt", described, "key.txt", CacheControl="max-age=5")
    assert on_moto.native.head_object(Bucket=described, Key="key.txt")["CacheControl"] == "max-age=5"
    assert on_moto.stat(described, "key.txt").metadata == {"a": "ä"}


def test_a_large_copy_is_made_of_parts_by_the_store(on_swift, new_bucket, connect, swift, fault_proxy, uploads):
    source, target = new_bucket(on_swift), new_bucket(on_swift)
    on_swift.upload_file(source, "key", DATA)
    proxy = fault_proxy(swift.endpoint_url)
    client = connect(swift, endpoint_url=proxy.endpoint_url).native
    info = SmallCopies(client=client).copy(source, "key", target, "copy")
    assert info.etag.endswith("-3")
    assert info.size == len(DATA)
    assert on_swift.download_file(target, "copy") == DATA
    assert [r.method for r in proxy.requests] == ["HEAD", "POST", "PUT", "PUT", "PUT", "POST"]
    assert uploads(on_swift, target) == []


def test_a_copy_of_what_is_not_there_says_what_is_missing(storage, bucket):
    storage.upload_file(bucket, "key", b"data")
    with pytest.raises(ObjectNotFound):
        storage.copy(bucket, "none", bucket, "copy")
    with pytest.raises(BucketNotFound):
        storage.copy("no-such-bucket", "key", bucket, "copy")
    with pytest.raises(BucketNotFound):
        storage.copy(bucket, "key", "no-such-bucket", "copy")


def test_the_etag_of_an_encrypted_copy_is_not_taken_for_a_checksum(on_moto, new_bucket):
    bucket = new_bucket(on_moto)
    on_moto.upload_file(bucket, "key", b"data")
    assert "md5" in on_moto.copy(bucket, "key", bucket, "plain").checksums
    assert on_moto.copy(bucket, "key", bucket, "copy", ServerSideEncryption="aws:kms").checksums == {}


# Removing

ODD = ["a b", "a+b", "a//b", "/a", "ä", "<&>", "tab\tnew\nline", "\x01", "cr\rlf", "\ufffe", "\uffff", "\U0001f600"]


def test_odd_keys_are_deleted_many_at_a_time(on_swift, new_bucket):
    bucket = new_bucket(on_swift)
    for key in ODD:
        on_swift.upload_file(bucket, key, b"data")
    on_swift.upload_file(bucket, "kept", b"data")
    assert on_swift.delete_many(bucket, ODD) == {}
    assert [key for key in ODD if on_swift.exists(bucket, key)] == []
    assert on_swift.exists(bucket, "kept")


def test_thousands_are_deleted_by_a_request_for_each_thousand(on_moto, new_bucket, connect, moto_server, fault_proxy):
    bucket, proxy = new_bucket(on_moto), fault_proxy(moto_server.endpoint_url)
    keys = [f"key {number}" for number in range(2001)]
    for key in (keys[0], keys[1000], keys[-1]):
        on_moto.upload_file(bucket, key, b"data")
    storage = connect(moto_server, endpoint_url=proxy.endpoint_url)
    assert storage.delete_many(bucket, iter(keys)) == {}
    assert [r.method for r in proxy.requests] == ["POST"] * 3
    assert list(on_moto.iter_objects(bucket)) == []


def test_what_is_not_there_or_named_twice_counts_as_deleted(storage, bucket):
    storage.upload_file(bucket, "key", b"data")
    assert storage.delete_many(bucket, ["key", "none", "key"]) == {}
    assert storage.delete_many(bucket, []) == {}
    assert not storage.exists(bucket, "key")


def test_what_may_not_be_deleted_is_told_key_by_key(moto, on_moto, connect):
    on_moto.create_bucket("bucket")
    for key in ("held", "held\x01", "free", "free\x01"):
        on_moto.upload_file("bucket", key, b"data")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:DeleteObject",
                "Resource": ["arn:aws:s3:::bucket/held*"],
            }
        ],
    }
    on_moto.native.put_bucket_policy(Bucket="bucket", Policy=json.dumps(policy))
    failures = on_moto.delete_many("bucket", ["held", "held\x01", "free", "free\x01"])
    assert sorted(failures) == ["held", "held\x01"]
    for key, error in failures.items():
        assert isinstance(error, PermissionDenied)
        assert (error.provider, error.operation, error.resource) == ("aws", "delete_many", f"s3://bucket/{key}")


def test_deleting_from_a_bucket_that_is_not_there_is_an_error(storage):
    with pytest.raises(BucketNotFound):
        storage.delete_many("no-such-bucket", ["key"])
    with pytest.raises(BucketNotFound):
        storage.delete_file("no-such-bucket", "key")


# Buckets


def test_a_bucket_is_made_once(storage, new_bucket):
    name = new_bucket(storage)
    assert storage.bucket_exists(name)
    assert storage.ensure_bucket(name) is False
    assert storage.delete_bucket(name) is True
    assert not storage.bucket_exists(name)
    assert storage.ensure_bucket(name) is True


def test_what_is_learned_of_a_bucket_is_forgotten_when_it_is_deleted(storage, bucket):
    assert not storage.exists(bucket, "key")
    storage.delete_bucket(bucket)
    with pytest.raises(BucketNotFound):
        storage.exists(bucket, "key")


# Uploads in parts that were begun and not ended


def test_old_uploads_are_listed_and_removed_and_young_ones_kept(on_swift, new_bucket):
    storage, bucket = on_swift, new_bucket(on_swift)
    storage.native.create_multipart_upload(Bucket=bucket, Key="old/ä")
    storage.native.create_multipart_upload(Bucket=bucket, Key="other")
    listed = sorted(storage.iter_multipart_uploads(bucket))
    assert [upload.key for upload in listed] == ["old/ä", "other"]
    assert all(abs(datetime.now(UTC) - upload.initiated) < timedelta(minutes=1) for upload in listed)
    assert storage.abort_multipart_uploads(bucket) == []
    assert [u.key for u in storage.abort_multipart_uploads(bucket, older_than=-60, prefix="old/")] == ["old/ä"]
    assert [u.key for u in storage.iter_multipart_uploads(bucket)] == ["other"]
    assert [u.key for u in storage.iter_multipart_uploads(bucket, "old/")] == []


def test_the_checksum_of_the_data_is_told(storage, bucket):
    storage.upload_file(bucket, "key", b"data")
    assert storage.stat(bucket, "key").checksums["md5"] == hashlib.md5(b"data").hexdigest()
