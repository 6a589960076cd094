"""Signed URLs: who signs them, and what their user may say. The conformance suite has the rest."""

import os
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from codomyrmex.cloud.common import CloudCredentials
from codomyrmex.cloud.errors import AuthenticationError, PermissionDenied
from google.auth import impersonated_credentials
from google.oauth2 import credentials as tokens

from .iam import IamCredentials


@pytest.fixture
def stored(key_storage, bucket):
    """A bucket with the object ``key``."""
    key_storage.upload_file(bucket, "key", b"data", "text/x-note")
    return bucket


@pytest.fixture
def iam(google, tmp_path, settle):
    """The API that signs for service accounts."""
    with IamCredentials(google, tmp_path) as iam:
        settle(iam.environment())
        yield iam


def get(url):
    with requests.get(url, timeout=10) as answer:
        return answer.status_code, answer.content


def test_a_key_signs_without_asking_anyone(gcs, key_storage, stored):
    asked = len(gcs.requests)
    url = key_storage.generate_presigned_url(stored, "key", expires_in=900)
    assert len(gcs.requests) == asked
    query = parse_qs(urlsplit(url).query)
    assert query["X-Goog-Algorithm"] == ["GOOG4-RSA-SHA256"]
    assert query["X-Goog-Expires"] == ["900"]
    assert get(url) == (200, b"data")


def test_urls_of_google_s_own_endpoint_are_https(google, connect):

    storage = connect(
        type("Google", (), {"endpoint_url": None}), credentials=CloudCredentials("gcp", metadata=google.key_file())
    )
    assert storage.generate_presigned_url("bucket", "a b").startswith("https://storage.googleapis.com/bucket/a%20b?")


def test_a_url_is_valid_for_seven_days_at_most(key_storage, stored):
    key_storage.generate_presigned_url(stored, "key", 7 * 86400)
    for call in (key_storage.generate_presigned_url, key_storage.generate_presigned_upload):
        with pytest.raises(ValueError, match="604800"):
            call(stored, "key", 7 * 86400 + 1)


def test_an_answer_is_named_by_the_url(key_storage, stored):
    disposition = 'attachment; filename="ä.txt"'
    url = key_storage.generate_presigned_url(stored, "key", response_disposition=disposition)
    assert parse_qs(urlsplit(url).query)["response-content-disposition"] == [disposition]
    assert get(url) == (200, b"data")


def test_an_upload_may_be_bound_to_headers(key_storage, stored):
    headers = {"x-goog-if-generation-match": "0"}
    request = key_storage.generate_presigned_upload(stored, "new", content_type="text/plain", headers=headers)
    assert request.headers == {"x-goog-if-generation-match": "0", "Content-Type": "text/plain"}
    assert requests.put(request.url, b"data", timeout=10).status_code == 403
    assert requests.put(request.url, b"data", headers=request.headers, timeout=10).status_code == 200


def test_an_argument_that_signing_does_not_know_is_a_type_error(key_storage, stored):
    with pytest.raises(TypeError, match="expiration"):
        key_storage.generate_presigned_url(stored, "key", expiration=3)


@pytest.mark.parametrize("method", ["generate_presigned_url", "generate_presigned_upload"])
def test_credentials_that_cannot_sign_say_so_and_what_to_do(gcs, google, connect, stored, method):
    storage = connect(gcs, credentials=tokens.Credentials(google.token("user@example.org")))
    with pytest.raises(AuthenticationError) as caught:
        getattr(storage, method)(stored, "key")
    for cure in ("key file", "service_account_email=", "Service Account Token Creator"):
        assert cure in str(caught.value)
    with pytest.raises(AuthenticationError, match="cannot sign"):
        getattr(connect(gcs, anonymous=True), method)(stored, "key")


# By the IAM Credentials API


def test_a_service_account_that_is_named_signs_for_a_user(gcs, google, connect, stored, iam):
    user = tokens.Credentials(google.token("user@example.org"))
    storage = connect(gcs, credentials=user, service_account_email=google.email)
    assert get(storage.generate_presigned_url(stored, "key")) == (200, b"data")
    request = storage.generate_presigned_upload(stored, "new")
    assert requests.put(request.url, b"new", timeout=10).status_code == 200
    assert iam.requests == [("user@example.org", google.email)] * 2


def test_who_may_not_have_it_sign_is_told_what_to_do(gcs, google, connect, stored, iam):
    iam.may_sign = False
    user = tokens.Credentials(google.token("user@example.org"))
    storage = connect(gcs, credentials=user, service_account_email=google.email)
    with pytest.raises(PermissionDenied, match=google.email) as caught:
        storage.generate_presigned_url(stored, "key")
    assert "Service Account Token Creator" in str(caught.value)
    assert user.token not in repr(caught.value)


ON_A_MACHINE = """
import sys
from codomyrmex.cloud.gcp import GCSStorage
with GCSStorage(endpoint_url=sys.argv[1]) as storage:
    print(storage.generate_presigned_url(sys.argv[2], "key"))
"""


def test_a_machine_s_service_account_signs_for_itself(gcs, google, stored, iam, run_python):
    environment = {**os.environ, **google.machine_environment()}
    url = run_python(ON_A_MACHINE, gcs.endpoint_url, stored, env=environment).strip()
    assert get(url) == (200, b"data")
    assert iam.requests == [(google.email, google.email)]


def test_impersonated_credentials_sign_for_whom_they_stand(gcs, google, connect, stored, iam):
    user = tokens.Credentials(google.token("user@example.org"))
    stands_for = impersonated_credentials.Credentials(user, google.email, target_scopes=[], lifetime=60)
    stands_for.token = google.token()
    storage = connect(gcs, credentials=stands_for)
    assert get(storage.generate_presigned_url(stored, "key")) == (200, b"data")
