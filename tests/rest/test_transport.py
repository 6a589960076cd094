"""What a transport sends again, what it takes for a success, and what its errors say of what was done."""

import gc
import gzip
import json
import logging
import math
import os
import re
import socket
import textwrap
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import SimpleNamespace

import pytest
from codomyrmex.cloud import errors
from codomyrmex.cloud.errors import (
    CertificateError,
    CloudError,
    OutcomeUnknown,
    RateLimited,
    ServiceUnavailable,
    Timeout,
)
from codomyrmex.cloud.rest import transport as transport_module
from codomyrmex.cloud.rest.rates import Rate
from codomyrmex.cloud.rest.statuses import error_class, status_message
from codomyrmex.cloud.rest.transport import Errors, Request, Transport
from codomyrmex.cloud.testing.services._api_server import ApiServer
from codomyrmex.cloud.testing.services._http import Response, listening
from support.interrupts import notes_of_interrupt
from support.raw import raw

TOKEN = "x7Kq-0f3c9d1e5a7b4c2d8e6f"


class Lost(OutcomeUnknown):
    pass


def refusal(status, body, headers):
    said = body.get("error") if isinstance(body, dict) else None
    return error_class(status)(said or status_message(status))


ERRORS = Errors(
    is_success=lambda status, body: 200 <= status < 300,
    refusal=refusal,
    unreadable=lambda message, status, body: CloudError(f"{message}: {body}"),
    connection=ServiceUnavailable,
    timeout=Timeout,
    certificate=CertificateError,
    outcome_unknown=lambda message, cause: Lost(message),
)


class Things(ApiServer):
    """Does whatever it is asked to, and counts it."""

    contract = SimpleNamespace(
        find=lambda method, path: (SimpleNamespace(name=method), {}),
        OPERATIONS=[SimpleNamespace(name=name, method=name, path="") for name in ("GET", "POST", "PUT", "DELETE")],
    )

    def __init__(self):
        super().__init__()
        self.done = []

    def respond(self, request, match):
        if request.headers["authorization"] != f"Bearer {TOKEN}":
            return Response(401, {})
        if request.method != "GET":
            self.done.append(request.target)
        return Response(200, {"name": "a thing", "sent": request.body.decode()})


@pytest.fixture(scope="module")
def server():
    with listening(Things()) as started:
        yield started


@pytest.fixture
def things(server):
    server.serve(service := Things())
    yield service
    service.released.set()


@pytest.fixture
def connect(things):
    made = []

    def connect(url=things.url, **options):
        defaults = {"timeout": 5, "retry_budget": 60, "errors": ERRORS, "rates": {"": Rate(1000, 7.0)}}
        made.append(Transport(url, TOKEN, **{**defaults, "keep_rates": False, **options}))
        return made[-1]

    yield connect
    for transport in made:
        transport.close()


@pytest.fixture
def transport(connect):
    return connect()


def test_the_example_of_the_module_runs(things):
    example = textwrap.dedent(re.search(r"::\n\n(.*?)\n\nIt is no", transport_module.__doc__, re.DOTALL)[1])
    names = {**vars(errors), **vars(transport_module), "status_message": status_message, "token": TOKEN}
    things.fail("POST", Response(200, {"id": "7"}))
    exec(example.replace("https://api.acme.example", things.url), names)
    names["transport"].close()
    assert (names["name"], names["key"]) == ("a thing", "7")


def name(answer):
    if not isinstance(answer, dict) or "name" not in answer:
        raise ValueError("the answer lacks a name")
    return answer["name"]


def read(**options):
    return Request("GET", ("things", "a/b"), name, **options)


def make(**options):
    return Request("POST", ("things",), name, body=b"{}", **{"unsure": "look first", **options})


def delete(**options):
    return Request("DELETE", ("things", "7"), name, **options)


def failure(transport, request):
    with pytest.raises(CloudError) as caught:
        transport.send(request)
    return caught.value


