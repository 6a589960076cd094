"""What is sent again after a fault, what never is, how long a call waits, and the rate that is kept."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakConnectionError,
    InfomaniakNotFoundError,
    InfomaniakRateLimitError,
    InfomaniakServerError,
)
from codomyrmex.cloud.infomaniak.newsletter import InfomaniakOutcomeUnknownError
from codomyrmex.cloud.testing.services._http import Response, listening
from codomyrmex.cloud.testing.services.newsletter import NewsletterServer, error

from .calls import CALLS, ONCE, OUTLASTS

FAULTS = {
    "reset": {"fault": "reset"},
    "truncated": {"fault": "truncated"},
    "stalled": {"fault": "stalled"},
    "500": {"response": error(500)},
    "502": {"response": Response(502, b"<html>")},
    "503": {"response": error(503)},
}
SAFE = sorted(set(CALLS) - ONCE - OUTLASTS)


@pytest.fixture
def client(connect, service):
    """What the calls are about is there."""
    service.next_id = 7
    service.add_campaign()
    service.add_subscriber("x@example.org")
    service.groups[7] = {"id": 7, "name": "Readers"}
    service.groups[1] = {"id": 1, "name": "More"}
    service.subscribers[7] = {**service.subscribers[8], "id": 7}
    service.segments[7] = {"id": 7, "name": "s"}
    service.fields[7] = {"id": 7, "name": "f", "key": "f"}
    service.templates[7] = {"id": 7, "name": "t"}
    service.tasks["5cb09b3c"] = {"asked": 0}
    return connect(timeout=0.5)


@pytest.mark.parametrize("method", SAFE)
def test_what_is_safe_to_repeat_outlasts_a_fault(client, service, method):
    operation, call, _ = CALLS[method]
    service.fail(operation, fault="reset", executed=True)
    assert call(client) is not None
    assert len(service.received(operation)) >= 2


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_that_may_pass_is_outlasted(client, service, fault):
    service.fail("credits", **FAULTS[fault])
    assert client.get_credits() == {"total": 500}
    assert len(service.requests) == 2


@pytest.mark.parametrize("fault", ["reset", "stalled", "503"])
@pytest.mark.parametrize("method", sorted(ONCE))
def test_what_would_be_done_twice_is_not_repeated(client, service, method, fault):
    operation, call, _ = CALLS[method]
    service.fail(operation, **FAULTS[fault])
    with pytest.raises(InfomaniakOutcomeUnknownError, match="look") as caught:
        call(client)
    assert caught.value.retryable is False
    assert len(service.received(operation)) == 1


@pytest.mark.parametrize("method", sorted(ONCE))
def test_a_refusal_by_429_is_repeated(client, service, method):
    operation, call, _ = CALLS[method]
    service.campaigns[7]["status"] = "scheduled"
    service.fail(operation, error(429, headers={"Retry-After": "0"}), times=2)
    assert call(client)
    assert len(service.received(operation)) == 3


def test_a_deletion_whose_answer_is_lost_is_not_a_failure(client, service):
    for method in ("delete_campaign", "delete_mailing_list", "forget_contact", "delete_segment", "delete_field"):
        operation, call, _ = CALLS[method]
        service.fail(operation, fault="reset", executed=True)
        assert call(client) is True
        with pytest.raises(InfomaniakNotFoundError):
            call(client)


def test_a_request_that_never_left_is_repeated(connect):
    client = connect(base_url="http://127.0.0.1:9", retry_budget=1)
    started = time.monotonic()
    with pytest.raises(InfomaniakConnectionError) as caught:
        client.create_mailing_list("x")
    assert 0.3 < time.monotonic() - started < 2
    assert caught.value.retryable


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_an_error_that_stays_is_not_repeated(client, service, status):
    service.fail("credits", error(status))
    with pytest.raises(Exception, match="because"):
        client.get_credits()
    assert len(service.requests) == 1


def test_a_fault_that_stays_is_given_up(connect, service):
    service.fail("credits", error(503), times=99)
    with pytest.raises(InfomaniakServerError):
        connect(retry_budget=1.0).get_credits()
    assert 2 <= len(service.requests) <= 4


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed(client, service, status):
    service.fail("credits", error(status, headers={"Retry-After": "1"}))
    started = time.monotonic()
    client.get_credits()
    assert 1.0 <= time.monotonic() - started < 2


@pytest.mark.parametrize("header", ["3600", None])
def test_a_service_that_asks_for_more_than_the_budget_is_not_waited_for(connect, service, header):
    service.fail("credits", error(429, headers={"Retry-After": header} if header else {}))
    started = time.monotonic()
    with pytest.raises(InfomaniakRateLimitError) as caught:
        connect(retry_budget=30).get_credits()
    assert time.monotonic() - started < 1
    assert caught.value.retry_after == (header and 3600)


# The rate


def test_the_rate_is_kept_by_all_clients_and_threads_of_a_token(connect):
    with listening(
        NewsletterServer()
    ) as server:  # of its own: the last request leaves when the other tests are at work
        options = {"base_url": server.service.url, "requests_per_minute": 30, "strict": False}
        clients = [connect(**options), connect(**options)]
        started = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: clients[n % 2].get_credits(), range(30)))
        assert time.monotonic() - started < 5  # all of a minute may go at once
        late = threading.Thread(target=clients[0].get_credits, daemon=True)
        late.start()
        late.join(1)
        assert late.is_alive()
        assert len(server.service.requests) == 30


@pytest.mark.slow
def test_the_service_never_refuses_for_its_rate(connect, service):
    service.rate = (60, 60.0)
    client = connect(requests_per_minute=60)
    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: client.get_credits(), range(70)))
    assert service.refused == 0
    assert 60 < time.monotonic() - started < 75
