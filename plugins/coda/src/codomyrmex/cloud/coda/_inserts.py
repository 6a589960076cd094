"""Any number of rows in requests that Coda accepts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from codomyrmex.cloud.coda._cells import encode, to_cells
from codomyrmex.cloud.coda.errors import CodaAPIError, PartialInsert
from codomyrmex.cloud.coda.models import InsertRowsResult, MutationStatus
from codomyrmex.cloud.coda.params import RowLike

MAX_ROWS = 500
"""Rows in one request. Coda names no limit; this keeps its answers quick and a failure small."""
MAX_BYTES = 1_900_000
"""The body of one request. Coda refuses more than 2 MB."""


@dataclass(frozen=True)
class Part:
    """The rows of one request."""

    rows: list[RowLike]
    body: bytes


def parts(rows: Iterable[RowLike], keys: list[str]) -> Iterator[Part]:
    """The requests for any number of rows, each below the limits; one row is never split."""
    tail = b"]" + (b',"keyColumns":' + encode(keys) if keys else b"") + b"}"
    taken: list[RowLike] = []
    encoded: list[bytes] = []
    size = 0
    for row in rows:
        row = row if isinstance(row, Mapping | list | tuple) else list(row)
        data = encode({"cells": to_cells(row)})
        if taken and (len(taken) == MAX_ROWS or size + len(data) > MAX_BYTES):
            yield Part(taken, _body(encoded, tail))
            taken, encoded, size = [], [], 0
        taken.append(row)
        encoded.append(data)
        size += len(data) + 1
    if taken:
        yield Part(taken, _body(encoded, tail))


def _body(encoded: list[bytes], tail: bytes) -> bytes:
    return b'{"rows":[' + b",".join(encoded) + tail


def insert(
    pending: Iterator[Part],
    send: Callable[[bytes], dict[str, Any]],
    settle: Callable[[str], MutationStatus] | None,
    *,
    rows_are_kept: bool,
    keyed: bool,
) -> InsertRowsResult:
    """Send every part, then wait for each; a `CodaAPIError` on the way gets its ``partial``, an interrupt a note.

    :param rows_are_kept: whether the same call would send the same rows; of an iterator some are gone.
    :param keyed: whether rows that are in would be updated, not inserted once more.
    """
    added: list[str] = []
    request_ids: list[str] = []
    accepted = 0
    try:
        for part in pending:
            try:
                answer = send(part.body)
            except CodaAPIError as error:
                unsure = len(part.rows) if error.maybe_executed else 0
                error.maybe_executed = bool(error.maybe_executed or accepted)
                error.retryable = error.retryable and rows_are_kept and (keyed or not accepted)
                remaining = chain(part.rows, chain.from_iterable(later.rows for later in pending))
                result = _result(added, request_ids)
                error.partial = PartialInsert(accepted, unsure, result, list(request_ids), remaining)
                raise
            accepted += len(part.rows)
            added += answer.get("addedRowIds", [])
            request_ids.append(answer["requestId"])
        warnings: list[str] = []
        result = _result(added, request_ids, warnings)
        if settle is None:
            return result
        for settled, request_id in enumerate(request_ids):
            try:
                status = settle(request_id)
            except CodaAPIError as error:
                error.partial = PartialInsert(accepted, 0, result, request_ids[settled:], iter(()))
                raise
            warnings += [status.warning] if status.warning else []
    except (Exception, KeyboardInterrupt) as error:
        if accepted:
            error.add_note(f"insert_rows had sent {accepted} rows before this, in {', '.join(request_ids)}")
        raise
    return result


def _result(added: list[str], request_ids: list[str], warnings: list[str] | None = None) -> InsertRowsResult:
    last = request_ids[-1] if request_ids else ""
    return InsertRowsResult(
        request_id=last, added_row_ids=added, request_ids=request_ids, warnings=[] if warnings is None else warnings
    )
