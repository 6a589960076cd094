"""The API token: where it comes from, and what can be one. Nothing here ever tells it."""

from __future__ import annotations

import os

from codomyrmex.cloud.coda.errors import CodaAuthenticationError
from codomyrmex.cloud.common import CloudCredentials
from codomyrmex.cloud.rest.credentials import checked_token, missing

TOKEN = "CODA_API_TOKEN"  # noqa: S105 - its variable


def find_token(given: str | None = None, credentials: CloudCredentials | None = None) -> str:
    """The token that was given, or is in the credentials, or else in the environment."""
    if given is None and credentials is not None:
        given = credentials.secret_key
    return checked_token(given, "api_token") if given is not None else token_of_environment()


def token_of_environment() -> str:
    """The token in ``CODA_API_TOKEN``; `CodaAuthenticationError` if that is not set."""
    if token := os.environ.get(TOKEN):
        return checked_token(token, "api_token")
    raise CodaAuthenticationError(missing("API token", [TOKEN], "give api_token"))
