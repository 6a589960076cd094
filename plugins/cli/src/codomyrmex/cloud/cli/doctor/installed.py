"""What is wrong with the distributions on ``sys.path``: copies, leftovers, files of two, names in settings."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from difflib import get_close_matches
from importlib import metadata
from importlib.metadata import Distribution
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlparse
from urllib.request import url2pathname

from codomyrmex.cloud.cli.doctor.findings import Finding
from codomyrmex.cloud.plugin import EntryPoint, choose, distributions, has_name, installed_plugins
from packaging.utils import canonicalize_name

_OURS = "codomyrmex"
_CORE = "codomyrmex-cloud"
_ALWAYS = {_CORE, "codomyrmex-cloud-cli"}
_CORES_OWN = {"codomyrmex/__init__.py", "codomyrmex/cloud/__init__.py"}
_FILES_SHOWN = 3


Copies = dict[str, list[Distribution]]
"""The copies of each distribution, in the order of ``sys.path``, by normalized name."""


def read_copies() -> Copies:
    """What is installed, of whatever kind."""
    copies: Copies = {}
    for distribution in filter(has_name, distributions()):
        copies.setdefault(canonicalize_name(distribution.name), []).append(distribution)
    return copies


def installed_findings(copies: Copies) -> Iterator[Finding]:
    """All findings of this module."""
    return chain(
        _settings(copies), _unread(), _further_copies(copies), _foreign_packages(copies), _shared_files(copies)
    )


def entry_points_of(distribution: Distribution) -> list[EntryPoint]:
    """All its entry points, of whatever group; none where they cannot be parsed."""
    with suppress(Exception):  # ValueError, TypeError, UnicodeDecodeError: as the line is, and Python
        points = distribution.entry_points
        name, version = (distribution.name, distribution.version) if points else ("", "")
        return [EntryPoint(point.group, point.name, point.value, name, version, point) for point in points]
    return []


def editable_project(distribution: Distribution | None) -> str | None:
    """The folder of an editable installation (PEP 610), or None."""
    with suppress(AttributeError, LookupError, TypeError, ValueError):  # what is no JSON, or no PEP 610
        origin = json.loads((distribution and distribution.read_text("direct_url.json")) or "{}")
        if origin["dir_info"]["editable"] is True:
            return url2pathname(urlparse(origin["url"]).path)
    return None


def _settings(copies: Copies) -> Iterator[Finding]:
    """Names in settings that have no effect."""
    plugins = {canonicalize_name(entry.distribution) for entry in installed_plugins()}
    for setting in ("CLOUD_IGNORE_PLUGINS", "CLOUD_PLUGINS"):
        for name in filter(None, map(str.strip, os.environ.get(setting, "").split(","))):
            near = get_close_matches(canonicalize_name(name), plugins - _ALWAYS, 1)
            correction = f"did you mean {near[0]}? " if near else ""
            if canonicalize_name(name) not in {*copies, *plugins}:
                advice = f"{correction}No distribution of this name is installed; correct it, or take it out"
                yield Finding("setting", f"{setting} names {name}", advice)
            elif canonicalize_name(name) in _ALWAYS and setting == "CLOUD_IGNORE_PLUGINS":
                advice = "this has no effect: the core and the command cloud always take part; take it out"
                yield Finding("setting", f"{setting} names {name}", advice)


def _unread() -> Iterator[Finding]:
    """Metadata of ours that no discovery reads."""
    found = {os.path.realpath(str(_metadata_folder(one))): one for one in metadata.distributions()}
    for path, distribution in found.items():
        folder = _metadata_folder(distribution)
        if not (folder.name.lstrip("~").startswith(_OURS) or _OURS in _text(folder / "entry_points.txt")):
            continue
        if folder.name.startswith("~"):
            yield Finding("leftover", path, "an interrupted pip left this folder, which counts for nothing; delete it")
        elif not has_name(distribution):
            advice = "this metadata has no Name, so its plugins are not found; install the distribution anew"
            yield Finding("unreadable", path, advice)
        elif not _parses(distribution):
            advice = f"this file cannot be parsed, so its plugins are not found; install {distribution.name} anew"
            yield Finding("unreadable", os.path.join(path, "entry_points.txt"), advice)


def _further_copies(copies_by_name: Copies) -> Iterator[Finding]:
    """Copies that do not count, of distributions of ours."""
    for name, copies in copies_by_name.items():
        if not name.startswith(_OURS) and not any(map(_declares_plugins, copies)):
            continue
        counts = choose(copies)
        for copy in copies:
            if copy is counts or _is_its_source(copy, counts) or _is_its_source(counts, copy):
                continue
            if _site(copy) == _site(counts):
                advice = (
                    f"{counts.version} was installed over it, and counts; delete this folder. 'pip uninstall' would "
                    f"take the files of {counts.version}"
                )
                yield Finding("leftover", f"{name} {copy.version}: {_metadata_folder(copy)}", advice)
            else:
                advice = f"another copy, {counts.version} in {_site(counts)}, comes first on sys.path; uninstall one"
                yield Finding("shadowed", f"{name} {copy.version} in {_site(copy)}", advice)


def _foreign_packages(copies: Copies) -> Iterator[Finding]:
    """What makes a package of its own of ``codomyrmex`` or ``codomyrmex.cloud``."""
    for name, distribution in _each(copies):
        if name == _CORE or _OURS not in (distribution.read_text("RECORD") or ""):
            continue
        for file in sorted(_CORES_OWN.intersection(_files(distribution))):
            what = f"{_label(distribution)}: {os.path.join(_site(distribution), file)}"
            advice = (
                f"only the core may bring this file: another's hides plugins, or the core; uninstall {name}, then run "
                f"'pip install --force-reinstall --no-deps {_CORE}', as pip takes the core's file with it"
            )
            yield Finding("overlapping", what, advice)


def _shared_files(copies: Copies) -> Iterator[Finding]:
    """Files that two distributions own, where one of them brings plugins or the file is in our package."""
    owners: dict[tuple[str, str], dict[str, Distribution]] = {}
    for name, distribution in _each(copies):
        site = os.path.realpath(_site(distribution))
        for file in set(_files(distribution)) - _CORES_OWN:
            owners.setdefault((site, file), {}).setdefault(name, distribution)
    shared: dict[tuple[str, ...], list[str]] = {}
    for (site, file), owning in owners.items():
        if len(owning) > 1 and (file.startswith(f"{_OURS}/") or any(map(_declares_plugins, owning.values()))):
            shared.setdefault((site, *map(_label, owning.values())), []).append(file)
    for (site, *labels), files in shared.items():
        more = f" and {len(files) - _FILES_SHOWN} more" if len(files) > _FILES_SHOWN else ""
        advice = (
            "the one installed last has overwritten them, and uninstalling one takes them from the other; uninstall "
            "all, then install those that you need and that share nothing"
        )
        what = f"{' and '.join(labels)} in {site}: {', '.join(sorted(files)[:_FILES_SHOWN])}{more}"
        yield Finding("overlapping", what, advice)


def _each(copies: Copies) -> Iterator[tuple[str, Distribution]]:
    return ((name, copy) for name, copies_of_one in copies.items() for copy in copies_of_one)


def _metadata_folder(distribution: Distribution) -> Any:
    """Its ``.dist-info`` or ``.egg-info``, a Path or, in an archive, a zipfile.Path.

    importlib.metadata has no public name for it.
    """
    return distribution._path  # type: ignore[attr-defined]


def _is_its_source(copy: Distribution, editable: Distribution) -> bool:
    """Whether a copy is the ``.egg-info`` that setuptools leaves in the project of an editable installation."""
    project = editable_project(editable)
    return (
        project is not None
        and _metadata_folder(copy).name.endswith(".egg-info")
        and Path(_site(copy)).resolve().is_relative_to(Path(project).resolve())
    )


def _site(distribution: Distribution) -> str:
    return str(distribution.locate_file(""))


def _label(distribution: Distribution) -> str:
    return f"{distribution.name} {distribution.version}"


def _files(distribution: Distribution) -> list[str]:
    """What it owns beside its metadata and compiled modules, relative to its folder."""
    with suppress(Exception):  # a RECORD that is damaged
        files = map(str, distribution.files or ())
        return [file for file in files if not file.endswith(".pyc") and ".dist-info/" not in file]
    return []


def _declares_plugins(distribution: Distribution) -> bool:
    return any(entry.group.startswith(_OURS) for entry in entry_points_of(distribution))


def _parses(distribution: Distribution) -> bool:
    with suppress(Exception):  # whatever is wrong with its file
        return distribution.entry_points is not None
    return False


def _text(file: Any) -> str:
    with suppress(OSError, KeyError):
        return str(file.read_bytes().decode(errors="replace"))
    return ""
