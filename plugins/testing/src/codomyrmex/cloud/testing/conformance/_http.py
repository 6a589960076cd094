"""Requests that are sent as they are: how presigned ones are tried."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit


class Response(NamedTuple):
    """What an HTTP server answered."""

    status: int
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: bytes


class Http(Protocol):
    """Sends a request with these headers, and none beside what HTTP itself needs."""

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str] = ..., body: bytes | None = ...
    ) -> Response: ...


def send(method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> Response:
    """The answer to a request whose URL and headers are sent as they are: other clients tidy
    ``a/../b``, and add headers of their own.
    """
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=60)
    try:
        connection.request(method, url.partition(parts.netloc)[2], body, dict(headers or {}))
        answer = connection.getresponse()
        return Response(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    finally:
        connection.close()
