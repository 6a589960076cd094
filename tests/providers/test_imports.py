"""What importing a plugin costs others: it loads its own SDK, or less, and nobody else's."""

import json

import pytest

SDKS = {
    "aws": {"boto3", "botocore"},
    "azure": {"azure.storage.blob", "azure.identity"},
    "gcp": {"google.cloud.storage", "google.auth"},
    "coda": {"pyrate_limiter"},
    "infomaniak.identity": {"openstack", "keystoneauth1"},
    "infomaniak.object_storage.s3": {"boto3", "botocore"},
}
LOADED = """
import json, sys
import codomyrmex.cloud{}
print(json.dumps([name for name in json.loads(sys.argv[1]) if name in sys.modules]))
"""
ALL = sorted(set().union(*SDKS.values()))


@pytest.mark.parametrize("plugin", SDKS)
def test_a_plugin_loads_no_other_sdk(plugin, run_python):
    loaded = set(json.loads(run_python(LOADED.format(f".{plugin}"), json.dumps(ALL))))
    assert loaded <= SDKS[plugin]
    assert loaded


def test_azure_identity_is_loaded_where_it_is_needed_only(run_python):
    code = """.azure
codomyrmex.cloud.azure.AzureStorage("http://127.0.0.1:9/tester", credential="a2V5").close()"""
    assert "azure.identity" not in json.loads(run_python(LOADED.format(code), json.dumps(ALL)))


@pytest.mark.parametrize(
    "module", ["", ".cli", ".infomaniak", ".infomaniak.object_storage", ".testing", ".testing.plugin"]
)
def test_what_is_no_provider_loads_none(module, run_python):
    assert json.loads(run_python(LOADED.format(module), json.dumps(ALL))) == []


def test_looking_for_providers_loads_none(run_python):
    code = "\nfrom codomyrmex.cloud import providers\nproviders()"
    assert json.loads(run_python(LOADED.format(code), json.dumps(ALL))) == []
