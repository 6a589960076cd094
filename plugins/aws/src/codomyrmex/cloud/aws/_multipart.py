"""An object made of parts ("Multipart upload overview", Amazon S3 user guide)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import suppress
from functools import partial
from typing import Any, Generic, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from codomyrmex.cloud.aws._arguments import PassedThrough
from codomyrmex.cloud.aws._integrity import etag, parts_etag
from codomyrmex.cloud.aws._parts import PartPool
from codomyrmex.cloud.plugin import Progress

P = TypeVar("P")


class Multipart(ABC, Generic[P]):
    """Makes one object of parts, by `run`. Subclasses say what a part is, and send it.

    :param target: Bucket and Key.
    """

    def __init__(self, client: Any, pool: PartPool, target: Mapping[str, str], arguments: PassedThrough) -> None:
        self._client = client
        self._pool = pool
        self._target = target
        self._arguments = arguments
        self.size = 0
        """Bytes of the object so far."""

    def run(self, parts: Iterable[P], progress: Progress | None = None) -> dict[str, Any]:
        """Send the parts and make the object of them. Returns the answer that told so.

        On any error, and when interrupted, the parts that were sent are removed and no object is made.
        """
        create = {**self._creation(), **self._arguments("CreateMultipartUpload")}
        created = self._client.create_multipart_upload(**self._target, **create)
        upload = {**self._target, "UploadId": created["UploadId"]}
        running: deque[Future[dict[str, Any]]] = deque()
        try:
            sent = list(self._sent(upload, parts, running, progress))
            return self._complete(upload, sent)
        except BaseException as error:
            self._abort(upload, running, error)
            raise

    def _creation(self) -> dict[str, Any]:
        """Further arguments of CreateMultipartUpload."""
        return {}

    def _completion(self) -> dict[str, Any]:
        """Further arguments of CompleteMultipartUpload, when all parts were sent."""
        return {}

    @abstractmethod
    def _size(self, part: P) -> int:
        """Bytes of the part."""

    def _memory(self, part: P) -> int:
        """Bytes it takes in the memory of this machine."""
        return 0

    @abstractmethod
    def _send(self, upload: Mapping[str, Any], number: int, part: P) -> dict[str, Any]:
        """Send a part, in a thread of the pool. Returns its ETag and checksum as the answer has them."""

    def _sent(
        self,
        upload: Mapping[str, Any],
        parts: Iterable[P],
        running: deque[Future[dict[str, Any]]],
        progress: Progress | None,
    ) -> Iterator[dict[str, Any]]:
        """Send all parts; for each, in order, what completes the upload."""
        sizes: deque[int] = deque()
        for number, part in enumerate(parts, 1):
            size, memory = self._size(part), self._memory(part)
            while not self._pool.memory.take(memory, anyway=not running):
                yield self._arrived(running, sizes, progress)
            sizes.append(size)
            running.append(self._pool.submit(self._send, upload, number, part))
            running[-1].add_done_callback(partial(self._give_back, memory))
            while running and running[0].done():
                yield self._arrived(running, sizes, progress)
        while running:
            yield self._arrived(running, sizes, progress)

    def _give_back(self, memory: int, _: Future[dict[str, Any]]) -> None:
        self._pool.memory.give_back(memory)

    def _arrived(
        self, running: deque[Future[dict[str, Any]]], sizes: deque[int], progress: Progress | None
    ) -> dict[str, Any]:
        part = running[0].result()
        running.popleft()
        size = sizes.popleft()
        self.size += size
        if progress is not None:
            progress(size)
        return part

    def _complete(self, upload: Mapping[str, Any], sent: list[dict[str, Any]]) -> dict[str, Any]:
        complete = {**self._completion(), **self._arguments("CompleteMultipartUpload")}
        parts = [{"PartNumber": number, **part} for number, part in enumerate(sent, 1)]
        try:
            return dict(self._client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, **complete))
        except ClientError as error:
            if error.response["Error"].get("Code") == "NoSuchUpload":
                # so a repeated request is answered when the first one did it and its answer was lost
                with suppress(BotoCoreError, ClientError):
                    answer = dict(self._client.head_object(**self._target, **self._arguments("HeadObject")))
                    if etag(answer) == parts_etag(sent):
                        return answer
            raise

    def _abort(
        self, upload: Mapping[str, Any], running: Iterable[Future[dict[str, Any]]], error: BaseException
    ) -> None:
        for future in running:
            future.cancel()
        wait(running)  # a part that arrives after the abort would stay
        try:
            self._client.abort_multipart_upload(**upload, **self._arguments("AbortMultipartUpload"))
        except (BotoCoreError, ClientError) as failure:
            code = failure.response["Error"].get("Code") if isinstance(failure, ClientError) else None
            if code != "NoSuchUpload":
                error.add_note(f"its parts are left ({type(failure).__name__}); abort_multipart_uploads() removes them")
