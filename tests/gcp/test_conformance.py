"""The conformance suite over fake-gcs-server behind `rules`, and before a release over it as it is."""

from typing import ClassVar

import pytest
from codomyrmex.cloud.common import Capability
from codomyrmex.cloud.gcp import GCSStorage
from codomyrmex.cloud.testing import Proxied, StorageConformance, Untrusted
from google.oauth2 import credentials as tokens
from google.oauth2 import service_account

from .conftest import PROJECT

MIB = 1024 * 1024
NOT_CHECKED = "the emulator checks no signature, nor whether a URL has expired; Google does (Signed URLs)"
UNSIGNED = (
    "test_a_url_with_any_part_of_its_query_changed_is_refused",
    "test_a_url_does_not_give_another_object",
    "test_an_expired_url_is_refused",
    "test_a_url_to_read_changes_nothing",
    "test_an_upload_with_any_part_of_its_query_changed_is_refused",
    "test_an_expired_upload_is_refused",
    "test_a_request_to_upload_does_not_read",
)
NOT_KEPT = "the emulator forgets the precondition of a resumable upload; Google keeps it (Request preconditions)"
DOTS = "Cloud Storage has no object named . or .. (Object names)"
LINES = "Cloud Storage has no object name with a carriage return or a line feed (Object names)"


def scoped(google):
    """The credentials of the key file."""
    found = service_account.Credentials.from_service_account_info(google.key_file())
    return found.with_scopes(["https://www.googleapis.com/auth/cloud-platform"])


class OfGoogle(StorageConformance):
    """What both have in common."""

    stream_size = 128 * MIB
    stream_memory = 64 * MIB
    unsupported_keys: ClassVar = {"one dot": DOTS, "two dots": DOTS, "newlines": LINES}

    @pytest.fixture(scope="class")
    @classmethod
    def unreachable(cls):
        with GCSStorage(PROJECT, endpoint_url="http://127.0.0.1:9", anonymous=True, attempts=2) as storage:
            yield storage

    @pytest.fixture(scope="class")
    @classmethod
    def secrets(cls, google):
        return [line for line in google.private_key.splitlines() if len(line) > 40][:3]

    @pytest.fixture(scope="class")
    @classmethod
    def environment(cls, key_path):
        return {"GOOGLE_APPLICATION_CREDENTIALS": key_path}


@pytest.mark.release
class TestFakeGCS(OfGoogle):
    title = "Cloud Storage (fake-gcs-server)"
    clock_skew = 2
    known_defects: ClassVar = {
        "test_a_large_object_is_created_only_if_there_is_none": NOT_KEPT,
        **dict.fromkeys(UNSIGNED, NOT_CHECKED),
    }

    @pytest.fixture(scope="class")
    @classmethod
    def storage(cls, fake_gcs, google):
        with GCSStorage(PROJECT, endpoint_url=fake_gcs.endpoint_url, credentials=scoped(google)) as storage:
            yield storage


class TestGCS(OfGoogle):
    title = "Cloud Storage (fake-gcs-server, with the rules it lacks)"

    @classmethod
    def connect(cls, google, url, **options):
        options = {"credentials": scoped(google), "capabilities": frozenset(Capability), **options}
        return GCSStorage(PROJECT, endpoint_url=url, **options)

    @pytest.fixture(scope="class")
    @classmethod
    def storage(cls, gcs, google):
        with cls.connect(google, gcs.endpoint_url) as storage:
            yield storage

    @pytest.fixture(scope="class")
    @classmethod
    def proxied(cls, gcs, google):
        options = {"attempts": 3, "timeout": (2, 5)}
        with Proxied.before(gcs.endpoint_url, lambda url: cls.connect(google, url, **options)) as proxied:
            yield proxied

    @pytest.fixture(scope="class")
    @classmethod
    def impatient(cls, gcs, google):
        options = {"attempts": 3, "timeout": (2, 0.5)}
        with Proxied.before(gcs.endpoint_url, lambda url: cls.connect(google, url, **options)) as proxied:
            yield proxied

    @pytest.fixture(scope="class")
    @classmethod
    def untrusted(cls, google):
        with Untrusted.connected(lambda url: cls.connect(google, url)) as untrusted:
            yield untrusted

    @pytest.fixture(scope="class")
    @classmethod
    def denied(cls, gcs, google):
        gcs.denied.add("stranger")
        credentials = tokens.Credentials(token=google.token("stranger"))
        with GCSStorage(PROJECT, endpoint_url=gcs.endpoint_url, credentials=credentials) as storage:
            yield storage

    @pytest.fixture(scope="class")
    @classmethod
    def wrong_credentials(cls, gcs):
        with GCSStorage(PROJECT, endpoint_url=gcs.endpoint_url, credentials=tokens.Credentials("wrong")) as storage:
            yield storage

    @pytest.fixture(scope="class")
    @classmethod
    def leftovers(cls, gcs):
        return lambda bucket: [upload for upload in gcs.uploads.values() if not upload.done]
