import errno
import pickle
import re
import socket
import ssl
import urllib.error
import urllib.request
from unittest.mock import MagicMock

import pytest
import requests
import urllib3
from codomyrmex.cloud import errors
from codomyrmex.cloud.errors import CloudError, from_builtin
from support.tls import TlsServer


def branches(kind):
    return [kind, *(leaf for child in kind.__subclasses__() for leaf in branches(child))]


TREE = [kind for kind in branches(CloudError) if kind.__module__ == errors.__name__]


def drawn():
    """The drawing at the top of errors.py: class name to the name of its parent and the builtin beside it."""
    found, above = {}, []
    for line in errors.__doc__.splitlines():
        if match := re.fullmatch(r" {4}((?:│   |    |├── |└── )*)(\w+)(?: +\((\w+)\).*| .*)?", line):
            indent, name, builtin = match.groups()
            depth = len(indent) // 4
            above[depth:] = [name]
            found[name] = (above[depth - 1] if depth else None, builtin)
    return found


def test_the_drawing_lists_exactly_the_classes_that_exist():
    assert set(drawn()) == {kind.__name__ for kind in TREE}


def test_the_drawing_shows_each_class_below_its_parent():
    for kind in TREE[1:]:
        assert drawn()[kind.__name__][0] == kind.__bases__[0].__name__


def test_the_drawing_names_each_builtin_that_a_user_would_catch():
    for kind in TREE:
        # a branch's builtin holds for all of it, and is drawn once
        own = [base.__name__ for base in kind.__bases__[1:]]
        assert drawn()[kind.__name__][1] == (own[0] if own else None)


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (errors.PermissionDenied, PermissionError),
        (errors.OperationRefused, PermissionError),
        (errors.BucketNotFound, FileNotFoundError),
        (errors.ObjectNotFound, FileNotFoundError),
        (errors.AlreadyExists, FileExistsError),
        (errors.InvalidRequest, ValueError),
        (errors.ServiceUnavailable, ConnectionError),
        (errors.Timeout, TimeoutError),
        (errors.UnsupportedOperation, NotImplementedError),
        (errors.LocalFileError, OSError),
        (errors.LocalFileNotFound, FileNotFoundError),
        (errors.ProviderNotFoundError, LookupError),
        (errors.ProviderLoadError, ImportError),
        (errors.DuplicateProviderError, ImportError),
        (errors.IncompatibleProviderError, ImportError),
    ],
)
def test_a_leaf_is_also_the_builtin_that_a_user_would_catch(kind, builtin):
    with pytest.raises(builtin) as caught:
        raise kind("no")
    assert isinstance(caught.value, CloudError)


def test_a_missing_resource_that_is_no_file_is_no_file_error():
    assert not issubclass(errors.NotFound, OSError)


@pytest.mark.parametrize("kind", TREE)
def test_only_what_may_pass_is_retryable_by_default(kind):
    passing = {errors.RateLimited, errors.ServiceUnavailable, errors.Timeout}
    assert kind("no").retryable is (kind in passing)


def test_the_place_of_the_error_knows_better_whether_it_is_retryable():
    assert errors.Conflict("no", retryable=True).retryable is True
    assert errors.Timeout("no", retryable=False).retryable is False


def test_the_text_is_the_message_alone_where_nothing_else_is_known():
    assert str(errors.Conflict("bucket not empty")) == "bucket not empty"


def test_the_text_tells_code_and_request_id():
    error = errors.RateLimited("slow down", code="SlowDown", request_id="4442587FB7D0A2F9")
    assert str(error) == "slow down (code SlowDown, request_id 4442587FB7D0A2F9)"


def test_the_text_of_an_error_that_is_an_os_error_tells_code_and_request_id_too():
    assert str(errors.ObjectNotFound("no", code="404", request_id="x")) == "no (code 404, request_id x)"


def test_the_repr_names_the_class():
    assert repr(errors.ObjectNotFound("no object 'k'")) == """ObjectNotFound("no object 'k'")"""


def test_an_error_without_a_message_has_an_empty_one():
    assert str(CloudError()) == CloudError().message == ""


KNOWN = {
    "provider": "aws",
    "service": "storage",
    "operation": "upload_file",
    "resource": "s3://b/k",
    "code": "SlowDown",
    "request_id": "7",
    "retryable": True,
    "retry_after": 1.5,
}


@pytest.mark.parametrize("kind", TREE)
def test_every_error_survives_a_pickle(kind):
    error = kind("gone", **KNOWN)
    copied = pickle.loads(pickle.dumps(error))
    assert type(copied) is kind
    assert {name: getattr(copied, name) for name in KNOWN} == KNOWN
    assert (copied.message, str(copied), copied.args) == ("gone", str(error), ("gone",))


