"""What is installed: the entry points of our groups, read from the metadata on ``sys.path``.

The files are those importlib.metadata reads. Reading them here takes 3 ms with 300 distributions,
where importing importlib.metadata (25 ms) or stevedore (33 ms) alone takes longer than a whole
look-up may; the distribution's name stays with each entry point; and as nothing is kept on disk,
nothing is stale after ``pip install -e``. Nothing is imported until `EntryPoint.load`.
"""

from __future__ import annotations

import operator
import os
import re
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

PROVIDERS = "codomyrmex.cloud.providers"
SCHEMES = "codomyrmex.cloud.schemes"
EXPORTS = "codomyrmex.cloud.exports"
HOOKS = "codomyrmex.cloud.hooks"
COMMANDS = "codomyrmex.cloud.commands"


class EntryPoint(NamedTuple):
    """One entry point, with the distribution that declares it."""

    group: str
    name: str
    value: str
    distribution: str
    version: str
    metadata: str
    """The ``.dist-info`` or ``.egg-info`` it was read from."""

    def load(self) -> Any:
        """Import the module and return the object. Raises whatever the import raises."""
        import importlib

        module, _, attributes = self.value.partition(":")
        loaded = importlib.import_module(module)
        return operator.attrgetter(attributes)(loaded) if attributes else loaded

    def __str__(self) -> str:
        return f"{self.name} = {self.value} ({self.distribution} {self.version})"


def shadowed_plugins() -> list[EntryPoint]:
    """The entry points of distributions of which another copy comes first on ``sys.path``."""
    return [entry for folder in distributions(tuple(sys.path), shadowed=True) for entry in read(folder)]


def left_out(entry: EntryPoint) -> str | None:
    """The setting that leaves a plugin out, such as ``"CLOUD_IGNORE_PLUGINS"``; None where it takes part.

    ``CLOUD_IGNORE_PLUGINS=acme-retention,...`` leaves out the plugins of these distributions, of every kind, and
    ``CLOUD_PLUGINS=codomyrmex-cloud-aws,...`` those of all others, but for the core and the command ``cloud``.
    """
    ignored, admitted = _listed("CLOUD_IGNORE_PLUGINS"), _listed("CLOUD_PLUGINS")
    name = _normalized(entry.distribution) if ignored or admitted else ""
    if name in ignored:
        return "CLOUD_IGNORE_PLUGINS"
    return "CLOUD_PLUGINS" if admitted and name not in {*admitted, "codomyrmex-cloud", "codomyrmex-cloud-cli"} else None


def _listed(variable: str) -> set[str]:
    return {_normalized(name) for name in os.environ.get(variable, "").split(",") if name.strip()}


def _normalized(distribution: str) -> str:
    """The name of a distribution as all its spellings have it (PyPA, "Names and normalization")."""
    return re.sub(r"[-_.]+", "-", distribution.strip()).lower()


def distributions(path: tuple[str, ...], *, shadowed: bool = False) -> Iterator[str]:
    """The metadata folders on ``path``; of one distribution the first, as Python imports it.

    ``shadowed`` gives those behind the first instead.
    """
    seen: set[str] = set()
    for folder in dict.fromkeys(path):
        try:
            names = sorted(os.listdir(folder or "."))
        except OSError:
            names = _archived(folder) if os.path.isfile(folder) else []
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                project = name.rpartition(".")[0].partition("-")[0].lower().replace(".", "_")
                if (project in seen) is shadowed:
                    yield os.path.join(folder, name)
                seen.add(project)


def read(folder: str) -> Iterator[EntryPoint]:
    """Our entry points of one distribution, given its metadata folder."""
    text = _read(folder, "entry_points.txt")
    if "codomyrmex.cloud." not in text:
        return
    header = _read(folder, "METADATA") or _read(folder, "PKG-INFO")
    fields = dict(line.split(": ", 1) for line in header.partition("\n\n")[0].splitlines() if ": " in line)
    group = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            group = line.strip("[]")
        elif group.startswith("codomyrmex.cloud.") and "=" in line and line[0] not in "#;":
            name, _, value = line.partition("=")
            value = value.partition("[")[0].strip()
            yield EntryPoint(group, name.strip(), value, fields.get("Name", "?"), fields.get("Version", "?"), folder)


def _read(folder: str, name: str) -> str:
    try:
        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
            return file.read()
    except NotADirectoryError:
        import zipfile

        archive, inside = os.path.split(folder)
        item = zipfile.Path(archive, f"{inside}/{name}") if zipfile.is_zipfile(archive) else None
        return item.read_text(encoding="utf-8", errors="replace") if item and item.is_file() else ""
    except OSError:
        return ""


def _archived(archive: str) -> list[str]:
    """The metadata folders of a zip file on ``sys.path``; none of what is no zip file, or damaged."""
    import zipfile

    try:
        return sorted(item.name for item in zipfile.Path(archive).iterdir())
    except (OSError, zipfile.BadZipFile):
        return []
