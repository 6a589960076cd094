"""What the services in this process have alike: HTTP that begins and ends in milliseconds, and refuses what is none."""

import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
import warnings

import pytest
import requests
from codomyrmex.cloud.testing.services import NewsletterServer, Response
from codomyrmex.cloud.testing.services.newsletter import error

PATH = "/1/newsletters/12345"


@pytest.fixture
def server():
    with NewsletterServer() as server:
        yield server


@pytest.fixture
def address(server):
    return address_of(server)


def address_of(server):
    host, port = server.url.removeprefix("http://").split(":")
    return host, int(port)


def headers(server, **more):
    return {"Authorization": f"Bearer {server.token}", **more}


def exchange(address, data, *, closes=True):
    """What comes back for these bytes, until the server closes the connection."""
    with socket.create_connection(address, 10) as connection:
        connection.sendall(data)
        if closes:
            connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def head(server, line="GET /1/newsletters/12345/groups?page=1 HTTP/1.1", *lines):
    written = [line, "Host: x", f"Authorization: Bearer {server.token}", *lines]
    return "\r\n".join(written).encode() + b"\r\n\r\n"


# Start and end


def test_nothing_answers_after_the_block_not_even_on_a_connection_that_is_open():
    with NewsletterServer() as server:
        kept = socket.create_connection(address_of(server), 10)
        kept.sendall(head(server))
        assert kept.recv(65536).startswith(b"HTTP/1.1 200")
    with kept:
        assert kept.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address_of(server), 10)


def test_a_response_that_is_stalled_does_not_hold_up_the_end():
    with NewsletterServer() as server:
        server.fail("domain", fault="stalled")
        connection = socket.create_connection(address_of(server), 10)
        connection.sendall(head(server, f"GET {PATH} HTTP/1.1"))
        while not server.requests:
            time.sleep(0.001)
        start = time.monotonic()
    assert time.monotonic() - start < 2
    with connection:
        assert connection.recv(1) == b""


def test_it_may_be_served_again_at_the_same_port():
    with NewsletterServer() as server:
        group = server.add_group()
        port = address_of(server)[1]
    with NewsletterServer(port=port) as second:
        assert address_of(second)[1] == port
        assert requests.get(f"{second.url}{PATH}", headers=headers(server), timeout=10).status_code == 401
    with server:
        assert (
            requests.get(f"{server.url}{PATH}/groups/{group}", headers=headers(server), timeout=10).status_code == 200
        )


def test_other_processes_are_served(server):
    server.add_group("Readers")
    code = "import sys, urllib.request as u; print(u.urlopen(u.Request(sys.argv[1], None, eval(sys.argv[2]))).read())"
    url = f"{server.url}{PATH}/groups?page=1"
    done = subprocess.run([sys.executable, "-c", code, url, repr(headers(server))], capture_output=True, timeout=60)
    assert b"Readers" in done.stdout, done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_process_that_was_forked_is_served_and_keeps_no_port_open():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of fork, where there are threads
        context = multiprocessing.get_context("fork")
        with NewsletterServer() as server:
            here, there = context.Pipe()
            process = context.Process(target=ask_when_told, args=(server, there))
            process.start()
            here.send("ask")
            assert here.recv() == 200
        here.send("end")
        assert here.recv() == "refused"
        process.join(10)
    assert process.exitcode == 0


def ask_when_told(server, pipe):
    pipe.recv()
    pipe.send(requests.get(f"{server.url}{PATH}", headers=headers(server), timeout=10).status_code)
    pipe.recv()
    try:
        socket.create_connection(address_of(server), 5).close()
    except ConnectionRefusedError:
        pipe.send("refused")
    else:
        pipe.send("answered")
    server.__exit__(None, None, None)  # as if the test ended there, too


# What is no good request

BAD_HTTP = {
    "Content-Length is no number": ("POST {path}/groups HTTP/1.1", ["Content-Length: x"]),
    "Content-Length is below 0": ("POST {path}/groups HTTP/1.1", ["Content-Length: -1"]),
    "two lengths": ("POST {path}/groups HTTP/1.1", ["Content-Length: 1", "Content-Length: 2"]),
    "an unknown coding": ("POST {path}/groups HTTP/1.1", ["Transfer-Encoding: zip"]),
    "a long header": ("GET {path} HTTP/1.1", ["X: " + "x" * 200_000]),
    "a long target": ("GET {path}?" + "x" * 200_000 + " HTTP/1.1", []),
    "no version": ("GET {path}", []),
    "no request": ("hello", []),
    "a header without a colon": ("GET {path} HTTP/1.1", ["X"]),
}


