"""Floating IPs."""

from __future__ import annotations

from typing import Any

from codomyrmex.cloud.common import lenient, operation
from codomyrmex.cloud.infomaniak.errors import InfomaniakConflictError, InfomaniakNotFoundError
from codomyrmex.cloud.infomaniak.network._arguments import check_exactly_one, given
from codomyrmex.cloud.infomaniak.network._finding import Finding
from openstack.network.v2.floating_ip import FloatingIP
from openstack.network.v2.network import Network

_POOL = "ext-floating1"
"""The pool that Infomaniak gives to every project, beside external networks that are no pools
(docs.infomaniak.cloud, "Network scenarios")."""


class FloatingIPs(Finding):
    """The part of the client for floating IPs. They are found by id or by address."""

    @lenient([])
    @operation(effect="list")
    def list_floating_ips(self) -> list[dict[str, Any]]:
        """All floating IPs: id, floating_ip_address, fixed_ip_address, status, port_id, and floating_network_id."""
        return [_address(found) for found in self.connection.network.ips()]

    @lenient(None)
    @operation(effect="write")
    def allocate_floating_ip(self, pool: str | None = None, *, description: str | None = None) -> dict[str, Any] | None:
        """A new floating IP, as `list_floating_ips` gives it.

        :param pool: id or name of the external network it comes from. Without it ``ext-floating1``, or the
            only external network there is.
        """
        options = given(description=description)
        return _address(self.connection.network.create_ip(floating_network_id=self._floating_pool(pool).id, **options))

    @lenient(False)
    @operation(effect="write")
    def associate_floating_ip(
        self,
        floating_ip_id: str,
        server_id: str | None = None,
        *,
        port_id: str | None = None,
        fixed_ip: str | None = None,
    ) -> bool:
        """Lead a floating IP to a server, or to a port. A router must connect its network to the pool.

        :param server_id: id or name of a server with one port; of several, ``fixed_ip`` chooses.
        :param port_id: instead of it the id or name of a port.
        :param fixed_ip: which of the addresses to lead to.
        """
        check_exactly_one(server_id=server_id, port_id=port_id)
        address = self._address(floating_ip_id)
        port = self._port_of(server_id, fixed_ip) if server_id else self._port(str(port_id)).id
        self.connection.network.update_ip(address, port_id=port, **given(fixed_ip_address=fixed_ip))
        return True

    @lenient(False)
    @operation(effect="write")
    def disassociate_floating_ip(self, floating_ip_id: str) -> bool:
        """Lead a floating IP nowhere; the project keeps it."""
        self.connection.network.update_ip(self._address(floating_ip_id), port_id=None)
        return True

    @lenient(False)
    @operation(effect="delete")
    def release_floating_ip(self, floating_ip_id: str) -> bool:
        """Give a floating IP back to its pool."""
        self.connection.network.delete_ip(self._address(floating_ip_id), ignore_missing=False)
        return True

    def _address(self, address_or_id: str) -> FloatingIP:
        service = self.connection.network
        return self._find(service.find_ip, address_or_id, "floating IP", service.ips)

    def _floating_pool(self, pool: str | None) -> Network:
        if pool:
            return self._network(pool)
        external = list(self.connection.network.networks(is_router_external=True))
        pools = [network for network in external if network.name == _POOL] or external
        if not pools:
            raise InfomaniakNotFoundError("there is no external network to allocate a floating IP from")
        if len(pools) > 1:
            names = ", ".join(sorted(str(network.name) for network in pools))
            raise InfomaniakConflictError(f"several networks are external, name one as the pool: {names}")
        return pools[0]

    def _port_of(self, server: str, fixed_ip: str | None) -> str:
        """The id of the server's port, the one with this address where that is given."""
        service = self.connection.compute
        found = self._find(service.find_server, server, "server", service.servers)
        ports = list(self.connection.network.ports(device_id=found.id))
        if fixed_ip:
            ports = [port for port in ports if fixed_ip in (ip["ip_address"] for ip in port.fixed_ips or ())]
        if not ports:
            raise InfomaniakNotFoundError(f"server {server!r} has no port" + (f" with {fixed_ip}" if fixed_ip else ""))
        if len(ports) > 1:
            which = ", ".join(str(port.id) for port in ports)
            raise InfomaniakConflictError(
                f"server {server!r} has several ports, choose by port_id or fixed_ip: {which}"
            )
        return str(ports[0].id)


def _address(found: FloatingIP) -> dict[str, Any]:
    return {
        "id": found.id,
        "floating_ip_address": found.floating_ip_address,
        "fixed_ip_address": found.fixed_ip_address,
        "status": found.status,
        "port_id": found.port_id,
        "floating_network_id": found.floating_network_id,
    }
