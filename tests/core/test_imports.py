import os
import shutil
from pathlib import Path

import codomyrmex.cloud
import pytest

HEAVY = """
import sys
heavy = {"pluggy", "stevedore", "importlib.metadata", "sqlite3", "platformdirs", "hashlib", "zipfile", "difflib",
         "logging", "asyncio", "email", "boto3", "botocore", "google.cloud", "azure", "openstack", "requests"}
print(*sorted(heavy & set(sys.modules)))
"""


@pytest.fixture
def run_unmeasured(run_python):
    """`run_python` without coverage, which imports things of its own."""

    def run(code):
        return run_python(code, env={k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")})

    return run


def test_importing_the_core_imports_nothing_heavy(run_unmeasured):
    assert run_unmeasured("import codomyrmex.cloud" + HEAVY) == "\n"


def test_importing_the_core_imports_none_of_its_own_modules(run_python):
    code = "import sys, codomyrmex.cloud; print(*(m for m in sorted(sys.modules) if m.startswith('codomyrmex.')))"
    assert run_python(code) == "codomyrmex.cloud\n"


def test_what_looks_up_clients_imports_nothing_heavy_before_it_does(run_unmeasured):
    assert run_unmeasured("from codomyrmex.cloud import get_client, open_storage, providers" + HEAVY) == "\n"


def test_looking_up_a_client_imports_no_sdk(install_acme, run_unmeasured):
    install_acme()
    sdks = HEAVY.replace(
        "heavy = {", 'heavy = {"requests", "boto3", "botocore", "google.cloud", "azure", "openstack"} or {'
    )
    assert run_unmeasured("from codomyrmex.cloud import get_client; get_client('acme')" + sdks) == "\n"


@pytest.mark.parametrize(
    "look",
    [
        "from codomyrmex.cloud import providers; assert 'acme' in {p.provider for p in providers()}",
        "import codomyrmex.cloud; assert 'AcmeStorage' in dir(codomyrmex.cloud)",
        "from codomyrmex.cloud import *",
        "from codomyrmex.cloud import get_client; get_client('local')",
    ],
    ids=["providers", "dir", "star", "another_provider"],
)
def test_looking_at_what_is_installed_imports_no_plugin(install_plugin, run_python, look):
    install_plugin(
        "acme-cloud",
        "raise AssertionError('imported')",
        {"providers": {"acme.storage": "acme_cloud:A"}, "exports": {"AcmeStorage": "acme_cloud:A"}},
    )
    run_python(f"{look}\nimport sys; assert 'acme_cloud' not in sys.modules")


def test_without_hooks_pluggy_stays_unimported(run_python, tmp_path):
    code = """
import sys
from codomyrmex.cloud import get_client
with get_client("local", root=sys.argv[1]) as storage:
    storage.create_bucket("box")
    storage.upload_file("box", "key", b"data")
assert "pluggy" not in sys.modules
"""
    run_python(code, tmp_path / "root")


def test_a_star_import_brings_the_public_names_alone(run_python):
    code = "from codomyrmex.cloud import *; print(sorted(n for n in dir() if not n.startswith('__')))"
    names = run_python(code)
    assert "get_client" in names
    assert "'os'" not in names


def test_of_a_plugin_that_is_there_twice_the_first_on_the_path_is_imported(run_python, tmp_path):
    """As its metadata counts, also where the other copy lies beside the core."""
    shutil.copytree(Path(codomyrmex.cloud.__file__).parent, tmp_path / "core/codomyrmex/cloud")
    for site in ("other", "core"):
        (tmp_path / site / "codomyrmex/cloud/leaf").mkdir(parents=True)
        (tmp_path / site / "codomyrmex/cloud/leaf/__init__.py").write_text(f"site = {site!r}\n")
    code = """
import sys
sys.path[:0] = sys.argv[1:]
import codomyrmex.cloud.leaf
from codomyrmex.cloud import errors
print(codomyrmex.cloud.leaf.site, errors.__file__.startswith(codomyrmex.cloud.__file__.removesuffix("__init__.py")))
"""
    other, core = str(tmp_path / "other"), str(tmp_path / "core")
    assert run_python(code, other, core) == "other True\n"
    assert run_python(code, core, other) == "core True\n"


def test_dir_tells_the_modules_of_the_core_before_they_are_imported(run_python):
    assert (
        run_python("import codomyrmex.cloud; print({'errors', 'hooks', 'local'} <= {*dir(codomyrmex.cloud)})")
        == "True\n"
    )
