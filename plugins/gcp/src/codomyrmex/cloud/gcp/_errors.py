"""What the SDK raises, as errors of ``codomyrmex.cloud.errors``.

The statuses and reasons are those of "HTTP status and error codes for JSON" of Cloud Storage.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import requests
from codomyrmex.cloud.errors import (
    AlreadyExists,
    AuthenticationError,
    BucketNotFound,
    CloudError,
    IntegrityError,
    InvalidRequest,
    ObjectNotFound,
    QuotaExceeded,
    RateLimited,
    ServiceUnavailable,
    Timeout,
)
from codomyrmex.cloud.rest.certificates import tls_error
from codomyrmex.cloud.rest.credentials import missing
from codomyrmex.cloud.rest.retries import parse_retry_after
from codomyrmex.cloud.rest.statuses import NOT_IN_TIME, NOT_REACHED, error_class, status_message
from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.auth import exceptions as auth
from google.cloud.storage.exceptions import DataCorruption, InvalidResponse
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as TransportTimeout

NO_CREDENTIALS = missing(
    "Google credentials",
    ["GOOGLE_APPLICATION_CREDENTIALS to the path of a key file"],
    "run `gcloud auth application-default login`; for public buckets and emulators give anonymous=True",
)

_BY_REASON: dict[str, type[CloudError]] = {
    "dailyLimitExceeded": QuotaExceeded,
    "quotaExceeded": QuotaExceeded,
    "rateLimitExceeded": RateLimited,
    "userRateLimitExceeded": RateLimited,
}
"""Of a 403, which may be no matter of permission."""

_BY_MESSAGE: tuple[tuple[int, re.Pattern[str], type[CloudError]], ...] = (
    (400, re.compile(r"doesn't match calculated|checksum mismatch", re.IGNORECASE), IntegrityError),
    (404, re.compile(r"bucket does not exist"), BucketNotFound),
    (404, re.compile(r"No such object"), ObjectNotFound),
    (409, re.compile(r"already own|already exists|name is not available", re.IGNORECASE), AlreadyExists),
)
"""What statuses and reasons leave open, and no field but the message tells."""


def translate(error: Exception) -> CloudError | None:
    """The `CloudError` for what the SDK, google-auth or requests raised; None for anything else."""
    if isinstance(error, OSError | HTTPError | auth.GoogleAuthError) and (of_tls := tls_error(error)):
        return of_tls
    if isinstance(error, InvalidResponse):
        return from_response(error.response)
    if isinstance(error, GoogleAPICallError):
        return translated(error)
    if isinstance(error, RetryError):
        return translate(error.cause) if isinstance(error.cause, Exception) else ServiceUnavailable(error.message)
    if isinstance(error, DataCorruption):
        return IntegrityError("the data that arrived is not what the service keeps; try again", retryable=True)
    if isinstance(error, auth.GoogleAuthError):
        return _from_auth(error)
    if isinstance(error, requests.RequestException | HTTPError):
        return _from_transport(error)
    return None


def translated(error: GoogleAPICallError) -> CloudError:
    """The same, of what the service answered."""
    return from_response(error.response) if error.response is not None else _make(int(error.code or 0), error.message)


def from_response(response: requests.Response) -> CloudError:
    """The `CloudError` for an answer that is an error, also for a part of a batch's answer."""
    answer: Mapping[str, Any] = {}
    try:
        parsed = response.json()
    except ValueError:
        message = response.text  # to a request for data
    else:
        error = parsed.get("error") if isinstance(parsed, dict) else None
        answer = error if isinstance(error, dict) else {}
        message = answer.get("message") or str(error or "")
    listed = answer.get("errors")
    first = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}
    headers = response.headers
    return _make(
        response.status_code,
        str(message),
        reason=str(first.get("reason") or ""),
        request_id=headers.get("X-GUploader-UploadID"),
        retry_after=parse_retry_after(headers.get("Retry-After")),
    )


def _make(status: int, message: str, *, reason: str = "", **details: Any) -> CloudError:
    said = " ".join(message.split())[:500] or status_message(status)
    kind = next((kind for s, pattern, kind in _BY_MESSAGE if s == status and pattern.search(said)), None)
    if kind is None and status == 403:
        kind = _BY_REASON.get(reason)
    if kind is None:
        kind = error_class(status)
    return kind(said, code=reason or str(status), retryable=True if kind is IntegrityError else None, **details)


def _from_auth(error: auth.GoogleAuthError) -> CloudError:
    inner = error.args[0] if error.args else None
    if isinstance(error, auth.TransportError) and isinstance(inner, requests.RequestException):
        return _from_transport(inner)
    if isinstance(error, auth.TimeoutError):
        return Timeout("the credentials were not refreshed in time", code=type(error).__name__)
    if isinstance(error, auth.InvalidOperation) and "Anonymous" in str(error):
        return AuthenticationError("the service wants credentials, and none were sent", code=type(error).__name__)
    said = " ".join(str(inner or error).split())[:500]
    cure = f"; {NO_CREDENTIALS}" if isinstance(error, auth.DefaultCredentialsError) else ""
    if "default credentials were not found" in said:
        said, cure = NO_CREDENTIALS, ""
    return AuthenticationError(f"{said}{cure}", code=type(error).__name__, retryable=error.retryable or None)


def _from_transport(error: requests.RequestException | HTTPError) -> CloudError:
    """Of a request that got no whole answer. Texts of requests and urllib3 hold URLs, which may be secret."""
    code = type(error).__name__
    if isinstance(error, requests.Timeout | TransportTimeout) or "Read timed out" in str(error):
        return Timeout(NOT_IN_TIME, code=code)
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return InvalidRequest("the endpoint is no URL that can be asked", code=code)
    return ServiceUnavailable(f"{NOT_REACHED}; check endpoint_url and the network", code=code)
