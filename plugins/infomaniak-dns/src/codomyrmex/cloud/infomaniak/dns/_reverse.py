"""Reverse DNS: the names of floating IPs."""

from __future__ import annotations

from typing import Any

from codomyrmex.cloud.common import lenient, operation
from codomyrmex.cloud.infomaniak.dns._names import absolute
from codomyrmex.cloud.infomaniak.dns._zones import active
from codomyrmex.cloud.infomaniak.openstack import WAIT_CHECKS, OpenStackClient, Progress
from openstack.dns.v2.floating_ip import FloatingIP
from openstack.exceptions import raise_from_response


class ReverseDNS(OpenStackClient):
    """The part of the client for reverse DNS. A floating IP is found by its address or id."""

    @lenient([])
    @operation(effect="list")
    def list_ptr_records(self) -> list[dict[str, Any]]:
        """All floating IPs with their names: id (``region:id``), address, ptrdname, ttl (seconds), description and
        status. Those without a name have None, and status ``INACTIVE``.
        """
        return [_pointer(found) for found in self.connection.dns.floating_ips()]

    @lenient(None)
    @operation(effect="read")
    def get_ptr_record(self, floating_ip: str) -> dict[str, Any] | None:
        """One floating IP, as `list_ptr_records` gives it."""
        return _pointer(self._floating_ip(floating_ip))

    @lenient(None)
    @operation(effect="write", checks=WAIT_CHECKS)
    def set_ptr_record(
        self,
        floating_ip: str,
        ptrdname: str,
        *,
        ttl: int | None = None,
        description: str | None = None,
        wait: bool = True,
        timeout: float = 60,
        progress: Progress | None = None,
    ) -> dict[str, Any] | None:
        """Give a floating IP a name, such as ``"mail.example.ch"``; as `list_ptr_records` gives it.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        options = {"ttl": ttl, "description": description}
        made = self.connection.dns.update_floating_ip(
            self._floating_ip(floating_ip).id,
            ptrdname=absolute(ptrdname),
            **{option: value for option, value in options.items() if value is not None},
        )
        return _pointer(self._pointing(made.id, timeout, progress) if wait else made)

    @lenient(False)
    @operation(effect="delete")
    def delete_ptr_record(self, floating_ip: str) -> bool:
        """Take a floating IP's name away. Designate does not tell how far that is, so there is nothing to wait for."""
        found = self._floating_ip(floating_ip)
        # the SDK's unset_floating_ip cannot read the empty answer
        raise_from_response(self.connection.dns.patch(f"/reverse/floatingips/{found.id}", json={"ptrdname": None}))
        return True

    def _floating_ip(self, floating_ip: str) -> FloatingIP:
        def find(wanted: str, **_: Any) -> FloatingIP | None:
            ways = ((each, (each.id, each.id.rpartition(":")[2], each.address)) for each in service.floating_ips())
            return next((each for each, names in ways if wanted in names), None)

        service = self.connection.dns
        return self._find(find, floating_ip, "floating IP")

    def _pointing(self, floating_ip: str, timeout: float, progress: Progress | None) -> FloatingIP:
        return active(self.connection.dns.get_floating_ip, "floating IP", floating_ip, timeout, progress)


def _pointer(found: FloatingIP) -> dict[str, Any]:
    return {
        "id": found.id,
        "address": found.address,
        "ptrdname": found.ptrdname,
        "ttl": found.ttl,
        "description": found.description,
        "status": found.status,
    }
