"""A Coda on loopback: real HTTP, documents that are kept, pages of lists, delayed writes, rate limits, faults.

As a program it serves one document, ``doc``, with a table ``Things`` of some rows, until it is killed:

    cd tests; python -m codomyrmex.cloud.testing.services.coda._server [--rows N] [--faster N] [--delay SECONDS] [--port N]

It prints its URL, and at the end (SIGTERM) how many requests it refused by 429.
"""

import argparse
import copy
import json
import re
import signal
import sys
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from itertools import count
from typing import Any
from urllib.parse import unquote, urlsplit

from codomyrmex.cloud.testing.services._api_server import ApiServer, Refused
from codomyrmex.cloud.testing.services._http import ReceivedRequest, Response
from codomyrmex.cloud.testing.services.coda import _contract as contract

TOKEN = "0f3c9d1e-5a7b-4c2d-8e6f-a1b2c3d4e5f6"
ROOT = "/apis/v1"
CREATED = "2026-01-02T03:04:05.678Z"
VENDOR_RATES = {"reads": (100, 6.0), "writes": (10, 6.0), "content_writes": (3, 10.0), "list_docs": (4, 6.0)}
"""What Coda allows: requests in seconds."""
MAX_BODY, MAX_ROW = 2_000_000, 85_000


def error(status: int, message: str = "", headers: dict[str, str] | None = None) -> Response:
    phrase = HTTPStatus(status).phrase
    body = {"statusCode": status, "statusMessage": phrase, "message": message or phrase}
    return Response(status, body, headers or {})


class Table:
    def __init__(self, key: str, name: str, columns: dict[str, str], view: bool = False) -> None:
        self.id, self.name, self.view = key, name, view
        self.columns = columns
        """Id to name."""
        self.rows: dict[str, dict[str, Any]] = {}
        """Id to values by column id; a cell that is left out is empty."""

    def column(self, named: str) -> str:
        """The id of a column named by id or name."""
        for key, name in self.columns.items():
            if named in (key, name):
                return key
        raise Refused(error(400, f"no column {named!r}"))


class Doc:
    def __init__(self, key: str, title: str) -> None:
        self.id, self.title, self.icon = key, title, None
        self.pages: dict[str, dict[str, Any]] = {}
        self.deleted_pages: set[str] = set()
        self.tables: dict[str, Table] = {}


