"""What every client says of a server whose certificate is not trusted, and the setting by which it trusts one."""

import json
import os
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple

import pytest
import trustme
from codomyrmex.cloud import CloudCredentials, CloudError, errors
from codomyrmex.cloud.aws import S3Storage
from codomyrmex.cloud.azure import AzureStorage
from codomyrmex.cloud.coda import CodaCertificateError, CodaClient
from codomyrmex.cloud.gcp import GCSStorage
from codomyrmex.cloud.infomaniak import (
    InfomaniakCertificateError,
    InfomaniakComputeClient,
    InfomaniakDNSClient,
    InfomaniakNewsletterClient,
    InfomaniakS3Storage,
    InfomaniakSwiftStorage,
)
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from support.tls import TlsServer

OF_USER = ("_CA_BUNDLE", "_PROXY", "_proxy", "SSL_CERT_FILE")


class Client(NamedTuple):
    make: object
    """From the URL of the server, which every request goes to first."""
    call: object
    setting: str = "REQUESTS_CA_BUNDLE"
    kind: type = errors.CertificateError
    connections: int = 1
    """How many there are till the error."""


def keys(provider="infomaniak"):
    return CloudCredentials(provider, "id", "secret")


def storage(make, **options):
    return Client(make, lambda storage: storage.stat("bucket", "key"), **options)


def coda(url):
    return CodaClient("token", url)


def newsletter(url):
    return InfomaniakNewsletterClient("token", "1", base_url=url, strict=True)


def s3(url):
    return S3Storage("us-east-1", endpoint_url=url, credentials=keys("aws"))


def infomaniak_s3(url):
    return InfomaniakS3Storage(endpoint_url=url, region_name="dc0", credentials=keys())


def azure(url):
    return AzureStorage(f"{url}/account", credential={"account_name": "account", "account_key": "a2V5"})


def google(url):
    return GCSStorage("project", endpoint_url=url, anonymous=True)


def google_token(url):
    """Its first request is one for a token, elsewhere than Google's API."""
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    account = {"type": "service_account", "private_key": pem.decode(), "client_email": "a@example.com"}
    info = {**account, "project_id": "p", "token_uri": f"{url}/token"}
    return GCSStorage(endpoint_url="http://127.0.0.1:9", credentials=CloudCredentials("gcp", metadata=info))


def openstack(kind, url):
    return kind(auth_url=f"{url}/identity/v3", region="r", credentials=keys(), strict=True)


def swift(url):
    return InfomaniakSwiftStorage(auth_url=f"{url}/identity/v3", region="r", credentials=keys())


CLIENTS = {
    "coda": Client(coda, lambda coda: coda.whoami(), kind=CodaCertificateError),
    "newsletter": Client(newsletter, lambda c: c.list_mailing_lists(), kind=InfomaniakCertificateError),
    "s3": storage(s3, setting="AWS_CA_BUNDLE"),
    "infomaniak s3": storage(infomaniak_s3, setting="AWS_CA_BUNDLE"),
    "azure": storage(azure),
    "google": storage(google),
    "google's tokens": storage(google_token, connections=4),  # of google-auth's own session, which has no setting
    "swift": storage(swift, kind=InfomaniakCertificateError),
    "nova": Client(
        partial(openstack, InfomaniakComputeClient),
        lambda compute: compute.list_instances(),
        kind=InfomaniakCertificateError,
    ),
}


