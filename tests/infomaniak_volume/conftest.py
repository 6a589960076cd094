"""A project of the lab with an image, a server and a volume that stays as it is."""

import pytest
from codomyrmex.cloud.infomaniak import InfomaniakComputeClient, InfomaniakVolumeClient
from support.project import FLAVOR, connect, make_image


@pytest.fixture(scope="session")
def project(openstack_lab):
    openstack_lab.require("nova", "cinder", "neutron", "glance")
    member = openstack_lab.new_project()
    make_image(member, "Tiny 1.0")
    return member


@pytest.fixture(scope="session")
def volumes(project):
    with connect(InfomaniakVolumeClient, project) as client:
        yield client


@pytest.fixture
def lenient(project):
    """A client that gives the spec's results on failure."""
    with connect(InfomaniakVolumeClient, project, strict=False) as client:
        yield client


@pytest.fixture(scope="session")
def server(project):
    """A server to attach volumes to."""
    with connect(InfomaniakComputeClient, project) as compute:
        made = compute.create_instance("holder", FLAVOR, "Tiny 1.0", [])
        yield made
        compute.delete_instance(made["id"])


@pytest.fixture(scope="session")
def still(volumes):
    """A volume that no test changes."""
    made = volumes.create_volume(1, "still")
    yield made
    volumes.delete_volume(made["id"])


@pytest.fixture
def create(volumes):
    """`create_volume`, of what is gone after the test."""
    made = []

    def create(name, size=1, **options):
        made.append(volumes.create_volume(size, name, **options))
        return made[-1]

    yield create
    for each in made:
        volumes.delete_volume(each["id"])
