"""Every fault of the network and of gateways, in every exchange: nothing is done twice, and no success is made up."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import cycle
from typing import Any, NamedTuple

import pytest
from codomyrmex.cloud import coda as module
from codomyrmex.cloud import errors as tree
from codomyrmex.cloud.coda import CodaAPIError, CodaClient, CodaNotFoundError
from support import relay as faults
from support.coda import contract, vendor
from support.coda.server import ROOT, TOKEN, Coda
from support.matrix import Matrix, repeated, told

MARKDOWN = {"format": "markdown", "content": "more"}
needs_document = pytest.mark.skipif(
    not vendor.DOCUMENT.file.is_file(),
    reason="the vendor's document is not at hand: CLOUD_REFERENCE names no folder with it",
)


def make() -> Coda:
    """A Coda in which names are ambiguous: two rows ``a`` in each of two tables ``Things``, two pages ``Page``."""
    coda = Coda()
    doc = coda.add_doc()
    for key in ("grid-1", "grid-2"):
        rows = enumerate("abca")
        coda.add_table(doc, key).rows |= {f"i-{n}0": {"c-1": name, "c-2": n, "c-3": ["x"]} for n, name in rows}
    for key in ("canvas-1", "canvas-2"):
        doc.pages[key] = coda._new_page(doc, key, {"name": "Page"})
        coda.contents[key] = "text"
    return coda


def violations(coda: Coda) -> list[str]:
    by_document = [r for r in coda.requests if b'"prepend"' not in r.body]  # which that one does not know yet
    return [*coda.violations, *vendor.DOCUMENT.problems(by_document)]


@pytest.fixture(scope="module")
def matrix():
    with Matrix(make, violations).ready() as ready:
        yield ready


def connect(relay, **options) -> CodaClient:
    return CodaClient(TOKEN, relay.url + ROOT, **{"timeout": 1.0, "limits": None, "retry_budget": 1.5, **options})


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

    def effects(self, coda: Coda) -> int:
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
    if not isinstance(error, getattr(module, "CodaOutcomeUnknownError", ())):
        yield f"no CodaOutcomeUnknownError: {error!r}"
    elif not isinstance(error, tree.OutcomeUnknown) or isinstance(error, ConnectionError | TimeoutError):
        yield f"of other kinds: {type(error).__mro__}"
    if error.retryable or not error.maybe_executed:
        yield f"invites to repeat it: {error.retryable=} {error.maybe_executed=} {error!r}"


def one_client(write: Write, fault: faults.Fault, request: str, coda: Coda, relay, *, lag=0.0, reached=True):
    """A case: one exchange of a write is broken. ``reached``: whether the write has such an exchange."""
    coda.reads_lag = lag
    relay.arm(fault, request)
    with connect(relay) as client:
        judge, effects = partial(wrong_error, write), lambda: write.effects(coda)
        yield from repeated(lambda: write.call(client), effects, judge, write.succeeded)
    if reached and not relay.broken:
        yield "the exchange was not broken"


def each(writes, names, request=None, **options):
    """The cases of these writes with each of these faults in their own request, or in another."""
    return {
        f"{method}, {name}": partial(
            one_client, WRITES[method], faults.ALL[name], request or WRITES[method].request, **options
        )
        for method in writes
        for name in names
        if WRITES[method].keys or name != SAYS_NOTHING
    }


by_kind = pytest.mark.parametrize("kind", sorted({method.partition("_")[0] for method in WRITES}))
FIND, WAIT = "GET .*/(rows|pages|tables)/", "GET .*/mutationStatus/"


def test_without_a_fault_every_write_succeeds(matrix):
    def case(write, coda, relay):
        with connect(relay) as client:
            result = write.call(client)
        if not write.succeeded(result) or write.effects(coda) != 1:
            yield f"{result!r}, done {write.effects(coda)} times"

    matrix.check({name: partial(case, write) for name, write in WRITES.items()})


def test_a_write_is_done_once_at_most(matrix):
    matrix.check(each(WRITES, faults.MOST_HARM))


def test_a_write_is_done_once_at_most_while_reads_lag(matrix):
    matrix.check(each((m for m in WRITES if " by " in m), faults.FEW, lag=60))


def test_a_write_is_done_once_at_most_if_what_is_asked_before_or_after_breaks(matrix):
    found = each((m for m in WRITES if "name" in m), faults.FEW, FIND, reached=False)
    waited = {
        f"{name}, in the wait": case for name, case in each(WRITES, faults.FEW[1::2], WAIT, reached=False).items()
    }
    matrix.check(found | waited)


def of_kind(kind):
    return [method for method in WRITES if method.startswith(kind)]


@pytest.mark.slow
@by_kind
@pytest.mark.parametrize("lag", [0.0, 60.0], ids=["up to date", "reads lag"])
def test_a_write_is_done_once_at_most_whatever_breaks(matrix, kind, lag):
    matrix.check(each(of_kind(kind), faults.ALL, lag=lag))


@pytest.mark.slow
@by_kind
@pytest.mark.parametrize("request_", [FIND, WAIT], ids=["find", "wait"])
def test_a_write_is_done_once_at_most_whatever_breaks_before_or_after(matrix, kind, request_):
    names = [name for name in faults.ALL if "at accept" not in name]
    matrix.check(each(of_kind(kind), names, request_, reached=False))


@pytest.mark.parametrize("by", ["id", "name"])
@pytest.mark.parametrize("status", [404, 409, 410])
def test_a_deletion_that_finds_nothing_after_a_lost_answer_is_a_success(matrix, by, status):
    def case(write, fault, coda, relay):
        relay.arm(fault, "DELETE ")
        relay.arm(faults.in_place(faults.answer(status), executed=False), "DELETE ")
        with connect(relay) as client:
            result, error, stranger = told(lambda: write.call(client))
        if error or stranger or result.keys() != {"id"} or not result["id"].startswith(("i-", "canvas-")):
            yield f"{stranger or error or result!r}"

    lost = ["reset before the answer", "end in the last header", "502 a page, executed"]
    matrix.check(
        {
            f"{method}, {name}": partial(case, WRITES[f"{method} by {by}"], faults.ALL[name])
            for method in ("delete_row", "delete_page")
            for name in lost
        }
    )


def test_a_deletion_that_finds_nothing_at_first_is_an_error(matrix):
    def case(write, coda, relay):
        relay.arm(faults.in_place(faults.answer(404), executed=False), "DELETE ")
        with connect(relay) as client:
            _, error, stranger = told(lambda: write.call(client))
        if not isinstance(error, CodaNotFoundError) or error.maybe_executed:
            yield f"{stranger or error!r}"

    names = ["delete_row by id", "delete_row by name", "delete_page by id", "delete_page by name", "delete_doc"]
    matrix.check({name: partial(case, WRITES[name]) for name in names})


def test_a_name_that_looks_like_an_id_is_none(matrix):
    """It is sent as it is, and not repeated: the second time it could mean another."""

    def case(name, method, fault, coda, relay):
        doc = coda.docs["doc"]
        for page in doc.pages.values():
            page["name"] = name
        for key in ("i-00", "i-30"):
            doc.tables["grid-1"].rows[key]["c-1"] = name
        calls = {
            "deleteRow": lambda c: c.delete_row("doc", "grid-1", name),
            "updateRow": lambda c: c.update_row("doc", "grid-1", name, {"Name": "z"}),
            "deletePage": lambda c: c.delete_page("doc", name),
            "updatePage": lambda c: c.update_page("doc", name, name="x"),
        }
        write = Write(method, "(PUT|DELETE) ", calls[method], named=True)
        yield from one_client(write, fault, write.request, coda, relay)

    some = ["reset before the answer", "end in the last header", "502 a page, executed", "stall before the answer"]
    matrix.check(
        {
            f"{name}, {method}, {fault}": partial(case, name, method, faults.ALL[fault])
            for name in ("i-zz", "canvas-zz")
            for method in ("deleteRow", "updateRow", "deletePage", "updatePage")
            for fault in some
        }
    )


@pytest.mark.parametrize("keys", [(), ("Name",)], ids=["without keys", "with keys"])
def test_rows_of_several_requests_are_inserted_once(matrix, keys):
    """The second request of three is broken; the rows that the error says are not in are sent again."""

    def case(fault, coda, relay):
        rows = [{"Name": f"thing {n}", "Count": n} for n in range(1100)]
        relay.arm(faults.Fault(), "POST ")
        relay.arm(fault, "POST ")
        with connect(relay, timeout=5.0) as client:
            _, error, stranger = told(lambda: client.insert_rows("doc", "grid-1", rows, keys))
            if stranger or (error and keys):
                yield stranger or f"gave up: {error!r}"
                return
            if error:
                yield from wrong_unknown(error) if error.maybe_executed else ()
                partial_insert = error.partial
                if (partial_insert.accepted, partial_insert.unsure) != (500, 500 * error.maybe_executed):
                    yield f"told of other rows: {partial_insert}"
                remaining = list(partial_insert.remaining)
                if remaining != rows[500:]:
                    yield f"{len(remaining)} rows remain"
                client.insert_rows("doc", "grid-1", remaining[partial_insert.unsure :])
        names = [row["Name"] for row in coda.rows() if row["Name"].startswith("thing")]
        certain = {row["Name"] for number, row in enumerate(rows) if not error or not 500 <= number < 1000}
        if len(names) > len(set(names)) or not certain <= set(names):
            yield f"{len(names)} rows, {len(set(names))} of different names"

    some = ("reset before the answer", "end after the status line", "429", "502 a page, executed", "503, not executed")
    matrix.check({name: partial(case, faults.ALL[name]) for name in some})


# While reads lag


def test_what_reads_do_not_show_yet_is_written_all_the_same(matrix):
    def case(write, fault, coda, relay):
        coda.reads_lag = 60
        with connect(relay) as client:
            row = client.insert_rows("doc", "grid-1", [{"Name": "new"}]).added_row_ids[0]
            page = client.create_page("doc", name="New")["id"]
            if fault:
                relay.arm(fault, "(PUT|DELETE) ")
            call = partial(write, client, row, page)
            operation = write.__name__
            yield from repeated(call, lambda: len(coda.changed(operation)), lambda _: (), bool)
        if fault is None and not coda.changed(operation):
            yield "it was not written"

    def updateRow(client, row, page):  # noqa: N802
        return client.update_row("doc", "grid-1", row, {"Count": 5})

    def deleteRow(client, row, page):  # noqa: N802
        return client.delete_row("doc", "grid-1", row)

    def updatePage(client, row, page):  # noqa: N802
        return client.update_page("doc", page, name="Newer")

    def deletePage(client, row, page):  # noqa: N802
        return client.delete_page("doc", page)

    def by_name(client, row, page):
        return client.delete_row("doc", "grid-1", "new")

    by_name.__name__ = "deleteRow"
    writes = {f"{i} {write.__name__}": write for i, write in enumerate(
        (updateRow, deleteRow, updatePage, deletePage, by_name)
    )}  # fmt: skip
    some = ["reset before the answer", "end in the last header", "429", "503, not executed"]
    matrix.check(
        {
            f"{name}, {fault}": partial(case, write, faults.ALL.get(fault))
            for name, write in writes.items()
            for fault in ("nothing", *some)
        }
    )


# Waits


UNFINISHED = {
    "false as text": faults.changed(lambda _: {"completed": "false"}),
    "true as text": faults.changed(lambda _: {"completed": "true"}),
    "a number": faults.changed(lambda _: {"completed": 1}),
    "null": faults.changed(lambda _: {"completed": None}),
    "nothing": faults.changed(lambda _: {}),
    "a list": faults.changed(lambda _: []),
    "an empty 200": faults.in_place(faults.answer(200), executed=False),
    "503": faults.ALL["503, not executed"],
    "500": faults.ALL["500, not executed"],
    "404": faults.in_place(faults.answer(404), executed=False),
    "401": faults.in_place(faults.answer(401), executed=False),
    "301": faults.ALL["301, not executed"],
    "reset": faults.ALL["reset before the answer"],
    "end": faults.ALL["end after the status line"],
}


def test_a_wait_that_cannot_know_tells_no_success(matrix):
    def case(name, fault, coda, relay):
        coda.delay = 60
        calls = {
            "insert_rows": lambda c: c.insert_rows("doc", "grid-1", [{"Name": "x"}], timeout=0.3),
            "update_row": lambda c: c.update_row(*ROW_1, {"Name": "z"}, timeout=0.3),
            "delete_page": lambda c: c.delete_page("doc", "canvas-1", timeout=0.3),
            "create_doc": lambda c: c.create_doc("x", timeout=0.3),
            "wait_for_mutation": lambda c: c.wait_for_mutation("mutate:1", timeout=0.3),
        }
        with connect(relay, retry_budget=0) as client:
            if name == "wait_for_mutation":
                client.update_row(*ROW_1, {"Name": "z"}, wait=False)
            if fault:
                relay.arm(fault, "GET .*/mutationStatus/", times=1000)
            result, error, stranger = told(lambda: calls[name](client))
        if stranger or error is None:
            yield stranger or f"told a success: {result!r}"
        elif name != "wait_for_mutation":
            facts = (error.maybe_executed, error.retryable, error.request_id in coda._mutations)
            if facts != (True, False, True):
                yield f"maybe_executed, retryable, request_id known: {facts} {error!r}"

    methods = ("insert_rows", "update_row", "delete_page", "create_doc", "wait_for_mutation")
    matrix.check(
        {
            f"{name}, {kind}": partial(case, name, fault)
            for name in methods
            for kind, fault in {"time is over": None, **UNFINISHED}.items()
        }
    )


# Reads


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
PASSING = {
    name for name in (*faults.CUTS, *faults.PASSES, *faults.STALLS, *faults.REFUSALS)
    if name[:3] not in ("301", "307", "408", "499")
}  # fmt: skip
"""What a read outlasts."""


def broken_read(read: Read, fault: faults.Fault, must: bool, coda: Coda, relay):
    """A case: one exchange of a read is broken. ``must``: whether the true result is to come all the same."""
    coda.largest_page = 2
    coda.add_doc("doc-2")
    coda.add_doc("doc-3")
    coda.add_table(coda.docs["doc"], "grid-3")
    coda.docs["doc"].pages["canvas-3"] = coda._new_page(coda.docs["doc"], "canvas-3", {"name": "Other"})
    coda._mutations["mutate:0"] = (0.0, 0.0)
    coda._exports["export-0"] = -1000
    with connect(relay, retry_budget=2) as client:
        truth = read.shown(read.call(client))
    relay.arm(fault, read.request)
    with connect(relay, retry_budget=2) as client:
        result, error, stranger = told(lambda: read.call(client))
    shown = None if stranger or error else read.shown(result)
    if stranger or (must and error):
        yield stranger or f"gave up: {error!r}"
    elif error and not isinstance(error, CodaAPIError):
        yield f"no CodaAPIError: {error!r}"
    elif not error and shown != truth:
        yield f"made up {shown!r}"
    if not relay.broken:
        yield "the exchange was not broken"


def test_a_read_gives_the_truth_or_an_error(matrix):
    matrix.check(
        {
            f"{method}, {name}": partial(broken_read, read, faults.ALL[name], name in PASSING)
            for method, read in READS.items()
            for name in faults.FEW
        }
    )


@pytest.mark.slow
def test_a_read_gives_the_truth_or_an_error_whatever_breaks(matrix):
    matrix.check(
        {
            f"{method}, {name}": partial(broken_read, read, fault, name in PASSING)
            for method, read in READS.items()
            for name, fault in faults.ALL.items()
        }
    )


def test_the_download_of_an_export_is_whole_or_an_error(matrix):
    """What it holds can be anything, so a gateway's success in its place cannot be told from it."""
    read = Read("", lambda c: c.export_page("doc", "canvas-1"), "GET /blobs/")
    names = [name for name in (*faults.CUTS, *faults.STALLS, *faults.REFUSALS) if "at accept" not in name]
    names = [name for name in names if name[:3] not in ("301", "307")][1::2]  # it may follow those
    matrix.check({name: partial(broken_read, read, faults.ALL[name], False) for name in names})