LOST = {
    "reset": {"fault": "reset"},
    "truncated": {"fault": "truncated"},
    "500": {"response": Response(500, {})},
    "408": {"response": Response(408, {})},
    "499": {"response": Response(499, {})},
    "302": {"response": Response(302, {}, {"Location": "/elsewhere"})},
    "empty": {"response": Response(200, b"")},
    "204": {"response": Response(204, b"")},
    "null": {"response": Response(200, None)},
    "a page": {"response": Response(200, b"<html>Log in</html>")},
    "without what it promises": {"response": Response(200, {})},
}
lost = pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
TRANSIENT = set(LOST) - {"302"}


def test_a_request_is_json_in_the_name_of_the_token(transport, things):
    assert transport.send(make(query={"all": "true"})) == "a thing"
    [request] = things.requests
    assert (request.method, request.target, request.json) == ("POST", "/things?all=true", {})
    assert request.headers["content-type"] == "application/json"
    transport.send(read())
    assert things.requests[1].target == "/things/a%2Fb"
    assert "content-type" not in things.requests[1].headers


@pytest.mark.parametrize("fault", [LOST[name] for name in sorted(TRANSIENT)], ids=sorted(TRANSIENT))
def test_a_read_outlasts_what_passes(transport, things, fault):
    things.fail("GET", **fault)
    assert transport.send(read()) == "a thing"
    assert len(things.requests) == 2


@lost
@pytest.mark.parametrize("executed", [True, False])
def test_what_must_not_be_done_twice_is_sent_once_and_its_outcome_is_unknown(transport, things, fault, executed):
    things.fail("POST", executed=executed, **fault)
    error = failure(transport, make())
    assert type(error) is Lost
    assert (error.maybe_executed, error.retryable) == (True, False)
    assert str(error).endswith("it may have been done all the same: look first")
    assert isinstance(error.__cause__, CloudError)
    assert not isinstance(error, ConnectionError | TimeoutError)
    assert len(things.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422])
def test_what_was_refused_was_not_done(transport, things, status):
    things.fail("POST", Response(status, {"error": "because"}))
    error = failure(transport, make())
    assert (type(error), error.message, error.maybe_executed) == (error_class(status), "because", False)


def test_a_refusal_after_a_lost_answer_says_that_the_first_may_have_been_done(transport, things):
    things.fail("POST", fault="reset", executed=True)
    things.fail("POST", Response(403, {}))
    error = failure(transport, make(repeatable=True, unsure=None))
    assert (type(error), error.maybe_executed) == (error_class(403), True)
    things.fail("POST", fault="reset", executed=True)
    things.fail("POST", Response(403, {}))
    assert type(failure(transport, make(repeatable=True))) is Lost


def test_what_may_be_repeated_is_asked_before_it_is(transport, things):
    asked = []
    things.fail("POST", fault="reset", executed=True, times=2)
    transport.send(make(repeatable=True, confirm=lambda: asked.append(len(things.requests))))
    assert (asked, len(things.requests)) == ([1], 3)
    things.fail("POST", fault="reset", executed=True)
    error = failure(transport, make(repeatable=True, unsure=None, confirm=lambda: "it is another one"))
    assert type(error) is Lost
    assert str(error).endswith("it is another one")
    assert len(things.requests) == 4


@pytest.mark.parametrize("status", [404, 409, 410])
def test_a_deletion_that_finds_nothing_the_second_time_is_done(transport, things, status):
    things.fail("DELETE", fault="reset", executed=True)
    things.fail("DELETE", Response(status, {}))
    assert transport.send(delete(when_gone=lambda: "gone")) == "gone"
    things.fail("DELETE", Response(status, {}))
    assert failure(transport, delete(when_gone=lambda: "gone")).maybe_executed is False


def test_what_must_not_be_done_twice_goes_by_a_connection_of_its_own(transport, things):
    transport.send(read())
    transport.send(read())
    assert len(things.connections) == 1
    transport.send(make())
    assert len(things.connections) == 2


def test_a_429_was_not_done_unless_it_is_said_that_it_may_have_been(transport, things):
    things.fail("POST", Response(429, {}, {"Retry-After": "0"}), times=2)
    assert transport.send(make()) == "a thing"
    things.fail("POST", Response(429, {}, {"Retry-After": "0"}))
    error = failure(transport, make(doubtful=(429,)))
    assert type(error) is Lost
    assert type(error.__cause__) is RateLimited
    assert len(things.done) == 1


