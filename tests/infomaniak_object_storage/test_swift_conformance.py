"""The conformance suite on Swift, by its own API."""

from contextlib import contextmanager

import pytest
from codomyrmex.cloud.infomaniak.object_storage import InfomaniakSwiftStorage
from codomyrmex.cloud.infomaniak.object_storage._large import SEGMENT
from codomyrmex.cloud.rest.parallel import MEMORY
from codomyrmex.cloud.testing import Proxied, StorageConformance
from codomyrmex.cloud.testing.backends import FaultProxy

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
    def connect(cls, lab, credential, **options):
        place = {"auth_url": lab.auth_url, "region": lab.region}
        return SmallPages.from_credentials(credential.id, credential.secret, **place, **options)

    @pytest.fixture(scope="class")
    @classmethod
    def storage(cls, lab, credential):
        with cls.connect(lab, credential) as storage:
            yield storage

    @classmethod
    @contextmanager
    def behind_a_proxy(cls, lab, member, credential, timeout):
        url = member.connection.endpoint_for("object-store")
        with (
            FaultProxy(url) as proxy,
            cls.connect(lab, credential, endpoint_url=proxy.endpoint_url, timeout=timeout) as storage,
        ):
            yield Proxied(storage, proxy)

    @pytest.fixture(scope="class")
    @classmethod
    def proxied(cls, lab, member, credential):
        with cls.behind_a_proxy(lab, member, credential, 5) as proxied:
            yield proxied

    @pytest.fixture(scope="class")
    @classmethod
    def impatient(cls, lab, member, credential):
        with cls.behind_a_proxy(lab, member, credential, 0.5) as proxied:
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
    def unreachable(cls, lab, credential):
        with cls.connect(lab, credential, endpoint_url="http://127.0.0.1:9/v1/AUTH_nobody", timeout=2) as storage:
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
