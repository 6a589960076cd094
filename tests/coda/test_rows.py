"""Any number of rows in: split, upserted, told of, continued."""

import dataclasses
import json
import pickle
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from codomyrmex.cloud.coda import (
    CodaForbiddenError,
    CodaOutcomeUnknownError,
    CodaRateLimitError,
    CodaServerError,
    CodaUnsettledError,
    CodaValidationError,
    to_pandas,
)
from codomyrmex.cloud.testing.services._http import Response
from codomyrmex.cloud.testing.services.coda import error
from support.interrupts import IN_THE_PAUSE, interrupt, notes_of_interrupt

TABLE = ("doc", "grid-1")


@pytest.fixture
def empty(coda):
    """The table, without rows."""
    table = coda.docs["doc"].tables["grid-1"]
    table.rows.clear()
    return table


def things(number):
    return [{"Name": f"thing {n}", "Count": n} for n in range(number)]


def test_rows_are_inserted_from_mappings_and_from_cells(client, coda, empty):
    cells = [{"column": "Name", "value": "b"}, {"column": "c-2", "value": 2}]
    result = client.insert_rows(*TABLE, [{"Name": "a", "c-2": 1}, cells, {"cells": cells}])
    assert coda.rows() == [{"Name": "a", "Count": 1}, {"Name": "b", "Count": 2}, {"Name": "b", "Count": 2}]
    assert result.added_row_ids == list(empty.rows)
    assert result.request_id == result.request_ids[0] != ""


def test_a_column_may_be_called_cells(client, coda, empty):
    empty.add_column("cells")
    client.insert_rows(*TABLE, [{"cells": "a"}])
    assert coda.rows() == [{"cells": "a"}]


def test_warnings_of_all_requests_are_told(client, coda, empty):
    coda.warning = "not all"
    assert client.insert_rows(*TABLE, things(501)).warnings == ["not all"] * 2
    assert client.delete_rows(*TABLE, list(empty.rows))["warning"] == "not all; not all"


def test_no_rows_are_no_request(client, coda):
    result = client.insert_rows(*TABLE, [])
    assert (result.request_id, result.added_row_ids, coda.requests) == ("", [], [])


def test_many_rows_are_split_and_told_of_together(client, coda, empty):
    result = client.insert_rows(*TABLE, things(1203))
    assert [len(request.json["rows"]) for request in coda.received("upsertRows")] == [500, 500, 203]
    assert coda.rows() == things(1203)
    assert result.added_row_ids == list(empty.rows)
    assert len(result.request_ids) == 3
    assert result.request_id == result.request_ids[-1]


def test_large_rows_are_split_by_their_size(client, coda, empty):
    rows = [{"Name": f"{n}", "Tags": "é" * 35_000} for n in range(60)]
    client.insert_rows(*TABLE, rows)
    sizes = [len(request.body) for request in coda.received("upsertRows")]
    assert len(sizes) == 3
    assert 1_800_000 < max(sizes) < 2_000_000
    assert coda.rows() == rows


def test_keys_update_what_is_there(client, coda):
    result = client.insert_rows(*TABLE, [{"Name": "b", "Count": 7}, {"Name": "new", "Count": 8}], ["Name"])
    assert [(row["Name"], row["Count"]) for row in coda.rows()] == [("a", 0), ("b", 7), ("c", 2), ("new", 8)]
    assert result.added_row_ids == []
    client.insert_rows(*TABLE, [{"Name": "b", "Count": 9}], "Name", disable_parsing=True)
    assert coda.rows()[1]["Count"] == 9
    sent = coda.received("upsertRows")[-1]
    assert sent.json["keyColumns"] == ["Name"]
    assert sent.query == {"disableParsing": "true"}


def test_values_become_what_cells_can_hold(client, coda):
    moment = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    row = {"a": None, "b": True, "c": 1.5, "d": Decimal("2.50"), "e": moment, "f": date(2026, 1, 2), "g": time(3, 4)}
    for name in "abcdefgh":
        coda.docs["doc"].tables["grid-1"].add_column(name)
    client.insert_rows(*TABLE, [row | {"h": ("x", [1, 2])}])
    assert {cell["column"]: cell["value"] for cell in coda.received("upsertRows")[-1].json["rows"][0]["cells"]} == {
        "a": "", "b": True, "c": 1.5, "d": 2.5, "e": "2026-01-02T03:04:00+00:00", "f": "2026-01-02", "g": "03:04:00",
        "h": ["x", [1, 2]],
    }  # fmt: skip


