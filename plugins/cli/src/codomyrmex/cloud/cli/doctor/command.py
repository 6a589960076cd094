"""The command ``cloud doctor``: what the checks found, told."""

from __future__ import annotations

from itertools import chain, groupby
from typing import Any

import click
from codomyrmex.cloud.cli.app import command
from codomyrmex.cloud.cli.doctor.declared import declared_findings
from codomyrmex.cloud.cli.doctor.findings import GROUPS, Finding
from codomyrmex.cloud.cli.doctor.imported import examine_all
from codomyrmex.cloud.cli.doctor.installed import installed_findings, read_copies
from codomyrmex.cloud.cli.output import paragraph, settings, show
from codomyrmex.cloud.cli.wheels import wheels_folder
from codomyrmex.cloud.plugin import HOOKS, PROVIDERS, entry_points, installed_plugins, left_out

_PIP_HINT = (
    "Hint: the 'pip install codomyrmex-cloud-...' lines of messages do not work yet, as neither PIP_FIND_LINKS nor the "
    "configuration of pip names a folder with these wheels. In the repository of codomyrmex-cloud run "
    "'python3 scripts/build_wheels.py', then the line 'export PIP_FIND_LINKS=...' that it prints."
)


@command()
@click.option(
    "--timeout",
    type=click.IntRange(min=1),
    default=30,
    show_default=True,
    metavar="SECONDS",
    help="How long the import of one plugin may take.",
)
def doctor(timeout: int) -> None:
    """Look for plugins that do not work, are hidden or are left out; show hooks and credential sources.

    The plugins of each distribution are imported in a process of its own. Tells which
    CLOUD_IGNORE_PLUGINS and CLOUD_PLUGINS leave out, and which hooks are in force. Exits
    with 1 when something is wrong. Credentials are shown without their secrets. A hint
    tells when pip would not find the distributions that messages say to install.
    """
    installed_plugins(refresh=True)
    entries = list(chain.from_iterable(map(entry_points, GROUPS)))
    examined = list(zip(entries, examine_all(entries, timeout), strict=True))
    imported = chain.from_iterable(examination.findings for _, examination in examined)
    copies, folder = read_copies(), wheels_folder()
    report = {
        "findings": [*installed_findings(copies), *declared_findings(copies), *imported],
        "left_out": _left_out(),
        "hooks": [
            {"name": entry.name, "distribution": f"{entry.distribution} {entry.version}", "hooks": examination.hooks}
            for entry, examination in examined
            if entry.group == HOOKS and examination.hooks
        ],
        "credentials": [
            {"provider": entry.name, "credentials": examination.credentials}
            for entry, examination in examined
            if entry.group == PROVIDERS
        ],
        "pip_install": {"wheels": folder, "hint": None if folder else _PIP_HINT},
    }
    if settings().json:
        show(report)
    else:
        _tell(report, len({entry.distribution for entry in entries}))
    if report["findings"]:
        click.get_current_context().exit(1)


def _tell(report: dict[str, Any], distributions: int) -> None:
    show(report["credentials"], {"provider": "Provider", "credentials": "Credentials"}, wrap=True)
    click.echo()
    if report["hooks"]:
        hooks = [row | {"hooks": ", ".join(row["hooks"])} for row in report["hooks"]]
        show(hooks, {"name": "Hooks in force", "distribution": "of", "hooks": "which are"}, wrap=True)
    else:
        click.echo("No hooks are in force.")
    click.echo()
    if report["left_out"]:
        show(report["left_out"], {"distribution": "Left out", "plugins": "of it", "setting": "by"}, wrap=True)
        click.echo()
    if report["findings"]:
        _tell_findings(report["findings"])
    else:
        click.echo(f"{distributions} distributions, nothing wrong.\n")
    found = f"'pip install codomyrmex-cloud-...' takes the wheels in {report['pip_install']['wheels']}."
    paragraph(report["pip_install"]["hint"] or found)


def _tell_findings(findings: list[Finding]) -> None:
    """A paragraph for each finding, its advice below; those with one advice, as of one module, are together."""

    def advice(finding: Finding) -> tuple[str, str]:
        of_entry = finding.what.partition(": ")[2]  # which messages of the core begin with
        return finding.problem, finding.advice.removeprefix(f"{of_entry} ")

    for (problem, text), alike in groupby(findings, advice):
        for finding in alike:
            paragraph(f"{problem}: {finding.what}", indent=4)
        paragraph(f"    {text}", indent=4)
        click.echo()


def _left_out() -> list[dict[str, str]]:
    """The distributions whose plugins a setting leaves out."""
    groups: dict[tuple[str, str], set[str]] = {}
    for entry in installed_plugins():
        if setting := left_out(entry):
            plugins = groups.setdefault((f"{entry.distribution} {entry.version}", setting), set())
            plugins.add(entry.group.rpartition(".")[2])
    return [
        {"distribution": distribution, "plugins": ", ".join(sorted(plugins)), "setting": setting}
        for (distribution, setting), plugins in sorted(groups.items())
    ]
