"""That data arrive as they were sent, both ways, on stores that keep no CRC-32; AWS's are in test_regions."""

import hashlib
import random

import pytest
from codomyrmex.cloud.aws._integrity import PartsMD5, checksums
from codomyrmex.cloud.errors import IntegrityError, UnsupportedOperation
from codomyrmex.cloud.testing.backends.faults import Corrupt, CorruptRequest, Status, Truncate

MIB = 1024 * 1024
DATA = random.Random(5).randbytes(20 * MIB)
SIZES = pytest.mark.parametrize("size", [1000, 3 * MIB, len(DATA)], ids=["small", "medium", "in parts"])


@SIZES
def test_what_arrives_damaged_is_refused_and_sent_again(faulty, on_swift, size):
    proxy, storage, bucket = faulty
    proxy.inject(CorruptRequest(at=500), method="PUT")
    storage.upload_file(bucket, "key", DATA[:size])
    assert 400 in [request.status for request in proxy.requests]
    assert on_swift.download_file(bucket, "key") == DATA[:size]


@SIZES
def test_what_always_arrives_damaged_is_an_error_and_no_object(faulty, on_swift, size, uploads):
    proxy, storage, bucket = faulty
    proxy.inject(CorruptRequest(at=500), method="PUT", times=None)
    with pytest.raises(IntegrityError) as caught:
        storage.upload_file(bucket, "key", DATA[:size])
    assert caught.value.code == "XAmzContentSHA256Mismatch"
    assert caught.value.retryable
    assert len([request for request in proxy.requests if request.status == 400]) >= 2
    assert not on_swift.exists(bucket, "key")
    assert uploads(on_swift, bucket) == []


@pytest.mark.parametrize("size", [1000, len(DATA)], ids=["at once", "in parts"])
def test_a_store_that_takes_damaged_data_is_found_out(on_moto, moto_server, new_bucket, fault_proxy, connect, size):
    bucket, proxy = new_bucket(on_moto), fault_proxy(moto_server.endpoint_url)
    storage = connect(moto_server, endpoint_url=proxy.endpoint_url)
    proxy.inject(CorruptRequest(at=500), method="PUT")
    with pytest.raises(IntegrityError, match="keeps other data"):
        storage.upload_file(bucket, "key", DATA[:size])


@SIZES
@pytest.mark.parametrize(
    "fault", [Corrupt(at=0), Corrupt(at=900), Truncate(900, silent=True), Truncate(0, silent=True)], ids=repr
)
def test_what_comes_down_damaged_is_an_error_and_no_file(faulty, on_swift, tmp_path, size, fault):
    proxy, storage, bucket = faulty
    on_swift.upload_file(bucket, "key", DATA[:size])
    (tmp_path / "file").write_bytes(b"old")
    proxy.inject(fault, method="GET", times=None)
    with pytest.raises(IntegrityError) as caught:
        storage.download_path(bucket, "key", tmp_path / "file")
    assert caught.value.retryable
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("file", b"old")]
    with pytest.raises(IntegrityError):
        storage.download_file(bucket, "key")
    with storage.open_read(bucket, "key") as file, pytest.raises(IntegrityError) as caught:
        file.read()
    assert (caught.value.operation, caught.value.resource) == ("open_read", f"s3://{bucket}/key")


def test_damage_in_any_part_is_found(faulty, on_swift):
    proxy, storage, bucket = faulty
    on_swift.upload_file(bucket, "key", DATA)
    for number in (1, 2, 3):
        proxy.clear()
        proxy.inject(Corrupt(at=MIB), method="GET", nth=number)
        with pytest.raises(IntegrityError):
            storage.download_file(bucket, "key")


def test_an_etag_of_other_data_is_found_out(faulty):
    proxy, storage, bucket = faulty
    proxy.inject(Status(200, headers={"ETag": f'"{hashlib.md5(b"other").hexdigest()}"'}, body=b"data"), method="GET")
    with pytest.raises(IntegrityError):
        storage.download_file(bucket, "key")