@pytest.mark.parametrize("case", BAD_HTTP.values(), ids=BAD_HTTP)
@pytest.mark.parametrize("closes", [True, False], ids=["closes", "stays"])
def test_what_is_no_http_is_refused_in_the_services_words(server, address, case, closes, capfd):
    line, lines = case
    status, _, rest = exchange(address, head(server, line.format(path=PATH), *lines), closes=closes).partition(b"\r\n")
    assert status.split()[1] in (b"400", b"413", b"431", b"501"), status
    assert json.loads(rest.partition(b"\r\n\r\n")[2])["result"] == "error"
    assert "no HTTP" in server.violations[0]
    assert capfd.readouterr() == ("", "")


def test_tls_is_refused(server, address):
    assert exchange(address, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n").startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "data",
    [
        b'POST /1/newsletters/12345/groups HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{"name"',
        b"POST /1/newsletters/12345/groups HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"POST /1/newsletters/12345/gr",
    ],
    ids=["body", "chunk", "head"],
)
def test_a_request_that_breaks_off_is_refused_and_nothing_is_done(server, address, data):
    assert exchange(address, data).startswith(b"HTTP/1.1 400")
    assert (server.requests, server.groups, server.violations) == ([], {}, [])  # it may be the network's fault


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PATCH", "FETCH"])
def test_a_method_that_the_api_has_not_is_not_found(server, method):
    answer = requests.request(method, f"{server.url}{PATH}/groups", headers=headers(server), timeout=10)
    assert answer.status_code == 404
    assert answer.content == b"" if method == "HEAD" else answer.json()["error"]["code"] == "object_not_found"
    assert server.violations == [f"no such operation: {method} {PATH}/groups"]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/%zz", 404), (f"{PATH}/campaigns/%zz", 404), (f"{PATH}/campaigns/" + "9" * 5000, 404),
        ("/1/async/tasks/%zz", 404),
        (f"{PATH}/groups?page", 422), (f"{PATH}/groups?page=", 422), (f"{PATH}/groups?page=x", 422),
        (f"{PATH}/groups?page=0", 422), (f"{PATH}/groups?per_page=-1", 422), (f"{PATH}/groups?page=%zz", 422),
        (f"{PATH}/groups?page=" + "9" * 5000, 422), (f"{PATH}/groups?&&=", 422),
        (f"{PATH}/groups?order_by=nothing", 422),
        (f"{PATH}/groups?order=up", 422), (f"{PATH}/groups?filter[colour]=red", 422), (f"{PATH}/groups?x=1", 422),
        (f"{PATH}/groups?skip=x", 422), (f"{PATH}/campaigns?filter[status]=wrong", 422), ("//", 404), ("/?", 404),
    ],
)  # fmt: skip
def test_a_malformed_target_is_refused(server, address, target, status):
    server.add_group()
    received = exchange(address, head(server, f"GET {target} HTTP/1.1"))
    assert received.split()[1] == str(status).encode(), received
    if status == 422:
        assert server.violations
    assert not [each for each in server.violations if "broke" in each]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"7", b'{"name": 7}', b'{"name": null}', b'{"name": ["x"]}', b"\xff", b"[" * 100_000,
     b'{"name": "x", "colour": "red"}', b'{"name": "' + b"x" * 256 + b'"}', b'{"name": ' + b"9" * 5000 + b"}"],
    ids=["empty", "cut", "list", "number", "int", "null", "array", "no UTF-8", "deep", "unknown key", "long", "digits"],
)  # fmt: skip
def test_a_malformed_body_is_refused(server, body):
    json_type = headers(server, **{"Content-Type": "application/json"})
    answer = requests.post(f"{server.url}{PATH}/groups", data=body, headers=json_type, timeout=10)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "validation_failed")
    assert not server.groups
    assert len(server.violations) == 1
    assert "broke" not in server.violations[0]


def test_a_slash_at_the_end_leads_to_the_same_and_is_told(server):
    assert requests.get(f"{server.url}{PATH}/groups/?page=1", headers=headers(server), timeout=10).status_code == 200
    assert server.violations == [f"GET {PATH}/groups/?page=1 ends with a slash"]


# What is a good request


def test_a_chunked_body_is_read(server):
    json_type = headers(server, **{"Content-Type": "application/json"})
    pieces = iter([b'{"name": ', b'"Readers"}'])
    answer = requests.post(f"{server.url}{PATH}/groups", data=pieces, headers=json_type, timeout=10)
    assert answer.status_code == 201
    assert [group["name"] for group in server.groups.values()] == ["Readers"]


def test_http_1_0_is_answered_and_closed(server, address):
    assert exchange(address, head(server, f"GET {PATH} HTTP/1.0"), closes=False).startswith(b"HTTP/1.1 200")


