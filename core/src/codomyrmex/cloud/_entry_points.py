"""What is installed: the entry points of our groups, as importlib.metadata reads them.

Nothing of a distribution is imported here, and nothing is kept: each call reads what is there. Of a distribution that
is there several times one copy counts: that in the first folder on ``sys.path``, as Python imports it, and of several
versions in one folder, which ``pip install --target --upgrade`` leaves, the newest. Metadata without a Name is no
distribution, nor is a folder ``~name`` that an interrupted pip left: importlib.metadata does not find it by its name.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # 25 ms of imports
    from importlib import metadata

    from packaging.version import Version

PROVIDERS = "codomyrmex.cloud.providers"
SCHEMES = "codomyrmex.cloud.schemes"
EXPORTS = "codomyrmex.cloud.exports"
HOOKS = "codomyrmex.cloud.hooks"
COMMANDS = "codomyrmex.cloud.commands"
_PREFIX = "codomyrmex.cloud."
WHERE = " where this program is built" if getattr(sys, "frozen", False) else ""
"""Where pip helps: not beside a program that PyInstaller froze."""


class EntryPoint(NamedTuple):
    """One entry point, with the distribution that declares it."""

    group: str
    name: str
    value: str
    distribution: str
    version: str
    metadata: metadata.EntryPoint
    """As importlib.metadata has it, with its ``dist``."""

    def __str__(self) -> str:
        return f"{self.name} = {self.value} ({self.distribution} {self.version})"


def read_entry_points() -> list[EntryPoint]:
    """The entry points of our groups, in the order of ``sys.path``."""
    from importlib import metadata

    metadata.MetadataPathFinder().invalidate_caches()  # importlib.invalidate_caches() does not, before Python 3.12
    entries, path, seen = list[EntryPoint](), _folders(), set[str]()
    for distribution in metadata.distributions(path=path):
        if _entry_points(distribution) and distribution.name not in seen:
            copies = [copy for copy in metadata.distributions(path=path, name=distribution.name) if _has_name(copy)]
            seen.update(copy.name for copy in copies)  # in all its spellings
            entries += _entry_points(choose(copies)) if copies else []
    return entries


def distributions() -> list[metadata.Distribution]:
    """All distributions on ``sys.path``, of whatever kind, in its order."""
    from importlib import metadata

    return [distribution for distribution in metadata.distributions(path=_folders()) if _has_name(distribution)]


def _folders() -> list[str]:
    """``sys.path``, each folder once, whatever links lead there: lib64 may be one to lib."""
    folders: dict[str, str] = {}
    for folder in sys.path:
        folders.setdefault(os.path.realpath(folder), folder)
    return list(folders.values())


def choose(copies: list[metadata.Distribution]) -> metadata.Distribution:
    """Of the copies of one distribution, in the order of ``sys.path``, the one that counts."""
    folder = copies[0].locate_file("")
    beside = [copy for copy in copies if copy.locate_file("") == folder]
    return max(beside, key=_version) if len(beside) > 1 else copies[0]


def _has_name(distribution: metadata.Distribution) -> bool:
    with suppress(Exception):  # whatever is wrong with one, others are to be found
        return "Name" in distribution.metadata
    return False


def _entry_points(distribution: metadata.Distribution) -> list[EntryPoint]:
    """Those of our groups. A text without them is not parsed, which keeps 300 distributions at 9 ms."""
    with suppress(Exception):  # as above
        if _PREFIX in (distribution.read_text("entry_points.txt") or "") and _has_name(distribution):
            name, version = distribution.name, distribution.version
            ours = [point for point in distribution.entry_points if point.group.startswith(_PREFIX)]
            values = [point.value.partition("[")[0].strip() for point in ours]  # without extras
            return [EntryPoint(p.group, p.name, value, name, version, p) for p, value in zip(ours, values, strict=True)]
    return []


def _version(distribution: metadata.Distribution) -> Version:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(distribution.version)
    except (InvalidVersion, TypeError):
        return Version("0.dev0")


def left_out(entry: EntryPoint) -> str | None:
    """The setting that leaves a plugin out, such as ``"CLOUD_IGNORE_PLUGINS"``; None where it takes part.

    ``CLOUD_IGNORE_PLUGINS=acme-retention,...`` leaves out the plugins of these distributions, of every kind, and
    ``CLOUD_PLUGINS=codomyrmex-cloud-aws,...`` those of all others. The core and the command ``cloud`` always take part.
    """
    settings = [name for name in ("CLOUD_IGNORE_PLUGINS", "CLOUD_PLUGINS") if os.environ.get(name, "").strip(", ")]
    if not settings or entry.distribution in {"codomyrmex-cloud", "codomyrmex-cloud-cli"}:
        return None
    from packaging.utils import canonicalize_name

    for setting in settings:
        listed = {canonicalize_name(name.strip()) for name in os.environ[setting].split(",")}
        if (canonicalize_name(entry.distribution) in listed) is (setting == "CLOUD_IGNORE_PLUGINS"):
            return setting
    return None
