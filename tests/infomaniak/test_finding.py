"""Names and ids, times, and waiting."""

import time
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from codomyrmex.cloud.common import operation
from codomyrmex.cloud.infomaniak import (
    InfomaniakCloudError,
    InfomaniakConflictError,
    InfomaniakNotFoundError,
    InfomaniakTimeoutError,
)
from codomyrmex.cloud.infomaniak.openstack import OpenStackClient, is_id, iso, wait, wait_gone
from openstack.exceptions import NotFoundException


class Networks(OpenStackClient):
    @operation
    def find(self, name_or_id):
        network = self.connection.network
        return self._find(network.find_network, name_or_id, "network", network.networks)


@pytest.fixture(scope="module")
def networks(openstack_lab):
    """A project's networks: two of one name, one whose name is a path."""
    openstack_lab.require("neutron")
    project = openstack_lab.new_project()
    made = [
        project.connection.network.create_network(name=name) for name in ("one", "two", "two", "../networks", "a/b")
    ]
    yield project, {(network.name, n): network.id for n, network in enumerate(made)}
    for network in made:
        project.connection.network.delete_network(network)


@pytest.fixture
def client(networks, connect):
    return connect(Networks, of=networks[0].application_credential())


def test_a_resource_is_found_by_name_and_by_id(client, networks):
    (expected,) = [uid for (name, _), uid in networks[1].items() if name == "one"]
    assert client.find("one").id == client.find(expected).id == expected


@pytest.mark.parametrize("name", ["../networks", "a/b"])
def test_a_name_that_looks_like_a_path_is_a_name(client, networks, name):
    (expected,) = [uid for (other, _), uid in networks[1].items() if other == name]
    assert client.find(name).id == expected


def test_a_name_that_means_two_is_a_conflict_that_tells_the_ids(client, networks):
    with pytest.raises(InfomaniakConflictError, match="more than one network is named 'two'") as caught:
        client.find("two")
    assert all(uid in caught.value.message for (name, _), uid in networks[1].items() if name == "two")


@pytest.mark.parametrize("name", ["nope", "..", ".", "no/pe", "../security-groups", "one?fields=id", "%2e%2e"])
def test_what_is_not_there_is_not_found(client, name):
    with pytest.raises(InfomaniakNotFoundError, match="no network has the id or name") as caught:
        client.find(name)
    assert caught.value.resource == name


@pytest.mark.parametrize(("wrong", "error"), [("", ValueError), (None, TypeError), (5, TypeError)])
def test_what_is_no_name_is_refused(client, wrong, error):
    with pytest.raises(error):
        client.find(wrong)


@pytest.mark.parametrize("wrong", ["", ".", "..", "a/b", "../x", "a?b", "a#b", "a%2fb", "a\\b"])
def test_what_would_lead_elsewhere_is_no_id(wrong):
    with pytest.raises(ValueError, match="id"):
        is_id(wrong)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, None),
        ("", None),
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        ("2026-01-31T12:00:00.000000", "2026-01-31T12:00:00Z"),
        ("2026-01-31T14:00:00+02:00", "2026-01-31T12:00:00Z"),
        ("2026-01-31T12:00:00.25", "2026-01-31T12:00:00.250000Z"),
        (datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=1))), "2026-01-31T11:00:00Z"),
        (datetime(2026, 1, 31, 12, tzinfo=UTC), "2026-01-31T12:00:00Z"),
    ],
)
def test_times_are_iso_8601_in_utc(given, expected):
    assert iso(given) == expected


def states(*names, **attributes):
    """What a service answers, one state after the other; the last for ever."""
    left = list(names)
    return lambda: SimpleNamespace(status=left.pop(0) if len(left) > 1 else left[0], name="vm", **attributes)


def test_waiting_ends_in_the_wanted_state_and_tells_its_progress():
    told = []
    get = states("BUILD", "BUILD", "ACTIVE", progress=40)
    done = wait(get, until={"active"}, timeout=5, interval=0.01, progress=lambda *seen: told.append(seen))
    assert done.status == "ACTIVE"
    assert told == [("BUILD", 40), ("BUILD", 40), ("ACTIVE", 40)]


def test_waiting_for_anything_that_a_resource_tells():
    assert wait(states("a", "b"), until=lambda r: r.status == "b", timeout=5, interval=0.01).status == "b"


def test_waiting_has_an_end():
    started = time.monotonic()
    with pytest.raises(InfomaniakTimeoutError, match=r"vm is still in state BUILD after 0\.3 seconds"):
        wait(states("BUILD"), until={"ACTIVE"}, timeout=0.3)
    assert 0.3 <= time.monotonic() - started < 1


def test_a_state_of_failure_ends_waiting_with_what_the_service_says():
    with pytest.raises(InfomaniakCloudError, match="vm is in state ERROR: No valid host was found"):
        wait(states("BUILD", "ERROR", fault={"message": "No valid host was found"}), until={"ACTIVE"}, timeout=5)


def test_waiting_until_a_resource_is_gone(client):
    network = client.connection.network.create_network(name="gone")
    client.connection.network.delete_network(network)
    assert wait_gone(lambda: client.connection.network.get_network(network.id), timeout=5) is None
    assert wait_gone(states("ACTIVE", "SOFT_DELETED"), timeout=5, interval=0.01) is None
    assert wait_gone(lambda: None, timeout=5) is None


def test_a_resource_that_says_deleted_and_is_still_there_is_not_gone_yet():
    states_left = ["ACTIVE", "DELETED", "DELETED"]

    def get():
        if not states_left:
            raise NotFoundException
        return SimpleNamespace(status=states_left.pop(0), name="vm")

    assert wait_gone(get, timeout=5, interval=0.01) is None
    assert states_left == []


def test_a_resource_that_does_not_go():
    with pytest.raises(InfomaniakTimeoutError):
        wait_gone(states("ACTIVE"), timeout=0.1)
    with pytest.raises(InfomaniakCloudError, match="error_deleting"):
        wait_gone(states("deleting", "error_deleting"), timeout=5, interval=0.01)
