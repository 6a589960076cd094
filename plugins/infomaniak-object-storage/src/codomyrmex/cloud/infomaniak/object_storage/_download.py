"""Downloads: a body that is continued where its connection broke, and verified at its end."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus

import requests
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
from codomyrmex.cloud.rest.bodies import ResponseBody, ResumableBody, Verifier
from urllib3.exceptions import HTTPError, IncompleteRead, ReadTimeoutError


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


class Data(ResponseBody):
    """The data of an answer. InfomaniakConnectionError where the connection breaks."""

    def readinto(self, buffer: memoryview) -> int:
        try:
            if count := super().readinto(buffer):
                return count
            raise IncompleteRead(0, len(buffer))
        except ReadTimeoutError as error:  # it would be again
            raise InfomaniakTimeoutError("the service fell silent within the data") from error
        except (HTTPError, requests.RequestException, OSError) as error:
            raise InfomaniakConnectionError("the connection breaks within the data, again and again") from error


def body_of(
    source: Source,
    answer: requests.Response,
    start: int,
    end: int,
    verifier: Verifier | None = None,
    typed_error: Callable[[Exception], Exception] | None = None,
) -> ResumableBody:
    """Bytes ``start`` to before ``end``, of which ``answer`` is open already."""

    def open_part(start: int, end: int) -> Data:
        opened = source.open(start, end)
        if opened is None:
            raise InfomaniakIntegrityError("the object ends before the length that was told", retryable=True)
        return Data(opened)

    broken = (InfomaniakConnectionError,)
    return ResumableBody(Data(answer), open_part, start, end, broken=broken, verifier=verifier, typed_error=typed_error)


def chunks(source: Source, answer: requests.Response) -> Iterator[memoryview]:
    """All of an object, verified at its end. A chunk is valid until the next one.

    :param answer: of all of it, open already.
    """
    size = int(answer.headers["Content-Length"])
    return body_of(source, answer, 0, size, source.verifier(answer)).chunks()