@pytest.mark.parametrize(
    "row",
    [
        {"Name": b"bytes"}, {"Name": {"a": 1}}, {"Name": [[["deep"]]]}, {1: "x"},
        {"Name": float("inf")}, {"Name": Decimal("-Infinity")}, {"Name": "\ud800"}, "text", 1, ["Name"],
        [{"column": "Name"}], [{"column": "Name", "value": 1, "more": 2}], {"cells": [{"a": 1}]},
    ],
    ids=repr,
)  # fmt: skip
def test_a_row_that_cannot_be_one_is_refused_before_anything_is_sent(client, coda, row):
    with pytest.raises((TypeError, ValueError)):
        client.insert_rows(*TABLE, [*things(600), row])
    assert coda.requests == []


def test_rows_of_an_iterator_are_taken_as_they_are_needed(client, coda, empty):
    taken = []

    def rows():
        for row in things(1100):
            taken.append(row)
            yield row
            if len(taken) == 700:
                assert len(coda.received("upsertRows")) == 1

    client.insert_rows(*TABLE, rows())
    assert len(coda.rows()) == 1100


def test_an_iterator_that_breaks_says_how_many_rows_were_sent_before(client, coda, empty):
    def rows():
        yield from things(501)
        raise KeyError("no more")

    with pytest.raises(KeyError) as caught:
        client.insert_rows(*TABLE, rows())
    assert caught.value.__notes__ == ["insert_rows had sent 500 rows before this, in mutate:1"]


def test_who_interrupts_is_told_how_many_rows_were_sent_before(client, coda, empty):
    def rows():
        yield from things(501)
        interrupt()

    assert notes_of_interrupt(lambda: client.insert_rows(*TABLE, rows())) == [
        f"insert_rows had sent 500 rows before this, in {next(iter(coda.mutations))}"
    ]


def test_who_interrupts_the_wait_is_told_what_goes_on_and_how_many_rows_were_sent(client, coda, empty):
    coda.delay = 60
    notes = notes_of_interrupt(lambda: client.insert_rows(*TABLE, things(600)), when=IN_THE_PAUSE)
    assert notes == [
        f"the service goes on with mutation {next(iter(coda.mutations))}",
        f"insert_rows had sent 600 rows before this, in {', '.join(coda.mutations)}",
    ]


# Failures


def test_a_failure_of_the_first_request_says_that_no_row_is_in(client, coda, empty):
    coda.fail("*", error(403))
    with pytest.raises(CodaForbiddenError) as caught:
        client.insert_rows(*TABLE, iter(things(1203)))
    partial = caught.value.partial
    assert (partial.accepted, partial.unsure, partial.result.request_ids) == (0, 0, [])
    assert list(partial.remaining) == things(1203)


@pytest.mark.parametrize("form", [list, iter])
def test_a_failure_in_the_middle_is_continued_without_loss_or_duplicates(client, coda, empty, form):
    coda.docs["doc"].tables["grid-1"].rows.clear()
    rows = things(1700)
    rows[600]["Nam"] = "y"
    with pytest.raises(CodaValidationError, match="no column 'Nam'") as caught:
        client.insert_rows(*TABLE, form(rows))
    partial = caught.value.partial
    assert (partial.accepted, partial.unsure, len(partial.result.added_row_ids)) == (500, 0, 500)
    assert caught.value.__notes__ == ["insert_rows had sent 500 rows before this, in mutate:1"]
    assert len(coda.rows()) == 500
    remaining = list(partial.remaining)
    assert remaining == rows[500:]
    del remaining[100]["Nam"]
    client.insert_rows(*TABLE, remaining)
    assert [row["Count"] for row in coda.rows()] == list(range(1700))


