"""Uploads of any size: blocks, several writers, and the SDK's own arguments."""

import gzip
import inspect
import io
import os
import re
import threading

import pytest
from azure.storage.blob import (
    BlobClient,
    BlobServiceClient,
    BlobType,
    ContainerClient,
    ContentSettings,
    generate_blob_sas,
)
from codomyrmex.cloud.azure import AzureStorage
from codomyrmex.cloud.azure._upload import MOST_BLOCKS, block_size
from codomyrmex.cloud.azure.options import Headers, Staging, Writing
from codomyrmex.cloud.errors import Conflict, IntegrityError
from support.options import options_of

MIB = 1024 * 1024
TIB = 1024 * 1024 * MIB


class Endless(io.RawIOBase):
    """Zeros, and an error behind ``size`` of them."""

    def __init__(self, size):
        self._left = size

    def readable(self):
        return True

    def readinto(self, buffer):
        if not self._left:
            raise RuntimeError("enough")
        count = min(len(buffer), self._left)
        self._left -= count
        return count


@pytest.mark.parametrize("size", [0, 1, 8 * MIB, 400_000 * MIB, 400_001 * MIB, TIB, 190 * TIB])
def test_a_blob_of_known_size_has_no_more_blocks_than_azure_takes(size):
    assert -(-size // block_size(size)) <= MOST_BLOCKS
    assert block_size(size) <= 4000 * MIB
    assert block_size(size) % MIB == 0


def test_blocks_of_an_unknown_size_grow_so_that_they_suffice():
    sent = 0
    for _ in range(MOST_BLOCKS):
        sent += block_size(None, sent)
    assert sent > 70 * TIB
    assert block_size(None, sent) <= 4000 * MIB
    assert block_size(None, 39 * 1024 * MIB) == 8 * MIB  # and stay small as long as they may


@pytest.mark.parametrize("size", [8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 17 * MIB])
def test_a_blob_of_blocks_is_verified_by_its_md5(storage, bucket, size):
    data = os.urandom(size)
    moved = []
    info = storage.upload_stream(bucket, "key", io.BytesIO(data), progress=moved.append)
    assert storage.download_file(bucket, "key") == data
    assert storage.stat(bucket, "key") == info
    assert sum(moved) == size


def test_a_stream_that_breaks_commits_nothing(storage, bucket):
    with pytest.raises(RuntimeError, match="enough"):
        storage.upload_stream(bucket, "key", Endless(20 * MIB))
    assert storage.exists(bucket, "key") is False
    assert list(storage.iter_objects(bucket)) == []  # blocks are there, which Azure removes after a week


def test_a_bucket_with_uncommitted_blocks_is_empty(storage, bucket):
    with pytest.raises(RuntimeError):
        storage.upload_stream(bucket, "key", Endless(20 * MIB))
    assert storage.delete_bucket(bucket) is True


def test_a_stream_of_text_is_refused(storage, bucket):
    with pytest.raises(TypeError, match="binary"):
        storage.upload_stream(bucket, "key", io.StringIO("text"))


def test_writers_of_one_blob_do_not_mix_their_blocks(storage, bucket):
    versions = [bytes([number]) * (20 * MIB) for number in range(3)]
    errors = []

    def write(data):
        try:
            storage.upload_stream(bucket, "key", io.BytesIO(data))
        except Conflict as error:
            errors.append(error.code)

    threads = [threading.Thread(target=write, args=[data]) for data in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert storage.download_file(bucket, "key") in versions
    assert set(errors) <= {"InvalidBlockList"}


def test_a_pipe_is_uploaded_to_its_end(storage, bucket, tmp_path):
    os.mkfifo(pipe := tmp_path / "pipe")
    data = os.urandom(9 * MIB)
    writer = threading.Thread(target=pipe.write_bytes, args=[data])
    writer.start()
    assert storage.upload_path(bucket, "key", pipe).size == len(data)
    writer.join()
    assert storage.download_file(bucket, "key") == data


# The SDK's own arguments


@pytest.mark.parametrize("size", [4, 9 * MIB], ids=["small", "large"])
def test_arguments_of_the_sdk_reach_it(storage, bucket, size):
    arguments = {
        "standard_blob_tier": "Cool",
        "cache_control": "no-store",
        "content_disposition": "attachment",
        "content_language": "de",
    }
    storage.upload_stream(bucket, "key", io.BytesIO(bytes(size)), **arguments)
    found = storage.native.get_blob_client(bucket, "key").get_blob_properties()
    assert found.blob_tier == "Cool"
    kept = found.content_settings
    assert (kept.cache_control, kept.content_disposition, kept.content_language) == ("no-store", "attachment", "de")


@pytest.mark.parametrize("size", [4, 9 * MIB], ids=["small", "large"])
def test_a_leased_blob_is_written_by_who_holds_the_lease(storage, bucket, size):
    storage.upload_file(bucket, "key", b"old")
    lease = storage.native.get_blob_client(bucket, "key").acquire_lease()
    with pytest.raises(Conflict) as caught:
        storage.upload_stream(bucket, "key", io.BytesIO(bytes(size)))
    assert caught.value.code == "LeaseIdMissing"
    storage.upload_stream(bucket, "key", io.BytesIO(bytes(size)), lease=lease.id)
    assert storage.stat(bucket, "key").size == size
    lease.release()


def test_a_snapshot_is_read_and_stands_in_the_way_of_deletion(storage, bucket):
    storage.upload_file(bucket, "key", b"old")
    snapshot = storage.native.get_blob_client(bucket, "key").create_snapshot()["snapshot"]
    storage.upload_file(bucket, "key", b"new")
    assert storage.download_file(bucket, "key", snapshot=snapshot) == b"old"
    assert storage.stat(bucket, "key", snapshot=snapshot).size == 3
    with pytest.raises(Conflict, match="delete_snapshots"):
        storage.delete_file(bucket, "key")
    assert storage.delete_file(bucket, "key", delete_snapshots="include") is True


@pytest.mark.parametrize(
    "call",
    [
        lambda s, bucket: s.upload_file(bucket, "key", b"data", StorageClass="COLD"),
        lambda s, bucket: s.upload_file(bucket, "key", b"data", overwrite=False),
        lambda s, bucket: s.download_file(bucket, "key", max_concurrency=2),
        lambda s, bucket: s.stat(bucket, "key", tags={}),
        lambda s, bucket: s.copy(bucket, "key", bucket, "key2", metadata={}),
        lambda s, bucket: s.delete_file(bucket, "key", force=True),
        lambda s, bucket: s.delete_many(bucket, ["key"], lease="x"),
        lambda s, bucket: list(s.iter_objects(bucket, delimiter="/")),
        lambda s, bucket: s.create_bucket("another", region="x"),
        lambda s, bucket: s.ensure_bucket(bucket, region="x"),
        lambda s, bucket: s.generate_presigned_url(bucket, "key", permission="w"),
        lambda s, bucket: s.generate_presigned_upload(bucket, "key", cache_control="x"),
    ],
)
def test_an_argument_that_the_operation_does_not_know_is_told(storage, bucket, call):
    with pytest.raises(TypeError, match="no argument of this operation"):
        call(storage, bucket)


@pytest.mark.parametrize("size", [4, 9 * MIB], ids=["small", "large"])
def test_an_option_that_is_none_is_left_out(storage, bucket, size):
    def none(method):
        return dict.fromkeys(options_of(method))

    storage.create_bucket(f"{bucket}-none", **none(AzureStorage.create_bucket))
    storage.upload_stream(bucket, "key", io.BytesIO(bytes(size)), **none(AzureStorage.upload_stream))
    storage.copy(bucket, "key", bucket, "copy", **none(AzureStorage.copy))
    assert storage.copy(bucket, "key", bucket, "key", **none(AzureStorage.copy)) == storage.stat(bucket, "key")
    assert [info.size for info in storage.iter_objects(bucket, **none(AzureStorage.iter_objects))] == [size, size]
    assert storage.download_file(bucket, "copy", **none(AzureStorage.download_file)) == bytes(size)
    assert storage.stat(bucket, "copy", **none(AzureStorage.stat)).size == size
    assert "sig=" in storage.generate_presigned_url(bucket, "key", **none(AzureStorage.generate_presigned_url))
    assert storage.generate_presigned_upload(bucket, "key", **none(AzureStorage.generate_presigned_upload)).url
    assert storage.delete_file(bucket, "key", **none(AzureStorage.delete_file)) is True
    assert storage.delete_many(bucket, ["copy"], **none(AzureStorage.delete_many)) == {}


OPERATIONS = {
    "create_bucket": [BlobServiceClient.create_container],
    "ensure_bucket": [BlobServiceClient.create_container],
    "iter_objects": [ContainerClient.list_blobs],
    "stat": [BlobServiceClient.get_blob_client, BlobClient.get_blob_properties],
    "download_file": [BlobServiceClient.get_blob_client, BlobClient.download_blob],
    "upload_file": [ContentSettings, BlobClient.upload_blob],
    "copy": [BlobClient.start_copy_from_url],
    "delete_file": [BlobServiceClient.get_blob_client, BlobClient.delete_blob],
    "delete_many": [ContainerClient.delete_blobs],
    "generate_presigned_url": [generate_blob_sas],
    "generate_presigned_upload": [generate_blob_sas],
}
"""Of the SDK, by the method that passes arguments on."""


@pytest.mark.release
@pytest.mark.parametrize("method", OPERATIONS)
def test_the_sdk_documents_every_option(method):
    documentation = "".join(inspect.getdoc(operation) for operation in OPERATIONS[method])
    for name in options_of(getattr(AzureStorage, method)):
        assert re.search(rf"^:(param|keyword)[^:]* {name}:", documentation, re.MULTILINE), name


@pytest.mark.release
def test_each_request_of_an_upload_in_blocks_takes_its_options():
    for operation, options in (("stage_block", Staging), ("commit_block_list", Writing), ("upload_blob", Writing)):
        documentation = inspect.getdoc(getattr(BlobClient, operation))
        for name in options.__optional_keys__ - Headers.__optional_keys__:
            assert f" {name}:" in documentation, (operation, name)


# What is read is what is stored


def test_a_content_encoding_is_left_alone(storage, bucket, tmp_path):
    data = gzip.compress(b"data" * 1000)
    storage.upload_file(bucket, "key", data, "text/plain", content_encoding="gzip")
    assert storage.download_file(bucket, "key") == data
    assert storage.download_path(bucket, "key", tmp_path / "file").size == len(data)
    assert storage.read_range(bucket, "key", 2, 5) == data[2:7]


def test_a_blob_that_is_not_what_its_md5_says_is_an_integrity_error(storage, bucket, tmp_path):
    data = os.urandom(9 * MIB)
    blob = storage.native.get_blob_client(bucket, "key")
    storage.upload_file(bucket, "key", data)
    settings = blob.get_blob_properties().content_settings
    settings.content_md5 = bytearray(16)
    blob.set_http_headers(settings)
    for read in (
        lambda: storage.download_file(bucket, "key"),
        lambda: storage.download_path(bucket, "key", tmp_path / "file"),
        lambda: storage.open_read(bucket, "key").read(),
    ):
        with pytest.raises(IntegrityError, match="that is kept with the blob"):
            read()
    assert storage.read_range(bucket, "key", 0, len(data)) == data  # a range has an MD5 of its own
    assert not (tmp_path / "file").exists()


def test_a_blob_that_grew_is_read_though_its_md5_did_not(storage, bucket):
    # "Append Block", Remarks: Content-MD5 is left as it is
    blob = storage.native.get_blob_client(bucket, "key")
    blob.create_append_blob(content_settings=ContentSettings(content_md5=bytearray(16)))
    for _ in range(2):
        blob.append_block(bytes(3 * MIB))
    assert storage.download_file(bucket, "key") == bytes(6 * MIB)
    assert storage.stat(bucket, "key").checksums == {}


def test_a_blob_without_an_md5_is_read(storage, bucket):
    blob = storage.native.get_blob_client(bucket, "key")
    blob.upload_blob(io.BytesIO(bytes(9 * MIB)), blob_type=BlobType.APPENDBLOB)
    assert storage.download_file(bucket, "key") == bytes(9 * MIB)
    assert storage.stat(bucket, "key").checksums == {}
