"""What is wrong with the entry points themselves, by metadata alone."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from importlib.util import find_spec
from itertools import chain
from keyword import iskeyword

from codomyrmex import cloud
from codomyrmex.cloud.cli.doctor.findings import GROUPS, Finding, about
from codomyrmex.cloud.cli.doctor.installed import Copies, editable_project, entry_points_of
from codomyrmex.cloud.plugin import EXPORTS, HOOKS, PROVIDERS, SCHEMES, EntryPoint, choose, entry_points, left_out

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")  # RFC 3986, section 3.1, in lower case


def declared_findings(copies: Copies) -> Iterator[Finding]:
    """All findings of this module."""
    return chain(
        _misspelt_groups(copies), _provider_names(), _scheme_names(), _export_names(), _duplicates(), _stale_projects()
    )


def _misspelt_groups(copies: Copies) -> Iterator[Finding]:
    for entry in chain.from_iterable(entry_points_of(choose(copies_of_one)) for copies_of_one in copies.values()):
        near = get_close_matches(entry.group, GROUPS, 1, 0.85)
        if entry.group in GROUPS or not (near or entry.group.startswith("codomyrmex.cloud.")) or left_out(entry):
            continue
        [nearest] = near or get_close_matches(entry.group, GROUPS, 1, 0)
        yield about("misnamed", entry, f"nothing looks into this group; its author probably means {nearest}")


def _provider_names() -> Iterator[Finding]:
    for entry in entry_points(PROVIDERS):
        provider, _, service = entry.name.partition(".")
        if not (provider and service) or entry.name != entry.name.lower():
            yield about("misnamed", entry, "its author should name it <provider>.<service> in lower case: acme.storage")


def _scheme_names() -> Iterator[Finding]:
    targets = {(entry.distribution, entry.value) for entry in entry_points(PROVIDERS)}
    for entry in entry_points(SCHEMES):
        if not _SCHEME.fullmatch(entry.name):
            yield about("misnamed", entry, "no URL has such a scheme: a-z, 0-9, +, - and . make one, a letter first")
        if (entry.distribution, entry.value) not in targets:
            advice = "the scheme leads nowhere: its author should name the object of a provider in this distribution"
            yield about("misnamed", entry, advice)


def _export_names() -> Iterator[Finding]:
    own = {*vars(cloud), *vars(cloud)["__all__"]}
    for entry in entry_points(EXPORTS):
        if entry.name.startswith("_") or not entry.name.isidentifier() or iskeyword(entry.name):
            yield about("misnamed", entry, "no import finds such a name; its author should choose another")
        elif entry.name in own or find_spec(f"{cloud.__name__}.{entry.name}"):
            advice = f"codomyrmex.cloud.{entry.name} is something else, which wins; its author should choose another"
            yield about("misnamed", entry, advice)


def _duplicates() -> Iterator[Finding]:
    for group in GROUPS:
        owners: dict[str, list[EntryPoint]] = {}
        for entry in entry_points(group):  # many hooks may have one name, and none are put in force twice
            owners.setdefault(entry.value if group == HOOKS else entry.name, []).append(entry)
        for name, entries in owners.items():
            if len(entries) > 1:
                yield Finding("duplicate", f"{group}: {name}: {', '.join(map(str, entries))}", "uninstall all but one")


def _stale_projects() -> Iterator[Finding]:
    """Editable installations whose project declares other entry points than were installed."""
    installed: dict[str, list[EntryPoint]] = {}
    for entry in chain.from_iterable(map(entry_points, GROUPS)):
        installed.setdefault(entry.distribution, []).append(entry)
    for name, entries in sorted(installed.items()):
        project = editable_project(entries[0].metadata.dist if entries[0].metadata else None)
        if project is None:
            continue
        try:
            now = _declared_in(project)
        except (AttributeError, OSError, TypeError, ValueError) as error:
            yield Finding(
                "stale", name, f"its project cannot be read: {error}; pip install -e it anew, or uninstall it"
            )
            continue
        if now is None:
            continue
        then = {(e.group, e.name, e.value.replace(" ", "")) for e in entries}
        if changed := sorted({n for _, n, _ in now ^ then}):
            yield Finding("stale", f"{name}: {', '.join(changed)}", f"pip install -e {project}")


def _declared_in(project: str) -> set[tuple[str, str, str]] | None:
    """Group, name and value of each entry point of a project; None where they are not in its pyproject.toml."""
    if not os.path.isdir(project):
        raise FileNotFoundError(f"no folder {project}")
    try:
        with open(os.path.join(project, "pyproject.toml"), "rb") as file:
            metadata = tomllib.load(file).get("project", {})
    except FileNotFoundError:  # a setup.py
        return None
    declares = "name" in metadata and "entry-points" not in metadata.get("dynamic", ())
    groups = metadata.get("entry-points", {})
    declared = {(group, n, v.replace(" ", "")) for group in GROUPS for n, v in groups.get(group, {}).items()}
    return declared if declares else None
