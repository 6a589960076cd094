"""Downloads: ranges, each verified by an MD5 that the service makes for it, fetched in parallel."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any, ClassVar

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobClient, BlobProperties, BlobType
from codomyrmex.cloud.errors import IntegrityError
from codomyrmex.cloud.rest.parallel import in_order

RANGE = 4 * 1024 * 1024
"""Bytes: the most of which the service makes an MD5 ("Get Blob", x-ms-range-get-content-md5)."""
READ_AHEAD = 256 * 1024
"""Bytes that `Reader` fetches first; then twice as many each time, up to `RANGE`."""
MEMORY = 10 * RANGE
"""Bytes of one download that are there or on their way."""
ATTEMPTS = 3
"""How often a range is fetched that arrives damaged."""


class Source:
    """A blob as it was when it was first asked for: what is read later is the same one, or PreconditionFailed.

    :param arguments: further ones of `BlobClient.download_blob`.
    """

    _HEADERS: ClassVar[dict[str, str]] = {"x-ms-range-get-content-md5": "true"}

    def __init__(self, blob: BlobClient, arguments: Mapping[str, Any]) -> None:
        self._blob = blob
        self._arguments = dict(arguments)
        self.properties: BlobProperties
        self.size: int
        """Bytes of the blob, once something was fetched."""

    def first(self, start: int, length: int) -> bytes:
        """At most so many bytes from there, of the blob as it is now; none at and behind its end."""
        try:
            data = self.fetch(range(start, start + length))
        except HttpResponseError as error:
            if getattr(error.response, "status_code", None) != 416:  # no byte of it is in the blob
                raise
            self.properties = self._blob.get_blob_properties(**self._arguments)
            self.size = self.properties.size
            data = b""
        self._arguments |= {"etag": self.properties.etag, "match_condition": MatchConditions.IfNotModified}
        return data

    def fetch(self, part: range) -> bytes:
        """These bytes."""
        for _ in range(ATTEMPTS):
            with closing(_Answer()) as answer:
                download = self._blob.download_blob(
                    part.start,
                    len(part),
                    decompress=False,  # a Content-Encoding is the owner's business
                    headers=dict(self._HEADERS),
                    raw_response_hook=answer,
                    **self._arguments,
                )
                data = b"".join(_Body(download.chunks()))  # of which there is one; readall() copies it twice
            self.properties = download.properties
            self.size = int(str(download.properties.content_range).rpartition("/")[2])
            if len(data) == min(part.stop, self.size) - part.start and answer.md5 in (None, content_md5(data)):
                return data
        raise IntegrityError("the data arrives damaged again and again", retryable=True)

    @property
    def md5(self) -> bytes | None:
        """What the service keeps of the whole blob. It is not kept up to date where pages and blocks are added."""
        kept = self.properties.content_settings.content_md5
        return bytes(kept) if kept and self.properties.blob_type == BlobType.BLOCKBLOB else None


class _Answer:
    """Is told of the answer to a GET, for what the SDK does not tell."""

    md5: str | None = None
    """Of the range."""
    _response: Any = None

    def close(self) -> None:
        """Give the connection back: the SDK does not read an empty body, and would keep it."""
        if self._response is not None:
            self._response.close()

    def __call__(self, response: Any) -> None:
        self._response = http = response.http_response
        self.md5 = http.headers.get("content-md5")
        stream = http.stream_download
        http.stream_download = lambda *args, **kwargs: _Body(stream(*args, **kwargs))


class _Body:
    """One of the SDK's iterators without its ``len()``, by which a list of it would reserve eight times the memory."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield from self._body

    def __getattr__(self, name: str) -> Any:
        return getattr(self._body, name)


def chunks(source: Source, first: bytes) -> Iterator[bytes]:
    """The whole blob in order, verified at its end.

    :param first: what `Source.first` gave of it.
    """
    verifier = Verifier(source)
    rest = (range(start, min(start + RANGE, source.size)) for start in range(len(first), source.size, RANGE))
    verifier.update(first)
    yield first
    if len(first) < source.size:
        for data in in_order(source.fetch, rest, memory_of=len, memory=MEMORY):
            verifier.update(data)
            yield data
    verifier.verify()


class Verifier:
    """Says at the end of a blob whether it is what the service keeps."""

    def __init__(self, source: Source) -> None:
        self._expected = source.md5
        self._found = hashlib.md5()

    def update(self, data: bytes) -> None:
        """Take the next bytes."""
        if self._expected:
            self._found.update(data)

    def verify(self) -> None:
        """Raise IntegrityError if the data are others."""
        if self._expected and self._found.digest() != self._expected:
            raise IntegrityError("the data that arrived are not those of the MD5 that is kept with the blob")


class Reader(io.RawIOBase):
    """Bytes ``start`` to ``end`` of a blob, as a file.

    :param first: what `Source.first` gave from ``start`` on.
    :param whole: they are all there is: they are verified.
    :param typed_error: makes the `CloudError` that reading raises.
    """

    def __init__(
        self,
        source: Source,
        first: bytes,
        start: int,
        end: int,
        *,
        whole: bool,
        typed_error: Callable[[Exception], Exception],
    ) -> None:
        self._source = source
        self._data = memoryview(first)
        self._fetched = start + len(first)
        self._end = end
        self._next = 2 * READ_AHEAD
        self._verifier = Verifier(source) if whole else None
        self._typed_error = typed_error
        if self._verifier:
            self._verifier.update(first)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._data and len(buffer):
            self._fetch()
        count = min(len(buffer), len(self._data))
        buffer[:count] = self._data[:count]
        self._data = self._data[count:]
        return count

    def _fetch(self) -> None:
        try:
            if self._fetched < self._end:
                part = range(self._fetched, min(self._fetched + self._next, self._end))
                data = self._source.fetch(part)
                self._fetched = part.stop
                self._next = min(2 * self._next, RANGE)
                self._data = memoryview(data)
                if self._verifier:
                    self._verifier.update(data)
            elif self._verifier:
                self._verifier.verify()
                self._verifier = None
        except Exception as error:
            typed = self._typed_error(error)
            if typed is error:
                raise
            raise typed from error


def content_md5(data: bytes) -> str:
    """The header Content-MD5."""
    return base64.b64encode(hashlib.md5(data).digest()).decode()
