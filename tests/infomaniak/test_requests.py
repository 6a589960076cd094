"""What is sent, how often, and how long an answer is waited for."""

import http.server
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest
import requests
import trustme
from codomyrmex.cloud import __version__
from codomyrmex.cloud.infomaniak import (
    InfomaniakCertificateError,
    InfomaniakCloud,
    InfomaniakConnectionError,
    InfomaniakIdentityClient,
    InfomaniakRateLimitError,
    InfomaniakServerError,
    InfomaniakTimeoutError,
    _connection,
)
from codomyrmex.cloud.testing.backends import Reset, Stall, Status
from support.raw import raw

PROJECTS = "/v3/auth/projects"
CREDENTIALS = "/application_credentials"


@pytest.fixture
def identity(proxied_client, proxy):
    client = InfomaniakIdentityClient(proxied_client.connection, strict=True)
    client.list_projects()  # the service is discovered
    proxy.clear()
    return client


@pytest.fixture
def sent(proxy):
    """``sent(path)``: the statuses of the requests there."""
    return lambda path: [request.status for request in proxy.requests if path in request.path]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_read_is_repeated_when_the_service_is_busy(identity, proxy, sent, status):
    proxy.inject(Status(status), path=PROJECTS, times=2)
    assert len(identity.list_projects()) == 1
    assert sent(PROJECTS) == [status, status, 200]


def test_a_read_is_repeated_when_the_connection_breaks(identity, proxy, sent):
    proxy.inject(Reset(after=0), path=PROJECTS, times=2)
    assert len(identity.list_projects()) == 1
    assert sent(PROJECTS) == [None, None, 200]


def test_retry_after_is_obeyed(identity, proxy):
    proxy.inject(Status(429, retry_after=1), path=PROJECTS)
    started = time.monotonic()
    assert len(identity.list_projects()) == 1
    assert time.monotonic() - started >= 1


def test_a_service_that_asks_for_an_hour_is_told_of_at_once(identity, proxy, sent):
    proxy.inject(Status(429, retry_after=3600), path=PROJECTS, times=None)
    with pytest.raises(InfomaniakRateLimitError) as caught:
        identity.list_projects()
    assert caught.value.retry_after == 3600
    assert sent(PROJECTS) == [429]


def test_a_retry_after_that_nobody_understands_is_ignored(identity, proxy, sent):
    proxy.inject(Status(429, retry_after="soon"), path=PROJECTS)
    assert len(identity.list_projects()) == 1
    assert sent(PROJECTS) == [429, 200]


def test_a_service_that_stays_busy_is_an_error_in_the_end(identity, proxy, sent):
    proxy.inject(Status(503, body=b"<h1>Down</h1>for maintenance", retry_after=0), path=PROJECTS, times=None)
    with pytest.raises(InfomaniakServerError, match=r"^for maintenance") as caught:
        identity.list_projects()
    assert caught.value.status_code == 503
    assert sent(PROJECTS) == [503] * 5


def test_a_write_is_repeated_when_it_was_refused_for_its_rate(identity, proxy, sent):
    proxy.inject(Status(429, retry_after=0), method="POST", path=CREDENTIALS)
    assert identity.create_application_credential("refused-once")
    assert sent(CREDENTIALS) == [429, 201]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        pytest.param(Status(503, forward=True), InfomaniakServerError, id="503"),
        pytest.param(Reset(after=0), InfomaniakConnectionError, id="reset"),
    ],
)
def test_a_write_that_may_have_been_done_is_not_repeated(identity, proxy, sent, fault, error):
    proxy.inject(fault, method="POST", path=CREDENTIALS)
    with pytest.raises(error):
        identity.create_application_credential(f"sent-once-{error.__name__}")
    assert len(sent(CREDENTIALS)) == 1


@pytest.mark.parametrize("fault", [Status(503, retry_after=0), Reset(after=0)], ids=["503", "reset"])
def test_asking_for_a_token_is_repeated(connect, proxied, proxy, fault):
    proxy.inject(fault, path="/auth/tokens")
    assert connect(**proxied).validate_connection()
    assert len(proxy.tokens()) == 2


def test_an_answer_that_does_not_come_in_time(connect, proxied, proxy, sent):
    identity = connect(InfomaniakIdentityClient, **{**proxied, "timeout": 1})
    proxy.inject(Stall(after=0), path=PROJECTS, times=None)
    started = time.monotonic()
    with pytest.raises(InfomaniakTimeoutError, match="timed out"):
        identity.list_projects()
    assert 1 <= time.monotonic() - started < 5
    assert len(sent(PROJECTS)) == 1


def test_a_token_that_does_not_come_in_time(connect, proxied, proxy):
    proxy.inject(Stall(), path="/auth/tokens", times=None)
    with pytest.raises(InfomaniakTimeoutError) as caught:
        connect(**{**proxied, "timeout": 1}).validate_connection()
    assert isinstance(caught.value, TimeoutError)


def test_a_token_that_ends_during_a_long_job_is_renewed(identity, lab, proxy):
    lab.revoke(identity.connection.session.get_token())
    assert len(identity.list_projects()) == 1
    assert len(proxy.tokens()) == 1


def test_all_clients_of_a_cloud_share_one_token(credential, proxied, proxy):
    with InfomaniakCloud.from_credentials(credential.id, credential.secret, **proxied) as cloud:
        other = InfomaniakIdentityClient(cloud.connection, strict=True)
        assert cloud.identity is not other
        assert cloud.identity.list_projects() == other.list_projects()
        assert cloud.identity is cloud.identity
    assert len(proxy.tokens()) == 1


def test_threads_share_one_token(credential, proxied, proxy, member):
    with (
        InfomaniakCloud.from_credentials(credential.id, credential.secret, **proxied) as cloud,
        ThreadPoolExecutor(8) as pool,
    ):
        users = list(pool.map(lambda _: cloud.identity.get_current_user(), range(32)))
    assert {user["id"] for user in users} == {member.user_id}
    assert len(proxy.tokens()) == 1


class _Headers(http.server.BaseHTTPRequestHandler):
    """Says no, and remembers who asked."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.agents.append(self.headers["User-Agent"])
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@contextmanager
def listening(context=None):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Headers) as server:
        server.agents = []
        server.handle_error = lambda *_: None  # a client that hangs up
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_requests_say_who_sends_them(connect):
    with listening() as server:
        connect(auth_url=f"http://127.0.0.1:{server.server_port}", strict=False).validate_connection()
    assert server.agents[0].startswith(f"codomyrmex-cloud/{__version__} ")


def test_a_certificate_of_nobody_known_is_refused(connect):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with listening(context) as server:
        client = connect(auth_url=f"https://127.0.0.1:{server.server_port}")
        with pytest.raises(InfomaniakCertificateError, match=r"the certificate of 127.0.0.1 is not trusted: "):
            client.validate_connection()
    assert server.agents == []


def test_a_write_whose_connection_breaks_behind_a_proxy_is_not_repeated(monkeypatch):
    """It may have arrived; urllib3 tells it by the same error as a proxy that is not there."""
    monkeypatch.delenv("NO_PROXY", raising=False)
    with requests.Session() as http:
        http.mount("http://", _connection._Adapter(("GET",)))
        for method, times in (("POST", 1), ("GET", 3)):
            with raw(b"", b"", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as (proxy, received):
                monkeypatch.setenv("HTTP_PROXY", proxy)
                with suppress(requests.ConnectionError):
                    http.request(method, "http://service.example/servers", timeout=5)
                assert len(received) == times
