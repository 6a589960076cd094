"""Folders: what a storage that has none shows as such."""

import pytest
from codomyrmex.cloud.common import Capability
from codomyrmex.cloud.errors import Conflict, UnsupportedOperation
from codomyrmex.cloud.fsspec import _folders, filesystem_class

from .strangers import Listed


@pytest.fixture
def over(monkeypatch):
    """A file system over this `Listed`, which takes a second for each key that it comes by, and no time else."""

    def over(storage):
        monkeypatch.setattr(_folders, "perf_counter", lambda: float(storage.listed))
        return filesystem_class("six")(storage=storage)

    return over


@pytest.fixture
def filled(fs, bucket):
    """A file system with some files in ``bucket``."""
    for key in ("a", "a-b", "a/b", "a/c/d", "a/c/e", "z/y"):
        fs.pipe_file(f"{bucket}/{key}", b"data")
    return fs


def test_a_folder_shows_what_is_right_below_it(filled, bucket):
    assert filled.ls(bucket, detail=False) == [f"{bucket}/{name}" for name in ("a", "a-b", "a", "z")]
    assert filled.ls(f"{bucket}/a/", detail=False) == [f"{bucket}/a/b", f"{bucket}/a/c"]
    assert [e["type"] for e in filled.ls(f"{bucket}/a")] == ["file", "directory"]
    assert filled.ls(f"{bucket}/a-b", detail=False) == [f"{bucket}/a-b"]
    with pytest.raises(FileNotFoundError):
        filled.ls(f"{bucket}/none")


def test_the_root_shows_the_buckets(fs, bucket):
    assert bucket in fs.ls("", detail=False)
    assert fs.info(bucket)["type"] == fs.info("")["type"] == "directory"
    assert fs.ls(bucket) == []
    with pytest.raises(FileNotFoundError):
        fs.ls("there-is-no-such-bucket")


def test_info_tells_files_from_folders(filled, bucket):
    info = filled.info(f"{bucket}/z/y")
    assert (info["name"], info["size"], info["type"]) == (f"{bucket}/z/y", 4, "file")
    assert filled.isfile(f"{bucket}/a")
    assert filled.isdir(f"{bucket}/z")
    assert not filled.exists(f"{bucket}/no")


def test_find_walk_and_glob(filled, bucket):
    files = [f"{bucket}/{key}" for key in ("a", "a-b", "a/b", "a/c/d", "a/c/e", "z/y")]
    assert filled.find(bucket) == files
    assert filled.find(f"{bucket}/z", withdirs=True) == [f"{bucket}/z", f"{bucket}/z/y"]
    assert filled.find(f"{bucket}/a-b") == [f"{bucket}/a-b"]
    assert filled.find(f"{bucket}/none") == []
    assert filled.glob(f"{bucket}/a/c/*") == [f"{bucket}/a/c/d", f"{bucket}/a/c/e"]
    assert filled.glob(f"{bucket}/*/y") == [f"{bucket}/z/y"]
    assert filled.glob(f"{bucket}/**/e") == [f"{bucket}/a/c/e"]
    walked = {path: (dirs, names) for path, dirs, names in filled.walk(f"{bucket}/a")}
    assert walked == {f"{bucket}/a": (["c"], ["b"]), f"{bucket}/a/c": ([], ["d", "e"])}
    assert filled.du(bucket) == 24


FOLDERS = [f"{folder:02}/{n:04}" for folder in range(20) for n in range(1500)]


def test_a_large_folder_is_not_read_to_its_end(over):
    storage = Listed(["a", *FOLDERS, "z"])
    assert len(over(storage).ls("box")) == 22
    assert storage.listed < 20 * (_folders.ENOUGH + 10)


def test_a_service_that_lists_from_the_start_each_time_is_not_asked_again_and_again(over):
    storage = Listed(FOLDERS, from_the_start=True)
    assert len(over(storage).ls("box")) == 20
    assert storage.listed < 5 * len(FOLDERS)  # 300,000 and more, if it were


def test_a_folder_is_complete_whatever_its_keys(local, monkeypatch):
    monkeypatch.setattr(_folders, "ENOUGH", 1)
    keys = ["a/1", "a/2", "a/3", "a/\U0010ffff\U0010ffff", "a/\U0010ffff\U0010ffffx", "a0", "b/1", "b/2", "b/3", "c"]
    for key in keys:
        local.pipe_file(f"box/{key}", b"")
    assert local.ls("box", detail=False) == ["box/a", "box/a0", "box/b", "box/c"]


def test_a_marker_makes_a_folder_and_is_no_file(fs, bucket):
    fs.storage.upload_file(bucket, "empty/", b"")
    assert fs.isdir(f"{bucket}/empty")
    assert fs.ls(f"{bucket}/empty") == []
    assert fs.find(bucket) == []
    assert fs.find(bucket, withdirs=True) == [bucket, f"{bucket}/empty"]
    fs.rmdir(f"{bucket}/empty")
    assert not fs.exists(f"{bucket}/empty")


