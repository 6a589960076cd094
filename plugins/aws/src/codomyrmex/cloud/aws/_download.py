"""Downloads: a body that is continued where its connection broke, and ranges fetched in parallel."""

from __future__ import annotations

import io
import random
import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from functools import partial
from typing import Any

from botocore.exceptions import HTTPClientError, IncompleteReadError
from codomyrmex.cloud._files import CHUNK
from codomyrmex.cloud.aws._integrity import Verifier, etag
from codomyrmex.cloud.aws._parts import PART_SIZE, PartPool
from codomyrmex.cloud.errors import UnsupportedOperation
from urllib3.exceptions import HTTPError

RESUMED = 4
"""How often in a row a body is continued without a byte gained."""
LARGE = 2 * PART_SIZE
"""Bytes of an object from which on it is fetched in parallel."""
_BROKEN = (HTTPClientError, IncompleteReadError, HTTPError, OSError)
"""What reading from a connection raises; botocore retries requests, but no bodies."""
_RANGE = re.compile(r"bytes ([0-9]+)-([0-9]+)/")


def get_range(client: Any, target: Mapping[str, Any], start: int, end: int | None) -> tuple[Any, int]:
    """The answer to a GET of byte ``start`` to before ``end``, or to the object's end; and where it does end."""
    answer = client.get_object(**target, Range=f"bytes={start}-{'' if end is None else end - 1}")
    sent = _RANGE.match(answer.get("ContentRange", ""))
    if sent is None or int(sent[1]) != start:
        answer["Body"].close()
        raise UnsupportedOperation("the store ignores Range, so that a part of an object cannot be read")
    return answer, int(sent[2]) + 1


class Source:
    """An object as it was when it was first asked for: what is read later is the same one, or PreconditionFailed.

    :param target: Bucket, Key and what else GET takes.
    :param answer: to a GET of all of it or of a range.
    """

    def __init__(self, client: Any, target: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        self._client = client
        self._target = {**target, "IfMatch": answer["ETag"]} if etag(answer) else dict(target)

    def read(self, start: int, end: int) -> Any:
        """The body from byte ``start`` to before byte ``end``."""
        return get_range(self._client, self._target, start, end)[0]["Body"]


class Body(io.RawIOBase):
    """Bytes ``start`` to ``end`` of an object, as a file.

    :param body: what is open already.
    :param verifier: checks the whole object at its end.
    :param typed_error: makes the `CloudError` that reading raises.
    """

    def __init__(
        self,
        source: Source,
        body: Any,
        start: int,
        end: int,
        verifier: Verifier | None = None,
        typed_error: Callable[[Exception], Exception] | None = None,
    ) -> None:
        self._source = source
        self._body = body
        self._position = start
        self._end = end
        self._verifier = verifier
        self._typed_error = typed_error
        self._failures = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            return self._readinto(memoryview(buffer))
        except Exception as error:
            self.close()
            typed = error if self._typed_error is None else self._typed_error(error)
            if typed is error:
                raise
            raise typed from error

    def _readinto(self, buffer: memoryview) -> int:
        room = min(len(buffer), self._end - self._position)
        count = self._receive(buffer[:room]) if room else 0
        self._position += count
        if self._verifier is not None:
            self._verifier.update(buffer[:count])
            if self._position == self._end:
                self._verifier.verify()
        return count

    def _receive(self, buffer: memoryview) -> int:
        while True:
            try:
                count: int = self._body.readinto(buffer)
                if not count:
                    raise IncompleteReadError(actual_bytes=self._position, expected_bytes=self._end)
            except _BROKEN as error:
                self._resume(error)
            else:
                self._failures = 0
                return count

    def _resume(self, error: Exception) -> None:
        self._body.close()
        self._failures += 1
        if self._failures > RESUMED:
            raise error
        time.sleep(random.random() * 0.1 * 2**self._failures)  # noqa: S311 - jitter, no secret
        self._body = self._source.read(self._position, self._end)

    def close(self) -> None:
        if not self.closed:
            self._body.close()
        super().close()


def chunks(
    source: Source, body: Any, size: int, pool: PartPool, verifier: Verifier | None
) -> Iterator[bytes | memoryview]:
    """All ``size`` bytes of an object in order, verified at its end. A chunk is valid until the next one.

    :param body: of all of it, open already.
    """
    if size <= CHUNK and (data := _at_once(body)) is not None:
        if verifier is not None:
            verifier.update(data)
            verifier.verify()
        yield data
        return
    if size <= LARGE:
        with Body(source, body, 0, size, verifier) as whole:
            buffer = memoryview(bytearray(min(CHUNK, size)))
            while count := whole.readinto(buffer):
                yield buffer[:count]
        return
    for part in _in_parallel(source, body, size, pool):
        if verifier is not None:
            verifier.update(part)
        yield part
    if verifier is not None:
        verifier.verify()


def _at_once(body: Any) -> bytes | None:
    """The whole body, quicker than through `Body`; None where its connection breaks."""
    try:
        data: bytes = body.read()
    except _BROKEN:
        return None
    finally:
        body.close()
    return data


def _in_parallel(source: Source, body: Any, size: int, pool: PartPool) -> Iterator[memoryview]:
    """The parts of an object in order, while later ones are fetched already."""
    running: deque[tuple[Future[memoryview], int]] = deque()
    try:
        for start in range(0, size, PART_SIZE):
            length = min(PART_SIZE, size - start)
            while not pool.memory.take(length, anyway=not running):
                yield from _arrived(running, pool)
            first = body if start == 0 else None
            # the part is made here: of what each thread allocates for itself, the allocator keeps some for each
            running.append((pool.submit(_fetch, source, first, start, memoryview(bytearray(length))), length))
            while running and running[0][0].done():
                yield from _arrived(running, pool)
        while running:
            yield from _arrived(running, pool)
    finally:
        for future, length in running:  # nobody waits for them; one may hang
            future.cancel()
            future.add_done_callback(partial(_give_back, pool, length))


def _give_back(pool: PartPool, length: int, _: Future[memoryview]) -> None:
    pool.memory.give_back(length)


def _arrived(running: deque[tuple[Future[memoryview], int]], pool: PartPool) -> Iterator[memoryview]:
    yield running[0][0].result()
    pool.memory.give_back(running.popleft()[1])


def _fetch(source: Source, body: Any, start: int, part: memoryview) -> memoryview:
    """Fill ``part`` with the bytes from ``start`` on."""
    rest, end = part, start + len(part)
    with Body(source, body or source.read(start, end), start, end) as data:
        while rest:
            rest = rest[data.readinto(rest[:CHUNK]) :]
    return part