def test_an_answer_cut_to_nothing_is_no_empty_object(faulty, on_swift):
    proxy, storage, bucket = faulty
    on_swift.upload_file(bucket, "key", b"data")
    proxy.inject(Truncate(0, silent=True), method="GET", times=None)
    with pytest.raises(IntegrityError):
        storage.download_file(bucket, "key")
    with storage.open_read(bucket, "key") as file, pytest.raises(IntegrityError):
        file.read()


def test_a_range_cut_short_unnoticed_is_continued(faulty, on_swift):
    proxy, storage, bucket = faulty
    on_swift.upload_file(bucket, "key", DATA[:5000])
    proxy.inject(Truncate(100, silent=True), method="GET", times=2)
    assert storage.read_range(bucket, "key", 1000, 2000) == DATA[1000:3000]


@pytest.mark.parametrize("sizes", [(6, 5, 6), (5, 6, 2), (6, 5, 1), (5, 5, 5), (5, 5, 1), (5,)])
def test_an_object_of_any_parts_can_be_downloaded(on_swift, new_bucket, sizes):
    bucket, client = new_bucket(on_swift), on_swift.native
    target, parts, start = {"Bucket": bucket, "Key": "key"}, [], 0
    upload = client.create_multipart_upload(**target)["UploadId"]
    for number, size in enumerate(sizes, 1):
        body, start = DATA[start : start + size * MIB], start + size * MIB
        sent = client.upload_part(**target, UploadId=upload, PartNumber=number, Body=body)
        parts.append({"PartNumber": number, "ETag": sent["ETag"]})
    client.complete_multipart_upload(**target, UploadId=upload, MultipartUpload={"Parts": parts})
    assert on_swift.download_file(bucket, "key") == DATA[:start]
    with on_swift.open_read(bucket, "key") as file:
        assert file.read() == DATA[:start]


def test_a_store_that_ignores_ranges_is_not_believed(faulty):
    proxy, storage, bucket = faulty
    whole = Status(200, headers={"ETag": f'"{hashlib.md5(b"0123456789").hexdigest()}"'}, body=b"0123456789")
    proxy.inject(whole, method="GET", times=None)
    assert storage.download_file(bucket, "key") == b"0123456789"
    with pytest.raises(UnsupportedOperation, match="Range"):
        storage.read_range(bucket, "key", 3, 4)
    with pytest.raises(UnsupportedOperation, match="Range"):
        storage.open_read(bucket, "key", start=5)


# What counts as a checksum


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({"ETag": '"' + "0" * 32 + '"'}, {"md5": "0" * 32}),
        ({"ETag": '"' + "0" * 32 + '-2"'}, {}),
        ({"ETag": '"opaque"'}, {}),
        ({}, {}),
        ({"ETag": '"' + "0" * 32 + '"', "ServerSideEncryption": "AES256"}, {"md5": "0" * 32}),
        ({"ETag": '"' + "0" * 32 + '"', "ServerSideEncryption": "aws:kms"}, {}),
        ({"ETag": '"' + "0" * 32 + '"', "ServerSideEncryption": "aws:kms:dsse"}, {}),
        ({"ETag": '"' + "0" * 32 + '"', "SSECustomerAlgorithm": "AES256"}, {}),
        ({"ChecksumCRC32": "AAAAAA==", "ChecksumType": "FULL_OBJECT"}, {"crc32": "00000000"}),
        ({"ChecksumCRC32": "AAAAAA==", "ChecksumType": "COMPOSITE"}, {}),
        ({"ChecksumSHA256": "AAAA-3"}, {}),
        ({"ChecksumCRC64NVME": "AAAAAAAAAAA="}, {"crc64nvme": "0" * 16}),
    ],
)
def test_only_what_is_of_the_whole_data_counts(answer, found):
    assert checksums(answer) == found


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 20, 25])
@pytest.mark.parametrize("step", [1, 7, 10, 100])
def test_the_etag_of_parts_is_the_same_however_the_data_come(size, step):
    data = bytes(range(size))
    parts = [data[i : i + 10] for i in range(0, size, 10)]
    expected = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()
    digest = PartsMD5(10)
    for start in range(0, size, step):
        digest.update(data[start : start + step])
    assert digest.hexdigest() == f"{expected}-{len(parts)}"
    assert digest.hexdigest() == f"{expected}-{len(parts)}"
