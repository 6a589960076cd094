from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from codomyrmex.cloud.common import Capability, StorageClient
from codomyrmex.cloud.testing.conformance._data import block
from codomyrmex.cloud.testing.conformance._topic import Topic, in_threads, needs

T = TypeVar("T")
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

        def write() -> None:
            for data in versions * 10:
                storage.upload_file(bucket, key, data)

        read = meanwhile(write, lambda: storage.download_file(bucket, key))
        assert [len(data) for data in read if data not in versions] == []

    @needs(Capability.LISTING)
    def test_a_listing_while_others_write_shows_all_that_was_there(
        self, storage: StorageClient, bucket: str, folder: str
    ) -> None:
        kept = [f"{folder}kept {number}" for number in range(5)]
        for key in kept:
            storage.upload_file(bucket, key, b"data")

        def come_and_go() -> None:
            for _ in range(10):
                storage.upload_file(bucket, f"{folder}here", b"data")
                storage.delete_file(bucket, f"{folder}here")

        listed = meanwhile(come_and_go, lambda: [info.key for info in storage.iter_objects(bucket, folder)])
        assert [keys for keys in listed if not set(kept) <= set(keys)] == []

    def test_errors_of_other_threads_are_theirs(self, storage: StorageClient, bucket: str, folder: str) -> None:
        storage.upload_file(bucket, f"{folder}there", b"data")

        def look(number: int) -> bool:
            return storage.exists(bucket, folder + ("there" if number % 2 else "none"))

        assert in_threads(look, range(32), threads=THREADS) == [bool(number % 2) for number in range(32)]


def meanwhile(work: Callable[[], object], look: Callable[[], T]) -> list[T]:
    """What ``look`` gives, again and again for as long as ``work`` goes on in another thread."""
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        seen = [look()]
        while not working.done():
            seen.append(look())
        working.result()
    return seen
