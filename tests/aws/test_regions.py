"""AWS's own: regions, checksums it keeps, conditional writes. `regions` plays what moto does not have."""

import base64
import hashlib
import io
import pickle
import random
import zlib

import pytest
from codomyrmex.cloud import S3Client
from codomyrmex.cloud.aws import S3Storage
from codomyrmex.cloud.common import Capability
from codomyrmex.cloud.errors import (
    AlreadyExists,
    BucketNotFound,
    IntegrityError,
    InvalidRequest,
    ObjectNotFound,
    PermissionDenied,
    PreconditionFailed,
)
from codomyrmex.cloud.testing.backends.faults import Corrupt, CorruptRequest, Status, Truncate

MIB = 1024 * 1024
DATA = random.Random(4).randbytes(17 * MIB)


class SmallCopies(S3Storage):
    largest_copy = 5 * MIB


def statuses(aws):
    return [request.status for request in aws.faults.requests]


@pytest.fixture
def irish(aws, on_moto):
    """A bucket of eu-west-1."""
    on_moto.create_bucket("irish", "eu-west-1")
    return "irish"


# A bucket of another region is found


@pytest.mark.parametrize(
    ("client_region", "refusal", "tells_region"),
    [("us-west-2", 301, True), ("us-east-1", 400, True), (None, 400, False)],
    ids=["another", "global", "none"],
)
@pytest.mark.parametrize(
    "call",
    [
        lambda s: s.upload_file("irish", "new", b"data"),
        lambda s: s.upload_stream("irish", "new", io.BytesIO(DATA)),
        lambda s: s.download_file("irish", "key") == b"data" or pytest.fail("other data"),
        lambda s: s.read_range("irish", "key", 1, 2) == b"at" or pytest.fail("other data"),
        lambda s: s.stat("irish", "key"),
        lambda s: not s.exists("irish", "none") or pytest.fail("it exists"),
        lambda s: [info.key for info in s.iter_objects("irish")] == ["key"] or pytest.fail("other keys"),
        lambda s: s.copy("irish", "key", "irish", "copy"),
        lambda s: s.delete_file("irish", "key"),
        lambda s: s.delete_many("irish", ["key"]),
        lambda s: s.bucket_exists("irish") or pytest.fail("no bucket"),
        lambda s: not s.ensure_bucket("irish") or pytest.fail("it was made"),
        lambda s: list(s.iter_multipart_uploads("irish")),
    ],
    ids=[
        *("put", "multipart", "get", "range", "head", "absent", "list", "copy", "delete", "delete_many"),
        *("bucket_exists", "ensure_bucket", "uploads"),
    ],
)
def test_a_bucket_elsewhere_is_found_by(aws, irish, on_moto, in_region, call, client_region, refusal, tells_region):
    on_moto.upload_file(irish, "key", b"data")
    aws.rules.tells_region = tells_region
    call(in_region(client_region))
    assert refusal in statuses(aws)


def test_what_was_found_is_remembered(aws, irish, in_region):
    storage = in_region("us-west-2")
    storage.upload_file(irish, "key", b"data")
    aws.faults.clear()
    for _ in range(3):
        storage.download_file(irish, "key")
    assert statuses(aws) == [200, 200, 200]


