"""Who the client is: keys, SAS, and DefaultAzureCredential's chain, each for real."""

import ssl
import urllib.request

import pytest
from azure.core.credentials import AzureSasCredential
from azure.identity import DefaultAzureCredential
from codomyrmex.cloud.azure import AzureStorage
from codomyrmex.cloud.common import Capability, CloudCredentials
from codomyrmex.cloud.errors import AuthenticationError, InvalidRequest, PermissionDenied, UnsupportedOperation
from codomyrmex.cloud.testing.backends import AzureIdentity, IdentityServer

from .conftest import account_sas, sas_storage

# Keys and signatures


def given(azurite):
    """All ways to hand a credential over."""
    sas = account_sas(azurite)
    url = {"account_url": azurite.account_url}
    return {
        "connection string": {"connection_string": azurite.connection_string},
        "account key": {**url, "credential": azurite.account_key},
        "key in a dict": {
            **url,
            "credential": {"account_name": azurite.account_name, "account_key": azurite.account_key},
        },
        "SAS": {**url, "credential": sas},
        "SAS credential": {**url, "credential": AzureSasCredential(sas)},
        "SAS in the URL": {"account_url": f"{azurite.account_url}?{sas}"},
        "credentials with a key": {
            **url,
            "credentials": CloudCredentials("azure", azurite.account_name, azurite.account_key),
        },
        "credentials with a SAS": {**url, "credentials": CloudCredentials("azure", metadata={"sas_token": sas})},
        "credentials with a connection string": {
            "credentials": CloudCredentials("azure", metadata={"connection_string": azurite.connection_string})
        },
    }


WAYS = [
    "connection string",
    "account key",
    "key in a dict",
    "SAS",
    "SAS credential",
    "SAS in the URL",
    "credentials with a key",
    "credentials with a SAS",
    "credentials with a connection string",
]


@pytest.mark.parametrize("way", WAYS)
def test_a_credential_is_given_in_many_ways(azurite, bucket, way):
    with AzureStorage(**given(azurite)[way]) as storage:
        storage.upload_file(bucket, "key", b"data")
        assert storage.copy(bucket, "key", bucket, "copy").size == 4
        assert storage.account_url == azurite.account_url
        assert azurite.account_key not in repr(storage)
        assert "sig" not in repr(storage)


def test_the_account_of_a_key_is_its_url():
    key = CloudCredentials("azure", access_key="acme", secret_key="a2V5")
    with AzureStorage(credentials=key) as storage:
        assert storage.account_url == "https://acme.blob.core.windows.net"


def test_the_environment_says_the_connection_string(azurite, bucket, monkeypatch):
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", azurite.connection_string)
    with AzureStorage() as storage:
        assert bucket in storage.list_buckets()
    with AzureStorage(azurite.account_url) as storage:
        assert bucket in storage.list_buckets()
    assert AzureStorage.credential_source() == "AZURE_STORAGE_CONNECTION_STRING, account tester"


def test_the_key_of_another_account_is_not_sent(azurite, monkeypatch):
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", azurite.connection_string)
    with AzureStorage("https://another.blob.core.windows.net") as storage:
        assert isinstance(storage.native.credential, DefaultAzureCredential)


NO_ACCOUNT = (
    "no storage account: set AZURE_STORAGE_ACCOUNT_URL or AZURE_STORAGE_CONNECTION_STRING, "
    "or give account_url, such as https://<account>.blob.core.windows.net"
)