def test_a_plugin_error_keeps_the_names_of_its_plugin_in_a_pickle():
    error = errors.ProviderLoadError("broken")
    error.entry_point, error.distribution = "acme.storage", "acme-cloud"
    copied = pickle.loads(pickle.dumps(error))
    assert (copied.entry_point, copied.distribution) == ("acme.storage", "acme-cloud")


class CodaLikeError(CloudError):
    """A branch as a plugin makes one, with attributes of its own."""

    def __init__(self, message, status_code=None):
        super().__init__(message, code=status_code and str(status_code))
        self.status_code = status_code


def test_a_plugins_own_branch_survives_a_pickle():
    copied = pickle.loads(pickle.dumps(CodaLikeError("gone", 410)))
    assert (copied.status_code, copied.code, copied.message) == (410, "410", "gone")


@pytest.mark.parametrize(
    ("builtin", "kind"),
    [
        (TimeoutError("late"), errors.Timeout),
        (TimeoutError(), errors.Timeout),
        (OSError(errno.ETIMEDOUT, "late"), errors.Timeout),
        (ConnectionError("gone"), errors.ServiceUnavailable),
        (ConnectionResetError(errno.ECONNRESET, "reset"), errors.ServiceUnavailable),
        (BrokenPipeError(), errors.ServiceUnavailable),
        (OSError(errno.ENOSPC, "full"), errors.QuotaExceeded),
        (OSError(errno.EDQUOT, "over quota"), errors.QuotaExceeded),
        (OSError(errno.EROFS, "read-only"), errors.PermissionDenied),
        (OSError(errno.EACCES, "denied"), errors.PermissionDenied),
        (OSError(errno.EPERM, "not permitted"), errors.PermissionDenied),
        (FileNotFoundError(errno.ENOENT, "none", "/x"), errors.LocalFileNotFound),
        (IsADirectoryError(errno.EISDIR, "folder", "/x"), errors.LocalFileError),
        (OSError(errno.EIO, "Input/output error"), errors.LocalFileError),
    ],
    ids=repr,
)
def test_a_builtin_exception_has_its_place_in_the_tree(builtin, kind):
    assert type(from_builtin(builtin)) is kind


@pytest.mark.parametrize("error", [KeyError("k"), ValueError("v"), TypeError("t"), AssertionError(), RuntimeError("r")])
def test_an_exception_that_tells_a_bug_has_no_place_in_the_tree(error):
    assert from_builtin(error) is None


def test_a_permission_error_that_was_raised_without_an_errno_stays_a_permission_error():
    assert isinstance(from_builtin(PermissionError("not yours")), PermissionError)


def test_a_file_exists_error_stays_a_file_exists_error():
    assert isinstance(from_builtin(FileExistsError(errno.EEXIST, "exists", "/x")), FileExistsError)


@pytest.mark.parametrize(
    "error",
    [socket.gaierror(socket.EAI_NONAME, "unknown host"), OSError(errno.ENETUNREACH, "unreachable")],
    ids=repr,
)
def test_a_service_that_is_not_reached_is_not_taken_for_a_local_file(error):
    assert type(from_builtin(error)) is errors.ServiceUnavailable


@pytest.mark.parametrize(
    ("told_by_sdk", "kind"),
    [
        (FileNotFoundError(errno.ENOENT, "No such file"), errors.NotFound),  # paramiko's
        (FileNotFoundError("bucket/key"), errors.ObjectNotFound),  # fsspec's
        (OSError("Garbage packet received"), CloudError),  # paramiko's
        (OSError(), CloudError),
    ],
    ids=repr,
)
def test_what_an_sdk_says_in_its_own_words_is_about_no_file_of_this_machine(told_by_sdk, kind):
    told = from_builtin(told_by_sdk)
    assert type(told) is kind
    assert str(told)


def test_a_file_that_an_sdk_misses_is_no_object_that_is_missing():
    """It may be one of its settings, such as the file of authorities that ssl does not name."""
    with pytest.raises(FileNotFoundError) as caught:
        ssl.create_default_context(cafile="/nowhere/ca.pem")
    assert not isinstance(from_builtin(caught.value), errors.ObjectNotFound | errors.LocalFileError)


@pytest.fixture(scope="module")
def untrusted():
    """The port of a server whose certificate no authority vouches for."""
    with TlsServer() as server:
        yield server.port


def ask_by_ssl(port):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        ssl.create_default_context().wrap_socket(connection, server_hostname="127.0.0.1")


def ask_by_urllib(port):
    urllib.request.urlopen(f"https://127.0.0.1:{port}/?token=SECRET", timeout=5)


def ask_by_requests(port):
    requests.get(f"https://127.0.0.1:{port}/?token=SECRET", timeout=5)


