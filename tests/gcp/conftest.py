"""What the tests of Cloud Storage share: storages of fake-gcs-server, of it behind `rules`, and through faults."""

import json
import os
from uuid import uuid4

import pytest
from codomyrmex.cloud.common import CloudCredentials
from codomyrmex.cloud.gcp import GCSStorage
from codomyrmex.cloud.testing.backends import GoogleIdentity, IdentityServer
from codomyrmex.cloud.testing.backends.google_identity import NO_GOOGLE
from google.oauth2 import credentials as tokens

from .rules import Gcs

PROJECT = "ants-project"


@pytest.fixture(autouse=True)
def no_google(monkeypatch):
    """Nothing of this machine's user reaches the SDK, nor the network beyond this machine."""
    for name in [name for name in os.environ if name.startswith(("GOOGLE_", "GCE_", "GCLOUD_", "STORAGE_EMULATOR"))]:
        monkeypatch.delenv(name)
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, value in NO_GOOGLE.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def settle(monkeypatch):
    """Put these variables into the environment for this test."""

    def settle(variables, **more):
        for name, value in {**variables, **more}.items():
            monkeypatch.setenv(name, value)

    return settle


@pytest.fixture(scope="session")
def google():
    """What hands out Google's tokens."""
    identity = GoogleIdentity(PROJECT)
    with IdentityServer(identity):
        yield identity


@pytest.fixture(scope="session")
def key_path(google, tmp_path_factory):
    """The key file of a service account."""
    path = tmp_path_factory.mktemp("keys") / "key.json"
    path.write_text(json.dumps(google.key_file()))
    return str(path)


@pytest.fixture(scope="session")
def gcs(fake_gcs, google):
    """Cloud Storage as it is documented."""
    with Gcs(fake_gcs.endpoint_url, google) as gcs:
        yield gcs


@pytest.fixture(scope="session")
def key_storage(gcs, google):
    """A storage of `gcs`, by the key of the service account."""
    credentials = CloudCredentials("gcp", metadata=google.key_file())
    with GCSStorage(PROJECT, endpoint_url=gcs.endpoint_url, credentials=credentials) as storage:
        yield storage


@pytest.fixture
def connect():
    """A storage for this test: ``connect(server, attempts=1)``; without a server, of what the options say."""
    storages = []

    def connect(server=None, **options):
        endpoint_url = server and server.endpoint_url
        storages.append(GCSStorage(**{"project": PROJECT, "endpoint_url": endpoint_url, **options}))
        return storages[-1]

    yield connect
    for storage in storages:
        storage.close()


@pytest.fixture
def new_bucket():
    """Make a bucket of this storage; returns its name."""

    def new_bucket(storage):
        name = f"bucket-{uuid4()}"
        storage.create_bucket(name)
        return name

    return new_bucket


@pytest.fixture
def bucket(new_bucket, key_storage):
    """A new bucket of `key_storage`."""
    return new_bucket(key_storage)


@pytest.fixture
def faulty(gcs, google, fault_proxy, connect):
    """`gcs` through a `FaultProxy`: ``proxy, storage``."""
    proxy = fault_proxy(gcs.endpoint_url)
    credentials = tokens.Credentials(token=google.token())
    return proxy, connect(proxy, credentials=credentials, timeout=(2, 2))
