"""The part of the client that reads and writes rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from functools import partial
from typing import Any, Unpack

from codomyrmex.cloud.coda import params
from codomyrmex.cloud.coda._batches import Batch, Sending, batches
from codomyrmex.cloud.coda._calls import Calls, walk, walk_pages
from codomyrmex.cloud.coda._cells import encode, to_cells
from codomyrmex.cloud.coda._changes import Changes
from codomyrmex.cloud.coda._inserts import body_of, encoded_row, partial_of, result_of, too_large, too_large_error
from codomyrmex.cloud.coda._waiting import TIMEOUT
from codomyrmex.cloud.coda.errors import CodaAPIError
from codomyrmex.cloud.coda.models import InsertRowsResult, Row, RowDetail, RowList
from codomyrmex.cloud.common import CloudClient, operation
from codomyrmex.cloud.rest.frames import Frame, is_frame, rows_of
from codomyrmex.cloud.rest.polling import WAIT_CHECKS

_ROWS_PER_PAGE = 200


class Rows(CloudClient):
    """Rows of tables."""

    _calls: Calls

    @operation(effect="read")
    def list_rows(self, doc_id: str, table_id: str, **filters: Unpack[params.RowFilters]) -> RowList:
        """One page of a table's rows."""
        query = params.query(filters, params.RowFilters)
        return self._calls.get(RowList, "docs", doc_id, "tables", table_id, "rows", query=query)

    @operation(effect="read", lazy=True)
    def iter_rows(self, doc_id: str, table_id: str, **filters: Unpack[params.RowFilters]) -> Iterator[Row]:
        """All rows of a table. Reads 200 a page; give a smaller ``limit`` if Coda answers 504."""
        return walk(self.list_rows, (doc_id, table_id), filters, params.RowFilters, _ROWS_PER_PAGE)

    @operation(effect="read")
    def iter_changes(
        self, doc_id: str, table_id: str, sync_token: str | None = None, **filters: Unpack[params.ChangeFilters]
    ) -> Changes:
        """The rows of a table that were added or changed since a sync token; all of them without one.

        The ``sync_token`` of what is returned is the one to keep for the next call, once all rows are read. Coda
        tells nothing of rows that were deleted. A row that changes meanwhile may come again in the next call. Hooks
        are told of each page, as `list_rows`.

        :param sync_token: of an earlier call, or the ``next_sync_token`` of `list_rows`; with the same filters.
        """
        params.check(filters, params.ChangeFilters)
        given = {**filters, "sync_token": sync_token} if sync_token is not None else filters
        pages = walk_pages(self.list_rows, (doc_id, table_id), given, params.RowFilters, _ROWS_PER_PAGE)
        return Changes(pages, sync_token)

    @operation(effect="read")
    def get_row(self, doc_id: str, table_id: str, row_id: str, **options: Unpack[params.RowFormat]) -> RowDetail:
        """One row."""
        query = params.query(options, params.RowFormat)
        return self._calls.get(RowDetail, "docs", doc_id, "tables", table_id, "rows", row_id, query=query)

    @operation(effect="write", checks=WAIT_CHECKS)
    def insert_rows(
        self,
        doc_id: str,
        table_id: str,
        rows: Iterable[params.RowLike] | Frame,
        key_columns: Iterable[str] = (),
        *,
        disable_parsing: bool = False,
        wait: bool = True,
        timeout: float = TIMEOUT,
    ) -> InsertRowsResult:
        """Insert any number of rows; with ``key_columns`` update those that are there already.

        They go in requests of at most 500 rows and 1.9 MB, in order. When one fails, the error's
        ``partial`` says how far it came and holds the remaining rows. The rows of a list are all
        checked before the first is sent; those of an iterator are taken as they are needed.

        A row that is too large for Coda (85 KB, as Coda counts) does not keep back the others: when these are in,
        `CodaValidationError` names it, and ``partial.remaining`` holds it.

        :param rows: ``{"Name": "x"}`` each, by names or ids of columns; or lists of Coda's cells,
            ``{"column": "Name", "value": "x"}``; or a pandas DataFrame. None, NaN, NaT and NA are empty cells.
        :param key_columns: names or ids; rows that are equal there are updated, all of them. It makes
            the call safe to repeat, also after a crash.
        :param disable_parsing: take text as it is, instead of as if it were typed.
        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end. Each request has as many,
            from when the one before is done.
        """
        keys = params.texts(
            [key_columns] if isinstance(key_columns, str) else key_columns, "key_columns", "names or ids of columns"
        )
        is_kept = isinstance(rows, Sized)
        pending = batches(
            rows_of(rows) if is_frame(rows) else params.several(rows, "rows", "mappings of columns to values"),
            encoded_row,
            "rows",
        )
        if is_kept:
            pending = iter(list(pending))
        query = params.flag("disableParsing", disable_parsing or None)

        def send(batch: Batch[params.RowLike]) -> dict[str, Any]:
            body = body_of(batch, keys)
            return self._calls.edit("POST", target, below=("rows",), answers=(), query=query, body=body, wait=False)

        sending = Sending("insert_rows", pending, send, skip_too_large=True)
        try:
            target = self._calls.target("docs", doc_id, "tables", table_id)
            if not keys:
                target = target.once("look which rows are in before inserting them again, or give key_columns")
            sending.run(partial(self._calls.settle, timeout=timeout) if wait else None)
        except (Exception, KeyboardInterrupt) as error:
            if sending.too_large:
                error.add_note(too_large(sending))
            if isinstance(error, CodaAPIError):
                error.maybe_executed = bool(error.maybe_executed or sending.accepted)
                error.retryable = error.retryable and is_kept and (bool(keys) or not sending.accepted)
                error.partial = partial_of(sending)
            raise
        if sending.too_large:
            raise too_large_error(sending) from sending.refusal
        return result_of(sending)

    @operation(effect="write", checks=WAIT_CHECKS)
    def update_row(
        self,
        doc_id: str,
        table_id: str,
        row_id: str,
        cells: params.RowLike | None = None,
        *,
        row: params.RowLike | None = None,
        disable_parsing: bool = False,
        wait: bool = True,
        timeout: float = TIMEOUT,
    ) -> dict[str, Any]:
        """Change cells of a row. Returns its ``id`` and the ``requestId``.

        :param cells: as a row of `insert_rows`.
        :param row: the same, by the name it has in Coda's API.
        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        if (cells is None) == (row is None):
            raise TypeError("update_row takes the new values as cells, or as row")
        body = {"row": {"cells": to_cells(cells if cells is not None else row)}}
        query = params.flag("disableParsing", disable_parsing or None)
        target = self._calls.target("docs", doc_id, "tables", table_id, "rows", row_id)
        return self._calls.edit("PUT", target, query=query, body=body, wait=wait, timeout=timeout)

    @operation(effect="delete", checks=WAIT_CHECKS)
    def delete_row(
        self, doc_id: str, table_id: str, row_id: str, *, wait: bool = True, timeout: float = TIMEOUT
    ) -> dict[str, Any]:
        """Delete a row. Returns its ``id`` and the ``requestId``.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        return self._calls.delete("docs", doc_id, "tables", table_id, "rows", row_id, wait=wait, timeout=timeout)

    @operation(effect="delete", checks=WAIT_CHECKS)
    def delete_rows(
        self, doc_id: str, table_id: str, row_ids: Iterable[str | Row], *, wait: bool = True, timeout: float = TIMEOUT
    ) -> dict[str, Any]:
        """Delete any number of rows, by their ids. Returns ``rowIds``, ``requestIds`` and the last ``requestId``.

        They go in requests of at most 500. When one fails, the error's ``partial`` says how far it came and holds the
        remaining ids; with a list, the same call may simply be made again. No ids are no request, and an empty
        ``requestId``.

        :param row_ids: ids of rows, or rows as lists give them.
        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end. Each request has as many,
            from when the one before is done.
        """
        ids = [row.id if isinstance(row, Row) else row for row in params.several(row_ids, "row_ids", "ids of rows")]
        pending = batches(params.texts(ids, "row_ids", "ids of rows"), encode, "row_ids")
        if not ids:
            return {"requestId": "", "requestIds": [], "rowIds": []}

        def send(batch: Batch[str]) -> dict[str, Any]:
            body = {"rowIds": batch.items}
            return self._calls.edit(
                "DELETE", target, below=("rows",), answers=("rowIds",), body=body, when_gone=body.copy, wait=False
            )

        sending = Sending("delete_rows", pending, send)
        try:
            target = self._calls.target("docs", doc_id, "tables", table_id)
            sending.run(partial(self._calls.settle, timeout=timeout) if wait else None)
        except CodaAPIError as error:
            error.maybe_executed = bool(error.maybe_executed or sending.accepted)
            error.retryable = error.retryable and isinstance(row_ids, Sized)  # of an iterator nothing is left
            error.partial = sending.partial()
            raise
        warning = {"warning": "; ".join(sending.warnings)} if sending.warnings else {}
        return {"requestId": sending.last_request_id, "requestIds": sending.request_ids, "rowIds": ids, **warning}

    @operation(effect="write", checks=WAIT_CHECKS)
    def push_button(
        self, doc_id: str, table_id: str, row_id: str, column_id: str, *, wait: bool = True, timeout: float = TIMEOUT
    ) -> dict[str, Any]:
        """Push the button in a row. Returns ``rowId``, ``columnId`` and the ``requestId``.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.

        Hooks are told ``write``, whatever the button does, which may be to delete rows.
        """
        target = self._calls.target("docs", doc_id, "tables", table_id, "rows", row_id)
        return self._calls.edit(
            "POST", target.once("look what the button has done before pushing it again"),
            below=("buttons", column_id), answers=("rowId", "columnId"), wait=wait, timeout=timeout,
        )  # fmt: skip
