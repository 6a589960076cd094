"""The conformance suite on Swift, and on AWS as `regions` plays it with moto."""

import os

import pytest
from codomyrmex.cloud.aws import S3Storage
from codomyrmex.cloud.aws._parts import MEMORY, PART_SIZE
from codomyrmex.cloud.common import Capability, CloudCredentials
from codomyrmex.cloud.testing import Proxied, Response, StorageConformance, Topic, Untrusted
from codomyrmex.cloud.testing.conformance import (
    Buckets,
    Checksums,
    Conditions,
    Copies,
    Errors,
    Keys,
    Listing,
    Objects,
    Presigned,
)

from .conftest import HASTY, IMPATIENT, credentials
from .regions import Aws

NOBODY = CloudCredentials("aws", access_key="nobody", secret_key="nothing")


class OfS3(Topic):
    stream_size = 32 * PART_SIZE
    stream_memory = MEMORY + 5 * PART_SIZE  # what is read, and what waits to be sent

    @pytest.fixture(scope="class")
    @classmethod
    def leftovers(cls, storage):
        return lambda bucket: list(storage.iter_multipart_uploads(bucket))

    @pytest.fixture(scope="class")
    @classmethod
    def untrusted(cls):
        with Untrusted.connected(lambda url: S3Storage(endpoint_url=url, credentials=NOBODY)) as untrusted:
            yield untrusted

    @pytest.fixture(scope="class")
    @classmethod
    def unreachable(cls):
        with S3Storage(endpoint_url="http://127.0.0.1:9", credentials=NOBODY, config=IMPATIENT) as storage:
            yield storage


@pytest.mark.slow
class TestSwift(OfS3, StorageConformance):
    title = "S3 on OpenStack Swift"
    unsupported_keys = {"NUL": "Swift takes no path that holds one"}

    @classmethod
    def connect(cls, server, url=None, **options):
        options = {"endpoint_url": url or server.endpoint_url, "credentials": credentials(server), **options}
        capabilities = S3Storage.PLAIN_S3 | {Capability.CONDITIONAL_CREATE}
        return S3Storage(server.region, capabilities=capabilities, **options)

    @pytest.fixture(scope="class")
    @classmethod
    def storage(cls, swift):
        with cls.connect(swift) as storage:
            yield storage

    @pytest.fixture(scope="class")
    @classmethod
    def proxied(cls, swift):
        with Proxied.before(swift.endpoint_url, lambda url: cls.connect(swift, url, config=IMPATIENT)) as proxied:
            yield proxied

    @pytest.fixture(scope="class")
    @classmethod
    def impatient(cls, swift):
        with Proxied.before(swift.endpoint_url, lambda url: cls.connect(swift, url, config=HASTY)) as proxied:
            yield proxied

    @pytest.fixture(scope="class")
    @classmethod
    def denied(cls, swift):
        with cls.connect(swift, credentials=credentials(swift.stranger)) as storage:
            yield storage

    @pytest.fixture(scope="class")
    @classmethod
    def wrong_credentials(cls, swift):
        keys = CloudCredentials("aws", access_key=swift.access_key, secret_key="wrong")
        with cls.connect(swift, credentials=keys) as storage:
            yield storage

    @pytest.fixture(scope="class")
    @classmethod
    def environment(cls, swift):
        return swift.environment()

    @pytest.fixture(scope="class")
    @classmethod
    def secrets(cls, swift):
        return [swift.secret_key]


MOTO_DEFECTS = {
    **dict.fromkeys(
        (
            "test_any_key_is_kept_as_it_is[leading slash]",
            "test_any_key_is_kept_as_it_is[only a slash]",
            "test_any_key_is_kept_as_it_is[control characters]",
            "test_any_key_is_kept_as_it_is[NUL]",
            "test_any_key_is_kept_as_it_is[noncharacter]",
            "test_an_object_of_any_key_is_copied[leading slash]",
            "test_an_object_of_any_key_is_copied[only a slash]",
            "test_an_object_of_any_key_is_read_by_url[only a slash]",
            "test_an_object_of_any_key_is_uploaded_by_url[only a slash]",
        ),
        "moto cannot keep every key",
    ),
    **dict.fromkeys(
        (
            "test_a_url_with_any_part_of_its_query_changed_is_refused",
            "test_a_url_does_not_give_another_object",
            "test_a_url_to_read_changes_nothing[PUT]",
            "test_a_url_to_read_changes_nothing[DELETE]",
            "test_an_upload_with_any_part_of_its_query_changed_is_refused",
            "test_a_request_to_upload_does_not_read",
            "test_an_expired_url_is_refused",
            "test_an_expired_upload_is_refused",
        ),
        "moto checks no presigned request",
    ),
}


class OfAws(OfS3):
    title = "S3 of AWS, as moto plays it"
    clock_skew = 2

    @pytest.fixture(scope="class")
    @classmethod
    def bucket(cls, new_bucket, storage):
        """One that is not empty: moto takes the key `/` for none, and so its deletion for the bucket's."""
        bucket = new_bucket()
        storage.upload_file(bucket, "kept", b"")
        return bucket

    @classmethod
    def connect(cls, aws, **options):
        with pytest.MonkeyPatch.context() as patch:
            for name, value in aws.environment().items():
                patch.setenv(name, value)
            patch.setenv("AWS_CONFIG_FILE", os.devnull)
            return S3Storage("eu-west-1", **options)

    @pytest.fixture(scope="class")
    @classmethod
    def storage(cls, aws_server):
        with cls.connect(aws_server) as storage:
            yield storage

    @pytest.fixture(scope="class")
    @classmethod
    def proxied(cls, moto_server, tmp_path_factory):
        with Aws(moto_server, tmp_path_factory.mktemp("broken")) as aws, cls.connect(aws, config=IMPATIENT) as storage:
            yield Proxied(storage, aws.faults)

    @pytest.fixture(scope="class")
    @classmethod
    def impatient(cls, moto_server, tmp_path_factory):
        with Aws(moto_server, tmp_path_factory.mktemp("silent")) as aws, cls.connect(aws, config=HASTY) as storage:
            yield Proxied(storage, aws.faults)

    @pytest.fixture(scope="class")
    @classmethod
    def http(cls, aws_server):
        def send(method, url, headers=None, body=None):
            answer, data = aws_server.send(method, url, headers, body)
            return Response(answer.status, {k.lower(): v for k, v in answer.getheaders()}, data)

        return send

    @pytest.fixture(scope="class")
    @classmethod
    def environment(cls, aws_server):
        return aws_server.environment()


@pytest.mark.slow
class TestAws(OfAws, Errors, Checksums, Presigned, Conditions, Copies, Listing, Keys, Objects, Buckets):
    """What AWS does that Swift does not, or does in another way. The rest is tried on Swift, by the same code."""

    known_defects = MOTO_DEFECTS


@pytest.mark.release
class TestAwsWhole(OfAws, StorageConformance):
    """All of it, before a release."""

    known_defects = MOTO_DEFECTS
    # what stands before moto is in this process, and holds parts too
    test_a_large_object_is_uploaded_in_little_memory = test_a_large_file_goes_up_in_little_memory = None