def test_cells_that_are_made_as_they_are_needed_are_not_lost(client, coda, empty):
    coda.fail("upsertRows", error(403))
    cells = [{"column": "Name", "value": "a"}]
    with pytest.raises(CodaForbiddenError) as caught:
        client.insert_rows(*TABLE, [iter(cells)])
    assert list(caught.value.partial.remaining) == [cells]


@pytest.mark.parametrize("fault", ["reset", "truncated", "stalled"])
def test_rows_whose_answer_is_lost_are_unsure_and_not_sent_twice(connect, coda, empty, fault):
    coda.fail("upsertRows", fault=fault, executed=True)
    with pytest.raises(CodaOutcomeUnknownError, match="look which rows are in") as caught:
        connect(timeout=0.3).insert_rows(*TABLE, things(3))
    assert (caught.value.partial.accepted, caught.value.partial.unsure) == (0, 3)
    assert len(coda.received("upsertRows")) == 1
    assert len(coda.rows()) == 3


def test_a_gateway_that_fails_leaves_rows_unsure(client, coda, empty):
    coda.fail("upsertRows", Response(502, b"<html>Bad Gateway</html>"), executed=True)
    with pytest.raises(CodaOutcomeUnknownError) as caught:
        client.insert_rows(*TABLE, things(3))
    assert isinstance(caught.value.__cause__, CodaServerError)
    assert caught.value.partial.unsure == 3


@pytest.mark.parametrize("fault", ["reset", "truncated", "stalled"])
def test_rows_with_keys_are_sent_again_when_the_answer_is_lost(connect, coda, empty, fault):
    coda.fail("upsertRows", fault=fault, executed=True)
    connect(timeout=1).insert_rows(*TABLE, things(3), ["Name"])
    assert len(coda.received("upsertRows")) == 2
    assert coda.rows() == things(3)


def test_a_failure_goes_to_another_process_without_the_rows_to_come(client, coda):
    coda.fail("upsertRows", error(403))
    with pytest.raises(CodaForbiddenError) as caught:
        client.insert_rows(*TABLE, (row for row in things(3)))
    copied = pickle.loads(pickle.dumps(caught.value)).partial
    assert (copied.accepted, copied.remaining) == (0, None)
    assert len(list(caught.value.partial.remaining)) == 3


@pytest.mark.parametrize(
    ("form", "keys", "accepted", "retryable"),
    [
        (list, [], 0, True), (list, [], 500, False), (list, ["Name"], 0, True), (list, ["Name"], 500, True),
        (iter, [], 0, False), (iter, ["Name"], 0, False), (iter, ["Name"], 500, False),
    ],
)  # fmt: skip
def test_a_failure_is_retryable_where_the_same_call_does_no_more(connect, coda, empty, form, keys, accepted, retryable):
    if accepted:
        coda.fail("upsertRows", fault="", executed=True)  # the first request passes
    coda.fail("upsertRows", error(429, headers={"Retry-After": "9"}))
    with pytest.raises(CodaRateLimitError) as caught:
        connect(retry_budget=0).insert_rows(*TABLE, form(things(600)), keys)
    assert (caught.value.partial.accepted, caught.value.retryable) == (accepted, retryable)
    assert caught.value.maybe_executed is bool(accepted)


def test_a_table_by_its_name_is_looked_up_once(client, coda, empty):
    table = coda.docs["doc"].tables["grid-1"]

    def rows():
        yield from things(500)
        yield {"Name": "one more"}
        table.name = "Renamed"  # when the first request has left
        yield from things(10)

    client.insert_rows("doc", "Things", rows())
    assert len(coda.received("getTable")) == 1
    assert {request.target.split("?")[0] for request in coda.received("upsertRows")} == {"/docs/doc/tables/grid-1/rows"}


def test_waiting_that_fails_says_that_all_rows_are_accepted(client, coda):
    coda.delay = 60
    with pytest.raises(CodaUnsettledError) as caught:
        client.insert_rows(*TABLE, things(600), timeout=0.2)
    partial = caught.value.partial
    assert partial.unsettled == partial.result.request_ids
    assert (partial.accepted, partial.unsure, list(partial.remaining)) == (600, 0, [])
    assert len(partial.result.request_ids) == 2
    coda.pending.clear()


