"""Networks, subnets, ports and routers, from the first call to nothing being left."""

import pytest
from codomyrmex.cloud import errors
from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakConflictError,
    InfomaniakForbiddenError,
    InfomaniakNotFoundError,
    InfomaniakQuotaExceededError,
    InfomaniakValidationError,
)


def test_a_network_is_made_found_by_id_and_name_and_deleted(client):
    made = client.create_network("made", description="for a while")
    assert made == {
        "id": made["id"],
        "name": "made",
        "status": "ACTIVE",
        "is_shared": False,
        "is_external": False,
        "subnets": [],
    }
    assert client.get_network("made") == client.get_network(made["id"]) == made
    assert made in client.list_networks()
    assert client.native.network.get_network(made["id"]).description == "for a while"
    assert client.delete_network("made")
    assert "made" not in [each["name"] for each in client.list_networks()]


def test_external_networks_are_listed_as_such(client):
    external = {each["name"]: each["is_external"] for each in client.list_networks()}
    assert external["ext-floating1"] is True


def test_a_subnet_has_what_was_asked_for(client, network):
    made = client.create_subnet(
        "net",
        "10.1.0.0/24",
        name="servers",
        gateway_ip="10.1.0.254",
        enable_dhcp=False,
        dns_nameservers=["192.0.2.53"],
        allocation_pools=[{"start": "10.1.0.10", "end": "10.1.0.20"}],
    )
    assert made == {
        "id": made["id"],
        "name": "servers",
        "network_id": network["id"],
        "cidr": "10.1.0.0/24",
        "ip_version": 4,
        "gateway_ip": "10.1.0.254",
        "enable_dhcp": False,
        "dns_nameservers": ["192.0.2.53"],
        "allocation_pools": [{"start": "10.1.0.10", "end": "10.1.0.20"}],
    }
    assert client.get_subnet("servers") == made
    assert client.list_subnets("net") == [made]
    assert client.get_network("net")["subnets"] == [made["id"]]
    assert client.delete_subnet("servers")
    assert client.list_subnets("net") == []


def test_a_subnet_may_be_of_ipv6_and_without_gateway(client, network):
    assert client.create_subnet("net", "2001:db8::/64")["ip_version"] == 6
    made = client.create_subnet("net", "10.2.0.0/24", no_gateway=True)
    assert (made["gateway_ip"], made["enable_dhcp"]) == (None, True)


@pytest.mark.parametrize(
    ("call", "arguments", "options"),
    [
        ("create_subnet", ("net", "10.0.0.0"), {"gateway_ip": "10.0.0.1", "no_gateway": True}),
        ("create_subnet", ("net", "10.0.0.0/33"), {}),
        ("add_router_interface", ("router",), {}),
        ("add_router_interface", ("router", "sub"), {"port_id": "port"}),
        ("remove_router_interface", ("router",), {}),
        ("delete_network", ("",), {}),
        ("add_security_group_rule", ("default",), {"direction": "in"}),
        ("add_security_group_rule", ("default",), {"ethertype": "ipv4"}),
        ("delete_security_group_rule", ("../networks/x",), {}),
        ("associate_floating_ip", ("192.0.2.1",), {}),
        ("associate_floating_ip", ("192.0.2.1", "server"), {"port_id": "port"}),
        ("create_loadbalancer", ("lb",), {}),
        ("create_pool", ("pool", "HTTP"), {}),
    ],
)
def test_arguments_that_can_never_work_raise_at_once(lenient, call, arguments, options):
    with pytest.raises(ValueError, match=r".") as caught:
        getattr(lenient, call)(*arguments, **options)
    assert not isinstance(caught.value, errors.CloudError)


def test_a_port_has_its_address_and_its_groups(client, subnet):
    made = client.create_port("net", name="port", fixed_ip="10.0.0.9", security_groups=["default"])
    assert made["fixed_ips"] == [{"subnet_id": subnet["id"], "ip_address": "10.0.0.9"}]
    assert len(made["security_groups"]) == 1
    assert client.create_port("net", name="open", security_groups=[])["security_groups"] == []
    assert sorted(port["name"] for port in client.list_ports("net")) == ["open", "port"]
    assert client.list_ports("net", device_id="nobody") == []
    assert client.delete_port("port")
    assert [port["name"] for port in client.list_ports("net")] == ["open"]


def test_a_network_in_use_is_not_deleted_and_the_reason_is_the_services(client, subnet):
    port = client.create_port("net", name="port")
    with pytest.raises(InfomaniakConflictError, match=rf"ports still in use .*{port['id']}") as caught:
        client.delete_network("net")
    assert caught.value.request_id
    with pytest.raises(InfomaniakConflictError, match="IP allocation from this subnet"):
        client.delete_subnet("sub")


def test_a_router_leads_from_a_subnet_to_the_external_network(client, subnet):
    made = client.create_router("way", external_network="ext-floating1")
    external = client.get_network("ext-floating1")
    assert made["external_gateway"]["network_id"] == external["id"]
    assert client.add_router_interface("way", "sub")
    interfaces = client.list_ports("net", device_id=made["id"])
    assert [port["fixed_ips"][0]["ip_address"] for port in interfaces] == ["10.0.0.1"]
    with pytest.raises(InfomaniakConflictError, match="has ports still attached"):
        client.delete_router("way")
    assert client.remove_router_interface("way", "sub")
    assert client.list_ports("net") == []
    assert (
        client.get_router("way") == client.list_routers()[0] == {**made, "external_gateway": made["external_gateway"]}
    )
    assert client.delete_router(made["id"])
    assert client.list_routers() == []


