"""Files of this machine, up and down: whole or not at all, in bounded memory."""

import io
import json
import os
import stat

import pytest
from codomyrmex.cloud.errors import (
    BucketNotFound,
    LocalFileError,
    LocalFileNotFound,
    ObjectNotFound,
    PreconditionFailed,
    QuotaExceeded,
)

DATA = b"data" * 1_000_000


class Breaking:
    """A stream that raises after its first MiB."""

    def __init__(self, error):
        self.error, self.reads = error, 0

    def read(self, size):
        self.reads += 1
        if self.reads > 1:
            raise self.error
        return b"x" * size


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


@pytest.fixture
def umask():
    before = os.umask(0o027)
    yield
    os.umask(before)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_goes_up_and_comes_down(storage, folder):
    (folder / "source").write_bytes(DATA)
    info = storage.upload_path("bucket", "key", folder / "source", content_type="text/x", metadata={"a": "b"})
    assert storage.stat("bucket", "key") == info
    assert storage.download_path("bucket", "key", str(folder / "target")) == info
    assert (folder / "target").read_bytes() == DATA
    assert sorted(os.listdir(folder)) == ["source", "target"]


def test_an_empty_file_is_a_file(storage, folder):
    (folder / "source").write_bytes(b"")
    storage.upload_path("bucket", "key", folder / "source")
    storage.download_path("bucket", "key", folder / "target")
    assert (folder / "target").read_bytes() == b""


def test_progress_tells_every_byte(storage, folder):
    (folder / "source").write_bytes(DATA)
    up, down = [], []
    storage.upload_path("bucket", "key", folder / "source", progress=up.append)
    storage.download_path("bucket", "key", folder / "target", progress=down.append)
    assert sum(up) == sum(down) == len(DATA)
    assert len(up) == len(down) == 4


def test_conditions_hold_for_paths_too(storage, folder):
    (folder / "source").write_bytes(b"new")
    etag = storage.upload_path("bucket", "key", folder / "source", if_none_match="*").etag
    for condition in ({"if_none_match": "*"}, {"if_match": "0" * 32}):
        with pytest.raises(PreconditionFailed):
            storage.upload_path("bucket", "key", folder / "source", **condition)
    assert storage.upload_path("bucket", "key", folder / "source", if_match=etag).etag == etag


def test_a_stream_that_gives_little_at_a_time_is_read_to_its_end(storage):
    class Slow(io.RawIOBase):
        left = 1000

        def read(self, size):
            self.left -= 1
            return b"xyz" if self.left >= 0 else b""

    assert storage.upload_stream("bucket", "key", Slow()).size == 3000
    assert storage.download_file("bucket", "key") == b"xyz" * 1000


def test_a_stream_may_use_its_buffer_again(storage):
    buffer = bytearray(1024 * 1024)

    class Reusing:
        reads = 0

        def read(self, size):
            self.reads += 1
            buffer[:] = bytes([self.reads]) * len(buffer)
            return buffer if self.reads < 4 else b""

    storage.upload_stream("bucket", "key", Reusing())
    assert storage.download_file("bucket", "key") == b"".join(bytes([n]) * len(buffer) for n in (1, 2, 3))


@pytest.mark.parametrize(
    "error", [RuntimeError("broken"), KeyboardInterrupt(), SystemExit(), GeneratorExit()], ids=repr
)
def test_an_upload_whose_stream_raises_leaves_the_old_object(storage, blobs, error):
    storage.upload_file("bucket", "key", b"old")
    before = blobs()
    with pytest.raises(type(error)) as caught:
        storage.upload_stream("bucket", "key", Breaking(error))
    assert caught.value is error
    assert storage.download_file("bucket", "key") == b"old"
    assert blobs() == before


def test_an_upload_whose_progress_raises_leaves_the_old_object(storage, blobs):
    storage.upload_file("bucket", "key", b"old")
    with pytest.raises(ZeroDivisionError):
        storage.upload_stream("bucket", "key", io.BytesIO(b"new"), progress=lambda moved: 1 / 0)
    assert storage.download_file("bucket", "key") == b"old"
    assert len(blobs()) == 1


def test_an_upload_of_a_missing_file_is_told(storage, folder):
    with pytest.raises(LocalFileNotFound, match=f"{folder}/none: No such file") as caught:
        storage.upload_path("bucket", "key", folder / "none")
    assert isinstance(caught.value, FileNotFoundError)
    assert not isinstance(caught.value, ObjectNotFound)


def test_an_upload_of_a_folder_is_told(storage, folder):
    with pytest.raises(LocalFileError, match=f"{folder}: Is a directory"):
        storage.upload_path("bucket", "key", folder)


@pytest.mark.parametrize("old", [b"old", None])
@pytest.mark.parametrize("bucket", ["bucket", "absent"])
def test_a_download_of_nothing_leaves_the_target(storage, folder, old, bucket):
    if old:
        (folder / "target").write_bytes(old)
    with pytest.raises((ObjectNotFound, BucketNotFound)):
        storage.download_path(bucket, "none", folder / "target")
    assert [path.read_bytes() for path in folder.iterdir()] == ([old] if old else [])


