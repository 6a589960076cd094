"""What `CodaClient.insert_rows` tells: how it went, and how far it came."""

from __future__ import annotations

from typing import Any

from codomyrmex.cloud.coda._batches import Batch, Sending
from codomyrmex.cloud.coda._cells import encode, to_cells
from codomyrmex.cloud.coda.errors import CodaValidationError, PartialInsert
from codomyrmex.cloud.coda.models import InsertRowsResult
from codomyrmex.cloud.coda.params import RowLike

_MAX_ROWS_NAMED = 5
_MAX_CHARACTERS_SHOWN = 40


def encoded_row(row: RowLike) -> bytes:
    """A row as Coda takes it."""
    return encode({"cells": to_cells(row)})


def body_of(batch: Batch[RowLike], keys: list[str]) -> bytes:
    """The body of the request that inserts these rows."""
    tail = b"]" + (b',"keyColumns":' + encode(keys) if keys else b"") + b"}"
    return b'{"rows":[' + b",".join(batch.encoded) + tail


def result_of(sending: Sending[Any]) -> InsertRowsResult:
    """What is known of the rows that were accepted."""
    return InsertRowsResult(
        request_id=sending.last_request_id,
        added_row_ids=[row_id for answer in sending.answers for row_id in answer.get("addedRowIds", [])],
        request_ids=sending.request_ids,
        warnings=list(sending.warnings),
    )


def partial_of(sending: Sending[Any]) -> PartialInsert:
    """How far it came."""
    positions = [row.start for row in sending.too_large]
    return PartialInsert(**vars(sending.partial()), result=result_of(sending), too_large=positions)


def too_large(sending: Sending[Any]) -> str:
    """The rows that Coda does not take for their size, for a message."""
    named = [_described(row) for row in sending.too_large[:_MAX_ROWS_NAMED]]
    if more := len(sending.too_large) - len(named):
        named.append(f"and {more} more")
    return f"too large for Coda: {', '.join(named)}"


def too_large_error(sending: Sending[Any]) -> CodaValidationError:
    """The error that names the rows which Coda does not take for their size. The others were accepted."""
    assert sending.refusal
    status, body = sending.refusal.status_code, sending.refusal.response_body
    error = CodaValidationError(f"{too_large(sending)}; rows accepted: {sending.accepted}", status, body)
    error.maybe_executed = sending.accepted > 0
    error.partial = partial_of(sending)
    return error


def _described(row: Batch[Any]) -> str:
    cells = {cell["column"]: encode(cell["value"]) for cell in to_cells(row.items[0])}
    largest = max(cells, key=lambda column: len(cells[column]))
    sizes = f"{len(row.encoded[0]):,} bytes, {len(cells[largest]):,} of them in {largest!r}"
    first, value = next(iter(cells.items()))
    text = value.decode()
    shown = text if len(text) <= _MAX_CHARACTERS_SHOWN else text[:_MAX_CHARACTERS_SHOWN] + "…"
    return f"rows[{row.start}] ({sizes}; {first!r}: {shown})"