# What the vendor promises of an answer


def resolved(node):
    """A schema without references: the properties and required keys of all its parts."""
    while "$ref" in node:
        part = vendor.DOCUMENT.content
        for key in node["$ref"].removeprefix("#/").split("/"):
            part = part[key]
        node = part
    if "allOf" not in node:
        return node
    parts = [resolved(part) for part in node["allOf"]]
    return {
        "properties": {key: value for part in parts for key, value in part.get("properties", {}).items()},
        "required": [key for part in parts for key in part.get("required", ())],
    }


def promised(operation):
    """The places in an operation's success that always hold something: keys, also of a list's items."""
    found = next(each for each in contract.OPERATIONS if each.name == operation)
    answer = vendor.DOCUMENT.content["paths"][found.path][found.method.lower()]["responses"][str(found.ok)]
    schema = resolved(answer["content"]["application/json"]["schema"])
    yield from ((key,) for key in needed(schema))
    if "items" in schema.get("properties", {}):
        items = resolved(schema["properties"]["items"]["items"])
        yield from (("items", 0, key) for key in needed(items) if (operation, key) != ("getTable", "viewId"))


def needed(schema):
    """The keys that are always there, and are not to vanish."""
    for key in schema.get("required", ()):
        if key != "viewId" and not resolved(schema["properties"][key]).get("deprecated"):
            yield key


