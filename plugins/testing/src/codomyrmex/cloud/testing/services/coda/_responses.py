"""Errors as the service words them, and links to what it holds."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from codomyrmex.cloud.testing.services._api_server import Refused
from codomyrmex.cloud.testing.services._http import Response

Json = dict[str, Any]
"""A JSON object."""
_BROWSER = "https://coda.io/d"


def error(status: int, message: str = "", headers: dict[str, str] | None = None) -> Response:
    """An error of the service, for `CodaServer.fail`. ``message``: default: the status's phrase."""
    phrase = HTTPStatus(status).phrase
    body = {"statusCode": status, "statusMessage": phrase, "message": message or phrase}
    return Response(status, body, headers or {})


def refusal(status: int, message: str) -> Refused:
    """The exception that ends an operation with an error."""
    return Refused(error(status, message))


def api_link(base_url: str, *path: str) -> str:
    """The link of the API to what has these ids."""
    return "/".join([base_url, *(quote(part, safe="") for part in path)])


def browser_link(doc_id: str, mark: str = "", identifier: str = "") -> str:
    """The link for a browser to a document, or to what is in it."""
    inside = f"/{mark}{quote(identifier, safe='')}" if mark else ""
    return f"{_BROWSER}/_d{quote(doc_id, safe='')}{inside}"
