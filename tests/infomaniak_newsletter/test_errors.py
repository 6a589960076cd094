"""Every method fails in both faces: an error where the client is strict, else the spec's result and ``last_error``."""

import logging
import pickle

import pytest
import requests
from codomyrmex.cloud import errors as tree
from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakAuthError,
    InfomaniakCertificateError,
    InfomaniakCloudError,
    InfomaniakConflictError,
    InfomaniakConnectionError,
    InfomaniakForbiddenError,
    InfomaniakNotFoundError,
    InfomaniakQuotaExceededError,
    InfomaniakRateLimitError,
    InfomaniakServerError,
    InfomaniakTimeoutError,
    InfomaniakValidationError,
)
from codomyrmex.cloud.infomaniak.newsletter import InfomaniakNewsletterClient, InfomaniakOutcomeUnknownError
from codomyrmex.cloud.testing.services._http import Response
from codomyrmex.cloud.testing.services.newsletter import error
from support.tls import TlsServer

from .calls import CALLS, ONCE, OUTLASTS

KINDS = {
    400: (InfomaniakValidationError, tree.InvalidRequest, ValueError),
    401: (InfomaniakAuthError, tree.AuthenticationError, Exception),
    402: (InfomaniakQuotaExceededError, tree.QuotaExceeded, Exception),
    403: (InfomaniakForbiddenError, tree.PermissionDenied, PermissionError),
    404: (InfomaniakNotFoundError, tree.NotFound, Exception),
    409: (InfomaniakConflictError, tree.Conflict, Exception),
    410: (InfomaniakNotFoundError, tree.NotFound, Exception),
    418: (InfomaniakCloudError, tree.CloudError, Exception),
    422: (InfomaniakValidationError, tree.InvalidRequest, ValueError),
    429: (InfomaniakRateLimitError, tree.RateLimited, Exception),
    500: (InfomaniakServerError, tree.ServiceUnavailable, ConnectionError),
    503: (InfomaniakServerError, tree.ServiceUnavailable, ConnectionError),
}
methods = pytest.mark.parametrize("method", CALLS)


@pytest.fixture
def hasty(connect):
    """A client that repeats nothing."""
    return connect(retry_budget=0)


def failure(call, client):
    with pytest.raises(InfomaniakCloudError) as caught:
        call(client)
    return caught.value


def test_every_method_is_here():
    client = InfomaniakNewsletterClient
    assert set(CALLS) == {name for name in dir(client) if hasattr(getattr(client, name), "__operation__")}


@methods
def test_every_failure_of_every_method_raises_where_the_client_is_strict(hasty, service, method):
    operation, call, _ = CALLS[method]
    for status in (400, 401, 403, 404, 422, *(() if method in OUTLASTS else (429, 500))):
        service.fail(operation, error(status, "because"))
        raised = failure(call, hasty)
        assert (raised.provider, raised.service, raised.operation) == ("infomaniak", "newsletter", method)
        if status == 500 and method in ONCE:
            assert type(raised) is InfomaniakOutcomeUnknownError
            raised = raised.__cause__
        assert (type(raised), raised.message, raised.status_code) == (KINDS[status][0], "because", status)
        assert service.requests[-1].operation == operation


@methods
def test_every_failure_of_every_method_is_the_specs_result_where_it_is_not(connect, service, caplog, method):
    client = connect(retry_budget=0, strict=False)
    operation, call, result = CALLS[method]
    service.fail(operation, error(401, "because"))
    with caplog.at_level(logging.ERROR):
        assert call(client) == result
    assert "because" in str(client.last_error)
    [record] = caplog.records
    assert (record.name, record.levelname) == ("codomyrmex.cloud.infomaniak", "ERROR")
    assert method in record.message
    assert client.list_templates() != []
    assert client.last_error is None


@pytest.mark.parametrize("status", KINDS)
def test_an_error_is_also_that_of_the_tree_and_the_builtin(hasty, service, status):
    service.fail("credits", error(status, "because"))
    raised = failure(CALLS["get_credits"][1], hasty)
    kind, leaf, builtin = KINDS[status]
    assert type(raised) is kind
    assert isinstance(raised, leaf)
    assert isinstance(raised, builtin)
    assert raised.retryable is (status == 429 or status >= 500)


def test_an_error_tells_the_services_code_and_each_argument_it_refuses(hasty, service):
    causes = [("subject", "validation.required"), ("lang", "validation.in")]
    answer = error(422, "Validation failed", *causes, headers={"X-Request-Id": "r-1"})
    service.fail("update_campaign", answer)
    raised = failure(CALLS["update_campaign"][1], hasty)
    assert str(raised) == (
        "Validation failed; subject: validation.required; lang: validation.in (code validation_failed, request_id r-1)"
    )
    assert raised.resource == "campaigns/7"


