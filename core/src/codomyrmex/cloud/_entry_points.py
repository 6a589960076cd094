"""What is installed: the entry points of our groups, as importlib.metadata reads them.

Nothing of a distribution is imported here, and nothing is kept: each call reads what is there. Of a distribution that
is there several times one copy counts: that in the first folder on ``sys.path``, as Python imports it, and of several
versions in one folder, which ``pip install --target --upgrade`` leaves, the newest. Metadata without a Name is no
distribution, nor is a folder ``~name`` that an interrupted pip left.

Folders are listed here, as importlib.metadata takes one that it cannot list for an empty one: a process that has run
out of file descriptors would lose its policies.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:  # 25 ms of imports
    from importlib import metadata

PROVIDERS = "codomyrmex.cloud.providers"
SCHEMES = "codomyrmex.cloud.schemes"
EXPORTS = "codomyrmex.cloud.exports"
HOOKS = "codomyrmex.cloud.hooks"
COMMANDS = "codomyrmex.cloud.commands"
_PREFIX = "codomyrmex.cloud."
WHERE = " where this program is built" if getattr(sys, "frozen", False) else ""
"""Where pip helps: not beside a program that PyInstaller froze."""

_DAMAGED = (AttributeError, LookupError, TypeError, ValueError, Warning, FileNotFoundError)
"""What importlib.metadata raises for a file that is no metadata, or lacks a field."""


class EntryPoint(NamedTuple):
    """One entry point, with the distribution that declares it."""

    group: str
    name: str
    value: str
    distribution: str
    version: str
    metadata: metadata.EntryPoint | None
    """As importlib.metadata has it, with its ``dist``; None stands for the hooks of damaged metadata."""

    def __str__(self) -> str:
        return f"{self.name} = {self.value} ({self.distribution} {self.version})"


def read_entry_points() -> list[EntryPoint]:
    """The entry points of our groups: in the order of ``sys.path``, and in each folder of it by distribution."""
    copies: dict[str, list[metadata.Distribution]] = {}
    for distribution in distributions():
        copies.setdefault(_folder_name(distribution), []).append(distribution)
    return [entry for copies_of_one in copies.values() for entry in _entry_points(choose(copies_of_one))]


def distributions() -> list[metadata.Distribution]:
    """All distributions on ``sys.path``, of whatever kind, those with damaged metadata too.

    Each folder is read once, whatever links lead there: lib64 may be one to lib.
    """
    from importlib.metadata import PathDistribution

    by_place: dict[str, list[Any]] = {}
    for folder in sys.path:
        if children := _metadata_folders(folder):
            by_place.setdefault(os.path.realpath(folder), children)
    return [PathDistribution(child) for children in by_place.values() for child in children]


def choose(copies: list[metadata.Distribution]) -> metadata.Distribution:
    """Of the copies of one distribution, in the order of ``sys.path``, the one that counts."""
    named = [copy for copy in copies if len(copies) == 1 or has_name(copy)] or copies
    beside = [copy for copy in named if copy.locate_file("") == named[0].locate_file("")]
    return max(beside, key=_version) if len(beside) > 1 else named[0]


def has_name(distribution: metadata.Distribution) -> bool:
    """Whether its metadata can be read and has a Name, without which it is no distribution."""
    with suppress(*_DAMAGED):
        return bool(distribution.metadata.get_all("Name", [""])[0])
    return False


def _metadata_folders(folder: str) -> list[Any]:
    """Those in a folder or an archive, by name; none where Python's own import finds nothing either."""
    import zipfile
    from pathlib import Path

    with suppress(FileNotFoundError, NotADirectoryError, PermissionError, TypeError, ValueError, zipfile.BadZipFile):
        children = zipfile.Path(folder).iterdir() if os.path.isfile(folder) else Path(folder).iterdir()
        found = [child for child in children if re.fullmatch(r"[^~].*\.(dist|egg)-info", child.name)]
        return sorted(found, key=lambda child: child.name)
    return []


def _folder_name(distribution: metadata.Distribution) -> str:
    """The normalized name of a distribution, as the name of its metadata's folder has it."""
    folder: str = distribution._path.name  # type: ignore[attr-defined]  # pip uses this private name too
    return _normalized(re.sub(r"(-[^-]*)?\.dist-info$|(-.*)?\.egg-info$", "", folder))  # without its version


def _entry_points(distribution: metadata.Distribution) -> list[EntryPoint]:
    """Those of our groups. One that cannot be loaded stands for the hooks of a distribution with damaged metadata."""
    text = ""
    try:
        text = distribution.read_text("entry_points.txt") or ""
        if _PREFIX not in text:  # nothing else is parsed, so that 300 distributions cost 9 ms
            return []
        header, points = distribution.metadata, distribution.entry_points  # each read once: pip may be at work
        name, version = (header.get_all(field, [""])[0] for field in ("Name", "Version"))
        if not name:
            raise LookupError
        return [EntryPoint(p.group, p.name, p.value, name, version, p) for p in points if p.group.startswith(_PREFIX)]
    except _DAMAGED as error:
        name, place = _folder_name(distribution), str(distribution.locate_file(""))
        has_hooks = HOOKS in text or HOOKS.encode() in getattr(error, "object", b"")
        return [EntryPoint(HOOKS, "hooks", place, name, "?", None)] if has_hooks else []


def _version(distribution: metadata.Distribution) -> Any:
    from packaging.version import Version

    with suppress(*_DAMAGED):  # InvalidVersion, too
        return Version(distribution.version)
    return Version("0.dev0")


def left_out(entry: EntryPoint) -> str | None:
    """The setting that leaves a plugin out, such as ``"CLOUD_IGNORE_PLUGINS"``; None where it takes part.

    ``CLOUD_IGNORE_PLUGINS=acme-retention,...`` leaves out the plugins of these distributions, of every kind, and
    ``CLOUD_PLUGINS=codomyrmex-cloud-aws,...`` those of all others. The core and the command ``cloud`` always take part.
    """
    name, admitted = _normalized(entry.distribution), _listed("CLOUD_PLUGINS")
    if name in {"codomyrmex-cloud", "codomyrmex-cloud-cli"}:
        return None
    if name in _listed("CLOUD_IGNORE_PLUGINS"):
        return "CLOUD_IGNORE_PLUGINS"
    return "CLOUD_PLUGINS" if admitted and name not in admitted else None


def _listed(variable: str) -> set[str]:
    return {_normalized(name) for name in os.environ.get(variable, "").split(",") if name.strip()}


def _normalized(distribution: str) -> str:
    """The name of a distribution as all its spellings have it (PyPA, "Names and normalization")."""
    return re.sub(r"[-_.]+", "-", distribution.strip()).lower()
