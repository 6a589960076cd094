"""The conformance suite over `InfomaniakS3Storage`: Swift's S3 API, by keys that Keystone made."""

from contextlib import contextmanager

import pytest
from codomyrmex.cloud.aws._parts import MEMORY, PART_SIZE
from codomyrmex.cloud.common import CloudCredentials
from codomyrmex.cloud.infomaniak.object_storage import InfomaniakS3Storage
from codomyrmex.cloud.testing import Proxied, StorageConformance
from codomyrmex.cloud.testing.backends import FaultProxy
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

    @pytest.fixture(scope="class")
    @classmethod
    def storage(cls, lab, credential):
        with InfomaniakS3Storage(endpoint_url=lab.endpoint("swift"), credentials=credential) as storage:
            yield storage

    @classmethod
    @contextmanager
    def behind_a_proxy(cls, lab, credential, config):
        with (
            FaultProxy(lab.endpoint("swift")) as proxy,
            InfomaniakS3Storage(endpoint_url=proxy.endpoint_url, credentials=credential, config=config) as storage,
        ):
            yield Proxied(storage, proxy)

    @pytest.fixture(scope="class")
    @classmethod
    def proxied(cls, lab, credential):
        with cls.behind_a_proxy(lab, credential, IMPATIENT) as proxied:
            yield proxied

    @pytest.fixture(scope="class")
    @classmethod
    def impatient(cls, lab, credential):
        with cls.behind_a_proxy(lab, credential, HASTY) as proxied:
            yield proxied

    @pytest.fixture(scope="class")
    @classmethod
    def denied(cls, lab, member):
        without_role = keys_of_a_reader(lab, member)
        with InfomaniakS3Storage(endpoint_url=lab.endpoint("swift"), credentials=without_role) as storage:
            yield storage

    @pytest.fixture(scope="class")
    @classmethod
    def wrong_credentials(cls, lab, credential):
        wrong = CloudCredentials("infomaniak", credential.access_key, "wrong")
        with InfomaniakS3Storage(endpoint_url=lab.endpoint("swift"), credentials=wrong) as storage:
            yield storage

    @pytest.fixture(scope="class")
    @classmethod
    def unreachable(cls, credential):
        with InfomaniakS3Storage(
            endpoint_url="http://127.0.0.1:9", credentials=credential, config=IMPATIENT
        ) as storage:
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