def test_a_retry_after_of_nothing_is_no_leave_to_ask_at_once(connect, things):
    things.fail("GET", Response(429, {}, {"Retry-After": "0"}), times=99)
    assert failure(connect(retry_budget=3.0), read()).retry_after == 0
    assert 3 <= len(things.requests) <= 6  # within 3 seconds: pauses of 0.25 to 0.5, 0.5 to 1, 1 to 2


def test_a_429_without_retry_after_waits_for_the_window_of_its_class(connect, things):
    transport = connect(rates={"": Rate(10, 9.0), "slow": Rate(1, 0.6)}, retry_budget=1.0)
    things.fail("GET", Response(429, {}))
    started = time.monotonic()
    assert transport.send(read(kind="slow")) == "a thing"
    assert time.monotonic() - started >= 0.6
    things.fail("GET", Response(429, {}))
    assert type(failure(transport, read())) is RateLimited  # 9 seconds are more than the budget


def test_who_needs_an_answer_soon_does_not_wait_for_repeats(transport, things):
    things.fail("GET", Response(503, {}, {"Retry-After": "2"}))
    assert failure(transport, read(within=1.5)).retry_after == 2
    assert len(things.requests) == 1
    things.fail("GET", fault="stalled")
    started = time.monotonic()
    assert type(failure(transport, read(within=0.2))) is Timeout
    assert time.monotonic() - started < 4  # and not the client's 5 seconds


def test_a_download_goes_where_the_link_leads_without_the_token(transport, things):
    things.fail("GET", Response(302, b"", {"Location": "/file"}))
    things.fail("GET", Response(200, b"content"))
    assert transport.download(f"{things.url}/link?signature=abc", bytes) == b"content"
    assert [request.headers.get("authorization") for request in things.requests] == [None, None]


def test_a_download_that_was_cut_in_its_headers_is_not_empty(transport, things):
    cut = b"HTTP/1.1 200 OK\r\nContent-Type: text/ht"
    empty = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    with raw(cut, GOOD, empty) as (url, _):
        assert transport.download(f"{url}/link", bytes) == b'{"name": "yes"}'
        transport.close()
        assert transport.download(f"{url}/link", bytes) == b""


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_after_close_no_connection_is_open_though_an_error_is_kept(connect, method):
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor() as pool:
        transport = connect(f"http://127.0.0.1:{listener.getsockname()[1]}")
        sending = pool.submit(failure, transport, Request(method, ("things",), name))
        with listener.accept()[0] as connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            kept = sending.result()
            transport.close()
            connection.settimeout(5)
            assert connection.recv(1) == b""
        assert kept.__traceback__


GOOD = b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"name": "yes"}'
NO_HTTP = {
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n{}",
    "a redirect to nowhere": b"HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n",
    "a redirect in Latin 1": b"HTTP/1.1 302 Found\r\nLocation: /\xe9\r\nContent-Length: 0\r\n\r\n",
    "JSON of great depth": b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"[" * 100_000,
    "an error of great depth": b"HTTP/1.1 500 Oh\r\nContent-Length: 100000\r\n\r\n" + b"[" * 100_000,
    "no JSON in UTF-8": b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\xff\xfe\xfd\xfc",
}
no_http = pytest.mark.parametrize("answer", NO_HTTP.values(), ids=NO_HTTP)


@no_http
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_answer_that_nobody_can_read_is_one_that_was_lost(connect, answer):
    with raw(answer) as (url, received):
        assert type(failure(connect(url), make())) is Lost
        assert len(received) == 1
    gc.collect()  # urllib3 leaves the connection of two lengths open


def test_a_retry_after_in_no_calendar_is_none(connect):
    answer = b"HTTP/1.1 429 No\r\nRetry-After: Mon, 01 Jan 99999 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n"
    with raw(answer, GOOD) as (url, received):
        assert connect(url, rates={}).send(read()) == "yes"
        assert len(received) == 2