# Rows that are too large


def too_large(name):
    return {"Name": name, "Tags": "x" * 90_000}


@pytest.mark.parametrize("form", [list, iter])
@pytest.mark.parametrize("wait", [True, False])
def test_a_row_that_is_too_large_is_named_and_the_rest_goes_in(client, coda, empty, form, wait):
    rows = things(700)
    rows[3] = too_large("three")
    rows[600] = too_large("six hundred")
    with pytest.raises(CodaValidationError) as caught:
        client.insert_rows(*TABLE, form(rows), wait=wait)
    error = caught.value
    assert str(error).startswith("too large for Coda: rows[3] (90,")
    assert """in 'Tags'; 'Name': "three"), rows[600] (""" in str(error)
    assert """'Name': "six hundred"); rows accepted: 698""" in str(error)
    assert (error.status_code, error.response_body["statusCode"]) == (400, 400)
    assert "exceeds maximum size" in str(error.__cause__)
    assert "rows accepted: 698" in str(error)
    assert coda.rows() == [row for number, row in enumerate(things(700)) if number not in (3, 600)]
    assert (error.partial.accepted, error.partial.unsure, error.partial.too_large) == (698, 0, [3, 600])
    assert list(error.partial.remaining) == [rows[3], rows[600]]
    assert (len(error.partial.result.added_row_ids), error.retryable, error.maybe_executed) == (698, False, True)
    assert error.partial.unsettled == ([] if wait else error.partial.result.request_ids)
    assert len(coda.received("upsertRows")) == 8  # each batch, and around its largest row


def test_rows_that_are_all_too_large_are_named_and_none_is_in(client, coda, empty):
    with pytest.raises(CodaValidationError, match=r"rows\[4\] .*, and 2 more; rows accepted: 0") as caught:
        client.insert_rows(*TABLE, [too_large(str(number)) for number in range(7)])
    assert (coda.rows(), caught.value.maybe_executed) == ([], False)
    assert len(list(caught.value.partial.remaining)) == 7


def test_a_row_that_fits_in_no_request_is_not_sent(client, coda, empty):
    with pytest.raises(CodaValidationError, match=r"rows\[1\] \(3,000,"):
        client.insert_rows(*TABLE, [{"Name": "a"}, {"Name": "x" * 3_000_000}, {"Name": "b"}])
    assert [row["Name"] for row in coda.rows()] == ["a", "b"]
    assert max(len(request.body) for request in coda.received("upsertRows")) < 1000


def test_of_a_row_that_is_too_large_the_first_cell_is_told_shortened(client, coda, empty):
    with pytest.raises(CodaValidationError) as caught:
        client.insert_rows(*TABLE, [{"Name": "Größe" * 20_000, "Count": 1}])
    assert f"""'Name': "{"Größe" * 7}Größ…)""" in str(caught.value)


def test_rows_that_are_too_large_are_among_the_remaining_of_another_failure(client, coda, empty):
    rows = [too_large("zero"), *things(600)]
    rows[550] = {"Nope": 1}
    with pytest.raises(CodaValidationError, match="no column") as caught:
        client.insert_rows(*TABLE, rows)
    assert caught.value.partial.accepted == 499
    assert list(caught.value.partial.remaining) == [rows[0], *rows[500:]]
    assert any(note.startswith("too large for Coda: rows[0] (") for note in caught.value.__notes__)


def test_rows_around_those_that_are_too_large_keep_their_order(client, coda, empty):
    rows = things(10)
    rows[3], rows[6] = too_large("three"), too_large("the larger six")
    with pytest.raises(CodaValidationError) as caught:
        client.insert_rows(*TABLE, rows)
    assert [row["Count"] for row in coda.rows()] == [0, 1, 2, 4, 5, 7, 8, 9]
    assert caught.value.partial.too_large == [3, 6]
    assert caught.value.partial.result.added_row_ids == list(empty.rows)


