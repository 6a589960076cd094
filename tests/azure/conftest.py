"""Storages on Azurite, and what is done to them on the way."""

import os
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas
from codomyrmex.cloud.azure import AzureStorage

AZURE_VARIABLES = ("AZURE_", "IDENTITY_", "MSI_", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")

IMPATIENT = {"connection_timeout": 2, "read_timeout": 5, "retry_total": 1}
"""Options of a client that a test sees fail."""
HASTY = {**IMPATIENT, "read_timeout": 0.5}
"""Options of a client whose service falls silent."""


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch):
    """What this machine's user has set for Azure is not what is tested."""
    for name in list(os.environ):
        if name.startswith(AZURE_VARIABLES):
            monkeypatch.delenv(name)


def storage_on(server, url=None, **options):
    """A storage with the server's key, at ``url`` where something stands before the server."""
    key = AzureNamedKeyCredential(server.account_name, server.account_key)
    return AzureStorage(url or server.account_url, credential=key, **options)


def account_sas(server, **permissions):
    """A SAS for all of the account that allows these, or what is needed to work."""
    return generate_account_sas(
        server.account_name,
        server.account_key,
        ResourceTypes(service=True, container=True, object=True),
        AccountSasPermissions(**(permissions or dict.fromkeys(("read", "write", "list", "create", "delete"), True))),
        datetime.now(UTC) + timedelta(hours=1),
    )


def sas_storage(server, **permissions):
    """A storage that comes with an `account_sas`."""
    return AzureStorage(server.account_url, credential=account_sas(server, **permissions))


@pytest.fixture(scope="session")
def storage(azurite):
    with storage_on(azurite) as storage:
        yield storage


@pytest.fixture
def bucket(storage):
    name = f"test-{os.urandom(8).hex()}"
    storage.create_bucket(name)
    return name


@pytest.fixture
def proxied(azurite, fault_proxy, bucket):
    """A storage behind a proxy, its requests so far forgotten, and the proxy."""
    proxy = fault_proxy(azurite.account_url)
    with storage_on(azurite, proxy.endpoint_url) as storage:
        yield storage, proxy


class Request(NamedTuple):
    method: str
    path: str
    """With its query."""
    headers: Mapping[str, str]
    body: bytes


class Service:
    """A server that answers as a function says: for what Azure's documents say, and Azurite does not."""

    def __init__(self, respond):
        """:param respond: gives status, headers and body for a `Request`."""
        self.requests = []
        requests = self.requests

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 10

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Request(self.command, self.path, self.headers, body)
                requests.append(request)
                status, headers, content = respond(request)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_PUT = do_POST = do_DELETE = do_HEAD = do_GET

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/tester"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()
        return self

    def __exit__(self, *exc_info):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def service():
    """``service(respond)`` gives a storage whose service answers as `Service` says, and the requests it gets."""
    with ExitStack() as stack:

        def start(respond, **options):
            server = stack.enter_context(Service(respond))
            options.setdefault("credential", AzureNamedKeyCredential("tester", "a2V5"))
            storage = stack.enter_context(AzureStorage(server.url, **options))
            return storage, server.requests

        yield start


def refusal(status, code, message="No.", **headers):
    """An error as Azure answers it ("Status and error codes", REST reference)."""
    body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    told = {"x-ms-error-code": code, "x-ms-request-id": "req-1", "Content-Type": "application/xml"}
    return status, {**told, **{name.replace("_", "-"): value for name, value in headers.items()}}, body.encode()


def properties(**headers):
    """Headers of an answer to a GET or HEAD of a blob."""
    return {
        "ETag": '"0x1"',
        "Last-Modified": "Wed, 25 Nov 2026 10:00:00 GMT",
        "x-ms-blob-type": "BlockBlob",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }


@pytest.fixture
def bucket_name():
    """Of a container that is not there yet."""
    return f"test-{os.urandom(8).hex()}"
