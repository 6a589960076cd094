"""No campaign is sent or scheduled twice, whatever the network does; where nobody knows, that is said."""

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from codomyrmex.cloud.errors import CloudError
from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakCloudError,
    InfomaniakConflictError,
    InfomaniakConnectionError,
    InfomaniakForbiddenError,
    InfomaniakNotFoundError,
    InfomaniakQuotaExceededError,
    InfomaniakValidationError,
)
from codomyrmex.cloud.infomaniak.newsletter import RESEND_AFTER, InfomaniakOutcomeUnknownError, _dispatch
from codomyrmex.cloud.testing.services._http import Response
from codomyrmex.cloud.testing.services.newsletter import error, success
from support.relay import Fault, nothing, relaying

WHEN = int(time.time()) + 86_400
CALLS = {
    "send": lambda client, campaign: client.send_campaign(campaign),
    "schedule": lambda client, campaign: client.schedule_campaign(campaign, WHEN),
}
calls = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
LOST = {
    "reset": {"fault": "reset"},
    "truncated": {"fault": "truncated"},
    "stalled": {"fault": "stalled"},
    "500": {"response": error(500)},
    "502": {"response": Response(502, b"<html>Bad Gateway</html>")},
    "503": {"response": Response(503, b"", {"Retry-After": "0"})},
    "504": {"response": error(504)},
    "408": {"response": Response(408, b"")},
    "499": {"response": Response(499, b"")},
    "301": {"response": Response(301, b"", {"Location": "/1/elsewhere"})},
    "302": {"response": Response(302, b"", {"Location": "/1/elsewhere"})},
    "303": {"response": Response(303, b"", {"Location": "/1/elsewhere"})},
    "307": {"response": Response(307, b"", {"Location": "/1/newsletters/12345/campaigns/1/schedule"})},
    "308": {"response": Response(308, b"", {"Location": "/1/newsletters/12345/campaigns/1/schedule"})},
    "204": {"response": Response(204, b"")},
    "an empty answer": {"response": Response(200, b"")},
    "an empty line": {"response": Response(200, b"\n")},
    "an empty object": {"response": Response(200, b"{}")},
    "a page": {"response": Response(200, b"<html>Log in</html>")},
    "a list": {"response": Response(200, b"[]")},
    "half an answer": {"response": Response(200, b'{"result": "succ')},
    "an unexpected error": {"response": error(500)._replace(status=200)},
    "an error without a code": {"response": Response(200, {"result": "error"})},
    "an error that says nothing": {"response": Response(202, {"result": "error", "error": {"code": None}})},
    "an error with a code that is not known": {"response": error(200, code="gateway_timeout")},
    "an error with an empty code": {"response": Response(200, {"result": "error", "error": {"code": ""}})},
    "an unexpected error with status 400": {"response": error(400, code="unexpected_error")},
    "data that is false": {"response": Response(200, success(False))},
    "data that is 0": {"response": Response(200, success(0))},
    "data that is no": {"response": Response(200, success("false"))},
    "data that is an empty text": {"response": Response(200, success(""))},
    "data that is an empty list": {"response": Response(200, success([]))},
    "a result that failed": {"response": Response(200, success(None, "failed"))},
    "a result that is an Error": {"response": Response(200, {"result": "Error", "error": {"code": "bad_request"}})},
    "a result that is pending": {"response": Response(200, success(None, "pending"))},
    "a result that is delayed": {"response": Response(200, success("id", "delayed"))},
    "an error beside success": {"response": Response(200, {"result": "success", "error": {"code": "bad_request"}})},
}
DOUBTFUL = {"429": {"response": error(429, headers={"Retry-After": "0"})}, "409": {"response": error(409)}}
lost = pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
send_lost = pytest.mark.parametrize("fault", (LOST | DOUBTFUL).values(), ids=LOST | DOUBTFUL)
"""How the answer to a request to send is lost; to others these two are refusals."""


