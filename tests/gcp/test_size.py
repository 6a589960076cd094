"""Objects much larger than the memory that moving them takes."""

import pytest
from codomyrmex.cloud.gcp._download import PART_SIZE as FETCHED
from codomyrmex.cloud.gcp._download import PARTS
from codomyrmex.cloud.gcp._upload import PART_SIZE as SENT
from codomyrmex.cloud.testing.conformance._data import digest, memory, stream

MIB = 1024 * 1024
SIZE = 512 * MIB

pytestmark = pytest.mark.release


def test_half_a_gib_moves_in_the_memory_of_a_few_parts(fake_gcs, connect, new_bucket, tmp_path):
    storage = connect(fake_gcs, anonymous=True)
    bucket = new_bucket(storage)
    with memory() as up:
        assert storage.upload_stream(bucket, "key", stream(SIZE)).size == SIZE
    with memory() as down:
        storage.download_path(bucket, "key", tmp_path / "file")
    with memory() as copied:
        storage.copy(bucket, "key", bucket, "copy")
    with open(tmp_path / "file", "rb") as file, memory() as read, storage.open_read(bucket, "copy") as again:
        assert digest(file) == digest(again) == digest(stream(SIZE))
    assert up.peak < 3 * SENT
    assert down.peak < (PARTS + 2) * FETCHED + 16 * MIB
    assert max(copied.peak, read.peak) < 8 * MIB