class CodaServer(ApiServer):
    """The state of the service, and what it does with each request."""

    contract = contract
    root = ROOT

    def __init__(self) -> None:
        super().__init__()
        self.docs: dict[str, Doc] = {}
        self.rates: dict[str, tuple[int, float]] | None = None
        self.retry_after: str | None = None
        """The header of a 429; the real service has never been seen to send one."""
        self.page_size, self.largest_page = 25, 500
        self.delay = 0.0
        """Seconds until a write is applied."""
        self.replication = 0.0
        """Seconds for which the status of a write is 404."""
        self.reads_lag = 0.0
        """Seconds by which reads are behind: they show what was there so long ago."""
        self.warning: str | None = None
        self.pushed: list[tuple[str, str]] = []
        self.contents: dict[str, str] = {}
        """The content of pages, by id."""
        self.downloads: list[dict[str, str]] = []
        self._sent: dict[str, deque[float]] = {}
        self._mutations: dict[str, tuple[float, float]] = {}
        """Id of a write, to when its status is known, and when it is applied."""
        self._pending: deque[tuple[float, Callable[[], None]]] = deque()
        self._exports: dict[str, int] = {}
        self._ids = count(1)
        self._history: deque[tuple[float, dict[str, Doc]]] = deque()
        """Until when the documents were like this, while reads lag."""

    # For tests

    def add_doc(self, key: str = "doc", title: str = "A document") -> Doc:
        self.docs[key] = Doc(key, title)
        return self.docs[key]

    def add_table(
        self, doc: Doc, key: str = "grid-1", name: str = "Things", columns=("Name", "Count", "Tags")
    ) -> Table:
        table = doc.tables[key] = Table(key, name, {f"c-{number}": name for number, name in enumerate(columns, 1)})
        return table

    def rows(self, doc: str = "doc", table: str = "grid-1") -> list[dict[str, Any]]:
        """What is in a table once everything is applied, by names of columns."""
        with self.lock:
            self._apply(all_of_it=True)
            found = self.docs[doc].tables[table]
            return [{found.columns[key]: value for key, value in row.items()} for row in found.rows.values()]

    # What a request does

    def handle(self, request: ReceivedRequest) -> Response:
        if request.target.startswith("/blobs/"):
            self.downloads.append(request.headers)
            key = request.target.removeprefix("/blobs/").partition("?")[0]
            return Response(200, self.contents.get(key, "").encode())
        if not request.target.startswith(f"{ROOT}/"):
            self.violations.append(f"outside the API: {request.method} {request.target}")
            return error(404)
        return super().handle(request._replace(target=request.target.removeprefix(ROOT)))

    def respond(self, request: ReceivedRequest, found: tuple[contract.Operation, dict[str, str]] | None) -> Response:
        self._apply()
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return error(401, "the token is not known")
        self._count(request)
        if found is None:
            self.violations.append(f"no such operation: {request.method} {request.target}")
            return error(404, "no such operation")
        content_type = request.headers.get("content-type", "")
        if wrong := contract.problems(request.method, request.target, content_type, request.body):
            self.violations.append(f"{request.method} {request.target}: {wrong}")
            return error(400, "; ".join(wrong))
        if len(request.body) > MAX_BODY:
            return error(400, "request entity too large")
        operation, parts = found
        parts = {name: unquote(part) for name, part in parts.items()}
        body = request.json if operation.body is not None else None
        written = self.docs
        if request.method == "GET":
            self.docs = self._seen()
        try:
            result = getattr(self, operation.name)(request.query, body, **parts)
        finally:
            if request.method == "GET":
                self.docs = written
        return result if isinstance(result, Response) else Response(operation.ok, result)

    def _seen(self) -> dict[str, Doc]:
        """The documents as reads show them."""
        shown = time.monotonic() - self.reads_lag
        return next((docs for until, docs in self._history if until > shown), self.docs)

    def _write(self, operation: str, target: Any, change: Callable[[], Any]) -> None:
        """Carry out a write of ``target``. An effect it has only if ``change`` does not return False."""
        if self.reads_lag:
            self._history.append((time.monotonic(), copy.deepcopy(self.docs)))
        if change() is not False:
            self.effects.append((operation, target))

    def _free(self, kind: str, taken: Any = ()) -> str:
        """A new id, which is none that a test gave."""
        return next(key for number in self._ids if (key := f"{kind}-{number}") not in taken)

    def _count(self, request: ReceivedRequest) -> None:
        """A window that slides over each class of requests, by user."""
        if not self.rates:
            return
        kind = rate_class(request.method, urlsplit(request.target).path)
        if not self.count_request(self.rates[kind], self._sent.setdefault(kind, deque())):
            headers = {"Retry-After": self.retry_after} if self.retry_after else {}
            raise Refused(error(429, "Too Many Requests", headers))

    def _mutate(self, *writes: tuple[str, Any, Callable[[], Any]]) -> str:
        """Accept writes, each as `_write` takes it. Returns the id by which to ask for them."""
        now = time.monotonic()
        key = f"mutate:{next(self._ids)}"
        self._mutations[key] = (now + self.replication, now + self.delay)
        self._pending.append((now + self.delay, lambda: [self._write(*write) for write in writes]))
        self._apply()
        return key

    def _apply(self, all_of_it: bool = False) -> None:
        """Apply the writes that are due, in their order."""
        while self._pending and (all_of_it or self._pending[0][0] <= time.monotonic()):
            self._pending.popleft()[1]()

    # Operations, by the vendor's names

    def listDocs(self, query, body):  # noqa: N802
        return self._page("/docs", [self._doc(doc) for doc in self.docs.values()], query, self._docs_of)

    def _docs_of(self, doc, query):
        return query.get("query", "").lower() in doc["name"].lower()

    def createDoc(self, query, body):  # noqa: N802
        key = self._free("doc", self.docs)
        self._write("createDoc", key, lambda: self.add_doc(key, body.get("title", "Untitled")))
        return {**self._doc(self.docs[key]), "requestId": self._mutate()}

    def getDoc(self, query, body, docId):  # noqa: N802, N803
        return self._doc(self._find_doc(docId))

    def updateDoc(self, query, body, docId):  # noqa: N802, N803
        doc = self._find_doc(docId)

        def change():
            before = doc.title, doc.icon
            doc.title, doc.icon = body.get("title", doc.title), body.get("iconName", doc.icon)
            return before != (doc.title, doc.icon)

        self._write("updateDoc", docId, change)
        return {}

    def deleteDoc(self, query, body, docId):  # noqa: N802, N803
        self._find_doc(docId)
        self._write("deleteDoc", docId, lambda: self.docs.pop(docId))
        return {}

    def listPages(self, query, body, docId):  # noqa: N802, N803
        doc = self._find_doc(docId)
        return self._page(f"/docs/{docId}/pages", list(doc.pages.values()), query)

    def createPage(self, query, body, docId):  # noqa: N802, N803
        doc = self._find_doc(docId)
        key = self._free("canvas", {*doc.pages, *doc.deleted_pages})
        page = self._new_page(doc, key, body)
        return {"requestId": self._mutate(("createPage", key, lambda: doc.pages.update({key: page}))), "id": key}

    def getPage(self, query, body, docId, pageIdOrName):  # noqa: N802, N803
        return self._find_page(self._find_doc(docId), pageIdOrName)

    def updatePage(self, query, body, docId, pageIdOrName):  # noqa: N802, N803
        page = self._find_page(self._find_doc(docId), pageIdOrName)
        write = ("updatePage", page["id"], lambda: self._change_page(page, body))
        return {"requestId": self._mutate(write), "id": page["id"]}

    def _change_page(self, page, body):
        before = dict(page), self.contents.get(page["id"], "")
        page.update({key: body[key] for key in ("name", "subtitle", "isHidden") if key in body})
        if update := body.get("contentUpdate"):
            new = update["canvasContent"]["content"]
            joined = {"append": before[1] + new, "prepend": new + before[1]}
            self.contents[page["id"]] = joined.get(update["insertionMode"], new)
        return before != (page, self.contents.get(page["id"], ""))

    def deletePage(self, query, body, docId, pageIdOrName):  # noqa: N802, N803
        doc = self._find_doc(docId)
        key = self._find_page(doc, pageIdOrName)["id"]

        def delete():
            doc.deleted_pages.add(key)
            return doc.pages.pop(key, False)

        return {"requestId": self._mutate(("deletePage", key, delete)), "id": key}

    def beginPageContentExport(self, query, body, docId, pageIdOrName):  # noqa: N802, N803
        page = self._find_page(self._find_doc(docId), pageIdOrName)
        key = self._free("export")
        self._exports[key] = 0
        return {"id": key, "status": "inProgress", "href": f"{self.url}/docs/{docId}/pages/{page['id']}/export/{key}"}

    def getPageContentExportStatus(self, query, body, docId, pageIdOrName, requestId):  # noqa: N802, N803
        page = self._find_page(self._find_doc(docId), pageIdOrName)
        asked = self._exports[requestId] = self._exports[requestId] + 1
        status = {"id": requestId, "status": "inProgress", "href": self.url}
        if asked > 1 and page["name"] == "Broken":
            return {**status, "status": "failed", "error": "it cannot be exported"}
        if asked > 1:
            link = f"{self.url.removesuffix(ROOT)}/blobs/{page['id']}?signature=abc"
            status |= {"status": "complete", "downloadLink": link}
        return status

    def listTables(self, query, body, docId):  # noqa: N802, N803
        tables = [self._table_reference(docId, table) for table in self._find_doc(docId).tables.values()]
        kinds = query.get("tableTypes", "table,view").split(",")
        return self._page(f"/docs/{docId}/tables", [t for t in tables if t["tableType"] in kinds], query)

    def getTable(self, query, body, docId, tableIdOrName):  # noqa: N802, N803
        table = self._find_table(docId, tableIdOrName)
        first = next(iter(table.columns))
        return {
            **self._table_reference(docId, table),
            "displayColumn": {"id": first, "type": "column", "href": self.url},
            "rowCount": len(table.rows),
            "sorts": [{"column": {"id": first, "type": "column", "href": self.url}, "direction": "descending"}],
            "layout": "default",
            "createdAt": CREATED,
            "updatedAt": CREATED,
            "viewId": "view-1",
        }

    def listColumns(self, query, body, docId, tableIdOrName):  # noqa: N802, N803
        table = self._find_table(docId, tableIdOrName)
        columns = [self._column(table, key) for key in table.columns]
        return self._page(f"/docs/{docId}/tables/{table.id}/columns", columns, query, largest=100)

    def getColumn(self, query, body, docId, tableIdOrName, columnIdOrName):  # noqa: N802, N803
        table = self._find_table(docId, tableIdOrName)
        named = [key for key, name in table.columns.items() if columnIdOrName in (key, name)]
        if not named:
            raise Refused(error(404, f"no column {columnIdOrName!r}"))
        return {**self._column(table, named[0]), "parent": self._table_reference(docId, table)}

    def listRows(self, query, body, docId, tableIdOrName):  # noqa: N802, N803
        table = self._find_table(docId, tableIdOrName)
        if query.get("sortBy") == "natural" and query.get("visibleOnly") == "false":
            raise Refused(error(400, "natural order shows visible rows only"))
        if query.get("query"):
            self._wanted(table, query["query"])

        def row(item, number, query):
            return self._row(docId, table, number, *item, query)

        def wanted(item, query):
            column, value = self._wanted(table, query["query"])
            return item[1].get(column, "") == value

        path = f"/docs/{docId}/tables/{table.id}/rows"
        rows = self._page(path, list(table.rows.items()), query, wanted, show=row)
        return {**rows, "nextSyncToken": f"sync-{len(table.rows)}"}

    def upsertRows(self, query, body, docId, tableIdOrName):  # noqa: N802, N803
        table = self._find_table(docId, tableIdOrName)
        if table.view:
            raise Refused(error(400, "rows cannot be inserted into a view"))
        keys = [table.column(key) for key in body.get("keyColumns", [])]
        rows = [self._values(table, row) for row in body["rows"]]
        if keys:
            return {"requestId": self._mutate(("upsertRows", table.id, lambda: self._upsert(table, rows, keys)))}
        added = {self._free("i", table.rows): row for row in rows}
        write = ("upsertRows", table.id, lambda: table.rows.update(added))
        return {"requestId": self._mutate(write), "addedRowIds": list(added)}

    def _upsert(self, table, rows, keys):
        index: dict[tuple, list[str]] = {}
        for key, values in table.rows.items():
            index.setdefault(tuple(str(values.get(key)) for key in keys), []).append(key)
        changed = False
        for row in rows:
            key = tuple(str(row.get(key)) for key in keys)
            ids = index.setdefault(key, [])
            if not ids:
                ids.append(self._free("i", table.rows))
            for key in ids:
                changed |= self._change_row(table.rows.setdefault(key, {}), row)
        return changed

    @staticmethod
    def _change_row(row, values):
        before = dict(row)
        row.update(values)
        return before != row

    def deleteRows(self, query, body, docId, tableIdOrName):  # noqa: N802, N803
        table = self._find_table(docId, tableIdOrName)
        ids = body["rowIds"]
        writes = (("deleteRows", key, lambda key=key: table.rows.pop(key, False)) for key in ids)
        return {"requestId": self._mutate(*writes), "rowIds": ids}

    def getRow(self, query, body, docId, tableIdOrName, rowIdOrName):  # noqa: N802, N803
        table = self._find_table(docId, tableIdOrName)
        key = self._find_row(table, rowIdOrName)
        row = self._row(docId, table, list(table.rows).index(key), key, table.rows[key], query)
        return {**row, "parent": self._table_reference(docId, table)}

    def updateRow(self, query, body, docId, tableIdOrName, rowIdOrName):  # noqa: N802, N803
        table = self._find_table(docId, tableIdOrName)
        key = self._find_row(table, rowIdOrName)
        values = self._values(table, body["row"])
        write = ("updateRow", key, lambda: key in table.rows and self._change_row(table.rows[key], values))
        return {"requestId": self._mutate(write), "id": key}

    def deleteRow(self, query, body, docId, tableIdOrName, rowIdOrName):  # noqa: N802, N803
        table = self._find_table(docId, tableIdOrName)
        key = self._find_row(table, rowIdOrName)
        return {"requestId": self._mutate(("deleteRow", key, lambda: table.rows.pop(key, False))), "id": key}

    def pushButton(self, query, body, docId, tableIdOrName, rowIdOrName, columnIdOrName):  # noqa: N802, N803
        table = self._find_table(docId, tableIdOrName)
        row, column = self._find_row(table, rowIdOrName), table.column(columnIdOrName)
        write = ("pushButton", (row, column), lambda: self.pushed.append((row, column)))
        return {"requestId": self._mutate(write), "rowId": row, "columnId": column}

    def whoami(self, query, body):
        workspace = {"id": "ws-1", "type": "workspace", "browserLink": self.url, "name": "Work"}
        return {
            "name": "Ada", "loginId": "ada@example.org", "type": "user", "scoped": False, "tokenName": "tests",
            "href": f"{self.url}/whoami", "workspace": workspace,
        }  # fmt: skip

    def resolveBrowserLink(self, query, body):  # noqa: N802
        doc = self._find_doc(query["url"].rpartition("_d")[2])
        resource = {"type": "doc", "id": doc.id, "href": f"{self.url}/docs/{doc.id}", "name": doc.title}
        return {"type": "apiLink", "href": self.url, "browserLink": query["url"], "resource": resource}

    def getMutationStatus(self, query, body, requestId):  # noqa: N802, N803
        known, applied = self._mutations.get(requestId, (float("inf"), 0.0))
        now = time.monotonic()
        if now < known:
            raise Refused(error(404, f"no request {requestId!r}"))
        status = {"completed": now >= applied}
        return {**status, "warning": self.warning} if self.warning else status

    # What they are made of

    def _find_doc(self, key: str) -> Doc:
        if key not in self.docs:
            raise Refused(error(404, f"no document {key!r}"))
        return self.docs[key]

    def _find_page(self, doc: Doc, named: str) -> dict[str, Any]:
        if named in doc.deleted_pages:
            raise Refused(error(410, f"page {named!r} was deleted"))
        for page in doc.pages.values():
            if named in (page["id"], page["name"]):
                return page
        raise Refused(error(404, f"no page {named!r}"))

    def _find_table(self, doc: str, named: str) -> Table:
        for table in self._find_doc(doc).tables.values():
            if named in (table.id, table.name):
                return table
        raise Refused(error(404, f"no table {named!r}"))

    def _find_row(self, table: Table, named: str) -> str:
        first = next(iter(table.columns))
        for key, values in table.rows.items():
            if named == key or named == values.get(first):
                return key
        raise Refused(error(404, f"no row {named!r}"))

    def _values(self, table: Table, row: dict[str, Any]) -> dict[str, Any]:
        size = len(json.dumps(row, ensure_ascii=False).encode())
        if size > MAX_ROW:
            raise Refused(error(400, f"the row is {size // 1000} KB and exceeds maximum size of 85 KB"))
        return {table.column(cell["column"]): cell["value"] for cell in row["cells"]}

    def _wanted(self, table: Table, query: str) -> tuple[str, Any]:
        """The column and the value that a query asks for."""
        try:
            name, value = re.fullmatch(r'("(?:[^"\\]|\\.)*"|[^:]+):(.*)', query, re.DOTALL).groups()
            return table.column(json.loads(name) if name.startswith('"') else name), json.loads(value)
        except (AttributeError, ValueError):
            raise Refused(error(400, f"no query: {query!r}")) from None

    def _page(self, path, items, query, wanted=None, show=None, largest=None):
        """One page of a list. A page token carries all that was asked for, and beside it nothing counts."""
        start = 0
        if token := query.get("pageToken"):
            try:
                start, query = json.loads(urlsafe_b64decode(token))
            except ValueError:
                raise Refused(error(400, f"no page token: {token!r}")) from None
        size = min(int(query.get("limit", self.page_size)), largest or self.largest_page)
        if wanted and query.get("query"):
            items = [item for item in items if wanted(item, query)]
        shown = items[start : start + size]
        if show:
            shown = [show(item, number, query) for number, item in enumerate(shown, start)]
        page = {"items": shown, "href": f"{self.url}{path}"}
        if start + size < len(items):
            token = urlsafe_b64encode(json.dumps([start + size, query]).encode()).decode()
            page |= {"nextPageToken": token, "nextPageLink": f"{self.url}{path}?pageToken={token}"}
        return page

    def _doc(self, doc: Doc) -> dict[str, Any]:
        workspace = {"id": "ws-1", "type": "workspace", "browserLink": self.url, "name": "Work"}
        folder = {"id": "fl-1", "type": "folder", "browserLink": self.url, "name": "My docs"}
        return {
            "id": doc.id, "type": "doc", "href": f"{self.url}/docs/{doc.id}", "name": doc.title,
            "browserLink": f"https://coda.io/d/_d{doc.id}", "owner": "ada@example.org", "ownerName": "Ada",
            "createdAt": CREATED, "updatedAt": CREATED, "workspace": workspace, "folder": folder,
            "workspaceId": "ws-1", "folderId": "fl-1",
            "docSize": {
                "totalRowCount": sum(len(table.rows) for table in doc.tables.values()),
                "tableAndViewCount": len(doc.tables), "pageCount": len(doc.pages), "overApiSizeLimit": False,
            },
            **({"icon": {"name": doc.icon, "type": "image/png", "browserLink": self.url}} if doc.icon else {}),
        }  # fmt: skip

    def _new_page(self, doc: Doc, key: str, body: dict[str, Any]) -> dict[str, Any]:
        person = {"@context": "http://schema.org/", "@type": "Person", "name": "Ada", "email": "ada@example.org"}
        if content := body.get("pageContent"):
            self.contents[key] = content["canvasContent"]["content"]
        return {
            "id": key, "type": "page", "href": f"{self.url}/docs/{doc.id}/pages/{key}", "browserLink": self.url,
            "name": body.get("name", "Untitled"), "contentType": "canvas", "isHidden": False,
            "isEffectivelyHidden": False, "children": [], "authors": [person], "createdAt": CREATED,
            "createdBy": person, **({"subtitle": body["subtitle"]} if "subtitle" in body else {}),
        }  # fmt: skip

    def _table_reference(self, doc: str, table: Table) -> dict[str, Any]:
        page = {"id": "canvas-0", "type": "page", "href": self.url, "browserLink": self.url, "name": "Page"}
        return {
            "id": table.id, "type": "table", "tableType": "view" if table.view else "table", "name": table.name,
            "href": f"{self.url}/docs/{doc}/tables/{table.id}", "browserLink": self.url, "parent": page,
        }  # fmt: skip

    def _column(self, table: Table, key: str) -> dict[str, Any]:
        href = f"{self.url}/columns/{key}"
        kind = {"type": "text", "isArray": False}
        return {"id": key, "type": "column", "href": href, "name": table.columns[key], "format": kind, "display": True}

    def _row(self, doc, table, index, key, values, query) -> dict[str, Any]:
        names = query.get("useColumnNames") == "true"
        simple = query.get("valueFormat", "simple") == "simple"
        cells = {key: values.get(key, "") for key in table.columns}
        shown = {table.columns[key] if names else key: _simple(v) if simple else v for key, v in cells.items()}
        first = next(iter(table.columns))
        return {
            "id": key, "type": "row", "href": f"{self.url}/docs/{doc}/tables/{table.id}/rows/{key}", "index": index,
            "name": str(values.get(first, "")), "browserLink": "https://coda.io/d/x", "createdAt": CREATED,
            "updatedAt": CREATED, "values": shown,
        }  # fmt: skip