@pytest.mark.parametrize(
    ("ask", "whose"),
    [(ask_by_ssl, "the server"), (ask_by_urllib, "the server"), (ask_by_requests, "127.0.0.1")],
)
def test_a_certificate_that_is_not_trusted_says_whose_and_what_to_set(untrusted, ask, whose):
    with pytest.raises(OSError) as caught:  # noqa: PT011 - of three libraries
        ask(untrusted)
    told = from_builtin(caught.value)
    assert type(told) is errors.CertificateError
    assert not told.retryable
    assert told.message == (
        f"the certificate of {whose} is not trusted: unable to get local issuer certificate; "
        "SSL_CERT_FILE (of requests: REQUESTS_CA_BUNDLE) names a file of authorities to trust"
    )


def test_a_provider_says_whose_certificate_it_is_in_a_class_of_its_own(untrusted):
    class AcmeCertificateError(errors.CertificateError):
        pass

    with pytest.raises(OSError) as caught:  # noqa: PT011
        ask_by_ssl(untrusted)
    told = errors.certificate_error(caught.value, "ACME_CA", "acme.example", AcmeCertificateError)
    assert type(told) is AcmeCertificateError
    assert str(told).startswith("the certificate of acme.example is not trusted: ")
    assert "; ACME_CA names " in str(told)


def test_an_error_after_one_of_a_certificate_is_of_its_own(untrusted, tmp_path):
    try:
        ask_by_requests(untrusted)
    except OSError:  # and now to where there is a copy
        with pytest.raises(FileNotFoundError) as missing:
            (tmp_path / "copy").read_bytes()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        with pytest.raises(requests.ConnectionError) as refused:
            requests.get(f"http://127.0.0.1:{port}/", timeout=5)
    assert type(from_builtin(missing.value)) is errors.LocalFileNotFound
    assert type(from_builtin(refused.value)) is errors.ServiceUnavailable


def test_a_name_that_urllib3_checks_itself(tmp_path):
    with TlsServer() as server:
        server.authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        pool = urllib3.PoolManager(assert_hostname="other.example", ca_certs=str(tmp_path / "ca.pem"), retries=False)
        with pool, pytest.raises(urllib3.exceptions.SSLError) as caught:
            pool.request("GET", server.url)
    told = errors.certificate_error(caught.value, "ACME_CA", "acme.example")
    assert "certificate of acme.example is not trusted: hostname 'other.example' doesn't match '127.0.0.1'" in str(told)


def test_a_proxy_that_is_not_trusted_is_not_taken_for_the_server():
    with TlsServer() as proxy, pytest.raises(requests.exceptions.ProxyError) as caught:
        requests.get("https://acme.example/", proxies={"https": proxy.url}, timeout=5)
    told = errors.certificate_error(caught.value, "ACME_CA", "acme.example")
    assert str(told).startswith("the certificate of the proxy is not trusted: ")


def test_what_tells_of_no_certificate_is_no_error_of_one():
    assert errors.certificate_error(ssl.SSLError(1, "wrong version number"), "ACME_CA") is None
    assert errors.certificate_error(ValueError("certificate"), "ACME_CA") is None


def test_the_error_of_a_file_names_it():
    assert str(from_builtin(FileNotFoundError(errno.ENOENT, "No such file", "/data/x"))) == "/data/x: No such file"


@pytest.mark.parametrize("error", [TimeoutError(), ConnectionError()])
def test_a_builtin_exception_without_a_message_gets_one(error):
    assert str(from_builtin(error))


def answer(status):
    response = requests.Response()
    response.status_code, response.url = status, "http://h/?token=SECRET"
    return response


HTTP_ERRORS = [
    (urllib.error.URLError(ConnectionRefusedError(111, "refused")), errors.ServiceUnavailable, None),
    (urllib.error.HTTPError("http://h/?token=SECRET", 404, "not there", {}, None), errors.NotFound, "404"),
    (urllib.error.HTTPError("http://h/?token=SECRET", 503, "busy", {}, None), errors.ServiceUnavailable, "503"),
    (requests.HTTPError("403 for url: http://h/?token=SECRET", response=answer(403)), errors.PermissionDenied, "403"),
    (requests.HTTPError("429 for url: http://h/?token=SECRET", response=answer(429)), errors.RateLimited, "429"),
    (requests.HTTPError("418 for url: http://h/?token=SECRET", response=answer(418)), CloudError, "418"),
    (requests.ConnectionError("http://h/?token=SECRET"), errors.ServiceUnavailable, None),
    (requests.ReadTimeout("http://h/?token=SECRET"), errors.Timeout, None),
    (requests.ConnectTimeout("http://h/?token=SECRET"), errors.Timeout, None),
]


