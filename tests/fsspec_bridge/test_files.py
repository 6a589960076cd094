"""Files: read by ranges, written whole or not at all."""

import gc
import gzip
import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fsspec
import pytest
from codomyrmex.cloud.errors import AlreadyExists, PreconditionFailed, UnsupportedOperation

URL = "cloud+local://box/file"


class BrokenError(Exception):
    pass


def test_a_file_is_read_at_any_position(fs, bucket):
    data = os.urandom(300_000)
    fs.pipe_file(f"{bucket}/data", data)
    with fs.open(f"{bucket}/data", block_size=10_000) as file:
        for position, length in ((0, 10), (299_990, 100), (150_000, 60_000), (5, 1), (300_000, 1)):
            file.seek(position)
            assert file.read(length) == data[position : position + length]
        file.seek(-7, 2)
        assert file.read() == data[-7:]


def test_ranges_are_given_as_fsspec_gives_them(fs, bucket):
    path = f"{bucket}/digits"
    fs.pipe_file(path, b"0123456789")
    assert fs.cat_file(path, 2, 5) == b"234"
    assert fs.cat_file(path, -3) == b"789"
    assert fs.cat_file(path, 2, -2) == b"234567"
    assert fs.cat_file(path, end=3) == b"012"
    assert fs.cat_file(path, 5, 2) == fs.cat_file(path, 20, 30) == b""
    ranges = fs.cat_ranges([path, path, f"{bucket}/none"], [0, 8, 0], [2, 20, 1])
    assert ranges[:2] == [b"01", b"89"]
    assert isinstance(ranges[2], FileNotFoundError)


def test_a_storage_without_ranges_is_asked_once_for_a_file(seven):
    seven.pipe_file("box/file", b"0123456789")
    with seven.open("box/file", block_size=2) as file:
        (Path(seven.storage.root) / "box" / "file").unlink()
        assert [file.read(3), file.read()] == [b"012", b"3456789"]


def test_text_and_compression_work(fs, bucket):
    with fs.open(f"{bucket}/words.txt.gz", "wt", compression="infer", encoding="utf-8") as file:
        file.write("ant\nbée\n")
    assert gzip.decompress(fs.cat_file(f"{bucket}/words.txt.gz")).decode() == "ant\nbée\n"
    with fs.open(f"{bucket}/words.txt.gz", "rt", compression="infer", encoding="utf-8") as file:
        assert list(file) == ["ant\n", "bée\n"]


def test_appending_keeps_what_was_there(fs, bucket):
    for data in (b"one", b"two"):
        with fs.open(f"{bucket}/log", "ab") as file:
            file.write(data)
    assert fs.cat_file(f"{bucket}/log") == b"onetwo"


def test_content_type_and_metadata_are_kept(local):
    with local.open("box/page", "wb", content_type="text/html", metadata={"from": "test"}) as file:
        file.write(b"<p>")
    with local.open("box/page", "ab") as file:
        file.write(b"ant")
    info = local.info("box/page")
    assert (info["content_type"], info["metadata"]) == ("text/html", {"from": "test"})


@pytest.mark.parametrize("there", [True, False])
def test_an_append_loses_nothing_that_another_wrote_meanwhile(local, there):
    if there:
        local.pipe_file("box/log", b"one")
    file = local.open("box/log", "ab")
    local.pipe_file("box/log", b"other")
    file.write(b"two")
    with pytest.raises(PreconditionFailed):
        file.close()
    assert local.cat_file("box/log") == b"other"


def test_of_two_that_create_a_file_one_is_told_that_it_is_there(local):
    first, second = local.open("box/new", "xb"), local.open("box/new", "xb")
    first.write(b"first")
    first.close()
    with pytest.raises(FileExistsError) as raised:
        second.close()
    assert type(raised.value) is AlreadyExists
    assert local.cat_file("box/new") == b"first"


def test_what_is_no_mode_of_a_storage_is_refused(local):
    with pytest.raises(UnsupportedOperation):
        local.open("box/file", "r+b")


@pytest.mark.parametrize("mode", ["wb", "w"])
@pytest.mark.parametrize("compression", [None, "gzip"])
@pytest.mark.parametrize("how", ["filesystem", "url"])
def test_a_block_that_raises_stores_nothing(local, how, mode, compression):
    local.pipe_file("box/file", b"old")
    target = local if how == "filesystem" else fsspec
    path = "box/file" if how == "filesystem" else URL
    with pytest.raises(BrokenError), target.open(path, mode, compression=compression) as file:  # noqa: PT012
        file.write("half" if mode == "w" else b"half")
        raise BrokenError
    assert local.cat_file("box/file") == b"old"


