"""What was damaged behind our back is told, and never passed on as good data."""

import pytest
from codomyrmex.cloud.errors import IntegrityError
from codomyrmex.cloud.local import LocalStorage

DATA = b"0123456789" * 100_000


def corrupt(blob):
    with blob.open("r+b") as file:
        file.seek(500_000)
        file.write(b"X")


def truncate(blob):
    with blob.open("r+b") as file:
        file.truncate(len(DATA) - 1)


def extend(blob):
    with blob.open("ab") as file:
        file.write(b"X")


def remove(blob):
    blob.unlink()


READERS = {
    "download_file": lambda s, path: s.download_file("bucket", "key"),
    "download_path": lambda s, path: s.download_path("bucket", "key", path),
    "copy": lambda s, path: s.copy("bucket", "key", "bucket", "copy"),
    "open_read": lambda s, path: s.open_read("bucket", "key"),
    "read_range": lambda s, path: s.read_range("bucket", "key", 10, 10),
}


@pytest.fixture
def blob(storage, blobs):
    storage.upload_file("bucket", "key", DATA)
    return next(iter(blobs()))


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize("damage", [truncate, extend, remove])
def test_data_of_the_wrong_size_is_told_by_every_reader(storage, blob, tmp_path, read, damage):
    (tmp_path / "target").write_bytes(b"old")
    damage(blob)
    with pytest.raises(IntegrityError, match=f"'key' is .*{blob}") as caught:
        read(storage, tmp_path / "target")
    assert caught.value.resource in ("local://bucket/key", "local://bucket/copy")
    assert (tmp_path / "target").read_bytes() == b"old"
    assert not storage.exists("bucket", "copy")


@pytest.mark.parametrize("name", ["download_file", "download_path", "copy"])
def test_changed_data_is_told_by_every_reader_of_the_whole(storage, blob, blobs, tmp_path, name):
    (tmp_path / "target").write_bytes(b"old")
    corrupt(blob)
    with pytest.raises(IntegrityError, match="the stored data is damaged"):
        READERS[name](storage, tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["root", "target"]
    assert not storage.exists("bucket", "copy")
    assert blobs() == {blob}


@pytest.mark.parametrize("damage", [corrupt, truncate, remove])
def test_a_damaged_object_can_be_replaced_and_deleted(storage, blob, blobs, damage):
    damage(blob)
    storage.upload_file("bucket", "key", b"new")
    assert storage.download_file("bucket", "key") == b"new"
    damage(next(iter(blobs()))) if damage is remove else None
    assert storage.delete_file("bucket", "key")
    assert blobs() == set()


@pytest.mark.parametrize("garbage", [b"garbage" * 1000, b"", b"x", b"SQLite format 3\0" + b"\xff" * 8176])
def test_an_index_that_is_garbage_is_told_with_its_place(storage, root, index, garbage):
    storage.create_bucket("other")
    storage.upload_file("other", "key", b"data")
    storage.close()
    index().write_bytes(garbage)
    with LocalStorage(root) as damaged:
        for use in (
            lambda: damaged.stat("bucket", "key"),
            lambda: damaged.upload_file("bucket", "key", b"data"),
            lambda: list(damaged.iter_objects("bucket")),
            lambda: damaged.delete_file("bucket", "key"),
            lambda: damaged.delete_bucket("bucket"),
        ):
            with pytest.raises(IntegrityError, match=str(root)) as caught:
                use()
            assert caught.value.resource.startswith("local://bucket")
            assert not caught.value.retryable
        assert damaged.download_file("other", "key") == b"data"
        assert damaged.list_buckets() == ["bucket", "other"]


def test_an_index_damaged_in_the_middle_is_told(storage, root, index, fill_index):
    fill_index(3000)
    storage.close()
    with index().open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * 40_000)
    with LocalStorage(root) as damaged, pytest.raises(IntegrityError, match="malformed"):
        list(damaged.iter_objects("bucket"))


def test_a_whole_object_that_is_streamed_is_verified_at_its_end(storage):
    storage.upload_file("bucket", "key", b"x" * 2_500_000)
    row = storage._bucket("bucket").get("key")
    with open(storage._bucket("bucket")._path(row.blob), "r+b") as blob:
        blob.seek(2_400_000)
        blob.write(b"y")
    with storage.open_read("bucket", "key") as file, pytest.raises(IntegrityError):
        file.read()
    with pytest.raises(IntegrityError):
        storage.read_range("bucket", "key")
