"""``cloud usage``: what a project uses of its quotas, as a table with bars, and as a chart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import click
from codomyrmex.cloud import get_client
from codomyrmex.cloud.cli.app import command
from codomyrmex.cloud.cli.output import note, settings, show, size_text

_BAR = 20
_EIGHTHS = " ▏▎▍▌▋▊▉█"
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


@command("usage")
@click.option("--provider", default="infomaniak", show_default=True, help="Whose metering to ask.")
@click.option("--start", help="Show the servers of a period instead: its start, as ISO 8601 with an offset.")
@click.option("--end", help="The period's end; default now.")
@click.option("--chart", type=click.Path(dir_okay=False), help="Write a chart to this file: .svg, .png or .pdf.")
def usage(provider: str, start: str | None, end: str | None, chart: str | None) -> None:
    """Show what the project uses of its quotas.

    cloud usage --chart usage.svg
    """
    with get_client(provider, "metering") as client:
        if start or end:
            show(client.get_compute_usage(start, end))
            return
        quotas = client.get_all_quotas()
    gauges = list(_gauges(quotas))
    if settings().json:
        show(quotas)
    else:
        show([_row(gauge) for gauge in gauges])
    if chart:
        from codomyrmex.cloud.infomaniak.metering._chart import draw

        draw([gauge for gauge in gauges if gauge.share is not None], chart)
        note(f"wrote {chart}")


def _gauges(quotas: dict[str, Any]) -> Iterator[Gauge]:
    for service, found in quotas.items():
        for resource, limit in (found or {}).items():
            if resource != "used" and limit is not None and (used := found["used"][resource]) is not None:
                yield Gauge(service.replace("_", " "), resource, used, None if limit < 0 else limit)


def _row(gauge: Gauge) -> dict[str, str]:
    return {
        "SERVICE": gauge.service,
        "RESOURCE": gauge.name,
        "USED": amount(gauge, gauge.used),
        "QUOTA": "unlimited" if gauge.limit is None else amount(gauge, gauge.limit),
        "": "" if gauge.share is None else f"{_bar(gauge.share)} {gauge.share:4.0%}",
    }


def amount(gauge: Gauge, number: int) -> str:
    """A number of a gauge, with its unit."""
    if gauge.resource == "bytes":
        return size_text(number)
    return f"{number} {_UNITS.get(gauge.resource, '')}".rstrip()


def _bar(share: float) -> str:
    eighths = round(min(share, 1.0) * _BAR * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(_BAR, "·")
