"""Downloads: a body that is continued where its connection broke, and ranges fetched in parallel.

The SDK's transfer manager also fetches ranges in parallel. It tells no progress, goes on to the last
range after one has failed, and cannot be interrupted, so it is not used here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import requests
from codomyrmex.cloud.errors import PreconditionFailed, UnsupportedOperation
from codomyrmex.cloud.gcp._integrity import Verifier, hashes
from codomyrmex.cloud.gcp._requests import Requests
from codomyrmex.cloud.gcp._retry import Repeats
from codomyrmex.cloud.rest.bodies import ResponseBody, ResumableBody
from codomyrmex.cloud.rest.parallel import in_order
from urllib3.exceptions import HTTPError

PART_SIZE = 8 * 1024 * 1024
"""Bytes of a range that is fetched in parallel."""
PARTS = 4
"""Ranges of one object that are in flight or in memory."""
LARGE = 2 * PART_SIZE
"""Bytes of an object from which on it is fetched in parallel."""
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


def body_of(
    source: Source,
    response: requests.Response,
    start: int,
    end: int,
    verifier: Verifier | None = None,
    typed_error: Callable[[Exception], Exception] | None = None,
) -> ResumableBody:
    """Bytes ``start`` to before ``end``, of which ``response`` is open already."""

    def open_part(start: int, end: int) -> ResponseBody:
        return ResponseBody(source.open(start, end))

    body = ResponseBody(response)
    return ResumableBody(body, open_part, start, end, broken=_BROKEN, verifier=verifier, typed_error=typed_error)


def chunks(source: Source, response: requests.Response, size: int) -> Iterator[memoryview]:
    """All ``size`` bytes of an object in order, verified at its end. A chunk is valid until the next one.

    :param response: of all of it, open already.
    """
    whole = verifier(response)
    if size <= LARGE:
        yield from body_of(source, response, 0, size, whole).chunks()
        return
    for part in _in_parallel(source, response, size):
        if whole is not None:
            whole.update(part)
        yield part
    if whole is not None:
        whole.verify()


def _in_parallel(source: Source, response: requests.Response, size: int) -> Iterator[memoryview]:
    """The parts of an object in order, while later ones are fetched already."""

    def fetch(part: _Part) -> memoryview:
        begun = response if part.start == 0 else source.open(part.start, part.end)
        with body_of(source, begun, part.start, part.end) as body:
            body.fill(part.data)
        return part.data

    starts = range(0, size, PART_SIZE)
    parts = (_Part(start, memoryview(bytearray(min(PART_SIZE, size - start)))) for start in starts)
    try:
        yield from in_order(fetch, parts, memory_of=lambda part: len(part.data), memory=PARTS * PART_SIZE)
    finally:
        response.close()


class _Part(NamedTuple):
    start: int
    data: memoryview
    """To be filled. Made by one thread: of what each allocates for itself, the allocator keeps some for each."""

    @property
    def end(self) -> int:
        return self.start + len(self.data)
