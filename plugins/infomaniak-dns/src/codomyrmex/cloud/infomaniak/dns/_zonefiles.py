"""Zones as files, in and out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from codomyrmex.cloud.common import lenient, operation
from codomyrmex.cloud.infomaniak.dns._names import absolute
from codomyrmex.cloud.infomaniak.dns._zones import INTERVAL, Zones
from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakAlreadyExistsError,
    InfomaniakCloudError,
    InfomaniakQuotaExceededError,
    InfomaniakValidationError,
)
from codomyrmex.cloud.infomaniak.openstack import WAIT_CHECKS, Progress
from codomyrmex.cloud.infomaniak.openstack import wait as wait_until  # methods have a parameter of that name
from openstack.dns.v2.zone_export import ZoneExport
from openstack.exceptions import raise_from_response

R = TypeVar("R")
_IMPORTS, _EXPORTS = "/zones/tasks/imports", "/zones/tasks/exports"
"""The SDK sends no zone file to the one, and asks for the other at an address that Designate does not have."""
_DONE = ("COMPLETE", "ERROR")


class ZoneFiles(Zones):
    """The part of the client for zone files (RFC 1035 5)."""

    @lenient(None)
    @operation(effect="write", checks=WAIT_CHECKS)
    def import_zone(
        self,
        zone_file: str | os.PathLike[str],
        *,
        name: str | None = None,
        wait: bool = True,
        timeout: float = 60,
        progress: Progress | None = None,
    ) -> dict[str, Any] | None:
        """A new zone with all records of a zone file, as `get_zone` gives it.

        The service puts its own SOA (with the file's email and times) and its own name servers in place of the file's.

        :param zone_file: its text, or its path as a ``pathlib.Path``. It needs an SOA record.
        :param name: the zone's name, for a file that does not begin with ``$ORIGIN``.
        :param wait: return when the service has done it; if False, as soon as it has accepted it, which is when it has
            read the file.
        :param timeout: seconds for that wait; ``math.inf`` for no end. The file is to be read in it too.

        What the service does not accept is an `InfomaniakValidationError`.
        """
        text = zone_file if isinstance(zone_file, str) else Path(zone_file).read_text("utf-8")
        if name is not None:
            text = f"$ORIGIN {absolute(name)}\n{text}"
        service, started = self.connection.dns, time.monotonic()
        answer = service.post(_IMPORTS, data=text.encode(), headers={"Content-Type": "text/dns"})
        raise_from_response(answer)
        task = str(answer.json()["id"])
        done = _ended(service.get_zone_import, "zone import", task, timeout, progress)
        if done.status == "ERROR":
            raise _refusal(done.message or "the service cannot read the zone file")
        if wait:
            self._active(done.zone_id, timeout, progress, since=started)
        return self.get_zone(done.zone_id)

    @lenient(None)
    @operation(effect="read", checks=WAIT_CHECKS)
    def export_zone(self, zone_id: str, *, timeout: float = 60, progress: Progress | None = None) -> str | None:
        """The text of a zone file with all records of the zone.

        :param timeout: seconds until it is written; ``math.inf`` for no end.

        Hooks are told ``read``: the task that this makes at the service is deleted again.
        """
        zone, service = self._zone(zone_id), self.connection.dns
        answer = service.post(f"/zones/{zone.id}/tasks/export")
        raise_from_response(answer)
        task = str(answer.json()["id"])

        def get(task: str) -> ZoneExport:
            answer = service.get(f"{_EXPORTS}/{task}")
            raise_from_response(answer)
            return ZoneExport(**answer.json())

        done = _ended(get, "zone export", task, timeout, progress)
        if done.status == "ERROR":
            raise InfomaniakCloudError(done.message or "the service cannot write the zone file")
        text = service.get(f"{_EXPORTS}/{task}/export", headers={"Accept": "text/dns"})
        raise_from_response(text)
        raise_from_response(service.delete(f"{_EXPORTS}/{task}"))
        return str(text.text)


def _ended(get: Callable[[str], R], kind: str, task: str, timeout: float, progress: Progress | None) -> R:
    """A task once it is over, well or not."""
    return wait_until(get, kind, task, until=_DONE, failures=(), timeout=timeout, interval=INTERVAL, progress=progress)


def _refusal(message: str) -> InfomaniakCloudError:
    """The error for what a task says of its failure, long after the request was accepted."""
    if message.startswith("Duplicate"):
        return InfomaniakAlreadyExistsError(message)
    if message.startswith("Quota"):
        return InfomaniakQuotaExceededError(message)
    return InfomaniakValidationError(message)