def test_pandas_that_raises_while_it_writes_stores_nothing(local):
    import pandas as pd

    with pytest.raises(UnicodeEncodeError):
        pd.DataFrame({"word": ["ant", "bée"]}).to_csv(URL, encoding="ascii")
    assert not local.exists("box/file")


def test_a_file_written_while_an_error_is_handled_is_stored(local):
    try:
        raise BrokenError
    except BrokenError:
        with local.open("box/report", "w") as file:
            file.write("it broke")
    assert local.cat_file("box/report") == b"it broke"


@pytest.mark.parametrize("compression", [None, "gzip"])
@pytest.mark.parametrize("mode", ["wb", "w"])
@pytest.mark.filterwarnings("always::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # gzip's own, since Python 3.13
def test_a_file_that_nobody_closes_is_not_stored(local, mode, compression):
    def forget():
        local.open("box/file", mode, compression=compression).write("half" if mode == "w" else b"half")

        gc.collect()

    with pytest.warns(ResourceWarning, match="box/file was never closed"):
        forget()
    assert not local.exists("box/file")


def test_a_transaction_stores_all_at_its_end(fs, bucket):
    with fs.transaction:
        fs.pipe_file(f"{bucket}/one", b"1")
        with fs.open(f"{bucket}/two", "w") as file:
            file.write("2")
        assert fs.find(bucket) == []
    assert fs.cat(fs.find(bucket)) == {f"{bucket}/one": b"1", f"{bucket}/two": b"2"}


def test_a_transaction_stores_what_was_compressed(local):
    with local.transaction:
        with local.open("box/words.gz", "w", compression="gzip") as file:
            file.write("ant")
        gc.collect()
    assert gzip.decompress(local.cat_file("box/words.gz")) == b"ant"


def test_a_closed_file_takes_no_more(local):
    with local.transaction:
        file = local.open("box/file", "wb")
        file.close()
        with pytest.raises(ValueError, match="closed"):
            file.write(b"late")


def test_a_transaction_that_raises_stores_nothing(fs, bucket, tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(BrokenError), fs.transaction:  # noqa: PT012
        fs.pipe_file(f"{bucket}/one", b"1")
        fs.put_file(str(tmp_path / "file"), f"{bucket}/two")
        raise BrokenError
    assert fs.find(bucket) == []
    fs.pipe_file(f"{bucket}/three", b"3")
    assert fs.find(bucket) == [f"{bucket}/three"]


def test_a_download_that_fails_leaves_the_old_file(fs, bucket, tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(FileNotFoundError):
        fs.get_file(f"{bucket}/none", str(tmp_path / "file"))
    assert (tmp_path / "file").read_bytes() == b"old"
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".part")]


def test_progress_is_told_both_ways(fs, bucket, tmp_path):
    (tmp_path / "file").write_bytes(bytes(100_000))
    for move, ends in (
        (fs.put_file, (str(tmp_path / "file"), f"{bucket}/f")),
        (fs.get_file, (f"{bucket}/f", str(tmp_path / "g"))),
    ):
        told = fsspec.Callback()
        move(*ends, callback=told)
        assert told.size == told.value == 100_000


def test_a_download_goes_to_an_open_file_too(local):
    local.pipe_file("box/file", b"data")
    local.get_file("box/file", target := io.BytesIO())
    assert target.getvalue() == b"data"


def test_threads_share_a_file_system(fs, bucket):
    def round_trip(n):
        fs.pipe_file(f"{bucket}/{n}", str(n).encode())
        return fs.cat_file(f"{bucket}/{n}")

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(round_trip, range(40))) == [str(n).encode() for n in range(40)]
    assert len(fs.ls(bucket)) == 40


MEMORY = """
import os, fsspec, sys
sys.path.insert(0, sys.argv[1])
from support.memory import peak_memory

chunk = os.urandom(1 << 20)
fs = fsspec.filesystem("cloud+local")
fs.mkdir("big")
before = peak_memory()
with fs.open("big/file", "wb") as file:
    for _ in range(200):
        file.write(chunk)
with fs.open("big/file") as file:
    assert sum(len(piece) for piece in iter(lambda: file.read(1 << 20), b"")) == 200 << 20
print(peak_memory() - before)
"""


def test_a_large_file_is_written_and_read_in_little_memory():
    command = [sys.executable, "-W", "error", "-c", MEMORY, str(Path(__file__).parents[1])]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 64
