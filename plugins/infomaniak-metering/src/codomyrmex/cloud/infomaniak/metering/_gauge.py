"""How much of each quota is used, as ``cloud usage`` shows and draws it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from codomyrmex.cloud.cli.output import size_text

_UNITS = {"ram_mb": "MiB", "gigabytes": "GiB", "backup_gigabytes": "GiB"}


class Gauge(NamedTuple):
    """How much of a quota is used."""

    service: str
    resource: str
    used: int
    limit: int | None
    """None: unlimited."""

    @property
    def name(self) -> str:
        """The resource, as people read it."""
        return self.resource.replace("_mb", "").replace("_", " ")

    @property
    def share(self) -> float | None:
        """From 0 to 1 and, after a quota was lowered, beyond; None where there is no limit."""
        return None if self.limit is None else self.used / self.limit if self.limit else float(self.used > 0)

    def amount(self, number: int) -> str:
        """A number of this resource, with its unit."""
        if self.resource == "bytes":
            return size_text(number)
        return f"{number} {_UNITS.get(self.resource, '')}".rstrip()


def gauges_of(quotas: dict[str, Any]) -> Iterator[Gauge]:
    """The gauges of what `get_all_quotas` returns; none of a quota whose limit or use is not known."""
    for service, resources in quotas.items():
        for resource, limit in (resources or {}).items():
            if resource != "used" and limit is not None and (used := resources["used"][resource]) is not None:
                yield Gauge(service.replace("_", " "), resource, used, None if limit < 0 else limit)
