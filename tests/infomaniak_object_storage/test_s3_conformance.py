"""The conformance suite over `InfomaniakS3Storage`: Swift's S3 API, by keys that Keystone made."""

import pytest
from codomyrmex.cloud.aws._parts import MEMORY, PART_SIZE
from codomyrmex.cloud.common import CloudCredentials
from codomyrmex.cloud.infomaniak.object_storage import InfomaniakS3Storage
from codomyrmex.cloud.testing import Proxied, StorageConformance, Untrusted
from codomyrmex.cloud.testing.conformance import Buckets, Clients, Errors, Hooks, Objects, Presigned, Secrets

from .conformance import OnTheLab
from .s3_keys import HASTY, IMPATIENT, environment, keys_of, keys_of_a_reader


class OfInfomaniak(OnTheLab):
    title = "S3 of Infomaniak, as OpenStack's lab has it"
    stream_size = 32 * PART_SIZE
    stream_memory = MEMORY + 5 * PART_SIZE  # what is read, and what waits to be sent

    @pytest.fixture(scope="class")
    @classmethod
    def credential(cls, member):
        return keys_of(member)

    @classmethod
    def connect(cls, credential, url, config=None):
        return InfomaniakS3Storage(endpoint_url=url, credentials=credential, config=config)

    @pytest.fixture(scope="class")
    @classmethod
    def storage(cls, lab, credential):
        with cls.connect(credential, lab.endpoint("swift")) as storage:
            yield storage

    @pytest.fixture(scope="class")
    @classmethod
    def proxied(cls, lab, credential):
        with Proxied.before(lab.endpoint("swift"), lambda url: cls.connect(credential, url, IMPATIENT)) as proxied:
            yield proxied

    @pytest.fixture(scope="class")
    @classmethod
    def impatient(cls, lab, credential):
        with Proxied.before(lab.endpoint("swift"), lambda url: cls.connect(credential, url, HASTY)) as proxied:
            yield proxied

    @pytest.fixture(scope="class")
    @classmethod
    def denied(cls, lab, member):
        without_role = keys_of_a_reader(lab, member)
        with cls.connect(without_role, lab.endpoint("swift")) as storage:
            yield storage

    @pytest.fixture(scope="class")
    @classmethod
    def wrong_credentials(cls, lab, credential):
        wrong = CloudCredentials("infomaniak", credential.access_key, "wrong")
        with cls.connect(wrong, lab.endpoint("swift")) as storage:
            yield storage

    @pytest.fixture(scope="class")
    @classmethod
    def untrusted(cls, credential):
        with Untrusted.connected(lambda url: cls.connect(credential, url)) as untrusted:
            yield untrusted

    @pytest.fixture(scope="class")
    @classmethod
    def unreachable(cls, credential):
        with cls.connect(credential, "http://127.0.0.1:9", IMPATIENT) as storage:
            yield storage

    @pytest.fixture(scope="class")
    @classmethod
    def environment(cls, lab, credential):
        return environment(lab, credential)

    @pytest.fixture(scope="class")
    @classmethod
    def secrets(cls, credential):
        return [credential.secret_key]

    @pytest.fixture(scope="class")
    @classmethod
    def leftovers(cls, storage):
        return lambda bucket: list(storage.iter_multipart_uploads(bucket))


@pytest.mark.slow
class TestInfomaniakS3(OfInfomaniak, Hooks, Secrets, Clients, Errors, Presigned, Objects, Buckets):
    """What `InfomaniakS3Storage` does itself: keys, endpoint, region. The rest is `S3Storage`, tested there."""


@pytest.mark.release
class TestInfomaniakS3Whole(OfInfomaniak, StorageConformance):
    """All of it, before a release."""
