"""Uploads: in one request what is small, else in a session of requests ("Resumable uploads").

The SDK's own loop over such a session is not used: it takes a short read for the end of the data, does
not heed that less was stored than sent, and leaves the session open when the data's source raises.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, BinaryIO

import requests
from codomyrmex.cloud.errors import ServiceUnavailable
from codomyrmex.cloud.gcp._integrity import Crc32c
from codomyrmex.cloud.gcp._requests import Requests
from codomyrmex.cloud.gcp._retry import Repeats
from codomyrmex.cloud.plugin import Progress
from codomyrmex.cloud.rest.parts import read_exactly
from google.api_core.exceptions import GoogleAPICallError

PART_SIZE = 16 * 1024 * 1024
"""Bytes of a request, a multiple of 256 KiB. An upload takes twice that of memory, while it reads one."""
_INCOMPLETE = 308
_STORED = re.compile(r"bytes=0-(\d+)")


class Parts:
    """A stream in parts, of which one is in memory; the first is there even when it is empty."""

    is_last = False
    """Whether the part that was read latest is the last one."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._head = b""  # of the next part: its first byte, if there is one
        self._part = self._read()

    def take(self) -> bytes:
        """The next part."""
        part, self._part = self._part or self._read(), b""
        return part

    def _read(self) -> bytes:
        part = self._head + read_exactly(self._stream, PART_SIZE - len(self._head))
        self._head = read_exactly(self._stream, 1) if len(part) == PART_SIZE else b""
        self.is_last = not self._head
        return part


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

    def run(self, parts: Parts, progress: Progress | None) -> dict[str, Any]:
        """Send all parts. Returns what the service knows of the object then. Of a failure nothing is left."""
        try:
            while True:
                resource = self._send(parts.take(), last=parts.is_last, progress=progress)
                if parts.is_last:
                    return resource
        except BaseException:
            self._cancel()
            raise

    @property
    def crc32c(self) -> str:
        """Of what was sent so far."""
        return self._crc32c.base64()

    def _send(self, part: bytes, *, last: bool, progress: Progress | None) -> dict[str, Any]:
        if progress is not None:  # beforehand: when the last part was sent it is too late to stop
            progress(len(part))
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