@pytest.fixture
def hasty(connect, fault):
    """A client that waits not long for an answer that does not come."""
    return connect(timeout=1 if fault.get("fault") == "stalled" else 10)


@contextmanager
def once_sent(service, function, *arguments):
    """Call the function in another thread as soon as the service has sent a campaign, whose answer is not there yet."""

    def watch():
        deadline = time.monotonic() + 60
        while not service.sends and time.monotonic() < deadline:
            time.sleep(0.01)
        function(*arguments)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def outcome(call, *arguments):
    """What a call returned or raised."""
    try:
        return call(*arguments)
    except CloudError as error:
        return error


@calls
def test_a_draft_goes_out_once(client, service, call):
    campaign = service.add_campaign()
    assert call(client, campaign) is True
    assert service.sends == [(campaign, WHEN if call is CALLS["schedule"] else None)]
    assert len(service.received("schedule")) == 1


@calls
@pytest.mark.parametrize(
    "answer",
    [Response(200, success(None)), Response(200, {"result": "success"}), Response(202, success("id", "asynchronous")),
     Response(200, success(True)), Response(200, {"result": "success", "error": None})],
    ids=repr,
)  # fmt: skip
def test_a_success_that_says_little_is_a_success(client, service, call, answer):
    service.fail("schedule", answer, executed=True)
    assert call(client, service.add_campaign()) is True
    assert len(service.sends) == 1


@calls
@send_lost
@pytest.mark.parametrize("executed", [True, False])
def test_a_lost_answer_is_an_outcome_that_is_not_known(hasty, service, call, fault, executed):
    campaign = service.add_campaign()
    service.fail("schedule", executed=executed, **fault)
    unknown = outcome(call, hasty, campaign)
    assert type(unknown) is InfomaniakOutcomeUnknownError
    assert len(service.received("schedule")) == 1
    assert len(service.sends) == executed
    assert (unknown.retryable, unknown.retry_after, unknown.resource) == (False, None, f"campaigns/{campaign}")
    assert f"get_campaign({campaign})" in str(unknown)
    assert isinstance(unknown.__cause__, InfomaniakCloudError)
    assert not isinstance(unknown, (ConnectionError, TimeoutError))


@calls
@send_lost
def test_get_campaign_tells_in_time_whether_it_was_done(hasty, service, call, fault, set_back):
    for executed in (True, False):
        campaign = service.add_campaign()
        service.fail("schedule", executed=executed, **fault)
        outcome(call, hasty, campaign)
        assert (hasty.get_campaign(campaign)["status"] != "draft") is executed
        again = outcome(call, hasty, campaign)
        assert type(again) is (InfomaniakConflictError if executed else InfomaniakOutcomeUnknownError)
        if not executed:
            set_back(RESEND_AFTER + 1)
            assert call(hasty, campaign) is True
        assert [key for key, _ in service.sends].count(campaign) == 1


@calls
@send_lost
def test_a_program_that_tries_again_sends_nothing_twice(connect, service, call, fault):
    client = connect(timeout=1, strict=False)
    campaign = service.add_campaign()
    service.state_lags = True  # the campaign still looks like a draft
    service.fail("schedule", executed=True, **fault)
    for _ in range(3):
        assert call(client, campaign) is False
        assert type(client.last_error) is InfomaniakOutcomeUnknownError
    assert len(service.sends) == len(service.received("schedule")) == 1


@calls
def test_a_program_that_is_started_again_sends_nothing_twice(connect, service, call):
    campaign = service.add_campaign()
    service.fail("schedule", fault="reset", executed=True)
    assert type(outcome(call, connect(), campaign)) is InfomaniakOutcomeUnknownError
    for _ in range(3):
        assert type(outcome(call, connect(), campaign)) is InfomaniakConflictError
    assert len(service.sends) == 1


