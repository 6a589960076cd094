"""``cloud doctor``: what is wrong with what is installed, which credentials would be used, what pip can install."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlparse
from urllib.request import url2pathname

import click
from codomyrmex.cloud.cli.app import command
from codomyrmex.cloud.cli.output import printable, settings, show
from codomyrmex.cloud.cli.wheels import wheels_folder
from codomyrmex.cloud.errors import CloudError, ProviderLoadError
from codomyrmex.cloud.hooks import Hooks
from codomyrmex.cloud.plugin import (
    COMMANDS,
    EXPORTS,
    HOOKS,
    PROVIDERS,
    SCHEMES,
    EntryPoint,
    entry_points,
    installed_plugins,
    left_out,
    load,
    shadowed_plugins,
)

_GROUPS = (PROVIDERS, SCHEMES, EXPORTS, HOOKS, COMMANDS)
_PIP_HINT = (
    "Hint: the 'pip install codomyrmex-cloud-...' lines of messages do not work yet, as neither PIP_FIND_LINKS nor the "
    "configuration of pip names a folder with these wheels. In the repository of codomyrmex-cloud run "
    "'python3 scripts/build_wheels.py', then the line 'export PIP_FIND_LINKS=...' that it prints."
)


class Finding(NamedTuple):
    """Something wrong, and what to do."""

    problem: str
    """``broken``, ``incompatible``, ``duplicate``, ``shadowed`` or ``stale``."""
    what: str
    advice: str


@command()
def doctor() -> None:
    """Look for broken, duplicate, shadowed, mismatched and stale plugins; show credential sources.

    Every plugin is imported. Tells which CLOUD_IGNORE_PLUGINS and CLOUD_PLUGINS leave
    out. Exits with 1 when something is wrong. Secrets are never shown. A hint tells when pip
    would not find the distributions that messages say to install.
    """
    findings = [*_broken(), *_duplicates(), *_shadowed(), *_stale()]
    sources = [{"provider": name, "credentials": source} for name, source in _credential_sources()]
    ignored = _left_out()
    folder = wheels_folder()
    hint = None if folder else _PIP_HINT
    if settings().json:
        show(
            {
                "findings": findings,
                "left_out": ignored,
                "credentials": sources,
                "pip_install": {"wheels": folder, "hint": hint},
            }
        )
    else:
        show(sources, {"provider": "Provider", "credentials": "Credentials"})
        click.echo()
        if ignored:
            show(ignored, {"distribution": "Left out", "plugins": "of it", "setting": "by"})
            click.echo()
        if findings:
            show(findings, {"problem": "Problem", "what": "What", "advice": "Advice"})
        else:
            click.echo(f"{len(_plugins())} distributions, nothing wrong.")
        click.echo()
        click.echo(hint or f"'pip install codomyrmex-cloud-...' takes the wheels in {printable(str(folder))}.")
    if findings:
        click.get_current_context().exit(1)


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


def _plugins() -> set[str]:
    return {entry.distribution for group in _GROUPS for entry in entry_points(group)}


def _broken() -> Iterator[Finding]:
    for entry in (entry for group in _GROUPS for entry in entry_points(group)):
        try:
            if entry.group == HOOKS:
                Hooks().install(entry)
            else:
                load(entry)
        except ProviderLoadError as error:
            mismatched = type(error) is not ProviderLoadError
            yield Finding("incompatible" if mismatched else "broken", f"{entry.group}: {entry}", str(error))


def _duplicates() -> Iterator[Finding]:
    for group in _GROUPS:
        if group == HOOKS:  # many may watch
            continue
        owners: dict[str, list[EntryPoint]] = {}
        for entry in entry_points(group):
            owners.setdefault(entry.name, []).append(entry)
        for name, entries in owners.items():
            if len(entries) > 1:
                yield Finding("duplicate", f"{group}: {name}: {', '.join(map(str, entries))}", "uninstall all but one")


def _shadowed() -> Iterator[Finding]:
    for first in {entry.metadata: entry for entry in reversed(shadowed_plugins())}.values():
        what = f"{first.distribution} {first.version} in {os.path.dirname(first.metadata)}"
        yield Finding("shadowed", what, "another copy comes first on sys.path; uninstall one")


def _stale() -> Iterator[Finding]:
    """Editable installations whose project declares other entry points than were installed."""
    for name in sorted(_plugins()):
        project = _editable_project(
            next(e.metadata for g in _GROUPS for e in entry_points(g) if e.distribution == name)
        )
        if project is None:
            continue
        try:
            with open(os.path.join(project, "pyproject.toml"), "rb") as file:
                declared = tomllib.load(file).get("project", {}).get("entry-points", {})
        except (OSError, tomllib.TOMLDecodeError) as error:
            yield Finding(
                "stale", name, f"its project cannot be read: {error}; pip install -e it anew, or uninstall it"
            )
            continue
        now = {(g, n, v.replace(" ", "")) for g in _GROUPS for n, v in declared.get(g, {}).items()}
        installed = {
            (e.group, e.name, e.value.replace(" ", ""))
            for g in _GROUPS
            for e in entry_points(g)
            if e.distribution == name
        }
        if changed := sorted({n for _, n, _ in now ^ installed}):
            yield Finding("stale", f"{name}: {', '.join(changed)}", f"pip install -e {project}")


def _editable_project(metadata: str) -> str | None:
    """The folder of an editable installation (PEP 610), or None."""
    try:
        with open(os.path.join(metadata, "direct_url.json"), "rb") as file:
            origin = json.load(file)
    except (OSError, ValueError):
        return None
    if not origin.get("dir_info", {}).get("editable"):
        return None
    return url2pathname(urlparse(origin["url"]).path)


def _credential_sources() -> Iterator[tuple[str, str]]:
    for entry in entry_points(PROVIDERS):
        try:
            source = getattr(load(entry), "credential_source", lambda: None)()
        except ProviderLoadError:
            source = "cannot be loaded"
        except CloudError as error:
            source = f"none: {error}"
        except Exception as error:  # a plugin's bug is not the doctor's; its text may hold a secret
            source = f"cannot be told: {type(error).__name__}"
        yield entry.name, source or "not told by the plugin"
