"""Disks that are full or read-only: nothing is lost, and what is stored can be read and deleted."""

import os
import subprocess
from contextlib import suppress

import pytest
from codomyrmex.cloud.errors import PermissionDenied, QuotaExceeded
from codomyrmex.cloud.local import LocalStorage

DATA = os.urandom(500_000)


@pytest.fixture
def root(small_disk):
    return small_disk / "root"


@pytest.fixture(params=[False, True], ids=["same client", "new client"])
def full(request, storage, small_disk):
    """A storage on a disk without a free byte, just filled or found so."""
    for key in ("one", "two"):
        storage.upload_file("bucket", key, DATA)
    storage.upload_file("bucket", "tiny", b"x")
    if request.param:
        storage.close()
    fill(small_disk / "filler")
    return storage


def fill(path):
    with suppress(OSError), open(path, "wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    assert os.statvfs(path).f_bavail == 0


def keys(storage):
    return [info.key for info in storage.iter_objects("bucket")]


def remount(disk, how):
    subprocess.run(["mount", "-o", f"remount,{how}", disk], check=True)


def test_an_upload_too_large_for_the_disk_leaves_nothing_behind(storage, root, blobs, tree, tmp_path):
    storage.upload_file("bucket", "key", DATA)
    before, free = blobs(), os.statvfs(root).f_bavail
    (tmp_path / "large").write_bytes(bytes(6_000_000))
    for upload in (
        lambda: storage.upload_file("bucket", "key", bytes(6_000_000)),
        lambda: storage.upload_path("bucket", "new", tmp_path / "large"),
    ):
        with pytest.raises(QuotaExceeded, match="No space left on device"):
            upload()
    assert storage.download_file("bucket", "key") == DATA
    assert keys(storage) == ["key"]
    assert blobs() == before
    assert os.statvfs(root).f_bavail >= free - 16  # folders and journal


def test_a_download_too_large_for_the_disk_leaves_the_target(storage, small_disk):
    storage.upload_file("bucket", "key", DATA * 5)
    (small_disk / "target").write_bytes(b"old")
    with pytest.raises(QuotaExceeded):
        storage.download_path("bucket", "key", small_disk / "target")
    assert (small_disk / "target").read_bytes() == b"old"
    assert sorted(os.listdir(small_disk)) == ["root", "target"]


def test_a_full_disk_can_be_read(full):
    assert full.list_buckets() == ["bucket"]
    assert keys(full) == ["one", "tiny", "two"]
    assert full.download_file("bucket", "one") == DATA
    assert full.stat("bucket", "tiny").size == 1


def test_an_upload_to_a_full_disk_leaves_what_is_there(full, blobs):
    before = blobs()
    for key in ("one", "new"):
        with pytest.raises(QuotaExceeded):
            full.upload_file("bucket", key, b"new")
    assert full.download_file("bucket", "one") == DATA
    assert keys(full) == ["one", "tiny", "two"]
    assert blobs() == before


def test_deleting_from_a_full_disk_makes_room(full, blobs):
    assert full.delete_file("bucket", "one")
    assert keys(full) == ["tiny", "two"]
    assert len(blobs()) == 2
    full.upload_file("bucket", "three", DATA[:300_000])
    assert full.download_file("bucket", "three") == DATA[:300_000]
    assert full.download_file("bucket", "two") == DATA


def test_deleting_many_from_a_full_disk_makes_room(full):
    assert full.delete_many("bucket", ["tiny", "none", "two"]) == {}
    assert keys(full) == ["one"]
    assert full.download_file("bucket", "one") == DATA


def test_a_delete_that_a_full_disk_refuses_leaves_the_object(full):
    try:
        full.delete_file("bucket", "tiny")
    except QuotaExceeded:
        assert full.download_file("bucket", "tiny") == b"x"
    else:
        assert keys(full) == ["one", "two"]


def test_a_full_disk_makes_no_bucket_and_no_signing_key(full, root):
    before = set(os.listdir(root))
    with pytest.raises(QuotaExceeded):
        full.create_bucket("another")
    with pytest.raises(QuotaExceeded):
        full.generate_presigned_url("bucket", "one")
    assert set(os.listdir(root)) == before


def test_a_read_only_disk_can_be_read_and_not_written(storage, small_disk):
    storage.upload_file("bucket", "key", DATA)
    storage.create_bucket("empty")
    storage.close()
    remount(small_disk, "ro")
    assert storage.list_buckets() == ["bucket", "empty"]
    assert storage.download_file("bucket", "key") == DATA
    assert keys(storage) == ["key"]
    for write in (
        lambda: storage.upload_file("bucket", "key", b"new"),
        lambda: storage.delete_file("bucket", "key"),
        lambda: storage.create_bucket("another"),
        lambda: storage.delete_bucket("empty"),
        lambda: storage.generate_presigned_url("bucket", "key"),
    ):
        with pytest.raises(PermissionDenied):
            write()
    assert storage.sweep("bucket", 0) == 0
    remount(small_disk, "rw")
    storage.upload_file("bucket", "key", b"new")
    assert storage.download_file("bucket", "key") == b"new"
    assert storage.delete_bucket("empty")


def test_what_a_killed_writer_stored_is_read_from_a_read_only_disk(storage, root, small_disk, start):
    writer = start("upload_half", root)
    storage.upload_file("bucket", "key", DATA)
    assert writer.stdout.readline() == '["half"]\n'
    storage.close()  # the writer has the journal open
    writer.kill()
    writer.wait()
    remount(small_disk, "ro")
    with LocalStorage(root) as reader:
        assert reader.download_file("bucket", "key") == DATA
        assert keys(reader) == ["key"]
