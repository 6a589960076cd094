"""A project of the lab with an image, a network, a security group, and a server that no test changes."""

import pytest
from codomyrmex.cloud.infomaniak import InfomaniakComputeClient
from support.project import FLAVOR, connect, make_image, make_network


@pytest.fixture(scope="session")
def project(openstack_lab):
    openstack_lab.require("nova", "cinder", "neutron", "glance")
    member = openstack_lab.new_project()
    make_image(member, "Tiny 1.0")
    make_network(member, "inside", "10.1.0.0/24")
    member.connection.network.create_security_group(name="web")
    return member


@pytest.fixture(scope="session")
def compute(project):
    with connect(InfomaniakComputeClient, project) as client:
        yield client


@pytest.fixture
def lenient(project):
    """A client that gives the spec's results on failure."""
    with connect(InfomaniakComputeClient, project, strict=False) as client:
        yield client


@pytest.fixture(scope="session")
def server(compute):
    """One that runs; look, do not touch."""
    made = compute.create_instance("still", FLAVOR, "Tiny 1.0", "inside")
    yield made
    compute.delete_instance(made["id"])
