"""A project of its own for each module, in the lab's real Neutron and Octavia."""

import pytest
from codomyrmex.cloud.infomaniak.network import InfomaniakNetworkClient
from support.pages import Pages


@pytest.fixture(scope="session")
def lab(openstack_lab):
    openstack_lab.require("neutron")
    return openstack_lab


@pytest.fixture(scope="module")
def member(lab):
    return lab.new_project()


@pytest.fixture(scope="module")
def client_of(lab):
    """``client_of(member, **options)``: a client by an application credential of that user's; strict unless told."""
    clients = []

    def make(member, *, roles=None, **options):
        credential = member.application_credential(roles=roles)
        client = InfomaniakNetworkClient.from_credentials(
            credential.id, credential.secret, lab.auth_url, lab.region, **{"strict": True, **options}
        )
        clients.append(client)
        return client

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
def network(client):
    made = client.create_network("net")
    yield made
    for port in client.list_ports("net"):
        client.delete_port(port["id"])
    client.delete_network("net")


@pytest.fixture
def subnet(client, network):
    return client.create_subnet(network["id"], "10.0.0.0/24", name="sub")


@pytest.fixture
def router(client, subnet):
    """From the subnet to the pool of floating IPs."""
    made = client.create_router("router", external_network="ext-floating1")
    client.add_router_interface("router", "sub")
    yield made
    client.remove_router_interface("router", "sub")
    client.delete_router("router")


@pytest.fixture
def paged(lab, client_of, member):
    """A client whose Neutron gives two of anything at a time; ``paged.pages`` are the requests for them."""
    client = client_of(member)
    with Pages(lab.endpoint("neutron"), limit=2) as pages:
        client.native.config.config["network_endpoint_override"] = pages.url
        client.pages = pages
        yield client
