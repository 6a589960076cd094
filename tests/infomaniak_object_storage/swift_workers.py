"""What tests run in a process of its own, which they kill, interrupt or measure; credentials by the environment."""

import io
import sys
import time
from pathlib import Path

from codomyrmex.cloud.infomaniak.object_storage import InfomaniakSwiftStorage

sys.path.append(str(Path(__file__).parents[1]))
from support.memory import peak_memory  # found in the folder above

MIB = 1024 * 1024


class Pausing(io.RawIOBase):
    """Data without an end, that stop coming after ``size`` bytes; then it says so."""

    def __init__(self, size):
        self._left = size

    def read(self, size=-1):
        if not self._left:
            print("paused", flush=True)
            time.sleep(60)
        data = bytes(min(size, self._left))
        self._left -= len(data)
        return data


def upload(bucket, key, size):
    """Upload so many bytes of something that is longer; say when they are read, and wait to be ended."""
    with InfomaniakSwiftStorage() as storage:
        try:
            storage.upload_stream(bucket, key, Pausing(int(size)))
        except KeyboardInterrupt:
            print("interrupted", flush=True)


def stream_up(bucket, key, path):
    """Upload a stream whose size is not known; say how many MiB of memory this process had at most."""
    with InfomaniakSwiftStorage() as storage, open(path, "rb") as file:
        storage.upload_stream(bucket, key, file)
    print(peak_memory())


def path_down(bucket, key, path):
    """Download to a file."""
    with InfomaniakSwiftStorage() as storage:
        storage.download_path(bucket, key, path)
    print(peak_memory())


def stream_down(bucket, key, _):
    """Read the object, and keep none of it."""
    with InfomaniakSwiftStorage() as storage, storage.open_read(bucket, key) as file:
        while file.read(MIB):
            pass
    print(peak_memory())


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
