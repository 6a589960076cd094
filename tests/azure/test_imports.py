"""What is imported, and when."""

import sys

CODE = """
import sys
import codomyrmex.cloud.azure
from codomyrmex.cloud.azure import AzureStorage
with AzureStorage("http://127.0.0.1:9/tester", credential="a2V5") as storage:
    pass
print(*sorted({name.partition(".")[0] for name in sys.modules}), "azure.identity" in sys.modules)
"""


def test_the_plugin_imports_no_other_sdk_and_identity_only_when_it_is_needed(run_python):
    *names, identity = run_python(CODE).split()
    assert not {"boto3", "botocore", "google", "openstack", "msal", "stevedore", "pluggy"} & set(names)
    assert identity == "False"


def test_the_names_are_found_without_an_import_of_others(run_python):
    code = "from codomyrmex.cloud import AzureBlobClient, AzureStorage; import sys; print('boto3' in sys.modules)"
    assert run_python(code).split() == ["False"]
    assert "azure" in sys.modules
