"""Programs that PyInstaller froze together with installed plugins run where neither Python nor a package is."""

import json
import os
import shutil

import pytest
from codomyrmex.cloud import __version__
from support import distributions, freezing

from .conftest import CORE, ROOT, Environment, checked, write_project

PROGRAM = """
import json

import codomyrmex.cloud
from codomyrmex.cloud import AcmeStorage, CloudProvider, LeafStorage, get_client, open_storage, providers
from codomyrmex.cloud.errors import OperationRefused

with get_client("acme") as storage:
    storage.ensure_bucket("bucket")
    storage.upload_file("bucket", "key", b"hello")
    content = storage.download_file("bucket", "key").decode()
    try:
        refusal = f"none: {storage.delete_file('bucket', 'key')}"
    except OperationRefused as error:
        refusal = str(error)
try:
    get_client("aws")
except LookupError as error:
    cure = str(error).partition("; ")[2]
clients = storage, open_storage("leaf://bucket"), get_client(CloudProvider.LOCAL)
print(json.dumps({
    "providers": [f"{p.provider}.{p.service} of {p.distribution} {p.version}" for p in providers()],
    "clients": [type(client).__name__ for client in clients],
    "exports": [AcmeStorage is type(clients[0]), LeafStorage is type(clients[1])],
    "missing_names": [name for name in dir(codomyrmex.cloud) if not hasattr(codomyrmex.cloud, name)],
    "content": content,
    "refusal": refusal,
    "cure": cure,
}))
"""
RETENTION = """
from codomyrmex.cloud.errors import OperationRefused
from codomyrmex.cloud.hooks import hookimpl


@hookimpl
def cloud_before_operation(operation):
    if operation.effect == "delete":
        raise OperationRefused(f"{operation.resource} is kept for seven years")
"""
SPEC = """
analysis = Analysis(["program.py"], excludes=["unwanted_cloud"])
pure = PYZ(analysis.pure)
program = EXE(pure, analysis.scripts, exclude_binaries=True, name="program")
COLLECT(program, analysis.binaries, analysis.datas, name="onedir")
EXE(pure, analysis.scripts, analysis.binaries, analysis.datas, name="onefile")
"""
LOAD_ALL = """
from importlib.metadata import distributions
import codomyrmex.cloud
for entry in (e for d in distributions() for e in d.entry_points if e.group.startswith("codomyrmex.cloud.")):
    entry.load()
    print(f"{entry.group}:{entry.name}")
"""


@pytest.fixture(scope="module")
def pyinstaller():
    """PyInstaller can freeze on this machine."""
    if reason := freezing.missing():
        pytest.fail(reason) if os.environ.get("CLOUD_REQUIRE_BACKENDS") == "1" else pytest.skip(reason)


@pytest.fixture(scope="module")
def plugins(tmp_path_factory):
    """Wheels of strangers' plugins, and of one of ours that is editable."""
    folder = tmp_path_factory.mktemp("plugins")
    acme = write_project(folder / "acme", "acme-cloud", "acme_cloud", "AcmeStorage")
    unwanted = write_project(folder / "unwanted", "unwanted-cloud", "unwanted_cloud", "UnwantedStorage")
    leaf = write_project(folder / "leaf", "codomyrmex-cloud-leaf", "codomyrmex.cloud.leaf", "LeafStorage")
    retention = folder / "retention"
    distributions.write_project(retention, "acme-retention", RETENTION, {"hooks": {"retention": "acme_retention"}}, "1")
    wheels = [distributions.build(source, folder) for source in (acme.source, unwanted.source, retention)]
    return [*wheels, distributions.build(leaf.source, folder, "wheel:editable")]


@pytest.fixture(scope="module")
def frozen(pyinstaller, plugins, tmp_path_factory):
    """The folder of the frozen programs; what they were made of is gone."""
    folder = tmp_path_factory.mktemp("frozen")
    environment = Environment(folder / "venv", folder)
    core = distributions.build(ROOT / "core", folder / "core")
    environment.install_from_index("pyinstaller", core, *plugins)
    freeze(environment, PROGRAM, folder)
    shutil.rmtree(folder / "venv")
    shutil.rmtree(plugins[0].parent)
    return folder / "dist"


@pytest.fixture(scope="module", params=["onedir/program", "onefile"])
def result(request, frozen, tmp_path_factory):
    """What a frozen program says of itself, run with no environment from another folder."""
    folder = tmp_path_factory.mktemp("elsewhere")
    return json.loads(run(frozen / request.param, folder))


def freeze(environment, program, folder):
    """Make ``folder/dist`` by PyInstaller."""
    (folder / "program.py").write_text(program, encoding="utf-8")
    (folder / "program.spec").write_text(SPEC, encoding="utf-8")
    variables = {**os.environ, "PYINSTALLER_CONFIG_DIR": str(folder / "config")}
    command = [environment.python, "-m", "PyInstaller", "--log-level", "WARN", "program.spec"]
    checked(command, cwd=folder, env=variables)


def run(program, folder):
    """What a program prints that has ``folder`` and nothing else."""
    return checked([program], cwd=folder, env={"CLOUD_LOCAL_ROOT": str(folder / "cloud"), "TMPDIR": str(folder)})


@pytest.mark.slow
class TestFrozenProgram:
    def test_finds_the_installed_providers_and_no_excluded_one(self, result):
        assert result["providers"] == [
            "acme.storage of acme-cloud 1.0",
            "leaf.storage of codomyrmex-cloud-leaf 1.0",
            f"local.storage of {CORE} {__version__}",
        ]

    def test_makes_clients_by_name_and_by_url(self, result):
        assert result["clients"] == ["AcmeStorage", "LeafStorage", "LocalStorage"]
        assert result["content"] == "hello"

    def test_imports_the_names_that_core_and_plugins_export(self, result):
        assert result["exports"] == [True, True]
        assert result["missing_names"] == []

    def test_says_where_what_is_missing_can_be_installed(self, result):
        cure = "'pip install codomyrmex-cloud-aws' where this program is built brings it"
        assert result["cure"].startswith(cure)

    def test_obeys_the_hooks_of_an_installed_policy(self, result):
        assert "acme://bucket/key is kept for seven years" in result["refusal"]


@pytest.mark.release
def test_every_plugin_of_ours_loads_frozen(pyinstaller, built, new_environment, tmp_path):
    environment = new_environment(
        *(distributions.build(d.source, tmp_path / name, "wheel:editable") for name, d in built.items())
    )
    environment.install_from_index("pyinstaller")
    freeze(environment, LOAD_ALL, tmp_path)
    loaded = run(tmp_path / "dist/onefile", tmp_path).split()
    assert sorted(loaded) == sorted(environment.run(LOAD_ALL).split())
    assert "codomyrmex.cloud.providers:infomaniak.compute" in loaded
