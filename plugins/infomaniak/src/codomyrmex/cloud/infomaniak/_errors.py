"""What openstacksdk and keystoneauth raise, as the errors of ``codomyrmex.cloud.infomaniak.errors``.

Each service words its refusals in a way of its own; the texts and types are those of Nova, Neutron,
Cinder, Glance, Keystone, Designate, Heat, Octavia, Placement and Swift.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import requests
from codomyrmex.cloud.errors import CloudError
from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakAlreadyExistsError,
    InfomaniakAuthError,
    InfomaniakCertificateError,
    InfomaniakCloudError,
    InfomaniakConflictError,
    InfomaniakConnectionError,
    InfomaniakNotFoundError,
    InfomaniakQuotaExceededError,
    InfomaniakRateLimitError,
    InfomaniakServerError,
    InfomaniakTimeoutError,
    InfomaniakUnsupportedError,
    InfomaniakValidationError,
    class_of_status,
)
from codomyrmex.cloud.rest.certificates import tls_error
from codomyrmex.cloud.rest.retries import parse_retry_after
from codomyrmex.cloud.rest.statuses import status_message
from keystoneauth1 import exceptions as auth
from openstack import exceptions as sdk

_BY_TYPE: tuple[tuple[type[Exception], type[InfomaniakCloudError]], ...] = (
    (sdk.NotFoundException, InfomaniakNotFoundError),  # raised by find_* too, where there was no answer
    (sdk.DuplicateResource, InfomaniakConflictError),
    (sdk.ResourceTimeout, InfomaniakTimeoutError),
    (sdk.MethodNotSupported, InfomaniakUnsupportedError),
    (sdk.InvalidRequest, InfomaniakValidationError),
    (sdk.InvalidResourceQuery, InfomaniakValidationError),
    (sdk.ValidationException, InfomaniakValidationError),
    (sdk.InvalidResponse, InfomaniakServerError),
    (sdk.NotSupported, InfomaniakConnectionError),  # no version of the service answered
    (sdk.ServiceDiscoveryException, InfomaniakConnectionError),
    (sdk.SDKException, InfomaniakCloudError),
    (auth.ConnectTimeout, InfomaniakTimeoutError),
    (auth.ConnectionError, InfomaniakConnectionError),
    (auth.DiscoveryFailure, InfomaniakConnectionError),
    (auth.InvalidResponse, InfomaniakServerError),
    (auth.AuthorizationFailure, InfomaniakAuthError),
    (auth.AuthPluginException, InfomaniakAuthError),
    (auth.MissingAuthMethods, InfomaniakAuthError),
    (auth.ClientException, InfomaniakCloudError),
    (requests.exceptions.JSONDecodeError, InfomaniakServerError),
)

SDK_ERRORS = (sdk.SDKException, auth.ClientException, requests.exceptions.JSONDecodeError)
"""What openstacksdk and keystoneauth raise where a service cannot be asked, or refuses, or gives no JSON."""

_NO_ENDPOINT = (sdk.ServiceDisabledException, sdk.EndpointNotFound, auth.CatalogException)

_SERVICE = re.compile(r"(Service '|endpoint for )(?P<type>[\w-]+)")
_QUOTA = re.compile(
    r"quota\w* .*(exceed|has been met|reached)|exceed\w* .*quota|over.?quota|"
    r"(reached|exceed\w*) the maximum|maximum number of .* exceed",
    re.IGNORECASE | re.DOTALL,
)
_EXISTS = re.compile(r"already (exists?|been taken|in use by)|duplicate", re.IGNORECASE)
_RATE = re.compile(r"rate.?limit", re.IGNORECASE)
_TAGS = re.compile(r"<(head|script|style|h1).*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_LONGEST_TEXT = 500


class _Fault(NamedTuple):
    """What the body of a refusal says."""

    message: str = ""
    code: str | None = None
    """The service's own type of error, such as ``OverQuota``."""


def missing_service(error: Exception) -> str | None:
    """The service that the catalogue does not have in the region, if the error says that; "" if it does not tell."""
    if not isinstance(error, _NO_ENDPOINT):
        return None
    named = _SERVICE.search(str(error))
    return named["type"] if named else ""


