"""``wait`` and ``timeout`` mean the same in every operation of every client."""

import inspect
import math
import select
import socket

import pytest
from codomyrmex import cloud
from codomyrmex.cloud.coda import CodaClient
from codomyrmex.cloud.common import CloudClient
from codomyrmex.cloud.common.operations import spec_of
from codomyrmex.cloud.infomaniak.newsletter import InfomaniakNewsletterClient
from codomyrmex.cloud.infomaniak.openstack import OpenStackClient

WAIT = ":param wait: return when the service has done it; if False, as soon as it has accepted it"
TIMEOUT = ":param timeout: seconds for that wait; ``math.inf`` for no end."

CLIENTS = [
    value for name in dir(cloud) if name[0].isupper()
    if inspect.isclass(value := getattr(cloud, name)) and issubclass(value, CloudClient)
]  # fmt: skip
OPERATIONS = [
    pytest.param(client, name, id=f"{client.__name__}.{name}")
    for client in CLIENTS
    for name in dir(client)
    if not name.startswith("_") and spec_of(getattr(client, name))
]

RESULT_TAKES_THE_WAIT = {
    "CodaClient.export_page",
    "CodaClient.wait_for_mutation",
    "InfomaniakDNSClient.export_zone",
    "InfomaniakNewsletterClient.import_contacts",
    "InfomaniakNewsletterClient.wait_for_task",
    "InfomaniakNewsletterClient.wait_until_sent",
}
"""What has nothing to return before the service has done it, so that there is no ``wait=False``."""

NO_TEXT = {"size": 1, "new_size": 1}


def parameters(client, name):
    return list(inspect.signature(getattr(client, name)).parameters.values())


def with_parameter(parameter):
    return [case for case in OPERATIONS if parameter in [p.name for p in parameters(*case.values)]]


def test_operations_of_all_kinds_wait():
    names = {case.id for case in with_parameter("wait")}
    assert len(names) > 40
    assert {
        "CodaClient.create_doc",
        "CodaClient.insert_rows",
        "InfomaniakComputeClient.create_instance",
        "InfomaniakComputeClient.terminate_instance",
        "InfomaniakDNSClient.import_zone",
        "InfomaniakHeatClient.update_stack",
        "InfomaniakNetworkClient.create_listener",
        "InfomaniakVolumeClient.attach_volume",
    } <= names
    assert {case.id for case in with_parameter("timeout")} - names == RESULT_TAKES_THE_WAIT


@pytest.mark.parametrize(("client", "name"), OPERATIONS)
def test_no_other_parameter_is_named_like_wait(client, name):
    alike = {p.name for p in parameters(client, name) if "wait" in p.name or p.name.startswith("timeout")}
    alike -= {"timeout_mins"}  # Heat's own, for what it does itself
    assert alike in (set(), {"timeout"}, {"wait", "timeout"})


@pytest.mark.parametrize(("client", "name"), with_parameter("wait"))
def test_an_operation_waits_unless_told_otherwise_for_so_many_seconds(client, name):
    taken = parameters(client, name)
    at = [p.name for p in taken].index("wait")
    wait, timeout = taken[at : at + 2]
    assert (wait.kind, wait.annotation, wait.default) == (wait.KEYWORD_ONLY, "bool", True)
    assert (timeout.name, timeout.kind) == ("timeout", timeout.KEYWORD_ONLY)
    if "timeout_mins" in [p.name for p in taken]:  # the default is a little more than those
        assert (timeout.annotation, timeout.default) == ("float | None", None)
    else:
        assert timeout.annotation == "float"
        assert timeout.default > 0


@pytest.mark.parametrize(("client", "name"), with_parameter("wait"))
def test_the_documentation_says_it_in_the_same_words(client, name):
    documentation = inspect.getdoc(getattr(client, name))
    assert WAIT in documentation
    assert TIMEOUT in documentation


@pytest.fixture
def service():
    """A service that would hear of any request: a socket that listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def refuse(service):
    """``refuse(client, name, wait=30)``: the error of an operation, before which no service was asked."""
    url = f"http://127.0.0.1:{service.getsockname()[1]}"

    def refuse(client, name, **options):
        if issubclass(client, OpenStackClient):
            made = client.from_credentials("id", "secret", url)
        elif client is CodaClient:
            made = client("token", url)
        else:
            assert client is InfomaniakNewsletterClient
            made = client("token", 1, base_url=url)
        required = [
            p.name for p in parameters(client, name)[1:] if p.default is p.empty and p.kind is not p.VAR_KEYWORD
        ]
        arguments = {each: NO_TEXT.get(each, "name") for each in required}
        with made, pytest.raises((TypeError, ValueError)) as caught:
            getattr(made, name)(**arguments, **options)
        assert not select.select([service], [], [], 0)[0]
        return repr(caught.value)

    return refuse


@pytest.mark.parametrize(("client", "name"), with_parameter("wait"))
def test_seconds_where_a_yes_or_no_belongs_are_refused_at_once(client, name, refuse):
    message = "wait must be True or False, not int; for seconds give timeout=30"
    assert refuse(client, name, wait=30) == f"TypeError('{message}')"


@pytest.mark.parametrize(("client", "name"), with_parameter("timeout"))
def test_no_seconds_are_refused_at_once(client, name, refuse):
    for wrong in (0, -5, math.nan, -math.inf):
        assert refuse(client, name, timeout=wrong) == f"ValueError('timeout must be positive seconds, not {wrong}')"
    for wrong in (True, "5"):
        message = f"timeout must be a number of seconds, not {type(wrong).__name__}"
        assert refuse(client, name, timeout=wrong) == f"TypeError('{message}')"