def test_a_large_object_goes_to_another_region_and_comes_back(aws, irish, in_region, tmp_path):
    storage = in_region("us-west-2")
    storage.upload_file(irish, "key", DATA)
    in_region("us-west-2").download_path(irish, "key", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == DATA


@pytest.mark.parametrize("kind", [S3Storage, SmallCopies], ids=["at once", "in parts"])
def test_a_copy_goes_from_one_region_to_another(aws, irish, in_region, kind):
    in_region("us-west-2").create_bucket("oregon")
    in_region("us-west-2").upload_file("oregon", "key", DATA, content_type="text/x")
    with kind("ap-southeast-2") as storage:
        assert storage.copy("oregon", "key", irish, "copy").size == len(DATA)
        assert storage.stat(irish, "copy").content_type == "text/x"
        assert storage.download_file(irish, "copy") == DATA


@pytest.mark.parametrize("kind", [S3Storage, SmallCopies], ids=["at once", "in parts"])
def test_a_copy_says_of_its_source_and_of_its_target_what_each_must_be_told(aws, irish, in_region, kind):
    storage, key = in_region("eu-west-1"), bytes(range(32))
    storage.create_bucket("theirs")
    storage.upload_file("theirs", "key", DATA, Tagging="a=b")
    aws.rules.owners = {"theirs": "111111111111", irish: "222222222222"}
    aws.rules.requester_pays = {"theirs"}
    aws.rules.customer_keys = {"theirs/key": base64.b64encode(key).decode()}
    source = {"CopySourceSSECustomerAlgorithm": "AES256", "CopySourceSSECustomerKey": key}
    owners = {"ExpectedSourceBucketOwner": "111111111111", "ExpectedBucketOwner": "222222222222"}
    with kind("eu-west-1") as storage:
        assert storage.copy("theirs", "key", irish, "copy", RequestPayer="requester", **source, **owners).size == len(
            DATA
        )
        for wrong in ({"ExpectedSourceBucketOwner": "3"}, {"ExpectedBucketOwner": "3"}):
            with pytest.raises(PermissionDenied):
                storage.copy("theirs", "key", irish, "other", RequestPayer="requester", **source, **{**owners, **wrong})
        tags = storage.native.get_object_tagging(Bucket=irish, Key="copy")["TagSet"]
    assert tags == [{"Key": "a", "Value": "b"}]


def test_the_other_regions_client_is_not_needed_to_write_there(aws, in_region):
    client = S3Client("us-east-1")
    assert client.ensure_bucket("sydney", "ap-southeast-2") is True
    assert client.ensure_bucket("sydney", "ap-southeast-2") is True
    assert client.upload_file(__file__, "sydney", "key") is True
    assert client.list_objects("sydney") == ["key"]
    client.close()


# 301 and 403 are never "absent"


def test_a_bucket_that_is_nowhere_in_the_end_is_not_absent(aws, irish, in_region):
    storage = in_region("us-west-2")
    elsewhere = Status(301, code="PermanentRedirect", headers={"x-amz-bucket-region": "eu-west-2"})
    aws.faults.inject(elsewhere, times=None)
    for call in (storage.bucket_exists, storage.ensure_bucket, lambda b: storage.exists(b, "key")):
        with pytest.raises(InvalidRequest, match="endpoint_url and region_name") as caught:
            call(irish)
        assert caught.value.code == "301"
    assert [request.method for request in aws.faults.requests] == ["HEAD"] * 6


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1"])
def test_a_bucket_that_may_not_be_looked_at_is_not_absent(aws, irish, in_region, region):
    aws.rules.denied.add(irish)
    storage = in_region(region)
    aws.faults.clear()
    for call in (storage.bucket_exists, storage.ensure_bucket, lambda b: storage.exists(b, "key")):
        with pytest.raises(PermissionDenied) as caught:
            call(irish)
        assert caught.value.code == "AccessDenied"
    assert "PUT" not in [request.method for request in aws.faults.requests]
    assert S3Client(client=storage.native).ensure_bucket(irish) is False


# Making buckets


@pytest.mark.parametrize(
    ("client_region", "region", "place", "host"),
    [
        ("eu-west-1", None, "eu-west-1", "s3.eu-west-1"),
        ("eu-west-1", "eu-west-1", "eu-west-1", "s3.eu-west-1"),
        ("us-east-1", None, None, "s3"),
        (None, None, None, "s3"),
        ("us-east-1", "eu-central-1", "eu-central-1", "s3.eu-central-1"),
        ("eu-west-1", "us-east-1", None, "s3"),
        (None, "ap-southeast-2", "ap-southeast-2", "s3.ap-southeast-2"),
    ],
)
def test_a_bucket_is_made_where_it_is_wanted(aws, in_region, client_region, region, place, host):
    storage = in_region(client_region)
    assert storage.ensure_bucket("bucket", region) is True
    assert storage.ensure_bucket("bucket", region) is False
    with pytest.raises(AlreadyExists):
        storage.create_bucket("bucket", region)
    assert storage.native.get_bucket_location(Bucket="bucket")["LocationConstraint"] == place
    made = aws.rules.made["bucket"]
    assert made.host == f"bucket.{host}.amazonaws.com"
    assert made.location == place


def test_a_configuration_of_the_callers_is_used_as_it_is(aws, in_region):
    storage = in_region("eu-west-1")
    with pytest.raises(InvalidRequest) as caught:
        storage.create_bucket("bucket", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    assert caught.value.code == "IllegalLocationConstraintException"
    assert aws.rules.made["bucket"].location == "us-west-2"


def test_clients_of_regions_are_made_once_and_closed(aws, in_region):
    storage = in_region("us-east-1")
    for number in range(3):
        storage.create_bucket(f"bucket-{number}", "eu-west-1")
    assert list(storage._regional) == ["eu-west-1"]
    with pickle.loads(pickle.dumps(storage)) as again:
        assert again.bucket_exists("bucket-1")


# Presigned requests


@pytest.mark.parametrize("client_region", ["eu-west-1", "us-west-2", "us-east-1", None])
@pytest.mark.parametrize("bucket", ["irish", "irish.with.dots"])
def test_a_presigned_url_names_the_region_and_works_there(aws, on_moto, in_region, client_region, bucket):
    on_moto.create_bucket(bucket, "eu-west-1")
    storage = in_region(client_region)
    request = storage.generate_presigned_upload(bucket, "key", content_type="text/x", ServerSideEncryption="AES256")
    host = f"s3.eu-west-1.amazonaws.com/{bucket}" if "." in bucket else f"{bucket}.s3.eu-west-1.amazonaws.com"
    assert request.url.startswith(f"https://{host}/key?")
    assert "eu-west-1%2Fs3%2Faws4_request" in request.url
    answer, _ = aws.send(request.method, request.url, {**request.headers, "Content-Length": "4"}, b"data")
    assert answer.status == 200
    info = storage.stat(bucket, "key")
    assert (info.size, info.content_type) == (4, "text/x")
    url = storage.generate_presigned_url(bucket, "key")
    assert url.startswith(f"https://{host}/key?")
    answer, body = aws.send("GET", url)
    assert (answer.status, body) == (200, b"data")


def test_a_presigned_url_needs_no_network_where_the_bucket_is_known(aws, irish, in_region):
    storage = in_region("us-west-2")
    storage.generate_presigned_url(irish, "key")
    aws.faults.clear()
    storage.generate_presigned_url(irish, "other")
    assert aws.faults.requests == []


def test_a_presigned_url_is_made_though_the_bucket_may_not_be_looked_at(aws, irish, in_region):
    aws.rules.denied.add(irish)
    url = in_region("us-west-2").generate_presigned_url(irish, "key")
    assert url.startswith("https://irish.s3.eu-west-1.amazonaws.com/key?")


def test_a_key_of_the_customer_goes_with_a_presigned_upload_as_s3_takes_it(aws, irish, in_region):
    request = in_region("eu-west-1").generate_presigned_upload(
        irish, "key", SSECustomerAlgorithm="AES256", SSECustomerKey="k" * 32
    )
    name = "x-amz-server-side-encryption-customer-key"
    assert request.headers[name] == base64.b64encode(b"k" * 32).decode()
    assert request.headers[f"{name}-MD5"] == base64.b64encode(hashlib.md5(b"k" * 32).digest()).decode()


# Checksums that AWS keeps


@pytest.mark.parametrize("size", [0, 100, len(DATA)])
def test_the_crc32_of_the_whole_object_is_kept(aws, irish, in_region, size):
    storage, data = in_region("eu-west-1"), DATA[:size]
    storage.upload_stream(irish, "key", io.BytesIO(data))
    assert storage.stat(irish, "key").checksums["crc32"] == f"{zlib.crc32(data):08x}"
    assert storage.download_file(irish, "key") == data
    head = storage.native.head_object(Bucket=irish, Key="key", ChecksumMode="ENABLED")
    if size == len(DATA):
        assert head["ChecksumType"] == "FULL_OBJECT"


def test_what_arrives_damaged_is_sent_again(aws, irish, in_region):
    storage = in_region("eu-west-1")
    for size, at in [(1000, 500), (len(DATA), 5 * MIB)]:
        aws.faults.clear()
        aws.faults.inject(CorruptRequest(at), method="PUT")
        storage.upload_file(irish, "key", DATA[:size])
        assert 400 in statuses(aws)
        assert storage.download_file(irish, "key") == DATA[:size]


def test_what_always_arrives_damaged_is_an_error_and_no_object(aws, irish, in_region, uploads):
    storage = in_region("eu-west-1", config={"retries": {"total_max_attempts": 2}})
    aws.faults.inject(CorruptRequest(500), method="PUT", times=None)
    for size in (1000, len(DATA)):
        with pytest.raises(IntegrityError) as caught:
            storage.upload_file(irish, "key", DATA[:size])
        assert caught.value.code == "BadDigest"
        assert caught.value.retryable
    assert not storage.exists(irish, "key")
    assert uploads(storage, irish) == []


@pytest.mark.parametrize("size", [1000, 3 * MIB, len(DATA)])
def test_a_download_that_is_not_what_aws_keeps_is_an_error(aws, irish, in_region, tmp_path, size):
    storage = in_region("eu-west-1")
    storage.upload_file(irish, "key", DATA[:size])
    (tmp_path / "file").write_bytes(b"old")
    for fault in (Corrupt(at=100), Truncate(0, silent=True)):
        aws.faults.inject(fault, method="GET", times=None)
        with pytest.raises(IntegrityError):
            storage.download_file(irish, "key")
        with pytest.raises(IntegrityError):
            storage.download_path(irish, "key", tmp_path / "file")
        with storage.open_read(irish, "key") as file, pytest.raises(IntegrityError):
            file.read()
        aws.faults.clear()
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir() if path.name != "ca.pem"] == [
        ("file", b"old")
    ]


@pytest.mark.parametrize("size", [1000, 3 * MIB, len(DATA)])
def test_a_body_that_breaks_is_continued_on_aws_too(aws, irish, in_region, size):
    storage = in_region("eu-west-1")
    storage.upload_file(irish, "key", DATA[:size])
    aws.faults.inject(Truncate(after=500), method="GET", times=2)
    assert storage.download_file(irish, "key") == DATA[:size]


def test_a_checksum_of_another_program_verifies_too(aws, irish, in_region):
    storage = in_region("eu-west-1")
    sha256 = hashlib.sha256(b"data").hexdigest()
    storage.native.put_object(Bucket=irish, Key="key", Body=b"data", ChecksumAlgorithm="SHA256")
    assert storage.stat(irish, "key").checksums["sha256"] == sha256
    assert storage.download_file(irish, "key") == b"data"
    aws.faults.inject(Corrupt(at=1), method="GET")
    with pytest.raises(IntegrityError):
        storage.download_file(irish, "key")


# Conditional writes


@pytest.mark.parametrize("size", [5, len(DATA)], ids=["at once", "in parts"])
def test_only_if_there_is_none(aws, irish, in_region, size, uploads):
    storage = in_region("eu-west-1")
    storage.upload_stream(irish, "key", io.BytesIO(DATA[:size]), if_none_match="*")
    with pytest.raises(PreconditionFailed):
        storage.upload_stream(irish, "key", io.BytesIO(DATA[: size - 1]), if_none_match="*")
    assert storage.stat(irish, "key").size == size
    assert uploads(storage, irish) == []


@pytest.mark.parametrize("size", [5, len(DATA)], ids=["at once", "in parts"])
def test_only_if_it_is_still_the_same(aws, irish, in_region, size, uploads):
    storage = in_region("eu-west-1")
    first = storage.upload_stream(irish, "key", io.BytesIO(b"first"))
    second = storage.upload_stream(irish, "key", io.BytesIO(DATA[:size]), if_match=first.etag)
    with pytest.raises(PreconditionFailed):
        storage.upload_stream(irish, "key", io.BytesIO(DATA[:size]), if_match=first.etag)
    storage.upload_stream(irish, "key", io.BytesIO(b"third"), if_match=f'"{second.etag}"')
    assert storage.download_file(irish, "key") == b"third"
    assert uploads(storage, irish) == []


def test_a_condition_that_fails_after_a_lost_answer_says_so(aws, irish, in_region):
    storage = in_region("eu-west-1")
    aws.faults.inject(Status(503, forward=True), method="PUT")
    with pytest.raises(PreconditionFailed, match="this very write"):
        storage.upload_stream(irish, "key", io.BytesIO(b"data"), if_none_match="*")
    assert storage.download_file(irish, "key") == b"data"


def test_a_store_may_be_said_to_know_conditions(moto_server, on_moto, new_bucket, connect):
    bucket = new_bucket(on_moto)
    storage = connect(moto_server, capabilities=[*S3Storage.PLAIN_S3, Capability.CONDITIONAL_CREATE])
    storage.upload_stream(bucket, "key", io.BytesIO(b"data"), if_none_match="*")
    with pytest.raises(PreconditionFailed):
        storage.upload_stream(bucket, "key", io.BytesIO(b"data"), if_none_match="*")


# What is missing is named


def test_what_is_missing_is_named(aws, irish, in_region):
    storage = in_region("us-west-2")
    with pytest.raises(ObjectNotFound, match="no object 'none' in bucket 'irish'") as caught:
        storage.stat(irish, "none")
    assert caught.value.code == "NoSuchKey"
    with pytest.raises(BucketNotFound):
        storage.stat("no-such-bucket", "key")


def test_an_endpoint_of_aws_given_by_hand_is_aws(moto_server):
    with S3Storage("eu-west-1", endpoint_url="https://bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com") as storage:
        assert storage.capabilities == frozenset(Capability)
    with S3Storage("eu-west-1", endpoint_url="https://amazonaws.com.example.org") as storage:
        assert Capability.ATOMIC_CREATE not in storage.capabilities
