"""The built distributions installed in fresh environments: alone, together, editable, mixed, removed."""

import json
import shutil
import sys
from pathlib import Path

import pytest

CORE = "codomyrmex-cloud"
CLI = "codomyrmex-cloud-cli"
INFOMANIAK = "codomyrmex-cloud-infomaniak"
REST = "codomyrmex-cloud-rest"
TRANSFER = "codomyrmex-cloud-transfer"
TYPING_CASES = Path(__file__).with_name("typing_cases.py")
TYPING_OF_PROVIDERS = Path(__file__).with_name("typing_of_providers.py")
TYPING_OF_WHAT_IS_NOT_THERE = """
from typing import Any, assert_type
from codomyrmex.cloud import CloudProvider, StorageClient, get_client

assert_type(get_client(CloudProvider.AWS), Any)
assert_type(get_client("infomaniak", "dns"), Any)
storage: StorageClient = get_client("aws")
assert_type(storage.download_file("bucket", "key"), bytes)
"""

INSTALLED = """
import json
from importlib.metadata import distributions
print(json.dumps(sorted(d.name for d in distributions())))
"""
ROUND_TRIP = """
from codomyrmex.cloud import CloudProvider, LocalStorage, get_client
with get_client(CloudProvider.LOCAL) as storage:
    assert type(storage) is LocalStorage
    storage.ensure_bucket("bucket")
    storage.upload_file("bucket", "a/b.txt", b"hello")
    assert [o.key for o in storage.iter_objects("bucket")] == ["a/b.txt"]
    print(storage.download_file("bucket", "a/b.txt").decode())
"""
PROVIDERS = """
from codomyrmex.cloud import providers
print(*[f"{p.provider}.{p.service}" for p in providers()])
"""
LOAD_ALL = """
from importlib.metadata import distributions
for entry in (e for d in distributions() if d.name.startswith("codomyrmex-cloud") for e in d.entry_points):
    entry.load()
    print(f"{entry.group}:{entry.name}")
"""


@pytest.fixture(scope="module")
def core_alone(built, new_environment):
    return new_environment(built[CORE].wheel)


@pytest.fixture(scope="module")
def everything(built, new_environment):
    return new_environment(*(d.wheel for d in built.values()))


def test_the_core_alone_brings_two_dependencies(core_alone):
    assert json.loads(core_alone.run(INSTALLED)) == [CORE, "packaging", "platformdirs", "pluggy", "stevedore"]


def test_the_core_alone_stores_and_gives_back(core_alone):
    assert core_alone.run(ROUND_TRIP) == "hello\n"


def test_type_checkers_know_the_names_of_an_installed_core(core_alone, tmp_path):
    shutil.copy(TYPING_CASES, tmp_path)
    check_types(core_alone, tmp_path / TYPING_CASES.name)


def test_type_checkers_take_a_provider_that_is_not_installed_for_any(core_alone, tmp_path):
    (tmp_path / "user.py").write_text(TYPING_OF_WHAT_IS_NOT_THERE)
    check_types(core_alone, tmp_path / "user.py")


def test_type_checkers_know_the_clients_and_options_of_installed_providers(everything, tmp_path):
    shutil.copy(TYPING_OF_PROVIDERS, tmp_path)
    check_types(everything, tmp_path / TYPING_OF_PROVIDERS.name)


def test_the_command_works_beside_the_core(built, new_environment, tmp_path):
    environment = new_environment(built[CORE].wheel, built[TRANSFER].wheel, built[CLI].wheel)
    (tmp_path / "file.txt").write_text("hello")
    cloud = environment.scripts / "cloud"
    environment.call(cloud, "mb", "local://bucket")
    environment.call(cloud, "cp", tmp_path / "file.txt", "local://bucket/file.txt")
    assert environment.call(cloud, "cat", "local://bucket/file.txt") == "hello"


def test_everything_works_editable(built, build, new_environment, tmp_path):
    environment = new_environment(*(build(d.source, tmp_path / n, "wheel:editable") for n, d in built.items()))
    origin = environment.run("import codomyrmex.cloud.cli as cli; print(cli.__file__)")
    assert origin.strip() == str(built[CLI].source / "src/codomyrmex/cloud/cli/__init__.py")
    assert environment.run(ROUND_TRIP) == "hello\n"


def test_every_entry_point_loads(everything):
    loaded = everything.run(LOAD_ALL).split()
    assert {"codomyrmex.cloud.providers:local.storage", "console_scripts:cloud"} <= set(loaded)


