"""Distributions built once, and fresh environments to install them in."""

import os
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Callable
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import pytest
from support import distributions

ROOT = Path(__file__).parents[2]
MEMBERS = [
    file.parent for file in sorted(ROOT.glob("core/pyproject.toml")) + sorted(ROOT.glob("plugins/*/pyproject.toml"))
]
CORE = "codomyrmex-cloud"


class Distribution:
    """A member of the workspace, its wheel, and the sdist built of it."""

    def __init__(self, source: Path, wheel: Path, output: Path) -> None:
        self.source = source
        self.wheel = wheel
        self.sdist = distributions.build(source, output, "sdist")

    @cached_property
    def files(self) -> dict[str, bytes]:
        """What the wheel holds, by path."""
        with zipfile.ZipFile(self.wheel) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    @cached_property
    def payload(self) -> set[str]:
        """The paths that are installed, metadata left out."""
        return {name for name in self.files if ".dist-info/" not in name}

    @cached_property
    def metadata(self) -> Message:
        return BytesParser(policy=compat32).parsebytes(self.in_dist_info("METADATA"))

    def in_dist_info(self, path: str) -> bytes:
        return next(data for name, data in self.files.items() if name.partition(".dist-info/")[2] == path)


class Environment:
    """A virtual environment with nothing in it, until something is installed."""

    def __init__(self, folder: Path, house: Path) -> None:
        venv.create(folder, symlinks=os.name != "nt", with_pip=False)
        self.scripts = folder / ("Scripts" if os.name == "nt" else "bin")
        self.python = self.scripts / "python"
        self.house = house
        self.cloud_root = folder / "cloud"

    def install(self, *wheels: Path) -> None:
        # Python compiles what is imported; pip would compile all of it, for half of the time that these tests take
        self._pip("install", "--no-compile", "--no-index", "--find-links", self.house, *wheels)

    def install_from_index(self, *requirements: str | Path) -> None:
        self._pip("install", "--no-compile", *requirements)

    def uninstall(self, name: str) -> None:
        self._pip("uninstall", "--yes", name)

    def run(self, code: str) -> str:
        """What ``code`` prints, run by this environment's Python and no other's packages."""
        # without bytecode, which would stay beside what was uninstalled
        return self.call(self.python, "-I", "-B", "-W", "error", "-c", code)

    def call(self, *command: str | Path) -> str:
        environment = {**os.environ, "CLOUD_LOCAL_ROOT": str(self.cloud_root)}
        return checked(command, env=environment)

    @cached_property
    def site_packages(self) -> Path:
        return Path(self.run("import sysconfig; print(sysconfig.get_path('purelib'))").strip())

    def files(self) -> set[str]:
        """All files and folders installed, and all commands."""
        found = {p.relative_to(self.site_packages).as_posix() for p in self.site_packages.rglob("*")}
        return found | {f"scripts/{p.name}" for p in self.scripts.iterdir()}

    def _pip(self, action: str, *arguments: str | Path) -> None:
        checked([sys.executable, "-m", "pip", "--quiet", "--python", self.python, action, *arguments])


class Project(NamedTuple):
    """A plugin's source, written by a test."""

    source: Path
    name: str
    package: str
    storage: str
    provider: str


def checked(command, **options) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command} gave {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def write_project(folder: Path, name: str, package: str, storage: str) -> Project:
    """The source of a plugin with one storage provider, a real one though a small one."""
    provider = storage.removesuffix("Storage").lower()
    module = folder / "src" / Path(*package.split("."))
    module.mkdir(parents=True)
    (module / "py.typed").touch()
    (module / "__init__.py").write_text(
        "from codomyrmex.cloud.local import LocalStorage\n\n\n"
        f"class {storage}(LocalStorage):\n    provider = {provider!r}\n"
    )
    (folder / "pyproject.toml").write_text(
        f"""\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "1.0"
dependencies = ["{CORE}"]

[project.entry-points."codomyrmex.cloud.providers"]
"{provider}.storage" = "{package}:{storage}"

[project.entry-points."codomyrmex.cloud.exports"]
{storage} = "{package}:{storage}"

[tool.hatch.build.targets.wheel]
packages = ["src/{package.partition(".")[0]}"]
"""
    )
    return Project(folder, name, package, storage, provider)


@pytest.fixture(scope="session")
def build() -> Callable[..., Path]:
    """`support.distributions.build`, for tests."""
    return distributions.build


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of wheels, as the README has it built."""
    folder = tmp_path_factory.mktemp("wheels")
    checked([sys.executable, ROOT / "scripts/build_wheels.py", folder])
    return folder


@pytest.fixture(scope="session")
def built(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Distribution]:
    """Every member of the workspace by the name of its distribution."""
    output = tmp_path_factory.mktemp("dist")
    distributions = {}
    for member in MEMBERS:
        name = tomllib.loads((member / "pyproject.toml").read_text("utf-8"))["project"]["name"]
        (wheel,) = wheels.glob(f"{name.replace('-', '_')}-*.whl")
        distributions[name] = Distribution(member, wheel, output / member.name)
    return distributions


@pytest.fixture(scope="session", params=MEMBERS, ids=lambda member: member.name)
def member(request: pytest.FixtureRequest, built: dict[str, Distribution]) -> Distribution:
    """Each member in turn."""
    return next(d for d in built.values() if d.source == request.param)


@pytest.fixture(scope="session")
def house(built: dict[str, Distribution], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wheels of all that our members need, downloaded once; the members themselves are not there."""
    folder = tmp_path_factory.mktemp("house")
    wheels = [d.wheel for d in built.values()]
    checked([sys.executable, "-m", "pip", "--quiet", "download", "--only-binary", ":all:", "--dest", folder, *wheels])
    for wheel in wheels:
        (folder / wheel.name).unlink()
    return folder


@pytest.fixture(scope="session")
def new_environment(house: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Environment]:
    """``new_environment(*wheels)`` is a fresh environment in which these are installed."""

    def make(*wheels: Path) -> Environment:
        environment = Environment(tmp_path_factory.mktemp("venv"), house)
        environment.install(*wheels)
        return environment

    return make


@pytest.fixture
def leaf(tmp_path: Path) -> Project:
    """A plugin of ours that was not there before: a package under ``codomyrmex.cloud``."""
    return write_project(tmp_path / "leaf", "codomyrmex-cloud-acme", "codomyrmex.cloud.acme", "AcmeStorage")


@pytest.fixture
def stranger(tmp_path: Path) -> Project:
    """A third party's plugin: a package of its own."""
    return write_project(tmp_path / "stranger", "stranger-cloud", "stranger_cloud", "StrangerStorage")
