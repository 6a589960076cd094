"""Google's client, made with the credentials that were given or found."""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import urlsplit

import google.auth
from codomyrmex.cloud.common.resources import CloudCredentials
from codomyrmex.cloud.gcp._errors import NO_CREDENTIALS
from codomyrmex.cloud.gcp._requests import check_error
from codomyrmex.cloud.rest.endpoints import split_endpoint
from google.api_core.client_info import ClientInfo
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import DefaultCredentialsError
from google.cloud import storage
from google.oauth2 import credentials as user
from google.oauth2 import service_account
from requests.adapters import HTTPAdapter

CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 60.0
"""Seconds, unless the storage is told otherwise."""
_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)  # also what signing by IAM needs
_CONNECTIONS = 64
_EMULATOR = "STORAGE_EMULATOR_HOST"
_TRACED = "ENABLE_GCS_PYTHON_CLIENT_OTEL_TRACES"


def connect(
    project: str | None,
    endpoint_url: str | None,
    credentials: CloudCredentials | Credentials | None,
    *,
    anonymous: bool,
) -> storage.Client:
    """A client of Cloud Storage.

    The SDK takes STORAGE_EMULATOR_HOST for an endpoint that needs no credentials, and so does this,
    unless an endpoint is given. Without a project the client works for all but the list of buckets.
    """
    found, named = _credentials(credentials, anonymous=anonymous or bool(not endpoint_url and is_emulated()))
    client = storage.Client(
        project=project or named,
        credentials=found,
        client_info=ClientInfo(user_agent="codomyrmex-cloud"),
        client_options={"api_endpoint": endpoint_url.rstrip("/")} if endpoint_url else None,
    )
    if not os.environ.get(_TRACED):
        client._bucket_metadata_cache = None  # for it the SDK asks for each bucket in a thread, also without traces
    session = client._http  # the SDK has no other way to a pool of more than 10 connections
    if not getattr(session, "is_mtls", False):
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(pool_connections=4, pool_maxsize=_CONNECTIONS))
    session.hooks["response"].append(check_error)
    return client


def check_endpoint(url: str | None) -> None:
    """Raise ValueError for a URL that cannot be an endpoint, or holds a password (it would show in logs)."""
    if url is not None:
        split_endpoint(url, "endpoint_url", "http://127.0.0.1:4443")


def is_emulated() -> bool:
    """Whether the environment names an emulator."""
    return bool(os.environ.get(_EMULATOR))


def is_google(url: str | None) -> bool:
    """Whether this endpoint, or the default one, is Google's."""
    if not url:
        return not is_emulated()
    return (urlsplit(url).hostname or "").endswith(".googleapis.com")


def credential_source() -> str:
    """Where Application Default Credentials are found, without a secret."""
    if is_emulated():
        return f"none needed: {_EMULATOR} is set"
    try:
        found, _ = google.auth.default(scopes=_SCOPES)
    except DefaultCredentialsError:
        return NO_CREDENTIALS
    kind = type(found).__module__.removesuffix(".credentials").rpartition(".")[2]
    path = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")
    email = getattr(found, "service_account_email", None)
    return ", ".join(filter(None, (kind, path, email)))


def _credentials(given: CloudCredentials | Credentials | None, *, anonymous: bool) -> tuple[Credentials, str | None]:
    """Credentials, and the project that they come with."""
    named = os.environ.get("GOOGLE_CLOUD_PROJECT")
    if isinstance(given, Credentials):
        return given, named or getattr(given, "project_id", None)
    if given is not None:
        return _from_file(given), given.project_id or named or _info(given).get("project_id")
    if anonymous:
        return AnonymousCredentials(), named
    found, of_environment = google.auth.default(scopes=_SCOPES)
    return found, of_environment


def _from_file(given: CloudCredentials) -> Credentials:
    """Of the two kinds of file that ask no address for credentials which they name themselves, but Google's."""
    info = _info(given)
    found: Credentials
    if info.get("type") == "service_account":
        found = service_account.Credentials.from_service_account_info(info, scopes=_SCOPES)
    elif info.get("type") == "authorized_user":
        found = user.Credentials.from_authorized_user_info(info, scopes=_SCOPES)
    else:
        raise DefaultCredentialsError(
            "CloudCredentials for Google hold the content of a key file, of a service account or an authorized user: "
            "as secret_key (text), or as metadata; for others give credentials of google-auth"
        )
    return found


def _info(given: CloudCredentials) -> dict[str, Any]:
    if given.metadata.get("type"):
        return given.metadata
    try:
        info = json.loads(given.secret_key or "")
    except ValueError:
        return {}
    return info if isinstance(info, dict) else {}
