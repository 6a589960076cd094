"""Real small distributions, built and unpacked in milliseconds."""

import json
import shutil
import zipfile
from pathlib import Path

from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

DNS_CLIENT = """
from codomyrmex.cloud.common import CloudClient

class Client(CloudClient):
    provider, service = "acme", "dns"

    @classmethod
    def credential_source(cls):
        return "ACME_TOKEN=abcd***"
"""
"""The module of a sound provider, whose entry point is ``acme.dns``."""


def build(project, output, target="wheel"):
    """What pip would build of the project in this folder: ``wheel``, ``wheel:editable`` (for ``-e``) or ``sdist``."""
    name, _, version = target.partition(":")
    builder = {"wheel": WheelBuilder, "sdist": SdistBuilder}[name](str(project))
    (built,) = builder.build(directory=str(output), versions=[version or "standard"])
    return Path(built)


def write_project(project, name, source, entry_points, version, summary=""):
    """A project of one module, ``src/acme_cloud.py`` where the distribution is ``acme-cloud``."""
    shutil.rmtree(project, ignore_errors=True)
    module = project / "src" / f"{name.replace('-', '_')}.py"
    module.parent.mkdir(parents=True)
    module.write_text(source, encoding="utf-8")
    lines = [
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"',
        f'[project]\nname = "{name}"\nversion = "{version}"\ndependencies = ["codomyrmex-cloud"]',
        f"description = {json.dumps(summary)}",
        f'[tool.hatch.build]\ndev-mode-dirs = ["src"]\ntargets.wheel.packages = ["src/{module.name}"]',
    ]
    for group, names in entry_points.items():
        lines.append(f'[project.entry-points."codomyrmex.cloud.{group}"]')
        lines += [f"{json.dumps(key)} = {json.dumps(value)}" for key, value in names.items()]
    (project / "pyproject.toml").write_text("\n".join(lines), encoding="utf-8")


def unpack(wheel, site):
    """Install a wheel, in place of another version of it. Returns the folders to put on ``sys.path``."""
    site.mkdir(parents=True, exist_ok=True)
    for info in site.glob(f"{wheel.name.partition('-')[0]}-*.dist-info"):
        for line in (info / "RECORD").read_text(encoding="utf-8").splitlines():
            (site / line.partition(",")[0]).unlink()
        shutil.rmtree(info)
    shutil.rmtree(site / "__pycache__", ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # Python reads .pth files in its own site folder only
    return [site, *(Path(pth.read_text(encoding="utf-8").strip()) for pth in site.glob("*.pth"))]
