"""``cloud usage``: what a project uses of its quotas, as a table with bars, and as a chart."""

from __future__ import annotations

import click
from codomyrmex.cloud import get_client
from codomyrmex.cloud.cli.app import command
from codomyrmex.cloud.cli.output import note, settings, show
from codomyrmex.cloud.infomaniak.metering._chart import draw
from codomyrmex.cloud.infomaniak.metering._gauge import Gauge, gauges_of

_BAR = 20
_EIGHTHS = " ▏▎▍▌▋▊▉█"


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
    gauges = list(gauges_of(quotas))
    if settings().json:
        show(quotas)
    else:
        show([_row(gauge) for gauge in gauges])
    if chart:
        draw([gauge for gauge in gauges if gauge.share is not None], chart)
        note(f"wrote {chart}")


def _row(gauge: Gauge) -> dict[str, str]:
    return {
        "SERVICE": gauge.service,
        "RESOURCE": gauge.name,
        "USED": gauge.amount(gauge.used),
        "QUOTA": "unlimited" if gauge.limit is None else gauge.amount(gauge.limit),
        "": "" if gauge.share is None else f"{_bar(gauge.share)} {gauge.share:4.0%}",
    }


def _bar(share: float) -> str:
    eighths = round(min(share, 1.0) * _BAR * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(_BAR, "·")
