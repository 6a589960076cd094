"""What a client sees of each fault, and that all else passes the proxy unchanged."""

import http.client
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from urllib.parse import urlsplit

import boto3
import botocore.config
import botocore.exceptions
import pytest
from codomyrmex.cloud.testing.backends import (
    Corrupt,
    CorruptRequest,
    FaultProxy,
    Reset,
    Slow,
    Stall,
    Status,
    Truncate,
)

from .upstream import BLOCK, Upstream

TEN = bytes(range(10))
BIG = BLOCK * 8


@pytest.fixture
def upstream():
    with Upstream() as server:
        yield server


@pytest.fixture
def proxy(upstream):
    with FaultProxy(upstream.endpoint_url) as proxy:
        yield proxy


@pytest.fixture
def connection(proxy):
    with closing(connect(proxy)) as connection:
        yield connection


def connect(server, timeout=10):
    return http.client.HTTPConnection(urlsplit(server.endpoint_url).netloc, timeout=timeout)


def ask(connection, method, path, body=None, headers=None):
    connection.request(method, path, body, headers or {})
    response = connection.getresponse()
    return response, response.read()


def raw(proxy):
    sock = socket.create_connection(("127.0.0.1", urlsplit(proxy.endpoint_url).port), timeout=10)
    return closing(sock), sock


def read_head(sock):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        assert byte, head
        head += byte
    return head


# What passes


def test_requests_and_responses_pass_unchanged(upstream, connection):
    response, body = ask(connection, "PUT", "/echo/a%20b?x=%C3%A9&y", TEN, {"X-Amz-Date": "today", "Host": "a.example"})
    assert (response.status, body) == (200, TEN)
    (arrived,) = upstream.arrived
    assert (arrived.method, arrived.path, arrived.body) == ("PUT", "/echo/a%20b?x=%C3%A9&y", TEN)
    assert arrived.headers == {
        "Host": "a.example",
        "Accept-Encoding": "identity",
        "Content-Length": "10",
        "X-Amz-Date": "today",
    }


def test_the_host_header_is_the_proxys_as_the_client_signed_it(upstream, proxy, connection):
    ask(connection, "GET", "/echo")
    assert upstream.arrived[0].headers["Host"] == urlsplit(proxy.endpoint_url).netloc


@pytest.mark.parametrize("size", [0, 1, 100_000, len(BIG)])
def test_bodies_of_any_size_pass_by_length_and_in_chunks(connection, size):
    data = BIG[:size]
    assert ask(connection, "PUT", "/echo", data)[1] == data
    assert (
        ask(connection, "PUT", "/echo", iter([data[:7], data[7:]] if size > 7 else [data] if data else []))[1] == data
    )
    assert ask(connection, "GET", f"/bytes/{size}")[1] == data
    response, body = ask(connection, "GET", f"/chunked/{size}")
    assert (response.getheader("Transfer-Encoding"), body) == ("chunked", data)


def test_responses_without_a_body_pass_and_the_connection_goes_on(upstream, connection):
    response, body = ask(connection, "HEAD", "/bytes/1000")
    assert (response.status, response.getheader("Content-Length"), body) == (200, "1000", b"")
    for status in (204, 304):
        assert ask(connection, "GET", f"/{status}")[0].status == status
    assert ask(connection, "DELETE", "/204")[0].status == 204
    assert ask(connection, "GET", "/bytes/3")[1] == BLOCK[:3]
    assert len({arrived.connection for arrived in upstream.arrived}) == 1


def test_a_client_that_expects_100_continue_is_asked_for_the_body_by_the_server(upstream, proxy):
    closing_sock, sock = raw(proxy)
    with closing_sock:
        for _ in range(2):
            sock.sendall(b"PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n")
            assert read_head(sock).startswith(b"HTTP/1.1 100 ")
            assert not upstream.arrived or upstream.arrived[-1].body == TEN
            sock.sendall(TEN)
            assert read_head(sock).startswith(b"HTTP/1.1 200 ")
            assert sock.recv(10, socket.MSG_WAITALL) == TEN
    assert len(upstream.arrived) == 2


@pytest.mark.parametrize("expect", [b"", b"Expect: 100-continue\r\n"])
def test_a_refusal_before_the_body_is_read_passes(proxy, expect):
    closing_sock, sock = raw(proxy)
    with closing_sock:
        sock.sendall(b"PUT /early HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n" + expect + b"\r\n")
        assert b" 403 " in read_head(sock)