def test_a_connection_that_breaks_behind_a_proxy_may_have_brought_the_request(connect, monkeypatch):
    with raw(b"", b"", b"") as (proxy, received):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.delenv("NO_PROXY", raising=False)
        transport = connect("http://service.example", retry_budget=1)
        assert type(failure(transport, make())) is Lost
        assert len(received) == 1
    error = failure(transport, make())  # nothing listens there any more
    assert (type(error), error.maybe_executed) == (ServiceUnavailable, False)


def test_a_budget_without_an_end_ends_what_is_not_repeated(connect, things):
    transport = connect(retry_budget=math.inf)
    things.fail("POST", fault="reset", executed=True)
    assert type(failure(transport, make())) is Lost
    things.fail("GET", Response(404, {}))
    assert type(failure(transport, read())) is error_class(404)


@pytest.mark.parametrize("budget", [-1, math.nan])
def test_a_budget_that_is_none_is_refused(connect, budget):
    with pytest.raises(ValueError, match="retry_budget"):
        connect(retry_budget=budget)


def test_what_a_post_does_is_done_once_unless_it_is_said_to_be_repeatable(transport, things):
    things.fail("POST", fault="reset", executed=True)
    error = failure(transport, Request("POST", ("things",), name))
    assert type(error) is Lost
    assert len(things.requests) == 1
    for method in ("PUT", "DELETE"):
        things.fail(method, fault="reset", executed=True)
        assert transport.send(Request(method, ("things",), name)) == "a thing"


@pytest.mark.parametrize("answer", [{}, [], None, "text", 7], ids=repr)
def test_whatever_reading_raises_says_that_something_lacks(connect, things, answer):
    things.fail("GET", Response(200, answer))
    error = failure(connect(retry_budget=0), Request("GET", ("things",), lambda a: a["name"].strip()))
    assert error.retryable


def test_a_child_has_connections_of_its_own(transport, things):
    transport.send(read())
    child = os.fork()
    if not child:
        code = 1
        with suppress(BaseException):
            code = transport.send(read()) != "a thing"
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(things.connections) == 2
    transport.send(read())
    assert len(things.connections) == 2


def test_an_interrupt_says_what_to_look_at(transport, things):
    things.fail("POST", fault="stalled")
    notes = notes_of_interrupt(lambda: transport.send(make()), when=lambda: things.requests)
    assert notes == ["it may have been done all the same: look first"]


@pytest.mark.parametrize("headers", [b"", b"Content-Encoding: gzip\r\n"])
def test_a_download_that_does_not_tell_its_end_is_none(connect, headers):
    half = gzip.compress(b"x" * 1000)[:-10] if headers else b"half of it"
    answer = b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n" + half
    with raw(answer) as (url, received):
        with pytest.raises(CloudError, match="does not tell where it ends"):
            connect(retry_budget=0).download(f"{url}/link?signature=SECRET", bytes)
        assert b"Accept-Encoding: identity" in received[0]


def test_a_link_is_in_no_error(connect):
    secret = "SE" + "CRET"
    with pytest.raises(ServiceUnavailable) as caught:
        connect(retry_budget=0).download(f"http://127.0.0.1:9/link?signature={secret}", bytes)
    assert secret not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__cause__ is None


def test_a_download_is_no_request_of_the_api(connect, things):
    things.fail("GET", Response(200, b"content"))
    assert connect(rates={"reads": Rate(1, 60)}, keep_rates=True).download(f"{things.url}/link", bytes) == b"content"


def test_the_token_shows_nowhere(connect, things, caplog):
    echo = json.dumps({"error": f"Bearer {TOKEN}"}).encode().replace(b"7", b"\\u0037")
    texts = []
    with caplog.at_level(logging.DEBUG):
        for answer in (Response(400, echo), Response(503, echo), Response(200, echo), Response(200, echo[:-3])):
            things.fail("POST", answer)
            error = failure(connect(), make())
            texts += [str(error), repr(vars(error)), repr(error.__cause__), repr(vars(error.__cause__ or error))]
    assert not [text for text in [*texts, caplog.text, repr(connect())] if TOKEN in text]


def test_what_a_success_holds_is_given_as_it_is(transport, things):
    things.fail("GET", Response(200, {"name": f"the token {TOKEN}"}))
    assert transport.send(read()) == f"the token {TOKEN}"  # as a user may keep it there