def test_a_failure_beside_a_row_that_is_too_large_loses_none_of_its_request(client, coda, empty):
    rows = things(600)
    rows[3] = too_large("three")
    coda.fail("upsertRows", fault="", executed=True)  # the first request passes, and is refused for row 3
    coda.fail("upsertRows", error(403))
    with pytest.raises(CodaForbiddenError) as caught:
        client.insert_rows(*TABLE, rows)
    assert (coda.rows(), list(caught.value.partial.remaining)) == ([], rows)


def test_413_means_too_large_whatever_its_words(client, coda, empty):
    coda.fail("upsertRows", error(413, "no"), times=2)
    with pytest.raises(CodaValidationError, match=r"^too large for Coda: rows\[0\]") as caught:
        client.insert_rows(*TABLE, [{"Name": "x" * 5_000}, {"Name": "b"}])
    assert (caught.value.status_code, coda.rows()) == (413, [{"Name": "b"}])


def test_an_iterator_that_breaks_tells_of_the_rows_that_are_too_large(client, coda, empty):
    def rows():
        yield too_large("zero")
        yield from things(500)
        raise KeyError("no more")

    with pytest.raises(KeyError) as caught:
        client.insert_rows(*TABLE, rows())
    sent, left = caught.value.__notes__
    assert sent.startswith("insert_rows had sent 499 rows before this")
    assert left.startswith("too large for Coda: rows[0] (")


@pytest.mark.parametrize("row", [{}, {"Name": "small"}])
def test_a_small_row_is_not_what_is_too_large(client, coda, empty, row):
    coda.fail("upsertRows", error(400, "the document is too large"), times=100)
    with pytest.raises(CodaValidationError, match=r"^the document is too large") as caught:
        client.insert_rows(*TABLE, [row] * 50)
    assert (caught.value.partial.accepted, caught.value.partial.too_large) == (0, [])
    assert list(caught.value.partial.remaining) == [row] * 50
    assert len(coda.received("upsertRows")) == 1


def test_rows_with_keys_are_updated_though_one_is_too_large(client, coda):
    with pytest.raises(CodaValidationError, match=r"rows\[1\]"):
        client.insert_rows(*TABLE, [{"Name": "a", "Count": 9}, too_large("b"), {"Name": "c", "Count": 8}], ["Name"])
    assert [row["Count"] for row in coda.rows()] == [9, 1, 8]


# Deletions


def test_any_number_of_rows_is_deleted(client, coda, empty):
    client.insert_rows(*TABLE, things(1203))
    ids = list(empty.rows)
    result = client.delete_rows("doc", "Things", iter(ids[1:]))
    assert [row["Name"] for row in coda.rows()] == ["thing 0"]
    assert [len(request.json["rowIds"]) for request in coda.received("deleteRows")] == [500, 500, 202]
    assert (result["rowIds"], len(result["requestIds"])) == (ids[1:], 3)
    assert result["requestId"] == result["requestIds"][-1]


def test_rows_are_deleted_as_lists_give_them(client, coda):
    client.delete_rows(*TABLE, [row for row in client.list_rows(*TABLE) if row["c-2"]])
    assert [row["Name"] for row in coda.rows()] == ["a"]


def test_no_ids_delete_nothing(client, coda):
    assert client.delete_rows("doc", "Things", []) == {"requestId": "", "requestIds": [], "rowIds": []}
    assert coda.requests == []


def test_a_deletion_that_fails_midway_is_continued(client, coda, empty):
    client.insert_rows(*TABLE, things(600))
    ids = list(empty.rows)
    coda.fail("deleteRows", fault="", executed=True)  # the first request passes
    coda.fail("deleteRows", error(403))
    with pytest.raises(CodaForbiddenError) as caught:
        client.delete_rows(*TABLE, ids)
    partial = caught.value.partial
    assert (partial.accepted, partial.unsure, caught.value.maybe_executed) == (500, 0, True)
    assert caught.value.__notes__[0].startswith("delete_rows had sent 500 rows before this, in mutate:")
    remaining = list(partial.remaining)
    assert remaining == ids[500:]
    client.delete_rows(*TABLE, remaining)
    assert coda.rows() == []


def test_ids_are_not_lost_where_their_table_cannot_be_looked_up(connect, coda):
    coda.fail("getTable", error(503))
    with pytest.raises(CodaServerError) as caught:
        connect(retry_budget=0).delete_rows("doc", "Things", iter(["i-00"]))
    assert (caught.value.retryable, list(caught.value.partial.remaining)) == (False, ["i-00"])


