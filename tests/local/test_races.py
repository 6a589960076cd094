"""Several threads and processes at one bucket."""

import json
import os
import random
import sqlite3
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest
from codomyrmex.cloud.errors import BucketNotFound, Conflict, ObjectNotFound
from codomyrmex.cloud.local import LocalStorage


@pytest.fixture
def restless():
    """Threads that take turns at every opportunity."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_one_writer_alone_creates_each_object(storage, together):
    answers = together([("create_only", storage.root, name, 60) for name in "abc"])
    winners = sorted(tuple(json.loads(line)) for lines in answers for line in lines)
    assert [number for number, _ in winners] == sorted(f"{number}" for number in range(60))
    assert {key: storage.stat("bucket", key).metadata["by"] for key, _ in winners} == dict(winners)


def test_compare_and_swap_loses_no_increment(storage, together):
    storage.upload_file("bucket", "counter", b"0")
    together([("increment", storage.root, 40)] * 3)
    assert storage.download_file("bucket", "counter") == b"120"


def test_a_bucket_deleted_under_its_writers_loses_nothing_that_was_stored(storage, root, start, tree):
    writers = {name: start("write_each_once", root, name) for name in "ab"}
    for writer in writers.values():
        assert writer.stdout.readline() == "ready\n"
        tell(writer, "go")
    seen, deletions = [], 0
    while deletions < 10 or len(seen) < 100:
        for info in list(storage.iter_objects("bucket")):
            assert storage.download_file("bucket", info.key) == info.key.encode()
            storage.delete_file("bucket", info.key)
            seen.append(info.key)
        try:
            storage.delete_bucket("bucket")
        except Conflict:
            continue
        deletions += 1
        storage.create_bucket("bucket")
        time.sleep(random.random() / 20)
    for writer in writers.values():
        tell(writer, "stop")
    stored = {name: json.loads(writer.communicate()[0]) for name, writer in writers.items()}
    seen += [info.key for info in storage.iter_objects("bucket")]
    assert sorted(seen) == sorted(
        f"{name}.{thread}.{number}" for name in stored for thread, n in enumerate(stored[name]) for number in range(n)
    )
    assert {path.split("/")[0] for path in tree(root)} == {"bucket"}


def tell(worker, word):
    worker.stdin.write(f"{word}\n")
    worker.stdin.flush()


def test_a_delete_that_had_to_wait_does_not_take_the_buckets_successor(storage, root, index):
    storage.close()
    old = index()
    with closing(sqlite3.connect(old)) as holder, ThreadPoolExecutor(1) as threads:
        holder.execute("BEGIN IMMEDIATE")
        deleting = threads.submit(storage.delete_bucket, "bucket")
        while not [link for link in Path("/proc/self/fd").iterdir() if is_link_to(f"{old}-wal", link)][1:]:
            assert not deleting.done()
        (root / "bucket").rename(root / ".deleted-by-another")
        with LocalStorage(root) as other:
            other.create_bucket("bucket")
        storage.upload_file("bucket", "key", b"new")
        holder.rollback()
        with pytest.raises(BucketNotFound):
            deleting.result()
    assert storage.download_file("bucket", "key") == b"new"


def is_link_to(path, link):
    with suppress(FileNotFoundError):
        return os.readlink(link) == path
    return False


def test_threads_share_a_client(storage, restless):
    def work(thread):
        for number in range(25):
            key = f"{thread}.{number % 5}"
            storage.upload_file("bucket", key, key.encode() * 100)
            storage.upload_file("bucket", "shared", b"%d" % thread * 1000)
            assert storage.download_file("bucket", key) == key.encode() * 100
            assert len(set(storage.download_file("bucket", "shared"))) == 1
            assert key in [info.key for info in storage.iter_objects("bucket")]
            assert storage.delete_file("bucket", key)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    assert [info.key for info in storage.iter_objects("bucket")] == ["shared"]


def test_threads_take_turns_with_few_connections(storage, restless):
    storage.upload_file("bucket", "key", b"data")

    def look(_):
        for _ in range(300):
            storage.stat("bucket", "key")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(look, range(8)))


def test_a_reader_sees_one_version_or_the_next_while_it_is_replaced(storage, root):
    storage.upload_file("bucket", "key", b"0" * 50_000)
    done = threading.Event()

    def replace():
        with LocalStorage(root) as writer:
            for number in range(150):
                writer.upload_file("bucket", "key", b"%d" % (number % 10) * 50_000)
        done.set()

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(replace)
        while not done.is_set() and not writing.done():
            data = storage.download_file("bucket", "key")
            assert len(data) == 50_000
            assert len(set(data)) == 1
        writing.result()


def test_a_reader_of_what_comes_and_goes_finds_it_whole_or_not_at_all(storage, root):
    def come_and_go():
        with LocalStorage(root) as writer:
            for _ in range(100):
                writer.upload_file("bucket", "key", b"data")
                writer.delete_file("bucket", "key")

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(come_and_go)
        while not writing.done():
            try:
                assert storage.download_file("bucket", "key") == b"data"
            except ObjectNotFound:
                continue
        writing.result()


def test_parent_and_child_both_use_a_client_that_was_used_before_the_fork(storage, root, start):
    process = start("use_after_fork", root, python=("-X", "dev", "-W", "error"), stderr=-1)
    answers, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
    assert json.loads(answers.splitlines()[-1])[0] == ["after", "before", "child", "parent"]
    assert [info.key for info in storage.iter_objects("bucket")] == ["after", "before", "child", "parent"]


def test_what_a_child_writes_after_its_parent_closed_the_client_is_stored(storage, root, start):
    assert start("write_after_the_parent_closed", root).wait() == 0
    assert [info.key for info in storage.iter_objects("bucket")] == ["before", "child"]


def test_a_child_that_does_not_use_what_it_inherits_harms_nothing(storage, root, start):
    process = start("end_after_fork", root, python=("-X", "dev", "-W", "error"), stderr=-1)
    answers, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
    assert json.loads(answers) == [["after", "before"]]
    assert [info.key for info in storage.iter_objects("bucket")] == ["after", "before"]
