"""What a load balancer consists of: listeners, pools, members, health monitors."""

from __future__ import annotations

from functools import partial
from typing import Any

from codomyrmex.cloud.common import lenient, operation
from codomyrmex.cloud.infomaniak.network._arguments import check_exactly_one, given
from codomyrmex.cloud.infomaniak.network._loadbalancers import LoadBalancers
from codomyrmex.cloud.infomaniak.openstack import WAIT_CHECKS, Progress
from openstack.load_balancer.v2.health_monitor import HealthMonitor
from openstack.load_balancer.v2.listener import Listener
from openstack.load_balancer.v2.member import Member
from openstack.load_balancer.v2.pool import Pool


class Balancing(LoadBalancers):
    """The part of the client for what a load balancer consists of. See `LoadBalancers` for what waits."""

    @lenient([])
    @operation(effect="list")
    def list_listeners(self, loadbalancer_id: str | None = None) -> list[dict[str, Any]]:
        """The listeners of one load balancer, or all: id, name, protocol, port, loadbalancer_id, default_pool_id,
        operating_status and provisioning_status.
        """
        query = {"load_balancer_id": self._balancer(loadbalancer_id).id} if loadbalancer_id else {}
        return [_listener(found) for found in self.connection.load_balancer.listeners(**query)]

    @lenient(None)
    @operation(effect="write", checks=WAIT_CHECKS)
    def create_listener(
        self,
        loadbalancer_id: str,
        name: str,
        protocol: str,
        port: int,
        *,
        allowed_cidrs: list[str] | None = None,
        tls_container: str | None = None,
        wait: bool = True,
        timeout: float = 300,
        progress: Progress | None = None,
    ) -> dict[str, Any] | None:
        """A new listener, as `list_listeners` gives it.

        :param protocol: ``"HTTP"``, ``"HTTPS"``, ``"TCP"``, ``"UDP"``, ``"TERMINATED_HTTPS"`` and what else
            Octavia knows.
        :param allowed_cidrs: the addresses that may connect; all without it.
        :param tls_container: the reference of the secret in Barbican with the certificate, for TERMINATED_HTTPS.
        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        balancer = self._balancer(loadbalancer_id).id
        options = given(allowed_cidrs=allowed_cidrs, default_tls_container_ref=tls_container)
        options |= {"name": name, "protocol": protocol, "protocol_port": port, "load_balancer_id": balancer}
        service = self.connection.load_balancer
        create = partial(service.create_listener, **options)
        return _listener(self._made(balancer, "listener", create, service.get_listener, wait, timeout, progress))

    @lenient(False)
    @operation(effect="delete", checks=WAIT_CHECKS)
    def delete_listener(
        self, listener_id: str, *, wait: bool = True, timeout: float = 300, progress: Progress | None = None
    ) -> bool:
        """Delete a listener; its pool stays.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        found, service = self._listener(listener_id), self.connection.load_balancer
        delete, get = partial(service.delete_listener, found.id, ignore_missing=False), service.get_listener
        return self._removed(_owner(found), "listener", found.id, delete, get, wait, timeout, progress)

    @lenient([])
    @operation(effect="list")
    def list_pools(self, loadbalancer_id: str | None = None) -> list[dict[str, Any]]:
        """The pools of one load balancer, or all: id, name, protocol, lb_algorithm, loadbalancer_id, listeners
        (ids), members (ids), health_monitor_id, operating_status and provisioning_status.
        """
        query = {"loadbalancer_id": self._balancer(loadbalancer_id).id} if loadbalancer_id else {}
        return [_pool(found) for found in self.connection.load_balancer.pools(**query)]

    @lenient(None)
    @operation(effect="write", checks=WAIT_CHECKS)
    def create_pool(
        self,
        name: str,
        protocol: str,
        *,
        listener_id: str | None = None,
        loadbalancer_id: str | None = None,
        lb_algorithm: str = "ROUND_ROBIN",
        session_persistence: dict[str, str] | None = None,
        wait: bool = True,
        timeout: float = 300,
        progress: Progress | None = None,
    ) -> dict[str, Any] | None:
        """A new pool, as `list_pools` gives it.

        :param listener_id: id or name of the listener that it is to serve.
        :param loadbalancer_id: instead of it the load balancer, for a pool that no listener has by default.
        :param lb_algorithm: ``"ROUND_ROBIN"``, ``"LEAST_CONNECTIONS"`` or ``"SOURCE_IP"``.
        :param session_persistence: such as ``{"type": "SOURCE_IP"}``.
        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        check_exactly_one(listener_id=listener_id, loadbalancer_id=loadbalancer_id)
        if listener_id:
            listener = self._listener(listener_id)
            balancer, parent = _owner(listener), {"listener_id": listener.id}
        else:
            balancer = str(self._balancer(str(loadbalancer_id)).id)
            parent = {"loadbalancer_id": balancer}
        options = given(session_persistence=session_persistence)
        options |= {"name": name, "protocol": protocol, "lb_algorithm": lb_algorithm, **parent}
        service = self.connection.load_balancer
        create = partial(service.create_pool, **options)
        return _pool(self._made(balancer, "pool", create, service.get_pool, wait, timeout, progress))

    @lenient(False)
    @operation(effect="delete", checks=WAIT_CHECKS)
    def delete_pool(
        self, pool_id: str, *, wait: bool = True, timeout: float = 300, progress: Progress | None = None
    ) -> bool:
        """Delete a pool, with its members and monitor.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        found, service = self._pool(pool_id), self.connection.load_balancer
        delete, get = partial(service.delete_pool, found.id, ignore_missing=False), service.get_pool
        return self._removed(_owner(found), "pool", found.id, delete, get, wait, timeout, progress)

    @lenient([])
    @operation(effect="list")
    def list_pool_members(self, pool_id: str) -> list[dict[str, Any]]:
        """The members of a pool: id, name, address, port, weight, subnet_id, operating_status, provisioning_status."""
        return [_member(found) for found in self.connection.load_balancer.members(self._pool(pool_id).id)]

    @lenient(None)
    @operation(effect="write", checks=WAIT_CHECKS)
    def add_pool_member(
        self,
        pool_id: str,
        address: str,
        port: int,
        *,
        name: str | None = None,
        weight: int | None = None,
        subnet_id: str | None = None,
        wait: bool = True,
        timeout: float = 300,
        progress: Progress | None = None,
    ) -> dict[str, Any] | None:
        """A new member, as `list_pool_members` gives it.

        :param weight: its share of requests, 0 to 256, in proportion to the others'; 1 without it.
        :param subnet_id: id or name of the subnet it is reached through; the load balancer's without it.
        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        pool = self._pool(pool_id)
        subnet = self._subnet(subnet_id).id if subnet_id else None
        options = given(name=name, weight=weight, subnet_id=subnet, address=address, protocol_port=port)
        service = self.connection.load_balancer
        create, get = partial(service.create_member, pool.id, **options), partial(service.get_member, pool=pool.id)
        return _member(self._made(_owner(pool), "member", create, get, wait, timeout, progress))

    @lenient(False)
    @operation(effect="delete", checks=WAIT_CHECKS)
    def remove_pool_member(
        self,
        pool_id: str,
        member_id: str,
        *,
        wait: bool = True,
        timeout: float = 300,
        progress: Progress | None = None,
    ) -> bool:
        """Remove a member, by id or name, from a pool.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        pool, service = self._pool(pool_id), self.connection.load_balancer

        def find(name_or_id: str, **options: Any) -> Any:
            return service.find_member(name_or_id, pool.id, **options)

        member = self._find(find, member_id, "member", lambda **query: service.members(pool.id, **query)).id
        delete = partial(service.delete_member, member, pool.id, ignore_missing=False)
        get = partial(service.get_member, pool=pool.id)
        return self._removed(_owner(pool), "member", member, delete, get, wait, timeout, progress)

    @lenient([])
    @operation(effect="list")
    def list_health_monitors(self) -> list[dict[str, Any]]:
        """All health monitors: id, name, type, delay and timeout (seconds), max_retries, url_path, expected_codes,
        pool_id, operating_status and provisioning_status.
        """
        return [_monitor(found) for found in self.connection.load_balancer.health_monitors()]

    @lenient(None)
    @operation(effect="write", checks=WAIT_CHECKS)
    def create_health_monitor(
        self,
        pool_id: str,
        type: str = "HTTP",  # noqa: A002 - its name in the API
        *,
        delay: int = 5,
        check_timeout: int = 3,
        max_retries: int = 3,
        name: str | None = None,
        url_path: str | None = None,
        expected_codes: str | None = None,
        wait: bool = True,
        timeout: float = 300,
        progress: Progress | None = None,
    ) -> dict[str, Any] | None:
        """A new health monitor of a pool, which has one at most, as `list_health_monitors` gives it.

        :param type: ``"HTTP"``, ``"HTTPS"``, ``"PING"``, ``"TCP"``, ``"TLS-HELLO"`` or ``"UDP-CONNECT"``.
        :param delay: seconds between two checks of a member.
        :param check_timeout: seconds a member has to answer, fewer than ``delay``.
        :param max_retries: checks that a member must pass to be served again.
        :param url_path: what is asked for by HTTP, ``/`` without it.
        :param expected_codes: the HTTP statuses of health, such as ``"200-204"``; 200 without it.
        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        pool = self._pool(pool_id)
        options = given(name=name, url_path=url_path, expected_codes=expected_codes)
        options |= {"pool_id": pool.id, "type": type, "delay": delay}
        options |= {"timeout": check_timeout, "max_retries": max_retries}
        service = self.connection.load_balancer
        create, get = partial(service.create_health_monitor, **options), service.get_health_monitor
        return _monitor(self._made(_owner(pool), "health monitor", create, get, wait, timeout, progress))

    @lenient(False)
    @operation(effect="delete", checks=WAIT_CHECKS)
    def delete_health_monitor(
        self, monitor_id: str, *, wait: bool = True, timeout: float = 300, progress: Progress | None = None
    ) -> bool:
        """Delete a health monitor, by id or name.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        service = self.connection.load_balancer
        found = self._find(service.find_health_monitor, monitor_id, "health monitor", service.health_monitors)
        balancer = _owner(service.get_pool(str(_first(found.pools))))
        delete, get = partial(service.delete_health_monitor, found.id, ignore_missing=False), service.get_health_monitor
        return self._removed(balancer, "health monitor", found.id, delete, get, wait, timeout, progress)

    def _listener(self, name_or_id: str) -> Listener:
        service = self.connection.load_balancer
        return self._find(service.find_listener, name_or_id, "listener", service.listeners)

    def _pool(self, name_or_id: str) -> Pool:
        service = self.connection.load_balancer
        return self._find(service.find_pool, name_or_id, "pool", service.pools)