def test_an_id_that_fits_in_no_request_is_not_called_deleted(client, coda):
    no_id = "x" * 3_000_000
    with pytest.raises(CodaValidationError, match="too large for a request") as caught:
        client.delete_rows(*TABLE, ["i-00", no_id, "i-10"])
    assert (caught.value.partial.accepted, list(caught.value.partial.remaining)) == (1, [no_id, "i-10"])
    assert [row["Name"] for row in coda.rows()] == ["b", "c"]


@pytest.mark.parametrize("message", ["request entity too large", "exceeds maximum size of 85 KB"])
def test_a_deletion_that_coda_refuses_for_its_size_is_not_called_done(client, coda, message):
    coda.fail("deleteRows", error(400, message))
    with pytest.raises(CodaValidationError, match=message) as caught:
        client.delete_rows(*TABLE, ["i-00"])
    assert list(caught.value.partial.remaining) == ["i-00"]
    assert len(coda.rows()) == 3


@pytest.mark.parametrize(("form", "retryable"), [(list, True), (iter, False)])
def test_a_deletion_is_retryable_where_the_same_call_would_delete_the_rest(connect, coda, form, retryable):
    coda.fail("deleteRows", error(503))
    with pytest.raises(CodaServerError) as caught:
        connect(retry_budget=0).delete_rows(*TABLE, form(["i-00"]))
    assert (caught.value.retryable, list(caught.value.partial.remaining)) == (retryable, ["i-00"])


def test_one_row_is_not_taken_for_several(client, coda):
    row = client.list_rows(*TABLE, use_column_names=True)[0]
    coda.requests.clear()
    with pytest.raises(TypeError, match=r"row_ids takes ids of rows: a list .*, not Row"):
        client.delete_rows(*TABLE, row)
    with pytest.raises(TypeError, match=r"rows takes mappings of columns to values: a list .*, not Row"):
        client.insert_rows(*TABLE, row)
    assert coda.requests == []


@pytest.mark.parametrize(
    ("call", "rows"), [("insert_rows", things(3)), ("delete_rows", ["i-00", "i-01"])], ids=["insert", "delete"]
)
@pytest.mark.parametrize(("form", "retryable"), [(list, True), (iter, False)], ids=["list", "iter"])
def test_a_table_that_cannot_be_looked_up_leaves_all_rows_remaining(connect, coda, call, rows, form, retryable):
    coda.fail("getTable", error(503))
    with pytest.raises(CodaServerError) as caught:
        getattr(connect(retry_budget=0), call)("doc", "Things", form(rows))
    assert (caught.value.maybe_executed, caught.value.retryable) == (False, retryable)
    assert (caught.value.partial.accepted, list(caught.value.partial.remaining)) == (0, rows)


