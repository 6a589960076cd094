"""``cloud providers``."""

from __future__ import annotations

from codomyrmex.cloud.cli.app import command
from codomyrmex.cloud.cli.output import note, show
from codomyrmex.cloud.registry import providers as installed


@command()
def providers() -> None:
    """List the installed providers. Imports none of them."""
    found = installed()
    rows = [info._asdict() | {"schemes": [f"{scheme}://" for scheme in info.schemes]} for info in found]
    for row in rows:
        row["urls"] = " ".join(row["schemes"])
    columns = {"provider": "Provider", "service": "Service", "urls": "URLs", "distribution": "Distribution"}
    show(rows, columns | {"version": "Version"})
    if not found:
        note("none; 'pip install codomyrmex-cloud-aws', for example, brings one")
