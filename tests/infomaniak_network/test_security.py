"""Security groups and their rules."""

import pytest
from codomyrmex.cloud.infomaniak.errors import InfomaniakConflictError, InfomaniakValidationError


@pytest.fixture
def group(client):
    made = client.create_security_group("web", description="from everywhere")
    yield made
    client.delete_security_group(made["id"])


def test_a_group_with_its_rules(client, group):
    assert group["description"] == "from everywhere"
    before = group["rules_count"]  # what Neutron lets out
    made = client.add_security_group_rule(
        "web", protocol="tcp", port_range_min=443, port_range_max=443, remote_ip_prefix="0.0.0.0/0"
    )
    assert made == {
        "id": made["id"],
        "direction": "ingress",
        "protocol": "tcp",
        "port_range_min": 443,
        "port_range_max": 443,
        "remote_ip_prefix": "0.0.0.0/0",
        "remote_group_id": None,
        "ethertype": "IPv4",
        "description": "",
        "security_group_id": group["id"],
    }
    assert made in client.list_security_group_rules("web")
    counts = {each["name"]: each["rules_count"] for each in client.list_security_groups()}
    assert counts["web"] == before + 1
    assert client.delete_security_group_rule(made["id"])
    assert made not in client.list_security_group_rules("web")


def test_rules_without_protocol_by_group_and_of_icmp(client, group):
    everything = client.add_security_group_rule(
        "web", direction="egress", ethertype="IPv6", remote_ip_prefix="2001:db8::/32"
    )
    assert (everything["protocol"], everything["port_range_min"]) == (None, None)
    among = client.add_security_group_rule("web", protocol="tcp", remote_group_id="web")
    assert among["remote_group_id"] == group["id"]
    ping = client.add_security_group_rule("web", protocol="icmp", port_range_min=8, port_range_max=0)
    assert (ping["port_range_min"], ping["port_range_max"]) == (8, 0)


def test_a_rule_that_is_there_already_is_a_conflict_in_both_faces(client, lenient, group):
    rule = {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
    made = client.add_security_group_rule("web", **rule)
    with pytest.raises(InfomaniakConflictError, match=made["id"]):
        client.add_security_group_rule("web", **rule)
    assert lenient.add_security_group_rule("web", **rule) is None
    assert isinstance(lenient.last_error, FileExistsError)


def test_a_group_in_use_is_not_deleted(client, subnet, group):
    client.create_port("net", security_groups=["web"])
    with pytest.raises(InfomaniakConflictError, match="in use"):
        client.delete_security_group("web")
    client.delete_port(client.list_ports("net")[0]["id"])


def test_what_is_no_rule_is_told_in_the_services_words(client, group):
    with pytest.raises(InfomaniakValidationError, match="protocol bogus not supported"):
        client.add_security_group_rule("web", protocol="bogus")
