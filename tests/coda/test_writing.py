"""What is written: documents, pages, cells; and waiting until it is applied."""

import logging
import time

import pytest
from codomyrmex.cloud.coda import (
    CodaAPIError,
    CodaClient,
    CodaGoneError,
    CodaNotFoundError,
    CodaOutcomeUnknownError,
    CodaServerError,
    CodaTimeoutError,
)
from codomyrmex.cloud.testing.services._http import Response
from codomyrmex.cloud.testing.services.coda import TOKEN, error
from support.interrupts import IN_THE_PAUSE, notes_of_interrupt


def test_a_document_is_made_changed_and_deleted(client, coda):
    doc = client.create_doc("Plans", folder_id="fl-1", timezone="Europe/Zurich", initial_page={"icon_name": "rocket"})
    assert coda.received("createDoc")[-1].json == {
        "title": "Plans", "folderId": "fl-1", "timezone": "Europe/Zurich", "initialPage": {"iconName": "rocket"},
    }  # fmt: skip
    assert client.update_doc(doc.id, title="", icon_name="star") == {}
    assert (client.get_doc(doc.id).name, client.get_doc(doc.id).icon.name) == ("", "star")
    assert client.delete_doc(doc.id) == {}
    with pytest.raises(CodaNotFoundError):
        client.get_doc(doc.id)


def test_a_page_is_made_changed_and_deleted(client, coda):
    content = {"type": "canvas", "canvas_content": {"format": "markdown", "content": "# One"}}
    created = client.create_page("doc", name="Page", page_content=content)
    assert created.keys() == {"requestId", "id"}
    page = created["id"]
    more = {"insertion_mode": "append", "canvas_content": {"format": "markdown", "content": " two"}}
    assert client.update_page("doc", page, name="Other", is_hidden=False, content_update=more)["id"] == page
    assert (client.get_page("doc", page).name, coda.docs["doc"].pages[page].content) == ("Other", "# One two")
    assert client.delete_page("doc", page)["id"] == page
    with pytest.raises(CodaGoneError) as caught:
        client.get_page("doc", page)
    assert caught.value.status_code == 410


def test_an_unknown_field_is_refused_at_once(client, coda):
    with pytest.raises(TypeError, match="'colour'"):
        client.create_page("doc", name="x", colour="red")
    assert coda.requests == []


def test_a_page_is_exported_without_showing_the_token_to_where_it_is_kept(client, coda):
    content = {"type": "canvas", "canvasContent": {"format": "markdown", "content": "# Größe"}}
    page = client.create_page("doc", name="Page", page_content=content)["id"]
    assert client.export_page("doc", page) == "# Größe"
    [headers] = coda.downloads
    assert "authorization" not in headers
    export = client.begin_page_export("doc", page, "html")
    assert coda.received("beginPageContentExport")[-1].json == {"outputFormat": "html"}
    assert client.get_page_export("doc", page, export.id).download_link is None


def test_an_export_that_fails_says_why(client, coda):
    page = client.create_page("doc", name="Broken")["id"]
    coda.docs["doc"].pages[page].export_error = "it cannot be exported"
    with pytest.raises(CodaAPIError, match="it cannot be exported"):
        client.export_page("doc", page)


@pytest.mark.parametrize(
    "cells", [{"Name": "z", "c-2": 9}, [{"column": "Name", "value": "z"}, {"column": "c-2", "value": 9}]]
)
def test_a_row_is_changed_by_a_mapping_or_by_cells(client, coda, cells):
    assert client.update_row("doc", "grid-1", "i-00", cells)["id"] == "i-00"
    assert coda.rows()[0] == {"Name": "z", "Count": 9, "Tags": ["x", "y"]}


def test_a_row_is_changed_by_the_keywords_of_the_api_too(client, coda):
    client.update_row("doc", "grid-1", "i-00", cells={"Name": "y"})
    client.update_row("doc", "grid-1", "i-10", row={"cells": [{"column": "Name", "value": "z"}]}, disable_parsing=True)
    assert [row["Name"] for row in coda.rows()] == ["y", "z", "c"]
    assert coda.received("updateRow")[-1].query == {"disableParsing": "true"}
    with pytest.raises(TypeError, match="cells"):
        client.update_row("doc", "grid-1", "i-00")


def test_rows_are_deleted_one_by_one_or_several_at_once(client, coda):
    assert client.delete_row("doc", "grid-1", "b")["id"] == "i-10"
    assert client.delete_rows("doc", "grid-1", ["i-00", "i-20"])["rowIds"] == ["i-00", "i-20"]
    assert coda.rows() == []