# Arguments


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda c: c.delete_rows(*TABLE, "i-00"),
            "row_ids takes ids of rows: a list .*, not str",
        ),
        (lambda c: c.delete_rows(*TABLE, None), "row_ids takes ids of rows.*not NoneType"),
        (lambda c: c.delete_rows(*TABLE, ["i-00", 7]), "row_ids takes ids of rows, not 7"),
        (lambda c: c.delete_rows(*TABLE, [""]), "row_ids takes ids of rows, not ''"),
        (lambda c: c.insert_rows(*TABLE, "text"), "rows takes mappings.*not str"),
        (lambda c: c.insert_rows(*TABLE, None), "rows takes mappings.*not NoneType"),
        (lambda c: c.insert_rows(*TABLE, {"Name": "a"}), "rows takes mappings.*not dict"),
        (lambda c: c.insert_rows(*TABLE, [{"Name": "a"}], [1]), "key_columns takes names or ids of columns, not 1"),
        (lambda c: c.insert_rows(*TABLE, [{"Name": "a"}], None), "key_columns takes .*not NoneType"),
        (lambda c: c.update_row(*TABLE, "i-00", "text"), "a row is a mapping"),
        (lambda c: c.update_row(*TABLE, "i-00", {"Name": "a"}, row={"Name": "b"}), "as cells, or as row"),
        (lambda c: c.update_page("doc", "canvas-1", content_update="text"), "content_update is a mapping, not str"),
        (lambda c: c.update_page("doc", "canvas-1", is_hidden="yes"), "is_hidden is True or False, not str"),
        (lambda c: c.create_page("doc", name=1), "name is text, not int"),
        (lambda c: c.create_page("doc", page_content="text"), "page_content is a mapping, not str"),
        (lambda c: c.create_doc("Plans", initial_page="text"), "initial_page is a mapping, not str"),
        (lambda c: c.list_tables("doc", table_types=7), "table_types takes .*, not int"),
        (lambda c: c.list_tables("doc", table_types=b"table"), "table_types takes .*, not bytes"),
        (lambda c: c.iter_tables("doc", table_types={"table": 1}), "table_types takes .*, not dict"),
        (lambda c: c.list_docs(is_owner="false"), "is_owner is True or False, not str"),
        (lambda c: c.iter_rows(*TABLE, query=7), "query is text, not int"),
    ],
)
def test_an_argument_of_another_type_is_refused_before_anything_is_sent(client, coda, call, message):
    with pytest.raises(TypeError, match=message):
        call(client)
    assert coda.requests == []


# pandas


def test_a_data_frame_is_not_taken_for_ids(client):
    import pandas

    frame = pandas.DataFrame({"Name": ["a"]}, index=["i-00"])
    with pytest.raises(TypeError, match="row_ids takes ids of rows, not a DataFrame: give a column of it"):
        client.delete_rows(*TABLE, frame)
    assert client.delete_rows(*TABLE, frame.index)["rowIds"] == ["i-00"]


def test_rows_come_from_a_data_frame(client, coda, empty):
    import pandas

    moments = pandas.to_datetime(["2026-01-02", None])
    frame = pandas.DataFrame({"Name": ["a", None], "Count": [1, 2], "Tags": moments})
    frame["Share"] = [0.5, float("nan")]
    frame["Whole"] = pandas.array([1, None], dtype="Int64")
    frame["Done"] = [True, False]
    for name in ("Share", "Whole", "Done"):
        empty.add_column(name)
    client.insert_rows(*TABLE, frame)
    assert coda.rows() == [
        {"Name": "a", "Count": 1, "Tags": "2026-01-02T00:00:00", "Share": 0.5, "Whole": 1, "Done": True},
        {"Name": "", "Count": 2, "Tags": "", "Share": "", "Whole": "", "Done": False},
    ]


def test_what_says_that_there_is_no_value_is_an_empty_cell(client, coda, empty):
    import numpy
    import pandas

    missing = [
        None, float("nan"), Decimal("NaN"), Decimal("sNaN"), numpy.nan, numpy.float32("nan"), numpy.datetime64("NaT"),
        pandas.NA, pandas.NaT, numpy.timedelta64("NaT"), numpy.ma.masked, numpy.array(numpy.nan),
    ]  # fmt: skip
    client.insert_rows(*TABLE, [{"Name": value, "Tags": [value]} for value in missing])
    assert coda.rows() == [{"Name": "", "Tags": [""]}] * len(missing)


def test_values_of_numpy_and_pandas_are_values(client, coda, empty):
    import numpy
    import pandas

    values = {
        0.5: numpy.float32(0.5), 7: numpy.int64(7), True: numpy.bool_(1), "a": numpy.str_("a"),
        "2026-01-02T00:00:00": numpy.datetime64("2026-01-02", "ns"),
        "2026-01-02T03:00:00": pandas.Timestamp("2026-01-02 03:00"),
        "2026-01-02T03:00:00.000001": pandas.Timestamp("2026-01-02 03:00:00.000001002"),
    }  # fmt: skip
    client.insert_rows(*TABLE, [{"Name": value} for value in values.values()])
    client.insert_rows(*TABLE, [{"Name": numpy.array([1, 2]), "Tags": numpy.array([["a"], ["b"]])}])
    assert [(type(row["Name"]), row["Name"]) for row in coda.rows()[:-1]] == [(type(v), v) for v in values]
    assert coda.rows()[-1] == {"Name": [1, 2], "Tags": [["a"], ["b"]]}


