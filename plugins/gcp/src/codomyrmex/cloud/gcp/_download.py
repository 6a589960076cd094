"""Downloads: a body that is continued where its connection broke, and ranges fetched in parallel.

The SDK's transfer manager also fetches ranges in parallel. It tells no progress, goes on to the last
range after one has failed, and cannot be interrupted, so it is not used here.
"""

from __future__ import annotations

import io
import random
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, wait
from itertools import islice

import requests
from codomyrmex.cloud._files import CHUNK
from codomyrmex.cloud.errors import PreconditionFailed, UnsupportedOperation
from codomyrmex.cloud.gcp._integrity import Verifier, hashes
from codomyrmex.cloud.gcp._requests import Requests
from codomyrmex.cloud.gcp._retry import Repeats
from urllib3.exceptions import HTTPError, IncompleteRead

PART_SIZE = 8 * 1024 * 1024
"""Bytes of a range that is fetched in parallel."""
PARTS = 4
"""Ranges of one object that are in flight or in memory."""
LARGE = 2 * PART_SIZE
"""Bytes of an object from which on it is fetched in parallel."""
RESUMED = 4
"""How often in a row a body is continued without a byte gained."""
_BROKEN = (HTTPError, requests.RequestException, OSError)
"""What reading from a connection raises."""


class Source:
    """An object as it was when it was first asked for: what is read later is the same one, or PreconditionFailed.

    Data come as they are stored: asked for without ``Accept-Encoding: gzip``, Cloud Storage unpacks what
    has the Content-Encoding gzip, to data that no checksum is kept of ("Transcoding of gzip-compressed files").

    :param url: of the object's data.
    :param parameters: of the query.
    :param headers: of every request.
    """

    def __init__(
        self,
        requests: Requests,
        url: str,
        parameters: Mapping[str, str],
        headers: Mapping[str, str],
        repeats: Callable[[], Repeats],
    ) -> None:
        self._requests = requests
        self._url = url
        self._parameters = {"alt": "media", **parameters}
        self._headers = {"Accept-Encoding": "gzip", **headers}
        self._repeats = repeats
        self._generation: str | None = None

    def open(self, start: int = 0, end: int | None = None) -> requests.Response:
        """The answer with its open body, from byte ``start`` to before byte ``end`` or the end."""
        headers, in_part = self._headers, bool(start or end is not None)
        if in_part:
            headers = {**headers, "Range": f"bytes={start}-{'' if end is None else end - 1}"}

        def send() -> requests.Response:
            return self._requests.send(
                "GET", self._url, 200, 206, headers=headers, params=self._parameters, stream=True
            )

        response = self._same_generation(self._repeats()(send)())
        if in_part and not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            response.close()
            raise UnsupportedOperation("the service ignores Range, so that nothing can be read in part")
        return response

    def _same_generation(self, response: requests.Response) -> requests.Response:
        generation = response.headers.get("X-Goog-Generation")
        if self._generation is None:
            self._generation = generation
            if generation:
                self._parameters["ifGenerationMatch"] = generation
        elif generation != self._generation:
            response.close()
            raise PreconditionFailed("the object was replaced while it was read; read it again")
        return response


def verifier(response: requests.Response) -> Verifier | None:
    """What verifies the whole object; None where the service tells no checksum."""
    kept = hashes(response.headers.get("X-Goog-Hash")).get("crc32c")
    return Verifier(kept) if kept else None


class Body(io.RawIOBase):
    """Bytes ``start`` to ``end`` of an object, as a file.

    :param response: what is open already.
    :param verifier: checks the whole object at its end.
    :param typed_error: makes the `CloudError` that reading raises.
    """

    def __init__(
        self,
        source: Source,
        response: requests.Response,
        start: int,
        end: int,
        verifier: Verifier | None = None,
        typed_error: Callable[[Exception], Exception] | None = None,
    ) -> None:
        self._source = source
        self._response = response
        self._position = start
        self._end = end
        self._verifier = verifier
        self._typed_error = typed_error
        self._failures = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
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
        while room:
            try:
                data = self._response.raw.read(min(room, CHUNK), decode_content=False)
                if not data:
                    raise IncompleteRead(self._position, self._end - self._position)
            except _BROKEN as error:
                self._resume(error)
                continue
            return self._take(data, buffer)
        return 0

    def _take(self, data: bytes, buffer: memoryview) -> int:
        self._failures = 0
        count = len(data)
        buffer[:count] = data
        self._position += count
        if self._verifier is not None:
            self._verifier.update(data)
        if self._position == self._end:
            self._response.close()
            if self._verifier is not None:
                self._verifier.verify()
        return count

    def _resume(self, error: Exception) -> None:
        self._response.close()
        self._failures += 1
        if self._failures > RESUMED:
            raise error
        time.sleep(random.random() * 0.1 * 2**self._failures)  # noqa: S311 - jitter, no secret
        self._response = self._source.open(self._position, self._end)

    def close(self) -> None:
        if not self.closed:
            self._response.close()
        super().close()


def chunks(
    source: Source, response: requests.Response, size: int, threads: Executor
) -> Iterator[bytearray | memoryview]:
    """All ``size`` bytes of an object in order, verified at its end. A chunk is valid until the next one.

    :param response: of all of it, open already.
    """
    whole = verifier(response)
    if size <= LARGE:
        with Body(source, response, 0, size, whole) as body:
            buffer = memoryview(bytearray(min(CHUNK, size)))
            while count := body.readinto(buffer):
                yield buffer[:count]
        return
    for part in _in_parallel(source, response, size, threads):
        if whole is not None:
            whole.update(part)
        yield part
    if whole is not None:
        whole.verify()


def _in_parallel(source: Source, response: requests.Response, size: int, threads: Executor) -> Iterator[bytearray]:
    """The parts of an object in order, while later ones are fetched already."""
    starts = iter(range(0, size, PART_SIZE))
    running: deque[Future[bytearray]] = deque()
    try:
        while True:
            for start in islice(starts, PARTS - len(running)):
                first = None if start else response
                running.append(threads.submit(_fetch, source, first, start, min(start + PART_SIZE, size)))
            if not running:
                return
            yield running.popleft().result()
    finally:
        for future in running:
            future.cancel()
        wait(running)
        response.close()


def _fetch(source: Source, response: requests.Response | None, start: int, end: int) -> bytearray:
    data = bytearray(end - start)
    room = memoryview(data)
    with Body(source, response or source.open(start, end), start, end) as part:
        while room:
            room = room[part.readinto(room) :]
    return data