def translate(error: Exception) -> CloudError | None:
    """The error for what openstacksdk, keystoneauth or requests raised; None for anything else.

    What it says about the request is forgotten: the request holds the secret or a token, and error
    reports hold causes.
    """
    status = getattr(error, "status_code", None) or getattr(error, "http_status", None)
    response = getattr(error, "response", None)
    if isinstance(error, (sdk.HttpException, auth.HttpError)) and status:
        typed: CloudError | None = from_answer(status, response, str(getattr(error, "details", None) or ""))
    else:
        typed = _without_answer(error)
    for link in _chain(error):
        for held in ("request", "response"):
            if getattr(link, held, None) is not None:
                setattr(link, held, None)
    return typed


def from_answer(status: int, response: requests.Response | None, text: str = "") -> InfomaniakCloudError:
    """The error for an answer of this status.

    :param text: what is known of it if there is no answer to read.
    """
    fault = _fault(response) if response is not None else _Fault(text)
    headers: Any = response.headers if response is not None else {}
    message = fault.message or status_message(status)
    kind = _kind(status, f"{fault.code or ''} {message}")
    if kind is InfomaniakAuthError:
        message = f"{message.rstrip('.')}; the credentials are wrong, expired or deleted"
    return kind(
        message,
        status,
        code=fault.code or str(status),
        request_id=headers.get("x-openstack-request-id") or headers.get("x-compute-request-id"),
        retry_after=parse_retry_after(headers.get("Retry-After")),
    )


def _kind(status: int, text: str) -> type[InfomaniakCloudError]:
    if status == 413 and _RATE.search(text):
        return InfomaniakRateLimitError
    if status in (403, 409, 413) and _QUOTA.search(text):
        return InfomaniakQuotaExceededError
    if status == 409 and _EXISTS.search(text):
        return InfomaniakAlreadyExistsError
    return class_of_status(status)


def _without_answer(error: Exception) -> CloudError | None:
    if isinstance(error, auth.SSLError):  # of a connection from elsewhere
        if of_tls := tls_error(error.__cause__ or error.__context__ or error, InfomaniakCertificateError):
            return of_tls
        return InfomaniakConnectionError(f"{_text(error)}{_root(error)}", retryable=False)
    for family, kind in _BY_TYPE:
        if isinstance(error, family):
            reason = _root(error) if kind in (InfomaniakConnectionError, InfomaniakTimeoutError) else ""
            return kind(f"{_text(error)}{reason}")
    return None


def _text(error: Exception) -> str:
    return str(error).partition(": HTTP")[0]  # urllib3 goes on with the names of its classes


def _root(error: Exception) -> str:
    """What the system said of a connection, if it did."""
    for link in _chain(error):
        if isinstance(link, OSError) and link.strerror:
            return f": {link.strerror}"
    return ""


def _chain(error: BaseException | None) -> Iterator[Any]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        reason = getattr(error, "reason", None) or next(iter(error.args), None)  # requests and urllib3 wrap
        inner = reason if isinstance(reason, BaseException) else None
        error = inner or error.__cause__ or error.__context__


def _fault(response: requests.Response) -> _Fault:
    try:
        body = response.json()
    except ValueError:
        text = " ".join(_TAGS.sub(" ", response.text).split())
        return _Fault(text[:_LONGEST_TEXT])
    return _told(body) or _Fault()


def _told(body: Any) -> _Fault | None:
    """The message in a JSON body, which most services put below a key of their own."""
    if isinstance(body, list):
        return next((fault for item in body if (fault := _told(item))), None)
    if not isinstance(body, dict):
        return None
    for key in ("message", "faultstring", "detail"):
        if isinstance(body.get(key), str) and body[key]:
            return _Fault(body[key].strip(), body.get("type"))
    nested = [value for key in ("NeutronError", "error", "explanation") if (value := body.get(key))]
    if nested and isinstance(nested[0], str):  # Heat's, where it says no more
        return _Fault(nested[0].strip())
    return next((fault for value in nested or body.values() if (fault := _told(value))), None)
