"""Downloads: a body that is continued where its connection broke, and ranges fetched in parallel."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from functools import partial
from typing import Any

from botocore.exceptions import HTTPClientError, IncompleteReadError
from codomyrmex.cloud.aws._integrity import Verifier, etag
from codomyrmex.cloud.aws._parts import PART_SIZE, PartPool
from codomyrmex.cloud.errors import UnsupportedOperation
from codomyrmex.cloud.plugin import CHUNK
from codomyrmex.cloud.rest.bodies import ResumableBody
from urllib3.exceptions import HTTPError

LARGE = 2 * PART_SIZE
"""Bytes of an object from which on it is fetched in parallel."""
_BROKEN = (HTTPClientError, IncompleteReadError, HTTPError, OSError)
"""What reading from a connection raises; botocore repeats requests, but no bodies."""
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


def body_of(
    source: Source,
    body: Any,
    start: int,
    end: int,
    verifier: Verifier | None = None,
    typed_error: Callable[[Exception], Exception] | None = None,
) -> ResumableBody:
    """Bytes ``start`` to before ``end``, of which ``body`` is open already."""
    return ResumableBody(body, source.read, start, end, broken=_BROKEN, verifier=verifier, typed_error=typed_error)


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
        yield from body_of(source, body, 0, size, verifier).chunks()
        return
    for part in _in_parallel(source, body, size, pool):
        if verifier is not None:
            verifier.update(part)
        yield part
    if verifier is not None:
        verifier.verify()


def _at_once(body: Any) -> bytes | None:
    """The whole body, quicker than through `body_of`; None where its connection breaks."""
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
    end = start + len(part)
    with body_of(source, body or source.read(start, end), start, end) as data:
        data.fill(part)
    return part
