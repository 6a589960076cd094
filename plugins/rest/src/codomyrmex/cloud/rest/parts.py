"""A stream in the parts of an upload."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from codomyrmex.cloud.plugin import CHUNK


def read_parts(stream: BinaryIO, part_size: Callable[[int], int]) -> Iterator[bytes]:
    """The stream in parts, the first one even when it is empty. None is held here while it is used.

    :param part_size: bytes of the next part, by the bytes of all before it. Only the last one is smaller.

    TypeError for a stream that gives no bytes.
    """
    sent = 0
    while True:
        wanted = part_size(sent)
        part = read_exactly(stream, wanted)
        ended = len(part) < wanted
        if part or not sent:
            sent += len(part)
            yield part
        del part
        if ended:
            return


def read_exactly(stream: BinaryIO, size: int) -> bytes:
    """``size`` bytes, fewer at the end of the stream only, however few it gives at a time.

    TypeError for a stream that gives no bytes.
    """
    data = _read(stream, size)
    if len(data) in (0, size):
        return bytes(data)
    collected = bytearray(data)
    while len(collected) < size and (data := _read(stream, min(CHUNK, size - len(collected)))):
        collected += data
    return bytes(collected)


def _read(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if not isinstance(data, bytes | bytearray | memoryview):  # None, too: a stream that does not wait
        raise TypeError(f"the stream must be open in binary mode, it gives {type(data).__name__}")
    return data
