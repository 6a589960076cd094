"""The conformance suite, against Azurite."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential
from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas
from codomyrmex.cloud.azure import AzureStorage
from codomyrmex.cloud.azure._upload import MEMORY
from codomyrmex.cloud.testing import Proxied, StorageConformance, Untrusted, not_applicable
from codomyrmex.cloud.testing.conformance import Deletes, Files, Listing, Streams

from . import conftest

NAMES = "'Naming and referencing containers, blobs, and metadata' (Azure Blob Storage REST reference)"
DOTS = f"no path segment ends with a dot; the service drops it: {NAMES}"
CONTROL = f"control characters are not allowed: {NAMES}"

UNSUPPORTED_KEYS = {
    "backslash": f"the service makes it a slash: {NAMES}",
    "one dot": DOTS,
    "two dots": DOTS,
    "dot first": DOTS,
    "up first": DOTS,
    "up inside": DOTS,
    "newlines": CONTROL,
    "control characters": CONTROL,
    "NUL": CONTROL,
}
KNOWN_DEFECTS = {
    "test_keys_that_look_alike_are_different_objects[dots]": DOTS,
    "test_keys_that_look_alike_are_different_objects[escapes]": UNSUPPORTED_KEYS["backslash"],
    "test_any_key_is_kept_as_it_is[noncharacter]": (
        "Azurite answers 500 where it should write the name percent-encoded: 'List Blobs', Remarks. See test_rules.py"
    ),
    "test_forbidden_deletes_are_told_key_by_key_or_together": (
        "Azurite answers 500 where it should answer 403: 'Blob Batch', Authorization. See test_rules.py"
    ),
}


class OnAzurite:
    """What each of the classes below gives the suite."""

    @classmethod
    def connect(cls, azurite, url, config):
        storage = conftest.storage_on(azurite, url, config=config)
        storage.iter_objects = partial(storage.iter_objects, results_per_page=cls.page_size)
        return storage

    @pytest.fixture(scope="class")
    @classmethod
    def storage(cls, azurite):
        with cls.connect(azurite, azurite.account_url, {"retry_total": 2}) as storage:
            yield storage

    @pytest.fixture(scope="class")
    @classmethod
    def proxied(cls, azurite):
        with Proxied.before(azurite.account_url, lambda url: cls.connect(azurite, url, conftest.IMPATIENT)) as proxied:
            yield proxied

    @pytest.fixture(scope="class")
    @classmethod
    def impatient(cls, azurite):
        with Proxied.before(azurite.account_url, lambda url: cls.connect(azurite, url, conftest.HASTY)) as proxied:
            yield proxied

    @pytest.fixture(scope="class")
    @classmethod
    def untrusted(cls, azurite):
        with Untrusted.connected(lambda url: cls.connect(azurite, f"{url}/{azurite.account_name}", {})) as untrusted:
            yield untrusted

    @pytest.fixture(scope="class")
    @classmethod
    def denied(cls, azurite):
        sas = generate_account_sas(
            azurite.account_name,
            azurite.account_key,
            ResourceTypes(object=True),
            AccountSasPermissions(add=True),
            datetime.now(UTC) + timedelta(hours=1),
        )
        sas = AzureSasCredential(sas)
        with AzureStorage(azurite.account_url, credential=sas, config=conftest.IMPATIENT) as storage:
            yield storage

    @pytest.fixture(scope="class")
    @classmethod
    def wrong_credentials(cls, azurite):
        key = AzureNamedKeyCredential(azurite.account_name, "bm90IHRoZSBrZXk=")
        with AzureStorage(azurite.account_url, credential=key) as storage:
            yield storage

    @pytest.fixture(scope="class")
    @classmethod
    def unreachable(cls, azurite):
        with conftest.storage_on(azurite, "http://127.0.0.1:9/tester", config=conftest.IMPATIENT) as storage:
            yield storage

    @pytest.fixture(scope="class")
    @classmethod
    def environment(cls, azurite):
        return azurite.environment()

    @pytest.fixture(scope="class")
    @classmethod
    def leftovers(cls):
        not_applicable("uncommitted blocks cannot be removed; Azure does it after a week: 'Put Block', Remarks")

    @pytest.fixture(scope="class")
    @classmethod
    def secrets(cls, azurite):
        return [azurite.account_key]


class TestAzureStorage(OnAzurite, StorageConformance):
    page_size = 600  # Azure's are of 5,000: see below
    stream_size = 160 * 1024 * 1024
    stream_memory = MEMORY + 40 * 1024 * 1024
    unsupported_keys = UNSUPPORTED_KEYS
    known_defects = KNOWN_DEFECTS


@pytest.mark.release
class TestAzureStorageAtSize(OnAzurite, Listing, Deletes, Streams, Files):
    """With more blobs than a page of Azure's, and larger ones."""

    page_size = 5000
    stream_size = 512 * 1024 * 1024
    stream_memory = TestAzureStorage.stream_memory