def test_records_and_rows_of_a_data_frame_are_rows(client, coda, empty):
    import pandas

    frame = pandas.DataFrame({"Name": ["a", "b", "c"], "Count": [1.5, None, 2.5]})
    client.insert_rows(*TABLE, frame.to_dict("records"))
    client.insert_rows(*TABLE, (row for _, row in frame.iterrows()))
    client.insert_rows(*TABLE, frame.itertuples(index=False))
    assert coda.rows() == [{"Name": "a", "Count": 1.5}, {"Name": "b", "Count": ""}, {"Name": "c", "Count": 2.5}] * 3


def test_a_data_frame_whose_columns_are_not_told_apart_is_refused(client, coda):
    import pandas

    with pytest.raises(ValueError, match="several columns named 'Name'"):
        client.insert_rows(*TABLE, pandas.DataFrame([[1, 2, 3]], columns=["Name", "Count", "Name"]))
    levels = pandas.MultiIndex.from_tuples([("a", "b")])
    with pytest.raises(ValueError, match="several levels"):
        client.insert_rows(*TABLE, pandas.DataFrame([[1]], columns=levels))
    assert coda.requests == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (float("inf"), "cannot hold inf"), (b"x", "cannot hold bytes"), ({1}, "cannot hold set"),
        (timedelta(1), "cannot hold timedelta"), ({"@type": "Person"}, "without value_format='rich'"),
        ("half \ud83d", r"cannot hold '\\ud83d'"), (10**5000, "Coda's numbers are finite"),
        (Fraction(-(10**400)), "Coda's numbers are finite"), (Decimal("1e400"), "Coda's numbers are finite"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)  # fmt: skip
def test_a_value_that_no_cell_holds_is_told_with_its_place(client, coda, value, message):
    with pytest.raises((TypeError, ValueError), match=rf"^rows\[600\]: 'Count' .*{message}"):
        client.insert_rows(*TABLE, [*things(600), {"Name": "a", "Count": value}])
    assert coda.requests == []


@pytest.mark.parametrize(("name", "value"), [("timedelta64", (1, "D")), ("datetime64", ("20000-01-01",))])
def test_a_time_of_numpy_that_no_cell_holds_is_told_with_its_place(client, coda, name, value):
    import numpy

    with pytest.raises(TypeError, match=rf"^rows\[1\]: 'Count' cannot hold {name}"):
        client.insert_rows(*TABLE, [{"Name": "a"}, {"Name": "b", "Count": getattr(numpy, name)(*value)}])
    assert coda.requests == []


def test_rows_of_different_columns_go_to_one_data_frame(client):
    row = client.get_row(*TABLE, "i-00", use_column_names=True)
    frame = to_pandas([dataclasses.replace(row, values={"A": 1}), dataclasses.replace(row, values={"B": 2})])
    assert list(frame.columns) == ["A", "B"]
    assert frame.notna().to_numpy().tolist() == [[True, False], [False, True]]


def test_rows_go_to_a_data_frame_by_id(client):
    frame = to_pandas(client.iter_rows(*TABLE, use_column_names=True))
    assert list(frame.index) == ["i-00", "i-10", "i-20"]
    assert frame["Count"].to_dict() == {"i-00": 0, "i-10": 1, "i-20": 2}
    assert to_pandas([]).empty


def test_without_pandas_it_is_told_what_to_install(run_python):
    code = """
import sys
sys.modules["pandas"] = None
from codomyrmex.cloud.coda import to_pandas
try:
    to_pandas([])
except ImportError as error:
    print(error)
"""
    assert "pip install 'codomyrmex-cloud-coda[pandas]'" in run_python(code)


def test_the_client_does_not_import_pandas(run_python):
    run_python("import sys, codomyrmex.cloud.coda; assert 'pandas' not in sys.modules")


def test_bodies_are_compact_utf_8(client, coda):
    client.insert_rows(*TABLE, [{"Name": "Größe"}])
    body = coda.received("upsertRows")[-1].body
    assert "Größe".encode() in body
    assert body == json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode()
