"""Requests that the SDK makes in no way that fits: data read as it comes, and uploads in pieces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
from google.api_core.exceptions import from_http_status
from google.cloud import storage

Timeouts = tuple[float, float]
"""Seconds to connect, and without a byte."""


class Requests:
    """The SDK's authorized session.

    :param timeout: of each request.
    """

    def __init__(self, client: storage.Client, timeout: Timeouts) -> None:
        self._session: requests.Session = client._http  # the SDK's FAQ sends users there, too
        self._timeout = timeout

    def send(
        self, method: str, url: str, *expected: int, headers: Mapping[str, str], **options: Any
    ) -> requests.Response:
        """The answer, if its status is an expected one; else the SDK's exception for that status.

        With ``stream=True`` it is the caller's to close.
        """
        hooks = {"response": _read_if_refused}
        response = self._session.request(method, url, headers=headers, timeout=self._timeout, hooks=hooks, **options)
        if response.status_code in expected:
            return response
        # not from_http_response: its text has the URL, and who knows that of an upload may write to it
        raise from_http_status(response.status_code, response.reason or "", response=response)


def _read_if_refused(response: requests.Response, *_: Any, **__: Any) -> None:
    """Read what an error says, also where the session goes on to new credentials and forgets the answer."""
    if not response.ok:
        _ = response.content