def test_a_download_that_is_interrupted_leaves_the_target(storage, folder):
    storage.upload_file("bucket", "key", DATA)
    (folder / "target").write_bytes(b"old")

    def interrupt(moved):
        assert (folder / "target").read_bytes() == b"old"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        storage.download_path("bucket", "key", folder / "target", progress=interrupt)
    assert [path.read_bytes() for path in folder.iterdir()] == [b"old"]


def test_a_download_into_a_missing_folder_names_the_folder(storage, folder):
    storage.upload_file("bucket", "key", b"data")
    with pytest.raises(LocalFileNotFound, match=f"^{folder}/missing: No such file or directory$"):
        storage.download_path("bucket", "key", folder / "missing" / "target")
    assert list(folder.iterdir()) == []


def test_a_download_onto_a_folder_is_told(storage, folder):
    storage.upload_file("bucket", "key", b"data")
    with pytest.raises(LocalFileError, match=f"{folder}: Is a directory"):
        storage.download_path("bucket", "key", folder)
    assert list(folder.iterdir()) == []


def test_a_download_through_a_link_replaces_what_it_leads_to(storage, folder):
    storage.upload_file("bucket", "key", b"data")
    (folder / "far").mkdir()
    (folder / "far" / "file").write_bytes(b"old")
    (folder / "link").symlink_to("far/file")
    storage.download_path("bucket", "key", folder / "link")
    assert (folder / "link").is_symlink()
    assert (folder / "far" / "file").read_bytes() == b"data"
    assert sorted(os.listdir(folder / "far")) == ["file"]


def test_a_download_through_a_link_to_nothing_makes_what_it_leads_to(storage, folder):
    storage.upload_file("bucket", "key", b"data")
    (folder / "link").symlink_to("file")
    storage.download_path("bucket", "key", folder / "link")
    assert (folder / "link").is_symlink()
    assert (folder / "file").read_bytes() == b"data"


def test_a_download_through_a_link_to_itself_is_told(storage, folder):
    storage.upload_file("bucket", "key", b"data")
    (folder / "link").symlink_to("link")
    with pytest.raises(LocalFileError, match="symbolic links"):
        storage.download_path("bucket", "key", folder / "link")


def test_a_download_to_dev_null_leaves_it_a_device(storage):
    storage.upload_file("bucket", "key", b"data")
    storage.download_path("bucket", "key", "/dev/null")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_download_to_a_full_device_is_told(storage):
    storage.upload_file("bucket", "key", b"data")
    with pytest.raises(QuotaExceeded, match="No space left"):
        storage.download_path("bucket", "key", "/dev/full")


def test_a_download_goes_through_a_pipe(storage):
    storage.upload_file("bucket", "key", b"data")
    read, write = os.pipe()
    with open(read, "rb") as reader:
        with open(write, "wb"):
            storage.download_path("bucket", "key", f"/dev/fd/{write}")
        assert reader.read() == b"data"


def test_a_new_file_has_the_mode_that_the_umask_leaves(storage, folder, umask):
    storage.upload_file("bucket", "key", b"data")
    storage.download_path("bucket", "key", folder / "target")
    assert mode(folder / "target") == 0o640


@pytest.mark.parametrize("kept", [0o600, 0o444, 0o755, 0o666])
def test_the_mode_of_a_replaced_file_is_kept(storage, folder, umask, kept):
    storage.upload_file("bucket", "key", b"data")
    (folder / "target").write_bytes(b"old")
    (folder / "target").chmod(kept)
    storage.download_path("bucket", "key", folder / "target")
    assert (mode(folder / "target"), (folder / "target").read_bytes()) == (kept, b"data")


def test_a_private_file_is_private_while_it_is_replaced(storage, folder):
    storage.upload_file("bucket", "key", b"data")
    (folder / "target").touch(mode=0o600)
    modes = []
    storage.download_path(
        "bucket", "key", folder / "target", progress=lambda moved: modes.extend(map(mode, folder.iterdir()))
    )
    assert modes == [0o600, 0o600]


def test_the_longest_file_name_is_downloaded_to(storage, folder):
    storage.upload_file("bucket", "key", b"data")
    storage.download_path("bucket", "key", folder / ("é" * 127 + "x"))
    assert [path.read_bytes() for path in folder.iterdir()] == [b"data"]


def test_a_client_that_is_not_closed_warns_of_nothing(storage, start):
    client = start("forget_to_close", storage.root, python=("-X", "dev", "-W", "error"), stderr=-1)
    assert client.communicate() == ("", "")
    assert client.returncode == 0


@pytest.mark.release
def test_five_gib_go_up_and_down_in_bounded_memory(storage, blobs, folder, start):
    source, target = folder / "source", folder / "target"
    size = 5 * 1024**3
    with source.open("wb") as file:
        file.truncate(size - 7)
        file.seek(size - 7)
        file.write(b"the end")
    try:
        (peak,) = json.loads(start("up_and_down", storage.root, source, target).communicate()[0])
        with target.open("rb") as file:
            file.seek(-9, os.SEEK_END)
            assert (file.tell(), file.read()) == (size - 9, b"\0\0the end")
        assert storage.stat("bucket", "big").size == size
    finally:
        for path in (source, target, *blobs()):
            path.unlink(missing_ok=True)
    assert peak < 150
