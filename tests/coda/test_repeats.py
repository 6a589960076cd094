"""What is sent again after a fault, what never is, and how long a call waits."""

import time

import pytest
from codomyrmex.cloud.coda import (
    CodaAPIError,
    CodaConnectionError,
    CodaRateLimitError,
    CodaServerError,
    Rate,
    RateLimits,
)
from codomyrmex.cloud.testing.services._http import Response
from codomyrmex.cloud.testing.services.coda import error

FAULTS = {
    "reset": {"fault": "reset"},
    "truncated": {"fault": "truncated"},
    "stalled": {"fault": "stalled"},
    "500": {"response": error(500)},
    "502": {"response": Response(502, b"<html>")},
    "503": {"response": error(503)},
    "504": {"response": error(504)},
}
PAGE = {"insertion_mode": "append", "canvas_content": {"format": "markdown", "content": "x"}}
REPEATABLE = {
    "getDoc": lambda c: c.get_doc("doc"),
    "listRows": lambda c: list(c.iter_rows("doc", "grid-1")),
    "updateDoc": lambda c: c.update_doc("doc", title="x"),
    "updateRow": lambda c: c.update_row("doc", "grid-1", "i-00", {"Name": "x"}),
    "upsertRows": lambda c: c.insert_rows("doc", "grid-1", [{"Name": "x"}], ["Name"]),
    "deleteRow": lambda c: c.delete_row("doc", "grid-1", "i-00"),
    "deleteRows": lambda c: c.delete_rows("doc", "grid-1", ["i-00"]),
    "updatePage": lambda c: c.update_page(
        "doc", "Page", name="Page", content_update=PAGE | {"insertion_mode": "replace"}
    ),
}
ONCE = {
    "createDoc": lambda c: c.create_doc("x"),
    "createPage": lambda c: c.create_page("doc", name="x"),
    "upsertRows": lambda c: c.insert_rows("doc", "grid-1", [{"Name": "x"}]),
    "pushButton": lambda c: c.push_button("doc", "grid-1", "i-00", "Name"),
    "updatePage": lambda c: c.update_page("doc", "Page", content_update=PAGE),
}


@pytest.fixture
def client(connect, coda):
    coda.add_page("doc", "Page", page_id="canvas-9")
    return connect(timeout=1)


@pytest.mark.parametrize("operation", REPEATABLE)
def test_what_is_safe_to_repeat_outlasts_a_fault(client, coda, operation):
    coda.fail(operation, fault="reset", executed=operation != "deleteRow")
    REPEATABLE[operation](client)
    assert len(coda.received(operation)) == 2


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_that_may_pass_is_outlasted(client, coda, fault):
    coda.fail("getDoc", **FAULTS[fault])
    assert client.get_doc("doc").id == "doc"
    assert len(coda.requests) == 2


@pytest.mark.parametrize("fault", ["reset", "stalled", "503"])
@pytest.mark.parametrize("operation", ONCE)
def test_what_would_happen_twice_is_not_repeated(client, coda, operation, fault):
    coda.fail(operation, **FAULTS[fault])
    with pytest.raises(CodaAPIError):
        ONCE[operation](client)
    assert len(coda.received(operation)) == 1


@pytest.mark.parametrize("operation", ONCE)
def test_a_refusal_by_429_is_repeated_for_every_call(client, coda, operation):
    coda.fail(operation, error(429, headers={"Retry-After": "0"}), times=2)
    ONCE[operation](client)
    assert len(coda.received(operation)) == 3


def test_a_request_that_never_left_is_repeated_for_every_call(connect, coda):
    client = connect(retry_budget=2)
    url = client._calls.transport._base_url
    client._calls.transport._base_url = url.replace(url.split(":")[2].split("/")[0], "9")  # nothing listens there
    started = time.monotonic()
    with pytest.raises(CodaConnectionError):
        client.create_doc("x")
    assert 0.3 < time.monotonic() - started < 10  # it waited, and gave up within its budget


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_an_error_that_stays_is_not_repeated(client, coda, status):
    coda.fail("getDoc", error(status))
    with pytest.raises(CodaAPIError):
        client.get_doc("doc")
    assert len(coda.requests) == 1


def test_a_fault_that_stays_is_given_up(connect, coda):
    coda.fail("getDoc", error(503), times=99)
    with pytest.raises(CodaServerError):
        connect(retry_budget=1.0).get_doc("doc")
    assert 2 <= len(coda.requests) <= 4


@pytest.mark.slow
def test_a_fault_that_stays_is_given_up_after_five_attempts(client, coda):
    coda.fail("getDoc", error(503), times=99)
    with pytest.raises(CodaServerError):
        client.get_doc("doc")
    assert len(coda.requests) == 5


def test_retry_after_is_obeyed(client, coda):
    coda.fail("getDoc", error(429, headers={"Retry-After": "1"}))
    started = time.monotonic()
    client.get_doc("doc")
    assert 1.0 <= time.monotonic() - started < 5


def test_retry_after_of_a_503_is_obeyed(client, coda):
    coda.fail("getDoc", error(503, headers={"Retry-After": "1"}))
    started = time.monotonic()
    client.get_doc("doc")
    assert 1.0 <= time.monotonic() - started < 5


def test_a_service_that_asks_for_more_than_the_budget_is_not_waited_for(client, coda):
    coda.fail("getDoc", error(429, headers={"Retry-After": "3600"}))
    started = time.monotonic()
    with pytest.raises(CodaRateLimitError) as caught:
        client.get_doc("doc")
    assert time.monotonic() - started < 10
    assert caught.value.retry_after == 3600


def test_without_retry_after_a_429_waits_for_the_window_of_its_class(connect, coda):
    coda.add_page("doc", "Page", page_id="canvas-9")
    limits = RateLimits(reads=Rate(100, 0.2), content_writes=Rate(100, 1.5))
    client = connect(limits=limits)
    for operation, call, window, longer in (
        ("getDoc", lambda: client.get_doc("doc"), 0.2, 1.5),
        ("deletePage", lambda: client.delete_page("doc", "Page"), 1.5, 5),
    ):
        coda.fail(operation, error(429))
        started = time.monotonic()
        call()
        assert window <= time.monotonic() - started < longer


def test_a_budget_of_nothing_repeats_nothing(connect, coda):
    coda.fail("getDoc", error(429, headers={"Retry-After": "0"}))
    with pytest.raises(CodaRateLimitError):
        connect(retry_budget=0).get_doc("doc")
    assert len(coda.requests) == 1
