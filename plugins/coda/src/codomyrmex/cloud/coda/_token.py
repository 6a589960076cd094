"""The API token: where it comes from, and what can be one. Nothing here ever tells it."""

from __future__ import annotations

import os

from codomyrmex.cloud.coda.errors import CodaAuthenticationError
from codomyrmex.cloud.common import CloudCredentials

VARIABLE = "CODA_API_TOKEN"


def find_token(given: str | None = None, credentials: CloudCredentials | None = None) -> str:
    """The token that was given, or is in the credentials, or else in the environment."""
    if given is None and credentials is not None:
        given = credentials.secret_key
    return _checked(given) if given is not None else token_of_environment()


def token_of_environment() -> str:
    """The token in ``CODA_API_TOKEN``; `CodaAuthenticationError` if that is not set."""
    if token := os.environ.get("CODA_API_TOKEN"):
        return _checked(token)
    raise CodaAuthenticationError(f"no API token: set {VARIABLE}, or give api_token")


def _checked(token: str) -> str:
    """The token, without the line end that a file gave it."""
    if not isinstance(token, str):
        raise TypeError(f"api_token is str, not {type(token).__name__}")
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError("api_token is no token: it is empty, or holds a space or a special character")
    return token
