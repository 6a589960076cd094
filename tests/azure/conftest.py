"""Storages on Azurite, and what is done to them on the way."""

import os

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from codomyrmex.cloud.azure import AzureStorage

AZURE_VARIABLES = ("AZURE_", "IDENTITY_", "MSI_", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch):
    """What this machine's user has set for Azure is not what is tested."""
    for name in list(os.environ):
        if name.startswith(AZURE_VARIABLES):
            monkeypatch.delenv(name)


def storage_on(server, url=None, **options):
    """A storage with the server's key, at ``url`` where something stands before the server."""
    key = AzureNamedKeyCredential(server.account_name, server.account_key)
    return AzureStorage(url or server.account_url, credential=key, **options)


@pytest.fixture(scope="session")
def storage(azurite):
    with storage_on(azurite) as storage:
        yield storage


@pytest.fixture
def bucket(storage):
    name = f"test-{os.urandom(8).hex()}"
    storage.create_bucket(name)
    return name


@pytest.fixture
def proxied(azurite, fault_proxy, bucket):
    """A storage behind a proxy, its requests so far forgotten, and the proxy."""
    proxy = fault_proxy(azurite.account_url)
    with storage_on(azurite, proxy.endpoint_url) as storage:
        yield storage, proxy
