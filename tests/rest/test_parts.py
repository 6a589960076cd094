"""Streams in parts."""

import io
import tracemalloc

import pytest
from codomyrmex.cloud.rest.parts import read_exactly, read_parts
from hypothesis import given
from hypothesis import strategies as st

MIB = 1024 * 1024


class Few(io.RawIOBase):
    """Gives at most so many bytes at a time, as a socket does."""

    def __init__(self, data, most):
        self._data, self._most = io.BytesIO(data), most

    def readable(self):
        return True

    def readinto(self, buffer):
        return self._data.readinto(memoryview(buffer)[: self._most])


class Endless(io.RawIOBase):
    def readable(self):
        return True

    def read(self, size=-1):
        return bytes(size)


@given(data=st.binary(max_size=200), size=st.integers(1, 60), most=st.integers(1, 60))
def test_parts_are_the_stream_and_all_but_the_last_are_of_the_size_however_little_it_gives(data, size, most):
    parts = list(read_parts(Few(data, most), lambda sent: size))
    assert b"".join(parts) == data
    assert all(len(part) == size for part in parts[:-1])
    assert parts[-1:] != [b""] or parts == [b""]


def test_an_empty_stream_has_one_part():
    assert list(read_parts(io.BytesIO(), lambda sent: 5)) == [b""]


def test_the_size_of_a_part_may_grow_with_what_was_read():
    assert [len(part) for part in read_parts(io.BytesIO(bytes(100)), lambda sent: sent + 10)] == [10, 20, 40, 30]


def test_no_part_is_held_while_the_next_one_is_read():
    parts = read_parts(Endless(), lambda sent: 8 * MIB)
    tracemalloc.start()
    try:
        for _ in range(4):
            next(parts)
        assert tracemalloc.get_traced_memory()[1] < 12 * MIB
    finally:
        tracemalloc.stop()


@given(data=st.binary(max_size=50), size=st.integers(0, 60), most=st.integers(1, 60))
def test_exactly_as_many_bytes_as_there_are(data, size, most):
    assert read_exactly(Few(data, most), size) == data[:size]


class Unready(io.RawIOBase):
    def read(self, size=-1):
        return None  # as a socket that does not wait


@pytest.mark.parametrize("stream", [io.StringIO("text"), Unready()], ids=["text", "unready"])
def test_a_stream_that_gives_no_bytes_is_refused(stream):
    with pytest.raises(TypeError, match="binary mode, it gives"):
        next(read_parts(stream, lambda sent: 5))