def _first(parents: list[dict[str, str]] | None) -> str | None:
    """The id of the only parent: Octavia gives lists of one."""
    return parents[0]["id"] if parents else None


def _owner(found: Listener | Pool) -> str:
    """The id of the load balancer it is a part of."""
    parents = found.load_balancers if isinstance(found, Listener) else found.loadbalancers
    return str(_first(parents))


def _listener(found: Listener) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "protocol": found.protocol,
        "port": found.protocol_port,
        "loadbalancer_id": _first(found.load_balancers),
        "default_pool_id": found.default_pool_id,
        **_states(found),
    }


def _pool(found: Pool) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "protocol": found.protocol,
        "lb_algorithm": found.lb_algorithm,
        "loadbalancer_id": _first(found.loadbalancers),
        "listeners": [listener["id"] for listener in found.listeners or ()],
        "members": [member["id"] for member in found.members or ()],
        "health_monitor_id": found.health_monitor_id,
        **_states(found),
    }


def _member(found: Member) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "address": found.address,
        "port": found.protocol_port,
        "weight": found.weight,
        "subnet_id": found.subnet_id,
        **_states(found),
    }


def _monitor(found: HealthMonitor) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "type": found.type,
        "delay": found.delay,
        "timeout": found.timeout,
        "max_retries": found.max_retries,
        "url_path": found.url_path,
        "expected_codes": found.expected_codes,
        "pool_id": _first(found.pools),
        **_states(found),
    }


def _states(found: Listener | Pool | Member | HealthMonitor) -> dict[str, Any]:
    return {"operating_status": found.operating_status, "provisioning_status": found.provisioning_status}
