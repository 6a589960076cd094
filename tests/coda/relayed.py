"""The calls of every method of the client, for the cases in which the relay breaks an exchange of them."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from codomyrmex.cloud import errors as tree
from codomyrmex.cloud.coda import CodaAPIError, CodaClient, CodaOutcomeUnknownError
from codomyrmex.cloud.testing.services.coda import TOKEN, CodaServer
from codomyrmex.cloud.testing.services.coda._service import Export, Mutation
from support import coda_document as vendor
from support import relay as faults
from support.matrix import not_broken, repeated, truth_or_error

MARKDOWN = {"format": "markdown", "content": "more"}


def make() -> CodaServer:
    """A Coda in which names are ambiguous: two rows ``a`` in each of two tables ``Things``, two pages ``Page``."""
    coda = CodaServer()
    coda.clock = lambda: datetime(2026, 1, 2, tzinfo=UTC)  # what one reads is what all read
    doc = coda.add_doc(doc_id="doc")
    for page_id in ("canvas-1", "canvas-2"):
        coda.add_page(doc, "Page", page_id=page_id, content="text")
    for table_id in ("grid-1", "grid-2"):
        table = coda.add_table(doc, table_id=table_id)
        for n, name in enumerate("abca"):
            table.add_row({"Name": name, "Count": n, "Tags": ["x"]}, row_id=f"i-{n}0")
    return coda


def violations(coda: CodaServer) -> list[str]:
    by_document = [r for r in coda.requests if b'"prepend"' not in r.body]  # which that one does not know yet
    return [*coda.violations, *vendor.DOCUMENT.problems(by_document)]


def connect(relay, **options) -> CodaClient:
    return CodaClient(
        TOKEN, relay.url + CodaServer.root, **{"timeout": relay.timeout, "limits": None, "retry_budget": 1.5, **options}
    )


class Write(NamedTuple):
    """A method that changes something, as it is called here."""

    operation: str
    """The contract's name."""
    request: str
    """Its request line."""
    call: Callable[[CodaClient], Any]
    once: bool = False
    """Whether to do it again does more."""
    named: bool = False
    """Whether the row or page is given by a name."""
    keys: tuple[str, ...] = ("requestId",)
    """What its success tells; of a deletion that was repeated, ``id`` alone."""

    def effects(self, coda: CodaServer) -> int:
        """How often it was carried out."""
        return len(coda.changed(self.operation))

    def succeeded(self, result: Any) -> bool:
        """Whether its result tells what a success tells."""
        if isinstance(result, dict):
            keys = ("id",) if self.operation in ("deleteRow", "deletePage") and "requestId" not in result else self.keys
            return all(isinstance(result.get(key), str) and result[key] for key in keys)
        return all(getattr(result, key) for key in self.keys)


def update(mode, **changes):
    return {"content_update": {"insertion_mode": mode, "canvas_content": MARKDOWN}, **changes}


