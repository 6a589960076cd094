"""From the HTTP status of a refusal to the error that is raised: one table, for every provider.

A service's own error code says more than its status: a provider looks that up first, and asks here for the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import TypeVar

from codomyrmex.cloud.errors import (
    AuthenticationError,
    CloudError,
    Conflict,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    PreconditionFailed,
    QuotaExceeded,
    RateLimited,
    ServiceUnavailable,
    Timeout,
    UnsupportedOperation,
)

E = TypeVar("E", bound=CloudError)

NOT_IN_TIME = "no answer in time"
"""What a Timeout says where there is no answer, and so no status."""
NOT_REACHED = "not reached, or the connection broke"
"""What a ServiceUnavailable says where there is no answer, and so no status."""

ERRORS_BY_STATUS: Mapping[int, type[CloudError]] = MappingProxyType(
    {
        304: PreconditionFailed,
        400: InvalidRequest,
        401: AuthenticationError,
        402: QuotaExceeded,
        403: PermissionDenied,
        404: NotFound,
        405: UnsupportedOperation,
        406: UnsupportedOperation,
        408: Timeout,
        409: Conflict,
        410: NotFound,
        412: PreconditionFailed,
        413: InvalidRequest,
        415: InvalidRequest,
        422: InvalidRequest,
        429: RateLimited,
        499: Timeout,
        501: UnsupportedOperation,
        507: QuotaExceeded,
    }
)
"""What statuses mean (https://www.rfc-editor.org/rfc/rfc9110#section-15, 429 of RFC 6585, 422 and 507 of RFC 4918).
499 is none of an RFC: gateways say it of a request that they gave up, nginx and Google's among them."""


def error_class(status: int) -> type[CloudError]:
    """The class of the common tree for a status that is no success.

    Returns:
        That of `ERRORS_BY_STATUS`; for others ServiceUnavailable from 500 on, InvalidRequest below.
    """
    return ERRORS_BY_STATUS.get(status) or (ServiceUnavailable if status >= 500 else InvalidRequest)


def branch_class(status: int, branch: Mapping[type[CloudError], type[E]], base: type[E]) -> type[E]:
    """The class for a status, of a provider that has classes of its own, such as those under ``CodaAPIError``.

    Args:
        status: of an answer that is no success.
        branch: for classes of the common tree the provider's own; ServiceUnavailable is among them.
        base: the provider's class for everything else.

    Returns:
        The provider's own class for that of `ERRORS_BY_STATUS`. Where there is none: that for ServiceUnavailable
        from 500 on, ``base`` below.
    """
    own = branch.get(ERRORS_BY_STATUS.get(status, CloudError))
    return own or (branch[ServiceUnavailable] if status >= 500 else base)


def status_message(status: int) -> str:
    """What to say of an answer that says nothing itself: "HTTP 503 Service Unavailable"."""
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"