@calls
def test_a_program_that_was_interrupted_sends_nothing_twice(client, service, call):
    campaign = service.add_campaign()
    service.state_lags = True
    service.fail("schedule", fault="stalled", executed=True)
    interrupt = once_sent(service, signal.pthread_kill, threading.get_ident(), signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), interrupt:
        call(client, campaign)
    assert type(outcome(call, client, campaign)) is InfomaniakOutcomeUnknownError
    assert len(service.sends) == 1


@calls
@pytest.mark.parametrize("lags", [True, False])
def test_many_threads_send_it_once(client, service, call, lags):
    campaign = service.add_campaign()
    service.state_lags = lags
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: outcome(call, client, campaign), range(8)))
    assert outcomes.count(True) == 1
    assert len(service.sends) == 1


REFUSED = {
    400: InfomaniakValidationError,
    402: InfomaniakQuotaExceededError,
    403: InfomaniakForbiddenError,
    404: InfomaniakNotFoundError,
    422: InfomaniakValidationError,
}


@calls
@pytest.mark.parametrize(("status", "kind"), REFUSED.items())
def test_what_the_service_refuses_is_not_repeated_and_may_be_tried_again(client, service, call, status, kind):
    campaign = service.add_campaign()
    service.fail("schedule", error(status, headers={"Retry-After": "0"}))
    assert type(outcome(call, client, campaign)) is kind
    assert len(service.received("schedule")) == 1
    assert call(client, campaign) is True
    assert len(service.sends) == 1


@calls
def test_a_refusal_with_status_200_is_one(client, service, call):
    service.fail("schedule", error(400, "not now")._replace(status=200))
    raised = outcome(call, client, service.add_campaign())
    assert (type(raised), raised.message) == (InfomaniakValidationError, "not now")


@calls
@pytest.mark.parametrize(
    "status",
    ["scheduled", "scheduled_v1", "sending", "sending_v1", "sent", "sending_failed", "blocked", "unknown", "new"],
)  # fmt: skip
def test_what_is_no_draft_is_not_sent(client, service, call, status):
    campaign = service.add_campaign()
    service.campaigns[campaign]["status"] = status  # also one that nobody knows yet
    raised = outcome(call, client, campaign)
    assert type(raised) is InfomaniakConflictError
    assert repr(status) in str(raised)
    assert service.received("schedule") == []


@calls
def test_what_was_unscheduled_may_go_out(client, service, call):
    campaign = service.add_campaign()
    client.schedule_campaign(campaign, WHEN)
    assert client.unschedule_campaign(campaign) is True
    assert call(client, campaign) is True
    assert call(client, service.add_campaign("canceled")) is True


@calls
@pytest.mark.parametrize("status", ["draft", "canceled", "unknown", "new"])
def test_a_look_that_shows_no_acceptance_changes_nothing(client, service, call, status):
    campaign = service.add_campaign()
    service.fail("schedule", fault="reset")
    outcome(call, client, campaign)
    service.campaigns[campaign]["status"] = status
    assert client.get_campaign(campaign)["status"] == status
    service.campaigns[campaign]["status"] = "draft"
    assert type(outcome(call, client, campaign)) is InfomaniakOutcomeUnknownError
    assert service.sends == []


@calls
@pytest.mark.parametrize("status", _dispatch.ACCEPTED)
def test_a_look_that_shows_acceptance_ends_the_doubt(client, connect, service, call, status):
    campaign = service.add_campaign()
    assert call(client, campaign) is True
    service.campaigns[campaign]["status"] = status
    client.get_campaign(campaign)
    assert type(outcome(call, client, campaign)) is InfomaniakConflictError
    service.campaigns[campaign]["status"] = "draft"  # as somebody took it back elsewhere
    assert call(connect(), campaign) is True


@calls
def test_the_check_before_a_send_ends_no_doubt(client, service, call):
    campaign = service.add_campaign()
    assert call(client, campaign) is True
    assert type(outcome(call, client, campaign)) is InfomaniakConflictError
    service.campaigns[campaign]["status"] = "draft"
    assert type(outcome(call, client, campaign)) is InfomaniakOutcomeUnknownError
    assert len(service.sends) == 1


