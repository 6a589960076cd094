"""Every fault of the network and of gateways, in every exchange of a write: it is done once, and told truly."""

from functools import partial

import pytest
from codomyrmex.cloud.coda import CodaNotFoundError
from support import relay as faults
from support.matrix import repeated, told

from .relayed import ROW_1, SAYS_NOTHING, WRITES, Write, connect, one_client, wrong_unknown


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
            page.name = name
        for key in ("i-00", "i-30"):
            doc.tables["grid-1"].rows[key].values["c-1"] = name
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
        with connect(relay) as client:
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
            facts = (error.maybe_executed, error.retryable, error.request_id in coda.mutations)
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
