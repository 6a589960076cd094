"""The chart of ``cloud usage --chart``."""

from __future__ import annotations

import click
from codomyrmex.cloud.infomaniak.metering._gauge import Gauge

_NEARLY_FULL = 0.8


def draw(gauges: list[Gauge], path: str) -> None:
    """Write bars of how much of each quota is used, to a file whose name tells the format."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        advice = "a chart needs matplotlib: pip install 'codomyrmex-cloud-infomaniak-metering[chart]'"
        raise click.ClickException(advice) from error

    figure = Figure(figsize=(8, 0.8 + 0.32 * len(gauges)), layout="constrained")
    axes = figure.subplots()
    shares = [100 * (gauge.share or 0.0) for gauge in gauges]
    colours = ["tab:red" if share >= 100 * _NEARLY_FULL else "tab:blue" for share in shares]
    names = [f"{gauge.service}: {gauge.name}" for gauge in gauges]
    bars = axes.barh(names, shares, color=colours)
    axes.bar_label(bars, [f"{g.amount(g.used)} of {g.amount(g.limit or 0)}" for g in gauges], padding=3)
    axes.set_xlim(0, max(130, *shares) if shares else 130)  # room for the labels of full bars
    axes.set_xticks([0, 25, 50, 75, 100])
    axes.set_xlabel("used of the quota (%)")
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    try:
        figure.savefig(path)
    except ValueError as error:  # a format that it does not know, which its message names
        raise click.BadParameter(str(error), param_hint="--chart") from error
