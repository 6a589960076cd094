"""A BlobServiceClient with time-outs, bounded retries, and the credential that is asked for or found."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import BlobServiceClient, ExponentialRetry
from codomyrmex.cloud.azure._errors import hide_signature
from codomyrmex.cloud.common.resources import CloudCredentials
from codomyrmex.cloud.errors import InvalidRequest
from codomyrmex.cloud.rest.certificates import tls_error
from codomyrmex.cloud.rest.credentials import missing
from codomyrmex.cloud.rest.endpoints import split_endpoint
from codomyrmex.cloud.rest.retries import parse_retry_after, pause

CONNECT_TIMEOUT = 10
READ_TIMEOUT = 60
"""Seconds, unless ``config`` says otherwise."""
RETRIES = 4
"""How often a request is sent again, unless ``config`` says otherwise."""
_FIRST_PAUSE = 0.7
CONNECTIONS = 64
"""Kept open."""
PIECE = 256 * 1024
"""Bytes that are read from a connection at a time."""

_URL = "AZURE_STORAGE_ACCOUNT_URL"
_CONNECTION_STRING = "AZURE_STORAGE_CONNECTION_STRING"
_EXAMPLE = "https://<account>.blob.core.windows.net"
_NO_ACCOUNT = missing(
    "storage account",
    [f"{_URL} or {_CONNECTION_STRING}"],
    f"give account_url, such as {_EXAMPLE}",
)


class Transport(RequestsTransport):  # type: ignore[misc]  # which the SDK looks up late
    """The SDK's, but raises no AzureError for a certificate that is not trusted: after those the SDK sends again."""

    def send(self, request: Any, **options: Any) -> Any:
        """The answer."""
        try:
            return super().send(request, **options)
        except AzureError as error:
            of_tls = tls_error(error, server=urlsplit(request.url).hostname or "")
            if of_tls is None:
                raise
            hide_signature(error)
            raise of_tls from error


class Retry(ExponentialRetry):
    """The SDK's retries, without its pauses of 15 seconds and more. 429 is retried too, and Retry-After obeyed."""

    def send(self, request: Any) -> Any:
        """The answer, or the last one."""
        count = 0
        while True:
            answer = super().send(request)  # type: ignore[no-untyped-call]
            if answer.http_response.status_code != 429 or count == self.total_retries:
                return answer
            _let_go(answer.http_response)
            request.context.transport.sleep(_pause(answer.http_response, count))
            count += 1

    def get_backoff_time(self, settings: dict[str, Any]) -> float:
        """Seconds to wait."""
        answer = settings["history"][-1].http_response if settings["history"] else None
        return _pause(answer, settings["count"] - 1)

    def increment(
        self, settings: dict[str, Any], request: Any, response: Any = None, error: AzureError | None = None
    ) -> bool:
        """Whether to send the request again."""
        if isinstance(error, ClientAuthenticationError):
            return False  # credentials have retries of their own
        request.sent_again = True  # for `_errors`
        again: bool = super().increment(settings, request, response, error)
        if again and response is not None:
            _let_go(response)
        return again


def _let_go(answer: Any) -> None:
    """Give the connection of an answer back that nobody reads. The SDK forgets it, where it was to be streamed."""
    answer.internal_response.close()


def _pause(answer: Any, count: int) -> float:
    """Seconds to wait after the attempt of this number, from 0."""
    header = answer.headers.get("retry-after") if answer is not None else None
    return pause(count + 1, parse_retry_after(header), first=_FIRST_PAUSE)


def connect(
    account_url: str | None,
    credential: Any,
    connection_string: str | None,
    credentials: CloudCredentials | None,
    options: Mapping[str, Any],
) -> BlobServiceClient:
    """The client for what was given, else for what the environment says.

    :param credential: whatever the SDK takes.
    :param options: those of `BlobServiceClient`; they win over what is set here.
    """
    if credentials is not None:
        account_url, credential, connection_string = _given(credentials, account_url, credential, connection_string)
    options = {**_defaults(options), **options}
    if connection_string:
        return BlobServiceClient.from_connection_string(connection_string, credential, **options)
    account_url = account_url or os.environ.get(_URL) or None  # a variable that is set to nothing is not set
    found = os.environ.get(_CONNECTION_STRING)
    if credential is None and not (account_url and urlsplit(account_url).query) and found:
        client = BlobServiceClient.from_connection_string(found, **options)
        if account_url is None or url_of(client) == checked(account_url):
            return client
        client.close()
    if account_url is None:
        raise InvalidRequest(_NO_ACCOUNT)
    url = checked(account_url)
    sas = urlsplit(account_url).query
    return BlobServiceClient(url, credential=credential or sas or default_credential(options), **options)


def checked(account_url: str) -> str:
    """The URL without what is secret, a SAS. ValueError for what is no account's."""
    url = account_url if "://" in account_url else f"https://{account_url}"
    parts = split_endpoint(url, "account_url", _EXAMPLE)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def url_of(client: BlobServiceClient) -> str:
    """The client's account URL, without a SAS."""
    return checked(f"{client.scheme}://{client.primary_hostname}")


def default_credential(options: Mapping[str, Any]) -> Any:
    """azure-identity's chain. It is imported here, as it takes its time and account keys need none of it."""
    from azure.identity import DefaultAzureCredential

    timeouts = {name: options[name] for name in ("connection_timeout", "read_timeout")}
    return DefaultAzureCredential(transport=Transport(**timeouts), **timeouts)


def credential_source() -> str:
    """Where a client with no arguments finds its credential, without the secret. Nothing is asked over the network."""
    url = os.environ.get(_URL) or None
    if url and urlsplit(url).query:
        return f"the SAS in {_URL}"
    if found := os.environ.get(_CONNECTION_STRING):
        with BlobServiceClient.from_connection_string(found) as client:
            if url is None or url_of(client) == checked(url):
                return f"{_CONNECTION_STRING}, account {client.account_name}"
    if url is None:
        return _NO_ACCOUNT
    return f"DefaultAzureCredential, for {checked(url)}"


def _given(
    credentials: CloudCredentials, account_url: str | None, credential: Any, connection_string: str | None
) -> tuple[str | None, Any, str | None]:
    name, more = credentials.access_key, credentials.metadata
    if credential is None and connection_string is None:
        connection_string = more.get("connection_string")
        if credentials.secret_key:
            credential = {"account_name": name, "account_key": credentials.secret_key}
        else:
            credential = more.get("sas_token")
    if name and account_url is None and not connection_string:
        account_url = os.environ.get(_URL) or f"https://{name}.blob.core.windows.net"
    return account_url, credential, connection_string


def _defaults(options: Mapping[str, Any]) -> dict[str, Any]:
    timeouts = {
        "connection_timeout": options.get("connection_timeout", CONNECT_TIMEOUT),
        "read_timeout": options.get("read_timeout", READ_TIMEOUT),
    }
    retries = {
        name: options.get(name, options.get("retry_total", RETRIES))
        for name in ("retry_total", "retry_connect", "retry_read", "retry_status")
    }
    defaults = {"retry_policy": Retry(**retries), "user_agent": "codomyrmex-cloud", **timeouts}
    if "transport" not in options:
        connection = {"connection_data_block_size": PIECE, **options, **timeouts}
        defaults["transport"] = Transport(session=_session(), **connection)
    return defaults


def _session() -> requests.Session:
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=CONNECTIONS))
    return session
