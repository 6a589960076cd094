"""Waiting until a resource is in a state, or gone; what is told on the way, and who interrupts it."""

import socket
import time
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from types import SimpleNamespace

import pytest
from codomyrmex.cloud.infomaniak import (
    InfomaniakCloudError,
    InfomaniakConnectionError,
    InfomaniakServerError,
    InfomaniakTimeoutError,
)
from codomyrmex.cloud.infomaniak.openstack import ResourceStatus, wait, wait_gone
from openstack.exceptions import EndpointNotFound, HttpException, NotFoundException
from support.interrupts import IN_A_REQUEST, IN_THE_PAUSE, interrupt, notes_of_interrupt

GOES_ON = ["the service goes on with server 0f3c"]
DELETION_GOES_ON = ["the service goes on with the deletion of server 0f3c"]


def states(*names, **attributes):
    """What a service answers for a server, one state after the other; the last for ever."""
    left = list(names)

    def get(server_id):
        assert server_id == "0f3c"
        return SimpleNamespace(status=left.pop(0) if len(left) > 1 else left[0], name="vm", **attributes)

    return get


def wait_for(get, until=("ACTIVE",), **options):
    return wait(get, "server", "0f3c", until=until, **{"timeout": 30, "interval": 0.01, **options})


def wait_for_end_of(get, **options):
    return wait_gone(get, "server", "0f3c", **{"timeout": 30, "interval": 0.01, **options})


# States


def test_waiting_ends_in_the_wanted_state_and_tells_its_progress():
    told = []
    get = states("BUILD", "BUILD", "ACTIVE", progress=40)
    assert wait_for(get, until={"active"}, progress=told.append).status == "ACTIVE"
    assert told == [("server", "0f3c", state, 40) for state in ("BUILD", "BUILD", "ACTIVE")]
    assert (told[0].kind, told[0].id, told[0].state, told[0].percent) == ("server", "0f3c", "BUILD", 40)


@pytest.mark.parametrize(("attributes", "percent"), [({}, None), ({"progress": None}, None), ({"progress": 0}, None)])
def test_what_the_service_does_not_measure_has_no_percentage(attributes, percent):
    told = []
    wait_for(states("ACTIVE", **attributes), progress=told.append)
    assert [status.percent for status in told] == [percent]


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (ResourceStatus("server", "0f3c", "BUILD", 40), "server 0f3c: BUILD 40 %"),
        (ResourceStatus("load balancer", "77", "PENDING_CREATE"), "load balancer 77: PENDING_CREATE"),
    ],
)
def test_progress_is_a_line_for_people(status, line):
    assert str(status) == f"{status}" == line


def test_waiting_for_anything_that_a_resource_tells():
    assert wait_for(states("a", "b"), until=lambda r: r.status == "b").status == "b"


def test_waiting_has_an_end():
    started = time.monotonic()
    with pytest.raises(InfomaniakTimeoutError, match=r"server vm is still in state BUILD after 0\.3 seconds") as caught:
        wait_for(states("BUILD"), timeout=0.3)
    assert 0.3 <= time.monotonic() - started < 1
    assert (caught.value.resource, caught.value.retryable) == ("0f3c", False)


def test_the_seconds_of_a_wait_may_have_begun_before():
    with pytest.raises(InfomaniakTimeoutError, match="after 30 seconds"):
        wait_for(states("BUILD"), timeout=30, since=time.monotonic() - 60)
    with pytest.raises(InfomaniakTimeoutError, match="after 30 seconds"):
        wait_for_end_of(states("ACTIVE"), timeout=30, since=time.monotonic() - 60)


@pytest.mark.parametrize("failures", [("error",), lambda r: r.status == "ERROR"])
def test_a_state_of_failure_ends_waiting_with_what_the_service_says(failures):
    get = states("BUILD", "ERROR", fault={"message": "No valid host was found"})
    with pytest.raises(InfomaniakCloudError, match=r"^server vm is in state ERROR: No valid host was found") as caught:
        wait_for(get, failures=failures, reason=lambda r: "another")
    assert (caught.value.code, caught.value.resource) == ("ERROR", "0f3c")