@pytest.mark.parametrize(
    ("variables", "source"),
    [
        ({}, NO_ACCOUNT),
        (
            {"AZURE_STORAGE_ACCOUNT_URL": "", "AZURE_STORAGE_CONNECTION_STRING": ""},
            NO_ACCOUNT,
        ),
        (
            {"AZURE_STORAGE_ACCOUNT_URL": "https://acme.blob.core.windows.net"},
            "DefaultAzureCredential, for https://acme.blob.core.windows.net",
        ),
        (
            {"AZURE_STORAGE_ACCOUNT_URL": "https://acme.blob.core.windows.net?sv=1&sig=secret"},
            "the SAS in AZURE_STORAGE_ACCOUNT_URL",
        ),
    ],
)
def test_doctor_is_told_where_credentials_come_from(variables, source, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert AzureStorage.credential_source() == source


@pytest.mark.parametrize("url", ["ftp://acme.example.com", "https://", "https://user:hush@acme.example.com"])
def test_a_url_that_is_no_accounts_is_refused(url):
    with pytest.raises(ValueError, match=r"account_url (is http|holds)") as caught:
        AzureStorage(url, credential="a2V5")
    assert "hush" not in str(caught.value)


def test_a_token_is_not_sent_in_the_clear(azurite):
    with pytest.raises(ValueError, match="HTTPS"):
        AzureStorage(azurite.account_url)


def test_what_a_sas_does_not_allow_is_denied(azurite, bucket):
    with sas_storage(azurite, read=True) as storage:
        assert storage.bucket_exists(bucket)
        with pytest.raises(PermissionDenied) as caught:
            storage.upload_file(bucket, "key", b"data")
        assert caught.value.code == "AuthorizationPermissionMismatch"
        with pytest.raises(PermissionDenied):
            list(storage.iter_objects(bucket))


def test_who_comes_with_a_sas_signs_nothing(azurite, bucket):
    with sas_storage(azurite) as storage:
        assert not {Capability.PRESIGNED_GET, Capability.PRESIGNED_PUT} & storage.capabilities
        for sign in (storage.generate_presigned_url, storage.generate_presigned_upload):
            with pytest.raises(UnsupportedOperation, match=r"give an account key .* or a token credential"):
                sign(bucket, "key")


# DefaultAzureCredential


@pytest.fixture
def trusting(azurite_oauth, monkeypatch):
    """Azurite over HTTPS, and an environment that leads to it and says nothing of credentials."""
    for name, value in azurite_oauth.environment().items():
        if name != "AZURE_STORAGE_CONNECTION_STRING":
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", "")  # no az, azd or pwsh of this machine
    return azurite_oauth


@pytest.fixture
def metadata_service(trusting, monkeypatch):
    identity = AzureIdentity()
    with IdentityServer(identity) as server:
        yield identity, server


@pytest.fixture
def entra(trusting):
    identity = AzureIdentity()
    with IdentityServer(identity, certificate=trusting.certificate) as server:
        yield identity, server


@pytest.fixture
def set_all(monkeypatch):
    def set_all(variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_all


def chain():
    """The default chain; Entra ID on loopback is none that Microsoft's directory of them knows."""
    return DefaultAzureCredential(disable_instance_discovery=True)


def test_a_managed_identity_is_found(metadata_service, set_all, bucket_name):
    identity, server = metadata_service
    set_all(identity.managed_environment())
    with AzureStorage() as storage:
        storage.create_bucket(bucket_name)
        storage.upload_file(bucket_name, "key", b"data")
        assert storage.download_file(bucket_name, "key") == b"data"
        assert storage.copy(bucket_name, "key", bucket_name, "copy").size == 4
        assert storage.delete_many(bucket_name, ["key", "copy"]) == {}
    assert [request.status for request in server.requests] == [200]  # one token for all


def test_a_managed_identity_that_is_refused_is_an_authentication_error(metadata_service, set_all):
    identity, server = metadata_service
    set_all(identity.managed_environment("wrong"))
    with AzureStorage() as storage, pytest.raises(AuthenticationError) as caught:
        storage.list_buckets()
    assert "ManagedIdentityCredential" in str(caught.value)
    assert "the identity header is wrong" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert (caught.value.operation, caught.value.retryable) == ("list_buckets", False)
    assert [request.status for request in server.requests] == [401]  # and no second attempt


def test_a_client_secret_is_found(entra, set_all):
    identity, server = entra
    set_all(identity.secret_environment())
    with chain() as credential, AzureStorage(credential=credential) as storage:
        assert isinstance(storage.list_buckets(), list)
    assert server.requests[-1].path.endswith("/oauth2/v2.0/token")


def test_a_wrong_client_secret_is_an_authentication_error(entra, set_all):
    identity, _ = entra
    set_all(identity.secret_environment("not-the-secret"))
    with chain() as credential, AzureStorage(credential=credential) as storage:
        with pytest.raises(AuthenticationError, match=r"EnvironmentCredential.*AADSTS7000215") as caught:
            storage.list_buckets()
        assert "not-the-secret" not in str(caught.value)


def test_a_workload_identity_is_found(entra, set_all, tmp_path):
    identity, _ = entra
    (tmp_path / "token").write_text(identity.assertion)
    set_all(identity.workload_environment(str(tmp_path / "token")))
    with chain() as credential, AzureStorage(credential=credential) as storage:
        assert isinstance(storage.list_buckets(), list)


def test_a_workload_identity_that_is_not_known_is_an_authentication_error(entra, set_all, tmp_path):
    identity, _ = entra
    (tmp_path / "token").write_text("e30.e30.e30")
    set_all(identity.workload_environment(str(tmp_path / "token")))
    refused = pytest.raises(AuthenticationError, match="WorkloadIdentityCredential")
    with chain() as credential, AzureStorage(credential=credential) as storage, refused:
        storage.list_buckets()


def test_a_token_that_the_service_refuses_is_an_authentication_error(metadata_service, set_all):
    identity, _ = metadata_service
    set_all(identity.managed_environment())
    identity.audience = "https://vault.azure.net"
    with AzureStorage() as storage, pytest.raises(AuthenticationError, match="Server failed to authenticate"):
        storage.list_buckets()


def test_a_user_delegation_key_signs_for_who_has_a_token(metadata_service, set_all, bucket_name, trusting):
    identity, _ = metadata_service
    set_all(identity.managed_environment())
    trust = ssl.create_default_context(cafile=trusting.authority)
    with AzureStorage() as storage:
        storage.create_bucket(bucket_name)
        upload = storage.generate_presigned_upload(bucket_name, "key", content_type="text/x-note")
        request = urllib.request.Request(upload.url, b"data", dict(upload.headers), method=upload.method)
        with urllib.request.urlopen(request, context=trust) as answer:
            assert answer.status == 201
        with urllib.request.urlopen(storage.generate_presigned_url(bucket_name, "key"), context=trust) as answer:
            assert (answer.read(), answer.headers["Content-Type"]) == (b"data", "text/x-note")
        assert "skoid=" in upload.url  # of a user delegation
        assert "spr=https" in upload.url
        with pytest.raises(ValueError, match="at most 604800 seconds"):
            storage.generate_presigned_url(bucket_name, "key", 604801)
        storage.generate_presigned_url(bucket_name, "key", 604800)


def test_no_credential_at_all_is_an_authentication_error(trusting):
    with AzureStorage() as storage, pytest.raises(AuthenticationError) as caught:
        storage.list_buckets()
    reasons = str(caught.value)
    for credential in ("EnvironmentCredential", "ManagedIdentityCredential", "AzureCliCredential"):
        assert credential in reasons


def test_a_variable_that_is_empty_is_not_set(monkeypatch):
    for name in ("AZURE_STORAGE_ACCOUNT_URL", "AZURE_STORAGE_CONNECTION_STRING"):
        monkeypatch.setenv(name, "")
    with pytest.raises(InvalidRequest, match="no storage account"):
        AzureStorage()


def test_nothing_given_says_what_to_give():
    with pytest.raises(InvalidRequest, match="AZURE_STORAGE_CONNECTION_STRING"):
        AzureStorage()
