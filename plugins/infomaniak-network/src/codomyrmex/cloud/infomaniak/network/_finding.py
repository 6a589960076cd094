"""What arguments named ``..._id`` mean: the resource of that id or name."""

from __future__ import annotations

from codomyrmex.cloud.infomaniak.openstack import OpenStackClient
from openstack.network.v2.network import Network
from openstack.network.v2.port import Port
from openstack.network.v2.security_group import SecurityGroup
from openstack.network.v2.subnet import Subnet


class Finding(OpenStackClient):
    """The base of the client's parts, with what several of them look for."""

    def _network(self, network: str) -> Network:
        service = self.connection.network
        return self._find(service.find_network, network, "network", service.networks)

    def _subnet(self, subnet: str) -> Subnet:
        service = self.connection.network
        return self._find(service.find_subnet, subnet, "subnet", service.subnets)

    def _port(self, port: str) -> Port:
        service = self.connection.network
        return self._find(service.find_port, port, "port", service.ports)

    def _group(self, group: str) -> SecurityGroup:
        service = self.connection.network
        return self._find(service.find_security_group, group, "security group", service.security_groups)
