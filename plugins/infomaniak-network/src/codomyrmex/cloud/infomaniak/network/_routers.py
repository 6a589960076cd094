"""Routers, their interfaces and gateways."""

from __future__ import annotations

from typing import Any

from codomyrmex.cloud.common import lenient, operation
from codomyrmex.cloud.infomaniak.network._arguments import check_exactly_one, given
from codomyrmex.cloud.infomaniak.network._finding import Finding
from openstack.network.v2.router import Router


class Routers(Finding):
    """The part of the client for routers."""

    @lenient([])
    @operation(effect="list")
    def list_routers(self) -> list[dict[str, Any]]:
        """All routers: id, name, status and external_gateway.

        external_gateway is what Neutron calls its info, with network_id, external_fixed_ips and
        enable_snat; None where a router has no gateway.
        """
        return [_router(found) for found in self.connection.network.routers()]

    @lenient(None)
    @operation(effect="read")
    def get_router(self, router_id: str) -> dict[str, Any] | None:
        """One router, as `list_routers` gives it."""
        return _router(self._router(router_id))

    @lenient(None)
    @operation(effect="write")
    def create_router(
        self, name: str, *, external_network: str | None = None, description: str | None = None
    ) -> dict[str, Any] | None:
        """A new router, as `list_routers` gives it.

        :param external_network: id or name of the network that its gateway leads to, such as ``"ext-floating1"``.
        """
        options = given(description=description)
        if external_network:
            options["external_gateway_info"] = self._gateway(external_network)
        return _router(self.connection.network.create_router(name=name, **options))

    @lenient(False)
    @operation(effect="write")
    def set_router_gateway(self, router_id: str, external_network: str | None) -> bool:
        """Lead a router's gateway to an external network (id or name), or with None to none."""
        info = self._gateway(external_network) if external_network else None
        self.connection.network.update_router(self._router(router_id), external_gateway_info=info)
        return True

    @lenient(False)
    @operation(effect="delete")
    def delete_router(self, router_id: str) -> bool:
        """Delete a router that has no interface left; its gateway goes with it."""
        self.connection.network.delete_router(self._router(router_id), ignore_missing=False)
        return True

    @lenient(False)
    @operation(effect="write")
    def add_router_interface(self, router_id: str, subnet_id: str | None = None, *, port_id: str | None = None) -> bool:
        """Connect a router to a subnet, by the subnet's gateway address, or to a port."""
        check_exactly_one(subnet_id=subnet_id, port_id=port_id)
        ends = self._ends(subnet_id, port_id)
        self.connection.network.add_interface_to_router(self._router(router_id), *ends)
        return True

    @lenient(False)
    @operation(effect="write")
    def remove_router_interface(
        self, router_id: str, subnet_id: str | None = None, *, port_id: str | None = None
    ) -> bool:
        """Undo `add_router_interface`. Refused as long as a floating IP needs it.

        Hooks are told ``write``: router and subnet stay.
        """
        check_exactly_one(subnet_id=subnet_id, port_id=port_id)
        ends = self._ends(subnet_id, port_id)
        self.connection.network.remove_interface_from_router(self._router(router_id), *ends)
        return True

    def _router(self, router: str) -> Router:
        service = self.connection.network
        return self._find(service.find_router, router, "router", service.routers)

    def _gateway(self, network: str) -> dict[str, Any]:
        return {"network_id": self._network(network).id}

    def _ends(self, subnet: str | None, port: str | None) -> tuple[str | None, str | None]:
        """The ids of both, by position: releases of the SDK differ in the names of these arguments."""
        if subnet:
            return self._subnet(subnet).id, None
        return None, self._port(str(port)).id


def _router(found: Router) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "status": found.status,
        "external_gateway": found.external_gateway_info or None,
    }