@calls
def test_who_looks_too_early_sends_nothing_twice(connect, service, call):
    client = connect(timeout=1)
    campaign = service.add_campaign()
    service.state_lags = True
    service.fail("schedule", fault="stalled", executed=True)
    with once_sent(service, client.get_campaign, campaign):
        assert type(outcome(call, client, campaign)) is InfomaniakOutcomeUnknownError
    assert type(outcome(call, client, campaign)) is InfomaniakOutcomeUnknownError
    assert len(service.sends) == 1


@contextmanager
def held_up(service, call, client, campaign):
    """Begin a call in another thread, and hold back the answer that it is a draft. Gives the call's future."""
    read, arrive = threading.Event(), threading.Event()
    respond = service.respond

    def late(request, match):
        if request.operation != "get_campaign":
            return respond(request, match)
        service.respond = respond
        draft = respond(request, match)  # as it is now
        read.set()
        service.lock.release()
        arrive.wait(10)
        service.lock.acquire()
        return draft

    service.respond = late
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(outcome, call, client, campaign)
        assert read.wait(10)
        try:
            yield future
        finally:
            arrive.set()


@calls
def test_who_took_long_to_check_sends_nothing_twice(connect, service, call):
    """One reads that it is a draft; before that arrives, another sends it, and a look shows so."""
    campaign = service.add_campaign()
    with held_up(service, call, connect(timeout=20), campaign) as first:
        second = outcome(call, connect(), campaign)
        connect().get_campaign(campaign)
    assert (first.result(), type(second)) == (True, InfomaniakOutcomeUnknownError)
    assert len(service.sends) == 1


@calls
def test_who_slept_until_the_claim_expired_sends_nothing_after_another(connect, service, call, set_back):
    campaign = service.add_campaign()
    service.state_lags = True
    with held_up(service, call, connect(timeout=20), campaign) as first:
        set_back(RESEND_AFTER + 1)
        assert call(connect(), campaign) is True
    assert type(first.result()) is InfomaniakOutcomeUnknownError
    assert str(first.result()).startswith(
        f"not sent: while this call waited, another one may have sent campaign {campaign}"
    )
    assert type(outcome(call, connect(), campaign)) is InfomaniakOutcomeUnknownError
    assert len(service.sends) == len(service.received("schedule")) == 1


@calls
def test_a_claim_stands_from_when_the_request_leaves(connect, service, call, set_back):
    campaign = service.add_campaign()
    service.state_lags = True
    with held_up(service, call, connect(timeout=20), campaign) as first:
        set_back(RESEND_AFTER + 1)
    assert first.result() is True
    assert type(outcome(call, connect(), campaign)) is InfomaniakOutcomeUnknownError
    assert len(service.sends) == 1


@calls
def test_a_state_of_before_it_was_taken_back_ends_no_later_doubt(connect, service, call, set_back):
    campaign = service.add_campaign()
    client = connect()
    assert client.schedule_campaign(campaign, WHEN) is True
    assert client.unschedule_campaign(campaign) is True
    service.state_lags = True
    assert call(client, campaign) is True
    service.campaigns[campaign]["status"] = "scheduled"
    assert connect().get_campaign(campaign)["status"] == "scheduled"
    service.campaigns[campaign]["status"] = "draft"
    assert type(outcome(call, connect(), campaign)) is InfomaniakOutcomeUnknownError
    assert len(service.sends) == 2  # the one that was taken back, and the other
    set_back(RESEND_AFTER + 1)
    assert call(client, campaign) is True


def test_a_state_of_before_it_was_maybe_taken_back_ends_no_doubt(client, service):
    campaign = service.add_campaign()
    assert client.schedule_campaign(campaign, WHEN) is True
    service.fail("cancel", fault="reset", executed=True)
    assert type(outcome(client.unschedule_campaign, campaign)) is InfomaniakOutcomeUnknownError
    service.campaigns[campaign]["status"] = "scheduled"
    client.get_campaign(campaign)
    service.campaigns[campaign]["status"] = "draft"
    assert type(outcome(client.send_campaign, campaign)) is InfomaniakOutcomeUnknownError