ID = ("requestId", "id")
ROW_1, ROW_A = ("doc", "grid-1", "i-00"), ("doc", "Things", "a")
WRITES = {
    "create_doc": Write("createDoc", "POST .*/docs ", lambda c: c.create_doc("x"), once=True, keys=("id", "name")),
    "update_doc": Write("updateDoc", "PATCH ", lambda c: c.update_doc("doc", title="x"), keys=()),
    "delete_doc": Write("deleteDoc", "DELETE ", lambda c: c.delete_doc("doc"), keys=()),
    "create_page": Write("createPage", "POST .*/pages ", lambda c: c.create_page("doc", name="x"), once=True, keys=ID),
    "update_page by id": Write(
        "updatePage", "PUT ", lambda c: c.update_page("doc", "canvas-1", **update("replace", name="x")), keys=ID
    ),
    "update_page by name": Write(
        "updatePage", "PUT ", lambda c: c.update_page("doc", "Page", **update("replace", name="x")), named=True, keys=ID
    ),
    "update_page appends by id": Write(
        "updatePage", "PUT ", lambda c: c.update_page("doc", "canvas-1", **update("append")), once=True, keys=ID
    ),
    "update_page appends by name": Write(
        "updatePage", "PUT ", lambda c: c.update_page("doc", "Page", **update("append")), once=True, named=True, keys=ID
    ),
    "update_page prepends": Write(
        "updatePage", "PUT ", lambda c: c.update_page("doc", "canvas-1", **update("prepend")), once=True, keys=ID
    ),
    "delete_page by id": Write("deletePage", "DELETE ", lambda c: c.delete_page("doc", "canvas-1"), keys=ID),
    "delete_page by name": Write("deletePage", "DELETE ", lambda c: c.delete_page("doc", "Page"), named=True, keys=ID),
    "insert_rows": Write(
        "upsertRows", "POST ", lambda c: c.insert_rows("doc", "grid-1", [{"Name": "x"}]), once=True,
        keys=("request_id", "added_row_ids"),
    ),
    "insert_rows by table's name": Write(
        "upsertRows", "POST ", lambda c: c.insert_rows("doc", "Things", [{"Name": "x"}]), once=True,
        keys=("request_id", "added_row_ids"),
    ),
    "insert_rows of a key": Write(
        "upsertRows", "POST ", lambda c: c.insert_rows("doc", "grid-1", [{"Name": "x"}], ["Name"]), keys=("request_id",)
    ),
    "insert_rows of a key that is there": Write(
        "upsertRows", "POST ", lambda c: c.insert_rows("doc", "Things", [{"Name": "b", "Count": 9}], ["Name"]),
        keys=("request_id",),
    ),
    "update_row by id": Write("updateRow", "PUT ", lambda c: c.update_row(*ROW_1, {"Name": "z"}), keys=ID),
    "update_row by name": Write(
        "updateRow", "PUT ", lambda c: c.update_row(*ROW_A, {"Name": "z"}), named=True, keys=ID
    ),
    "update_row by id in a table by name": Write(
        "updateRow", "PUT ", lambda c: c.update_row("doc", "Things", "i-00", {"Name": "z"}), keys=ID
    ),
    "delete_row by id": Write("deleteRow", "DELETE ", lambda c: c.delete_row(*ROW_1), keys=ID),
    "delete_row by name": Write("deleteRow", "DELETE ", lambda c: c.delete_row(*ROW_A), named=True, keys=ID),
    "delete_rows": Write("deleteRows", "DELETE ", lambda c: c.delete_rows("doc", "grid-1", ["i-00"])),
    "push_button by id": Write(
        "pushButton", "POST ", lambda c: c.push_button(*ROW_1, "c-2"), once=True,
        keys=("requestId", "rowId", "columnId"),
    ),
    "push_button by name": Write(
        "pushButton", "POST ", lambda c: c.push_button(*ROW_A, "Count"), once=True, named=True,
        keys=("requestId", "rowId", "columnId"),
    ),
}  # fmt: skip
SAYS_NOTHING = "an empty object, not executed"
"""What cannot be told from the success of those that say no more."""


def wrong_error(write: Write, error: tree.CloudError):
    """What is wrong with the error of a write."""
    if not isinstance(error, CodaAPIError):
        yield f"no CodaAPIError: {error!r}"
    elif error.maybe_executed and (write.once or write.named):
        yield from wrong_unknown(error)
        if write.operation == "upsertRows" and error.partial is None:
            yield f"does not tell which rows are in: {error!r}"


def wrong_unknown(error: CodaAPIError):
    """What is wrong with an error that must say that nobody knows whether it was done."""
    if not isinstance(error, CodaOutcomeUnknownError):
        yield f"no CodaOutcomeUnknownError: {error!r}"
    elif not isinstance(error, tree.OutcomeUnknown) or isinstance(error, ConnectionError | TimeoutError):
        yield f"of other kinds: {type(error).__mro__}"
    if error.retryable or not error.maybe_executed:
        yield f"invites to repeat it: {error.retryable=} {error.maybe_executed=} {error!r}"


