"""Every way the service and the way to it fail, and the error that tells it (spec 3.5)."""

import pickle
import re
import socket

import pytest
import requests
from codomyrmex.cloud import CloudError
from codomyrmex.cloud import coda as module
from codomyrmex.cloud import errors as tree
from codomyrmex.cloud.coda import (
    CodaAPIError,
    CodaAuthenticationError,
    CodaCertificateError,
    CodaClient,
    CodaConnectionError,
    CodaForbiddenError,
    CodaGoneError,
    CodaNotFoundError,
    CodaOutcomeUnknownError,
    CodaRateLimitError,
    CodaServerError,
    CodaTimeoutError,
    CodaUnsettledError,
    CodaValidationError,
)
from codomyrmex.cloud.coda import errors as coda_errors
from codomyrmex.cloud.testing.services._http import Response
from codomyrmex.cloud.testing.services.coda import TOKEN, error
from codomyrmex.cloud.testing.services.coda._contract import OPERATIONS
from support.tls import TlsServer

KINDS = {
    400: (CodaValidationError, tree.InvalidRequest, ValueError),
    401: (CodaAuthenticationError, tree.AuthenticationError, CloudError),
    403: (CodaForbiddenError, tree.PermissionDenied, PermissionError),
    404: (CodaNotFoundError, tree.NotFound, CloudError),
    410: (CodaGoneError, tree.NotFound, CloudError),
    429: (CodaRateLimitError, tree.RateLimited, CloudError),
    408: (CodaTimeoutError, tree.Timeout, TimeoutError),
    409: (CodaAPIError, CloudError, Exception),
    422: (CodaValidationError, tree.InvalidRequest, ValueError),
    500: (CodaServerError, tree.ServiceUnavailable, ConnectionError),
    503: (CodaServerError, tree.ServiceUnavailable, ConnectionError),
    504: (CodaServerError, tree.ServiceUnavailable, ConnectionError),
}
ROW = {"Name": "x"}
CALLS = {
    "listDocs": lambda c: c.list_docs(),
    "createDoc": lambda c: c.create_doc("x"),
    "getDoc": lambda c: c.get_doc("doc"),
    "updateDoc": lambda c: c.update_doc("doc", title="x"),
    "deleteDoc": lambda c: c.delete_doc("doc"),
    "listPages": lambda c: c.list_pages("doc"),
    "createPage": lambda c: c.create_page("doc", name="x"),
    "getPage": lambda c: c.get_page("doc", "p"),
    "updatePage": lambda c: c.update_page("doc", "p", name="x"),
    "deletePage": lambda c: c.delete_page("doc", "p"),
    "beginPageContentExport": lambda c: c.begin_page_export("doc", "p"),
    "getPageContentExportStatus": lambda c: c.get_page_export("doc", "p", "e"),
    "listTables": lambda c: c.list_tables("doc"),
    "getTable": lambda c: c.get_table("doc", "t"),
    "listColumns": lambda c: c.list_columns("doc", "t"),
    "getColumn": lambda c: c.get_column("doc", "t", "c"),
    "listRows": lambda c: c.list_rows("doc", "t"),
    "upsertRows": lambda c: c.insert_rows("doc", "t", [ROW]),
    "deleteRows": lambda c: c.delete_rows("doc", "t", ["r"]),
    "getRow": lambda c: c.get_row("doc", "t", "r"),
    "updateRow": lambda c: c.update_row("doc", "t", "r", ROW),
    "deleteRow": lambda c: c.delete_row("doc", "t", "r"),
    "pushButton": lambda c: c.push_button("doc", "t", "r", "c"),
    "whoami": lambda c: c.whoami(),
    "resolveBrowserLink": lambda c: c.resolve_browser_link("https://coda.io/d/x"),
    "getMutationStatus": lambda c: c.get_mutation_status("m"),
}
DECLARED = [(operation.name, int(status)) for operation in OPERATIONS for status in operation.errors.split()]


def failure(call):
    with pytest.raises(CodaAPIError) as caught:
        call()
    return caught.value


