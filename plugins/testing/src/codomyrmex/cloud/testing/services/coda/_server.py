"""`CodaServer`: a Coda on loopback."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from codomyrmex.cloud.testing.services._api_server import Contract, Refused
from codomyrmex.cloud.testing.services._http import ReceivedRequest, Response
from codomyrmex.cloud.testing.services.coda import _contract
from codomyrmex.cloud.testing.services.coda._operations import Operation, to_arguments
from codomyrmex.cloud.testing.services.coda._records import Cells, Column, Doc, Page, Sort, Table, View
from codomyrmex.cloud.testing.services.coda._responses import error
from codomyrmex.cloud.testing.services.coda._service import Call, Service

Rates = dict[str, tuple[int, float]]
"""For each class of requests, how many are taken in how many seconds."""
VENDOR_RATES: Rates = {"reads": (100, 6.0), "writes": (10, 6.0), "content_writes": (3, 10.0), "list_docs": (4, 6.0)}
"""What Coda allows."""
MAX_BODY = 2_000_000
"""Bytes of a request's body."""


class CodaServer(Service):
    """A Coda on loopback: real HTTP, documents that are kept, pages of lists, delayed writes, rate limits, faults.

    It holds nothing at first. ``add_doc``, ``add_page``, ``add_table`` and ``add_view`` fill it, ``docs``, ``rows`` and
    the records they give show what is there, ``requests`` and ``effects`` what was asked and done. All these may be
    called while requests come; hold ``lock`` to look at several things at one moment.
    """

    contract: ClassVar[Contract] = _contract

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(port=port)
        self.rates: Rates | None = None
        """The rate limits, such as `VENDOR_RATES`, or these in time that runs `faster`; None: no limits."""
        self.retry_after: str | None = None
        """The header of a 429; the real service has never been seen to send one."""
        self._sent: dict[str, deque[float]] = {}

    @property
    def client_options(self) -> dict[str, Any]:
        """What leads a client here: ``CodaClient(**coda_server.client_options)``.

        It keeps no rate limits, so that no test waits for them; where ``rates`` are tested, give it others.
        """
        return {"api_token": self.token, "base_url": self.url, "limits": None}

    def environment(self) -> dict[str, str]:
        """The environment variables that lead a client here: ``CODA_API_TOKEN`` and ``CODA_BASE_URL``."""
        return {"CODA_API_TOKEN": self.token, "CODA_BASE_URL": self.url}

    # What is there

    def add_doc(self, title: str = "Untitled", *, doc_id: str | None = None) -> Doc:
        """Add a document without pages. ``doc_id``: default: a new one."""
        with self.lock:
            doc = Doc(self.ledger, self.ledger.free_id(doc_id, "doc", self.docs), title)
            self.docs[doc.id] = doc
            return doc

    def add_page(
        self,
        doc: Doc | str,
        name: str = "Untitled",
        *,
        page_id: str | None = None,
        parent: str | Page | None = None,
        content: str = "",
        text_format: Literal["html", "markdown"] = "markdown",
        **looks: Any,
    ) -> Page:
        """Add a page to a document, or to that of an id: see `Doc.add_page`."""
        with self.lock:
            options = {"page_id": page_id, "parent": parent, "content": content, "text_format": text_format, **looks}
            return self._doc(doc).add_page(name, **options)

    def add_table(
        self,
        doc: Doc | str,
        name: str = "Things",
        columns: Iterable[str | Column] = ("Name", "Count", "Tags"),
        *,
        table_id: str | None = None,
        page: Page | None = None,
        where: Callable[[Cells], bool] | None = None,
        sorts: Iterable[Sort] = (),
        layout: str = "default",
    ) -> Table:
        """Add a table to a document, or to that of an id: see `Doc.add_table`."""
        with self.lock:
            return self._doc(doc).add_table(
                name, columns, table_id=table_id, page=page, where=where, sorts=sorts, layout=layout
            )

    def add_view(
        self,
        table: Table,
        name: str,
        columns: Iterable[str] | None = None,
        *,
        table_id: str | None = None,
        page: Page | None = None,
        where: Callable[[Cells], bool] | None = None,
        sorts: Iterable[Sort] = (),
        layout: str = "default",
    ) -> View:
        """Add a view of a table to the table's document: see `Doc.add_view`."""
        with self.lock:
            return table.doc.add_view(
                table, name, columns, table_id=table_id, page=page, where=where, sorts=sorts, layout=layout
            )

    def rows(self, doc: Doc | str | None = None, table: Table | str | None = None) -> list[dict[str, Any]]:
        """The rows of a table once everything that was accepted is applied.

        Args:
            doc: the document or its id. Default: the first.
            table: the table, or its id or name. Default: the first of the document.

        Returns:
            For each row its cells by the names of columns, without those that were never filled.

        Raises:
            KeyError: there is no such document or table.
        """
        with self.lock:
            self.apply_all()
            found = self._table(self._doc(doc or next(iter(self.docs))), table)
            return [found.named(row) for row in found.rows.values()]

    def _doc(self, doc: Doc | str) -> Doc:
        return doc if isinstance(doc, Doc) else self.docs[doc]

    @staticmethod
    def _table(doc: Doc, table: Table | str | None) -> Table:
        if isinstance(table, Table):
            return table
        table = table or next(iter(doc.tables))
        return doc.tables.get(table) or {each.name: each for each in doc.tables.values()}[table]

    # What a request does

    def handle(self, request: ReceivedRequest) -> Response:
        """The response to a request for the whole of a URL: of the API, or of a download."""
        if request.target.startswith("/blobs/"):
            return self._download(request)
        if not request.target.startswith(f"{self.root}/"):
            self.violations.append(f"outside the API: {request.method} {request.target}")
            return error(404)
        return super().handle(request._replace(target=request.target.removeprefix(self.root)))

    def _download(self, request: ReceivedRequest) -> Response:
        self.downloads.append(request.headers)
        export = self.exports.get(request.target.removeprefix("/blobs/").partition("?")[0])
        return Response(200, export.content.encode(errors="replace")) if export else error(404)

    def respond(self, request: ReceivedRequest, match: tuple[Operation, dict[str, str]] | None) -> Response:
        """The response to a request for a path below the API's root."""
        self.apply_due()
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return error(401, "the token is not known")
        self._count(request)
        path = urlsplit(request.target).path
        if match is None:
            self.violations.append(f"no such operation: {request.method} {request.target}")
            return error(405 if _contract.methods(path) else 404, "no such operation")
        if len(request.body) > MAX_BODY:
            return error(400, "request entity too large")
        operation, parts = match
        content_type = request.headers.get("content-type", "")
        problems = _contract.problems(request.method, request.target, content_type, request.body)
        try:
            arguments = to_arguments(parts)
        except ValueError as malformed:
            problems.append(str(malformed))
        if problems:
            self.violations.append(f"{request.method} {request.target}: {problems}")
            return error(400, "; ".join(problems[:10]))
        docs = self.read_docs() if request.method == "GET" else self.docs
        body = {} if operation.body is None else request.json
        result = operation.handler(Call(self, request, docs, request.query, body), **arguments)
        return result if isinstance(result, Response) else Response(operation.ok, result)

    def refusal(self, status: int, description: str) -> Response:
        """The response to what is no request of the API."""
        return error(status, description)

    def _count(self, request: ReceivedRequest) -> None:
        """Count a request against the rate of its class."""
        if not self.rates:
            return
        kind = rate_class(request.method, urlsplit(request.target).path)
        if not self.count_request(self.rates[kind], self._sent.setdefault(kind, deque())):
            headers = {"Retry-After": self.retry_after} if self.retry_after else {}
            raise Refused(error(429, "Too Many Requests", headers))


def rate_class(method: str, path: str) -> str:
    """As the vendor's reference sorts requests. It names no class for DELETE: here the one of the writes."""
    if method == "GET":
        return "list_docs" if path == "/docs" else "reads"
    return "content_writes" if re.search(r"/(rows|pages)\b", path) and "/export" not in path else "writes"


def faster(rates: Rates, factor: float) -> Rates:
    """The same rates in time that runs so many times faster."""
    return {kind: (requests, seconds / factor) for kind, (requests, seconds) in rates.items()}
