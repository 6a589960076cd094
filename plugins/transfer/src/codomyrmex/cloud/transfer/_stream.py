"""Data on its way: counted, hashed, and verified at its end, before the target has all of it."""

from __future__ import annotations

import hashlib
import threading
import zlib
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from codomyrmex.cloud.errors import IntegrityError
from codomyrmex.cloud.plugin import CHUNK


class Stopped(Exception):  # noqa: N818 - it is no error
    """The run was stopped; what is in flight ends without a trace at its target."""


class Watch:
    """Counts bytes as they move, in this process, and stops them."""

    def __init__(self) -> None:
        self.moved = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    @property
    def stopped(self) -> bool:
        """Whether the run is to end."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """End what moves: at its next chunk it raises `Stopped`."""
        self._stopped.set()

    def __call__(self, moved: int) -> None:
        """So many more bytes have moved."""
        if self.stopped:
            raise Stopped
        with self._lock:
            self.moved += moved


class Crc32:
    """CRC-32 with the methods of hashlib."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: Any) -> None:
        self._value = zlib.crc32(data, self._value)

    def hexdigest(self) -> str:
        return f"{self._value:08x}"


ALGORITHMS: dict[str, Callable[[], Any]] = {
    "md5": lambda: hashlib.md5(usedforsecurity=False),
    "crc32": Crc32,
    "sha256": hashlib.sha256,
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
}
"""The checksums of storages that can be computed here, the dearest last."""

_ON_THE_WAY = ("md5", "crc32")


class Reader:
    """A binary file to read once, that raises at its end if it was not what it should have been.

    As an upload whose reading raises stores nothing, no target ever holds what is not whole.

    :param at_end: called with this reader when all was read; raises if the source is not as it was.
    """

    def __init__(self, file: BinaryIO, at_end: Callable[[Reader], None]) -> None:
        self.size = 0
        self._file = file
        self._at_end = at_end
        self._digests = {name: ALGORITHMS[name]() for name in _ON_THE_WAY}
        self._ended = False

    @property
    def checksums(self) -> dict[str, str]:
        """Of what was read so far."""
        return {name: digest.hexdigest() for name, digest in self._digests.items()}

    def read(self, size: int = -1) -> bytes:
        """As that of a file."""
        data = self._file.read(size)
        self.size += len(data)
        for digest in self._digests.values():
            digest.update(data)
        if size < 0 or (size and not data):
            self.end()
        return data

    def end(self) -> None:
        """All was read."""
        if not self._ended:
            self._ended = True
            self._at_end(self)


def common(one: Mapping[str, str], other: Mapping[str, str]) -> bool | None:
    """Whether two sets of checksums agree; None where they have none in common."""
    shared = one.keys() & other.keys()
    return all(one[name] == other[name] for name in shared) if shared else None


def checksum(file: BinaryIO, algorithm: str) -> str:
    """The hexadecimal digest of what the file holds."""
    digest = ALGORITHMS[algorithm]()
    while data := file.read(CHUNK):
        digest.update(data)
    found: str = digest.hexdigest()
    return found


def first_difference(one: BinaryIO, other: BinaryIO) -> int | None:
    """Where two files differ first, in bytes from their beginning; None if they do not."""
    position = 0
    while True:
        left, right = _exactly(one), _exactly(other)
        if left != right:
            shared = min(len(left), len(right))
            return position + next((i for i in range(shared) if left[i] != right[i]), shared)
        if not left:
            return None
        position += len(left)


def _exactly(file: BinaryIO) -> bytes:
    """`CHUNK` bytes, fewer at the end only."""
    data = bytearray()
    while len(data) < CHUNK and (more := file.read(CHUNK - len(data))):
        data += more
    return bytes(data)


def confirm(size: int, checksums: Mapping[str, str], kept: int, kept_checksums: Mapping[str, str]) -> None:
    """Raise IntegrityError unless what the target keeps is what was read."""
    if size != kept:
        raise IntegrityError(f"the target keeps {kept} bytes of the {size} that were sent", retryable=True)
    if common(checksums, kept_checksums) is False:
        raise IntegrityError("the target keeps other data than was sent", retryable=True)
