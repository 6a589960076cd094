"""Record sets."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from codomyrmex.cloud.common import lenient, operation
from codomyrmex.cloud.infomaniak.dns._contents import contents
from codomyrmex.cloud.infomaniak.dns._names import UUID, within
from codomyrmex.cloud.infomaniak.dns._zones import INTERVAL, Zones, active, changed
from codomyrmex.cloud.infomaniak.openstack import WAIT_CHECKS, Progress, wait_gone
from openstack.dns.v2.recordset import Recordset
from openstack.dns.v2.zone import Zone
from openstack.exceptions import DuplicateResource


class Records(Zones):
    """The part of the client for the record sets of a zone: all records of one name and type."""

    @lenient([])
    @operation(effect="list")
    def list_records(self, zone_id: str, *, type: str | None = None) -> list[dict[str, Any]]:  # noqa: A002
        """All record sets of a zone: id, name, type, records, ttl (seconds; None for the zone's), status, and
        description.

        ``records`` are as in a zone file; `create_record` takes them again as they are.

        :param type: only those of this type.
        """
        query = {"type": type.upper()} if type else {}
        return [_record(found) for found in self.connection.dns.recordsets(self._zone(zone_id), limit="max", **query)]

    @lenient(None)
    @operation(effect="read")
    def get_record(self, zone_id: str, record_id: str) -> dict[str, Any] | None:
        """One record set, as `list_records` gives it."""
        return _record(self._record(self._zone(zone_id), record_id))

    @lenient(None)
    @operation(effect="write", checks=WAIT_CHECKS)
    def create_record(
        self,
        zone_id: str,
        name: str,
        type: str,  # noqa: A002 - the spec's name
        records: Sequence[str],
        *,
        ttl: int | None = 3600,
        description: str | None = None,
        wait: bool = True,
        timeout: float = 60,
        progress: Progress | None = None,
    ) -> dict[str, Any] | None:
        """A new record set, as `list_records` gives it.

        :param name: ``"www.example.ch"``, or within the zone ``"www"``, ``"_sip._tcp"``, ``"*"``, ``"@"``.
        :param type: A, AAAA, CAA, CERT, CNAME, HTTPS, MX, NAPTR, NS, PTR, SPF, SRV, SSHFP, SVCB, TLSA, TXT, as far
            as the service allows them.
        :param records: what it holds, such as ``["10 mail.example.ch"]`` for MX. Names in it get their dot; of
            one label (``mail``) they are the zone's. Texts of TXT need no quotes, and may be of any length.
        :param ttl: seconds that it may be kept; None for the zone's.
        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        zone, kind = self._zone(zone_id), type.upper()
        options = {"ttl": ttl, "description": description}
        made = self.connection.dns.create_recordset(
            zone.id,
            name=within(name, zone.name),
            type=kind,
            records=contents(records, kind, zone.name),
            **{option: value for option, value in options.items() if value is not None},
        )
        return _record(self._ready(made, zone, timeout, progress) if wait else made)

    @lenient(None)
    @operation(effect="write", checks=WAIT_CHECKS)
    def update_record(
        self,
        zone_id: str,
        record_id: str,
        records: Sequence[str] | None = None,
        *,
        ttl: int | None = None,
        description: str | None = None,
        wait: bool = True,
        timeout: float = 60,
        progress: Progress | None = None,
    ) -> dict[str, Any] | None:
        """Change what is given of a record set; the record set, as `list_records` gives it.

        :param records: all that it is to hold, written as for `create_record`.
        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        changes = changed(records=records, ttl=ttl, description=description)
        zone = self._zone(zone_id)
        found = self._record(zone, record_id)
        if records is not None:
            changes["records"] = contents(records, found.type, zone.name)
        made = self.connection.dns.update_recordset(found.id, zone_id=zone.id, **changes)
        return _record(self._ready(made, zone, timeout, progress) if wait else made)

    @lenient(False)
    @operation(effect="delete", checks=WAIT_CHECKS)
    def delete_record(
        self,
        zone_id: str,
        record_id: str,
        *,
        wait: bool = True,
        timeout: float = 60,
        progress: Progress | None = None,
    ) -> bool:
        """Delete a record set. The zone's own SOA and NS are the service's, and refused.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        zone, service = self._zone(zone_id), self.connection.dns
        found = self._record(zone, record_id)
        service.delete_recordset(found.id, zone.id, ignore_missing=False)
        if wait:
            get = partial(service.get_recordset, zone=zone.id)
            wait_gone(get, "record set", found.id, timeout=timeout, interval=INTERVAL, progress=progress)
        return True

    def _record(self, zone: Zone, record: str) -> Recordset:
        service = self.connection.dns

        def named(name: str) -> list[Recordset]:
            name = within(name, zone.name)
            # a * in the name would be a wildcard of the filter
            return [found for found in service.recordsets(zone.id, name=name) if found.name == name]

        def find(record: str, **_: Any) -> Recordset | None:
            if UUID.fullmatch(record):
                return service.get_recordset(record, zone.id)
            found = named(record)
            if len(found) > 1:
                raise DuplicateResource
            return found[0] if found else None

        return self._find(find, record, "record set", named)

    def _ready(self, made: Recordset, zone: Zone, timeout: float, progress: Progress | None) -> Recordset:
        get = partial(self.connection.dns.get_recordset, zone=zone.id)
        return active(get, "record set", made.id, timeout, progress)


def _record(found: Recordset) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "type": found.type,
        "records": found.records or [],
        "ttl": found.ttl,
        "status": found.status,
        "description": found.description,
    }
