import os

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
    """As its metadata counts: before the core's own folder, or behind it."""
    for site in ("front", "behind"):
        (tmp_path / site / "codomyrmex/cloud/leaf").mkdir(parents=True)
        (tmp_path / site / "codomyrmex/cloud/leaf/__init__.py").write_text(f"site = {site!r}\n")
    begin = "import sys; front, behind = sys.argv[1:]\n"
    end = "\nimport codomyrmex.cloud.leaf, codomyrmex.cloud.errors; print(codomyrmex.cloud.leaf.site)"
    front, behind = str(tmp_path / "front"), str(tmp_path / "behind")
    assert run_python(f"{begin}sys.path[:] = [front, *sys.path, behind]{end}", front, behind) == "front\n"
    assert run_python(f"{begin}sys.path[:] = [behind, *sys.path, front]{end}", front, behind) == "behind\n"
    assert run_python(f"{begin}sys.path[:] = [*sys.path, behind]{end}", front, behind) == "behind\n"
