"""Requests that the SDK makes in no way that fits: data read as it comes, and uploads in pieces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

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
        self._session: requests.Session = client._http  # the SDK has no public name for it
        self._timeout = timeout

    def send(
        self, method: str, url: str, *expected: int, headers: Mapping[str, str], **options: Any
    ) -> requests.Response:
        """The answer, if its status is an expected one; else the SDK's exception for that status.

        With ``stream=True`` it is the caller's to close.
        """
        hooks = {"response": check_error}
        response = self._session.request(method, url, headers=headers, timeout=self._timeout, hooks=hooks, **options)
        if response.status_code not in expected:
            _refuse(response)
        return response


def check_error(response: requests.Response, *_: Any, **__: Any) -> None:
    """Read what an error says, also where the session goes on to new credentials and forgets the answer.

    The SDK takes JSON for an error of Google's, and fails over another's, such as a gateway's.
    """
    if response.ok or not response.content:
        return
    try:
        answer = response.json()
    except ValueError:
        return
    error = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(error, dict) or not isinstance(error.get("errors", []), list):
        _refuse(response)


def _refuse(response: requests.Response) -> NoReturn:
    # not from_http_response: its text has the URL, and who knows that of an upload may write to it
    raise from_http_status(response.status_code, response.reason or "", response=response)
