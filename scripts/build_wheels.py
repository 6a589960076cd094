"""Build the wheels of all distributions into one folder, where pip finds them.

    python3 scripts/build_wheels.py               into dist/
    python3 scripts/build_wheels.py /srv/wheels   into another folder

Needs Python 3.11 or later with venv. Where this Python has no recent hatchling, a temporary environment gets it.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MINIMUM_PYTHON = (3, 11)
MINIMUM_HATCHLING = (1, 26)  # the first that knows a list of license-files
EXAMPLE = "codomyrmex-cloud-aws"


def build_wheels(folder: Path) -> list[Path]:
    """Build a wheel of each member of the workspace. Older wheels of the same distributions are deleted.

    Args:
        folder: Where the wheels go. It is made if it is missing.

    Returns:
        The new wheels, the core's first.
    """
    from hatchling.builders.wheel import WheelBuilder

    wheels = []
    for project in [ROOT / "core", *sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))]:
        (built,) = WheelBuilder(str(project)).build(directory=str(folder), versions=["standard"])
        wheel = Path(built)
        for other in folder.glob(f"{wheel.name.partition('-')[0]}-*.whl"):
            if other != wheel:
                other.unlink()
        wheels.append(wheel)
    return wheels


def find_links(folder: Path, others: str) -> str:
    """The value of ``PIP_FIND_LINKS`` that names this folder before the places named already.

    Args:
        folder: An absolute path.
        others: The value so far, places separated by spaces.

    Returns:
        Places separated by spaces; a folder whose path has spaces is a URL.
    """
    place = folder.as_uri() if len(str(folder).split()) > 1 else str(folder)
    return " ".join([place, *(other for other in others.split() if other != place)])


def has_hatchling() -> bool:
    """Whether this Python can build the wheels itself."""
    try:
        version = importlib.metadata.version("hatchling")
    except importlib.metadata.PackageNotFoundError:
        return False
    return tuple(int(part) for part in version.split(".")[:2]) >= MINIMUM_HATCHLING


def run_with_hatchling(arguments: list[str]) -> int:
    """Run this script by the Python of a temporary environment that has hatchling. Returns its exit code."""
    print("hatchling, which builds the wheels, is fetched into a temporary environment", flush=True)
    with tempfile.TemporaryDirectory(prefix="build-wheels-") as environment:
        python = Path(environment, "Scripts" if os.name == "nt" else "bin", "python")
        for command in (
            [sys.executable, "-m", "venv", environment],
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "hatchling"],
            [python, __file__, *arguments],
        ):
            if code := subprocess.run(command, check=False).returncode:
                return code
    return 0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "dist", help="where the wheels go")
    folder = parser.parse_args(arguments).folder.resolve()
    if sys.version_info < MINIMUM_PYTHON:
        sys.exit(f"Python 3.11 or later is needed; this is {sys.version.split()[0]}, {sys.executable}")
    if not has_hatchling():
        return run_with_hatchling(arguments)
    wheels = build_wheels(folder)
    print(f"{len(wheels)} wheels are in {folder}")
    print(
        "With the next line pip finds them in this shell, so that the lines of error messages work, such as the last:\n"
    )
    print(f"export PIP_FIND_LINKS={shlex.quote(find_links(folder, os.environ.get('PIP_FIND_LINKS', '')))}")
    print(f"pip install {EXAMPLE}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
