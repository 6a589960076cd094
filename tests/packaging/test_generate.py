"""scripts/generate.py, on a copy of this workspace."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = "core/src/codomyrmex/cloud"
GENERATED = [f"{CORE}/__init__.pyi", f"{CORE}/_catalogue.py", "workspace.txt"]


def generate(workspace, *options):
    command = [sys.executable, ROOT / "scripts/generate.py", "--root", workspace, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def add_plugin(workspace, folder, name, entry_points):
    (workspace / "plugins" / folder).mkdir(parents=True)
    (workspace / "plugins" / folder / "pyproject.toml").write_text(f'[project]\nname = "{name}"\n{entry_points}')


def add_acme(workspace):
    add_plugin(
        workspace,
        "acme",
        "codomyrmex-cloud-acme",
        '[project.entry-points."codomyrmex.cloud.providers"]\n"acme.storage" = "codomyrmex.cloud.acme:Storage"\n'
        '[project.entry-points."codomyrmex.cloud.exports"]\nAcmeClient = "codomyrmex.cloud.acme.face:AcmeClient"\n',
    )


@pytest.fixture
def workspace(tmp_path):
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "core", tmp_path / "core", ignore=ignore)
    for file in ROOT.glob("plugins/*/pyproject.toml"):
        copy = tmp_path / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True)
        shutil.copy(file, copy)
    assert generate(tmp_path).returncode == 0
    return tmp_path


def test_a_folder_under_plugins_is_all_that_a_provider_needs(workspace):
    add_acme(workspace)
    assert generate(workspace).returncode == 0
    stub, catalogue, members = (set((workspace / path).read_text().splitlines()) for path in GENERATED)
    assert "from codomyrmex.cloud.acme.face import AcmeClient as AcmeClient" in stub
    assert '    "acme.storage": "codomyrmex-cloud-acme",' in catalogue
    assert '    "AcmeClient": "codomyrmex-cloud-acme",' in catalogue
    assert "-e ./plugins/acme" in members


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("from codomyrmex.cloud import AcmeClient", id="export"),
        pytest.param("from codomyrmex.cloud import get_client; get_client('acme')", id="provider"),
    ],
)
def test_errors_then_name_the_distribution_to_install(workspace, code):
    add_acme(workspace)
    assert generate(workspace).returncode == 0
    environment = {**os.environ, "PYTHONPATH": str(workspace / "core/src")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert "'pip install codomyrmex-cloud-acme' brings it" in done.stderr


def test_the_stub_names_every_lazy_name_of_the_core(workspace):
    own = {"API_VERSION", "CloudError", "CloudProvider", "StorageClient", "open_storage", "LocalStorage"}
    stub = (workspace / CORE / "__init__.pyi").read_text()
    assert {name for name in own if f" import {name} as {name}\n" in stub} == own


def test_type_checkers_know_which_class_each_provider_gives(workspace):
    add_acme(workspace)
    add_plugin(
        workspace,
        "beta",
        "codomyrmex-cloud-beta",
        '[project.entry-points."codomyrmex.cloud.providers"]\n"aws.queue" = "codomyrmex.cloud.beta:Queue"\n'
        '[project.entry-points."codomyrmex.cloud.exports"]\nQueue = "codomyrmex.cloud.beta:Queue"\n',
    )
    assert generate(workspace).returncode == 0
    stub = (workspace / CORE / "__init__.pyi").read_text()
    queue = 'provider: Literal[CloudProvider.AWS, "aws"],\n    service: Literal[ResourceType.QUEUE, "queue"],'
    assert f"@overload\ndef get_client(\n    {queue}\n    **options: Any,\n) -> Queue: ...\n" in stub
    assert '"acme"' not in stub  # its class is not exported


def test_check_passes_when_all_is_up_to_date(workspace):
    done = generate(workspace, "--check")
    assert (done.returncode, done.stdout) == (0, "")


def test_check_names_what_is_out_of_date_and_writes_nothing(workspace):
    before = [(workspace / path).read_text() for path in GENERATED]
    add_acme(workspace)
    done = generate(workspace, "--check")
    assert done.returncode == 1
    assert [path for path in GENERATED if f"{path} is out of date" in done.stdout] == GENERATED
    assert [(workspace / path).read_text() for path in GENERATED] == before


@pytest.mark.parametrize("path", GENERATED)
def test_check_notices_a_file_that_is_missing(workspace, path):
    (workspace / path).unlink()
    done = generate(workspace, "--check")
    assert (done.returncode, done.stdout.count("out of date")) == (1, 1)
    assert path in done.stdout


def test_two_plugins_that_offer_one_provider_are_refused(workspace):
    add_acme(workspace)
    providers = '[project.entry-points."codomyrmex.cloud.providers"]\n"acme.storage" = "other:Storage"\n'
    add_plugin(workspace, "other", "codomyrmex-cloud-other", providers)
    done = generate(workspace)
    assert done.returncode == 1
    assert "'acme.storage' is offered by codomyrmex-cloud-acme and by codomyrmex-cloud-other" in done.stderr


def test_an_export_under_another_name_is_refused(workspace):
    exports = '[project.entry-points."codomyrmex.cloud.exports"]\nAcmeClient = "acme:Client"\n'
    add_plugin(workspace, "acme", "codomyrmex-cloud-acme", exports)
    done = generate(workspace)
    assert done.returncode == 1
    assert "the object must have the name it is exported by" in done.stderr
