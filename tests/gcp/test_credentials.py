"""Application Default Credentials, each kind over loopback: what Google's libraries do, and what a user is told."""

import json
import os
import pickle

import pytest
from codomyrmex.cloud import get_client, hooks
from codomyrmex.cloud.common import CloudCredentials
from codomyrmex.cloud.errors import AuthenticationError, InvalidRequest, ServiceUnavailable
from codomyrmex.cloud.gcp import GCSStorage
from codomyrmex.cloud.testing.backends import GoogleIdentity, IdentityServer
from google.auth.credentials import AnonymousCredentials

from .conftest import PROJECT


@pytest.fixture
def granted(google):
    """Whom tokens were handed out to within this test."""
    before = set(google._principals)
    return lambda: [google.principal(token) for token in google._principals if token not in before]


def test_a_key_file_is_found_by_the_environment(gcs, google, connect, settle, key_path, granted, new_bucket):
    settle({"GOOGLE_APPLICATION_CREDENTIALS": key_path})
    storage = connect(gcs, project=None)
    storage.upload_file(new_bucket(storage), "key", b"data")
    assert granted() == [google.email]
    assert storage.native.project == PROJECT  # the key's
    assert GCSStorage.credential_source() == f"service_account, {key_path}, {google.email}"


ON_A_MACHINE = """
import sys
from codomyrmex.cloud.gcp import GCSStorage
print(GCSStorage.credential_source())
with GCSStorage(endpoint_url=sys.argv[1]) as storage:
    storage.upload_file(sys.argv[2], "key", b"data")
    print(storage.native.project)
"""


def test_a_machine_s_service_account_is_found(gcs, google, key_storage, granted, new_bucket, run_python):
    bucket = new_bucket(key_storage)
    environment = {**os.environ, **google.machine_environment()}  # google-auth reads some of it when imported
    source, project = run_python(ON_A_MACHINE, gcs.endpoint_url, bucket, env=environment).splitlines()
    assert source.startswith("compute_engine")
    assert project == PROJECT
    assert google.email in granted()
    assert key_storage.download_file(bucket, "key") == b"data"