@pytest.mark.parametrize(
    ("code", "kind"),
    [("not_authorized", InfomaniakAuthError), ("access_denied", InfomaniakForbiddenError),
     ("object_not_found", InfomaniakNotFoundError), ("bad_request", InfomaniakValidationError),
     ("unexpected_error", InfomaniakServerError), ("something_new", InfomaniakCloudError)],
)  # fmt: skip
def test_an_error_that_comes_with_status_200_is_one(hasty, service, code, kind):
    service.fail("credits", error(200, "because", code=code))
    raised = failure(CALLS["get_credits"][1], hasty)
    assert (type(raised), raised.code) == (kind, code)


BODIES = [b"", b"null", b"[]", b'"text"', b"{}",
          b'{"error": null}', b'{"error": "no"}', b'{"error": {"errors": [1]}}',
          b'{"error": {"code": 7, "description": {"a": 1}, "errors": {"a": 1}}}',
          b'{"error": {"errors": [{"context": 7}, {}]}}', b"<html>502</html>", b"\xff\xfe",
          b'{"error": {"co']  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=repr)
@pytest.mark.parametrize("status", [404, 502])
def test_an_error_with_any_body_keeps_its_status(hasty, service, status, body):
    service.fail("credits", Response(status, body))
    raised = failure(CALLS["get_credits"][1], hasty)
    assert (type(raised), raised.status_code) == (KINDS.get(status, KINDS[500])[0], status)
    assert str(raised)


@pytest.mark.parametrize("body", [b"<html>Log in</html>", b"[]", b"null", b'"x"'], ids=repr)
def test_a_success_that_is_no_json_object_is_an_error(hasty, service, body):
    service.fail("credits", Response(200, body))
    assert failure(CALLS["get_credits"][1], hasty).status_code == 200


@pytest.mark.parametrize("body", [{"result": "success"}, {"result": "success", "data": None}])
def test_a_success_without_data_is_no_failure(hasty, service, body):
    service.fail("update_group", Response(200, body))
    assert hasty.update_mailing_list(7, name="n") == {}
    service.fail("delete_group", Response(200, body))
    assert hasty.delete_mailing_list(7) is True
    service.fail("create_group", Response(201, body))
    with pytest.raises(InfomaniakOutcomeUnknownError, match="the answer holds no data"):
        hasty.create_mailing_list("n")


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_is_not_followed_with_the_token(hasty, service, status):
    service.fail("credits", Response(status, b"", {"Location": "http://127.0.0.1:9/"}))
    assert failure(CALLS["get_credits"][1], hasty).status_code == status


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("reset", InfomaniakConnectionError),
     ("truncated", InfomaniakConnectionError), ("stalled", InfomaniakTimeoutError)],
)  # fmt: skip
def test_a_connection_that_fails_is_an_error_of_the_client(connect, service, fault, kind):
    service.fail("credits", fault=fault, executed=True)
    raised = failure(CALLS["get_credits"][1], connect(timeout=0.2, retry_budget=0))
    assert (type(raised), raised.status_code, raised.retryable) == (kind, None, True)
    assert raised.__cause__ is not None


def test_tls_where_there_is_none_is_told_at_once(connect, service):
    client = connect(base_url=service.url.replace("http:", "https:"))
    raised = failure(CALLS["create_mailing_list"][1], client)
    assert (type(raised), raised.retryable) == (InfomaniakConnectionError, False)
    assert str(raised) == "the server speaks no TLS there; is its URL one of http://?"
    service.violations.clear()  # what it took for a request


def test_what_must_not_be_done_twice_was_not_done_where_the_certificate_is_not_trusted(connect):
    with TlsServer() as server:
        raised = failure(CALLS["create_mailing_list"][1], connect(base_url=server.url))
    assert (type(raised), raised.retryable) == (InfomaniakCertificateError, False)
    assert isinstance(raised.__cause__, requests.exceptions.SSLError)
    assert (server.connections, server.requests) == (1, 0)


def test_what_must_not_be_done_twice_is_sent_again_after_a_handshake_that_was_cut(connect, monkeypatch, tmp_path):
    with TlsServer(cut=1) as server:
        server.authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
        raised = failure(CALLS["create_mailing_list"][1], connect(base_url=server.url))
    assert type(raised) is InfomaniakNotFoundError  # which is all that this server answers
    assert (server.connections, server.requests) == (2, 1)


def test_errors_survive_a_pickle(hasty, service):
    service.fail("create_group", error(500))
    raised = failure(CALLS["create_mailing_list"][1], hasty)
    copied = pickle.loads(pickle.dumps(raised))
    assert type(copied) is InfomaniakOutcomeUnknownError
    assert vars(copied) == vars(raised)