def test_many_clients_are_served_at_once(proxy):
    answers = []

    def client():
        with closing(connect(proxy)) as connection:
            answers.extend(ask(connection, "PUT", "/echo", b"%d" % number)[1] for number in range(20))

    threads = [threading.Thread(target=client) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == sorted([b"%d" % number for number in range(20)] * 10)


def test_an_upload_that_the_client_breaks_off_is_broken_off_for_the_server(upstream, proxy):
    closing_sock, sock = raw(proxy)
    with closing_sock:
        sock.sendall(b"PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf of it")
    assert upstream.broken.wait(10)
    assert upstream.arrived == []


def test_a_server_that_hangs_up_is_no_answer_of_the_proxys_own(proxy, connection):
    with pytest.raises(http.client.RemoteDisconnected):
        ask(connection, "GET", "/closes")
    assert [(request.status, request.fault) for request in proxy.requests] == [(None, None)]


def test_a_proxy_that_is_stopped_breaks_its_connections_and_leaves_no_thread(upstream):
    before = set(threading.enumerate())
    with FaultProxy(upstream.endpoint_url) as proxy:
        idle, stalled = connect(proxy), connect(proxy)
        ask(idle, "GET", "/bytes/1")
        proxy.inject(Stall())
        stalled.request("GET", "/bytes/1")
    with closing(idle), closing(stalled):
        with pytest.raises(ConnectionError):
            stalled.getresponse()
        with pytest.raises(ConnectionError):
            ask(idle, "GET", "/bytes/1")
    with pytest.raises(ConnectionRefusedError):
        ask(connect(proxy), "GET", "/bytes/1")
    assert "fault-proxy" not in [thread.name for thread in threading.enumerate() if thread not in before]


# Statuses


def test_a_status_is_answered_instead_of_the_server(upstream, proxy, connection):
    proxy.inject(Status(503, retry_after=7, headers={"X-Reason": "busy"}))
    response, body = ask(connection, "PUT", "/echo", BIG)
    assert (response.status, response.reason) == (503, "Service Unavailable")
    assert (response.getheader("Retry-After"), response.getheader("X-Reason")) == ("7", "busy")
    assert response.getheader("Content-Type") == "application/xml"
    assert b"<Code>SlowDown</Code>" in body
    assert upstream.arrived == []
    assert ask(connection, "PUT", "/echo", TEN)[1] == TEN


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Status(429), b"TooManyRequests"),
        (Status(500), b"InternalError"),
        (Status(403), b"AccessDenied"),
        (Status(400, code="RequestTimeout"), b"RequestTimeout"),
    ],
)
def test_the_body_is_an_error_of_s3s(proxy, connection, fault, code):
    proxy.inject(fault)
    response, body = ask(connection, "GET", "/bytes/10")
    assert response.status == fault.status
    assert b"<Code>" + code + b"</Code>" in body


def test_the_body_may_be_any_other(proxy, connection):
    proxy.inject(Status(429, body=b'{"message": "slow"}', headers={"Content-Type": "application/json"}))
    response, body = ask(connection, "GET", "/bytes/10")
    assert (response.getheader("Content-Type"), body) == ("application/json", b'{"message": "slow"}')


def test_a_head_request_gets_a_status_without_a_body(proxy, connection):
    proxy.inject(Status(503))
    response, body = ask(connection, "HEAD", "/bytes/10")
    assert (response.status, body) == (503, b"")
    assert ask(connection, "GET", "/bytes/3")[1] == BLOCK[:3]


def test_the_server_may_have_done_what_the_client_is_told_failed(upstream, proxy, connection):
    proxy.inject(Status(500, forward=True))
    response, body = ask(connection, "PUT", "/echo", TEN)
    assert (response.status, body[:5]) == (500, b"<?xml")
    assert [arrived.body for arrived in upstream.arrived] == [TEN]
    assert ask(connection, "PUT", "/echo", TEN)[1] == TEN


def test_a_client_that_expects_100_continue_is_refused_without_its_body(upstream, proxy):
    proxy.inject(Status(503))
    closing_sock, sock = raw(proxy)
    with closing_sock:
        sock.sendall(b"PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n")
        head = read_head(sock)
        assert head.startswith(b"HTTP/1.1 503 ")
        assert b"connection: close" in head.lower()
        assert b"SlowDown" in b"".join(iter(lambda: sock.recv(1000), b""))
    assert upstream.arrived == []


# Connections that break


def test_a_reset_before_the_request_is_forwarded(upstream, proxy, connection):
    proxy.inject(Reset())
    with pytest.raises(ConnectionResetError):
        ask(connection, "PUT", "/echo", TEN)
    assert upstream.arrived == []
    connection.close()
    assert ask(connection, "PUT", "/echo", TEN)[1] == TEN


