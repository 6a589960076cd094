"""``from codomyrmex.cloud import S3Client``: names that plugins bring."""

import sys

import codomyrmex.cloud
import pytest
from codomyrmex.cloud._missing import check_import
from codomyrmex.cloud.errors import DuplicateProviderError, IncompatibleProviderError, ProviderLoadError

EXPORT = {"exports": {"AcmeClient": "acme_cloud:AcmeClient"}}


def test_an_exported_name_is_imported_from_the_core(install_plugin):
    install_plugin("acme-cloud", "class AcmeClient: pass", EXPORT)
    from codomyrmex.cloud import AcmeClient

    assert AcmeClient.__module__ == "acme_cloud"


def test_an_exported_name_is_looked_up_once(install_plugin, monkeypatch):
    site = install_plugin("acme-cloud", "class AcmeClient: pass", EXPORT)
    first = codomyrmex.cloud.AcmeClient
    monkeypatch.setattr(sys, "path", [p for p in sys.path if p != str(site)])
    assert codomyrmex.cloud.AcmeClient is first


def test_an_exported_object_need_not_be_callable(install_plugin):
    install_plugin("acme-cloud", "AcmeClient = 42", EXPORT)
    assert codomyrmex.cloud.AcmeClient == 42


def test_a_name_installed_after_the_first_attempt_is_found(install_plugin):
    install_plugin("other-cloud", "", {})
    assert not hasattr(codomyrmex.cloud, "AcmeClient")
    install_plugin("acme-cloud", "class AcmeClient: pass", EXPORT)
    assert codomyrmex.cloud.AcmeClient


def test_an_unknown_name_is_an_import_error():
    with pytest.raises(ImportError, match=r"cannot import name 'Nope' from 'codomyrmex\.cloud'"):
        from codomyrmex.cloud import Nope  # noqa: F401


def test_an_unknown_attribute_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'Nope', and no installed plugin exports it"):
        _ = codomyrmex.cloud.Nope


def test_a_private_name_is_not_looked_up():
    with pytest.raises(AttributeError, match="has no attribute '_nope'"):
        _ = codomyrmex.cloud._nope


ATTEMPT = """
import importlib.util
import codomyrmex.cloud
for attempt in {attempts!r}:
    try:
        print(eval(attempt) if attempt[:4] not in ("from", "impo") else exec(attempt))
    except (AttributeError, ImportError) as error:
        print(f"{{type(error).__name__}}: {{error}}")
"""
AWS = "'pip install codomyrmex-cloud-aws' brings it"
NEAR = "there is no 'S3Clint'; did you mean S3Client (pip install codomyrmex-cloud-aws)?"
FSSPEC = "codomyrmex.cloud.fsspec is not installed: 'pip install codomyrmex-cloud-fsspec' brings it"
MISSING = {
    "from codomyrmex.cloud import S3Client": f"ImportError: S3Client is not installed: {AWS}",
    "codomyrmex.cloud.S3Client": f"AttributeError: S3Client is not installed: {AWS}",
    "hasattr(codomyrmex.cloud, 'S3Client')": "False",
    "getattr(codomyrmex.cloud, 'S3Client', None)": "None",
    "from codomyrmex.cloud import S3Clint": f"ImportError: {NEAR}",
    "codomyrmex.cloud.S3Clint": f"AttributeError: {NEAR}",
    "from codomyrmex.cloud.aws import S3Client": f"ModuleNotFoundError: codomyrmex.cloud.aws is not installed: {AWS}",
    "import codomyrmex.cloud.fsspec.protocols": f"ModuleNotFoundError: {FSSPEC}",
    "codomyrmex.cloud.get_clien": "AttributeError: there is no 'get_clien'; did you mean get_client?",
    "from codomyrmex.cloud.common import get_client": "ImportError: cannot import name 'get_client' from "
    "'codomyrmex.cloud.common'",
    "import codomyrmex.cloud.nothing": "ModuleNotFoundError: No module named 'codomyrmex.cloud.nothing'",
    "from codomyrmex.cloud import _S3Client": "ImportError: cannot import name '_S3Client' from 'codomyrmex.cloud'",
    "import codomyrmex.cloud._nothing": "ModuleNotFoundError: No module named 'codomyrmex.cloud._nothing'",
    "importlib.util.find_spec('codomyrmex.cloud.aws')": "None",
}


def test_what_is_missing_is_missing_as_python_has_it_and_says_what_to_install(bare_python):
    told = bare_python(ATTEMPT.format(attempts=list(MISSING))).splitlines()
    told = [line.partition(" (/")[0] for line in told]  # without Python's own paths
    assert dict(zip(MISSING, told, strict=True)) == MISSING


def test_a_module_with_an_underscore_is_known_by_its_distribution():
    with pytest.raises(ModuleNotFoundError, match="'pip install codomyrmex-cloud-infomaniak-object-storage'") as caught:
        check_import("codomyrmex.cloud.infomaniak.object_storage", ())
    assert caught.value.name == "codomyrmex.cloud.infomaniak.object_storage"