@pytest.fixture
def hasty(connect):
    """A client that repeats nothing."""
    return connect(retry_budget=0)


@pytest.mark.parametrize(("operation", "status"), DECLARED)
def test_every_declared_error_of_every_call_is_raised(hasty, coda, operation, status):
    coda.fail(operation, error(status, "because"))
    raised = failure(lambda: CALLS[operation](hasty))
    assert type(raised) is KINDS[status][0]
    assert (raised.status_code, raised.message, raised.code) == (status, "because", str(status))
    assert coda.requests[-1].operation == operation


@pytest.mark.parametrize("status", KINDS)
def test_an_error_is_also_that_of_the_tree_and_the_builtin(hasty, coda, status):
    coda.fail("getDoc", error(status, "because"))
    raised = failure(lambda: hasty.get_doc("doc"))
    kind, leaf, builtin = KINDS[status]
    assert type(raised) is kind
    assert isinstance(raised, leaf)
    assert isinstance(raised, builtin)
    assert raised.response_body == error(status, "because").body
    assert raised.retryable is (status in (408, 429) or status >= 500)
    assert raised.maybe_executed is (status == 408 or status >= 500)


def test_an_error_tells_where_it_happened(client):
    raised = failure(lambda: client.get_row("doc", "grid-1", "none"))
    assert (raised.provider, raised.service, raised.operation) == ("coda", "documents", "get_row")
    assert raised.resource == "docs/doc/tables/grid-1/rows/none"
    assert str(raised) == "no row 'none' (code 404)"


def test_an_unknown_token_is_an_authentication_error(connect):
    assert type(failure(connect("another-token").whoami)) is CodaAuthenticationError


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_is_not_followed_with_the_token(hasty, coda, status):
    coda.fail("getDoc", Response(status, b"", {"Location": "http://127.0.0.1:9/"}))
    assert failure(lambda: hasty.get_doc("doc")).status_code == status


BODIES = [b"", b"null", b"[]", b"[1]", b'"text"', b"7", b"{}", b'{"message": null}', b'{"message": {"a": 1}}',
          b"<html>502 Bad Gateway</html>", b"\xff\xfe", b'{"message": "cut o']  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=repr)
@pytest.mark.parametrize("status", [400, 404, 502, 599])
def test_an_error_with_any_body_keeps_its_status(hasty, coda, status, body):
    coda.fail("getDoc", Response(status, body))
    raised = failure(lambda: hasty.get_doc("doc"))
    assert raised.status_code == status
    assert type(raised) is {400: CodaValidationError, 404: CodaNotFoundError}.get(status, CodaServerError)
    assert str(raised)


def test_the_page_of_a_gateway_is_kept_as_text(hasty, coda):
    coda.fail("getDoc", Response(502, b"<html>Bad Gateway</html>", {"Content-Type": "text/html"}))
    raised = failure(lambda: hasty.get_doc("doc"))
    assert raised.response_body == "<html>Bad Gateway</html>"
    assert str(raised) == "HTTP 502 Bad Gateway (code 502)"


@pytest.mark.parametrize("body", [b"<html>Log in</html>", b"[]", b"null", b'"x"'], ids=repr)
def test_a_success_that_is_no_json_object_is_an_error(hasty, coda, body):
    coda.fail("getDoc", Response(200, body))
    raised = failure(lambda: hasty.get_doc("doc"))
    assert (type(raised), raised.status_code) == (CodaAPIError, 200)


@pytest.mark.parametrize("answer", [Response(200, b""), Response(204, b""), Response(200, b"null")], ids=repr)
def test_a_success_without_the_body_that_coda_promises_is_none(client, coda, answer):
    coda.fail("updateDoc", answer)
    assert client.update_doc("doc", title="x") == {}
    assert len(coda.received("updateDoc")) == 2
    coda.fail("createDoc", answer)
    assert type(failure(lambda: client.create_doc("x"))) is CodaOutcomeUnknownError
    assert len(coda.received("createDoc")) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0", 0.0), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), (None, None)],
)
def test_retry_after_is_told(hasty, coda, header, seconds):
    coda.fail("getDoc", error(429, headers={"Retry-After": header} if header else {}))
    raised = failure(lambda: hasty.get_doc("doc"))
    assert raised.retry_after == seconds