def one_client(write: Write, fault: faults.Fault, request: str, coda: CodaServer, relay, *, lag=0.0, reached=True):
    """A case: one exchange of a write is broken. ``reached``: whether the write has such an exchange."""
    coda.reads_lag = lag
    relay.arm(fault, request)
    with connect(relay) as client:
        judge, effects = partial(wrong_error, write), lambda: write.effects(coda)
        yield from repeated(lambda: write.call(client), effects, judge, write.succeeded)
    if reached:
        yield from not_broken(relay, fault)


class Read(NamedTuple):
    """A method that reads, as it is called here."""

    operation: str
    call: Callable[[CodaClient], Any]
    request: str = "GET "
    shown: Callable[[Any], Any] = lambda result: result
    """What of the result is the same each time."""


READS = {
    "list_docs": Read("listDocs", lambda c: c.list_docs()),
    "iter_docs": Read("listDocs", lambda c: list(c.iter_docs()), "GET .*pageToken"),
    "get_doc": Read("getDoc", lambda c: c.get_doc("doc")),
    "list_pages": Read("listPages", lambda c: c.list_pages("doc")),
    "iter_pages": Read("listPages", lambda c: list(c.iter_pages("doc")), "GET .*pageToken"),
    "get_page": Read("getPage", lambda c: c.get_page("doc", "canvas-1")),
    "begin_page_export": Read(
        "beginPageContentExport", lambda c: c.begin_page_export("doc", "canvas-1"), "POST ",
        lambda export: (export.status, export.id[:7], export.href.rpartition("/")[0]),
    ),
    "get_page_export": Read(
        "getPageContentExportStatus", lambda c: c.get_page_export("doc", "canvas-1", "export-0"), "GET "
    ),
    "export_page": Read("beginPageContentExport", lambda c: c.export_page("doc", "canvas-1"), "POST "),
    "export_page waits": Read(
        "getPageContentExportStatus", lambda c: c.export_page("doc", "canvas-1"), "GET .*/export/"
    ),
    "list_tables": Read("listTables", lambda c: c.list_tables("doc")),
    "iter_tables": Read("listTables", lambda c: list(c.iter_tables("doc")), "GET .*pageToken"),
    "get_table": Read("getTable", lambda c: c.get_table("doc", "grid-1")),
    "list_columns": Read("listColumns", lambda c: c.list_columns("doc", "grid-1")),
    "iter_columns": Read("listColumns", lambda c: list(c.iter_columns("doc", "grid-1"))),
    "get_column": Read("getColumn", lambda c: c.get_column("doc", "grid-1", "c-1")),
    "list_rows": Read("listRows", lambda c: c.list_rows("doc", "grid-1")),
    "iter_rows": Read("listRows", lambda c: list(c.iter_rows("doc", "grid-1")), "GET .*pageToken"),
    "get_row": Read("getRow", lambda c: c.get_row("doc", "grid-1", "i-00")),
    "whoami": Read("whoami", lambda c: c.whoami()),
    "resolve_browser_link": Read("resolveBrowserLink", lambda c: c.resolve_browser_link("https://coda.io/d/_ddoc")),
    "get_mutation_status": Read("getMutationStatus", lambda c: c.get_mutation_status("mutate:0")),
}  # fmt: skip


def broken_read(read: Read, fault: faults.Fault, must: bool, coda: CodaServer, relay):
    """A case: one exchange of a read is broken. ``must``: whether the true result is to come all the same."""
    coda.largest_page = 2
    coda.add_doc()
    coda.add_doc()
    coda.add_table("doc")
    coda.add_page("doc", "Other")
    coda.mutations["mutate:0"] = Mutation(0.0, 0.0)
    coda.exports["export-0"] = Export("doc", "canvas-1", "html", polls_left=1000)

    def call():
        with connect(relay, retry_budget=2) as client:
            return read.shown(read.call(client))

    yield from truth_or_error(call, relay, fault, read.request, CodaAPIError, must=must)