@calls
def test_a_state_that_cannot_be_read_stops_it(connect, service, call):
    client = connect(retry_budget=0)
    service.fail("get_campaign", error(502))
    campaign = service.add_campaign()
    raised = outcome(call, client, campaign)
    assert raised.retryable
    assert service.received("schedule") == []
    assert call(client, campaign) is True  # nothing had left


@calls
def test_an_idle_connection_that_the_service_closes_loses_no_answer(client, service, call):
    client.validate_connection()
    before = set(service.connections)
    assert call(client, service.add_campaign()) is True
    assert len(service.connections - before) == 1  # the request that counts came by one of its own


def test_a_service_that_is_not_there_was_sent_nothing(connect, service):
    client = connect(base_url="http://127.0.0.1:9", retry_budget=0)
    raised = outcome(client.send_campaign, 7)
    assert type(raised) is InfomaniakConnectionError
    assert raised.retryable


@lost
def test_an_unscheduling_that_is_lost_is_not_known_either(hasty, service, fault):
    campaign = service.add_campaign("scheduled")
    service.fail("cancel", executed=True, **fault)
    assert type(outcome(hasty.unschedule_campaign, campaign)) is InfomaniakOutcomeUnknownError
    assert len(service.received("cancel")) == 1


# Every byte


@pytest.fixture
def relay(service, server):
    with relaying(server.server_port) as relay:
        yield relay


def cut(relay, connect, service, call, side, position, reset):
    """Break a call there; whatever it and all who try again say, it went out at most once."""
    campaign = service.add_campaign()
    service.sends.clear()
    part, ending = (lambda message: message[:position]), "reset" if reset else "end"
    fault = Fault(part, nothing, ending) if side == "request" else Fault(None, part, ending)
    relay.arm(fault, "PUT ")
    patient = {"base_url": relay.url, "timeout": 60}  # what a client gave up would be cut in the place of the next
    client = connect(**patient)
    first = outcome(call, client, campaign)
    gone = len(service.sends)
    again = outcome(call, client, campaign)
    restarted = outcome(call, connect(**patient), campaign)
    with service.lock:
        sent = [key for key, _ in service.sends].count(campaign)
        status = service.campaigns[campaign]["status"]
    where = (side, position, reset, first, again, restarted)
    assert sent <= 1, where
    if first is True:
        assert side == "answer", where
        assert sent == 1, where
    else:
        assert type(first) is InfomaniakOutcomeUnknownError, where
        assert type(again) is (InfomaniakConflictError if gone else InfomaniakOutcomeUnknownError), where
    assert (status != "draft") == (sent == 1), where
    client.close()


@calls
@pytest.mark.parametrize("reset", [True, False], ids=["reset", "end"])
def test_a_break_at_each_byte_of_interest_sends_nothing_twice(relay, connect, service, call, reset):
    call(connect(base_url=relay.url), service.add_campaign())
    request, answer = relay.passed["request"], relay.passed["answer"]
    body = len(service.received("schedule")[-1].body)
    head = request - body
    for position in sorted({0, 1, 4, 20, head // 2, head - 4, head - 2, head - 1, head, head + 1, request - 1}):
        cut(relay, connect, service, call, "request", position, reset)
    for position in sorted({0, 1, 8, 9, 12, 13, answer // 2, answer - 60, *range(answer - 6, answer + 1)}):
        cut(relay, connect, service, call, "answer", position, reset)


@pytest.mark.slow
@calls
@pytest.mark.parametrize("reset", [True, False], ids=["reset", "end"])
def test_a_break_at_any_byte_sends_nothing_twice(relay, connect, service, call, reset):
    call(connect(base_url=relay.url), service.add_campaign())
    for side in ("request", "answer"):
        for position in range(relay.passed[side]):
            cut(relay, connect, service, call, side, position, reset)