def test_a_workload_of_another_cloud_exchanges_its_token(gcs, google, connect, settle, granted, new_bucket, tmp_path):
    (tmp_path / "subject").write_text(google.subject_token)
    (tmp_path / "workload.json").write_text(json.dumps(google.workload_file(str(tmp_path / "subject"))))
    settle({"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "workload.json")}, GOOGLE_CLOUD_PROJECT=PROJECT)
    storage = connect(gcs, project=None)
    storage.upload_file(new_bucket(storage), "key", b"data")
    assert granted() == ["principal://iam.googleapis.com/workload"]


def test_a_workload_whose_token_is_not_trusted_is_told(gcs, google, connect, settle, tmp_path):
    (tmp_path / "subject").write_text("another")
    (tmp_path / "workload.json").write_text(json.dumps(google.workload_file(str(tmp_path / "subject"))))
    settle({"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "workload.json")})
    with pytest.raises(AuthenticationError, match="subject token"):
        connect(gcs).bucket_exists("bucket")


@pytest.mark.parametrize("call", [lambda s: s.bucket_exists("bucket"), lambda s: s.native], ids=["call", "native"])
def test_no_credentials_at_all_is_an_error_that_says_what_to_do(gcs, connect, call):
    with pytest.raises(AuthenticationError) as caught:
        call(connect(gcs))
    for cure in ("GOOGLE_APPLICATION_CREDENTIALS", "gcloud auth application-default login", "anonymous=True"):
        assert cure in str(caught.value)
    assert caught.value.retryable is False
    assert "no Google credentials: set GOOGLE_APPLICATION_CREDENTIALS" in GCSStorage.credential_source()


@pytest.mark.parametrize("content", ["", "{}", "no JSON", '{"type": "service_account"}'])
def test_a_key_file_that_is_none_is_told_by_name(gcs, connect, settle, tmp_path, content):
    path = tmp_path / "key.json"
    path.write_text(content)
    settle({"GOOGLE_APPLICATION_CREDENTIALS": str(path)})
    with pytest.raises(AuthenticationError, match=r"key\.json|service account info"):
        connect(gcs).bucket_exists("bucket")


def test_a_key_file_that_is_missing_is_told_by_name(gcs, connect, settle):
    settle({"GOOGLE_APPLICATION_CREDENTIALS": "/nowhere/key.json"})
    with pytest.raises(AuthenticationError, match=r"/nowhere/key\.json"):
        connect(gcs).bucket_exists("bucket")


@pytest.fixture
def own_google():
    """A `GoogleIdentity` for this test alone."""
    identity = GoogleIdentity()
    with IdentityServer(identity) as server:
        yield identity, server


def test_a_key_that_was_deleted_is_told(gcs, connect, own_google):
    google, _ = own_google
    google.refuses = True
    storage = connect(gcs, credentials=CloudCredentials("gcp", metadata=google.key_file()))
    with pytest.raises(AuthenticationError, match="Invalid JWT Signature") as caught:
        storage.bucket_exists("bucket")
    assert google.private_key.splitlines()[1] not in str(caught.value)


def test_a_token_endpoint_that_does_not_answer_is_no_matter_of_credentials(gcs, connect, own_google):
    google, server = own_google
    file = google.key_file()
    server.stop()
    storage = connect(gcs, credentials=CloudCredentials("gcp", metadata=file), attempts=1)
    with pytest.raises(ServiceUnavailable) as caught:
        storage.bucket_exists("bucket")
    assert caught.value.retryable is True
    server.start()


@pytest.mark.parametrize("form", ["secret_key", "metadata"])
def test_credentials_are_given_as_the_content_of_a_key_file(gcs, google, connect, form, granted):
    content = google.key_file() if form == "metadata" else json.dumps(google.key_file())
    storage = connect(gcs, project=None, credentials=CloudCredentials("gcp", project_id="another", **{form: content}))
    assert storage.bucket_exists("none") is False
    assert granted() == [google.email]
    assert storage.native.project == "another"


def test_credentials_that_hold_no_key_file_are_told_without_them(gcs, connect):
    storage = connect(gcs, credentials=CloudCredentials("gcp", access_key="id", secret_key="s3cr3t"))
    with pytest.raises(AuthenticationError, match="content of a key file") as caught:
        storage.bucket_exists("bucket")
    assert "s3cr3t" not in repr(caught.value) + repr(caught.value.__cause__)


def test_a_hook_brings_credentials_from_a_vault(gcs, google, granted):
    class Vault:
        @hooks.hookimpl
        def cloud_credentials(self, provider, service):
            return CloudCredentials("gcp", metadata=google.key_file()) if provider == "gcp" else None

    vault = Vault()
    hooks.register(vault)
    try:
        with get_client("gcp", project=PROJECT, endpoint_url=gcs.endpoint_url) as storage:
            assert storage.bucket_exists("none") is False
            assert pickle.loads(pickle.dumps(storage)).bucket_exists("none") is False
    finally:
        hooks.unregister(vault)
    assert granted() == [google.email] * 2


def test_a_token_is_renewed_before_it_expires(gcs, connect, own_google):
    google, server = own_google
    google.expires_in = 1  # less than google-auth waits to renew
    gcs.google._principals.update(google._principals)
    storage = connect(gcs, credentials=CloudCredentials("gcp", metadata=google.key_file()))
    for _ in range(2):
        with pytest.raises(AuthenticationError):  # of another identity, so not known to the service
            storage.bucket_exists("bucket")
    assert len(server.requests) > 2


# Without credentials


def test_an_emulator_of_the_environment_needs_no_credentials(fake_gcs, settle):
    settle(fake_gcs.environment())
    with GCSStorage() as storage:
        storage.ensure_bucket("emulated-bucket")
        storage.upload_file("emulated-bucket", "key", b"data")
        assert storage.download_file("emulated-bucket", "key") == b"data"
        assert "emulated-bucket" in storage.list_buckets()
        assert isinstance(storage.native._credentials, AnonymousCredentials)
    assert GCSStorage.credential_source() == "none needed: STORAGE_EMULATOR_HOST is set"


def test_an_endpoint_that_is_given_wins_over_that_of_the_environment(gcs, connect, settle, key_path, new_bucket):
    settle({"STORAGE_EMULATOR_HOST": "http://127.0.0.1:9", "GOOGLE_APPLICATION_CREDENTIALS": key_path})
    storage = connect(gcs)
    storage.upload_file(new_bucket(storage), "key", b"data")


def test_anonymous_sends_no_credentials_whatever_there_are(gcs, connect, settle, key_path, granted):
    settle({"GOOGLE_APPLICATION_CREDENTIALS": key_path})
    with pytest.raises(AuthenticationError, match="wants credentials"):
        connect(gcs, anonymous=True).bucket_exists("bucket")
    assert granted() == []


# Projects


@pytest.mark.parametrize("call", [lambda s: s.list_buckets(), lambda s: s.create_bucket("a-bucket")])
def test_what_needs_a_project_says_so(fake_gcs, connect, call):
    storage = connect(fake_gcs, project=None, anonymous=True)
    assert storage.bucket_exists("none-of-these") is False
    with pytest.raises(InvalidRequest, match="GOOGLE_CLOUD_PROJECT"):
        call(storage)


def test_a_project_is_found_in_the_environment(fake_gcs, connect, settle):
    settle({"GOOGLE_CLOUD_PROJECT": "of-environment"})
    storage = connect(fake_gcs, project=None, anonymous=True)
    assert isinstance(storage.list_buckets(), list)
    assert storage.native.project == "of-environment"