def test_removing_a_folder_removes_its_marker_and_nothing_beside_it(filled, bucket):
    filled.storage.upload_file(bucket, "z/", b"")
    filled.rm(f"{bucket}/z", recursive=True)
    filled.rm(f"{bucket}/a/c", recursive=True)
    assert [o.key for o in filled.storage.iter_objects(bucket)] == ["a", "a-b", "a/b"]


def test_removing_a_bucket_removes_it_and_all_in_it(filled, bucket):
    if Capability.DELETE_BUCKET in filled.storage.capabilities:
        with pytest.raises(Conflict):
            filled.rmdir(bucket)
        filled.rm(bucket, recursive=True)
        assert not filled.exists(bucket)
    else:
        with pytest.raises(UnsupportedOperation):
            filled.rm(bucket, recursive=True)


def test_removing_says_what_cannot_be_removed(filled, bucket):
    with pytest.raises(FileNotFoundError):
        filled.rm(f"{bucket}/none")
    with pytest.raises(IsADirectoryError):
        filled.rm(f"{bucket}/z")
    with pytest.raises(OSError, match="not empty"):
        filled.rmdir(f"{bucket}/z")
    filled.rm([f"{bucket}/a", f"{bucket}/none"])
    assert not filled.isfile(f"{bucket}/a")


def test_folders_are_copied_and_moved_within_the_storage(filled, bucket):
    filled.copy(f"{bucket}/z", f"{bucket}/copy", recursive=True)
    filled.mv(f"{bucket}/copy", f"{bucket}/moved", recursive=True)
    assert filled.find(f"{bucket}/moved") == [f"{bucket}/moved/y"]
    assert not filled.exists(f"{bucket}/copy")


def test_buckets_are_made_and_folders_are_not(fs, bucket):
    with pytest.raises(FileExistsError):
        fs.mkdir(bucket)
    fs.makedirs(f"{bucket}/x/y", exist_ok=True)
    assert not fs.exists(f"{bucket}/x")
    with pytest.raises(FileNotFoundError):
        fs.mkdir("there-is-no-such-bucket/x", create_parents=False)
    fs.makedirs(f"{bucket}-2/x")
    assert fs.exists(f"{bucket}-2")
    fs.touch(f"{bucket}/x")
    with pytest.raises(FileExistsError):
        fs.makedirs(f"{bucket}/x")


def test_a_file_of_another_content_has_another_ukey(fs, bucket):
    fs.pipe_file(f"{bucket}/file", b"one")
    first = fs.ukey(f"{bucket}/file"), fs.checksum(f"{bucket}/file")
    assert (fs.ukey(f"{bucket}/file"), fs.checksum(f"{bucket}/file")) == first
    fs.pipe_file(f"{bucket}/file", b"two")
    assert fs.ukey(f"{bucket}/file") != first[0]


def test_a_storage_that_lists_nothing_has_files_and_no_folders(six):
    six.pipe_file("box/a/file", b"data")
    assert six.info("box/a/file")["size"] == 4
    assert not six.exists("box/a")
    with pytest.raises(UnsupportedOperation):
        six.ls("box")
    six.rm("box/a/file", recursive=True)
    assert not six.exists("box/a/file")


def test_kept_listings_follow_what_is_written(connect):
    from .conftest import make

    fs = make(connect, "local", use_listings_cache=True)
    fs.mkdir("box")
    fs.pipe_file("box/a/one", b"1")
    assert fs.ls("box/a", detail=False) == ["box/a/one"]
    fs.storage.upload_file("box", "a/behind-its-back", b"")
    assert fs.ls("box/a", detail=False) == ["box/a/one"]
    assert not fs.exists("box/a/behind-its-back")
    assert len(fs.ls("box/a", detail=False, refresh=True)) == 2
    assert fs.ls("box", detail=False) == ["box/a"]
    assert len(fs.ls("box/a")) == 2
    fs.pipe_file("box/a/two", b"2")
    assert len(fs.ls("box/a")) == 3
    fs.rm("box/a", recursive=True)
    assert fs.ls("box") == []
    fs.storage.upload_file("box", "new", b"")
    assert fs.ls("box") == []
    fs.invalidate_cache()
    assert fs.ls("box", detail=False) == ["box/new"]


def test_listings_are_as_of_now_unless_told_otherwise(local):
    assert local.ls("box") == []
    local.storage.upload_file("box", "new", b"")
    assert local.ls("box", detail=False) == ["box/new"]


@pytest.mark.parametrize("key", ["../up", "/abs", "a//b", "ü/\U0001f41c", "a b", "100%/?#"])
def test_odd_keys_are_paths(local, key):
    local.pipe_file(f"box/{key}", b"data")
    assert local.find("box") == [f"box/{key}"]
    assert local.cat_file(f"cloud+local://box/{key}") == b"data"
    local.rm("box", recursive=True)
