"""MD5 of what is written, and of what is read again."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator

from codomyrmex.cloud.errors import IntegrityError

_WORTH_A_THREAD = 256 * 1024


class Md5:
    """An MD5 that a thread computes while the data is written and synced: both take about as long."""

    def __init__(self) -> None:
        self._digest = hashlib.md5(usedforsecurity=False)
        self._thread: threading.Thread | None = None

    def update(self, chunk: bytes) -> None:
        """Begin with ``chunk``, which must not change from now on."""
        self._wait()
        if len(chunk) < _WORTH_A_THREAD:
            self._digest.update(chunk)
        else:
            thread = threading.Thread(target=self._digest.update, args=(chunk,))
            try:
                thread.start()
            except RuntimeError:  # at the limit of threads, or at the interpreter's end
                self._digest.update(chunk)
            else:
                self._thread = thread

    def hexdigest(self) -> str:
        self._wait()
        return self._digest.hexdigest()

    def _wait(self) -> None:
        if self._thread is not None:
            self._thread.join()


def verified(chunks: Iterable[bytes], size: int, md5: str) -> Iterator[bytes]:
    """The chunks as they are; behind the last one IntegrityError, unless they are what was written."""
    digest, length = hashlib.md5(usedforsecurity=False), 0
    for chunk in chunks:
        digest.update(chunk)
        length += len(chunk)
        yield chunk
    if (length, digest.hexdigest()) != (size, md5):
        found = f"{length} bytes with MD5 {digest.hexdigest()}"
        raise IntegrityError(f"the stored data is damaged: {found}, where {size} with {md5} were written")
