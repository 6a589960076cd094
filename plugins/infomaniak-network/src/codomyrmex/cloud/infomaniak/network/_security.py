"""Security groups and their rules."""

from __future__ import annotations

from typing import Any, Literal

from codomyrmex.cloud.common import lenient, operation
from codomyrmex.cloud.infomaniak.network._arguments import given
from codomyrmex.cloud.infomaniak.network._finding import Finding
from codomyrmex.cloud.infomaniak.openstack import check_choice, check_id
from openstack.network.v2.security_group import SecurityGroup
from openstack.network.v2.security_group_rule import SecurityGroupRule

Direction = Literal["ingress", "egress"]
EtherType = Literal["IPv4", "IPv6"]


class SecurityGroups(Finding):
    """The part of the client for security groups."""

    @lenient([])
    @operation(effect="list")
    def list_security_groups(self) -> list[dict[str, Any]]:
        """All security groups: id, name, description and rules_count."""
        return [_group(found) for found in self.connection.network.security_groups()]

    @lenient(None)
    @operation(effect="write")
    def create_security_group(self, name: str, *, description: str | None = None) -> dict[str, Any] | None:
        """A new security group, as `list_security_groups` gives it. Neutron lets all out of it, and nothing in."""
        options = given(name=name, description=description)
        return _group(self.connection.network.create_security_group(**options))

    @lenient(False)
    @operation(effect="delete")
    def delete_security_group(self, security_group_id: str) -> bool:
        """Delete a security group that no port uses."""
        self.connection.network.delete_security_group(self._group(security_group_id), ignore_missing=False)
        return True

    @lenient([])
    @operation(effect="list")
    def list_security_group_rules(self, security_group_id: str) -> list[dict[str, Any]]:
        """The rules of a group, as `add_security_group_rule` gives them."""
        group = self._group(security_group_id)
        return [_rule(found) for found in self.connection.network.security_group_rules(security_group_id=group.id)]

    @lenient(None)
    @operation(effect="write")
    def add_security_group_rule(
        self,
        security_group_id: str,
        *,
        direction: Direction = "ingress",
        protocol: str | None = None,
        port_range_min: int | None = None,
        port_range_max: int | None = None,
        remote_ip_prefix: str | None = None,
        remote_group_id: str | None = None,
        ethertype: EtherType = "IPv4",
        description: str | None = None,
    ) -> dict[str, Any] | None:
        """A new rule: id, direction, protocol, port_range_min, port_range_max, remote_ip_prefix, and
        remote_group_id, ethertype, description, security_group_id.

        :param direction: ``"ingress"`` or ``"egress"``; else ValueError.
        :param protocol: such as ``"tcp"``, ``"udp"``, ``"icmp"`` or a number; any without it.
        :param port_range_min: first port; for ICMP the type.
        :param port_range_max: last port; for ICMP the code.
        :param remote_ip_prefix: the other end's addresses, such as ``"10.0.0.0/8"``; any without it.
        :param remote_group_id: instead of it a security group, by id or name, that the other end is in.
        :param ethertype: ``"IPv4"`` or ``"IPv6"``; else ValueError.

        A rule that exists already is an `InfomaniakConflictError`.
        """
        check_choice("direction", Direction, direction)
        check_choice("ethertype", EtherType, ethertype)
        options = given(
            protocol=protocol,
            port_range_min=port_range_min,
            port_range_max=port_range_max,
            remote_ip_prefix=remote_ip_prefix,
            remote_group_id=self._group(remote_group_id).id if remote_group_id else None,
            description=description,
        )
        options |= {"direction": direction, "ether_type": ethertype}
        group = self._group(security_group_id)
        return _rule(self.connection.network.create_security_group_rule(security_group_id=group.id, **options))

    @lenient(False)
    @operation(effect="delete", checks={"rule_id": check_id})
    def delete_security_group_rule(self, rule_id: str) -> bool:
        """Delete a rule, which has no name, by its id."""
        self.connection.network.delete_security_group_rule(rule_id, ignore_missing=False)
        return True


def _group(found: SecurityGroup) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "description": found.description,
        "rules_count": len(found.security_group_rules or ()),
    }


def _rule(found: SecurityGroupRule) -> dict[str, Any]:
    return {
        "id": found.id,
        "direction": found.direction,
        "protocol": found.protocol,
        "port_range_min": found.port_range_min,
        "port_range_max": found.port_range_max,
        "remote_ip_prefix": found.remote_ip_prefix,
        "remote_group_id": found.remote_group_id,
        "ethertype": found.ether_type,
        "description": found.description,
        "security_group_id": found.security_group_id,
    }
