"""The conformance suite on Swift, by its own API."""

import pytest
from codomyrmex.cloud.infomaniak.object_storage import InfomaniakSwiftStorage
from codomyrmex.cloud.infomaniak.object_storage._large import SEGMENT
from codomyrmex.cloud.rest.parallel import MEMORY
from codomyrmex.cloud.testing import Proxied, StorageConformance, Untrusted

from .conformance import OnTheLab

pytestmark = pytest.mark.slow


class SmallPages(InfomaniakSwiftStorage):
    """As on a service that lists and deletes few at a time: to make ten thousand objects takes minutes."""

    listed_at_once = deleted_at_once = 100


class TestSwift(OnTheLab, StorageConformance):
    title = "OpenStack Swift"
    page_size = SmallPages.listed_at_once
    stream_memory = MEMORY + 3 * SEGMENT  # what waits to be sent, and what is read: in pieces, then in one
    stream_size = 2 * stream_memory
    data_request = 2
    known_defects = dict.fromkeys(
        (
            "test_an_object_of_any_key_is_read_by_url[only a slash]",
            "test_an_object_of_any_key_is_uploaded_by_url[only a slash]",
        ),
        "Swift's middleware for temporary URLs takes slashes alone for no object",
    )

    @pytest.fixture(scope="class")
    @classmethod
    def credential(cls, member):
        return member.application_credential()

    @classmethod
    def connect(cls, lab, credential, url=None, **options):
        place = {"auth_url": lab.auth_url, "region": lab.region, "endpoint_url": url}
        return SmallPages.from_credentials(credential.id, credential.secret, **place, **options)

    @pytest.fixture(scope="class")
    @classmethod
    def storage(cls, lab, credential):
        with cls.connect(lab, credential) as storage:
            yield storage

    @pytest.fixture(scope="class")
    @classmethod
    def server_url(cls, member):
        return member.connection.endpoint_for("object-store")

    @pytest.fixture(scope="class")
    @classmethod
    def proxied(cls, lab, credential, server_url):
        with Proxied.before(server_url, lambda url: cls.connect(lab, credential, url, timeout=5)) as proxied:
            yield proxied

    @pytest.fixture(scope="class")
    @classmethod
    def impatient(cls, lab, credential, server_url):
        with Proxied.before(server_url, lambda url: cls.connect(lab, credential, url, timeout=0.5)) as proxied:
            yield proxied

    @pytest.fixture(scope="class")
    @classmethod
    def denied(cls, lab, member):
        """By a role of the project that may use no object storage."""
        with cls.connect(lab, member.application_credential(roles=["creator"])) as storage:
            yield storage

    @pytest.fixture(scope="class")
    @classmethod
    def wrong_credentials(cls, lab, credential):
        with cls.connect(lab, credential._replace(secret="wrong")) as storage:
            yield storage

    @pytest.fixture(scope="class")
    @classmethod
    def untrusted(cls, lab, credential):
        with Untrusted.connected(lambda url: cls.connect(lab, credential, f"{url}/v1/AUTH_nobody")) as untrusted:
            yield untrusted

    @pytest.fixture(scope="class")
    @classmethod
    def unreachable(cls, lab, credential):
        with cls.connect(lab, credential, "http://127.0.0.1:9/v1/AUTH_nobody", timeout=2) as storage:
            yield storage

    @pytest.fixture(scope="class")
    @classmethod
    def environment(cls, credential):
        return {
            "INFOMANIAK_APP_CREDENTIAL_ID": credential.id,
            "INFOMANIAK_APP_CREDENTIAL_SECRET": credential.secret,
        }

    @pytest.fixture(scope="class")
    @classmethod
    def secrets(cls, credential):
        return [credential.secret]

    @pytest.fixture(scope="class")
    @classmethod
    def leftovers(cls, storage):
        return lambda bucket: list(storage.iter_unfinished_uploads(bucket))
