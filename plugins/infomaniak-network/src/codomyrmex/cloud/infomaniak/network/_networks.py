"""Networks, their subnets and ports."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any

from codomyrmex.cloud.common import lenient, operation
from codomyrmex.cloud.infomaniak.network._arguments import given
from codomyrmex.cloud.infomaniak.network._finding import Finding
from openstack.network.v2.network import Network
from openstack.network.v2.port import Port
from openstack.network.v2.subnet import Subnet


class Networks(Finding):
    """The part of the client for networks, subnets and ports."""

    @lenient([])
    @operation(effect="list")
    def list_networks(self) -> list[dict[str, Any]]:
        """All networks the project sees, also those shared with it and the external ones.

        Each with id, name, status, is_shared, is_external and subnets (their ids).
        """
        return [_network(found) for found in self.connection.network.networks()]

    @lenient(None)
    @operation(effect="read")
    def get_network(self, network_id: str) -> dict[str, Any] | None:
        """One network, as `list_networks` gives it."""
        return _network(self._network(network_id))

    @lenient(None)
    @operation(effect="write")
    def create_network(
        self, name: str, *, description: str | None = None, is_shared: bool = False
    ) -> dict[str, Any] | None:
        """A new network, as `list_networks` gives it. Sharing it with other projects needs a role that may."""
        # not even is_shared=False may be said by everybody
        options = given(name=name, description=description, is_shared=is_shared or None)
        return _network(self.connection.network.create_network(**options))

    @lenient(False)
    @operation(effect="delete")
    def delete_network(self, network_id: str) -> bool:
        """Delete a network, and its subnets, unless anything is connected to it."""
        self.connection.network.delete_network(self._network(network_id), ignore_missing=False)
        return True

    @lenient([])
    @operation(effect="list")
    def list_subnets(self, network_id: str | None = None) -> list[dict[str, Any]]:
        """The subnets of one network, or all: id, name, network_id, cidr, ip_version, gateway_ip, enable_dhcp,
        dns_nameservers and allocation_pools.
        """
        query = {"network_id": self._network(network_id).id} if network_id else {}
        return [_subnet(found) for found in self.connection.network.subnets(**query)]

    @lenient(None)
    @operation(effect="read")
    def get_subnet(self, subnet_id: str) -> dict[str, Any] | None:
        """One subnet, as `list_subnets` gives it."""
        return _subnet(self._subnet(subnet_id))

    @lenient(None)
    @operation(effect="write")
    def create_subnet(
        self,
        network_id: str,
        cidr: str,
        *,
        name: str | None = None,
        gateway_ip: str | None = None,
        no_gateway: bool = False,
        enable_dhcp: bool = True,
        dns_nameservers: Sequence[str] | None = None,
        allocation_pools: Sequence[dict[str, str]] | None = None,
        description: str | None = None,
    ) -> dict[str, Any] | None:
        """A new subnet of a network, as `list_subnets` gives it.

        :param cidr: its addresses, such as ``"10.0.0.0/24"``, of IPv4 or IPv6; ValueError if it is none.
        :param gateway_ip: the first address unless told otherwise.
        :param no_gateway: without a gateway, for a network that is to stay by itself.
        :param allocation_pools: ranges to give addresses from, such as ``[{"start": ..., "end": ...}]``.
        """
        if gateway_ip and no_gateway:
            raise ValueError("a subnet has a gateway_ip, or no_gateway")
        options = given(
            name=name,
            gateway_ip=gateway_ip,
            dns_nameservers=dns_nameservers,
            allocation_pools=allocation_pools,
            description=description,
        )
        if no_gateway:
            options["gateway_ip"] = None
        options |= {"cidr": cidr, "ip_version": ip_network(cidr).version, "is_dhcp_enabled": enable_dhcp}
        network = self._network(network_id)
        return _subnet(self.connection.network.create_subnet(network_id=network.id, **options))

    @lenient(False)
    @operation(effect="delete")
    def delete_subnet(self, subnet_id: str) -> bool:
        """Delete a subnet unless an address of it is in use."""
        self.connection.network.delete_subnet(self._subnet(subnet_id), ignore_missing=False)
        return True

    @lenient([])
    @operation(effect="list")
    def list_ports(self, network_id: str | None = None, *, device_id: str | None = None) -> list[dict[str, Any]]:
        """The ports of one network, or all: id, name, status, network_id, mac_address, fixed_ips, device_id,
        device_owner and security_groups (ids).

        :param device_id: only those of the server or router with this id.
        """
        query = given(network_id=self._network(network_id).id if network_id else None, device_id=device_id)
        return [_port(found) for found in self.connection.network.ports(**query)]

    @lenient(None)
    @operation(effect="write")
    def create_port(
        self,
        network_id: str,
        *,
        name: str | None = None,
        fixed_ip: str | None = None,
        security_groups: Sequence[str] | None = None,
        description: str | None = None,
    ) -> dict[str, Any] | None:
        """A new port on a network, as `list_ports` gives it.

        :param fixed_ip: the address it is to have; any free one without it.
        :param security_groups: ids or names; the project's ``default`` without it, none with ``[]``.
        """
        groups = None if security_groups is None else [self._group(group).id for group in security_groups]
        options = given(
            name=name,
            fixed_ips=[{"ip_address": fixed_ip}] if fixed_ip else None,
            security_group_ids=groups,
            description=description,
        )
        return _port(self.connection.network.create_port(network_id=self._network(network_id).id, **options))

    @lenient(False)
    @operation(effect="delete")
    def delete_port(self, port_id: str) -> bool:
        """Delete a port, and with it a server's link to the network."""
        self.connection.network.delete_port(self._port(port_id), ignore_missing=False)
        return True


def _network(found: Network) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "status": found.status,
        "is_shared": found.is_shared,
        "is_external": found.is_router_external,
        "subnets": found.subnet_ids or [],
    }


def _subnet(found: Subnet) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "network_id": found.network_id,
        "cidr": found.cidr,
        "ip_version": found.ip_version,
        "gateway_ip": found.gateway_ip,
        "enable_dhcp": found.is_dhcp_enabled,
        "dns_nameservers": found.dns_nameservers or [],
        "allocation_pools": found.allocation_pools or [],
    }


def _port(found: Port) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "status": found.status,
        "network_id": found.network_id,
        "mac_address": found.mac_address,
        "fixed_ips": found.fixed_ips or [],
        "device_id": found.device_id or None,
        "device_owner": found.device_owner or None,
        "security_groups": found.security_group_ids or [],
    }
