"""Names and ids, and times."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from codomyrmex.cloud.common import operation
from codomyrmex.cloud.infomaniak import InfomaniakConflictError, InfomaniakNotFoundError
from codomyrmex.cloud.infomaniak.openstack import OpenStackClient, check_id, iso


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
        check_id(wrong)


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
