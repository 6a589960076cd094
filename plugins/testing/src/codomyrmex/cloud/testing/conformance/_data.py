"""Data to move: streams of any size that take no memory, keys that are hard to keep."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

MIB = 1024 * 1024
_BLOCK = 64 * 1024

ODD_KEYS = {
    "spaces": " two  words ",
    "plus": "a+b c",
    "percent": "100%",
    "percent encoded": "a%2Fb%20c",
    "query": "a?b=c&d#e;f",
    "quotes": 'it\'s "so" `it` is',
    "markup": "<a>&amp;</a>]]>",
    "backslash": "a\\b",
    "colon": "c:/a:b",
    "wildcards": "*_[a]{b}",
    "empty part": "a//b",
    "leading slash": "/a",
    "trailing slash": "a/",
    "only a slash": "/",
    "one dot": ".",
    "two dots": "..",
    "dot first": "./a",
    "up first": "../a",
    "up inside": "a/../../b/./c",
    "hidden": ".a",
    "unicode": "naïve/ключ/漢字",
    "composed": "\u00e9",
    "decomposed": "e\u0301",
    "emoji": "\U0001f600",
    "right to left": "\u202eabc",
    "newlines": "a\nb\r\nc",
    "control characters": "a\tb\x01c\x7f",
    "NUL": "a\0b",
    "noncharacter": "a\uffffb",
    "1,024 letters": "k" * 1024,
    "1,024 bytes": "\U0001f600" * 256,
}
"""Name to key."""


class Stopped(Exception):  # noqa: N818  # it is not ours to name
    """What a stream or a callback raises that has enough."""


def block(number: int) -> bytes:
    """A block of data, unlike that of any other number."""
    return hashlib.sha256(number.to_bytes(8, "big")).digest() * (_BLOCK // 32)


class Stream(io.RawIOBase):
    """``size`` bytes of known data, which cannot be rewound; reads may be short.

    :param error: what reading raises behind the last byte, in place of an end.
    """

    def __init__(self, size: int, *, error: BaseException | None = None) -> None:
        self._size = size
        self._error = error
        self._position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._position == self._size and self._error:
            raise self._error
        number, offset = divmod(self._position, _BLOCK)
        data = block(number)[offset : offset + min(len(buffer), self._size - self._position)]
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def stream(size: int, *, error: BaseException | None = None) -> BinaryIO:
    """A `Stream`, for type checkers."""
    return cast("BinaryIO", Stream(size, error=error))


def made(size: int) -> bytes:
    """What a `Stream` holds."""
    return stream(size).read()


def digest(file: BinaryIO) -> str:
    """Of what the file holds, read in pieces."""
    found = hashlib.sha256()
    while chunk := file.read(_BLOCK):
        found.update(chunk)
    return found.hexdigest()


class Memory:
    """Bytes that Python allocated at most within the block of `memory`."""

    peak = 0


@contextmanager
def memory() -> Iterator[Memory]:
    """Measure what is allocated in the block, by all threads."""
    used = Memory()
    tracing = tracemalloc.is_tracing()
    if not tracing:
        tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    try:
        yield used
        used.peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        if not tracing:
            tracemalloc.stop()
