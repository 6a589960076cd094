from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from codomyrmex.cloud.common import Capability, StorageClient
from codomyrmex.cloud.testing.conformance._data import block
from codomyrmex.cloud.testing.conformance._topic import Topic, in_threads, needs

THREADS = 8


class Concurrency(Topic):
    topic = "Threads"

    def test_many_threads_use_one_client(self, storage: StorageClient, bucket: str, folder: str) -> None:
        def work(number: int) -> list[bool]:
            right = []
            for turn in range(5):
                key, data = f"{folder}{number}", b"%d %d" % (number, turn) * (number + 1)
                storage.upload_file(bucket, key, data)
                right.append(storage.download_file(bucket, key) == data)
                right.append(storage.stat(bucket, key).size == len(data))
            return right

        assert in_threads(work, range(THREADS), threads=THREADS) == [[True] * 10] * THREADS

    def test_who_reads_while_others_write_sees_one_version_whole(
        self, storage: StorageClient, bucket: str, key: str
    ) -> None:
        versions = [block(number) * 4 for number in range(4)]
        storage.upload_file(bucket, key, versions[0])
        with running(lambda: [storage.upload_file(bucket, key, data) for data in versions]):
            read = [storage.download_file(bucket, key) for _ in range(25)]
        assert [len(data) for data in read if data not in versions] == []

    @needs(Capability.LISTING)
    def test_a_listing_while_others_write_shows_all_that_was_there(
        self, storage: StorageClient, bucket: str, folder: str
    ) -> None:
        kept = [f"{folder}kept {number}" for number in range(5)]
        for key in kept:
            storage.upload_file(bucket, key, b"data")

        def come_and_go() -> None:
            storage.upload_file(bucket, f"{folder}here", b"data")
            storage.delete_file(bucket, f"{folder}here")

        with running(come_and_go):
            listed = [[info.key for info in storage.iter_objects(bucket, folder)] for _ in range(10)]
        assert [sorted(set(kept) - set(keys)) for keys in listed] == [[]] * 10

    def test_errors_of_other_threads_are_theirs(self, storage: StorageClient, bucket: str, folder: str) -> None:
        storage.upload_file(bucket, f"{folder}there", b"data")

        def look(number: int) -> bool:
            return storage.exists(bucket, folder + ("there" if number % 2 else "none"))

        assert in_threads(look, range(32), threads=THREADS) == [bool(number % 2) for number in range(32)]


@contextmanager
def running(work: object) -> Iterator[None]:
    """Call ``work`` again and again in a thread, during the block; what it raises is raised here."""
    ended = threading.Event()
    failures: list[BaseException] = []

    def repeat() -> None:
        try:
            while not ended.is_set():
                work()  # type: ignore[operator]
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    if failures:
        raise failures[0]
