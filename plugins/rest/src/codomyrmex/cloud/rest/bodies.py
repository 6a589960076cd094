"""Downloads: a body that is continued where its connection broke, and verified at its end."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from codomyrmex.cloud.plugin import CHUNK
from codomyrmex.cloud.rest.retries import backoff

RESUMED = 4
"""How often in a row a body is continued without a byte gained."""
_FIRST_PAUSE = 0.15


class Body(Protocol):
    """What an SDK gives for the data of an answer."""

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill the buffer's beginning; returns how many bytes came, 0 at the end."""

    def close(self) -> None:
        """Close the connection, or give it back when all was read."""


class Verifier(Protocol):
    """Takes the data of a whole object as they come, and says at the end whether they are what is kept."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Take the next bytes."""

    def verify(self) -> None:
        """Raise IntegrityError if anything else was read than the service keeps."""


class ResumableBody(io.RawIOBase):
    """Bytes ``start`` to before ``end`` of an object, as a file.

    :param body: what is open already, at ``start``.
    :param open_part: gives the body from a byte to before another one, of the very object that ``body`` is of. What it
        raises ends the reading.
    :param broken: what reading from a connection raises when that breaks. An early end is a `ConnectionError`, and
        counts as such too. When the body was continued `RESUMED` times and gained nothing, the last one is raised.
    :param verifier: checks the whole object at its end.
    :param typed_error: makes of what went wrong the `CloudError` that reading raises.
    """

    def __init__(
        self,
        body: Body,
        open_part: Callable[[int, int], Body],
        start: int,
        end: int,
        *,
        broken: tuple[type[Exception], ...],
        verifier: Verifier | None = None,
        typed_error: Callable[[Exception], Exception] | None = None,
    ) -> None:
        self._body = body
        self._open_part = open_part
        self._position = start
        self._end = end
        self._broken: tuple[type[Exception], ...] = (*broken, ConnectionError)
        self._verifier = verifier
        self._typed_error = typed_error
        self._failures = 0

    def readable(self) -> bool:
        """Whether it can be read: True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the beginning of ``buffer``; returns how many bytes came, at most 1 MiB, and 0 at the end."""
        try:
            return self._readinto(memoryview(buffer))
        except Exception as error:
            self.close()
            typed = error if self._typed_error is None else self._typed_error(error)
            if typed is error:
                raise
            raise typed from error

    def readall(self) -> bytes:
        """All that is left of it."""
        data = bytearray(self._end - self._position)
        self.fill(memoryview(data))
        return bytes(data)

    def fill(self, buffer: memoryview) -> None:
        """Read all that is left of it into a buffer of that size."""
        while count := self.readinto(buffer):
            buffer = buffer[count:]

    def chunks(self) -> Iterator[memoryview]:
        """All that is left of it, then it is closed. A chunk is valid until the next one."""
        with self:
            buffer = memoryview(bytearray(min(CHUNK, self._end - self._position)))
            while count := self.readinto(buffer):
                yield buffer[:count]

    def _readinto(self, buffer: memoryview) -> int:
        room = buffer[: min(len(buffer), self._end - self._position, CHUNK)]
        count = self._receive(room) if room else 0
        self._position += count
        if count and self._verifier is not None:
            self._verifier.update(room[:count])
        if self._position == self._end:
            self._body.close()
            if self._verifier is not None:
                self._verifier.verify()
                self._verifier = None
        return count

    def _receive(self, room: memoryview) -> int:
        while True:
            try:
                count = self._body.readinto(room)
                if not count:
                    raise ConnectionError(f"the data ended at byte {self._position}, before {self._end}")
            except self._broken as error:
                self._resume(error)
            else:
                self._failures = 0
                return count

    def _resume(self, error: Exception) -> None:
        self._body.close()
        self._failures += 1
        if self._failures > RESUMED:
            raise error
        time.sleep(backoff(self._failures, first=_FIRST_PAUSE))
        self._body = self._open_part(self._position, self._end)

    def close(self) -> None:
        """Close the connection too."""
        if not self.closed:
            self._body.close()
        super().close()


class ResponseBody:
    """The data of a `requests.Response` that was asked for with ``stream=True``, as they were sent."""

    def __init__(self, response: Any) -> None:
        self._response = response

    def readinto(self, buffer: memoryview) -> int:
        """As `Body.readinto`."""
        count: int = self._response.raw.readinto(buffer)  # requests has urllib3 unpack nothing
        return count

    def close(self) -> None:
        """As `Body.close`."""
        self._response.close()