def spoiled(place, how):
    """A fault: the answer does not hold there what it promises."""

    def change(content):
        *way, last = place
        holder = content
        for key in way:
            holder = holder[key]
        value = holder[last]
        if how == "missing":
            del holder[last]
        elif how == "null":
            holder[last] = None
        else:
            holder[last] = {bool: str(value).lower(), dict: [], list: {}, str: 7}.get(type(value), str(value))
        return content

    return faults.changed(change)


by_spoiled = pytest.mark.parametrize(
    "ways", [("missing",), pytest.param(("null", "of another type"), marks=pytest.mark.slow)], ids=" or ".join
)


@needs_document
@by_spoiled
def test_an_answer_without_what_the_vendor_promises_is_no_result(matrix, ways):
    matrix.check(
        {
            f"{method}, {place} {how}": partial(broken_read, read, spoiled(place, how), False)
            for method, read in READS.items()
            for place in promised(read.operation)
            for how in ways
        }
    )


@needs_document
@by_spoiled
def test_a_write_whose_answer_lacks_what_the_vendor_promises_is_no_success(matrix, ways):
    def case(write, fault, never, coda, relay):
        if not never:
            yield from one_client(write, fault, write.request, coda, relay)
            return
        coda.delay = 60
        relay.arm(fault, write.request, times=10)  # as the client may ask again
        with connect(relay) as client:
            result, error, stranger = told(lambda: write.call(client))
        if stranger or not error:
            yield stranger or f"it was not waited for, and told a success: {result!r}"

    matrix.check(
        {
            f"{method}, {place} {how}": partial(case, write, spoiled(place, how), "requestId" in place)
            for method, write in WRITES.items()
            for place in promised(write.operation)
            for how in ways
        }
    )