@pytest.fixture(params=CLIENTS.values(), ids=list(CLIENTS))
def client(request):
    return request.param


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch):
    """What this machine's user has set is not what is tested."""
    for name in [name for name in os.environ if name.endswith(OF_USER) or name.startswith(("AWS_", "AZURE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def bundle(authority, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("authority") / "ca.pem")
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture
def serve():
    with ExitStack() as stack:
        yield lambda *names, **options: stack.enter_context(TlsServer(*names, **options))


def failure(client, url):
    with client.make(url) as made, pytest.raises(CloudError) as caught:
        client.call(made)
    return caught.value


def refusal(client, url):
    """What it says of a certificate that it does not trust."""
    error = failure(client, url)
    assert type(error) is client.kind
    assert not isinstance(error, errors.ServiceUnavailable | errors.AuthenticationError)
    assert error.retryable is False
    assert getattr(error, "maybe_executed", False) is False
    assert error.code == "CERTIFICATE_VERIFY_FAILED"
    assert error.message.endswith(f"; {client.setting} names a file of authorities to trust")
    return error.message.partition(";")[0]


def test_a_certificate_that_is_not_trusted_is_told_at_once(client, serve):
    server = serve()
    told = refusal(client, server.url)
    assert told == "the certificate of 127.0.0.1 is not trusted: unable to get local issuer certificate"
    assert server.connections == client.connections
    assert server.requests == 0


def test_the_setting_that_the_error_names_makes_the_client_trust_the_authority(
    client, serve, authority, bundle, monkeypatch
):
    server = serve(authority=authority)
    monkeypatch.setenv(client.setting, bundle)
    error = failure(client, server.url)
    assert not isinstance(error, errors.CertificateError)
    assert server.requests > 0


def test_a_certificate_that_has_expired(client, serve, authority, bundle, monkeypatch):
    server = serve(authority=authority, not_before=datetime(2020, 1, 1), not_after=datetime(2020, 1, 2))
    monkeypatch.setenv(client.setting, bundle)
    assert refusal(client, server.url) == "the certificate of 127.0.0.1 is not trusted: certificate has expired"
    assert (server.connections, server.requests) == (client.connections, 0)


def test_a_certificate_of_another_name(client, serve, authority, bundle, monkeypatch):
    server = serve("other.example", authority=authority)
    monkeypatch.setenv(client.setting, bundle)
    assert "127.0.0.1 is not trusted: " in (told := refusal(client, server.url))
    assert "match" in told
    assert (server.connections, server.requests) == (client.connections, 0)


@pytest.mark.parametrize("is_there", [False, True], ids=["missing", "no certificate"])
def test_a_file_of_authorities_that_cannot_be_read_is_told(client, serve, tmp_path, monkeypatch, is_there):
    path = tmp_path / "ca.pem"
    if is_there:
        path.write_text("no certificate")
    server = serve()
    monkeypatch.setenv(client.setting, str(path))
    error = failure(client, server.url)
    assert isinstance(error, errors.LocalFileError)
    assert not isinstance(error, FileNotFoundError)  # of an object, users would think
    assert error.message.startswith(f"{path}, which {client.setting}")
    assert error.filename == str(path)
    assert error.retryable is False
    assert server.connections <= client.connections


@pytest.mark.parametrize("is_there", [True, False])
def test_the_file_of_authorities_of_an_aws_profile(serve, authority, bundle, tmp_path, monkeypatch, is_there):
    server = serve(authority=authority)
    config = tmp_path / "config"
    config.write_text(f"[profile ours]\nca_bundle = {bundle if is_there else tmp_path / 'absent'}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    client = storage(lambda url: S3Storage("us-east-1", endpoint_url=url, credentials=keys("aws"), profile_name="ours"))
    error = failure(client, server.url)
    assert (server.requests > 0) is is_there
    if not is_there:
        assert type(error) is errors.LocalFileError
        assert "ca_bundle of the profile" in str(error)
        assert server.connections <= 1


def test_the_certificate_of_a_server_behind_a_proxy(client, serve, monkeypatch):
    proxy = serve(tunnel=True)
    monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.host}")
    assert "the certificate of service.example is not trusted: " in refusal(client, "https://service.example")
    assert (proxy.connections, proxy.requests) == (client.connections, 0)


def test_the_certificate_of_the_proxy_itself(client, serve, monkeypatch):
    proxy = serve()
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    assert "the certificate of the proxy is not trusted: " in refusal(client, "https://service.example")
    assert (proxy.connections, proxy.requests) == (client.connections, 0)


def test_the_certificate_of_the_server_that_credentials_come_from(serve, monkeypatch):
    proxy = serve(tunnel=True)
    settings = {
        "HTTPS_PROXY": f"http://{proxy.host}",
        "AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential",
        "AZURE_TENANT_ID": "tenant",
        "AZURE_CLIENT_ID": "client",
        "AZURE_CLIENT_SECRET": "secret",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    default_chain = storage(lambda url: AzureStorage(f"{url}/account"))
    told = refusal(default_chain, "https://127.0.0.1:9")
    assert told.startswith("the certificate of login.microsoftonline.com is not trusted: ")
    assert (proxy.connections, proxy.requests) == (1, 0)


class Keystone(BaseHTTPRequestHandler):
    """Gives a token, whose catalogue has every service at ``service_url``."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        domain = {"id": "default", "name": "Default"}
        endpoint = {"id": "e", "interface": "public", "region": "r", "region_id": "r"}
        token = {
            "methods": ["application_credential"],
            "expires_at": "2999-01-01T00:00:00.000000Z",
            "project": {"id": "p", "name": "p", "domain": domain},
            "user": {"id": "u", "name": "u", "domain": domain},
            "roles": [],
            "catalog": [
                {
                    "id": kind,
                    "type": kind,
                    "name": kind,
                    "endpoints": [endpoint | {"url": self.server.service_url + path}],
                }
                for kind, path in (("compute", ""), ("dns", ""), ("object-store", "/v1/AUTH_p"))
            ],
        }
        body = json.dumps({"token": token}).encode()
        self.send_response(201)
        self.send_header("X-Subject-Token", "token")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.send_error(404)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def keystone():
    with ThreadingHTTPServer(("127.0.0.1", 0), Keystone) as server:
        thread = Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        yield server
        server.shutdown()
        thread.join()


SERVICES = {
    "nova": (partial(openstack, InfomaniakComputeClient), lambda compute: compute.list_instances()),
    "designate": (
        partial(openstack, InfomaniakDNSClient),
        lambda dns: dns.list_zones(),
    ),
    "swift": (swift, lambda storage: storage.upload_file("bucket", "key", b"data")),
}


@pytest.mark.parametrize(("make", "call"), SERVICES.values(), ids=SERVICES)
def test_the_certificate_of_a_service_of_the_catalogue(serve, keystone, make, call):
    server = serve("other.example")
    keystone.service_url = server.url
    client = Client(make, call, kind=InfomaniakCertificateError)
    told = refusal(client, f"http://127.0.0.1:{keystone.server_port}")
    assert told.startswith("the certificate of 127.0.0.1 is not trusted: ")
    assert (server.connections, server.requests) == (1, 0)
