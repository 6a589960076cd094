"""Uploads: in one request what is small, else in a session of requests ("Resumable uploads").

The SDK's own loop over such a session is not used: it takes a short read for the end of the data, does
not heed that less was stored than sent, and leaves the session open when the data's source raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO

import requests
from codomyrmex.cloud._files import Progress
from codomyrmex.cloud.errors import ServiceUnavailable
from codomyrmex.cloud.gcp._integrity import Crc32c
from codomyrmex.cloud.gcp._requests import Requests
from codomyrmex.cloud.gcp._retry import Repeats
from google.api_core.exceptions import GoogleAPICallError

PART_SIZE = 16 * 1024 * 1024
"""Bytes of a request, a multiple of 256 KiB. An upload holds two of them in memory at most."""
_INCOMPLETE = 308
_STORED = re.compile(r"bytes=0-(\d+)")


def read_parts(stream: BinaryIO) -> Iterator[bytes]:
    """The stream in parts, the first one even when it is empty."""
    first = True
    while part := _read_exactly(stream, PART_SIZE):
        yield part
        first = False
        if len(part) < PART_SIZE:
            return
    if first:
        yield b""


def _read_exactly(stream: BinaryIO, size: int) -> bytes:
    """``size`` bytes, fewer at the end of the stream only."""
    pieces: list[bytes] = []
    missing = size
    while missing > 0:
        piece = stream.read(missing)
        if not isinstance(piece, bytes | bytearray | memoryview):  # None, too: a stream that does not wait
            raise TypeError(f"the stream must be open in binary mode, it gives {type(piece).__name__}")
        if not piece:
            break
        missing -= len(piece)
        pieces.append(bytes(piece))
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class Session:
    """An upload that was begun at ``url``, and ends with its last part.

    https://cloud.google.com/storage/docs/performing-resumable-uploads
    """

    def __init__(self, requests: Requests, url: str, repeats: Repeats) -> None:
        self._requests = requests
        self._url = url
        self._repeats = repeats
        self._crc32c = Crc32c()
        self._sent = 0

    def run(self, parts: Iterator[bytes], progress: Progress | None) -> dict[str, Any]:
        """Send all parts. Returns what the service knows of the object then. Of a failure nothing is left."""
        try:
            part = next(parts)
            for following in parts:
                self._send(part, last=False)
                _tell(progress, part)
                part = following
            resource = self._send(part, last=True)
            _tell(progress, part)
        except BaseException:
            self._cancel()
            raise
        return resource

    @property
    def crc32c(self) -> str:
        """Of what was sent so far."""
        return self._crc32c.base64()

    def _send(self, part: bytes, *, last: bool) -> dict[str, Any]:
        self._crc32c.update(part)
        start, end = self._sent, self._sent + len(part)
        total = str(end) if last else "*"
        interrupted = False

        def send() -> dict[str, Any]:
            nonlocal interrupted
            answer = self._ask(total) if interrupted else None
            interrupted = True
            while True:
                if answer is not None:
                    if answer.status_code != _INCOMPLETE:
                        return dict(answer.json())
                    self._sent = _stored(answer)
                    if self._sent >= end:
                        return {}
                    if self._sent < start:
                        raise ServiceUnavailable("the service lost a part of the upload that it had; send it again")
                answer = self._put(part[self._sent - start :], total, last=last)

        return self._repeats(send)()

    def _put(self, data: bytes, total: str, *, last: bool) -> requests.Response:
        headers = {"Content-Range": f"bytes {self._sent}-{self._sent + len(data) - 1}/{total}"}
        if last:
            headers["X-Goog-Hash"] = f"crc32c={self.crc32c}"
        return self._requests.send("PUT", self._url, 200, 201, _INCOMPLETE, headers=headers, data=data)

    def _ask(self, total: str) -> requests.Response:
        """How much is stored ("Check the status of a resumable upload")."""
        headers = {"Content-Range": f"bytes */{total}"}
        return self._requests.send("PUT", self._url, 200, 201, _INCOMPLETE, headers=headers)

    def _cancel(self) -> None:
        with suppress(GoogleAPICallError, requests.RequestException):
            self._requests.send("DELETE", self._url, 499, 204, headers={})


def _stored(answer: requests.Response) -> int:
    found = _STORED.fullmatch(answer.headers.get("Range", ""))
    return int(found[1]) + 1 if found else 0


def _tell(progress: Progress | None, part: bytes) -> None:
    if progress is not None:
        progress(len(part))
