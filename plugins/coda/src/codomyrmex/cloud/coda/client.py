"""`CodaClient`: the calls of Coda's API (spec section 3; coda.io/developers/apis/v1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sized
from typing import Any, ClassVar, Literal, Self, Unpack

from codomyrmex.cloud.coda import params
from codomyrmex.cloud.coda._calls import Calls, walk
from codomyrmex.cloud.coda._frames import is_frame, rows_of
from codomyrmex.cloud.coda._limits import RateLimits, check_limits
from codomyrmex.cloud.coda._rows import insert, parts, to_cells
from codomyrmex.cloud.coda._targets import Target
from codomyrmex.cloud.coda._token import VARIABLE, find_token, token_of_environment
from codomyrmex.cloud.coda._waiting import TIMEOUT, wait_for
from codomyrmex.cloud.coda.errors import ERRORS, CodaAPIError
from codomyrmex.cloud.coda.models import (
    ApiLink,
    Column,
    ColumnDetail,
    ColumnList,
    Doc,
    DocList,
    InsertRowsResult,
    MutationStatus,
    Page,
    PageExport,
    PageList,
    Row,
    RowDetail,
    RowList,
    Table,
    TableList,
    TableReference,
    User,
)
from codomyrmex.cloud.common import CloudClient, CloudCredentials, operation
from codomyrmex.cloud.rest.endpoints import split_endpoint
from codomyrmex.cloud.rest.polling import WAIT_CHECKS
from codomyrmex.cloud.rest.transport import Transport

_ROWS_PER_PAGE = 200
_PATH = {"doc_id": "docs", "page_id": "pages", "table_id": "tables", "column_id": "columns", "row_id": "rows"}


class CodaClient(CloudClient):
    """Coda.io's documents, through API v1. Every method raises `CodaAPIError` on failure.

    Pages, tables, columns and rows are named by id or by name. A write is accepted at once and
    applied some seconds later: methods return after that, or with ``wait=False`` at once; reads may
    lag behind it a little more. Requests wait for their turn at Coda's rate limits, shared by all
    clients of this process with the same token. One client may be used by several threads.

    :param api_token: default: environment variable ``CODA_API_TOKEN``.
    :param timeout: seconds that connecting, and each wait for data, may take.
    :param credentials: the token as ``secret_key``, instead of ``api_token``.
    :param limits: the rate limits to keep; None to keep none.
    :param retry_budget: seconds that one request may wait in all between its repeats.
    """

    provider: ClassVar[str] = "coda"
    service: ClassVar[str] = "documents"
    recipe: ClassVar[tuple[str, ...]] = ("base_url", "timeout", "limits", "retry_budget")

    def __init__(
        self,
        api_token: str | None = None,
        base_url: str = "https://coda.io/apis/v1",
        timeout: float = 30,
        *,
        credentials: CloudCredentials | None = None,
        limits: RateLimits | None = RateLimits(),  # noqa: B008 - immutable
        retry_budget: float = 60.0,
    ) -> None:
        split_endpoint(base_url, "base_url", "https://coda.io/apis/v1")
        if limits is not None:
            check_limits(limits)
        self.base_url, self.timeout = base_url.rstrip("/"), timeout
        self.limits, self.retry_budget = limits, retry_budget
        transport = Transport(
            self.base_url, find_token(api_token, credentials), timeout=timeout, retry_budget=retry_budget,
            errors=ERRORS, rates=(limits or RateLimits())._asdict(), keep_rates=limits is not None,
        )  # fmt: skip
        self._calls = Calls(transport)

    @classmethod
    def from_env(cls, **options: Unpack[params.ClientOptions]) -> Self:
        """The client whose token is in ``CODA_API_TOKEN``; options as the constructor's.

        Raises `CodaAuthenticationError` if the variable is not set.
        """
        return cls(token_of_environment(), **options)

    @classmethod
    def credential_source(cls) -> str | None:
        """The environment variable with the token, for ``cloud doctor``."""
        token_of_environment()
        return f"{VARIABLE}=***"

    def resource_name(self, arguments: Mapping[str, Any]) -> str | None:
        """Such as ``docs/AbCDeFGH/tables/grid-1``."""
        named = [f"{part}/{arguments[name]}" for name, part in _PATH.items() if name in arguments]
        return "/".join(named) or super().resource_name(arguments)

    def close(self) -> None:
        """Close the pooled connections."""
        self._calls.transport.close()

    # Documents

    @operation(effect="list")
    def list_docs(self, **filters: Unpack[params.DocFilters]) -> DocList:
        """One page of the documents that the user has opened, the last used first."""
        return self._calls.get(DocList, "docs", query=params.query(filters, params.DocFilters), kind="list_docs")

    @operation(effect="list", lazy=True)
    def iter_docs(self, **filters: Unpack[params.DocFilters]) -> Iterator[Doc]:
        """All documents that `list_docs` lists, page by page."""
        return walk(self.list_docs, (), filters, params.DocFilters)

    @operation(effect="write", checks=WAIT_CHECKS)
    def create_doc(
        self, title: str, *, wait: bool = True, timeout: float = TIMEOUT, **options: Unpack[params.DocOptions]
    ) -> Doc:
        """Make a document.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        body = {"title": title, **params.body(options, params.DocOptions)}
        doc = self._calls.make(Doc.from_json, "docs", body=body, unsure="look at list_docs before making another")
        if wait and isinstance(request_id := doc.extra.get("requestId"), str):
            self._calls.settle(request_id, timeout, doc.id)
        return doc

    @operation(effect="read")
    def get_doc(self, doc_id: str) -> Doc:
        """A document's description."""
        return self._calls.get(Doc, "docs", doc_id)

    @operation(effect="write")
    def update_doc(self, doc_id: str, **changes: Unpack[params.DocChanges]) -> dict[str, Any]:
        """Change a document's title or icon. Returns Coda's answer, which is empty."""
        return self._calls.write("PATCH", "docs", doc_id, body=params.body(changes, params.DocChanges))

    @operation(effect="delete")
    def delete_doc(self, doc_id: str) -> dict[str, Any]:
        """Delete a document. Returns Coda's answer, which is empty: there is nothing to wait for."""
        return self._calls.write("DELETE", "docs", doc_id)

    # Pages

    @operation(effect="list")
    def list_pages(self, doc_id: str, **paging: Unpack[params.Paging]) -> PageList:
        """One page of a document's pages."""
        return self._calls.get(PageList, "docs", doc_id, "pages", query=params.query(paging, params.Paging))

    @operation(effect="list", lazy=True)
    def iter_pages(self, doc_id: str, **paging: Unpack[params.Paging]) -> Iterator[Page]:
        """All pages of a document."""
        return walk(self.list_pages, (doc_id,), paging, params.Paging)

    @operation(effect="write", checks=WAIT_CHECKS)
    def create_page(
        self, doc_id: str, *, wait: bool = True, timeout: float = TIMEOUT, **fields: Unpack[params.PageFields]
    ) -> dict[str, Any]:
        """Make a page. Returns its ``id`` and the ``requestId``.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        body = params.body(fields, params.PageFields)
        target = Target(("docs", doc_id, "pages"), unsure="look at list_pages before making another")
        return self._calls.edit("POST", target, body=body, wait=wait, timeout=timeout)

    @operation(effect="read")
    def get_page(self, doc_id: str, page_id: str) -> Page:
        """A page's description. `CodaGoneError` if it was deleted."""
        return self._calls.get(Page, "docs", doc_id, "pages", page_id)

    @operation(effect="write", checks=WAIT_CHECKS)
    def update_page(
        self,
        doc_id: str,
        page_id: str,
        *,
        wait: bool = True,
        timeout: float = TIMEOUT,
        **changes: Unpack[params.PageChanges],
    ) -> dict[str, Any]:
        """Change a page's name, looks or content. Returns its ``id`` and the ``requestId``.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        body = params.body(changes, params.PageChanges)
        path = ("docs", doc_id, "pages", page_id)
        target = self._calls.target(*path)
        if body.get("contentUpdate", {}).get("insertionMode", "replace") != "replace":
            target = target.once("look whether the page holds it before adding it again")
        return self._calls.edit("PUT", target, body=body, wait=wait, timeout=timeout)

    @operation(effect="delete", checks=WAIT_CHECKS)
    def delete_page(self, doc_id: str, page_id: str, *, wait: bool = True, timeout: float = TIMEOUT) -> dict[str, Any]:
        """Delete a page. Returns its ``id`` and the ``requestId``.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        return self._calls.delete("docs", doc_id, "pages", page_id, wait=wait, timeout=timeout)

    @operation(effect="read")
    def begin_page_export(
        self, doc_id: str, page_id: str, output_format: Literal["html", "markdown"] = "markdown"
    ) -> PageExport:
        """Have Coda export a page's content; ask `get_page_export` for it by the ``id`` of the answer.

        Hooks are told ``read``: the request is a POST, but changes nothing in the document.
        """
        body = {"outputFormat": output_format}
        return self._calls.make(PageExport.from_json, "docs", doc_id, "pages", page_id, "export", body=body)

    @operation(effect="read")
    def get_page_export(self, doc_id: str, page_id: str, request_id: str) -> PageExport:
        """How far an export is."""
        return self._calls.get(PageExport, "docs", doc_id, "pages", page_id, "export", request_id)

    @operation(effect="read", checks=WAIT_CHECKS)
    def export_page(
        self,
        doc_id: str,
        page_id: str,
        output_format: Literal["html", "markdown"] = "markdown",
        *,
        timeout: float = TIMEOUT,
    ) -> str:
        """A page's content: begins the export, waits for it and downloads it.

        :param timeout: seconds until it is exported; ``math.inf`` for no end.
        """
        page_id = self._calls.target("docs", doc_id, "pages", page_id).path[-1]
        export = self.begin_page_export(doc_id, page_id, output_format)

        def finished(left: float) -> PageExport | None:
            now = self._calls.get(PageExport, "docs", doc_id, "pages", page_id, "export", export.id, within=left)
            return now if now.download_link or now.error else None

        done = wait_for(finished, timeout, f"export {export.id}")
        if done.download_link is None:
            raise CodaAPIError(f"Coda cannot export the page: {done.error}")
        return self._calls.transport.download(done.download_link, bytes.decode)

    # Tables and columns

    @operation(effect="list")
    def list_tables(self, doc_id: str, **filters: Unpack[params.TableFilters]) -> TableList:
        """One page of a document's tables and views."""
        return self._calls.get(TableList, "docs", doc_id, "tables", query=params.query(filters, params.TableFilters))

    @operation(effect="list", lazy=True)
    def iter_tables(self, doc_id: str, **filters: Unpack[params.TableFilters]) -> Iterator[TableReference]:
        """All tables and views of a document."""
        return walk(self.list_tables, (doc_id,), filters, params.TableFilters)

    @operation(effect="read")
    def get_table(self, doc_id: str, table_id: str, *, use_updated_table_layouts: bool | None = None) -> Table:
        """A table's description.

        :param use_updated_table_layouts: tell ``detail`` and ``form`` layouts by their newer names.
        """
        query = params.flag("useUpdatedTableLayouts", use_updated_table_layouts)
        return self._calls.get(Table, "docs", doc_id, "tables", table_id, query=query)

    @operation(effect="list")
    def list_columns(self, doc_id: str, table_id: str, **filters: Unpack[params.ColumnFilters]) -> ColumnList:
        """One page of a table's columns."""
        query = params.query(filters, params.ColumnFilters)
        return self._calls.get(ColumnList, "docs", doc_id, "tables", table_id, "columns", query=query)

    @operation(effect="list", lazy=True)
    def iter_columns(self, doc_id: str, table_id: str, **filters: Unpack[params.ColumnFilters]) -> Iterator[Column]:
        """All columns of a table."""
        return walk(self.list_columns, (doc_id, table_id), filters, params.ColumnFilters)

    @operation(effect="read")
    def get_column(self, doc_id: str, table_id: str, column_id: str) -> ColumnDetail:
        """A column's description."""
        return self._calls.get(ColumnDetail, "docs", doc_id, "tables", table_id, "columns", column_id)

    # Rows

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
    def get_row(self, doc_id: str, table_id: str, row_id: str, **options: Unpack[params.RowFormat]) -> RowDetail:
        """One row."""
        query = params.query(options, params.RowFormat)
        return self._calls.get(RowDetail, "docs", doc_id, "tables", table_id, "rows", row_id, query=query)

    @operation(effect="write", checks=WAIT_CHECKS)
    def insert_rows(
        self,
        doc_id: str,
        table_id: str,
        rows: Iterable[params.RowLike],
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

        :param rows: ``{"Name": "x"}`` each, by names or ids of columns; or lists of Coda's cells,
            ``{"column": "Name", "value": "x"}``; or a pandas DataFrame. None is an empty cell.
        :param key_columns: names or ids; rows that are equal there are updated, all of them. It makes
            the call safe to repeat, also after a crash.
        :param disable_parsing: take text as it is, instead of as if it were typed.
        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end. Each request has as many,
            from when the one before is done.
        """
        keys = [key_columns] if isinstance(key_columns, str) else list(key_columns)
        pending = parts(rows_of(rows) if is_frame(rows) else rows, keys)
        if isinstance(rows, Sized):
            pending = iter(list(pending))
        target = self._calls.target("docs", doc_id, "tables", table_id)
        if not keys:
            target = target.once("look which rows are in before inserting them again, or give key_columns")
        query = params.flag("disableParsing", disable_parsing or None)

        def send(body: bytes) -> dict[str, Any]:
            return self._calls.edit("POST", target, below=("rows",), answers=(), query=query, body=body, wait=False)

        def settle(request_id: str) -> MutationStatus:
            return self._calls.settle(request_id, timeout)

        return insert(pending, send, settle if wait else None, rows_are_kept=isinstance(rows, Sized), keyed=bool(keys))

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
        self, doc_id: str, table_id: str, row_ids: Iterable[str], *, wait: bool = True, timeout: float = TIMEOUT
    ) -> dict[str, Any]:
        """Delete several rows, by their ids, with one request. Returns ``rowIds`` and the ``requestId``.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        body = {"rowIds": list(row_ids)}
        target = self._calls.target("docs", doc_id, "tables", table_id)
        return self._calls.edit(
            "DELETE",
            target,
            below=("rows",),
            answers=("rowIds",),
            body=body,
            when_gone=body.copy,
            wait=wait,
            timeout=timeout,
        )

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

    # The account, links, mutations

    @operation(effect="read")
    def whoami(self) -> User:
        """Whose token it is: a check that it works."""
        return self._calls.get(User, "whoami")

    @operation(effect="read")
    def resolve_browser_link(self, url: str, *, degrade_gracefully: bool | None = None) -> ApiLink:
        """What a URL of the browser leads to.

        :param degrade_gracefully: where that was deleted, tell what it was in, instead of raising.
        """
        query = {"url": url, **params.flag("degradeGracefully", degrade_gracefully)}
        return self._calls.get(ApiLink, "resolveBrowserLink", query=query)

    @operation(effect="read")
    def get_mutation_status(self, request_id: str) -> MutationStatus:
        """Whether a write was applied; Coda knows for about a day. A 404 in the first seconds means "not yet"."""
        return self._calls.get(MutationStatus, "mutationStatus", request_id)

    @operation(effect="read", checks=WAIT_CHECKS)
    def wait_for_mutation(self, request_id: str, timeout: float = TIMEOUT) -> MutationStatus:
        """Return when a write was applied. `CodaTimeoutError` after ``timeout`` seconds.

        :param timeout: seconds until it is applied; ``math.inf`` for no end.
        """
        return self._calls.applied(request_id, timeout)