@pytest.mark.parametrize("core", ["wheel", "wheel:editable"])
@pytest.mark.parametrize("plugin", ["wheel", "wheel:editable"])
def test_plugins_are_found_however_core_and_plugins_are_installed(
    core, plugin, built, build, new_environment, leaf, stranger, tmp_path
):
    environment = new_environment(
        build(built[CORE].source, tmp_path / "core-dist", core),
        build(leaf.source, tmp_path / "leaf-dist", plugin),
        build(stranger.source, tmp_path / "stranger-dist", plugin),
    )
    assert environment.run(PROVIDERS) == "acme.storage local.storage stranger.storage\n"
    for project in (leaf, stranger):
        made = environment.run(
            "from codomyrmex.cloud import get_client, open_storage\n"
            f"from codomyrmex.cloud import {project.storage}\n"
            f"import {project.package} as direct\n"
            f"clients = get_client('{project.provider}'), open_storage('{project.provider}://bucket')\n"
            f"assert {project.storage} is direct.{project.storage}\n"
            "print(*[type(client).__name__ for client in clients])"
        )
        assert made == f"{project.storage} {project.storage}\n"


def test_what_infomaniaks_clients_share_brings_no_sdk(built, new_environment):
    environment = new_environment(built[CORE].wheel, built[REST].wheel, built[INFOMANIAK].wheel)
    ours = [CORE, INFOMANIAK, REST]
    assert json.loads(environment.run(INSTALLED)) == [*ours, "packaging", "platformdirs", "pluggy", "stevedore"]
    told = environment.run(
        "from codomyrmex.cloud.infomaniak import InfomaniakAuthError, InfomaniakCloud\n"
        "try:\n    from codomyrmex.cloud.infomaniak import InfomaniakIdentityClient\n"
        "except ImportError as error:\n    print(error)\n"
        "try:\n    InfomaniakCloud.from_env()\n"
        "except ImportError as error:\n    print(error)\n"
    )
    assert f"'pip install {INFOMANIAK}-identity' brings it" in told
    assert f"'pip install {INFOMANIAK}[openstack]' brings it" in told


@pytest.mark.parametrize(("base", "service"), [("wheel", "wheel:editable"), ("wheel:editable", "wheel")])
def test_a_service_of_infomaniak_is_found_where_one_of_the_two_is_editable(
    base, service, built, build, new_environment, tmp_path
):
    environment = new_environment(
        built[CORE].wheel,
        built[REST].wheel,
        build(built[INFOMANIAK].source, tmp_path / "base-dist", base),
        build(built[f"{INFOMANIAK}-identity"].source, tmp_path / "service-dist", service),
    )
    made = environment.run(
        "import codomyrmex.cloud.infomaniak.identity as direct\n"
        "from codomyrmex.cloud import InfomaniakIdentityClient\n"
        "from codomyrmex.cloud.infomaniak import InfomaniakCloud\n"
        "assert InfomaniakIdentityClient is direct.InfomaniakIdentityClient\n"
        "with InfomaniakCloud.from_credentials('x', 'y') as cloud:\n    print(cloud.identity.region)"
    )
    assert made == "dc3-a\n"


@pytest.mark.parametrize("core", ["wheel", "wheel:editable"])
@pytest.mark.parametrize("plugin", ["wheel", "wheel:editable"])
def test_type_checkers_find_a_plugin_however_it_is_installed(
    core, plugin, built, build, new_environment, leaf, tmp_path
):
    environment = new_environment(
        build(built[CORE].source, tmp_path / "core-dist", core),
        build(leaf.source, tmp_path / "leaf-dist", plugin),
    )
    user = tmp_path / "user.py"
    user.write_text(
        "from typing import assert_type\n"
        "from codomyrmex.cloud.acme import AcmeStorage\n"
        "assert_type(AcmeStorage().list_buckets(), list[str])\n"
    )
    check_types(environment, user)


@pytest.mark.parametrize("target", ["wheel", "wheel:editable"])
def test_an_uninstalled_plugin_leaves_nothing(target, built, build, new_environment, leaf, tmp_path):
    environment = new_environment(built[CORE].wheel)
    environment.run(PROVIDERS)
    before = environment.files()
    environment.install(build(leaf.source, tmp_path / "dist", target))
    environment.run("from codomyrmex.cloud import get_client; get_client('acme')")
    assert environment.files() != before
    environment.uninstall(leaf.name)
    assert environment.files() == before
    assert environment.run(PROVIDERS) == "local.storage\n"
    said = environment.run(
        "from codomyrmex.cloud import get_client\n"
        "try:\n    get_client('acme')\n"
        "except LookupError as error:\n    print(error)"
    )
    assert said == "nothing installed provides 'acme.storage' (installed: local.storage)\n"


def test_the_command_uninstalled_leaves_the_core_as_it_was(built, new_environment):
    environment = new_environment(built[CORE].wheel)
    environment.install(built[TRANSFER].wheel, built[CLI].wheel)
    assert (environment.scripts / "cloud").exists()
    environment.uninstall(CLI)
    assert [name for name in environment.files() if "cloud/cli" in name or "cloud_cli" in name] == []
    assert not (environment.scripts / "cloud").exists()
    assert environment.run(ROUND_TRIP) == "hello\n"


def check_types(environment, file):
    """mypy --strict says nothing about ``file``, as a user of that environment would run it."""
    environment.call(
        sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", file.parent / "cache",
        "--python-executable", environment.python, file,
    )  # fmt: skip