# Many at once


@pytest.mark.parametrize("lag", [0.0, 60.0], ids=["up to date", "reads lag"])
@pytest.mark.parametrize("clients", [1, 8])
def test_eight_threads_do_nothing_twice(matrix, clients, lag):
    """Through one client or each through its own, while every third exchange breaks in another way."""
    some = cycle([name for name in faults.CUTS if "at accept" not in name] + list(faults.REFUSALS))
    with matrix.place() as (coda, relay):
        coda.reads_lag = lag
        coda.docs["doc"].tables["grid-1"].rows |= {f"i-9{n}": {"c-1": f"old {n}"} for n in range(8)}
        several = [connect(relay) for _ in range(clients)]
        for number in range(40):
            harmless = faults.Fault()
            relay.arm(harmless if number % 3 else faults.ALL[next(some)], "(POST|DELETE) ")

        def work(number):
            client = several[number % clients]
            outcomes = {}
            for again in range(3):
                name = f"new {number} {again}"
                outcomes[name] = told(lambda name=name: client.insert_rows("doc", "grid-1", [{"Name": name}]))
            outcomes[f"i-9{number}"] = told(lambda: client.delete_row("doc", "grid-1", f"i-9{number}"))
            return outcomes

        with ThreadPoolExecutor(8) as pool:
            outcomes = {name: out for part in pool.map(work, range(8)) for name, out in part.items()}
        for client in several:
            client.close()
        names = [row.get("Name") for row in coda.rows()]
        for name, (result, error, stranger) in outcomes.items():
            deleted = name.startswith("i-")
            done = coda.changed("deleteRow").count(name) if deleted else names.count(name)
            assert not stranger, (name, stranger)
            assert done == 1 if error is None else done <= 1, (name, done, result, error)
            if error is not None and not deleted and error.maybe_executed:
                assert not list(wrong_unknown(error)), (name, error)
        assert violations(coda) == []