@pytest.mark.parametrize(("error", "kind", "code"), HTTP_ERRORS, ids=[repr(case[0])[:40] for case in HTTP_ERRORS])
def test_an_error_of_an_http_library_is_no_local_file_and_tells_no_url(error, kind, code):
    told = from_builtin(error)
    assert (type(told), told.code) == (kind, code)
    assert told.retryable is (kind in (errors.ServiceUnavailable, errors.RateLimited, errors.Timeout))
    assert ("not reached" in str(told)) is (type(error) is requests.ConnectionError)
    assert ("in time" in str(told)) is (kind is errors.Timeout)
    assert "SECRET" not in repr(told)


@pytest.mark.parametrize("kind", [requests.exceptions.InvalidURL, requests.exceptions.InvalidJSONError])
def test_an_argument_that_an_http_library_cannot_take_tells_a_bug(kind):
    assert (from_builtin(kind("no")) is None) is issubclass(kind, ValueError)


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError("https://h/a/key?X-Amz-Signature=SECRET"),
        FileNotFoundError(2, "No such file", "https://user:SECRET@h/a/key"),
        ConnectionError("cannot connect to https://h/a/key?sig=SECRET: refused"),
        TimeoutError("https://h/a/key#SECRET took too long"),
    ],
    ids=repr,
)
def test_a_url_in_a_message_holds_no_secret(error):
    told = from_builtin(error)
    assert "://h/a/key" in str(told)
    assert "SECRET" not in f"{told!r} {pickle.dumps(told)!r}"
    assert not isinstance(told, errors.LocalFileError)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ECONNREFUSED, errors.ServiceUnavailable),
        (errno.ECONNRESET, errors.ServiceUnavailable),
        (errno.ETIMEDOUT, errors.Timeout),
        (errno.EEXIST, errors.AlreadyExists),
        (errno.EACCES, errors.PermissionDenied),
        (errno.ENOENT, errors.NotFound),
    ],
)
def test_a_class_of_another_library_is_what_its_number_says(number, kind):
    """Such as aiohttp's ClientConnectorError, which is an OSError with the number of what happened."""

    class ClientError(OSError):
        pass

    assert type(from_builtin(ClientError(number, "it said"))) is kind


class LazyError(Exception):
    """As errors of httpx, whose request is a property that raises where there is none."""

    @property
    def request(self):
        raise RuntimeError("The .request property has not been set.")

    @request.setter
    def request(self, value):
        raise RuntimeError

    reason = verify_message = request


def test_an_error_whose_attributes_raise_stops_nothing():
    error = ConnectionError("refused")
    error.__cause__ = LazyError()
    errors.forget_requests(error)
    assert type(from_builtin(error)) is errors.ServiceUnavailable


def test_an_answer_that_has_every_attribute_ends():
    """Tests of applications give such ones."""
    told = from_builtin(requests.HTTPError("404", response=MagicMock()))
    assert type(told) is errors.ServiceUnavailable
    errors.forget_requests(requests.HTTPError("404", response=MagicMock()))


def test_a_pickle_holds_no_cause_whatever_another_library_does_with_exceptions(run_python):
    code = """
import pickle
from codomyrmex.cloud.errors import CloudError, NotFound
import tblib.pickling_support

tblib.pickling_support.install()  # as `import distributed` does
try:
    try:
        raise RuntimeError("very-secret")
    except RuntimeError as error:
        raise NotFound("gone") from error
except CloudError as error:
    pickled = pickle.dumps(error)
assert b"very-secret" not in pickled
print(pickle.loads(pickled))
"""
    assert run_python(code) == "gone\n"


def test_what_dask_makes_of_an_error_holds_no_request_and_so_no_token(run_python):
    code = """
import pickle, socketserver, threading
from http.server import BaseHTTPRequestHandler

import requests
from codomyrmex.cloud.common import CloudClient, operation
from codomyrmex.cloud.errors import CloudError, PermissionDenied
from distributed.core import error_message


class Refusing(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(403)

    def log_message(self, *said):
        pass


class Client(CloudClient):
    @operation
    def ask(self, url):
        requests.get(url, headers={"Authorization": "Bearer very-secret"}, timeout=10).raise_for_status()

    def translate_error(self, error):
        return PermissionDenied("no")


with socketserver.TCPServer(("127.0.0.1", 0), Refusing) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        Client().ask("http://127.0.0.1:%d/" % server.server_address[1])
    except CloudError as error:
        answer = error_message(error)
    server.shutdown()
pickled = answer["exception"].data
assert b"very-secret" not in pickled
print(type(pickle.loads(pickled).__cause__).__name__, pickle.loads(pickled).__cause__.response.status_code)
"""
    assert run_python(code) == "HTTPError 403\n"
