"""A project of its own for each module, in the lab's real Designate."""

from secrets import token_hex

import dns.message
import dns.query
import dns.rdatatype
import pytest
from codomyrmex.cloud.infomaniak.dns import InfomaniakDNSClient


@pytest.fixture(scope="session")
def lab(openstack_lab):
    openstack_lab.require("neutron", "designate")
    return openstack_lab


@pytest.fixture(scope="module")
def member(lab):
    return lab.new_project()


@pytest.fixture(scope="module")
def client_of(lab):
    """``client_of(member, **options)``: a client by an application credential of that user's; strict unless told."""
    clients = []

    def make(member, **options):
        key = member.application_credential()
        place = {"auth_url": lab.auth_url, "region": lab.region}
        clients.append(InfomaniakDNSClient.from_credentials(key.id, key.secret, **place, **{"strict": True, **options}))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture(scope="module")
def client(client_of, member):
    return client_of(member)


@pytest.fixture(scope="module")
def lenient(client_of, member):
    return client_of(member, strict=False)


@pytest.fixture
def new_name():
    """The name of a domain that nobody has, without its dot."""
    return f"t{token_hex(6)}.example"


@pytest.fixture
def zone(client, new_name):
    made = client.create_zone(new_name, "hostmaster@example.ch", wait=False)
    yield made
    client.delete_zone(made["id"], wait=False)


@pytest.fixture
def set_quota(lab):
    """``set_quota(member, zones=1)``: what the member's project may have."""

    def set_quota(member, **limits):
        headers = {"X-Auth-All-Projects": "true"}
        lab.admin.dns.patch(f"/quotas/{member.project_id}", json=limits, headers=headers).raise_for_status()

    return set_quota


@pytest.fixture
def ask(lab):
    """``ask(name, type)``: what the name server of the lab has, as dnspython's rdata."""

    def ask(name, kind):
        query = dns.message.make_query(name, kind)
        answer = dns.query.udp(query, "127.0.0.1", timeout=10, port=lab.places.ports["designate-mdns"])
        return [rdata for rrset in answer.answer if rrset.rdtype == dns.rdatatype.from_text(kind) for rdata in rrset]

    return ask