PROGRAM = """
import os
from codomyrmex.cloud.coda import CodaClient
with CodaClient(os.environ["TOKEN"], os.environ["URL"], timeout=30, limits=None) as c:
    {call}
"""
KILLED = {
    "insert_rows of a key": ("upsertRows", 'c.insert_rows("doc", "grid-1", [{"Name": "x"}], ["Name"])'),
    "update_row": ("updateRow", 'c.update_row("doc", "grid-1", "i-00", {"Name": "z"})'),
    "delete_row": ("deleteRow", 'c.delete_row("doc", "grid-1", "i-00")'),
    "delete_rows": ("deleteRows", 'c.delete_rows("doc", "grid-1", ["i-00"])'),
    "update_doc": ("updateDoc", 'c.update_doc("doc", title="x")'),
}


def test_a_program_that_was_killed_and_runs_again_does_nothing_twice(matrix):
    """Of what may be repeated. Of the others nobody knows, as a dead program raises no error."""

    def case(operation, call, coda, relay):
        relay.arm(faults.ALL["stall before the answer"], "(POST|PUT|PATCH|DELETE) ")
        environment = os.environ | {"TOKEN": TOKEN, "URL": relay.url + ROOT}
        command = [sys.executable, "-c", PROGRAM.replace("{call}", call)]
        with subprocess.Popen(command, env=environment) as process:
            while not coda.effects and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
        again = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        if len(coda.changed(operation)) != 1:
            yield f"done {len(coda.changed(operation))} times: {again.stderr[-300:]}"
        if again.returncode and "CodaNotFoundError" not in again.stderr:
            yield again.stderr[-300:]

    matrix.check({name: partial(case, *what) for name, what in KILLED.items()})