def _simple(value: Any) -> Any:
    return ",".join(map(str, map(_simple, value))) if isinstance(value, list) else value


def rate_class(method: str, path: str) -> str:
    """As the vendor's reference sorts requests. It names no class for DELETE: here the one of the writes."""
    if method == "GET":
        return "list_docs" if path == "/docs" else "reads"
    return "content_writes" if re.search(r"/(rows|pages)\b", path) and "/export" not in path else "writes"


def faster(rates: dict[str, tuple[int, float]], factor: float) -> dict[str, tuple[int, float]]:
    """The same rates in time that runs so many times faster."""
    return {kind: (requests, seconds / factor) for kind, (requests, seconds) in rates.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=3)
    parser.add_argument("--faster", type=float, default=1.0, help="the limits' windows are so much shorter")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds until a write is applied")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    coda = Coda()
    table = coda.add_table(coda.add_doc())
    for number in range(options.rows):
        table.rows[f"i-{number}"] = {"c-1": f"thing {number}", "c-2": number, "c-3": ["a", "b"]}
    coda.rates, coda.delay = faster(VENDOR_RATES, options.faster), options.delay
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with Server(coda, options.port) as server:
        server.block_on_close = False
        print(coda.url, flush=True)
        try:
            server.serve_forever()
        finally:
            print(coda.refused, flush=True)


if __name__ == "__main__":
    main()
