"""Load balancers (Octavia): themselves, and how their parts are changed one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from codomyrmex.cloud.common import lenient, operation
from codomyrmex.cloud.infomaniak.network._arguments import check_exactly_one, given
from codomyrmex.cloud.infomaniak.network._finding import Finding
from codomyrmex.cloud.infomaniak.openstack import WAIT_CHECKS, Progress, wait_gone
from codomyrmex.cloud.infomaniak.openstack import wait as wait_until  # methods have a parameter of that name
from codomyrmex.cloud.rest.polling import looks
from openstack.exceptions import ConflictException
from openstack.load_balancer.v2.load_balancer import LoadBalancer
from openstack.resource import Resource

R = TypeVar("R", bound=Resource | None)
Part = TypeVar("Part", bound=Resource)

_BUSY = ("is immutable and cannot be updated", "Invalid state PENDING_")
"""How Octavia words the 409 that passes, of those it gives (octavia/common/exceptions.py)."""
_FIRST_PAUSE, _INTERVAL = 0.2, 2.0
"""Seconds between two questions or attempts, at first and at most."""
_STATUS = "provisioning_status"


class LoadBalancers(Finding):
    """The part of the client for load balancers.

    Octavia refuses changes of a load balancer, and of all its parts, until the one before is done. So
    each waits for its turn, and, unless told ``wait=False``, until it is done; ``timeout`` is the seconds
    that both may take, `InfomaniakTimeoutError` is raised after that. ``progress`` is called with
    a `ResourceStatus` of the load balancer, its provisioning status. A KeyboardInterrupt on the way has a note with the
    id of what goes on: of the part that was made, say, or that another's change is still under way.
    """

    @lenient([])
    @operation(effect="list")
    def list_loadbalancers(self) -> list[dict[str, Any]]:
        """All load balancers: id, name, vip_address, operating_status, provisioning_status, vip_subnet_id and
        vip_port_id, which a floating IP can lead to.
        """
        return [_balancer(found) for found in self.connection.load_balancer.load_balancers()]

    @lenient(None)
    @operation(effect="read")
    def get_loadbalancer(self, loadbalancer_id: str) -> dict[str, Any] | None:
        """One load balancer, as `list_loadbalancers` gives it."""
        return _balancer(self._balancer(loadbalancer_id))

    @lenient(None)
    @operation(effect="write", checks=WAIT_CHECKS)
    def create_loadbalancer(
        self,
        name: str,
        subnet_id: str | None = None,
        *,
        network_id: str | None = None,
        vip_address: str | None = None,
        description: str | None = None,
        wait: bool = True,
        timeout: float = 300,
        progress: Progress | None = None,
    ) -> dict[str, Any] | None:
        """A new load balancer, as `list_loadbalancers` gives it.

        :param subnet_id: id or name of the subnet that it has its address in.
        :param network_id: instead of it a network, of which Octavia chooses a subnet.
        :param vip_address: the address it is to have; any free one without it.
        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        check_exactly_one(subnet_id=subnet_id, network_id=network_id)
        if subnet_id:
            where = {"vip_subnet_id": self._subnet(subnet_id).id}
        else:
            where = {"vip_network_id": self._network(str(network_id)).id}
        options = given(name=name, vip_address=vip_address, description=description) | where
        made = self.connection.load_balancer.create_load_balancer(**options)
        return _balancer(self._settled(made.id, timeout, progress) if wait else made)

    @lenient(False)
    @operation(effect="delete", checks=WAIT_CHECKS)
    def delete_loadbalancer(
        self,
        loadbalancer_id: str,
        *,
        cascade: bool = False,
        wait: bool = True,
        timeout: float = 300,
        progress: Progress | None = None,
    ) -> bool:
        """Delete a load balancer.

        :param cascade: and all its listeners, pools, members and monitors; with any of them it is
            refused otherwise.
        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        started = time.monotonic()
        service, found = self.connection.load_balancer, self._balancer(loadbalancer_id)

        def delete() -> None:
            service.delete_load_balancer(found.id, ignore_missing=False, cascade=cascade)

        self._in_turn(found.id, delete, timeout=timeout, progress=progress, broken=True)
        if wait:
            wait_gone(
                service.get_load_balancer,
                "load balancer",
                found.id,
                timeout=timeout,
                interval=_INTERVAL,
                progress=progress,
                status=_STATUS,
                since=started,
            )
        return True

    def _balancer(self, name_or_id: str) -> LoadBalancer:
        service = self.connection.load_balancer
        return self._find(service.find_load_balancer, name_or_id, "load balancer", service.load_balancers)

    def _changed(
        self,
        balancer: str,
        what: str,
        change: Callable[[], R],
        wait: bool,
        timeout: float,
        progress: Progress | None,
    ) -> R:
        """The result of ``change``, made when its turn comes, and done where that is waited for.

        :param what: what an interrupt says to go on: the kind of part that is made, to which its id is added, or such
            as ``"the deletion of listener 5d01"``.
        """
        started = time.monotonic()
        result = self._in_turn(balancer, change, timeout=timeout, progress=progress)
        if wait:
            begun = what if result is None else f"{what} {result.id}"
            self._settled(balancer, timeout, progress, begun=begun, since=started)
        return result

    def _made(
        self,
        balancer: str,
        kind: str,
        create: Callable[[], Part],
        get: Callable[[str], Part],
        wait: bool,
        timeout: float,
        progress: Progress | None,
    ) -> Part:
        """A new part, made when its turn comes; where that is waited for, as it is then. See `_changed`.

        Of a part that fails the load balancer itself does not tell.
        """
        started = time.monotonic()
        made = self._changed(balancer, kind, create, wait, timeout, progress)
        if not wait:
            return made
        return wait_until(get, kind, str(made.id), until=("ACTIVE",), timeout=timeout, status=_STATUS, since=started)

    def _removed(
        self,
        balancer: str,
        kind: str,
        part: str,
        delete: Callable[[], object],
        get: Callable[[str], Any],
        wait: bool,
        timeout: float,
        progress: Progress | None,
    ) -> bool:
        """True once a part is deleted, when its turn comes; see `_made`."""
        started = time.monotonic()

        def change() -> None:
            delete()

        self._changed(balancer, f"the deletion of {kind} {part}", change, wait, timeout, progress)
        if wait:
            wait_gone(get, kind, part, timeout=timeout, status=_STATUS, since=started)
        return True

    def _in_turn(
        self,
        balancer: str,
        change: Callable[[], R],
        *,
        timeout: float,
        progress: Progress | None,
        broken: bool = False,
    ) -> R:
        """The result of ``change``, made as soon as the load balancer takes it.

        :param broken: whether one in state ERROR takes it too.
        """
        started, before = time.monotonic(), f"another change of load balancer {balancer}"
        for _ in looks(timeout, first=_FIRST_PAUSE, longest=_INTERVAL):
            try:
                return change()
            except ConflictException as error:
                if not any(words in str(error) for words in _BUSY):
                    raise
                refusal = error
            self._settled(balancer, timeout, progress, broken=broken, begun=before, since=started)
        raise refusal  # others were quicker, again and again

    def _settled(
        self,
        balancer: str,
        timeout: float,
        progress: Progress | None,
        *,
        broken: bool = False,
        begun: str | None = None,
        since: float | None = None,
    ) -> LoadBalancer:
        """The load balancer once no change of it is under way."""
        states = ("ACTIVE", "ERROR", "DELETED") if broken else ("ACTIVE",)
        return wait_until(
            self.connection.load_balancer.get_load_balancer,
            "load balancer",
            balancer,
            until=states,
            failures=() if broken else ("ERROR", "DELETED"),
            timeout=timeout,
            interval=_INTERVAL,
            progress=progress,
            status=_STATUS,
            begun=begun,
            since=since,
        )


def _balancer(found: LoadBalancer) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "vip_address": found.vip_address,
        "operating_status": found.operating_status,
        "provisioning_status": found.provisioning_status,
        "vip_subnet_id": found.vip_subnet_id,
        "vip_port_id": found.vip_port_id,
    }
