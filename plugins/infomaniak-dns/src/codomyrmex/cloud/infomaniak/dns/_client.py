"""`InfomaniakDNSClient`: all that spec 4.7 names, and what its users need besides."""

from __future__ import annotations

from typing import ClassVar

from codomyrmex.cloud.infomaniak.dns._records import Records
from codomyrmex.cloud.infomaniak.dns._reverse import ReverseDNS
from codomyrmex.cloud.infomaniak.dns._zonefiles import ZoneFiles


class InfomaniakDNSClient(Records, ZoneFiles, ReverseDNS):
    """Zones, records, zone files and reverse DNS (spec 4.7).

    It is made as every client of Infomaniak's OpenStack: by ``from_env()``, ``from_credentials()``, or
    from an ``openstack.connection.Connection``. Methods return False, [] or None on failure (spec 8), and
    ``last_error`` says why; with ``strict`` they raise the `InfomaniakCloudError` instead.

    A ``zone_id`` may be a zone's name, and a ``record_id`` the name of a record set where there is one type
    of it. Names need no dot at their end, and may hold umlauts.

    Designate accepts changes at once (status ``PENDING``) and its name servers have them a little later
    (``ACTIVE``). Methods return then, or with ``wait=False`` as soon as Designate has accepted;
    `InfomaniakTimeoutError` after ``timeout`` seconds.
    ``progress`` is called with a `ResourceStatus` each time Designate was asked. A KeyboardInterrupt while a method
    waits has a note with the id of what goes on.
    """

    service: ClassVar[str] = "dns"
    service_type: ClassVar[str | None] = "dns"