# No answer


@pytest.mark.parametrize(("fault", "kind"), [
    ("reset", CodaConnectionError), ("truncated", CodaConnectionError), ("stalled", CodaTimeoutError),
])  # fmt: skip
def test_a_connection_that_fails_is_an_error_of_the_client(connect, coda, fault, kind):
    coda.fail("getDoc", fault=fault, executed=True)
    raised = failure(lambda: connect(timeout=0.2, retry_budget=0).get_doc("doc"))
    assert type(raised) is kind
    assert isinstance(raised.__cause__, requests.RequestException)
    assert (raised.status_code, raised.response_body, raised.retryable, raised.maybe_executed) == (
        None,
        None,
        True,
        True,
    )


def closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_a_service_that_is_not_there_is_a_connection_error():
    with CodaClient(TOKEN, f"http://127.0.0.1:{closed_port()}/apis/v1", retry_budget=0) as client:
        raised = failure(client.whoami)
    assert type(raised) is CodaConnectionError
    assert isinstance(raised, ConnectionError)
    assert raised.maybe_executed is False


def test_tls_where_there_is_none_is_told_at_once(coda):
    with CodaClient(TOKEN, coda.url.replace("http:", "https:"), limits=None) as client:
        raised = failure(client.whoami)
    assert type(raised) is CodaConnectionError
    assert str(raised) == "the server speaks no TLS there; is its URL one of http://?"
    assert (raised.retryable, raised.maybe_executed) == (False, False)
    coda.violations.clear()  # what it took for a request


def test_a_button_is_pressed_once_a_handshake_that_was_cut_succeeds(monkeypatch, tmp_path):
    with TlsServer(cut=1) as server, CodaClient(TOKEN, server.url, limits=None) as client:
        server.authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
        raised = failure(lambda: client.push_button("doc", "grid-1", "i-1", "c-1"))
    assert type(raised) is CodaNotFoundError  # which is all that this server answers
    assert (server.connections, server.requests) == (2, 1)


def test_the_certificate_of_where_a_link_of_coda_leads_is_not_trusted(client, coda):
    with TlsServer() as elsewhere:
        raised = failure(lambda: client._calls.transport.download(f"{elsewhere.url}/export?signature=SECRET", bytes))
    assert type(raised) is CodaCertificateError
    assert "certificate of 127.0.0.1 is not trusted" in str(raised)
    assert "SECRET" not in str(raised)


def test_errors_survive_a_pickle(hasty, coda):
    coda.fail("getDoc", error(429, "slow down", {"Retry-After": "7"}))
    raised = failure(lambda: hasty.get_doc("doc"))
    copied = pickle.loads(pickle.dumps(raised))
    assert type(copied) is CodaRateLimitError
    assert vars(copied) == vars(raised)
    assert (copied.status_code, copied.retry_after, copied.operation) == (429, 7.0, "get_doc")


@pytest.mark.parametrize("kind", [CodaAPIError, *CodaAPIError.__subclasses__()])
def test_errors_are_made_as_the_spec_says(kind):
    made = kind("because", 418, {"a": 1})
    assert (made.message, made.status_code, made.response_body, made.retry_after) == ("because", 418, {"a": 1}, None)
    bare = kind("because")
    assert (bare.status_code, bare.response_body, bare.partial) == (None, None, None)


def test_the_drawing_shows_every_error_with_what_it_also_is():
    drawn = dict(re.findall(r"(Coda\w+) +(?:\w+ ?)*.*?\((\w+)\)", coda_errors.__doc__))
    kinds = [CodaAPIError, *CodaAPIError.__subclasses__(), CodaUnsettledError]
    assert drawn == {kind.__name__: kind.__bases__[-1].__name__ for kind in kinds}
    assert {kind.__name__ for kind in kinds} <= set(module.__all__)
