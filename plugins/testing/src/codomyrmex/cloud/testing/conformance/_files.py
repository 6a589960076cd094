from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from codomyrmex.cloud.common import Capability, StorageClient
from codomyrmex.cloud.errors import LocalFileError, LocalFileNotFound, ObjectNotFound
from codomyrmex.cloud.testing.conformance._data import Stopped, digest, made, memory, stream
from codomyrmex.cloud.testing.conformance._topic import Topic, needs

SIZES = {"empty": 0, "small": 10, "half a MiB": 512 * 1024 + 1}


class Files(Topic):
    topic = "Files"

    @pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
    def test_a_file_goes_up_and_comes_down(
        self, storage: StorageClient, bucket: str, key: str, tmp_path: Path, size: int
    ) -> None:
        up, down = tmp_path / "up", tmp_path / "down"
        up.write_bytes(made(size))
        info = storage.upload_path(bucket, key, up)
        assert (info.bucket, info.key, info.size) == (bucket, key, size)
        info = storage.download_path(bucket, key, down)
        assert (info.bucket, info.key, info.size) == (bucket, key, size)
        assert down.read_bytes() == made(size)

    def test_a_path_may_be_text(self, storage: StorageClient, bucket: str, key: str, tmp_path: Path) -> None:
        (tmp_path / "up").write_bytes(b"data")
        storage.upload_path(bucket, key, str(tmp_path / "up"))
        storage.download_path(bucket, key, str(tmp_path / "down"))
        assert (tmp_path / "down").read_bytes() == b"data"

    def test_a_download_replaces_the_file(self, storage: StorageClient, bucket: str, key: str, tmp_path: Path) -> None:
        target = tmp_path / "target"
        target.write_bytes(b"old and long")
        storage.upload_file(bucket, key, b"new")
        storage.download_path(bucket, key, target)
        assert target.read_bytes() == b"new"
        assert os.listdir(tmp_path) == ["target"]

    @pytest.mark.parametrize("old", [None, b"old"], ids=["no file", "an old file"])
    def test_a_download_that_fails_leaves_what_was_there(
        self, storage: StorageClient, bucket: str, key: str, tmp_path: Path, old: bytes | None
    ) -> None:
        target = tmp_path / "target"
        if old is not None:
            target.write_bytes(old)
        with pytest.raises(ObjectNotFound):
            storage.download_path(bucket, key, target)
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == ({} if old is None else {"target": old})

    @needs(Capability.STREAMING)
    def test_a_download_that_is_cancelled_leaves_what_was_there(
        self, storage: StorageClient, bucket: str, key: str, tmp_path: Path
    ) -> None:
        target = tmp_path / "target"
        target.write_bytes(b"old")
        storage.upload_file(bucket, key, b"new")
        with pytest.raises(Stopped):
            storage.download_path(bucket, key, target, progress=stop)
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"target": b"old"}

    @needs(Capability.STREAMING)
    def test_a_large_upload_that_is_cancelled_leaves_what_was_there(
        self, storage: StorageClient, bucket: str, key: str
    ) -> None:
        storage.upload_file(bucket, key, b"old")
        with pytest.raises(Stopped):
            storage.upload_stream(bucket, key, stream(self.stream_size // 2), progress=stop)
        assert storage.download_file(bucket, key) == b"old"

    def test_uploading_a_file_that_is_not_there_is_an_error_of_this_machine(
        self, storage: StorageClient, bucket: str, key: str, tmp_path: Path
    ) -> None:
        with pytest.raises(LocalFileNotFound) as caught:
            storage.upload_path(bucket, key, tmp_path / "none")
        assert isinstance(caught.value, FileNotFoundError)
        assert storage.exists(bucket, key) is False

    def test_downloading_to_a_folder_that_is_not_there_is_an_error_of_this_machine(
        self, storage: StorageClient, bucket: str, key: str, tmp_path: Path
    ) -> None:
        storage.upload_file(bucket, key, b"data")
        with pytest.raises(LocalFileNotFound):
            storage.download_path(bucket, key, tmp_path / "none" / "target")
        assert list(tmp_path.iterdir()) == []

    def test_uploading_a_folder_is_an_error_of_this_machine(
        self, storage: StorageClient, bucket: str, key: str, tmp_path: Path
    ) -> None:
        with pytest.raises(LocalFileError):
            storage.upload_path(bucket, key, tmp_path)
        assert storage.exists(bucket, key) is False

    # Progress

    @pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
    def test_progress_adds_up_to_the_size(
        self, storage: StorageClient, bucket: str, key: str, tmp_path: Path, size: int
    ) -> None:
        path = tmp_path / "file"
        path.write_bytes(made(size))
        moved: dict[str, list[int]] = {"stream": [], "up": [], "down": []}
        storage.upload_stream(bucket, key, stream(size), progress=moved["stream"].append)
        storage.upload_path(bucket, key, path, progress=moved["up"].append)
        storage.download_path(bucket, key, path, progress=moved["down"].append)
        assert {way: sum(counts) for way, counts in moved.items()} == dict.fromkeys(moved, size)

    @needs(Capability.STREAMING)
    def test_progress_of_a_large_download_comes_while_it_goes_on(
        self, storage: StorageClient, bucket: str, large: str, tmp_path: Path
    ) -> None:
        moved: list[int] = []
        storage.download_path(bucket, large, tmp_path / "large", progress=moved.append)
        assert sum(moved) == self.stream_size
        assert len(moved) > 1

    @needs(Capability.STREAMING)
    def test_a_large_file_comes_down_in_little_memory(
        self, storage: StorageClient, bucket: str, large: str, tmp_path: Path
    ) -> None:
        with memory() as used:
            storage.download_path(bucket, large, tmp_path / "large")
        with open(tmp_path / "large", "rb") as file:
            assert digest(file) == digest(stream(self.stream_size))
        assert used.peak <= self.stream_memory

    @needs(Capability.STREAMING)
    def test_a_large_file_goes_up_in_little_memory(
        self, storage: StorageClient, bucket: str, key: str, tmp_path: Path
    ) -> None:
        with open(tmp_path / "large", "wb") as file:
            shutil.copyfileobj(stream(self.stream_size), file)
        with memory() as used:
            storage.upload_path(bucket, key, tmp_path / "large")
        assert storage.stat(bucket, key).size == self.stream_size
        assert used.peak <= self.stream_memory


def stop(moved: int) -> None:
    """A progress callback that has enough."""
    raise Stopped
