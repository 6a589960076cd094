"""Zones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from codomyrmex.cloud.common import lenient, operation
from codomyrmex.cloud.infomaniak.dns._names import UUID, absolute
from codomyrmex.cloud.infomaniak.openstack import WAIT_CHECKS, OpenStackClient, Progress, wait, wait_gone
from openstack.dns.v2.zone import Zone

R = TypeVar("R")

INTERVAL = 2.0
"""Seconds between two questions for a status, at most."""


class Zones(OpenStackClient):
    """The part of the client for zones."""

    @lenient([])
    @operation(effect="list")
    def list_zones(self) -> list[dict[str, Any]]:
        """All zones: id, name, email, status, type, ttl (seconds), and description."""
        return [_zone(found) for found in self.connection.dns.zones(limit="max")]

    @lenient(None)
    @operation(effect="read")
    def get_zone(self, zone_id: str) -> dict[str, Any] | None:
        """One zone, as `list_zones` gives it."""
        return _zone(self._zone(zone_id))

    @lenient(None)
    @operation(effect="write", checks=WAIT_CHECKS)
    def create_zone(
        self,
        name: str,
        email: str,
        *,
        ttl: int = 3600,
        description: str | None = None,
        wait: bool = True,
        timeout: float = 60,
        progress: Progress | None = None,
    ) -> dict[str, Any] | None:
        """A new zone, as `list_zones` gives it.

        :param name: the domain, such as ``"example.ch"``.
        :param email: who is responsible for it.
        :param ttl: seconds that its records may be kept, unless they say otherwise.
        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        options = {"name": absolute(name), "email": email, "ttl": ttl}
        if description is not None:
            options["description"] = description
        made = self.connection.dns.create_zone(**options)
        return _zone(self._active(made.id, timeout, progress) if wait else made)

    @lenient(None)
    @operation(effect="write", checks=WAIT_CHECKS)
    def update_zone(
        self,
        zone_id: str,
        *,
        email: str | None = None,
        ttl: int | None = None,
        description: str | None = None,
        wait: bool = True,
        timeout: float = 60,
        progress: Progress | None = None,
    ) -> dict[str, Any] | None:
        """Change what is given of a zone; the zone, as `list_zones` gives it.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        changes = changed(email=email, ttl=ttl, description=description)
        made = self.connection.dns.update_zone(self._zone(zone_id).id, **changes)
        return _zone(self._active(made.id, timeout, progress) if wait else made)

    @lenient(False)
    @operation(effect="delete", checks=WAIT_CHECKS)
    def delete_zone(
        self, zone_id: str, *, wait: bool = True, timeout: float = 60, progress: Progress | None = None
    ) -> bool:
        """Delete a zone, with all its records.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        found, service = self._zone(zone_id), self.connection.dns
        service.delete_zone(found.id, ignore_missing=False)
        if wait:
            wait_gone(service.get_zone, "zone", found.id, timeout=timeout, interval=INTERVAL, progress=progress)
        return True

    def _zone(self, zone: str) -> Zone:
        service = self.connection.dns

        def named(name: str) -> list[Zone]:
            name = absolute(name)
            # a * in the name would be a wildcard of the filter
            return [found for found in service.zones(name=name) if found.name == name]

        def find(zone: str, **_: Any) -> Zone | None:
            return service.get_zone(zone) if UUID.fullmatch(zone) else next(iter(named(zone)), None)

        return self._find(find, zone, "zone", named)

    def _active(self, zone: str, timeout: float, progress: Progress | None, since: float | None = None) -> Zone:
        return active(self.connection.dns.get_zone, "zone", zone, timeout, progress, since)


def active(
    get: Callable[[str], R],
    kind: str,
    resource_id: str,
    timeout: float,
    progress: Progress | None,
    since: float | None = None,
) -> R:
    """What Designate keeps, once its name servers have it. Arguments and errors are those of `wait`."""
    return wait(
        get,
        kind,
        resource_id,
        until=("ACTIVE",),
        timeout=timeout,
        interval=INTERVAL,
        progress=progress,
        since=since,
    )


def changed(**options: Any) -> dict[str, Any]:
    """The options that are given; ValueError if none is."""
    changes = {name: value for name, value in options.items() if value is not None}
    if not changes:
        raise ValueError(f"nothing to change: give {' or '.join(options)}")
    return changes


def _zone(found: Zone) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "email": found.email,
        "status": found.status,
        "type": found.type,
        "ttl": found.ttl,
        "description": found.description,
    }
