"""Any number of rows in requests that Coda accepts: sent in order, then waited for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Generic, TypeVar

from codomyrmex.cloud.coda.errors import CodaAPIError, CodaValidationError, PartialWrite
from codomyrmex.cloud.coda.models import MutationStatus

T = TypeVar("T")

MAX_ROWS = 500
"""Rows in one request. Coda names no limit; this keeps its answers quick and a failure small."""
MAX_BYTES = 1_900_000
"""The rows of one request, unless it is one row alone. Coda refuses a body of more than 2 MB."""
_MAX_BODY = 2_000_000
_MIN_TOO_LARGE = 4_000
"""Bytes. A row of fewer is not what is too large, whatever Coda's message means; its document may be."""
_IS_TOO_LARGE = re.compile(r"exceeds (the )?maximum size|too large", re.IGNORECASE)


@dataclass(frozen=True)
class Batch(Generic[T]):
    """The rows of one request, or their ids."""

    items: list[T]
    encoded: list[bytes]
    """The JSON of each."""
    start: int
    """The position of the first among all items."""

    @property
    def size(self) -> int:
        """Bytes, with the commas between."""
        return sum(map(len, self.encoded)) + len(self.encoded)

    def around_largest(self) -> list[Batch[T]]:
        """The items before the largest one, that one, and those after it."""
        sizes = list(map(len, self.encoded))
        largest = sizes.index(max(sizes))
        bounds = [(0, largest), (largest, largest + 1), (largest + 1, len(sizes))]
        return [Batch(self.items[a:b], self.encoded[a:b], self.start + a) for a, b in bounds if a < b]


def batches(items: Iterable[T], encoded: Callable[[T], bytes], what: str) -> Iterator[Batch[T]]:
    """The requests for any number of items, each below the limits; one item is never split.

    :param encoded: makes the JSON of an item; its TypeError and ValueError get the item's position.
    :param what: the items, as the caller names them: ``rows``.
    """
    batch: Batch[T] = Batch([], [], 0)
    size = 0
    for position, item in enumerate(items):
        kept: Any = list(item) if isinstance(item, Iterator) else item
        try:
            data = encoded(kept)
        except (TypeError, ValueError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"{what}[{position}]: {error}") from error
        if batch.items and (len(batch.items) == MAX_ROWS or size + len(data) > MAX_BYTES):
            yield batch
            batch, size = Batch([], [], position), 0
        batch.items.append(kept)
        batch.encoded.append(data)
        size += len(data) + 1
    if batch.items:
        yield batch


class Sending(Generic[T]):
    """Sends batches one after the other, and knows how far it came.

    :param operation: for the notes of what goes wrong.
    :param pending: what is to be sent.
    :param send: sends one batch, and returns Coda's answer.
    :param skip_too_large: go past an item that is too large for Coda, and keep it in ``too_large``.
    """

    def __init__(
        self,
        operation: str,
        pending: Iterator[Batch[T]],
        send: Callable[[Batch[T]], dict[str, Any]],
        *,
        skip_too_large: bool = False,
    ) -> None:
        self._operation, self._pending, self._request, self._skip_too_large = operation, pending, send, skip_too_large
        self.accepted = 0
        """Items of the batches that Coda accepted."""
        self.unsure = 0
        """Items of the batch of which nobody knows."""
        self.too_large: list[Batch[T]] = []
        """The items that Coda does not take, one in each."""
        self.refusal: CodaAPIError | None = None
        """Of the last of these."""
        self.remaining: Iterator[T] = chain.from_iterable(batch.items for batch in pending)
        """The items that were not accepted, to be read once."""
        self.answers: list[dict[str, Any]] = []
        self.warnings: list[str] = []
        self.unsettled: list[str] = []
        """The ids of the accepted requests that are not known to be applied."""

    @property
    def request_ids(self) -> list[str]:
        """Of all requests that Coda accepted."""
        return [answer["requestId"] for answer in self.answers if "requestId" in answer]

    @property
    def last_request_id(self) -> str:
        """Of the last request that Coda accepted; empty where there was none."""
        return self.request_ids[-1] if self.request_ids else ""

    def partial(self) -> PartialWrite:
        """How far it came."""
        return PartialWrite(
            accepted=self.accepted, unsure=self.unsure, unsettled=list(self.unsettled), remaining=self.remaining
        )

    def run(self, settle: Callable[[str], MutationStatus] | None) -> None:
        """Send every batch, then wait for each; what goes wrong gets a note of what was sent before."""
        try:
            for batch in self._pending:
                self._send(batch)
            self.remaining = chain.from_iterable(batch.items for batch in self.too_large)
            if settle:
                for request_id in self.request_ids:
                    status = settle(request_id)
                    self.unsettled.remove(request_id)
                    self.warnings += [status.warning] if status.warning else []
        except (Exception, KeyboardInterrupt) as error:
            if self.accepted:
                sent = f"{self._operation} had sent {self.accepted} rows before this"
                error.add_note(f"{sent}, in {', '.join(self.request_ids)}")
            raise

    def _send(self, batch: Batch[T]) -> None:
        """Send a batch; of one that is too large all the items that are not."""
        pieces = [batch]
        while pieces:
            piece = pieces.pop(0)
            try:
                if piece.size > _MAX_BODY:
                    raise CodaValidationError(f"{piece.size:,} bytes are too large for a request")
                answer = self._request(piece)
            except CodaAPIError as error:
                if not (self._skip_too_large and _is_too_large(piece, error)):
                    self.unsure = len(piece.items) if error.maybe_executed else 0
                    left = [*self.too_large, piece, *pieces]
                    self.remaining = chain.from_iterable(b.items for b in chain(left, self._pending))
                    raise
                if len(piece.items) == 1:
                    self.too_large.append(piece)
                    self.refusal = error
                else:
                    pieces = piece.around_largest() + pieces
                continue
            self.accepted += len(piece.items)
            self.answers.append(answer)
            self.unsettled += [answer["requestId"]] if "requestId" in answer else []


def _is_too_large(batch: Batch[Any], error: CodaAPIError) -> bool:
    """Whether Coda refused a request for the size of a row, or of all of them. It did nothing of it then."""
    is_refused = isinstance(error, CodaValidationError) and not error.maybe_executed
    return (
        is_refused
        and batch.size >= _MIN_TOO_LARGE
        and (error.status_code == 413 or _IS_TOO_LARGE.search(error.message) is not None)
    )