def test_a_button_is_pushed(client, coda):
    assert client.push_button("doc", "grid-1", "i-00", "Count")["columnId"] == "c-2"
    assert coda.pushed == [("i-00", "c-2")]


# Waiting


def test_a_write_is_accepted_before_it_is_applied(client, coda):
    coda.delay = 0.3
    request_id = client.update_row("doc", "grid-1", "i-00", {"Name": "z"}, wait=False)["requestId"]
    assert client.get_row("doc", "grid-1", "i-00").name == "a"
    assert client.get_mutation_status(request_id).completed is False
    assert client.wait_for_mutation(request_id).completed is True
    assert client.get_row("doc", "grid-1", "i-00").name == "z"


WRITES = {
    "create_doc": ("Plans",),
    "create_page": ("doc",),
    "update_row": ("doc", "grid-1", "i-00", {"Name": "z"}),
    "delete_row": ("doc", "grid-1", "i-00"),
    "delete_rows": ("doc", "grid-1", ["i-00"]),
    "insert_rows": ("doc", "grid-1", [{"Name": "z"}]),
    "push_button": ("doc", "grid-1", "i-00", "Count"),
}


@pytest.mark.parametrize("write", WRITES)
def test_every_write_waits_until_it_is_applied_unless_told_otherwise(client, coda, write):
    coda.delay = 0.2
    getattr(client, write)(*WRITES[write], wait=False)
    assert coda.pending
    assert not coda.received("getMutationStatus")
    getattr(client, write)(*WRITES[write])
    assert not coda.pending


@pytest.mark.parametrize("write", ["update_page", "delete_page"])
def test_writes_of_pages_wait_too(client, coda, write):
    pages = [client.create_page("doc", name="Page")["id"] for _ in range(2)]
    coda.delay = 0.2
    getattr(client, write)("doc", pages[0], wait=False)
    assert coda.pending
    getattr(client, write)("doc", pages[1])
    assert not coda.pending


def test_rows_of_several_requests_are_all_sent_before_the_first_is_waited_for(client, coda):
    client.insert_rows("doc", "grid-1", [{"Name": "z"}] * 1001)
    assert [each.operation for each in coda.requests] == ["upsertRows"] * 3 + ["getMutationStatus"] * 3


def test_a_status_that_is_not_known_yet_is_waited_for(client, coda):
    coda.replication = 0.25
    client.update_row("doc", "grid-1", "i-00", {"Name": "z"})
    assert len(coda.received("getMutationStatus")) > 1


def test_waiting_ends_when_the_time_is_over(client, coda):
    coda.delay = 60
    started = time.monotonic()
    with pytest.raises(CodaTimeoutError, match=r"mutate:1 of i-00 is still not done after 0\.3 seconds") as caught:
        client.update_row("doc", "grid-1", "i-00", {"Name": "z"}, timeout=0.3)
    assert time.monotonic() - started < 10
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.__notes__ == ["Coda had accepted the write of i-00"]
    assert (caught.value.maybe_executed, caught.value.retryable) == (True, False)
    assert caught.value.request_id == "mutate:1"
    coda.pending.clear()


@pytest.mark.parametrize("status", [401, 403, 410])
@pytest.mark.parametrize("write", ["create_doc", "insert_rows"])
def test_an_error_while_a_write_is_waited_for_is_none_of_the_write(client, coda, write, status):
    """Whoever repeats what was not executed, or took it for refused, would do it twice."""
    coda.fail("getMutationStatus", error(status, "no"))
    with pytest.raises(CodaAPIError, match="whether it is applied cannot be asked: no") as caught:
        client.create_doc("Plans") if write == "create_doc" else client.insert_rows("doc", "grid-1", [{"Name": "z"}])
    assert type(caught.value) is CodaOutcomeUnknownError
    assert (caught.value.maybe_executed, caught.value.retryable) == (True, False)
    assert caught.value.status_code == status
    assert caught.value.request_id.startswith("mutate:")
    assert any("Coda had accepted the write" in note for note in caught.value.__notes__)


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_goes_on_through_what_passes(connect, coda, status):
    coda.fail("getMutationStatus", error(status, "later"), times=3)
    connect(retry_budget=0).update_row("doc", "grid-1", "i-00", {"Name": "z"})
    assert len(coda.received("getMutationStatus")) == 4


