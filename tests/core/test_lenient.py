"""The spec's results on failure (spec section 8), and how they tell what happened."""

import logging
import pickle
import threading

import pytest
from codomyrmex.cloud import get_client, register
from codomyrmex.cloud.common import CloudClient, lenient, operation
from codomyrmex.cloud.errors import CloudError, NotFound, ServiceUnavailable


class Mail(CloudClient):
    provider, service = "acme", "mail"
    recipe = ()

    def __init__(self, error=None, *, other=None, strict=False):
        self.error, self.other, self.strict = error, other, strict

    @operation
    def call(self, box="inbox"):
        if self.error:
            raise self.error
        return "done"

    @lenient(False)
    def as_bool(self):
        return self.call()

    @lenient([])
    def as_list(self):
        return self.call()

    @lenient(None)
    def as_none(self):
        return self.call()

    @lenient({})
    def as_dict(self):
        return self.call()

    @lenient(b"")
    def as_bytes(self):
        return self.call()

    @lenient(lambda error: {"valid": False, "error": str(error)})
    def as_made(self):
        return self.call()

    @lenient("outer failed")
    def outer(self):
        """An outer method that would not see a failure if the inner one returned False."""
        self.as_bool()
        return "outer went on"

    @lenient("outer failed")
    def outer_of_other(self):
        return self.other.as_bool()


RESULTS = {"as_bool": False, "as_list": [], "as_none": None, "as_dict": {}, "as_bytes": b""}


@pytest.fixture
def error():
    return NotFound("no such box", code="404", request_id="req-7")


@pytest.mark.parametrize("method", RESULTS)
def test_a_failure_gives_the_result_of_the_spec(method, error):
    result = getattr(Mail(error), method)()
    assert result == RESULTS[method]
    assert type(result) is type(RESULTS[method])


@pytest.mark.parametrize("method", ["as_list", "as_dict"])
def test_each_failure_gives_a_result_of_its_own(method, error):
    client = Mail(error)
    first, second = getattr(client, method)(), getattr(client, method)()
    assert first is not second


def test_a_result_may_be_made_from_the_error(error):
    assert Mail(error).as_made() == {"valid": False, "error": "no such box (code 404, request_id req-7)"}


@pytest.mark.parametrize("method", RESULTS)
def test_a_success_gives_its_own_result(method):
    assert getattr(Mail(), method)() == "done"


@pytest.mark.parametrize("method", [*RESULTS, "as_made"])
def test_a_strict_client_raises(method, error):
    client = Mail(error, strict=True)
    with pytest.raises(NotFound) as caught:
        getattr(client, method)()
    assert caught.value is error
    assert client.last_error is error


@pytest.mark.parametrize("method", ["as_bool", "as_list"])
def test_what_get_client_makes_raises(method, error, clean_slate):
    register("acme.mail", Mail)
    with pytest.raises(type(error)):
        getattr(get_client("acme", "mail", error=error), method)()


def test_get_client_makes_a_lenient_client_where_it_is_told_to(error, clean_slate):
    register("acme.mail", Mail)
    assert get_client("acme", "mail", error=error, strict=False).as_bool() is False


def test_a_client_is_as_strict_after_a_pickle(clean_slate):
    register("acme.mail", Mail)
    assert pickle.loads(pickle.dumps(get_client("acme", "mail"))).strict
    assert not pickle.loads(pickle.dumps(Mail())).strict


def test_what_a_service_refuses_is_kept_as_the_last_error(error):
    client = Mail(error)
    client.as_bool()
    assert client.last_error is error
    assert (error.provider, error.operation, error.resource) == ("acme", "call", None)


def test_a_builtin_exception_is_kept_as_an_error_of_the_tree():
    client = Mail(ConnectionResetError("reset"))
    assert client.as_list() == []
    assert type(client.last_error) is ServiceUnavailable


def test_there_is_no_last_error_after_a_success(error):
    client = Mail(error)
    client.as_bool()
    client.error = None
    client.as_bool()
    assert client.last_error is None


def test_the_last_error_is_of_this_thread(error):
    client, seen = Mail(error), []
    client.as_bool()
    other = threading.Thread(target=lambda: seen.append(client.last_error))
    other.start()
    other.join()
    assert seen == [None]
    assert client.last_error is error


def test_the_last_error_is_of_this_client(error):
    client, other = Mail(error), Mail()
    client.as_bool()
    assert other.last_error is None


def test_a_failure_within_another_method_of_the_client_makes_that_fail(error):
    client = Mail(error)
    assert client.outer() == "outer failed"
    assert client.last_error is error


def test_a_failure_within_another_method_of_the_client_is_logged_once(error, caplog):
    Mail(error).outer()
    assert len(caplog.records) == 1


def test_a_client_is_lenient_again_after_a_failure_within(error):
    client = Mail(error)
    client.outer()
    assert client.as_bool() is False


def test_another_client_within_stays_lenient(error):
    client = Mail(other=Mail(error))
    assert client.outer_of_other() is False
    assert client.last_error is None
    assert client.other.last_error is error


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("mistake", [ValueError("empty name"), TypeError("not bytes")])
def test_a_mistake_of_the_caller_raises_in_both_modes(mistake, strict):
    with pytest.raises(type(mistake)):
        Mail(mistake, strict=strict).as_bool()


@pytest.mark.parametrize("bug", [KeyError("k"), AttributeError("a")])
def test_a_bug_raises(bug):
    with pytest.raises(type(bug)):
        Mail(bug).as_bool()


def test_a_failure_is_logged_with_provider_operation_and_request_id(error, caplog):
    Mail(error).as_list()
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("codomyrmex.cloud.acme", logging.ERROR)
    assert record.getMessage() == "acme call failed: NotFound: no such box (code 404, request_id req-7)"


def test_a_failure_is_logged_with_its_resource(caplog):
    Mail(NotFound("none", resource="inbox")).as_list()
    assert caplog.messages == ["acme call inbox failed: NotFound: none"]


def test_a_failure_outside_of_an_operation_is_logged_by_the_methods_name(caplog):
    class Bare(CloudClient):
        provider = "bare"

        @lenient(False)
        def send(self):
            raise CloudError("no")

    assert Bare().send() is False
    assert caplog.messages == ["bare send failed: CloudError: no"]


def test_nothing_is_logged_when_nothing_is_swallowed(error, caplog):
    Mail().as_bool()
    with pytest.raises(NotFound):
        Mail(error, strict=True).as_bool()
    assert not caplog.records


def test_a_lenient_method_keeps_its_name_and_its_documentation():
    assert (Mail.outer.__name__, Mail.outer.__doc__.split()[0]) == ("outer", "An")
