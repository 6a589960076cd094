"""Downloads: a body that is continued where its connection broke, and verified at its end."""

from __future__ import annotations

import hashlib
import io
import random
import time
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Protocol

import requests
from codomyrmex.cloud._files import CHUNK
from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakConnectionError,
    InfomaniakIntegrityError,
    InfomaniakPreconditionFailedError,
    InfomaniakTimeoutError,
    InfomaniakUnsupportedError,
)
from codomyrmex.cloud.infomaniak.object_storage import _manifests
from codomyrmex.cloud.infomaniak.object_storage._manifests import Segment
from codomyrmex.cloud.infomaniak.object_storage._results import etag, is_large, md5
from codomyrmex.cloud.infomaniak.object_storage._swift import Swift
from urllib3.exceptions import HTTPError, IncompleteRead, ReadTimeoutError

RESUMED = 4
"""How often in a row a body is continued without a byte gained."""
_BROKEN = (HTTPError, requests.RequestException, OSError)
"""What reading from a connection raises."""


class Source:
    """An object as it was when it was first asked for: what is read later is the same one, or PreconditionFailed."""

    def __init__(self, swift: Swift, bucket: str, key: str) -> None:
        self._swift, self._bucket, self._key = swift, bucket, key
        self._etag: str | None = None

    def open(self, start: int = 0, end: int | None = None) -> requests.Response | None:
        """The answer with its open body, from byte ``start`` to before ``end``; None: the object ends before."""
        headers = {"If-Match": f'"{self._etag}"'} if self._etag else {}
        in_part = bool(start or end is not None)
        if in_part:
            headers["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
        beyond = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        answer = self._swift.send("GET", self._bucket, self._key, headers=headers, stream=True, accept=(beyond,))
        empty = answer.headers.get("Content-Length") == "0"
        if in_part and (answer.status_code == beyond or empty):
            answer.close()
            return None
        if in_part and not answer.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            answer.close()
            raise InfomaniakUnsupportedError("the service ignores Range, so that nothing can be read in part")
        self._etag = self._etag or etag(answer.headers)
        return answer

    def open_whole(self) -> requests.Response:
        """The answer with all of the object."""
        answer = self.open()
        assert answer is not None  # only a part may be behind the end
        return answer

    def verifier(self, answer: requests.Response) -> Verifier | None:
        """What verifies the whole object; None where the service tells nothing that could."""
        if kept := md5(answer.headers):
            return Whole(kept)
        if not is_large(answer.headers):
            return None
        try:
            segments = _manifests.read_large(self._swift, self._bucket, self._key)
            if segments is None or _manifests.etag_of(segments) != etag(answer.headers):
                raise InfomaniakPreconditionFailedError("the object was replaced while it was read; read it again")
        except BaseException:
            answer.close()
            raise
        return InSegments(segments)


class Verifier(Protocol):
    """Takes the data of a whole object as it comes, and says at the end whether it is what is kept."""

    def update(self, data: bytes | memoryview, /) -> None: ...

    def verify(self) -> None:
        """Raise IntegrityError if anything else was read than the service keeps."""


class Whole:
    """Verifies a plain object by its MD5."""

    def __init__(self, expected: str) -> None:
        self._expected = expected
        self._found = hashlib.md5()

    def update(self, data: bytes | memoryview) -> None:
        self._found.update(data)

    def verify(self) -> None:
        if self._found.hexdigest() != self._expected:
            raise _damaged()


class InSegments:
    """Verifies a large object by the MD5 of each segment, where the manifest tells it."""

    def __init__(self, segments: Iterable[Segment]) -> None:
        self._coming = iter([segment for segment in segments if segment.size])
        self._next()

    def _next(self) -> None:
        self._segment = next(self._coming, None)
        self._found = hashlib.md5()
        self._missing = self._segment.size if self._segment else 0

    def update(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        while view:
            if self._segment is None:
                raise _damaged()
            piece = view[: self._missing]
            self._found.update(piece)
            self._missing -= len(piece)
            view = view[len(piece) :]
            if not self._missing:
                if self._segment.whole and self._found.hexdigest() != self._segment.hash:
                    raise _damaged()
                self._next()

    def verify(self) -> None:
        if self._segment is not None:
            raise _damaged()


def _damaged() -> InfomaniakIntegrityError:
    return InfomaniakIntegrityError("the data that arrived is not what the service keeps; try again", retryable=True)


class Body(io.RawIOBase):
    """Bytes ``start`` to ``end`` of an object, as a file.

    :param answer: what is open already.
    :param verifier: checks the whole object at its end.
    :param typed_error: makes the `CloudError` that reading raises.
    """

    def __init__(
        self,
        source: Source,
        answer: requests.Response,
        start: int,
        end: int,
        verifier: Verifier | None = None,
        typed_error: Callable[[Exception], Exception] | None = None,
    ) -> None:
        self._source = source
        self._answer = answer
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
                data = self._answer.raw.read(min(room, CHUNK), decode_content=False)
                if not data:
                    raise IncompleteRead(self._position, self._end - self._position)
            except ReadTimeoutError as error:  # it would be again
                raise InfomaniakTimeoutError("the service fell silent within the data") from error
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
            self._answer.close()
            if self._verifier is not None:
                self._verifier.verify()
        return count

    def _resume(self, error: Exception) -> None:
        self._answer.close()
        self._failures += 1
        if self._failures > RESUMED:
            raise InfomaniakConnectionError("the connection breaks within the data, again and again") from error
        time.sleep(random.random() * 0.1 * 2**self._failures)  # noqa: S311 - jitter, no secret
        answer = self._source.open(self._position, self._end)
        if answer is None:
            raise InfomaniakIntegrityError("the object ends before the length that was told", retryable=True)
        self._answer = answer

    def close(self) -> None:
        if not self.closed:
            self._answer.close()
        super().close()


def chunks(source: Source, answer: requests.Response) -> Iterator[memoryview]:
    """All of an object, verified at its end. A chunk is valid until the next one.

    :param answer: of all of it, open already.
    """
    size = int(answer.headers["Content-Length"])
    with Body(source, answer, 0, size, source.verifier(answer)) as body:
        buffer = memoryview(bytearray(min(CHUNK, size)))
        while count := body.readinto(buffer):
            yield buffer[:count]