def test_a_router_is_connected_by_a_port_too(client, subnet):
    client.create_router("way")
    client.create_port("net", name="port", fixed_ip="10.0.0.77")
    assert client.add_router_interface("way", port_id="port")
    assert client.list_ports("net")[0]["device_owner"] == "network:router_interface"
    assert client.remove_router_interface("way", port_id="port")
    with pytest.raises(InfomaniakNotFoundError, match="has no interface on subnet"):
        client.remove_router_interface("way", "sub")
    client.delete_router("way")


def test_a_gateway_is_set_and_cleared(client):
    assert client.create_router("way")["external_gateway"] is None
    assert client.set_router_gateway("way", "ext-floating1")
    assert client.get_router("way")["external_gateway"]["network_id"] == client.get_network("ext-floating1")["id"]
    assert client.set_router_gateway("way", None)
    assert client.get_router("way")["external_gateway"] is None
    client.delete_router("way")


def test_a_name_that_two_have_is_a_conflict_that_tells_their_ids(client):
    made = [client.create_network("twin")["id"] for _ in range(2)]
    with pytest.raises(InfomaniakConflictError) as caught:
        client.delete_network("twin")
    assert all(each in str(caught.value) for each in made)
    assert all(client.delete_network(each) for each in made)


def test_a_name_leads_nowhere_else(client, network):
    with pytest.raises(InfomaniakNotFoundError):
        client.get_network("../routers")
    made = client.create_network("a/../b?c#d%20é")
    assert client.get_network("a/../b?c#d%20é")["id"] == made["id"]
    assert client.delete_network("a/../b?c#d%20é")


MISSING = [
    ("get_network", ("no",), None),
    ("delete_network", ("no",), False),
    ("list_subnets", ("no",), []),
    ("create_subnet", ("no", "10.0.0.0/24"), None),
    ("delete_subnet", ("no",), False),
    ("list_ports", ("no",), []),
    ("create_port", ("no",), None),
    ("delete_port", ("no",), False),
    ("get_router", ("no",), None),
    ("delete_router", ("no",), False),
    ("add_router_interface", ("no", "no"), False),
    ("remove_router_interface", ("no", "no"), False),
    ("set_router_gateway", ("no", None), False),
    ("delete_security_group", ("no",), False),
    ("list_security_group_rules", ("no",), []),
    ("add_security_group_rule", ("no",), None),
    ("delete_security_group_rule", ("no",), False),
    ("allocate_floating_ip", ("no",), None),
    ("associate_floating_ip", ("no", "no"), False),
    ("disassociate_floating_ip", ("no",), False),
    ("release_floating_ip", ("no",), False),
]


@pytest.mark.parametrize(("call", "arguments", "result"), MISSING, ids=[call for call, *_ in MISSING])
def test_what_does_not_exist_is_a_failure_in_both_faces(client, lenient, caplog, call, arguments, result):
    with pytest.raises(InfomaniakNotFoundError):
        getattr(client, call)(*arguments)
    assert getattr(lenient, call)(*arguments) == result
    assert isinstance(lenient.last_error, InfomaniakNotFoundError)
    assert lenient.last_error.operation == call
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_a_quota_that_is_used_up_is_told(lab, client_of):
    client = client_of(lab.new_project(quota={"neutron": {"network": 1, "floatingip": 0}}))
    client.create_network("first")
    with pytest.raises(InfomaniakQuotaExceededError, match=r"(?i)quota"):
        client.create_network("second")
    with pytest.raises(InfomaniakQuotaExceededError, match=r"(?i)quota"):
        client.allocate_floating_ip()
    client.delete_network("first")


def test_what_needs_another_role_is_forbidden_in_both_faces(lab, client, lenient, client_of, member):
    with pytest.raises(InfomaniakForbiddenError, match="policy"):
        client.create_network("for all", is_shared=True)
    assert lenient.create_network("for all", is_shared=True) is None
    assert lenient.last_error.status_code == 403
    reader = client_of(lab.new_user(member.project, roles=["reader"]))
    assert "ext-floating1" in [each["name"] for each in reader.list_networks()]
    with pytest.raises(InfomaniakForbiddenError):
        reader.create_network("mine")


def test_what_the_service_does_not_accept_is_told_in_its_words(client, network):
    with pytest.raises(InfomaniakValidationError, match=r"(?i)gateway|outside"):
        client.create_subnet("net", "10.0.0.0/24", gateway_ip="2001:db8::1")


def test_lists_are_whole_over_small_pages(client, paged):
    made = {client.create_network(f"page-{n}")["id"] for n in range(5)}
    try:
        assert made < {each["id"] for each in paged.list_networks()}
        pages = [path for path in paged.pages.requests if path.startswith("/v2.0/networks")]
        assert len(pages) >= 3
    finally:
        for each in made:
            client.delete_network(each)


def test_a_list_is_one_request_however_many_there_are(client, paged):
    groups = [client.create_security_group(f"group-{n}")["id"] for n in range(3)]
    paged.list_security_groups()
    listed = [path for path in paged.pages.requests if "security-group" in path]
    assert len(listed) == 3  # pages of two for four groups: the last says that it is the last
    for each in groups:
        client.delete_security_group(each)
