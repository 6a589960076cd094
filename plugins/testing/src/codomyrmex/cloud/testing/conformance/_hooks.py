from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from codomyrmex.cloud import hooks
from codomyrmex.cloud.common import Capability, Operation, StorageClient
from codomyrmex.cloud.errors import OperationRefused
from codomyrmex.cloud.hooks import hookimpl
from codomyrmex.cloud.testing.conformance._topic import Topic, needs

T = TypeVar("T")


class Watcher:
    """Hooks that write down what they are told."""

    def __init__(self) -> None:
        self.before: list[tuple[str, str | None]] = []
        self.effects: dict[str, str] = {}
        self.after: list[tuple[str, Any]] = []
        self.moved = 0

    @hookimpl
    def cloud_before_operation(self, operation: Operation) -> None:
        self.before.append((operation.name, operation.resource))
        self.effects[operation.name] = operation.effect

    @hookimpl
    def cloud_after_operation(self, operation: Operation, result: Any, error: BaseException | None) -> None:
        self.after.append((operation.name, error or result))

    @hookimpl
    def cloud_transfer_event(self, transferred: int) -> None:
        self.moved += transferred


class Reader:
    """Hooks that read all that they are told, and read it again."""

    @hookimpl
    def cloud_before_operation(self, operation: Operation) -> None:
        for value in (*operation.arguments.values(), *operation.arguments.values()):
            _read(value)

    @hookimpl
    def cloud_after_operation(self, result: Any) -> None:
        _read(result)


def _read(value: Any) -> None:
    if hasattr(value, "read"):
        value.read()
    elif isinstance(value, Iterable):
        list(value)


class Refuser:
    """A policy that keeps all objects as they are."""

    @hookimpl
    def cloud_before_operation(self, operation: Operation) -> None:
        raise OperationRefused("kept as it is")


class Hooks(Topic):
    topic = "Hooks"

    def test_hooks_see_each_operation_once(self, storage: StorageClient, bucket: str, key: str, tmp_path: Path) -> None:
        with in_force(Watcher()) as watcher:
            storage.upload_stream(bucket, key, io.BytesIO(b"data"))
            storage.download_path(bucket, key, tmp_path / "file")
            storage.copy(bucket, key, bucket, f"{key}2")
            storage.exists(bucket, key)
            storage.delete_many(bucket, [key, f"{key}2"])
        names = ["upload_stream", "download_path", "copy", "exists", "delete_many"]
        assert [name for name, _ in watcher.before] == [name for name, _ in watcher.after] == names
        assert watcher.before[0] == ("upload_stream", storage.url(bucket, key))
        assert watcher.after[3] == ("exists", True)

    def test_hooks_see_what_an_operation_does(self, storage: StorageClient, bucket: str, key: str) -> None:
        with in_force(Watcher()) as watcher:
            storage.upload_file(bucket, key, b"data")
            storage.upload_stream(bucket, key, io.BytesIO(b"data"))
            storage.copy(bucket, key, bucket, f"{key}2")
            storage.download_file(bucket, key)
            storage.read_range(bucket, key, 1)
            storage.open_read(bucket, key).close()
            storage.stat(bucket, key)
            storage.list_buckets()
            storage.delete_file(bucket, key)
            storage.delete_many(bucket, [f"{key}2"])
        assert watcher.effects == {
            **dict.fromkeys(("upload_file", "upload_stream", "copy"), "write"),
            **dict.fromkeys(("download_file", "read_range", "open_read", "stat"), "read"),
            "list_buckets": "list",
            **dict.fromkeys(("delete_file", "delete_many"), "delete"),
        }

    def test_hooks_that_read_what_they_are_told_take_nothing_away(
        self, storage: StorageClient, bucket: str, folder: str
    ) -> None:
        keys = [f"{folder}{name}" for name in "abc"]
        with in_force(Reader()):
            for key in keys:
                storage.upload_stream(bucket, key, io.BytesIO(b"data"))
            with storage.open_read(bucket, keys[0]) as file:
                assert file.read() == b"data"
            assert storage.delete_many(bucket, iter(keys)) == {}
        assert not any(storage.exists(bucket, key) for key in keys)

    def test_hooks_see_how_an_operation_failed(self, storage: StorageClient, bucket: str, key: str) -> None:
        with in_force(Watcher()) as watcher, pytest.raises(FileNotFoundError) as caught:
            storage.download_file(bucket, key)
        assert watcher.after == [("download_file", caught.value)]

    @needs(Capability.LISTING)
    def test_hooks_see_a_listing_when_it_ends(self, storage: StorageClient, bucket: str, folder: str) -> None:
        for name in "ab":
            storage.upload_file(bucket, folder + name, b"data")
        with in_force(Watcher()) as watcher:
            list(storage.iter_objects(bucket, folder))
        assert watcher.after == [("iter_objects", 2)]

    def test_hooks_see_the_bytes_that_move(self, storage: StorageClient, bucket: str, key: str, tmp_path: Path) -> None:
        with in_force(Watcher()) as watcher:
            storage.upload_stream(bucket, key, io.BytesIO(b"data"))
            storage.download_path(bucket, key, tmp_path / "file")
        assert watcher.moved == 8

    def test_a_hook_that_refuses_keeps_all_as_it_was(self, storage: StorageClient, bucket: str, key: str) -> None:
        storage.upload_file(bucket, key, b"old")
        with in_force(Refuser()):
            for call in (
                lambda: storage.upload_file(bucket, key, b"new"),
                lambda: storage.upload_stream(bucket, key, io.BytesIO(b"new")),
                lambda: storage.copy(bucket, key, bucket, f"{key}2"),
                lambda: storage.delete_file(bucket, key),
                lambda: storage.delete_many(bucket, [key]),
            ):
                with pytest.raises(OperationRefused):
                    call()
        assert storage.download_file(bucket, key) == b"old"
        assert storage.exists(bucket, f"{key}2") is False


@contextmanager
def in_force(plugin: T) -> Iterator[T]:
    hooks.register(plugin)
    try:
        yield plugin
    finally:
        hooks.unregister(plugin)