def test_a_wait_obeys_retry_after(connect, coda):
    coda.fail("getMutationStatus", error(429, headers={"Retry-After": "1"}), times=2)
    started = time.monotonic()
    connect(retry_budget=0).update_row("doc", "grid-1", "i-00", {"Name": "z"})
    assert time.monotonic() - started >= 2
    assert len(coda.received("getMutationStatus")) == 3


def test_an_export_is_downloaded_with_the_limits_of_coda_too(coda):
    with CodaClient(TOKEN, coda.url) as client:
        page = client.create_page("doc", name="Page")["id"]
        coda.docs["doc"].pages[page].content = "# Hello"
        assert client.export_page("doc", "Page") == "# Hello"
    assert len(coda.received("getPage")) == 1  # by its id from then on


@pytest.mark.parametrize("request_id", ["", ".", "..", "\ud800", 7, None, ["mutate:1"]], ids=repr)
def test_a_request_id_that_cannot_be_asked_for_is_none(client, coda, request_id):
    coda.fail("pushButton", Response(202, {"requestId": request_id, "rowId": "i-00", "columnId": "c-1"}), executed=True)
    with pytest.raises(CodaOutcomeUnknownError):
        client.push_button("doc", "grid-1", "i-00", "Name")


def test_a_table_may_be_called_rows(client, coda):
    coda.add_table("doc", "rows", table_id="grid-9").add_row({"Name": "x"}, row_id="i-90")
    client.delete_row("doc", "rows", "x")
    assert coda.rows(table="grid-9") == []
    assert [request.target for request in coda.received("deleteRow")] == ["/docs/doc/tables/grid-9/rows/i-90"]


def test_a_wait_that_is_disturbed_to_its_end_says_by_what(connect, coda):
    coda.fail("getMutationStatus", error(503, "down"), times=1000)
    with pytest.raises(CodaTimeoutError, match=r"still not done after 0\.3 seconds") as caught:
        connect(retry_budget=0).push_button("doc", "grid-1", "i-00", "Name", timeout=0.3)
    assert isinstance(caught.value.__cause__, CodaServerError)
    assert (caught.value.maybe_executed, caught.value.retryable) == (True, False)


def test_a_warning_of_coda_is_logged(client, coda, caplog):
    coda.warning = "the value is no number"
    with caplog.at_level(logging.WARNING):
        client.update_row("doc", "grid-1", "i-00", {"Count": "z"})
    assert "the value is no number" in caplog.text
    assert client.get_mutation_status("mutate:1").warning == "the value is no number"


@pytest.fixture(params=["in the pause", "in a request"])
def notes_of_wait(request, coda):
    """``notes_of_wait(call, operation, unfinished)``: what an interrupt tells of a wait that asks by this operation.

    Its answers are this; or there is none, where the interrupt comes in a request.
    """

    def notes_of_wait(call, operation, unfinished):
        if request.param == "in the pause":
            coda.fail(operation, Response(200, unfinished), times=1000)
            return notes_of_interrupt(call, when=IN_THE_PAUSE)
        coda.fail(operation, fault="stalled")
        return notes_of_interrupt(call, when=lambda: coda.received(operation))

    return notes_of_wait


def test_who_interrupts_the_wait_for_a_mutation_is_told_what_goes_on(client, notes_of_wait):
    mutation = client.update_row("doc", "grid-1", "i-00", {"Name": "z"}, wait=False)["requestId"]
    notes = notes_of_wait(lambda: client.wait_for_mutation(mutation), "getMutationStatus", {"completed": False})
    assert notes == [f"the service goes on with mutation {mutation}"]


def test_who_interrupts_a_write_is_told_what_it_makes(client, coda, notes_of_wait):
    notes = notes_of_wait(lambda: client.create_doc("Plans"), "getMutationStatus", {"completed": False})
    (made,) = coda.docs.keys() - {"doc"}
    assert notes == [f"the service goes on with mutation {next(iter(coda.mutations))} of {made}"]


def test_who_interrupts_an_export_is_told_what_goes_on(client, coda, notes_of_wait):
    page = client.create_page("doc", name="Page")["id"]
    unfinished = {"id": "export-9", "status": "inProgress", "href": coda.url}
    coda.fail("beginPageContentExport", Response(202, unfinished))
    notes = notes_of_wait(lambda: client.export_page("doc", page), "getPageContentExportStatus", unfinished)
    assert notes == ["the service goes on with export export-9"]
