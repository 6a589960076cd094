import time
from contextlib import ExitStack

import pytest
from codomyrmex.cloud.infomaniak.metering import InfomaniakMeteringClient
from openstack.exceptions import ResourceFailure
from openstack_lab.seed import IMAGES

FLAVOR = "a1-ram2-disk20-perf1"  # 1 core, 2 GiB, 20 GB


class Project:
    """Of its own, with its metering and what fills it."""

    def __init__(self, lab, member):
        self.lab, self.member, self.cloud = lab, member, member.connection

    def client(self, **options):
        credential = self.member.application_credential()
        return InfomaniakMeteringClient.from_credentials(
            credential.id, credential.secret, self.lab.auth_url, self.lab.region, **options
        )

    def network(self):
        network = self.cloud.network.create_network(name="metered")
        self.cloud.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.9.0.0/16")
        return network

    def servers(self, count, network=None):
        """So many more servers, all of them there; without a network they are there sooner."""
        compute = self.cloud.compute
        before = {server.id for server in compute.servers(details=False)}
        options = {"min_count": count, "max_count": count} if count > 1 else {}
        networks = [{"uuid": network.id}] if network else "none"
        flavor = compute.find_flavor(FLAVOR, ignore_missing=False)
        image = self.cloud.image.find_image(IMAGES[0], ignore_missing=False)
        compute.create_server(name="metered", flavor_id=flavor.id, image_id=image.id, networks=networks, **options)
        made = [server for server in compute.servers() if server.id not in before]
        assert len(made) == count
        return [self._running(server) for server in made]

    def _running(self, server):
        compute = self.cloud.compute
        try:
            return compute.wait_for_server(server, interval=0.5, wait=280)
        except ResourceFailure as error:
            raise AssertionError(compute.get_server(server.id).fault) from error


@pytest.fixture(scope="module")
def metered_lab(openstack_lab):
    openstack_lab.require("nova", "cinder", "neutron", "swift")
    return openstack_lab


@pytest.fixture(scope="module")
def new_project(metered_lab):
    """Make a `Project`; the end of the module deletes its servers, volumes and addresses."""
    projects = []

    def new(**options):
        projects.append(Project(metered_lab, metered_lab.new_project(**options)))
        return projects[-1]

    yield new
    with ExitStack() as stack:
        for project in projects:
            stack.callback(_empty, project.cloud)


def _empty(cloud):
    for server in cloud.compute.servers(details=False):
        cloud.compute.delete_server(server)
    while next(cloud.compute.servers(details=False), None):
        time.sleep(0.5)
    for address in cloud.network.ips():
        cloud.network.delete_ip(address)
    for volume in cloud.block_storage.volumes():
        cloud.block_storage.delete_volume(volume)
