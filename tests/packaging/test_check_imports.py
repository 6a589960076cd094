"""scripts/check_imports.py, on a small workspace in which one thing is wrong."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = {
    "core/pyproject.toml": '[project]\nname = "codomyrmex-cloud"\n',
    "core/src/codomyrmex/cloud/__init__.py": '__version__ = "1"\n',
    "core/src/codomyrmex/cloud/_files.py": "CHUNK = 1\n",
    "core/src/codomyrmex/cloud/errors.py": "from ._files import CHUNK\n\n_TREE = CloudError = CHUNK\n",
    "plugins/acme/pyproject.toml": '[project]\nname = "codomyrmex-cloud-acme"\ndependencies = ["codomyrmex-cloud>=1"]\n'
    'optional-dependencies.rest = ["codomyrmex-cloud-rest[client]>=1"]\n',
    "plugins/acme/src/codomyrmex/cloud/acme/__init__.py": "from codomyrmex.cloud.acme._client import Client\n",
    "plugins/acme/src/codomyrmex/cloud/acme/_client.py": "from codomyrmex.cloud import __version__\n"
    "from codomyrmex.cloud.acme._parts import _Part\nfrom codomyrmex.cloud.errors import CloudError\n",
    "plugins/acme/src/codomyrmex/cloud/acme/_parts.py": "from codomyrmex.cloud.rest import RestClient as _Part\n",
    "plugins/rest/pyproject.toml": '[project]\nname = "codomyrmex-cloud-rest"\ndependencies = ["codomyrmex-cloud"]\n'
    '[project.entry-points."codomyrmex.cloud.exports"]\nRestClient = "codomyrmex.cloud.rest:RestClient"\n',
    "plugins/rest/src/codomyrmex/cloud/rest/__init__.py": "RestClient = 1\n",
}
CORE = "core/src/codomyrmex/cloud/errors.py"
PARTS = "plugins/acme/src/codomyrmex/cloud/acme/_parts.py"
ERRORS = "codomyrmex.cloud.errors"
PRIVATE = "which is private to codomyrmex-cloud"
NO_DEPENDENCY = "but codomyrmex-cloud-{} is no dependency"
REST = "plugins/rest/src/codomyrmex/cloud/rest/__init__.py"


@pytest.fixture
def workspace(tmp_path):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def check(workspace):
    command = [sys.executable, ROOT / "scripts/check_imports.py", "--root", workspace]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_what_the_contracts_allow_passes(workspace):
    done = check(workspace)
    assert (done.returncode, "Contracts: 2 kept, 0 broken." in done.stdout) == (0, True), done.stdout


@pytest.mark.parametrize(
    ("path", "statement", "problem"),
    [
        (REST, "from codomyrmex.cloud._files import CHUNK", f"codomyrmex.cloud._files, {PRIVATE}"),
        (REST, "from .. import _files", f"codomyrmex.cloud._files, {PRIVATE}"),
        (REST, "import codomyrmex.cloud._files", f"codomyrmex.cloud._files, {PRIVATE}"),
        (REST, "from codomyrmex.cloud.errors import (\n    CloudError,\n    _TREE,\n)", f"{ERRORS}._TREE, {PRIVATE}"),
        (REST, "from codomyrmex.cloud import acme", f"codomyrmex.cloud.acme, {NO_DEPENDENCY.format('acme')}"),
        (CORE, "from codomyrmex.cloud import rest", f"codomyrmex.cloud.rest, {NO_DEPENDENCY.format('rest')}"),
        (CORE, "from codomyrmex.cloud import RestClient", f"codomyrmex.cloud, {NO_DEPENDENCY.format('rest')}"),
    ],
)
@pytest.mark.parametrize("where", ["", "if TYPE_CHECKING:", "def late():"])
def test_an_import_that_is_not_allowed_is_named(workspace, where, path, statement, problem):
    with (workspace / path).open("a") as file:
        file.write(f"{where}\n    {statement}\n" if where else f"\n{statement}\n")
    line = FILES[path].count("\n") + 2
    done = check(workspace)
    assert done.returncode == 1
    assert f"{path}:{line} imports {problem}" in done.stdout.splitlines()


@pytest.mark.parametrize("where", ["", "if TYPE_CHECKING:", "def late():"])
@pytest.mark.parametrize("statement", ["from codomyrmex.cloud.acme._client import Client", "from . import Client"])
def test_a_circle_is_named(workspace, where, statement):
    with (workspace / PARTS).open("a") as file:
        file.write(f"{where}\n    {statement}\n" if where else f"\n{statement}\n")
    done = check(workspace)
    assert done.returncode == 1
    assert "Contracts: 1 kept, 1 broken." in done.stdout
    circle = done.stdout.rpartition("by way of others\n")[2]
    assert "codomyrmex.cloud.acme._parts\n" in circle
    assert "  imports codomyrmex.cloud.acme._client\n" in circle
