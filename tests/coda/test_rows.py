"""Any number of rows in: split, upserted, told of, continued."""

import json
import pickle
from datetime import UTC, date, datetime, time
from decimal import Decimal

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
        {"Name": float("nan")}, {"Name": float("inf")}, {"Name": "\ud800"}, "text", 1, ["Name"],
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
    rows[600]["Name"] = "x" * 90_000  # more than a row may hold
    with pytest.raises(CodaValidationError, match="85 KB") as caught:
        client.insert_rows(*TABLE, form(rows))
    partial = caught.value.partial
    assert (partial.accepted, partial.unsure, len(partial.result.added_row_ids)) == (500, 0, 500)
    assert caught.value.__notes__ == ["insert_rows had sent 500 rows before this, in mutate:1"]
    assert len(coda.rows()) == 500
    remaining = list(partial.remaining)
    assert remaining == rows[500:]
    remaining[100]["Name"] = "shorter"
    client.insert_rows(*TABLE, remaining)
    assert [row["Count"] for row in coda.rows()] == list(range(1700))


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


# pandas


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


def test_numbers_of_numpy_are_numbers(client, coda):
    import numpy

    client.insert_rows(*TABLE, [{"Name": numpy.float32(0.5), "Count": numpy.int64(7)}])
    assert coda.rows()[-1] == {"Name": 0.5, "Count": 7}


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