def test_who_waits_to_send_a_body_is_told_to_go_on(server, address):
    body = b'{"name": "Readers"}'
    lines = ["Content-Type: application/json", f"Content-Length: {len(body)}", "Expect: 100-continue"]
    with socket.create_connection(address, 10) as connection:
        connection.sendall(head(server, f"POST {PATH}/groups HTTP/1.1", *lines))
        assert connection.recv(65536).startswith(b"HTTP/1.1 100")
        connection.sendall(body)
        assert connection.recv(65536).startswith(b"HTTP/1.1 201")


def test_one_connection_serves_many_requests(server):
    with requests.Session() as session:
        for _ in range(3):
            session.get(f"{server.url}{PATH}", headers=headers(server), timeout=10)
    assert (len(server.requests), len(server.connections)) == (3, 1)


# Faults


def test_an_operation_fails_as_often_as_ordered(server):
    server.fail("domain", error(503), times=2)
    statuses = [requests.get(f"{server.url}{PATH}", headers=headers(server), timeout=10).status_code for _ in range(3)]
    assert statuses == [503, 503, 200]


@pytest.mark.parametrize("executed", [True, False])
@pytest.mark.parametrize("fault", ["reset", "truncated"])
def test_a_response_is_lost_before_or_after_it_is_carried_out(server, fault, executed):
    server.fail("create_group", fault=fault, executed=executed)
    with pytest.raises(requests.RequestException):
        requests.post(f"{server.url}{PATH}/groups", json={"name": "n"}, headers=headers(server), timeout=10)
    assert len(server.groups) == len(server.changed("create_group")) == executed
    assert len(server.received("create_group")) == 1


def test_a_header_may_be_a_number(server):
    server.fail("domain", Response(429, headers={"Retry-After": 1}))
    response = requests.get(f"{server.url}{PATH}", headers=headers(server), timeout=10)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "1")


def test_a_response_that_cannot_be_sent_is_told(server):
    server.fail("domain", Response(200, b"", {"X": "two\nlines"}))
    with pytest.raises(requests.RequestException):
        requests.get(f"{server.url}{PATH}", headers=headers(server), timeout=10)
    assert "no response of HTTP" in server.violations[0]


def test_what_breaks_the_server_is_told_with_its_place(server, capfd):
    server.groups = None
    answer = requests.get(f"{server.url}{PATH}/groups", headers=headers(server), timeout=10)
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "unexpected_error")
    assert "broke the service: AttributeError" in server.violations[0]
    assert "_groups.py" in server.violations[0]
    assert capfd.readouterr() == ("", "")


def test_what_is_no_operation_is_told_with_those_there_are(server):
    for call in (server.fail, server.received, server.changed):
        with pytest.raises(
            ValueError, match=r"no operation 'create_groop'; did you mean 'create_group'\? there are dom"
        ):
            call("create_groop")
    assert server.operations["create_group"] == "POST groups"


@pytest.mark.parametrize("options", [{}, {"fault": "rest"}, {"fault": "rest", "response": error(503)}])
def test_what_happens_to_a_request_that_fails_is_to_be_said(server, options):
    with pytest.raises(ValueError, match="a fault, which is one of reset, truncated, stalled"):
        server.fail("create_group", **options)


def test_a_request_may_pass_before_one_that_fails(server):
    server.fail("domain", executed=True)
    server.fail("domain", error(503))
    statuses = [requests.get(f"{server.url}{PATH}", headers=headers(server), timeout=10).status_code for _ in range(3)]
    assert statuses == [200, 503, 200]


def test_requests_beyond_the_rate_are_refused_and_counted(server):
    server.rate = (2, 60.0)
    statuses = [requests.get(f"{server.url}{PATH}", headers=headers(server), timeout=10).status_code for _ in range(4)]
    assert (statuses, server.refused, server.violations) == ([200, 200, 429, 429], 2, [])


# The program


def test_it_runs_as_a_program_until_it_is_told_to_end():
    command = [sys.executable, "-m", "codomyrmex.cloud.testing.services.newsletter"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline().strip() for _ in range(3)]
        token, number, base_url = (line.partition("=")[2] for line in lines)
        assert [line.partition("=")[0] for line in lines] == [
            "export INFOMANIAK_NEWSLETTER_TOKEN",
            "export INFOMANIAK_NEWSLETTER_ID",
            "export INFOMANIAK_NEWSLETTER_BASE_URL",
        ]
        url = f"{base_url}/1/newsletters/{number}/groups?page=1"
        groups = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10).json()["data"]
        assert [(group["name"], group["subscribed_count"]) for group in groups] == [("Readers", "3"), ("Press", "2")]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_a_port_that_is_in_use_is_told(server, address):
    command = [sys.executable, "-m", "codomyrmex.cloud.testing.services.newsletter", "--port", str(address[1])]
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert done.returncode == 1
    assert b"in use" in done.stderr
    assert b"Traceback" not in done.stderr
