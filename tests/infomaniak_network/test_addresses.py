"""Floating IPs: allocated, led to ports and servers, released."""

import time

import pytest
from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakConflictError,
    InfomaniakNotFoundError,
    InfomaniakValidationError,
)
from openstack_lab.seed import FLAVORS, IMAGES


@pytest.fixture
def address(client, router):
    made = client.allocate_floating_ip()
    yield made
    client.release_floating_ip(made["id"])


@pytest.fixture
def server(lab, client, router):
    """A server with one port on the network."""
    lab.require("nova", "glance")
    compute = client.native.compute
    made = compute.create_server(
        name="server",
        flavor_id=compute.find_flavor(FLAVORS[0][0], ignore_missing=False).id,
        image_id=client.native.image.find_image(IMAGES[0], ignore_missing=False).id,
        networks=[{"uuid": client.get_network("net")["id"]}],
    )
    compute.wait_for_server(made, interval=0.2)
    yield made
    compute.delete_server(made)
    compute.wait_for_delete(made, interval=0.2)


def found(client, address):
    return next(each for each in client.list_floating_ips() if each["id"] == address["id"])


def test_one_is_allocated_from_the_pool_without_its_name(client, address):
    assert address == {
        "id": address["id"],
        "floating_ip_address": address["floating_ip_address"],
        "fixed_ip_address": None,
        "status": "DOWN",
        "port_id": None,
        "floating_network_id": client.get_network("ext-floating1")["id"],
    }
    assert found(client, address) == address


def test_the_pool_can_be_named(client):
    made = client.allocate_floating_ip("ext-floating1", description="mail")
    assert client.native.network.get_ip(made["id"]).description == "mail"
    assert client.release_floating_ip(made["floating_ip_address"])
    assert client.list_floating_ips() == []
    with pytest.raises(InfomaniakNotFoundError):
        client.release_floating_ip(made["id"])


def test_a_network_that_is_not_external_is_no_pool(client, subnet):
    with pytest.raises(InfomaniakValidationError, match="not a valid external network"):
        client.allocate_floating_ip("net")


def test_one_is_led_to_a_port_and_away_again(client, address):
    port = client.create_port("net", name="port", fixed_ip="10.0.0.5")
    assert client.associate_floating_ip(address["floating_ip_address"], port_id="port")
    assert (found(client, address)["port_id"], found(client, address)["fixed_ip_address"]) == (port["id"], "10.0.0.5")
    assert client.disassociate_floating_ip(address["floating_ip_address"])
    assert found(client, address)["port_id"] is None


def test_one_is_led_to_a_server_by_name(client, address, server):
    (port,) = client.list_ports("net", device_id=server.id)
    assert client.associate_floating_ip(address["id"], "server")
    assert found(client, address)["port_id"] == port["id"]
    assert client.disassociate_floating_ip(address["id"])
    assert client.associate_floating_ip(address["id"], server.id, fixed_ip=port["fixed_ips"][0]["ip_address"])
    assert found(client, address)["port_id"] == port["id"]
    with pytest.raises(InfomaniakNotFoundError, match=r"has no port with 10\.9\.9\.9"):
        client.associate_floating_ip(address["id"], "server", fixed_ip="10.9.9.9")


def test_a_server_with_several_ports_needs_a_choice(client, address, server):
    attached = client.native.compute.create_server_interface(server, net_id=client.get_network("net")["id"])
    deadline = time.monotonic() + 30
    while len(ports := client.list_ports("net", device_id=server.id)) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    with pytest.raises(InfomaniakConflictError, match=attached.port_id):
        client.associate_floating_ip(address["id"], "server")
    chosen = next(port for port in ports if port["id"] == attached.port_id)
    assert client.associate_floating_ip(address["id"], "server", fixed_ip=chosen["fixed_ips"][0]["ip_address"])
    assert found(client, address)["port_id"] == attached.port_id


def test_a_port_that_no_router_connects_is_refused_in_the_services_words(client, address):
    client.create_network("island")
    client.create_subnet("island", "10.8.0.0/24")
    client.create_port("island", name="alone")
    with pytest.raises(InfomaniakNotFoundError, match="not reachable"):
        client.associate_floating_ip(address["id"], port_id="alone")
    client.delete_port("alone")
    client.delete_network("island")