def test_a_near_name_that_is_installed_needs_no_installation(install_plugin):
    install_plugin("acme-cloud", "class AcmeClient: pass", EXPORT)
    with pytest.raises(ImportError, match=r"no 'AcmeClent'; did you mean AcmeClient\?$"):
        from codomyrmex.cloud import AcmeClent  # noqa: F401


def test_an_installed_name_that_another_module_is_asked_for_is_pythons_own_error(install_plugin):
    install_plugin("acme-cloud", "class AcmeClient: pass", EXPORT)
    with pytest.raises(ImportError, match=r"^cannot import name 'AcmeClient' from 'codomyrmex\.cloud\.common'"):
        from codomyrmex.cloud.common import AcmeClient  # noqa: F401


def test_an_error_knows_the_name(install_plugin):
    with pytest.raises(AttributeError) as caught:
        _ = codomyrmex.cloud.Nope
    assert caught.value.name == "Nope"
    with pytest.raises(ImportError) as caught:
        from codomyrmex.cloud import get_clien  # noqa: F401
    assert caught.value.name == "codomyrmex.cloud.get_clien"


def test_dir_tells_what_was_installed_meanwhile(install_plugin):
    install_plugin("other-cloud", "", {})
    assert "AcmeClient" not in dir(codomyrmex.cloud)
    install_plugin("acme-cloud", "class AcmeClient: pass", EXPORT)
    assert {"AcmeClient", "errors", "plugin"} <= set(dir(codomyrmex.cloud))


@pytest.mark.parametrize("setting", ["CLOUD_IGNORE_PLUGINS", "CLOUD_PLUGINS"])
def test_a_name_that_a_setting_leaves_out_is_missing_and_says_which(install_plugin, monkeypatch, setting):
    install_plugin("acme-cloud", "class AcmeClient: pass", EXPORT)
    monkeypatch.setenv(setting, "acme-cloud" if setting == "CLOUD_IGNORE_PLUGINS" else "other-cloud")
    assert not hasattr(codomyrmex.cloud, "AcmeClient")
    with pytest.raises(ImportError, match=rf"\(acme-cloud 1\.0\) is left out by {setting}"):
        from codomyrmex.cloud import AcmeClient  # noqa: F401


@pytest.mark.parametrize("module", ["common", "errors", "hooks", "local", "plugin", "registry"])
def test_a_module_of_the_core_is_there_without_an_import_of_its_own(run_python, module):
    assert run_python(f"import codomyrmex.cloud; print(codomyrmex.cloud.{module}.__name__)") == (
        f"codomyrmex.cloud.{module}\n"
    )


def test_two_distributions_that_export_one_name_are_an_error_that_names_both(install_plugin):
    install_plugin("acme-cloud", "class AcmeClient: pass", EXPORT)
    install_plugin("evil-cloud", "class AcmeClient: pass", {"exports": {"AcmeClient": "evil_cloud:AcmeClient"}})
    with pytest.raises(DuplicateProviderError, match=r"\(acme-cloud 1.0\) and by .*\(evil-cloud 1.0\); uninstall"):
        from codomyrmex.cloud import AcmeClient  # noqa: F401


def test_a_plugin_that_cannot_be_imported_is_named_by_its_export(install_plugin):
    install_plugin("acme-cloud", "import a_library_that_is_not_there", EXPORT)
    with pytest.raises(ProviderLoadError, match=r"AcmeClient = acme_cloud:AcmeClient \(acme-cloud 1.0\)") as caught:
        from codomyrmex.cloud import AcmeClient  # noqa: F401
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_an_export_for_another_api_version_is_refused(install_plugin):
    install_plugin("acme-cloud", "class AcmeClient:\n API_VERSION = 99", EXPORT)
    with pytest.raises(IncompatibleProviderError, match="built for plugin API 99"):
        from codomyrmex.cloud import AcmeClient  # noqa: F401


def test_an_export_does_not_take_the_place_of_a_name_of_the_core(install_plugin):
    install_plugin("evil-cloud", "get_client = None", {"exports": {"get_client": "evil_cloud:get_client"}})
    assert codomyrmex.cloud.get_client.__module__ == "codomyrmex.cloud.registry"


def test_dir_tells_what_is_there_and_what_plugins_export(install_plugin):
    install_plugin("acme-cloud", "class AcmeClient: pass", EXPORT)
    names = dir(codomyrmex.cloud)
    assert {"AcmeClient", "LocalStorage", "get_client", "StorageClient", "CloudError"} <= set(names)
    assert names == sorted(set(names))


def test_every_name_in_dir_can_be_had():
    assert all(hasattr(codomyrmex.cloud, name) for name in dir(codomyrmex.cloud))


def test_a_submodule_is_imported_from_the_core_as_usual():
    from codomyrmex.cloud import errors, hooks

    assert (errors.__name__, hooks.__name__) == ("codomyrmex.cloud.errors", "codomyrmex.cloud.hooks")
