"""Writers killed at any moment leave whole objects, and lose none that they were told is stored."""

import json
import os
import random

import pytest

WRITERS = 3


@pytest.fixture
def killed_writers(root, start):
    """Let several processes write, and kill them all after so many finished operations."""

    def killed_writers(first_number, operations):
        read, write = os.pipe()
        writers = [
            start("write_and_delete", root, writer, first_number, stdout=write, stdin=None) for writer in range(WRITERS)
        ]
        os.close(write)
        lines, done = [], 0
        with open(read) as told:
            for line in told:
                lines.append(json.loads(line))
                done += lines[-1][0] == "done"
                if done == operations:
                    for writer in writers:
                        writer.kill()
        assert [writer.wait() for writer in writers] == [-9] * WRITERS
        return lines

    return killed_writers


@pytest.fixture
def whole_versions(root, start):
    """The version of every object by key, each read whole by a new process that finds it as it was written."""

    def whole_versions():
        reader = start("read_all", root)
        lines = reader.communicate()[0].splitlines()
        assert reader.returncode == 0
        return dict(map(json.loads, lines))

    return whole_versions


@pytest.mark.slow
def test_writers_killed_at_random_leave_whole_objects_and_lose_none(storage, blobs, killed_writers, whole_versions):
    chance = random.Random(7)
    stored, told = {}, 0
    for attempt in range(8):
        begun = dict(stored)
        for step, key, number in killed_writers(10_000 * attempt, chance.randrange(100, 500)):
            told += 1
            begun[key] = number
            if step == "done":
                stored[key] = number
        versions = whole_versions()
        own = {key: number for key, number in versions.items() if key.startswith("own/")}
        for key in stored.keys() | begun.keys() | own.keys():
            assert own.get(key) in (stored.get(key), begun.get(key)), key
        storage.sweep("bucket", older_than=0)
        assert len(blobs()) == len(versions)
        assert whole_versions() == versions
        stored = own
    assert told > 2000
    assert len(versions) > 100


def test_what_a_killed_upload_left_is_swept_and_nothing_else(storage, root, blobs, start):
    storage.upload_file("bucket", "other", b"other")
    kept = blobs()
    writer = start("upload_half", root)
    assert writer.stdout.readline() == '["half"]\n'
    writer.kill()
    writer.wait()
    left = blobs() - kept
    assert [path.stat().st_size for path in left] == [1024 * 1024]
    assert [info.key for info in storage.iter_objects("bucket")] == ["other"]
    assert storage.sweep("bucket") == 0  # it may be an upload that goes on
    assert blobs() == kept | left
    assert storage.sweep("bucket", older_than=0) == 1024 * 1024
    assert blobs() == kept
    assert storage.download_file("bucket", "other") == b"other"
    assert storage.sweep("bucket", older_than=0) == 0


def test_an_upload_that_is_swept_while_it_goes_on_is_told(storage, blobs):
    class Stream:
        reads = 0

        def read(self, size):
            self.reads += 1
            if self.reads == 2:
                storage.sweep("bucket", older_than=0)
            return b"x" * size if self.reads < 3 else b""

    with pytest.raises(Exception, match="while 'key' was written"):
        storage.upload_stream("bucket", "key", Stream())
    assert list(storage.iter_objects("bucket")) == []
    assert blobs() == set()


def test_what_a_killed_delete_left_goes_with_the_next(storage, root, tree):
    storage.create_bucket("other")
    (root / "other").rename(root / ".deleted-0123456789abcdef")
    assert storage.list_buckets() == ["bucket"]
    storage.delete_bucket("bucket")
    assert tree(root) == set()
