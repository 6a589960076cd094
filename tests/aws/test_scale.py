"""Many keys and large objects, in bounded memory."""

import os
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest

pytestmark = pytest.mark.release
KEYS = 20_000
GIB = 1024**3
MOST_MIB = 200


@pytest.fixture
def environment(swift):
    return swift.environment()


def sparse(path, size):
    """A file of mostly nothing, with something at its ends and in its middle. Returns its SHA-256."""
    with open(path, "wb") as file:
        for position in (0, size // 2, size - 5):
            file.seek(position)
            file.write(b"hello")
    return digest(path)


def digest(path):
    found = sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1024 * 1024):
            found.update(chunk)
    return found.hexdigest()


def test_a_listing_of_20_000_keys_is_complete_and_in_order(on_moto, new_bucket):
    bucket = new_bucket(on_moto)
    keys = [f"{number % 7}/ключ {number:06}" for number in range(KEYS)]
    with ThreadPoolExecutor(16) as pool:
        for _ in pool.map(lambda key: on_moto.upload_file(bucket, key, b""), keys):
            pass
    listed = [info.key for info in on_moto.iter_objects(bucket)]
    assert listed == sorted(keys)
    start = listed[12_345]
    assert [info.key for info in on_moto.iter_objects(bucket, start_after=start)] == listed[12_346:]
    assert on_moto.delete_many(bucket, keys) == {}
    assert list(on_moto.iter_objects(bucket)) == []


@pytest.mark.timeout(900)
def test_six_gib_go_up_and_down_in_bounded_memory(swift, on_swift, new_bucket, start, environment, tmp_path):
    bucket = new_bucket(on_swift)
    expected = sparse(tmp_path / "up", 6 * GIB)
    for job, path in (("path_up", "up"), ("path_down", "down")):
        worker = start(job, swift.endpoint_url, bucket, "key", tmp_path / path, **environment)
        assert float(worker.communicate()[0]) < MOST_MIB
        assert worker.returncode == 0
    assert os.path.getsize(tmp_path / "down") == 6 * GIB
    assert digest(tmp_path / "down") == expected
    assert on_swift.stat(bucket, "key").size == 6 * GIB
    on_swift.delete_file(bucket, "key")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("jobs", [("stream_up", "stream_down")])
def test_a_stream_of_unknown_length_takes_no_more(swift, on_swift, new_bucket, start, environment, tmp_path, jobs):
    bucket = new_bucket(on_swift)
    sparse(tmp_path / "file", GIB)
    for job in jobs:
        worker = start(job, swift.endpoint_url, bucket, "key", tmp_path / "file", **environment)
        assert float(worker.communicate()[0]) < MOST_MIB
        assert worker.returncode == 0
    assert on_swift.stat(bucket, "key").size == GIB
