"""Buckets: made, listed, deleted, and told apart from what else lies in the root."""

import os

import pytest
from codomyrmex.cloud.errors import (
    AlreadyExists,
    BucketNotFound,
    Conflict,
    InvalidRequest,
    LocalFileError,
    ObjectNotFound,
)
from codomyrmex.cloud.local import LocalStorage

BAD_NAMES = ["ab", "a" * 64, "Upper", "-ab", "ab-", ".ab", "ab.", "a..b", "a b", "é" * 4, "a\\b", "c:x", "bucket/../x"]


def test_buckets_are_listed_in_order(storage):
    for name in ("zoo", "a.b", "a-b", "a_b", "abc", "123", "x" * 63):
        assert storage.create_bucket(name) is True
    assert storage.list_buckets() == sorted(["bucket", "zoo", "a.b", "a-b", "a_b", "abc", "123", "x" * 63])
    assert storage.bucket_exists("zoo")


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_is_no_buckets_is_refused(storage, tmp_path, tree, name):
    before = tree()
    with pytest.raises(ValueError, match="not a bucket name"):
        storage.create_bucket(name)
    assert tree() == before


def test_a_bucket_is_made_once(storage):
    storage.upload_file("bucket", "key", b"data")
    with pytest.raises(AlreadyExists, match="'bucket' exists already") as caught:
        storage.create_bucket("bucket")
    assert isinstance(caught.value, FileExistsError)
    assert storage.ensure_bucket("bucket") is False
    assert storage.ensure_bucket("another") is True
    assert storage.download_file("bucket", "key") == b"data"


def test_a_bucket_with_objects_is_not_deleted(storage):
    storage.upload_file("bucket", "key", b"data")
    with pytest.raises(Conflict, match="not empty"):
        storage.delete_bucket("bucket")
    assert storage.download_file("bucket", "key") == b"data"


def test_a_deleted_bucket_leaves_nothing(storage, root, tree):
    storage.upload_file("bucket", "key", b"data")
    storage.delete_file("bucket", "key")
    assert storage.delete_bucket("bucket") is True
    assert tree(root) == set()
    assert storage.list_buckets() == []
    with pytest.raises(BucketNotFound):
        storage.delete_bucket("bucket")


@pytest.mark.parametrize("use_before", [False, True])
def test_a_bucket_made_again_is_a_new_one_for_all_clients(storage, root, use_before):
    with LocalStorage(root) as other:
        if use_before:
            other.upload_file("bucket", "key", b"old")
            storage.delete_file("bucket", "key")
        storage.delete_bucket("bucket")
        with pytest.raises(BucketNotFound):
            other.upload_file("bucket", "key", b"lost")
        storage.create_bucket("bucket")
        with pytest.raises(ObjectNotFound):
            other.stat("bucket", "key")
        other.upload_file("bucket", "key", b"new")
        assert storage.download_file("bucket", "key") == b"new"


def test_an_upload_into_a_bucket_deleted_meanwhile_is_told_and_leaves_nothing(storage, root, tree):
    def chunks():
        yield b"first"
        storage.delete_bucket("bucket")
        yield b"second"

    with pytest.raises(BucketNotFound):
        storage.upload_stream("bucket", "key", Stream(chunks()))
    assert tree(root) == set()
    assert storage.create_bucket("bucket")


def test_an_upload_into_a_bucket_made_again_meanwhile_is_no_object_without_data(storage, root, blobs):
    def chunks():
        yield b"first"
        storage.delete_bucket("bucket")
        storage.create_bucket("bucket")
        yield b"second"

    with pytest.raises(Conflict, match="deleted while 'key' was written") as caught:
        storage.upload_stream("bucket", "key", Stream(chunks()))
    assert caught.value.retryable
    assert list(storage.iter_objects("bucket")) == []
    assert blobs() == set()


class Stream:
    def __init__(self, chunks):
        self.chunks = chunks

    def read(self, size):
        return next(self.chunks, b"")


def test_a_folder_in_the_root_that_is_no_bucket_is_none(storage, root):
    (root / "folder").mkdir()
    (root / "folder" / "file").write_bytes(b"")
    (root / "file").write_bytes(b"")
    assert storage.list_buckets() == ["bucket"]
    for name in ("folder", "file"):
        assert not storage.bucket_exists(name)
        with pytest.raises(BucketNotFound):
            storage.upload_file(name, "key", b"")
        with pytest.raises(AlreadyExists):
            storage.create_bucket(name)


@pytest.mark.parametrize("name", [".new-0123", "Bucket", "BUCKET", "x" * 255])
def test_only_bucket_names_reach_a_folder(storage, root, name):
    os.rename(root / "bucket", root / name)
    assert storage.list_buckets() == []
    assert not storage.bucket_exists(name)
    for use in (storage.stat, storage.download_file, storage.delete_file):
        with pytest.raises(BucketNotFound):
            use(name, "key")


@pytest.mark.parametrize("below", ["", "/below", "/far/below"])
def test_a_root_that_is_a_file_is_told(tmp_path, below):
    (tmp_path / "file").write_bytes(b"mine")
    with LocalStorage(f"{tmp_path}/file{below}") as storage:
        for use in (
            lambda: storage.create_bucket("bucket"),
            lambda: storage.upload_file("bucket", "key", b""),
            lambda: storage.generate_presigned_url("bucket", "key"),
            lambda: storage.list_buckets(),
        ):
            with pytest.raises(InvalidRequest, match=f"{tmp_path}/file is not a folder; set CLOUD_LOCAL_ROOT or root="):
                use()
    assert (tmp_path / "file").read_bytes() == b"mine"


def test_a_file_elsewhere_that_is_no_folder_is_not_blamed_on_the_root(storage, tmp_path):
    (tmp_path / "file").write_bytes(b"mine")
    storage.upload_file("bucket", "key", b"data")
    for use in (storage.upload_path, storage.download_path):
        with pytest.raises(LocalFileError, match=r"file.*: Not a directory"):
            use("bucket", "key", tmp_path / "file" / "below")


@pytest.mark.parametrize("name", ["with space", "per%cent", "que?ry#frag", "é🎉", "a'b\"c", "new\nline", "\udcff"])
def test_a_root_may_have_any_name(tmp_path, name):
    with LocalStorage(tmp_path / name / "deep") as storage:
        storage.create_bucket("bucket")
        storage.upload_file("bucket", "key", b"data")
        assert storage.download_file("bucket", "key") == b"data"
    assert [os.fspath(path.name) for path in tmp_path.iterdir()] == [name]


def test_a_new_root_is_its_owners_alone(storage, root):
    assert root.stat().st_mode & 0o777 == 0o700