@pytest.mark.parametrize(("reason", "message"), [("no disk", "is in state ERROR: no disk"), ("", "is in state ERROR")])
def test_a_reason_that_the_resource_does_not_tell_is_asked_for(reason, message):
    with pytest.raises(InfomaniakCloudError) as caught:
        wait_for(states("ERROR"), reason=lambda r: r.status == "ERROR" and reason)
    assert caught.value.message == f"server vm {message}"


def failing(error):
    def get(server_id):
        raise error

    return get


def test_what_keeps_a_wait_from_asking_says_for_what_it_was():
    with pytest.raises(InfomaniakServerError) as caught:
        wait_for(failing(HttpException(http_status=503)))
    assert (caught.value.status_code, caught.value.resource) == (503, "0f3c")
    assert not caught.value.retryable  # the same call would begin it once more
    with pytest.raises(InfomaniakConnectionError) as caught:
        wait_for_end_of(failing(InfomaniakConnectionError("no connection")))
    assert (caught.value.resource, caught.value.retryable) == ("0f3c", False)


def test_an_error_that_names_another_resource_keeps_it():
    with pytest.raises(InfomaniakServerError) as caught:
        wait_for(states("BUILD"), progress=failing(InfomaniakServerError(resource="another")))
    assert caught.value.resource == "another"


def test_a_service_that_the_region_lacks_is_for_the_client_to_name():
    with pytest.raises(EndpointNotFound):
        wait_for(failing(EndpointNotFound("no endpoint for compute")))


def test_waiting_until_a_resource_is_gone(lab, member):
    lab.require("neutron")
    service = member.connection.network
    network = service.create_network(name="gone")
    service.delete_network(network)
    assert wait_gone(service.get_network, "network", network.id, timeout=5) is None
    assert wait_for_end_of(states("ACTIVE", "SOFT_DELETED")) is None
    assert wait_for_end_of(lambda server_id: None) is None


def test_a_resource_that_says_deleted_and_is_still_there_is_not_gone_yet():
    states_left, told = ["ACTIVE", "DELETED", "DELETED"], []

    def get(server_id):
        if not states_left:
            raise NotFoundException
        return SimpleNamespace(status=states_left.pop(0), name="vm")

    assert wait_for_end_of(get, progress=told.append) is None
    assert states_left == []
    assert told == [("server", "0f3c", state, None) for state in ("ACTIVE", "DELETED", "DELETED", "DELETED")]


def test_a_resource_that_does_not_go():
    with pytest.raises(InfomaniakTimeoutError) as caught:
        wait_for_end_of(states("ACTIVE"), timeout=0.1)
    assert caught.value.resource == "0f3c"
    with pytest.raises(InfomaniakCloudError, match="error_deleting") as caught:
        wait_for_end_of(states("deleting", "error_deleting"))
    assert caught.value.resource == "0f3c"


# Interrupts


@pytest.fixture
def silent():
    """What asks a service for a server, and gets no answer."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def get(server_id):
            with closing(HTTPConnection(*listening.getsockname(), timeout=30)) as connection:
                connection.request("GET", f"/servers/{server_id}")
                return connection.getresponse()

        yield get


waits = pytest.mark.parametrize(("wait", "notes"), [(wait_for, GOES_ON), (wait_for_end_of, DELETION_GOES_ON)])


@waits
def test_who_interrupts_the_pause_is_told_what_goes_on(wait, notes):
    assert notes_of_interrupt(partial(wait, states("BUILD"), interval=30), when=IN_THE_PAUSE) == notes


@waits
def test_who_interrupts_a_request_is_told_what_goes_on(wait, notes, silent):
    assert notes_of_interrupt(partial(wait, silent), when=IN_A_REQUEST) == notes


@waits
def test_who_interrupts_by_the_callback_is_told_what_goes_on(wait, notes):
    assert notes_of_interrupt(partial(wait, states("BUILD"), progress=interrupt)) == notes


def test_a_wait_within_a_wait_tells_it_once():
    def reason(server):
        return str(wait_for(states("ERROR"), failures=(), interval=30))

    assert notes_of_interrupt(partial(wait_for, states("ERROR"), reason=reason), when=IN_THE_PAUSE) == GOES_ON


def test_what_was_begun_may_be_another_than_what_is_watched():
    notes = notes_of_interrupt(partial(wait_for, states("BUILD"), begun="volume 77", progress=interrupt))
    assert notes == ["the service goes on with volume 77"]
