"""What a client written with requests needs."""

import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import requests
from codomyrmex.cloud.rest.client import Bearer, no_answer, path_part, reason_of
from support.raw import raw
from support.tls import TlsServer
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError


def test_a_token_leaves_in_its_header_alone():
    auth = Bearer("a-secret")
    request = requests.Request("GET", "http://127.0.0.1/", auth=auth).prepare()
    assert request.headers["Authorization"] == "Bearer a-secret"
    assert "a-secret" not in f"{auth!r} {auth} {request.url}"
    assert auth.redact(b'{"echo": "Bearer a-secret"}') == b'{"echo": "Bearer ***"}'


@pytest.mark.parametrize(
    ("part", "path"),
    [("plain", "plain"), ("a/b", "a%2Fb"), ("../x", "..%2Fx"), ("ü ?#%", "%C3%BC%20%3F%23%25"), ("...", "...")],
)
def test_any_id_is_one_part_of_a_path(part, path):
    assert path_part(part) == path


@pytest.mark.parametrize("part", ["", ".", ".."])
def test_a_step_in_a_path_is_no_id(part):
    with pytest.raises(ValueError, match="not an id or name"):
        path_part(part)


def test_a_number_is_no_id():
    with pytest.raises(TypeError, match="not int"):
        path_part(5)


def test_why_there_is_no_answer_is_told_without_the_request():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(requests.ConnectionError) as caught:
        requests.get(f"http://127.0.0.1:{port}/", headers={"Authorization": "Bearer a-secret"}, timeout=5)
    assert isinstance(reason_of(caught.value), NewConnectionError | ConnectTimeoutError)
    assert caught.value.request is None
    error = requests.RequestException("nothing known")
    assert reason_of(error) is error


def failure(url, **options):
    with pytest.raises(requests.RequestException) as caught:
        requests.get(url, **{"timeout": 5, **options})
    return no_answer(caught.value)


def test_what_never_left_may_be_sent_again():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for options in ({}, {"proxies": {"http": f"http://127.0.0.1:{port}"}}):
        judged = failure(f"http://127.0.0.1:{port}/secret", **options)
        assert (judged.timed_out, judged.permanent, judged.arrived) == (False, False, False)
        assert judged.message == f"not reached, or the connection broke: Connection refused (127.0.0.1:{port})"


def test_a_host_of_no_address_is_named():
    judged = failure("http://nowhere.invalid/secret")
    assert judged.message.startswith("not reached, or the connection broke: ")
    assert "(nowhere.invalid:80)" in judged.message
    assert "secret" not in judged.message


def test_how_a_connection_broke_is_told():
    with raw(b"") as (url, _):
        judged = failure(url)
    assert judged.message == "not reached, or the connection broke: Remote end closed connection without response"


def test_what_got_no_answer_may_have_arrived():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        judged = failure(f"http://127.0.0.1:{listener.getsockname()[1]}/", timeout=0.1)
    assert judged == ("no answer in time", True, False, True)


def test_a_certificate_that_is_not_trusted_stays_so_and_gets_nothing():
    with TlsServer() as server:
        judged = failure(f"{server.url}/secret")
    assert (judged.timed_out, judged.permanent, judged.arrived) == (False, True, False)
    assert server.requests == 0


class Quiet(BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def test_tls_where_there_is_none_is_told():
    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        Thread(target=server.handle_request, daemon=True).start()
        judged = failure(f"https://127.0.0.1:{server.server_port}/secret")
    assert judged == ("the server speaks no TLS there; is its URL one of http://?", False, True, False)


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_a_handshake_that_is_cut_may_succeed_later_and_nothing_has_left(reset):
    with TlsServer(cut=1, reset=reset) as server:
        judged = failure(f"{server.url}/secret")
    assert (judged.timed_out, judged.permanent, judged.arrived) == (False, False, False)


def test_a_connection_that_is_cut_after_the_handshake_may_have_brought_the_request(tmp_path):
    with TlsServer(answer=b"") as server:
        server.authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        judged = failure(f"{server.url}/secret", verify=str(tmp_path / "ca.pem"))
    assert (judged.timed_out, judged.permanent, judged.arrived) == (False, False, True)


def test_what_cannot_be_sent_will_never_be():
    judged = failure("http://127.0.0.1/", headers={"X-Text": "line\nend"})
    assert (judged.timed_out, judged.permanent, judged.arrived) == (False, True, False)