def test_a_reset_after_the_server_did_it(upstream, proxy, connection):
    proxy.inject(Reset(after=0))
    with pytest.raises(ConnectionResetError):
        ask(connection, "PUT", "/echo", TEN)
    assert [arrived.body for arrived in upstream.arrived] == [TEN]


@pytest.mark.parametrize("path", ["/bytes/2000000", "/chunked/2000000"])
@pytest.mark.parametrize("after", [1, 1000, 1_500_000])
def test_a_reset_amid_the_response(proxy, connection, path, after):
    proxy.inject(Reset(after=after))
    connection.request("GET", path)
    time.sleep(0.1)  # what was sent before the reset arrives though nobody reads it yet
    response = connection.getresponse()
    assert response.read(after) == BIG[:after]
    with pytest.raises(ConnectionResetError):
        response.read(1)


def test_a_reset_at_the_end_of_a_response_without_a_body(proxy, connection):
    proxy.inject(Reset(after=0))
    with pytest.raises(ConnectionResetError):
        ask(connection, "HEAD", "/bytes/10")


@pytest.mark.parametrize(("fault", "arrives"), [(Stall(), 0), (Stall(after=0), 1)])
def test_a_stall_before_the_response(upstream, proxy, fault, arrives):
    proxy.inject(fault)
    with closing(connect(proxy, timeout=0.3)) as connection, pytest.raises(TimeoutError):
        ask(connection, "PUT", "/echo", TEN)
    assert len(upstream.arrived) == arrives


def test_a_stall_amid_the_response(proxy):
    proxy.inject(Stall(after=1000))
    with closing(connect(proxy, timeout=0.3)) as connection:
        connection.request("GET", "/bytes/2000")
        response = connection.getresponse()
        assert response.read(1000) == BLOCK[:1000]
        with pytest.raises(TimeoutError):
            response.read(1)
        response.close()


@pytest.mark.parametrize("path", ["/bytes/2000000", "/chunked/2000000"])
@pytest.mark.parametrize("after", [0, 1000, 300_000])
def test_a_response_that_is_cut_short(proxy, connection, path, after):
    proxy.inject(Truncate(after=after))
    with pytest.raises(http.client.IncompleteRead) as caught:
        ask(connection, "GET", path)
    assert caught.value.partial == BIG[:after]


@pytest.mark.parametrize("path", ["/bytes/2000000", "/chunked/2000000"])
def test_a_response_that_is_cut_short_unnoticed(proxy, connection, path):
    proxy.inject(Truncate(after=1000, silent=True))
    response, body = ask(connection, "GET", path)
    assert (response.status, body) == (200, BLOCK[:1000])
    assert ask(connection, "GET", path)[1] == (BLOCK * 8)[:2_000_000]


# Bytes that change, or come slowly


@pytest.mark.parametrize("at", [0, 1, 999_999, 1_999_999])
def test_one_byte_of_the_response_is_another(proxy, connection, at):
    proxy.inject(Corrupt(at=at))
    body = ask(connection, "GET", "/bytes/2000000")[1]
    assert [n for n in range(2_000_000) if body[n] != BIG[n]] == [at]


@pytest.mark.parametrize("at", [0, 5, 9])
def test_one_byte_of_the_request_is_another(upstream, proxy, connection, at):
    proxy.inject(CorruptRequest(at=at))
    ask(connection, "PUT", "/bytes/0", TEN)
    body = upstream.arrived[0].body
    assert [n for n in range(10) if body[n] != TEN[n]] == [at]


@pytest.mark.parametrize("fault", [Corrupt(10), CorruptRequest(10), Truncate(10), Reset(11), Stall(11)])
def test_a_fault_beyond_the_end_of_the_body_does_nothing_and_says_so(proxy, connection, fault):
    proxy.inject(fault)
    assert ask(connection, "PUT", "/echo", TEN)[1] == TEN
    assert [request.fault for request in proxy.requests] == [None]


def test_bytes_come_slowly_both_ways(proxy, connection):
    proxy.inject(Slow(bytes_per_second=10_000))
    began = time.monotonic()
    assert ask(connection, "PUT", "/echo", BLOCK[:2000])[1] == BLOCK[:2000]
    assert time.monotonic() - began > 0.35


# Which requests


def test_faults_hit_as_often_as_told_and_the_oldest_first(proxy, connection):
    proxy.inject(Status(503), times=2)
    proxy.inject(Status(429))
    assert [ask(connection, "GET", "/echo")[0].status for _ in range(5)] == [503, 503, 429, 200, 200]


