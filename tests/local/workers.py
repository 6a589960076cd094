"""What the tests do in processes of their own: ``python workers.py <function> <arguments>``."""

import hashlib
import json
import os
import random
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from codomyrmex.cloud.errors import BucketNotFound, Conflict, PreconditionFailed
from codomyrmex.cloud.local import LocalStorage
from codomyrmex.cloud.local.signing import signing_key

sys.path.append(str(Path(__file__).parents[1]))
from support.memory import peak_memory  # found in the folder above


def say(*values):
    os.write(1, (json.dumps(values) + "\n").encode())  # one write, so lines of several processes stay whole


def wait_for_go():
    os.write(1, b"ready\n")
    sys.stdin.readline()


def body(key, writer, number):
    """Data that says what it is, by which a reader knows it to be whole."""
    header = json.dumps([key, writer, number]).encode() + b"\n"
    size = random.Random(header).choice([0, 10, 5_000, 70_000, 600_000])
    data = header + header * (size // len(header))
    return data + hashlib.sha256(data).hexdigest().encode()


def write_and_delete(root, writer, start):
    """Until killed. Tells each operation on a key of its own before it begins and when it is done."""
    storage = LocalStorage(root)
    for number in range(int(start), sys.maxsize):
        if number % 3 == 0:
            key = f"shared/{number % 50}"
            storage.upload_file("bucket", key, body(key, writer, number))
            continue
        key = f"own/{writer}/{number % 70}"
        deletes = number % 7 == 0
        say("begin", key, None if deletes else number)
        if deletes:
            storage.delete_file("bucket", key)
        else:
            storage.upload_file("bucket", key, body(key, writer, number))
        say("done", key, None if deletes else number)


def read_all(root):
    """Says the version of each object, all of which must be as one of the writers wrote it."""
    storage = LocalStorage(root)
    for info in storage.iter_objects("bucket"):
        data = storage.download_file("bucket", info.key)
        key, writer, number = json.loads(data.partition(b"\n")[0])
        assert (key, info.size) == (info.key, len(data))
        assert data == body(key, writer, number)
        say(key, number)


class Endless:
    """A stream that tells when its first MiB was taken, and gives no more."""

    given = False

    def read(self, size):
        if self.given:
            say("half")
            sys.stdin.readline()
        self.given = True
        return bytes(size)


def upload_half(root):
    LocalStorage(root).upload_stream("bucket", "key", Endless())


def create_only(root, name, count):
    storage = LocalStorage(root)
    wait_for_go()

    def try_all(thread):
        for number in range(int(count)):
            try:
                with open(os.devnull, "rb") as empty:
                    storage.upload_stream(
                        "bucket", f"{number}", empty, metadata={"by": f"{name}.{thread}"}, if_none_match="*"
                    )
            except PreconditionFailed:
                continue
            say(f"{number}", f"{name}.{thread}")

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(try_all, range(2)))


def increment(root, times):
    import io

    storage = LocalStorage(root)
    wait_for_go()
    for _ in range(int(times)):
        while True:
            seen = storage.stat("bucket", "counter").etag
            value = int(storage.download_file("bucket", "counter"))
            try:
                storage.upload_stream("bucket", "counter", io.BytesIO(b"%d" % (value + 1)), if_match=seen)
                break
            except PreconditionFailed:
                continue


def write_each_once(root, name):
    """Until told to stop: two threads with one client write into a bucket that comes and goes, each key till
    it is stored, with pauses in which the bucket may be empty. Says how many each has stored."""
    storage = LocalStorage(root)
    stopped = threading.Event()
    stored = [0, 0]
    wait_for_go()

    def write(thread):
        while not stopped.wait(random.random() / 20):
            key = f"{name}.{thread}.{stored[thread]}"
            while True:
                try:
                    storage.upload_file("bucket", key, key.encode())
                    break
                except (BucketNotFound, Conflict):
                    continue
            stored[thread] += 1

    with ThreadPoolExecutor(2) as threads:
        writing = [threads.submit(write, thread) for thread in range(2)]
        sys.stdin.readline()
        stopped.set()
    for each in writing:
        each.result()
    say(*stored)


def show_signing_key(root):
    wait_for_go()
    say(signing_key(root).hex())


def use_after_fork(root):
    """Parent and child use the one client that was used before, and end as programs do."""
    storage = LocalStorage(root)
    storage.upload_file("bucket", "before", b"1")
    child = os.fork()
    storage.upload_file("bucket", "child" if child == 0 else "parent", b"2")
    if child:
        _, status = os.waitpid(child, 0)
        assert status == 0
        storage.upload_file("bucket", "after", b"3")
    say(sorted(info.key for info in storage.iter_objects("bucket", "")))


def write_after_the_parent_closed(root):
    """A child whose parent used the client, and closed it before the child does its first write."""
    storage = LocalStorage(root)
    storage.upload_file("bucket", "before", b"1")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(read, 1)
        storage.upload_file("bucket", "child", b"2")
        os.kill(os.getpid(), 9)
    storage.close()
    os.write(write, b"!")
    os.waitpid(child, 0)


def end_after_fork(root):
    """A child that inherits a used client and does not use it ends like any program."""
    storage = LocalStorage(root)
    storage.upload_file("bucket", "before", b"1")
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert status == 0
        storage.upload_file("bucket", "after", b"3")
        say([info.key for info in storage.iter_objects("bucket")])


def forget_to_close(root):
    storage = LocalStorage(root)
    storage.upload_file("bucket", "key", b"data" * 100_000)
    assert storage.read_range("bucket", "key", 4, 4) == b"data"
    listing = storage.iter_objects("bucket")
    assert next(listing).key == "key"
    storage.delete_file("bucket", "key")


def list_all(root):
    """Says how many keys, the bytes read for the first, and the memory that the others took."""
    storage = LocalStorage(root)
    before = _bytes_read()
    listing = storage.iter_objects("bucket")
    first = next(listing)
    read = _bytes_read() - before
    few = sum(1 for _ in zip(range(5000), listing, strict=False))
    memory = peak_memory()
    say(first.key, read, 1 + few + sum(1 for _ in listing), peak_memory() - memory)


def _bytes_read():
    with open("/proc/self/io") as file:
        return int(file.readline().removeprefix("rchar:"))


def up_and_down(root, source, target):
    """Says the peak of memory in MiB."""
    with LocalStorage(root) as storage:
        storage.upload_path("bucket", "big", source)
        storage.download_path("bucket", "big", target)
    say(peak_memory())


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