def test_a_fault_without_end_ends_when_it_is_cleared(proxy, connection):
    proxy.inject(Status(503), times=None)
    assert {ask(connection, "GET", "/echo")[0].status for _ in range(5)} == {503}
    proxy.clear()
    assert ask(connection, "GET", "/echo")[0].status == 200
    assert len(proxy.requests) == 1


def test_requests_are_chosen_by_method_path_and_number(proxy, connection):
    proxy.inject(Status(500), method="PUT")
    proxy.inject(Status(501), path="b?c")
    proxy.inject(Status(502), path=re.compile("^/d+$"))
    proxy.inject(Status(504), path="/nth", nth=3)
    told = [("GET", "/a"), ("PUT", "/a"), ("GET", "/b?c=1"), ("GET", "/xd"), ("GET", "/dd")] + [("GET", "/nth")] * 4
    assert [ask(connection, *request)[0].status for request in told] == [200, 500, 501, 200, 502, 200, 200, 504, 200]


def test_the_record_says_what_came_and_what_was_done_to_it(proxy, connection):
    slow, corrupt, reset = Slow(1e9), Corrupt(1), Reset()
    proxy.inject(slow)
    proxy.inject(corrupt)
    proxy.inject(reset)
    for _ in range(2):
        ask(connection, "GET", "/bytes/5?q")
    with pytest.raises(ConnectionResetError):
        ask(connection, "HEAD", "/bytes/5")
    assert [(r.method, r.path, r.status, r.fault) for r in proxy.requests] == [
        ("GET", "/bytes/5?q", 200, slow),
        ("GET", "/bytes/5?q", 200, corrupt),
        ("HEAD", "/bytes/5", None, reset),
    ]


# In front of a real store, seen by a real SDK


@pytest.fixture
def s3(swift, fault_proxy):
    """A client of S3 through a proxy, and the proxy."""
    proxy = fault_proxy(swift.endpoint_url)
    config = botocore.config.Config(retries={"total_max_attempts": 2}, read_timeout=3)
    client = boto3.client(
        "s3",
        endpoint_url=proxy.endpoint_url,
        region_name=swift.region,
        aws_access_key_id=swift.access_key,
        aws_secret_access_key=swift.secret_key,
        config=config,
    )
    with closing(client):
        with suppress(client.exceptions.BucketAlreadyOwnedByYou):
            client.create_bucket(Bucket="faults")
        client.put_object(Bucket="faults", Key="key", Body=BIG)
        proxy.clear()
        yield client, proxy


@pytest.mark.parametrize("fault", [Status(503), Status(500, forward=True), Reset(), Reset(after=0)])
def test_signatures_hold_and_the_sdk_heals_a_fault_by_asking_again(s3, fault):
    client, proxy = s3
    proxy.inject(fault)
    client.put_object(Bucket="faults", Key="key", Body=TEN)
    assert [request.fault for request in proxy.requests] == [fault, None]
    assert client.get_object(Bucket="faults", Key="key")["Body"].read() == TEN


def test_swift_refuses_an_upload_that_changed_on_the_way(s3):
    client, proxy = s3
    proxy.inject(CorruptRequest(at=3))
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        client.put_object(Bucket="faults", Key="key", Body=TEN)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_the_sdk_notices_a_download_that_is_cut_short(s3):
    client, proxy = s3
    proxy.inject(Truncate(after=1000))
    body = client.get_object(Bucket="faults", Key="key")["Body"]
    with closing(body), pytest.raises(botocore.exceptions.ResponseStreamingError):
        body.read()


@pytest.mark.slow
def test_a_gigabyte_passes_each_way_in_little_memory():
    done = subprocess.run([sys.executable, "-c", GIGABYTE], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 100, "MiB"


GIGABYTE = """
import http.client, sys
from urllib.parse import urlsplit
sys.path += [{folder!r}, {folder!r} + "/.."]
from support.memory import peak_memory
from upstream import BLOCK, Upstream
from codomyrmex.cloud.testing.backends import FaultProxy

SIZE = 1 << 30
with Upstream() as upstream, FaultProxy(upstream.endpoint_url) as proxy:
    connection = http.client.HTTPConnection(urlsplit(proxy.endpoint_url).netloc)
    connection.request("PUT", "/echo", (BLOCK for _ in range(SIZE // len(BLOCK))), {{"Content-Length": str(SIZE)}})
    assert connection.getresponse().read() == b"%d" % SIZE
    connection.request("GET", f"/bytes/{{SIZE}}")
    response, size = connection.getresponse(), 0
    while piece := response.read(1 << 20):
        size += len(piece)
    assert size == SIZE
    connection.close()
print(peak_memory())
""".format(folder=__file__.rpartition("/")[0])
